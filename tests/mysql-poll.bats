# SPDX-License-Identifier: MIT
# Positions of the MySQL driver: what polls see, and what they refuse.
load helper
load source
load mysql

@test "mysql: poll by timestamp -> rows since the position, zero dates always" {
	sql "set sql_mode = '', time_zone = '+00:00';
	create table t(id int primary key, u timestamp(6) null, key(u));
	insert into t values(1, '2026-01-01 23:59:59.999'),
	(2, '2026-01-01 23:00'), (3, '2026-01-02'), (4, null), (5, '2037-01-01'),
	(6, '0000-00-00'), (7, '2026-01-02 00:00:00.000001'), (8, '2020-01-01'),
	(9, '1971-01-01')"
	streams=$(stream '"table":"t","timestamp":"u"')
	state=$(since 2026-01-02T00:00:00Z) drives 0 mysql poll \
	    "$(src '"overlap":0')"
	eq '3 4 5 6 7 9' "$(numbers)"
	eq '{"id":"s/6","stream":"s","doc":{"id":6,"u":null}}' "$(doc s/6)"
	state=$(since 2026-01-02T00:00:00Z) drives 0 mysql poll \
	    "$(src '"overlap":"2h"')"
	eq '1 2 3 4 5 6 7 9' "$(numbers)"
	eq s "$(jq -r '.state.stream // empty' <<<"$output")"
	drives 0 mysql poll "$(src)" \
	    '"since":"2026-01-01T22:00:00Z","until":"2026-01-02T00:00:00Z"'
	eq '1 2 4 6 9' "$(numbers)"
	eq '' "$(jq -r '.state.stream // empty' <<<"$output")"
	drives 0 mysql poll "$(src)" '"until":"2026-01-01T00:00:00Z"'
	eq '4 6 8 9' "$(numbers)"
	drives 0 mysql poll "$(src)" '"since":"0001-01-01T00:00:00Z"'
	eq '1 2 3 4 5 6 7 8 9' "$(numbers)"
}

@test "mysql: poll of a query -> the same" {
	sql "create table t(id int primary key, u timestamp, f float);
	set time_zone = '+00:00';
	insert into t values(1, '2026-01-01', 0.1), (2, '2026-01-03', 0.1)"
	for q in 'select * from t' 'select * from t;' 'select * from t -- all' \
	    'select id, max(u) as u from t group by id'; do
		streams=$(jq -nc --arg q "$q" '[{name: "s", id: ["id"],
		    timestamp: "u", query: $q}]')
		state=$(since 2026-01-02T00:00:00Z) drives 0 mysql poll "$(src)"
		eq s/2 "$(list)"
	done
}

@test "mysql: poll by datetime -> nobody's clock misses" {
	sql "create table t(id int primary key, u datetime);
	insert into t select seq, '2026-01-02 00:00' + interval seq * 30 minute
	    - interval 10 hour from seq_0_to_40;
	insert into t values (100, null)"
	streams=$(stream '"table":"t","timestamp":"u"')
	state=$(since 2026-01-02T00:00:00Z) drives 0 mysql poll \
	    "$(src '"overlap":0')"
	# the hour that clocks show twice
	eq 18 "$(numbers | cut -d' ' -f1)"
	sql "set global time_zone = '-05:00'"
	state=$(since 2026-01-02T00:00:00Z) drives 0 mysql poll \
	    "$(src '"overlap":0')"
	eq 8 "$(numbers | cut -d' ' -f1)"
	[[ $(numbers) == *'40 100' ]]
	# the text is the same whatever the zone is
	eq '"2026-01-02T10:00:00"' "$(doc s/40 .doc.u)"
	sql "set global time_zone = '+09:00'"
	drives 0 mysql poll "$(src)" \
	    '"since":"2026-01-02T00:00:00Z","until":"2026-01-02T00:00:00Z"'
	eq '20 39 100' "$(numbers | sed 's, .* 39 , 39 ,')"
	sql "set global time_zone = default"
}

@test "mysql: poll by date, by numbers, by text -> by their kind" {
	sql "create table t(id int primary key, d date, n bigint, x varchar(40),
	    y year, b bit(40));
	insert into t values
	(1, '2025-12-31', 1767225600, '2026-01-01T00:00:00Z', 2020, 1767225600),
	(2, '2026-01-01', 1767312000, '2026-01-02 00:00:00', 2026, 1767312000),
	(3, '2026-01-02', 1767311999999, 'soon', 2026, 1),
	(4, null, null, null, null, null),
	(5, '1969-01-01', 7, '2026-01-02T01:00:00+02:00', 2026, 1),
	(6, '2025-12-01', 1767225600, '2026-01-01', 2026, 1767225600),
	(7, '2025-12-01', 1767225600, '2025-12-31', 2026, 1767225600),
	(8, '1979-12-31', 315532799, '0001-01-01 00:00:00', 2026, 1)"
	state=$(since 2026-01-02T00:00:00Z)
	want() {
		streams=$(stream "\"table\":\"t\",\"timestamp\":\"$1\"")
		drives 0 mysql poll "$(src '"overlap":0')"
		eq "$2" "$(numbers)"
	}
	want d '2 3 4 5 8'
	want n '2 4 5 8'
	# a date alone may be of any zone
	want x '2 3 4 6 8'
	want b '2 3 4 5 8'
	streams=$(stream '"table":"t","timestamp":"d"') drives 0 mysql poll \
	    "$(src)" '"since":"2026-01-01T00:00:00Z","until":"2025-12-30T12:00:00Z"'
	eq '1 4 5 8' "$(numbers)"
	streams='[{"name":"s","timestamp":"n","id":["id"],"query":"select * from t"}]'
	drives 0 mysql poll "$(src '"overlap":0')"
	eq '2 4 5 8' "$(numbers)"
}

@test "mysql: position -> when the oldest open transaction began" {
	sql "create table t(id int primary key, u timestamp(6) default now(6))"
	session late
	say late 'begin; insert into t(id) values (1);'
	sql 'do sleep(1.2); insert into t(id) values (2)'
	streams='[{"name":"t","timestamp":"u"}]'
	drives 0 mysql load "$(src)"
	eq t/2 "$(list)"
	state=$(states)
	sql 'do sleep(1.2); insert into t(id) values (3)'
	say late 'commit;'
	drives 0 mysql poll "$(src '"overlap":0')"
	eq '1 2 3' "$(numbers)"
	hang_up late
	sql 'do sleep(2.2)'
	drives 0 mysql poll "$(src '"overlap":0')"
	state=$(states)
	sql 'do sleep(1.2); update t set u = now(6) where id = 2'
	drives 0 mysql poll "$(src '"overlap":0')"
	eq 2 "$(numbers)"
}

@test "mysql: position -> when a statement that still waits began" {
	sql 'create table t(k int primary key, u timestamp(6))' \
	    'insert into t values (1, now(6))'
	streams='[{"name":"t","timestamp":"u"}]'
	session backup
	say backup 'flush tables with read lock;'
	sql 'insert into t values (2, now(6))' 3>&- &
	local writing=$!
	eventually eval "sql 'show processlist' | grep -q 'Waiting for'"
	sleep 3
	drives 0 mysql load "$(src)"
	eq t/1 "$(list)"
	state=$(states)
	say backup 'unlock tables;'
	wait $writing
	hang_up backup
	drives 0 mysql poll "$(src '"overlap":0')"
	[[ $(list) == *t/2 ]]
}

@test "mysql: no timestamp, no position, a later one -> 2, reset" {
	sql 'create table t(id int primary key, u timestamp); create view v as select * from t'
	streams='[{"name":"t"}]' drives 2 mysql poll "$(src)"
	eq 'streams.t: a poll needs timestamp' "$stderr"
	streams='[{"name":"t"}]' drives 2 mysql poll "$(src)" '"since":"2026-01-01T00:00:00Z"'
	streams='[{"name":"v","id":["id"]}]' drives 2 mysql poll "$(src)"
	streams='[{"name":"t","timestamp":"u"}]'
	drives 3 mysql poll "$(src)"
	eq '{"reset":true}' "$output"
	eq 'stream t has no saved position; run a full sync' "$stderr"
	state=$(since 2999-01-01T00:00:00Z t)
	drives 3 mysql poll "$(src)"
	eq '{"reset":true}' "$output"
	drives 2 mysql poll "$(src)" '"since":"yesterday"'
}
