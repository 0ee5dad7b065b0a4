# SPDX-License-Identifier: MIT
# Delivery to an Elasticsearch that misbehaves in every way known.
load helper
load es-fake

# done_once N: each of N operations was reported once, as done.
done_once() {
	check 0
	eq '' "$stderr"
	eq "$(seq -f '%.0f done' "$1")" "$(sort -n <<<"$output")"
}

# stopped STATUS PATTERN: it ended so, one message like that.
stopped() {
	check "$1"
	[[ $stderr == "indextool: $URL/"$2 && $stderr != *$'\n'* ]] && return
	printf 'expected: %s\nactual:   %s\n' "$URL/$2" "$stderr"
	return 1
}

@test "elasticsearch: documents and a delete -> sent as their own bytes" {
	fake
	cat >in <<-'EOF'
	{"_id":"wiki:1","title":"a"}
	{ "n" : 12345678901234567890 , "_\u0069d" : "wiki:\"2" , "x":[1, 2] }
	{"title":"é\u00e9" , "_id":"wiki:3" }
	{"_id":"wiki:4"}
	{"_ctl":"delete","id":"wiki:9"}
	EOF
	cat >expected <<-'EOF'
	{"index":{"_id":"wiki:1"}}
	{"_conn":{"id":"wiki:1","source":"wiki","hash":"96ec82f1d3d126faf2e5126ab00c3afb"},"title":"a"}
	{"index":{"_id":"wiki:\"2"}}
	{"_conn":{"id":"wiki:\"2","source":"wiki","hash":"HASH"}, "n" : 12345678901234567890 , "x":[1, 2] }
	{"index":{"_id":"wiki:3"}}
	{"_conn":{"id":"wiki:3","source":"wiki","hash":"HASH"},"title":"é\u00e9" }
	{"index":{"_id":"wiki:4"}}
	{"_conn":{"id":"wiki:4","source":"wiki","hash":"HASH"}}
	{"delete":{"_id":"wiki:9"}}
	EOF
	for i in 2 3 4; do
		hash=$(sed -n "${i}p" in | tr -d '\n' | xxhsum -H2 |
			cut -d' ' -f1)
		sed -i "0,/HASH/s//$hash/" expected
	done
	tool apply <in
	done_once 5
	sent 0 >actual
	same expected actual
}

@test "elasticsearch: a request -> plain headers, answers cut to what counts" {
	fake 'pipeline: "p 1"' 'api_key: c2VjcmV0'
	apply 1
	done_once 1
	jq -c .headers log | tail -n 1 >headers
	eq application/x-ndjson "$(jq -r '."content-type"' headers)"
	eq 'ApiKey c2VjcmV0' "$(jq -r .authorization headers)"
	eq "$(sent 0 | wc -c)" "$(jq -r '."content-length"' headers)"
	eq null "$(jq -r .expect headers)"
	eq null "$(jq -r '."transfer-encoding"' headers)"
	query=$(jq -r .query log)
	[[ $query == *'&pipeline=p%201' ]]
	[[ $query == 'filter_path='*'items.*._id,items.*.status'* ]]
}

@test "elasticsearch: more bytes than batch -> several requests, in order" {
	fake 'batch: 400'
	apply 1 2 3 4 5
	done_once 5
	eq $'1 2\n3 4\n5' "$(ids_sent | sed '/^$/d')"
}

@test "elasticsearch: gzip -> the body is packed" {
	fake 'gzip: true'
	apply 1 2
	done_once 2
	eq gzip "$(jq -r '.headers."content-encoding"' log)"
	eq 'wiki:1=t1 wiki:2=t2' "$(held)"
}

@test "elasticsearch: a reply that does not fit -> sent again, once" {
	for edit in drop double swap foreign kind empty extra; do
		plan "{\"edit\":\"$edit\"}"
	done
	plan '{"body":"{\"errors\":false}"}' '{"body":"[]"}' '{"body":"\u0001"}' \
	    '{"body":{"items":[]}}' '{"set":{"errors":0}}' \
	    '{"body":{"errors":false,"items":{"a":{"index":{"_id":"wiki:1","status":201,"result":"created"}},"b":{"index":{"_id":"wiki:2","status":201,"result":"created"}}}}}' \
	    '{"body":"{\"errors\":false,\"items\":[],\"items\":[{\"index\":{\"_id\":\"wiki:1\",\"status\":201,\"result\":\"created\"}},{\"index\":{\"_id\":\"wiki:2\",\"status\":201,\"result\":\"created\"}}]}"}' \
	    '{"items":{"wiki:2":{"status":2010,"result":"created"}}}' \
	    '{"items":{"wiki:2":{"status":"201","result":"created"}}}' \
	    '{"items":{"wiki:2":{"status":201}}}' \
	    '{"items":{"wiki:2":{"status":201,"result":"created","error":{}}}}' \
	    '{"items":{"wiki:2":{"status":302,"result":"created"}}}' \
	    '{"items":{"wiki:2":{"status":200,"result":"deleted"}}}' \
	    '{"items":{"wiki:2":{"status":200,"result":"not_found"}}}' \
	    '{"items":{"wiki:2":{"result":"created"}}}'
	n=$(wc -l <plan)
	# each line of the plan meets a new request, its repetition is fine
	sed -i 's/^{/{"if_has":"wiki:NNN\\"",/' plan
	i=0
	while IFS= read -r line; do
		i=$((i + 1))
		line=${line//wiki:1/wiki:${i}a}
		line=${line//wiki:2/wiki:${i}b}
		echo "${line/NNN/${i}b}"
	done <plan >plan2
	mv plan2 plan
	fake
	for i in $(seq "$n"); do docs "${i}a" "${i}b"; echo; done >in
	tool apply <in
	check 0
	eq '' "$stderr"
	eq $((2 * n)) "$(sort -u <<<"$output" | grep -c ' done$')"
	eq $((2 * n)) "${#lines[@]}"
	eq $((2 * n)) "$(requests)"
}

@test "elasticsearch: a reply that does not fit twice -> status 3" {
	plan '{"edit":"drop","times":2}'
	fake
	apply 1 2
	stopped 3 'wiki/_bulk: the reply has fewer items than were sent'
	eq '' "$output"
	eq 2 "$(requests)"
}

@test "elasticsearch: replies that do not fit now and then -> no stop" {
	plan '{"if_has":"wiki:1\"","edit":"swap"}' \
	    '{"if_has":"wiki:3\"","edit":"swap"}'
	fake
	{ docs 1 2; echo; docs 3 4; } >in
	tool apply <in
	check 0
	eq 4 "$(requests)"
}

@test "elasticsearch: a reply cut at every byte -> sent again, once" {
	plan '{}'
	fake
	apply 1 2
	done_once 2
	n=$(curl -s "$URL/wiki/_bulk" --data-binary @<(sent 0) | wc -c)
	kill "$(cat pid)"
	rm -f plan url log
	for ((i = 0; i < n; i++)); do
		plan "{\"chop\":$i,\"if_has\":\"wiki:${i}a\\\"\"}"
		plan "{\"cut\":$i,\"if_has\":\"wiki:${i}b\\\"\"}"
		docs "${i}a" "${i}A"
		echo
		docs "${i}b" "${i}B"
		echo
	done >in
	fake
	tool apply <in
	check 0
	eq '' "$stderr"
	eq $((4 * n)) "$(sort -u <<<"$output" | grep -c ' done$')"
	eq $((4 * n)) "${#lines[@]}"
	eq $((4 * n)) "$(requests)"
}

@test "elasticsearch: a reply cut twice -> status 3" {
	plan '{"cut":10,"times":2}'
	fake
	apply 1
	stopped 3 'wiki/_bulk: '*
	eq '' "$output"
	eq 2 "$(requests)"
}

@test "elasticsearch: another media type or status -> status 3 at once" {
	plan '{"type":"text/html"}'
	others='201 202 204 301 302 307 404 405 406 409 415 422'
	for other in $others; do
		plan "{\"status\":$other,\"headers\":{\"Location\":\"/docs\"}}"
	done
	fake
	apply 1
	stopped 3 'wiki/_bulk: HTTP 200 without JSON;'*
	for other in $others; do
		apply 1
		stopped 3 "wiki/_bulk: HTTP $other"
		eq '' "$output"
	done
	eq 13 "$(requests '.*')"
}

@test "elasticsearch: 401, 403 of the whole or an item -> status 3 at once" {
	plan "{$(refusal 401 security_exception)}" \
	    "{$(refusal 403 security_exception)}" \
	    "{\"items\":{$(failing 2 403 security_exception)}}" \
	    "{\"items\":{$(failing 2 401 x)}}"
	fake
	apply 1 2 3
	stopped 3 'wiki/_bulk: HTTP 401 security_exception'
	apply 1 2 3
	stopped 3 'wiki/_bulk: HTTP 403 security_exception'
	apply 1 2 3
	stopped 3 'wiki/_bulk: HTTP 403 security_exception'
	eq $'1 done\n3 done' "$output"
	apply 1 2 3
	stopped 3 'wiki/_bulk: HTTP 401 x'
	eq 4 "$(requests)"
}

@test "elasticsearch: index missing, closed, ill named -> status 3 at once" {
	for type in index_not_found index_closed invalid_index_name; do
		plan "{\"items\":{$(failing 1 404 ${type}_exception)}}"
	done
	fake
	for type in index_not_found index_closed invalid_index_name; do
		apply 1
		stopped 3 "wiki/_bulk: HTTP 404 ${type}_exception"
		eq '' "$output"
	done
	eq 3 "$(requests)"
}

@test "elasticsearch: a refused document -> its code and field, the rest done" {
	plan '{"items":{"wiki:2":{"status":400,"error":{"type":"document_parsing_exception","reason":"[1:53] failed to parse field [a.b] of type [date] in document with id '"'wiki:2'"'. Preview of field'"'"'s value: '"'canary'"'"}},"wiki:3":{"status":400,"error":{"type":"illegal_argument_exception","reason":"canary [canary]"}},"wiki:4":{"status":409,"error":{"type":"bad type: canary"}},"wiki:5":{"status":404,"error":"canary"},"wiki:6":{"status":400,"error":{"type":"strict_dynamic_mapping_exception","reason":"mapping set to strict, dynamic introduction of [x] within [_doc] is not allowed"}}}}'
	fake
	apply 1 2 3 4 5 6 7
	check 0
	eq '' "$stderr"
	eq "1 done
2 document_parsing_exception field a.b
3 illegal_argument_exception
4 http_409
5 http_404
6 strict_dynamic_mapping_exception field x
7 done" "$output"
	eq 1 "$(requests)"
}

@test "elasticsearch: noop, failure store -> refused; absent delete -> done" {
	plan '{"items":{"wiki:1":{"status":200,"result":"noop"},"wiki:2":{"status":201,"result":"created","failure_store":"used"},"wiki:3":{"status":201,"result":"created","failure_store":"not_enabled"}}}'
	fake
	{
		docs 1 2 3
		echo '{"_ctl":"delete","id":"wiki:9"}'
	} >in
	tool apply <in
	check 0
	eq $'1 noop\n2 failure_store\n3 done\n4 done' "$output"
}

@test "elasticsearch: 413 -> halved for the rest of the run" {
	plan '{"if_over":700,"times":0,"status":413,"body":""}'
	fake
	{ docs $(seq 8); echo; docs $(seq 11 18); } >in
	tool apply <in
	check 0
	eq 16 "$(grep -c ' done$' <<<"$output")"
	eq '8 4 4' "$(ids_sent | awk '{ print NF }' | head -n 3 | paste -sd' ')"
	eq 1 "$(jq .body log | awk 'length > 700' | wc -l)"
}

@test "elasticsearch: one document too long -> refused, the rest done" {
	plan '{"if_over":1000,"times":0,"status":413,"body":""}'
	fake
	{
		docs 1
		printf '{"_id":"wiki:2","body":"%01000d"}\n' 0
		docs 3
	} >in
	tool apply <in
	check 0
	eq $'1 done\n2 too_large\n3 done' "$(sort <<<"$output")"
}

@test "elasticsearch: 400 of the whole -> the document is bisected out" {
	plan '{"if_has":"wiki:5\"","times":0,"status":400,"body":{"error":{"type":"illegal_argument_exception","reason":"canary"}}}'
	fake
	apply $(seq 16)
	check 0
	eq '' "$stderr"
	eq 15 "$(grep -c ' done$' <<<"$output")"
	eq '5 illegal_argument_exception' "$(grep -v 'done' <<<"$output")"
	# 16 8 4 4(of 8) 2 ... : at most log2(16) refusals and as many passes
	[ "$(requests)" -le 10 ]
}

@test "elasticsearch: 400 for each of several -> all are found" {
	plan '{"if_has":"z","times":0,"status":400,"body":"no JSON"}'
	fake
	apply 1 2z 3 4z 5z 6 7 8z
	check 0
	eq 4 "$(grep -c ' done$' <<<"$output")"
	eq 4 "$(grep -c ' http_400$' <<<"$output")"
}

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
	    ),$(failing 4 503 unavailable_shards_exception)}}"
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
	fake
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
	eventually 20 test -s log
	kill -TERM "$tool"
	status=0
	wait "$tool" || status=$?
	eq 75 "$status"
	eq 1 "$(requests)"
}

@test "elasticsearch: -vv -> each request, no query, no secret" {
	plan '{"status":500,"body":{"error":{"type":"x","reason":"wiki:1 and canary42"}}}'
	fake 'user: elastic' 'password: canary42'
	docs 1 >in
	tool -v -v apply <in
	check 0
	line="^indextool: POST $URL/wiki/_bulk [25]00 [0-9]+ ms$"
	[[ ${stderr_lines[0]} =~ $line ]]
	eq 'indextool: reply: {"error":{"type":"x","reason":"wiki:1 and ***"}}' \
	    "${stderr_lines[1]}"
	[[ ${stderr_lines[2]} =~ ^'indextool: trying again in 0.'[0-5]' s'$ ]]
	[[ ${stderr_lines[3]} =~ $line ]]
	eq 4 "${#stderr_lines[@]}"
	eq "Basic $(printf elastic:canary42 | base64)" \
	    "$(jq -r .headers.authorization log | head -n 1)"
}
