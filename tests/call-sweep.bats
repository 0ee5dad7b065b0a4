# Killed, failing, or served short at the system calls of every program of a
# pipe: tests/call-sweep.py. CONN_SEED: other points; CONN_LONG: all of them.
load helper

prepare() {
	local tool=$CONN_BUILD/tests/faulttool
	"$tool" kill 999 1 true || skip 'nothing can be traced here'
	# the sanitizer's leak check does not run when traced
	export ASAN_OPTIONS=detect_leaks=0
}

# sweep MODE POINTS
sweep() {
	local points=$2
	[ -z "${CONN_LONG-}" ] || points=0
	run python3 "$ROOT/tests/call-sweep.py" "$1" "$points" "${CONN_SEED:-1}"
	echo "# ${lines[-1]}" >&3
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "calls: killed at any -> nothing lost; the same line again repairs it" {
	sweep kill 200
}

@test "calls: any fails -> status, or the same result; again repairs it" {
	sweep errno 150
}

@test "calls: fewer bytes than asked for -> status, or the same result" {
	sweep short 30
}
