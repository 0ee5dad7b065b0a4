#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The driver rest: positions that the server gives, and those of scopes.

load helper
load rest

prepare() { serve; }

delta() {
	config <<-'EOT'
	streams:
	  files:
	    get: /drives/\($p)/delta
	    for: [a, b]
	    scope: $p
	    items: .value[]
	    next: ."@next"
	    mark: ."@delta"
	    gone: .deleted != null
	    poll: {get: \($mark)}
	EOT
}

drives() {
	plan '{"on":"GET /drives/a/delta","query":{"t":"2"},"body":{"value":[{"id":2}],"@delta":"$URL/since/a1"}}' \
	    '{"on":"GET /drives/a/delta","body":{"value":[{"id":1},{"id":9,"deleted":{}}],"@next":"$URL/drives/a/delta?t=2"}}' \
	    '{"on":"GET /drives/b/delta","body":{"value":[],"@delta":"$URL/since/b1"}}' \
	    '{"on":"GET /since/a1","body":{"value":[{"id":1,"deleted":{}},{"id":3,"at":"2001-01-01"}],"@delta":"$URL/since/a2"}}' \
	    '{"on":"GET /since/b1","body":{"value":[]}}'
}

@test "a delta link: a mark for each scope, polled with it" {
	drives
	delta
	tool 0 conn-load
	eq "files/a/1 files/a/2" "$(ids out | paste -sd ' ')"
	eq '{"a":"/since/a1","b":"/since/b1"}' \
	    "$(ctl state out | jq -c --arg u "$URL" '.value.marks | map_values(ltrimstr($u))')"
	conn-bulk wiki.yml <out
	tool 0 conn-poll
	eq files/a/3 "$(ids out)"
	eq '{"id":"wiki:files/a/1"}' "$(ctl delete out)"
	tool 0 conn-check
	jq -es 'any(.check == "streams.files" and .ok)' out
	tool 0 conn-poll
	# the old mark stays where no new one came
	eq '{"a":"/since/a2","b":"/since/b1"}' \
	    "$(ctl state out | jq -c --arg u "$URL" '.value.marks | map_values(ltrimstr($u))')"
}

@test "a mark that is refused: 3, and conn-sync --poll does a full sync" {
	drives
	delta
	conn-load wiki.yml | conn-bulk wiki.yml
	sed -i '/GET .since.a1/s/.*/{"on":"GET \/since\/a1","status":410}/' plan
	tool 3 conn-poll
	grep 'run a full sync' err
	eq true "$(jq 'select(._ctl == "end").full' out)"
	run --separate-stderr conn-sync --poll wiki.yml
	check 0
	eq "GET /drives/b/delta" "$(asked | tail -n 1)"
}

@test "a scope without a mark is new, and is read as a load reads it" {
	drives
	delta
	sed -i 's/for: \[a, b\]/for: [b]/' wiki.yml
	conn-load wiki.yml | conn-bulk wiki.yml
	: >log
	# as a parent that was listed later: the config itself is the same
	jq -nc --arg u "$URL" '{v: 1, state: {files: {marks: {b: ($u + "/since/b1")}}},
	    source: {url: $u, streams: {files: {
	    get: "/drives/\\($p)/delta", for: ["a", "b"],
	    scope: "$p", items: ".value[]", next: ".\"@next\"", mark: ".\"@delta\"",
	    gone: ".deleted != null", poll: {get: "\\($mark)"}}}}}' |
	    "$CONN_BUILD/libexec/conn/conn-source-rest" poll >out
	eq "files/a/1 files/a/2" "$(jq -r '.id // empty' out | paste -sd ' ')"
	eq '["a","b"]' "$(jq -c '.state.value.marks // empty | keys' out)"
}

@test "before: the load's mark is asked for before anything is listed" {
	plan '{"on":"GET /changes/start","body":{"token":"t1"}}' \
	    '{"on":"GET /files","body":{"files":[{"id":"f1"}]}}' \
	    '{"on":"GET /changes","query":{"pageToken":"t1"},"body":{"changes":[{"fileId":"f1","removed":true},{"fileId":"f2","file":{}}],"nextPageToken":"t1b"}}' \
	    '{"on":"GET /changes","query":{"pageToken":"t1b"},"body":{"changes":[],"newStart":"t2"}}'
	config <<-'EOT'
	streams:
	  files:
	    get: /files
	    items: .files[]
	    before: {get: /changes/start, mark: .token}
	    poll:
	      get: /changes
	      query: {pageToken: "\\($mark)"}
	      items: .changes[]
	      next: 'if .nextPageToken then {query: {pageToken: .nextPageToken}} else null end'
	      mark: .newStart
	      id: .fileId
	      gone: .removed or .file.trashed
	EOT
	tool 0 conn-load
	eq "GET /changes/start" "$(asked | head -n 1)"
	eq '{"stream":"files","value":{"marks":{"":"t1"}}}' "$(ctl state out)"
	conn-bulk wiki.yml <out
	: >log
	tool 0 conn-poll
	eq files/f2 "$(ids out)"
	eq '{"id":"wiki:files/f1"}' "$(ctl delete out)"
	eq '{"stream":"files","value":{"marks":{"":"t2"}}}' "$(ctl state out)"
	eq 2 "$(asked | wc -l)"
}

@test "a poll that skips a scope keeps its mark" {
	drives
	delta
	conn-load wiki.yml | conn-bulk wiki.yml
	sed -i '/GET .since.a1/s/.*/{"on":"GET \/since\/a1","status":403}/' plan
	sed -i 's/gone: .deleted/status: {403: skip}\n      &/' wiki.yml
	conn-load wiki.yml | conn-bulk wiki.yml
	tool 1 conn-poll
	eq '{"prefix":"wiki:files/a/","code":"http_403"}' "$(ctl fail out)"
	eq /since/a1 "$(ctl state out | jq -r --arg u "$URL" '.value.marks.a | ltrimstr($u)')"
}

@test "a poll that does not come to a scope keeps its mark" {
	plan '{"on":"GET /p","query":{"page":"2"},"status":403}' \
	    '{"on":"GET /p","times":1,"body":[{"k":"a"},{"k":"b"}]}' \
	    '{"on":"GET /p","times":2,"body":[{"k":"a"}],"headers":{"Link":"</p?page=2>; rel=next"}}' \
	    '{"on":"GET /p","body":[{"k":"a"}]}' \
	    '{"on":"GET /all/*","body":{"value":[{"id":1}],"mark":"m1"}}' \
	    '{"on":"GET /since/*","body":{"value":[],"mark":"m2"}}'
	config <<-'EOT'
	status: {403: skip}
	streams:
	  p: {get: /p, doc: false}
	  files:
	    for: p
	    scope: $p.k
	    get: /all/\($p.k)
	    items: .value[]
	    mark: .mark
	    poll: {get: '/since/\($p.k)', query: {m: '\($mark)'}}
	EOT
	conn-load wiki.yml | conn-bulk wiki.yml
	tool 1 conn-poll
	eq '{"prefix":"wiki:files/","code":"parent"}' "$(ctl fail out)"
	eq '{"a":"m2","b":"m1"}' "$(ctl state out | jq -c .value.marks)"
	run -1 conn-bulk wiki.yml <out
	tool 1 conn-poll
	eq '{"a":"m2","b":"m1"}' "$(ctl state out | jq -c .value.marks)"
	run -1 conn-bulk wiki.yml <out
	# that of a parent that is no more goes
	tool 0 conn-poll
	eq '{"a":"m2"}' "$(ctl state out | jq -c .value.marks)"
}

@test "before that is refused: its scope is skipped, the others are read" {
	plan '{"on":"GET /start/b","status":403}' \
	    '{"on":"GET /start/*","body":{"token":"t1"}}' \
	    '{"on":"GET /list/*","body":[{"id":1}]}' \
	    '{"on":"GET /since","body":[]}'
	config <<-'EOT'
	streams:
	  files:
	    for: [a, b, c]
	    scope: $p
	    get: /list/\($p)
	    before: {get: /start/\($p), mark: .token, status: {403: skip}}
	    poll: {get: /since, query: {of: '\($p)', t: '\($mark)'}, mark: '"t2"'}
	EOT
	tool 1 conn-load
	eq 'files/a/1 files/c/1' "$(ids out | paste -sd ' ')"
	eq '{"prefix":"wiki:files/b/","code":"http_403"}' "$(ctl fail out)"
	eq '{"a":"t1","c":"t1"}' "$(ctl state out | jq -c .value.marks)"
	eq 0 "$(asked | grep -c list/b)"
	run -1 conn-bulk wiki.yml <out
	# without a mark it is new to a poll
	sed -i '/start.b/d' plan
	tool 0 conn-poll
	eq files/b/1 "$(ids out)"
	eq '{"a":"t2","b":"t1","c":"t2"}' "$(ctl state out | jq -c .value.marks)"
}

@test "a scope that is skipped after before has no mark" {
	plan '{"on":"GET /start/*","body":{"token":"t1"}}' \
	    '{"on":"GET /list/b","status":403}' \
	    '{"on":"GET /list/*","body":[{"id":1}]}' \
	    '{"on":"GET /since","body":[]}'
	config <<-'EOT'
	streams:
	  files:
	    for: [a, b, c]
	    scope: $p
	    get: /list/\($p)
	    status: {403: skip}
	    before: {get: /start/\($p), mark: .token}
	    poll: {get: /since, query: {of: '\($p)', t: '\($mark)'}, mark: '"t2"'}
	EOT
	tool 1 conn-load
	eq '{"a":"t1","c":"t1"}' "$(ctl state out | jq -cS .value.marks)"
	run -1 conn-bulk wiki.yml <out
	tool 1 conn-poll
	eq '{"a":"t2","c":"t2"}' "$(ctl state out | jq -cS .value.marks)"
	run -1 conn-bulk wiki.yml <out
	sed -i '/list.b/d' plan
	tool 0 conn-poll
	eq files/b/1 "$(ids out)"
}

# at HOUR LINE...: the server's clock then, and how it answers from now on.
at() {
	local line
	: >log
	: >plan
	for line in "${@:2}"; do
		plan "${line%\}},\"headers\":{\"Date\":\"Thu, 01 Jan 2026 $1:00:00 GMT\"}}"
	done
}

# Polled by time; what answers 403 is skipped.
two_scopes() {
	config <<-'EOT'
	status: {403: skip}
	streams:
	  x:
	    for: [a, b]
	    scope: $p
	    get: /\($p)
	    time: .t
	    poll: {query: {since: '\($since)'}}
	EOT
}

position() { ctl state out | jq -c .value; }

@test "times: a scope that a poll skips is read from the same time again" {
	local none='{"on":"GET /*","body":[]}' b='{"on":"GET /b","status":403}'
	at 10 '{"on":"GET /*","body":[{"id":1,"t":"2025-12-31T00:00:00Z"}]}'
	two_scopes
	conn-load wiki.yml | conn-bulk wiki.yml
	for hour in 12 13; do
		at $hour "$b" "$none"
		tool 1 conn-poll
		eq "2026-01-01T$hour:00:00Z {\"b\":\"2026-01-01T09:50:00Z\"}" \
		    "$(position | jq -r '"\(.since) \(.unread)"')"
		conn-bulk wiki.yml <out || [ $? -eq 1 ]
	done
	at 14 '{"on":"GET /*","body":[{"id":2,"t":"2026-01-01T11:00:00Z"}]}'
	tool 0 conn-poll
	eq 'GET /a?since=2026-01-01T12:50:00Z
GET /b?since=2026-01-01T09:50:00Z' "$(asked)"
	eq x/b/2 "$(ids out)"
	eq '{"since":"2026-01-01T14:00:00Z"}' "$(position)"
}

@test "times: a step that is skipped, of a clock before the server's -> all again" {
	local none='{"on":"GET /*","body":[]}'
	at 10 "$none"
	config <<-'EOT'
	status: {403: skip}
	streams:
	  x:
	    for: [b]
	    scope: $p
	    get: /\($p)
	    time: .t
	    poll: {step: 30d, query: {since: '\($since)'}}
	EOT
	conn-load wiki.yml | conn-bulk wiki.yml
	at 12 '{"on":"GET /b","query":{"since":"2026-03-02T09:50:00Z"},"status":403}' \
	    "$none"
	tool 1 conn-poll
	eq '{"b":"2026-01-01T09:50:00Z"}' "$(position | jq -c .unread)"
}

@test "times: a scope that a load skips is read as a whole by a poll" {
	at 10 '{"on":"GET /b","status":403}' '{"on":"GET /*","body":[]}'
	two_scopes
	tool 1 conn-load
	eq '{"since":"2026-01-01T10:00:00Z","unread":{"b":""}}' "$(position)"
	conn-bulk wiki.yml <out || [ $? -eq 1 ]
	at 12 '{"on":"GET /*","body":[{"id":1,"t":"2025-12-31T00:00:00Z"}]}'
	tool 0 conn-poll --since 2026-01-01T11:00:00Z
	eq '' "$(ids out)"
	: >log
	tool 0 conn-poll
	eq 'GET /a?since=2026-01-01T09:50:00Z
GET /b' "$(asked)"
	eq x/b/1 "$(ids out)"
	eq '{"since":"2026-01-01T12:00:00Z"}' "$(position)"
}

@test "times: scopes that a poll does not come to are read from the same time" {
	at 10 '{"on":"GET /p","body":[{"k":"a"},{"k":"b"}]}' '{"on":"GET /*","body":[]}'
	config <<-'EOT'
	status: {403: skip}
	streams:
	  p: {get: /p, doc: false}
	  x: {for: p, scope: $p.k, get: '/\($p.k)', time: .t}
	EOT
	conn-load wiki.yml | conn-bulk wiki.yml
	at 12 '{"on":"GET /p","status":403}'
	tool 1 conn-poll
	eq '{"since":"2026-01-01T12:00:00Z","unread":{"":"2026-01-01T09:50:00Z"}}' \
	    "$(position | tail -n 1)"
	conn-bulk wiki.yml <out || [ $? -eq 1 ]
	at 14 '{"on":"GET /p","body":[{"k":"b"}]}' \
	    '{"on":"GET /b","body":[{"id":1,"t":"2026-01-01T11:00:00Z"}]}'
	tool 0 conn-poll
	eq x/b/1 "$(ids out)"
	eq '{"since":"2026-01-01T14:00:00Z"}' "$(position | tail -n 1)"
}
