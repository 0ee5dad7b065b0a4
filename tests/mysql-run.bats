# SPDX-License-Identifier: MIT
# The MySQL driver under the programs: the kit, checks, the manual.
load helper
load source
load mysql

@test "mysql: the kit for drivers -> nothing wrong" {
	sql "create table t(k int primary key, v bigint, _ctl text, z timestamp, key(z));
	insert into t select seq, 9007199254740993, repeat('x', 40), now()
	    from seq_1_to_300;
	create table u(a varchar(9), b varchar(9), c decimal(5,2), z datetime,
	    primary key (a, b), key(z));
	insert into u values ('x/y', '%', 1.5, null), ('é', '', null, now())"
	printf 'source:\n  type: mysql\n  url: %s\nstreams: %s\n' "$(url)" \
	    '[{name: t, timestamp: z}, {name: u, timestamp: z}]' >c.yml
	run --separate-stderr conn-check -d c.yml
	check 0
	eq '' "$stderr"
	eq '' "$(jq -r 'select(.ok | not)' <<<"$output")"
	grep -q '"driver.secrets"' <<<"$output"
	conn-load c.yml | grep '{"_id":"c:t/7"' | grep -q '"v":"9007199254740993","__ctl"'
}

@test "mysql: the manual's example -> load, sync, poll, deletes" {
	sql "create table products(id int primary key, name text,
	    updated_at timestamp default now() on update now(), key(updated_at));
	create table customers(id int primary key, name text,
	    updated_at timestamp default now() on update now(), key(updated_at));
	create table orders(id int primary key, customer int, total decimal(5,2),
	    updated_at timestamp default now() on update now());
	insert into products(id, name) values (1, 'x');
	insert into customers(id, name) values (7, 'y');
	insert into orders(id, customer, total) values (2, 7, 1.50)"
	echo secret >shop.password
	chmod 600 shop.password
	sql "create user conn_$DB identified by 'secret'; grant select on $DB.* to conn_$DB;
	    grant process on *.* to conn_$DB"
	shop_example mysql 1 | sed "s,root@,conn_$DB@," >shop.yml
	run --separate-stderr conn-check --driver shop.yml
	check 0
	eq '' "$stderr"
	run -0 --separate-stderr conn-sync shop.yml
	eq '' "$output$stderr"
	sql "update customers set name = 'z'; insert into products(id) values (3);
	    delete from products where id = 1"
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
	sql "drop user conn_$DB"
}

@test "mysql: slim, diff, load --ids -> only what changed is read" {
	sql "create table t(k int primary key, x text, u timestamp);
	insert into t select seq, seq, '2026-01-01' from seq_1_to_3000"
	printf 'name: c\nsource:\n  type: mysql\n  url: %s\n' "$(url)" >c.yml
	echo 'streams: [{name: t, timestamp: u}]' >>c.yml
	only_changed_is_read
}

@test "mysql: check -> grants, keys, indexes, engines, doubles" {
	sql "create table t(k int primary key, u timestamp); create table nokey(a int);
	create table secret(k int primary key);
	create table d(k int, u timestamp); insert into d values (1, null), (1, null);
	create table uniq(k int not null unique, l int);
	create table my(k int primary key) engine=myisam;
	create user reader_$DB; grant select on $DB.t to reader_$DB;
	grant select on $DB.nokey to reader_$DB"
	ROLE=reader_$DB
	streams='[{"name":"t","timestamp":"u"},{"name":"secret"}]'
	drives 0 mysql check "$(src)"
	want="SELECT command denied to user 'reader_$DB'@'localhost' for table"
	want+=" \`$DB\`.\`secret\`; GRANT SELECT ON \`$DB\`.\`secret\`"
	eq "$want TO 'reader_$DB'@'%'" \
	    "$(jq -r 'select(.ok | not).message' <<<"$output")"
	want='no index begins with the timestamp, so each poll reads the whole table;'
	eq "$want ALTER TABLE \`$DB\`.\`t\` ADD INDEX (\`u\`)" \
	    "$(jq -r 'select(.check == "streams.t").message' <<<"$output")"
	want="this account cannot see when others' transactions began, so a poll misses"
	want+=" what one longer than overlap changed; GRANT PROCESS ON *.* TO"
	eq "$want 'reader_$DB'@'%'" \
	    "$(jq -r 'select(.check == "overlap").message' <<<"$output")"
	ROLE='' sql "alter table t add index (u); grant process on *.* to reader_$DB"
	streams='[{"name":"t","timestamp":"u"}]' drives 0 mysql check "$(src)"
	eq '' "$output"
	streams='[]' drives 0 mysql check "$(src)"
	want="this account sees only those tables of the database $DB that it may"
	want+=" read; name the streams, or GRANT SELECT ON \`$DB\`.* TO"
	eq "$want 'reader_$DB'@'%'" \
	    "$(jq -r 'select(.ok | not).message' <<<"$output")"
	ROLE=''
	streams='[]' drives 0 mysql check "$(src)"
	want='not read, for want of a primary key (name them in streams, with id)'
	eq "$want: d, nokey, uniq" \
	    "$(jq -r 'select(.check == "streams").message' <<<"$output")"
	[[ $(jq -r 'select(.check == "streams.my").message' <<<"$output") == 'its engine has no'* ]]
	streams='[{"name":"uniq","id":["k","l"]}]' drives 0 mysql check "$(src)"
	eq '' "$output"
	streams='[{"name":"d","id":["k"]}]' drives 0 mysql check "$(src)"
	want='stream d: of 2 rows 1 have the id of another one, of which only the last'
	eq "$want would be kept" "$(jq -r .message <<<"$output")"
	streams='[{"name":"q","id":["k"],"query":"select k from d limit 1 -- one"}]' \
	    drives 0 mysql check "$(src)"
	eq '' "$output"
	streams='[{"name":"t"}]' drives 0 mysql check "$(src)" \
	    '"rules":[{"id":"1","field":"none"},{"id":"2","field":"u"}]'
	eq 'rules[0] (id 1): no stream has a field none' "$(jq -r .message <<<"$output")"
	sql "drop user reader_$DB"
}

@test "mysql: conn-check -> a missing grant is 3, a missing index a warning" {
	sql "create user r_$DB; create table t(k int primary key, u timestamp);
	    create table u(k int primary key); grant select on $DB.u to r_$DB"
	printf 'source:\n  type: mysql\n  url: %s\nstreams: [{name: t, timestamp: u}]\n' \
	    "$(url "r_$DB")" >c.yml
	run --separate-stderr conn-check c.yml
	check 3
	[[ $stderr == *"GRANT SELECT ON \`$DB\`.\`t\`"* ]]
	sql "grant select on $DB.t to r_$DB; grant process on *.* to r_$DB"
	run --separate-stderr conn-check c.yml
	check 0
	[[ $stderr == 'conn-check: warning: driver mysql: streams.t: no index'* ]]
	sql "drop user r_$DB"
}

@test "mysql: memory -> no more for 300,000 rows than for few" {
	sql "create table t(k int primary key, x text);
	insert into t select seq, repeat('x', 300) from seq_1_to_300000"
	limited 60000 drive mysql load "$(src)"
	check 0
	eq 300000 "$(grep -c '"doc"' <<<"$output")"
}
