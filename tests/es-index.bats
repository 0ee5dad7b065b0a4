# SPDX-License-Identifier: MIT
# The index as a whole: which one, what it needs, how it is reached.
load helper
load es-fake

@test "elasticsearch: an alias of several indices, a data stream -> 3" {
	plan '{"on":"GET /wiki/_settings","body":{"a":{"settings":{"index":{"uuid":"A"}}},"b":{"settings":{"index":{"uuid":"B"}}}}}' \
	    '{"on":"GET /wiki/_settings","body":{".ds-wiki-1":{"settings":{"index":{"uuid":"A"}}}}}' \
	    '{"on":"GET /wiki/_settings","body":{}}' \
	    '{"on":"GET /wiki/_settings","body":"<p>"}' \
	    '{"on":"GET /wiki/_settings","status":403,"body":{"error":{"type":"security_exception"}}}' \
	    '{"on":"GET /wiki/_settings","body":{"wiki-7":{"settings":{"index":{"uuid":"A"}}}}}'
	fake
	p=$URL/wiki/_settings:
	tool uuid
	check 3
	said "$p wiki stands for 2 indices; it must be one"
	tool uuid
	check 3
	said "$p wiki is a data stream; its documents cannot be replaced"
	tool uuid
	check 3
	said "$p no uuid of the index"
	tool uuid
	check 3
	[[ $stderr == "indextool: $p HTTP 200 without JSON;"* ]]
	tool uuid
	check 3
	said "$p HTTP 403 security_exception"
	tool uuid
	check 0
	eq A "$output"
}

@test "elasticsearch create: -> our mapping, and it needs nothing more" {
	fake
	tool create
	check 0
	jq -r 'select(.method == "PUT" and .path == "/wiki").body' log >body
	eq keyword "$(jq -r .mappings.properties._conn.properties.id.type body)"
	eq true "$(jq .mappings.properties._timestamp.ignore_malformed body)"
	eq '{"limit":5000,"ignore_dynamic_beyond_limit":true}' \
	    "$(jq -c .settings.index.mapping.total_fields body)"
}

@test "elasticsearch create: an unknown server -> no new settings" {
	plan '{"on":"GET /","status":403,"body":""}'
	fake
	tool create
	check 0
	jq -r 'select(.method == "PUT" and .path == "/wiki").body' log >body
	eq '{"limit":5000}' \
	    "$(jq -c .settings.index.mapping.total_fields body)"
}

@test "elasticsearch create: somebody was quicker -> prepared" {
	plan '{"on":"PUT /wiki","status":400,"body":{"error":{"type":"resource_already_exists_exception"}}}'
	fake
	tool create
	check 0
	eq 1 "$(jq -r 'select(.method == "PUT").path' log | grep -c _mapping)"
}

@test "elasticsearch create: a template of the user's -> sent as it is" {
	echo '{"settings": {"number_of_shards": 3}}' >mine.json
	fake 'template: mine.json'
	tool create
	check 0
	eq '{"settings": {"number_of_shards": 3}}' \
	    "$(jq -r 'select(.method == "PUT" and .path == "/wiki").body' log)"
	# and our fields into it
	eq 1 "$(jq -r 'select(.method == "PUT").path' log | grep -c _mapping)"
	echo '[]' >mine.json
	tool create
	check 2
	[[ $stderr == "indextool: $PWD/mine.json: not a JSON object"* ]]
	rm mine.json
	tool create
	check 2
	said "$PWD/mine.json: No such file or directory"
}

@test "elasticsearch: a template a rebuild cannot take apart -> 2, the place" {
	plan '{"on":"GET /wiki/_alias","times":0,"status":404,"body":{}}'
	fake 'template: mine.json'
	while read -r place what json; do
		echo "$json" >mine.json
		for verb in create rebuild; do
			tool "$verb"
			check 2
			said "$PWD/mine.json:$place: $what: not an object"
		done
	done <<-'EOF'
	1:12 aliases {"aliases":["x"]}
	1:24 aliases.x {"aliases":{"w":{},"x":["y"]}}
	1:13 mappings {"mappings":[{}]}
	1:22 mappings._meta {"mappings":{"_meta":["x"]}}
	EOF
	eq 0 "$(jq -r .method log | grep -c PUT)"
}

@test "elasticsearch: copies of an index of a rebuild -> stay" {
	run=0123456789abcdef0123456789abcdef
	made() { # NAME [RUN [ALIASES]]
		printf '"%s":{"aliases":{%s},"mappings":{"_meta":{"conn_rebuild":{"source":"wiki","alias":"wiki"%s}}}}' \
		    "$1" "${3-}" "${2:+,\"run\":\"$2\"}"
	}
	plan "{\"on\":\"GET /wiki-*\",\"status\":200,\"body\":{$(
	    made wiki-backup $run),$(made "wiki-$run-copy" $run),$(
	    made "wiki-${run//0/1}" $run),$(made wiki- ''),$(
	    made "wiki-$run" $run),$(
	    made "wiki-${run//0/2}" "${run//0/2}" '"live":{}')}}" \
	    '{"on":"DELETE /wiki-*","times":0,"status":200,"body":{}}'
	fake
	tool clean
	check 0
	eq "/wiki-$run" "$(jq -r 'select(.method == "DELETE").path' log)"
}

@test "elasticsearch: lists in place of objects -> no index, no object" {
	run=0123456789abcdef0123456789abcdef
	plan '{"on":"GET /wiki-*","status":200,"body":[1]}' \
	    '{"on":"GET /wiki-*","status":200,"body":{"wiki-1":[1]}}' \
	    '{"on":"GET /wiki/_alias","times":0,"status":404,"body":{}}' \
	    "{\"on\":\"PUT /wiki-$run\",\"status\":200,\"body\":{}}" \
	    "{\"on\":\"GET /wiki-$run\",\"status\":200,\"body\":[{}]}" \
	    '{"body":{"items":{"a":{}}}}'
	fake
	tool clean
	check 0
	tool clean
	check 0
	tool rebuild
	check 3
	said "$URL/wiki-$run: HTTP 200"
	tool check
	check 3
	said "$URL/wiki/_bulk: HTTP 200"
}

@test "elasticsearch create: require_alias -> 3, nothing made" {
	fake 'require_alias: true'
	tool create
	check 3
	[[ $stderr == *'there is no alias wiki, and require_alias forbids'* ]]
	eq 0 "$(requests '.*')"
}

@test "elasticsearch prepare: fields missing -> these are put, once" {
	fake
	tool prepare
	check 0
	eq '{"properties":{"_conn":{"properties":{"id":{"type":"keyword","ignore_above":512},"source":{"type":"keyword","ignore_above":512},"hash":{"type":"keyword","index":false,"doc_values":false}}},"_stream":{"type":"keyword","ignore_above":8191},"_timestamp":{"type":"date","ignore_malformed":true}}}' \
	    "$(jq -r 'select(.method == "PUT").body' log)"
	: >log
	tool prepare
	check 0
	eq '' "$(jq -r 'select(.method == "PUT").body' log)"
}

@test "elasticsearch prepare: fields that would not do -> put again" {
	props() { # PROPERTIES EXPECTED
		plan "{\"on\":\"GET /wiki\",\"body\":{\"wiki\":{
		    \"mappings\":{\"properties\":$1}}}}" '{"on":"GET /wiki"}'
	}
	conn='"id":{"type":"keyword"},"source":{"type":"keyword"},"hash":{"type":"keyword"}'
	rest='"_stream":{"type":"keyword"},"_timestamp":{"type":"date","ignore_malformed":true}'
	plan "{\"on\":\"GET /wiki\"}"
	for id in '"text"' '"keyword","ignore_above":256' \
	    '"keyword","index":false' '"keyword","doc_values":false'; do
		props "{\"_conn\":{\"properties\":{${conn/'"keyword"'/$id
		    }}},$rest}"
	done
	props "{\"_conn\":{\"properties\":{$conn}},${rest/true/false}}"
	for way in '"type":"nested"' '"enabled":false'; do
		props "{\"_conn\":{$way,\"properties\":{$conn}},$rest}"
	done
	# after each of these the server has a mapping that does
	fake
	curl -sfX PUT "$URL/wiki/_mapping" --data \
	    "{\"properties\":{\"_conn\":{\"properties\":{$conn}},$rest}}" >put
	: >log
	tool prepare
	check 0
	eq '' "$(jq -r 'select(.method == "PUT").body' log)"
	all='{"_conn":{"properties":{"id":{"type":"keyword","ignore_above":512},"source":{"type":"keyword","ignore_above":512},"hash":{"type":"keyword","index":false,"doc_values":false}}}}'
	for want in '{"_conn":{"properties":{"id":{"type":"keyword","ignore_above":512}}}}' \
	    '{"_conn":{"properties":{"id":{"type":"keyword","ignore_above":512}}}}' \
	    '{"_conn":{"properties":{"id":{"type":"keyword","ignore_above":512}}}}' \
	    '{"_conn":{"properties":{"id":{"type":"keyword","ignore_above":512}}}}' \
	    '{"_timestamp":{"type":"date","ignore_malformed":true}}' \
	    "$all" "$all"
	do
		: >log
		tool prepare
		check 0
		eq "{\"properties\":$want}" \
		    "$(jq -r 'select(.method == "PUT").body' log)"
	done
}

# mapped ABOVE [IN_FIELD]: the next GET shows an index with this ignore_above.
mapped() {
	local field="{\"type\":\"keyword\"${2:+,\"ignore_above\":$2}}"
	plan "{\"on\":\"GET /wiki\",\"body\":{\"wiki\":{
	    \"settings\":{\"index\":{\"mapping\":{\"ignore_above\":\"$1\"}}},
	    \"mappings\":{\"properties\":{\"_conn\":{\"properties\":{
		\"id\":$field,\"source\":$field,\"hash\":$field}},
	    \"_stream\":$field,\"_timestamp\":{\"type\":\"date\",
		\"ignore_malformed\":true}}}}}}"
}

@test "elasticsearch prepare: an index that ignores long ids -> fields that do not" {
	mapped 511
	mapped 511 512
	mapped 512
	mapped 512 511
	mapped 511 512
	fake
	local puts='' i
	for i in 1 2 3; do
		: >log
		tool prepare
		check 0
		puts+=$(jq -r 'select(.method == "PUT").body' log)/
	done
	local field='{"type":"keyword","ignore_above":512}'
	field="{\"properties\":{\"_conn\":{\"properties\":{\"id\":$field,\"source\":$field}}}}"
	eq "$field//$field/" "$puts"
}

@test "elasticsearch prepare: the server refuses, or forgets -> 3" {
	plan '{"on":"PUT /wiki/_mapping","status":400,"body":{"error":{"type":"illegal_argument_exception"}}}' \
	    '{"on":"PUT /wiki/_mapping","status":403,"body":{"error":{"type":"security_exception"}}}' \
	    '{"on":"PUT /wiki/_mapping","status":200,"body":{"acknowledged":true}}'
	fake
	tool prepare
	check 3
	said "$URL/wiki/_mapping: HTTP 400 illegal_argument_exception: wiki \
does not take our mapping of _conn, _stream and _timestamp; see conn-index(7)"
	tool prepare
	check 3
	said "$URL/wiki/_mapping: HTTP 403 security_exception"
	tool prepare
	check 3
	said "$URL/wiki/_mapping: was accepted, but is not there"
}

@test "elasticsearch prepare: no such pipeline -> 3, perhaps one -> fine" {
	plan '{"on":"GET /_ingest/pipeline/p%2F1","status":404,"body":{}}' \
	    '{"on":"GET /_ingest/pipeline/p%2F1","status":403,"body":{}}'
	fake 'pipeline: p/1'
	tool prepare
	check 3
	said "$URL/_ingest/pipeline/p%2F1: there is no such pipeline"
	tool prepare
	check 0
}

@test "elasticsearch check: -> who it is, which index, that it can be written" {
	plan '{"on":"GET /"}' '{"on":"GET /","status":403,"body":""}' \
	    '{"on":"GET /","body":{"version":{"number":"2.3.9","distribution":"opensearch"}}}' \
	    '{"on":"GET /","body":{"version":{"number":"7.9.3"}}}'
	fake
	tool check
	check 0
	eq 'Elasticsearch 8.19.0, index wiki exists' "$output"
	eq '' "$(held)"
	tool check
	check 0
	eq 'a server that does not tell its version, index wiki exists' \
	    "$output"
	tool check
	check 3
	[[ $stderr == "indextool: $URL: version 2.3.9 is too old; "* ]]
	tool check
	check 3
	[[ $stderr == "indextool: $URL: version 7.9.3 is too old; "* ]]
}

@test "elasticsearch check: no index, permission, server -> said at once" {
	plan '{"on":"GET /wiki/_settings","status":404,"body":{"error":{"type":"index_not_found_exception"}}}' \
	    '{"body":{"errors":true,"items":[{"update":{"status":403,"error":{"type":"security_exception"}}}]}}' \
	    '{"body":{"errors":true,"items":[{"update":{"status":403,"error":{"type":"cluster_block_exception"}}}]}}' \
	    '{"on":"GET /","times":3}' '{"on":"GET /","status":503,"body":""}'
	fake 'retry: 10m'
	tool check
	check 0
	eq "Elasticsearch 8.19.0, index wiki does not exist yet: conn-bulk \
creates it" "$output"
	tool check
	check 3
	said "$URL/wiki/_bulk: security_exception"
	tool check
	check 75
	said "$URL/wiki/_bulk: cluster_block_exception"
	tool check
	check 75
	said "$URL/: HTTP 503"
	kill "$(cat pid)"
	while kill -0 "$(cat pid)" 2>/dev/null; do sleep 0.02; done
	rm pid
	tool check
	check 75
	[[ $stderr == "indextool: $URL/: Failed to connect to "* ]]
}

# ---- how it is reached ----

certificates() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem \
	    -out cert.pem -subj /CN=fake -addext "subjectAltName=$1" \
	    2>openssl.err
	tls=(--tls cert.pem key.pem)
}

@test "elasticsearch TLS: a certificate unknown -> 3 at once; given -> fine" {
	certificates IP:127.0.0.1
	fake 'retry: 10m'
	tool uuid
	check 3
	[[ $stderr == *"$URL/wiki/_settings: SSL certificate problem: "* ]]
	SSL_CERT_FILE=$PWD/cert.pem tool uuid
	check 0
	eq U1 "$output"
	config 'ca: cert.pem'
	tool uuid
	check 0
	SSL_CERT_FILE=/dev/null tool uuid
	check 0
}

@test "elasticsearch TLS: a certificate for another host -> 3" {
	certificates DNS:elsewhere.test
	fake 'ca: cert.pem'
	tool uuid
	check 3
	[[ $stderr == "indextool: $URL/wiki/_settings: SSL: "* ]]
}

@test "elasticsearch TLS: a certificate of ours -> shown when asked" {
	certificates IP:127.0.0.1
	tls+=(--clients cert.pem)
	fake 'ca: cert.pem' 'retry: 200ms'
	tool uuid
	[ "$status" -ne 0 ]
	config 'ca: cert.pem' 'cert: cert.pem' 'key: key.pem'
	tool uuid
	check 0
	eq U1 "$output"
	config 'ca: cert.pem' 'cert: cert.pem' 'key: wiki.yml' 'retry: 10m'
	tool uuid
	check 2
	said "wiki.yml:10:8: index.key: $PWD/wiki.yml: no private key in PEM \
in it"
}

@test "elasticsearch: .netrc, redirects -> not followed" {
	plan '{"on":"GET /wiki/_settings","status":302,"headers":{"Location":"/"},"body":""}'
	fake
	echo 'machine 127.0.0.1 login u password canary' >"$HOME/.netrc"
	chmod 600 "$HOME/.netrc"
	tool uuid
	check 3
	said "$URL/wiki/_settings: HTTP 302"
	eq 1 "$(requests '.*')"
	eq null "$(jq -r .headers.authorization log)"
}

@test "elasticsearch: credentials -> in the header, and nowhere else" {
	plan '{"on":"GET /wiki/_settings","times":0,"status":401,"body":{"error":{"type":"canary1","reason":"canary1"}}}'
	fake 'bearer: canary1'
	tool -v -v uuid
	check 3
	eq 'Bearer canary1' "$(jq -r .headers.authorization log)"
	[[ $output$stderr != *canary1* ]]
	config 'api_key: {env: KEY}'
	KEY=$(printf 'a\tb') tool uuid
	check 2
	said 'header Authorization: control byte in its value'
}

@test "elasticsearch: a proxy in the environment -> used" {
	fake
	proxy=$URL
	URL=http://es.test:9200
	config
	http_proxy=$proxy tool uuid
	check 0
	eq U1 "$output"
	eq es.test:9200 "$(jq -r .headers.host log)"
}
