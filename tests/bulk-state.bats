#!/usr/bin/env bats
# conn-bulk: the fence, the proof, commits, retry, which index it is.

load helper
load bulk

run_is_new() { [ "$(saved .run)" != "$1" ]; }
has_open() { readlink /proc/"$1"/fd/* | grep -qxF "$2"; }
# waits PID FILE: for input, with FILE open; it is opened twice.
waits() { has_open "$@" && grep -qE 'poll|pipe' "/proc/$1/wchan"; }

@test "bulk: a verified end -> run, config, uuid in the state" {
	fill 1
	eq '["r0","c0",{},[]]' "$(saved '[.run, .config, .streams, .retry]')"
	eq "$(saved .uuid)" "$(sqlite3 "$db" \
		"SELECT value FROM meta WHERE key = 'uuid'")"
	eq '["wiki","sqlite:'"$db"'"]' "$(saved '[.source, .index]')"
}

@test "bulk: a state -> committed with its run before what follows it" {
	fill 1
	{ doc 2; cursor a 1; doc 3; cursor b 2; doc 4; } |
		next -r r1 -c c0 | sed '$d' > s
	apply < s
	check 75
	eq "conn-bulk: stream ended without its end record; its writer died" \
		"$stderr"
	eq "1=1 2=2 3=3 4=4" "$(indexed)"
	eq '["r1","c0",{"a":{"at":"1"},"b":{"at":"2"}}]' \
		"$(saved '[.run, .config, .streams]')"
}

@test "bulk: a state -> committed at once, though more is there to read" {
	fill 1
	{ doc 2; cursor a 1; doc 3; cursor b 2; cursor c 3; } | next -r r1 > s
	apply -vv < s
	check 0
	eq 2 "$(grep -c 'run r1 committed' <<< "$stderr")"
}

@test "bulk: cut, broken right behind a state -> committed, with what failed" {
	fill 1
	{ doc 2; failed 5; cursor a 1; cursor b 2; } | next -r r1 |
		sed '$d' > s
	apply < s
	check 75
	eq '["r1",{"a":{"at":"1"},"b":{"at":"2"}},["wiki:5"]]' \
		"$(saved '[.run, .streams, .retry]')"
	{ doc 2; cursor a 3; } | next -r r2 | sed '$s/.*/no/' > s
	apply < s
	check 3
	eq '["r2",{"a":{"at":"3"},"b":{"at":"2"}}]' "$(saved '[.run, .streams]')"
}

@test "bulk: complete false -> applied, nothing inferred, end.status" {
	fill 1
	for s in 75:75 1:1 3:3 0:75; do
		{ doc 2; cursor a 1; doc 3; del 1; } |
			next -r "r${s%:*}" -c c1 -I -S "${s%:*}" > s
		apply < s
		check "${s#*:}"
		eq "conn-bulk: stream is incomplete" "$stderr"
		eq "1=1 2=2 3=3" "$(indexed)"
		eq '["r'"${s%:*}"'","c0",["a"]]' \
			"$(saved '[.run, .config, .stale]')"
	done
	doc 4 | next -r r9 -I -S 75 > s
	apply < s
	eq r0 "$(saved .run)"
}

@test "bulk: -l of a load (part, incomplete, status 0) -> 0, no new run" {
	fill 1
	doc 2 | next -r r1 -p part -I > s
	apply < s
	check 0
	eq "" "$stderr"
	eq "1=1 2=2" "$(indexed)"
	eq r0 "$(saved .run)"
}

@test "bulk: deletes -> held until a state or end proves them" {
	fill 1 2 3
	{ del 1; cursor a 1; del 2; } | next -r r1 | sed '$d' > s
	apply < s
	check 75
	eq "2=2 3=3" "$(indexed)"
	{ del 2; doc 2 new; del 3; doc 3; del 3; } | next -r r2 > s
	apply -v < s
	check 0
	eq "2=new" "$(indexed)"
	[[ $stderr == *"2 indexed, 1 deleted,"* ]]
}

@test "bulk: a fail after a delete of its id -> the document stays" {
	fill 1 2
	{ del 1; del 2; failed 1; } | next > s
	apply < s
	check 1
	eq "1=1" "$(indexed)"
}

@test "bulk: a fail without id or prefix -> no state after it, no new run" {
	fill 1
	{ doc 2; cursor a 1; echo '{"_ctl":"fail","code":"x"}'; doc 3
	  cursor a 2; } | next -r r1 -c c1 > s
	apply < s
	check 1
	eq "1=1 2=2 3=3" "$(indexed)"
	eq '["r1","c0",{"a":{"at":"1"}},["a"]]' \
		"$(saved '[.run, .config, .streams, .stale]')"
}

@test "bulk: the base is not the state's run -> 75, nothing sent" {
	doc 2 | proven -b r0 > early
	apply < early
	check 75
	[ ! -e "$db" ]
	fill 1
	for base in null r1; do
		doc 2 | proven -b $base > s
		apply < s
		check 75
		says "stream: something else was applied since it began to" \
			"be read; run it again"
		eq "1=1" "$(indexed)"
		eq r0 "$(saved .run)"
	done
	apply < early
	check 0
}

@test "bulk: -O -> documents only, and a new run and nothing else" {
	fill 1 2
	failed 3 | next > s
	apply < s
	{ doc 3; cursor a 1; del 1; failed 2; } | proven -b other -r r9 > s
	was=$(saved 'del(.run, .time, .sum)')
	apply -O < s
	check 1
	eq "1=1 2=2 3=3" "$(indexed)"
	eq "$was" "$(saved 'del(.run, .time, .sum)')"
	[ "$(saved .run)" != run1 ]
	[ "$(saved .run)" != r9 ]
}

@test "bulk: -O of a cut stream -> documents and a new run, 75" {
	fill 1
	doc 3 | proven -b other | sed '$d' > s
	apply -O < s
	check 75
	eq "1=1 3=3" "$(indexed)"
	[ "$(saved .run)" != r0 ]
}

@test "bulk: -r -> a new run before the first document and after the last" {
	fill 1
	failed 2 | next -r r0 > s
	apply < s
	mkfifo pipe
	was=$(saved 'del(.run, .time, .sum)')
	conn-bulk -r wiki.yml < pipe &
	exec 8> pipe
	eventually run_is_new r0
	during=$(saved .run)
	doc 2 >&8
	exec 8>&-
	wait $!
	[ "$(saved .run)" != "$during" ]
	eq "$was" "$(saved 'del(.run, .time, .sum)')"
	doc 3 | proven -b "$during" > s
	apply < s
	check 75
}

@test "bulk: failed and refused ids -> in retry until they are applied" {
	fill 1
	refuse 3
	{ doc 2; doc 3; failed 4; failed 5
	  echo '{"_ctl":"fail","prefix":"wiki:p/","code":"x"}'; } |
		next -r r1 > s
	apply < s
	check 1
	eq '["wiki:3","wiki:4","wiki:5"]' "$(saved .retry)"
	admit 3
	{ doc 3; del 4; doc 6; cursor a 1; } | next -r r2 -m poll -p part > s
	apply < s
	check 0
	eq '["wiki:5"]' "$(saved .retry)"
	doc 7 | next -r r3 -m poll > s
	apply < s
	eq '[]' "$(saved .retry)"
}

@test "bulk: of an id that fails and passes the last counts" {
	fill 1
	refuse 2
	{ failed 3; doc 3; doc 4; failed 4; doc 2; } | next -r r1 > s
	apply < s
	check 1
	eq '["wiki:2","wiki:4"]' "$(saved .retry)"
}

@test "bulk: 1000 failures -> retry; 1001 -> the state stays, 1" {
	fill 1
	for i in $(seq 1000); do failed "$i"; done > fails
	{ cat fails; cursor a 1; } | next -r r1 > s
	apply < s
	check 1
	eq 1000 "$(saved '.retry | length')"
	eq r1 "$(saved .run)"
	was=$(cat "$CONN_STATE_DIR/wiki.state")
	{ cat fails; failed x; doc 2; cursor a 2; } | next -r r2 > s
	apply < s
	check 1
	says "$CONN_STATE_DIR/wiki.state: more than 1000 documents failed" \
		"or were refused; the state is not advanced"
	eq "$was" "$(cat "$CONN_STATE_DIR/wiki.state")"
	eq "1=1 2=2" "$(indexed)"
}

@test "bulk: old and new failures together over 1000 -> not advanced" {
	fill 1
	for i in $(seq 600); do failed "a$i"; done | next -r r1 > s
	apply < s
	for i in $(seq 600); do failed "b$i"; done > fails
	{ cat fails; cursor a 1; } | next -r r2 -m poll -p part > s
	apply < s
	check 1
	eq '["r1",600]' "$(saved '[.run, (.retry | length)]')"
	{ cat fails; cursor a 1; } | next -r r2 -m poll > s
	apply < s
	check 1
	eq '["r2",600,{"a":{"at":"1"}}]' \
		"$(saved '[.run, (.retry | length), .streams]')"
}

@test "bulk: a missing index -> made by a load, or a diff of nothing known" {
	for args in "-m load" "-m load -p part" "-m diff -k 0"; do
		rm -rf "$CONN_STATE_DIR"
		# shellcheck disable=SC2086
		doc 1 | proven $args > s
		apply < s
		check 0
		eq "1=1" "$(indexed)"
	done
	for args in "-m poll" "-m diff -k 1" "-m diff" \
	    "-m diff -k 0 -p part"; do
		rm -rf "$CONN_STATE_DIR"
		# shellcheck disable=SC2086
		doc 1 | proven $args > s
		apply < s
		check 3
		eq "conn-bulk: sqlite:$db: no such index; run a full sync" \
			"$stderr"
		[ ! -e "$db" ]
	done
}

@test "bulk: another index than KNOWN's -> 75" {
	fill 1
	uuid=$(saved .uuid)
	doc 2 | next -m diff -k 1 -u other > s
	apply < s
	check 75
	eq "conn-bulk: sqlite:$db: replaced since it was listed" "$stderr"
	doc 2 | next -m diff -k 1 -u "$uuid" > s
	apply < s
	check 0
	rm "$db"
	doc 2 | next -m diff -k 0 -u "$uuid" > s
	apply < s
	check 75
	eq "conn-bulk: sqlite:$db: removed since it was listed" "$stderr"
}

@test "bulk: a poll into a replaced index -> 3; a full load heals it" {
	fill 1
	rm "$db"
	doc 2 | next -m poll > s
	apply < s
	check 3
	cp "$CONN_STATE_DIR/wiki.state" saved
	rm "$CONN_STATE_DIR/wiki.state"
	fill 1
	cp saved "$CONN_STATE_DIR/wiki.state"
	apply < s
	check 3
	says "sqlite:$db: not the index of the saved state;" \
		"run a full sync"
	doc 3 | next -p part > part
	apply < part
	check 0
	doc 2 | next -m poll > s
	apply < s
	check 3
	{ doc 1; doc 2; } | next -r r5 > s
	apply < s
	check 0
	doc 4 | next -m poll > s
	apply < s
	check 0
}

@test "bulk: an index replaced while it is written -> 75, state stays" {
	fill 1
	was=$(cat "$CONN_STATE_DIR/wiki.state")
	mkfifo pipe
	{ doc 2; cursor a 1; doc 3; } | next -r r1 > some
	cursor a 1 | next -r r1 > none
	for how in 'moved some' 'another some' 'moved none' 'another none'; do
		cp "${how#* }" s
		conn-bulk wiki.yml < pipe 2> err &
		exec 8> pipe
		head -n 1 s >&8
		eventually waits $! "$db" || sleep 0.2
		mv "$db" "$db.old"
		if [ "${how% *}" = another ]; then
			sqlite3 "$db.old" ".backup '$db'"
			sqlite3 "$db" "UPDATE meta SET value = 'new'
			    WHERE key = 'uuid'"
		fi
		tail -n +2 s >&8
		exec 8>&-
		status=0
		wait $! || status=$?
		eq 75 "$status"
		rm -f "$db"*-wal "$db"*-shm
		mv "$db.old" "$db"
		eq "$was" "$(cat "$CONN_STATE_DIR/wiki.state")"
	done
}

# written TITLE: a document with it is in the index.
written() { [[ $(indexed) == *"=$1"* ]]; }

@test "bulk: a copy takes the index's place, its last batch written -> 75" {
	fill 1
	mkdir there
	mv "$db" there/1.db
	ln -s "$PWD/there/1.db" "$db"
	sqlite3 "$db" ".backup there/2.db"
	was=$(cat "$CONN_STATE_DIR/wiki.state")
	mkfifo pipe
	for how in 'mv there/2.db there/1.db' "ln -sfn $PWD/there/2.db $db"; do
		cp there/2.db copy
		printf '{"_id":"wiki:2","title":"%s","body":"%04194304d"}\n' \
			"${how%% *}" 0 | next -r r1 > s
		conn-bulk wiki.yml < pipe 2> err &
		exec 8> pipe
		head -n 2 s >&8
		eventually written "${how%% *}"
		$how
		tail -n 1 s >&8
		exec 8>&-
		status=0
		wait $! || status=$?
		eq "75 conn-bulk: $db: replaced while it was written" \
			"$status $(cat err)"
		eq "$was" "$(cat "$CONN_STATE_DIR/wiki.state")"
		rm -f there/1.db-*
		mv copy there/2.db
	done
}

@test "bulk: the state is unreadable or altered -> 3, nothing is applied" {
	fill 1
	doc 2 | next > s
	sed -i 's/"r0"/"r1"/' "$CONN_STATE_DIR/wiki.state"
	for args in "" -n; do
		# shellcheck disable=SC2086
		apply $args < s
		check 3
		[[ $stderr == *"wiki.state: "*"remove it and run a full"* ]]
	done
	eq "1=1" "$(indexed)"
}

@test "bulk: a state of another index -> none, but its run is the fence" {
	fill 1
	sed '1iname: wiki' wiki.yml > first.yml
	printf 'index: { path: other.db }\n' >> wiki.yml
	other() { "$CONN_BUILD/tests/mkstream" -i "sqlite:$PWD/other.db" "$@"; }
	doc 1 | other -b null -r r2 > s
	apply < s
	check 75
	doc 1 | other -b r0 -r r1 > s
	apply < s
	check 0
	eq "[\"sqlite:$PWD/other.db\",{}]" "$(saved '[.index, .streams]')"
	cursor p 1 | proven -b r1 -r r2 | conn-bulk first.yml
	apply < s
	check 75
}

@test "bulk: the state cannot be written -> 3, the old one stays" {
	fill 1
	was=$(cat "$CONN_STATE_DIR/wiki.state")
	doc 2 | next -r r1 > s
	chattr +i "$CONN_STATE_DIR/wiki.state" 2>/dev/null ||
		skip "needs chattr"
	apply < s
	chattr -i "$CONN_STATE_DIR/wiki.state"
	check 3
	[[ $stderr == *"wiki.state: Operation not permitted" ]]
	eq "$was" "$(cat "$CONN_STATE_DIR/wiki.state")"
	eq "1=1 2=2" "$(indexed)"
	eq $'wiki.db\nwiki.lock\nwiki.state\nwiki.unproven' \
	    "$(ls "$CONN_STATE_DIR")"
}

@test "bulk: no room for the index -> 3, nothing is committed" {
	fill 1
	was=$(cat "$CONN_STATE_DIR/wiki.state")
	{ doc 2; printf '{"_id":"wiki:3","body":"%0999999d"}\n' 0; cursor a 1
	} | next -r r1 > s
	run --separate-stderr bash -c \
		'trap "" XFSZ; ulimit -f 200; conn-bulk wiki.yml < s'
	check 3
	[[ $stderr == "conn-bulk: $db: disk I/O error"* ]]
	eq "$was" "$(cat "$CONN_STATE_DIR/wiki.state")"
	eq "1=1" "$(indexed)"
	apply < s
	check 0
}

@test "bulk: the index is damaged or another program's -> 3" {
	fill 1
	doc 2 | next > s
	cp "$db" good
	sqlite3 "$db" 'PRAGMA application_id = 7'
	apply < s
	check 3
	eq "conn-bulk: $db: a database of another program" "$stderr"
	printf 'not a database, and long enough to be told from one%099d' 1 \
		> "$db"
	apply < s
	check 3
	eq "conn-bulk: $db: file is not a database" "$stderr"
	dd if=/dev/urandom of=good bs=8192 seek=1 count=6 conv=notrunc 2>&1
	cp good "$db"
	apply < s
	check 3
	[[ $stderr == *"malformed"* ]]
}

@test "bulk: the disk is full -> 3, state and index as they were" {
	unshare -rm true 2>/dev/null || skip "no mount of its own to be had"
	mkdir -p "$CONN_STATE_DIR"
	seq 5000 | sed 's/.*/{"_id":"wiki:&","title":"t&"}/' |
		proven -b r0 -r r1 > big
	doc 1 | proven -r r0 > s
	cat > full <<-'EOF'
		mount -t tmpfs -o size=700k none "$CONN_STATE_DIR" || exit 9
		conn-bulk wiki.yml < s || exit 8
		conn-bulk wiki.yml < big 2> err
		echo $?
		sqlite3 "$CONN_STATE_DIR/wiki.db" 'SELECT id FROM documents'
		jq -r .run "$CONN_STATE_DIR/wiki.state"
	EOF
	run unshare -rm bash full
	eq $'3\nwiki:1\nr0' "$output"
	eq "conn-bulk: $db: database or disk is full" "$(cat err)"
}

@test "bulk: --metrics onto a pipe or device -> 3, it stays what it is" {
	fill 1
	mkfifo pipe
	doc 2 | proven -b r0 > s
	apply --metrics pipe < s
	check 3
	says "pipe: not a regular file"
	[ -p pipe ]
}
