# SPDX-License-Identifier: MIT
# Polls of the driver singer, and the states of its tap.
load helper
load singer

@test "singer: poll -> its own state comes back as it was; the new one is kept" {
	on sync <<-'X'
	users '{"bookmarks": {"users": {"at":"2026-01-02","big":12345678901234567890,"t":"\u00e4 \"q\" / é","f":1.50}}, "currently_syncing": null}'
	X
	tool 0 conn-sync
	on sync <<-'X'
	schema users id
	record users '{"id":3,"updated_at":"2026-01-03"}'
	state '{"bookmarks":{"users":{"at":"2026-01-03"}}}'
	X
	tool 0 conn-sync -P
	eq '' "$(said)"
	eq 'sync --config config.json --catalog catalog.json --state state.json' \
	    "$(tail -n 1 calls)"
	eq '{"bookmarks": {"users": {"at":"2026-01-02","big":12345678901234567890,"t":"\u00e4 \"q\" / é","f":1.50}}, "currently_syncing": null}' \
	    "$(cat sync.state)"
	eq 'users/1 users/2 users/3' "$(indexed)"
	tool 0 conn-sync -P
	eq '{"bookmarks":{"users":{"at":"2026-01-03"}}}' "$(cat sync.state)"
}

@test "singer: the flat state; states that say nothing never replace one that does" {
	local empty
	on sync <<-'X'
	users '{"users":"2026-01-02"}'
	X
	tool 0 conn-sync
	for empty in '{}' '{"bookmarks":{"users":{}}}' '{"bookmarks":{}}' null \
	    '{"bookmarks": { "users" : { } , "x":{"a":null}}, "currently_syncing": "users"}'; do
		printf '%s\n' 'schema users id' "state '$empty'" | on sync
		tool 0 conn-sync -P
	done
	tool 0 conn-sync -P
	eq '{"users":"2026-01-02"}' "$(cat sync.state)"
	on sync <<-'X'
	schema users id
	state '{"users":"2026-01-09"}'
	state '{"bookmarks":{"users":{}}}'
	X
	tool 0 conn-sync -P
	tool 0 conn-sync -P
	eq '{"users":"2026-01-09"}' "$(cat sync.state)"
}

@test "singer: a load without a state -> polls read it all" {
	on sync <<-'X'
	users '{"bookmarks":{"users":{}}}'
	X
	tool 0 conn-sync
	tool 0 conn-sync -P
	eq 'sync --config config.json --catalog catalog.json' "$(tail -n 1 calls)"
	on sync <<-'X'
	users
	X
	tool 0 conn-sync -P
	tool 0 conn-sync -P
	eq '{"bookmarks":{"users":{"updated_at":"2026-01-02"}}}' "$(cat sync.state)"
}

@test "singer: a load without a state after one with -> later polls have one" {
	tool 0 conn-sync
	on sync <<-'X'
	users '{"bookmarks":{"users":{}}}'
	X
	tool 0 conn-sync
	on sync <<-'X'
	users
	X
	tool 0 conn-sync -P
	eq 'sync --config config.json --catalog catalog.json' "$(tail -n 1 calls)"
	tool 0 conn-sync -P
	eq '{"bookmarks":{"users":{"updated_at":"2026-01-02"}}}' "$(cat sync.state)"
}

@test "singer: a poll that did not end well keeps the old state" {
	local line
	tool 0 conn-sync
	for line in 'exit 1' 'metric users failed' 'kill -9 $$' 'printf "{"' \
	    'echo "{\"x"' 'kill -TERM $$'; do
		on sync <<-X
		schema users id
		state '{"bookmarks":{"users":{"updated_at":"never"}}}'
		record users '{"id":3}'
		$line
		X
		run --separate-stderr conn-sync -P c.yml
		[ "$status" -ne 0 ]
	done
	on sync <<-'X'
	schema users id
	X
	tool 0 conn-sync -P
	eq '{"bookmarks":{"users":{"updated_at":"2026-01-02"}}}' "$(cat sync.state)"
	eq 'users/1 users/2 users/3' "$(indexed)"
}

@test "singer: all streams have one state: they are polled together, or not" {
	offers users pairs
	on sync <<-'X'
	users; schema pairs a b; metric pairs
	X
	tool 0 conn-sync
	tool 2 conn-poll -s users
	grep -q 'its streams have one position together' err
	tool 2 conn-poll --since 1h
	grep -q 'a tap has no windows' err
	tool 0 conn-sync -P
	grep -q '"updated_at":"2026-01-02"' sync.state
}

@test "singer: their first state comes with -s -> it is kept; of other streams, a full sync" {
	offers users pairs
	config 'streams: [{name: users}, {name: pairs}]'
	on sync <<-'X'
	users '{}'; schema pairs a b; metric pairs
	X
	tool 0 conn-sync
	on sync <<-'X'
	users; schema pairs a b
	X
	conn-poll -s users -s pairs c.yml | conn-bulk c.yml
	tool 0 conn-sync -P
	eq '{"bookmarks":{"users":{"updated_at":"2026-01-02"}}}' "$(cat sync.state)"
	on sync <<-'X'
	users '{}'; schema pairs a b; metric pairs
	X
	tool 0 conn-sync
	on sync <<-'X'
	users
	X
	conn-poll -s users c.yml | conn-bulk c.yml
	tool 3 conn-poll
	grep -q 'there are more streams than those' err
	on sync <<-'X'
	users; schema pairs a b; record pairs '{"a":1,"b":2}'; metric pairs
	X
	tool 0 conn-sync -P
	eq 'pairs/1/2 users/1 users/2' "$(indexed)"
}

@test "singer: more streams are offered than before -> a full sync; fewer -> 3" {
	tool 0 conn-sync
	offers users pairs
	on sync <<-'X'
	users; schema pairs a b; record pairs '{"a":1,"b":2}'; metric pairs
	X
	tool 0 conn-sync -P
	eq 'pairs/1/2 users/1 users/2' "$(indexed)"
	tool 0 conn-sync -P
	grep -q '"updated_at":"2026-01-02"' sync.state
	offers users
	on sync <<-'X'
	users
	X
	tool 3 conn-sync -P
	grep -q 'there are other streams than those' err
	eq 'pairs/1/2 users/1 users/2' "$(indexed)"
}

@test "singer: records that are called deleted -> deletes in a poll, not in a load" {
	on sync <<-'X'
	schema users id
	record users '{"id":1,"_sdc_deleted_at":null}'
	record users '{"id":2,"_sdc_deleted_at":"2026-01-01"}'
	metric users
	state '{"lsn":5}'
	X
	tool 0 conn-sync
	eq 'users/1' "$(indexed)"
	sed -i 's/"id":1,"_sdc_deleted_at":null/"id":1,"_sdc_deleted_at":"now"/' on-sync
	tool 0 conn-sync -P
	eq '' "$(indexed)"
}

@test "singer: a state that the tap refuses -> 3, and the next run is a full sync" {
	tool 0 conn-sync
	on sync <<-'X'
	if [ -e sync.state ]; then
		schema users id
		traceback 'ValueError: bad bookmark'
		rm sync.state
		exit 1
	fi
	users '{"users":"fresh"}'
	X
	tool 3 conn-poll
	eq true "$(jq -r 'select(._ctl == "end").full' out)"
	tool 0 conn-sync -P
	grep -q fresh "$CONN_STATE_DIR/c.state"
}
