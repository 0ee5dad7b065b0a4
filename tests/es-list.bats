# SPDX-License-Identifier: MIT
# The listing of what an Elasticsearch holds: complete, or an error.
load helper
load es-fake

window() { # N: pages of so many hits
	local index="{\"uuid\":\"U1\",\"max_result_window\":\"$1\"}"
	plan "{\"on\":\"GET /wiki/_settings\",\"times\":0,\"body\":{\"wiki\":{
	    \"settings\":{\"index\":$index}}}}"
}

# filled ARG...: a server with three documents of ours and one of another.
filled() {
	fake "$@"
	cat >in <<-'EOF'
	{"_id":"wiki:2","title":"b","_timestamp":"no \u00e9 time"}
	{"_id":"wiki:1","title":"a","_timestamp":"2026-01-01T00:00:00Z"}
	{"_id":"wiki:\"3","title":"c"}
	EOF
	tool apply <in
	check 0
	sed -i 's/^name: wiki/name: other/' wiki.yml
	tool apply <<<'{"_id":"other:1","title":"x"}'
	check 0
	sed -i 's/^name: other/name: wiki/' wiki.yml
	: >log
	cat >expected <<-EOF
	wiki:"3 - $(hash 3)
	wiki:1 2026-01-01T00:00:00Z $(hash 2)
	wiki:2 no é time $(hash 1)
	EOF
}

hash() { sed -n "$1p" in | tr -d '\n' | xxhsum -H2 | cut -d' ' -f1; }

listed() {
	check 0
	eq '' "$stderr"
	same expected <(printf '%s\n' "$output")
	eq '[]' "$(curl -s "$URL/pits")"
}

# doubted STATUS TEXT: no listing, for this reason; nothing is left behind.
doubted() {
	tool list
	check "$1"
	said "$URL/$2"
	eq '[]' "$(curl -s "$URL/pits")"
}

@test "elasticsearch list: one page, several -> all of ours, as stored" {
	filled
	tool list
	listed
	eq 1 "$(requests /_search)"
	eq 1 "$(requests /wiki/_refresh)"
	kill "$(cat pid)"
	rm url
	window 2
	filled
	tool list
	listed
	eq 'pit1 pit2 pit3' "$(jq -r '.body | fromjson? | .pit?.id // .id //
	    empty' log | paste -sd' ')"
}

@test "elasticsearch list: ways to make a point in time -> found by trial" {
	plan '{"on":"GET /","times":0,"status":403,"body":{"error":{"type":"security_exception"}}}' \
	    '{"on":"POST /wiki/_pit","times":0,"status":400,"body":{"error":"no handler"}}'
	filled
	tool list
	listed
	eq 1 "$(requests /wiki/_search/point_in_time)"
}

@test "elasticsearch list: OpenSearch says so -> its way at once" {
	plan '{"on":"GET /","times":0,"body":{"version":{"number":"2.19.0","distribution":"opensearch"}}}'
	filled
	tool list
	listed
	eq 0 "$(requests /wiki/_pit)"
	eq 'keep_alive=5m&allow_partial_pit_creation=false' "$(jq -r '
	    select(.path == "/wiki/_search/point_in_time").query' log)"
}

@test "elasticsearch list: a page too long -> smaller ones" {
	plan '{"on":"POST /_search","pad":70000000}'
	filled
	tool list
	listed
	eq '10000 5000' "$(jq -r 'select(.path == "/_search").body | fromjson |
	    .size' log | paste -sd' ')"
}

@test "elasticsearch list: a signal -> 75, no further page" {
	window 1
	plan '{"on":"POST /_search","wait":1}'
	filled
	"$CONN_BUILD/tests/indextool" wiki.yml list >out 2>err 3>&- &
	tool=$!
	eventually grep -q /_search log
	kill -TERM "$tool"
	status=0
	wait "$tool" || status=$?
	eq 75 "$status"
	eq "indextool: $URL/_search: interrupted" "$(cat err)"
	eq 1 "$(requests /_search)"
	eq '[]' "$(curl -s "$URL/pits")"
}

@test "elasticsearch list: time without trouble -> not from the budget" {
	plan "{\"on\":\"POST /wiki/_refresh\",$(refusal 429 busy)}" \
	    '{"on":"POST /wiki/_refresh"}' '{"on":"POST /_search","wait":1.2}' \
	    '{"on":"GET /wiki/_settings"}' \
	    "{\"on\":\"GET /wiki/_settings\",$(refusal 503 busy)}"
	filled 'retry: 1s'
	tool list
	listed
}

@test "elasticsearch list: neither way -> 3" {
	plan '{"on":"POST /wiki/_pit","times":0,"status":405,"body":""}' \
	    '{"on":"POST /wiki/_search*","times":0,"status":405,"body":""}' \
	    '{"on":"GET /","times":0,"status":405,"body":""}'
	filled
	doubted 3 "wiki: no points in time; \
Elasticsearch 7.10 or OpenSearch 2.4 is needed"
}

# pipelines: of each search, what it said of one.
pipelines() {
	jq -r 'select(.path == "/_search").query |
	    capture("search_pipeline=(?<p>[^&]*)").p // "-"' log | paste -sd' '
}

@test "opensearch list: -> through no search pipeline, where there are such" {
	local asked is='{"on":"GET /","body":{"version":{"number":"2.8.0",
	    "distribution":"opensearch"}}}'
	window 2
	# it knows none; it calls itself Elasticsearch; it is
	plan "$is" "$is" '{"on":"POST /_search"}' '{"on":"POST /_search"}' \
	    "{\"on\":\"POST /_search\",$(refusal 400 illegal_argument_exception)}" \
	    '{"on":"POST /wiki/_pit","status":400,"body":""}'
	filled
	for asked in '_none _none' '_none - -' '_none _none' '- -'; do
		: >log
		tool list
		listed
		eq "$asked" "$(pipelines)"
	done
}

@test "elasticsearch list: no such index -> empty, complete" {
	plan '{"on":"GET /wiki/_settings","status":404,"body":{"error":{"type":"index_not_found_exception"}}}'
	fake
	tool list
	check 0
	eq '' "$output$stderr"
	eq 1 "$(requests '.*')"
}

@test "elasticsearch list: 404 of something else -> 3" {
	plan '{"on":"GET /wiki/_settings","status":404,"type":"text/html","body":"<p>"}'
	fake
	doubted 3 'wiki/_settings: HTTP 404'
}

@test "elasticsearch list: no permission to refresh -> a warning" {
	plan '{"on":"POST /wiki/_refresh","status":403,"body":{"error":{"type":"security_exception"}}}'
	filled
	tool list
	check 0
	same expected <(printf '%s\n' "$output")
	[[ $stderr == "indextool: warning: $URL/wiki/_refresh: not allowed "* ]]
}

@test "elasticsearch list: anything less than all of it -> 75" {
	local s='"on":"POST /_search"'
	plan '{"on":"POST /wiki/_refresh","body":{"_shards":{"failed":1}}}' \
	    '{"on":"POST /wiki/_pit","status":200,"body":{"id":"x","_shards":{"failed":1}}}' \
	    "{$s,\"set\":{\"timed_out\":true}}" \
	    "{$s,\"set\":{\"timed_out\":null}}" \
	    "{$s,\"set\":{\"_shards.failed\":1}}" \
	    "{$s,\"set\":{\"_shards.successful\":1}}" \
	    "{$s,\"set\":{\"_shards\":null}}" \
	    "{$s,\"set\":{\"hits.total.relation\":\"gte\"}}" \
	    "{$s,\"set\":{\"hits.total\":3}}" \
	    "{$s,\"set\":{\"hits.hits\":[]}}" \
	    "{$s,\"set\":{\"hits.total.value\":2}}" \
	    "{$s,\"set\":{\"hits\":null}}" \
	    "{$s,\"chop\":100}" \
	    "{$s,$(refusal 404 search_phase_execution_exception)}"
	filled
	doubted 75 'wiki/_refresh: not every shard was refreshed'
	tool list
	check 75
	[[ $stderr == *'/wiki/_pit: not every shard is there' ]]
	for _ in 1 2 3 4 5; do
		doubted 75 '_search: not every shard answered'
	done
	doubted 75 '_search: the total of the hits is not exact'
	doubted 75 '_search: no total of the hits'
	doubted 75 '_search: other hits than were announced'
	doubted 75 '_search: other hits than were announced'
	doubted 75 '_search: the reply has no hits'
	doubted 75 '_search: the reply is not JSON'
	doubted 75 '_search: the point in time is gone'
	tool list
	listed
}

@test "elasticsearch list: skipped shards counted apart -> fine" {
	plan '{"on":"POST /_search","set":{"_shards.successful":1,"_shards.skipped":1}}'
	filled
	tool list
	listed
}

@test "elasticsearch list: totals that differ from page to page -> 75" {
	window 2
	plan '{"on":"POST /_search"}' \
	    '{"on":"POST /_search","set":{"hits.total.value":4}}'
	filled
	doubted 75 '_search: the total of the hits changed'
}

@test "elasticsearch list: fewer hits in the end than announced -> 75" {
	window 2
	plan '{"on":"POST /_search"}' '{"on":"POST /_search","set":{"hits.hits":[]}}'
	filled
	doubted 75 '_search: other hits than were announced'
}

@test "elasticsearch list: more hits than every page announces -> 75" {
	window 1
	plan '{"on":"POST /_search","times":0,"set":{"hits.total.value":2}}'
	filled
	doubted 75 '_search: other hits than were announced'
}

@test "elasticsearch list: replaced while it was listed -> 75" {
	plan '{"on":"GET /wiki/_settings"}' \
	    '{"on":"GET /wiki/_settings","body":{"wiki-2":{"settings":{"index":{"uuid":"U2"}}}}}'
	filled
	doubted 75 'wiki: was replaced while it was listed'
}

@test "elasticsearch list: removed while it is listed -> 75" {
	local way
	for way in _refresh _pit; do
		plan "{\"on\":\"POST /wiki/$way\",$(
		    refusal 404 index_not_found_exception)}"
	done
	filled
	doubted 75 'wiki: removed while it was listed'
	doubted 75 'wiki: removed while it was listed'
}

@test "elasticsearch list: a document that names another -> 3" {
	plan '{"on":"POST /_search","set":{"hits.total.value":1,"hits.hits":[{"_id":"wiki:x","sort":[1],"_source":{"_conn":{"id":"wiki:1"}}}]}}' \
	    '{"on":"POST /_search","set":{"hits.hits":[{"_id":"wiki:x","sort":[1]}]}}'
	filled
	doubted 3 "wiki: document wiki:x is not the one its _conn.id names; \
delete it"
	doubted 3 'wiki: a document without _source; the mapping must keep it'
}

@test "elasticsearch list: busy for a while -> the same listing" {
	window 1
	plan '{"on":"POST /_search"}' \
	    '{"on":"POST /_search","status":503,"body":""}' \
	    '{"on":"POST /_search","reset":"after"}' \
	    '{"on":"POST /_search","cut":20}'
	filled 'retry: 1m'
	tool list
	listed
}
