#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The driver rest: documents by their ids, and deletes that are asked for.

load helper
load rest

prepare() { serve; }

issues() {
	plan '{"on":"GET /repos/o/r/issues","body":[{"number":1,"t":"a"},{"number":2,"t":"b"},{"number":3,"pr":{}}]}' \
	    '{"on":"GET /repos/o/r/issues/1","body":{"number":1,"t":"a"}}' \
	    '{"on":"GET /repos/o/r/issues/2","body":{"number":2,"t":"b"}}' \
	    '{"on":"GET /repos/o/r/issues/3","body":{"number":3,"pr":{}}}' \
	    '{"on":"GET /repos/o/r/issues/4","status":404}' \
	    '{"on":"GET /repos/o/r/issues/5","status":451}'
	config <<-'EOT'
	streams:
	  issues:
	    for: [o/r]
	    scope: $p
	    get: /repos/\($p | split("/"))/issues
	    query: {state: all}
	    keep: .pr == null
	    id: .number
	    one: /repos/\($scope | split("/"))/issues/\($id)
	    doc: '{t, repo: $p}'
	EOT
}

@test "--ids: each is asked for, and is the same document as in a load" {
	issues
	tool 0 conn-load
	grep '"_id":"wiki:issues/o%2Fr/2"' out >loaded
	: >log
	printf '{"id":"wiki:issues/o%%2Fr/%s"}\n' 2 3 4 >list
	tool 0 conn-load --ids list
	same loaded <(grep '"_id"' out)
	same - <(asked | sort) <<-'EOT'
	GET /repos/o/r/issues/2?state=all
	GET /repos/o/r/issues/3?state=all
	GET /repos/o/r/issues/4?state=all
	EOT
	printf '{"id":"wiki:issues/o%%2Fr/%s"}\n' 5 1 >list
	tool 1 conn-load --ids list
	eq issues/o%2Fr/1 "$(ids out)"
	eq '{"id":"wiki:issues/o%2Fr/5","code":"http_451"}' "$(ctl fail out)"
}

@test "--ids: none of this source, and of a parent that is no more" {
	issues
	printf '{"id":"wiki:%s"}\n' issues/1 issues/o%2Fq/1 other/1 x issues/o%2Fr/1/2 >list
	tool 0 conn-load --ids list
	eq "" "$(ids out)$(asked)"
}

@test "an offset listing while rows vanish: what was passed over is asked for" {
	plan '{"on":"GET /x","query":{"start":"2"},"body":[{"id":3},{"id":4}]}' \
	    '{"on":"GET /x","query":{"start":"4"},"body":[]}' \
	    '{"on":"GET /x","body":[{"id":1},{"id":2}]}'
	config <<<'streams: {x: {get: /x, next: offset("start"), one: /x/\($id)}}'
	conn-load wiki.yml | conn-bulk wiki.yml
	# 1 is removed after the first page was read: 3 is not listed at all
	printf '%s\n' '{"on":"GET /x","query":{"start":"2"},"body":[{"id":4}]}' \
	    '{"on":"GET /x","query":{"start":"3"},"body":[]}' \
	    '{"on":"GET /x","body":[{"id":1},{"id":2}]}' \
	    '{"on":"GET /x/3","body":{"id":3}}' >plan
	conn-slim --index wiki.yml >known
	conn-load wiki.yml | conn-diff known >differ
	eq wiki:x/3 "$(ctl delete differ | jq -r .id)"
	conn-load --confirm wiki.yml <differ >out
	eq "" "$(ctl delete out)"
	eq x/3 "$(ids out)"
	: >log
	sed -i '$d' plan
	echo '{"on":"GET /x/3","status":404}' >>plan
	conn-load --confirm wiki.yml <differ >out
	eq wiki:x/3 "$(ctl delete out | jq -r .id)"
	eq "GET /x/3" "$(asked)"
	sed -i 's/404/403/' plan
	run ! conn-load --confirm wiki.yml <differ >out
	[[ $output != *'"_ctl":"delete"'* ]]
}

@test "without one, ids come out of a listing, and with asks for them alone" {
	plan '{"on":"GET /x","body":[{"id":1},{"id":2},{"id":3}]}' '{"on":"GET /k/2","body":[5]}'
	config <<<'streams: {x: {get: /x, with: {k: {get: /k/\($p.id)}}}}'
	printf '{"id":"wiki:x/%s"}\n' 2 9 >list
	tool 0 conn-load --ids list
	eq x/2 "$(ids out)"
	eq "GET /x GET /k/2" "$(asked | paste -sd ' ')"
}

@test "one as a mapping: its own query, its own items" {
	plan '{"on":"GET /d","query":{"id":"7"},"body":{"data":[{"id":7}]}}' '{"on":"GET /d","query":{"id":"8"},"body":{"data":[]}}'
	config <<-'EOT'
	streams:
	  x:
	    get: /x
	    query: {limit: 5}
	    one: {get: /d, query: {id: \($id), limit: null}, items: ".data[]"}
	EOT
	printf '{"id":"wiki:x/%s"}\n' 7 8 >list
	tool 0 conn-load --ids list
	eq x/7 "$(ids out)"
	eq '["id"]' "$(head -n 1 log | jq -c '.query | keys')"
}

@test "one as a list: the first that has it; none has, gone; a failure is one" {
	plan '{"on":"GET /a/1","body":{"id":1}}' '{"on":"GET /a/3","status":403}' \
	    '{"on":"GET /b/2","body":[{"id":2,"old":true}]}' '{"on":"GET /*","status":404}'
	config <<-'EOT'
	streams:
	  x:
	    get: /x
	    one: [/a/\($id), {get: /b/\($id), items: ".[]"}]
	EOT
	printf '{"id":"wiki:x/%s"}\n' 1 2 3 4 >list
	tool 1 conn-load --ids list
	eq 'x/1 x/2' "$(ids out | paste -sd ' ')"
	eq '{"id":"wiki:x/3","code":"http_403"}' "$(ctl fail out)"
	eq "GET /a/1 GET /a/2 GET /a/3 GET /a/4 GET /b/2 GET /b/4" \
	    "$(asked | sort | paste -sd ' ')"
}

@test "a parent that is not listed, at one of two places -> what is below stays" {
	plan '{"on":"GET /p","body":[{"id":1}]}' '{"on":"GET /old/2","body":{"id":2}}' \
	    '{"on":"GET /old/4","status":403}' '{"on":"GET /p/1/x/7","body":{"id":7}}' \
	    '{"on":"GET /p/2/x/7","body":{"id":7}}' '{"on":"GET /p/5","status":204}' \
	    '{"on":"GET /p/6","status":409}' '{"on":"GET /*","status":404}'
	config <<-'EOT'
	streams:
	  p:
	    get: /p
	    one: [/p/\($id), /old/\($id)]
	    status: {409: reset}
	  x:
	    for: p
	    scope: $p.id
	    get: /p/\($p.id)/x
	    one: /p/\($scope)/x/\($id)
	EOT
	printf '{"id":"wiki:x/%s"}\n' 1/7 2/7 3/7 4/7 2/8 5/7 6/7 >list
	tool 1 conn-load --ids list
	eq 'x/1/7 x/2/7' "$(ids out | sort | paste -sd ' ')"
	same - <(ctl fail out | sort) <<-'EOT'
	{"id":"wiki:x/4/7","code":"http_403"}
	{"id":"wiki:x/5/7","code":"http_204"}
	{"id":"wiki:x/6/7","code":"http_409"}
	EOT
}

@test "a poll reads again what had failed, by its id" {
	plan '{"on":"GET /x","body":[{"id":1},{"id":2}]}' '{"on":"GET /k/1","times":1,"status":403}' \
	    '{"on":"GET /k/*","body":[]}' '{"on":"GET /x/1","body":{"id":1}}'
	config <<-'EOT'
	streams:
	  x:
	    get: /x
	    one: /x/\($id)
	    with: {k: {get: /k/\($p.id)}}
	    poll: {query: {since: \($since)}}
	EOT
	conn-load wiki.yml >out || [ $? -eq 1 ]
	conn-bulk wiki.yml <out || [ $? -eq 1 ]
	sed -i '1s/.*/{"on":"GET \/x","body":[]}/' plan
	tool 0 conn-poll
	eq x/1 "$(ids out)"
}

@test "a stream that is switched off has none left, though one finds them" {
	plan '{"on":"GET /x/1","body":{"id":1}}'
	config <<<$'streams: {x: {for: "null | values", get: /x, one: /x/\\($id)}}'
	echo '{"id":"wiki:x/1"}' >list
	tool 0 conn-load --ids list
	eq "" "$(ids out)$(asked)"
}

@test "without a scope, any parent may be that of an id" {
	plan '{"on":"GET /p","body":[{"n":"a"},{"n":"b"}]}' \
	    '{"on":"GET /b/1","body":{"id":1}}' \
	    '{"on":"GET /a/3","status":403}' '{"on":"GET /*","status":404}'
	config <<-'EOT'
	streams:
	  p: {get: /p, doc: false}
	  x: {for: p, get: /\($p.n), one: '/\($p.n)/\($id)', doc: '{of: $p.n}'}
	EOT
	printf '{"id":"wiki:x/%s"}\n' 1 2 3 >list
	tool 1 conn-load --ids list
	eq '{"_id":"wiki:x/1","_stream":"x","of":"b"}' "$(grep '"_id"' out)"
	eq '{"id":"wiki:x/3","code":"http_403"}' "$(ctl fail out)"
	eq "GET /a/1 GET /a/2 GET /a/3 GET /b/1 GET /b/2 GET /p" \
	    "$(asked | sort | paste -sd ' ')"
}

@test "a parent that only seems to be spoken of is not asked with" {
	plan '{"on":"GET /p","body":[{"n":"a"},{"n":"b"}]}' \
	    '{"on":"GET /*","status":404}'
	config <<-'EOT'
	streams:
	  p: {get: /p, doc: false}
	  x: {for: p, get: /x, one: {get: '/x/\($id)', items: '. as $path | $path'}}
	EOT
	echo '{"id":"wiki:x/1"}' >list
	tool 0 conn-load --ids list
	eq "GET /x/1" "$(asked)"
}

@test "what one gives is not thereby a parent that is listed" {
	plan '{"on":"GET /p","body":[{"id":1},{"id":2}]}' \
	    '{"on":"GET /p/1","body":{"id":1}}' '{"on":"GET /p/9","body":{"id":9}}' \
	    '{"on":"GET /a/*","body":[{"id":5}]}' '{"on":"GET /b/*","body":[{"id":6}]}'
	config <<-'EOT'
	streams:
	  p: {get: /p, one: '/p/\($id)'}
	  a: {for: p, scope: $p.id, get: '/a/\($p.id)'}
	  b: {for: p, scope: $p.id, get: '/b/\($p.id)'}
	EOT
	printf '{"id":"wiki:%s"}\n' p/1 p/9 a/1/5 b/1/6 b/9/6 >list
	tool 0 conn-load --ids list
	eq "a/1/5 b/1/6 p/1 p/9" "$(ids out | sort | paste -sd ' ')"
	eq "GET /b/1 GET /b/2" "$(asked | grep /b | paste -sd ' ')"
}

@test "what resets a listing does not say that a document is gone" {
	plan '{"on":"GET /x","body":[{"id":1},{"id":2}]}' \
	    '{"on":"GET /x/*","status":400}'
	config <<-'EOT'
	streams:
	  x: {get: /x, one: '/x/\($id)', status: {400: reset}}
	EOT
	printf '{"id":"wiki:x/1"}\n' >list
	tool 1 conn-load --ids list
	eq '{"id":"wiki:x/1","code":"http_400"}' "$(ctl fail out)"
	conn-load wiki.yml | conn-bulk wiki.yml
	sed -i '1s/.*/{"on":"GET \/x","body":[{"id":2}]}/' plan
	run --separate-stderr conn-sync wiki.yml
	check 1
	conn-slim --index wiki.yml >known
	eq 'x/1 x/2' "$(ids known | paste -sd ' ')"
}

@test "an answer without a body says nothing of a document" {
	plan '{"on":"GET /x/1","status":204}' '{"on":"GET /x/2","status":202}'
	config <<-'EOT'
	streams:
	  x: {get: /x, one: '/x/\($id)'}
	EOT
	printf '{"id":"wiki:x/%s"}\n' 1 2 >list
	tool 1 conn-load --ids list
	same - <(ctl fail out) <<-'EOT'
	{"id":"wiki:x/1","code":"http_204"}
	{"id":"wiki:x/2","code":"answer"}
	EOT
	# unless the connector says what it means
	sed -i "s/one:/status: {204: empty}, &/" wiki.yml
	tool 1 conn-load --ids list
	eq '"wiki:x/2"' "$(ctl fail out | jq -c .id)"
}

@test "ids that two streams have are looked for in both" {
	plan '{"on":"GET /x","body":[{"id":1},{"id":2}]}' \
	    '{"on":"GET /x/2","body":{"id":2}}' \
	    '{"on":"GET /x/*","status":404}' \
	    '{"on":"GET /old","times":1,"body":[{"id":5},{"id":6}]}' \
	    '{"on":"GET /old","times":1,"body":[{"id":6}]}' \
	    '{"on":"GET /old","body":[{"id":5}]}'
	config <<-'EOT'
	streams:
	  x: {get: /x, one: '/x/\($id)'}
	  old: {get: /old, as: x, one: null}
	  gone: {get: /gone, as: x, gone: true, only: poll}
	EOT
	conn-load wiki.yml | conn-bulk wiki.yml
	# the listing misses one
	run --separate-stderr conn-sync wiki.yml
	check 0
	conn-slim --index wiki.yml >known
	eq 'x/1 x/2 x/5 x/6' "$(ids known | sort | paste -sd ' ')"
	printf '{"id":"wiki:x/%s"}\n' 2 5 6 >list
	tool 0 conn-load --ids list
	eq 'x/2 x/5' "$(ids out | paste -sd ' ')"
	eq 0 "$(asked | grep -c gone)"
}
