load helper
load lines

prepare() {
	lines_driver
	cat > d/load <<'EOF'
{"id":"1","doc":{"n":1}}
{"id":"2","doc":{"n":2}}
{"state":{"stream":"a","value":{"at":"1"}}}
EOF
	cat > d/poll <<'EOF'
{"id":"2","doc":{"n":22}}
{"state":{"stream":"a","value":{"at":"2"}}}
EOF
}

fill() { conn-load wiki.yml | conn-bulk wiki.yml; }

stored() { sqlite3 state/wiki.db 'select document from documents order by id'; }

@test "poll: no state -> 3, run a full sync" {
	run --separate-stderr conn-poll wiki.yml
	check 3
	[[ $stderr == *'; run a full sync' ]]
	eq '["end",false,3]' "$(echo "$output" | jq -c '[._ctl,.complete,.status]')"
}

@test "poll: the driver gets the saved state, its states stand in place" {
	fill
	run --separate-stderr conn-poll wiki.yml
	check 0
	eq '{"a":{"at":"1"}}' "$(jq -c .state d/request.poll)"
	eq 600 "$(jq -c .source.overlap d/request.poll)"
	eq 'poll all' "$(echo "${lines[0]}" | jq -r '.mode+" "+.scope')"
	eq '["a",{"at":"2"},1]' "$(echo "${lines[2]}" | jq -c '[.stream,.value,.documents]')"
	eq "$(jq -r .run state/wiki.state)" "$(echo "${lines[0]}" | jq -r .base)"
}

@test "poll: applied, the state moves on" {
	fill
	conn-poll wiki.yml | conn-bulk wiki.yml
	eq '{"_id":"wiki:2","n":22}' "$(stored | tail -n 1)"
	conn-poll wiki.yml > /dev/null
	eq '{"a":{"at":"2"}}' "$(jq -c .state d/request.poll)"
}

@test "poll: a changed map or rule -> 3" {
	fill
	echo 'map: .' >> wiki.yml
	run --separate-stderr conn-poll wiki.yml
	check 3
	[[ $stderr == *'the config changed since it was saved; run a full sync' ]]
}

@test "poll: tuning and secrets do not change the config's digest" {
	fill
	printf '  timeout: 5m\n  password: {env: PW}\n' >> wiki.yml
	PW=geheim run --separate-stderr conn-poll wiki.yml
	check 0
}

@test "poll: a stream that has no saved position -> 3" {
	printf 'streams: [{name: a}]\n' >> wiki.yml
	fill
	run --separate-stderr conn-poll wiki.yml
	check 0
	run --separate-stderr conn-poll -s a wiki.yml
	check 0
	sed -i 's/{name: a}/{name: a}, {name: b}/' wiki.yml
	run --separate-stderr conn-poll wiki.yml
	check 3
}

@test "poll -s: the state of a stream that is not read -> it stays where it was" {
	printf 'streams: [{name: a}, {name: b}]\n' >> wiki.yml
	echo '{"state":{"stream":"b","value":{"at":"1"}}}' >> d/load
	fill
	echo '{"state":{"stream":"b","value":{"at":"2"}}}' >> d/poll
	conn-poll -s a wiki.yml | conn-bulk wiki.yml
	conn-poll wiki.yml > /dev/null
	eq '{"a":{"at":"2"},"b":{"at":"1"}}' "$(jq -cS .state d/request.poll)"
}

@test "poll: what a rule or the map leaves out becomes a delete with the reason" {
	cat >> wiki.yml <<'EOF'
rules: [{id: r, policy: exclude, field: n, rule: ">", value: 20, order: 1}]
EOF
	fill
	run --separate-stderr conn-poll wiki.yml
	check 0
	eq '{"_ctl":"delete","id":"wiki:2","reason":"excluded by rule r"}' "${lines[1]}"
	conn-poll wiki.yml | conn-bulk wiki.yml
	eq '{"_id":"wiki:1","n":1}' "$(stored)"
}

@test "poll: a delete of the source" {
	fill
	echo '{"delete":{"id":"1"}}' > d/poll
	run --separate-stderr conn-poll wiki.yml
	check 0
	eq '{"_ctl":"delete","id":"wiki:1"}' "${lines[1]}"
}

@test "poll: what failed is read again until it passes" {
	echo '{"fail":{"id":"7","code":"http_403"}}' >> d/load
	fill 2>/dev/null || [ $? -eq 1 ]
	eq '["wiki:7"]' "$(jq -c .retry state/wiki.state)"
	conn-poll wiki.yml 2>/dev/null | conn-bulk wiki.yml || [ $? -eq 1 ]
	eq '["wiki:7"]' "$(jq -c .retry state/wiki.state)"
	sed -i 's/^{"fail".*/{"id":"7","doc":{"n":7}}/' d/load
	conn-poll wiki.yml | conn-bulk wiki.yml
	eq '[]' "$(jq -c .retry state/wiki.state)"
	eq '{"_id":"wiki:7","n":7}' "$(stored | tail -n 1)"
}

# deletes: ids and reasons of those in the stream that was printed.
deletes() {
	jq -r 'select(._ctl == "delete") | .id + " " + (.reason // "-")' \
	    <<<"$output"
}

# kept: what is to be read again, and which of it are deletes.
kept() { jq -c '[.retry, .deletes]' state/wiki.state; }

apply_poll() { conn-poll wiki.yml 2>/dev/null | conn-bulk wiki.yml; }

# refuse_deletes: the source says that 1 is gone, and the index keeps it.
refuse_deletes() {
	fill
	sqlite3 state/wiki.db "CREATE TRIGGER no BEFORE DELETE ON documents
	    BEGIN SELECT RAISE(ABORT, 'x'); END"
	echo '{"delete":{"id":"1"}}' > d/poll
	sed -i '/"id":"1"/d' d/load
	apply_poll || [ $? -eq 1 ]
	eq '[["wiki:1"],["wiki:1"]]' "$(kept)"
	: > d/poll
}

@test "poll: a delete that was refused -> again until it is done" {
	refuse_deletes
	apply_poll || [ $? -eq 1 ]
	eq '[["wiki:1"],["wiki:1"]]' "$(kept)"
	run --separate-stderr conn-poll -x wiki.yml
	check 0
	eq 'wiki:1 gone' "$(deletes)"
	eq 'conn-poll: explain: wiki:1: gone' "$stderr"
	sqlite3 state/wiki.db 'DROP TRIGGER no'
	apply_poll
	eq '[[],null]' "$(kept)"
	[[ $(stored) != *'wiki:1"'* ]]
	run --separate-stderr conn-poll wiki.yml
	eq '' "$(deletes)"
}

@test "poll: a refused delete of what is there again -> its document" {
	refuse_deletes
	echo '{"id":"1","doc":{"n":11}}' >> d/load
	run --separate-stderr conn-poll wiki.yml
	check 0
	eq '' "$(deletes)"
	apply_poll
	eq '[[],null]' "$(kept)"
	eq '{"_id":"wiki:1","n":11}' "$(stored | head -n 1)"
}

@test "poll: a refused delete of what a rule leaves out -> one more, not two" {
	refuse_deletes
	cat >> wiki.yml <<'EOF'
rules: [{id: r, policy: exclude, field: n, rule: ">", value: 9, order: 1}]
EOF
	fill || [ $? -eq 1 ]
	echo '{"id":"1","doc":{"n":10}}' > d/poll
	apply_poll || [ $? -eq 1 ]
	eq '[["wiki:1"],["wiki:1"]]' "$(kept)"
	: > d/poll
	echo '{"id":"1","doc":{"n":10}}' >> d/load
	run --separate-stderr conn-poll wiki.yml
	eq 'wiki:1 excluded by rule r' "$(deletes)"
}

@test "poll: a refused delete that is not told of -> not yet, not forgotten" {
	refuse_deletes
	cp d/load load
	for line in '{"fail":{"id":"1","code":"x"}}' \
	    '{"fail":{"prefix":"1","code":"x"}}' \
	    '{"keep":{"prefix":"1"}}' '{"fail":{"code":"x"}}'; do
		{ cat load; echo "$line"; } > d/load
		run --separate-stderr conn-poll wiki.yml
		check 1
		eq '' "$(deletes)"
		apply_poll || [ $? -eq 1 ]
		eq '[["wiki:1"],["wiki:1"]]' "$(kept)"
	done
	mv load d/load
	run --separate-stderr conn-poll -s a wiki.yml
	check 0
	eq '' "$(deletes)"
	echo 75 > d/status
	run --separate-stderr conn-poll wiki.yml
	check 75
	eq '' "$(deletes)"
	rm d/status
	run --separate-stderr conn-poll wiki.yml
	eq 'wiki:1 gone' "$(deletes)"
}

@test "poll: what failed to be read and is gone -> no delete" {
	echo '{"fail":{"id":"7","code":"http_403"}}' >> d/load
	fill 2>/dev/null || [ $? -eq 1 ]
	eq '[["wiki:7"],null]' "$(kept)"
	sed -i '/"fail"/d' d/load
	run --separate-stderr conn-poll wiki.yml
	check 0
	eq '' "$(deletes)"
}

@test "poll: what failed is not listed and kept -> not forgotten" {
	echo '{"fail":{"id":"7","code":"http_403"}}' >> d/load
	fill 2>/dev/null || [ $? -eq 1 ]
	sed -i 's/^{"fail".*/{"keep":{"prefix":"7"}}/' d/load
	apply_poll || [ $? -eq 1 ]
	eq '[["wiki:7"],null]' "$(kept)"
	sed -i 's/^{"keep".*/{"id":"7","doc":{"n":7}}/' d/load
	apply_poll
	eq '[[],null]' "$(kept)"
	eq '{"_id":"wiki:7","n":7}' "$(stored | tail -n 1)"
}

@test "poll: a fail without id holds the state back" {
	fill
	printf '%s\n' '{"fail":{"code":"bad_page"}}' '{"state":{"stream":"a","value":{"at":"3"}}}' >> d/poll
	run --separate-stderr conn-poll wiki.yml
	check 1
	eq '["2"]' "$(echo "$output" | jq -c 'select(._ctl=="state").value.at' | jq -sc .)"
	eq false "$(echo "$output" | tail -n 1 | jq -c .complete)"
}

@test "poll: an explicit window -> part, no state, no retries" {
	echo '{"fail":{"id":"7","code":"http_403"}}' >> d/load
	fill 2>/dev/null || [ $? -eq 1 ]
	rm d/request.load
	run --separate-stderr conn-poll --since 2026-01-01 --until 1h wiki.yml
	check 0
	eq part "$(echo "${lines[0]}" | jq -r .scope)"
	eq 0 "$(echo "$output" | grep -c '"state"')"
	eq 2026-01-01T00:00:00.000000000Z "$(jq -r .since d/request.poll)"
	[ "$(jq -r .until d/request.poll)" != null ]
	[ ! -e d/request.load ]
	run --separate-stderr conn-poll --since yesterday wiki.yml
	check 2
	eq 'conn-poll: neither a time nor a duration: yesterday' "$stderr"
}

@test "poll: durations before now -> to the millisecond, not before the year 0" {
	run --separate-stderr conn-poll --since 1500ms --until 1s wiki.yml
	check 0
	eq 500000000 $(($(date -d "$(jq -r .until d/request.poll)" +%s%N) - \
		$(date -d "$(jq -r .since d/request.poll)" +%s%N)))
	run --separate-stderr conn-poll --since 800000d wiki.yml
	check 2
	eq 'conn-poll: before the year 0: 800000d' "$stderr"
}

@test "poll: a window that ends before it begins -> 2; of no length, without a beginning -> 0" {
	for args in '-S 2h -U 3h' '-U 2026-01-01 -S 2026-01-01T00:00:00.000000001Z'; do
		# shellcheck disable=SC2086
		run --separate-stderr conn-poll $args wiki.yml
		check 2
		eq 'conn-poll: --until is before --since' "$stderr"
		eq '["end",false,2]' "$(echo "$output" | jq -c '[._ctl,.complete,.status]')"
	done
	for args in '-U 2h -S 2h' '-S 2026-01-01 -U 2026-01-01' '-U 2h'; do
		# shellcheck disable=SC2086
		run --separate-stderr conn-poll $args wiki.yml
		check 0
	done
}

@test "poll: a driver without poll -> 2" {
	sed -i 's/,"poll"//' d/spec.json
	run --separate-stderr conn-poll wiki.yml
	check 2
}

@test "poll: a full load that gave no position -> 2, not another full sync" {
	sed -i /state/d d/load
	fill
	run --separate-stderr conn-poll wiki.yml
	check 2
	eq "conn-poll: driver lines gave no position to poll from; $(
		)use conn-sync or a full sync" "$stderr"
	run --separate-stderr conn-poll --since 1h wiki.yml
	check 0
}

@test "poll: reset -> 3, end says full" {
	fill
	echo '{"reset":true}' > d/poll
	run --separate-stderr conn-poll wiki.yml
	check 3
	eq '[false,3,true]' "$(echo "$output" | tail -n 1 | jq -c '[.complete,.status,.full]')"
}

@test "poll: what is to be read again lies in an unreadable part -> stays to be" {
	fill
	echo '{"fail":{"id":"a/1","code":"x"}}' > d/poll
	conn-poll wiki.yml 2>&- | conn-bulk wiki.yml || true
	: > d/poll
	echo '{"fail":{"prefix":"a/","code":"x"}}' > d/load
	conn-poll wiki.yml 2>&- | conn-bulk wiki.yml || true
	eq '["wiki:a/1"]' "$(jq -c .retry state/wiki.state)"
}

@test "poll --changed: something is to be read again -> 0" {
	fill
	echo '{"fail":{"id":"2","code":"x"}}' > d/poll
	conn-poll wiki.yml 2>&- | conn-bulk wiki.yml || true
	eq '["wiki:2"]' "$(jq -c .retry state/wiki.state)"
	sed -i 's/"poll"/"poll","changed"/' d/spec.json
	echo '{"changed":false}' > d/changed
	run --separate-stderr conn-poll --changed wiki.yml
	check 0
}

@test "poll --changed: 4 only if the driver is certain" {
	run --separate-stderr conn-poll --changed wiki.yml
	check 0
	sed -i 's/"poll"/"poll","changed"/' d/spec.json
	run --separate-stderr conn-poll --changed wiki.yml
	check 0
	fill
	for answer in 'true 0' 'null 0' 'false 4'; do
		echo "{\"changed\":${answer% *}}" > d/changed
		run --separate-stderr conn-poll --changed wiki.yml
		check "${answer#* }"
		eq '' "$output"
	done
}
