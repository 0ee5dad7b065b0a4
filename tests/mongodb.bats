# SPDX-License-Identifier: MIT
# conn-source-mongodb(7) on a real server that speaks MongoDB's protocol.
load helper
load source
load servers
load mongodb

sleeps_loaded() { # PID
	grep -q libmongoc "/proc/$1/maps" &&
		[ "$(ps -o state= -p "$1")" = S ]
}

@test "mongodb: killed -> no shared memory is left behind" {
	mkfifo in
	"$CONN_BUILD/libexec/conn/conn-source-mongodb" load <in 3>&- &
	exec 5>in
	eventually sleeps_loaded "$!"
	kill -9 "$!"
	exec 5>&-
	wait "$!" || :
	[ ! -e "/dev/shm/mongoc-$!" ]
}

@test "mongodb: every type of _id -> an id of its own" {
	mongo <<-'E'
	{"insert":"k","documents":[{"_id":{"$oid":"655f1c2ab3c4d5e6f7a8b9c0"}},{"_id":"655f1c2ab3c4d5e6f7a8b9c0"},{"_id":1},{"_id":"1"},{"_id":1.5},{"_id":"1.5"},{"_id":{"a":{"$numberInt":"1"}}},{"_id":{"$date":"2026-01-01T00:00:00Z"}},{"_id":"2026-01-01T00:00:00.000Z"},{"_id":{"$binary":{"base64":"AAECAwQFBgcICQoLDA0ODw==","subType":"04"}}},{"_id":"a/b"},{"_id":"a%2Fb"},{"_id":true},{"_id":"true"},{"_id":null}]}
	E
	drives 0 mongodb load "$(src)"
	cat >expected <<-'E'
	k/(date)2026-01-01T00:00:00.000Z
	k/(document){"a":{"$numberInt":"1"}}
	k/(json)null
	k/(json)true
	k/(string)1
	k/(string)1.5
	k/(string)2026-01-01T00:00:00.000Z
	k/(string)655f1c2ab3c4d5e6f7a8b9c0
	k/(uuid)00010203-0405-0607-0809-0a0b0c0d0e0f
	k/1
	k/1.5
	k/655f1c2ab3c4d5e6f7a8b9c0
	k/a%252Fb
	k/a%2Fb
	k/true
	E
	ids >actual
	same expected actual
	# by their ids alone, and nothing else
	drives 0 mongodb load "$(src)" "\"ids\":$(jq -Rsc 'split("\n")[:-1]' actual)"
	ids >again
	same expected again
	eq null "$(states)"
	drives 0 mongodb load "$(src)" '"ids":["k/1","k/none","x/1"]'
	eq k/1 "$(list)"
	drives 0 mongodb load "$(src)" '"ids":["k/(nope)"]'
	eq 'k/(nope) bad_id' "$(fails)"
	drives 0 mongodb slim "$(src)"
	ids >again
	same expected again
}

@test "mongodb: types -> the JSON of the table" {
	mongo <<-'E'
	{"insert":"k","documents":[{"_id":1,"i":{"$numberLong":"9007199254740993"},"d":{"$numberDouble":"1.0"},"n":{"$numberDouble":"NaN"},"c":{"$numberDecimal":"1.10"},"t":{"$date":"2026-01-02T03:04:05.678Z"},"b":{"$binary":{"base64":"//79","subType":"00"}},"r":{"$regex":"^a","$options":"i"},"s":{"$timestamp":{"t":1700000000,"i":7}},"m":{"$minKey":1},"_x":1,"o":{"_y":[1,"é"]}}]}
	E
	drives 0 mongodb load "$(src)"
	eq '{"_id":1,"i":"9007199254740993","d":1.0,"n":"NaN","c":"1.10","t":"2026-01-02T03:04:05.678Z","b":"//79","r":"/^a/i","s":"2023-11-14T22:13:20.000000007Z","m":"MinKey","_x":1,"o":{"_y":[1,"é"]}}' \
	    "$(grep -o '"doc":{"_id":1,.*' <<<"$output" | sed 's/^"doc"://; s/}$//')"
}

@test "mongodb: filter, projection, collection -> what they ask for" {
	mongo <<-'E'
	{"insert":"k","documents":[{"_id":1,"a":1,"b":2},{"_id":2,"a":2,"b":3},{"_id":3,"a":3,"b":4}]}
	E
	streams=$(stream '"collection":"k","filter":{"a":{"$gte":2}},"projection":["a"]')
	drives 0 mongodb load "$(src)"
	eq 's/2 s/3' "$(list)"
	eq '{"_id":2,"a":2}' "$(doc s/2 .doc)"
	drives 0 mongodb slim "$(src)"
	eq 's/2 s/3' "$(list)"
	streams=$(stream '"collection":"k","projection":{"b":0},"sort":{"a":-1},"timestamp":"a"')
	drives 0 mongodb load "$(src)"
	eq '{"id":"s/3","timestamp":"3","stream":"s","doc":{"_id":3,"a":3}}' \
	    "$(head -n 1 <<<"$output")"
	streams=$(stream '"collection":"k","projection":{"_id":0}')
	drives 2 mongodb load "$(src)"
	eq 'streams.s: projection: _id has to stay as it is' "$stderr"
	streams=$(stream '"collection":"k","projection":["a",5]')
	drives 2 mongodb load "$(src)"
	streams=$(stream '"collection":"k","filter":{"a":{"$date":"x"}}')
	drives 2 mongodb load "$(src)"
	[[ $stderr == 'streams.s: filter: '* ]]
	streams=$(stream '"collection":"none"')
	drives 3 mongodb load "$(src)"
	eq "streams.s: there is no collection none in the database $DB" "$stderr"
	streams='[]' DB=none
	drives 3 mongodb load "$(src)"
	eq 'there is no collection in the database none' "$stderr"
}

@test "mongodb: pipeline -> its documents, without _id 3, nothing that writes" {
	mongo <<-'E'
	{"insert":"k","documents":[{"_id":1,"g":"x","t":{"$date":"2026-01-01T00:00:00Z"}},{"_id":2,"g":"y"},{"_id":3,"g":"x"}]}
	E
	streams=$(stream '"collection":"k","pipeline":[{"$group":{"_id":"$g","n":{"$sum":1}}},{"$sort":{"_id":1}}]')
	drives 0 mongodb load "$(src)"
	eq 's/x s/y' "$(list)"
	eq '{"_id":"x","n":2}' "$(doc s/x .doc)"
	eq null "$(states)"
	drives 0 mongodb slim "$(src)"
	eq 's/x s/y' "$(list)"
	drives 0 mongodb load "$(src)" '"ids":["s/y"]'
	eq 's/y' "$(list)"
	drives 2 mongodb poll "$(src)"
	[[ $stderr == *'timestamp or a change stream: an aggregate has no change stream' ]]
	streams=$(stream '"collection":"k","pipeline":[{"$project":{"_id":0,"g":1}}]')
	drives 3 mongodb load "$(src)"
	eq 'stream s: a document without _id; the pipeline has to keep it' "$stderr"
	for stage in '{"$out":"x"}' '{"$merge":{"into":"x"}}' '{"$facet":{"a":[{"$out":"x"}]}}'; do
		streams=$(stream "\"pipeline\":[$stage]")
		drives 2 mongodb load "$(src)"
		[[ $stderr == *'writes; only what reads is run' ]]
	done
	streams=$(stream '"pipeline":[{"$match":{}}],"filter":{}')
	drives 2 mongodb load "$(src)"
}

@test "mongodb: advanced rules of Elastic -> as they are" {
	mongo <<-'E'
	{"insert":"k","documents":[{"_id":1,"a":1,"b":2},{"_id":2,"a":2,"b":3},{"_id":3,"a":3,"b":4}]}
	E
	drives 0 mongodb load "$(src '"collection":"k","advanced_rules":{"find":{}}')"
	eq 'k/1 k/2 k/3' "$(list)"
	drives 0 mongodb load "$(src '"collection":"k","advanced_rules":{"find":{"filter":{"a":{"$gt":1}},"projection":["b"],"no_cursor_timeout":true,"allow_partial_results":false,"batch_size":1,"max_time_ms":5000}}')"
	eq 'k/2 k/3' "$(list)"
	eq '{"_id":2,"b":3}' "$(doc k/2 .doc)"
	drives 0 mongodb load "$(src '"collection":"k","advanced_rules":{"find":{"skip":1,"limit":1}}')"
	eq k/2 "$(list)"
	drives 0 mongodb load "$(src '"collection":"k","advanced_rules":{"find":{"skip":1,"limit":1}}')" '"ids":["k/2"]'
	eq k/2 "$(list)"
	drives 0 mongodb load "$(src '"collection":"k","advanced_rules":{"find":{"no_cursor_timeout":false}}')"
	eq 'k/1 k/2 k/3' "$(list)"
	drives 2 mongodb poll "$(src '"collection":"k","advanced_rules":{"find":{"skip":1,"limit":1}}')"
	eq 'streams.k: with skip or limit there are no polls' "$stderr"
	drives 0 mongodb load "$(src '"collection":"k","advanced_rules":{"aggregate":{"pipeline":[{"$match":{"a":3}}],"allowDiskUse":true,"maxTimeMS":1000,"batchSize":5,"let":{}}}')"
	eq k/3 "$(list)"
	drives 0 mongodb load "$(src '"collection":"k","advanced_rules":{}')"
	eq 'k/1 k/2 k/3' "$(list)"
	wrong() {
		drives 2 mongodb load "$(src "\"collection\":\"k\",\"advanced_rules\":$1")"
		eq "$2" "$stderr"
	}
	wrong '{"find":{},"aggregate":{}}' 'source.advanced_rules: either find or aggregate, not both'
	wrong '[]' 'source.advanced_rules: not a mapping'
	wrong '{"find":5}' 'streams.k: the rule is not a mapping'
	wrong '{"find":{"nope":5}}' 'streams.k: nope: unknown key'
	wrong '{"find":{"skip":"a"}}' 'streams.k: skip: not a number'
	wrong '{"find":{"return_key":5}}' 'streams.k: return_key: neither true nor false'
	wrong '{"aggregate":{}}' 'streams.k: pipeline: not a list of stages'
	wrong '{"aggregate":{"let":5,"pipeline":[{}]}}' 'streams.k: let: not a mapping'
	wrong '{"find":{"allow_partial_results":true}}' "streams.k: allow_partial_results: \
what a part of the server leaves out would be deleted"
	drives 2 mongodb load "$(src '"advanced_rules":{"find":{}}')"
	streams=$(stream '"filter":{}')
	drives 2 mongodb load "$(src '"collection":"k"')"
	streams='[{"name":"other"}]'
	drives 2 mongodb load "$(src '"collection":"k"')"
}

@test "mongodb: poll by the change stream -> changes, deletes, changed" {
	printf '{"fill":"k","from":0,"to":2500,"when":0}\n{"insert":"l","documents":[{"_id":1}]}\n' | mongo
	streams='[{"name":"k","filter":{"n":{"$lt":2600000018200}}},{"name":"l"}]'
	drives 0 mongodb load "$(src)"
	eq 2501 "$(ids | wc -l)"
	state=$(states)
	# the server tells no place before its first event: that of its clock
	drives 0 mongodb poll "$(src)"
	state=$(states)
	drives 0 mongodb changed "$(src)"
	eq '{"changed":false}' "$output"
	mongo <<-'E'
	{"update":"k","updates":[{"q":{"_id":1},"u":{"_id":1,"n":1}},{"q":{"_id":2},"u":{"_id":2,"n":9000000000000}}]}
	{"insert":"k","documents":[{"_id":9000,"n":1},{"_id":9001,"n":9000000000000}]}
	{"delete":"k","deletes":[{"q":{"_id":3},"limit":1},{"q":{"_id":9000},"limit":1}]}
	{"insert":"k","documents":[{"_id":3,"n":5}]}
	E
	drives 0 mongodb changed "$(src)"
	eq '{"changed":true}' "$output"
	drives 0 mongodb poll "$(src)"
	eq 'k/1 k/3' "$(list)"
	eq 'k/2 k/9000 k/9001' "$(deletes)"
	state=$(states)
	drives 0 mongodb poll "$(src)"
	eq '' "$(list)$(deletes)"
	drives 0 mongodb changed "$(src)"
	eq '{"changed":false}' "$output"
	# one id that is the beginning of another
	local z='a\u0000b'
	printf '%s\n' '{"insert":"k","documents":[{"_id":"a"},{"_id":"'$z'"},{"_id":"c"}]}' | mongo
	drives 0 mongodb poll "$(src)"
	state=$(states)
	printf '{"delete":"k","deletes":[{"q":{"_id":"%s"},"limit":1},{"q":{"_id":"c"},"limit":1}]}\n' "$z" | mongo
	drives 0 mongodb poll "$(src)"
	eq "k/$z k/c" "$(jq -r '.delete.id // empty | tojson[1:-1]' <<<"$output" | paste -sd' ')"
	state=$(states)
	# more than a batch
	echo '{"delete":"k","deletes":[{"q":{"_id":{"$gte":100}},"limit":0}]}' | mongo
	drives 0 mongodb poll "$(src)"
	eq 2401 "$(jq -r 'select(.delete).delete.id' <<<"$output" | wc -l)"
	streams='[{"name":"k"}]'
	state=null
	drives 3 mongodb poll "$(src)"
	eq '{"reset":true}' "$output"
	eq 'stream k has no saved position; run a full sync' "$stderr"
	drives 2 mongodb poll "$(src)" '"since":"2026-01-01T00:00:00Z"'
	eq 'streams.k: since and until need timestamp' "$stderr"
	drives 0 mongodb changed "$(src)"
	eq '{"changed":null}' "$output"
}

@test "mongodb: a change that cannot be followed -> reset" {
	echo '{"insert":"k","documents":[{"_id":1},{"_id":2}]}' | mongo
	drives 0 mongodb load "$(src)"
	state=$(states)
	# the event of this server lacks the document's key
	echo '{"update":"k","updates":[{"q":{"_id":1},"u":{"$set":{"a":1}}}]}' | mongo
	drives 3 mongodb poll "$(src)"
	eq 'stream k: a change that cannot be followed; run a full sync' "$stderr"
	[[ $output == *'{"reset":true}' ]]
	state='{"k":{"time":"nonsense"}}'
	drives 3 mongodb poll "$(src)"
	[[ $output == *'{"reset":true}' && $stderr == *'the saved time is damaged'* ]]
	state='{"k":{"token":"nonsense"}}'
	drives 3 mongodb poll "$(src)"
	[[ $output == *'{"reset":true}' && $stderr == *'the saved token is damaged'* ]]
	state='{"k":{"time":"1.0"},"gone":{"time":"1.0"}}'
	drives 3 mongodb poll "$(src)"
	eq 'the collection gone is gone; run a full sync' "$stderr"
	[[ $output == *'{"reset":true}' ]]
	drives 0 mongodb changed "$(src)"
	[ "$output" != '{"changed":false}' ]
}

@test "mongodb: poll by timestamp -> the window, and what has no time" {
	mongo <<-'E'
	{"insert":"k","documents":[{"_id":1,"m":{"u":{"$date":"2026-01-01T00:00:00Z"}}},{"_id":2,"m":{"u":{"$date":"2026-01-03T00:00:00.5Z"}}},{"_id":3,"m":{"u":{"$timestamp":{"t":1767398400,"i":1}}}},{"_id":4,"m":{"u":"text"}},{"_id":5}]}
	E
	streams=$(stream '"collection":"k","timestamp":"m.u"')
	drives 0 mongodb load "$(src)"
	eq 's/1 s/2 s/3 s/4 s/5' "$(list)"
	eq '"2026-01-03T00:00:00.500Z"' "$(doc s/2 .timestamp)"
	eq '"2026-01-03T00:00:00.000000001Z"' "$(doc s/3 .timestamp)"
	state=$(states)
	eq true "$(jq '.s | has("since") and (has("time") or has("token"))' <<<"$state")"
	drives 0 mongodb slim "$(src)"
	eq '{"id":"s/2","timestamp":"2026-01-03T00:00:00.500Z","stream":"s"}' "$(doc s/2)"
	drives 0 mongodb poll "$(src)" '"since":"2026-01-02T00:00:00Z"'
	eq 's/2 s/3' "$(list)"
	eq null "$(states)"
	drives 0 mongodb poll "$(src)" '"until":"2026-01-02T00:00:00Z"'
	eq s/1 "$(list)"
	local state='{"s":{"since":"2026-01-02T00:00:00Z"}}'
	drives 0 mongodb poll "$(src)"
	eq 's/2 s/3 s/4 s/5' "$(list)"
	eq true "$(states | jq '.s | has("since")')"
	state='{"s":{"since":"2026-01-03T00:00:02Z"}}'
	drives 0 mongodb poll "$(src '"overlap":"1s"')"
	eq 's/4 s/5' "$(list)"
	streams=$(stream '"collection":"k","timestamp":"m.u","pipeline":[{"$match":{"_id":{"$ne":2}}}]')
	state='{"s":{"since":"2026-01-02T00:00:00Z"}}'
	drives 0 mongodb poll "$(src)"
	eq 's/3 s/4 s/5' "$(list)"
	state=null
	drives 3 mongodb poll "$(src)"
	# its first _id tells whether this server knows all types
	mongo <<-'E'
	{"insert":"t","documents":[{"_id":"a"},{"_id":"b","u":{"$date":"2026-01-01T00:00:00Z"}}]}
	E
	streams=$(stream '"collection":"t","timestamp":"u"')
	state='{"s":{"since":"2026-01-02T00:00:00Z"}}'
	drives 0 mongodb poll "$(src)"
	eq s/a "$(list)"
}

@test "mongodb: check -> grants, indexes, times, polls; discover" {
	mongo <<-'E'
	{"insert":"k","documents":[{"_id":1,"updated":{"$date":"2026-01-01T00:00:00Z"},"a":[1],"created":{"$date":"2026-01-01T00:00:00Z"}},{"_id":2,"updated":{"$date":"2026-01-01T00:00:00Z"},"created":{"$date":"2026-01-01T00:00:00Z"}},{"_id":3,"created":{"$date":"2026-01-01T00:00:00Z"},"a":"x"}]}
	{"insert":"l","documents":[{"_id":1,"g":1},{"_id":2,"g":1}]}
	E
	drives 0 mongodb check "$(src)"
	eq '' "$output"
	streams=$(stream '"collection":"k","timestamp":"updated"')
	drives 0 mongodb check "$(src)"
	eq '1 of 3 documents have no time in the timestamp; each poll reads all such documents
no index begins with the timestamp, so each poll reads the whole collection; db.getCollection("k").createIndex({"updated": 1})' \
	    "$(jq -r .message <<<"$output")"
	eq true "$(jq -s 'all(.ok)' <<<"$output")"
	echo '{"createIndexes":"k","indexes":[{"key":{"updated":1},"name":"u"}]}' | mongo
	drives 0 mongodb check "$(src)"
	eq 1 "$(wc -l <<<"$output")"
	streams=$(stream '"collection":"l","pipeline":[{"$project":{"_id":"$g"}}]')
	drives 0 mongodb check "$(src)"
	[[ $output == *'several documents have the same _id'* ]]
	[[ $output == *'it cannot be polled: without timestamp'* ]]
	streams='[]'
	drives 0 mongodb check "$(src '"collection":"l","advanced_rules":{"find":{"limit":1}}')"
	[[ $output == *'with skip or limit there are no polls'* ]]
	drives 0 mongodb discover "$(src)"
	eq '{"stream":"k","id":["_id"],"timestamp":"created","fields":[{"name":"_id","type":"number"},{"name":"updated","type":"string"},{"name":"a","type":"string|array"},{"name":"created","type":"string"}]}
{"stream":"l","id":["_id"],"fields":[{"name":"_id","type":"number"},{"name":"g","type":"number"}]}' "$output"
}

@test "mongodb: the programs and the kit -> load, sync, poll, check -d" {
	printf '{"fill":"pages","from":0,"to":300,"when":{"$date":"2026-01-01T00:00:00Z"}}\n' | mongo
	cat >m.yml <<-E
	source: {type: mongodb, url: "$URL/", database: $DB, retry: 1s}
	E
	run --separate-stderr conn-sync -v m.yml
	check 0
	eq 300 "$(conn-slim -I m.yml | grep -c '"id"')"
	eq '"m:pages/7"' "$(conn-load m.yml | jq -c 'select(.__id == 7)._id')"
	mongo <<-'E'
	{"update":"pages","updates":[{"q":{"_id":1},"u":{"_id":1,"title":"new"}}]}
	{"delete":"pages","deletes":[{"q":{"_id":2},"limit":1}]}
	E
	run --separate-stderr conn-sync -vP m.yml
	check 0
	[[ $stderr == *'1 deleted, 0 refused'* ]]
	eq 299 "$(conn-slim -I m.yml | grep -c '"id"')"
	run conn-poll --changed m.yml
	check 4
	run --separate-stderr conn-sync -v m.yml
	[[ $stderr == *'0 indexed, 0 deleted'* || $stderr == '' ]]
	run --separate-stderr conn-check -d m.yml
	check 0
	# one collection more, then gone: a full sync each, and polls go on
	echo '{"insert":"more","documents":[{"_id":1}]}' | mongo
	run --separate-stderr conn-sync -P m.yml
	check 0
	eq 300 "$(conn-slim -I m.yml | grep -c '"id"')"
	echo '{"drop":"more"}' | mongo
	run --separate-stderr conn-sync -P m.yml
	check 0
	eq 299 "$(conn-slim -I m.yml | grep -c '"id"')"
	# this server's positions are seconds, and its drops are in all streams
	goes_on() { conn-sync -P m.yml && conn-poll m.yml >polled; }
	eventually goes_on
	echo 'source: {type: mongodb, url: "mongodb://a:b@h/", database: x}' >b.yml
	run --separate-stderr conn-check -n b.yml
	check 2
}

@test "mongodb: the config of the page -> runs" {
	mongo <<-'E'
	{"insert":"products","documents":[{"_id":"a","internal":1,"t":2}]}
	{"insert":"orders","documents":[{"_id":1,"state":"draft","customer":7},{"_id":2,"state":"paid","customer":7,"updated":{"$date":"2026-01-01T00:00:00Z"}}]}
	E
	sed -n '/^name: shop/,/^\.Ed/p' "$ROOT/man/conn-source-mongodb.7" |
		sed -e '/^\.Ed/d; /user:/d; /password:/d' \
		    -e "s,url: .*,url: $URL/," -e "s,database: .*,database: $DB," >shop.yml
	run --separate-stderr conn-load shop.yml
	check 0
	eq 'shop:customers/7 shop:orders/2 shop:products/a' \
	    "$(jq -r 'select(._id)._id' <<<"$output" | sort | paste -sd' ')"
	eq '{"__id":"a","t":2}' "$(jq -c 'select(._id == "shop:products/a") |
	    del(._id, ._stream, ._timestamp)' <<<"$output")"
}
