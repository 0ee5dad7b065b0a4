# Loaded by every test: the tools under test on PATH, a world of its own.
bats_require_minimum_version 1.5.0

ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
CONN_BUILD=$(cd "$ROOT" && cd "${CONN_BUILD:-build}" && pwd)
PATH=$CONN_BUILD/bin:$PATH
LC_ALL=C TZ=UTC TERM=dumb
export PATH LC_ALL TZ TERM CONN_BUILD
unset XDG_STATE_HOME STATE_DIRECTORY CREDENTIALS_DIRECTORY CONN_DRIVER_PATH

# Each test works in an empty folder, with its own state and home.
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$BATS_TEST_TMPDIR/home
	export CONN_STATE_DIR=$BATS_TEST_TMPDIR/state
	mkdir -p "$HOME"
	if declare -F prepare >/dev/null; then prepare; fi
}

# check STATUS: the last run ended so; shows both outputs if not.
check() {
	[ "$status" -eq "$1" ] && return
	echo "status $status, expected $1"
	echo "stdout: $output"
	echo "stderr: ${stderr-}"
	return 1
}

# own_memory: skips where a sanitizer or valgrind takes memory, too.
own_memory() {
	case ${CONN_BUILD##*/} in
	asan | valgrind) skip 'the build takes memory of its own' ;;
	esac
}

# same EXPECTED ACTUAL: files are equal, else a diff.
same() { cmp -s "$1" "$2" || { diff -u "$1" "$2"; return 1; }; }

# eq EXPECTED ACTUAL: texts are equal.
eq() {
	[ "$1" = "$2" ] && return
	printf 'expected: %s\nactual:   %s\n' "$1" "$2"
	return 1
}

# eventually COMMAND...: until it succeeds, with a patience that no busy machine
# wears out.
eventually() {
	local end=$((SECONDS + 90))
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.02
	done
}

# example PAGE N: the Nth display of the manual page's EXAMPLES.
example() {
	awk -v n="$2" '/^\.Sh /{in_examples = $2 == "EXAMPLES"}
	    /^\.Ed/{inside = 0}
	    inside && k == n {print}
	    in_examples && /^\.Bd/{inside = 1; k++}' "$ROOT/man/$1"
}

# reachable: the test's folder, for other users.
reachable() {
	local dir=$PWD
	while [[ $dir == "$BATS_RUN_TMPDIR"* ]]; do
		chmod o+x "$dir"
		dir=${dir%/*}
	done
}
