# SPDX-License-Identifier: MIT
# The driver singer on a tap that does what a test wants.
load helper
load singer

@test "singer: load -> documents, a state, complete; what the tap is told" {
	offers users hidden
	tool 0 conn-load
	eq '' "$(said)"
	eq 'users/1 users/2' "$(docs)"
	eq '{"_id":"c:users/1","_timestamp":"2026-01-01","_stream":"users","id":1,"name":"a","updated_at":"2026-01-01"}' \
	    "$(sed -n 2p out)"
	eq '["*",{"state":"{\"bookmarks\":{\"users\":{\"updated_at\":\"2026-01-02\"}}}","streams":["users"]}]
["users",{"shared":true}]' "$(states)"
	eq true "$(whole)"
	eq 'discover --config config.json --discover
sync --config config.json --catalog catalog.json' "$(cat calls)"
	eq '{"url":"https://x.example","n":1,"key":"canary-of-the-key"}' "$(cat sync.config)"
	eq '{"r":{"inclusion":"available","table-key-properties":["id"],"forced-replication-method":"INCREMENTAL","valid-replication-keys":["updated_at"],"selected":true,"replication-method":"INCREMENTAL","replication-key":"updated_at"},"p":[true,true,null],"s":true,"m":"INCREMENTAL","k":"updated_at"}
{"r":{"selected-by-default":false,"selected":false},"p":[],"s":false,"m":null,"k":null}' \
	    "$(jq -c '.streams[] | {r: .metadata[0].metadata,
	    p: [.metadata[1:][].metadata.selected], s: .schema.selected,
	    m: .replication_method, k: .replication_key}' sync.catalog)"
	tool 0 conn-slim
	eq 'users/1 users/2' "$(docs)"
	eq '{"id":"c:users/1","timestamp":"2026-01-01"}' "$(sed -n 2p out)"
}

@test "singer: the old dialect -> --properties, and fields are selected in the schema" {
	offers users pairs
	config '  dialect: properties' 'streams: [{name: users}]'
	tool 0 conn-load
	eq 'sync --config config.json --properties catalog.json' "$(tail -n 1 calls)"
	eq '[[true,true],false]' "$(jq -c '[.streams[].schema] |
	    [[.[0].properties[].selected], .[1].selected]' sync.properties)"
}

@test "singer: discover -> the streams, as conn-spec shows them" {
	offers users pairs shop events
	tool 0 conn-spec -D
	eq '{"stream":"users","id":["id"],"timestamp":"updated_at","fields":[{"name":"id","type":"integer"},{"name":"name","type":"string"}],"schema":{"properties":{"id":{"type":"integer"},"name":{"type":["null","string"]}}}}
{"stream":"pairs","id":["a","b"],"fields":[],"schema":{}}
{"stream":"eu-shop","id":["id"],"fields":[],"schema":{}}
{"stream":"events","id":[],"fields":[],"schema":{}}' "$(cat out)"
}

@test "singer: modes and keys of one's own; what cannot be -> 2" {
	offers users pairs shop events
	config 'streams: [{name: pairs, replication_key: at},' \
	    '  {name: eu-shop, mode: log_based, id: [no]},' \
	    '  {name: events, mode: full_table, timestamp: [a, b]}]'
	on sync <<-'X'
	schema events; schema pairs a b; schema eu-shop no
	record events '{"x":1,"a":{"b":"t"}}'
	record pairs '{"a":1,"b":2,"at":"u"}'
	record eu-shop '{"no":7}'
	for s in events pairs eu-shop; do metric $s; done
	X
	tool 0 conn-load
	eq '[{"selected":false},{"selected":true,"replication-method":"INCREMENTAL","replication-key":"at"},{"schema-name":"eu","is-view":true,"view-key-properties":["no"],"selected":true,"replication-method":"LOG_BASED"},{"selected":true,"replication-method":"FULL_TABLE"}]' \
	    "$(jq -c '[.streams[].metadata[] | select(.breadcrumb == []).metadata | del(.inclusion,
	    ."table-key-properties", ."forced-replication-method",
	    ."valid-replication-keys")]' sync.catalog)"
	eq 'null t u' "$(jq -r 'select(._id)._timestamp' out | sort | paste -sd' ')"
	config 'streams: [{name: nothing}]'
	tool 2 conn-load
	grep -q 'streams: the tap has no stream nothing' err
	config 'streams: [{name: pairs, mode: incremental}]'
	tool 2 conn-load
	grep -q 'stream pairs: incremental needs a replication_key' err
	config 'streams: [{name: users, mode: full_table}]'
	tool 2 conn-load
	grep -q 'stream users: the tap decides on its mode' err
	sed -i 's,command:.*,command: [./tap],' c.yml
	tool 2 conn-load
}

@test "singer: names, types and values as taps have them" {
	offers pairs shop users
	on sync <<-'X'
	schema pairs a b; schema eu-shop id; schema users id
	printf '%s\n' '{"type": "record", "stream": "pairs", "record": {"a": "x/y%", "b": 7.50, "n": 12345678901234567890}, "time_extracted": "2026-01-01T00:00:00Z"}'
	record eu-shop '{"id":true}'
	say rEcOrD '"stream":"shop","record":{"id":2}'
	record users '{"id":"n\u00e4","updated_at":null}'
	say MY_OWN '"x":1'
	for s in pairs shop; do metric $s; done
	echo 'INFO METRIC: {"type": "timer", "metric": "sync_duration", "value": 1.5, "tags": {"stream": "users", "status": "succeeded"}}' >&2
	X
	tool 0 conn-load
	eq '' "$(said)"
	eq 'eu-shop/2 eu-shop/true pairs/x%2Fy%25/7.50 users/nä' "$(docs)"
	grep -q '12345678901234567890' out
}

@test "singer: the key of a SCHEMA counts, and its change is seen" {
	offers events
	on sync <<-'X'
	schema events code
	record events '{"code":"k","x":1}'
	metric events
	X
	tool 0 conn-load
	eq 'events/k' "$(docs)"
	on sync <<-'X'
	schema events code
	record events '{"code":"k","x":1}'
	schema events x
	record events '{"code":"k","x":1}'
	metric events
	X
	tool 1 conn-load
	grep -q 'events/: incomplete: its key changed on the way' err
}

@test "singer: no key -> ids are digests, and nothing is deleted" {
	offers events
	on sync <<-'X'
	schema events
	record events '{"what":1}'
	record events '{"what":2}'
	metric events
	X
	tool 0 conn-sync
	eq '' "$(said)"
	eq 2 "$(indexed | wc -w)"
	sed -i '/"what":1/d' on-sync
	tool 0 conn-sync
	eq 2 "$(indexed | wc -w)"
	tool 0 conn-load -v
	grep -q 'stream events: no key; nothing of it is deleted' err
	tool 0 conn-check
	grep -q 'stream events: no key' err
}

# proven: a full sync of the read on stdin takes users/1 away.
proven() {
	on sync <<-'X'
	users
	X
	tool 0 conn-sync
	on sync
	tool 0 conn-sync
	eq users/2 "$(indexed)"
}

@test "singer: each proof -> what is gone is deleted" {
	proven <<-'X'
	schema users id
	record users '{"id":2}'
	metric users
	X
	proven <<-'X'
	schema users id
	activate users 7
	record users '{"id":2}' 7
	activate users 7
	X
	proven <<-'X'
	schema users id
	state '{"currently_syncing":"users"}'
	record users '{"id":2}'
	state '{"bookmarks":{},"currently_syncing":null}'
	X
	proven <<-'X'
	schema users id
	record users '{"id":2}'
	metric users
	X
	on sync <<-'X'
	schema users id
	state '{"currently_syncing":"users"}'
	state '{"currently_syncing":null}'
	X
	tool 0 conn-sync -e
	eq '' "$(indexed)"
	proven <<-'X'
	schema users id
	record users '{"id":2}'
	echo 'time=2026-01-01 00:00:00 name=singer level=INFO message=METRIC: {"type": "timer", "metric": "sync_duration", "value": 1.5, "tags": {"stream": "users", "status": "succeeded"}}' >&2
	X
}

# unproven STATUS TEXT: a full sync of the read on stdin deletes nothing, says
# TEXT.
unproven() {
	[ -e state ] || tool 0 conn-sync
	on sync
	tool "$1" conn-sync
	grep -qe "$2" err || { cat err; return 1; }
	[[ $(indexed) == *users/1* ]]
}

@test "singer: no proof -> no deletes, 1, and the message tells what is missing" {
	unproven 1 'users/: incomplete: the tap did not tell that it is complete' <<-'X'
	schema users id
	record users '{"id":2}'
	state '{"users":"2026-01-02"}'
	X
	# the position is good: it is the tap's word for what came before it
	eq '{"users":"2026-01-02"}' "$(jq -r '.streams["*"].state' state/c.state)"
	unproven 1 'did not tell that it is complete' <<-'X'
	schema users id
	activate users 7
	record users '{"id":2}' 7
	X
	unproven 1 'did not tell that it is complete' <<-'X'
	schema users id
	record users '{"id":3}' 7
	activate users 7
	record users '{"id":2}' 7
	X
	unproven 1 'did not tell that it is complete' <<-'X'
	schema users id
	state '{"currently_syncing":null}'
	record users '{"id":2}'
	state '{"currently_syncing":"users"}'
	X
	# not its turn yet, so null says nothing of it
	unproven 1 'did not tell that it is complete' <<-'X'
	schema users id
	state '{"currently_syncing":null}'
	X
	unproven 1 'the tap sent no SCHEMA of it' <<-'X'
	state '{"currently_syncing":null}'
	X
	unproven 1 'did not tell that it is complete' <<-'X'
	schema users id
	metric others
	X
}

@test "singer: what hangs on a stream that came to no end -> no deletes, 1" {
	offers users pairs
	on sync <<-'X'
	users; schema pairs a b
	for i in 1 2; do record pairs "{\"a\":$i,\"b\":1}"; metric pairs; done
	X
	tool 0 conn-sync
	# it dies, and what it was started by ends well
	unproven 1 'pairs/: incomplete: the tap did not tell that all it began' <<-'X'
	schema users id; schema pairs a b
	record users '{"id":1}'
	record pairs '{"a":1,"b":1}'; metric pairs
	X
	eq 'pairs/1/1 pairs/2/1 users/1 users/2' "$(indexed)"
}

@test "singer: a METRIC that failed, of whatever stream -> no deletes, whatever else" {
	unproven 1 'users/: incomplete: the tap says that the sync of parents failed' <<-'X'
	users | grep -v '"id":1'
	metric parents failed
	X
	unproven 1 'users/: incomplete: the tap says that the sync of users failed' <<-'X'
	users | grep -v '"id":1'
	metric users failed
	activate users 1
	state '{"currently_syncing":null}'
	X
	eq '{"users":{"full":true}}' "$(jq -c '.streams | del(.["*"])' state/c.state)"
}

@test "singer: versions: of another than that made valid, of several -> no deletes" {
	unproven 1 'it made version 8 valid, its records are of 7' <<-'X'
	schema users id
	record users '{"id":2}' 7
	activate users 8
	X
	unproven 1 'its records are of several versions' <<-'X'
	schema users id
	record users '{"id":3}' 7
	record users '{"id":2}' 8
	activate users 8
	X
}

@test "singer: a record before its SCHEMA, without data, of nobody, without its key" {
	unproven 1 'users/: incomplete: a record came before its SCHEMA' <<-'X'
	record users '{"id":2}'
	users | grep -v '"id":1'
	X
	unproven 1 'users/: incomplete: a record without data' <<-'X'
	schema users id
	say RECORD '"stream":"users"'
	metric users
	X
	unproven 1 'users/: incomplete: a record names no stream' <<-'X'
	schema users id
	say RECORD '"record":{"id":1}'; record users '{"id":2}'
	metric users
	X
	unproven 1 'users/: no_id: a record lacks a value of its primary key' <<-'X'
	schema users id
	record users '{"id":2}'
	record users '{"name":"x"}'
	record users '{"id":null}'
	metric users
	X
	on sync <<-'X'
	record events '{"a":1}'
	record events '{"a":2}'
	users
	X
	tool 0 conn-load
	grep -q 'warning: records of the stream "events", which was not asked for' err
	eq 1 "$(wc -l <err)"
	eq 'users/1 users/2' "$(docs)"
}

@test "singer: lines that are not messages" {
	on sync <<-'X'
	echo 'INFO Loading...'
	echo
	printf '{"level":"info"}\n[1]\n'
	users
	X
	tool 0 conn-load
	eq '' "$(said)"
	eq 'users/1 users/2' "$(docs)"
	tool 0 conn-load -v
	grep -q 'log: INFO Loading...' err
	unproven 1 "users/: incomplete: a line of the tap's output is broken" <<-'X'
	users | grep -v '"id":1'
	printf '%s\n' '{"type":"RECORD","stream":"us{"type":"STATE"}'
	X
	unproven 1 "users/: incomplete: a line of the tap's output is broken" <<-'X'
	users | grep -v '"id":1'
	printf '%s\n' 'INFO x {"type": "record", "stream": "us'
	X
	# what something else printed has no end of its own
	unproven 1 "users/: incomplete: a line of the tap's output is broken" <<-'X'
	schema users id
	printf '%300s' '|'; record users '{"id":1}'; record users '{"id":2}'
	metric users
	X
}

@test "singer: BATCH -> refused, 3" {
	unproven 3 'read: the tap sends batches of users, which are not read; take' <<-'X'
	users | grep -v '"id":1'
	say batch '"stream":"users","encoding":{"format":"jsonl"},"manifest":["file:///x"]'
	X
}

@test "singer: its last line is cut, it is killed -> 75, no deletes" {
	unproven 75 'read: the tap was killed by signal 15' <<-'X'
	users | grep -v '"id":1'
	printf '{"type":"RECORD","str'
	kill -TERM $$
	X
	unproven 75 'read: the tap ended in the middle of a line' <<-'X'
	users | grep -v '"id":1'
	printf '{"type":"RECORD","str'
	X
	unproven 75 'read: the tap was killed by signal 9' <<-'X'
	users | grep -v '"id":1'
	kill -KILL $$
	X
	unproven 75 'read: the tap was killed by signal 15' <<-'X'
	users | grep -v '"id":1'
	exit 143
	X
	unproven 3 'read: the tap was killed by signal 11' <<-'X'
	users | grep -v '"id":1'
	kill -SEGV $$
	X
}

@test "singer: errors of the run -> 2, 3, 75, by the exception" {
	unproven 3 'read: the tap ended with status 1: KeyError: .what.$' <<-'X'
	users
	echo 'CRITICAL KeyError' >&2
	traceback "KeyError: 'what'"
	exit 1
	X
	unproven 75 'status 1: x.OperationalError: port 1 failed: Connection refused' <<-'X'
	traceback 'ValueError: first' '' 'During handling of it, another one occurred:'
	traceback 'x.OperationalError: port 1 failed: Connection refused' \
	    '	Is the server running?' '' '(Background)'
	exit 1
	X
	unproven 3 'status 1: it went wrong' <<-'X'
	echo 'it went wrong' >&2
	exit 1
	X
	on discover <<-'X'
	echo 'Exception: Config is missing required keys: ["dbname"]' >&2
	traceback 'Exception: Config is missing required keys: ["dbname"]'
	exit 1
	X
	tool 2 conn-load
	grep -q 'discover: the tap ended with status 1: Exception: Config is missing' err
	on discover <<-'X'
	printf '%s | ERROR    | tap-x   | %s\n' '2026-01-01 00:00:00,000' \
	    "Config validation error: 'abc' is not of type 'integer'" >&2
	exit 1
	X
	tool 2 conn-load
	eq "Config validation error: 'abc' is not of type 'integer'" "$(said | head -n 1)"
	on discover <<<'echo {'
	tool 3 conn-load
	grep -q 'discover: the tap gave no catalog' err
	on discover <<<'echo {}'
	tool 3 conn-load
	grep -q 'discover: the answer is no catalog' err
}
