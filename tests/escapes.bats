#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Text of others in messages: it neither steers the terminal nor looks like a
# message of ours, wherever it comes from. And what comes from a document or a
# server makes no header.

load helper
load lines
load rest


# Title, cursor, bell, carriage return, a line of its own, DEL, C1 as one byte
# and in UTF-8, an override of the writing direction, a line separator.
EVIL=$'x\e]0;t\a\e[2J\r\nconn-bulk: all is well\x7f\xc2\x9b31m\xe2\x80\xae\xe2\x80\xa8y'
JSON='x\u001b]0;t\u0007\u001b[2J\r\nconn-bulk: all is well\u007f\u009b31m\u202e\u2028y'

prepare() {
	lines_driver '"ids":true'
	touch err
}

# Runs it, adds what it said to err; any status but a signal's.
say() {
	local status=0
	"$@" >>out 2>>err </dev/null || status=$?
	[ $status -lt 128 ] || { echo "$* -> $status"; return 1; }
}

# clean [FILE]: nothing in it steers a terminal.
clean() {
	local bad='[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]'
	bad+='|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]'
	! LC_ALL=C grep -anP "$bad" "${1:-err}" || return 1
	! grep -an '^conn-bulk: all is well' "${1:-err}"
}

# told WORD: some message has it, so that something was shown at all.
told() { grep -qF "$1" err || { cat err; return 1; }; }

@test "escapes: a driver's lines and messages" {
	local e=\"$JSON\"
	printf '%s\n' "{\"fail\":{\"id\":$e,\"code\":$e,\"message\":$e}}" \
	    "{\"id\":\"$JSON\",\"stream\":\"$JSON\",\"doc\":{\"title\":\"$JSON\"}}" >d/load
	cp d/load d/slim
	cat >>wiki.yml <<-'EOF'
	rules: [{id: "r\e[2J", policy: exclude, field: title, rule: contains, value: x, order: 1}]
	EOF
	for line in "{\"id\":\"$JSON\",\"$JSON\":1}" "{\"fail\":{\"id\":\"$JSON\"}}" "$JSON" \
	    "{\"state\":{\"stream\":\"$JSON\",\"value\":1e5}}" "$EVIL" \
	    "{\"id\":\"a\",\"doc\":{\"_id\":\"$JSON\",\"a\":}}"; do
		say conn-load -vvx wiki.yml
		say conn-slim -vvx wiki.yml
		say conn-check -d wiki.yml
		say conn-sync -vvx wiki.yml
		printf '%s\n' "$line" >d/load
	done
	printf '#!/bin/sh\n%s >&2; exit 3\n' "printf '%s' '$EVIL'" >d/conn-source-lines
	say conn-load wiki.yml
	say conn-spec lines
	told '\x1b'
	clean
}

@test "escapes: what a driver tells of itself" {
	local t=${JSON//\\/\\\\}
	sed -i "s|\"Lines\"|\"$t\"|; s|\"word\":{|&\"title\":\"$t\",\"description\":\"$t\",|" \
	    d/spec.json
	printf '{"check":"%s","ok":false,"message":"%s"}\n' "$JSON" "$JSON" >d/check
	printf '{"stream":"%s","id":["%s"],"fields":[{"name":"%s","type":"string"}]}\n' \
	    "$JSON" "$JSON" "$JSON" >d/discover
	sed -i 's/"check",/&"discover",/' d/spec.json
	say conn-check -vv wiki.yml
	say conn-check -d wiki.yml
	for arg in '' lines '-t lines' '-D wiki.yml'; do
		# shellcheck disable=SC2086
		say conn-spec $arg
	done
	told '\x1b'
	clean
	clean out
	# the text itself is what it was
	eq "\"$(jq -r .stream <<<"{\"stream\":\"$JSON\"}")\"" \
	    "\"$(grep '^{"stream"' out | jq -r .stream)\""
	grep -q '^# ' out
}

@test "escapes: config files, their names, options" {
	local file=$'w\e[2J\x7f\xc2\x9b.yml'
	for text in "$EVIL: 1" "source: {type: \"$JSON\"}" "source: {type: lines, \"$JSON\": 1}" \
	    "source: {type: lines, word: {a: \"$JSON\"}}" "name: \"$JSON\"" \
	    "map: \"$JSON\"" 'rules: [{id: "\e[2J", field: "\e[2J", rule: "\e[2J"}]' \
	    "index: {type: \"$JSON\"}" \
	    "index: {type: elasticsearch, name: i, url: \"http://$JSON\"}" \
	    "index: {type: elasticsearch, name: \"$JSON\", url: \"http://127.0.0.1:9\"}" \
	    "source: {type: lines, password: {env: \"$JSON\"}}" \
	    "source: {type: lines, password: {file: \"$JSON\"}}" \
	    "source: {type: lines, password: {cmd: [\"$JSON\"]}}"; do
		printf '%s\n' "$text" >"$file"
		say conn-load "$file"
		say conn-check "$file"
		say conn-sync "$file"
	done
	say conn-load "$EVIL"
	say conn-load "--$EVIL"
	say conn-load -s "$EVIL" wiki.yml
	say conn-diff "$EVIL"
	say conn-spec "$EVIL"
	told '\x1b'
	clean
}

@test "escapes: a stream" {
	local time='"time":"2026-01-01T00:00:00Z"' index
	local begin='{"_ctl":"begin","v":1,"mode":"load","scope":"all","run":"%s",
"source":"%s","index":"%s","base":null,'$time'}\n'
	local end='{"_ctl":"end","complete":false,"status":75,"documents":0,"ids":0,"deletes":0,
"fails":0,"digest":"00000000000000000000000000000000",'$time',"message":"'$JSON'"}'
	begin=${begin//$'\n'} end=${end//$'\n'}
	index=$(conn-load wiki.yml | jq -r 'select(.index).index')
	# shellcheck disable=SC2059
	for line in "{\"_id\":\"$JSON\",\"a\":1}" "{\"_ctl\":\"$JSON\"}" "$EVIL" \
	    "{\"_ctl\":\"delete\",\"id\":\"$JSON\"}" "{\"_id\":\"wiki:$JSON\",\"_$JSON\":1}" \
	    "{\"_ctl\":\"fail\",\"id\":\"wiki:$JSON\",\"code\":\"$JSON\"}" "$end"; do
		for source in wiki "$JSON"; do
			{
				printf "$begin" "$JSON" "$source" "${index//\//\/}"
				printf '%s\n' "$line" "$end"
			} >stream
			say sh -c 'conn-bulk -vv wiki.yml <stream'
			say sh -c 'conn-diff -vvx stream <stream'
			say sh -c 'conn-load -vvx -i - wiki.yml <stream'
			say conn-load -vvx -i stream wiki.yml
		done
	done
	told '\x1b'
	clean
}

@test "escapes: names of files" {
	mkdir -p "files/$EVIL"
	for f in a "$EVIL/b" $'c\e[2J.gz'; do echo text >"files/$f"; done
	printf '\x1f\x8b\e[2J\r\n' >$'files/c\e[2J.gz'
	chmod 000 "files/$EVIL/b"
	echo 'source: {type: directory, path: files}' >wiki.yml
	say conn-load -vvx wiki.yml
	say conn-slim -vvx wiki.yml
	say conn-sync -vvx wiki.yml
	rm -r files
	mkdir f
	printf '{"a":\e[2J}\n' >$'f/\e[2J.ndjson'
	printf '%s\n' "$EVIL,$EVIL" "$EVIL" >$'f/\e[2J.csv'
	for at in ndjson csv; do
		printf 'source: {type: file, path: "f/*.%s", id: a}\n' $at >wiki.yml
		say conn-load -vv wiki.yml
		say conn-check wiki.yml
	done
	told '\x1b'
	clean
}

@test "escapes: what servers say" {
	serve
	config <<-'EOF'
	streams: {x: {get: /x}}
	EOF
	echo "index: {type: elasticsearch, url: $URL, name: wiki, retry: 1s}" >>wiki.yml
	for body in "{\"error\":\"$JSON\"}" "\"$JSON\"" "{\"$JSON\":1}" \
	    '"<html><title>\u001b[2J\u009b</title>"' \
	    "{\"error\":{\"type\":\"$JSON\",\"reason\":\"$JSON\"}}"; do
		for status in 400 200; do
			printf '{"on":"%s /*","status":%s,"body":%s,"headers":{"X-A":"\\u001b[2J"}}\n' \
			    GET $status "$body" PUT $status "$body" POST $status "$body" >plan
			say conn-load -vv wiki.yml
			say conn-slim -I -vv wiki.yml
		done
		echo '{"on":"GET /*","status":302,"headers":{"Location":"/\u001b[2J\u009b"}}' \
		    >plan
		say conn-load -vv wiki.yml
	done
	say conn-check -vv wiki.yml
	told '\x1b'
	clean
}

@test "injection: a document, a server's token, a setting -> no header" {
	serve
	plan '{"on":"POST /token","body":{"access_token":"a\r\nX-Evil: 1","expires_in":3600}}' \
	    '{"on":"GET /list","body":[{"id":"1\r\nX-Evil: 1"},{"id":"/../../x?a=b#c"}]}' \
	    '{"on":"GET /*","body":[]}'
	for auth in "auth: {oauth: {url: $URL/token, grant: client_credentials,
	    client_id: me, client_secret: s}}" \
	    'auth: {login: {post: /token, body: {a: b}, token: .access_token, as: bearer}}' \
	    'auth: {login: {post: /token, body: {a: b}, token: .access_token, as: cookie}}' \
	    'auth: {login: {post: /token, body: {a: b}, token: .access_token, as: {header: X-T}}}' \
	    'headers: {X-Plain: "a\r\nX-Evil: 1"}' 'headers: {"X-A\r\nX-Evil": "1"}' \
	    'auth: {bearer: "a\r\nX-Evil: 1"}' 'auth: {basic: ["me\r\nX-Evil: 1", b]}'; do
		config <<<"$auth"$'\nstreams: {x: {get: /x}}'
		say conn-load -vv wiki.yml
	done
	config <<-'EOF'
	streams:
	  l: {get: /list, doc: false}
	  x: {for: l, get: '/x/\($p.id)', headers: {X-A: '\($p.id)'}, scope: $p.id}
	  y: {for: l, get: '/y/\($p.id)/z', query: {q: '\($p.id)'}, scope: $p.id}
	EOF
	say conn-load -s x -vv wiki.yml
	say conn-load -s y -vv wiki.yml
	eq '' "$(jq -c '.headers | select(has("x-evil"))' log)"
	eq /y/1%0D%0AX-Evil%3A%201/z \
	    "$(jq -r 'select(.path | startswith("/y/1")).path' log)"
	eq '' "$(jq -r '.path | select(startswith("/y") | not) |
	    select(IN("/list", "/x", "/token") | not)' log)"
	clean
}
