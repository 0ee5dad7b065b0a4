# SPDX-License-Identifier: MIT
# What a cluster with little room bears: a run slows down, and loses nothing.
load helper
load servers
load faults

# rejected: bulk requests that the server's full queue refused so far.
rejected() {
	real GET '_nodes/stats/thread_pool' |
		jq '[.nodes[].thread_pool.write.rejected] | add'
}

crowd() { # many small bulks of others, until the file `crowd` is gone
	touch crowd
	local i
	for i in 1 2 3 4 5 6; do
		while [ -e crowd ]; do
			curl -m 30 -s -o "other$i" -H content-type:application/json \
			    "$REAL/$name-other/_bulk" --data-binary @others ||
				sleep 0.1
		done &
		crowd+=($!)
	done 3>&- 5>&-
}
crowd_ended() {
	rm -f crowd
	[ "${#crowd[@]}" -eq 0 ] || wait "${crowd[@]}"
}
clean() { crowd_ended; }

# The others go on until we were sent away once, and no longer: a server that
# they keep full lets nobody else in.
queued() {
	own "$1" 'batch: 4KiB' 'retry: 3m' 'connections: 4'
	documents 1 600
	for ((i = 0; i < 150; i++)); do
		echo "{\"index\":{\"_id\":\"$i\"}}"
		echo '{"text":"of some other application"}'
	done >others
	before=$(rejected)
	crowd
	eventually test -s other6
	meanwhile first -vv
	eventually grep -q '^conn-bulk: trying again in ' meanwhile.err
	crowd_ended
	finished 0
	[ "$(rejected)" -gt "$before" ]
	equal
}

@test "opensearch: the queue is full -> all of it in the end" {
	queued opensearch
}

@test "elasticsearch: the queue is full -> all of it in the end" {
	queued elasticsearch
}

# pressed SERVER BATCH STATUS...: with requests of BATCH at first, it answers
# so too, over http.max_content_length (413), indexing_pressure (429).
pressed() {
	own "$1" 'retry: 2m' "batch: $2"
	documents 1 1200
	ran 0 first -vv
	for code in "${@:3}"; do
		grep -q "POST .*/_bulk $code " <<<"$stderr"
	done
	equal
}

@test "opensearch: little memory for writes -> smaller batches, all in" {
	pressed opensearch 200KiB 429
}

@test "elasticsearch: little memory for writes -> smaller batches, all in" {
	pressed elasticsearch 200KiB 429
}

@test "opensearch: short requests only, little memory -> all in" {
	pressed opensearch 1MiB 413 429
}

@test "elasticsearch: short requests only, little memory -> all in" {
	pressed elasticsearch 1MiB 413 429
}

too_long() {
	own "$1" 'batch: 16KiB'
	documents 1 30
	head -c 300000 /dev/zero | tr '\0' x >docs/long
	ran 1 first
	eq '{"id":"wiki:long","code":"too_large"}' \
	    "$(jq -c 'select(._ctl == "fail") | {id, code}' <<<"$output")"
	eq '["wiki:long"]' "$(saved .retry)"
	rm docs/long
	ran 0 full
	equal
}

@test "opensearch: a document that no request can hold -> refused, 1" {
	too_long opensearch
}

@test "elasticsearch: a document that no request can hold -> refused, 1" {
	too_long elasticsearch
}

# More than indexing_pressure.memory.limit allows, though not too long for
# HTTP: 429, today and for ever.
too_heavy() {
	own "$1" 'batch: 16KiB' 'retry: 5m'
	documents 1 30
	head -c 100000 /dev/zero | tr '\0' x >docs/heavy
	ran 1 first
	eq '{"id":"wiki:heavy","code":"too_large"}' \
	    "$(jq -c 'select(._ctl == "fail") | {id, code}' <<<"$output")"
	jq -r '.message // empty' <<<"$output" | grep -xE \
	    '100[0-9]{3} bytes, indexing_pressure allows 65536'
	eq '["wiki:heavy"]' "$(saved .retry)"
	echo small >docs/heavy
	ran 0 full
	equal
}

@test "opensearch: a document that no memory is left for ever -> refused, 1" {
	too_heavy opensearch
}

@test "elasticsearch: a document that no memory is left for ever -> refused, 1" {
	too_heavy elasticsearch
}
