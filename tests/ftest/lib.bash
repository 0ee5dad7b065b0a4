# SPDX-License-Identifier: MIT
# What the functional tests share. Each works in the folder CONN_FTEST, which
# scripts/ftest makes and removes, and ends with `passed`.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CONN_BUILD=$(cd "$ROOT" && cd "${CONN_BUILD:-build}" && pwd)
PATH=$CONN_BUILD/bin:$PATH
servers_cache=${XDG_CACHE_HOME:-$HOME/.cache}
cd "$CONN_FTEST"
chmod 755 .
export LC_ALL=C TZ=UTC TERM=dumb PATH HOME=$CONN_FTEST/home \
	CONN_STATE_DIR=$CONN_FTEST/state
mkdir "$HOME"

die() {
	echo "$*" >&2
	exit 1
}

# What it needs cannot be had here; scripts/ftest says so.
absent() {
	echo "$*" >&2
	exit 77
}

eq() { [ "$1" = "$2" ] || die "line ${BASH_LINENO[0]}: expected $1, got $2"; }

# ended STATUS COMMAND...
ended() {
	local got=0 wanted=$1
	shift
	"$@" || got=$?
	[ "$got" -eq "$wanted" ] || die "$*: status $got, expected $wanted"
}

eventually() {
	local end=$((SECONDS + 90))
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# configs NAME SOURCE: NAME.yml with that source section into the embedded
# index, and into a cluster, if one can be had; sets `configs`.
configs() {
	local url
	configs=("$1-embedded.yml")
	printf 'name: %s\nsource: %s\n' "$1" "$2" >"$1-embedded.yml"
	sed "s,^name: .*,&-a," -i "$1-embedded.yml"
	if url=$(XDG_CACHE_HOME=$servers_cache CONN_SERVER_OWNER=$$ \
	    "$ROOT/tests/servers/opensearch" start "$CONN_FTEST/cluster" \
	    2>"$CONN_FTEST/cluster.said"); then
		configs+=("$1-cluster.yml")
		printf 'name: %s-b\nsource: %s\nindex: {%s, url: "%s"}\n' \
		    "$1" "$2" 'type: elasticsearch, name: ftest' "$url" \
		    >"$1-cluster.yml"
	else
		no_cluster=', no cluster here'
	fi
}

# listed CONFIG: the ids that the index has, without the config's name, sorted.
listed() { conn-slim -I "$1" | jq -r '.id // empty' | cut -d: -f2- | sort; }

# as_source CONFIG FILE: the index has the ids of FILE, and a full sync finds
# nothing to do.
as_source() {
	listed "$1" >"$1.ids"
	cmp "$1.ids" "$2" >&2 || die "$1: $(diff "$1.ids" "$2" | head -n 5)"
	eq '0 indexed, 0 deleted, 0 refused, 0 failed' \
	    "$(conn-sync -v "$1" 2>&1 | sed -n 's/^conn-bulk: //p')"
}

# interrupted CONFIG COMMAND...: what happens to a source in the middle of a
# listing: it is not complete, and nothing is deleted for it.
interrupted() {
	local c=$1 line loading out=$1.pipe status=0
	shift
	mkfifo "$out"
	conn-slim -I "$c" >known
	conn-load "$c" >"$out" 2>err &
	loading=$!
	{
		for _ in {1..100}; do
			IFS= read -r line
			printf '%s\n' "$line"
		done
		"$@" >&2
		cat
	} <"$out" >stream
	wait "$loading" || status=$?
	eq 75 "$status"
	ended 75 conn-diff known <stream >changes
	eq 0 "$(grep -c '"_ctl":"delete"' changes || :)"
}

passed() { echo "$*${no_cluster-}"; }

stop_cluster() {
	[ ! -d "$CONN_FTEST/cluster" ] ||
		"$ROOT/tests/servers/opensearch" stop "$CONN_FTEST/cluster"
}
trap stop_cluster EXIT
