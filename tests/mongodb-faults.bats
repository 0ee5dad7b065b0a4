# SPDX-License-Identifier: MIT
# What goes wrong with a MongoDB server: the message, the status, and no
# listing that looks complete. What the server of the tests cannot do itself is
# done by a proxy before it.
load helper
load alloc
load source
load servers
load mongodb

three() {
	printf '{"insert":"%s","documents":[{"_id":1,"t":"page"},{"_id":2},{"_id":3}]}\n' "$@" |
		mongo
}

@test "mongodb: wrong settings -> 2 with their place" {
	wrong() {
		drives 2 mongodb load "$1"
		eq "$2" "$stderr"
	}
	wrong '{"database":"x"}' 'source.url: missing'
	wrong '{"url":"mongodb://h/"}' 'source.database: missing'
	wrong '{"url":"mongodb://u@h/","database":"x"}' \
	    'source.url: user and password have keys of their own'
	wrong '{"url":"mongodb://h/","database":"x","password":"secret"}' \
	    'source.user: missing, with a password'
	wrong '{"url":"mongodb://h/?authMechanism=PLAIN","database":"x","user":"u","password":"secret"}' \
	    'source.url: authMechanism PLAIN shows the password without tls=true'
	drives 2 mongodb load '{"url":"http://h/","database":"x"}'
	drives 2 mongodb load '{"url":"mongodb://h/","database":"x","retry":"never"}'
	drives 75 mongodb load '{"url":"mongodb://127.0.0.1:1/","database":"x","retry":0}'
	[[ $stderr == 'cannot connect: '* ]]
	drives 75 mongodb load '{"url":"mongodb://127.0.0.1:1/","database":"x","retry":"300ms"}'
}

@test "mongodb: wrong password -> 3, and no secret in a message" {
	three k
	proxy '{"command":"saslStart","error":18,"message":"Authentication failed."}'
	drives 3 mongodb load "$(src '"user":"u","password":"canary-of-mine"')"
	cut_off 3 'cannot connect: Authentication failed.'
	[[ $stderr != *canary* ]]
}

@test "mongodb: no permission on one of several -> fail with prefix, the rest read" {
	three a b c
	proxy '{"collection":"b","error":13,"message":"not authorized on b"}'
	drives 0 mongodb load "$(src)"
	eq 'a/1 a/2 a/3 c/1 c/2 c/3' "$(list)"
	eq 'b/* forbidden' "$(fails)"
	eq '{"unread":true}' "$(states | jq -c .b)"
	local state
	state=$(states)
	drives 0 mongodb slim "$(src)"
	eq 'b/* forbidden' "$(fails)"
	# what was written in the second of the load may come again
	drives 0 mongodb poll "$(src)"
	eq 'b/* forbidden' "$(fails)"
	state=$(states)
	drives 0 mongodb changed "$(src)"
	eq '{"changed":null}' "$output"
	drives 0 mongodb check "$(src)"
	local why='stream b: not authorized on b; db.grantRolesToUser("USER", [{role: "read"'
	eq "$why, db: \"$DB\"}])" "$(jq -r 'select(.ok | not).message' <<<"$output")"
	drives 0 mongodb discover "$(src)"
	eq 'a c' "$(jq -r .stream <<<"$output" | paste -sd' ')"
	# permitted again: all of it is read
	rules ''
	drives 0 mongodb poll "$(src)"
	eq 'b/1 b/2 b/3' "$(list)"
	state=$(states)
	drives 0 mongodb poll "$(src)"
	eq '' "$(list)"
	# none at all
	rules '{"command":"find","error":13,"message":"not authorized"}'
	drives 3 mongodb load "$(src)"
	cut_off 3 'stream a: not authorized'
}

@test "mongodb: collections may not be listed -> never complete" {
	three a b
	proxy '{"command":"listCollections","error":13,"message":"no"}'
	drives 3 mongodb load "$(src)"
	# the second form names those of this user only: b is not among them
	rules '{"command":"listCollections","without":"nameOnly","error":13,"message":"no"}' \
	    '{"command":"listCollections","reply":{"cursor":{"id":0,"ns":"x.y",
	    "firstBatch":[{"name":"a","type":"collection"}]}}}'
	for verb in load slim; do
		drives 0 mongodb $verb "$(src)"
		eq 'a/1 a/2 a/3' "$(list)"
		eq '- forbidden' "$(fails)"
	done
	drives 0 mongodb check "$(src)"
	[[ $(jq -r 'select(.check == "streams" and (.ok | not)).message' <<<"$output") == \
	    'this user sees only those collections that it may read; name the streams, or '* ]]
	# that b is not named does not say that it is gone
	local state
	rules ''
	drives 0 mongodb load "$(src)"
	state=$(states)
	rules '{"command":"listCollections","without":"nameOnly","error":13,"message":"no"}' \
	    '{"command":"listCollections","reply":{"cursor":{"id":0,"ns":"x.y",
	    "firstBatch":[{"name":"a","type":"collection"}]}}}'
	drives 0 mongodb poll "$(src)"
	eq '- forbidden' "$(fails)"
	streams='[{"name":"a"}]'
	drives 0 mongodb load "$(src)"
	eq '' "$(fails)"
}

@test "mongodb: no_cursor_timeout -> sent, unless it is false" {
	three k
	proxy '{"command":"find","note":"find"}' '{"command":"aggregate","note":"aggregate"}'
	asked() {
		rm -f find aggregate
		drives 0 mongodb load "$(src "${2-}")"
		eq "$1" "$(jq -c .noCursorTimeout "${3-find}")"
	}
	streams='[{"name":"k"}]' asked true
	streams='[{"name":"k","no_cursor_timeout":true}]' asked true
	streams='[{"name":"k","no_cursor_timeout":false}]' asked false
	asked true '"collection":"k"'
	asked false '"collection":"k","advanced_rules":{"find":{"no_cursor_timeout":false}}'
	streams='[{"name":"k","pipeline":[{"$match":{}}]}]' asked null '' aggregate
	streams='[{"name":"k","no_cursor_timeout":1}]'
	drives 2 mongodb load "$(src)"
	eq 'streams.k: no_cursor_timeout: neither true nor false' "$stderr"
	streams='[{"name":"k","no_cursor_timeout":true,"pipeline":[{"$match":{}}]}]'
	drives 2 mongodb load "$(src)"
	eq 'streams.k: pipeline: beside filter, projection, sort or no_cursor_timeout' "$stderr"
}

# With a time of none a session is refreshed after each document.
@test "mongodb: a session -> kept while a cursor is read" {
	three k
	minutes() {
		rm -f notes
		printf '{"command":"%s","merge":{"logicalSessionTimeoutMinutes":'$1'}}\n' \
		    isMaster hello >rules
		rules_of '{"command":"find","note":"notes"}' \
		    '{"command":"refreshSessions","note":"notes","reply":{}}'
	}
	rules_of() { printf '%s\n' "$@" >>rules; }
	proxy ''
	minutes 0
	drives 0 mongodb load "$(src)"
	eq 'k/1 k/2 k/3' "$(list)"
	eq 'find refreshSessions refreshSessions refreshSessions' \
	    "$(jq -r keys_unsorted[0] notes | paste -sd' ')"
	# that of the cursor
	eq 1 "$(jq -c '.lsid // .refreshSessions[0]' notes | sort -u | wc -l)"
	minutes 30
	drives 0 mongodb load "$(src)"
	eq find "$(jq -r keys_unsorted[0] notes)"
	# a session that is lost is a listing that is cut off
	minutes 0
	rules_of '{"command":"refreshSessions","error":11600,"message":"no"}'
	sed -i '/"reply"/d' rules
	drives 75 mongodb load "$(src)"
	cut_off 75 no
}

@test "mongodb: a collection dropped during the read -> 75" {
	printf '{"fill":"k","from":0,"to":5000,"when":0}\n' | mongo
	three l
	proxy '{"command":"getMore","error":175,"message":"collection dropped"}'
	drives 75 mongodb load "$(src)"
	cut_off 75 'stream k: collection dropped'
	# the server said nothing, but it is not there any more
	local gone='{"cursor":{"id":0,"ns":"x.y","firstBatch":[{"name":"l","type":"collection"}]}}'
	rules "{\"command\":\"listCollections\",\"after\":1,\"reply\":$gone}"
	streams='[{"name":"k"},{"name":"l"}]'
	drives 75 mongodb load "$(src)"
	cut_off 75 'stream k: its collection was dropped while it was read'
	# or it is another one
	entry() {
		printf '{"cursor":{"id":0,"ns":"x.y","firstBatch":[{"name":"l","type":"collection","info":{"uuid":{"$binary":{"base64":"%s","subType":"00"}}}}]}}' "$1"
	}
	rules "{\"command\":\"listCollections\",\"after\":1,\"reply\":$(entry AAAA)}" \
	    "{\"command\":\"listCollections\",\"reply\":$(entry BBBB)}"
	streams='[{"name":"l"}]'
	drives 75 mongodb load "$(src)"
	cut_off 75 'stream l: its collection was dropped while it was read'
}

@test "mongodb: the connection is cut anywhere -> 75, a beginning and no state" {
	printf '{"fill":"k","from":0,"to":4500,"when":0}\n' | mongo
	drives 0 mongodb load "$(src)"
	ids >all
	proxy ''
	for at in 0 16 333 60001; do
		rules "{\"command\":\"find\",\"cut\":$at}"
		drives 75 mongodb load "$(src)"
		cut_off 75 'stream k: '
		rules "{\"command\":\"getMore\",\"cut\":$at,\"after\":1}"
		drives 75 mongodb load "$(src)"
		cut_off 75 'stream k: '
		eq '' "$(ids | comm -13 all -)"
		[ "$(ids | wc -l)" -ge 2000 ]
	done
	rules '{"command":"listCollections","cut":20}'
	drives 75 mongodb load "$(src)"
	rules '{"command":"aggregate","cut":20}'
	drives 75 mongodb load "$(src)"
	cut_off 75 ''
}

@test "mongodb: errors of the server -> 75 for what passes, else 3" {
	three k
	proxy ''
	for code in 6 43 175 10107; do
		rules "{\"command\":\"find\",\"error\":$code,\"message\":\"as told\"}"
		drives 75 mongodb load "$(src)"
		cut_off 75 'stream k: as told'
	done
	for code in 2 17287; do
		rules "{\"command\":\"find\",\"error\":$code,\"message\":\"as told\"}"
		drives 3 mongodb load "$(src)"
		cut_off 3 'stream k: as told'
	done
	rules '{"command":"isMaster","merge":{"localTime":5}}'
	drives 3 mongodb load "$(src)"
	cut_off 3 'the server does not tell its time'
}

@test "mongodb: no change streams -> said so, polls by timestamp only" {
	local why='only on replica sets'
	three k
	proxy "{\"command\":\"aggregate\",\"error\":40573,\"message\":\"$why\"}"
	drives 0 mongodb load "$(src)"
	eq null "$(states)"
	drives 2 mongodb poll "$(src)"
	eq 'streams.k: a poll needs timestamp or a change stream: only on replica sets' "$stderr"
	drives 0 mongodb check "$(src)"
	eq "it cannot be polled: without timestamp, and without a change stream: $why" \
	    "$(jq -r .message <<<"$output")"
	local state
	streams='[{"name":"k","timestamp":"t"}]'
	drives 0 mongodb load "$(src)"
	state=$(states)
	eq '["since"]' "$(jq -c '.k | keys' <<<"$state")"
	drives 0 mongodb changed "$(src)"
	eq '{"changed":null}' "$output"
	drives 0 mongodb poll "$(src)"
	eq 'k/1 k/2 k/3' "$(list)"
}

@test "mongodb: a token that the server refuses -> reset" {
	three k
	drives 0 mongodb load "$(src)"
	local state
	state=$(states)
	proxy ''
	for code in 286 260; do
		rules "{\"command\":\"aggregate\",\"error\":$code,\"message\":\"history lost\"}"
		drives 3 mongodb poll "$(src)"
		cut_off 3 'stream k: history lost; run a full sync'
		[[ $output == *'{"reset":true}' ]]
		drives 0 mongodb changed "$(src)"
		eq '{"changed":null}' "$output"
	done
	for event in '"operationType":"drop"' '"operationType":"invalidate"' \
	    '"operationType":"update"' '"documentKey":{"_id":1}'; do
		rules "{\"command\":\"aggregate\",\"reply\":{\"cursor\":{\"id\":0,
		    \"firstBatch\":[{\"_id\":{\"_data\":\"1\"},$event}]}}}"
		drives 3 mongodb poll "$(src)"
		cut_off 3 'a change that cannot be followed'
	done
	for reply in '{}' '{"cursor":{"id":0}}' '{"cursor":{"id":0,"firstBatch":[5]}}' \
	    '{"cursor":{"id":0,"firstBatch":[{}]}}'; do
		rules "{\"command\":\"aggregate\",\"reply\":$reply}"
		drives 3 mongodb poll "$(src)"
		cut_off 3 ''
	done
	rules '{"command":"aggregate","error":189,"message":"stepped down"}'
	drives 75 mongodb poll "$(src)"
	rules '{"command":"aggregate","error":13,"message":"not authorized"}'
	drives 3 mongodb poll "$(src)"
	[[ $output != *reset* ]]
}

@test "mongodb: tokens of newer servers -> kept before any change" {
	three k
	proxy '{"command":"aggregate","reply":{"operationTime":{"$timestamp":{"t":99,"i":3}},"cursor":{"id":0,"firstBatch":[],"postBatchResumeToken":{"_data":"8201"}}}}'
	drives 0 mongodb load "$(src)"
	eq '{"k":{"token":"{ \"_data\" : \"8201\" }"}}' "$(states)"
	rules '{"command":"aggregate","reply":{"operationTime":{"$timestamp":{"t":99,"i":3}},"cursor":{"id":0,"firstBatch":[]}}}'
	drives 0 mongodb load "$(src)"
	eq '{"k":{"time":"99.3"}}' "$(states)"
	# what is written after the poll began is the next one's
	local state='{"k":{"token":"{\"_data\":\"1\"}"}}'
	rules '{"command":"aggregate","reply":{"cursor":{"id":0,"postBatchResumeToken":{"_data":"9"},"firstBatch":[{"_id":{"_data":"2"},"operationType":"insert","documentKey":{"_id":1},"clusterTime":{"$timestamp":{"t":1,"i":1}}},{"_id":{"_data":"3"},"operationType":"insert","documentKey":{"_id":2},"clusterTime":{"$timestamp":{"t":4294967295,"i":1}}}]}}}'
	drives 0 mongodb poll "$(src)"
	eq k/1 "$(list)"
	eq '{"k":{"token":"{ \"_data\" : \"2\" }"}}' "$(states)"
}

@test "mongodb: a replica set with sessions, seeds that are down, routers" {
	three k
	proxy ''
	local me set member
	me=127.0.0.1:$(<port)
	set="\"setName\":\"rs\",\"hosts\":[\"$me\"],\"me\":\"$me\""
	member="$set,\"primary\":\"$me\",\"logicalSessionTimeoutMinutes\":30"
	rules "{\"command\":\"isMaster\",\"merge\":{$member}}" \
	    "{\"command\":\"ismaster\",\"merge\":{$member}}" \
	    '{"command":"endSessions","reply":{}}'
	URL=mongodb://127.0.0.1:1,$me OPTIONS='?replicaSet=rs'
	drives 0 mongodb load "$(src)"
	eq 'k/1 k/2 k/3' "$(list)"
	URL=mongodb://$me OPTIONS='?directConnection=true'
	local state
	drives 0 mongodb load "$(src)"
	state=$(states)
	echo '{"insert":"k","documents":[{"_id":4}]}' | URL=$DIRECT mongo
	drives 0 mongodb poll "$(src)"
	[[ " $(list) " == *' k/4 '* ]]
	# a router's stream may end early: never "no change"
	state=$(states) OPTIONS=
	rules '{"command":"isMaster","merge":{"msg":"isdbgrid"}}' \
	    '{"command":"ismaster","merge":{"msg":"isdbgrid"}}'
	drives 0 mongodb changed "$(src)"
	eq '{"changed":null}' "$output"
	# a secondary's data is as old as its last write
	local day='{"$date":"2026-01-02T00:00:00Z"}'
	member="$set,\"ismaster\":false,\"secondary\":true,\"lastWrite\":{
	    \"lastWriteDate\":$day,\"majorityWriteDate\":$day}"
	rules "{\"command\":\"isMaster\",\"merge\":{$member}}"
	OPTIONS='?replicaSet=rs&readPreference=secondary'
	streams='[{"name":"k","timestamp":"t"}]' state=null
	drives 0 mongodb load "$(src)"
	eq '"2026-01-02T00:00:00.000Z"' "$(states | jq .k.since)"
	# it may be behind the one that was asked before
	state='{"k":{"since":"2026-01-03T00:00:00Z"}}'
	drives 0 mongodb poll "$(src)"
	eq '"2026-01-02T00:00:00.000Z"' "$(states | jq .k.since)"
	# so are a primary's that most members have, if others are down or slow
	local last='{"ts":{"$timestamp":{"t":9,"i":2}},"t":1}' most
	most=${last/2/1}
	OPTIONS='?replicaSet=rs'
	for op in "$most" "$last"; do
		member="$set,\"primary\":\"$me\",\"lastWrite\":{\"opTime\":$last,
		    \"majorityOpTime\":$op,\"lastWriteDate\":$day,\"majorityWriteDate\":$day}"
		rules "{\"command\":\"isMaster\",\"merge\":{$member}}"
		drives 0 mongodb load "$(src)"
		want=2026-01-02T00:00:00.000Z
		[ "$op" = "$most" ] || want=$(date -u +%F)T
		[[ $(states | jq -r .k.since) == "$want"* ]]
	done
}

@test "mongodb: text that is not UTF-8, huge and deep documents -> one at a time" {
	python3 - >in <<-'E'
	import json
	deep = 1
	for i in range(90):
	    deep = {"d": deep}
	print(json.dumps({"insert": "k", "documents": [{"_id": 1, "t": "page"},
	    {"_id": "page"}, {"_id": 3, "deep": deep}]}))
	print(json.dumps({"insert": "k", "documents": [{"_id": 4, "t": "\x01" * 12000000}]}))
	E
	mongo <in
	proxy '{"command":"find","swap":["70616765","70ff6765"]}'
	drives 0 mongodb load "$(src)"
	eq 'k/1 k/3 k/p%FFge' "$(list)"
	eq '{"_id":1,"t":"p�ge"}' "$(doc k/1 .doc)"
	eq 'k/4 too_long' "$(fails)"
	drives 0 mongodb slim "$(src)"
	eq 'k/1 k/3 k/4 k/p%FFge' "$(list)"
}

@test "mongodb: a server killed and started again -> 75, no delete, then all" {
	local MONGO=$BATS_TEST_TMPDIR/own
	mongo_start "$MONGO" 0 "$PWD/db"
	URL=$(<"$MONGO/url")
	printf '{"fill":"k","from":0,"to":12000,"when":0}\n' | mongo
	cat >m.yml <<-E
	source: {type: mongodb, url: "$URL/", database: $DB, retry: 200ms}
	E
	run --separate-stderr conn-sync m.yml
	check 0
	# this server writes to disk what it acknowledged within a second
	sleep 2
	mkfifo pipe
	conn-load m.yml >pipe 2>err &
	local load=$!
	exec 5<pipe
	head -n 100 <&5 >stream
	kill -KILL "$(<"$MONGO/pid")"
	cat <&5 >>stream
	exec 5<&-
	wait $load && status=0 || status=$?
	eq 75 "$status"
	conn-slim -I m.yml >known
	conn-diff known <stream >changes || :
	eq 0 "$(grep -c '"_ctl":"delete"' changes || :)"
	run --separate-stderr conn-sync m.yml
	check 75
	eq 12000 "$(conn-slim -I m.yml | grep -c '"id":')"
	mongo_start "$MONGO" "${URL##*:}" "$PWD/db"
	run --separate-stderr conn-sync -v m.yml
	check 0
	[[ $stderr == *'0 indexed, 0 deleted'* ]]
	kill -KILL "$(<"$MONGO/pid")"
}

@test "mongodb: TLS files -> 3 where they are missing, 75 or 3 without trust" {
	drives 3 mongodb load "$(src "\"ca\":\"$PWD/none.pem\"")"
	eq 'source.ca: No such file or directory' "$stderr"
	drives 3 mongodb load "$(src "\"cert\":\"$PWD/none.pem\"")"
	eq 'source.cert: No such file or directory' "$stderr"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
	    -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem 2>/dev/null
	drives 3 mongodb load "$(src "\"cert\":\"$PWD/cert.pem\",\"key\":\"$PWD/none.pem\"")"
	eq 'source.key: No such file or directory' "$stderr"
	# a server that speaks TLS, if not MongoDB
	openssl s_server -accept 0 -cert cert.pem -key key.pem -www >tls 2>&1 3>&- &
	local tls=$!
	eventually grep -q '^ACCEPT' tls
	local port
	port=$(sed -n 's/^ACCEPT.*:\([0-9]*\)$/\1/p' tls)
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other \
	    -keyout other.key -out other.pem 2>/dev/null
	URL=mongodb://127.0.0.1:$port
	drives 3 mongodb load "$(src "\"ca\":\"$PWD/other.pem\"")"
	[[ $stderr == *'certificate'* ]]
	kill "$tls" 2>/dev/null || :
}

@test "mongodb: an allocation fails -> a status, or the same result" {
	three c
	allocations mongodb
}
