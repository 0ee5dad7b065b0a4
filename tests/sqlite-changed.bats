# SPDX-License-Identifier: MIT
# Has a SQLite database changed? Never "no" when it may have.
load helper
load source

src() { printf '{"path":"%s/t.db"}' "$PWD"; }
sql() { sqlite3 -bail t.db "$@"; }

prepare() {
	sql "create table t(id integer primary key, t);
	insert into t values(1, '2026-01-01'), (2, '2026-01-02')"
	streams='[{"name":"t","timestamp":"t"}]'
	settle
}

# settle: as if nobody had written for a minute.
settle() {
	touch -d '1 minute ago' t.db
	[ ! -s t.db-wal ] || touch -d '1 minute ago' t.db-wal
}

# remember: the states of a load.
remember() {
	drives 0 sqlite load "$(src)"
	state=$(jq -sc 'map(.state | select(.) | {(.stream): .value}) | add' \
	    <<<"$output")
}

# is ANSWER
is() {
	drives 0 sqlite changed "$(src)"
	eq "{\"changed\":$1}" "$output"
}

@test "changed: nothing written -> false, by the file alone" {
	remember
	is false
	is false
	strace -f -o calls \
	    "$CONN_BUILD/libexec/conn/conn-source-sqlite" changed \
	    <<<"{\"v\":1,\"source\":$(src),\"streams\":$streams,\"state\":$state}"
	[ "$(grep -c 't\.db' calls)" -le 3 ]
	# a build with counters reads and writes them, too
	[[ $CONN_BUILD == *coverage ]] || [ "$(wc -l <calls)" -lt 400 ]
}

@test "changed: any commit -> true" {
	local q
	for q in "insert into t values(3, '2026-01-03')" \
	    "update t set t = '2026-01-09' where id = 1" 'delete from t where id = 2' \
	    'create table u(a)' 'vacuum' 'pragma user_version = 7'; do
		settle
		remember
		is false
		sql "$q"
		settle
		is true
	done
}

@test "changed: a transaction that is rolled back -> not true for it" {
	remember
	sql "begin; insert into t values(3, 3); rollback"
	is false
}

@test "changed: written within the last two seconds -> unknown" {
	touch t.db
	remember
	is null
	eq null "$(jq -c .t.commit <<<"$state")"
	settle
	remember
	is false
}

@test "changed: touched, copied, replaced, gone, no database -> unknown" {
	remember
	touch -d '2 minutes ago' t.db
	is null
	settle
	remember
	cp t.db copy.db
	cat copy.db >t.db
	settle
	is null
	cp -p t.db copy.db
	remember
	mv copy.db t.db
	is null
	echo 'no database' >t.db
	is null
	rm t.db
	is null
	mkfifo t.db
	is null
}

@test "changed: with a log -> false, true with a commit, after a checkpoint not false" {
	sql 'pragma journal_mode = wal' >/dev/null
	mkfifo hold
	sqlite3 t.db <hold >held 3>&- &
	exec 6>hold
	echo "insert into t values(3, '2026-01-03'); select 1;" >&6
	eventually test -s held
	[ -s t.db-wal ]
	settle
	remember
	is false
	: >held
	echo "insert into t values(4, '2026-01-04'); select 1;" >&6
	eventually test -s held
	settle
	is true
	remember
	is false
	: >held
	echo 'pragma wal_checkpoint(truncate);' >&6
	eventually test -s held
	settle
	run ! is false
	remember
	is false
	exec 6>&-
	wait
}

@test "changed: a log that nobody has open, or that cannot be read -> unknown" {
	sql 'pragma journal_mode = wal' >/dev/null
	settle
	remember
	is false
	# whoever wrote this died
	head -c 5000 /dev/zero >t.db-wal
	touch -d '1 minute ago' t.db-wal
	run ! is false
	rm -f t.db-wal t.db-shm
	is false
	mkdir t.db-wal
	drives 0 sqlite changed "$(src)"
	[[ $output != *false* ]]
}

@test "changed: what depends on the clock or on chance -> unknown" {
	local q
	sql "create view v as select id, t from t where t > date('now', '-1 day')"
	settle
	streams='[{"name":"t","timestamp":"t"},{"name":"v","id":["id"]}]'
	remember
	is null
	for q in 'select random() as id' 'select current_timestamp as id' \
	    "select id from t where t < datetime('now')"; do
		streams=$(jq -nc --arg q "$q" '[{name: "q", id: ["id"], query: $q}]')
		drives 0 sqlite load "$(src)"
		eq null "$(jq -sc 'map(.state | select(.)) | first' <<<"$output")"
	done
	streams='[{"name":"q","id":["id"],"query":"select id, upper(t) as t from t"}]'
	remember
	is false
}

@test "changed: no saved state of a stream -> unknown" {
	state=null is null
	remember
	streams='[{"name":"t","timestamp":"t"},{"name":"u"}]' is null
	state='{}' is null
	state='{"t":{"since":"2026-01-01T00:00:00Z"}}' is null
	streams='[]' is false
}

@test "changed: streams without timestamp -> known, too; a poll asks for a full sync" {
	streams='[]'
	remember
	is false
	streams='[{"name":"t"}]' drives 3 sqlite poll "$(src)"
	eq '{"reset":true}' "$output"
	eq 'stream t has no timestamp; run a full sync' "$stderr"
}

@test "sqlite: another file under the name -> a poll refuses its position" {
	remember
	drives 0 sqlite poll "$(src)"
	cp t.db copy.db
	mv copy.db t.db
	drives 3 sqlite poll "$(src)"
	eq '{"reset":true}' "$output"
	[[ $stderr == *'another file than in the last run; run a full sync' ]]
	drives 0 sqlite poll "$(src)" '"since":"2026-01-01T00:00:00Z"'
}

@test "sqlite: made anew under the name -> a poll refuses its position" {
	remember
	rm t.db
	# its inode may have the number of the one that is gone
	for i in {1..9}; do sql 'create table if not exists t(id integer primary key, t);
	    insert into t(t) values('"'2020-01-01'"')'; done
	drives 3 sqlite poll "$(src)"
	eq '{"reset":true}' "$output"
	[[ $stderr == *'another file than in the last run; run a full sync' ]]
}

@test "sqlite: an older copy, written over the file -> a poll refuses its position" {
	cp t.db copy.db
	sql "update t set t = '2026-01-03' where id = 1"
	remember
	# known or not whether the last write was long ago
	state=$(jq -c 'del(.t.commit)' <<<"$state")
	drives 0 sqlite poll "$(src)"
	cat copy.db >t.db
	drives 3 sqlite poll "$(src)"
	eq '{"reset":true}' "$output"
	[[ $stderr == *'/t.db: older than in the last run; run a full sync' ]]
	drives 0 sqlite poll "$(src)" '"since":"2026-01-01T00:00:00Z"'
	# what a person put right goes on
	remember
	drives 0 sqlite poll "$(src)"
}

@test "sqlite: whatever SQLite itself does -> a poll goes on" {
	local q
	for q in "insert into t values(3, '2026-01-03')" vacuum \
	    'pragma journal_mode = wal' "delete from t where id = 3" vacuum \
	    "pragma user_version = 7; pragma wal_checkpoint(truncate)" \
	    'pragma journal_mode = delete' 'begin; delete from t; rollback'; do
		remember
		sql "$q" >/dev/null
		drives 0 sqlite poll "$(src)"
	done
	# the counter is full
	printf '\377\377\377\377' | dd of=t.db bs=1 seek=24 conv=notrunc status=none
	remember
	eq 4294967295 "$(jq .t.counter <<<"$state")"
	sql "insert into t values(4, '2026-01-04')"
	drives 0 sqlite poll "$(src)"
	remember
	eq 0 "$(jq .t.counter <<<"$state")"
}

@test "changed: conn-sync -P -> does nothing when nothing did, else all it must" {
	cat >c.yml <<-'X'
	source: {type: sqlite, path: t.db}
	streams: [{name: t, timestamp: t}, {name: u, table: t}]
	X
	titles() { sqlite3 state/c.db 'select count(*) from documents'; }
	conn-sync c.yml
	eq 4 "$(titles)"
	cp state/c.state before
	conn-sync -P c.yml
	same before state/c.state
	run -4 conn-poll --changed c.yml
	sql "insert into t values(3, '2026-01-03')"
	run -0 conn-poll --changed c.yml
	# u can only be read as a whole
	conn-sync -P c.yml
	eq 6 "$(titles)"
	settle
	conn-sync -P c.yml
	run -4 conn-poll --changed c.yml
	# an older version of the file comes back
	sqlite3 new.db "create table t(id integer primary key, t);
	    insert into t values(1, '2020-01-01')"
	mv new.db t.db
	run --separate-stderr conn-sync -P --max-delete 100% c.yml
	check 0
	eq 2 "$(titles)"
}
