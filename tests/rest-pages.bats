#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The driver rest: further pages that are none, or have no end; scopes of another
# name.

load helper
load rest

prepare() { serve; }

@test "a link to the next page that leads nowhere: 3, not an end" {
	local link
	config <<<'streams: {t: {get: /t}}'
	for link in 'http://127.0.0.1:80:80/t' 'http://u:p@127.0.0.1/t' \
	    'http://h:99999/t' 'https://[::1/t' 'ftp://h/t' '//h:x/t'; do
		jq -nc --arg l "<$link>; rel=\"next\"" '{on: "GET /t",
		    body: [{id: 1}], headers: {Link: $l}}' >plan
		tool 3 conn-load
		eq false "$(ctl end out | jq .complete)"
	done
	grep 'h:x/t: not a URL to go to' err
	run ! grep -r u:p err
	plan '{"on":"GET /n","body":[{"id":1}],"headers":{"Link":"</n/2>; rel='"'next'"'"}}' \
	    '{"on":"GET /n/2","body":[{"id":2}]}'
	config <<<'streams: {n: {get: /n}}'
	tool 0 conn-load
	eq 'n/1 n/2' "$(ids out | paste -sd ' ')"
}

@test "pages that are all redirected to the first one: 3, not an end" {
	plan '{"on":"GET /t","query":{"page":"1"},"status":302,"headers":{"Location":"/t/"}}' \
	    '{"on":"GET /t","query":{"page":"2"},"status":302,"headers":{"Location":"/t/"}}' \
	    '{"on":"GET /t/","times":1,"body":{"v":[{"id":1}],"more":2}}' \
	    '{"on":"GET /t/","body":{"v":[{"id":1}]}}'
	config <<-'EOT'
	items: .v[]
	next: '.more | values | {query: {page: .}}'
	streams:
	  t: {get: /t, query: {page: 1}}
	EOT
	tool 3 conn-load
	grep 'streams.t: next: redirected to what was read before' err
}

@test "a scope that is skipped, where items name it otherwise: all stay" {
	plan '{"on":"GET /p/a","body":[{"id":1,"s":"A"}]}' \
	    '{"on":"GET /p/b","times":1,"body":[{"id":1,"s":"B"}]}' \
	    '{"on":"GET /p/b","status":403}'
	config <<-'EOT'
	status: {403: skip}
	streams:
	  t: {for: [b, a], get: '/p/\($p)', scope: '.s // $p'}
	EOT
	conn-load wiki.yml | conn-bulk wiki.yml
	conn-slim --index wiki.yml >known
	eq 't/A/1 t/B/1' "$(ids known | paste -sd ' ')"
	tool 1 conn-load
	same - <(ctl fail out) <<-'EOT'
	{"prefix":"wiki:t/b/","code":"http_403"}
	{"prefix":"wiki:t/","code":"scope"}
	EOT
	run -1 conn-diff known <out
	eq "" "$(jq -c 'select(._ctl == "delete")' <<<"$output")"
}

@test "a limit that each request reaches: its time is that of one of them" {
	for p in 1 2 3 4; do
		plan "{\"on\":\"GET /x\",\"query\":{\"page\":\"$p\"},\"times\":1,
		    \"status\":429,\"headers\":{\"Retry-After\":\"1\"}}" \
		    "{\"on\":\"GET /x\",\"query\":{\"page\":\"$p\"},\"body\":[{\"id\":$p}]}"
	done
	plan '{"on":"GET /x","body":[]}'
	config <<-'EOT'
	retry: 2s
	streams:
	  x: {get: /x, query: {page: 1}, next: 'pages("page")'}
	EOT
	tool 0 conn-load
	eq 'x/1 x/2 x/3 x/4' "$(ids out | paste -sd ' ')"
}

@test "an item that is nested too deep for programs: that one is a fail" {
	local open='{\"a\":' level deep
	printf -v deep '%400s' ''
	level="${deep// /$open}1${deep// /\}}"
	plan '{"on":"GET /x","body":"[{\"id\":1},{\"id\":2,\"t\":\"]\\\"{\",\"d\":'"$level"'},{\"id\":3}]"}'
	config <<-'EOT'
	streams:
	  x: {get: /x, items: '.[] | .k = 1', keep: '.k == 1', doc: '{t, k}'}
	  y: {get: /x}
	  z: {get: /x, time: '.none // null'}
	EOT
	tool 1 conn-load
	eq 'x/1 x/3 y/1 y/3 z/1 z/3' "$(ids out | paste -sd ' ')"
	eq '{"id":"wiki:x/2","code":"too_deep"}' "$(ctl fail out | head -1)"
	eq 3 "$(ctl fail out | grep -c too_deep)"
	tool 0 conn-slim
	eq 9 "$(ids out | wc -l)"
}

@test "an item of many levels is a fail of that one, however it comes" {
	local open='{\"a\":' deep elements
	printf -v elements '%150s' ''
	elements="<d><id>2</id>${elements// /<a>}${elements// /<\/a>}</d>"
	printf -v deep '%9000s' ''
	deep="{\\\"id\\\":2,\\\"d\\\":${deep// /$open}1${deep// /\}}}"
	plan '{"on":"GET /x","body":"[{\"id\":1},'"$deep"',{\"id\":3}]"}' \
	    '{"on":"GET /y","body":"{\"id\":1}\n'"$deep"'\n{\"id\":3}"}' \
	    '{"on":"GET /v","body":"<r><d><id>1</id></d>'"$elements"'<d><id>3</id></d></r>"}' \
	    '{"on":"GET /z","headers":{"Content-Type":"text/plain"},"body":"[{\"id\":1},'"$deep"',{\"id\":3}]"}'
	config <<-'EOT'
	streams:
	  x: {get: /x}
	  y: {get: /y, format: jsonl}
	  z: {get: /z}
	  text: {get: /x, items: '.[] | {id, d: tojson}'}
	  v: {get: /v, format: xml, items: '.r.d[]', id: '.id[0]."#text"'}
	EOT
	tool 1 conn-load
	eq 'x/1 x/3 y/1 y/3 z/1 z/3 text/1 text/3 v/1 v/3' "$(ids out | paste -sd ' ')"
	eq 'wiki:x/2 wiki:y/2 wiki:z/2 wiki:text/2 wiki:v/2' \
	    "$(ctl fail out | jq -r 'select(.code == "too_deep").id' | paste -sd ' ')"
}

@test "retry: 0s: what fails is not tried again" {
	plan '{"on":"GET /x","status":503}'
	config <<-'EOT'
	retry: 0s
	streams: {x: {get: /x}}
	EOT
	tool 75 conn-load
	eq 1 "$(wc -l <log)"
}

@test "a page that comes again for each number, or cursor: 3, not without end" {
	plan '{"on":"GET /n","body":[{"id":1},{"id":2}]}'
	config <<-'EOT'
	next: 'pages("page")'
	streams: {n: {get: /n}}
	EOT
	tool 3 timeout 30 conn-load
	grep 'come.* again and again: the pages go in a circle' err
	eq false "$(ctl end out | jq .complete)"
	: >plan
	for c in {1..40}; do
		plan "{\"on\":\"GET /c\",\"query\":{\"c\":\"$c\"},\"body\":{\"v\":[
		    {\"id\":$((c % 3))}],\"next\":$((c + 1))}}"
	done
	plan '{"on":"GET /c","body":{"v":[{"id":0}],"next":1}}'
	config <<-'EOT'
	items: .v[]
	next: '{query: {c: .next}}'
	streams: {c: {get: /c}}
	EOT
	tool 3 conn-load
	grep 'come.* again and again: the pages go in a circle' err
}
