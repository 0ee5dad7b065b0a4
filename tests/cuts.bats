# What the programs read, cut at every byte, its lines left out, doubled and
# swapped, its bits flipped: tests/cuts/sweep.py. CONN_SEED: other points;
# CONN_LONG: all of them, which takes hours (scripts/test -l -t 36000 cuts).
load helper

# sweep WHAT POINTS
sweep() {
	local points=$2
	[ -z "${CONN_LONG-}" ] || points=0
	run python3 "$ROOT/tests/cuts/sweep.py" "$1" "$points" "${CONN_SEED:-1}"
	[ "${#lines[@]}" -eq 0 ] || echo "# ${lines[-1]}" >&3
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "cuts: a stream damaged in any way -> no delete, no position past it" {
	sweep streams 200
}

@test "cuts: what a driver writes damaged -> complete only by what arrived" {
	sweep drivers 80
}

@test "cuts: a state file damaged in any way -> refused, or read as a whole" {
	sweep states 100
}

@test "cuts: a server's reply cut, its lengths and counts altered -> no success" {
	sweep replies 50
}

@test "cuts: files of the driver file cut, packed ones altered -> not complete" {
	command -v zstd >/dev/null || skip 'zstd is not installed'
	sweep files 60
}
