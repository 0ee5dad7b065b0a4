# SPDX-License-Identifier: MIT
# OAuth of the rest driver: against oidc-provider, whose refresh tokens rotate
# and are good once, and against a server that answers as a script says.
load helper
load servers
load fetch

# provider [KEY=VALUE]...: sets URL and SEED, a refresh token.
provider() {
	server_start oidc-provider "$BATS_TEST_TMPDIR/oidc" "$@"
	SEED=$(curl -fsS -X POST "$URL/seed" | jq -r .refresh_token)
}

teardown() {
	[ -z "${server_pid-}" ] || kill "$server_pid"
	[ ! -e oidc/url ] || "$ROOT/tests/servers/oidc-provider" stop oidc
}

# shellcheck disable=SC2120  # the JSON may be left out
# refresh [JSON]: options for a refresh token of the provider.
refresh() {
	options "{token: \"$PWD/wiki.token\", auth: {oauth: ({
	    url: \"$URL/token\", grant: \"refresh_token\", client_id: \"app\",
	    client_secret: \"app-canary\", send: \"basic\",
	    refresh_token: \"${SEED-canary-seed}\"} + (${1-null}))}}"
}

# client [JSON]: for credentials of a client.
client() {
	options "{auth: {oauth: ({url: \"$URL/token\", send: \"basic\",
	    grant: \"client_credentials\", client_id: \"svc\",
	    client_secret: \"svc-canary\"} + (${1-null}))}}"
}

kept() { jq -r "$1" wiki.token; }

# dead TOKEN: the provider takes it no more.
dead() {
	eq invalid_grant "$(curl -sS -u app:app-canary -d \
	    "grant_type=refresh_token&refresh_token=$1" "$URL/token" |
	    jq -r .error)"
}

@test "oauth: refresh -> the new token is on disk, the next run uses it" {
	provider
	refresh
	VERBOSE='-v -v'
	ask /api/1 /api/2
	check 0
	eq '200 200' "$(reply .status | xargs)"
	first=$(kept .refresh_token)
	[ "$first" != "$SEED" ] && [ -n "$first" ]
	eq 600 "$(stat -c %a wiki.token)"
	[[ $stderr != *"$SEED"* && $stderr != *"$first"* ]]
	[[ $stderr != *"$(kept .access_token)"* && $stderr != *canary* ]]
	# the access token serves the next run, too
	ask /api/3
	eq 200 "$(reply .status)"
	eq "$first" "$(kept .refresh_token)"
	# one that has ended is replaced, by the token on disk
	jq -c '.expires = 1' wiki.token >new && mv new wiki.token
	ask /api/4
	check 0
	eq 200 "$(reply .status)"
	[ "$(kept .refresh_token)" != "$first" ]
}

@test "oauth: a token used twice -> refused, 3; a new one in the config helps" {
	provider
	refresh
	ask /api
	check 0
	dead "$SEED"
	jq -c '.expires = 1' wiki.token >new && mv new wiki.token
	ask /api
	check 3
	[[ $stderr == "fetchtool: $URL/token: refused with 400: invalid_grant: "* ]]
	eq 1 "$(wc -l <<<"$stderr")"
	SEED=$(curl -fsS -X POST "$URL/seed" | jq -r .refresh_token)
	refresh
	ask /api
	check 0
	eq 200 "$(reply .status)"
}

@test "oauth: a token that ends in the middle -> renewed before, and after a 401" {
	provider access=2
	refresh
	ask /api/1 '{"url": "/api/2", "stop": 3000}' /api/3
	check 0
	eq '200 200 200' "$(reply .status | xargs)"
	# as if it lasted long: only the 401 tells
	jq -c '.expires = 9999999999 | .access_token = "gone"' wiki.token >new
	mv new wiki.token
	before=$(kept .refresh_token)
	ask /api/4
	check 0
	eq 200 "$(reply .status)"
	[ "$(kept .refresh_token)" != "$before" ]
}

@test "oauth: two runs at once -> one refresh, both have the token" {
	provider
	refresh
	for i in 1 2 3 4; do
		echo '{"url": "/api"}' | fetchtool options >"out.$i" \
		    2>"err.$i" 3>&- 5>&- &
		pids[i]=$!
	done
	for i in 1 2 3 4; do
		wait "${pids[i]}"
		eq 200 "$(jq .status "out.$i")"
	done
	dead "$SEED"
}

@test "oauth: killed between reply and use -> the next run goes on" {
	provider
	refresh
	# dies at the first request that would use the token
	echo '{"url": "/api"}' >requests
	run strace -f -o trace -e trace=connect \
	    -e inject=connect:signal=KILL:when=2 fetchtool options <requests
	check 137
	dead "$SEED"
	new=$(kept .refresh_token)
	[ "$new" != "$SEED" ]
}

@test "oauth: killed at any step of the write -> the old or the new file" {
	server '{"/token": {"body": {"access_token": "canary-at",
	    "refresh_token": "canary-new", "expires_in": 60}}, "/api": {}}'
	SEED=canary-old
	refresh
	echo '{"url": "/api"}' >requests
	n=0
	for call in openat write fsync rename close; do
		for when in 1 2 3; do
			rm -f wiki.token*
			# only from the reply on: not while it starts
			strace -f -o trace -P "$PWD/wiki.token" -P "$PWD" \
			    -e trace="$call" \
			    -e inject="$call:signal=KILL:when=$when" \
			    fetchtool options <requests >out 2>err || n=$((n+1))
			[ ! -e wiki.token ] || kept .refresh_token |
			    grep -qx 'canary-old\|canary-new'
			ask /api
			check 0
			eq canary-new "$(kept .refresh_token)"
		done
	done
	[ "$n" -gt 2 ]
}

@test "oauth: a folder that cannot be written -> 3, no token is spent" {
	server '{"/token": {"body": {"access_token": "a"}}, "/api": {}}'
	: >no
	refresh
	jq -c --arg t "$PWD/no/wiki.token" '.token = $t' options >new
	mv new options
	ask /api
	check 3
	eq '' "$(cat log)"
	rm no && mkdir no no/wiki.token
	ask /api
	check 3
	eq '' "$(cat log)"
}

@test "oauth: a token file that is none -> 3; of another config -> not used" {
	server '{"/token": {"body": {"access_token": "a"}}, "/api": {}}'
	refresh
	echo nonsense >wiki.token
	ask /api
	check 3
	eq "fetchtool: $PWD/wiki.token: not a file of tokens; if it is removed, \
the config's own token is used" "$stderr"
	echo '{"v":1,"seed":"x","refresh_token":"theirs"}' >wiki.token
	ask /api
	check 0
	[[ $(logged 'select(.path == "/token").body') == *refresh_token=canary-seed* ]]
	eq canary-seed "$(kept .refresh_token)"
}

@test "oauth: refused, no token, trouble, nonsense -> 3 3 75 3" {
	for row in '{"status": 401, "body": {"error": "invalid_client",
	    "error_description": "no canary-seed"}}|3|refused with 401: invalid_client: no ***' \
	    '{"body": {}}|3|no access_token in its reply' \
	    '{"body": {"error": "bad"}}|3|refused with 200: bad' \
	    '{"body": "<html>"}|3|no access_token in its reply' \
	    '{"status": 302, "headers": {"Location": "/x"}}|3|refused with 302' \
	    '{"status": 503}|75|answered with 503'; do
		IFS='|' read -r -d '' answer code what <<<"$row" || :
		server "{\"/token\": $answer, \"/api\": {}}"
		refresh
		jq -c '.retry = 0.1' options >new && mv new options
		ask /api
		check "$code"
		eq "fetchtool: $URL/token: ${what%$'\n'}" "$stderr"
	done
	eq '' "$(logged 'select(.path != "/token").path')"
}

@test "oauth: client credentials -> in a header or the body, and renewed" {
	provider access=2
	client
	ask /api/1 '{"url": "/api/2", "stop": 3000}'
	check 0
	eq '200 200' "$(reply .status | xargs)"
	client '{client_id: "post", client_secret: "post-canary", send: "body",
	    scope: "read"}'
	ask /api
	check 0
	eq 200 "$(reply .status)"
	client '{client_secret: "canary-wrong"}'
	VERBOSE='-v -v'
	ask /api
	check 3
	[[ $stderr == *"$URL/token: refused with 401: invalid_client"* ]]
	[[ $stderr != *canary* ]]
}

@test "oauth: 401 for ever -> one renewal, then the reply" {
	server '{"/token": {"body": {"access_token": "a"}},
	    "/api": {"status": 401}}'
	client '{params: {audience: "https://x.test/"}}'
	ask /api
	check 0
	eq '401 /token /api /token /api' \
	    "$(reply .status) $(logged .path | xargs)"
	eq 'grant_type=client_credentials&audience=https%3A%2F%2Fx.test%2F' \
	    "$(logged 'select(.path == "/token").body' | head -n 1)"
}

# rsa: key.pem, pub.pem
rsa() {
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
	    -out key.pem 2>/dev/null
	openssl pkey -in key.pem -pubout -out pub.pem
}

# assertion CLOCK CLAIMS KEYS: the server wants these claims, the config has
# these keys.
assertion() {
	rm -f log
	: >log
	server "$(jq -n --argjson clock "$1" --argjson claims "$2" \
	    '{"/token": {jwt: {key: "pub.pem", $claims}, $clock,
	    body: {access_token: "canary-at", expires_in: "60"}},
	    "/api": {need: {Authorization: "Bearer canary-at"}}}')"
	options "{auth: {oauth: ({grant: \"jwt-bearer\"} + ($3))}}"
	VERBOSE='-v -v'
	ask /api
}

@test "oauth: jwt-bearer -> PEM in any form, service account, a clock that differs" {
	rsa
	server '{}'
	pem=$(jq -Rs . key.pem)
	written=$(jq -Rs 'gsub("\n"; "\\n")' key.pem)
	joined=$(jq -Rs 'gsub("\n"; " ")' key.pem)
	claims="{\"iss\": \"me\", \"aud\": \"$URL/token\", \"sub\": \"you\", \"scope\": \"a b\"}"
	for key in "$pem" "$written" "$joined"; do
		assertion 0 "$claims" "{url: \"$URL/token\", client_id: \"me\",
		    subject: \"you\", scope: \"a b\", key: $key}"
		check 0
		eq 200 "$(reply .status)"
		[[ $stderr != *canary* && $stderr != *PRIVATE* ]]
		[[ $(logged .body) == *'assertion=ey'* ]]
	done
	account=$(jq -n --rawfile k key.pem --arg u "$URL/token" '{
	    type: "service_account", client_email: "me@x.test",
	    private_key_id: "k1", private_key: $k, token_uri: $u} | tojson')
	assertion 0 "{\"iss\": \"me@x.test\", \"aud\": \"$URL/token\"}" \
	    "{key: $account}"
	check 0
	eq 200 "$(reply .status)"
	for clock in 7200 -7200; do
		assertion "$clock" "$claims" "{url: \"$URL/token\",
		    client_id: \"me\", subject: \"you\", scope: \"a b\",
		    key: $pem}"
		check 0
		eq 200 "$(reply .status)"
	done
	assertion 0 '{"iss": "other"}' \
	    "{url: \"$URL/token\", client_id: \"me\", key: $pem}"
	check 3
	[[ $stderr == *"$URL/token: refused with 400: invalid_grant: claims "* ]]
}

@test "oauth: a key that will not do -> 2" {
	URL=http://127.0.0.1:1
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 \
	    -out small.pem 2>/dev/null
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	    -out ec.pem
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
	    -aes128 -pass pass:x -out locked.pem 2>/dev/null
	for f in small ec locked; do
		options "{auth: {oauth: {grant: \"jwt-bearer\", client_id: \"a\",
		    url: \"$URL/t\", key: $(jq -Rs . $f.pem)}}}"
		ask /api
		check 2
		[[ $stderr == 'fetchtool: auth.oauth.key: '* ]]
	done
}
