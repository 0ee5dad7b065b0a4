# SPDX-License-Identifier: MIT
# Requests signed for AWS, on a server that verifies each of them.
load helper
load es-fake

# verifier [MEMBER]...: a server that knows one key; members of its JSON. The
# config has the same key unless AWS says otherwise.
verifier() {
	local json='"region":"eu-west-1","key":"AKIDEXAMPLE"'
	json+=',"secret":"canary+/secret","service":"es"'
	tls=(--aws "{$json$(printf ',%s' '"offset":0' "$@")}")
	fake "${AWS-$(aws)}" "${lines_more[@]}"
}

# aws [MEMBER]...: the section of a config.
aws() {
	echo "aws: {region: eu-west-1, key: {env: ID}, secret: {env: SECRET}$(
	    [ $# -eq 0 ] || printf ', %s' "$@")}"
}

prepare() {
	export ID=AKIDEXAMPLE SECRET=canary+/secret
}

@test "aws: every request of create, apply, list, check -> accepted" {
	plan '{"on":"GET /_ingest/pipeline/p%20%2B%2F%C3%A9","times":0,"status":200,"body":{}}'
	lines_more=('pipeline: "p +/é"' 'batch: 100')
	verifier
	tool check
	check 0
	tool create
	check 0
	apply 1 2 3
	done_once 3
	tool list
	check 0
	eq 3 "${#lines[@]}"
	eq '' "$(jq -r '.headers["x-amz-content-sha256"] // "none"' log |
	    grep -x none)"
	eq null "$(jq -r '.headers["x-amz-security-token"]' log | sort -u)"
}

@test "aws: compressed bodies -> the bytes that are sent are signed" {
	lines_more=('gzip: true')
	verifier
	apply 1 2 3
	done_once 3
	eq gzip "$(jq -r 'select(.path == "/wiki/_bulk") |
	    .headers["content-encoding"]' log | sort -u)"
}

@test "aws: a session's token, the service aoss -> sent and signed" {
	export TOKEN='canary/token=='
	AWS=$(aws 'service: aoss' 'token: {env: TOKEN}')
	verifier '"service":"aoss"' '"token":"canary/token=="'
	apply 1
	done_once 1
	config "$(aws 'service: aoss')"
	tool uuid
	check 3
	said "$URL/wiki/_settings: HTTP 403"
}

@test "aws: a wrong secret, key, region -> 3, nothing written" {
	verifier
	SECRET=other tool apply < <(docs 1)
	check 3
	said "$URL/wiki/_bulk: HTTP 403"
	ID=other tool uuid
	check 3
	config "$(aws | sed s/eu-west-1/eu-west-2/)"
	tool uuid
	check 3
	eq '' "$(held)"
}

@test "aws: a wrong clock -> 3, and the clock is named" {
	for offset in 900 -900; do
		verifier "\"offset\":$offset"
		tool uuid
		check 3
		said "$URL/wiki/_settings: HTTP 403: the time of the \
signature is not the server's; is the clock right"
		kill "$(cat pid)"
	done
	rm pid
}

@test "aws: a body altered on its way -> 3, nothing written" {
	plan '{"alter":true}'
	verifier
	tool apply < <(docs 1)
	check 3
	said "$URL/wiki/_bulk: HTTP 403"
	eq '' "$(held)"
	eq 1 "$(requests)"
}

@test "aws: sent again -> signed again" {
	plan '{"status":503,"body":""}' '{"reset":"before"}'
	verifier
	apply 1
	done_once 1
	eq 3 "$(requests)"
}

@test "aws: the keys -> in no message, under -vv too" {
	AWS=$(aws 'token: {env: TOKEN}')
	export TOKEN=canary-token
	plan '{"on":"GET /wiki/_settings","status":403,"body":{"message":"canary+/secret canary-token"}}'
	verifier '"token":"canary-token"'
	tool -v -v uuid
	check 3
	[[ $output$stderr != *canary* ]]
	eq 'canary-token' "$(jq -r '.headers["x-amz-security-token"]' log)"
	run grep -c secret log
	eq 0 "$output"
}

@test "aws: a path in the URL, escapes in the name -> signed as sent" {
	verifier
	URL+=/a%20b//c/../
	config "$(aws)"
	sed -i 's/^  name: .*/  name: "é+x"/' wiki.yml
	tool uuid
	# the fake knows no such index, but knows who asks
	check 3
	[[ $stderr != *'HTTP 403'* ]]
}

@test "aws: the example of the manual -> works" {
	verifier
	awk -v n=4 '/^\.Sh /{on = $2 == "EXAMPLES"} /^\.Ed/{inside = 0}
	    inside && k == n {print}
	    on && /^\.Bd/{inside = 1; k++}' "$ROOT/man/conn-config.5" |
		sed "s|url: .*|url: $URL|" >aws.yml
	mkdir pages
	echo one >pages/1
	export AWS_ACCESS_KEY_ID=$ID AWS_SECRET_ACCESS_KEY=$SECRET
	run --separate-stderr bash -c 'conn-load aws.yml | conn-bulk aws.yml'
	check 0
	eq '' "$stderr"
	eq aws:1=1 "$(held)"
}
