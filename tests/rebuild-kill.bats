#!/usr/bin/env bats
# A rebuild of the embedded index, killed wherever it changes something.

load helper
load lines
load bulk
load sync
load rebuild

teardown() { touch "$BATS_TEST_TMPDIR/go"; }

nothing_left() { eq '' "$(find "$CONN_STATE_DIR" -name '*rebuild*')"; }

# whole_one: the live index is all old or all new, in documents and search.
whole_one() {
	eq ok "$(sqlite3 "$db" 'PRAGMA integrity_check')"
	now=$(indexed)
	[ "$now" = '1=a 2=a 3=a' ] || [ "$now" = '1=b 2=b 3=b' ]
	eq 3 "$(sqlite3 "$db" "SELECT count(*) FROM search('${now: -1}')")"
}

# sweep STEP CALL...: conn-bulk -R dies at the 1st, 1+STEPth ... of each call
# (strace counts each by itself); then a poll. Adds to n how often, to swaps how
# often that was after the swap.
sweep() {
	local step=$1 call at
	shift
	for call; do
		at=1
		while rm -rf "$CONN_STATE_DIR"; cp -r before "$CONN_STATE_DIR"
		    killed_at "$call" $at; do
			mended
			at=$((at + step)) n=$((n + 1))
		done
		eq 0 "$status"
		eq '1=b 2=b 3=b' "$(indexed)"
	done
	echo "# $n kills, $swaps of them after the swap" >&3
}

killed_at() {
	run strace -f -qq -o trace -e trace="$1" \
	    -e inject="$1:signal=KILL:when=$2" conn-bulk -R wiki.yml < s
	[ "$status" -eq 137 ]
}

mended() {
	local olds=0
	whole_one
	run --separate-stderr conn-sync -P wiki.yml
	check 0
	was=$now
	whole_one
	eq "$was" "$now"
	nothing_left
	eq "$(saved .uuid)" "$(sqlite3 "$db" \
	    "SELECT value FROM meta WHERE key = 'uuid'")"
	if [ "$now" = '1=b 2=b 3=b' ]; then
		olds=1 swaps=$((swaps + 1))
	fi
	eq $olds "$(find "$CONN_STATE_DIR" -name '*.old-*' | wc -l)"
}

ready_to_sweep() {
	strace -qq -o trace true 2>/dev/null || skip "strace cannot trace here"
	source_has 1=a 2=a 3=a
	: > d/poll
	sync
	source_has 1=b 2=b 3=b
	conn-load wiki.yml > s
	# a poll has nothing new, a full sync none but what was swapped in
	cp -r "$CONN_STATE_DIR" before
	n=0 swaps=0
}

@test "rebuild: killed at each sync, rename, unlink -> old or new; a poll mends" {
	ready_to_sweep
	sweep 1 write fsync fdatasync rename unlink ftruncate chmod fchmod
	[ "$n" -gt 50 ]
	[ "$swaps" -gt 5 ]
}

@test "rebuild: killed at every 7th write -> old or new; a poll mends" {
	ready_to_sweep
	sweep 7 pwrite64
	[ "$n" -gt 10 ]
}

@test "rebuild: its stream again after a kill behind the swap -> each old one kept" {
	ready_to_sweep
	for at in 1 2; do
		rm -rf "$CONN_STATE_DIR"
		cp -r before "$CONN_STATE_DIR"
		killed_at rename $at
		eq '1=b 2=b 3=b' "$(indexed)"
		conn-bulk -R wiki.yml < s
		run -75 --separate-stderr conn-bulk -R wiki.yml < s
		old=$db.old-$(head -n 1 s | jq -r .run)
		eq "1=a 2=a 3=a" "$(db=$old indexed)"
		eq "1=b 2=b 3=b" "$(db=$old-2 indexed)"
		nothing_left
	done
}

@test "rebuild: any program of it killed -> as it was, the next run cleans up" {
	source_has {1..50}=a
	sync
	was=$(saved .uuid)
	for victim in conn-bulk conn-load driver conn-sync all; do
		slow_load
		setsid conn-sync -R wiki.yml 3>&- 2> err > out &
		pid=$!
		eventually test -e d/waits
		eventually test -e "$CONN_STATE_DIR/wiki.rebuild"
		case $victim in
		all) kill -KILL -- -$pid ;;
		conn-sync) kill -KILL $pid ;;
		driver) kill -KILL "$(cat d/pid)" ;;
		*) kill -KILL "$(pgrep -g $pid -x "$victim")" ;;
		esac
		touch go
		wait $pid || :
		# whose parent alone was killed goes on to the end
		[ $victim = conn-sync ] || eq "$was" "$(saved .uuid)"
		eq 50 "$(sqlite3 "$db" 'SELECT count(*) FROM documents')"
		run --separate-stderr conn-sync -w 60 wiki.yml
		check 0
		nothing_left
		was=$(saved .uuid)
	done
}
