# SPDX-License-Identifier: MIT
# The programs on an Elasticsearch: what becomes of a run, its status, its
# state.
load helper
load es-fake

# holds ID...: the folder holds these and nothing else.
holds() {
	local id
	rm -rf docs
	mkdir docs
	for id; do echo "text of $id" >"docs/$id"; done
}

# run_fake [LINE]...: the fake server, a config that reads the folder.
run_fake() {
	fake "$@"
	sed -i 's/^source:.*/source: {type: directory, path: docs}/' wiki.yml
}

load_all() { conn-load wiki.yml | conn-bulk "${verbose[@]}" wiki.yml; }

state() { jq -r "$1" state/wiki.state; }

@test "run: first load -> index made, documents, state with its uuid" {
	holds 1 2 3
	plan "{\"on\":\"GET /wiki/_settings\",$(
	    refusal 404 index_not_found_exception)}"
	run_fake
	verbose=(-v)
	run --separate-stderr load_all
	check 0
	eq '' "$output"
	eq 'conn-bulk: 3 indexed, 0 deleted, 0 refused, 0 failed' "$stderr"
	eq U1 "$(state .uuid)"
	eq 1 "$(jq -r '.method + .path' log | grep -cx PUT/wiki)"
	eq 'wiki:1=1 wiki:2=2 wiki:3=3' "$(held)"
}

@test "run: full sync of a changed, an unchanged source -> only that, nothing" {
	holds 1 2 3
	run_fake
	load_all
	rm docs/3
	echo changed >docs/1
	echo new >docs/4
	: >log
	run --separate-stderr conn-sync -v wiki.yml
	check 0
	eq '1 3 4' "$(ids_sent | xargs -n 1 | sort | xargs)"
	: >log
	run --separate-stderr conn-sync wiki.yml
	check 0
	eq '' "$output$stderr"
	eq 0 "$(requests)"
}

@test "run: sync --poll, nothing changed -> the index is asked which it is, no more" {
	sqlite3 t.db "create table t(id integer primary key, u text);
	    insert into t values (1, '2026-01-01')"
	touch -d '1 minute ago' t.db
	fake
	sed -i 's/^source:.*/source: {type: sqlite, path: t.db}/' wiki.yml
	echo 'streams: [{name: t, timestamp: u}]' >>wiki.yml
	run --separate-stderr conn-sync wiki.yml
	check 0
	: >log
	run --separate-stderr conn-sync --poll -v wiki.yml
	check 0
	eq '' "$output$stderr"
	eq GET/wiki/_settings "$(jq -r '.method + .path' log | sed 's/?.*//' | sort -u)"
	sqlite3 t.db "insert into t values (2, '2026-01-02')"
	run --separate-stderr conn-sync --poll -v wiki.yml
	check 0
	[[ $stderr == *'conn-bulk: '* && $stderr != *'full sync'* ]]
	kill "$(<pid)"
	rm pid
	run --separate-stderr conn-sync --poll wiki.yml
	check 75
	[[ $stderr == 'conn-sync: '*"$URL"* ]]
}

@test "run: a document is refused -> its fail on stdout, 1, read again" {
	holds 1 2 3
	plan "{\"items\":{$(failing 2 400 mapper_parsing_exception)}}"
	run_fake
	run --separate-stderr load_all
	check 1
	eq '{"_ctl":"fail","id":"wiki:2","code":"mapper_parsing_exception"}' \
	    "$output"
	eq '["wiki:2"]' "$(state .retry | jq -c .)"
	echo "$output" >refused
	run --separate-stderr bash -c \
	    'conn-load --ids refused wiki.yml | conn-bulk wiki.yml'
	check 0
	eq '[]' "$(state .retry | jq -c .)"
	eq 'wiki:1=1 wiki:2=2 wiki:3=3' "$(held)"
}

@test "run: busy beyond the budget, not allowed -> 75, 3; no state" {
	holds 1 2
	plan "{$(refusal 503 x)}" "{$(refusal 403 security_exception)}"
	run_fake 'retry: 0s'
	run --separate-stderr load_all
	check 75
	eq "conn-bulk: $URL/wiki/_bulk: HTTP 503 x" "$stderr"
	run --separate-stderr load_all
	check 3
	eq "conn-bulk: $URL/wiki/_bulk: HTTP 403 security_exception" "$stderr"
	[ ! -e state/wiki.state ]
	run --separate-stderr load_all
	check 0
	[ -e state/wiki.state ]
}

@test "run: a try that failed, then all went well -> 0, silent" {
	plan '{"on":"POST /_search","status":503,"body":""}' \
	    "{$(refusal 429 x)}"
	run_fake
	run --separate-stderr conn-slim -I wiki.yml
	check 0
	eq true,0 "$(jq -r '"\(.complete),\(.status)"' <<<"${lines[-1]}")"
	docs 1 >in
	run --separate-stderr conn-bulk -r wiki.yml <in
	check 0
	eq '' "$stderr"
	eq 1=t1 "$(held | sed 's/^wiki://')"
}

@test "run: a try that failed, then a bad stream -> 3, which says so" {
	plan "{$(refusal 503 x)}"
	run_fake 'batch: 300'
	mkfifo in
	conn-bulk -rvv wiki.yml <in 2>err 3>&- &
	pid=$!
	exec 5>in
	docs 1 2 3 >&5
	eventually grep -q '_bulk 200' err
	echo no >&5
	exec 5>&-
	status=0
	wait "$pid" || status=$?
	eq 3 "$status"
	grep -q '^conn-bulk: stream line 4: ' err
	! grep -q '^conn-bulk: http.*HTTP 503' err
}

@test "run: the index is replaced while it is written -> 75, no state" {
	holds 1 2
	plan '{"on":"GET /wiki/_settings"}' \
	    '{"on":"GET /wiki/_settings","times":0,"body":{"wiki":{"settings":{"index":{"uuid":"U2"}}}}}'
	run_fake
	run --separate-stderr load_all
	check 75
	[[ $stderr == *'replaced while it was written'* ]]
	[ ! -e state/wiki.state ]
}

@test "run: nobody to list for -> 75, an end that says so" {
	holds 1
	run_fake 'retry: 100ms'
	plan_pid=$(cat pid)
	kill "$plan_pid"
	while kill -0 "$plan_pid" 2>/dev/null; do sleep 0.02; done
	rm pid
	run --separate-stderr conn-slim -I wiki.yml
	check 75
	eq 'false 75' "$(jq -r '"\(.complete) \(.status)"' <<<"${lines[-1]}")"
}

@test "run: a partial listing -> 75, and conn-diff infers nothing from it" {
	holds 1 2 3
	run_fake
	load_all
	rm docs/3
	kill "$(cat pid)"
	rm url log
	plan '{"on":"POST /_search","set":{"_shards.failed":1}}'
	run_fake
	conn-slim -I wiki.yml >known || eq 75 $?
	run --separate-stderr bash -c \
	    'conn-load wiki.yml | conn-diff known | conn-bulk wiki.yml'
	check 75
	eq 0 "$(requests)"
}

@test "run: secrets -> in headers alone, under -vv too" {
	holds 1
	run_fake 'user: elastic' 'password: {env: PW}'
	export PW=canary-password
	verbose=(-v -v)
	run --separate-stderr load_all
	check 0
	[[ $output$stderr != *canary* ]]
	[[ $stderr != *"$(printf elastic:canary-password | base64)"* ]]
	run grep -rl canary . --exclude=log
	eq '' "$output"
	eq "Basic $(printf elastic:canary-password | base64)" \
	    "$(jq -r .headers.authorization log | sort -u)"
}

@test "run: killed at any moment, run again -> the source, exactly" {
	holds $(seq 40)
	plan '{"times":0,"wait":0.02}'
	run_fake 'batch: 1KiB'
	for at in 5 25 45 65 85 120 200; do
		for ((i = 0; i < 4; i++)); do
			echo "$at" >"docs/$((RANDOM % 40 + 1))"
		done
		rm -f "docs/$((RANDOM % 40 + 1))"
		(
			conn-slim -I wiki.yml >known || exit
			conn-load wiki.yml | conn-diff -m 100% known |
				timeout -s KILL "0.$(printf %03d "$at")" \
				    conn-bulk wiki.yml
		) 2>killed || :
		run --separate-stderr conn-sync -m 100% wiki.yml
		check 0
		# what the index holds is what the source has, by hash
		conn-slim -I wiki.yml | jq -r '.id // empty' | sort >have
		for f in docs/*; do echo "wiki:${f#docs/}"; done | sort >want
		same want have
		: >log
		run --separate-stderr conn-sync wiki.yml
		check 0
		eq 0 "$(requests)"
	done
}
