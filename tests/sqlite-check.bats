# SPDX-License-Identifier: MIT
# What conn-check says of a SQLite database, and what becomes of it.
load helper
load source

src() { printf '{"path":"%s/t.db"}' "$PWD"; }
sql() { sqlite3 -bail t.db "$@"; }

# checks [MEMBERS]: "CHECK OK MESSAGE" of each line of the driver's check.
checks() {
	drives 0 sqlite check "$(src)" "$@"
	[ -z "$output" ] || output=$(jq -r '"\(.check) \(.ok) \(.message)"' <<<"$output")
}

@test "sqlite check: a rule whose field no stream has -> a warning that names it" {
	sql 'create table t(id integer primary key, City text, _x int, "__y" int);
	create table u(id integer primary key, name text)'
	checks "\"rules\":$(jq -nc '[{id: "r1", field: "City"}, {id: "r2", field: "city"},
	    {id: "r3", field: "name"}, {id: "r4", field: "_id"}, {id: "r5", field: "__x"},
	    {id: "r6", field: "___y"}, {id: "r7", field: "_x"},
	    {id: "DEFAULT", field: "none"}, {id: "r8", field: "_timestamp"}]')"
	eq 'rules true rules[1] (id r2): no stream has a field city
rules true rules[6] (id r7): no stream has a field _x' "$output"
	cat >c.yml <<-'X'
	source: {type: sqlite, path: t.db}
	rules: [{id: r9, policy: exclude, field: town, rule: equals, value: x, order: 1}]
	X
	run --separate-stderr conn-check c.yml
	check 0
	eq "conn-check: warning: driver sqlite: rules: rules[0] (id r9): \
no stream has a field town" "$stderr"
	run --separate-stderr conn-check -n c.yml
	check 0
	eq '' "$stderr"
}

@test "sqlite check: fields are those that documents have" {
	sql 'create table t(id integer primary key, _x int); insert into t values(1, 2)'
	cat >c.yml <<-'X'
	source: {type: sqlite, path: t.db}
	rules: [{id: r, policy: exclude, field: __x, rule: equals, value: 2, order: 1}]
	X
	run --separate-stderr conn-load -x c.yml
	check 0
	eq 'conn-load: explain: c:t/1: excluded by rule r' "$stderr"
}

@test "sqlite check: ids that are not unique, or collide once written -> no" {
	local s
	sql "create table t(a, b text); insert into t values(1, 'x'), (1, 'y'), (2, 'z');
	create table u(k); insert into u values(1), ('1');
	create table v(k); insert into v values(x'00ff'), ('00ff');
	create table w(k); insert into w values(1.5), ('1.5'), ('a/b'), ('a%2Fb')"
	for s in '"table":"t","id":["a"]' '"query":"select a from t","id":["a"]' \
	    '"table":"u","id":["k"]' '"table":"v","id":["k"]' '"table":"w","id":["k"]'; do
		streams="[{\"name\":\"s\",$s}]" checks
		[[ $output == 'ids false stream s: of '*' rows 1 have the id of another one'* ]]
	done
	streams='[{"name":"s","table":"t","id":["a","b"]}]' checks
	eq '' "$output"
	printf 'source: {type: sqlite, path: t.db}\nstreams: [{name: t, id: [a]}]\n' >c.yml
	run --separate-stderr conn-check c.yml
	check 3
	[[ $stderr == 'conn-check: driver sqlite: ids: stream t: of 3 rows 1 have'* ]]
}

@test "sqlite check: no index on the timestamp -> the statement that makes it" {
	sql "create table t(id integer primary key, \"upd at\" text);
	create table w(id integer primary key, t text) without rowid;
	create view v as select * from t"
	streams='[{"name":"t","timestamp":"upd at"},{"name":"w","timestamp":"t"},
	    {"name":"v","id":["id"],"timestamp":"upd at"}]'
	streams=$(jq -c . <<<"$streams")
	checks
	eq 'timestamp true stream t: each poll reads the whole table; to change that: '\
'CREATE INDEX "t_conn_timestamp" ON "t"("upd at")' "$output"
	sql "${output#*that: }"
	checks
	eq '' "$output"
}

@test "sqlite: an index on the timestamp -> polls read it, and find the same" {
	sql "create table t(id integer primary key, t, body text, more text);
	insert into t(id, t) values(1, '2026-01-01T00:00:00Z'),
	(2, '2026-01-01 12:00:00'), (3, '2026-01-02T01:00:00+02:00'),
	(4, '2026-01-03'), (5, 1767225600), (6, 1767312000), (7, 1767311999999),
	(8, null), (9, 'soon'), (10, x'00'), (11, 1767312000.5), (12, 20454)"
	streams='[{"name":"t","timestamp":"t"}]'
	state='{"t":{"since":"2026-01-02T00:00:00Z"}}'
	polled() { drives 0 sqlite poll "$(printf '{"path":"%s/t.db","overlap":0}' "$PWD")"; }
	polled
	ids >without
	sql 'create index i on t(t)'
	polled
	same without <(ids)
	eq 't/10 t/11 t/12 t/4 t/6 t/8 t/9' "$(ids | paste -sd' ')"
	sql "explain query plan select id from t where rowid in
	    (select rowid from t where hex(t))" | grep -q 'COVERING INDEX i'
	sql "with recursive c(i) as (select 100 union all select i+1 from c
	    where i < 3000) insert into t(id, t) select i, '2025-12-01' from c"
	polled
	same without <(ids)
}

@test "sqlite: a window, other names of rowid, an index on more columns" {
	sql "create table t(id integer primary key, rowid text, t text);
	insert into t values(1, 'x', '2026-01-01'), (2, 'y', '2026-01-05');
	create index i on t(t, rowid);
	create table u(oid text primary key, T text);
	insert into u values('a', '2026-01-01'), ('b', '2026-01-05');
	create index j on u(t desc, oid)"
	streams='[{"name":"t","timestamp":"t"},{"name":"u","timestamp":"t"}]' \
	    drives 0 sqlite poll "$(src)" \
	    '"since":"2026-01-03T00:00:00Z","until":"2026-01-06T00:00:00Z"'
	eq 't/2 u/b' "$(ids | paste -sd' ')"
}

@test "sqlite: two streams with indexes -> each is polled from its own position" {
	sql "create table t(id integer primary key, t text); create index i on t(t);
	create table u(id integer primary key, t text); create index j on u(t);
	insert into t values (1, '2026-01-01'), (2, '2026-01-05');
	insert into u select * from t"
	streams='[{"name":"t","timestamp":"t"},{"name":"u","timestamp":"t"}]'
	state='{"t":{"since":"2026-01-04T00:00:00Z"},"u":{"since":"2025-12-31T00:00:00Z"}}'
	drives 0 sqlite poll "$(printf '{"path":"%s/t.db","overlap":0}' "$PWD")"
	eq 't/2 u/1 u/2' "$(list)"
}

@test "sqlite: strict tables, generated columns, views, WITHOUT ROWID -> all read" {
	sql "create table s(id integer primary key, a any, b int,
	    c text generated always as (a || b) stored) strict;
	insert into s(id, a, b) values(1, '7', 7), (2, 7.0, 8)"
	sql "create table w(k text primary key, v int) without rowid;
	insert into w values('a', 1); create view v as select k, v * 2 as d from w"
	streams='[{"name":"s"},{"name":"w"},{"name":"v","id":["k"]}]' \
	    drives 0 sqlite load "$(src)"
	cat >want <<-'X'
	{"id":"s/1","stream":"s","doc":{"id":1,"a":"7","b":7,"c":"77"}}
	{"id":"s/2","stream":"s","doc":{"id":2,"a":7.0,"b":8,"c":"7.08"}}
	{"id":"w/a","stream":"w","doc":{"k":"a","v":1}}
	{"id":"v/a","stream":"v","doc":{"k":"a","d":2}}
	X
	grep -v '"state"' <<<"$output" >got
	same want got
}

@test "sqlite: overwritten while it is read -> 75, nothing more is believed" {
	sql "create table t(a integer primary key, b); with recursive c(i) as
	    (select 1 union all select i+1 from c where i < 4000)
	    insert into t select i, hex(zeroblob(500)) from c"
	touch -d '1 minute ago' t.db
	cp t.db other.db
	mkfifo pipe
	drive sqlite load "$(src)" >pipe 2>said 3>&- &
	exec 5<pipe
	head -n 1 <&5 >/dev/null
	# no lock keeps this away
	dd if=other.db of=t.db conv=notrunc status=none
	cat <&5 >rest
	exec 5<&-
	status=0
	wait $! || status=$?
	eq 75 "$status"
	[[ $(<said) == *'it was overwritten while it was read' ]]
}

@test "sqlite: replaced while it is read -> the old one is read to its end" {
	sql "create table t(a integer primary key, b); with recursive c(i) as
	    (select 1 union all select i+1 from c where i < 4000)
	    insert into t select i, hex(zeroblob(500)) from c"
	mkfifo pipe
	drive sqlite load "$(src)" >pipe 3>&- &
	exec 5<pipe
	head -n 1 <&5 >/dev/null
	sqlite3 new.db 'create table t(a integer primary key, b); insert into t values(1, 1)'
	mv new.db t.db
	cat <&5 >rest
	exec 5<&-
	wait $!
	eq '"t/4000"' "$(grep -o '"t/4000"' rest)"
}

@test "sqlite: a row of 900 MB -> fail with its id, the others come" {
	[ "$(df --output=avail -m . | tail -1)" -gt 2000 ] || skip 'no 2 GB of disk'
	sql "pragma journal_mode = off; pragma synchronous = off;
	create table t(a integer primary key, b);
	insert into t values(1, 'x'), (2, zeroblob(900000000)), (3, 'y')" >/dev/null
	drives 0 sqlite load "$(src)"
	eq 't/1 t/3' "$(ids | paste -sd' ')"
	eq 't/2 too_long' "$(fails)"
	drives 0 sqlite slim "$(src)"
	eq 't/1 t/2 t/3' "$(ids | paste -sd' ')"
}
