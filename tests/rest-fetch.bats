# SPDX-License-Identifier: MIT
# How the rest driver asks: redirects, limits, retries, guesses, sizes.
load helper
load fetch

@test "fetch: a reply -> body, type, charset, headers, links, date" {
	server '{"/a": {"body": "h\u00e9", "headers": [
	    ["Content-Type", "Text/Plain; charset=\"UTF-8\""], ["A", "1"],
	    ["a", "2"], ["Set-Cookie", "s=canary"],
	    ["Link", "</b?x=1>; rel=next"]]}}'
	options '{}'
	ask /a
	check 0
	eq '' "$stderr"
	eq "200 text/plain utf-8 hé 1, 2 null $URL/b?x=1 $URL/a" "$(reply \
	    '"\(.status) \(.type) \(.charset) \(.body) \(.headers.a) \(
	    .headers["set-cookie"]) \(.links.next) \(.url)"')"
	reply .date >told
	[ $(($(date +%s) - $(cat told))) -lt 30 ]
}

@test "fetch: headers of a request replace ours; method, type, body" {
	server '{"/a": {"echo": true}}'
	options '{}'
	ask '{"url": "/a", "method": "POST", "type": "text/x", "body": "hi",
	    "headers": {"accept": "a/b", "X-Y": "z"}}' \
	    '{"url": "/a", "method": "POST", "type": "text/x", "body": "hi",
	    "headers": {"Content-Type": "a/c"}}'
	check 0
	eq 'POST hi a/b z text/x
POST hi application/json null a/c' "$(logged '"\(.method) \(.body) \(
	    .headers.accept) \(.headers["x-y"]) \(.headers["content-type"])"')"
}

@test "fetch: a header with a line break, a name that is none -> 2, not sent" {
	server '{"/a": {}}'
	options '{}'
	for h in '{"X": "a\r\nAuthorization: b"}' '{"X": "a\nb"}' \
	    '{"X": "a\u0001"}' '{"X y": "a"}' '{"X:": "a"}' '{"": "a"}' \
	    '{"X\r\nY": "a"}'; do
		ask "{\"url\": \"/a\", \"headers\": $h}"
		check 2
		[[ $stderr == 'fetchtool: header '* ]]
	done
	eq '' "$(cat log)"
}

@test "fetch: redirects -> followed on the same origin, for GET, 5 at most" {
	server '{"/a": {"status": 302, "headers": {"Location": "b/c?d=1"}},
	    "/b/c": {"status": 308, "headers": {"Location": "/e"}},
	    "/e": {"body": "there"},
	    "/loop": {"status": 301, "headers": {"Location": "/loop"}}}'
	options '{}'
	ask /a
	check 0
	eq "200 there $URL/e" "$(reply '"\(.status) \(.body) \(.url)"')"
	ask /loop
	check 3
	eq "fetchtool: $URL/loop: redirected to /loop, and so on without end" \
	    "$stderr"
	eq 6 "$(logged 'select(.path == "/loop").path' | wc -l)"
	ask '{"url": "/a", "method": "POST", "type": "a/b", "body": "x"}'
	check 3
	eq "fetchtool: $URL/a: redirected to b/c" "$stderr"
}

@test "fetch: a redirect or a reference to another origin -> 3, not asked" {
	server '{"/x": {"body": "no"}}'
	port=${URL##*:}
	for to in "http://localhost:$port/x" 'http://127.0.0.1:1/x' \
	    'file:///etc/passwd' "https://127.0.0.1:$port/x" \
	    "//[::1]:$port/x" 'http://127.9.9.9/x' \
	    "http://u:p@127.0.0.1:$port/x" "http://127.0.0.1:$port@evil.test/" \
	    "ftp://127.0.0.1:$port/x" 'gopher://127.0.0.1/' \
	    "http://127.0.0.1.evil.test:$port/x" "http://0:$port/x"; do
		server "$(jq -n --arg to "$to" '{"/a": {status: 302,
		    headers: {Location: $to}, body: "body"}, "/x": {}}')"
		options '{auth: {bearer: "canary-token"}}'
		ask /a
		check 3
		[[ $stderr == "fetchtool: $URL/a: redirected: "* ]]
		[[ $stderr != *u:p* ]]
		eq -1 "$(reply .result)"
		ask "$to"
		check 3
	done
	eq '/a' "$(logged .path | sort -u)"
}

@test "fetch: gzip -> undone; the ceiling counts what comes out" {
	server '{"/g": {"zip": "gzip", "body": "text"},
	    "/bomb": {"zip": "gzip", "size": 104857600},
	    "/broken": {"headers": {"Content-Encoding": "gzip"}, "body": "no"}}'
	options '{reply_max: 10000000}'
	ask /g '{"url": "/g", "headers": {"Accept-Encoding": "identity"}}'
	check 0
	eq 'text text' "$(reply .body | xargs)"
	eq 'gzip identity' "$(logged '.headers["accept-encoding"]' | xargs)"
	ask /bomb
	check 3
	eq "fetchtool: $URL/bomb: the reply is too long" "$stderr"
	ask /broken
	check 75
}

@test "fetch: a coding that was not asked for -> 3, and it is said" {
	server '{"/d": {"zip": "deflate", "body": "text"},
	    "/twice": {"zip": "gzip", "headers": {"Content-Encoding": "gzip"},
	    "body": "text"}}'
	options '{}'
	ask /d
	check 3
	eq "fetchtool: $URL/d: Content-Encoding: deflate is not what was asked for" \
	    "$stderr"
	ask /twice
	check 3
}

@test "fetch: gzip without its end, whatever the length says -> a cut reply" {
	local n
	for n in 5 12 -9 -8 -1; do
		server "{\"/a$n\": [{\"body\": \"text\", \"zip\": \"gzip\",
		    \"short\": $n}, {\"body\": \"text\", \"zip\": \"gzip\"}],
		    \"/b\": {\"body\": \"text\", \"zip\": \"gzip\", \"short\": $n}}"
		options '{}'
		ask /b
		check 75
		eq "fetchtool: $URL/b: the reply broke off in its Content-Encoding" \
		    "$stderr"
		ask "{\"url\": \"/a$n\", \"again\": true}"
		check 0
		eq text "$(reply .body)"
	done
}

@test "fetch: 100 MB -> taken whole; one byte past the ceiling is refused" {
	server '{"/big": {"size": 104857600}}'
	options '{reply_max: 104857600}'
	ask /big
	check 0
	eq 104857600 "$(reply .bytes)"
	options '{reply_max: 104857599}'
	ask /big
	check 3
}

@test "fetch: a head without end -> 3" {
	server "$(jq -n '{"/a": {headers: [range(50) |
	    ["X-\(.)", "y" * 6000]]}, "/b": {headers: [range(30) |
	    ["X-\(.)", "y" * 6000]]}}')"
	options '{}'
	ask /b
	check 0
	ask /a
	check 3
	eq "fetchtool: $URL/a: the reply is too long" "$stderr"
}

@test "fetch: a head that is not right -> 3, not what libcurl makes of it" {
	local ok='HTTP/1.1 200 OK\r\n' gone='HTTP/1.1 204 No\r\n' end='\r\n\r\n{}'
	local rest='500 No\r\nContent-Length: 2\r\n\r\n{}' path
	server "{\"/case\": {\"raw\": \"hTTP/1.1 $rest\"},
	    \"/number\": {\"raw\": \"HTTP/!.1 $rest\"},
	    \"/later\": {\"raw\": \"HTTP/1.1 100 On\r\n\r\nhTTP/1.1 $rest\"},
	    \"/letter\": {\"raw\": \"${ok}Content-Length: 2r$end\"},
	    \"/long\": {\"raw\": \"${gone}Content-Length: 2$end\"},
	    \"/two\": {\"raw\": \"${ok}Content-Length: 2\r\nContent-Length: 1$end\"},
	    \"/huge\": {\"raw\": \"${ok}Content-Length: 99999999999999999999$end\"},
	    \"/code\": {\"raw\": \"HTTP/1.1 200x$end\"},
	    \"/same\": {\"raw\": \"${ok}Content-Length: 2\r\nContent-Length:2$end\"},
	    \"/parts\": {\"raw\": \"${gone}Transfer-Encoding: chunked\r\n\r\n\"},
	    \"/none\": {\"raw\": \"${gone}Content-Length: 0\r\n\r\n\"},
	    \"/interim\": {\"raw\": \"HTTP/1.1 100 On\r\n\r\nHTTP/1.1 $rest\"},
	    \"/old\": {\"raw\": \"HTTP/1.0 $rest\"}}"
	options '{}'
	for path in /case /number /later /letter /long /two /huge /code; do
		ask "$path"
		check 3
		eq "fetchtool: $URL$path: the head of the reply is not as HTTP/1 has it" \
		    "$stderr"
	done
	ask /interim /old /none /parts /same
	eq '500 500 204 204 200' "$(reply .status | xargs)"
}

@test "fetch: a cut reply -> 75; asked again it is whole" {
	server '{"/a": [{"body": "12345", "cut": 2}, {"body": "12345"}],
	    "/b": {"body": "12345", "cut": 2}}'
	options '{}'
	ask '{"url": "/a", "again": true}'
	check 0
	eq 12345 "$(reply .body)"
	ask /b
	check 75
	[[ $stderr == "fetchtool: $URL/b: "* ]]
}

@test "fetch: Retry-After in seconds, as a time by the server's clock, absent" {
	server '{"/s": [{"status": 429, "headers": {"Retry-After": "2"}}, {}],
	    "/n": [{"status": 503}, {}]}'
	options '{}'
	ask '{"url": "/s", "again": true}' '{"url": "/n", "again": true}'
	check 0
	eq true "$(jq -s '.[0].ms >= 2000 and .[0].ms < 60000 and
	    .[1].ms >= 450 and .[1].ms < 60000' <<<"$output")"
	# a clock that is an hour behind, and the time it gives
	then=$(LC_ALL=C date -u -d '-3598 seconds' '+%a, %d %b %Y %H:%M:%S GMT')
	server "$(jq -n --arg t "$then" '{"/t": [{status: 503, clock: -3600,
	    headers: {"Retry-After": $t}}, {}]}')"
	ask '{"url": "/t", "again": true}'
	check 0
	eq true "$(reply '.ms >= 900 and .ms < 60000')"
}

@test "fetch: 6 tries -> the reply as it is; a wait beyond the budget -> at once" {
	server '{"/a": {"status": 500, "headers": {"Retry-After": "0"}},
	    "/b": {"status": 429, "headers": {"Retry-After": "900"}}}'
	options '{retry: 2}'
	ask '{"url": "/a", "again": true}'
	check 0
	[ "$(logged .path | wc -l)" -lt 6 ]
	eq 500 "$(reply .status)"
	: >log
	options '{}'
	ask '{"url": "/b", "again": true}'
	eq "/b 429 true 900" "$(logged .path) $(reply \
	    '"\(.status) \(.limited) \(.wait)"')"
}

@test "fetch: what is left of a limit is 0 -> the next request waits" {
	server "$(jq -n --arg t $(($(date +%s) + 3610)) '{
	    "/epoch": {clock: 3600, headers: {"X-RateLimit-Remaining": "0",
	    "X-RateLimit-Reset": $t}}, "/b": {},
	    "/delta": {headers: {"RateLimit-Remaining": "0",
	    "RateLimit-Reset": "2"}},
	    "/long": {headers: {"RateLimit-Remaining": "0",
	    "RateLimit-Reset": "4000"}}}')"
	options '{}'
	ask /epoch
	eq true "$(reply '.wait > 1 and .wait <= 10')"
	ask /delta /b
	check 0
	eq true "$(reply 'select(.url | endswith("/b")) | .ms >= 1900')"
	ask /long /b
	check 75
	[[ $stderr == "fetchtool: $URL/b: the server's limit is reached for "* ]]
}

@test "fetch: rate -> never more in any window" {
	server '{"/a": {}}'
	options '{rate: "4/1s", parallel: 8}'
	# shellcheck disable=SC2046
	ask "{\"url\": \"/a?0\", \"ahead\": [$(seq -f '"/a?%g"' -s, 0 11)]}" \
	    $(seq -f '/a?%g' 1 11)
	check 0
	eq 12 "$(logged .path | wc -l)"
	eq true "$(jq -s '[.[].time] | sort | [.[4:], .[:-4]] | transpose |
	    map(.[0] - .[1] > 0.8) | all' log)"
	options '{rate: "4 a second"}'
	ask /a
	check 2
	eq 'fetchtool: rate: must be like 3/s or 900/15m' "$stderr"
}

@test "fetch: guesses -> taken, side by side, never more than parallel" {
	server '{"/a": {"delay": 0.2, "echo": true}}'
	options '{parallel: 4}'
	# shellcheck disable=SC2046
	ask "{\"url\": \"/a?0\", \"ahead\": [$(seq -f '"/a?%g"' -s, 0 11)]}" \
	    $(seq -f '/a?%g' 1 11)
	check 0
	eq 12 "$(logged .path | sort -u | wc -l)"
	eq 12 "$(logged .path | wc -l)"
	eq 4 "$(jq -s '[.[].under_way] | max' log)"
	# each question got its own answer
	eq '' "$(reply 'select((.url | sub(".*/"; "/")) !=
	    (.body | fromjson.path)) | .url')"
}

@test "fetch: wrong guesses -> cost a request each, and no answer" {
	server '{"/a": {"echo": true}, "/w": {"status": 500}}'
	options '{parallel: 2}'
	for i in {1..20}; do
		printf '{"url": "/a?%s", "ahead": ["/w?%s", "/v?%s"]}\n' \
		    "$i" "$i" "$i"
	done >list
	mapfile -t list <list
	ask "${list[@]}"
	check 0
	eq 20 "$(reply 'select(.status == 200).url' | sort -u | wc -l)"
	[ "$(logged .path | wc -l)" -le 60 ]
	# one that went wrong is asked anew
	server '{"/b": [{"status": 503}, {"body": "good"}]}'
	ask '{"url": "/a", "ahead": ["/b"], "stop": 300}' /b
	check 0
	eq '200 good' "$(reply 'select(.url | endswith("/b")) |
	    "\(.status) \(.body)"')"
}

@test "fetch: a guess is made while its caller works" {
	server '{"/a": {"delay": 2}, "/b": {}}'
	options '{}'
	ask '{"url": "/b", "ahead": ["/a"], "stop": 4000}' /a
	check 0
	eq true "$(reply 'select(.url | endswith("/a")) | .ms < 1500')"
}

@test "fetch: a stop signal ends a wait -> 75" {
	server '{"/a": {"status": 429, "headers": {"Retry-After": "500"}}}'
	options '{}'
	printf '%s\n' '{"url": "/a"}' '{"url": "/a"}' >requests
	fetchtool options <requests >out 2>err 3>&- 5>&- &
	pid=$!
	eventually grep -q 429 out
	kill "$pid"
	wait "$pid" && status=0 || status=$?
	eq 75 "$status"
	eq "fetchtool: $URL/a: interrupted" "$(cat err)"
}
