#!/usr/bin/env bats
load helper
load diff

# small: 1 is unchanged, 2 is gone, 3 is new.
small() {
	{ has 1 a; id 2; } | known
	{ doc 1 a; doc 3; } | stream
}

# start: conn-diff in the background, its stdin is the fifo `in`, held open by
# descriptor 7.
start() {
	mkfifo in
	conn-diff known < in > out 2> err 3>&- &
	pid=$!
	exec 7> in
}

# ended: waits for it; its status.
ended() {
	exec 7>&-
	status=0
	wait "$pid" || status=$?
}

@test "conn-diff: random listings and streams -> as the model says" {
	for seed in $(seq "${CONN_SEEDS:-150}"); do
		python3 "$BATS_TEST_DIRNAME/diff-model.py" "$seed"
		known < known.in
		# shellcheck disable=SC2046
		stream $(cat args) < stream.in
		memory=$((seed % 2 ? 0 : 1000000))
		status=0
		# shellcheck disable=SC2046
		conn-diff --memory $memory $(cat options) known < stream \
		    > out 2> err || status=$?
		{ echo "$status"
		  sed '1d; $d
		      s/.*"_ctl":"state","stream":"\(.\)".*/state \1/' out
		} > got
		same expected got || { echo "seed $seed"; return 1; }
		proven
	done
}

@test "conn-diff: --memory 0 -> the table lies on disk, the same comes out" {
	ids 1 60000 | known
	{ seq -f '{"id":"wiki:%g","timestamp":"t"}' 100 50 59000
	  state p; } | stream -m slim
	diff_to --memory 0 -m 100%
	check 0
	grep -v '"_ctl":"end"' out > disk
	diff_to -m 100%
	check 0
	grep -v '"_ctl":"end"' out > memory
	same memory disk
	eq 58821 "$(grep -c absent memory)"
}

@test "conn-diff: TMPDIR -> no name is left in it; missing: 3" {
	small
	mkdir tmp
	TMPDIR=$PWD/tmp diff_to --memory 0
	check 0
	eq "" "$(ls tmp)"
	TMPDIR=$PWD/nowhere diff_to --memory 0
	refused 3 "$PWD/nowhere: No such file or directory"
	TMPDIR=$PWD/nowhere run --separate-stderr bash -c \
	    'conn-diff <(cat known) < stream > out'
	refused 3 "$PWD/nowhere: No such file or directory"
	TMPDIR=$PWD/nowhere diff_to
	check 0
}

@test "conn-diff: a signal while the table on disk grows -> it grows" {
	local tool=$CONN_BUILD/tests/faulttool fallocate=285
	"$tool" kill 999 1 true || skip 'nothing can be traced here'
	small
	export ASAN_OPTIONS=detect_leaks=0
	"$tool" -m mark errno $fallocate 1 4 \
	    conn-diff --memory 0 known < stream > out
	eq struck "$(cat mark)"
	eq 'doc 3, delete 2' "$(records)"
}

@test "conn-diff: a million ids -> at most 24 bytes each" {
	own_memory
	seq -f '{"id":"wiki:%.0f","hash":"96ec82f1d3d126faf2e5126ab00c3afb"}' \
	    1000000 | known
	: | stream
	start
	# once begin is out, the table is complete
	head -n 1 stream >&7
	eventually grep -q begin out
	kb=$(awk '/VmHWM/ { print $2 }' "/proc/$pid/status")
	ended
	eq 75 "$status"
	[ $((kb * 1024)) -le 24000000 ]
}

@test "conn-diff: KNOWN that changes meanwhile -> 75, no wrong delete" {
	{ id 1; id 2; id 3; } | known
	start
	"$CONN_BUILD/tests/mkstream" -i "$INDEX" -t "$LATER" \
	    < <(doc 1) > stream
	head -n 1 stream >&7
	eventually grep -q begin out
	# as long as before; where 2 stood there is 1 now
	cp known other
	sed -i 's/wiki:[23]/wiki:1/' other
	cat other > known
	sed 1d stream >&7
	ended
	check 75
	eq "conn-diff: known: stream changed while it was read" "$(cat err)"
	eq "doc 1" "$(records)"
	eq '[false,75]' "$(end '[.complete, .status]')"
}

@test "conn-diff: SIGTERM, SIGINT -> end says 75, then it dies of them" {
	for sig in TERM INT; do
		rm -f in
		small
		start
		sed '$d' stream >&7
		eventually grep -q wiki:3 out
		kill -$sig "$pid"
		ended
		check $((128 + $(kill -l $sig)))
		eq "" "$(cat err)"
		eq "doc 3" "$(records)"
		eq '[false,75]' "$(end '[.complete, .status]')"
		proven
	done
}

@test "conn-diff: SIGTERM before begin, or while KNOWN is read -> a lone end" {
	small
	start
	# it waits for its stdin
	eventually grep -q poll "/proc/$pid/wchan" "/proc/$pid/stack" \
	    2> /dev/null || sleep 0.2
	kill -TERM "$pid"
	ended
	check 143
	eq '["end",false,75]' "$(end '[._ctl, .complete, .status]')"
	mkfifo list
	conn-diff list < stream > out 2> err 3>&- &
	pid=$!
	exec 7> list
	head -n 2 known >&7
	kill -TERM "$pid"
	ended
	check 143
	eq '["end",false,75]' "$(end '[._ctl, .complete, .status]')"
	eq 1 "$(wc -l < out)"
}

@test "conn-diff: SIGUSR1 -> one line, no other effect" {
	small
	start
	sed '$d' stream >&7
	eventually grep -q wiki:3 out
	kill -USR1 "$pid"
	eventually grep -q known err
	tail -n 1 stream >&7
	ended
	check 0
	eq "conn-diff: 2 known, 2 read, 1 passed" "$(cat err)"
	eq "doc 3, delete 2" "$(records)"
}

@test "conn-diff: a slow stream -> what passes comes out at once" {
	small
	start
	head -n 1 stream >&7
	eventually grep -q begin out
	printf '%s\n\n \r\n' "$(sed -n 2,3p stream)" >&7
	eventually grep -q wiki:3 out
	tail -n 1 stream >&7
	ended
	check 0
}

@test "conn-diff: stdout that is full -> 3" {
	small
	run --separate-stderr bash -c 'conn-diff known < stream > /dev/full'
	check 3
	eq "conn-diff: stdout: No space left on device" "$stderr"
	run --separate-stderr bash -c 'conn-diff -z < stream > /dev/full'
	check 3
}

@test "conn-diff: stdout that is closed -> 3, not another file" {
	small
	run --separate-stderr bash -c 'conn-diff known < stream >&-'
	check 3
	eq "conn-diff: stdout: Bad file descriptor" "$stderr"
	run --separate-stderr bash -c 'conn-diff <(cat known) < stream >&-'
	check 3
}

@test "conn-diff: stdin that is closed -> 3, not KNOWN" {
	small
	run --separate-stderr bash -c 'conn-diff known <&- > out'
	refused 3 "stream: Bad file descriptor"
	run --separate-stderr bash -c 'conn-diff known < . > out'
	refused 3 "stream: Is a directory"
}

@test "conn-diff: a reader that goes away -> dies of SIGPIPE, no word" {
	: | known
	seq -f '{"_id":"wiki:%g","title":"some text to fill a pipe"}' 60000 |
	    stream
	run --separate-stderr bash -c '{ conn-diff known < stream
	    echo $? > status; } 2> err | head -n 1 > /dev/null'
	eq 141 "$(cat status)"
	eq "" "$(cat err)"
}

@test "conn-diff: in a pipe with head, tail, grep, jq -> never a wrong delete" {
	{ ids 1 9; has 10 a; } | known
	{ seq -f '{"_id":"wiki:%g"}' 1 9; doc 10 a; state p; } | stream
	for filter in 'head -n 5' 'tail -n 5' 'tail -n +2' 'grep -v wiki:3' \
	    'grep -v begin' 'sed 4,6d' sort tac 'sed s/wiki:4/wiki:5/' \
	    "jq -c 'select(._id != \"wiki:7\")'" "jq -c '{_id}'" rev; do
		status=0
		bash -c "$filter < stream 2> /dev/null | conn-diff known" \
		    > out 2> err || status=$?
		[ "$status" -ne 0 ] || { echo "$filter: 0"; return 1; }
		if grep -q '"absent"\|"state"' out; then
			echo "$filter"
			return 1
		fi
	done
	jq -c . < stream | conn-diff known > out
	eq "doc 1, doc 2" "$(records | cut -d, -f1,2)"
	{ head -n 1 stream; sed '1d; $d' stream | head -n 10 | shuf
	  tail -n 2 stream; } | conn-diff known > out
	eq '[true,9]' "$(end '[.complete, .documents]')"
}
