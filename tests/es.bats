# SPDX-License-Identifier: MIT
# Against real servers: what the fake one of the other tests takes for granted.
load helper
load servers
load es-fake

# on SERVER [LINE]...: a configuration for an index of the test's own.
on() {
	need_server "$1"
	config "${@:2}"
	name=conn-$BATS_ROOT_PID-$BATS_TEST_NUMBER
	sed -i "s/^  name: .*/  name: $name/" wiki.yml
	index=$URL/$name
}

teardown() {
	[ -z "$index" ] || curl -sX DELETE "$index*" >deleted
}

put() { # PATH JSON
	curl -sfX PUT -H content-type:application/json "$URL/$1" -d "$2" >put
}

works() {
	tool "$@"
	check 0
	eq '' "$stderr"
}

round_trip() {
	works list
	eq '' "$output"
	works create
	works uuid
	uuid=$output
	[ -n "$uuid" ]
	works prepare
	cat >in <<-'EOF'
	{"_id":"wiki:1","_timestamp":"2026-01-01T00:00:00Z","title":"a"}
	{ "title":"b" , "_id":"wiki:2" }
	{"_timestamp":"no \u00e9 time","_stream":"s","\u005fid":"wiki:\"\u00e9\\"}
	{"_ctl":"delete","id":"wiki:9"}
	{"_id":"wiki:1","_timestamp":"2026-01-02T00:00:00+01:00","title":"A"}
	EOF
	works apply <in
	eq "$(seq -f '%.0f done' 5)" "$output"
	works list
	for i in 3 5 2; do
		sed -n "${i}p" in | tr -d '\n' | xxhsum -H2 | cut -d' ' -f1
	done >hashes
	paste -d' ' <(printf '%s\n' 'wiki:"é\ no é time' \
	    'wiki:1 2026-01-02T00:00:00+01:00' 'wiki:2 -') hashes |
		sort >expected
	same expected <(sort <<<"$output")
	works apply <<<'{"_ctl":"delete","id":"wiki:2"}'
	works list
	eq 2 "${#lines[@]}"
	works check
	[[ $output == *"index $name exists" ]]
	curl -sX DELETE "$index" >deleted
	works create
	works uuid
	[ "$uuid" != "$output" ]
	works list
	eq '' "$output"
}

@test "opensearch: create, apply, list, delete, again -> as told" {
	on opensearch
	round_trip
}

@test "elasticsearch: create, apply, list, delete, again -> as told" {
	on elasticsearch
	round_trip
}

# Documents that a mapping made by guessing would refuse.
hard_documents() {
	works create
	local doc long i=0
	long=$(printf '%040000d' 0)
	while IFS= read -r doc; do
		i=$((i + 1))
		echo "{\"_id\":\"wiki:$i\",${doc//LONG/$long}}"
	done >in <<-'EOF'
	"n":123456789012345678901234567890
	"n":"text"
	"n":true
	"m":1
	"m":1.5
	"m":1e400
	"b":true
	"b":"perhaps"
	"s":"2026-01-01"
	"s":"no date"
	"s":5
	"created_at":"soon"
	"updated_at":5e300
	"_timestamp":""
	"_timestamp":"2026-13-77"
	"_stream":"LONG"
	"url":"LONG"
	"title":"LONG","other":"LONG"
	"title":["a","b"],"tags":["x",1,true]
	"meta":{"size":1,"mode":"0644","path":"LONG"}
	"meta":{"size":"big","mode":5}
	"__x":{"__y":1},"a b":1,"c":"\u0000"
	EOF
	deep=$(printf '{"d":%.0s' $(seq 100))1$(printf '}%.0s' $(seq 100))
	echo "{\"_id\":\"wiki:0\",\"deep\":$deep}" >>in
	works apply <in
	eq '' "$(grep -v ' done$' <<<"$output")"
	works list
	eq "$(wc -l <in)" "${#lines[@]}"
	curl -s "$index/_search?q=title:a" >found
	eq 1 "$(jq .hits.total.value found)"
}

@test "opensearch: documents of any shape -> not refused" {
	on opensearch
	hard_documents
}

@test "elasticsearch: documents of any shape -> not refused" {
	on elasticsearch
	hard_documents
}

refused_documents() {
	works create
	cat >in <<-'EOF'
	{"_id":"wiki:1","meta":"canary"}
	{"_id":"wiki:2","":"canary"}
	{"_id":"wiki:3","d":1,"d":2}
	{"_id":"wiki:4","x":{"y":1}}
	{"_id":"wiki:5","x":"canary"}
	{"_id":"wiki:6"}
	EOF
	works apply <in
	[[ $output != *canary* ]]
	eq '1 2 3 5' "$(grep -v ' done$' <<<"$output" | cut -d' ' -f1 |
		paste -sd' ')"
	[[ ${lines[0]} =~ ^1\ [a-z]+_parsing_exception\ field\ meta$ ]]
	[[ ${lines[4]} =~ ^5\ [a-z]+_parsing_exception\ field\ x$ ]]
}

@test "opensearch: documents refused -> type and field, the rest is done" {
	on opensearch
	refused_documents
}

@test "elasticsearch: documents refused -> type and field, the rest is done" {
	on elasticsearch
	refused_documents
}

# What each server says of a field, in its own words.
named() {
	put "$name" '{"mappings":{"properties":{"n":{"type":"long"},"k":{"type":"keyword"},"o":{"properties":{"d":{"type":"date"}}}}}}'
	works prepare
	sed "s/LONG/canary$(printf '%040000d' 0)/" >in <<-'EOF'
	{"_id":"wiki:1","n":"canary"}
	{"_id":"wiki:2","k":"LONG"}
	{"_id":"wiki:3","o":"canary"}
	{"_id":"wiki:4","o":{"d":"canary"}}
	{"_id":"wiki:5","n":{"canary":1}}
	{"_id":"wiki:6","seen":"2026-01-01"}
	{"_id":"wiki:7","seen":"canary"}
	{"_id":"wiki:8","mixed":[1,"canary"]}
	{"_id":"wiki:9","d":"canary","d":"canary"}
	EOF
	works apply <in
	[[ $output != *canary* ]]
	eq "$(printf '%s\n' '1 field n' '2 field k' '3 field o' '4 field o.d' \
	    '5 field n' '6 done' '7 field seen' '8 field mixed' '9')" \
	    "$(sort <<<"$output" |
		sed -E 's/ [a-z_]+_exception//; s/:? [a-z_]+_exception$//')"
	[[ $(grep ^9 <<<"$output") =~ ' '[a-z_]*_parse_exception$ ]]
	put "$name/_settings" '{"index.mapping.total_fields.limit":10}'
	works apply <<<'{"_id":"wiki:1","p":1,"q":1,"r":"canary"}'
	[[ $output != *canary* && $output =~ illegal_argument_exception$ ]]
}

@test "opensearch: documents refused -> the field, never a word of content" {
	on opensearch
	named
}

@test "elasticsearch: documents refused -> the field, never a word of content" {
	on elasticsearch
	named
}

# Many pages, two sources in one index, more than one batch.
many_pages() {
	put "$name" '{"settings":{"max_result_window":100}}'
	works prepare
	seq -f '{"_id":"wiki:%.0f","title":"text of some length"}' 1030 >in
	works apply <in
	eq 1030 "$(grep -c ' done$' <<<"$output")"
	sed -i 's/^name: wiki/name: other/' wiki.yml
	works apply <<<'{"_id":"other:1"}'
	works list
	eq 1 "${#lines[@]}"
	sed -i 's/^name: other/name: wiki/' wiki.yml
	works list
	cut -d' ' -f1 <<<"$output" | sort >ids
	same <(seq -f 'wiki:%.0f' 1030 | sort) ids
}

@test "opensearch: more than a page -> all of ours" {
	on opensearch 'batch: 20KiB' 'gzip: true'
	many_pages
}

@test "elasticsearch: more than a page -> all of ours" {
	on elasticsearch 'batch: 20KiB' 'gzip: true'
	many_pages
}

aliases() {
	put "$name-1" '{}'
	put "$name-1/_alias/$name" '{}'
	works prepare
	works apply < <(docs 1 2)
	works list
	eq 2 "${#lines[@]}"
	config 'require_alias: true'
	sed -i "s/^  name: .*/  name: $name/" wiki.yml
	works apply < <(docs 3)
	eq '1 done' "$output"
	put "$name-2" '{}'
	put "$name-2/_alias/$name" '{}'
	tool uuid
	check 3
	[[ $stderr == *"$name stands for 2 indices; it must be one" ]]
	sed -i "s/^  name: .*/  name: $name-2/" wiki.yml
	tool apply < <(docs 1)
	check 3
	[[ $stderr == *'HTTP 404 index_not_found_exception' ]]
}

@test "opensearch: an alias -> its one index; of two -> 3" {
	on opensearch
	aliases
}

@test "elasticsearch: an alias -> its one index; of two -> 3" {
	on elasticsearch
	aliases
}

unfit() {
	put "$name" '{"mappings":{"properties":{"_timestamp":{"type":"keyword"}}}}'
	tool prepare
	check 3
	[[ $stderr == *'does not take our mapping of _conn, _stream and '* ]]
	put "$name-2" '{"mappings":{"dynamic":"strict"}}'
	sed -i "s/^  name: .*/  name: $name-2/" wiki.yml
	works prepare
	works apply < <(docs 1)
	[[ $output == '1 strict_dynamic_mapping_exception field title' ]]
	put "$name-3" '{"mappings":{"properties":{"_conn":{"type":"nested"}}}}'
	sed -i "s/^  name: .*/  name: $name-3/" wiki.yml
	tool prepare
	check 3
}

@test "opensearch: an index of another shape -> prepared, or 3" {
	on opensearch
	unfit
}

@test "elasticsearch: an index of another shape -> prepared, or 3" {
	on elasticsearch
	unfit
}

blocked() {
	works create
	for block in read_only_allow_delete write; do
		put "$name/_settings" "{\"index.blocks.$block\":true}"
		tool apply < <(docs 1)
		check 75
		[[ $stderr == *' cluster_block_exception' ]]
		eq '' "$output"
		put "$name/_settings" "{\"index.blocks.$block\":null}"
	done
	works apply < <(docs 1)
	curl -sfX POST "$index/_close" >closed
	tool apply < <(docs 1)
	check 3
	[[ $stderr == *' index_closed_exception' ]]
	tool list
	check 3
}

@test "opensearch: blocked -> 75, closed -> 3" {
	on opensearch 'retry: 300ms'
	blocked
}

@test "elasticsearch: blocked -> 75, closed -> 3" {
	on elasticsearch 'retry: 300ms'
	blocked
}

@test "opensearch: a pipeline drops a document -> refused" {
	on opensearch 'pipeline: conn-drop'
	put _ingest/pipeline/conn-drop \
	    '{"processors":[{"drop":{"if":"ctx.title == \"t2\""}}]}'
	works create
	works apply < <(docs 1 2 3)
	eq $'1 done\n2 noop\n3 done' "$output"
	curl -sX DELETE "$URL/_ingest/pipeline/conn-drop" >deleted
	tool prepare
	check 3
	[[ $stderr == *'/conn-drop: there is no such pipeline' ]]
}

@test "opensearch: a data stream -> 3" {
	on opensearch
	put "_index_template/$name" \
	    "{\"index_patterns\":[\"$name*\"],\"data_stream\":{}}"
	put "_data_stream/$name" ''
	tool uuid
	curl -sX DELETE "$URL/_data_stream/$name" >deleted
	curl -sX DELETE "$URL/_index_template/$name" >deleted
	check 3
	[[ $stderr == *" $name is a data stream; its documents cannot be "* ]]
}

# Two sources in one index, full syncs and a poll, by the programs.
programs() {
	local a="conn-sync -m 100% a.yml" b="conn-sync -m 100% b.yml"
	mkdir a b
	for i in $(seq 30); do
		echo "a $i" >"a/$i"
		echo "b $i" >"b/$i"
	done
	for s in a b; do
		sed "s/^name:.*/name: $s/; s/path: [^}]*/path: $s/" wiki.yml \
			>$s.yml
	done
	run --separate-stderr $a
	check 0
	run --separate-stderr $b
	check 0
	rm a/1 b/2
	echo changed >a/2
	run --separate-stderr $a -v
	check 0
	[[ $stderr == *'conn-bulk: 1 indexed, 1 deleted, 0 refused, 0 failed' ]]
	run --separate-stderr $a -v
	check 0
	[[ $stderr == *'conn-bulk: 0 indexed, 0 deleted, 0 refused, 0 failed' ]]
	conn-slim -I b.yml | jq -r '.id // empty' | sort >ids
	same <(seq -f 'b:%.0f' 30 | sort) ids
	echo polled >b/3
	conn-poll b.yml | conn-bulk b.yml
	curl -sfX POST "$index/_refresh" >refreshed
	curl -s "$index/_doc/b:3" >found
	eq polled "$(jq -r ._source.body found)"
	curl -s "$index/_count" >count
	eq 59 "$(jq .count count)"
	run --separate-stderr $b -v
	check 0
	[[ $stderr == *' 1 deleted, 0 refused, 0 failed' ]]
}

@test "opensearch: the programs on two sources -> each its own" {
	on opensearch
	programs
}

@test "elasticsearch: the programs on two sources -> each its own" {
	on elasticsearch
	programs
}
