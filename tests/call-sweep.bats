# Killed, failing, or served short at the system calls of every program of a
# pipe and of conn-sync: tests/call-sweep.py. CONN_SEED: other points; CONN_LONG:
# all of them, and of larger sources.
load helper
load sweep

@test "calls: a state that is ahead of its index -> would be seen" {
	run python3 "$ROOT/tests/call-sweep.py" ahead
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "calls: killed at any -> nothing lost; the same line again repairs it" {
	local sizes=(8 60)
	[ -z "${CONN_LONG-}" ] || sizes=({1..20} 60)
	sweep kill 4600 "${sizes[@]/#/pipes:}" "${large[@]}"
}
