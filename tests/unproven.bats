# A run that dies with something applied, and what was read before it did.
load helper

prepare() {
	cat > wiki.yml <<-END
	source: {type: file, path: dump.ndjson, id: id}
	END
	dump a=1 b=1
	conn-load wiki.yml | conn-bulk wiki.yml
}

# dump ID=TEXT...: what the source has.
dump() {
	local d
	for d; do printf '{"id":"%s","text":"%s"}\n' "${d%=*}" "${d#*=}"; done \
	    > dump.ndjson
}

# indexed: "ID=TEXT ..." of what is in the index.
indexed() {
	sqlite3 "$CONN_STATE_DIR/wiki.db" "SELECT substr(id, 6) || '=' ||
	    json_extract(document, '\$.text') FROM documents ORDER BY id" |
	    paste -sd' '
}

apply() { run --separate-stderr conn-bulk "$@" wiki.yml; }
begin() { jq -c "select(._ctl == \"begin\") | $1"; }
unproven() { conn-slim -I wiki.yml | begin .unproven; }

# a run that dies after its first document
die() {
	conn-load wiki.yml | sed -n 1,2p > part
	apply < part
	check 75
}

closed() {
	check 75
	eq "conn-bulk: stream: something else was applied since it began to be\
 read; run it again" "$stderr"
}

@test "unproven: a run ends well -> no file, no word in what is read" {
	[ ! -e "$CONN_STATE_DIR/wiki.unproven" ]
	eq null "$(unproven)"
	eq null "$(conn-load wiki.yml | begin .unproven)"
	conn-sync wiki.yml
	[ ! -e "$CONN_STATE_DIR/wiki.unproven" ]
}

@test "unproven: a run dies with something applied -> what was read before is fenced off" {
	conn-slim -I wiki.yml > known
	conn-load wiki.yml > stream
	dump a=2 b=2
	die
	eq "a=2 b=1" "$(indexed)"
	# "a" is not in it: it is the same in both
	run -0 --separate-stderr conn-diff known < stream
	printf '%s\n' "$output" > change
	apply < change
	closed
	apply < stream
	closed
	eq "a=2 b=1" "$(indexed)"
	apply -n < stream
	check 75
}

@test "unproven: ... and what is read after it is applied" {
	die
	said=$(unproven)
	eq "$(begin .run < part)" "\"${said#* }"
	eq "$said" "$(conn-load wiki.yml | begin .unproven)"
	conn-slim -I wiki.yml > known
	dump a=3 b=3
	conn-load wiki.yml | conn-diff known | conn-bulk wiki.yml
	eq "a=3 b=3" "$(indexed)"
	[ ! -e "$CONN_STATE_DIR/wiki.unproven" ]
	eq null "$(unproven)"
}

@test "unproven: ... and its own stream, once more" {
	dump a=2 b=2
	conn-load wiki.yml > stream
	sed -n 1,2p stream > part
	apply < part
	check 75
	apply < stream
	check 0
	eq "a=2 b=2" "$(indexed)"
	[ ! -e "$CONN_STATE_DIR/wiki.unproven" ]
}

@test "unproven: KNOWN of before, a stream of after it -> conn-diff says 75" {
	conn-slim -I wiki.yml > known
	dump a=2 b=2
	die
	conn-load wiki.yml > stream
	run --separate-stderr conn-diff known < stream
	check 75
	eq "conn-diff: known: stream has unproven null, the stream has \
$(begin .unproven < stream | tr -d '"'): something was applied between them" \
	    "$stderr"
}

@test "unproven: read while a run goes on that dies then -> fenced off" {
	mkfifo pipe
	dump a=2 b=2
	conn-load wiki.yml > stream
	conn-bulk wiki.yml < pipe &
	pid=$!
	exec 8> pipe
	sed -n 1,2p stream >&8
	eventually test -e "$CONN_STATE_DIR/wiki.unproven"
	eq '""' "$(unproven)"
	conn-slim -I wiki.yml > known
	conn-load wiki.yml > during
	apply -n < stream
	check 0
	kill -KILL "$pid"
	exec 8>&-
	wait "$pid" || :
	[ "$(unproven)" != '""' ]
	apply < during
	closed
	conn-diff known < during > change
	apply < change
	closed
}

@test "unproven: --raw, --stale that die -> fenced off, too" {
	local how
	for how in --raw --stale; do
		rm -f pipe
		mkfifo pipe
		conn-load wiki.yml > stream
		[ $how = --stale ] || jq -c 'select(._id)' stream > bare
		[ $how = --raw ] || cp stream bare
		conn-bulk $how wiki.yml < pipe &
		pid=$!
		exec 8> pipe
		head -n 2 bare >&8
		eventually test -e "$CONN_STATE_DIR/wiki.unproven"
		conn-load wiki.yml > during
		kill -KILL "$pid"
		exec 8>&-
		wait "$pid" || :
		apply < stream
		closed
		apply < during
		closed
		conn-load wiki.yml > stream
		apply < stream
		check 0
		[ ! -e "$CONN_STATE_DIR/wiki.unproven" ]
	done
}

@test "unproven: it cannot be written -> 3, and nothing is sent" {
	die
	dump a=2 b=2
	conn-load wiki.yml > stream
	chattr +i "$CONN_STATE_DIR/wiki.unproven" 2>/dev/null ||
		skip "needs chattr"
	apply < stream
	chattr -i "$CONN_STATE_DIR/wiki.unproven"
	check 3
	eq "conn-bulk: $CONN_STATE_DIR/wiki.unproven: Operation not permitted" \
	    "$stderr"
	eq "a=1 b=1" "$(indexed)"
}

@test "unproven: a run died as it made the file -> as if there were none" {
	conn-load wiki.yml > before
	: > "$CONN_STATE_DIR/wiki.unproven"
	eq null "$(unproven)"
	apply < before
	check 0
	[ ! -e "$CONN_STATE_DIR/wiki.unproven" ]
}

@test "unproven: its stream twice in part -> what was read between is fenced off" {
	dump a=2 b=1 x=1
	conn-load wiki.yml > stream
	sed -n 1,2p stream > part
	apply < part
	check 75
	conn-slim -I wiki.yml > known
	dump a=2 b=1
	conn-load wiki.yml > later
	conn-diff known < later > change
	sed '$d' stream > part
	apply < part
	check 75
	eq "a=2 b=1 x=1" "$(indexed)"
	apply < change
	closed
}

@test "unproven: a rebuild dies once it is swapped in -> a load of before is fenced off" {
	command -v strace >/dev/null || skip 'no strace'
	conn-load wiki.yml > before
	dump a=3 b=3
	conn-load wiki.yml > stream
	# the state is not replaced any more
	run strace -f -qq -o trace -e inject=rename:signal=KILL:when=1 \
	    conn-bulk -R wiki.yml < stream
	eq "a=3 b=3" "$(indexed)"
	apply < before
	closed
	conn-sync wiki.yml
	eq "a=3 b=3" "$(indexed)"
	[ ! -e "$CONN_STATE_DIR/wiki.unproven" ]
}

@test "unproven: KNOWN says, the stream does not -> conn-diff says it on" {
	local begin='{"_ctl":"begin","v":1,"mode":"load","scope":"all","run":"r1"'
	conn-slim -I wiki.yml > known
	conn-load wiki.yml | sed '1s/"run":"[^"]*"/"run":"r1"/' > stream
	run -0 conn-diff known < stream
	[[ ${lines[0]} == "${begin/load/diff}"*'"known":2,"unproven":null,'* ]]
	printf '%s\n' "${lines[@]}" > change
	dump a=2 b=2
	die
	apply < change
	closed
	# what comes of it is read now
	jq -c 'select(._id or ._ctl)' stream > ids
	run --separate-stderr bash -c \
	    'conn-load --ids - wiki.yml < ids | conn-bulk wiki.yml'
	check 0
}

@test "unproven: a stream that does not say -> its base counts" {
	dump a=2 b=2
	conn-load wiki.yml | sed '1s/"run":"[^"]*"/"run":"r1"/' > stream
	die
	apply < stream
	check 0
	eq "a=2 b=2" "$(indexed)"
}
