# SPDX-License-Identifier: MIT
# The MySQL driver on a real MariaDB: documents, ids, settings.
load helper
load source
load mysql

@test "mysql: load -> the tables with a primary key, every type exact" {
	sql <<-'EOF'
	set sql_mode = '';
	create table a(id int primary key, t1 tinyint(1), u1 tinyint unsigned,
	    i8 bigint, u8 bigint unsigned, z int(6) zerofill,
	    zd decimal(8,2) zerofill, n decimal(30,10), f float, d double, y year,
	    b1 bit(1), b64 bit(64), c char(5), v varchar(99), t text,
	    bi binary(3), vb varbinary(9), bl blob, e enum('x','y "z"'),
	    s set('p','q','r'), j json, da date, dt datetime, dt6 datetime(6),
	    ts timestamp(3) null, ti time(2), g point, uu uuid, i6 inet6,
	    gen int as (id * 2) stored);
	set time_zone = '+02:00';
	insert into a(id, t1, u1, i8, u8, z, zd, n, f, d, y, b1, b64, c, v, t,
	    bi, vb, bl, e, s, j, da, dt, dt6, ts, ti, g, uu, i6) values
	(1, 1, 255, 9007199254740993, 18446744073709551615, 42, 7.5,
	    '12345678901234567890.5', 16777217, 1e20, 2026, 1,
	    18446744073709551615, 'ab ', 'grüße "x"\n\\', '𝄞', 'a', x'00ff10',
	    '', 'y "z"', 'p,r', '{"a":\n 1.0}', '2026-01-01',
	    '2026-01-01 12:00', '2026-01-01 12:00:00.000001',
	    '2026-01-01 12:00:00.5', '-838:59:59', point(1, 0.1),
	    '123e4567-e89b-12d3-a456-426655440000', '::1'),
	(2, 0, 0, -9223372036854775808, 9007199254740992, 0, 0, -1.5, 0.1, 0.1,
	    0, 0, 5, '', '', '', '', '', x'ff', 'x', '', '[]', '0000-00-00',
	    '0000-00-00 00:00:00', 0, 0, '00:00:00', null, null, null),
	(3, null, null, null, null, null, null, 0.3, 1e-10,
	    0.30000000000000004, null, null, null, null, null, null, null, null,
	    null, null, null, '"\\u0000"', '2026-00-00', '2026-01-00 00:00:00',
	    '9999-12-31 23:59:59.999999', null, '838:59:59.99', null, null, null);
	create table nokey(a int);
	insert into nokey values(1);
	EOF
	drives 0 mysql load "$(src)"
	cat >want <<-'EOF'
	{"id":"a/1","stream":"a","doc":{"id":1,"t1":1,"u1":255,"i8":"9007199254740993","u8":"18446744073709551615","z":42,"zd":7.50,"n":"12345678901234567890.5000000000","f":16777216,"d":1e20,"y":2026,"b1":1,"b64":"18446744073709551615","c":"ab","v":"grüße \"x\"\n\\","t":"𝄞","bi":"YQAA","vb":"AP8Q","bl":"","e":"y \"z\"","s":"p,r","j":{"a":  1.0},"da":"2026-01-01","dt":"2026-01-01T12:00:00","dt6":"2026-01-01T12:00:00.000001","ts":"2026-01-01T10:00:00.500Z","ti":"-838:59:59.00","g":"POINT(1 0.1)","uu":"123e4567-e89b-12d3-a456-426655440000","i6":"::1","gen":2}}
	{"id":"a/2","stream":"a","doc":{"id":2,"t1":0,"u1":0,"i8":"-9223372036854775808","u8":9007199254740992,"z":0,"zd":0.00,"n":-1.5000000000,"f":0.1,"d":0.1,"y":0,"b1":0,"b64":5,"c":"","v":"","t":"","bi":"AAAA","vb":"","bl":"/w==","e":"x","s":"","j":[],"da":null,"dt":null,"dt6":null,"ts":null,"ti":"00:00:00.00","g":null,"uu":null,"i6":null,"gen":4}}
	{"id":"a/3","stream":"a","doc":{"id":3,"t1":null,"u1":null,"i8":null,"u8":null,"z":null,"zd":null,"n":0.3000000000,"f":1e-10,"d":0.30000000000000004,"y":null,"b1":null,"b64":null,"c":null,"v":null,"t":null,"bi":null,"vb":null,"bl":null,"e":null,"s":null,"j":"\u0000","da":"2026-00-00","dt":"2026-01-00T00:00:00","dt6":"9999-12-31T23:59:59.999999","ts":null,"ti":"838:59:59.99","g":null,"uu":null,"i6":null,"gen":6}}
	EOF
	echo '{"keep":{"prefix":"nokey/"}}' >>want
	printf '%s\n' "$output" >got
	same want got
	eq '' "$stderr"
}

@test "mysql: every type -> what the server's own JSON_OBJECT says" {
	sql <<-'EOF'
	create table t(id int primary key, a int, b bigint, c decimal(12,3),
	    d double, e tinyint, f varchar(99), g text, h enum('sad','so so'),
	    i set('a','b'), j json, k date, l datetime(3), m timestamp(6) null,
	    n time(1), o year, p char(9), q mediumint unsigned, r double(9,2),
	    s varchar(9) character set latin1, u int null, w uuid);
	insert into t select seq, seq * 7919, seq * 1e9, rand(seq) * 1e6,
	    rand(seq), seq % 100, concat(md5(seq), '\t"\\/é', char(seq + 160
	    using latin1)), repeat('ü<&>', seq % 7), 1 + seq % 2, seq % 4,
	    json_object('k', seq, 'v', json_array(seq)),
	    '2026-01-01' + interval seq day,
	    '2026-01-01' + interval seq * 61500 microsecond,
	    '2026-01-01' + interval seq day,
	    sec_to_time(seq * 60.5), 1950 + seq % 100, seq, seq * 50000,
	    seq / 7, 'é', null, uuid() from seq_1_to_300;
	EOF
	drives 0 mysql load "$(src)"
	jq -S 'select(.doc) | .doc' <<<"$output" >got
	# times there have no T and no zone
	sql "set time_zone = '+00:00'; select json_object('id', id, 'a', a,
	    'b', b, 'c', c, 'd', d, 'e', e, 'f', f, 'g', g, 'h', h, 'i', i,
	    'j', json_compact(j), 'k', k, 'l', l, 'm', m, 'n', n, 'o', o, 'p', p,
	    'q', q, 'r', r, 's', s, 'u', u, 'w', w) from t" |
		jq -S '.l |= sub(" "; "T") | .m |= sub(" "; "T") + "Z"' >want
	eq 300 "$(grep -c '"id"' want)"
	jq -s 'sort_by(.id)[]' got | jq -S . >sorted
	jq -s 'sort_by(.id)[]' want | jq -S . >sorted.want
	same sorted.want sorted
}

@test "mysql: floats and doubles -> read back as the same" {
	sql "create table t(id int primary key, f float, d double);
	insert into t select seq, exp(rand(seq) * 150 - 75),
	    exp(rand(seq) * 1400 - 700) from seq_1_to_500"
	drives 0 mysql load "$(src)"
	jq -r 'select(.doc).doc | "\(.id)"' <<<"$output" | sort -n >got
	eq 500 "$(wc -l <got)"
	{
		echo 'create table u(id int primary key, f float, d double);'
		grep -o '"doc":{.*' <<<"$output" |
			sed 's/"doc":{"id":/insert into u values(/; s/"f"://; s/"d"://; s/}}$/);/'
	} | sql
	eq 500 "$(sql 'select count(*) from t join u using (id) where t.f = u.f and t.d = u.d')"
}

@test "mysql: slim -> the ids and timestamps of load" {
	sql "create table t(a varchar(9), b int, u datetime, primary key(b, a));
	insert into t values('x/y%', 1, '2026-01-01'), ('', 2, null);
	create table \`o\`\`dd /%\` (k varbinary(9) primary key, g int as (1));
	insert into \`o\`\`dd /%\`(k) values(x'00ff')"
	streams='[{"name":"t","timestamp":"u"},{"name":"o`dd /%"}]'
	drives 0 mysql load "$(src)"
	jq -c 'select(.id) | del(.doc)' <<<"$output" >want
	eq '{"id":"o`dd %2F%25/00ff","stream":"o`dd /%","doc":{"k":"AP8=","g":1}}' \
	    "$(grep '^{"id".*dd' <<<"$output")"
	eq t "$(jq -r '.state.stream // empty' <<<"$output" | paste -sd' ')"
	drives 0 mysql slim "$(src)"
	printf '%s\n' "$output" >got
	same want got
	eq '{"id":"t/1/x%2Fy%25","timestamp":"2026-01-01T00:00:00","stream":"t"}' \
	    "${lines[0]}"
	eq '{"id":"t/2/","stream":"t"}' "${lines[1]}"
}

@test "mysql: ids of every type -> as text, none in quotes" {
	sql "set sql_mode = ''; create table t(a bigint unsigned, b decimal(5,2),
	    c timestamp, d bit(3), e date, f float, g int(5) zerofill, h double,
	    primary key (a, b, c, d, e, f, g, h));
	set time_zone = '+01:00';
	insert into t values(18446744073709551615, 1.5, '2026-01-01', 5,
	    '0000-00-00', 0.1, 7, 0.1)"
	drives 0 mysql slim "$(src)"
	eq 't/18446744073709551615/1.50/2025-12-31T23:00:00Z/5/0000-00-00/0.1/7/0.1' \
	    "$(list)"
}

@test "mysql: ids asked for -> only these, found by their key" {
	local n
	sql "create table a(k smallint primary key, x int);
	insert into a select cast(seq as signed) - 6, seq from seq_1_to_1500;
	create table \`t/t\`(\`K'\`\`\"\` bigint unsigned zerofill primary key);
	insert into \`t/t\` values (18446744073709551615), (2);
	create table b(t varchar(9), v varbinary(3), n decimal(5,2), f float, z date,
	    primary key (t, v, n)) default character set latin1;
	insert into b select s, v, n, 1.1, '2026-01-01' from (select '' as s union select 'x/y'
	    union select 'it''s \\\\\"' union select '%2F' union select 'é' union select 'null'
	    union select 'nul ') x, (select x'' as v union select x'00ff27') y,
	    (select 1.5 as n union select -7) z;
	create table c(z date primary key, k int); insert into c values ('2026-01-01', 1),
	    ('2026-01-02', 2); create table e(k enum('a', 'b') primary key, y year);
	insert into e values ('a', 1), ('b', 2); create view v as select k as i from c;
	create table h(k int invisible default 0, l int, primary key (k));
	insert into h(k) values (1), (2)"
	streams=$(jq -c . <<<'[{"name":"a"},{"name":"t/t"},{"name":"b"},{"name":"c"},{"name":"e"},
	    {"name":"v","id":["i"]},{"name":"l","table":"a","id":["x"]},{"name":"h"},
	    {"name":"q","id":["k"],"query":"select k from c"},{"name":"m","table":"b",
	    "id":["t","v","n","z"]}]')
	eq 'a/-5 a/7 t%2Ft/18446744073709551615' "$(asked mysql a/7 a/-5 \
	    t%2Ft/18446744073709551615)"
	# none of these is of a row, and none does harm
	eq '' "$(asked mysql a a/ a/1/2 a/x a/1x 'a/1 or 1' a/99999999999999999999 a/1e1 a/%00 \
	    a/%3 none/1 b/x b/x/0F/1 b/x/0/1 "b/' or '1/00/1" t/t/2 "t%2Ft/2;" b/// '')"
	# what a query, a view or a key of another kind has cannot be told
	eq 'c/2026-01-01 c/2026-01-02 q/1 q/2 v/1 v/2' "$(asked mysql c/2026-01-02 q/1 v/1)"
	eq 'e/a e/b h/1 h/2' "$(asked mysql e/a h/1)"
	asked mysql l/1 >got
	eq 1500 "$(ids | wc -l)"
	# each id by itself; the date is not compared, the rest is
	drives 0 mysql slim "$(src)"
	ids | grep '^[bm]/' >all
	[ "$(wc -l <all)" -eq 56 ]
	for n in 1 6 17 28 29 55; do
		eq "$(sed -n ${n}p all)" "$(asked mysql "$(sed -n ${n}p all)")"
	done
	asked mysql b/%FF/00/1 >got
	eq 28 "$(ids | wc -l)"
	# nor can be asked for what the column's character set lacks
	asked mysql b/Ж/00/1 >got
	eq 28 "$(ids | wc -l)"
	# in more than one statement
	drives 0 mysql slim "$(src)"
	mapfile -t every < <(ids | grep -v '^[cehlvq]/')
	eq "$(printf '%s\n' "${every[@]}" | paste -sd' ')" "$(asked mysql "${every[@]}")"
}

@test "mysql: streams -> table, view, query, partitions, hidden columns" {
	sql "create table a(x int, y int); insert into a values(1, 2), (1, 3);
	create view v as select y, x from a;
	create table p(k int primary key) partition by hash (k) partitions 3;
	insert into p values (5), (15);
	create table h(x int, k int invisible auto_increment primary key);
	insert into h(x, k) values (1, 7);
	create table w(k int primary key) with system versioning;
	insert into w values (1), (2); delete from w where k = 1"
	streams=$(jq -c . <<<'[{"name":"one","table":"a","id":["Y"]},
	    {"name":"v","id":["x","y"]},{"name":"p"},{"name":"h"},{"name":"w"},
	    {"name":"q","id":["n"],
	    "query":"select x as n, count(*) as c from a group by 1 -- end"},
	    {"name":"r","id":["k"],"query":" select 5 as k ; "},
	    {"name":"f","id":["k"],
	    "query":"select 1 as k, cast(0.5 as float) as f"}]')
	drives 0 mysql load "$(src)"
	cat >want <<-'EOF'
	{"id":"one/2","stream":"one","doc":{"x":1,"y":2}}
	{"id":"one/3","stream":"one","doc":{"x":1,"y":3}}
	{"id":"v/1/2","stream":"v","doc":{"y":2,"x":1}}
	{"id":"v/1/3","stream":"v","doc":{"y":3,"x":1}}
	{"id":"p/15","stream":"p","doc":{"k":15}}
	{"id":"p/5","stream":"p","doc":{"k":5}}
	{"id":"h/7","stream":"h","doc":{"x":1}}
	{"id":"w/2","stream":"w","doc":{"k":2}}
	{"id":"q/1","stream":"q","doc":{"n":1,"c":2}}
	{"id":"r/5","stream":"r","doc":{"k":5}}
	{"id":"f/1","stream":"f","doc":{"k":1,"f":0.5}}
	EOF
	sort want >sorted
	grep -v '^{"state"' <<<"$output" | sort >got
	same sorted got
	ids >loaded
	drives 0 mysql slim "$(src)"
	same loaded <(ids)
	streams='[]' drives 0 mysql slim "$(src)"
	eq 'h/7 p/15 p/5 w/2' "$(list)"
}

@test "mysql: an id that is NULL -> fail without id; check says so" {
	sql "create table t(a varchar(9)); insert into t values('x'), (null)"
	streams='[{"name":"t","id":["a"]}]'
	for verb in load slim; do
		drives 0 mysql $verb "$(src)"
		eq t/x "$(ids)"
		eq '- null_id' "$(fails)"
	done
	drives 0 mysql check "$(src)"
	eq '{"check":"ids","ok":false,"message":"stream t: a row whose id is NULL"}' "$output"
}

@test "mysql: settings that do not fit -> 2 before the first row" {
	local s
	sql "create table t(a int primary key, b int); insert into t values(1, 2);
	create table n(a int); create view v as select 1 as a"
	for s in '"table":"none"' '"table":"n"' '"table":"v"' \
	    '"table":"t","id":["none"]' '"table":"t","timestamp":"none"' \
	    '"table":"t","id":[]' '"table":"t","query":"select 1"' \
	    '"query":"select 1 as a"' '"table":"t","id":"a"' \
	    '"query":"select 1 as b","id":["a"]'; do
		streams="[{\"name\":\"t\"},{\"name\":\"s\",$s}]" \
		    drives 2 mysql load "$(src)"
		[[ $stderr == streams.s:* ]]
		eq '' "$output"
	done
	streams='[{"name":"t"},{"name":"t"}]' drives 2 mysql load "$(src)"
	drives 2 mysql load '{}'
	eq 'source.url: not mysql://USER@HOST:PORT/DATABASE' "$stderr"
	sql 'drop table t'
	drives 3 mysql load "$(src)"
	eq "there is no table with a primary key in the database $DB" "$stderr"
}

@test "mysql: queries that do more than read -> 2, nothing written" {
	local q
	sql "create table t(a int primary key); insert into t values(1)"
	for q in 'delete from t' 'insert into t values(2) returning a' \
	    'select 1 as a; delete from t' 'begin' 'commit' 'call x()' \
	    "select a from t into outfile '$PWD/x'" 'create table x(a int)' \
	    'select a from t into @x' 'show tables' 'set @a = 1' \
	    'delete from t returning a' '' '-- nothing' 'select ? as a' \
	    'select 1 as a, 2 as a' 'selec 1' 'select x as a' \
	    'select 1 as a) as q; delete from t; -- '; do
		streams=$(jq -nc --arg q "$q" \
		    '[{name: "s", id: ["a"], query: $q}]') \
		    drives 2 mysql load "$(src)"
		eq '' "$output"
		[[ $stderr == 'streams.s: '* ]]
	done
	sql 'create sequence n'
	sql <<-'EOF'
	delimiter //
	create function w() returns int begin delete from t; return 1; end//
	EOF
	for q in "select nextval(n) as a" 'select w() as a from t'; do
		streams=$(jq -nc --arg q "$q" \
		    '[{name: "s", id: ["a"], query: $q}]') \
		    run --separate-stderr drive mysql load "$(src)"
		[[ $status == [23] ]]
		[[ $stderr == *'in a READ ONLY transaction' ]]
	done
	eq 1 "$(sql 'select count(*) from t')"
}

@test "mysql: one snapshot -> a commit while it reads is not seen" {
	sql "create table a(id int primary key, x text);
	create table b(id int primary key);
	insert into a select seq, repeat('x', 2000) from seq_1_to_10000;
	insert into b values(1)"
	# it waits: the pipe is full and table b not begun
	reads 1 drive mysql load "$(src)"
	sql "insert into b values(2)" "delete from a where id > 9900"
	reads_on
	eq 'b/1' "$(grep -o '"b/[0-9]*"' rest | tr -d '"')"
	eq '"a/10000"' "$(grep -o '"a/10000"' rest)"
	drives 0 mysql slim "$(src)"
	eq 2 "$(grep -c '"b/' <<<"$output")"
}

@test "mysql: sql modes -> the server's own, but for the one that pads" {
	sql "create table t(a int primary key, c char(5)); insert into t values(1, 'x')" \
	    "set global sql_mode = 'PAD_CHAR_TO_FULL_LENGTH,ANSI_QUOTES,ORACLE'"
	drives 0 mysql load "$(src)"
	eq '{"id":"t/1","stream":"t","doc":{"a":1,"c":"x"}}' "$output"
	streams='[{"name":"s","id":["a"],"query":"select \"a\" from t"}]'
	drives 0 mysql load "$(src)"
	eq s/1 "$(ids)"
	sql "set global sql_mode = 'NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,STRICT_ALL_TABLES'" \
	    "create table \`\\\\'t\` (a int primary key)"
	streams=$(jq -nc '[{name: "s", table: "\\\\'"'"'t"}]') drives 0 mysql load "$(src)"
	sql 'set global sql_mode = default'
}

@test "mysql: what init_connect sets -> changes nothing" {
	sql "create table t(a int primary key, z timestamp, x text);
	    insert into t values (1, '2026-01-01', 'é😀'), (2, '2026-01-02', 'b');
	    create user cut_$DB; grant select on $DB.* to cut_$DB"
	sql "set global init_connect = 'set names latin1, sql_select_limit = 1,
	    time_zone = \"+05:00\", net_write_timeout = 1,
	    max_statement_time = 0.001, sql_auto_is_null = 1'"
	drives 0 mysql load "$(ROLE=cut_$DB src)"
	eq 't/1 t/2' "$(list)"
	eq '"2026-01-01T00:00:00Z"' "$(doc t/1 .doc.z)"
	eq '"é😀"' "$(doc t/1 .doc.x)"
	sql "set global init_connect = default" "drop user cut_$DB"
}

@test "mysql: discover -> tables and views, key, timestamp, columns" {
	sql "create table t(a varchar(9), b int unsigned, updated_at timestamp,
	    primary key(b, a));
	create view v as select a from t;
	create table gone(a int); create view w as select a from gone;
	drop table gone"
	drives 0 mysql discover "$(src)"
	cat >want <<-'EOF'
	{"stream":"t","id":["b","a"],"timestamp":"updated_at","fields":[{"name":"a","type":"varchar(9)"},{"name":"b","type":"int(10) unsigned"},{"name":"updated_at","type":"timestamp"}],"schema":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"},"updated_at":{"type":["string","null"],"format":"date-time"}}}}
	{"stream":"v","id":[],"fields":[{"name":"a","type":"varchar(9)"}],"schema":{"type":"object","properties":{"a":{"type":"string"}}}}
	EOF
	printf '%s\n' "$output" >got
	same want got
	[[ $stderr == 'warning: '*"View '$DB.w' references invalid table(s)"* ]]
}

@test "mysql: discover -> the schemas of the streams asked for" {
	sql "create table t(a int primary key, b bigint, c decimal(30, 2) not null,
	    d double, e bit(3), f date not null, g datetime, h json, i blob)"
	streams='[{"name":"x","table":"t"},{"name":"q","query":"select a, 1.5 as n from t","id":["a"]}]'
	drives 0 mysql discover "$(src)"
	eq 'x q' "$(jq -r .stream <<<"$output" | paste -sd' ')"
	jq -c '.schema.properties[]' <<<"$output" >got
	cat >want <<-'EOF'
	{"type":"integer"}
	{"type":["integer","string","null"],"pattern":"^-?[0-9]+$"}
	{"type":["number","string"],"pattern":"^(-?[0-9]+(\\.[0-9]+)?|NaN|-?Infinity)$"}
	{"type":["number","null"]}
	{"type":["integer","string","null"],"pattern":"^-?[0-9]+$"}
	{"type":["string","null"],"format":"date"}
	{"type":["string","null"]}
	{}
	{"type":["string","null"],"contentEncoding":"base64"}
	{"type":"integer"}
	{"type":["number","string"],"pattern":"^(-?[0-9]+(\\.[0-9]+)?|NaN|-?Infinity)$"}
	EOF
	same want got
}

@test "mysql: advanced rules -> tables looked for, their keys the id" {
	sql "create table t(a int primary key, b text); insert into t values(1, 'x')"
	rules='[{"tables":["t"],"query":"select a, upper(b) as b from t"}]'
	drives 0 mysql load "$(src "\"advanced_rules\":$rules")"
	eq '{"id":"t/1","stream":"t","doc":{"a":1,"b":"X"}}' "$output"
	drives 0 mysql load "$(src "\"advanced_rules\":{\"$DB\":{\"t\":\"select * from t\"}}")"
	eq t/1 "$(ids)"
	rules='[{"tables":["none"],"query":"select 1 as a"}]'
	drives 2 mysql load "$(src "\"advanced_rules\":$rules")"
	eq "source.advanced_rules[0]: there is no table none in the database $DB" "$stderr"
}

@test "mysql: spec -> one line, every property with title and description" {
	run -0 "$CONN_BUILD/libexec/conn/conn-source-mysql" spec
	[ "${#lines[@]}" -eq 1 ]
	jq -e '.type == "mysql" and .schema.properties.password.secret and
	    (.verbs | index("changed") | not) and
	    (.schema.properties, .streams.properties |
	    all(has("title") and has("description")))' <<<"$output"
	run -0 "$CONN_BUILD/libexec/conn/conn-source-mysql" --version
	[[ $output == *'libmariadb 3'* ]]
	run -2 "$CONN_BUILD/libexec/conn/conn-source-mysql" changed
}
