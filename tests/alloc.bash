# SPDX-License-Identifier: MIT
# For the sweep over allocations: `load alloc` after helper.

# alloc_sweep POINTS [TYPE=CONFIG]: see tests/alloc-sweep.py. CONN_SEED: other
# points; CONN_LONG: all of them.
alloc_sweep() {
	local points=$1
	[ -z "${CONN_LONG-}" ] || points=0
	# a sanitizer has allocations of its own
	! grep -q __asan_init "$CONN_BUILD/bin/conn-load" ||
		skip 'built with a sanitizer'
	run python3 "$ROOT/tests/alloc-sweep.py" "$points" "${CONN_SEED:-1}" \
	    "${@:2}"
	echo "# ${lines[-1]}" >&3
	echo "$output"
	[ "$status" -eq 0 ]
}

# allocations TYPE: each of that driver fails, or all from it on, while it reads
# the test's database, which src tells (see source.bash).
allocations() {
	printf 'name: w\nsource: %s\n' \
	    "$(src | jq -c --arg type "$1" '. + {$type, retry: "0s"}')" >"$1.yml"
	alloc_sweep 60 "$1=$PWD/$1.yml"
}
