# SPDX-License-Identifier: MIT
# Delivery to an Elasticsearch that is busy, blocked or gone for a while.
load helper
load es-fake

@test "elasticsearch: busy, then not -> done, each once" {
	plan '{"status":429,"body":""}' '{"status":503,"body":""}' \
	    '{"status":408,"body":""}' '{"status":425,"body":""}'
	fake 'retry: 30s'
	apply 1 2
	done_once 2
	eq 5 "$(requests)"
}

@test "elasticsearch: a reset connection -> sent again" {
	plan '{"reset":"before"}' '{"reset":"after"}'
	fake 'retry: 30s'
	apply 1 2
	done_once 2
	eq 3 "$(requests)"
}

@test "elasticsearch: blocked or busy for long -> 75 within the budget" {
	plan "{\"times\":0,\"if_has\":\"wiki:1\\\"\",$(
	    refusal 403 cluster_block_exception)}"
	plan "{\"times\":0,\"items\":{$(failing 2 403 cluster_block_exception
	    ),$(failing 3 429 es_rejected_execution_exception
	    ),$(failing 4 503 unavailable_shards_exception
	    ),$(failing 6 408 timeout_exception)}}"
	fake 'retry: 500ms'
	apply 1
	stopped 75 'wiki/_bulk: HTTP 403 cluster_block_exception'
	eq '' "$output"
	apply 2 5
	stopped 75 'wiki/_bulk: HTTP 403 cluster_block_exception'
	eq '2 done' "$output"
	apply 3
	stopped 75 'wiki/_bulk: HTTP 429 es_rejected_execution_exception'
	apply 4
	stopped 75 'wiki/_bulk: HTTP 503 unavailable_shards_exception'
	apply 6
	stopped 75 'wiki/_bulk: HTTP 408 timeout_exception'
}

@test "elasticsearch: nobody there, no such host -> 75 within the budget" {
	fake
	kill "$(cat pid)"
	while kill -0 "$(cat pid)" 2>/dev/null; do sleep 0.02; done
	rm pid
	config 'retry: 300ms'
	apply 1
	stopped 75 'wiki/_bulk: Failed to connect to 127.0.0.1 '*
	URL=http://no-such-host.invalid:9200
	config 'retry: 300ms'
	apply 1
	stopped 75 'wiki/_bulk: Could not resolve host: no-such-host.invalid'
}

@test "elasticsearch: a stop beside a wait -> the stop counts" {
	plan "{\"items\":{$(failing 1 403 security_exception
	    ),$(failing 2 429 busy)}}"
	fake
	apply 1 2 3
	stopped 3 'wiki/_bulk: HTTP 403 security_exception'
	eq '3 done' "$output"
}

@test "elasticsearch: time without trouble -> not taken from the budget" {
	plan "{$(refusal 429 busy)}" '{"wait":1.2}' "{$(refusal 429 busy)}"
	fake 'retry: 1s'
	{ docs 1; echo; docs 2; } >in
	tool apply <in
	check 0
	eq 4 "$(requests)"
}

@test "elasticsearch: Retry-After in seconds or as a date -> obeyed" {
	plan '{"status":503,"body":"","headers":{"Retry-After":"1"}}'
	fake
	start=$(date +%s%N)
	apply 1
	done_once 1
	[ $(($(date +%s%N) - start)) -ge 1000000000 ]
	kill "$(cat pid)"
	rm plan url
	date=$(date -ud '+2 sec' '+%a, %d %b %Y %H:%M:%S GMT')
	plan "{$(refusal 429 x),\"headers\":{\"Retry-After\":\"$date\"}}"
	fake
	start=$(date +%s%N)
	apply 1
	done_once 1
	[ "$(date +%s)" -ge "$(date -d "$date" +%s)" ]
}

# after ID STATUS TYPE VALUE: that document is put off so, whole and as an item
# (ID-item), with that Retry-After.
after() {
	plan "{\"times\":0,\"if_has\":\"wiki:$1\\\"\",$(refusal "$2" "$3"),
	    \"headers\":{\"Retry-After\":\"$4\"}}"
	plan "{\"times\":0,\"if_has\":\"wiki:$1-item\\\"\",
	    \"items\":{$(failing "$1-item" "$2" "$3")},
	    \"headers\":{\"Retry-After\":\"$4\"}}"
}

@test "elasticsearch: Retry-After, whole or partial, in both forms -> a floor" {
	hour=$(LC_ALL=C date -ud '+1 hour' '+%a, %d %b %Y %H:%M:%S GMT')
	after a 429 es_rejected_execution_exception 60
	after b 429 es_rejected_execution_exception "$hour"
	after c 503 unavailable_shards_exception 60
	after d 503 unavailable_shards_exception "$hour"
	fake 'retry: 50s'
	n=0
	for id in {a,b,c,d}{,-item}; do
		apply "$id"
		stopped 75 "wiki/_bulk: HTTP "[45]*_exception
		eq $((++n)) "$(requests)"
	done
}

@test "elasticsearch: a Retry-After that is none, or over -> as without" {
	n=0
	for value in '' 0 -5 1.5 soon '9 lives' \
		'Thu, 01 Jan 1970 00:00:01 GMT' "$((1 << 40)) s"; do
		after "$((++n))" 429 busy "$value"
	done
	sed -i 's/"times":0/"times":1/' plan
	fake 'retry: 5m'
	for id in $(seq 8); do
		apply "$id" "$id-item"
		done_once 2
	done
	eq 24 "$(requests)"
}

@test "elasticsearch: what is asked first and what is sent -> one budget" {
	plan '{"on":"GET /wiki*","status":503,"body":"","headers":{"Retry-After":"1"}}'
	plan '{"status":503,"body":"","headers":{"Retry-After":"2"}}'
	fake 'retry: 2500ms'
	docs 1 >in
	run --separate-stderr conn-bulk --raw wiki.yml <in
	check 75
	eq "conn-bulk: $URL/wiki/_bulk: HTTP 503" "$stderr"
	eq 1 "$(requests)"
}

@test "elasticsearch: Retry-After beyond the budget -> 75 at once" {
	plan '{"times":0,"status":503,"body":"","headers":{"Retry-After":"60"}}'
	fake
	apply 1
	stopped 75 'wiki/_bulk: HTTP 503'
	eq 1 "$(requests)"
}

@test "elasticsearch: an item fails with 500 five times -> refused" {
	plan "{\"times\":0,\"items\":{$(failing 2 500 npe
	    ),$(failing 4 500 npe)}}"
	fake 'retry: 1m'
	apply 1 2 3 4
	check 0
	eq $'1 done\n3 done\n2 npe\n4 npe' "$output"
	# the last try of each is a request of its own
	eq $'1 2 3 4\n2 4\n2 4\n2 4\n2\n4' "$(ids_sent | sed '/^$/d')"
}

@test "elasticsearch: 500 of the whole -> tried again, never refused" {
	plan '{"times":5,"status":500,"body":""}'
	fake 'retry: 5m'
	apply 1
	done_once 1
	eq 6 "$(requests)"
}

# twice ITEM ITEM: of two documents of one id, how the first request ends.
twice() {
	plan "{\"items\":{\"wiki:1\":[$1,$2]}}"
	fake "${@:3}"
	cat >in <<-'EOF'
	{"_id":"wiki:1","title":"old"}
	{"_id":"wiki:2","title":"b"}
	{"_id":"wiki:1","title":"new"}
	EOF
	tool apply <in
	check 0
	eq '' "$stderr"
}

busy='{"status":429,"error":{"type":"es_rejected_execution_exception"}}'
bad='{"status":400,"error":{"type":"x"}}'

@test "elasticsearch: the first put off, the second done -> the second stays" {
	twice "$busy" null
	eq $'1 done\n2 done\n3 done' "$output"
	eq $'1 2 1' "$(ids_sent | sed '/^$/d')"
	eq 'wiki:1=new wiki:2=b' "$(held)"
}

@test "elasticsearch: both put off -> both again, in order" {
	twice "$busy" "$busy"
	eq $'2 done\n1 done\n3 done' "$output"
	eq $'1 2 1\n1 1' "$(ids_sent | sed '/^$/d')"
	eq 'wiki:1=new wiki:2=b' "$(held)"
}

@test "elasticsearch: the first put off, the second refused -> in order" {
	twice "$busy" "$bad"
	eq $'2 done\n1 done\n3 done' "$output"
	eq $'1 2 1\n1 1' "$(ids_sent | sed '/^$/d')"
}

@test "elasticsearch: the first done, the second put off -> it alone again" {
	twice null "$busy"
	eq $'1 done\n2 done\n3 done' "$output"
	eq $'1 2 1\n1' "$(ids_sent | sed '/^$/d')"
	eq 'wiki:1=new wiki:2=b' "$(held)"
}

# Elasticsearch 9 rejects all of a request to a shard for one of them.
heavy='{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"Request contains an operation of size [9] bytes, which exceeds the maximum allowed limit of [8] bytes"}}'

@test "elasticsearch: the first too large, the second refused -> in order" {
	twice "$heavy" "$bad" 'retry: 0s'	# nothing is waited for
	eq $'2 done\n1 done\n3 done' "$output"
	eq $'1 2 1\n1\n1' "$(ids_sent | sed '/^$/d')"
}

@test "elasticsearch: all sent away for one too large -> it alone refused" {
	for ((i = 0; i < 30; i++)); do
		items+=,\"wiki:$i\":$heavy
	done
	plan "{\"times\":0,\"if_has\":\"wiki:17\\\"\",\"items\":{${items:1}}}"
	fake 'retry: 0s'
	apply {0..29}
	check 0
	eq '18 too_large 9 bytes, indexing_pressure allows 8' \
	    "$(grep -v ' done$' <<<"$output")"
	eq 29 "$(grep -c ' done$' <<<"$output")"
	[ "$(requests)" -le 10 ]
	eq 1 "$(ids_sent | grep -cx 17)"
}

@test "elasticsearch: put off over many batches -> the last one stays" {
	busy_for() { # N: every third item is put off for N rounds
		for ((i = 0; i < $1; i++)); do
			plan "{\"items\":{\"wiki:$((i % 3))\":[$busy,null,$busy]}}"
		done
	}
	busy_for 6
	fake 'batch: 1KiB' 'retry: 2m'
	for ((i = 0; i < 30; i++)); do
		echo "{\"_id\":\"wiki:$((i % 3))\",\"title\":\"v$i\"}"
	done >in
	tool apply <in
	check 0
	eq 30 "$(grep -c ' done$' <<<"$output")"
	eq 'wiki:0=v27 wiki:1=v28 wiki:2=v29' "$(held)"
	# the verdicts of one id come in its order
	for id in 0 1 2; do
		seq $((id + 1)) 3 30 >want
		awk -v r="$id" '($1 - 1) % 3 == r { print $1 }' <<<"$output" \
			>got
		same want got
	done
}

@test "elasticsearch: a signal while waiting -> 75 at once, nothing more sent" {
	plan '{"times":0,"status":503,"body":"","headers":{"Retry-After":"200"}}'
	fake 'retry: 10m'
	docs 1 >in
	"$CONN_BUILD/tests/indextool" wiki.yml apply <in >out 2>err 3>&- &
	tool=$!
	eventually test -s log
	kill -TERM "$tool"
	status=0
	wait "$tool" || status=$?
	eq 75 "$status"
	eq 1 "$(requests)"
}

@test "elasticsearch: busy, then refused -> no trouble any more" {
	plan '{"status":429,"body":""}' "{$(refusal 400 x)}" \
	    '{"wait":1.3,"status":429,"body":""}'
	fake 'retry: 1100ms'
	{ docs 1; echo; docs 2; } >in
	tool apply <in
	check 0
	eq '' "$stderr"
	eq $'1 x\n3 done' "$output"
}

@test "elasticsearch: an answer late, but within timeout -> taken" {
	local seconds=${CONN_LONG:+122}
	plan "{\"wait\":${seconds:-1}}"
	fake 'timeout: 10m'
	apply 1
	done_once 1
	eq 1 "$(requests)"
}
