# SPDX-License-Identifier: MIT
# Real servers, loaded after helper. scripts/test starts those that a suite
# names; else the first test of a file does, and the end of the file stops it.

# Before a test gets a HOME of its own.
servers_cache=${XDG_CACHE_HOME:-$HOME/.cache}

# need_server opensearch|elasticsearch: sets URL to that of a server which
# other tests use too (so take an index name of your own), or skips the test.
need_server() {
	local url=CONN_${1^^}_URL why=CONN_${1^^}_MISSING
	local dir=$BATS_FILE_TMPDIR/$1
	URL=${!url-}
	[ -z "$URL" ] || return 0
	[ -z "${!why-}" ] || skip "no $1 server: ${!why}"
	server_start "$1" "$dir"
}

# server_start SERVER DIR [KEY=VALUE]...: of this file alone, once; sets URL or
# skips the test.
server_start() {
	local server=$1 dir=$2
	shift 2
	(
		flock 8
		[ ! -e "$dir.said" ] || exit 0
		XDG_CACHE_HOME=$servers_cache CONN_SERVER_OWNER=$BATS_ROOT_PID \
		    "$ROOT/tests/servers/$server" start "$dir" "$@" \
		    >"$dir.said" 2>&1 3>&- 8>&-
	) 8>"$dir.lock" || :
	URL=$(cat "$dir/url" 2>/dev/null) && [ -n "$URL" ] && return
	skip "no $server server: $(tail -n 1 "$dir.said")"
}

# A file with a teardown_file of its own calls this there.
stop_servers() {
	local dir
	for dir in "$BATS_FILE_TMPDIR"/*/url; do
		[ -e "$dir" ] || continue
		dir=${dir%/url}
		"$BATS_TEST_DIRNAME/servers/${dir##*/}" stop "$dir"
	done
}

teardown_file() { stop_servers; }
