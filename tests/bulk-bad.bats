#!/usr/bin/env bats
# conn-bulk: streams that are wrong, damaged or not for it; the lock.

load helper
load bulk

# refused LINE [WHAT]: stopped with 3 at that line, no delete, no state.
refused() {
	apply < s
	check 3
	# shellcheck disable=SC2053
	[[ $stderr == "conn-bulk: stream line $1: "${2-*} ]]
	eq '{}' "$(saved .streams)"
	eq r0 "$(saved .run)"
	[[ " $(indexed) " == *" 9=9 "* ]]
}

# altered LINE WHAT [VERB]: so, since the proof does not hold.
altered() {
	local hint="a filter that ${3-drops} documents belongs in rules or map"
	refused "$1" "stream altered on its way: $2; $hint"
}

# damage SED-COMMAND: a good stream of 7 lines with this done to it.
damage() {
	{ doc 1; doc 2; del 9; doc 3; cursor a 1; } | proven -b r0 |
		sed "$1" > s
}

@test "bulk: lines that are no records -> 3 with their number" {
	fill 9
	while read -r line; do
		damage "3s/.*/$line/"
		refused 3
	done <<-'EOF'
		no
		["_id"]
		{"x":1}
		{"_id":"wiki:\xff"}
		{"_id":"wiki:2"}{}
		{"_id":"wiki:2","_id":"wiki:4"}
		{"_id":7}
		{"_id":""}
		{"_id":"other:2"}
		{"_ctl":"other"}
		{"id":"wiki:2"}
	EOF
	eq "1=1 9=9" "$(indexed)"
}

@test "bulk: an id record in mode diff -> 3" {
	fill 9
	{ doc 1; echo '{"id":"wiki:2"}'; } | proven -b r0 -m diff -k 1 > s
	refused 3 "an id record; conn-load --ids makes documents of them"
}

@test "bulk: mode slim, mode index -> 3, nothing is made" {
	for mode in slim index; do
		echo '{"id":"wiki:2"}' | proven -m $mode > s
		apply < s
		check 3
		eq "conn-bulk: stream line 1: mode $mode does not belong here" \
			"$stderr"
		[ ! -e "$db" ]
	done
}

@test "bulk: another source's or index's stream -> 2, nothing is sent" {
	fill 9
	echo '{"_id":"blog:1"}' | proven -b r0 -s blog > s
	apply < s
	check 2
	eq "conn-bulk: stream line 1: source is blog, not wiki" "$stderr"
	doc 1 | proven -b r0 -i sqlite:/other.db > s
	apply < s
	check 2
	says "stream line 1: index is sqlite:/other.db, not sqlite:$db"
	eq "9=9" "$(indexed)"
}

@test "bulk: begin missing, twice, or not first -> 3" {
	fill 9
	damage 1d && refused 1 "no begin before this record"
	damage '3{h;s/.*/{"_ctl":"begin"}/}'
	apply < s
	check 3
	damage '1{p}' && refused 2 "a second begin"
}

@test "bulk: a document dropped on the way -> 3, no delete, no state" {
	fill 9
	damage 2d
	altered 5 "3 documents announced, 2 received"
	eq "2=2 3=3 9=9" "$(indexed)"
	damage '4d;6d'
	altered 5 "1 deletes announced, 0 received"
}

@test "bulk: an id changed on the way -> 3" {
	fill 9
	damage '2s/wiki:1/wiki:8/'
	altered 6 "other ids announced than received" changes
}

@test "bulk: something after end -> 3, what end proved stays" {
	fill 9
	{ doc 1; del 9; cursor a 1; } | proven -b r0 -r r1 > s
	echo '{"_id":"wiki:2"}' >> s
	apply < s
	check 3
	eq "conn-bulk: stream line 6: a record after end" "$stderr"
	eq "1=1" "$(indexed)"
	eq '["r1",{"a":{"at":"1"}}]' "$(saved '[.run, .streams]')"
}

@test "bulk: jq, head, grep in the pipe -> no wrong delete, not 0" {
	fill 9
	{ doc 1; doc 2; del 9; doc 3; cursor a 1; } | proven -b r0 > good
	# shellcheck disable=SC2089,SC2090
	for filter in 'head -n 3' 'jq -c select(._id!="wiki:2")' 'tail -n 3' \
	    'grep -v wiki:2' 'sort' 'tac' 'head -c 300' 'cat - good' \
	    'jq -c {_id,title}' 'jq -c {_ctl}' 'sed 3q' true; do
		# shellcheck disable=SC2086
		$filter < good > s || :
		apply < s
		[ "$status" -ne 0 ] && [ "$status" -ne 1 ]
		if ! [ "$filter" = 'cat - good' ]; then
			[[ " $(indexed) " == *" 9=9 "* ]]
			eq '{}' "$(saved .streams)"
		fi
		rm -rf "$CONN_STATE_DIR"
		fill 9
	done
	jq -c . < good | tee copy > s
	apply < s
	check 0
}

# The golden stream of the manual, and what it makes of its index.
golden() {
	local known='{"_id":"wiki:1","title":"a"}'
	fill 1 2 7 9
	sed -i 's/"run":"r0"/"run":"r1"/' filled
	rm "$CONN_STATE_DIR"/wiki.state
	proven -r r1 < /dev/null > s
	conn-bulk wiki.yml < s
	{ printf '%s\n' '{"_id":"wiki:2","_timestamp":"2026-01-01T00:00:00Z","title":"B"}' \
	    '{"_id":"wiki:3","_timestamp":"2026-01-02T00:00:00Z","title":"c"}' \
	    '{"_ctl":"fail","id":"wiki:7","code":"http_403"}' \
	    '{"_ctl":"delete","id":"wiki:9","reason":"absent"}' \
	    '{"_ctl":"state","stream":"pages","value":{"since":"2026-01-03T00:00:02Z"}}'
	} | proven -m diff -k 4 -b r1 -r r2 -S 1 > golden
	cp -r "$CONN_STATE_DIR" before
}

@test "bulk: the golden stream -> two indexed, one deleted, 1" {
	golden
	apply -v < golden
	check 1
	eq "" "$output"
	eq "conn-bulk: 2 indexed, 1 deleted, 0 refused, 1 failed" "$stderr"
	eq '["r2",{"pages":{"since":"2026-01-03T00:00:02Z"}},["wiki:7"]]' \
		"$(saved '[.run, .streams, .retry]')"
	eq "1=1 2=B 3=c 7=7" "$(indexed)"
}

# harmless: s did no harm to what golden made.
harmless() {
	local now state
	rm -rf "$CONN_STATE_DIR"
	cp -r before "$CONN_STATE_DIR"
	apply < s
	now=" $(indexed) " state=$(saved .streams)
	if [[ $now != *" 9=9 "* || $state != '{}' || $status -le 1 ]]; then
		[[ $now == *" 2=B 3=c "* ]]
	fi
}

# (bats' run uses the variable i)
@test "bulk: a line dropped, doubled or swapped -> no harm" {
	golden
	n=$(wc -l < golden)
	for at in $(seq "$n"); do
		sed "${at}d" golden > s && harmless
		sed "${at}p" golden > s && harmless
		for other in $(seq $((at + 1)) "$n"); do
			awk -v i="$at" -v j="$other" '{ l[NR] = $0 } END {
			    t = l[i]; l[i] = l[j]; l[j] = t
			    for (k = 1; k <= NR; k++) print l[k] }' golden > s
			harmless
		done
	done
}

@test "bulk: cut at any byte -> no delete, no state past the cut, not 0" {
	golden
	state_ends=$(head -n 6 golden | wc -c)
	size=$(stat -c %s golden)
	# around the end of each line, and some between
	cuts=$( (seq 0 9 "$size"; awk '{ n += length($0) + 1
	    print n - 2; print n - 1; print n }' golden) | sort -nu |
	    awk -v size="$size" '$1 < size')
	for at in $cuts; do
		head -c "$at" golden > s
		apply -n < s
		check 75
		[ "$at" -ge "$state_ends" ] || [[ $stderr == *"delete 0" ]]
	done
	for at in $(seq 0 53 "$size"); do
		head -c "$at" golden > s
		harmless
		check 75
		[ "$at" -ge "$state_ends" ] || eq '{}' "$(saved .streams)"
	done
}

@test "bulk: the lock is taken -> 75; -w waits for it" {
	fill 1
	doc 2 | proven -b r0 > s
	exec 8>>"$CONN_STATE_DIR/wiki.lock"
	flock 8
	apply < s
	check 75
	eq "conn-bulk: another run holds $CONN_STATE_DIR/wiki.lock" "$stderr"
	eq "1=1" "$(indexed)"
	apply -w 1 < s
	check 75
	conn-bulk -w 60 wiki.yml < s 8>&- &
	eventually has_locked_out $!
	exec 8>&-
	wait $!
	eq "1=1 2=2" "$(indexed)"
}

# has_locked_out PID: it has the lock's file open, to wait for it.
has_locked_out() {
	readlink /proc/"$1"/fd/* | grep -qxF "$CONN_STATE_DIR/wiki.lock"
}

@test "bulk: held from start to exit, before any input" {
	mkfifo pipe
	conn-bulk wiki.yml < pipe &
	exec 8> pipe
	eventually test -e "$CONN_STATE_DIR/wiki.lock"
	eventually has_locked_out $!
	run flock -n "$CONN_STATE_DIR/wiki.lock" true
	[ "$status" -ne 0 ]
	doc 1 | proven >&8
	exec 8>&-
	wait $!
	flock -n "$CONN_STATE_DIR/wiki.lock" true
}

@test "bulk: CONN_LOCK_FD -> believed only if it holds this very lock" {
	fill 1
	lock=$CONN_STATE_DIR/wiki.lock
	doc 2 | proven -b r0 -r r1 > s
	exec 8>>"$lock"
	flock 8
	CONN_LOCK_FD=8 apply < s
	check 0
	doc 3 | proven -b r1 -r r2 > s
	exec 7>>"$lock"
	for fd in 7 9 0 -1 x 99999999999; do
		CONN_LOCK_FD=$fd apply < s
		check 75
	done
	exec 9>>other.lock
	flock 9
	CONN_LOCK_FD=9 apply < s
	check 75
	exec 8>&-
	CONN_LOCK_FD=9 apply < s
	check 0
	mv "$lock" old
	exec 8>>old
	flock 8
	doc 4 | proven -b r2 > s
	CONN_LOCK_FD=8 apply < s
	check 0
}

@test "bulk: the lock's file was replaced meanwhile -> the new one counts" {
	fill 1
	lock=$CONN_STATE_DIR/wiki.lock
	doc 2 | proven -b r0 > s
	exec 8>>"$lock"
	flock 8
	conn-bulk -w 60 wiki.yml < s 8>&- &
	eventually has_locked_out $!
	rm "$lock"
	exec 9>>"$lock"
	flock 9
	exec 8>&-
	eventually has_locked_out $!
	eq "1=1" "$(indexed)"
	exec 9>&-
	wait $!
	eq "1=1 2=2" "$(indexed)"
}

@test "bulk: stdin that is closed -> 3, not a wait for ever" {
	fill 1
	run --separate-stderr timeout 10 bash -c 'conn-bulk wiki.yml <&-'
	check 3
	says "stream: Bad file descriptor"
}

@test "bulk: stderr that is closed -> its messages go into no other file" {
	fill 1
	run timeout 10 bash -c 'conn-bulk -vv wiki.yml < filled <&- >&- 2>&-'
	check 3
	run bash -c 'conn-bulk -vv wiki.yml < /dev/null 2>&-'
	check 75
	[ ! -s "$CONN_STATE_DIR/wiki.lock" ]
}
