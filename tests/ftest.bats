# SPDX-License-Identifier: MIT
# The functional tests, each as a test.
load helper

# Before a test gets a HOME of its own.
cache=${XDG_CACHE_HOME:-$HOME/.cache}

# ftest NAME [DRIVER]
ftest() {
	[ -x "$CONN_BUILD/libexec/conn/conn-source-${2-$1}" ] ||
		skip "no driver ${2-$1} in this build"
	XDG_CACHE_HOME=$cache run "$ROOT/scripts/ftest" "$1"
	check 0
	[[ $output == "$1: "*' documents, '*' changed'*' deleted, '* ]] ||
		{ echo "$output"; false; }
	[[ $output != *'no cluster'* ]] || skip "$output"
}

@test "ftest: sqlite" { ftest sqlite; }
@test "ftest: postgresql" { ftest postgresql; }
@test "ftest: mysql" { ftest mysql; }
@test "ftest: mongodb" { ftest mongodb; }

@test "ftest: mediawiki" {
	[ -n "${CONN_LONG-}" ] || skip 'minutes; scripts/ftest mediawiki'
	ftest mediawiki rest
}

@test "ftest: redmine" {
	[ -n "${CONN_LONG-}" ] || skip 'minutes; scripts/ftest redmine'
	ftest redmine rest
}
