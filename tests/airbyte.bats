# SPDX-License-Identifier: MIT
# The driver airbyte on a connector that does what a test wants.
load helper
load airbyte

@test "airbyte: check -> spec, check, discover, with the settings in a file" {
	config '  environment: {MODE: quiet}'
	on check <<-'X'
	echo "$MODE" >mode
	ls -l "${0%/*}"/tmp/*/config.json | cut -c1-10 >rights
	ls -ld "${0%/*}"/tmp/* | cut -c1-10 >>rights
	say CONNECTION_STATUS '"connectionStatus":{"status":"SUCCEEDED"}'
	X
	tool 0 conn-check
	eq '' "$(said)"
	eq 'spec check --config config.json discover --config config.json' \
	    "$(paste -sd' ' <calls | sed 's/  */ /g')"
	eq '{"url":"https://x.example","n":1,"key":"canary-of-the-key"}' "$(cat check.config)"
	eq quiet "$(cat mode)"
	eq '-rw------- drwx------' "$(paste -sd' ' rights)"
}

@test "airbyte: check fails -> 3, and why" {
	on check <<-'X'
	say CONNECTION_STATUS '"connectionStatus":{"status":"FAILED","message":"bad key '"$KEY"'"}'
	X
	sed -i "s/'\"\$KEY\"'/canary-of-the-key/" on-check
	tool 3 conn-check
	grep -q 'driver airbyte: check: bad key \*\*\*' err
	on check <<-'X'
	error config_error 'the key is wrong'
	exit 1
	X
	tool 3 conn-check
	grep -q 'check: the key is wrong' err
	on check <<-'X'
	echo 'Traceback' >&2; echo 'ImportError: no such module' >&2; exit 1
	X
	tool 3 conn-check
	grep -q 'check: the connector ended with status 1: ImportError: no such' err
	on check </dev/null
	tool 3 conn-check
	grep -q 'check: the connector gave no answer' err
}

@test "airbyte: a program that is not there -> 3; settings that cannot be -> 2" {
	config
	sed -i 's,/connector\],/nothing],' c.yml
	tool 3 conn-load
	grep -q '/nothing: No such file' err
	sed -i 's,command:.*,command: [./connector],' c.yml
	tool 2 conn-load
	grep -q 'c.yml:3:.*: source.command: ./connector is neither absolute' err
	config '  streams: 1'
	tool 2 conn-load
	config 'streams: [{name: nothing}]'
	tool 2 conn-load
	grep -q 'streams: the connector has no stream nothing' err
	config 'streams: [{name: users, cursor: x}]'
	tool 2 conn-load
	grep -q 'stream users: the connector decides on its cursor' err
}

@test "airbyte: a secret among the settings -> 2, by the connector's own spec" {
	config
	sed -i '/secrets/d; s/n: 1/n: 1, key: canary-of-the-key/' c.yml
	tool 2 conn-load
	grep -q 'c.yml:4:.*: source.config: key is a secret of the connector' err
}

@test "airbyte: discover -> the streams, as conn-spec shows them" {
	offers users pairs shop
	tool 0 conn-spec -D
	eq '{"stream":"users","id":["id"],"timestamp":"updated_at","fields":[{"name":"id","type":"integer"},{"name":"name","type":"string"}],"schema":{"properties":{"id":{"type":"integer"},"name":{"type":["null","string"]}}}}
{"stream":"pairs","id":["a","b.c"],"fields":[],"schema":{}}
{"stream":"eu.shop","id":["id"],"fields":[{"name":"_ab_cdc_deleted_at","type":"any"}],"schema":{"properties":{"_ab_cdc_deleted_at":{}}}}' "$(cat out)"
}

@test "airbyte: --validate -> what breaks the connector's own schema" {
	on read <<-'X'
	is users STARTED
	record users '{"id":1,"name":null}'
	record users '{"id":2,"name":5}'
	record users '{"id":"3","name":"c"}'
	state users '{"at":"2026-01-02"}' 3.0
	is users COMPLETE
	X
	tool 1 conn-load --validate
	eq 'stream users: /name: 1 document is integer, not null or string; first c:users/2; patch {"properties":{"name":{"type":["null","string","integer"]}}}
stream users: /id: 1 document is string, not integer; first c:users/3; patch {"properties":{"id":{"type":["integer","string"]}}}' \
	    "$(said)"
	eq 'users/1 users/2 users/3' "$(docs)"
}

@test "airbyte: load -> documents, a state, complete; what the connector is told" {
	tool 0 conn-load
	eq '' "$(said)"
	eq 'users/1 users/2' "$(docs)"
	eq '{"_id":"c:users/1","_timestamp":"2026-01-01","_stream":"users","id":1,"name":"a","updated_at":"2026-01-01"}' \
	    "$(sed -n 2p out)"
	eq '["users",{"stream":"{\"stream_descriptor\":{\"name\":\"users\"},\"stream_state\":{\"at\":\"2026-01-02\"}}"}]' \
	    "$(states)"
	eq true "$(whole)"
	eq 'read --config config.json --catalog catalog.json' "$(tail -n 1 calls)"
	eq '[{"n":"users","s":"incremental","d":"append_dedup","c":["updated_at"],"k":[["id"]]}]' \
	    "$(jq -c '[.streams[] | {n: .stream.name, s: .sync_mode, d: .destination_sync_mode,
	    c: .cursor_field, k: .primary_key}]' read.catalog)"
	tool 0 conn-slim
	eq 'users/1 users/2' "$(docs)"
	eq '{"id":"c:users/1","timestamp":"2026-01-01"}' "$(sed -n 2p out)"
}

@test "airbyte: ids of two parts, nested, odd; a namespace; a time and a key of one's own" {
	offers pairs shop users
	on read <<-'X'
	record pairs '{"a":"x/y%","b":{"c":7.50},"n":12345678901234567890}'
	say RECORD '"record":{"stream":"shop","namespace":"eu","data":{"id":true,"when":5},"emitted_at":1}'
	record users '{"id":1,"name":"n\u00e4","updated_at":null}'
	printf '%s\n' '{"type": "RECORD", "record": {"stream": "users", "namespace": null, "data": {"id": 2, "name": "m"}, "emitted_at": 1700000000000}}' '{"type": "RECORD", "record": {"stream": "users", "namespace": null, "data": {"id": 3, "name": "m"}, "emitted_at": 1700000000000}}'
	for s in pairs users; do is $s COMPLETE; done
	trace STREAM_STATUS '"stream_status":{"stream_descriptor":{"name":"shop","namespace":"eu"},"status":"COMPLETE"}'
	X
	config 'streams: [{name: pairs}, {name: eu.shop, timestamp: [when]},' \
	    '  {name: users, id: [name], mode: full_refresh}]'
	tool 0 conn-load
	eq '' "$(said)"
	eq 'eu.shop/true pairs/x%2Fy%25/7.50 users/m users/m users/nä' "$(docs)"
	eq 5 "$(jq -r 'select(._stream == "eu.shop")._timestamp' out)"
	grep -q '"n":12345678901234567890}' out
	eq true "$(whole)"
}

@test "airbyte: no primary key -> ids are digests, and nothing is deleted" {
	offers events
	on read <<-'X'
	record events '{"what":1}'
	record events '{"what":2}'
	is events COMPLETE
	X
	tool 0 conn-sync
	eq '' "$(said)"
	eq 2 "$(indexed | wc -w)"
	on read <<-'X'
	record events '{"what":2}'
	is events COMPLETE
	X
	tool 0 conn-sync
	eq 2 "$(indexed | wc -w)"
	tool 0 conn-load -v
	grep -q 'stream events: no primary key; nothing of it is deleted' err
	tool 0 conn-check
	grep -q 'stream events: no primary key' err
}

@test "airbyte: a record that is gone is deleted, where the stream is complete" {
	tool 0 conn-sync
	on read <<-'X'
	is users STARTED
	record users '{"id":2,"name":"b","updated_at":"2026-01-02"}'
	state users '{"at":"2026-01-02"}' 1
	is users COMPLETE
	X
	tool 0 conn-sync
	eq 'users/2' "$(indexed)"
}

# unproven STATUS TEXT: a full sync of the read on stdin deletes nothing, says
# TEXT, and keeps no state but "read it all".
unproven() {
	[ -e state ] || tool 0 conn-sync
	on read
	tool "$1" conn-sync
	grep -qe "$2" err || { cat err; return 1; }
	[[ $(indexed) == *users/1* ]]
	[ "$1" -ne 1 ] || eq '{"users":{"full":true}}' \
	    "$(jq -c .streams state/c.state)"
}

@test "airbyte: never COMPLETE -> no deletes, 1" {
	unproven 1 'users/: incomplete: the connector did not say that it is complete' <<-'X'
	is users STARTED
	record users '{"id":2}'
	state users '{"at":"x"}' 1
	X
	unproven 1 'users/: incomplete: the connector says that it is incomplete' <<-'X'
	is users STARTED
	record users '{"id":2}'
	is users INCOMPLETE
	is users COMPLETE
	X
}

@test "airbyte: COMPLETE, but fewer records than its state counts -> no deletes, 1" {
	unproven 1 'users/: incomplete: its state counts 2.0 records, 1 came' <<-'X'
	is users STARTED
	record users '{"id":2}'
	state users '{"at":"x"}' 2.0
	is users COMPLETE
	X
}

@test "airbyte: a state before its records -> no deletes, 1" {
	unproven 1 'users/: incomplete: its state counts 1 records, 0 came' <<-'X'
	is users STARTED
	state users '{"at":"x"}' 1
	record users '{"id":2}'
	is users COMPLETE
	X
	unproven 1 'users/: incomplete: the connector did not say' <<-'X'
	is users COMPLETE
	record users '{"id":2}'
	X
}

@test "airbyte: COMPLETE, but an answer was passed over -> no deletes, 1" {
	unproven 1 'users/: incomplete: an answer with status 403 was passed over' <<-'X'
	is users STARTED
	record users '{"id":2}'
	log INFO 'HTTP Status Code: 403. Error: Forbidden.'
	state users '{"at":"x"}' 1
	is users COMPLETE
	X
	unproven 1 'with status 403 was passed over' <<-'X'
	log INFO "Forbidden. You may not have this."
	record users '{"id":2}'
	is users COMPLETE
	X
	unproven 0 '' <<-'X'
	log INFO 'HTTP Status Code: 429'
	is users STARTED
	record users '{"id":1}'
	record users '{"id":2}'
	is users COMPLETE
	log INFO 'Not found. This was another one.'
	X
	unproven 1 'with status 404 was passed over' <<-'X'
	log INFO "Ignoring response for 'GET' request to 'https://x.example/a' with \
	response code '404'"
	record users '{"id":2}'
	is users COMPLETE
	X
	config '  accept: [404]'
	tool 0 conn-sync
	eq users/2 "$(indexed)"
}

@test "airbyte: no word of streams at all -> all is read, nothing deleted, said once" {
	tool 0 conn-sync
	on read <<-'X'
	record users '{"id":2}'
	record users '{"id":3}'
	state users '{"at":"y"}'
	X
	tool 0 conn-sync
	eq 'warning: the connector does not tell whether its streams are complete;' \
	    "$(said | sed 's/; nothing is deleted$/;/')"
	eq 'users/1 users/2 users/3' "$(indexed)"
}

@test "airbyte: lines that are not messages" {
	on read <<-'X'
	echo 'Loading...'
	echo
	printf '{"type":"ESTIMATE_OF_MINE"}\n[1]\n{"no":"type"}\n'
	echo 'on stderr' >&2
	users
	X
	tool 0 conn-load
	eq '' "$(said)"
	eq 'users/1 users/2' "$(docs)"
	tool 0 conn-load -v
	grep -q 'log: Loading...' err
	grep -q 'driver airbyte: on stderr' err
	unproven 1 'users/: incomplete: a line of its output is broken' <<-'X'
	is users STARTED
	printf '%s\n' '{"type":"RECORD","record":{"stream":"us{"type":"LOG"}'
	record users '{"id":2}'
	is users COMPLETE
	X
	unproven 1 'users/: incomplete: a record without data' <<-'X'
	say RECORD '"record":{"stream":"users"}'
	is users COMPLETE
	X
}

@test "airbyte: records of a stream that was not asked for are left out" {
	offers users events
	config 'streams: [{name: users}]'
	on read <<-'X'
	record events '{"a":1}'
	record events '{"a":2}'
	users
	X
	tool 0 conn-load
	grep -q 'warning: records of the stream "events", which was not asked for' err
	eq 1 "$(wc -l <err)"
	eq 'users/1 users/2' "$(docs)"
	eq true "$(whole)"
}

@test "airbyte: records under a stream's name, but not its namespace -> no deletes, 1" {
	offers shop
	config
	name() { printf '"stream_descriptor":{"name":"%s","namespace":"eu"}' "$1"; }
	declare -f name >namespace
	on read <<-'X'
	. ./namespace
	say RECORD '"record":{"stream":"shop","namespace":"eu","data":{"id":1},"emitted_at":1}'
	is shop COMPLETE
	X
	tool 0 conn-sync
	eq 'eu.shop/1' "$(indexed)"
	on read <<-'X'
	. ./namespace
	record shop '{"id":1}'
	is shop COMPLETE
	X
	tool 1 conn-sync -e
	grep -q 'eu.shop/: incomplete: records came under its name, but not of its namespace' err
	eq 'eu.shop/1' "$(indexed)"
}

@test "airbyte: a record that names no stream -> no deletes, 1" {
	unproven 1 'users/: incomplete: a record names no stream' <<-'X'
	say RECORD '"record":{"stream":null,"data":{"id":1},"emitted_at":1}'
	record users '{"id":2}'
	is users COMPLETE
	X
}

@test "airbyte: a record without its key -> nothing of the stream is deleted" {
	tool 0 conn-sync
	on read <<-'X'
	record users '{"id":2}'
	record users '{"name":"x"}'
	record users '{"id":null}'
	state users '{"at":"x"}' 3
	is users COMPLETE
	X
	tool 1 conn-load
	eq 'c:users/ no_id' "$(fails)"
	tool 1 conn-sync
	eq 'users/1 users/2' "$(indexed)"
}

@test "airbyte: its last line is cut, it is killed -> 75, no deletes" {
	unproven 75 'read: the connector was killed by signal 15' <<-'X'
	record users '{"id":2}'
	is users COMPLETE
	printf '{"type":"RECORD","record":{"str'
	kill -TERM $$
	X
	unproven 75 'read: the connector ended in the middle of a line' <<-'X'
	record users '{"id":2}'
	is users COMPLETE
	printf '{"type":"RECORD","record":{"str'
	X
	unproven 75 'read: the connector was killed by signal 9' <<-'X'
	record users '{"id":2}'
	is users COMPLETE
	kill -KILL $$
	X
	unproven 75 'read: the connector was killed by signal 15' <<-'X'
	record users '{"id":2}'
	exit 143
	X
	unproven 3 'read: the connector was killed by signal 11' <<-'X'
	record users '{"id":2}'
	kill -SEGV $$
	X
}

@test "airbyte: errors of the run -> 2, 3, 75" {
	unproven 3 'read: the connector ended with status 1: it went wrong' <<-'X'
	record users '{"id":2}'
	is users COMPLETE
	echo 'it went wrong' >&2
	exit 1
	X
	unproven 2 "read: Config validation error: 'abc' is not of type 'integer'" <<-'X'
	error config_error "Config validation error: 'abc' is not of type 'integer'"
	exit 1
	X
	unproven 3 'read: the key was revoked' <<-'X'
	error config_error 'the key was revoked'
	exit 1
	X
	unproven 75 'read: try later' <<-'X'
	error transient_error 'try later'
	exit 1
	X
	unproven 75 'read: Connection refused by the server' <<-'X'
	error system_error 'Connection refused by the server'
	exit 1
	X
	unproven 3 'read: something broke' <<-'X'
	error system_error 'something broke'
	X
	unproven 75 'read: the socket timed out' <<-'X'
	trace ERROR '"error":{"message":"Something went wrong in the connector. See the logs.","internal_message":"the socket timed out","failure_type":"system_error"}'
	exit 1
	X
}

@test "airbyte: one stream of two fails -> the other one goes on; by its own error" {
	offers users pairs
	on read <<-'X'
	users
	record pairs '{"a":1,"b":{"c":2}}'
	is pairs COMPLETE
	X
	tool 0 conn-sync
	on read <<-'X'
	record users '{"id":2}'
	is users COMPLETE
	record pairs '{"a":9,"b":{"c":9}}'
	error config_error 'no right to read pairs' pairs
	state pairs '{"x":1}' 1
	is pairs INCOMPLETE
	error transient_error 'the sum of it'
	exit 1
	X
	tool 1 conn-load
	eq 'c:pairs/ unreadable' "$(fails)"
	grep -q 'pairs/: unreadable: no right to read pairs' err
	tool 1 conn-sync
	eq 'pairs/1/2 pairs/9/9 users/2' "$(indexed)"
	sed -i 's/config_error/transient_error/' on-read
	tool 75 conn-load
	grep -q 'stream pairs: no right to read pairs' err
	eq false "$(whole)"
	on read <<-'X'
	error config_error 'no right' pairs
	error config_error 'no right' users
	exit 1
	X
	tool 3 conn-load
	grep -q 'stream users: no right' err
}
