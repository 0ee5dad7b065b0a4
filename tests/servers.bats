# SPDX-License-Identifier: MIT
load helper
load servers

answers() {
	need_server "$1"
	run -0 --separate-stderr curl -fsS "$URL/"
	[ "$(jq -r .cluster_name <<<"$output")" = test ]
	run -0 --separate-stderr curl -fsS "$URL/_cluster/health"
	[[ $(jq -r .status <<<"$output") == @(green|yellow) ]]
}

@test "servers: opensearch -> answers / and _cluster/health" {
	answers opensearch
}

@test "servers: elasticsearch -> answers / and _cluster/health" {
	answers elasticsearch
}

@test "servers: need_server twice -> the same server" {
	need_server elasticsearch
	first=$URL
	need_server elasticsearch
	eq "$first" "$URL"
}

@test "servers: it cannot be had -> skipped with the reason" {
	printf 'load %s\n' "$ROOT/tests/helper" "$ROOT/tests/servers" >t.bats
	printf '@test "x" { need_server opensearch; false; }\n' >>t.bats
	unset CONN_OPENSEARCH_URL
	CONN_OPENSEARCH_MISSING='no JDK' run -0 bats --tap t.bats
	eq 'ok 1 x # skip no opensearch server: no JDK' "${lines[1]}"
}

@test "servers: its owner dies -> the server ends" {
	sleep 600 3>&- &
	owner=$!
	need_server elasticsearch
	CONN_SERVER_OWNER=$owner XDG_CACHE_HOME=$servers_cache run -0 \
	    --separate-stderr "$ROOT/tests/servers/elasticsearch" start own 3>&-
	curl -fsS -o health "$output/_cluster/health"
	kill "$owner"
	eventually eval '! curl -fs -o health -m 5 "$output/"'
}
