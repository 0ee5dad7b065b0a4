# SPDX-License-Identifier: MIT
# What an answer to operations of _bulk means: the table, and rules apart.
load helper

verdicts() { "$ROOT/scripts/verdicts" "$@"; }

# tool FILE: verdicttool on its cases.
tool() { run --separate-stderr "$CONN_BUILD/tests/verdicttool" <"$1"; }

setup_file() { python3 "$BATS_TEST_DIRNAME/verdict.py" >"$BATS_FILE_TMPDIR/cases"; }

@test "verdict: every case -> as the rules say, and no row can be changed" {
	tool "$BATS_FILE_TMPDIR/cases"
	echo "# $output" >&3
	check 0
	eq 1 "${#lines[@]}"
	[ "$(wc -l <"$BATS_FILE_TMPDIR/cases")" -gt 200000 ]
}

@test "verdict: a wrong case, a kind of case that is missing -> noticed" {
	item='{"index":{"_id":"w:1","status":400,"error":{"type":"x"}}}'
	printf 'item\tindex\t400\tx\t\t\t%s\t%s\t%s\n' stop x "$item" \
	    refused y "$item" refused x "${item/400/429}" >wrong
	printf 'request\t413\t\tagain\nfield\tx\t%s\n' "$item" >>wrong
	printf 'reply\t\t%s\nreply\tx\t%s\n' '{}' '{}' >>wrong
	tool wrong
	check 1
	for pattern in "$item: refused, expected stop" \
	    "$item: another by its key, expected stop" \
	    "$item: x, expected y" "${item/400/429}: again, expected refused" \
	    '413: halve, expected again' "$item: , expected x" \
	    '{}: the reply has no errors and items, expected ' \
	    '{}: the reply has no errors and items, expected x'; do
		grep -qxF -- "$pattern" <<<"$output"
	done
	grep -v noop "$BATS_FILE_TMPDIR/cases" | awk "NR % 20 == 0" >few
	tool few
	check 1
	[[ $output == *'item row 5: left out: no case notices'* ]]
}

@test "verdict: each row, pairs of them, each shape -> sent and told so" {
	run python3 "$ROOT/tests/verdict-run.py" \
	    "$CONN_BUILD/tests/indextool" "$ROOT/lib/index/verdicts.txt"
	echo "# $output" >&3
	check 0
	eq 1 "${#lines[@]}"
}

@test "verdict: the tables of conn-index(7) -> those of the file" {
	sed -n '/^.." Made by scripts.verdicts/,/^.." End of/p' \
	    "$ROOT/man/conn-index.7" | sed '1d;$d' >page
	verdicts man >made
	[ -s made ]
	same made page
}

# bad SED PATTERN: the file, changed so, is refused with that message.
bad() {
	sed "$1" "$ROOT/lib/index/verdicts.txt" >changed
	! cmp -s changed "$ROOT/lib/index/verdicts.txt"
	run --separate-stderr verdicts c changed
	check 1
	eq '' "$output"
	[[ $stderr == "verdicts: changed:"$2 ]] && return
	printf 'expected: %s\nactual:   %s\n' "$2" "$stderr"
	return 1
}

@test "verdict: a row that cannot be read -> its line and what is wrong" {
	n=$(grep -n '408 ' "$ROOT/lib/index/verdicts.txt" | head -n 1)
	n=${n%%:*}
	bad '/408/s/again/agian/' "$n: agian is none of: done refused *"
	bad '/408/s/408/048/' "$n: 048 is no range of statuses"
	bad '/408/s/408/409-408/' "$n: 409-408 is no range of statuses"
	bad '/408/s/item  \*/item  put/' "$n: put is none of: \* index delete"
	bad '/408/s/took.*//' "$n: a column is missing"
	bad '/408/s/item/itme/' "$n: itme is no part"
	bad 's/security_exception/security"/' '*: security" is no type'
	bad '/^item  \*       \*/d' '*: *last row does not fit all'
	bad '/^request  \*/d' '*: *last row does not fit all'
	bad '/^reply/d' '*: a part is missing, *'
	bad '$s/.*/item * * * * * odd - x/' '*: its part has ended'
	bad 's/^reply  MEDIA.*/reply media stop x/' '*: not: reply NAME *'
}
