# Allocations of every program, and of drivers, that fail: tests/alloc-sweep.py.
load helper
load alloc

@test "allocations: any fails, or all from it on -> status, or the same result" {
	alloc_sweep 400
}

@test "allocations: none left while an index is made -> an end at once" {
	! grep -q __asan_init "$CONN_BUILD/bin/conn-load" ||
		skip 'built with a sanitizer'
	mkdir docs && echo one >docs/1.txt
	echo 'source: {type: directory, path: docs}' >w.yml
	conn-load w.yml >stream
	local n=0
	while n=$((n + 25)); rm -rf state; head -c 24 /dev/zero >count; do
		run timeout 15 env LD_PRELOAD="$CONN_BUILD/tests/allocfault.so" \
		    ALLOC_COUNT=count ALLOC_AT="$n" ALLOC_ON=yes \
		    conn-bulk w.yml <stream
		[ "$status" -ne 0 ] || break
		[ "$status" -eq 3 ] || check 75
	done
	[ "$n" -gt 1000 ]
}
