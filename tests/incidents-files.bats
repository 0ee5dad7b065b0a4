# SPDX-License-Identifier: MIT
# Incidents of files and of what is made of them: see incidents-bulk.bats.
load helper
load lines
load bulk
load sync
load rebuild

# stamp FILE: as a file system does whose clock goes in steps of two seconds.
stamp() {
	local now
	now=$(date +%s)
	begun=${begun:-$now}
	touch -d "@$((now - (now - begun) % 2))" "$1"
}

@test "incident 35, borg #3536: two changes in one step of the clock" {
	mkdir docs
	printf 'source: {type: directory, path: docs}\n' >wiki.yml
	echo old >docs/1
	stamp docs/1
	conn-load wiki.yml >s
	echo new >docs/1
	stamp docs/1
	conn-bulk wiki.yml <s
	conn-slim -I wiki.yml >known
	# by their dates alone
	conn-slim wiki.yml | conn-diff known >out
	eq wiki:1 "$(jq -r '.id // empty' out)"
}

@test "incident 35, borg #5325: a repair that is killed leaves what there was" {
	local at
	command -v strace >/dev/null || skip 'no strace'
	strace -qq -o trace true 2>/dev/null || skip 'strace cannot trace here'
	source_has 1=a 2=a 3=a
	sync
	check 0
	source_has 1=b 2=b 3=b
	conn-load wiki.yml >s
	cp -r "$CONN_STATE_DIR" before
	# what is made anew, then its way into the place of the old one
	for at in 2 8 13 14 15 16 17; do
		rm -rf "$CONN_STATE_DIR"
		cp -r before "$CONN_STATE_DIR"
		run strace -f -qq -o trace -e trace=fdatasync -e \
		    inject=fdatasync:signal=KILL:when=$at conn-bulk -R wiki.yml <s
		now=$(indexed)
		[ "$now" = '1=a 2=a 3=a' ] || [ "$now" = '1=b 2=b 3=b' ]
	done
	sync
	check 0
	eq '1=b 2=b 3=b' "$(indexed)"
	eq ok "$(sqlite3 "$db" 'PRAGMA integrity_check')"
}
