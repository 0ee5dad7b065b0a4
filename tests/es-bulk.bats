# SPDX-License-Identifier: MIT
# Delivery to an Elasticsearch that misbehaves in every way known.
load helper
load es-fake

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
	# large enough for libcurl to ask before it sends
	printf '{"_id":"wiki:1","body":"%02000000d"}' 0 >in
	tool apply < <(cat in; echo)
	done_once 1
	jq -c .headers log | tail -n 1 >headers
	eq application/x-ndjson "$(jq -r '."content-type"' headers)"
	eq 'ApiKey c2VjcmV0' "$(jq -r .authorization headers)"
	eq "$(jq .bytes log)" "$(jq -r '."content-length"' headers)"
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

@test "elasticsearch: more operations than a reply should have -> two" {
	fake
	seq -f '{"_ctl":"delete","id":"wiki:%.0f"}' 5001 >in
	tool apply <in
	done_once 5001
	eq 2 "$(requests)"
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

@test "elasticsearch: a reply cut, refused, cut -> each is sent again" {
	plan '{"cut":10}' \
	    '{"status":400,"body":{"error":{"type":"x"}},"if_has":"wiki:2"}' \
	    '{"cut":10}'
	fake
	apply 1 2 3
	done_once 3
}

@test "elasticsearch: a reply too long to be read -> fewer at once" {
	local mib64=67108864
	plan "{\"pad\":$mib64}" '{}' '{}' '{}' "{\"pad\":$mib64}"
	fake
	apply 1 2 3 4
	done_once 4
	eq '4 2 1 1' "$(ids_sent | awk '{ print NF }' | paste -sd' ')"
	apply 1
	stopped 3 'wiki/_bulk: the reply is too long'
}

@test "elasticsearch: a reply longer than a tree may be -> 3, or its status" {
	local mib4=4194304
	plan "{\"on\":\"GET /wiki/_settings\",\"pad\":$mib4}" \
	    "{\"pad\":$mib4,$(refusal 403 cluster_block_exception)}" \
	    "{\"pad\":$mib4,$(refusal 503 security_exception)}"
	fake
	tool uuid
	stopped 3 'wiki/_settings: the reply is too long'
	apply 1
	stopped 3 'wiki/_bulk: HTTP 403'
	apply 1
	done_once 1
}

@test "elasticsearch: a reply cut, no server, cut -> each is sent again" {
	plan '{"cut":10}' '{"reset":"before"}' '{"cut":10}'
	fake
	apply 1 2 3
	done_once 3
}

@test "elasticsearch: two parts of a batch, each reply cut -> no stop" {
	plan '{"status":413,"body":""}' '{"cut":10}' '{}' '{"cut":10}'
	fake
	apply 1 2 3 4
	done_once 4
	eq 5 "$(requests)"
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
		docs 1 2 3 4
		echo '{"_ctl":"delete","id":"wiki:9"}'
		echo '{"_ctl":"delete","id":"wiki:4"}'
	} >in
	tool apply <in
	check 0
	eq $'1 noop\n2 failure_store\n3 done\n4 done\n5 done\n6 done' "$output"
	eq '' "$(held)"
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

@test "elasticsearch: 400 for the last -> each half tells of the other" {
	plan "{\"if_has\":\"t16\",\"times\":0,$(refusal 400 x)}"
	fake
	apply $(seq 16)
	check 0
	eq '16 x' "$(grep -v 'done' <<<"$output")"
	eq '16 8 4 2 1 1' "$(ids_sent | awk '{ print NF }' | paste -sd' ')"
}

@test "elasticsearch: 400 for each of several -> all are found" {
	plan '{"if_has":"z","times":0,"status":400,"body":"no JSON"}'
	fake
	apply 1 2z 3 4z 5z 6 7 8z
	check 0
	eq 4 "$(grep -c ' done$' <<<"$output")"
	eq 4 "$(grep -c ' http_400$' <<<"$output")"
}

@test "elasticsearch: -vv -> each request, no query, no secret" {
	plan '{"status":500,"body":{"error":{"type":"x","reason":"canary42 ZWxhc3RpYzpjYW5hcnk0Mg=="}}}'
	fake 'user: elastic' 'password: canary42'
	docs 1 >in
	tool -v -v apply <in
	check 0
	line="^indextool: POST $URL/wiki/_bulk [25]00 [0-9]+ ms$"
	[[ ${stderr_lines[0]} =~ $line ]]
	eq 'indextool: reply: {"error":{"type":"x","reason":"*** ***"}}' \
	    "${stderr_lines[1]}"
	[[ ${stderr_lines[2]} =~ ^'indextool: trying again in 0.'[0-5]' s'$ ]]
	[[ ${stderr_lines[3]} =~ $line ]]
	eq 4 "${#stderr_lines[@]}"
	eq "Basic $(printf elastic:canary42 | base64)" \
	    "$(jq -r .headers.authorization log | head -n 1)"
}
