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
	held | tr ' ' '\n' | sort >held.end
	same in.end held.end
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
	eventually 20 grep -q '_bulk 200' err
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
	eventually 20 two
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
	eventually 20 grep -q _bulk log
	printf '{"_id":' >&5
	eventually 20 grep -q '_bulk 200' err
	echo '"wiki:6"}' >&5
	exec 5>&-
	wait "$pid"
	eq 6 "$(curl -s "$URL/docs" | jq length)"
}
