# SPDX-License-Identifier: MIT
# Servers that the MySQL driver finds dead, dying or encrypted.
load helper
load source
load mysql

# These bring their own.
setup_file() { :; }
teardown_file() { :; }
prepare() {
	[ -n "$my_server" ] || skip 'no MariaDB server here'
	[ -x "$CONN_BUILD/libexec/conn/conn-source-mysql" ] ||
		skip 'no driver mysql in this build'
}

# victim: a server of the test's own, its URL by TCP in TCP.
victim() {
	MY=$BATS_TEST_TMPDIR/victim DB=test
	my_init "$MY"
	my_start "$MY" --innodb-flush-log-at-trx-commit=1 "$@"
	PORT=$(<"$MY/port")
	DB=mysql sql 'create database test' \
	    "create user conn identified by 'right'; grant all on *.* to conn"
	TCP="mysql://conn@127.0.0.1:$PORT/test"
}

teardown() {
	my_stop "$BATS_TEST_TMPDIR/victim"
	my_stop "$BATS_TEST_TMPDIR/replica"
}

@test "mysql: TLS -> verified with ca, refused without trust or without TLS" {
	local ca
	mkdir tls
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
	    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
	    -keyout tls/server.key -out tls/server.pem 2>/dev/null
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other \
	    -keyout other.key -out other.pem 2>/dev/null
	chmod 644 tls/server.key
	victim --ssl-cert="$PWD/tls/server.pem" --ssl-key="$PWD/tls/server.key"
	sql "create view v as select 1 as k, variable_value as cipher from
	    information_schema.session_status where variable_name = 'ssl_cipher'"
	streams='[{"name":"v","id":["k"]}]'
	ca=$PWD/tls/server.pem
	with() { printf '{"url":"%s","password":"right"%s}' "$1" "${2:+,$2}"; }
	drives 0 mysql load "$(with "$TCP" "\"ca\":\"$ca\"")"
	[[ $(doc v/1 .doc.cipher) == *_* ]]
	drives 0 mysql load "$(with "${TCP/127.0.0.1/localhost}" "\"ca\":\"$ca\"")"
	drives 0 mysql load "$(with "$TCP?ssl-mode=required")"
	[[ $(doc v/1 .doc.cipher) == *_* ]]
	drives 0 mysql load "$(with "$TCP")"
	eq '""' "$(doc v/1 .doc.cipher)"
	drives 3 mysql load "$(with "$TCP?ssl-mode=verify_identity")"
	[[ $stderr == *'certificate verify failed'* || $stderr == *'self-signed'* ]]
	drives 3 mysql load "$(with "$TCP" "\"ca\":\"$PWD/other.pem\"")"
	drives 3 mysql load "$(with "$TCP" "\"ca\":\"$PWD/none.pem\"")"
	drives 2 mysql load "$(with "$TCP?ssl-mode=required" "\"ca\":\"$ca\"")"
	eq 'source.url: ssl-mode does not verify, but there are certificates' "$stderr"
	# good for another name only
	cp other.pem other.key tls/
	chmod 644 tls/other.key
	my_stop "$MY"
	my_start "$MY" --ssl-cert="$PWD/tls/other.pem" --ssl-key="$PWD/tls/other.key"
	drives 3 mysql load "$(with "$TCP" "\"ca\":\"$PWD/other.pem\"")"
	eq '' "$output"
	my_stop "$MY"
	my_start "$MY" --skip-ssl
	drives 3 mysql load "$(with "$TCP" "\"ca\":\"$ca\"")"
	drives 3 mysql load "$(with "$TCP?ssl-mode=required")"
	eq 'cannot connect: the server does not encrypt' "$stderr"
	eq '' "$output"
}

@test "mysql: connection killed, server killed, at many rows -> 75" {
	local n how
	victim
	sql "create table t(k int primary key, x text); insert into t select seq,
	    repeat('x', 1000) from seq_1_to_20000"
	for n in 1 500 3000; do
		for how in kill crash; do
			reads $n drive mysql load \
			    "{\"url\":\"$TCP\",\"password\":\"right\"}"
			if [ $how = kill ]; then
				sql 'kill user conn'
			else
				my_stop "$MY"
			fi
			local ended=0
			reads_on || ended=$?
			eq 75 "$ended"
			run -0 grep -c . err
			run -1 grep -q '"state"' rest
			[ $how = kill ] || my_start "$MY"
		done
	done
	drives 0 mysql slim "$(src)"
	eq 20000 "$(grep -c '^{"id"' <<<"$output")"
}

@test "mysql: a killed server, then started again -> the same line goes on" {
	victim
	sql 'create table t(k int primary key); insert into t values (1)'
	my_stop "$MY"
	(drive mysql load "$(src '"retry":"60s"')" >out 2>err; echo $? >status) 3>&- &
	local going=$!
	my_start "$MY"
	wait $going
	eq 0 "$(<status)"
	grep -q '"t/1"' out
	eq '' "$(<err)"
}

@test "mysql: a replica -> polls reach back over its delay; one that stands 75" {
	victim --server-id=1 --log-bin=log
	local main=$MY down=$BATS_TEST_TMPDIR/replica
	sql "create table t(k int primary key, u timestamp(6) default now(6));
	    insert into t(k) values (1);
	    create user stream identified by 'x'; grant replication slave on *.* to stream"
	# on DIR SQL
	on() { MY=$1 sql "$2"; }
	delayed() {
		on "$down" "stop slave; change master to master_delay = $1; start slave"
	}
	has() { [ "$(on "$down" 'select count(*) from t')" = "$1" ]; }
	# what it stands before is from a time of that long ago
	behind() {
		local n # Seconds_Behind_Master
		n=$(on "$down" 'show slave status' | cut -f33)
		[[ $n =~ ^[0-9]+$ && $n -ge 900 ]]
	}
	my_init "$down"
	my_start "$down" --server-id=2
	(DB=mysql on "$down" "create database test; change master to
	    master_host = '127.0.0.1', master_port = $PORT, master_user = 'stream',
	    master_password = 'x', master_use_gtid = slave_pos; start slave")
	eventually has 1
	streams='[{"name":"t","timestamp":"u"}]'
	delayed 7200
	on "$main" 'set timestamp = unix_timestamp() - 1000; insert into t(k) values (2)'
	eventually behind
	drives 0 mysql load "$(MY=$down src)"
	eq t/1 "$(list)"
	local state
	state=$(states)
	delayed 0
	eventually has 2
	drives 0 mysql poll "$(MY=$down src '"overlap":0')"
	[[ " $(list) " == *' t/2 '* ]]
	on "$down" 'stop slave'
	drives 75 mysql poll "$(MY=$down src)"
	[[ $stderr == 'stream t: this replica does not follow its source, '* ]]
	# by nothing but full syncs it may be read
	streams='[{"name":"t"}]' state=null drives 0 mysql load "$(MY=$down src)"
	eq 't/1 t/2' "$(list)"
	# an account that may not see it
	on "$down" "create user few; grant select on test.* to few"
	drives 0 mysql load "$(MY=$down ROLE=few src)"
}
