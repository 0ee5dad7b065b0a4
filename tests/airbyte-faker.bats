# SPDX-License-Identifier: MIT
# The driver airbyte on connectors as they are published.
load helper
load servers

prepare() {
	server_start airbyte "$BATS_FILE_TMPDIR/airbyte"
	PATH=$URL:$PATH
	TMPDIR=$PWD/tmp
	export TMPDIR
	mkdir tmp
}

teardown() {
	[ ! -e pid ] || kill "$(cat pid)"
}

# sync STATUS [OPTION]...: conn-sync on c.yml; nothing stays behind.
sync() {
	local want=$1
	shift
	run --separate-stderr conn-sync "$@" c.yml
	check "$want"
	eq '' "$(ls tmp)"
}

indexed() { conn-slim -I c.yml | jq -r '.id // empty' | sort -V; }
faker_ids() {
	seq -f "people:users/%.0f" "$1"
	seq -f "people:products/%.0f" 100
}

@test "airbyte: the manual's faker: load, poll, prune -> the index follows" {
	local n=1000
	[ -z "${CONN_LONG-}" ] || n=100000
	example conn-source-airbyte.7 1 |
		sed "s/count: 1000/count: $n/" >c.yml
	sync 0 -v
	[[ $stderr == *"conn-bulk: $((n + 100)) indexed, 0 deleted, 0 refused"* ]]
	faker_ids $n | sort -V >want
	indexed | same want -
	sync 0 -P -v
	# what is not read incrementally comes again, the users do not
	[[ $stderr == *'conn-poll: 100 documents'* ]]
	sed -i "s/count: $n/count: $((n * 3 / 4))/" c.yml
	sync 0 -p -m 30%
	faker_ids $((n * 3 / 4)) | sort -V >want
	indexed | same want -
}

# declared: c.yml, for a service whose lists have parts, one of which may be
# refused, which does not matter to the connector.
declared() {
	python3 "$ROOT/tests/airbyte-server.py" data >url 3>&- 5>&- &
	echo $! >pid
	eventually test -s url
	cat >c.yml <<-X
	name: c
	source:
	  type: airbyte
	  command: [source-declarative-manifest]
	  config:
	    start: "2026-01-01"
	    __injected_declarative_manifest:
	      version: 6.0.0
	      type: DeclarativeSource
	      check: {type: CheckStream, stream_names: [items]}
	      spec:
	        type: Spec
	        connection_specification: {type: object, additionalProperties: true}
	      streams:
	      - type: DeclarativeStream
	        name: items
	        primary_key: [part, id]
	        retriever:
	          type: SimpleRetriever
	          requester:
	            type: HttpRequester
	            url_base: $(cat url)
	            path: "/items/{{ stream_partition.part }}"
	            error_handler:
	              type: DefaultErrorHandler
	              response_filters:
	              - {type: HttpResponseFilter, action: IGNORE, http_codes: [403, 410]}
	          record_selector:
	            type: RecordSelector
	            extractor: {type: DpathExtractor, field_path: [items]}
	          partition_router:
	            type: ListPartitionRouter
	            values: [p1, p2]
	            cursor_field: part
	        incremental_sync:
	          type: DatetimeBasedCursor
	          cursor_field: updated_at
	          datetime_format: "%Y-%m-%d"
	          start_datetime:
	            type: MinMaxDatetime
	            datetime: "{{ config['start'] }}"
	            datetime_format: "%Y-%m-%d"
	          start_time_option:
	            type: RequestOption
	            inject_into: request_parameter
	            field_name: since
	        schema_loader:
	          type: InlineSchemaLoader
	          schema: {type: object, additionalProperties: true, properties: {}}
	        transformations:
	        - type: AddFields
	          fields:
	          - {path: [part], value: "{{ stream_partition.part }}"}
	X
}

item() { printf '{"id":"%s","updated_at":"2026-01-%s"}' "$@"; }

@test "airbyte: a declared connector: a refused part is not taken for a deleted one" {
	echo "{\"p1\":[$(item a 02)],\"p2\":[$(item b 03),$(item c 04)]}" >data
	declared
	sync 0
	eq 'c:items/p1/a c:items/p2/b c:items/p2/c' "$(indexed | paste -sd' ')"
	echo "{\"p1\":[$(item x 01),$(item d 05)],\"p2\":[$(item b 03)]}" >data
	# what changed is asked for by the connector's own state
	sync 0 -P
	eq 'c:items/p1/a c:items/p1/d c:items/p2/b c:items/p2/c' \
	    "$(indexed | paste -sd' ')"
	echo "{\"p1\":[$(item a 02)],\"p2\":403}" >data
	sync 1
	[[ $stderr == *'items/: incomplete: an answer with status 403 was'* ]]
	eq 4 "$(indexed | wc -l)"
}

# with patches as the kit of such a connector has them
@test "airbyte: patch files of a connector: settings, ids, schemas, values" {
	mkdir -p p/streams
	cat >p/spec.patch.json <<-'X'
	{"required": ["credentials"], "properties": {"credentials": {"type": "object",
	  "required": ["people"], "properties": {"people": {"type": "integer", "maximum": 99},
	   "seed": {"type": "integer", "airbyte_secret": true}}}}}
	X
	echo '{"/count": "/credentials/people", "/seed": "/credentials/none"}' \
	    >p/spec.map.json
	echo '["purchases"]' >p/omitted_streams.json
	echo '["id", "address/postal_code"]' >p/streams/users.pk.json
	echo '{"properties": {"title": {"description": "patched", "format": "date"}}}' \
	    >p/streams/users.patch.json
	echo '["date-to-datetime"]' >p/schema_normalizations.json
	echo '["users"]' >p/selected_streams.json
	echo '{"provider": "people"}' >p/oauth2.patch.json
	echo '{"documentation_url": "https://go.example/"}' \
	    >p/documentation_url.patch.json
	echo '[{"pointer": "/created_at", "normalization": "datetime_to_date"}]' \
	    >p/streams/users.normalize.json
	cat >c.yml <<-'X'
	patches: p
	source:
	  type: airbyte
	  command: [source-faker]
	  config:
	    credentials: {people: 20}
	    always_updated: false
	X
	run -0 --separate-stderr conn-spec c.yml
	eq '"https://go.example/" {"provider":"people"}' \
	    "$(jq -c '.documentationUrl, .oauth2' <<<"$output" | paste -sd' ')"
	run -0 --separate-stderr conn-spec -D c.yml
	eq 'products true users null' "$(jq -r '"\(.stream) \(.disable)"' \
	    <<<"$output" | sort | paste -sd' ')"
	eq date-time "$(jq -r 'select(.stream == "users") |
	    .schema.properties.title.format' <<<"$output")"
	rm p/selected_streams.json
	eq '["id","address.postal_code"] "patched" true' \
	    "$(jq -c 'select(.stream == "users") | .id, .schema.properties.title.description,
	        (.schema.properties.address.required | contains(["postal_code"]))' \
	        <<<"$output" | paste -sd' ')"
	echo 30 >p/run_interval_minutes.json
	sync 0
	sync 75 -v
	[[ $stderr == *'interval is 1800 s'* ]]
	rm p/run_interval_minutes.json
	eq 20 "$(conn-slim -I c.yml | grep -c '"c:products/')"
	eq 20 "$(conn-slim -I c.yml | grep -cE '"c:users/[0-9]+/[^/]+"')"
	conn-load c.yml >stream
	eq 20 "$(jq -c 'select(._stream == "users" and
	    (.created_at | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")) and
	    ._id == "c:users/\(.id)/\(.address.postal_code)")' stream | wc -l)"
	sync 0 -Pv
	[[ $stderr != *'full sync'* ]]
	sed -i 's/people: 20/people: 100/' c.yml
	run --separate-stderr conn-load c.yml
	check 2
	eq 'conn-load: c.yml:6:27: source.config.credentials.people: must be at most 99' \
	    "$stderr"
}
