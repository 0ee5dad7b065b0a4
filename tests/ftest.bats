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
	[[ $output != "$1: SKIPPED: "* ]] || skip "$output"
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

@test "ftest: wordpress" {
	[ -n "${CONN_LONG-}" ] || skip 'minutes; scripts/ftest wordpress'
	ftest wordpress rest
}

@test "ftest: redmine" {
	[ -n "${CONN_LONG-}" ] || skip 'minutes; scripts/ftest redmine'
	ftest redmine rest
}

@test "ftest: gitea" {
	[ -n "${CONN_LONG-}" ] || skip 'minutes; scripts/ftest gitea'
	ftest gitea rest
}

@test "ftest: what cannot be had -> said so, the others are run" {
	mkdir -p t/scripts t/tests/ftest
	cp "$ROOT/scripts/ftest" t/scripts
	cd t/tests/ftest
	printf '#!/bin/sh\necho none here >&2; exit 77\n' >a
	printf '#!/bin/sh\necho b: 3 documents\n' >b
	chmod +x a b
	run ../../scripts/ftest
	check 0
	eq $'a: SKIPPED: none here\nb: 3 documents' "$output"
	# but who asks for it by name has not got it
	run ../../scripts/ftest a b
	check 1
	eq $'a: SKIPPED: none here\nb: 3 documents' "$output"
	printf '#!/bin/sh\necho too few >&2; exit 1\n' >a
	run ../../scripts/ftest
	check 1
	eq $'a: FAILED\ntoo few\nb: 3 documents' "$output"
}

@test "ftest: a server that cannot be started here -> skipped with its reason" {
	/usr/bin/python3 -c 'import pymongo' || skip 'no pymongo here'
	mkdir bin
	ln -s /usr/bin/* bin/
	rm -f bin/eatmydata
	PATH=$PWD/bin run env -u LD_PRELOAD "$ROOT/scripts/ftest" ferretdb
	check 1
	eq 'ferretdb: SKIPPED: ferretdb: no eatmydata here' "$output"
}
