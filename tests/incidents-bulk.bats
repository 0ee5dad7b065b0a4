# SPDX-License-Identifier: MIT
# What other tools lost on the way into an index, each incident by its number:
# it must not happen here. tests/guards has the patch that makes it happen.
load helper
load faults
load es-fake
load bulk

BUSY=es_rejected_execution_exception
BAD=mapper_parsing_exception

# The records on stdin as a stream for the fake index.
proven() { "$CONN_BUILD/tests/mkstream" -i "elasticsearch:$URL/wiki" "$@"; }

# given ID...: the file s is a first load of these.
given() {
	local id
	for id; do doc "$id"; done | proven >s
}

# budget TIME: of retries from now on; none: the default.
budget() { sed -i "/retry:/d; \$a\\  retry: $1" wiki.yml; }
budget_default() { sed -i '/retry:/d' wiki.yml; }

# asked: what the index was asked, the ids of bulk requests in their order.
asked() {
	jq -r 'if .path == "/wiki/_bulk" then [.body | split("\n")[] |
	    fromjson? | (.index // .delete)._id // empty |
	    ltrimstr("wiki:")] | join(" ") else .method + .path end' log
}
bulks() { asked | grep -v /; }

# refusals: "ID CODE" of each fail record on stdout.
refusals() { jq -r '"\(.id[5:]) \(.code)"' <<<"$output"; }

teardown() {
	exec 5>&-
	[ -z "${bulk_pid-}" ] || kill -KILL "$bulk_pid" 2>/dev/null || :
	[ ! -e pid ] || kill "$(cat pid)"
}

@test "incident 13, fluent-bit #6341: one success in an answer is not success" {
	plan "{\"items\":{$(failing 2 400 $BAD),$(failing 3 429 $BUSY)}}"
	fake
	given 1 2 3
	apply -v <s
	check 1
	eq "2 $BAD" "$(refusals)"
	says '2 indexed, 0 deleted, 1 refused, 0 failed'
	# nor is one failure: only what it concerns is sent again
	eq $'1 2 3\n3' "$(bulks)"
	eq 'wiki:1=1 wiki:3=3' "$(held)"
	eq '["wiki:2"]' "$(saved .retry)"
}

@test "incident 14, fluent-bit #12384: a 429 before a success is not success" {
	plan "{\"items\":{$(failing 1 429 $BUSY)}}"
	fake 'retry: 0s'
	given 1 2
	apply <s
	check 75
	eq '' "$output"
	says "$URL/wiki/_bulk: HTTP 429 $BUSY"
	unsaved
	apply <s
	check 0
	eq 'wiki:1=1 wiki:2=2' "$(held)"
}

@test "incident 15, vector #140: a 429 within a 200 is tried again by default" {
	plan "{\"items\":{$(failing 2 429 $BUSY),$(failing 3 503 \
	    unavailable_shards_exception)}}"
	fake
	budget_default
	given 1 2 3
	apply <s
	check 0
	eq '' "$output$stderr"
	eq 'wiki:1=1 wiki:2=2 wiki:3=3' "$(held)"
}

@test "incident 16, vector #26293: each is counted once, as it ended" {
	plan "{\"items\":{$(failing 1 400 $BAD),$(failing 2 429 $BUSY
	    ),$(failing 3 429 $BUSY),$(failing 4 429 $BUSY)}}"
	plan "{\"items\":{$(failing 2 400 $BAD),$(failing 3 429 $BUSY)}}"
	fake
	{ doc 1; doc 2; doc 3; doc 4; doc 5; failed 7; del 9; } |
		proven >s
	apply -v -M m <s
	check 1
	eq $'1 '"$BAD"$'\n2 '"$BAD" "$(refusals)"
	says '3 indexed, 1 deleted, 2 refused, 1 failed'
	eq 'deleted 1,failed 1,indexed 3,refused 2' "$(sed -n \
	    's/^conn_documents.*op="\(.*\)"}/\1/p' m | sort | paste -sd,)"
}

@test "incident 17, go-elasticsearch #732: what finds the buffer full is kept" {
	plan '{"status":503,"body":""}' "{\"items\":{$(failing 2 400 $BAD)}}" \
	    "{$(refusal 401 security_exception)}"
	fake 'batch: 400'
	given 1 2 3 4 5
	apply <s
	check 3
	eq "2 $BAD" "$(refusals)"
	unsaved
	apply -v <s
	check 0
	says '5 indexed, 0 deleted, 0 refused, 0 failed'
	eq 'wiki:1=1 wiki:2=2 wiki:3=3 wiki:4=4 wiki:5=5' "$(held)"
}

@test "incident 18, olivere/elastic #842: a flush ends with the last verdict" {
	plan "{\"items\":{$(failing 2 429 $BUSY)}}" \
	    "{\"items\":{$(failing 2 429 $BUSY)}}"
	fake
	{ doc 1; doc 2; cursor a 1; doc 3; cursor a 2; } | proven >s
	: >log
	apply <s
	check 0
	# before each commit the index is asked whether it is still the same
	eq '1 2,2,2,GET/wiki/_settings,3' "$(asked |
	    sed -n '/^1/,$p' | head -n 5 | paste -sd,)"
	eq 'wiki:1=1 wiki:2=2 wiki:3=3' "$(held)"
}

@test "incident 19, go-docappender #148: what is put off waits for no input" {
	plan "{\"items\":{$(failing 1 429 $BUSY),$(failing 2 503 x)}}"
	fake 'batch: 400' 'retry: 60s'
	mkfifo in
	conn-bulk -r wiki.yml <in 3>&- &
	bulk_pid=$!
	exec 5>in
	docs 1 2 3 >&5
	# 3 is in the next request, which is not full
	all_in() { [ "$(held)" = 'wiki:1=t1 wiki:2=t2' ]; }
	eventually all_in
	kill -0 "$bulk_pid"
	exec 5>&-
	wait "$bulk_pid"
	eq 'wiki:1=t1 wiki:2=t2 wiki:3=t3' "$(held)"
}

@test "incident 20, elasticsearch-py #864: the last try may fail, not be lost" {
	plan "{\"times\":2,\"items\":{$(failing 2 429 $BUSY)}}" '{}' \
	    "{\"items\":{$(failing 3 429 $BUSY)}}"
	fake
	# as nobody asked for it
	budget_default
	given 1 2
	apply <s
	check 0
	eq $'1 2\n2\n2' "$(bulks)"
	budget 0s
	{ doc 3; doc 4; } | proven -b run1 -r r2 >s
	plan "{\"items\":{$(failing 3 429 $BUSY)}}"
	apply <s
	check 75
	eq run1 "$(saved .run)"
	apply <s
	check 0
	eq 'wiki:1=1 wiki:2=2 wiki:3=3 wiki:4=4' "$(held)"
}

@test "incident 21, elasticsearch-py #1085: sent twice is there once" {
	plan '{"reset":"after"}' '{"cut":20}'
	fake
	given 1 2
	apply <s
	check 0
	eq 3 "$(requests)"
	eq 'wiki:1=1 wiki:2=2' "$(held)"
	# so nothing goes without an id
	echo '{"title":"x"}' >s
	apply -r <s
	check 3
	says 'stream line 1: no _id'
	eq 3 "$(requests)"
}

@test "incident 22, beats #12572: blocked by a full disk is not refused" {
	plan "{\"items\":{$(failing 2 403 cluster_block_exception)}}" \
	    "{$(refusal 403 cluster_block_exception)}"
	fake 'retry: 0s'
	given 1 2
	for _ in 1 2; do
		apply <s
		check 75
		eq '' "$output"
		says "$URL/wiki/_bulk: HTTP 403 cluster_block_exception"
		unsaved
	done
	apply <s
	check 0
	eq 'wiki:1=1 wiki:2=2' "$(held)"
}

@test "incident 23, beats #29368: 413 costs the one document that is too long" {
	plan '{"if_over":700,"times":0,"status":413,"body":""}'
	fake
	{
		for id in 1 2 3 4 5 6; do doc $id; done
		doc long "$(printf %0700d 0)"
		doc 7
	} | proven >s
	apply -v <s
	check 1
	eq 'long too_large' "$(refusals)"
	says '7 indexed, 0 deleted, 1 refused, 0 failed'
	eq "$(printf 'wiki:%s=%s ' 1 1 2 2 3 3 4 4 5 5 6 6 7 7)" "$(held) "
	eq '["wiki:long"]' "$(saved .retry)"
}

@test "incident 24, filebeat #226: whatever a batch holds, all of it arrives" {
	# less than a batch goes at once; the server restarts in between
	plan '{"if_over":1000,"times":0,"status":413,"body":""}'
	for at in 7 17 27; do
		plan "{\"if_has\":\"x$at\\\"\",\"reset\":\"before\"}" \
		    "{\"if_has\":\"x$at\\\"\",\"status\":503,\"body\":\"\"}" \
		    "{\"if_has\":\"x$at\\\"\",\"reset\":\"after\"}"
	done
	fake 'retry: 60s'
	for size in 300 1500 1MiB; do
		sed -i "/batch:/d; \$a\\  batch: $size" wiki.yml
		: >log
		docs x{1..30} >in
		run --separate-stderr conn-bulk -rv wiki.yml <in
		check 0
		says '30 indexed, 0 deleted, 0 refused, 0 failed'
		seq -f x%.0f 30 | sort >want
		bulks | tr ' ' '\n' | sort -u >got
		same want got
		eq 30 "$(held | wc -w)"
	done
}

@test "incident 25, logstash #972, #1199: one too long blocks nothing" {
	plan '{"if_over":700,"times":0,"status":413,"body":""}'
	fake 'retry: 0s'
	{ doc 1; doc 2 "$(printf %0700d 0)"; doc 3; cursor a 1; } | proven >s
	apply <s
	check 1
	eq '2 too_large' "$(refusals)"
	eq 'wiki:1=1 wiki:3=3' "$(held)"
	eq '[{"a":{"at":"1"}},["wiki:2"]]' "$(saved '[.streams, .retry]')"
}

@test "incident 25, logstash #997: too many items are not believed" {
	plan '{"if_has":"wiki:1","edit":"double"}' \
	    '{"if_has":"wiki:3","edit":"double","times":2}'
	fake
	given 1 2
	apply <s
	check 0
	eq $'1 2\n1 2' "$(bulks | head -n 2)"
	eq 'wiki:1=1 wiki:2=2' "$(held)"
	{ doc 3; doc 4; } | proven -b run1 -r r2 >s
	apply <s
	check 3
	says "$URL/wiki/_bulk: the reply has more items than were sent"
	eq run1 "$(saved .run)"
}

@test "incident 25, logstash #800: a second try is the whole operation again" {
	plan "{\"items\":{$(failing 2 429 $BUSY),$(failing 9 503 x)}}"
	fake 'pipeline: p'
	{ doc 1; doc 2; del 9; } | proven >s
	apply <s
	check 0
	sent 0 | sed 1,2d >want
	sent 1 >got
	same want got
	[ -s got ]
	jq -r 'select(.path == "/wiki/_bulk").query' log >got
	eq 2 "$(wc -l <got)"
	eq 2 "$(grep -c '&pipeline=p$' got)"
}

@test "incident 25, logstash #1012: what was refused can be had again, whole" {
	plan "{\"items\":{$(failing 2 400 $BAD)}}"
	fake
	sed -i 's/^source:.*/source: {type: directory, path: docs}/' wiki.yml
	mkdir docs
	for id in 1 2 3; do echo "text of $id" >docs/$id; done
	run --separate-stderr bash -c \
	    'conn-load wiki.yml | conn-bulk wiki.yml'
	check 1
	eq "2 $BAD" "$(refusals)"
	eq '["wiki:2"]' "$(saved .retry)"
	# by its name, from the source: the index knows no document that is old
	echo "$output" >refused
	run --separate-stderr bash -c \
	    'conn-load --ids refused wiki.yml | conn-bulk wiki.yml'
	check 0
	eq '[]' "$(saved .retry)"
	eq 'text of 2' "$(curl -s "$URL/docs" | jq -r '."wiki:2".body')"
}

@test "incident 26, airbyte #29417: a flush commits its own stream" {
	plan "{\"if_has\":\"a2\",\"items\":{$(failing a2 429 $BUSY)}}" \
	    '{"if_has":"a2"}' \
	    "{\"if_has\":\"b2\",\"items\":{$(failing b2 429 $BUSY)}}"
	fake 'batch: 400' 'connections: 2' 'retry: 0s'
	{ doc a1; doc a2; cursor a 1; doc b1; doc b2; doc b3; cursor b 1
	} | proven >s
	apply <s
	check 75
	unsaved
	apply <s
	check 75
	eq '{"a":{"at":"1"}}' "$(saved .streams)"
	{ doc b1; doc b2; doc b3; cursor b 1; } | proven -b run1 -r r2 >s
	apply <s
	check 0
	eq '{"a":{"at":"1"},"b":{"at":"1"}}' "$(saved .streams)"
	eq 5 "$(held | wc -w)"
}

# proxied: the fake, and a proxy before it.
proxied() {
	fake
	REAL=$URL
	proxy_start
	config
}

@test "incident 31, clickhouse-sink #1330: no state for what is under way" {
	proxied
	{ doc 1; doc 2; cursor a 1; } | proven >s
	order 'rule /_bulk#1 response 0 hold'
	conn-bulk wiki.yml <s 3>&- 5>&- &
	bulk_pid=$!
	eventually held_since 0
	unsaved
	kill -KILL "$bulk_pid"
	wait "$bulk_pid" || :
	unsaved
	order none
	order go
	apply <s
	check 0
	eq '["run1",{"a":{"at":"1"}}]' "$(saved '[.run, .streams]')"
}

@test "incident 32, kafka-connect-elasticsearch #571: nobody there, no loss" {
	# curl by itself sends twice what finds an old connection closed
	plan '{"if_has":"wiki:3","reset":"before","times":2}'
	fake 'batch: 400' 'retry: 0s'
	{ doc 1; doc 2; cursor a 1; doc 3; doc 4; doc 5; cursor a 2; } |
		proven >s
	apply <s
	check 75
	eq '' "$output"
	eq '{"a":{"at":"1"}}' "$(saved .streams)"
	# what would find it there again does not jump over the gap
	eq 'wiki:1=1 wiki:2=2' "$(held)"
	{ doc 3; doc 4; doc 5; cursor a 2; } | proven -b run1 -r r2 >s
	apply <s
	check 0
	eq '{"a":{"at":"2"}}' "$(saved .streams)"
	eq 5 "$(held | wc -w)"
}

@test "incident 32, kafka-connect-elasticsearch #632: each bad one is named" {
	local items='' id
	for id in {2..10}; do items+=,$(failing "$id" 400 $BAD); done
	plan "{\"items\":{${items:1}}}"
	fake
	given {1..10}
	apply -v <s
	check 1
	eq "$(seq 2 10)" "$(refusals | cut -d' ' -f1)"
	says '1 indexed, 0 deleted, 9 refused, 0 failed'
	eq 9 "$(saved '.retry | length')"
}

# A libdeflate that packs one letter wrong, and does not know it.
spoil() {
	cat >spoil.c <<-'END'
	#define _GNU_SOURCE
	#include <dlfcn.h>
	#include <stdlib.h>
	#include <string.h>
	size_t libdeflate_gzip_compress(void *z, const void *in, size_t n,
	    void *out, size_t room)
	{
		size_t (*pack)(void *, const void *, size_t, void *, size_t);
		char *copy = memcpy(malloc(n), in, n);
		char *at = memmem(copy, n, "right", 5);
		if (at != NULL)
			*at = 'l';
		*(void **)&pack = dlsym(RTLD_NEXT, "libdeflate_gzip_compress");
		return pack(z, copy, n, out, room);
	}
	END
	"${CC:-cc}" -shared -fPIC -o spoil.so spoil.c -ldl
}

@test "incident 36, restic #4523: what a compressor spoiled is not sent" {
	[[ $CONN_BUILD != *asan && $CONN_BUILD != *valgrind ]] ||
		skip 'a sanitizer has to be loaded first'
	spoil
	fake 'gzip: true'
	doc 1 'all right' | proven >s
	run --separate-stderr env LD_PRELOAD="$PWD/spoil.so" conn-bulk wiki.yml <s
	check 3
	says 'libdeflate: what it packed does not unpack to what it was'
	eq 0 "$(requests)"
	unsaved
	apply <s
	check 0
	eq 'wiki:1=all right' "$(held)"
}
