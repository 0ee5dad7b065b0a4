# SPDX-License-Identifier: MIT
# What the functional tests of web applications share, loaded after lib.bash.
# An application's name is that of its connector, too.

# app VERB [ARGUMENT]...: of this test's application, of tests/servers.
app() {
	XDG_CACHE_HOME=$servers_cache CONN_SERVER_OWNER=$$ \
	    "$ROOT/tests/servers/$APP" "$1" "$CONN_FTEST/app" "${@:2}"
}

finish() {
	app stop || :
	stop_cluster
}

# started APP COUNT: with so many documents; sets URL, where one request in 50
# fails.
started() {
	APP=$1
	mkdir "$CONN_FTEST/app"
	trap finish EXIT
	served=$(app start 2>said) || absent "$(tail -n 1 said)"
	app seed "$2"
	"$ROOT/tests/servers/follow.py" $$ "$ROOT/tests/flakyproxy.py" \
	    "$served" failed >proxy 2>proxy.err &
	eventually test -s proxy || die "no proxy: $(cat proxy.err)"
	URL=$(cat proxy)
}

# failures: how many requests failed, one at least of each kind.
failures() {
	eq '429 500 cut slow' \
	    "$(cut -d' ' -f1 failed | sort -u | paste -sd' ')"
	wc -l <failed
}

# synced: each index as the source, by a full sync; `want` prints its ids.
synced() {
	local c
	want | sort >wanted
	for c in "${configs[@]}"; do
		ended 0 conn-sync "$c"
		as_source "$c" wanted
	done
}

# did CONFIG INDEXED DELETED OPTION...: what conn-sync does.
did() {
	eq "$2 indexed, $3 deleted, 0 refused, 0 failed" \
	    "$(conn-sync -v "${@:4}" "$1" 2>&1 | sed -n 's/^conn-bulk: //p')"
}

# killed: the application dies in the middle of a listing, of each index:
# nothing is deleted.
killed() {
	local c
	for c in "${configs[@]}"; do
		interrupted "$c" app stop
		eq "$served" "$(app start)"
	done
}
