#!/usr/bin/env bats
# conn-bulk killed at each system call that changes something, run again.

load helper
load bulk

calls=openat,write,pwrite64,fsync,fdatasync,rename,unlink,ftruncate,mkdir

# killed_at N: conn-bulk on s dies at its Nth such call; fails if it has fewer.
killed_at() {
	run strace -f -qq -o trace -e trace="$calls" \
		-e inject="$calls:signal=KILL:when=$1" conn-bulk wiki.yml < s
	[ "$status" -eq 137 ]
}

whole() { eq ok "$(sqlite3 "$db" 'PRAGMA integrity_check')"; }

prepare_strace() {
	strace -qq -o trace true 2>/dev/null || skip "strace cannot trace here"
}

@test "bulk: killed anywhere in a first load -> once more makes it good" {
	prepare_strace
	{ doc 1; doc 2; cursor a 1; } | proven > s
	n=1
	# what it opens before the state folder is made changes nothing
	while rm -rf "$CONN_STATE_DIR"; killed_at $n; do
		n=$((n + 1))
		[ -d "$CONN_STATE_DIR" ] || continue
		if [ -e "$CONN_STATE_DIR/wiki.state" ]; then
			eq run1 "$(saved .run)"
		else
			conn-bulk wiki.yml < s
		fi
		eq "1=1 2=2" "$(indexed)"
		eq '{"a":{"at":"1"}}' "$(saved .streams)"
		whole
	done
	eq 0 "$status"
	[ $n -gt 30 ]
}

@test "bulk: killed anywhere in a diff -> once more makes it good" {
	prepare_strace
	fill 1 2 3 4
	{ doc 2 new; del 3; cursor a 1; doc 5; failed 6; del 4; cursor a 2
	} | proven -b r0 -r r1 -m diff -k 4 -S 1 > s
	cp -r "$CONN_STATE_DIR" before
	n=1
	while rm -rf "$CONN_STATE_DIR"; cp -r before "$CONN_STATE_DIR"
	    killed_at $n; do
		n=$((n + 1))
		at=$(saved .run)
		[ "$(saved '.streams.a.at')" != 2 ] || at=end
		case $at in
		r0) run conn-bulk wiki.yml < s ;;
		# the cursor has moved: what was before it must be there, and
		# what was read then is fenced off
		r1) [[ "$(indexed)" == "1=1 2=new "[!3]* ]]
			sed -i 's/"base":"r0"/"base":"r1"/' s
			run conn-bulk wiki.yml < s
			sed -i 's/"base":"r1"/"base":"r0"/' s ;;
		end) status=1 ;;
		esac
		check 1
		eq "1=1 2=new 5=5" "$(indexed)"
		eq '["r1",{"a":{"at":"2"}},["wiki:6"]]' \
			"$(saved '[.run, .streams, .retry]')"
		whole
	done
	eq 1 "$status"
	[ $n -gt 30 ]
}
