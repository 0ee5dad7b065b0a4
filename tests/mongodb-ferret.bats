# SPDX-License-Identifier: MIT
# conn-source-mongodb(7) on FerretDB, another server that speaks MongoDB's
# protocol: with logins and TLS, without change streams.
MONGO_SERVER=ferretdb
load helper
load source
load servers
load mongodb

# login LISTENER MEMBERS: the source section for one that asks who it is.
login() {
	printf '{"url":"%s/","database":"%s","retry":0%s}' \
	    "$(<"$MONGO/$1.url")" "$DB" "${2:+,$2}"
}

three() { echo '{"insert":"k","documents":[{"_id":1},{"_id":2},{"_id":3}]}' | mongo; }

@test "ferretdb: every type of _id -> an id of its own, read again by it" {
	mongo <<-'E'
	{"insert":"k","documents":[{"_id":{"$oid":"655f1c2ab3c4d5e6f7a8b9c0"}},{"_id":"655f1c2ab3c4d5e6f7a8b9c0"},{"_id":1},{"_id":"1"},{"_id":1.5},{"_id":"1.5"},{"_id":{"a":{"$numberInt":"1"}}},{"_id":{"$date":"2026-01-01T00:00:00Z"}},{"_id":"2026-01-01T00:00:00.000Z"},{"_id":{"$binary":{"base64":"AAECAwQFBgcICQoLDA0ODw==","subType":"04"}}},{"_id":{"$binary":{"base64":"//79","subType":"00"}}},{"_id":"a/b"},{"_id":"a%2Fb"},{"_id":true},{"_id":"true"},{"_id":null},{"_id":""},{"_id":{"$numberDecimal":"1.10"}},{"_id":{"$numberLong":"9007199254740993"}},{"_id":{"$numberDouble":"NaN"}},{"_id":{"$timestamp":{"t":1700000000,"i":7}}},{"_id":{"$minKey":1}},{"_id":{"$maxKey":1}}]}
	E
	drives 0 mongodb load "$(src)"
	cat >expected <<-'E'
	k/(binary)00:fffefd
	k/(date)2026-01-01T00:00:00.000Z
	k/(decimal)1.10
	k/(document){"a":{"$numberInt":"1"}}
	k/(double)NaN
	k/(json)null
	k/(json)true
	k/(json){"$maxKey":1}
	k/(json){"$minKey":1}
	k/(json){"$timestamp":{"t":1700000000,"i":7}}
	k/(string)
	k/(string)1
	k/(string)1.5
	k/(string)2026-01-01T00:00:00.000Z
	k/(string)655f1c2ab3c4d5e6f7a8b9c0
	k/(uuid)00010203-0405-0607-0809-0a0b0c0d0e0f
	k/1
	k/1.5
	k/655f1c2ab3c4d5e6f7a8b9c0
	k/9007199254740993
	k/a%252Fb
	k/a%2Fb
	k/true
	E
	ids >actual
	same expected actual
	drives 0 mongodb load "$(src)" "\"ids\":$(jq -Rsc 'split("\n")[:-1]' actual)"
	ids >actual
	same expected actual
	drives 0 mongodb slim "$(src)"
	ids >actual
	same expected actual
	drives 0 mongodb load "$(src)" '"ids":["k/1","k/none","x/1"]'
	eq k/1 "$(list)"
}

@test "ferretdb: find, aggregate, Elastic's rules -> their documents" {
	mongo <<-'E'
	{"insert":"k","documents":[{"_id":1,"g":"x","a":1,"b":2},{"_id":2,"g":"y","a":2,"b":3},{"_id":3,"g":"x","a":3,"b":4}]}
	E
	streams=$(stream '"collection":"k","filter":{"a":{"$gte":2}},"projection":["a"]')
	drives 0 mongodb load "$(src)"
	eq 's/2 s/3' "$(list)"
	eq '{"_id":2,"a":2}' "$(doc s/2 .doc)"
	drives 0 mongodb slim "$(src)"
	eq 's/2 s/3' "$(list)"
	streams=$(stream '"collection":"k","sort":{"a":-1}')
	drives 0 mongodb load "$(src)"
	eq s/3 "$(jq -r .id <<<"${lines[0]}")"
	streams=$(stream '"collection":"k","pipeline":[{"$group":{"_id":"$g","n":{"$sum":1}}},{"$sort":{"_id":1}}]')
	drives 0 mongodb load "$(src)"
	eq 's/x s/y' "$(list)"
	eq '{"_id":"x","n":2}' "$(doc s/x .doc)"
	drives 0 mongodb load "$(src)" '"ids":["s/y"]'
	eq s/y "$(list)"
	streams='[]'
	drives 0 mongodb load "$(src '"collection":"k","advanced_rules":{"find":{"filter":{"a":{"$gt":1}},"projection":["b"],"batch_size":1,"max_time_ms":5000}}')"
	eq 'k/2 k/3' "$(list)"
	drives 0 mongodb load "$(src '"collection":"k","advanced_rules":{"find":{"skip":1,"limit":1}}')"
	eq k/2 "$(list)"
	streams='[{"name":"none"}]'
	drives 3 mongodb load "$(src)"
	eq "streams.none: there is no collection none in the database $DB" "$stderr"
}

@test "ferretdb: no change streams -> said so, polls by timestamp only" {
	mongo <<-'E'
	{"insert":"k","documents":[{"_id":1,"u":{"$date":"2026-01-01T00:00:00Z"}},{"_id":2,"u":{"$date":"2026-01-03T00:00:00.5Z"}},{"_id":3,"u":{"$timestamp":{"t":1767398400,"i":1}}},{"_id":4,"u":"text"},{"_id":5}]}
	E
	local why='Stage $changeStream is not supported yet in native pipeline'
	drives 0 mongodb check "$(src)"
	eq "it cannot be polled: without timestamp, and without a change stream: $why" \
	    "$(jq -r .message <<<"$output")"
	drives 0 mongodb load "$(src)"
	eq null "$(states)"
	drives 2 mongodb poll "$(src)"
	eq "streams.k: a poll needs timestamp or a change stream: $why" "$stderr"
	streams='[{"name":"k","timestamp":"u"}]'
	drives 0 mongodb load "$(src)"
	eq '["since"]' "$(states | jq -c '.k | keys')"
	drives 0 mongodb changed "$(src)"
	eq '{"changed":null}' "$output"
	drives 0 mongodb slim "$(src)"
	eq '{"id":"k/2","timestamp":"2026-01-03T00:00:00.500Z","stream":"k"}' "$(doc k/2)"
	local state='{"k":{"since":"2026-01-02T00:00:00Z"}}'
	drives 0 mongodb poll "$(src)"
	eq 'k/2 k/3 k/4 k/5' "$(list)"
	drives 0 mongodb poll "$(src)" '"until":"2026-01-02T00:00:00Z"'
	eq k/1 "$(list)"
	drives 0 mongodb check "$(src)"
	[[ $output == *'no index begins with the timestamp'* ]]
	echo '{"createIndexes":"k","indexes":[{"key":{"u":1},"name":"u"}]}' | mongo
	drives 0 mongodb check "$(src)"
	[[ $output != *'no index'* && $output == *'2 of 5 documents have no time'* ]]
}

@test "ferretdb: SCRAM -> with the password of one who may read, else 3" {
	three
	local who='"user":"reader","password":"Pass-word-12"'
	drives 0 mongodb load "$(login auth "$who")"
	eq 'k/1 k/2 k/3' "$(list)"
	drives 0 mongodb slim "$(login auth "$who")"
	eq 'k/1 k/2 k/3' "$(list)"
	for who in '"user":"reader","password":"canary-of-mine"' \
	    '"user":"canary","password":"Pass-word-12"'; do
		drives 3 mongodb load "$(login auth "$who")"
		cut_off 3 'cannot connect: Authentication failed.'
		[[ $stderr != *canary* && $stderr != *Pass-word* ]]
	done
	drives 3 mongodb load "$(login auth)"
	cut_off 3 'requires authentication'
}

@test "ferretdb: TLS -> the right CA and name, else 3 or 75 and no document" {
	three
	local who='"user":"reader","password":"Pass-word-12"'
	drives 0 mongodb load "$(login tls "$who,\"ca\":\"$MONGO/ca.pem\"")"
	eq 'k/1 k/2 k/3' "$(list)"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca \
	    -keyout other.key -out other.pem 2>/dev/null
	drives 3 mongodb load "$(login tls "$who,\"ca\":\"$PWD/other.pem\"")"
	cut_off 3 'certificate verify failed'
	eq '' "$(list)"
	drives 3 mongodb load "$(login tls "$who,\"ca\":\"$MONGO/ca.pem\"" |
		sed 's/localhost/127.0.0.1/')"
	cut_off 3 'IP address mismatch'
	drives 3 mongodb load "$(login tls "$who" | sed 's,/",/?tls=true",')"
	cut_off 3 'certificate verify failed'
	drives 75 mongodb load "$(login tls "$who")"
	cut_off 75 'connection closed'
	drives 75 mongodb load "$(login auth "$who,\"ca\":\"$MONGO/ca.pem\"")"
}

# killed STATUS COMMAND...: in the middle of a listing of many documents; STATUS
# is that of what reads then.
killed() {
	local expected=$1
	shift
	printf '{"fill":"k","from":0,"to":12000,"when":0}\n' | mongo
	cat >m.yml <<-E
	source: {type: mongodb, url: "$URL/", database: $DB, retry: 200ms}
	E
	run --separate-stderr conn-sync m.yml
	check 0
	mkfifo pipe
	conn-load m.yml >pipe 2>err 3>&- &
	local load=$!
	exec 5<pipe
	head -n 100 <&5 >stream
	"$@"
	cat <&5 >>stream
	exec 5<&-
	wait $load && status=0 || status=$?
	eq "$expected" "$status"
	conn-slim -I m.yml >known
	conn-diff known <stream >changes || :
	eq 0 "$(grep -c '"_ctl":"delete"' changes || :)"
	run --separate-stderr conn-sync m.yml
	check "$expected"
	eq 12000 "$(conn-slim -I m.yml | grep -c '"id":')"
	mongo_start "$MONGO"
	run --separate-stderr conn-sync -v m.yml
	check 0
	[[ $stderr == *'0 indexed, 0 deleted'* ]]
}

kill_it() { kill -KILL "$(<"$MONGO/pid")"; }
kill_database() { kill -KILL "$(head -n 1 "$MONGO/data/postmaster.pid")"; }

@test "ferretdb: killed and started again -> 75, no delete, then all" {
	killed 75 kill_it
}

@test "ferretdb: the database behind it killed -> 3, no delete, then all" {
	killed 3 kill_database
	[[ $(<err) == *'stream k: '* ]]
}

@test "ferretdb: the functional test -> passes" {
	XDG_CACHE_HOME=$servers_cache run "$ROOT/scripts/ftest" ferretdb
	[[ $output != *': SKIPPED: '* ]] || skip "$output"
	check 0
	[[ $output == 'ferretdb: '*' documents, '*' changed'*' deleted, '* ]]
	[[ $output != *'no cluster'* ]] || skip "$output"
}
