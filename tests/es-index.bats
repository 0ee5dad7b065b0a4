# SPDX-License-Identifier: MIT
# What an Elasticsearch holds, what it needs, and how it is reached.
load helper
load es-fake

window() { # N: pages of so many hits
	local index="{\"uuid\":\"U1\",\"max_result_window\":\"$1\"}"
	plan "{\"on\":\"GET /wiki/_settings\",\"times\":0,\"body\":{\"wiki\":{
	    \"settings\":{\"index\":$index}}}}"
}

# filled ARG...: a server with three documents of ours and one of another.
filled() {
	fake "$@"
	cat >in <<-'EOF'
	{"_id":"wiki:2","title":"b","_timestamp":"no \u00e9 time"}
	{"_id":"wiki:1","title":"a","_timestamp":"2026-01-01T00:00:00Z"}
	{"_id":"wiki:\"3","title":"c"}
	EOF
	tool apply <in
	check 0
	sed -i 's/^name: wiki/name: other/' wiki.yml
	tool apply <<<'{"_id":"other:1","title":"x"}'
	check 0
	sed -i 's/^name: other/name: wiki/' wiki.yml
	: >log
	cat >expected <<-EOF
	wiki:"3 - $(hash 3)
	wiki:1 2026-01-01T00:00:00Z $(hash 2)
	wiki:2 no é time $(hash 1)
	EOF
}

hash() { sed -n "$1p" in | tr -d '\n' | xxhsum -H2 | cut -d' ' -f1; }

listed() {
	check 0
	eq '' "$stderr"
	same expected <(printf '%s\n' "$output")
	eq '[]' "$(curl -s "$URL/pits")"
}

# doubted STATUS TEXT: no listing, for this reason; nothing is left behind.
doubted() {
	tool list
	check "$1"
	said "$URL/$2"
	eq '[]' "$(curl -s "$URL/pits")"
}

@test "elasticsearch list: one page, several -> all of ours, as stored" {
	filled
	tool list
	listed
	eq 1 "$(requests /_search)"
	eq 1 "$(requests /wiki/_refresh)"
	kill "$(cat pid)"
	rm url
	window 2
	filled
	tool list
	listed
	eq 2 "$(requests /_search)"
}

@test "elasticsearch list: ways to make a point in time -> found by trial" {
	plan '{"on":"GET /","times":0,"status":403,"body":{"error":{"type":"security_exception"}}}' \
	    '{"on":"POST /wiki/_pit","times":0,"status":400,"body":{"error":"no handler"}}'
	filled
	tool list
	listed
	eq 1 "$(requests /wiki/_search/point_in_time)"
}

@test "elasticsearch list: OpenSearch says so -> its way at once" {
	plan '{"on":"GET /","times":0,"body":{"version":{"number":"2.19.0","distribution":"opensearch"}}}'
	filled
	tool list
	listed
	eq 0 "$(requests /wiki/_pit)"
}

@test "elasticsearch list: neither way -> 3" {
	plan '{"on":"POST /wiki/_pit","times":0,"status":405,"body":""}' \
	    '{"on":"POST /wiki/_search*","times":0,"status":405,"body":""}' \
	    '{"on":"GET /","times":0,"status":405,"body":""}'
	filled
	doubted 3 "wiki: no points in time; \
Elasticsearch 7.10 or OpenSearch 2.4 is needed"
}

@test "elasticsearch list: no such index -> empty, complete" {
	plan '{"on":"GET /wiki/_settings","status":404,"body":{"error":{"type":"index_not_found_exception"}}}'
	fake
	tool list
	check 0
	eq '' "$output$stderr"
	eq 1 "$(requests '.*')"
}

@test "elasticsearch list: 404 of something else -> 3" {
	plan '{"on":"GET /wiki/_settings","status":404,"type":"text/html","body":"<p>"}'
	fake
	doubted 3 'wiki/_settings: HTTP 404'
}

@test "elasticsearch list: no permission to refresh -> a warning" {
	plan '{"on":"POST /wiki/_refresh","status":403,"body":{"error":{"type":"security_exception"}}}'
	filled
	tool list
	check 0
	same expected <(printf '%s\n' "$output")
	[[ $stderr == "indextool: warning: $URL/wiki/_refresh: not allowed "* ]]
}

@test "elasticsearch list: anything less than all of it -> 75" {
	local s='"on":"POST /_search"'
	plan '{"on":"POST /wiki/_refresh","body":{"_shards":{"failed":1}}}' \
	    '{"on":"POST /wiki/_pit","status":200,"body":{"id":"x","_shards":{"failed":1}}}' \
	    "{$s,\"set\":{\"timed_out\":true}}" \
	    "{$s,\"set\":{\"timed_out\":null}}" \
	    "{$s,\"set\":{\"_shards.failed\":1}}" \
	    "{$s,\"set\":{\"_shards.successful\":1}}" \
	    "{$s,\"set\":{\"_shards\":null}}" \
	    "{$s,\"set\":{\"hits.total.relation\":\"gte\"}}" \
	    "{$s,\"set\":{\"hits.total\":3}}" \
	    "{$s,\"set\":{\"hits.hits\":[]}}" \
	    "{$s,\"set\":{\"hits.total.value\":2}}" \
	    "{$s,\"set\":{\"hits\":null}}" \
	    "{$s,\"chop\":100}" \
	    "{$s,$(refusal 404 search_phase_execution_exception)}"
	filled
	doubted 75 'wiki/_refresh: not every shard was refreshed'
	tool list
	check 75
	[[ $stderr == *'/wiki/_pit: not every shard is there' ]]
	for _ in 1 2 3 4 5; do
		doubted 75 '_search: not every shard answered'
	done
	doubted 75 '_search: the total of the hits is not exact'
	doubted 75 '_search: no total of the hits'
	doubted 75 '_search: other hits than were announced'
	doubted 75 '_search: other hits than were announced'
	doubted 75 '_search: the reply has no hits'
	doubted 75 '_search: the reply is not JSON'
	doubted 75 '_search: the point in time is gone'
	tool list
	listed
}

@test "elasticsearch list: skipped shards counted apart -> fine" {
	plan '{"on":"POST /_search","set":{"_shards.successful":1,"_shards.skipped":1}}'
	filled
	tool list
	listed
}

@test "elasticsearch list: totals that differ from page to page -> 75" {
	window 2
	plan '{"on":"POST /_search"}' \
	    '{"on":"POST /_search","set":{"hits.total.value":4}}'
	filled
	doubted 75 '_search: the total of the hits changed'
}

@test "elasticsearch list: fewer hits in the end than announced -> 75" {
	window 2
	plan '{"on":"POST /_search"}' '{"on":"POST /_search","set":{"hits.hits":[]}}'
	filled
	doubted 75 '_search: other hits than were announced'
}

@test "elasticsearch list: replaced while it was listed -> 75" {
	plan '{"on":"GET /wiki/_settings"}' \
	    '{"on":"GET /wiki/_settings","body":{"wiki-2":{"settings":{"index":{"uuid":"U2"}}}}}'
	filled
	doubted 75 'wiki: was replaced while it was listed'
}

@test "elasticsearch list: a document that names another -> 3" {
	plan '{"on":"POST /_search","set":{"hits.total.value":1,"hits.hits":[{"_id":"wiki:x","sort":[1],"_source":{"_conn":{"id":"wiki:1"}}}]}}' \
	    '{"on":"POST /_search","set":{"hits.hits":[{"_id":"wiki:x","sort":[1]}]}}'
	filled
	doubted 3 "wiki: document wiki:x is not the one its _conn.id names; \
delete it"
	doubted 3 'wiki: a document without _source; the mapping must keep it'
}

@test "elasticsearch list: busy for a while -> the same listing" {
	window 1
	plan '{"on":"POST /_search"}' \
	    '{"on":"POST /_search","status":503,"body":""}' \
	    '{"on":"POST /_search","reset":"after"}' \
	    '{"on":"POST /_search","cut":20}'
	filled 'retry: 1m'
	tool list
	listed
}

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
	eq '{"properties":{"_conn":{"properties":{"id":{"type":"keyword"},"source":{"type":"keyword"},"hash":{"type":"keyword","index":false,"doc_values":false}}},"_stream":{"type":"keyword","ignore_above":8191},"_timestamp":{"type":"date","ignore_malformed":true}}}' \
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
	props "{\"_conn\":{\"type\":\"nested\",\"properties\":{$conn}},$rest}"
	# after each of these the server has a mapping that does
	fake
	curl -sfX PUT "$URL/wiki/_mapping" --data \
	    "{\"properties\":{\"_conn\":{\"properties\":{$conn}},$rest}}" >put
	: >log
	tool prepare
	check 0
	eq '' "$(jq -r 'select(.method == "PUT").body' log)"
	for want in '{"_conn":{"properties":{"id":{"type":"keyword"}}}}' \
	    '{"_conn":{"properties":{"id":{"type":"keyword"}}}}' \
	    '{"_conn":{"properties":{"id":{"type":"keyword"}}}}' \
	    '{"_conn":{"properties":{"id":{"type":"keyword"}}}}' \
	    '{"_timestamp":{"type":"date","ignore_malformed":true}}' \
	    '{"_conn":{"properties":{"id":{"type":"keyword"},"source":{"type":"keyword"},"hash":{"type":"keyword","index":false,"doc_values":false}}}}'
	do
		: >log
		tool prepare
		check 0
		eq "{\"properties\":$want}" \
		    "$(jq -r 'select(.method == "PUT").body' log)"
	done
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
	    '{"on":"GET /","body":{"version":{"number":"7.9.3"}}}' \
	    '{"on":"GET /","status":401,"body":{"error":{"type":"security_exception"}}}'
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
	tool check
	check 3
	said "$URL/: HTTP 401 security_exception"
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
	check 3
	[[ $stderr == *': unable to set private key file: '* ]]
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
