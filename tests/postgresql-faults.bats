# SPDX-License-Identifier: MIT
# What goes wrong with a PostgreSQL server: the message, the status, and no
# listing that looks complete.
load helper
load alloc
load source
load postgresql

# fails_as STATE AT [ROWS]: a view of rows whose reading ends with that
# SQLSTATE at row AT.
fails_as() {
	sql "create or replace function f(i int) returns int language plpgsql as \$\$
	    begin if i = $2 then raise exception 'as told' using errcode = '$1';
	    end if; return i; end \$\$;
	drop view if exists v;
	create view v as select f(i) as i from generate_series(1, ${3:-50}) as i"
	streams='[{"name":"v","id":["i"]}]'
}

@test "postgresql: wrong password, database, host, scheme -> 3, 75, 2" {
	local at="127.0.0.1:$PORT"
	printf 'host all locked all scram-sha-256\nlocal all locked scram-sha-256\n' |
		cat - "$PG/data/pg_hba.conf" >hba
	cat hba >"$PG/data/pg_hba.conf"
	sql "create role locked login password 'right'" 'select pg_reload_conf()' \
	    'create table t(k int primary key)' 'grant select on t to locked'
	drives 0 postgresql load "{\"url\":\"postgresql://locked@$at/$DB\",\"password\":\"right\"}"
	drives 3 postgresql load "{\"url\":\"postgresql://locked@$at/$DB\",\"password\":\"wrong-word\"}"
	eq 'cannot connect: password authentication failed for user "locked"' "$stderr"
	drives 3 postgresql load "{\"url\":\"postgresql://locked@$at/$DB\"}"
	[[ $stderr == *'no password supplied' ]]
	echo "*:*:*:locked:right" >"$HOME/.pgpass"
	chmod 600 "$HOME/.pgpass"
	drives 0 postgresql load "{\"url\":\"postgresql://locked@$at/$DB\"}"
	printf '[shop]\nhost=127.0.0.1\nport=%s\nuser=locked\ndbname=%s\n' "$PORT" "$DB" \
	    >"$HOME/.pg_service.conf"
	drives 0 postgresql load '{"url":"postgresql:///?service=shop"}'
	drives 3 postgresql load '{"url":"postgresql:///?service=none"}'
	eq 'cannot connect: definition of service "none" not found' "$stderr"
	drives 3 postgresql load "{\"url\":\"postgresql://postgres@$at/none\"}"
	eq 'cannot connect: database "none" does not exist' "$stderr"
	drives 75 postgresql load '{"url":"postgresql://a@127.0.0.1:1/x","retry":"300ms"}'
	[[ $stderr == 'cannot connect: '*'Connection refused' ]]
	drives 75 postgresql load "{\"url\":\"postgresql://a@/x?host=$PWD\",\"retry\":0}"
	drives 2 postgresql load '{"url":"mysql://a@b/c"}'
	drives 3 postgresql load "{\"url\":\"postgresql://a@$at/x?sslmode=nonsense\"}"
	sql 'drop owned by locked' 'drop role locked'
}

@test "postgresql: TLS -> verified with ca, refused without trust" {
	local key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
	openssl req -x509 "${key[@]}" -days 2 -subj /CN=localhost \
	    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
	    -keyout "$PG/data/server.key" -out "$PG/data/server.pem" 2>/dev/null
	openssl req -x509 "${key[@]}" -days 2 -subj /CN=other \
	    -keyout other.key -out other.pem 2>/dev/null
	[ "$(id -u)" -ne 0 ] || chown postgres "$PG"/data/server.*
	chmod 600 "$PG/data/server.key"
	cp "$PG/data/server.pem" ca.pem
	sql "alter system set ssl_cert_file = 'server.pem'" \
	    'alter system set ssl = on' 'select pg_reload_conf()' >/dev/null
	local url="postgresql://postgres@127.0.0.1:$PORT/$DB"
	eventually psql -qXc '' "$url?sslmode=require"
	sql "create view v as select 1 as k, ssl from pg_stat_ssl where pid =
	    pg_backend_pid()"
	streams='[{"name":"v","id":["k"]}]'
	drives 0 postgresql load "{\"url\":\"$url\",\"ca\":\"$PWD/ca.pem\"}"
	eq true "$(doc v/1 .doc.ssl)"
	drives 3 postgresql load "{\"url\":\"$url\",\"ca\":\"$PWD/other.pem\"}"
	[[ $stderr == *'certificate verify failed'* ]]
	drives 3 postgresql load "{\"url\":\"$url\",\"ca\":\"$PWD/none.pem\"}"
	sql 'alter system reset all' 'select pg_reload_conf()' >/dev/null
}

@test "postgresql: no grant on one of several -> fail with prefix, the rest read" {
	sql "create role r_$DB login; create table a(k int primary key);
	create table b(k int primary key, s text); create table c(k int primary key);
	insert into a values (1); insert into b values (1); insert into c values (1);
	grant select on a, c to r_$DB; grant select (s) on b to r_$DB"
	local ROLE=r_$DB
	drives 0 postgresql load "$(src)"
	eq 'a/1 c/1' "$(list)"
	eq 'b/* permission' "$(fails)"
	state=$(states)
	eq true "$(jq .b.unread <<<"$state")"
	drives 0 postgresql slim "$(src)"
	eq 'b/* permission' "$(fails)"
	drives 0 postgresql poll "$(src)"
	eq 'b/* permission' "$(fails)"
	drives 0 postgresql changed "$(src)"
	eq '{"changed":null}' "$output"
	# what may be read again is read as a whole
	ROLE='' sql "grant select on b to r_$DB"
	drives 0 postgresql poll "$(src)"
	eq b/1 "$(list)"
	streams='[{"name":"q","id":["k"],"query":"select s.k from c join secret s using (k)"}]'
	ROLE='' sql 'create table secret(k int primary key)'
	drives 0 postgresql load "$(src)"
	eq 'q/* permission' "$(fails)"
	ROLE='' sql "drop owned by r_$DB; drop role r_$DB"
}

@test "postgresql: rows that a policy hides -> not read at all, unless told to" {
	sql "create role r_$DB login; create table t(k int primary key, who name);
	create table z(k int primary key); create view v as select k from t;
	insert into t values (1, 'r_$DB'), (2, 'other'); insert into z values (1);
	grant select on t, z, v to r_$DB; alter table t enable row level security;
	create policy mine on t using (who = current_user)"
	local ROLE=r_$DB verb
	for verb in load slim; do
		drives 0 postgresql $verb "$(src)"
		eq z/1 "$(list)"
		eq 't/* permission' "$(fails)"
	done
	state=$(drives 0 postgresql load "$(src)"; states)
	drives 0 postgresql poll "$(src)"
	eq 't/* permission' "$(fails)"
	drives 0 postgresql check "$(src)"
	jq -r .message <<<"$output" | grep 'affected by.*; ALTER ROLE.*BYPASSRLS'
	drives 0 postgresql load "$(src '"row_security":true')"
	eq 't/1 z/1' "$(list)"
	eq '' "$(fails)"
	state=$(states) drives 0 postgresql changed "$(src '"row_security":true')"
	eq '{"changed":null}' "$output"
	# one that belongs to who owns a view is no obstacle
	streams='[{"name":"v","id":["k"]}]' drives 0 postgresql load "$(src)"
	eq 'v/1 v/2' "$(list)"
	ROLE='' sql "alter role r_$DB bypassrls"
	state='' drives 0 postgresql load "$(src)"
	eq 't/1 t/2 z/1' "$(list)"
	ROLE='' sql "drop owned by r_$DB; drop role r_$DB"
}

@test "postgresql: a primary key that is dropped -> nothing read, nothing deleted" {
	sql "create table t(k int primary key); create table \"z/z\"(k int primary key);
	insert into t select generate_series(1, 30); insert into \"z/z\" values (1)"
	printf 'source:\n  type: postgresql\n  url: %s\n' "$(url)" >c.yml
	run -0 --separate-stderr conn-sync c.yml
	sql 'alter table t drop constraint t_pkey' 'alter table "z/z" add x int'
	run -0 --separate-stderr conn-sync --max-delete 100% c.yml
	eq '' "$output$stderr"
	eq 31 "$(conn-slim -I c.yml | grep -c '"id"')"
	drives 0 postgresql slim "$(src)"
	eq '{"keep":{"prefix":"t/"}}' "$(grep keep <<<"$output")"
	sql 'alter table t add primary key (k)' 'delete from t where k > 20'
	run -0 --separate-stderr conn-sync --max-delete 100% c.yml
	eq 21 "$(conn-slim -I c.yml | grep -c '"id"')"
}

@test "postgresql: a password hidden in the URL -> 2, not shown" {
	local u
	for u in 'p%61ssword=canary' 'sslmode=prefer&%70assword=canary' \
	    '%73slpassword=canary'; do
		drives 2 postgresql load "{\"url\":\"postgresql://a@/x?$u\"}"
		eq 'source.url: a password in a URL; it has a key of its own' "$stderr"
	done
}

@test "postgresql: permission lost in the middle -> fail, the next stream is read" {
	fails_as 42501 20
	sql 'create table z(k int primary key); insert into z values (1)'
	streams='[{"name":"v","id":["i"]},{"name":"z"}]'
	drives 0 postgresql load "$(src)"
	eq 'v/* permission' "$(fails)"
	eq z/1 "$(ids | tail -n 1)"
	eq 20 "$(ids | wc -l)"
}

@test "postgresql: hosts that are silent -> the next, each after connect_timeout" {
	local deaf full one two
	sql 'create table t(k int primary key); insert into t values (1)'
	# one takes the connection and says nothing, one does not even take it
	python3 -c 'if True:
	    import signal, socket
	    deaf, full = socket.socket(), socket.socket()
	    for s in deaf, full:
	        s.bind(("127.0.0.1", 0))
	    deaf.listen(9)
	    full.listen(0)
	    waiting = [socket.socket() for _ in range(3)]
	    for s in waiting:
	        s.setblocking(False)
	        s.connect_ex(full.getsockname())
	    print(deaf.getsockname()[1], full.getsockname()[1], flush=True)
	    signal.pause()' >ports 3>&- &
	echo $! >silent.pid
	eventually [ -s ports ]
	read -r deaf full <ports
	to() { # PORTS
		local hosts=${1//,/,127.0.0.1:}
		printf '{"url":"postgresql://postgres@127.0.0.1:%s/%s?connect_timeout=%s","retry":0}' \
		    "$hosts" "$DB" "${2:-1}"
	}
	drives 0 postgresql load "$(to "$deaf,$full,$PORT")"
	eq t/1 "$(ids)"
	drives 0 postgresql load "$(to "$PORT,$deaf" 600)"
	drives 75 postgresql load "$(to "$full,$deaf")"
	eq 'cannot connect: no answer in 1 s' "$stderr"
	drives 75 postgresql load "$(to "$deaf")"
	eq 'cannot connect: no answer in 1 s' "$stderr"
	# two addresses, one name
	one='{"url":"postgresql://postgres@a,b/%s?hostaddr=127.0.0.1,127.0.0.1&port=%s,%s&'
	two='connect_timeout=1","retry":0}'
	# shellcheck disable=SC2059
	drives 0 postgresql load "$(printf "$one$two" "$DB" "$deaf" "$PORT")"
	eq t/1 "$(ids)"
}

teardown() {
	[ ! -e "$BATS_TEST_TMPDIR/silent.pid" ] || kill "$(<"$BATS_TEST_TMPDIR/silent.pid")"
}

@test "postgresql: errors at any row -> 75 or 3, never complete" {
	local case at
	for case in 72000:1 40001:2 57014:49 53100:50 57P01:50 08006:1; do
		at=${case#*:}
		fails_as "${case%:*}" "$at"
		run --separate-stderr drive postgresql load "$(src)"
		cut_off 75 'v: as told'
		eq $((at - 1)) "$(grep -c '^{"id"' <<<"$output" || :)"
	done
	for case in 22012:50 XX001:49 P0001:1 58P01:2; do
		at=${case#*:}
		fails_as "${case%:*}" "$at"
		run --separate-stderr drive postgresql load "$(src)"
		cut_off 3 'v: as told'
		eq $((at - 1)) "$(grep -c '^{"id"' <<<"$output" || :)"
	done
}

@test "postgresql: connection cut, server killed, at many rows -> 75" {
	local n how dir=$BATS_TEST_TMPDIR/victim
	pg_init "$dir"
	pg_start "$dir"
	local PG=$dir DB=postgres PORT
	PORT=$(<"$dir/port")
	sql "create table t as select i as k, repeat('x', 1000) as x
	    from generate_series(1, 20000) i; alter table t add primary key (k)" checkpoint
	for n in 1 500 3000; do
		for how in terminate immediate; do
			reads $n drive postgresql load "$(src)"
			if [ $how = terminate ]; then
				sql "select count(pg_terminate_backend(pid)) from pg_stat_activity
				    where application_name = 'conn'" >/dev/null
			else
				pg_stop "$dir" immediate
			fi
			local ended=0
			reads_on || ended=$?
			eq 75 "$ended"
			run -0 grep -c . err
			run -1 grep -q '"state"' rest
			[ $how = terminate ] || pg_start "$dir"
		done
	done
	drives 0 postgresql slim "$(src)"
	eq 20000 "$(grep -c '^{"id"' <<<"$output")"
	pg_stop "$dir" immediate
}

@test "postgresql: a killed server, then started again -> the same line goes on" {
	local dir=$BATS_TEST_TMPDIR/victim
	pg_init "$dir"
	pg_start "$dir"
	local PG=$dir DB=postgres PORT
	PORT=$(<"$dir/port")
	sql "create table t(k int primary key); insert into t values (1)" checkpoint
	pg_stop "$dir" immediate
	(drive postgresql load "$(src '"retry":"60s"')" >out 2>err; echo $? >status) 3>&- &
	pg_start "$dir"
	wait $!
	eq 0 "$(<status)"
	grep -q '"t/1"' out
	eq '' "$(<err)"
	pg_stop "$dir" immediate
}

@test "postgresql: alter, drop, truncate while it reads -> they wait" {
	sql "create table a(k int primary key, x text); create table b(k int primary key);
	insert into a select i, repeat('x', 2000) from generate_series(1, 2000) i;
	insert into b values (1)"
	reads 1 drive postgresql load "$(src)"
	for ddl in 'drop table b' 'alter table b alter k type text' 'truncate b' \
	    'alter table a drop x'; do
		run sql "set lock_timeout = '50ms'; $ddl"
		[[ $output == *'lock timeout'* ]]
	done
	reads_on
	grep -q '"b/1"' rest
	eq 2 "$(grep -c '^{"state"' rest)"
}

@test "postgresql: locked by an alter -> waits; longer than retry -> 75" {
	sql 'create table t(k int primary key, x int); insert into t values (1, 1)'
	session ddl
	say ddl 'begin; alter table t alter x type text;'
	run --separate-stderr drive postgresql load "$(src '"retry":"200ms"')"
	cut_off 75 'canceling statement due to lock timeout'
	# rewritten after the snapshot was taken: it would look empty
	(drive postgresql load "$(src)" >out 2>err; echo $? >status) 3>&- &
	eventually eval "sql 'select count(*) from pg_locks where not granted' | grep -q 1"
	say ddl 'commit;'
	wait $!
	hang_up ddl
	eq 0 "$(<status)"
	eq '{"id":"t/1","stream":"t","doc":{"k":1,"x":"1"}}' "$(head -n 1 out)"
}

# swapped FIRST THEN: a load that waits for FIRST's locks until THEN and its
# commit reads the row that was there before and after.
swapped() {
	sql 'drop schema if exists s, was, later cascade; create schema s;
	create schema later; create table later.t(k int primary key);
	set search_path = s; create table t(k int primary key);
	create table new(k int primary key); create view v as select * from t;
	create table p(k int primary key) partition by range (k);
	create table p1 partition of p for values from (0) to (10);
	create table p2(k int primary key); create table h(k int);
	create table h1() inherits (h); create table h2(k int);
	insert into t values (1); insert into p values (1); insert into h1 values (1)'
	session ddl
	say ddl "set search_path = s; begin; $1;"
	(drive postgresql load "$(src '"schema":"s"')" >out 2>err || echo $? >status) 3>&- &
	local going=$!
	eventually eval "sql 'select count(*) from pg_locks where not granted' | grep -q 1"
	say ddl "$2; commit;"
	wait $going
	hang_up ddl
	rm ddl.*
	eq '' "$(<err)"
	grep -q '/1"' out
}

@test "postgresql: swapped for another after the snapshot -> read as it is then" {
	streams='[{"name":"t"}]'
	swapped 'alter table t rename to old' \
	    'insert into new select * from old; alter table new rename to t'
	swapped 'lock t' 'insert into later.t select * from t;
	    alter schema s rename to was; alter schema later rename to s'
	streams='[{"name":"p"}]'
	swapped 'alter table p detach partition p1' 'insert into p2 select * from p1;
	    alter table p attach partition p2 for values from (0) to (10)'
	streams='[{"name":"h","id":["k"]}]'
	swapped 'alter table h1 no inherit h; lock h' \
	    'insert into h2 select * from h1; alter table h2 inherit h'
	streams='[{"name":"v","id":["k"]}]'
	swapped 'lock v' 'insert into new select * from t;
	    create or replace view v as select * from new'
}

@test "postgresql: a standby -> read; behind the position 75" {
	local dir=$BATS_TEST_TMPDIR/main down=$BATS_TEST_TMPDIR/standby
	pg_init "$dir" wal_level=replica
	pg_start "$dir"
	local PG=$dir DB=postgres PORT
	PORT=$(<"$dir/port")
	sql "create table t(k int primary key, u timestamptz default now());
	    insert into t values (1)"
	folder_of postgres "$down"
	as_server "$pg_bin/pg_basebackup" -h "$dir" -p "$PORT" -U postgres -R -c fast \
	    -D "$down/data" 3>&-
	sed -i "s,'$dir','$down'," "$down/data/postgresql.conf"
	echo max_standby_streaming_delay=0 >>"$down/data/postgresql.conf"
	pg_start "$down"
	local main=$PORT standby
	standby=$(<"$down/port")
	on() { PG=$1 PORT=$2 src "${3-}"; }
	drives 0 postgresql load "$(on "$down" "$standby")"
	eq t/1 "$(ids)"
	# its snapshot does not tell which transactions are open
	state=$(states) drives 0 postgresql changed "$(on "$down" "$standby")"
	eq '{"changed":null}' "$output"
	PG=$down PORT=$standby sql 'select pg_wal_replay_pause()'
	sql 'insert into t values (2)'
	drives 0 postgresql load "$(on "$dir" "$main")"
	eq 't/1 t/2' "$(list)"
	state=$(states)
	drives 75 postgresql poll "$(on "$down" "$standby")"
	eq 'stream t: this standby is behind the saved position' "$stderr"
	# by time: what had not arrived is read by the next poll
	streams='[{"name":"t","timestamp":"u"}]'
	drives 0 postgresql load "$(on "$down" "$standby")"
	state=$(states)
	PG=$down PORT=$standby sql 'select pg_wal_replay_resume()'
	eventually eval 'PG=$down PORT=$standby sql "select k from t" | grep -q 2'
	drives 0 postgresql poll "$(on "$down" "$standby" '"overlap":0')"
	[[ $(list) == *t/2* ]]
	pg_stop "$down" immediate
	pg_stop "$dir" immediate
}

@test "postgresql: rows over 64 MiB -> fail with id, not sent; others come" {
	sql "create table t(k int primary key, a text, b bytea, j jsonb);
	alter table t alter a set storage external;
	insert into t values (1, repeat('x', 70000000), null, null), (2, 'x', '\x01', '{}'),
	(3, repeat('y', 40000000), decode(repeat('00', 40000000), 'hex'), null),
	(4, null, null, to_jsonb(repeat('z', 68000000)))"
	drives 0 postgresql load "$(src)"
	eq t/2 "$(ids)"
	eq 't/1 too_long t/3 too_long t/4 too_long' "$(fails | paste -sd' ')"
	drives 0 postgresql slim "$(src)"
	eq 't/1 t/2 t/3 t/4' "$(list)"
	streams='[{"name":"q","id":["k"],"query":"select k, a from t where k < 3"}]' \
	    drives 0 postgresql load "$(src)"
	eq 'q/1 too_long' "$(fails)"
	eq q/2 "$(ids)"
}

@test "postgresql: a row of 900 MB -> fail with its id, in little memory" {
	# faster, where the server has it
	sql "alter database $DB set default_toast_compression = 'lz4'" || :
	sql "create table t(k int primary key, a text);
	insert into t values (1, repeat('x', 900000000)), (2, 'y')"
	limited 60000 drive postgresql load "$(src)"
	check 0
	eq t/2 "$(ids)"
	eq 't/1 too_long' "$(fails)"
}

@test "postgresql: bytes that are not of the encoding -> shown, ids apart" {
	psql -qXh "$PG" -p "$PORT" -U postgres postgres -c "create database raw_$DB
	    encoding sql_ascii locale 'C' template template0"
	local DB=raw_$DB
	PGCLIENTENCODING=SQL_ASCII sql "create table t(k text primary key, x text, j json);
	insert into t values (E'a\\xff', E'\\xe9', '{}'), ('é', 'ü', E'\"\\xff\"')"
	drives 0 postgresql load "$(src)"
	cat >want <<-'EOF'
	{"id":"t/a%FF","stream":"t","doc":{"k":"a�","x":"�","j":{}}}
	{"id":"t/é","stream":"t","doc":{"k":"é","x":"ü","j":"\"�\""}}
	EOF
	grep -v '^{"\(state\|keep\)"' <<<"$output" >got
	same want got
}

@test "postgresql: ids that would collide -> told apart; doubles -> both come" {
	sql "create table t(a text, b text, primary key (a, b));
	insert into t values ('x/y', 'z'), ('x', 'y/z'), ('x%2Fy', 'z')"
	drives 0 postgresql slim "$(src)"
	eq 't/x%252Fy/z t/x%2Fy/z t/x/y%2Fz' "$(list)"
	streams='[{"name":"q","id":["k"],"query":"select 1 as k from t"}]' \
	    drives 0 postgresql slim "$(src)"
	eq 'q/1 q/1 q/1' "$(list)"
}

@test "postgresql: an allocation fails -> a status, or the same result" {
	sql 'create table t(k int primary key, title text, tags text[])' \
	    "insert into t values (1, 'one', '{a,b}'), (2, 'two', null)"
	allocations postgresql
}
