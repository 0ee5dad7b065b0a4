# Killed, failing, or served short at the system calls of every program of a
# pipe and of conn-sync: tests/call-sweep.py. CONN_SEED: other points; CONN_LONG:
# all of them, and of larger sources.
load helper

prepare() {
	local tool=$CONN_BUILD/tests/faulttool
	"$tool" kill 999 1 true || skip 'nothing can be traced here'
	# the sanitizer's leak check does not run when traced
	export ASAN_OPTIONS=detect_leaks=0
	# a sanitizer's start costs more than ten without
	few=1 large=()
	! grep -q __asan_init "$CONN_BUILD/bin/conn-load" || few=10
	[ -z "${CONN_LONG-}" ] || large=(pipes:300 first:12x200000
		full:12x200000 poll:12x200000)
}

# sweep MODE POINTS LINES:SIZE...
sweep() {
	local points=$(($2 / few))
	[ -z "${CONN_LONG-}" ] || points=0
	run python3 "$ROOT/tests/call-sweep.py" "$1" "$points" \
	    "${CONN_SEED:-1}" "${@:3}"
	echo "# ${lines[-1]}" >&3
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "calls: a state that is ahead of its index -> would be seen" {
	run python3 "$ROOT/tests/call-sweep.py" ahead
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "calls: killed at any -> nothing lost; the same line again repairs it" {
	sweep kill 4500 pipes:8 pipes:60 "${large[@]}"
}

@test "calls: any part of conn-sync killed, or all -> the same" {
	sweep kill 350 syncs:8
	sweep group 200 syncs:8
}

@test "calls: what asks a cluster killed, its calls failing -> the same" {
	sweep kill 80 cluster:24
	sweep errno 40 cluster:24
	sweep short 20 cluster:24
}

@test "calls: any fails -> status, or the same result; again repairs it" {
	sweep errno 700 pipes:8 "${large[@]}"
	sweep errno 100 syncs:8
}

@test "calls: fewer bytes than asked for -> status, or the same result" {
	sweep short 250 pipes:8 "${large[@]}"
	sweep short 50 syncs:8
}
