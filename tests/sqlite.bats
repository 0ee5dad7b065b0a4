# SPDX-License-Identifier: MIT
load helper
load source

# src [MEMBERS]: the source section for ./t.db.
src() { printf '{"path":"%s/t.db"%s}' "$PWD" "${1:+,$1}"; }

sql() { sqlite3 -bail t.db "$@"; }

@test "sqlite: load -> the tables with a primary key, every type exact" {
	sql "create table t(id integer primary key, a, b text, c real, d blob);
	insert into t values
	(1, null, 'grüße \"\"' || char(10), 0.1, x'00ff10'),
	(2, 9007199254740992, '', 1e300, x''),
	(-3, 9007199254740993, char(0), 5, x'01'),
	(4, -9223372036854775808, cast(x'41ff42' as text), 9e999, x'0102'),
	(5, 0.30000000000000004, 'x', -0.0, zeroblob(4));
	create table nokey(a);
	insert into nokey values(1); create view v as select 1"
	drives 0 sqlite load "$(src)"
	cat >want <<-'EOF'
	{"id":"t/-3","stream":"t","doc":{"id":-3,"a":"9007199254740993","b":"\u0000","c":5.0,"d":"AQ=="}}
	{"id":"t/1","stream":"t","doc":{"id":1,"a":null,"b":"grüße \"\"\n","c":0.1,"d":"AP8Q"}}
	{"id":"t/2","stream":"t","doc":{"id":2,"a":9007199254740992,"b":"","c":1e+300,"d":""}}
	{"id":"t/4","stream":"t","doc":{"id":4,"a":"-9223372036854775808","b":"A�B","c":"Infinity","d":"AQI="}}
	{"id":"t/5","stream":"t","doc":{"id":5,"a":0.30000000000000004,"b":"x","c":0.0,"d":"AAAAAA=="}}
	{"keep":{"prefix":"nokey/"}}
	EOF
	# there is a state, too, once the file is older than two seconds
	grep -v '^{"state"' <<<"$output" >got
	same want got
	eq '' "$stderr"
	[ "$(echo t.db*)" = t.db ]
}

@test "sqlite: reals -> the shortest text that reads back as the same" {
	sql "create table t(id integer primary key, x real);
	with recursive c(i) as (select 1 union all select i+1 from c
	    where i < 4000)
	insert into t select i, case i % 5 when 0 then i / 7.0
	    when 1 then i / 100.0 when 2 then -i * 1e18 / 3
	    when 3 then i * 1e-9 else i end from c"
	drives 0 sqlite load "$(src)"
	grep -o '"x":[^}]*' <<<"$output" | cut -d: -f2 >got
	python3 - <<-'EOF'
	import sqlite3
	rows = sqlite3.connect("t.db").execute("select x from t")
	for (x,), text in zip(rows, open("got"), strict=True):
	    text = text.strip()
	    assert float(text) == x and len(text) <= len(repr(x)), text
	    assert "." in text or "e" in text, text
	EOF
}

@test "sqlite: slim -> the ids and timestamps of load" {
	sql "create table t(a text, b int, t text, primary key(b, a))
	    without rowid;
	insert into t values('x/y%', 1, '2026-01-01'), ('', 2, null);
	create table \"o\"\"dd /%\" (k integer primary key, g as (k + 1));
	insert into \"o\"\"dd /%\" values(7)"
	streams='[{"name":"t","timestamp":"T"},{"name":"o\"dd /%"}]'
	drives 0 sqlite load "$(src)"
	jq -c 'select(.id) | del(.doc)' <<<"$output" >want
	eq '{"id":"o\"dd %2F%25/7","stream":"o\"dd /%","doc":{"k":7,"g":8}}' \
	    "$(grep dd <<<"$output")"
	eq t "$(jq -r '.state.stream // empty' <<<"$output")"
	drives 0 sqlite slim "$(src)"
	printf '%s\n' "$output" >got
	same want got
	eq '{"id":"t/1/x%2Fy%25","timestamp":"2026-01-01","stream":"t"}' \
	    "${lines[0]}"
	eq '{"id":"t/2/","stream":"t"}' "${lines[1]}"
}

@test "sqlite: ids of blobs and of text that is not UTF-8 -> told apart" {
	sql "create table t(k primary key) without rowid;
	insert into t values(x'00ff'), (cast(x'41ff' as text)), ('é'), (1.5)"
	drives 0 sqlite slim "$(src)"
	eq 't/00ff t/1.5 t/A%FF t/é' "$(ids | paste -sd' ')"
}

@test "sqlite: ids asked for -> only these, whatever kinds of values they are" {
	local id
	sql "create table t(k primary key, x); insert into t values(1, 'i'), ('1', 't'),
	(1.5, 'r'), ('1.5', 't'), (2.0, 'r'), ('a/b%', 't'), (x'00ff', 'b'), ('00ff', 't'),
	(9e999, 'r'), ('-Infinity', 't'), (-9223372036854775808, 'i'), (1e300, 'r'), ('é', 't'),
	(cast(x'41ff' as text), 't'), ('', 't'), (x'', 'b'), ('0', 't'), ('it''s', 't');
	create table r(k real primary key); insert into r values(5), (0.1), ('x');
	create table w(a text collate nocase, b int, primary key(b, a)) without rowid;
	insert into w values('X', 1), ('y', 2);
	create table n(a, b); insert into n values(1, 2), (3, 4); create view v as select k from t"
	streams=$(jq -c . <<<'[{"name":"t"},{"name":"r"},{"name":"w"},{"name":"n","id":["a"]},
	    {"name":"o","table":"n","id":["rowid"]},{"name":"q","id":["a"],"query":"select a from n"},
	    {"name":"p","table":"w","id":["a"]}]')
	drives 0 sqlite slim "$(src)"
	ids >all
	for id in $(grep '^[trw]/.' all | sort -u); do
		eq "$(grep -Fx "$id" all | paste -sd' ')" "$(asked sqlite "$id")"
	done
	eq 't/ t/' "$(asked sqlite t/)"
	eq 't/1 t/1' "$(asked sqlite t/1)"
	mapfile -t every < <(grep '^[trw]/' all | sort -u)
	eq "$(grep '^[trw]/' all | paste -sd' ')" "$(asked sqlite "${every[@]}")"
	# none of these is of a row
	eq '' "$(asked sqlite t/3 t/1/1 t t/%3 t/x1 r/6 w/1 w/1/z "t/' or 1" none/1 '')"
	# no key finds them
	eq 'n/1 n/3 o/1 o/2 p/X p/y q/1 q/3' "$(asked sqlite n/1 o/1 q/1 p/X)"
}

@test "sqlite: slim, diff, load --ids -> only what changed is read" {
	sql "create table t(k integer primary key, x, u); with recursive c(i) as
	    (select 1 union all select i + 1 from c where i < 3000)
	    insert into t select i, i, '2026-01-01' from c"
	printf 'name: c\nsource: {type: sqlite, path: t.db}\nstreams: [{name: t, timestamp: u}]\n' \
	    >c.yml
	only_changed_is_read
}

@test "sqlite: streams -> table, view, query, id, rowid" {
	sql "create table a(x, y); insert into a values(1, 2), (1, 3);
	create view v as select y, x from a"
	streams='[{"name":"one","table":"a","id":["y"]},
	    {"name":"v","id":["X","y"]},{"name":"a","id":["rowid"]},
	    {"name":"q","id":["n"],
	     "query":"select x as n, count(*) as c from a group by 1; -- end"}]'
	streams=$(jq -c . <<<"$streams")
	drives 0 sqlite load "$(src)"
	cat >want <<-'EOF'
	{"id":"one/2","stream":"one","doc":{"x":1,"y":2}}
	{"id":"one/3","stream":"one","doc":{"x":1,"y":3}}
	{"id":"v/1/2","stream":"v","doc":{"y":2,"x":1}}
	{"id":"v/1/3","stream":"v","doc":{"y":3,"x":1}}
	{"id":"a/1","stream":"a","doc":{"x":1,"y":2}}
	{"id":"a/2","stream":"a","doc":{"x":1,"y":3}}
	{"id":"q/1","stream":"q","doc":{"n":1,"c":2}}
	EOF
	grep -v '^{"state"' <<<"$output" >got
	same want got
	ids >loaded
	drives 0 sqlite slim "$(src)"
	same loaded <(ids)
}

@test "sqlite: an id that is NULL -> fail without id" {
	sql "create table t(a text primary key); insert into t values('x'),
	    (null)"
	for verb in load slim; do
		drives 0 sqlite $verb "$(src)"
		eq t/x "$(ids)"
		eq '- null_id' "$(fails)"
	done
	sql "delete from t where a = 'x'"
	drives 0 sqlite check "$(src)"
	eq '{"check":"ids","ok":false,"message":"stream t: a row whose id is NULL"}' \
	    "$output"
}

@test "sqlite: settings that do not fit -> 2 before the first row" {
	local s
	sql "create table t(a primary key, b); insert into t values(1, 2);
	create table n(a); create view v as select 1 as a;
	create table w(a primary key) without rowid"
	for s in '"table":"none"' '"table":"n"' '"table":"v"' \
	    '"table":"t","id":["none"]' '"table":"t","timestamp":"none"' \
	    '"table":"w","id":["rowid"]' '"table":"t","id":[]' \
	    '"table":"t","query":"select 1"' '"query":"select 1 as a"' \
	    '"table":"t","id":"a"'; do
		streams="[{\"name\":\"t\"},{\"name\":\"s\",$s}]" \
		    drives 2 sqlite load "$(src)"
		[[ $stderr == streams.s:* ]]
		eq '' "$output"
	done
	streams='[{"name":"t"},{"name":"t"}]' drives 2 sqlite load "$(src)"
	streams='[{"table":"t"}]' drives 2 sqlite load "$(src)"
	drives 2 sqlite load '{}'
}

@test "sqlite: queries that do more than read -> 2, nothing written" {
	local q
	sql "create table t(a primary key); insert into t values(1)"
	md5sum t.db >before
	for q in 'delete from t' 'insert into t values(2) returning a' \
	    'select 1 as a; delete from t' 'pragma user_version = 5' \
	    'select * from pragma_table_info("t")' 'begin' 'vacuum' \
	    "attach 'other.db' as o" "select load_extension('x') as a" \
	    "vacuum into 'copy.db'" 'create temp table x(a)' '' '-- nothing' \
	    'select ? as a' 'select 1 as a, 2 as A' 'selec 1' \
	    'select "x" as a'; do
		streams=$(jq -nc --arg q "$q" \
		    '[{name: "s", id: ["a"], query: $q}]') \
		    drives 2 sqlite load "$(src)"
		eq '' "$output"
		[[ $stderr == 'streams.s: query: '* ]]
	done
	md5sum -c --quiet before
	[ ! -e copy.db ] && [ ! -e other.db ] && [ "$(echo t.db*)" = t.db ]
}

@test "sqlite: one snapshot -> a commit while it reads is not seen" {
	sql "pragma journal_mode = wal;
	create table a(id integer primary key, x);
	create table b(id integer primary key);
	with recursive c(i) as (select 1 union all select i+1 from c
	    where i < 3000)
	insert into a select i, hex(zeroblob(1000)) from c;
	insert into b values(1)" >/dev/null
	mkfifo pipe
	streams='[{"name":"a"},{"name":"b"}]'
	drive sqlite load "$(src)" >pipe 3>&- &
	exec 5<pipe
	head -n 1 <&5 >/dev/null
	# it waits now: the pipe is full and table b not begun
	sql "insert into b values(2); delete from a where id > 2900"
	cat <&5 >rest
	exec 5<&-
	wait $!
	eq 'b/1' "$(grep -o '"b/[0-9]*"' rest | tr -d '"')"
	eq '"a/3000"' "$(grep -o '"a/3000"' rest)"
	drives 0 sqlite slim "$(src)"
	eq 2 "$(grep -c '"b/' <<<"$output")"
}

@test "sqlite: locked -> waits; longer than retry -> 75" {
	sql "create table t(a primary key); insert into t values(1)"
	mkfifo hold
	sqlite3 t.db <hold >locked 3>&- &
	exec 6>hold
	echo 'begin exclusive; select 1;' >&6
	eventually test -s locked
	drives 75 sqlite load "$(src '"retry":"100ms"')"
	eq "$PWD/t.db: database is locked" "$stderr"
	printf '{"v":1,"source":%s}' "$(src '"retry":"20s"')" >request
	"$CONN_BUILD/libexec/conn/conn-source-sqlite" load <request >out 3>&- 6>&- &
	local reader=$!
	eventually eval "ls -l /proc/$reader/fd | grep -q t.db"
	# the end of its input ends the transaction
	exec 6>&-
	wait $reader
	eq '{"id":"t/1","stream":"t","doc":{"a":1}}' "$(<out)"
}

@test "sqlite: no database, a damaged one -> 3" {
	drives 3 sqlite load "$(src)"
	eq "$PWD/t.db: No such file or directory" "$stderr"
	[ ! -e t.db ]
	echo 'this is no database, and it is long enough to tell' >t.db
	drives 3 sqlite load "$(src)"
	eq "$PWD/t.db: file is not a database" "$stderr"
	: >t.db
	drives 3 sqlite load "$(src)"
	eq "there is no table with a primary key in $PWD/t.db" "$stderr"
	rm t.db
	mkdir t.db
	drives 3 sqlite load "$(src)"
	eq "$PWD/t.db: not a file" "$stderr"
	rmdir t.db
	sql "create table t(a integer primary key, b); with recursive c(i) as
	    (select 1 union all select i+1 from c where i < 5000)
	    insert into t select i, 'some text' from c"
	dd if=/dev/urandom of=t.db bs=4096 seek=5 count=3 conv=notrunc status=none
	drives 3 sqlite load "$(src)"
	[[ $stderr == "$PWD/t.db: database disk image is malformed" ]]
	chmod 0 t.db
	nobody drive sqlite load "$(src)"
	check 3
	eq "$PWD/t.db: Permission denied" "$stderr"
}

@test "sqlite: WAL in a folder that may not be written -> 3, says so" {
	sql "pragma journal_mode = wal; create table t(a primary key)" \
	    >/dev/null
	chmod 644 t.db
	nobody drive sqlite load "$(src)"
	check 3
	[[ $stderr == *'WAL mode'* ]]
}

@test "sqlite: poll -> rows since the position, by the value's own type" {
	sql "create table t(id integer primary key, t);
	insert into t values(1, '2026-01-01T00:00:00Z'),
	(2, '2026-01-01 12:00:00'), (3, '2026-01-02T01:00:00+02:00'),
	(4, '2026-01-03'), (5, 1767225600), (6, 1767312000),
	(7, 1767311999999), (8, 1767312000000), (9, 1767312000000000),
	(10, 1767312000.5), (11, null), (12, 'soon'), (13, x'00'), (14, 20454),
	(15, '2026-01-01T23:59:59.999Z')"
	streams=$(stream '"table":"t","timestamp":"t"')
	# what was changed after .9 may say .0
	for t in 00 00.9; do
		state='{"s":{"since":"2026-01-02T00:00:'$t'Z"}}' \
		    drives 0 sqlite poll "$(src '"overlap":0')"
		eq '4 6 8 9 10 11 12 13 14' \
		    "$(ids | tr -d s/ | sort -n | paste -sd' ')"
	done
	state='{"s":{"since":"2026-01-02T00:00:00Z"}}' \
	    drives 0 sqlite poll "$(src '"overlap":"2h"')"
	eq '3 4 6 7 8 9 10 11 12 13 14 15' \
	    "$(ids | tr -d s/ | sort -n | paste -sd' ')"
	eq '"1767312000.5"' "$(doc s/10 .timestamp)"
	eq '"1767312000"' "$(doc s/6 .timestamp)"
	eq s "$(jq -r '.state.stream // empty' <<<"$output")"
	drives 0 sqlite poll "$(src)" \
	    '"since":"2026-01-01T12:00:00Z","until":"2026-01-02T00:00:00Z"'
	eq '2 3 7 11 12 13 14 15' "$(ids | tr -d s/ | sort -n | paste -sd' ')"
	eq '' "$(jq -r '.state.stream // empty' <<<"$output")"
}

@test "sqlite: poll of a date alone -> all of its day, whatever zone it is of" {
	sql "create table t(id integer primary key, t);
	insert into t values(1, '2025-12-31'), (2, '2026-01-01'),
	(3, '2026-01-02'), (4, '2026-01-02 00:00:00')"
	streams=$(stream '"table":"t","timestamp":"t"')
	for index in 'select 1' 'create index i on t(t)'; do
		sql "$index" >/dev/null
		state='{"s":{"since":"2026-01-02T11:00:00Z"}}' \
		    drives 0 sqlite poll "$(src '"overlap":0')"
		eq 's/2 s/3' "$(list)"
		state='{"s":{"since":"2026-01-02T23:00:00Z"}}' \
		    drives 0 sqlite poll "$(src '"overlap":0')"
		eq s/3 "$(list)"
		eq '"2026-01-02"' "$(doc s/3 .timestamp)"
		drives 0 sqlite poll "$(src)" \
		    '"since":"2026-01-01T23:00:00Z","until":"2026-01-02T00:00:00Z"'
		eq 's/2 s/3' "$(list)"
	done
}

@test "sqlite: poll of what is before 1980, of any form -> always" {
	sql "create table t(id integer primary key, t);
	insert into t values(1, '1970-01-01T00:00:00Z'),
	(2, '0001-01-01 00:00:00'), (3, '1979-12-31'), (4, 0), (5, -5),
	(6, '0000-00-00 00:00:00'), (7, '1980-01-01T00:00:00Z'), (8, 315532800)"
	streams=$(stream '"table":"t","timestamp":"t"')
	for index in 'select 1' 'create index i on t(t)'; do
		sql "$index" >/dev/null
		state='{"s":{"since":"2026-01-02T00:00:00Z"}}' \
		    drives 0 sqlite poll "$(src)"
		eq 's/1 s/2 s/3 s/4 s/5 s/6' "$(list)"
		eq '"0001-01-01 00:00:00"' "$(doc s/2 .timestamp)"
	done
}

@test "sqlite: poll without timestamp 2, without or with a later state 3" {
	sql "create table t(a primary key, t); create table u(a primary key)"
	drives 2 sqlite poll "$(src)"
	eq 'streams.t: a poll needs timestamp' "$stderr"
	streams='[{"name":"t","timestamp":"t"},{"name":"u"}]' \
	    state='{"t":{"since":"2026-01-01T00:00:00Z"}}' \
	    drives 2 sqlite poll "$(src)"
	eq 'streams.u: a poll needs timestamp' "$stderr"
	streams='[{"name":"t","timestamp":"t"}]'
	drives 3 sqlite poll "$(src)"
	[[ $stderr == *'run a full sync' ]]
	state='{"t":{"since":"9999-01-01T00:00:00Z"}}' \
	    drives 3 sqlite poll "$(src)"
	eq '{"reset":true}' "$output"
}

@test "sqlite: a row over 64 MiB -> fail with its id, the others come" {
	sql "create table t(a integer primary key, b, c);
	insert into t values(1, zeroblob(40000000), zeroblob(40000000)),
	    (2, cast(zeroblob(20000000) as text), 0), (3, 1, 2)"
	drives 0 sqlite load "$(src)"
	eq t/3 "$(ids)"
	eq 't/1 too_long t/2 too_long' "$(fails | paste -sd' ')"
	drives 0 sqlite slim "$(src)"
	eq 't/1 t/2 t/3' "$(ids | paste -sd' ')"
}

@test "sqlite: slim, diff, load --ids -> what is kept is no failure" {
	sql 'create table t(k int primary key); insert into t values (1);
	    create table nokey(a)'
	printf 'source: {type: sqlite, path: t.db}\n' >c.yml
	run -0 --separate-stderr conn-sync c.yml
	sql 'insert into t values (2)'
	conn-slim -I c.yml >known
	conn-slim c.yml | conn-diff known >listed
	run -0 --separate-stderr conn-load --ids - c.yml <listed
	eq 'c:t/1 c:t/2' "$(jq -r '._id // empty' <<<"$output" | sort | paste -sd' ')"
	eq '["keep","c:nokey/"]' "$(jq -c 'select(._ctl == "fail") |
	    [.code, .prefix]' <<<"$output")"
	run -0 --separate-stderr conn-bulk c.yml <<<"$output"
}

@test "sqlite: check -> silent; no table with a key -> 3" {
	sql "create table t(a primary key)"
	drives 0 sqlite check "$(src)"
	eq '' "$output$stderr"
	sql 'drop table t; create table t(a)'
	drives 3 sqlite check "$(src)"
}

@test "sqlite: discover -> tables and views, key, timestamp, columns" {
	sql "create table t(a text, b int, Updated_At text, primary key(b, a));
	create view v as select a from t;
	create view broken as select * from gone;
	create virtual table f using fts5(x);
	create table w(k integer primary key, i int not null, r double,
	    n decimal(9, 2), a, b blob, u datetime)"
	drives 0 sqlite discover "$(src)"
	cat >want <<-'EOF'
	{"stream":"f","id":[],"fields":[{"name":"x","type":"any"}],"schema":{"type":"object","properties":{"x":{}}}}
	{"stream":"t","id":["b","a"],"timestamp":"Updated_At","fields":[{"name":"a","type":"TEXT"},{"name":"b","type":"INT"},{"name":"Updated_At","type":"TEXT"}],"schema":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":["integer","string"],"pattern":"^-?[0-9]+$"},"Updated_At":{"type":["string","null"]}}}}
	{"stream":"v","id":[],"fields":[{"name":"a","type":"TEXT"}],"schema":{"type":"object","properties":{"a":{"type":["string","null"]}}}}
	EOF
	grep -v '"stream":"w"' <<<"$output" >got
	same want got
	jq -c 'select(.stream == "w") | .schema.properties |
	    (.k, .i, .r, .n, .a, .b, .u)' <<<"$output" >got
	cat >want <<-'EOF'
	{"type":["integer","string"],"pattern":"^-?[0-9]+$"}
	{"type":["integer","string"],"pattern":"^-?[0-9]+$"}
	{"type":["number","string","null"],"pattern":"^(NaN|-?Infinity)$"}
	{"type":["number","string","null"]}
	{}
	{}
	{"type":["number","string","null"]}
	EOF
	same want got
	eq 'warning: broken: no such table: main.gone' "$stderr"
}

@test "sqlite: spec -> one line, with the schema of streams" {
	run -0 "$CONN_BUILD/libexec/conn/conn-source-sqlite" spec
	[ "${#lines[@]}" -eq 1 ]
	jq -e '.type == "sqlite" and .streams.required == ["name"] and
	    (.schema.properties, .streams.properties |
	    all(has("title") and has("description")))' <<<"$output"
}
