# SPDX-License-Identifier: MIT
# A real server that speaks MongoDB's protocol for a file of tests, loaded after
# helper, source and servers: one server, MONGO_SERVER, a database for each test.

: "${MONGO_SERVER=mongodb}"

mongo_start() { # DIR [PORT [FILE]]
	XDG_CACHE_HOME=$servers_cache CONN_SERVER_OWNER=${BATS_ROOT_PID:-$$} \
	    "$ROOT/tests/servers/$MONGO_SERVER" start "$@" >"$1.said" 2>&1 3>&-
}

# FerretDB takes minutes.
too_long() { [ "$MONGO_SERVER" != mongodb ] && [ -z "${CONN_LONG-}" ]; }

setup_file() {
	export MONGO=$BATS_FILE_TMPDIR/$MONGO_SERVER
	! too_long || return 0
	/usr/bin/python3 -c 'import pymongo' 2>/dev/null || return 0
	mongo_start "$MONGO" || :
}

# A test that brings a `prepare` of its own calls this there.
mongo_prepare() {
	! too_long || skip "minutes; scripts/test -l mongodb-${MONGO_SERVER%db}"
	[ -x "$CONN_BUILD/libexec/conn/conn-source-mongodb" ] ||
		skip 'the driver mongodb was left out of the build'
	/usr/bin/python3 -c 'import pymongo' 2>/dev/null ||
		skip 'no pymongo here (python3-pymongo)'
	URL=$(cat "$MONGO/url" 2>/dev/null) ||
		skip "no MongoDB server: $(tail -n 1 "$MONGO.said")"
	DB=t$BATS_TEST_NUMBER
}

prepare() { mongo_prepare; }

# mongo: commands from stdin, one a line, to the test's database.
mongo() { /usr/bin/python3 "$ROOT/tests/mongo.py" "$URL" "$DB"; }

# src [MEMBERS]: the source section for the test's database.
src() {
	printf '{"url":"%s/%s","database":"%s","retry":0%s}' "$URL" "${OPTIONS-}" \
	    "$DB" "${1:+,$1}"
}

deletes() { jq -r 'select(.delete).delete.id' <<<"$output" | sort | paste -sd' '; }

# proxy [RULE]...: before the server, with these rules; URL is its own then.
proxy() {
	rules "$@"
	/usr/bin/python3 "$ROOT/tests/mongoproxy.py" "${URL##*:}" port rules \
	    >proxy.out 2>&1 3>&- &
	echo $! >proxy.pid
	eventually [ -s port ]
	DIRECT=$URL URL=mongodb://127.0.0.1:$(<port)
}

# A rule may be broken into lines here.
rules() { printf '%s\n' "${@//$'\n'/}" >rules; }

teardown() {
	[ ! -e "$BATS_TEST_TMPDIR/proxy.pid" ] ||
		kill "$(<"$BATS_TEST_TMPDIR/proxy.pid")"
}
