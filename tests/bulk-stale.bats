#!/usr/bin/env bats
# conn-bulk: which config and which positions the state holds, and which of them
# are stale.

load helper
load bulk

@test "bulk: config -> replaced by a whole load or diff only" {
	fill 1
	doc 1 | next -r r1 -c c0 -m poll > s
	apply < s
	check 0
	eq c0 "$(saved .config)"
	doc 1 | next -r r2 -c c1 -p part > s
	apply < s
	eq c0 "$(saved .config)"
	doc 1 | next -r r3 -c c1 -m diff -k 1 > s
	apply < s
	eq c1 "$(saved .config)"
	doc 1 | next -r r4 > s
	apply < s
	eq null "$(saved .config)"
}

@test "bulk: a load of another config -> the old one's positions are stale" {
	{ doc 1; cursor a 1; cursor b 1; } | proven -r r0 -c c0 > s
	apply < s
	# a poll of the same config: what it does not bring holds
	{ doc 1; cursor a 2; } | next -r r1 -c c0 -m poll > s
	apply < s
	eq '["c0",{"a":{"at":"2"},"b":{"at":"1"}}]' "$(saved '[.config, .streams]')"
	# a part that brings nothing, or does not say whose it is
	next -r r2 -c c1 -p part < /dev/null > s
	apply < s
	check 0
	doc 1 | next -r r3 -p part > s
	apply < s
	check 0
	eq '["c0",{"a":{"at":"2"},"b":{"at":"1"}}]' "$(saved '[.config, .streams]')"
	# it dies behind its first position: polls of neither config go on
	{ doc 1; cursor a 3; doc 2; } | next -r r4 -c c1 | sed '$d' > s
	apply < s
	check 75
	eq '["r4","c0",{"a":{"at":"3"},"b":{"at":"1"}},["a","b"]]' \
		"$(saved '[.run, .config, .streams, .stale]')"
	{ doc 1; cursor a 4; } | next -r r5 -c c1 > s
	apply < s
	check 0
	eq '["r5","c1",{"a":{"at":"4"},"b":{"at":"1"}},["b"]]' \
		"$(saved '[.run, .config, .streams, .stale]')"
}

@test "bulk: a stream of another config, however it ends -> no poll goes on" {
	{ doc 1; cursor a 1; } | proven -r r0 -c c0 > s0
	for end in '$d' '$s/"complete":true/"complete":false/'; do
		rm -rf "$CONN_STATE_DIR"
		apply < s0
		doc 1 | next -r r1 -c c1 | sed "$end" > s
		apply < s
		eq '["r0","c0",["a"]]' "$(saved '[.run, .config, .stale]')"
	done
}

@test "bulk: a load into a new index breaks off after a state -> all stale" {
	{ doc 1; doc 2; cursor a 1; cursor b 1; } | proven -r r0 -c c0 > s
	conn-bulk wiki.yml < s
	rm "$db"
	{ doc 1; cursor a 2; doc 2; cursor b 2; } | next -r r1 -c c0 > s
	head -n 3 s > some
	apply < some
	check 75
	eq '["r1","c0",{"a":{"at":"2"},"b":{"at":"1"}},["a","b"]]' \
		"$(saved '[.run, .config, .streams, .stale]')"
	{ doc 1; doc 2; cursor a 3; cursor b 2; } | next -r r2 -c c0 > s
	apply < s
	check 0
	eq '["c0",null]' "$(saved '[.config, .stale]')"
}

@test "bulk: a poll brings a stale stream -> it read it anew; no longer stale" {
	{ doc 1; cursor a 1; cursor b 1; cursor c 1; } | proven -r r0 -c c0 > s
	conn-bulk wiki.yml < s
	cursor c 2 | next -r r1 -c c0 > s
	apply < s
	eq '["a","b"]' "$(saved .stale)"
	{ doc 1; cursor a 3; } | next -r r2 -c c1 -m poll > s
	apply < s
	eq '["a","b","c"]' "$(saved .stale)"
	{ doc 1; cursor a 4; } | next -r r3 -c c0 -m poll > s
	apply < s
	check 0
	eq '[{"a":{"at":"4"},"b":{"at":"1"},"c":{"at":"2"}},["b","c"]]' \
		"$(saved '[.streams, (.stale | sort)]')"
}

@test "bulk: another config, nothing committed -> stale is all that changes" {
	{ for i in {1..30}; do doc "$i"; done; failed x; cursor a 1; } |
		proven -r r0 -c c0 > s
	apply < s
	before=$(saved 'del(.time, .sum)')
	# a rebuild that is not swapped in changes nothing
	{ doc 1; doc x; cursor a 2; } | next -r r1 -c c1 > s
	apply -R < s
	check 4
	eq "$before" "$(saved 'del(.time, .sum)')"
	# more failures than a state can hold come before the first operation
	{ for i in {1..1001}; do failed "f$i"; done; cursor a 3; doc 2; } |
		next -r r2 -c c1 > s
	apply < s
	check 1
	eq "$before" "$(saved 'del(.time, .sum, .stale)')"
	eq '["a"]' "$(saved .stale)"
}

@test "bulk: a part into another index -> what the saved one lacks stays in retry" {
	{ doc 1; failed 2; cursor a 1; } | proven -r r0 -c c0 > s
	apply < s
	mv "$db" away
	doc 2 | next -r r1 -c c0 -p part > s
	apply < s
	check 0
	eq '2=2' "$(indexed)"
	mv away "$db"
	eq '["wiki:2"]' "$(saved .retry)"
	doc 2 | next -r r2 -c c0 -p part > s
	apply < s
	eq '1=1 2=2' "$(indexed)"
	eq '[]' "$(saved .retry)"
}
