#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The drivers that conn-driver(7) shows, taken from the page itself.
load helper

# example TYPE: the page's driver of that name becomes a program.
example() {
	export CONN_DRIVER_PATH=$BATS_TEST_TMPDIR/drivers
	mkdir -p "$CONN_DRIVER_PATH"
	chmod 755 "$CONN_DRIVER_PATH"
	awk -v name="# conn-source-$1" '
	/^\.Bd/ { n = 0; hit = 0 }
	/^\.Ed/ && hit { for (i = 1; i <= n; i++) print line[i]; exit }
	{ if ($0 == name) hit = 1; if ($0 !~ /^\.Bd/) line[++n] = $0 }
	' "$ROOT/man/conn-driver.7" | sed 's/\\e/\\/g; s/\\&//g' \
		>"$CONN_DRIVER_PATH/conn-source-$1"
	chmod 755 "$CONN_DRIVER_PATH/conn-source-$1"
}

# passes: the kit finds nothing.
passes() {
	run --separate-stderr conn-check -d c.yml
	check 0
	eq "" "$stderr"
	grep -q '"driver.subset"' <<<"$output"
	eq "" "$(jq -r 'select(.ok | not)' <<<"$output")"
}

@test "driver page: the shell example keeps the protocol" {
	example notes
	mkdir notes
	echo one >"notes/a b.txt"
	echo '{"_ctl":"end"}' >notes/c.txt
	mkdir notes/d.txt
	echo 'source: {type: notes, path: notes}' >c.yml
	passes
	run --separate-stderr conn-load c.yml
	check 1
	eq '"one\n"' "$(jq -c 'select(._id == "c:a b.txt").body' <<<"$output")"
	eq "c:d.txt" "$(jq -r 'select(._ctl == "fail").id' <<<"$output")"
	echo 'source: {type: notes, path: none}' >c.yml
	run --separate-stderr conn-load c.yml
	check 3
}

@test "driver page: the shell example, a folder that cannot be listed -> 3" {
	[ "$(id -u)" -eq 0 ] || skip 'not root: rights cannot be dropped'
	example notes
	mkdir -m 711 notes
	echo one >notes/a.txt
	reachable
	for verb in load slim; do
		run --separate-stderr setpriv --reuid 65534 --regid 65534 \
			--clear-groups "$CONN_DRIVER_PATH/conn-source-notes" \
			$verb <<<"{\"source\":{\"path\":\"$PWD/notes\"}}"
		check 3
		[[ $stderr == *'Permission denied'* ]]
	done
}

@test "driver page: the shell example without jq -> 3" {
	example notes
	mkdir bin
	printf '#!/bin/sh\nexit 127\n' >bin/jq
	chmod 755 bin/jq
	PATH=$PWD/bin:$PATH run "$CONN_DRIVER_PATH/conn-source-notes" slim \
		<<<'{"source":{"path":"/"}}'
	check 3
}

@test "driver page: the Python example keeps the protocol" {
	example mbox
	cat >inbox <<-'X'
	From a@example.com Thu Jan  1 00:00:00 2026
	From: a@example.com
	Subject: first
	Date: Thu, 1 Jan 2026 00:00:00 +0000
	Message-ID: <1@example.com>

	hello

	From a@example.com Thu Jan  1 00:00:01 2026
	Subject: second
	Message-ID: <2@example.com>

	world
	X
	echo 'source: {type: mbox, path: inbox}' >c.yml
	passes
	grep -q '"driver.ids"' <<<"$output"
	run --separate-stderr conn-load c.yml
	check 0
	eq first "$(jq -r 'select(._id == "c:<1@example.com>").title' <<<"$output")"
	printf 'From x Thu Jan  1 00:00:02 2026\nSubject: third\n\nno id\n' >>inbox
	run --separate-stderr conn-load c.yml
	check 1
	eq no_id "$(jq -r 'select(._ctl == "fail").code' <<<"$output")"
}
