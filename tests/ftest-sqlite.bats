# SPDX-License-Identifier: MIT
# The sqlite source as it is used: many rows, changes, and runs that are killed.
load helper

prepare() {
	sqlite3 -bail t.db "pragma journal_mode = wal;
	create table t(id integer primary key, v text, at text);
	create index t_at on t(at);
	with recursive c(i) as (select 1 union all select i+1 from c
	    where i < 12000)
	insert into t select i, 'value ' || i, '2026-01-01T00:00:00Z' from c" >/dev/null
	printf 'source: {type: sqlite, path: t.db}\nstreams: [{name: t, timestamp: at}]\n' \
	    >c.yml
	index=state/c.db
}

# is_equal: each row is a document of the same content, and nothing else is.
is_equal() {
	eq '0|0' "$(sqlite3 t.db "attach '$index' as ix;
	select (select count(*) from t left join ix.documents d on
	        d.id = 'c:t/' || t.id where d.id is null or
	        json_extract(d.document, '\$.v') is not t.v or
	        d.timestamp is not t.at),
	    (select count(*) from ix.documents) - (select count(*) from t)")"
}

# now: a time that the next poll reads.
now() { date -u +%Y-%m-%dT%H:%M:%S.%NZ; }

@test "ftest sqlite: filled, changed, deleted from -> the index is the source" {
	conn-sync c.yml
	is_equal
	eq 12000 "$(sqlite3 $index 'select count(*) from documents')"
	run --separate-stderr conn-sync -v c.yml
	check 0
	[[ $stderr == *'conn-bulk: 0 indexed, 0 deleted'* ]]
	sqlite3 t.db "update t set v = v || ' again', at = '$(now)' where id % 20 = 0;
	    delete from t where id % 40 = 1;
	    insert into t select id + 100000, v, at from t where id % 50 = 2"
	conn-sync c.yml
	is_equal
	run --separate-stderr conn-sync -v c.yml
	check 0
	[[ $stderr == *'conn-bulk: 0 indexed, 0 deleted'* ]]
}

@test "ftest sqlite: polled -> changes arrive, the full sync takes what is gone" {
	conn-sync c.yml
	for i in 1 2 3; do
		sqlite3 t.db "update t set v = 'poll $i', at = '$(now)' where id % 1000 = $i;
		    insert into t values(20000 + $i, 'new', '$(now)')"
		conn-sync -P c.yml
		is_equal
	done
	sqlite3 t.db 'delete from t where id between 500 and 700'
	conn-sync -P c.yml
	run ! is_equal
	conn-sync c.yml
	is_equal
}

# killed: a conn-sync whose last process is killed before its end.
killed() {
	setsid conn-sync "$@" c.yml 3>&- &
	local leader=$!
	started() { pgrep -g "$leader" -x conn-bulk >/dev/null || ! kill -0 "$leader"; }
	eventually 60 started
	kill -KILL -- "-$leader" 2>/dev/null || :
	wait "$leader" || :
}

@test "ftest sqlite: killed again and again, rows change meanwhile -> all is well" {
	for i in 1 2 3; do
		killed
		sqlite3 t.db "update t set v = 'after $i', at = '$(now)' where id % 500 = $i;
		    delete from t where id = 1000 + $i"
	done
	conn-sync c.yml
	is_equal
	for i in 4 5; do
		sqlite3 t.db "update t set v = 'after $i', at = '$(now)' where id % 500 = $i"
		killed -P
	done
	conn-sync -P c.yml
	conn-sync -P c.yml
	is_equal
	sqlite3 t.db 'pragma integrity_check' | grep -qx ok
}
