# SPDX-License-Identifier: MIT
# Credentials of the rest driver, against a server that answers as a script
# says; oauth: rest-oauth.bats.
load helper
load fetch

# hidden WORD...: no message showed one of these.
hidden() {
	local w
	for w in "$@"; do
		[[ ${stderr-} != *"$w"* ]] || { echo "$w: $stderr"; return 1; }
	done
}

# refuses AUTH MESSAGE: it is no use, 2 before anything is sent.
refuses() {
	options "{auth: $1}"
	ask /a
	check 2
	eq "fetchtool: $2" "$stderr"
}

@test "auth: bearer, basic -> sent with each request, on its origin" {
	server '{"/a": {}, "/r": {"status": 302, "headers": {"Location": "/a"}}}'
	options '{auth: {bearer: "canary"}}'
	ask /r
	options '{auth: {basic: ["me", "pass:word"]}}'
	ask /a
	options '{auth: {basic: ["me", ""]}}'
	ask /a
	eq "Bearer canary
Bearer canary
Basic $(printf 'me:pass:word' | base64)
Basic $(printf me: | base64)" "$(logged .headers.authorization)"
}

@test "auth: a list -> the first without a null" {
	server '{"/a": {}}'
	options '{auth: [{bearer: null}, {}, null, {basic: ["a", null]},
	    {bearer: []}, {oauth: {grant: "refresh_token", client_id: "c"}},
	    {aws: {region: "r"}}, {bearer: "third"}, {bearer: "fourth"}]}'
	ask /a
	check 0
	options '{auth: [{bearer: null}, {none: true}]}'
	ask /a
	check 0
	eq 'Bearer third
null' "$(logged .headers.authorization)"
	refuses '[{bearer: null}]' \
	    'auth: values of it are not given, in any of its ways'
	refuses '{bearer: null}' 'auth: values of it are not given'
	refuses '{}' 'auth: values of it are not given'
	eq 2 "$(logged .path | wc -l)"
}

@test "auth: what is wrong -> 2 and its place" {
	server '{"/a": {}}'
	refuses '{token: "x"}' 'auth.token: unknown key'
	refuses '"x"' 'auth: must be a map or a list of some'
	refuses '{bearer: "x", basic: ["a", "b"]}' \
	    'auth: bearer and basic; only one may stand there'
	refuses '{bearer: {}}' 'auth.bearer: must be a token, or a list of some'
	refuses '{bearer: ""}' 'auth.bearer: must be a token, or a list of some'
	refuses '{bearer: "a\r\nX: y"}' \
	    'header Authorization: control byte in its value'
	refuses '{basic: "x"}' 'auth.basic: must be [USER, PASSWORD]'
	refuses '{basic: ["a:b", "c"]}' \
	    'auth.basic: two texts, and no colon in the first'
	refuses '{oauth: {grant: "x", client_id: "a", client_secret: "b"}}' \
	    'auth.oauth.grant: must be refresh_token, client_credentials or '\
'jwt-bearer'
	refuses '{oauth: {grant: "refresh_token", client_id: "c",
	    refresh_token: "t", url: "http://127.0.0.1:1/t"}}' \
	    'auth.oauth.refresh_token: there is no file to keep its successors in'
	refuses '{oauth: {grant: "client_credentials", client_id: "c",
	    client_secret: "t"}}' 'auth.oauth.url: is missing'
	refuses '{oauth: {grant: "client_credentials", client_id: "c",
	    client_secret: "t", url: "file:///t"}}' \
	    'auth.oauth.url: not an http or https URL'
	refuses '{oauth: {grant: "jwt-bearer", key: "nonsense"}}' \
	    'auth.oauth.key: neither a private key in PEM, not encrypted, nor '\
'the JSON of a service account'
	refuses '{oauth: {grant: "jwt-bearer", key: "k", tokens: 1}}' \
	    'auth.oauth.tokens: unknown key'
	refuses '{login: {post: "http://127.0.0.1:1/x", body: {}}}' \
	    'auth.login.post: not a path below url'
	refuses '{login: {post: "/x", token: ".t"}}' \
	    'auth.login.body: either it or form must be there'
	refuses '{login: {post: "/x", body: {}}}' 'auth.login.token: is missing'
	refuses '{login: {post: "/x", body: {}, token: ".t", as: "x"}}' \
	    'auth.login.as: must be bearer, cookie or {header: NAME}'
	eq '' "$(cat log)"
}

@test "auth: over http to another host -> 2, unless allow_http" {
	clear='url: credentials would go over http in the clear; use https, '
	clear+='or set allow_http: true'
	URL=http://example.test
	for o in '{auth: {bearer: "x"}}' '{secrets: true}' \
	    '{auth: {aws: {region: "r", service: "s", key: "k", secret: "s"}}}'; do
		options "$o"
		run --separate-stderr fetchtool options </dev/null
		check 2
		eq "fetchtool: $clear" "$stderr"
		options "$o + {allow_http: true}"
		run --separate-stderr fetchtool options </dev/null
		check 0
	done
	URL=https://example.test
	options '{auth: {oauth: {grant: "client_credentials", client_id: "c",
	    client_secret: "s", url: "http://other.test/t"}}}'
	run --separate-stderr fetchtool options </dev/null
	check 2
	eq "fetchtool: auth.oauth.$clear" "$stderr"
	options '{auth: {none: true}}'
	run --separate-stderr fetchtool options </dev/null
	check 0
}

@test "auth: a list of tokens -> the next at a limit; all at it: wait" {
	server '{"/a": [{}, {"status": 429, "headers": {"Retry-After": "60"}},
	    {}, {"status": 403, "headers": {"x-ratelimit-remaining": "0",
	    "x-ratelimit-reset": "2"}}, {}, {"status": 429}]}'
	options '{auth: {bearer: ["one", "two", "three"]}}'
	ask /a /a /a
	check 0
	eq '200 200 200' "$(reply .status | xargs)"
	eq 'one one two two three' \
	    "$(logged '.headers.authorization[7:]' | xargs)"
	# the limit of one is over in a minute, that of two in 2 seconds
	: >log
	server '{"/b": [{"status": 429, "headers": {"Retry-After": "60"}},
	    {"status": 429, "headers": {"Retry-After": "2"}},
	    {"status": 429, "headers": {"Retry-After": "60"}}, {}]}'
	ask '{"url": "/b", "again": true}'
	check 0
	eq 'one two three two' \
	    "$(logged '.headers.authorization[7:]' | xargs)"
	eq true "$(reply '.ms >= 1900')"
	# what is left of the limit is 0: it is not waited for, either
	: >log
	server '{"/c": [{"headers": {"x-ratelimit-remaining": "0",
	    "x-ratelimit-reset": "60"}}, {}]}'
	ask /c /c
	eq 'one two' "$(logged '.headers.authorization[7:]' | xargs)"
}

@test "auth: 401 for a fixed token -> the reply, asked once" {
	server '{"/a": {"status": 401}}'
	options '{auth: {bearer: ["one", "two"]}}'
	ask /a
	check 0
	eq '401 1' "$(reply .status) $(logged .path | wc -l)"
}

@test "auth: login -> token as bearer, header, cookie; lasts; 401 renews it" {
	server '{"/in": {"body": {"d": {"token": "canary-t/k"}}},
	    "/a": {"need": {"Authorization": "Bearer canary-t/k"}},
	    "/h": {"need": {"X-Auth": "canary-t/k"}}}'
	options '{auth: {login: {post: "/in", token: ".d.token", body: {
	    user: "u", password: "canary-pw"}, headers: {"X-App": "1"}}}}'
	VERBOSE='-v -v'
	ask /a /a
	check 0
	hidden canary
	eq '200 200' "$(reply .status | xargs)"
	eq 'POST /in {"user":"u","password":"canary-pw"} application/json 1' \
	    "$(logged 'select(.method == "POST") | "\(.method) \(.path) \(
	    .body) \(.headers["content-type"]) \(.headers["x-app"])"')"
	options '{auth: {login: {post: "/in", token: ".d.token", form: {
	    "u s": "a&b"}, as: {header: "X-Auth"}}}}'
	ask /h
	eq 200 "$(reply .status)"
	eq 'u%20s=a%26b' "$(logged .body | grep .| tail -n 1)"
	server '{"/c": {"status": 302, "headers": [["Set-Cookie",
	    "a=1; Path=/"], ["Set-Cookie", "b=canary-b"]]}, "/a": [
	    {"need": {"Cookie": "a=1; b=canary-b"}, "body": "canary-b"},
	    {"status": 401, "body": "b is canary-b"}, {}]}'
	options '{auth: {login: {post: "/c", as: "cookie", form: {u: "v"}}}}'
	: >log
	ask /a /a
	eq '200 200' "$(reply .status | xargs)"
	[[ $stderr == *'reply: b is ***'* ]]
	hidden canary
	eq '/c /a /a /c /a' "$(logged .path | xargs)"
	: >log
	options '{auth: {login: {post: "/c", as: "cookie", form: {u: "v"},
	    lasts: "1s"}}}'
	ask /a '{"url": "/a", "stop": 1200}'
	eq '/c /a /c /a' "$(logged .path | xargs)"
}

@test "auth: login refused, without a token, in trouble -> 3, 3, 75" {
	server '{"/no": {"status": 403, "body": {"error": "bad canary-pw"}},
	    "/empty": {"body": {}}, "/html": {"body": "<html>"},
	    "/down": {"status": 500}, "/nl": {"body": {"t": "a\nb"}}, "/a": {}}'
	for row in '/no|3|refused with 403: bad ***' \
	    '/empty|3|no token in its reply' \
	    '/html|3|auth.login.token: not in the reply' \
	    '/down|75|answered with 500'; do
		IFS='|' read -r path code what <<<"$row"
		options "{retry: 0.1, auth: {login: {post: \"$path\",
		    token: \".t\", body: {p: \"canary-pw\"}}}}"
		ask /a
		check "$code"
		eq "fetchtool: $URL$path: $what" "$stderr"
	done
	options '{auth: {login: {post: "/nl", token: ".t", body: {}}}}'
	ask /a
	check 3
	eq "fetchtool: the server's token: header Authorization: control byte \
in its value" "$stderr"
	eq '' "$(logged 'select(.path == "/a").path')"
}

@test "auth: aws -> a server accepts it; a clock that differs is seen" {
	server "$(jq -n '["eu-west-1", "execute-api", "AKIDEXAMPLE",
	    "canary-secret", "canary-st"] as $aws |
	    {"/a": {$aws, echo: true}, "/skew": {$aws, clock: 7200},
	    "/other": {aws: ($aws | .[3] = "x")}}')"
	options '{auth: {aws: {region: "eu-west-1", service: "execute-api",
	    key: "AKIDEXAMPLE", secret: "canary-secret", token: "canary-st"}}}'
	VERBOSE='-v -v'
	ask /a '/a?x=%20&b=*,' \
	    '{"url": "/a", "method": "POST", "type": "text/x", "body": "b",
	    "headers": {"Content-Type": "text/y", "X-More": "z"}}' \
	    /other /skew
	check 0
	hidden canary
	eq '200 200 200 403 200' "$(reply .status | xargs)"
	eq '/skew /skew' "$(logged 'select(.path == "/skew").path' | xargs)"
}

@test "auth: what a server echoes is not shown" {
	server '{"/a": {"status": 400, "echo": true}}'
	options '{auth: {basic: ["u", "canary/pass word\""]}}'
	VERBOSE='-v -v'
	ask '{"url": "/a", "method": "POST", "type": "a/b",
	    "body": "canary/pass word\" canary%2Fpass%20word%22"}'
	check 0
	[[ $stderr == *'reply: {'*'"authorization": "Basic ***"'* ]]
	hidden canary "$(printf 'u:canary/pass word"' | base64)"
	server '{"/s": {"status": 400, "body": "{\"t\": \"canary\\/pass word\\\"\"}"}}'
	ask /s
	[[ $stderr == *'reply: {"t": "***"}' ]]
	# a reply that is cut in the middle of one
	server "$(jq -n '{"/b": {status: 400, body: ("x" * 900 +
	    "canary-token-of-some-length" * 60)}}')"
	options '{auth: {bearer: "canary-token-of-some-length"}}'
	VERBOSE='-v -v'
	ask /b
	hidden canary
}
