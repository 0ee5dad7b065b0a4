# SPDX-License-Identifier: MIT
# OAuth of the rest driver against Keycloak, whose refresh tokens are good once.
load helper
load servers
load fetch

prepare() {
	[ -n "${CONN_LONG-}" ] || skip 'minutes; scripts/test -l rest-keycloak'
	server_start keycloak "$BATS_FILE_TMPDIR/keycloak"
	api=/realms/conn/protocol/openid-connect
	realm=$URL$api
}

# with GRANT CLIENT [JSON]: options for it.
with() {
	options "{token: \"$PWD/wiki.token\", auth: {oauth: ({
	    url: \"$realm/token\", grant: \"$1\", client_id: \"$2\",
	    client_secret: \"$2-canary\", send: \"basic\", scope: \"openid\"}
	    + (${3-null}))}}"
}

kept() { jq -r "$1" wiki.token; }

@test "keycloak: client credentials -> a token, another one when it has ended" {
	with client_credentials svc
	ask "$api/userinfo" "{\"url\": \"$api/userinfo\", \"stop\": 7000}"
	check 0
	eq '200 200' "$(reply .status | xargs)"
	with client_credentials svc '{send: "body"}'
	ask "$api/userinfo"
	check 0
	eq 200 "$(reply .status)"
}

@test "keycloak: a refresh token -> the new one is on disk, and is used" {
	local seed first
	seed=$(curl -fsS -u app:app-canary -d 'grant_type=password&username=u' \
	    -d 'password=p&scope=openid' "$realm/token" | jq -r .refresh_token)
	with refresh_token app "{refresh_token: \"$seed\"}"
	VERBOSE='-v -v'
	ask "$api/userinfo"
	check 0
	eq 200 "$(reply .status)"
	first=$(kept .refresh_token)
	[ "$first" != "$seed" ] && [ -n "$first" ]
	[[ $stderr != *"$seed"* && $stderr != *"$first"* && $stderr != *canary* ]]
	jq -c '.expires = 1' wiki.token >new && mv new wiki.token
	ask "$api/userinfo"
	check 0
	eq 200 "$(reply .status)"
	[ "$(kept .refresh_token)" != "$first" ]
	eq invalid_grant "$(curl -sS -u app:app-canary -d \
	    "grant_type=refresh_token&refresh_token=$seed" "$realm/token" |
	    jq -r .error)"
}

@test "keycloak: a secret that is wrong -> 3, and it is not shown" {
	with client_credentials svc '{client_secret: "canary-wrong"}'
	VERBOSE='-v -v'
	ask "$api/userinfo"
	check 3
	[[ $stderr == *"$realm/token: refused with 401: unauthorized_client"* ]]
	[[ $stderr != *canary* ]]
}
