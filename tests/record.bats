# SPDX-License-Identifier: MIT
# scripts/record between a client and a service that wants a token.
load helper

export RECORD="$ROOT/scripts/record" WIKI_TOKEN='t0ken/with+signs'

# The client's shell program, from stdin.
client() {
	{
		echo 'ask() {'
		echo '	curl -sS -H "Authorization: Bearer $WIKI_TOKEN" \'
		echo '	    -H "Cookie: s=c00kie" "$@"'
		echo '}'
		cat
	} >client
}
recorded() {
	run --separate-stderr "$ROOT/tests/record-server.py" sh -c \
	    '"$RECORD" -s WIKI_TOKEN d "$UPSTREAM_URL" sh -eu client'
}
played() { run --separate-stderr "$RECORD" -p -s WIKI_TOKEN "$@" sh -eu client; }

# exchange NUMBER REQUEST STATUS HEADER BODY: a file written by hand.
exchange() {
	mkdir -p d
	printf '%s HTTP/1.1\n\nHTTP/1.1 %s\n%s\n\n%s' "${@:2}" >"d/$1.http"
}

@test "record: a paged listing -> a readable file a request, the same played" {
	client <<-'X'
	next=$RECORD_URL/pages?limit=2
	while [ -n "$next" ]; do
		ask -D head "$next"
		next=$(sed -n 's/^Link: <\(.*\)>; rel="next".*/\1/p' head)
	done | sed "s,$RECORD_URL,URL,g"
	X
	recorded
	check 0
	eq '' "$stderr"
	eq '0001-get-pages.http 0002-get-pages.http 0003-get-pages.http' "$(cd d && echo *)"
	head -n 1 d/0002-get-pages.http >first
	eq 'GET /pages?limit=2&page=2 HTTP/1.1' "$(cat first)"
	grep -qxF 'Link: <{{url}}/pages?limit=2&page=3>; rel="next"' d/0002-get-pages.http
	eq '[{"id": 30, "url": "{{url}}/p/0"}, {"id": 31, "url": "{{url}}/p/1"}]' \
		"$(tail -n 1 d/0003-get-pages.http)"
	printf '%s\n' "$output" >direct
	played -o d
	check 0
	eq '' "$stderr"
	eq "$(cat direct)" "$output"
	[[ $output == *'"id": 10, "url": "URL/p/0"'*'"id": 31'* ]]
}

@test "record: no secret reaches a file, the client gets all" {
	client <<-'X'
	ask "$RECORD_URL/pages?access_token=queryt0ken&k=v" >/dev/null
	ask -H 'Content-Type: application/json' -d '{"password": "p\"w0rd", "q": "*",
	    "mine": "t0ken/with+signs", "url": "'"$RECORD_URL"'/x"}' "$RECORD_URL/search"
	ask -d 'client_secret=formsecret&grant=x' "$RECORD_URL/token"
	ask "$RECORD_URL/$(printf %s "$WIKI_TOKEN" | sed 's,/,%2F,;s,+,%2B,')" >/dev/null
	X
	recorded
	check 0
	# the server saw what the client sent, its own address in place of ours
	[[ $output == *'"mine": "t0ken/with+signs"'*'"token": "Bearer t0ken/with+signs"'* ]]
	[[ $output == *'"access_token": "fresh-t0ken"'* ]]
	eq 4 "$(find d -type f | wc -l)"
	run ! grep -rE 't0ken|w0rd|formsecret|c00kie|signs|Authorization' d
	grep -qF 'GET /pages?access_token=SECRET&k=v HTTP/1.1' d/0001-get-pages.http
	grep -qF '"mine": "SECRET", "url": "{{url}}/x"' d/0002-post-search.http
	grep -qF '"access_token": "SECRET"' d/0003-post-token.http
	grep -qF 'GET /SECRET HTTP/1.1' d/0004-get-*.http
	played -o d
	check 0
}

@test "record: conn-load reads a service, and the same without it" {
	[ -x "$CONN_BUILD/libexec/conn/conn-source-rest" ] ||
		skip 'no driver rest in this build'
	client <<-'X'
	cat >wiki.yml <<-C
	name: wiki
	source:
	  type: rest
	  url: $RECORD_URL
	  auth: {bearer: {env: WIKI_TOKEN}}
	  streams: {pages: {get: /pages, query: {limit: 2}, doc: '{title: .url}'}}
	C
	chmod 600 wiki.yml
	conn-load wiki.yml >out
	jq -c 'select(._ctl | not)' out | sed "s,$RECORD_URL,URL,"
	jq -r 'select(._ctl == "end").complete' out
	X
	recorded
	check 0
	eq '' "$stderr"
	[[ $output == '{"_id":"wiki:pages/10",'*'"title":"URL/p/1"}'*true ]]
	eq 7 "${#lines[@]}"
	printf '%s\n' "$output" >direct
	eq 3 "$(find d -type f | wc -l)"
	played -o d
	check 0
	eq "$(cat direct)" "$output"
	# a server that is busy once, and one that hides a page
	cp d/0002-*.http d/0002-z.http
	exchange 0002-get-pages 'GET /pages?limit=2&page=2' '503 Busy' 'Retry-After: 0' ''
	played -o d
	check 0
	eq "$(cat direct)" "$output"
	rm d/0003-*
	sed -i 's/^conn-load.*/conn-load wiki.yml >out || echo "status $?"/' client
	played d
	check 1
	[[ $output == *'status '[1-9]*false ]]
}

@test "record: what was not recorded -> 599, a message, status 1" {
	exchange 1 'GET /a?x=1&y=2' '200 OK' 'Content-Type: text/plain' hello
	client <<-'X'
	ask -w ' %{http_code}\n' "$RECORD_URL/a?y=2&x=1"
	for a in '-XPOST /a?x=1&y=2' '-G /a?x=1' '-G /b?x=1&y=2' '-da=b /a?x=1&y=2'; do
		ask -o /dev/null -w '%{http_code}\n' ${a% *} "$RECORD_URL${a#* }"
	done
	X
	played d
	check 1
	eq 'hello 200 599 599 599 599' "$(echo $output)"
	eq 'record: no exchange for POST /a?x=1&y=2
record: no exchange for GET /a?x=1
record: no exchange for GET /b?x=1&y=2
record: no exchange for POST /a?x=1&y=2 with a body of 3 bytes' "$stderr"
}

@test "record: a body is compared as JSON, * stands for anything" {
	mkdir d
	cat >d/1.http <<-'X'
	POST /s?since=* HTTP/1.1
	Content-Type: application/json

	{"q": {"after": "*", "n": [1, 2]}, "all": true}
	HTTP/1.1 200 OK

	yes
	X
	client <<-'X'
	for b in '{"all":true,"q":{"n":[1,2],"after":"2024"}}' \
	    '{"all":1,"q":{"n":[1,2],"after":"2024"}}' \
	    '{"all":true,"q":{"n":[2,1],"after":"2024"}}' \
	    '{"all":true,"q":{"n":[1,2],"after":"2024"},"x":0}' 'no JSON'; do
		ask -w '%{http_code}\n' -d "$b" "$RECORD_URL/s?since=2024"
	done
	X
	played d
	check 1
	eq 'yes 200 599 599 599 599' "$(echo $output)"
}

@test "record: faults written by hand, one after the other" {
	exchange 1 'GET /a' '503 Busy' 'Retry-After: 1' ''
	exchange 2 'GET /a' '200 OK' 'Record: close' ''
	exchange 3 'GET /a' '200 OK' 'Record: cut 3' hello
	exchange 4 'GET /a' '200 OK' 'Record: wait 0.2' hello
	client <<-'X'
	for i in 1 2 3 4 5; do
		ask -w ' %{http_code} %header{retry-after} %header{record}\n' \
		    "$RECORD_URL/a" 2>/dev/null || echo "curl $?"
	done
	X
	played d
	check 0
	eq '503 1 000 curl 52 hel 200 curl 18 hello 200 hello 200' "$(echo $output)"
	played -o d
	check 1
	eq 'record: no exchange for GET /a' "$stderr"
	echo 'ask "$RECORD_URL/a" >/dev/null' >>client
	sed -i '/^for/,/^done/d' client
	played -o d
	check 1
	eq 'record: 2.http: not asked for
record: 3.http: not asked for
record: 4.http: not asked for' "$stderr"
}

@test "record: without a command it says where it is and ends by a signal" {
	exchange 1 'GET /a' '200 OK' 'A: b' hello
	coproc "$RECORD" -p d 3>&- 5>&-
	read -r url <&"${COPROC[0]}"
	pid=$COPROC_PID
	run curl -sS "$url/a"
	kill "$pid"
	wait "$pid"
	eq hello "$output"
}

@test "record: the command's status, a server that is not there" {
	exchange 1 'GET /a' '200 OK' 'A: b' hello
	echo 'exit 7' | client
	played d
	check 7
	echo 'ask -o /dev/null -w "%{http_code}" $RECORD_URL/a' | client
	run --separate-stderr "$RECORD" e http://127.0.0.1:1 sh -eu client
	check 1
	eq 502 "$output"
	[[ $stderr == 'record: GET /a: '* ]]
	eq '' "$(ls e)"
}

@test "record: usage -> 2, help -> a manual" {
	run -0 --separate-stderr "$RECORD" --help
	[[ $output == NAME*SYNOPSIS*DESCRIPTION*FILES*SECRETS*'EXIT STATUS'*EXAMPLES* ]]
	exchange 1 'GET /a' '200 OK' 'A: b' hello
	mkdir empty
	echo 'GET /a' >bad.http
	for args in '' d '-x d' '-o d http://a' 'd http://a true' 'e ftp://a true' \
	    'e http://a/b true' 'e http://u@a true' '-p empty true' '-p d no-such-command' \
	    '-s NO_SUCH_VARIABLE e http://a true'; do
		# shellcheck disable=SC2086
		run --separate-stderr "$RECORD" $args
		check 2
		[[ $stderr == 'record: '* ]]
	done
	mv bad.http empty
	run --separate-stderr "$RECORD" -p empty true
	check 2
	eq 'record: empty/bad.http: no status line of an answer' "$stderr"
}
