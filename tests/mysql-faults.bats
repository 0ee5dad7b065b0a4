# SPDX-License-Identifier: MIT
# What goes wrong with a MySQL server: the message, the status, and no listing
# that looks complete.
load helper
load alloc
load source
load mysql

# fails_as ERRNO AT: a view of rows whose reading ends with that error at row AT.
fails_as() {
	sql <<-EOF
	drop function if exists f; drop view if exists v;
	delimiter //
	create function f(i int) returns int begin
	    if i = $2 then signal sqlstate '45000' set message_text = 'as told',
	    mysql_errno = $1; end if; return i; end//
	delimiter ;
	create view v as select f(seq) as i from seq_1_to_50;
	EOF
	streams='[{"name":"v","id":["i"]}]'
}

@test "mysql: wrong password, database, host, scheme -> 3, 75, 2" {
	local at="127.0.0.1:$PORT"
	sql "create user \`lo@cked_$DB\` identified by 'right';
	    create table t(k int primary key); grant select on $DB.* to \`lo@cked_$DB\`"
	local url="mysql://lo%40cked_$DB@$at/$DB"
	drives 0 mysql load "{\"url\":\"$url\",\"password\":\"right\"}"
	drives 0 mysql load \
	    "{\"url\":\"${url/mysql/mariadb}\",\"password\":\"right\"}"
	drives 3 mysql load "{\"url\":\"$url\",\"password\":\"wrong-word\"}"
	want="cannot connect: Access denied for user 'lo@cked_$DB'@'127.0.0.1'"
	eq "$want (using password: YES)" "$stderr"
	drives 3 mysql load "{\"url\":\"$url\"}"
	[[ $stderr == *'(using password: NO)' ]]
	drives 3 mysql load "{\"url\":\"mysql://root@localhost/none?socket=$MY/s\"}"
	eq "cannot connect: Unknown database 'none'" "$stderr"
	drives 3 mysql load "{\"url\":\"mysql://lo%40cked_$DB@$at/mysql\",\"password\":\"right\"}"
	[[ $stderr == *"Access denied for user"*"to database 'mysql'" ]]
	drives 75 mysql load '{"url":"mysql://a@127.0.0.1:1/x","retry":"300ms"}'
	[[ $stderr == "cannot connect: Can't connect to server on '127.0.0.1'"* ]]
	drives 75 mysql load "{\"url\":\"mysql://a@b/x?socket=$PWD/none\",\"retry\":0}"
	drives 2 mysql load '{"url":"postgresql://a@b/c"}'
	drives 2 mysql load '{"url":"mysql://a:b@b/c"}'
	eq 'source.url: a password does not belong here' "$stderr"
	sql "drop user \`lo@cked_$DB\`"
}

@test "mysql: no grant on one of several -> fail with prefix, the rest read" {
	sql "create user r_$DB; create table a(k int primary key, u timestamp);
	create table b(k int primary key, s text, u timestamp);
	create table c(k int primary key, u timestamp);
	insert into a(k) values (1); insert into b(k) values (1); insert into c(k) values (1);
	grant select on $DB.a to r_$DB; grant select on $DB.c to r_$DB;
	grant select (s) on $DB.b to r_$DB"
	local ROLE=r_$DB
	streams=$(jq -nc '["a", "b", "c"] | map({name: ., timestamp: "u"})')
	drives 0 mysql load "$(src)"
	eq 'a/1 c/1' "$(list)"
	eq 'b/* permission' "$(fails)"
	state=$(states)
	eq true "$(jq .b.unread <<<"$state")"
	drives 0 mysql slim "$(src)"
	eq 'b/* permission' "$(fails)"
	drives 0 mysql poll "$(src)"
	eq 'b/* permission' "$(fails)"
	ROLE='' sql "revoke select (s) on $DB.b from r_$DB"
	drives 0 mysql poll "$(src)"
	eq 'b/* permission' "$(fails)"
	# what may be read again is read as a whole
	ROLE='' sql "grant select on $DB.b to r_$DB; update b set u = '2020-01-01'"
	drives 0 mysql poll "$(src)"
	[[ $(list) == *b/1* ]]
	streams='[{"name":"q","id":["k"],"query":"select s.k from c join secret s using (k)"}]'
	ROLE='' sql 'create table secret(k int primary key)'
	drives 0 mysql load "$(src)"
	eq 'q/* permission' "$(fails)"
	rules='[{"tables":["secret"],"query":"select 1 as k"}]'
	streams='[]' drives 3 mysql load "$(src "\"advanced_rules\":$rules")"
	ROLE='' sql "drop user r_$DB"
}

@test "mysql: tables that this account does not even see -> never complete" {
	sql "create user r_$DB; create table a(k int primary key);
	create table b(k int primary key);
	insert into a values (1); insert into b values (1); grant select on $DB.a to r_$DB"
	local ROLE=r_$DB
	for verb in load slim; do
		drives 0 mysql $verb "$(src)"
		eq a/1 "$(list)"
		eq '- permission' "$(fails)"
	done
	printf 'source:\n  type: mysql\n  url: %s\n' "$(url root)" >c.yml
	run -0 conn-sync c.yml
	printf 'source:\n  type: mysql\n  url: %s\n' "$(url "$ROLE")" >c.yml
	run -1 conn-sync c.yml
	eq 'c:a/1 c:b/1' "$(conn-slim -I c.yml | jq -r '.id // empty' | sort | paste -sd' ')"
	ROLE='' sql "grant select on $DB.* to r_$DB"
	drives 0 mysql load "$(src)"
	eq 'a/1 b/1' "$(list)"
	eq '' "$(fails)"
	ROLE='' sql "drop user r_$DB"
}

@test "mysql: permission lost in the middle -> fail, the next stream is read" {
	fails_as 1370 20
	sql 'create table z(k int primary key); insert into z values (1)'
	streams='[{"name":"v","id":["i"]},{"name":"z"}]'
	drives 0 mysql load "$(src)"
	eq 'v/* permission' "$(fails)"
	eq z/1 "$(ids | tail -n 1)"
	eq 20 "$(ids | wc -l)"
}

@test "mysql: errors at any row -> 75 or 3, never complete" {
	local code at
	for at in 1 50; do
		for code in 1205 1213 1317 1053 1412 1927; do
			fails_as $code $at
			run --separate-stderr drive mysql load "$(src)"
			cut_off 75 'v: as told'
		done
		for code in 1030 1105 1242; do
			fails_as $code $at
			run --separate-stderr drive mysql load "$(src)"
			cut_off 3 'v: as told'
		done
		eq $((at - 1)) "$(ids | wc -l)"
	done
}

@test "mysql: connection cut at many bytes of the answers -> 75, no state" {
	local total at
	sql "create table t(k int primary key, x varchar(99), u timestamp);
	insert into t select seq, repeat('x', 80), now() from seq_1_to_300;
	create user cut_$DB; grant select on $DB.* to cut_$DB; grant process on *.* to cut_$DB"
	streams='[{"name":"t","timestamp":"u"}]'
	mkfifo orders
	"$CONN_BUILD/tests/faultproxy" "127.0.0.1:$PORT" <orders >answers 3>&- &
	exec 5>orders
	eventually test -s answers
	local s
	s="{\"url\":\"mysql://cut_$DB@127.0.0.1:$(head -n 1 answers)/$DB\",\"retry\":0}"
	echo 'rule *#0 response 99999999 cut' >&5
	drives 0 mysql load "$s" 5>&-
	eq 300 "$(ids | wc -l)"
	echo none >&5
	eventually eval '[ "$(grep -c ^ok answers)" -eq 2 ]'
	total=$(sed -n '3s/ok [0-9]* \([0-9]*\) .*/\1/p' answers)
	[ "$total" -gt 30000 ]
	for at in 0 1 40 100 150 300 500 700 900 1200 1500 2000 3000 $((total / 2)) \
	    $((total - 30)) $((total - 1)); do
		echo "rule *#0 response $at cut" >&5
		run --separate-stderr drive mysql load "$s" 5>&-
		cut_off 75 ''
	done
	exec 5>&-
	sql "drop user cut_$DB"
}

@test "mysql: alter, drop, truncate while it reads -> they wait" {
	sql "create table a(k int primary key, x text); create table b(k int primary key);
	insert into a select seq, repeat('x', 2000) from seq_1_to_5000;
	insert into b values (1)"
	reads 1 drive mysql load "$(src)"
	for ddl in 'drop table b' 'alter table b modify k bigint' 'truncate b' \
	    'alter table a drop x' 'rename table b to c'; do
		run sql "set lock_wait_timeout = 1; $ddl"
		[[ $output == *'Lock wait timeout'* ]]
	done
	reads_on
	grep -q '"b/1"' rest
	grep -q '"a/5000"' rest
}

waits() { # [N]
	eventually eval "[ \"\$(sql 'show processlist' |
	    grep -c 'metadata lock')\" = ${1:-1} ]"
}

@test "mysql: locked or dropped before its turn -> 75; altered -> read so" {
	sql 'create table t(k int primary key, x int); insert into t values (1, 1)'
	session ddl
	say ddl 'lock tables t write;'
	run --separate-stderr drive mysql load "$(src '"retry":"1s"')"
	cut_off 75 'Lock wait timeout exceeded'
	after() { # STATUS DDL
		say ddl 'lock tables t write;'
		drive mysql load "$(src)" >out 2>err 3>&- &
		local going=$! ended=0
		waits
		say ddl "$2; unlock tables;"
		wait $going || ended=$?
		eq "$1" "$ended"
	}
	after 0 'alter table t modify x text, force'
	eq '{"id":"t/1","stream":"t","doc":{"k":1,"x":"1"}}' "$(<out)"
	after 75 'drop table t'
	eq '' "$(<out)"
	hang_up ddl
}

@test "mysql: swapped for another before its turn -> read with all its rows" {
	sql 'create table t(k int primary key); create table t_new(k int primary key);
	insert into t values (1)'
	session fill
	say fill 'begin; insert into t_new values (1);'
	sql 'rename table t to t_old, t_new to t' 3>&- &
	local renaming=$! going
	waits 1
	streams='[{"name":"t"}]'
	drive mysql load "$(src)" >out 2>err 3>&- &
	going=$!
	waits 2
	say fill 'commit;'
	wait $renaming
	wait $going
	hang_up fill
	eq '{"id":"t/1","stream":"t","doc":{"k":1}}' "$(<out)"
}

@test "mysql: listed while a rename goes on -> no table is missing" {
	local i swap='rename table t to t_old'
	for i in {1..300}; do swap+=", a$i to b$i"; done
	printf 'create table a%s(k int primary key);' {1..300} | sql
	sql 'create table t(k int primary key); insert into t values (1);
	    create table t_new(k int primary key); insert into t_new values (1)'
	sql "$swap, t_new to t" 3>&- &
	local renaming=$!
	eventually [ ! -e "$MY/data/$DB/t.frm" ]
	drives 0 mysql slim "$(src)"
	wait $renaming
	[[ " $(list) " == *' t/1 '* ]]
}

@test "mysql: in no list while a copy takes its place -> its documents are kept" {
	local at=$MY/data/$DB/t.frm verb
	sql 'create table t(k int primary key); insert into t values (1);
	    create table u(k int primary key); insert into u values (1)'
	for verb in load slim; do
		# as the server has it then
		mv "$at" "$at.away"
		sql "flush tables; set global general_log_file = '$verb.log',
		    general_log = 1"
		(eventually grep -qi 'from information_schema.tables' "$MY/data/$verb.log" &&
		    mv "$at.away" "$at") 3>&- &
		drives 0 mysql $verb "$(src)"
		wait $!
		sql 'set global general_log = 0'
		eq 'u/1' "$(list)"
		eq '"t/"' "$(jq -c '.keep.prefix // empty' <<<"$output")"
	done
	drives 0 mysql load "$(src)"
	eq 't/1 u/1' "$(list)"
	eq '' "$(jq -c '.keep // empty' <<<"$output")"
}

@test "mysql: rows over 64 MiB -> fail with id, not sent; others come" {
	sql "create table t(k int primary key, a longtext, b longblob, j json) engine=myisam;
	insert into t values (1, repeat('x', 70000000), null, null), (2, 'x', x'01', '{}'),
	(3, repeat('y', 40000000), repeat(x'00', 40000000), null), (4, 'y', null, null)"
	limited 100000 drive mysql load "$(src)"
	check 0
	eq 't/2 t/4' "$(list)"
	eq 't/1 too_long t/3 too_long' "$(fails | paste -sd' ')"
	drives 0 mysql slim "$(src)"
	eq 't/1 t/2 t/3 t/4' "$(list)"
	streams='[{"name":"q","id":["k"],"query":"select k, a from t where k < 3"}]' \
	    drives 0 mysql load "$(src)"
	eq 'q/1 too_long' "$(fails)"
	eq q/2 "$(ids)"
}

@test "mysql: a row of 900 MB -> fail with its id, in little memory" {
	sql "create table t(k int primary key, a longtext) engine=myisam;
	insert into t values (1, repeat('x', 900000000)), (2, 'y')"
	limited 100000 drive mysql load "$(src)"
	check 0
	eq t/2 "$(ids)"
	eq 't/1 too_long' "$(fails)"
}

@test "mysql: bytes that are not of the encoding -> shown, ids apart" {
	sql "create table t(k varchar(9), x text, j json, primary key (k)) engine=myisam;
	insert into t values ('aQQb', 'QQ', '\"QQ\"'), ('é', 'ü', '{}'); flush tables"
	sed -i 's/QQ/\xff\xc3/g' "$MY/data/$DB/t.MYD"
	drives 0 mysql load "$(src)"
	cat >want <<-'EOF'
	{"id":"t/a%FF%C3b","stream":"t","doc":{"k":"a��b","x":"��","j":"\"��\""}}
	{"id":"t/é","stream":"t","doc":{"k":"é","x":"ü","j":{}}}
	EOF
	printf '%s\n' "$output" >got
	same want got
}

@test "mysql: ids that would collide -> told apart; doubles -> both come" {
	sql "create table t(a varchar(9), b varchar(9), primary key (a, b));
	insert into t values ('x/y', 'z'), ('x', 'y/z'), ('x%2Fy', 'z')"
	drives 0 mysql slim "$(src)"
	eq 't/x%252Fy/z t/x%2Fy/z t/x/y%2Fz' "$(list)"
	streams='[{"name":"q","id":["k"],"query":"select 1 as k from t"}]' \
	    drives 0 mysql slim "$(src)"
	eq 'q/1 q/1 q/1' "$(list)"
}

@test "mysql: a primary key that is dropped -> its documents are kept" {
	sql "create table t(k int primary key); insert into t values (1), (2);
	create table u(k int primary key); insert into u values (1), (2)"
	printf 'source:\n  type: mysql\n  url: %s\n' "$(url)" >c.yml
	docs() { conn-slim -I c.yml | jq -r '.id // empty' | sort | paste -sd' '; }
	run -0 conn-sync c.yml
	sql 'alter table t drop primary key; delete from u where k = 2'
	run -0 conn-sync c.yml
	eq 'c:t/1 c:t/2 c:u/1' "$(docs)"
	sql 'drop table t'
	run -0 conn-sync c.yml
	eq c:u/1 "$(docs)"
}

@test "mysql: an allocation fails -> a status, or the same result" {
	sql 'create table t(k int primary key, title text);' \
	    "insert into t values (1, 'one'), (2, 'two')"
	allocations mysql
}
