# SPDX-License-Identifier: MIT
load helper
load source
load postgresql

@test "postgresql: load -> the tables with a primary key, every type exact" {
	sql <<-'EOF'
	create type mood as enum('sad', 'ok');
	create type pair as (a int, b text, c numeric[]);
	create domain small as int check (value > 0);
	create table a(id int8 primary key, i2 int2, i8 int8, n numeric,
	    f4 float4, f8 float8, b bool, t text, y bytea, z timestamptz,
	    s timestamp, d date, v interval, u uuid, m mood, i inet, j json,
	    jb jsonb, r int4range, o small, x bit(3));
	insert into a values (1, -5, 9007199254740993, '12345678901234567890.50',
	    0.1, 1e20, true, E'gr\u00fc\u00dfe "x"\n\\', '\x00ff10',
	    '2026-01-01 12:00:00.5+02', '2026-01-01 12:00', '2026-01-01',
	    '1 day 02:00:01.5', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'ok',
	    '10.0.0.0/8', E'{"a":\n 1.0}', '{"b":[1,2.50]}', '[1,5)', 5, '101'),
	    (2, null, 9007199254740992, 'NaN', 'NaN', '-Infinity', false, '',
	    '', 'infinity', '-infinity', 'infinity', '-1 year', null, 'sad',
	    '::1', '[]', 'null', 'empty', 1, '000'),
	    (3, 0, -9223372036854775808, 1.50, 1e-10, 0.30000000000000004, null,
	    'x', null, '0044-03-15 00:00+00 BC', '12026-01-01', '0044-03-15 BC',
	    null, null, null, null, '"\u0000"', '1e3', '(,)', null, null);
	create table b(id int primary key, ia int[], ta text[], p pair, pa pair[],
	    d small[], e box[], z timestamptz[], y bytea[]);
	insert into b values (1, '{{1,2},{3,NULL}}', '{a,"b,c",NULL,"NULL","\"q\\{"}',
	    row(1, 'x,"y\)', array[1.5, 'NaN'::numeric]),
	    array[row(1, '', null)::pair, row(null, 'a "b', '{}')::pair],
	    '{1,2}', '{(1,1),(0,0);(2,2),(1,1)}', '{"2026-01-01 00:00+01"}',
	    array['\x01'::bytea]),
	    (2, '[0:1]={5,6}', '{}', null, '{NULL}', null, null, '{infinity}', null);
	create table nokey(a int);
	insert into nokey values(1);
	EOF
	drives 0 postgresql load "$(src)"
	cat >want <<-'EOF'
	{"id":"a/1","stream":"a","doc":{"id":1,"i2":-5,"i8":"9007199254740993","n":"12345678901234567890.50","f4":0.1,"f8":1e+20,"b":true,"t":"grüße \"x\"\n\\","y":"AP8Q","z":"2026-01-01T10:00:00.5Z","s":"2026-01-01T12:00:00","d":"2026-01-01","v":"P1DT2H1.5S","u":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","m":"ok","i":"10.0.0.0/8","j":{"a":  1.0},"jb":{"b": [1, 2.50]},"r":"[1,5)","o":5,"x":"101"}}
	{"id":"a/2","stream":"a","doc":{"id":2,"i2":null,"i8":9007199254740992,"n":"NaN","f4":"NaN","f8":"-Infinity","b":false,"t":"","y":"","z":"infinity","s":"-infinity","d":"infinity","v":"P-1Y","u":null,"m":"sad","i":"::1","j":[],"jb":null,"r":"empty","o":1,"x":"000"}}
	{"id":"a/3","stream":"a","doc":{"id":3,"i2":0,"i8":"-9223372036854775808","n":1.50,"f4":1e-10,"f8":0.30000000000000004,"b":null,"t":"x","y":null,"z":"0044-03-15T00:00:00Z BC","s":"12026-01-01T00:00:00","d":"0044-03-15 BC","v":null,"u":null,"m":null,"i":null,"j":"\u0000","jb":1000,"r":"(,)","o":null,"x":null}}
	{"id":"b/1","stream":"b","doc":{"id":1,"ia":[[1,2],[3,null]],"ta":["a","b,c",null,"NULL","\"q\\{"],"p":{"a":1,"b":"x,\"y\\)","c":[1.5,"NaN"]},"pa":[{"a":1,"b":"","c":null},{"a":null,"b":"a \"b","c":[]}],"d":[1,2],"e":["(1,1),(0,0)","(2,2),(1,1)"],"z":["2025-12-31T23:00:00Z"],"y":["AQ=="]}}
	{"id":"b/2","stream":"b","doc":{"id":2,"ia":[5,6],"ta":[],"p":null,"pa":[null],"d":null,"e":null,"z":["infinity"],"y":null}}
	EOF
	grep -v '^{"\(state\|keep\)"' <<<"$output" >got
	same want got
	eq '' "$stderr"
	jq -es 'map(.state | select(.)) | length == 2' <<<"$output"
}

@test "postgresql: every type -> what the server's own to_json says" {
	sql <<-'EOF'
	create type mood as enum('sad', 'so so');
	create type pair as (a int, b text);
	create table t as select i as id, (i * 7919)::int4 as a,
	    (i * 1e9)::int8 as b, (random() * 1e6)::numeric(12, 3) as c,
	    random() as d, random()::real as e, i % 3 = 0 as f,
	    md5(i::text) || E'\t"\\/\u0001\u00e9' || chr(i + 160) as g,
	    md5(i::text)::uuid as h, (array['sad', 'so so'])[i % 2 + 1]::mood
	    as k, array[i, null, -i] as l, array[md5(i::text), '{"a,"}', ''] as m,
	    json_build_object('k', i, 'v', array[i]) as n,
	    jsonb_build_object('k"', i / 7.0) as o, row(i, 'x "' || i)::pair as p,
	    array[row(i, null)::pair] as q, '2026-01-01'::date + i as r,
	    timestamp '2026-01-01' + i * interval '61.5 s' as s,
	    timestamptz '2026-01-01' + i * interval '1 d' as t,
	    ('192.168.0.' || i % 256)::inet as u, int4range(i, i + 5) as v,
	    make_interval(0, i % 12, 0, i, i % 24) as w, i::bit(9) as x,
	    '12:00'::time + i * interval '1 m' as y, '<a>&' || i as z,
	    '08:00:2b:01:02:03'::macaddr as aa, point(i, i / 2.0) as ab,
	    ('a b ' || i)::tsvector as ac, i::numeric::money as ad
	    from generate_series(1, 300) as i;
	alter table t add primary key (id);
	EOF
	drives 0 postgresql load "$(src)"
	jq -S 'select(.doc) | .doc' <<<"$output" >got
	# RFC 3339 has two words for UTC
	sql "set timezone = 'UTC'; set intervalstyle = 'iso_8601';
	    select row_to_json(whole) from t as whole order by id" |
	    jq -S '.t |= sub("\\+00:00$"; "Z")' >want
	[ "$(grep -c '"id"' want)" -eq 300 ]
	jq -s 'sort_by(.id)[]' got | jq -S . >sorted
	same want sorted
}

@test "postgresql: slim -> the ids and timestamps of load" {
	sql "create table t(a text, b int, u timestamptz, primary key(b, a));
	insert into t values('x/y%', 1, '2026-01-01'), ('', 2, null);
	create table \"o\"\"dd /%\" (k bytea primary key, g int generated always
	    as (1) stored);
	insert into \"o\"\"dd /%\" values('\x00ff')"
	streams='[{"name":"t","timestamp":"u"},{"name":"o\"dd /%"}]'
	drives 0 postgresql load "$(src)"
	jq -c 'select(.id) | del(.doc)' <<<"$output" >want
	eq '{"id":"o\"dd %2F%25/00ff","stream":"o\"dd /%","doc":{"k":"AP8=","g":1}}' \
	    "$(grep '^{"id".*dd' <<<"$output")"
	eq 't o"dd /%' "$(jq -r '.state.stream // empty' <<<"$output" | paste -sd' ')"
	drives 0 postgresql slim "$(src)"
	printf '%s\n' "$output" >got
	same want got
	eq '{"id":"t/1/x%2Fy%25","timestamp":"2026-01-01T00:00:00Z","stream":"t"}' \
	    "${lines[0]}"
	eq '{"id":"t/2/","stream":"t"}' "${lines[1]}"
}

@test "postgresql: ids asked for -> only these, found by their columns" {
	sql "create table a(k int2 primary key, x int);
	insert into a select i, i from generate_series(-5, 100) i;
	create table b(t text, v varchar, u uuid, n numeric, z timestamptz,
	    primary key (t, v, u, n, z));
	insert into b select s, s, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', n, z
	    from unnest(array['', 'x/y', E'it''s \\\\\"', '%2F', 'é', '{,}', 'null',
	    '\$1']) s, unnest(array['NaN', '1.50', '-7']::numeric[]) n,
	    unnest(array['2026-01-01Z', 'infinity']::timestamptz[]) z;
	create view v as select k as i, x from a;
	create domain d as int8; create table \"t/t\"(\"K'\"\"\" d primary key);
	insert into \"t/t\" values (9007199254740993), (2)
	" "alter database $DB set standard_conforming_strings = off"
	streams=$(jq -c . <<<'[{"name":"a"},{"name":"b"},{"name":"v","id":["i"]},
	    {"name":"t/t"},{"name":"q","id":["i"],
	    "query":"select * from v where i in (3, 4)"}]')
	eq 'a/-5 a/7 t%2Ft/9007199254740993 v/8' "$(asked postgresql a/7 a/-5 v/8 \
	    t%2Ft/9007199254740993)"
	# none of these is of a row, and none does harm
	eq '' "$(asked postgresql a a/ a/1/2 a/x a/1x a/99999999999999999999 a/70000 a/%00 \
	    a/%3 'a/1 ' none/1 b/x b/x/x/y/1/z t/t/2 "t%2Ft/2;" b////// v/1e1 \
	    b/x/x/a0eebc99-9c0b-4ef8-bb6d-6bb9bd380aZZ/1/x)"
	eq '' "$(asked postgresql '')"
	# what a query gives cannot be told
	eq 'q/3 q/4' "$(asked postgresql q/3)"
	# each id by itself; the timestamp is not compared, the rest is
	drives 0 postgresql slim "$(src)"
	ids | grep '^b/' >all
	[ "$(wc -l <all)" -eq 48 ]
	for n in 1 24 33; do
		asked postgresql "$(sed -n ${n}p all)" >got
		ids | grep -Fxf <(sed -n ${n}p all)
		eq 2 "$(ids | wc -l)"
	done
	mapfile -t every <all
	asked postgresql "${every[@]}" >got
	eq "$(paste -sd' ' all)" "$(<got)"
}

@test "postgresql: ids asked for -> characters that the database cannot have" {
	psql -qXh "$PG" -p "$PORT" -U postgres postgres -c "create database l_$DB
	    encoding latin1 locale 'C' template template0"
	local DB=l_$DB
	PGCLIENTENCODING=UTF8 sql "create table t(k text primary key, x text);
	insert into t values ('é', 'ü'), ('b', 'c')"
	eq t/b "$(asked postgresql t/b t/c)"
	eq 't/b t/é' "$(asked postgresql t/é)"
	eq 't/b t/é' "$(asked postgresql t/日)"
	eq 't/b t/é' "$(asked postgresql t/%FF)"
}

@test "postgresql: ids of every type -> as text, none in quotes" {
	sql "create table t(a int8, b numeric, c timestamptz, d bool, e date, f int[],
	    primary key (a, b, c, d, e, f));
	insert into t values(9007199254740993, 1.50, '2026-01-01', true,
	    'infinity', '{1,2}')"
	drives 0 postgresql slim "$(src)"
	eq 't/9007199254740993/1.50/2026-01-01T00:00:00Z/t/infinity/{1,2}' "$(list)"
}

@test "postgresql: streams -> table, view, query, partitions, other schema" {
	sql "create table a(x int, y int); insert into a values(1, 2), (1, 3);
	create view v as select y, x from a;
	create materialized view m as select * from a;
	create table p(k int primary key) partition by range (k);
	create table p1 partition of p for values from (0) to (10);
	create table p2 partition of p for values from (10) to (20);
	insert into p values (5), (15);
	create schema other; create table other.t(k int primary key);
	insert into other.t values (7)"
	streams=$(jq -c . <<<'[{"name":"one","table":"a","id":["y"]},
	    {"name":"v","id":["x","y"]},{"name":"m","id":["y"]},{"name":"p"},
	    {"name":"q","id":["n"],
	    "query":"select x as n, count(*) as c from a group by 1; -- end"}]')
	drives 0 postgresql load "$(src)"
	cat >want <<-'EOF'
	{"id":"one/2","stream":"one","doc":{"x":1,"y":2}}
	{"id":"one/3","stream":"one","doc":{"x":1,"y":3}}
	{"id":"v/1/2","stream":"v","doc":{"y":2,"x":1}}
	{"id":"v/1/3","stream":"v","doc":{"y":3,"x":1}}
	{"id":"m/2","stream":"m","doc":{"x":1,"y":2}}
	{"id":"m/3","stream":"m","doc":{"x":1,"y":3}}
	{"id":"p/5","stream":"p","doc":{"k":5}}
	{"id":"p/15","stream":"p","doc":{"k":15}}
	{"id":"q/1","stream":"q","doc":{"n":1,"c":2}}
	EOF
	grep -v '^{"\(state\|keep\)"' <<<"$output" >got
	same want got
	ids >loaded
	drives 0 postgresql slim "$(src)"
	same loaded <(ids)
	# tables are polled by row version, views and queries are not
	eq true "$(jq '.p | has("xmin")' <<<"$(
	    drives 0 postgresql load "$(src)"; states)")"
	eq 'm one p' "$(drives 0 postgresql load "$(src)"
	    jq -r '.state.stream // empty' <<<"$output" | sort | paste -sd' ')"
	streams='[]' drives 0 postgresql slim "$(src '"schema":"other"')"
	eq t/7 "$(list)"
	streams='[]' drives 0 postgresql slim "$(src)"
	eq 'p/15 p/5' "$(list)"
}

@test "postgresql: an id that is NULL -> fail without id; check 3" {
	sql "create table t(a text); insert into t values('x'), (null)"
	streams='[{"name":"t","id":["a"]}]'
	for verb in load slim; do
		drives 0 postgresql $verb "$(src)"
		eq t/x "$(ids)"
		eq '- null_id' "$(fails)"
	done
	sql "delete from t where a = 'x'"
	drives 3 postgresql check "$(src)"
	eq 'stream t: a row whose id is NULL' "$stderr"
}

@test "postgresql: settings that do not fit -> 2 before the first row" {
	local s
	sql "create table t(a int primary key, b int); insert into t values(1, 2);
	create table n(a int); create view v as select 1 as a"
	for s in '"table":"none"' '"table":"n"' '"table":"v"' '"table":"T"' \
	    '"table":"t","id":["none"]' '"table":"t","timestamp":"none"' \
	    '"table":"t","id":["A"]' '"table":"t","id":[]' \
	    '"table":"t","query":"select 1"' '"query":"select 1 as a"' \
	    '"table":"t","id":"a"' '"query":"select 1 as b","id":["a"]'; do
		streams="[{\"name\":\"t\"},{\"name\":\"s\",$s}]" \
		    drives 2 postgresql load "$(src)"
		[[ $stderr == streams.s:* ]]
		eq '' "$output"
	done
	streams='[{"name":"t"},{"name":"t"}]' drives 2 postgresql load "$(src)"
	drives 2 postgresql load '{}'
	eq 'source.url: not postgresql://...' "$stderr"
	drives 2 postgresql load '{"url":"host=/tmp password=x"}'
	drives 2 postgresql load "$(src '"schema":"none"')"
	eq 'source.schema: there is no schema none' "$stderr"
	sql 'drop table t'
	drives 3 postgresql load "$(src)"
	eq 'there is no table with a primary key in the schema public' "$stderr"
}

@test "postgresql: queries that do more than read -> 2, nothing written" {
	local q
	sql "create table t(a int primary key); insert into t values(1)"
	for q in 'delete from t' 'insert into t values(2) returning a' \
	    'select 1 as a; delete from t' 'begin' 'vacuum' 'commit' \
	    'with d as (delete from t returning a) select * from d' \
	    'select a into u from t' 'copy t to stdout' 'create table x(a int)' \
	    '' '-- nothing' 'select $1 as a' 'select 1 as a, 2 as a' 'selec 1' \
	    'select x as a' "select 'x'::int as a" 'select 1/0 as a' \
	    'select 1 as a) as q; delete from t; --'; do
		streams=$(jq -nc --arg q "$q" \
		    '[{name: "s", id: ["a"], query: $q}]') \
		    drives 2 postgresql load "$(src)"
		eq '' "$output"
		[[ $stderr == 'streams.s: query: '* ]]
	done
	for q in "select nextval('n') as a" 'select w() as a from t'; do
		sql "create sequence if not exists n; create or replace function w()
		    returns int as 'delete from t; select 1' language sql"
		streams=$(jq -nc --arg q "$q" \
		    '[{name: "s", id: ["a"], query: $q}]') \
		    drives 3 postgresql load "$(src)"
		[[ $stderr == *'in a read-only transaction' ]]
	done
	eq 1 "$(sql 'select count(*) from t')"
}

@test "postgresql: one snapshot -> a commit while it reads is not seen" {
	sql "create table a(id int primary key, x text);
	create table b(id int primary key);
	insert into a select i, repeat('x', 2000) from generate_series(1, 3000) i;
	insert into b values(1)"
	# it waits: the pipe is full and table b not begun
	reads 1 drive postgresql load "$(src)"
	sql "insert into b values(2)" "delete from a where id > 2900"
	reads_on
	eq 'b/1' "$(grep -o '"b/[0-9]*"' rest | tr -d '"')"
	eq '"a/3000"' "$(grep -o '"a/3000"' rest)"
	drives 0 postgresql slim "$(src)"
	eq 2 "$(grep -c '"b/' <<<"$output")"
}

@test "postgresql: discover -> tables and views, key, timestamp, columns" {
	sql "create table t(a text, b int, updated_at timestamptz, primary key(b, a));
	create view v as select a from t;
	create table p(k int primary key) partition by range (k);
	create table p1 partition of p for values from (0) to (10)"
	drives 0 postgresql discover "$(src)"
	cat >want <<-'EOF'
	{"stream":"p","id":["k"],"fields":[{"name":"k","type":"integer"}],"schema":{"type":"object","properties":{"k":{"type":"integer"}}}}
	{"stream":"t","id":["b","a"],"timestamp":"updated_at","fields":[{"name":"a","type":"text"},{"name":"b","type":"integer"},{"name":"updated_at","type":"timestamp with time zone"}],"schema":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"},"updated_at":{"type":["string","null"],"format":"date-time"}}}}
	{"stream":"v","id":[],"fields":[{"name":"a","type":"text"}],"schema":{"type":"object","properties":{"a":{"type":["string","null"]}}}}
	EOF
	printf '%s\n' "$output" >got
	same want got
	eq '' "$stderr"
}

@test "postgresql: discover -> the schemas of the streams asked for" {
	sql "create domain word as text;
	create table t(a int primary key, b bigint not null, c numeric, d real,
	    e bool, f date, g timestamp, h jsonb, i bytea, j int[], k word)"
	streams='[{"name":"x","table":"t"},{"name":"q","query":"select a, now() as n from t","id":["a"]}]'
	drives 0 postgresql discover "$(src)"
	eq 'x q' "$(jq -r .stream <<<"$output" | paste -sd' ')"
	jq -c '.schema.properties[]' <<<"$output" >got
	cat >want <<-'EOF'
	{"type":"integer"}
	{"type":["integer","string"],"pattern":"^-?[0-9]+$"}
	{"type":["number","string","null"],"pattern":"^(-?[0-9]+(\\.[0-9]+)?|NaN|-?Infinity)$"}
	{"type":["number","string","null"],"pattern":"^(NaN|-?Infinity)$"}
	{"type":["boolean","null"]}
	{"type":["string","null"],"format":"date"}
	{"type":["string","null"]}
	{}
	{"type":["string","null"],"contentEncoding":"base64"}
	{"type":["array","null"]}
	{"type":["string","null"]}
	{"type":["integer","null"]}
	{"type":["string","null"],"format":"date-time"}
	EOF
	same want got
}

@test "postgresql: advanced rules -> tables looked for, their keys the id" {
	sql "create table t(a int primary key, b text); insert into t values(1, 'x')"
	rules='[{"tables":["t"],"query":"select a, upper(b) as b from t"}]'
	drives 0 postgresql load "$(src "\"advanced_rules\":$rules")"
	eq '{"id":"t/1","stream":"t","doc":{"a":1,"b":"X"}}' "$output"
	drives 0 postgresql load "$(src "\"advanced_rules\":{\"$DB\":{\"t\":\"select * from t\"}}")"
	eq t/1 "$(ids)"
	rules='[{"tables":["none"],"query":"select 1 as a"}]'
	drives 2 postgresql load "$(src "\"advanced_rules\":$rules")"
	eq 'source.advanced_rules[0]: there is no table none in the schema public' "$stderr"
}

@test "postgresql: spec -> one line, every property with title and description" {
	run -0 "$CONN_BUILD/libexec/conn/conn-source-postgresql" spec
	[ "${#lines[@]}" -eq 1 ]
	jq -e '.type == "postgresql" and .schema.properties.password.secret and
	    (.verbs | index("changed")) and
	    (.schema.properties, .streams.properties |
	    all(has("title") and has("description")))' <<<"$output"
	run -0 "$CONN_BUILD/libexec/conn/conn-source-postgresql" --version
	[[ $output == *'libpq 1'* ]]
}
