#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The driver rest: requests made ahead, and what is written because of them.

load helper
load rest

prepare() { serve; }

# A source with pages, parents and sub-requests, with these further keys.
source_of() {
	plan '{"on":"GET /p","body":[{"id":1},{"id":2},{"id":3},{"id":4}]}' \
	    "$(for p in 1 2 3 4; do
		jq -nc --arg p $p '{on: "GET /c/\($p)", query: {page: "1"},
			body: [{id: 1}, {id: 2}]},
		    {on: "GET /c/\($p)", query: {page: "2"}, body: [{id: 3}]},
		    {on: "GET /c/\($p)", body: []}'
	    done)" '{"on":"GET /k/*","body":[7]}'
	config <<EOT
$1
streams:
  p: {get: /p, doc: false}
  c:
    get: /c/\\(\$p.id)
    for: p
    scope: \$p.id
    query: {page: 1}
    next: pages("page")
    with: {k: {get: '/k/\\(\$p.id)'}}
    doc: "{k}"
EOT
}

@test "what is written does not depend on parallel" {
	source_of ''
	tool 0 conn-load
	eq 12 "$(grep -c '"_id"' out)"
	grep -v '"_ctl":"[be]' out >one
	local alone
	alone=$(asked | wc -l)
	for n in 2 8; do
		: >log
		source_of "parallel: $n"
		tool 0 conn-load
		same <(grep '"_id"' one) <(grep '"_id"' out)
		# little is asked for in vain
		[ "$(asked | wc -l)" -lt $((alone + 4 * n)) ]
	done
}

@test "requests are under way together" {
	plan '{"on":"GET /x","body":[{"id":1},{"id":2},{"id":3}]}' \
	    '{"on":"GET /k/1","hang":"third","body":[1]}' \
	    '{"on":"GET /k/*","body":[2]}'
	config <<-'EOT'
	parallel: 3
	streams: {x: {get: /x, with: {k: {get: "/k/\\($p.id)"}}}}
	EOT
	conn-load wiki.yml >out 2>err 3>&- &
	eventually grep -q /k/3 log
	touch third
	wait $!
	eq "x/1 x/2 x/3" "$(ids out | paste -sd ' ')"
}

@test "scopes of a poll are asked for together, but for one that was skipped" {
	local b='{"on":"GET /b","status":403}'
	plan "$b" '{"on":"GET /*","body":[]}'
	config <<-'EOT'
	parallel: 2
	status: {403: skip}
	streams:
	  x:
	    for: [a, b, c, d]
	    scope: $p
	    get: /\($p)
	    time: .t
	    poll: {query: {since: '\($since)'}}
	EOT
	conn-load wiki.yml 2>err | conn-bulk wiki.yml || [ $? -eq 1 ]
	echo "$b" >plan
	plan '{"on":"GET /c","hang":"fourth","body":[]}' '{"on":"GET /*","body":[]}'
	: >log
	conn-poll wiki.yml >out 2>err 3>&- &
	eventually grep -q '"/d"' log
	touch fourth
	wait $! || [ $? -eq 1 ]
	eq '/a /b /c /d' "$(jq -r .path log | sort | paste -sd ' ')"
	eq 'GET /b' "$(asked | grep /b)"
}

@test "the next page is asked for while this one is worked on, but no circle" {
	plan '{"on":"GET /x","query":{"p":"2"},"body":[]}' \
	    '{"on":"GET /x","body":[{"id":1}],"headers":{"Link":"</x?p=2>; rel=next"}}' \
	    '{"on":"GET /k","hang":"second","body":[]}'
	config <<<'streams: {x: {get: /x, with: {k: {get: /k}}}}'
	conn-load wiki.yml >out 2>err 3>&- &
	eventually grep -q '"p": "2"' log
	touch second
	wait $!
	eq 3 "$(asked | wc -l)"
}

@test "a wrong guess costs a request, and nothing else" {
	plan '{"on":"GET /x","query":{"start":"2"},"body":[{"id":3}]}' \
	    '{"on":"GET /x","query":{"start":"3"},"body":[{"id":4},{"id":5}]}' \
	    '{"on":"GET /x","query":{"start":"5"},"body":[]}' \
	    '{"on":"GET /x","query":{"start":"4"},"status":403}' \
	    '{"on":"GET /x","query":{"start":"6"},"status":500}' \
	    '{"on":"GET /x","body":[{"id":1},{"id":2}]}'
	config <<-'EOT'
	parallel: 4
	streams: {x: {get: /x, next: offset("start")}}
	EOT
	tool 0 conn-load
	eq "x/1 x/2 x/3 x/4 x/5" "$(ids out | paste -sd ' ')"
	tool 0 conn-slim
	eq "x/1 x/2 x/3 x/4 x/5" "$(ids out | paste -sd ' ')"
}

@test "pages beyond the total are not foreseen" {
	plan "$(for p in 1 2 3 4 5 6; do
		jq -nc --arg p $p '{on: "GET /x", query: {page: $p},
			body: {n: 6, x: [{id: $p}]}}'
	    done)" '{"on":"GET /x","body":{"n":6,"x":[]}}'
	config <<-'EOT'
	parallel: 8
	streams:
	  x: {get: /x, query: {page: 1}, items: ".x[]", total: .n, next: pages("page")}
	EOT
	tool 0 conn-load
	eq 6 "$(ids out | wc -l)"
	eq 7 "$(asked | wc -l)"
}

@test "conn-load -l: after the limit no further page is asked" {
	plan '{"on":"GET /x","query":{"page":"4"},"body":[]}' \
	    '{"on":"GET /x","query":{"page":"3"},"body":[{"id":5}]}' \
	    '{"on":"GET /x","query":{"page":"2"},"body":[{"id":3},{"id":4}]}' \
	    '{"on":"GET /x","body":[{"id":1},{"id":2}]}' \
	    '{"on":"GET /k/*","body":[]}'
	config <<<$'parallel: 8\nstreams: {x: {get: /x, next: pages("page")}, y: {get: /x}}'
	tool 0 conn-load -l 2
	eq "x/1 x/2" "$(ids out | paste -sd ' ')"
	eq "GET /x" "$(asked)"
	eq '{"complete":false,"status":0}' "$(ctl end out)"
	eq "" "$(ctl state out)"
	: >log
	tool 0 conn-load -l 3
	eq "x/1 x/2 x/3" "$(ids out | paste -sd ' ')"
	eq 2 "$(asked | wc -l)"
	: >log
	tool 0 conn-load -l 100
	eq 7 "$(ids out | wc -l)"
	eq true "$(ctl end out | jq .complete)"
	config <<<$'parallel: 8\nstreams: {x: {get: /x, with: {k: {get: /k/\\($p.id)}}}}'
	: >log
	tool 0 conn-load -l 1
	eq "GET /x GET /k/1" "$(asked | paste -sd ' ')"
}

@test "conn-load -l counts what the rules and the map leave" {
	plan '{"on":"GET /x","query":{"page":"3"},"body":[]}' \
	    '{"on":"GET /x","query":{"page":"2"},"body":[{"id":3},{"id":4}]}' \
	    '{"on":"GET /x","body":[{"id":1},{"id":2}]}'
	config <<<$'streams: {x: {get: /x, next: pages("page")}}'
	echo 'map: select(.id > 2)' >>wiki.yml
	tool 0 conn-load -l 1
	eq x/3 "$(ids out)"
}
