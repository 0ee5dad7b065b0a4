# Killed, failing, or served short at the system calls of every program of a
# pipe and of conn-sync: tests/call-sweep.py. CONN_SEED: other points; CONN_LONG:
# all of them, and of larger sources.
load helper

prepare() {
	local tool=$CONN_BUILD/tests/faulttool
	"$tool" kill 999 1 true || skip 'nothing can be traced here'
	# the sanitizer's leak check does not run when traced
	export ASAN_OPTIONS=detect_leaks=0
}

# sweep MODE POINTS LINES:SIZE...
sweep() {
	run python3 "$ROOT/tests/call-sweep.py" "$1" "$2" "${CONN_SEED:-1}" \
	    "${@:3}"
	echo "# ${lines[-1]}" >&3
	echo "$output"
	[ "$status" -eq 0 ]
}

# long MODE: nothing but all of them is tried then.
long() {
	[ -n "${CONN_LONG-}" ] || return 1
	sweep "$1" 0 pipes:8 syncs:8 pipes:60 syncs:60 pipes:300 full:12x200000 \
	    first:12x200000 poll:12x200000
}

@test "calls: killed at any -> nothing lost; the same line again repairs it" {
	long kill || sweep kill 4500 pipes:8 pipes:60
}

@test "calls: any part of conn-sync killed, or all -> the same" {
	if long group; then return; fi
	sweep kill 400 syncs:8
	sweep group 200 syncs:8
}

@test "calls: any fails -> status, or the same result; again repairs it" {
	if long errno; then return; fi
	sweep errno 800 pipes:8
	sweep errno 150 syncs:8
}

@test "calls: fewer bytes than asked for -> status, or the same result" {
	long short || sweep short 300 pipes:8 syncs:8
}
