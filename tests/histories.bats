# Random histories of a source, of runs and of faults, held against a model:
# tests/histories.py. CONN_SEED: another beginning.
load helper

histories() { python3 "$ROOT/tests/histories.py" "$@"; }

@test "histories: random ones -> the index is what the model says" {
	count=60
	[ -z "${CONN_LONG-}" ] || count=100000
	run histories $count "${CONN_SEED:-1}"
	echo "# ${lines[-1]}" >&3
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "histories: those that once went wrong" {
	run histories "$ROOT"/tests/histories/*.json
	echo "$output"
	[ "$status" -eq 0 ]
}
