# SPDX-License-Identifier: MIT
# Which index a name stands for, and who the server says it is: on real ones.
load helper
load servers
load es-fake
load nginx

on() { # SERVER [LINE]...
	need_server "$1"
	server=$URL
	name=conn-$BATS_ROOT_PID-target-$BATS_TEST_NUMBER
	aim "$name" "${@:2}"
}

# aim NAME [LINE]...: a config for this name.
aim() {
	config "${@:2}"
	sed -i "s/^  name: .*/  name: $1/" wiki.yml
}

teardown() {
	unfront
	[ -z "$server" ] || curl -sX DELETE "$server/$name*" >deleted
}

teardown_file() { stop_servers; }

put() { # PATH JSON
	curl -sfX PUT -H content-type:application/json "$server/$1" -d "$2" >put
}

works() {
	tool "$@"
	check 0
	eq '' "$stderr"
}

# says WHAT NAME: prepare and conn-check stop with this reason, nothing is written.
says() {
	local verb
	for verb in prepare check; do
		tool "$verb"
		check 3
		said "$URL/$2: $2 $1"
	done
}

targets() {
	local view
	put "$name-1" '{}'
	put "$name-1/_alias/$name-hidden" '{"filter":{"term":{"a":1}}}'
	put "$name-1/_alias/$name-found" '{"search_routing":"a"}'
	put "$name-1/_alias/$name-put" '{"index_routing":"a"}'
	put "$name-1/_alias/$name-readonly" '{"is_write_index":false}'
	put "$name-1/_alias/$name-good" '{"is_write_index":true}'
	for view in hidden found put; do
		aim "$name-$view"
		says 'is an alias with a filter or routing, which hides documents' \
		    "$name-$view"
	done
	aim "$name-readonly"
	says 'is an alias without a write index' "$name-readonly"
	aim "$name-1" 'require_alias: true'
	says 'is an index, and require_alias demands an alias' "$name-1"
	aim "$name-good" 'require_alias: true'
	works prepare
	works apply < <(docs 1)
	works list
	eq 1 "${#lines[@]}"
	# two indices, one of which is written to
	put "$name-2" '{}'
	put "$name-2/_alias/$name-good" '{"is_write_index":false}'
	tool uuid
	check 3
	[[ $stderr == *"$name-good stands for 2 indices; it must be one" ]]
	aim "$name-none" 'require_alias: true'
	tool create
	check 3
	tool apply < <(docs 1)
	check 3
	curl -s -o none -w '%{http_code}' "$server/$name-none" >code
	eq 404 "$(cat code)"
}

@test "opensearch: aliases of every kind -> used, or 3 with the reason" {
	on opensearch
	targets
}

@test "elasticsearch: aliases of every kind -> used, or 3 with the reason" {
	on elasticsearch
	targets
}

# GET / forbidden in each way, or not the truth: the rest works all the same.
unnamed() {
	local way old='{"version":{"number":"7.10.2"},"tagline":"You Know, for Search"}'
	for way in 'return 403;' 'return 401;' 'return 405;' 'return 404;' \
	    "default_type application/json; return 200 '$old';" \
	    "return 200 '<p>welcome</p>';"; do
		front "$server" "location = / { $way }"
		curl -sX DELETE "$server/$name*" >deleted
		aim "$name" 'ca: ca.pem'
		works create
		works apply < <(docs 1 2)
		works list
		eq 2 "${#lines[@]}"
		works check
		eq 1 "${#lines[@]}"
		unfront
	done
}

@test "opensearch: GET / forbidden, or with a false name -> works" {
	authority ca
	on opensearch
	unnamed
}

@test "elasticsearch: GET / forbidden, or with a false name -> works" {
	authority ca
	on elasticsearch
	unnamed
}

@test "opensearch: another name for old clients -> known all the same" {
	on opensearch
	put _cluster/settings \
	    '{"transient":{"compatibility.override_main_response_version":true}}' ||
		skip 'this version has no such setting'
	tool check
	put _cluster/settings \
	    '{"transient":{"compatibility.override_main_response_version":null}}'
	check 0
	[[ $output == 'OpenSearch 7.10.2 (compatibility), index '* ]]
}

@test "opensearch: a template of data streams -> 3 with the reason" {
	on opensearch
	put "_index_template/$name" \
	    "{\"index_patterns\":[\"$name*\"],\"data_stream\":{}}"
	tool create
	curl -sX DELETE "$server/_index_template/$name" >deleted
	check 3
	said "$URL/$name: a template of the server makes $name a data stream; \
its documents could not be replaced"
}

@test "opensearch: a data stream of several indices -> 3 with the reason" {
	on opensearch
	put "_index_template/$name" \
	    "{\"index_patterns\":[\"$name*\"],\"data_stream\":{}}"
	put "_data_stream/$name" ''
	curl -sfX POST "$server/$name/_rollover" >rolled
	tool uuid
	curl -sX DELETE "$server/_data_stream/$name" >deleted
	curl -sX DELETE "$server/_index_template/$name" >deleted
	check 3
	[[ $stderr == *" $name is a data stream; its documents cannot be "* ]]
}

@test "opensearch: a pipeline that fails on a document -> refused, the rest done" {
	on opensearch 'pipeline: conn-fail' 'retry: 60s'
	put _ingest/pipeline/conn-fail \
	    '{"processors":[{"fail":{"if":"ctx.title == \"t2\"","message":"canary"}}]}'
	works create
	works apply < <(docs 1 2 3)
	eq 2 "$(grep -c ' done$' <<<"$output")"
	[[ $output == *$'\n'2\ * && $output != *canary* ]]
	curl -sX DELETE "$server/_ingest/pipeline/conn-fail" >deleted
}

# The core of every version has pipelines, if not the processors.
@test "elasticsearch: a pipeline -> asked for, 3 if there is none" {
	on elasticsearch 'pipeline: conn-none'
	tool create
	check 3
	[[ $stderr == *'/conn-none: there is no such pipeline' ]]
	put _ingest/pipeline/conn-none '{"processors":[]}'
	works prepare
	works apply < <(docs 1)
	eq '1 done' "$output"
	curl -sX DELETE "$server/_ingest/pipeline/conn-none" >deleted
}
