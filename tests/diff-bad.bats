#!/usr/bin/env bats
load helper
load diff

# A pair that goes through: 1 is unchanged, 2 is gone, 3 is new.
pair() {
	{ has 1 a; id 2; } | known -b r1
	{ doc 1 a; doc 3; state p; } | stream -b r1 "$@"
}

# stopped STATUS MESSAGE...: documents passed, nothing was inferred.
stopped() {
	check "$1" && eq "conn-diff: ${*:2}" "$stderr" &&
	    eq "[false,$1]" "$(end '[.complete, .status]')" &&
	    ! grep -q '"delete"\|"state"' out && proven
}

@test "conn-diff: another base -> 75, nothing passed on" {
	pair
	doc 3 | stream -b r0
	diff_to
	refused 75 "known: stream has base r1, the stream has r0:" \
	    "something was applied between them"
	doc 3 | stream
	diff_to
	refused 75 "known: stream has base r1, the stream has null:" \
	    "something was applied between them"
	id 2 | known
	diff_to
	check 0
	doc 3 | stream -b r1
	diff_to
	refused 75 "known: stream has base null, the stream has r1:" \
	    "something was applied between them"
}

@test "conn-diff: KNOWN listed too late -> 4, nothing passed on" {
	pair -t 2026-01-03T00:00:02.999999Z
	diff_to
	refused 4 "known: stream ended at 2026-01-03T00:00:03.000000Z," \
	    "after the stream began at 2026-01-03T00:00:02.999999Z:" \
	    "list the known ids first"
	pair -t 2026-01-03T00:00:03.000000Z
	diff_to
	check 0
	pair -t 2026-01-03T01:00:03+01:00
	diff_to
	check 0
	pair -t 2026-01-03T01:00:02+01:00
	diff_to
	check 4
}

@test "conn-diff: another source or index -> 2, nothing passed on" {
	pair
	echo '{"id":"blog:1"}' | known -b r1 -s blog
	diff_to
	refused 2 "known: stream line 1: source is blog, not wiki"
	id 2 | INDEX=sqlite:/s/blog.db known -b r1
	diff_to
	refused 2 "known: stream line 1: index is sqlite:/s/blog.db," \
	    "not sqlite:/s/wiki.db"
}

@test "conn-diff: KNOWN not complete -> 75, nothing passed on" {
	pair
	id 2 | known -b r1 -I
	diff_to
	refused 75 "known: stream is incomplete"
	id 2 | known -b r1 -I -p part
	diff_to
	refused 75 "known: stream is incomplete"
	{ id 2; echo '{"_ctl":"fail","code":"x"}'; } | known -b r1 -m slim
	diff_to
	refused 75 "known: stream is incomplete"
	id 2 | known -b r1
	sed -i '$d' known
	diff_to
	refused 75 "known: stream ended without its end record; its writer died"
	: > known
	diff_to
	refused 75 "known: stream ended without its end record; its writer died"
}

@test "conn-diff: KNOWN not complete with a severer status -> that one" {
	pair
	for s in 1 2 3 4 75; do
		id 2 | known -b r1 -I -S $s
		diff_to
		[ $s -gt 1 ] || s=75
		refused $s "known: stream is incomplete"
	done
	echo '{"_ctl":"end","complete":false,"status":2,"documents":0,"ids":0,"deletes":0,"fails":0,"digest":"00000000000000000000000000000000","time":"2026-01-03T00:00:00Z","message":"x.yml: no"}' > known
	diff_to
	refused 2 "known: stream is incomplete: x.yml: no"
}

@test "conn-diff: KNOWN that is bad -> 3, with its line" {
	pair
	sed -i 2d known
	diff_to
	refused 3 "known: stream line 3: stream altered on its way:" \
	    "2 ids announced, 1 received; a filter that drops documents" \
	    "belongs in rules or map"
	id 2 | known -b r1
	sed -i '2s/$/x/' known
	diff_to
	refused 3 "known: stream line 2: bytes after the JSON value at byte 16"
	doc 2 | known -b r1
	diff_to
	refused 3 "known: stream line 2: a document in mode index"
	id 2 | known -b r1
	echo '{}' >> known
	diff_to
	refused 3 "known: stream line 4: a record after end"
	doc 1 | known -b r1 -m load
	diff_to
	refused 3 "known: stream line 1: mode load does not belong here"
	doc 1 | known -b r1 -m diff
	diff_to
	refused 3 "known: stream line 1: mode diff does not belong here"
}

@test "conn-diff: modes that do not belong on stdin -> 3" {
	pair -m diff
	diff_to
	refused 3 "stream line 1: mode diff does not belong here"
	pair -m index
	diff_to
	refused 3 "stream line 1: mode index does not belong here"
}

@test "conn-diff: a record that does not belong in the mode -> 3" {
	pair -m slim
	diff_to
	stopped 3 "stream line 2: a document in mode slim"
	id 2 | stream -b r1
	diff_to
	stopped 3 "stream line 2: an id record in mode load"
}

@test "conn-diff: stdin that ends early -> 75, what came is passed on" {
	pair
	sed -i '$d' stream
	diff_to
	stopped 75 "stream ended without its end record; its writer died"
	eq "doc 3" "$(records)"
	eq "stream ended without its end record; its writer died" \
	    "$(end .message)"
	: > stream
	diff_to
	refused 75 "stream ended without its end record; its writer died"
}

@test "conn-diff: a last line without newline -> it is not there" {
	pair
	truncate -s -1 stream
	diff_to
	stopped 75 "stream ended without its end record; its writer died"
	eq "doc 3" "$(records)"
}

@test "conn-diff: end that says incomplete -> its status, its message" {
	for s in 1 2 3 4 75; do
		pair -I -S $s
		diff_to
		stopped $s "stream is incomplete"
		eq null "$(end .message)"
	done
	pair -I -S 75
	sed -i '$s/}$/,"message":"host is down"}/' stream
	diff_to
	stopped 75 "stream is incomplete: host is down"
	eq "host is down" "$(end .message)"
}

@test "conn-diff: incomplete for no reason given -> 75, for --limit -> 0" {
	pair -I
	diff_to
	stopped 75 "stream is incomplete"
	pair -I -p part
	diff_to
	check 0
	eq "" "$stderr"
	eq "doc 3" "$(records)"
	eq '[false,0]' "$(end '[.complete, .status]')"
}

@test "conn-diff: a lone end on stdin -> a lone end, the severer status" {
	pair
	for s in 1 2 3 4 75; do
		tail -n 1 stream | jq -c "
		    .documents = 0 | .complete = false | .status = $s |
		    .digest = \"$(printf '%032d' 0)\" | .message = \"why\" |
		    .full = true" > lone
		mv lone stream
		diff_to
		refused $s "stream is incomplete: why"
		eq '["why",true]' "$(end '[.message, .full]')"
	done
}

@test "conn-diff: complete, with a status -> done, and the status travels" {
	for s in 0 1 2 3 4 75; do
		pair -S $s
		diff_to
		check $s
		eq "" "$stderr"
		eq "doc 3, delete 2, state p" "$(records)"
		eq "[true,$s]" "$(end '[.complete, .status]')"
	done
	pair -S 75
	id 2 | known -b r1 -S 1
	diff_to
	check 75
	id 2 | known -b r1 -S 3
	diff_to
	check 3
	pair -S 99
	diff_to
	check 3
}

@test "conn-diff: a filter that drops a document -> 3, nothing inferred" {
	pair
	sed -i 2d stream
	diff_to
	stopped 3 "stream line 3: stream altered on its way:" \
	    "2 documents announced, 1 received; a filter that drops" \
	    "documents belongs in rules or map"
	eq "doc 3" "$(records)"
}

@test "conn-diff: a filter that changes an id -> 3, nothing inferred" {
	pair
	sed -i '2s/wiki:1/wiki:2/' stream
	diff_to
	stopped 3 "stream line 4: stream altered on its way:" \
	    "other ids announced than received; a filter that changes" \
	    "documents belongs in rules or map"
}

@test "conn-diff: a bad line -> 3, what came before is passed on" {
	pair
	sed -i '3s/.*/&\n{"_id":"wiki:4","_id":"wiki:5"}/' stream
	diff_to
	stopped 3 "stream line 4: _id stands twice"
	eq "doc 3" "$(records)"
	pair
	sed -i '3s/wiki:/wikj:/' stream
	diff_to
	stopped 3 "stream line 3: id or prefix does not begin with wiki:"
}

@test "conn-diff: something after end -> 3, nothing is inferred" {
	pair
	echo '{"_id":"wiki:4"}' >> stream
	diff_to
	check 3
	eq "conn-diff: stream line 6: a record after end" "$stderr"
	eq "doc 3" "$(records)"
	eq '[false,3]' "$(end '[.complete, .status]')"
	proven
}

@test "conn-diff: no begin -> 3, nothing passed on" {
	pair
	sed -i 1d stream
	diff_to
	refused 3 "stream line 1: no begin before this record"
}

@test "conn-diff: operands -> KNOWN or CONFIG KNOWN, never stdin" {
	pair
	run --separate-stderr bash -c 'conn-diff < stream > out'
	refused 2 "no KNOWN; try 'conn-diff --help'"
	run --separate-stderr bash -c 'conn-diff a b c < stream > out'
	refused 2 "too many operands; try 'conn-diff --help'"
	run --separate-stderr bash -c 'conn-diff - < stream > out'
	refused 2 "KNOWN: stdin is the stream"
	run --separate-stderr bash -c 'conn-diff - known < stream > out'
	refused 2 "CONFIG: stdin is the stream"
	run --separate-stderr bash -c 'conn-diff none < stream > out'
	refused 2 "none: No such file or directory"
	eq "none: No such file or directory" "$(end .message)"
	run --separate-stderr bash -c 'conn-diff -- known -p < stream > out'
	check 2
	run --separate-stderr bash -c 'conn-diff known -p < stream > out'
	check 0
}

@test "conn-diff: unknown options -> 2" {
	pair
	diff_to --verb
	refused 2 "unknown option --verb; try 'conn-diff --help'"
	diff_to -z
	refused 2 "unknown option -z; try 'conn-diff --help'"
	for m in '' x 1.5G -1 1T; do
		diff_to "--memory=$m"
		refused 2 "--memory: '$m' is no size"
	done
}

@test "conn-diff: stdin is a terminal -> 2" {
	pair
	run script -qec 'conn-diff known > out' /dev/null
	check 2
	eq "conn-diff: stdin is a terminal" "${output%$'\r'}"
	eq '[false,2]' "$(end '[.complete, .status]')"
}

@test "conn-diff: a wrong option with stdout on a terminal -> no record" {
	pair
	run script -qec 'conn-diff -z < stream 2> err' /dev/null
	check 2
	eq "" "$output"
	eq "conn-diff: unknown option -z; try 'conn-diff --help'" "$(cat err)"
	run script -qec 'conn-diff none < stream 2> err' /dev/null
	check 2
	eq "" "$output"
}

@test "conn-diff: --help, --version -> stdout, 0" {
	run --separate-stderr conn-diff --help
	check 0
	[[ $output == "usage: conn-diff [-evx] [-p] [-m MAX] "*"KNOWN"* ]]
	eq "" "$stderr"
	run --separate-stderr conn-diff -V
	check 0
	[[ ${lines[0]} =~ ^conn-diff\ \(conn\)\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	[[ ${lines[1]} == *xxhash/* ]]
	eq "" "$stderr"
}

@test "conn-diff: states of too many streams, or too long -> 3" {
	ids 1 2 | known
	{ doc 1; seq -f 's%g' 10000 | while read -r s; do state "$s"; done
	  state s1; } | stream
	diff_to
	check 0
	eq 10000 "$(grep -c '"state"' out)"
	{ doc 1; seq -f 's%g' 10001 | while read -r s; do state "$s"; done; } |
	    stream
	diff_to
	stopped 3 "stream line 10003: states of more than 10000 streams"
	head -c 14000000 /dev/zero | tr '\0' x > long
	for s in 1 2 3 4 4 5; do
		printf '{"_ctl":"state","stream":"%s","value":{"a":"' $s
		cat long
		echo '"}}'
	done | stream
	diff_to -e
	stopped 3 "stream line 7: more than 64 MiB of states"
}

@test "conn-diff: more than 64 MiB of prefixes -> 3, nothing inferred" {
	ids 1 2 | known
	pad=$(printf '%0500d' 0)
	seq -f '{"_ctl":"fail","prefix":"wiki:%06g-","code":"c"}' 130000 |
	    sed "s/-/$pad/" | stream
	diff_to
	check 3
	[[ $stderr == *": more than 64 MiB of prefixes failed" ]]
	run ! grep -q '"delete"' out
	eq '[false,3]' "$(end '[.complete, .status]')"
}

# harmless: no delete that was inferred, no state, not a word of success.
harmless() {
	[ "$status" -ne 0 ] && ! grep -q '"absent"\|"state"' out &&
	    eq false "$(end .complete)"
}

@test "conn-diff: a stream cut at any byte -> nothing inferred, 75" {
	pair
	cp stream whole
	for n in $(seq 0 $(($(stat -c %s whole) - 1))); do
		head -c "$n" whole > stream
		status=0
		conn-diff known < stream > out 2> err || status=$?
		eq 75 "$status"
		harmless
	done
}

@test "conn-diff: KNOWN cut at any byte -> nothing passed on, 75" {
	pair
	cp known whole
	for n in $(seq 0 $(($(stat -c %s whole) - 1))); do
		head -c "$n" whole > known
		status=0
		conn-diff known < stream > out 2> err || status=$?
		eq 75 "$status"
		eq 1 "$(wc -l < out)"
	done
}

# swapped A B: the lines of whole, these two in each other's place.
swapped() {
	awk -v a="$1" -v b="$2" '{ l[NR] = $0 } END {
	    t = l[a]; l[a] = l[b]; l[b] = t
	    for (i = 1; i <= NR; i++) print l[i] }' whole
}

@test "conn-diff: any line dropped, doubled or swapped -> nothing inferred" {
	{ has 1 a; id 2; } | known
	{ doc 1 a; doc 3; failed 4; state p; } | stream
	cp stream whole
	end=$(wc -l < whole)
	state=$((end - 1))
	for a in $(seq "$end"); do
		sed "${a}d" whole > stream
		diff_to
		# a state that is lost commits less
		if [ "$a" -ne "$state" ]; then harmless; fi
		sed "${a}p" whole > stream
		diff_to
		# the same state twice is one; a second end is after the first
		if [ "$a" -lt "$state" ]; then harmless; fi
		if [ "$a" -eq "$end" ]; then check 3; fi
		for b in $(seq $((a + 1)) "$end"); do
			swapped "$a" "$b" > stream
			diff_to
			if [ "$a" -eq "$state" ]; then
				check 3         # what end proved stays
			elif [ "$a" -eq 1 ] || [ "$b" -ge "$state" ]; then
				harmless
			fi
		done
	done
}
