# SPDX-License-Identifier: MIT
load helper

@test "a driver that lies in every field -> no lie is taken for the truth" {
	run python3 "$ROOT/tests/liar.py" -s 1 ${CONN_LONG:+-l}
	echo "# ${lines[-1]}" >&3
	check 0
	[[ ${lines[-1]} == *' lies told, 0 violations' ]]
}
