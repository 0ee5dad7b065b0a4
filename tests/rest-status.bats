#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The driver rest: what goes wrong, and what is not deleted because of it.

load helper
load rest

prepare() { serve; }

# one stream x at /x, with these further keys of the stream
stream() { config <<<"streams: {x: {get: /x, $1}}"; }

link() { printf '"headers":{"Link":"<%s>; rel=\\"next\\""}' "$1"; }

@test "next to another host: 3, and nothing is sent there" {
	plan "{\"on\":\"GET /x\",\"body\":[{\"id\":1}],$(link http://other.example/x)}"
	stream ''
	tool 3 conn-load
	grep 'http://other.example/x: not on' err
	eq 3 "$(ctl end out | jq .status)"
}

@test "a redirect to another host: 3; on the same host it is followed" {
	plan '{"on":"GET /x","status":302,"headers":{"Location":"http://other.example/"}}'
	stream ''
	tool 3 conn-load
	printf '%s\n' '{"on":"GET /x","status":302,"headers":{"Location":"/y"}}' \
	    '{"on":"GET /y","body":[{"id":1}]}' >plan
	tool 0 conn-load
	eq x/1 "$(ids out)"
}

@test "a path that leads to another host: 3" {
	config <<<'streams: {x: {get: \("http://other.example/x")}}'
	tool 3 conn-load
	grep 'other.example/x: not on' err
}

@test "next that repeats a request is a circle: 3, not an end" {
	plan "{\"on\":\"GET /x\",\"query\":{\"p\":\"2\"},\"body\":[{\"id\":2}],$(link /x)}" \
	    "{\"on\":\"GET /x\",\"body\":[{\"id\":1}],$(link '/x?p=2')}"
	stream ''
	tool 3 conn-load
	grep 'the pages go in a circle' err
	eq false "$(ctl end out | jq .complete)"
	eq 2 "$(asked | wc -l)"
}

@test "a cursor that does not move is a circle, too" {
	plan '{"on":"POST /x","body":{"r":[{"id":1}],"next":"same"}}'
	config <<-'EOT'
	streams:
	  x: {post: /x, body: {n: 1}, items: ".r[]", next: "{body: {cursor: .next}}"}
	EOT
	tool 3 conn-load
	eq 2 "$(asked | wc -l)"
}

@test "total that is not reached: not complete, status 1, no state" {
	plan '{"on":"GET /x","body":{"r":[{"id":1}],"total":2}}'
	stream 'items: ".r[]", total: .total'
	tool 1 conn-load
	eq x/1 "$(ids out)"
	eq '{"complete":false,"status":1}' "$(ctl end out)"
	eq "" "$(ctl state out)"
	grep 'x: 1 items of the 2' err
	sed -i 's/"total":2/"total":1/' plan
	tool 0 conn-load
}

# two scopes, of which the second answers 403, with this status
scopes() {
	plan '{"on":"GET /a","body":[{"id":1}]}' '{"on":"GET /b","status":403}'
	config <<<"streams: {x: {get: /\\(\$p), for: [a, b], scope: \$p, status: {$1}}}"
}

@test "403 on one scope, skip: a fail with its prefix protects it" {
	scopes '403: skip'
	printf '%s\n' '{"on":"GET /*","body":[{"id":1},{"id":2}]}' >plan
	tool 0 conn-load
	conn-bulk wiki.yml <out
	: >plan
	scopes '403: skip'
	conn-slim --index wiki.yml >known
	for verb in load slim; do
		tool 1 conn-$verb
		eq x/a/1 "$(ids out)"
		eq '{"prefix":"wiki:x/b/","code":"http_403"}' "$(ctl fail out)"
		eq true "$(ctl end out | jq .complete)"
		run --separate-stderr conn-diff known <out
		check 1
		eq '["wiki:x/a/2"]' "$(ctl delete - <<<"$output" | jq -sc 'map(.id)')"
	done
}

@test "403 as empty: the scope was read, and its documents go" {
	scopes '403: skip'
	printf '%s\n' '{"on":"GET /*","body":[{"id":1}]}' >plan
	conn-load wiki.yml | conn-bulk wiki.yml
	: >plan
	scopes '403: empty'
	conn-slim --index wiki.yml >known
	tool 0 conn-load
	eq "" "$(ctl fail out)"
	eq wiki:x/b/1 "$(conn-diff known <out | jq -r 'select(._ctl == "delete").id')"
}

@test "403 without a word: 3; 404: 2" {
	scopes ''
	tool 3 conn-load
	grep '/b: HTTP 403' err
	sed -i s/403/404/ plan
	tool 2 conn-load
}

@test "skip without scope forbids all deletes of the stream" {
	plan '{"on":"GET /x","status":403}' '{"on":"GET /y","body":[]}'
	config <<<'streams: {x: {get: /x, status: {4xx: skip}}, y: {get: /y}}'
	tool 1 conn-slim
	eq '{"prefix":"wiki:x/","code":"http_403"}' "$(ctl fail out)"
}

@test "parents that are listed half: their children are all protected" {
	plan "{\"on\":\"GET /p\",\"query\":{\"n\":\"2\"},\"status\":403}" \
	    "{\"on\":\"GET /p\",\"body\":[{\"id\":1}],$(link '/p?n=2')}" \
	    '{"on":"GET /c/1","body":[{"id":7}]}'
	config <<-'EOT'
	streams:
	  p: {get: /p, status: {403: skip}, doc: false}
	  c: {get: /c/\($p.id), for: p, scope: $p.id}
	  d: {get: /c/\($p.id), for: p, scope: $p.id}
	EOT
	for verb in load slim; do
		tool 1 conn-$verb
		eq "c/1/7 d/1/7" "$(ids out | paste -sd ' ')"
		eq '["wiki:c/","wiki:d/"]' "$(ctl fail out | jq -sc 'map(.prefix)')"
	done
}

@test "with fails for one item: that one is a fail, the others come" {
	plan '{"on":"GET /x","body":[{"id":1},{"id":2}]}' \
	    '{"on":"GET /k/1","status":403}' '{"on":"GET /k/2","body":[]}'
	stream 'with: {k: {get: /k/\($p.id)}}'
	tool 1 conn-load
	eq x/2 "$(ids out)"
	eq '{"id":"wiki:x/1","code":"http_403"}' "$(ctl fail out)"
	sed -i 's/403/401/' plan
	tool 3 conn-load
}

@test "with: an answer of another form, a web page: a fail of that one" {
	plan '{"on":"GET /x","body":[{"id":1},{"id":2},{"id":3}]}' \
	    '{"on":"GET /k/1","body":{"error":"no"}}' \
	    '{"on":"GET /k/2","body":{"r":[]}}' \
	    '{"on":"GET /k/3","body":"<html><body>hello</body></html>","type":"text/html"}'
	stream 'with: {k: {get: /k/\($p.id), items: ".r[]"}}'
	tool 1 conn-load
	eq x/2 "$(ids out)"
	eq '["wiki:x/1","wiki:x/3"]' "$(ctl fail out | jq -sc 'map(.id)')"
}

@test "with: more than 16 levels are a fail" {
	plan '{"on":"GET /x","body":[{"id":1}]}' '{"on":"GET /k","body":[{"more":true}]}'
	stream 'with: {k: {get: /k, again: .more}}'
	tool 1 conn-load
	eq '{"id":"wiki:x/1","code":"too_deep"}' "$(ctl fail out)"
	eq 18 "$(asked | wc -l)"
}

@test "empty after it gave something: it was not read as a whole" {
	plan "{\"on\":\"GET /x\",\"query\":{\"p\":\"2\"},\"status\":410}" \
	    "{\"on\":\"GET /x\",\"body\":[{\"id\":1}],$(link '/x?p=2')}"
	stream 'status: {410: empty, 4xx: stop}'
	tool 1 conn-slim
	eq '{"prefix":"wiki:x/","code":"http_410"}' "$(ctl fail out)"
	sed -i 's/"p":"2"},/"p":"3"},/; s/"body"/"status":410,&/' plan
	tool 0 conn-slim
	eq "" "$(ids out)"
}

@test "no body after it gave something: it was not read as a whole" {
	plan '{"on":"GET /x","query":{"p":"3"},"status":204}' \
	    "{\"on\":\"GET /x\",\"query\":{\"p\":\"2\"},\"body\":[{\"id\":2}],$(link '/x?p=3')}" \
	    "{\"on\":\"GET /x\",\"body\":[{\"id\":1}],$(link '/x?p=2')}"
	stream ''
	tool 1 conn-slim
	eq '{"prefix":"wiki:x/","code":"http_204"}' "$(ctl fail out)"
	sed -i 's|"status":204|"type":"application/x-ndjson","body":""|' plan
	tool 1 conn-slim
	eq '{"prefix":"wiki:x/","code":"http_200"}' "$(ctl fail out)"
	stream 'next: pages("p")'
	tool 0 conn-slim
	eq 'x/1 x/2' "$(ids out | xargs)"
}

@test "an empty body is an answer only where the status says so" {
	plan '{"on":"GET /x","body":""}'
	stream ''
	tool 3 conn-load
	sed -i 's/"body":""/"status":204,&/' plan
	tool 0 conn-load
}

@test "200 with an error for a body: 3, not an empty listing" {
	plan '{"on":"GET /x","body":{"error":"no"}}'
	stream 'items: ".r[]"'
	tool 3 conn-load
	grep 'streams.x: items' err
	stream 'items: ".r | map(.)[]"'
	tool 3 conn-load
}

@test "200 with an error for a body: status can say what it is" {
	plan '{"on":"GET /x","times":1,"body":{"ok":false,"error":"ratelimited"},"headers":{"Retry-After":"0"}}' \
	    '{"on":"GET /x","body":{"ok":true,"r":[{"id":1}]}}'
	config <<-'EOT'
	streams:
	  x:
	    get: /x
	    items: .r[]
	    status:
	      200: 'if .ok then "ok" elif .error == "ratelimited" then "retry" else "stop" end'
	EOT
	tool 0 conn-load
	eq x/1 "$(ids out)"
	echo '{"on":"GET /x","body":{"ok":false,"error":"bad"}}' >plan
	tool 3 conn-load
	sed -i 's/"stop"/"what"/' wiki.yml
	tool 3 conn-load
	grep 'status.200: its program gave no action' err
}

@test "a web page in place of the answer: 3" {
	plan '{"on":"GET /x","body":"<!DOCTYPE html><html><form><input type=password></form></html>","type":"text/html"}'
	stream ''
	tool 3 conn-load
	grep 'login page' err
}

@test "429: waits as the server asks, and goes on" {
	plan '{"on":"GET /x","times":2,"status":429,"headers":{"Retry-After":"1"}}' \
	    '{"on":"GET /x","body":[{"id":1}]}'
	stream ''
	local start=$EPOCHREALTIME
	tool 0 conn-load
	eq x/1 "$(ids out)"
	eq 3 "$(asked | wc -l)"
	jq -en "$EPOCHREALTIME - $start >= 1.5"
}

@test "an answer that is asked for again needs no Date" {
	plan '{"on":"GET /t","status":503,"times":1,"headers":{"Date":null}}' '{"on":"GET /t","body":[]}'
	config <<<'streams: {t: {get: /t}}'
	tool 0 conn-load
	eq t "$(ctl state out | jq -r .stream)"
}

@test "429 without Retry-After: tried again" {
	plan '{"on":"GET /x","times":1,"status":429}' '{"on":"GET /x","body":[{"id":1}]}'
	stream ''
	tool 0 conn-load
	eq 2 "$(asked | wc -l)"
}

@test "a limit that is reached is waited for, whatever 403 means" {
	plan '{"on":"GET /x","times":1,"status":403,"headers":{"X-RateLimit-Remaining":"0","Retry-After":"1"}}' \
	    '{"on":"GET /x","body":[{"id":1}]}'
	stream 'status: {403: skip}'
	tool 0 conn-load
	eq x/1 "$(ids out)"
}

@test "5xx until the time for it is spent: 75; a closed port, too" {
	plan '{"on":"GET /x","status":503}'
	stream ''
	sed -i 's/^source:/&\n  retry: 2s/' wiki.yml
	tool 75 conn-load
	grep 'HTTP 503' err
	eq 75 "$(ctl end out | jq .status)"
	[ "$(asked | wc -l)" -gt 1 ]
	kill "$(cat pid)"
	tail --pid="$(cat pid)" -f /dev/null
	rm pid
	tool 75 conn-load
}

@test "retry/skip: tried first, then the scope is passed over" {
	plan '{"on":"GET /a","status":500}' '{"on":"GET /b","body":[{"id":1}]}'
	config <<-'EOT'
	retry: 2s
	streams:
	  x: {get: /\($p), for: [a, b], scope: $p, status: {5xx: retry/skip}}
	EOT
	tool 1 conn-load
	eq x/b/1 "$(ids out)"
	eq '{"prefix":"wiki:x/a/","code":"http_500"}' "$(ctl fail out)"
	[ "$(asked | grep -c a)" -gt 1 ]
}

@test "the connection breaks off: tried again" {
	plan '{"on":"GET /x","times":1,"cut":3,"body":[{"id":1}]}' '{"on":"GET /x","body":[{"id":1}]}'
	stream ''
	tool 0 conn-load
	eq x/1 "$(ids out)"
}

@test "kill -9 between two pages: no end, no state, nothing is deleted" {
	plan "{\"on\":\"GET /x\",\"query\":{\"p\":\"2\"},\"hang\":\"go\",\"body\":[]}" \
	    "{\"on\":\"GET /x\",\"body\":[{\"id\":1}],$(link '/x?p=2')}"
	stream ''
	conn-load wiki.yml >out 2>err 3>&- &
	local load=$!
	eventually grep -q '"p"' log
	pkill -9 -P "$load" || kill -9 "$load"
	run wait "$load"
	touch go
	[[ $(ctl end out) != *'"complete":true'* ]]
	eq "" "$(ctl state out)"
}

@test "ids with / : % é, as text and as number; an item without one" {
	plan '{"on":"GET /x","body":"[{\"id\":\"a/b:%é\"},{\"id\":12},{\"id\":\"13\"},{\"id\":9007199254740993}]"}'
	stream ''
	tool 0 conn-load
	eq 'x/a%2Fb:%25é x/12 x/13 x/9007199254740993' "$(ids out | paste -sd ' ')"
	stream 'keep: true or .k'
	tool 0 conn-slim
	eq 'x/a%2Fb:%25é x/12 x/13 x/9007199254740993' "$(ids out | paste -sd ' ')"
	for bad in '{}' '{"id":null}' '{"id":""}' '{"id":1.5}' '{"id":[1]}'; do
		echo "{\"on\":\"GET /x\",\"body\":[{\"id\":1},$bad]}" >plan
		for verb in load slim; do
			tool 1 conn-$verb
			eq x/1 "$(ids out)"
			eq '{"prefix":"wiki:x/","code":"no_id"}' "$(ctl fail out)"
		done
	done
}

@test "a program that fails on one item: that one is a fail" {
	plan '{"on":"GET /x","body":[{"id":1,"n":1},{"id":2,"n":"a"},{"id":3,"n":3}]}'
	for keys in 'keep: .n + 1 > 0' 'gone: .n + 1 < 0' 'doc: "{n: (.n + 1)}"' \
	    "doc: '.n | if type == \"string\" then . else {} end'" \
	    "doc: '.n | if type == \"string\" then ({}, {}) else {} end'"; do
		stream "$keys"
		tool 1 conn-load
		eq "x/1 x/3" "$(ids out | paste -sd ' ')"
		eq wiki:x/2 "$(ctl fail out | jq -r .id)"
	done
	echo '{"on":"GET /x","body":[{"id":1,"n":1},{"id":2,"n":"soon"}]}' >plan
	stream 'time: .n'
	tool 1 conn-load
	eq '{"id":"wiki:x/2","code":"bad_timestamp"}' "$(ctl fail out | tail -n 1)"
}

@test "endless jq is stopped after 10 s, and is that item's fail" {
	plan '{"on":"GET /x","body":[{"id":1},{"id":2,"loop":true},{"id":3}]}'
	stream 'doc: "if .loop then last(range(1e15)) else . end"'
	tool 1 conn-load
	eq "x/1 x/3" "$(ids out | paste -sd ' ')"
	eq wiki:x/2 "$(ctl fail out | jq -r .id)"
}

@test "an integer beyond 2^53 is never rounded" {
	plan '{"on":"GET /x","body":"[{\"id\":9007199254740993,\"n\":9007199254740995}]"}'
	stream 'doc: "{n}"'
	tool 0 conn-load
	eq '{"_id":"wiki:x/9007199254740993","_stream":"x","n":"9007199254740995"}' "$(grep '"_id"' out)"
}

@test "nor is a decimal that a double does not give back" {
	plan '{"on":"GET /x","body":"[{\"id\":1,\"a\":12345678901234.123456789,\"b\":0.1,\"c\":1.10}]"}'
	stream 'doc: "{a, b, c}"'
	tool 0 conn-load
	eq '{"_id":"wiki:x/1","_stream":"x","a":"12345678901234.123456789","b":0.1,"c":1.1}' "$(grep '"_id"' out)"
}

@test "an error's own words are shown, cut and cleaned, secrets masked" {
	config <<-'EOT'
	auth: {bearer: {env: TOKEN}}
	headers: {X-Key: {env: KEY}}
	streams: {x: {get: /x}}
	EOT
	export TOKEN=t0ps3cret KEY=k3yk3y
	while IFS='|' read -r body want; do
		jq -nc --arg b "$body" '{on: "GET /x", status: 400, body: $b}' >plan
		tool 2 conn-load
		grep -Fx "conn-load: driver rest: $URL/x: HTTP 400$want" err ||
			{ echo "$body"; cat err; return 1; }
	done <<-'EOT'
	{"message":"no such table"}|: no such table
	{"error":"invalid_grant","error_description":"was\nrevoked"}|: invalid_grant: was revoked
	{"error":{"code":403,"message":"API is off"}}|: API is off
	{"errors":[{"message":"first"},{"message":"second"}]}|: first
	[{"errorCode":"INVALID","message":"bad \u001b[31mfield"}]|: bad \x1b[31mfield
	{"errorMessages":[],"errors":{"jql":"is wrong"}}|: is wrong
	{"detail":"echo t0ps3cret and k3yk3y"}|: echo *** and ***
	{"data":[{"secret":"content"}]}|
	{"message":"cut|
	plain words|: plain words
	<html><head><title>Down for a while</title></head><p>content</p>|: Down for a while
	<xml>content</xml>|
	|
	EOT
	jq -nc '{on: "GET /x", status: 400, body: {message: ("é" * 300)}}' >plan
	tool 2 conn-load
	eq 200 "$(sed 's/.*HTTP 400: //' err | tr -d '\n' | wc -c)"
}

@test "an error's own words are in the fail of a scope, masked" {
	plan '{"on":"GET /x","status":403,"body":{"message":"no t0ps3cret, no k3yk3y"}}'
	config <<-'EOT'
	auth: {bearer: {env: TOKEN}}
	headers: {X-Key: {env: KEY}}
	streams: {x: {get: /x, status: {403: skip}}}
	EOT
	export TOKEN=t0ps3cret KEY=k3yk3y
	tool 1 conn-load -vv
	eq "$URL/x: HTTP 403: no ***, no ***" \
	    "$(jq -r 'select(._ctl == "fail").message' out)"
	run ! grep -E 't0ps3cret|k3yk3y' out err
	echo '{"on":"GET /x","status":503,"body":{"message":"maintenance"}}' >plan
	sed -i 's/^source:/&\n  retry: 1s/' wiki.yml
	tool 75 conn-load
	grep 'HTTP 503: maintenance, and no end of it' err
}

@test "programs of status see the settings, the parent and since" {
	mkdir drivers
	chmod 755 drivers
	cat >drivers/own.yml <<-EOT
	settings: {strict: {type: boolean}}
	url: $URL
	status:
	  404: 'if \$p == "a" and \$c.strict and \$since == null then "empty" else "skip" end'
	streams: {x: {get: /\\(\$p), for: [a, b], scope: \$p}}
	EOT
	export CONN_DRIVER_PATH=$PWD/drivers
	printf 'name: wiki\nsource: {type: own, strict: true}\n' >wiki.yml
	plan '{"on":"GET /*","status":404}'
	tool 1 conn-load
	eq '{"prefix":"wiki:x/b/","code":"http_404"}' "$(ctl fail out)"
}

@test "denied: what a 200 says of credentials ends as a 401 does" {
	plan '{"on":"GET /x","body":{"ok":false,"error":"invalid_auth"}}'
	config <<-'EOT'
	auth: {bearer: {env: TOKEN}}
	streams:
	  x:
	    get: /x
	    items: .r[]
	    status: {200: 'if .ok then "ok" else "denied" end'}
	EOT
	export TOKEN=t0ps3cret
	tool 3 conn-load
	grep 'HTTP 200, the credentials do not do: invalid_auth' err
	eq 1 "$(asked | wc -l)"
}

@test "denied: a token is renewed once, in with, too" {
	plan '{"on":"POST /token","times":1,"body":{"access_token":"a1","expires_in":3600}}' \
	    '{"on":"POST /token","body":{"access_token":"a2","expires_in":3600}}' \
	    '{"on":"GET /x","body":{"ok":true,"r":[{"id":1}]}}' \
	    '{"on":"GET /k","header":{"authorization":"Bearer a2"},"body":{"ok":true,"r":[7]}}' \
	    '{"on":"GET /k","body":{"ok":false,"error":"token_expired"}}'
	config <<-'EOT'
	auth:
	  oauth:
	    url: $URL/token
	    grant: client_credentials
	    client_id: me
	    client_secret: {env: CS}
	items: .r[]
	status: {200: 'if .ok then "ok" else "denied" end'}
	streams: {x: {get: /x, with: {k: {get: /k}}}}
	EOT
	export CS=cl1ents3cret
	tool 0 conn-load
	eq '[7]' "$(jq -c 'select(._id).k' out)"
	eq 2 "$(asked | grep -c token)"
	sed -i 's/Bearer a2/Bearer a3/' plan
	: >log
	tool 3 conn-load
	eq 'POST /token GET /x GET /k POST /token GET /k' "$(asked | paste -sd ' ')"
	grep 'the credentials do not do: token_expired' err
}

@test "wait: the least before another try, where the server is silent" {
	plan '{"on":"GET /x","times":1,"status":429}' '{"on":"GET /x","body":[{"id":1}]}'
	config <<<$'wait: 3s\nstreams: {x: {get: /x}}'
	local start=$EPOCHREALTIME
	tool 0 conn-load
	jq -en "$EPOCHREALTIME - $start >= 3"
	config <<<$'wait: soon\nstreams: {x: {get: /x}}'
	tool 2 conn-load
	grep 'source.wait' err
}
