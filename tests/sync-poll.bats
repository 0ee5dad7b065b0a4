#!/usr/bin/env bats
# conn-sync --poll: a poll where that can be, else a full sync.

load helper
load lines
load bulk
load sync

@test "sync -P: a state that fits -> a poll" {
	source_has 1=a 2=b
	sync
	verbs
	source_changed 2=B 3=c
	sync -P -v
	check 0
	eq "poll" "$(verbs)"
	eq "1=a 2=B 3=c" "$(indexed)"
	eq '{"s":{"at":2}}' "$(saved .streams)"
	eq "2 indexed, 0 deleted" "$(operations)"
}

@test "sync -P: what failed before -> read again" {
	lines_spec '"ids":true'
	source_has 1=a
	sync
	printf '%s\n' '{"fail":{"id":"9","code":"http_403"}}' > d/poll
	sync -P
	check 1
	eq '["wiki:9"]' "$(saved .retry)"
	: > d/poll
	echo '{"id":"9","doc":{"title":"i"}}' > d/load
	sync -P
	check 0
	eq "1=a 9=i" "$(indexed)"
	eq '[]' "$(saved .retry)"
}

# falls_back WHY: -P does a full sync, silently; -v says why.
falls_back() {
	source_changed 1=poll
	source_has 1=full 2=full
	verbs
	cp -r "$CONN_STATE_DIR" as-it-was 2>/dev/null || :
	sync -P
	check 0
	eq "" "$stderr"
	eq "load" "$(verbs)"
	eq "1=full 2=full" "$(indexed)"
	rm -rf "$CONN_STATE_DIR"
	cp -r as-it-was "$CONN_STATE_DIR" 2>/dev/null || :
	sync -P -v
	[[ $stderr == "conn-sync: $1; a full sync"* ]]
}

@test "sync -P: no state -> a full sync" {
	falls_back "no saved state of this source and index"
}

@test "sync -P: another config -> a full sync" {
	source_has 1=a
	sync
	echo '  word: x' >> wiki.yml
	falls_back "the config changed since it was saved"
}

@test "sync -P: another config was tried and taken back -> a full sync" {
	local try
	source_has 1=a 2=b
	sync
	cp wiki.yml was.yml
	cp -r "$CONN_STATE_DIR" first
	for try in "conn-sync -p" "conn-sync -m 0" "conn-load -i ids" \
	    "conn-load -s s"; do
		rm -r "$CONN_STATE_DIR"
		cp -r first "$CONN_STATE_DIR"
		source_has 1=a
		echo '{"id":"wiki:1"}' > ids
		echo 'map: select(.title == "b") // .title += "!"' >> wiki.yml
		case $try in
		*load*) $try wiki.yml | conn-bulk wiki.yml ;;
		*) run $try wiki.yml ;;
		esac
		cp was.yml wiki.yml
		source_has 1=a 2=b
		sync -P -v
		check 0
		[[ $stderr == "conn-sync: "*"; a full sync"* ]]
		eq "1=a 2=b" "$(indexed)"
	done
}

@test "sync -P: the index was removed or replaced -> a full sync" {
	source_has 1=a
	sync
	rm "$db"
	falls_back "the index is not that of the saved state"
	check 0
	cp "$CONN_STATE_DIR/wiki.state" saved
	rm "$db" "$CONN_STATE_DIR/wiki.state" && rm -rf as-it-was
	sync
	cp saved "$CONN_STATE_DIR/wiki.state"
	falls_back "the index is not that of the saved state"
}

@test "sync -P: a stream without a position -> a full sync" {
	source_has 1=a
	printf 'streams: [ { name: s }, { name: t } ]\n' >> wiki.yml
	sync
	falls_back "no saved position of a stream"
}

@test "sync: a stream that was gone has no position when it comes back" {
	source_has 1=a 2=b
	echo '{"state":{"stream":"t","value":{"at":1}}}' >> d/load
	sync
	eq '["s","t"]' "$(saved '.streams | keys')"
	source_has 1=a
	sync -P
	eq '["s","t"]' "$(saved '.streams | keys')"
	sync
	check 0
	eq '["t"]' "$(saved .stale)"
	: > d/poll
	sync -P
	check 0
	eq '{"s":{"at":1}}' "$(jq -c .state d/request.poll)"
}

@test "sync -P: the driver cannot poll -> a full sync" {
	source_has 1=a
	sync
	sed -i 's/,"poll"//' d/spec.json
	falls_back "the driver cannot poll"
}

@test "sync -P: the source refuses the position -> a full sync, at once" {
	source_has 1=a
	sync
	source_has 1=full
	echo '{"reset":true}' > d/poll
	verbs
	sync -P
	check 0
	eq "load poll" "$(verbs)"
	eq "1=full" "$(indexed)"
	eq "" "$stderr"
	sync -P -v
	check 0
	[[ $stderr == *"the source refuses the saved position"* ]]
	echo '{"id":"1"}' > d/load
	sync -P
	check 3
	[[ $stderr == "conn-load: "*"conn-poll: the source refuses the saved"* ]]
	run -2 --separate-stderr conn-poll --messages 77 wiki.yml
	eq "conn-poll: --messages: no descriptor 77" "$stderr"
}

@test "sync -P: a poll that fails -> its status, no full sync" {
	source_has 1=a
	sync
	verbs
	for s in 75 3; do
		echo $s > d/status
		echo '{"id":"1","doc":{"title":"A"}}' > d/poll
		sync -P -M m.prom
		check $s
		eq "poll" "$(verbs)"
		grep -qx "conn_last_exit_status{source=\"wiki\"} $s" m.prom
	done
	eq '{"s":{"at":1}}' "$(saved .streams)"
	eq "1=A" "$(indexed)"
}

@test "sync -P: a damaged state -> 3, no full sync" {
	source_has 1=a
	sync
	verbs
	sed -i 's/"at":1/"at":2/' "$CONN_STATE_DIR/wiki.state"
	sync -P
	check 3
	[[ $stderr == "conn-sync: "*"remove it and run a full sync" ]]
	eq "*" "$(verbs)"
}

@test "sync -P: certainly nothing changed -> nothing is read, 0" {
	lines_spec
	sed -i 's/"poll"/"poll","changed"/' d/spec.json
	source_has 1=a
	sync
	verbs
	source_changed 1=A
	echo '{"changed":false}' > d/changed
	sync -P -M m.prom
	check 0
	eq "" "$stderr"
	eq "changed" "$(verbs)"
	eq "1=a" "$(indexed)"
	grep -qx 'conn_last_exit_status{source="wiki"} 0' m.prom
	for answer in true null; do
		echo "{\"changed\":$answer}" > d/changed
		sync -P
		check 0
		eq "changed poll" "$(verbs)"
		eq "1=A" "$(indexed)"
	done
	echo 3 > d/status
	sync -P
	check 3
	eq "changed" "$(verbs)"
}

@test "sync -P -n: a poll, nothing changed" {
	source_has 1=a
	sync
	verbs
	source_changed 1=A 2=b
	sync -P -n
	check 0
	eq "conn-bulk: would index 2, delete 0" "$stderr"
	eq "poll" "$(verbs)"
	eq "1=a" "$(indexed)"
}
