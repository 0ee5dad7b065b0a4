#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Several requests at once: nothing overtakes on its id, whatever happens.

load helper
load es-fake

# history IDS ROUNDS SEED: random writes and deletes; in.end gets what must be
# in the index when all were applied in order.
history() {
	awk -v ids="$1" -v rounds="$2" -v seed="$3" 'BEGIN {
		srand(seed)
		for (r = 1; r <= rounds; r++) {
			id = "wiki:" int(rand() * ids)
			if (rand() < 0.2) {
				printf "{\"_ctl\":\"delete\",\"id\":\"%s\"}\n",
				    id
				delete last[id]
			} else {
				printf "{\"_id\":\"%s\",\"title\":\"v%d\"}\n",
				    id, r
				last[id] = "v" r
			}
		}
		for (id in last)
			print id "=" last[id] >"in.end"
	}' >in
	sort -o in.end in.end
}

# The index holds what it must; each operation was reported once.
applied() {
	done_once "$(wc -l <in)"
	in_order
	held | tr ' ' '\n' | sort >held.end
	same in.end held.end
}

# in_order: the verdicts of each id came in the order of its operations.
in_order() {
	sed -E 's/.*"_?id":"([^"]*)".*/\1/' in |
		awk 'NR == FNR { id[NR] = $0; next }
		    $1 < last[id[$1]] { print id[$1], $1; bad = 1 }
		    { last[id[$1]] = $1 }
		    END { exit bad }' - <(printf '%s\n' "$output")
}

most_together() { jq -s 'map(.together) | max' log; }

@test "lanes: order on an id is kept with requests out of order" {
	jitter=0.02
	fake 'connections: 8' 'batch: 600'
	history 40 1000 1
	tool apply <in
	applied
	[ "$(most_together)" -gt 4 ]
}

@test "lanes: order on an id is kept from flush to flush" {
	jitter=0.03
	fake 'connections: 8' 'batch: 600'
	history 40 1200 3
	sed -i '0~100s/$/\n/' in
	tool apply <in
	check 0
	eq 1200 "$(grep -c ' done$' <<<"$output")"
	in_order
	held | tr ' ' '\n' | sort >held.end
	same in.end held.end
}

@test "lanes: order on an id is kept while requests fail in every way" {
	local i
	jitter=0.01
	for i in {1..12}; do
		plan '{"status":429,"body":{"error":{"type":"x"},"status":429}}'
		plan '{"status":503,"body":""}' '{"reset":"after"}'
		plan '{"reset":"before"}'
		plan "{\"items\":{\"wiki:$i\":{\"status\":429,\"error\":{\"type\":\"r\"}}}}"
		plan '{}' '{}' '{}'
	done
	plan '{"cut":40}'
	fake 'connections: 6' 'batch: 900' 'retry: 60s'
	history 30 800 2
	tool apply <in
	applied
}

@test "lanes: a few operations are one request, whatever connections say" {
	fake 'connections: 8'
	apply {1..50}
	done_once 50
	eq 1 "$(requests)"
	# and so after each flush
	{ docs {1..50}; echo; docs {1..50}; } >in
	tool apply <in
	check 0
	eq 3 "$(requests)"
}

@test "lanes: the first request goes alone" {
	jitter=0.05
	fake 'connections: 8' 'batch: 600'
	docs {1..400} >in
	tool apply <in
	done_once 400
	eq 1,1 "$(jq -s 'map(select(.path == "/wiki/_bulk").together)[:2] |
	    join(",")' -r log)"
}

@test "lanes: never more at once than connections" {
	jitter=0.01
	fake 'connections: 3' 'batch: 300'
	docs {1..300} >in
	tool apply <in
	done_once 300
	eq 3 "$(most_together)"
}

@test "lanes: a server that bears three at once is soon asked no more" {
	jitter=0.01
	plan "{\"times\":0,\"if_together\":3,$(refusal 429 rejected)}"
	fake 'connections: 16' 'batch: 300' 'retry: 60s'
	docs {1..800} >in
	tool apply <in
	done_once 800
	eq 800 "$(curl -s "$URL/docs" | jq length)"
	# 429 is the exception
	[ "$(jq -s 'map(select(.together > 3)) | length' log)" -lt \
	    $(($(requests) / 4)) ]
}

@test "lanes: a server that takes short requests only gets such" {
	plan "{\"times\":0,\"if_over\":40000,$(refusal 429 rejected)}"
	fake 'connections: 4' 'retry: 60s'
	seq -f '{"_id":"wiki:%.0f","body":"some words more or less"}' 9000 >in
	tool apply <in
	done_once 9000
	[ "$(jq -s 'map(select(.bytes > 40000)) | length' log)" -lt \
	    $(($(requests) / 4)) ]
}

@test "lanes: what is under way when one fails for ever is still told" {
	jitter=0.05
	plan '{}' '{}' '{}' '{}'
	plan "{$(refusal 401 security_exception)}"
	fake 'connections: 4' 'batch: 600'
	docs {1..200} >in
	tool apply <in
	stopped 3 '*HTTP 401 security_exception'
	# what is told as done is in, and nothing else
	eq "$(grep -c " done$" <<<"$output")" "$(curl -s "$URL/docs" | jq length)"
}

@test "lanes: a wait for input does not hold up what was sent" {
	local pid
	fake 'connections: 2'
	mkfifo in
	conn-bulk -vv --raw wiki.yml <in 2>err 3>&- &
	pid=$!
	exec 5>in
	# more than sockets hold; the second pushes the first out
	docs big | jq -c '.body = "x" * 9000000' >&5
	docs small >&5
	eventually grep -q '_bulk 200' err
	exec 5>&-
	wait "$pid"
	eq 2 "$(curl -s "$URL/docs" | jq length)"
}

@test "lanes: a signal while all wait for one -> 75, its trouble is told" {
	local tool
	plan '{}' '{"times":0,"status":503,"body":"","headers":{"Retry-After":"200"}}'
	fake 'connections: 8' 'batch: 300' 'retry: 10m'
	docs {1..100} >in
	"$CONN_BUILD/tests/indextool" -vv wiki.yml apply <in >out 2>err 3>&- &
	tool=$!
	two() { [ "$(grep -c 'trying again' err)" -eq 2 ]; }
	eventually two
	kill -TERM "$tool"
	status=0
	wait "$tool" || status=$?
	eq 75 "$status"
	eq "indextool: $URL/wiki/_bulk: HTTP 503" "$(tail -n 1 err)"
}

@test "lanes: nor does a wait in mid line" {
	local pid
	plan '{"wait":1}'
	fake 'connections: 2' 'batch: 300'
	mkfifo in
	conn-bulk -vv --raw wiki.yml <in 2>err 3>&- &
	pid=$!
	exec 5>in
	docs {1..5} >&5
	eventually grep -q _bulk log
	printf '{"_id":' >&5
	eventually grep -q '_bulk 200' err
	echo '"wiki:6"}' >&5
	exec 5>&-
	wait "$pid"
	eq 6 "$(curl -s "$URL/docs" | jq length)"
}

# fed N [LINE]...: conn-bulk with N documents and an open end.
fed() {
	mkfifo in
	conn-bulk -vv --raw wiki.yml <in 2>err 3>&- &
	pid=$!
	exec 5>in
	docs $(seq "$1") >&5
}

@test "lanes: nor does it hold up what is tried again" {
	local pid
	plan '{"status":503,"body":""}'
	fake 'connections: 2' 'batch: 300'
	fed 5
	eventually grep -q '_bulk 200' err
	exec 5>&-
	wait "$pid"
}

@test "lanes: a failure while input is awaited -> the rest is still told" {
	local pid
	jitter=0.3
	plan '{}' "{$(refusal 401 security_exception)}"
	fake 'connections: 2' 'batch: 1000'
	fed 32
	status=0
	wait "$pid" || status=$?
	exec 5>&-
	cat err
	eq 3 "$status"
	eq 3 "$(requests)"
	grep -q ": $(curl -s "$URL/docs" | jq length) indexed" err
}

@test "lanes: SIGTERM -> what is under way ends and is told, dies of it" {
	local pid
	plan "{\"wait\":1,\"items\":{$(failing 1 400 x)}}"
	fake 'batch: 300'
	fed 5 >out
	eventually grep -q _bulk log
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	exec 5>&-
	eq 143 "$status"
	eq wiki:1 "$(jq -r .id out)"
	eq 4 "$(curl -s "$URL/docs" | jq length)"
	grep -q ': 4 indexed, 0 deleted, 1 refused' err
}

@test "lanes: what breaks requests is found among all, order is kept" {
	local i
	jitter=0.01
	plan '{"times":0,"if_has":"\"bad\"","status":400,"body":{"error":{"type":"broken"}}}' \
	    '{"times":0,"if_over":2000,"status":413,"body":""}'
	for i in {1..8}; do
		plan '{}' '{}' '{"status":429,"body":""}' '{"reset":"after"}'
		plan "{\"items\":{$(failing $((3 * i)) 500 npe)}}"
	done
	plan '{"edit":"drop"}'
	fake 'connections: 6' 'batch: 3000' 'retry: 60s'
	history 60 1500 4
	# every 40th document is such a one
	awk -F'"' -v OFS='"' '{ refuse = NR % 40 == 0 && $2 == "_id" }
	    refuse { $8 = "bad"; print NR, $4 >"in.bad" }
	    !refuse { if ($2 == "_id") last[$4] = $8; else delete last[$8] }
	    { print }
	    END { for (id in last) print id "=" last[id] >"in.end" }' in >in2
	mv in2 in
	sort -o in.end in.end
	tool apply <in
	check 0
	eq '' "$stderr"
	eq "$(seq 1500)" "$(cut -d' ' -f1 <<<"$output" | sort -n)"
	eq "$(wc -l <in.bad)" "$(grep -c ' broken$' <<<"$output")"
	eq "$(cut -d'"' -f1 in.bad)" "$(grep ' broken$' <<<"$output" |
	    cut -d' ' -f1 | sort -n)"
	in_order
	held | tr ' ' '\n' | sort >held.end
	same in.end held.end
}
