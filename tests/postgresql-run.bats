# SPDX-License-Identifier: MIT
# The PostgreSQL driver under the programs: the kit, checks, the manual.
load helper
load source
load postgresql

@test "postgresql: the kit for drivers -> nothing wrong" {
	sql "create table t(k int primary key, v int8, _ctl text);
	insert into t select i, 9007199254740993, repeat('x', 40)
	    from generate_series(1, 300) i;
	create table u(a text, b text, c numeric, primary key (a, b));
	insert into u values ('x/y', '%', 1.5), ('é', '', null)"
	printf 'source:\n  type: postgresql\n  url: %s\n' "$(url)" >c.yml
	run --separate-stderr conn-check -d c.yml
	check 0
	eq '' "$stderr"
	eq '' "$(jq -r 'select(.ok | not)' <<<"$output")"
	grep -q '"driver.secrets"' <<<"$output"
	grep -q '"driver.ids"' <<<"$output"
	conn-load c.yml | grep '{"_id":"c:t/7"' | grep -q '"v":"9007199254740993","__ctl"'
}

@test "postgresql: the manual's example -> load, sync, poll, deletes" {
	sql "create table products(id int primary key, name text,
	    updated_at timestamptz default now());
	create index on products (updated_at);
	create table customers(id int primary key, name text,
	    updated_at timestamptz default now());
	create table orders(id int primary key, customer int, total numeric,
	    updated_at timestamptz default now());
	insert into products values (1, 'x'); insert into customers values (7, 'y');
	insert into orders values (2, 7, 1.50)"
	echo secret >shop.password
	shop_example postgresql 1 >shop.yml
	run --separate-stderr conn-check --driver shop.yml
	check 0
	eq '' "$stderr"
	run -0 --separate-stderr conn-sync shop.yml
	eq '' "$output$stderr"
	sql "update customers set name = 'z', updated_at = now()" \
	    "insert into products values (3, 'n')" "delete from products where id = 1"
	run -0 --separate-stderr conn-sync --poll shop.yml
	eq '' "$output$stderr"
	docs() { conn-slim -I shop.yml | jq -r '.id // empty' | sort | paste -sd' '; }
	eq 'shop:customers/7 shop:orders/2 shop:products/1 shop:products/3' "$(docs)"
	sqlite3 "$CONN_STATE_DIR/shop.db" "select document from documents
	    where id = 'shop:orders/2'" | jq -e '.customer == "z"'
	run -0 --separate-stderr conn-sync shop.yml
	eq 'shop:customers/7 shop:orders/2 shop:products/3' "$(docs)"
	run -0 --separate-stderr conn-sync -v shop.yml
	[[ $stderr == *'0 indexed, 0 deleted'* ]]
}

@test "postgresql: slim, diff, load --ids -> only what changed is read" {
	sql "create table t(k int primary key, x text, u timestamptz);
	insert into t select i, i, '2026-01-01' from generate_series(1, 3000) i"
	printf 'name: c\nsource:\n  type: postgresql\n  url: %s\n' "$(url)" >c.yml
	echo 'streams: [{name: t, timestamp: u}]' >>c.yml
	only_changed_is_read
}

@test "postgresql: check -> grants, keys, indexes, doubles, with statements" {
	sql "create role reader_$DB login; create table t(k int primary key,
	    u timestamptz); create table nokey(a int); create table secret(k int
	    primary key); grant select on t, nokey to reader_$DB;
	create table d(k int, u timestamptz); insert into d values (1), (1);
	create table uniq(k int not null unique, l int);
	create table rls(k int primary key); alter table rls enable row level
	    security; grant select on d, uniq, rls to reader_$DB"
	ROLE=reader_$DB
	drives 0 postgresql check "$(src '"row_security":true')"
	eq '{"check":"streams.rls","ok":true,"message":"row security is on for this role; rows that its policies hide are not read, and deleted from the index"}' \
	    "${lines[0]}"
	want="permission denied for table secret; GRANT SELECT ON"
	eq "$want \"public\".\"secret\" TO \"reader_$DB\"" \
	    "$(jq -r 'select(.ok | not).message' <<<"$output")"
	jq -se 'map(.message) | any(endswith(
	    "key (name them in streams, with id): d, nokey, uniq"))' <<<"$output"
	streams='[{"name":"t","timestamp":"u"}]' drives 0 postgresql check "$(src)"
	want='no index begins with the timestamp, so each poll reads the whole table;'
	eq "$want CREATE INDEX CONCURRENTLY ON \"public\".\"t\" (\"u\")" \
	    "$(jq -r 'select(.check == "streams.t").message' <<<"$output")"
	want="this role cannot see when others' transactions began, so a poll misses"
	want+=" what one longer than overlap changed; GRANT pg_read_all_stats TO"
	eq "$want \"reader_$DB\"" \
	    "$(jq -r 'select(.check == "overlap").message' <<<"$output")"
	ROLE='' sql "create index on t (u);
	    grant pg_read_all_stats to reader_$DB"
	streams='[{"name":"t","timestamp":"u"},{"name":"uniq","id":["k","l"]}]' \
	    drives 0 postgresql check "$(src)"
	eq '' "$output"
	streams='[{"name":"d","id":["k"]}]' drives 0 postgresql check "$(src)"
	want='several rows have the same id, of which the last one counts; SELECT "k"'
	eq "$want FROM \"public\".\"d\" GROUP BY \"k\" HAVING count(*) > 1 LIMIT 1" \
	    "$(jq -r .message <<<"$output")"
	streams='[{"name":"q","id":["k"],"query":"select k from d limit 1; -- one"}]' \
	    drives 0 postgresql check "$(src)"
	want='no index makes the id unique, and whether it is could not be found out; '
	[[ $(jq -r .message <<<"$output") == "$want"* ]]
	ROLE='' sql "drop owned by reader_$DB; drop role reader_$DB"
}

@test "postgresql: conn-check -> a missing grant is 3, a missing index a warning" {
	sql "create role r_$DB login; create table t(k int primary key, u timestamptz)"
	printf 'source:\n  type: postgresql\n  url: %s\nstreams: [{name: t, timestamp: u}]\n' \
	    "$(url "r_$DB")" >c.yml
	run --separate-stderr conn-check c.yml
	check 3
	[[ $stderr == *'GRANT SELECT ON "public"."t"'* ]]
	sql "grant select on t to r_$DB; grant pg_read_all_stats to r_$DB"
	run --separate-stderr conn-check c.yml
	check 0
	[[ $stderr == 'conn-check: warning: driver postgresql: streams.t: no index'* ]]
	echo 'rules: [{id: a, policy: exclude, field: gone, rule: equals,
	    value: x, order: 1}]' >>c.yml
	run --separate-stderr conn-check c.yml
	check 0
	[[ $stderr == *gone* ]]
	sql "drop owned by r_$DB; drop role r_$DB"
}

@test "postgresql: a pooler, by transaction -> read, and nothing stays set" {
	local pooler port
	pooler=$(PATH=$PATH:/usr/sbin type -P pgbouncer) || skip 'no pgbouncer here'
	sql "create table t(k int primary key, d date, i interval);
	insert into t values (1, '2026-01-02', '1 day')
	" "alter database $DB set datestyle = 'SQL, DMY'" \
	    "alter database $DB set idle_in_transaction_session_timeout = '1min'"
	port=$(free_port)
	folder_of postgres "$PWD/pool"
	cat >pool/ini <<-EOF
	[databases]
	$DB = host=$PG port=$PORT dbname=$DB user=postgres
	[pgbouncer]
	listen_addr = 127.0.0.1
	listen_port = $port
	unix_socket_dir =
	auth_type = any
	pool_mode = transaction
	default_pool_size = 3
	server_reset_query =
	EOF
	chmod -R a+rX pool
	as_server "$pooler" -q pool/ini >pool.log 2>&1 3>&- &
	eventually bash -c "exec 2>/dev/null 9<>/dev/tcp/127.0.0.1/$port"
	local pooled="postgresql://postgres@127.0.0.1:$port/$DB"
	drives 0 postgresql load "{\"url\":\"$pooled\"}"
	eq '{"k":1,"d":"2026-01-02","i":"P1D"}' "$(doc t/1 .doc)"
	eq 'SQL, DMY off 1min "$user", public 0' "$(psql -qXAt "$pooled" \
	    -c 'show datestyle' -c 'show default_transaction_read_only' \
	    -c 'show idle_in_transaction_session_timeout' \
	    -c 'show search_path' -c 'show lock_timeout' | paste -sd' ')"
	kill $!
	wait $! || :
}

@test "postgresql: what the role has set -> changes nothing that is read" {
	sql "create role set_$DB login; create table t(k int primary key, n float8,
	    z timestamptz, i interval, b bytea);
	grant select on t to set_$DB; insert into t values
	    (1, 0.1, '2026-01-02 00:00Z', '1 day', '\xff')"
	local ROLE=set_$DB s
	drives 0 postgresql load "$(src)"
	printf '%s\n' "$(doc t/1)" >want
	for s in "datestyle = 'German'" "timezone = 'Asia/Tokyo'" \
	    "intervalstyle = 'sql_standard'" "bytea_output = 'escape'" \
	    'extra_float_digits = -3' 'client_encoding = latin1' \
	    "search_path = 'none'" 'standard_conforming_strings = off' \
	    'default_transaction_isolation = serializable' \
	    'default_transaction_deferrable = on' \
	    'idle_in_transaction_session_timeout = 1' 'lock_timeout = 1' \
	    'quote_all_identifiers = on' 'transaction_timeout = 1000'; do
		ROLE='' sql "select 1 from pg_settings where name = '${s%% *}'" |
			grep -q 1 || continue
		ROLE='' sql "alter role set_$DB set $s"
	done
	drives 0 postgresql load "$(src)"
	doc t/1 >got
	same want got
	ROLE='' sql "drop owned by set_$DB; drop role set_$DB"
}

@test "postgresql: memory -> no more for 300,000 rows than for few" {
	sql "create table t as select i as k, repeat('x', 300) as x
	    from generate_series(1, 300000) i; alter table t add primary key (k)"
	( [[ $CONN_BUILD == *asan ]] || ulimit -v 60000
	drive postgresql load "$(src)" >out )
	eq 300000 "$(grep -c '"doc"' out)"
}

@test "postgresql: --validate -> only what the types let through" {
	sql "create table t(k int primary key, b bigint not null, n numeric, r real,
	    d date, z timestamptz, j jsonb, a int[], y bytea, e bool);
	insert into t values (1, 1 << 30, 1.5, 'NaN', '2026-01-02', now(), '[1]',
	    '{{1,null},{2,3}}', 'x', true),
	    (2, 9007199254740993, 123456789012345678.9, '-Infinity', null, null, null,
	    null, null, null),
	    (3, 0, 'NaN', 1e-30, 'infinity', 'infinity', 'null', '{}', '', false),
	    (4, 0, 0, 0, '0044-03-15 BC', '2026-01-02 03:04:05+05:30', '{}', '{1}',
	    '', false)"
	printf 'name: c\nsource:\n  type: postgresql\n  url: %s\n' "$(url)" >c.yml
	run --separate-stderr conn-load --validate=p c.yml
	check 1
	cat >want <<-'X'
	conn-load: stream t: /d: 2 documents are no date; first c:t/3; patch {"properties":{"d":{"format":null}}}
	conn-load: stream t: /z: 1 document is no date-time; first c:t/3; patch {"properties":{"z":{"format":null}}}
	X
	printf '%s\n' "$stderr" | same want -
	echo 'patches: p' >>c.yml
	run --separate-stderr conn-load --validate c.yml
	check 0
	eq '' "$stderr"
}
