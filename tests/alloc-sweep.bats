# Allocations of every program, and of drivers, that fail: tests/alloc-sweep.py.
# CONN_SEED: other points; CONN_LONG: all of them.
load helper

@test "allocations: any fails, or all from it on -> status, or the same result" {
	local points=400
	[ -z "${CONN_LONG-}" ] || points=0
	# a sanitizer has allocations of its own
	! grep -q __asan_init "$CONN_BUILD/bin/conn-load" ||
		skip 'built with a sanitizer'
	run python3 "$ROOT/tests/alloc-sweep.py" "$points" "${CONN_SEED:-1}"
	echo "# ${lines[-1]}" >&3
	echo "$output"
	[ "$status" -eq 0 ]
}
