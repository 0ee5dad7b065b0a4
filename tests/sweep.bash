# SPDX-License-Identifier: MIT
# For the sweeps over system calls: `load sweep` after helper.

prepare() {
	local tool=$CONN_BUILD/tests/faulttool
	"$tool" kill 999 1 true || skip 'nothing can be traced here'
	# a sanitizer's start costs more than ten without
	few=1 large=()
	! grep -q __asan_init "$CONN_BUILD/bin/conn-load" || few=10
	[ -z "${CONN_LONG-}" ] || large=(pipes:300 first:4x60000
		full:4x60000 poll:4x60000)
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
