#!/usr/bin/env bats
# conn-bulk: options, messages, what is applied in which order.

load helper
load bulk

@test "bulk: a first load -> the index is made, all is in it, 0, silent" {
	{ doc 1; doc 2; } | proven > s
	apply < s
	check 0
	eq "" "$output$stderr"
	eq "1=1 2=2" "$(indexed)"
	eq 600 "$(stat -c %a "$db")"
	eq 600 "$(stat -c %a "$CONN_STATE_DIR/wiki.state")"
	eq 700 "$(stat -c %a "$CONN_STATE_DIR")"
}

@test "bulk: -v -> one summary line; -vv -> what is done" {
	{ doc 1; failed 7; } | proven > s
	apply -v < s
	check 1
	eq "conn-bulk: 1 indexed, 0 deleted, 0 refused, 1 failed" "$stderr"
	{ doc 2; del 1; } | proven -b run1 -r r2 > s
	apply -vv < s
	check 0
	[[ $stderr == *"2 operations committed"*"r2 committed"* ]]
	[[ $stderr == *"conn-bulk: 1 indexed, 1 deleted, 0 refused, 0 failed" ]]
}

@test "bulk: libcurl cannot be loaded -> an embedded index is kept all the same" {
	mkdir lib
	: >lib/libcurl.so.4
	export LD_LIBRARY_PATH=$PWD/lib
	{ doc 1; doc 2; } | proven > s
	apply < s
	check 0
	eq "1=1 2=2" "$(indexed)"
	printf 'source: {type: file, id: w, path: x}\nindex: %s\n' \
	    '{type: elasticsearch, url: "http://127.0.0.1:9", name: w}' >c.yml
	run -3 --separate-stderr conn-bulk c.yml < s
	eq "conn-bulk: $PWD/lib/libcurl.so.4: file too short" "$stderr"
}

@test "bulk: the searches of conn-index(7) work on the index" {
	printf '%s\n' '{"_id":"wiki:1","body":"how to back up, the backup",
	    "title":"Safe","url":"/1"}' | paste -sd' ' | proven > s
	apply < s
	awk '/^sqlite3 wiki/ { on = 1 } /^\.Ed/ { on = 0 } on' \
		"$ROOT/man/conn-index.7" > searches
	cd "$CONN_STATE_DIR"
	run -0 sh -e "$OLDPWD/searches"
	eq $'wiki:1|how to back up, the [backup]\nSafe|/1' "$output"
}

@test "bulk: a document is stored byte for byte, its hash with it" {
	printf ' {"_id": "wiki:\\u0031", "_timestamp":"t", "x": 1.10e5} \r\n' |
		proven > s
	sed -i 's/^{"_id": .*/ & \r/' s
	apply < s
	check 0
	line='{"_id": "wiki:\u0031", "_timestamp":"t", "x": 1.10e5}'
	hash=$(printf %s "$line" | xxhsum -H2 | cut -d' ' -f1)
	eq "wiki:1|wiki|t|$hash|$line" "$(sqlite3 "$db" \
		'SELECT id, source, timestamp, hash, document FROM documents')"
}

@test "bulk: the same id again -> the last one counts, in every order" {
	{ doc 1 a; doc 1 b; doc 2 a; del 2; del 3; doc 3 b; } | proven > s
	apply -v < s
	check 0
	eq "1=b 3=b" "$(indexed)"
	eq "conn-bulk: 4 indexed, 1 deleted, 0 refused, 0 failed" "$stderr"
}

@test "bulk: a delete of an id that is not there -> done" {
	fill 1
	del 9 | proven -b r0 > s
	apply -v < s
	check 0
	[[ $stderr == *" 1 deleted,"* ]]
}

@test "bulk: refused by the index -> fail records on stdout, the rest in, 1" {
	fill 1
	refuse 2
	{ doc 2; doc 3; } | proven -b r0 -r r1 > s
	apply -v < s
	check 1
	eq '{"_ctl":"fail","id":"wiki:2","code":"sqlite_constraint"}' "$output"
	eq "conn-bulk: 1 indexed, 0 deleted, 1 refused, 0 failed" "$stderr"
	eq "1=1 3=3" "$(indexed)"
}

@test "bulk: a trigger of the user fails late or ignores -> refused, as it was" {
	local kept='1=1 2=2 3=3 4=4' how when code='"code":"sqlite_constraint"'
	fill 1 2 3 4
	for how in "AFTER FAIL,'x'" "BEFORE IGNORE" "AFTER ABORT,'x'"; do
		for when in INSERT UPDATE DELETE; do
			echo "CREATE TRIGGER \"no $when\" ${how% *} $when ON
			    documents BEGIN SELECT RAISE(${how#* }); END;"
		done | sqlite3 "$db"
		{ doc 2 b; doc 5 e; del 3; } | next -m diff -k 4 > s
		apply -v < s
		check 1
		eq "3 wiki:2 wiki:3 wiki:5" \
			"$(grep -c "$code" <<< "$output") $(jq -r .id \
				<<< "$output" | sort | paste -sd' ')"
		eq "conn-bulk: 0 indexed, 0 deleted, 3 refused, 0 failed" \
			"$stderr"
		eq "$kept" "$(indexed)"
		eq "$kept" "$(sqlite3 "$db" "SELECT substr(id, 6) || '=' ||
		    title FROM search ORDER BY id" | paste -sd' ')"
		eq '["wiki:2","wiki:3","wiki:5"] ["wiki:3"]' \
			"$(saved '.retry') $(saved .deletes)"
		for when in INSERT UPDATE DELETE; do admit "$when"; done
	done
	apply < <({ doc 2 b; doc 5 e; del 3; } | next -m diff -k 4)
	check 0
	eq "1=1 2=b 4=4 5=e" "$(indexed)"
}

@test "bulk: a reserved key -> that document fails, the rest goes on" {
	{ doc 1; echo '{"_id":"wiki:2","_routing":"x"}'; doc 3; } | proven > s
	apply -v < s
	check 1
	eq '["fail","wiki:2","reserved_key","key _routing is reserved"]' \
		"$(jq -c '[._ctl, .id, .code, .message]' <<< "$output")"
	eq "conn-bulk: 2 indexed, 0 deleted, 0 refused, 1 failed" "$stderr"
	eq '["wiki:2"]' "$(saved .retry)"
}

@test "bulk: stdout is full -> 3" {
	fill 1
	refuse 2
	doc 2 | proven -b r0 > s
	run --separate-stderr bash -c 'conn-bulk wiki.yml < s > /dev/full'
	check 3
	eq "conn-bulk: stdout: No space left on device" "$stderr"
}

@test "bulk: end.status travels -> the severer of it and its own" {
	for s in 0:0 1:1 75:75 4:4 3:3 2:2 17:3; do
		rm -rf "$CONN_STATE_DIR"
		doc 1 | proven -S "${s%:*}" > s
		apply < s
		check "${s#*:}"
		eq "" "$stderr"
	done
	failed 1 | proven -b run1 -S 0 > s
	apply < s
	check 1
}

@test "bulk: end alone -> its status and message, nothing is made" {
	proven -I -S 2 < /dev/null | sed '1d; s/}$/,"message":"no such key"}/' \
		> s
	apply < s
	check 2
	eq "conn-bulk: stream is incomplete: no such key" "$stderr"
	[ ! -e "$db" ]
	[ ! -e "$CONN_STATE_DIR/wiki.state" ]
}

@test "bulk: -n -> checks and counts, makes nothing, takes no lock" {
	{ doc 1; doc 2; del 3; failed 4; } | proven > s
	apply -n < s
	check 1
	eq "conn-bulk: would index 2, delete 1" "$stderr"
	[ ! -e "$CONN_STATE_DIR" ]
	fill 1
	before=$(cat "$CONN_STATE_DIR/wiki.state")
	exec 8>>"$CONN_STATE_DIR/wiki.lock"
	flock 8
	del 1 | proven -b r0 > s
	apply -n -M m.prom < s
	check 0
	eq "conn-bulk: would index 0, delete 1" "$stderr"
	eq "1=1" "$(indexed)"
	eq "$before" "$(cat "$CONN_STATE_DIR/wiki.state")"
	[ ! -e m.prom ]
}

@test "bulk: -n of a cut stream, of a stale one -> as without -n" {
	fill 1
	{ doc 1; del 2; } | proven -b r0 | sed '$d' > s
	apply -n < s
	check 75
	[[ $stderr == *"its writer died"*"would index 1, delete 0" ]]
	doc 1 | proven -b r9 > s
	apply -n < s
	check 75
}

@test "bulk: -r -> bare documents, without an end, without a last newline" {
	fill 1
	{ doc 2; printf '{"_id":"wiki:3"}'; } > s
	apply -r < s
	check 0
	eq "" "$output$stderr"
	eq "1=1 2=2 3=" "$(indexed)"
	apply -r < /dev/null
	check 0
}

@test "bulk: -r with control or id records, or another prefix -> 3" {
	fill 1
	for line in '{"_ctl":"delete","id":"wiki:1"}' '{"id":"wiki:1"}' \
	    '{"_id":"other:1"}' '{"_ctl":"end"}'; do
		{ doc 2; echo "$line"; doc 3; } > s
		apply -r < s
		check 3
		[[ $stderr == "conn-bulk: stream line 2: "* ]]
		eq "1=1 2=2" "$(indexed)"
	done
}

@test "bulk: -r into a missing index -> 3, none is made" {
	doc 1 > s
	apply -r < s
	check 3
	eq "conn-bulk: sqlite:$db: no such index; run a full sync" "$stderr"
	[ ! -e "$db" ]
}

@test "bulk: wrong use -> 2 and a hint" {
	for args in "" "wiki.yml extra" "-" "-q wiki.yml" "--verb wiki.yml" \
	    "-w x wiki.yml" "-w -1 wiki.yml" "-r -O wiki.yml" "none.yml"; do
		# shellcheck disable=SC2086
		run --separate-stderr conn-bulk $args < /dev/null
		check 2
		[[ $stderr == "conn-bulk: "* ]]
		eq "" "$output"
	done
	run --separate-stderr conn-bulk -M '' wiki.yml < /dev/null
	check 2
	eq "conn-bulk: --metrics: an empty file name" "$stderr"
	[ ! -e "$CONN_STATE_DIR" ]
}

@test "bulk: stdin is a terminal -> 2" {
	run --separate-stderr script -qec 'conn-bulk wiki.yml' /dev/null
	check 2
	eq $'conn-bulk: stdin is a terminal\r' "$output"
}

@test "bulk: --help, --version, options after the operand" {
	run -0 --separate-stderr conn-bulk --help
	[[ $output == "Usage: conn-bulk "* ]]
	run -0 --separate-stderr conn-bulk -V
	eq "conn-bulk (conn) 0.1.0" "${lines[0]}"
	[[ $output == *SQLite/* ]]
	doc 1 | proven > s
	run -0 --separate-stderr conn-bulk wiki.yml --verbose < s
	[[ $stderr == *"1 indexed"* ]]
}

@test "bulk: -M -> the run as metrics; a failure keeps the last success" {
	{ doc 1; doc 2; failed 3; } | proven > s
	apply -M m.prom < s
	check 1
	grep -qx 'conn_documents{source="wiki",op="indexed"} 2' m.prom
	grep -qx 'conn_documents{source="wiki",op="failed"} 1' m.prom
	grep -qx 'conn_last_exit_status{source="wiki"} 1' m.prom
	grep -qE '^conn_run_seconds\{source="wiki"} [0-9]+\.[0-9]{3}$' m.prom
	was=$(grep '^conn_last_success_timestamp_seconds' m.prom)
	eq "$(grep '^conn_last_run_' m.prom | cut -d' ' -f2)" "${was#* }"
	eq 644 "$(stat -c %a m.prom)"
	apply -M m.prom < s
	check 75
	grep -qx 'conn_last_exit_status{source="wiki"} 75' m.prom
	grep -qx 'conn_documents{source="wiki",op="indexed"} 0' m.prom
	eq "$was" "$(grep '^conn_last_success_timestamp_seconds' m.prom)"
	[ "$(grep '^conn_last_run_' m.prom | cut -d' ' -f2)" != "${was#* }" ]
}

@test "bulk: -M into a folder that is not there -> 3, the rest is done" {
	doc 1 | proven > s
	apply -M none/m.prom < s
	check 3
	eq "1=1" "$(indexed)"
}

@test "bulk: SIGUSR1 -> one status line, the run goes on" {
	mkfifo pipe
	conn-bulk wiki.yml < pipe 2> err &
	pid=$!
	exec 8> pipe
	doc 1 | proven > s
	head -n 2 s >&8
	eventually test -e "$db"
	kill -USR1 $pid
	eventually test -s err
	grep -qx 'conn-bulk: [01] indexed, 0 deleted, 0 refused, 0 failed' err
	tail -n 1 s >&8
	exec 8>&-
	wait $pid
	eq "1=1" "$(indexed)"
}

@test "bulk: SIGTERM, and nobody reads what was refused -> dies of it" {
	fill 8
	mkfifo in out
	exec 7<> out
	conn-bulk --raw wiki.yml < in > out 2> err 3>&- 7>&- &
	pid=$!
	exec 8> in
	# more than a pipe holds, and no write is begun that would not end
	seq -f '{"_id":"wiki:%0500.0f","_routing":1}' 2000 >&8
	taken() { kill -USR1 $pid; grep -q ' 2000 failed' err; }
	eventually taken
	kill -TERM $pid
	stopped() { ! kill -0 $pid; }
	eventually stopped 2> not-there || kill -KILL $pid
	status=0
	wait $pid || status=$?
	eq 143 "$status"
	exec 7>&- 8>&-
}

@test "bulk: SIGTERM, SIGINT -> what came is applied, no delete, dies of it" {
	for signal in TERM INT; do
		rm -rf "$CONN_STATE_DIR"
		fill 8
		rm -f pipe && mkfifo pipe
		env --default-signal=INT conn-bulk wiki.yml < pipe 2> err &
		pid=$!
		exec 8> pipe
		{ doc 1; cursor a 1; doc 2; del 8; } |
			proven -b r0 -r r1 | sed '$d' >&8
		eventually eval '[ "$(saved .run)" = r1 ]'
		kill -$signal $pid
		status=0
		wait $pid || status=$?
		exec 8>&-
		eq $((128 + $(kill -l $signal))) "$status"
		eq "" "$(cat err)"
		eq "1=1 2=2 8=8" "$(indexed)"
		eq '{"a":{"at":"1"}}' "$(saved .streams)"
	done
}
