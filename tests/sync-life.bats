#!/usr/bin/env bats
# conn-sync: the lock, the interval, signals, and being killed.

load helper
load lines
load bulk
load sync

# slow_driver: load waits for the file go after its first document.
slow_driver() {
	cat > d/conn-source-lines <<-EOF
		#!/bin/sh
		[ "\$1" != spec ] || exec cat $PWD/d/spec.json
		cat > /dev/null
		ls -l /proc/self/fd > $PWD/d/fds
		echo \$\$ > $PWD/d/pid
		head -n 1 $PWD/d/\$1
		until [ -e $PWD/go ]; do sleep 0.05; done
		tail -n +2 $PWD/d/\$1
	EOF
}

# whatever failed, no driver may wait for ever
teardown() { touch "$BATS_TEST_TMPDIR/go"; }

@test "sync: another run holds the lock -> 75, silent; -v says so" {
	source_has 1=a
	sync
	exec 8>>"$CONN_STATE_DIR/wiki.lock"
	flock 8
	verbs
	sync -M m.prom
	check 75
	eq "" "$output$stderr"
	grep -qx 'conn_last_exit_status{source="wiki"} 75' m.prom
	run ! grep -E '^conn_run_seconds.* [0-9]{2}' m.prom
	sync -v
	check 75
	eq "conn-sync: another run holds $CONN_STATE_DIR/wiki.lock" "$stderr"
	eq "*" "$(verbs)"
	conn-sync -w 60 wiki.yml 8>&- &
	pid=$!
	eventually is_waiting $pid
	exec 8>&-
	wait $pid
}

# is_waiting PID: its helper has come to where it takes the lock.
is_waiting() {
	local helper
	helper=$(pgrep -P "$1" conn-sync-helpe) &&
		grep -qa begin "/proc/$helper/cmdline"
}

@test "sync -w: a signal while it waits for the lock -> all end, at once" {
	source_has 1=a
	sync
	mkdir tmp
	exec 8>>"$CONN_STATE_DIR/wiki.lock"
	flock 8
	for signal in TERM INT HUP QUIT KILL; do
		TMPDIR=$PWD/tmp env --default-signal=INT,QUIT conn-sync -v \
			-w 60 wiki.yml 3>&- 8>&- 2> err &
		pid=$!
		eventually is_waiting $pid
		helper=$(pgrep -P $pid conn-sync-helpe)
		eventually tells $pid waiting
		kill -$signal $pid
		status=0
		wait $pid || status=$?
		eq $((128 + $(kill -l $signal))) "$status"
		eventually gone "$helper"
		eq "conn-sync: waiting to begin" "$(sort -u err)"
		[ $signal = KILL ] || eq "" "$(ls tmp)"
	done
}

@test "sync -P: the config changes while it waits -> a full sync" {
	source_has 1=a 2=b
	sync
	exec 8>>"$CONN_STATE_DIR/wiki.lock"
	flock 8
	conn-sync -P -v -w 60 wiki.yml 3>&- 8>&- 2> err &
	pid=$!
	eventually is_waiting $pid
	echo 'map: .title += "!"' >> wiki.yml
	exec 8>&-
	wait $pid
	grep -qx 'conn-sync: the config changed .*; a full sync' err
	eq "1=a! 2=b!" "$(indexed)"
}

# tells PID PATTERN...: asked by SIGUSR1, it writes such lines.
tells() {
	local pattern
	kill -USR1 "$1"
	sleep 0.1
	for pattern in "${@:2}"; do grep -q "$pattern" err || return; done
}

has_lock() { readlink /proc/"$1"/fd/* | grep -q wiki.lock; }

@test "sync: the lock -> held while it lists, for conn-bulk, not the driver" {
	source_has 1=a 2=b
	slow_driver
	conn-sync wiki.yml 3>&- &
	pid=$!
	eventually test -s d/pid
	run flock -n "$CONN_STATE_DIR/wiki.lock" true
	check 1
	run --separate-stderr conn-sync wiki.yml
	check 75
	run grep -c wiki.lock d/fds
	eq 0 "$output"
	for p in $(pgrep -P $pid); do
		! has_lock "$p" || cat /proc/"$p"/comm
	done > holders
	eq conn-bulk "$(cat holders)"
	touch go
	wait $pid
	eq "1=a 2=b" "$(indexed)"
	flock -n "$CONN_STATE_DIR/wiki.lock" true
}

@test "sync: a signal that ends it -> all end, dies of it, nothing left" {
	source_has 1=a
	sync
	source_has 1=b 2=b
	slow_driver
	mkdir tmp
	for signal in TERM INT HUP QUIT PIPE ALRM USR2; do
		rm -f d/pid
		TMPDIR=$PWD/tmp env --default-signal=INT,QUIT conn-sync \
			wiki.yml 3>&- 2> err &
		pid=$!
		eventually test -s d/pid
		kids=$(pgrep -P $pid)
		kill -$signal $pid
		status=0
		wait $pid || status=$?
		eq $((128 + $(kill -l $signal))) "$status"
		for p in $kids $(cat d/pid); do
			eventually gone "$p"
		done
		eq "" "$(ls tmp)"
		flock -n "$CONN_STATE_DIR/wiki.lock" true
	done
	touch go
	sync
	check 0
	eq "1=b 2=b" "$(indexed)"
}

@test "sync: SIGUSR1 -> each part tells how far it is, all goes on" {
	source_has 1=a 2=b
	slow_driver
	mkdir tmp
	for how in load,diff,bulk: poll,bulk:-P; do
		rm -f d/pid go
		# shellcheck disable=SC2086
		TMPDIR=$PWD/tmp conn-sync ${how#*:} wiki.yml 3>&- 2> err &
		pid=$!
		eventually test -s d/pid
		for _ in 1 2 3; do
			: > err
			IFS=, read -ra parts <<< "${how%:*}"
			eventually tells $pid "${parts[@]/%/: [0-9]}"
		done
		touch go
		wait $pid
		eq "" "$(ls tmp)"
		source_changed 2=B
	done
	eq "1=a 2=B" "$(indexed)"
}

@test "sync -P: SIGTERM, SIGHUP while the source is asked -> all end" {
	lines_spec '"slim_fields":[]'
	sed -i 's/"poll"/"poll","changed"/' d/spec.json
	source_has 1=a
	sync
	slow_driver
	touch d/changed
	for signal in TERM HUP; do
		rm -f d/pid
		conn-sync -P wiki.yml 3>&- 2>err &
		pid=$!
		eventually test -s d/pid
		kids=$(pgrep -P $pid)
		kill -$signal $pid
		status=0
		wait $pid || status=$?
		eq $((128 + $(kill -l $signal))) "$status"
		for p in $kids $(cat d/pid); do
			eventually gone "$p"
		done
		eventually flock -n "$CONN_STATE_DIR/wiki.lock" true
	done
}

gone() { ! kill -0 "$1" 2>/dev/null; }

@test "sync: ^C on a terminal -> all end" {
	source_has 1=a
	slow_driver
	mkfifo keys
	script -qec 'conn-sync wiki.yml' log < keys > /dev/null 2>&1 3>&- &
	pid=$!
	exec 8> keys
	eventually test -s d/pid
	printf '\003' >&8
	exec 8>&-
	eventually gone "$(cat d/pid)"
	wait $pid || :
	eventually flock -n "$CONN_STATE_DIR/wiki.lock" true
}

@test "sync: conn-bulk stops early -> the reader of the source ends, too" {
	source_has 1=a
	sync
	source_has 1=a 2=b
	slow_driver
	rm -f d/pid
	conn-sync -M m.prom wiki.yml 3>&- 2> err &
	pid=$!
	eventually test -s d/pid
	kill -KILL "$(pgrep -P $pid conn-bulk)"
	status=0
	wait $pid || status=$?
	eq 137 "$status"
	grep -qx 'conn_last_exit_status{source="wiki"} 137' m.prom
	eventually gone "$(cat d/pid)"
	touch go
}

@test "sync: interval -> no start before it is over; a failure does not count" {
	source_has 1=a
	echo 'interval: 1h' >> wiki.yml
	echo 75 > d/status
	sync
	check 75
	rm d/status
	sync
	check 0
	verbs
	sync
	check 75
	eq "" "$output$stderr"
	sync -P -v
	check 75
	[[ $stderr == "conn-sync: the last run started "*"is 3600 s" ]]
	eq "*" "$(verbs)"
	eq 1 "$(saved '.started | length > 0' | grep -c true)"
	sync -n
	check 0
	sed -i 's/1h/1ms/' wiki.yml
	sync
	check 0
}

@test "sync: a poll after it keeps the interval's start" {
	source_has 1=a
	echo 'interval: 1ms' >> wiki.yml
	sync
	first=$(saved .started)
	[ "$first" != null ]
	echo 3 > d/status
	: > d/poll
	sync -P
	check 3
	eq "$first" "$(saved .started)"
	rm d/status
	sync -P
	check 0
	[[ $(saved .started) > $first ]]
}

@test "sync: all killed at any moment, once more -> index is the source" {
	source_has {1..300}=x
	sync
	for round in 1 2 3 4 5 6 7 8; do
		# shellcheck disable=SC2046
		source_has $(seq -f "%g=r$round" $((round * 20)) 300)
		setsid conn-sync -m 100% wiki.yml 3>&- 2> /dev/null &
		pid=$!
		sleep "0.0$((round * 5 % 9 + 1))"
		kill -KILL -- -$pid || :
		wait $pid || :
		sync -w 30 -m 100%
		check 0
		eq $((301 - round * 20)) "$(sqlite3 "$db" "SELECT count(*)
		    FROM documents WHERE json_extract(document, '\$.title') =
		    'r$round'")"
		eq ok "$(sqlite3 "$db" 'PRAGMA integrity_check')"
		sync -v
		eq "0 indexed, 0 deleted" "$(operations)"
	done
}

# at_each_fork FAULT... : conn-sync with it at the first, second ... of the
# processes that it starts; what it gave in $given. None may be left that waits.
at_each_fork() {
	local n=0 tool=$CONN_BUILD/tests/faulttool
	"$tool" kill 999 1 true || skip 'nothing can be traced here'
	mkdir tmp
	export TMPDIR=$PWD/tmp
	source_has 1=a 2=b
	sync
	check 0
	while [ $((n += 1)) -le 100 ]; do
		given=0
		timeout 60 "$tool" -m mark "$1" 56 $n "${@:2}" \
		    conn-sync wiki.yml 2>said || given=$?
		rm mark 2>said || break
		echo "$n: $given: $(cat said)"
		[ "$given" -eq "$expected" ]
		flock -n "$CONN_STATE_DIR/wiki.lock" true
	done
	[ "$n" -gt 8 ]
	sync
	check 0
}

@test "sync: killed as it starts any of its parts -> none waits for it" {
	expected=137 at_each_fork kill
}

@test "sync: no further process can be had -> 75, none waits for it" {
	expected=75 at_each_fork errno 11
	eq '' "$(ls tmp)"
}

@test "sync: few descriptors are allowed -> never silent, or done" {
	local n
	source_has 1=a
	for n in {12..24}; do
		run --separate-stderr bash -c "ulimit -n $n; conn-sync wiki.yml"
		[ "$status" -eq 0 ] && eq "1=a" "$(indexed)" && continue
		[ "$n" -lt 20 ]
		check 3
		[[ $stderr == "conn-sync: "* ]]
		[ "$n" -gt 15 ] || eq "conn-sync: too few descriptors`
		    ` are allowed (ulimit -n)" "$stderr"
	done
}

@test "sync: no further descriptor can be had -> never 0 with nothing done" {
	local n=0 tool=$CONN_BUILD/tests/faulttool
	"$tool" kill 999 1 true || skip 'nothing can be traced here'
	source_has 1=a 2=b
	while [ $((n += 1)) -le 100 ]; do
		rm -rf "$CONN_STATE_DIR"
		timeout 60 "$tool" -m mark errno 72 $n 24 conn-sync wiki.yml \
		    2>said && eq "1=a 2=b" "$(indexed)"
		rm mark 2>/dev/null || break
	done
	[ "$n" -gt 8 ]
}
