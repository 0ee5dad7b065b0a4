# SPDX-License-Identifier: MIT
# Positions of the PostgreSQL driver: what polls see, and what they refuse.
load helper
load source
load postgresql

@test "postgresql: poll by timestamptz -> rows since the position" {
	sql "create table t(id int primary key, u timestamptz);
	insert into t values(1, '2026-01-01 23:59:59.999Z'),
	(2, '2026-01-02 01:00+02'), (3, '2026-01-02'), (4, null), (5, 'infinity'),
	(6, '-infinity'), (7, '2026-01-02 00:00:00.000001Z'), (8, '2020-01-01'),
	(9, '0001-01-01Z'), (10, '0044-03-15Z BC')"
	streams=$(stream '"table":"t","timestamp":"u"')
	state=$(since 2026-01-02T00:00:00Z) drives 0 postgresql poll \
	    "$(src '"overlap":0')"
	eq '3 4 5 6 7 9 10' "$(numbers)"
	state=$(since 2026-01-02T00:00:00Z) drives 0 postgresql poll \
	    "$(src '"overlap":"2h"')"
	eq '1 2 3 4 5 6 7 9 10' "$(numbers)"
	eq s "$(jq -r '.state.stream // empty' <<<"$output")"
	drives 0 postgresql poll "$(src)" \
	    '"since":"2026-01-01T22:00:00Z","until":"2026-01-02T00:00:00Z"'
	eq '1 2 4 6 9 10' "$(numbers)"
	eq '' "$(jq -r '.state.stream // empty' <<<"$output")"
	drives 0 postgresql poll "$(src)" '"until":"2026-01-01T00:00:00Z"'
	eq '4 6 8 9 10' "$(numbers)"
}

@test "postgresql: poll of a query -> the same" {
	sql "create table t(id int primary key, u timestamptz);
	insert into t values(1, '2026-01-01'), (2, '2026-01-03')"
	for q in 'select * from t' 'select * from t;' 'select * from t -- all'; do
		streams=$(jq -nc --arg q "$q" '[{name: "s", id: ["id"],
		    timestamp: "u", query: $q}]')
		state=$(since 2026-01-02T00:00:00Z) drives 0 postgresql poll "$(src)"
		eq s/2 "$(list)"
	done
}

@test "postgresql: poll by timestamp without zone -> nobody's clock misses" {
	sql "create table t(id int primary key, u timestamp);
	insert into t select i, '2026-01-02 00:00'::timestamp + i * interval '30m'
	    from generate_series(-20, 20) i;
	insert into t values (100, null), (101, '-infinity'), (102, '0001-01-01')"
	streams=$(stream '"table":"t","timestamp":"u"')
	state=$(since 2026-01-02T00:00:00Z) drives 0 postgresql poll \
	    "$(src '"overlap":0')"
	# the hour that clocks show twice
	eq -2 "$(numbers | cut -d' ' -f1)"
	sql "alter database $DB set timezone = 'America/New_York'"
	state=$(since 2026-01-02T00:00:00Z) drives 0 postgresql poll \
	    "$(src '"overlap":0')"
	eq -12 "$(numbers | cut -d' ' -f1)"
	[[ $(numbers) == *'20 100 101 102' ]]
	# the text is the same whatever the zone is
	eq '"2026-01-02T10:00:00"' "$(doc s/20 .doc.u)"
	sql "alter database $DB set timezone = 'Asia/Tokyo'"
	drives 0 postgresql poll "$(src)" \
	    '"since":"2026-01-02T00:00:00Z","until":"2026-01-02T00:00:00Z"'
	eq '0 19' "$(numbers | sed 's, .* 19.*, 19,')"
}

@test "postgresql: poll by date, by numbers, by text -> by their kind" {
	sql "create table t(id int primary key, d date, n int8, x text);
	insert into t values(1, '2025-12-31', 1767225600, '2026-01-01T00:00:00Z'),
	(2, '2026-01-01', 1767312000, '2026-01-02 00:00:00'),
	(3, '2026-01-02', 1767311999999, 'soon'), (4, null, null, null),
	(5, '-infinity', 7, '2026-01-02T01:00:00+02:00'),
	(6, '2025-12-01', 1767225600, '2026-01-01'),
	(7, '2025-12-01', 1767225600, '2025-12-31'),
	(8, '0001-01-01', 315532799, '0001-01-01 00:00:00')"
	state=$(since 2026-01-02T00:00:00Z)
	streams=$(stream '"table":"t","timestamp":"d"')
	drives 0 postgresql poll "$(src '"overlap":0')"
	eq '2 3 4 5 8' "$(numbers)"
	streams=$(stream '"table":"t","timestamp":"n"')
	drives 0 postgresql poll "$(src '"overlap":0')"
	eq '2 4 5 8' "$(numbers)"
	streams=$(stream '"table":"t","timestamp":"x"')
	drives 0 postgresql poll "$(src '"overlap":0')"
	# a date alone may be of any zone
	eq '2 3 4 6 8' "$(numbers)"
	streams='[{"name":"s","timestamp":"n","id":["id"],"query":"select * from t"}]'
	drives 0 postgresql poll "$(src '"overlap":0')"
	eq '2 4 5 8' "$(numbers)"
}

@test "postgresql: position of a timestamp -> when the oldest open began" {
	sql "create table t(id int primary key, u timestamptz default now())"
	session late
	say late 'begin; insert into t values (1);'
	sql 'insert into t values (2)'
	streams='[{"name":"t","timestamp":"u"}]'
	drives 0 postgresql load "$(src)"
	eq t/2 "$(list)"
	state=$(states)
	sql 'insert into t values (3)'
	say late 'commit;'
	# all of the position's own second counts
	sql 'select pg_sleep(1.1)' >/dev/null
	drives 0 postgresql poll "$(src '"overlap":0')"
	eq '1 2 3' "$(numbers)"
	state=$(states)
	hang_up late
	drives 0 postgresql poll "$(src '"overlap":0')"
	eq '' "$(numbers)"
}

@test "postgresql: position of a timestamp -> background workers of any name" {
	sql "create table t(id int primary key, u timestamptz default now())"
	# what extensions, and newer servers, call theirs
	sql "set allow_system_table_mods = on;
	do \$\$ begin execute 'create or replace view pg_catalog.pg_stat_activity as ' ||
	    replace(pg_get_viewdef('pg_catalog.pg_stat_activity'::regclass),
	    's.backend_type', 'case s.backend_type when ''client backend'' then
	    ''pg_cron'' else s.backend_type end as backend_type'); end \$\$"
	session late
	say late 'begin; insert into t values (1);'
	sql 'select pg_sleep(0.2); insert into t values (2)'
	streams='[{"name":"t","timestamp":"u"}]'
	drives 0 postgresql load "$(src)"
	eq t/2 "$(list)"
	state=$(states)
	say late 'commit;'
	drives 0 postgresql poll "$(src '"overlap":0')"
	eq '1 2' "$(numbers)"
	hang_up late
}

@test "postgresql: position of a timestamp -> when the oldest was prepared" {
	sql "create table t(id int primary key, u timestamptz default now())" \
	    "begin; insert into t values (1); prepare transaction 'p_$DB'"
	streams='[{"name":"t","timestamp":"u"}]'
	drives 0 postgresql load "$(src)"
	state=$(states)
	sql "commit prepared 'p_$DB'"
	# it was stamped when it began
	drives 0 postgresql poll "$(src '"overlap":"5s"')"
	eq t/1 "$(list)"
	sql "select pg_sleep(0.1)" "begin; insert into t values (2);
	    prepare transaction 'q_$DB'"
	drives 0 postgresql load "$(src)"
	state=$(states)
	eq t "$(sql "select (select prepared from pg_prepared_xacts where gid = 'q_$DB')
	    = '$(jq -r .t.since <<<"$state")'")"
	sql "rollback prepared 'q_$DB'"
}

@test "postgresql: poll by row version -> updates, late commits, no more" {
	sql "create table t(id int primary key, x int);
	create table p(k int, x int, primary key(k)) partition by range (k);
	create table p1 partition of p for values from (0) to (10);
	insert into p values (1, 1), (2, 2);
	insert into t select i, 0 from generate_series(1, 10) i"
	session late
	say late 'begin; update t set x = 1 where id = 1; savepoint a;
	    update t set x = 2 where id = 2;'
	sql 'update t set x = 3 where id = 3'
	drives 0 postgresql load "$(src)"
	state=$(states)
	say late 'commit;'
	sql 'update t set x = 4 where id = 4' 'delete from t where id = 5' \
	    'insert into t values (11)' 'update p set x = 9 where k = 2' \
	    'begin; update t set x = 6 where id = 6; rollback'
	drives 0 postgresql poll "$(src)"
	eq 'p/2 t/1 t/11 t/2 t/3 t/4' "$(list)"
	eq 4 "$(doc t/4 .doc.x)"
	state=$(states)
	hang_up late
	drives 0 postgresql poll "$(src)"
	eq '' "$(ids)"
	# what was frozen is as old as it was
	sql 'vacuum freeze t'
	drives 0 postgresql poll "$(src)"
	eq '' "$(ids)"
}

@test "postgresql: poll by row version -> parts attached since, old rows too" {
	sql "create table p(k int primary key, x text) partition by range (k);
	create table p1 partition of p for values from (0) to (10);
	create table sub(k int primary key, x text) partition by range (k);
	create table p2(k int primary key, x text);
	alter table sub attach partition p2 for values from (10) to (20);
	create table h(k int primary key); create table h2() inherits (h);
	create table h3(k int not null);
	alter table p1 alter x set storage external;
	insert into p values (1, repeat('x', 300000)); insert into p2 values (11, 'y');
	insert into h values (1); insert into h2 values (2); insert into h3 values (3)"
	streams='[{"name":"p"},{"name":"h"}]'
	drives 0 postgresql load "$(src)"
	eq 'h/1 h/2 p/1' "$(list)"
	state=$(states)
	sql 'alter table p attach partition sub for values from (10) to (20)' \
	    'alter table h3 inherit h'
	drives 0 postgresql poll "$(src)"
	eq 'h/3 p/11' "$(list)"
	state=$(states)
	sql 'update p set k = 12 where k = 1'
	drives 0 postgresql poll "$(src)"
	eq p/12 "$(list)"
}

# reshaped MEMBERS DDL: a poll after that refuses the position of the load.
reshaped() {
	local streams="[{\"name\":\"t\"$1}]"
	sql "drop table if exists t, new, old;
	create table t(k int primary key, x int, u timestamptz);
	create table new(k int primary key, x int, u timestamptz);
	insert into new values (2, 2, '2020-01-01')"
	state='' drives 0 postgresql load "$(src)"
	sql "begin; $2; commit"
	state=$(states) drives 3 postgresql poll "$(src)"
	eq '{"reset":true}' "$output"
	[[ $stderr == *'or its columns have changed; run a full sync' ]]
}

@test "postgresql: poll of another table, or of other columns -> reset, 3" {
	local u=',"timestamp":"u"'
	reshaped '' 'alter table t rename to old; alter table new rename to t'
	reshaped "$u" 'alter table t rename to old; alter table new rename to t'
	reshaped '' 'alter table t add column c int default 7'
	reshaped "$u" 'alter table t rename x to y'
	reshaped "$u,\"id\":[\"k\"],\"query\":\"select * from t\"" \
	    'alter table t drop column x'
}

@test "postgresql: row versions -> beyond the 32 bits of a transaction id" {
	sql "create table t(id int primary key); insert into t values (1)"
	local big=$BATS_TEST_TMPDIR/wrap
	pg_init "$big"
	as_server "$pg_bin/pg_resetwal" -f -e 3 -x 1000000 -D "$big/data" >/dev/null
	truncate -s 262144 "$big/data/pg_xact/0000"
	pg_start "$big"
	local PG=$big PORT DB=postgres
	PORT=$(<"$big/port")
	sql "create table t(id int primary key); insert into t values (1)"
	drives 0 postgresql load "$(src)"
	state=$(states)
	[ "$(jq -r .t.xmin <<<"$state")" -gt 12884901888 ]
	sql 'insert into t values (2)'
	drives 0 postgresql poll "$(src)"
	eq t/2 "$(list)"
	# from before the wrap, nearly two thousand million ago: refused
	state=$(jq -c '.t.xmin |= (tonumber - 2100000000 | tostring)' <<<"$state")
	drives 3 postgresql poll "$(src)"
	eq '{"reset":true}' "$output"
	[[ $stderr == *'too long ago; run a full sync' ]]
	pg_stop "$big" immediate
}

@test "postgresql: a position of no use, or none -> reset and 3" {
	sql "create table t(id int primary key); create table u(id int primary key,
	    u timestamptz); create view v as select * from t"
	drives 0 postgresql load "$(src)"
	good=$(states)
	streams='[{"name":"t"}]'
	drives 3 postgresql poll "$(src)"
	eq '{"reset":true}' "$output"
	eq 'stream t has no saved position; run a full sync' "$stderr"
	state=$(jq -c '.t.xmin = "999999999"' <<<"$good") \
	    drives 3 postgresql poll "$(src)"
	eq '{"reset":true}' "$output"
	eq "stream t: the saved position is later than the database's; run a full sync" \
	    "$stderr"
	state=$(jq -c '.t.cluster = "1/1/1"' <<<"$good") \
	    drives 3 postgresql poll "$(src)"
	eq '{"reset":true}' "$output"
	[[ $stderr == *'another cluster or timeline; run a full sync' ]]
	drives 2 postgresql poll "$(src)" '"since":"2026-01-01T00:00:00Z"'
	eq 'streams.t: since and until need timestamp' "$stderr"
	streams='[{"name":"v","id":["id"]}]' state=$good \
	    drives 2 postgresql poll "$(src)"
	eq 'streams.v: a poll needs timestamp' "$stderr"
	streams='[{"name":"u","timestamp":"u"}]'
	drives 3 postgresql poll "$(src)"
	state=$(since 9999-01-01T00:00:00Z u) drives 3 postgresql poll "$(src)"
	eq '{"reset":true}' "$output"
}

@test "postgresql: changed -> false only if no transaction ended since" {
	sql "create table t(id int primary key);
	create table u(id int primary key, u timestamptz)"
	streams='[{"name":"t"},{"name":"u","timestamp":"u"}]'
	session late
	say late 'begin; insert into t values (1);'
	drives 0 postgresql load "$(src)"
	state=$(states)
	drives 0 postgresql changed "$(src)"
	eq '{"changed":false}' "$output"
	say late 'commit;'
	drives 0 postgresql changed "$(src)"
	eq '{"changed":null}' "$output"
	hang_up late
	drives 0 postgresql load "$(src)"
	state=$(states)
	drives 0 postgresql changed "$(src)"
	eq '{"changed":false}' "$output"
	sql 'begin; insert into t values (2); rollback'
	drives 0 postgresql changed "$(src)"
	eq '{"changed":null}' "$output"
}

@test "postgresql: changed of what may change by itself -> not known" {
	sql "create table t(id int primary key);
	create view v as select 1 as id, clock_timestamp() as u"
	local v='{"name":"v","id":["id"],"timestamp":"u"}' q
	q='{"name":"q","id":["id"],"timestamp":"u","query":"select * from v"}'
	for streams in "[$v]" "[$q]" "[{\"name\":\"t\"},$v]"; do
		state='' drives 0 postgresql load "$(src)"
		state=$(states) drives 0 postgresql changed "$(src)"
		eq '{"changed":null}' "$output"
	done
}

@test "postgresql: conn-poll --changed -> 4 if nothing was, and sync does nothing" {
	sql "create table t(id int primary key); insert into t values (1)"
	printf 'name: c\nsource:\n  type: postgresql\n  url: %s\n' "$(url)" >c.yml
	run -0 --separate-stderr conn-sync c.yml
	run -4 conn-poll --changed c.yml
	sql 'insert into t values (2)'
	run -0 conn-poll --changed c.yml
	run -0 --separate-stderr conn-sync --poll c.yml
	eq '' "$output$stderr"
	eq 'c:t/1 c:t/2' "$(conn-slim -I c.yml | jq -r '.id // empty' | sort | paste -sd' ')"
	run -4 conn-poll --changed c.yml
}

@test "postgresql: a table more, another column, one that was away -> sync -P syncs all" {
	local ddl
	sql "create table t(id int primary key); create table u(id int primary key);
	insert into t values (1); insert into u values (1)"
	printf 'name: c\nsource:\n  type: postgresql\n  url: %s\n' "$(url)" >c.yml
	run -0 --separate-stderr conn-sync c.yml
	for ddl in "create table v(id int primary key); insert into v values (1)" \
	    "alter table t add column x int default 7" \
	    "alter table u set schema away" "alter table away.u set schema public"; do
		sql "create schema if not exists away; $ddl"
		run -0 conn-poll --changed c.yml
		case $ddl in
		*away) run -0 --separate-stderr conn-sync c.yml ;;
		*) run -0 --separate-stderr conn-sync --poll c.yml ;;
		esac
		eq '' "$output$stderr"
		eq "$(conn-slim c.yml | jq -r '.id // empty' | sort)" \
			"$(conn-slim -I c.yml | jq -r '.id // empty' | sort)"
		eq "$(conn-load c.yml | grep '"_id"' | sort)" \
			"$(sqlite3 "$CONN_STATE_DIR/c.db" "select document from documents" | sort)"
	done
}
