# SPDX-License-Identifier: MIT
# Polls of the driver airbyte, and the states of its connector.
load helper
load airbyte

@test "airbyte: poll -> its own state comes back as it was; the new one is kept" {
	on read <<-'X'
	users '{"at":"2026-01-02","big":12345678901234567890,"t":"\u00e4 \"q\" / é","f":1.50}'
	X
	tool 0 conn-sync
	on read <<-'X'
	is users STARTED
	record users '{"id":3,"updated_at":"2026-01-03"}'
	state users '{"at":"2026-01-03"}' 1
	is users COMPLETE
	X
	tool 0 conn-sync -P
	eq '' "$(said)"
	eq 'read --config config.json --catalog catalog.json --state state.json' \
	    "$(tail -n 1 calls)"
	eq '[{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"at":"2026-01-02","big":12345678901234567890,"t":"\u00e4 \"q\" / é","f":1.50}}}]' \
	    "$(cat read.state)"
	eq 'users/1 users/2 users/3' "$(indexed)"
	tool 0 conn-sync -P
	grep -q '"stream_state":{"at":"2026-01-03"}' read.state
}

@test "airbyte: a poll that did not end well keeps the old state" {
	local line
	tool 0 conn-sync
	for line in 'exit 1' 'is users INCOMPLETE' 'kill -9 $$' 'printf "{"' \
	    'error transient_error later users' \
	    'log INFO "HTTP Status Code: 403"; is users COMPLETE'; do
		on read <<-X
		is users STARTED
		record users '{"id":3}'
		state users '{"at":"never"}' 1
		$line
		X
		run --separate-stderr conn-sync -P c.yml
		[ "$status" -ne 0 ]
	done
	tool 1 conn-sync -P
	grep -q '"stream_state":{"at":"2026-01-02"}' read.state
	eq 'users/1 users/2 users/3' "$(indexed)"
}

@test "airbyte: nothing to go on from -> polls read that stream as a whole" {
	offers users pairs
	on read <<-'X'
	users '{"__ab_no_cursor_state_message":true}'
	is pairs COMPLETE
	X
	tool 0 conn-sync
	tool 0 conn-sync -P
	eq 'read --config config.json --catalog catalog.json' "$(tail -n 1 calls)"
	on read <<-'X'
	users null
	record pairs '{"a":1,"b":{"c":2}}'
	state pairs '{"__ab_full_refresh_sync_complete":true}' 1
	is pairs COMPLETE
	X
	tool 0 conn-sync -P
	tool 0 conn-sync -P
	eq 'read --config config.json --catalog catalog.json' "$(tail -n 1 calls)"
	eq 'pairs/1/2 users/1 users/2' "$(indexed)"
	on read <<-'X'
	users
	is pairs COMPLETE
	X
	tool 0 conn-sync -P
	on read <<-'X'
	is users COMPLETE
	is pairs COMPLETE
	X
	tool 0 conn-sync -P
	tool 0 conn-sync -P
	grep -q '"stream_state":{"at":"2026-01-02"}' read.state
}

@test "airbyte: one state for all streams, GLOBAL or LEGACY" {
	offers users shop
	config 'streams: [{name: users}, {name: eu.shop, cursor: lsn}]'
	cat >both <<-'X'
	users_without_state() { users | grep -v STATE; }
	shop() { trace STREAM_STATUS '"stream_status":{"stream_descriptor":{"name":"shop","namespace":"eu"},"status":"COMPLETE"}'; }
	X
	on read <<-'X'
	. ./both; users_without_state; shop
	say STATE '"state":{"type":"GLOBAL","global":{"shared_state":{"lsn":77},"stream_states":[{"stream_descriptor":{"name":"users"},"stream_state":{"a":1}}]},"sourceStats":{"recordCount":2}}'
	X
	tool 0 conn-sync
	tool 0 conn-sync -P
	eq '[{"type":"GLOBAL","global":{"shared_state":{"lsn":77},"stream_states":[{"stream_descriptor":{"name":"users"},"stream_state":{"a":1}}]}}]' \
	    "$(cat read.state)"
	tool 2 conn-poll -s users
	grep -q 'its streams have one position together' err
	on read <<-'X'
	. ./both; users_without_state
	say STATE '"state":{"type":"GLOBAL","global":{"shared_state":{"lsn":99}}}'
	X
	tool 1 conn-sync -P
	tool 1 conn-sync -P
	grep -q '"lsn":77' read.state
	on read <<-'X'
	. ./both; users_without_state; shop
	say STATE '"state":{"data":{"cursor":{"users":5}}}'
	X
	tool 0 conn-sync -P
	tool 0 conn-sync -P
	eq '{"cursor":{"users":5}}' "$(cat read.state)"
	on read <<-'X'
	users; . ./both; shop
	X
	tool 0 conn-sync
	tool 0 conn-sync -P
	eq '["users"]' "$(jq -c '[.[].stream.stream_descriptor.name]' read.state)"
}

@test "airbyte: deleted records of a change log -> deletes in a poll, not in a load" {
	offers shop
	config 'streams: [{name: eu.shop, cursor: id}]'
	on read <<-'X'
	shop() {
		say RECORD "\"record\":{\"stream\":\"shop\",\"namespace\":\"eu\",
		\"data\":$1,\"emitted_at\":1}" | tr -d '\n'
		echo
	}
	shop '{"id":1,"_ab_cdc_deleted_at":null}'
	shop '{"id":2,"_ab_cdc_deleted_at":"2026-01-01"}'
	trace STREAM_STATUS '"stream_status":{"stream_descriptor":{"name":"shop","namespace":"eu"},"status":"COMPLETE"}'
	X
	tool 0 conn-sync
	eq 'eu.shop/1' "$(indexed)"
	sed -i 's/"id":1,"_ab_cdc_deleted_at":null/"id":1,"_ab_cdc_deleted_at":"now"/' on-read
	tool 0 conn-sync -P
	eq '' "$(indexed)"
}

@test "airbyte: a state that the connector refuses -> 3, and the next run is a full sync" {
	tool 0 conn-sync
	on read <<-'X'
	case $* in *--state*) ;; esac
	if [ -e read.state ]; then
		error system_error 'Something went wrong in the connector'
		exit 1
	fi
	users '{"at":"fresh"}'
	X
	tool 3 conn-poll
	eq true "$(jq -r 'select(._ctl == "end").full' out)"
	rm read.state
	on read <<-'X'
	[ ! -e read.state ] || { rm read.state; exit 1; }
	users '{"at":"fresh"}'
	X
	tool 0 conn-sync -P
	eq 'read read read' "$(grep -o '^read' calls | tail -n 3 | paste -sd' ')"
	tool 3 conn-poll
	grep -q fresh "$CONN_STATE_DIR/c.state"
}

@test "airbyte: a window -> 2" {
	tool 0 conn-sync
	tool 2 conn-poll --since 1h
	grep -q 'a connector has no windows' err
}
