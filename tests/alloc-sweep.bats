# Allocations of every program, and of drivers, that fail: tests/alloc-sweep.py.
load helper
load alloc

@test "allocations: any fails, or all from it on -> status, or the same result" {
	alloc_sweep 400
}
