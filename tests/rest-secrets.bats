#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The driver rest: credentials of a config, from where they stand to the wire.

load helper
load rest

prepare() { serve; }

@test "secrets by reference reach the server, and no message" {
	plan '{"on":"GET /x","header":{"authorization":"Bearer t0ps3cret","x-key":"k3yk3y"},"query":{"sig":"s1gs1g"},"body":[{"id":1,"echo":"t0ps3cret"}]}'
	config <<-'EOT'
	auth: {bearer: {env: TOKEN}}
	headers: {X-Key: {env: KEY}, X-Plain: as it is}
	query: {sig: {env: SIG}}
	streams: {x: {get: /x, doc: "{k: 1}"}}
	EOT
	export TOKEN=t0ps3cret KEY=k3yk3y SIG=s1gs1g
	tool 0 conn-load -vv
	eq x/1 "$(ids out)"
	eq "as it is" "$(jq -r '.headers."x-plain"' log)"
	! grep -E 't0ps3cret|k3yk3y|s1gs1g' out err
	echo '{"on":"GET /x","status":403}' >plan
	tool 3 conn-load -vv
	! grep -E 't0ps3cret|k3yk3y|s1gs1g' out err
}

@test "a literal secret wants a file that others cannot read" {
	config <<<$'auth: {bearer: t0ps3cret}\nstreams: {x: {get: /x}}'
	chmod 644 wiki.yml
	tool 2 conn-load
	grep 'source.auth.bearer' err
	! grep t0ps3cret err
}

@test "credentials in the clear to another machine: 2" {
	config <<<$'auth: {bearer: {env: TOKEN}}\nstreams: {x: {get: /x}}'
	sed -i 's|url: .*|url: http://api.example.com|' wiki.yml
	export TOKEN=t0ps3cret
	tool 2 conn-load
	grep 'http in the clear' err
}

@test "oauth: renewed once after a 401; the rotated token is on disk" {
	plan '{"on":"POST /token","has":"refresh_token=r1","body":{"access_token":"a1","refresh_token":"r2","expires_in":3600}}' \
	    '{"on":"POST /token","has":"refresh_token=r2","body":{"access_token":"a2","refresh_token":"r3","expires_in":3600}}' \
	    '{"on":"GET /x","header":{"authorization":"Bearer a2"},"body":[{"id":1}]}' \
	    '{"on":"GET /x","status":401}'
	config <<-'EOT'
	auth:
	  oauth:
	    url: $URL/token
	    grant: refresh_token
	    client_id: me
	    client_secret: {env: CS}
	    refresh_token: {env: RT}
	streams: {x: {get: /x}}
	EOT
	export CS=cl1ents3cret RT=r1
	tool 0 conn-load
	eq x/1 "$(ids out)"
	same - <(asked) <<-'EOT'
	POST /token
	GET /x
	POST /token
	GET /x
	EOT
	grep -q r3 state/wiki.token
	eq 600 "$(stat -c %a state/wiki.token)"
	# the next run begins with what is on disk
	: >log
	tool 0 conn-load
	eq "GET /x" "$(asked)"
	printf '%s\n' '{"on":"POST /token","has":"refresh_token=r3","body":{"access_token":"a3","refresh_token":"r4"}}' \
	    '{"on":"GET /x","header":{"authorization":"Bearer a3"},"body":[]}' '{"on":"GET /x","status":401}' >plan
	tool 0 conn-load
	grep -q r4 state/wiki.token
	# refused for good: 3
	printf '%s\n' '{"on":"POST /token","status":400,"body":{"error":"invalid_grant"}}' '{"on":"GET /x","status":401}' >plan
	tool 3 conn-load
}

@test "login: the token of its program is sent" {
	plan '{"on":"POST /login","has":"\"password\":\"pw\"","body":{"data":{"key":"abc"}}}' \
	    '{"on":"GET /x","header":{"x-session":"abc"},"body":[{"id":1}]}'
	config <<-'EOT'
	auth:
	  login:
	    post: /login
	    body: {user: me, password: pw}
	    token: .data.key
	    as: {header: X-Session}
	streams: {x: {get: /x}}
	EOT
	tool 0 conn-load
	eq x/1 "$(ids out)"
}

@test "auth as a list: the first that lacks nothing" {
	mkdir drivers
	chmod 755 drivers
	cat >drivers/two.yml <<-EOT
	settings:
	  token: {type: string, secret: true}
	  user: {type: string}
	  password: {type: string, secret: true}
	url: $URL
	auth: [{bearer: \\(\$c.token)}, {basic: [\\(\$c.user), \\(\$c.password)]}, {none: true}]
	streams: {x: {get: /x, doc: "{k: \$c}"}}
	EOT
	export CONN_DRIVER_PATH=$PWD/drivers P=t0ps3cret
	plan '{"on":"GET /x","body":[{"id":1}]}'
	for keys in '' 'token: {env: P}' $'user: u\n  password: {env: P}'; do
		printf 'name: wiki\nsource:\n  type: two\n  %s\n' "$keys" >wiki.yml
		tool 0 conn-load
		! grep t0ps3cret out err
	done
	eq '[null,"Bearer t0ps3cret","Basic dTp0MHBzM2NyZXQ="]' \
	    "$(jq -sc 'map(.headers.authorization)' log)"
	eq '{"user":"u"}' "$(jq -c 'select(._id).k' out)"
}
