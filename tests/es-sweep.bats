# SPDX-License-Identifier: MIT
# The connection to a real server breaks at every byte; CONN_LONG set, at
# really every one (where it stalls, at every few), else at some, which the
# seed tells.
load helper
load servers

sweep() {
	local step=${CONN_LONG:+1}
	need_server "$1"
	name=sweep-$BATS_ROOT_PID-$BATS_TEST_NUMBER
	python3 "$ROOT/tests/fault-sweep.py" "$URL" "$name" "${step:-100}" \
	    "${CONN_SEED:-$RANDOM}" 2>&1 | tee said | sed -u 's/^/# /' >&3
	status=${PIPESTATUS[0]}
	curl -m 30 -sX DELETE "$URL/$name" >deleted
	eq 0 "$status"
	grep -qxE '[0-9]{2,} points of bulk tried, 0 violations' said
}

@test "opensearch: the connection breaks at any byte -> nothing is lost" {
	sweep opensearch
}

@test "elasticsearch: the connection breaks at any byte -> nothing is lost" {
	sweep elasticsearch
}
