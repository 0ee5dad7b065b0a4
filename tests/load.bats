load helper
load lines

prepare() {
	lines_driver
	cat > d/load <<'EOF'
{"id":"1","timestamp":"2026-01-01T00:00:00Z","doc":{"title":"a"}}
{"id":"2","doc":{"title":"b","n":9007199254740993, "x" : 1.10 }}
EOF
	cp d/load d/slim
}

begin() { # MODE SCOPE
	printf '{"_ctl":"begin","v":1,"mode":"%s","scope":"%s","source":"wiki","index":"sqlite:%s/state/wiki.db","base":null}\n' \
		"$1" "$2" "$BATS_TEST_TMPDIR"
}

@test "load: documents with prefixed ids, in order, byte for byte after the head" {
	run --separate-stderr conn-load wiki.yml
	check 0
	eq '' "$stderr"
	eq '{"_id":"wiki:1","_timestamp":"2026-01-01T00:00:00Z","title":"a"}' "${lines[1]}"
	eq '{"_id":"wiki:2","title":"b","n":9007199254740993, "x" : 1.10 }' "${lines[2]}"
	eq "$(begin load all)" "$(echo "${lines[0]}" | records)"
	eq 4 "${#lines[@]}"
}

@test "load: end carries counts and digest" {
	run --separate-stderr conn-load wiki.yml
	eq '{"_ctl":"end","complete":true,"status":0,"documents":2,"ids":0,"deletes":0,"fails":0,"digest":"e230a186f9f2241a5e7e1d3476a0a6bb"}' \
		"$(echo "${lines[3]}" | records)"
}

@test "load: config from stdin needs a name in it" {
	run --separate-stderr conn-load - < wiki.yml
	check 2
	{ echo 'name: wiki'; cat wiki.yml; } > named.yml
	run --separate-stderr conn-load - < named.yml
	check 0
}

@test "load: usage error -> status 2, one line, an end alone" {
	run --separate-stderr conn-load --verb wiki.yml
	check 2
	eq "conn-load: unknown option --verb; try 'conn-load --help'" "$stderr"
	eq 1 "${#lines[@]}"
	eq '["end",false,2]' "$(echo "$output" | jq -c '[._ctl,.complete,.status]')"
}

@test "load: numbers out of range, operands missing or too many -> 2" {
	for args in '--limit 0 wiki.yml' '--limit 18446744073709551616 wiki.yml' \
		'--limit x wiki.yml' '' 'wiki.yml wiki.yml' '--confirm --raw wiki.yml'; do
		# shellcheck disable=SC2086
		run --separate-stderr conn-load $args
		check 2
		eq 1 "${#stderr_lines[@]}"
	done
}

@test "load: config error -> status 2 with its place, an end alone; --raw: nothing" {
	printf 'source:\n  type: lines\n  wrod: x\n' > wiki.yml
	run --separate-stderr conn-load wiki.yml
	check 2
	eq 'conn-load: wiki.yml:3:3: source.wrod: unknown key, did you mean word' "$stderr"
	eq '["end",false,2]' "$(echo "$output" | jq -c '[._ctl,.complete,.status]')"
	run --separate-stderr conn-load --raw wiki.yml
	check 2
	eq '' "$output"
}

@test "load: no such config, no such type -> 2" {
	run --separate-stderr conn-load nowhere.yml
	check 2
	eq 'conn-load: nowhere.yml: No such file or directory' "$stderr"
	printf 'source:\n  type: nosuch\n' > wiki.yml
	run --separate-stderr conn-load wiki.yml
	check 2
	[[ $stderr == *wiki.yml:2:9:*nosuch* || $stderr == *nosuch* ]]
}

@test "load: own underscored keys of the source get one more" {
	cat > d/load <<'EOF'
{"id":"1","doc":{"_ctl":"delete","__x":1,"\u005Fid":"z","a":{"_b":1},"\u005fy":[{"_c":"\"_d"}]}}
EOF
	run --separate-stderr conn-load wiki.yml
	check 0
	eq '{"_id":"wiki:1","__ctl":"delete","___x":1,"_\u005Fid":"z","a":{"_b":1},"_\u005fy":[{"_c":"\"_d"}]}' "${lines[1]}"
}

@test "load: lone surrogates become U+FFFD, pairs stay" {
	printf '%s\n' '{"id":"1","doc":{"a":"\ud800x","b":"\ud83d\ude00","_c\udc00":1}}' > d/load
	run --separate-stderr conn-load wiki.yml
	check 0
	eq '{"_id":"wiki:1","a":"\ufffdx","b":"\ud83d\ude00","__c\ufffd":1}' "${lines[1]}"
}

@test "load: an empty doc, a doc with white space" {
	printf '%s\n' '{"id":"1","doc":{}}' '{"id":"2","doc":{ }}' ' {"doc":{ "a":1 }, "stream":"s", "id":"3"}' > d/load
	run --separate-stderr conn-load wiki.yml
	check 0
	eq '{"_id":"wiki:1"}' "${lines[1]}"
	eq '{"_id":"wiki:2"}' "${lines[2]}"
	eq '{"_id":"wiki:3","_stream":"s", "a":1 }' "${lines[3]}"
}

@test "load: an id beyond 512 bytes -> fail id_too_long under its digest" {
	id=$(printf 'x%.0s' {1..508})
	printf '{"id":"%s","doc":{}}\n{"id":"%s","doc":{}}\n' "$id" "${id%x}" > d/load
	run --separate-stderr conn-load wiki.yml
	check 1
	digest=$(printf %s "$id" | xxhsum -H2 | cut -d' ' -f1)
	eq '["fail","wiki:#'"$digest"'","id_too_long"]' \
		"$(echo "${lines[1]}" | jq -c '[._ctl,.id,.code]')"
	eq "wiki:${id%x}" "$(echo "${lines[2]}" | jq -r ._id)"
	eq 'conn-load: wiki:#'"$digest"': id_too_long' "$stderr"
}

@test "load: a fail of the driver -> record, message, status 1, still complete" {
	echo '{"fail":{"id":"7","code":"http_403","message":"forbidden"}}' >> d/load
	run --separate-stderr conn-load wiki.yml
	check 1
	eq '{"_ctl":"fail","id":"wiki:7","code":"http_403","message":"forbidden"}' "${lines[3]}"
	eq 'conn-load: wiki:7: http_403: forbidden' "$stderr"
	eq '[true,1,1]' "$(echo "${lines[4]}" | jq -c '[.complete,.status,.fails]')"
}

@test "load: a fail with a prefix keeps the listing complete, one with neither does not" {
	echo '{"fail":{"prefix":"sub/","code":"denied"}}' >> d/load
	run --separate-stderr conn-load wiki.yml
	check 1
	eq '{"_ctl":"fail","prefix":"wiki:sub/","code":"denied"}' "${lines[3]}"
	eq true "$(echo "${lines[4]}" | jq -c .complete)"
	echo '{"fail":{"code":"bad_line"}}' >> d/load
	run --separate-stderr conn-load wiki.yml
	check 1
	eq '[false,1]' "$(echo "${lines[5]}" | jq -c '[.complete,.status]')"
}

@test "load: only ten fails are shown" {
	for i in {1..13}; do echo '{"fail":{"id":"f'"$i"'","code":"c"}}'; done > d/load
	run --separate-stderr conn-load wiki.yml
	check 1
	eq 11 "${#stderr_lines[@]}"
	eq 'conn-load: 3 more documents failed' "${stderr_lines[10]}"
	eq 15 "${#lines[@]}"
}

@test "load: keep protects without being a failure" {
	echo '{"keep":{"prefix":"log/"}}' >> d/load
	run --separate-stderr conn-load wiki.yml
	check 0
	eq '{"_ctl":"fail","prefix":"wiki:log/","code":"keep"}' "${lines[3]}"
	eq '' "$stderr"
}

@test "load: states stand just before end, the last of each stream, only if complete and all" {
	{
		echo '{"state":{"stream":"b","value":{"at":"0"}}}'
		echo '{"state":{"stream":"a","value":{"at":"1"}}}'
		cat d/load
		echo '{"state":{"stream":"b","value":{"at":"2"}}}'
	} > d/load2; mv d/load2 d/load
	run --separate-stderr conn-load wiki.yml
	check 0
	eq '["b",{"at":"2"},2,"e230a186f9f2241a5e7e1d3476a0a6bb"]' "$(echo "${lines[3]}" | jq -c '[.stream,.value,.documents,.digest]')"
	eq '["a",{"at":"1"}]' "$(echo "${lines[4]}" | jq -c '[.stream,.value]')"
	for args in '-l 5' '-s a'; do
		# shellcheck disable=SC2086
		run --separate-stderr conn-load $args wiki.yml
		check 0
		eq 0 "$(echo "$output" | grep -c '"_ctl":"state"')"
		eq part "$(echo "${lines[0]}" | jq -r .scope)"
	done
	echo 75 > d/status
	run --separate-stderr conn-load wiki.yml
	check 75
	eq 0 "$(echo "$output" | grep -c '"_ctl":"state"')"
}

@test "load: memory does not grow with the number of states" {
	own_memory
	awk 'BEGIN { pad = sprintf("%03000d", 0); for (i = 0; i < 60000; i++)
		print "{\"state\":{\"stream\":\"a\",\"value\":{\"at\":\"" i pad "\"}}}" }' > d/load
	run --separate-stderr bash -c 'ulimit -v 120000; conn-load wiki.yml > out'
	check 0
	eq 3 "$(wc -l < out)"
}

@test "load: a driver that fails -> its status, end incomplete with a message" {
	for st in 2 3 75; do
		echo $st > d/status
		run --separate-stderr conn-load wiki.yml
		check $st
		eq "[false,$st]" "$(echo "${lines[3]}" | jq -c '[.complete,.status]')"
	done
	echo 9 > d/status
	run --separate-stderr conn-load wiki.yml
	check 3
}

@test "load: --limit -> that many, scope part, not complete, status 0" {
	run --separate-stderr conn-load --limit 1 wiki.yml
	check 0
	eq 3 "${#lines[@]}"
	eq part "$(echo "${lines[0]}" | jq -r .scope)"
	eq '[false,0,1]' "$(echo "${lines[2]}" | jq -c '[.complete,.status,.documents]')"
	printf '{"id":"1","doc":{}}\n{"id":"a\\u0000","doc":{}}\n' > d/load
	run --separate-stderr conn-load --limit 2 wiki.yml
	check 1
	eq '[false,1,1]' "$(echo "${lines[3]}" | jq -c '[.complete,.documents,.fails]')"
}

@test "load: --limit stops a driver that would go on for ever" {
	cat > d/conn-source-lines <<EOF
#!/bin/sh
[ \$1 = spec ] && exec cat '$PWD/d/spec.json'
cat > /dev/null
i=0; while :; do i=\$((i+1)); echo '{"id":"'\$i'","doc":{}}'; done
EOF
	run --separate-stderr timeout 20 conn-load -l 3 wiki.yml
	check 0
	eq 5 "${#lines[@]}"
}

@test "load: --raw -> bare documents" {
	run --separate-stderr conn-load --raw wiki.yml
	check 0
	eq 2 "${#lines[@]}"
	eq wiki:1 "$(echo "${lines[0]}" | jq -r ._id)"
}

@test "load: --stream picks from the config's, unknown -> 2" {
	printf 'streams:\n  - {name: a, k: 1}\n  - {name: b}\n' >> wiki.yml
	run --separate-stderr conn-load -s a wiki.yml
	check 0
	eq '[{"name":"a","k":1}]' "$(jq -c .streams d/request.load)"
	run --separate-stderr conn-load wiki.yml
	eq '[{"name":"a","k":1},{"name":"b"}]' "$(jq -c .streams d/request.load)"
	run --separate-stderr conn-load -s c wiki.yml
	check 2
	eq 'conn-load: wiki.yml: no stream named c' "$stderr"
}

@test "load: the request has the source and never the index" {
	printf '  word: x\nindex:\n  type: sqlite\n  path: elsewhere.db\n' >> wiki.yml
	run --separate-stderr conn-load -vv wiki.yml
	check 0
	eq '{"v":1,"verbose":2,"source":{"type":"lines","word":"x","overlap":600},"streams":[],"state":null}' \
		"$(jq -c '{v,verbose,source:(.source|{type,word,overlap}),streams,state}' \
			d/request.load)"
	eq 0 "$(grep -c elsewhere d/request.load)"
}

@test "load: -v says what was done" {
	run --separate-stderr conn-load -v wiki.yml
	eq 'conn-load: 2 documents, 0 failed, 0 excluded' "$stderr"
}

@test "load: full disk on stdout -> 3" {
	run --separate-stderr bash -c 'conn-load wiki.yml > /dev/full'
	check 3
	eq 'conn-load: stdout: No space left on device' "$stderr"
}

@test "load: a reader that went away -> SIGPIPE, no word" {
	for i in {1..60000}; do echo '{"id":"'"$i"'","doc":{"body":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}'; done > d/load
	run --separate-stderr bash -c 'conn-load wiki.yml | head -1 > /dev/null
		echo "${PIPESTATUS[0]}"'
	eq 141 "$output"
	eq '' "$stderr"
}

@test "load: SIGTERM -> end incomplete with status 75, dies of the signal" {
	cat > d/conn-source-lines <<EOF
#!/bin/sh
[ \$1 = spec ] && exec cat '$PWD/d/spec.json'
echo '{"id":"1","doc":{}}'
echo \$\$ > '$PWD/d/pid'
exec sleep 1000
EOF
	bash -c 'conn-load wiki.yml > out & echo $! > pid; wait $!; echo $? > status' &
	eventually test -s d/pid
	kill -TERM "$(cat pid)"
	wait
	eq 143 "$(cat status)"
	eq '[false,75,1]' "$(tail -n 1 out | jq -c '[.complete,.status,.documents]')"
	eventually bash -c '! kill -0 "$(cat d/pid)" 2>/dev/null'
}

@test "load: SIGUSR1 -> one status line, nothing else changes" {
	cat > d/conn-source-lines <<EOF
#!/bin/sh
[ \$1 = spec ] && exec cat '$PWD/d/spec.json'
echo '{"id":"1","doc":{}}'
echo ready > '$PWD/d/ready'
while [ ! -e '$PWD/d/go' ]; do sleep 0.05; done
EOF
	bash -c 'conn-load wiki.yml > out 2> err & echo $! > pid; wait $!; echo $? > status' &
	eventually test -s d/ready
	kill -USR1 "$(cat pid)"
	eventually grep -q documents err
	touch d/go
	wait
	eq 0 "$(cat status)"
	eq 'conn-load: 1 documents, 0 failed, 0 excluded' "$(cat err)"
	eq 3 "$(wc -l < out)"
}

@test "load: --help and --version on stdout" {
	run --separate-stderr conn-load --help
	check 0
	eq 'Usage: conn-load [OPTION]... CONFIG' "${lines[0]}"
	run --separate-stderr conn-load -V
	check 0
	eq 'conn-load (conn) 0.1.0' "${lines[0]}"
	[[ ${lines[1]} == *libyaml/*libjq/*xxhash/* ]]
}

@test "load: base is the run in the state file, be it of another index; a broken one -> 3" {
	mkdir -p -m 700 state
	body='{"v":1,"source":"wiki","index":"sqlite:'$BATS_TEST_TMPDIR'/state/wiki.db","uuid":"u","config":"c","run":"r7","time":"t","streams":{},"retry":[]'
	sum=$(printf "%s}" "$body" | xxhsum -H2 | cut -d' ' -f1)
	echo "$body,\"sum\":\"$sum\"}" > state/wiki.state
	run --separate-stderr conn-load wiki.yml
	check 0
	eq r7 "$(echo "${lines[0]}" | jq -r .base)"
	printf 'index:\n  type: sqlite\n  path: other.db\n' >> wiki.yml
	run --separate-stderr conn-load wiki.yml
	eq r7 "$(echo "${lines[0]}" | jq -r .base)"
	sed -i 's/r7/r8/' state/wiki.state
	run --separate-stderr conn-load wiki.yml
	check 3
	[[ $stderr == "conn-load: $BATS_TEST_TMPDIR/state/wiki.state: "* ]]
	[[ $stderr == *"remove it and run a full sync" ]]
}

# --ids

diffed() { # a proven diff stream of wiki with the given records
	printf '%s\n' "$@" | "$CONN_BUILD/tests/mkstream" -m diff -p all -s wiki \
		-i "sqlite:$BATS_TEST_TMPDIR/state/wiki.db" -b null
}

@test "load --ids: only what is named, deletes pass on, base and uuid are kept" {
	diffed '{"id":"wiki:2"}' '{"_ctl":"fail","id":"wiki:1","code":"x"}' '{"id":"wiki:5"}' \
		'{"_ctl":"delete","id":"wiki:9","reason":"absent"}' |
		sed 's/"base":null/"base":"r3","uuid":"u1"/' > in
	run --separate-stderr conn-load --ids - wiki.yml < in
	check 0
	eq '["load","part","r3","u1"]' "$(echo "${lines[0]}" | jq -c '[.mode,.scope,.base,.uuid]')"
	eq '{"_ctl":"delete","id":"wiki:9","reason":"absent"}' "${lines[1]}"
	eq 'wiki:1 wiki:2' "$(echo "$output" | jq -r '._id // empty' | paste -sd' ')"
	eq true "$(echo "$output" | tail -n 1 | jq -c .complete)"
}

@test "load --ids: a driver that loads by id is asked for ids, ten thousand at a time" {
	lines_spec '"ids":true'
	for i in {1..10001}; do echo '{"id":"wiki:'"$i"'"}'; done > list
	run --separate-stderr conn-load --ids list wiki.yml
	check 0
	eq 2 "$(cat d/count)"
	eq 1 "$(jq -c '.ids | length' d/request.load)"
	eq 'wiki:1 wiki:2' "$(echo "$output" | jq -r '._id // empty' | paste -sd' ')"
}

@test "load --ids: an empty list starts nothing and is complete" {
	: > list
	run --separate-stderr conn-load --ids list wiki.yml
	check 0
	eq 2 "${#lines[@]}"
	[ ! -e d/count ]
}

@test "load --ids -: a bare list is no stream -> 3; a file may be one" {
	echo '{"_ctl":"fail","id":"wiki:2","code":"mapper_parsing_exception"}' > list
	run --separate-stderr conn-load --ids - wiki.yml < list
	check 3
	run --separate-stderr conn-load --ids list wiki.yml
	check 0
	eq 'wiki:2' "$(echo "$output" | jq -r '._id // empty')"
}

@test "load --ids: an id of another source -> 3" {
	echo '{"id":"other:2"}' > list
	run --separate-stderr conn-load --ids list wiki.yml
	check 3
	[[ $stderr == 'conn-load: list: stream line 1: '* ]]
}

@test "load --ids: input without end -> 75, incomplete" {
	diffed '{"id":"wiki:2"}' '{"_ctl":"delete","id":"wiki:9"}' | sed '$d' > in
	run --separate-stderr conn-load --ids - wiki.yml < in
	check 75
	eq '[false,75]' "$(echo "$output" | tail -n 1 | jq -c '[.complete,.status]')"
	[[ $stderr == *'stream ended without its end record; its writer died'* ]]
}

@test "load --ids: a dropped record -> 3, incomplete" {
	diffed '{"id":"wiki:2"}' '{"id":"wiki:1"}' | sed 2d > in
	run --separate-stderr conn-load --ids - wiki.yml < in
	check 3
	eq '[false,3]' "$(echo "$output" | tail -n 1 | jq -c '[.complete,.status]')"
}

@test "load --ids, --confirm: a document with a reserved key -> a fail, the rest goes on" {
	lines_spec '"confirm":true,"ids":true'
	diffed '{"_id":"wiki:4","_routing":"x"}' '{"_id":"wiki:5"}' > in
	for how in '--ids -' --confirm; do
		# shellcheck disable=SC2086
		run --separate-stderr conn-load $how wiki.yml < in
		check 1
		eq 'conn-load: wiki:4: reserved_key: key _routing' "$stderr"
		eq '{"_ctl":"fail","id":"wiki:4","code":"reserved_key","message":"key _routing"}' \
			"${lines[1]}"
		eq '{"_id":"wiki:5"}' "${lines[2]}"
		eq '[true,1,1,1]' "$(echo "$output" | tail -n 1 |
			jq -c '[.complete,.status,.documents,.fails]')"
	done
}

@test "load --ids: another source or index -> 2 before anything is read" {
	diffed '{"id":"wiki:2"}' | sed 's/"source":"wiki"/"source":"blog"/' > in
	run --separate-stderr conn-load --ids - wiki.yml < in
	check 2
	[ ! -e d/count ]
}

# --confirm

@test "load --confirm: found -> the document, gone -> the delete, unreadable -> a fail" {
	lines_spec '"confirm":true,"ids":true'
	echo '{"fail":{"id":"8","code":"http_403"}}' >> d/load
	diffed '{"_id":"wiki:4","a":1}' '{"_ctl":"delete","id":"wiki:1","reason":"absent"}' \
		'{"_ctl":"delete","id":"wiki:9","reason":"absent"}' '{"_ctl":"delete","id":"wiki:8"}' |
		sed '$s/}$/,"later":[1]}/' > in
	run --separate-stderr conn-load --confirm wiki.yml < in
	check 1
	eq '["1","8","9"]' "$(jq -c '.ids | sort' d/request.load)"
	eq "$(head -n 1 in | jq -cS 'del(.time)')" "$(echo "${lines[0]}" | jq -cS 'del(.time)')"
	eq '{"_id":"wiki:4","a":1}' "${lines[1]}"
	eq 'wiki:4 wiki:1' "$(echo "$output" | jq -r '._id // empty' | paste -sd' ')"
	eq '{"_ctl":"delete","id":"wiki:9","reason":"absent"}' "$(echo "$output" | grep '"delete"')"
	eq '{"_ctl":"fail","id":"wiki:8","code":"http_403"}' "$(echo "$output" | grep '"fail"')"
	eq '[true,1,[1]]' "$(echo "$output" | tail -n 1 | jq -c '[.complete,.status,.later]')"
}

@test "load --confirm: a part is unreadable or kept -> nothing of it is deleted" {
	lines_spec '"confirm":true,"ids":true'
	diffed '{"_ctl":"delete","id":"wiki:a/1"}' '{"_ctl":"delete","id":"wiki:b/1"}' > in
	echo '{"fail":{"prefix":"a/","code":"http_403"}}' > d/load
	run --separate-stderr conn-load --confirm wiki.yml < in
	check 1
	eq wiki:b/1 "$(echo "$output" | jq -r 'select(._ctl == "delete").id')"
	eq wiki:a/1 "$(echo "$output" | jq -r 'select(._ctl == "fail").id // empty')"
	echo '{"keep":{"prefix":"a/"}}' > d/load
	run --separate-stderr conn-load --confirm wiki.yml < in
	check 0
	eq wiki:b/1 "$(echo "$output" | jq -r 'select(._ctl == "delete").id')"
	eq 0 "$(echo "$output" | grep -c '"fail"')"
}

@test "load --confirm: the answer is incomplete -> no delete" {
	lines_spec '"confirm":true,"ids":true'
	diffed '{"_ctl":"delete","id":"wiki:9"}' > in
	echo '{"fail":{"code":"http_403"}}' > d/load
	run --separate-stderr conn-load --confirm wiki.yml < in
	check 1
	eq 0 "$(echo "$output" | grep -c '"delete"')"
	eq '[false,1]' "$(echo "$output" | tail -n 1 | jq -c '[.complete,.status]')"
}

@test "load --confirm: the source cannot be asked -> no delete, 75" {
	lines_spec '"confirm":true,"ids":true'
	echo 75 > d/status
	: > d/load
	diffed '{"_ctl":"delete","id":"wiki:9"}' > in
	run --separate-stderr conn-load --confirm wiki.yml < in
	check 75
	eq 0 "$(echo "$output" | grep -c '"delete"')"
	eq '[false,75]' "$(echo "$output" | tail -n 1 | jq -c '[.complete,.status]')"
	diffed '{"_ctl":"delete","id":"wiki:9"}' '{"_id":"wiki:4"}' > in
	run --separate-stderr conn-load --confirm wiki.yml < in
	check 75
	eq 'conn-load: driver lines: exit status 75, and no message' "$stderr"
	eq '[false,75,0]' "$(echo "$output" | tail -n 1 |
		jq -c '[.complete,.status,.documents]')"
}

@test "load --confirm: a driver that cannot -> 2" {
	diffed > in
	run --separate-stderr conn-load --confirm wiki.yml < in
	check 2
	eq 'conn-load: driver lines cannot confirm deletes' "$stderr"
}

@test "load: stdin that is closed -> 3 with --ids -, not a wait for ever" {
	run --separate-stderr timeout 10 bash -c 'conn-load -i - wiki.yml <&-'
	check 3
	[[ $stderr == *": Bad file descriptor" ]]
}
