# SPDX-License-Identifier: MIT
# What real clusters do to a run: after each fault the same line again, and
# the index is the source, nothing is lost, the state was never ahead.
load helper
load servers
load faults

# What these tests provoke is to be the only trouble there is.
LIMITS=()

retry() { sed -i "s/^  retry: .*/  retry: $1/" wiki.yml; }

killed() {
	own "$1" 'batch: 8KiB' 'retry: 0s'
	documents 1 100
	at '/_bulk#3 response 0' signal "$1" KILL
	ran 75 first
	at_ended
	unsaved
	if [ -z "${CONN_LONG-}" ]; then
		restart "$1"
		ran 0 full
	else    # waits up to a minute longer than the server is away
		retry 5m
		meanwhile full -vv
		eventually grep -q 'trying again' meanwhile.err
		restart "$1"
		finished 0
	fi
	equal
}

@test "opensearch: killed in mid bulk -> 75, the same line again is enough" {
	killed opensearch
}

@test "elasticsearch: killed in mid bulk -> 75, the same line again is enough" {
	killed elasticsearch
}

stopped() {
	own "$1" 'batch: 8KiB' 'retry: 0s' 'timeout: 3s'
	documents 1 60
	at '/_bulk#2 request 20' signal "$1" STOP
	ran 75 first
	at_ended
	[[ $stderr == *': Operation timed out after 3'* ]]
	unsaved
	retry 1m
	meanwhile full -vv
	eventually grep -q 'timed out' meanwhile.err
	signal "$1" CONT
	finished 0
	equal
}

@test "opensearch: stopped for longer than timeout -> sent again" {
	stopped opensearch
}

@test "elasticsearch: stopped for longer than timeout -> sent again" {
	stopped elasticsearch
}

block() {
	real PUT "$name/_settings" \
	    "{\"index.blocks.read_only_allow_delete\":$1}" >blocked
}

flooded() {
	own "$1" 'batch: 8KiB' 'retry: 0s'
	documents 1 60
	at '/_bulk#2 request 0' block true
	ran 75 first
	at_ended
	[[ $stderr == *'/_bulk: HTTP '*' cluster_block_exception' ]]
	unsaved
	retry 1m
	meanwhile full -vv
	eventually grep -q 'trying again' meanwhile.err
	block null
	finished 0
	equal
}

@test "opensearch: read-only by a full disk, then not -> waited for" {
	flooded opensearch
}

@test "elasticsearch: read-only by a full disk, then not -> waited for" {
	flooded elasticsearch
}

gone() { real DELETE "$name"; }

removed() {
	own "$1" 'connections: 1' 'batch: 8KiB' 'retry: 0s'
	documents 1 60
	# after the last batch: there is nothing to write any more
	at '/_settings#3 request 0' gone
	ran 75 first
	at_ended
	[[ $stderr == *': replaced while it was written; run a full sync' ]]
	unsaved
	ran 0 full
	equal
	# in between: the server makes one of its own for the next batch
	run=$(saved .run)
	documents 1 60 changed
	at '/_bulk#3 request 0' gone
	ran 75 full
	at_ended
	kept "$run"
	ran 3 full
	[[ $stderr == *"$name: "*"delete it"* ]] || { echo "$stderr"; false; }
	kept "$run"
	gone
	ran 0 full
	equal
}

@test "opensearch: the index is deleted in a run -> no state, made anew" {
	removed opensearch
}

@test "elasticsearch: the index is deleted in a run -> no state, made anew" {
	removed elasticsearch
}

must_be_alias() {
	own "$1" 'connections: 1' 'batch: 8KiB' 'retry: 0s' 'require_alias: true'
	real PUT "$name-1" "{\"aliases\":{\"$name\":{}}}" >made
	documents 1 60
	at '/_bulk#2 request 0' real DELETE "$name-1"
	ran 3 first
	at_ended
	[[ $stderr == *' index_not_found_exception' ]]
	unsaved
	run real GET "$name"
	[ "$status" -ne 0 ]
	real PUT "$name-1" "{\"aliases\":{\"$name\":{}}}" >made
	ran 0 full
	equal
}

@test "opensearch: the index is deleted, require_alias -> 3, none is made" {
	must_be_alias opensearch
}

@test "elasticsearch: the index is deleted, require_alias -> 3, none is made" {
	must_be_alias elasticsearch
}

closed() {
	own "$1" 'connections: 1' 'batch: 8KiB' 'retry: 0s'
	documents 1 60
	at '/_bulk#2 request 0' real POST "$name/_close"
	ran 3 first
	at_ended
	[[ $stderr == *' index_closed_exception' ]]
	unsaved
	real POST "$name/_open" >opened
	ran 0 full
	equal
}

@test "opensearch: the index is closed in a run -> 3, no state" {
	closed opensearch
}

@test "elasticsearch: the index is closed in a run -> 3, no state" {
	closed elasticsearch
}

anew() {
	gone
	"$CONN_BUILD/tests/indextool" wiki.yml create
}

replaced() {
	own "$1" 'connections: 1' 'batch: 8KiB' 'retry: 0s'
	documents 1 60
	for when in '/_bulk#2 request 0' '/_settings#2 request 0'; do
		at "$when" anew
		ran 75 first
		at_ended
		[[ $stderr == *': replaced while it was written; '* ]]
		unsaved
	done
	ran 0 full
	equal
	# between the listing and the bulk
	run=$(saved .run)
	documents 1 30 changed
	conn-slim -I wiki.yml >known
	conn-load wiki.yml | conn-diff known >changes
	anew
	ran 75 conn-bulk wiki.yml <changes
	[[ $stderr == *': replaced since it was listed' ]]
	kept "$run"
	ran 0 full
	equal
}

@test "opensearch: the index is replaced in a run -> 75, no state" {
	replaced opensearch
}

@test "elasticsearch: the index is replaced in a run -> 75, no state" {
	replaced elasticsearch
}

every_seventh() { # LAST: of 2,000, from 0, a meta that is no object
	seq 0 1999 | awk -v last="$1" '{
		printf "{\"id\":\"%d\",\"title\":\"t%d\",\"meta\":%s}\n", $1, $1,
		    $1 % 7 == 0 && $1 <= last ? "\"text\"" : "{\"size\":1}"
	}' >docs/all.ndjson
}

conflicting() {
	own "$1" 'batch: 16KiB' 'retry: 1m'
	sed -i 's/^source:.*/source: {type: file, path: docs\/all.ndjson, id: id}/' \
	    wiki.yml
	every_seventh 1999
	ran 1 first -v
	eq "$(seq 0 7 1999 | sed 's/^/wiki:/' | sort)" \
	    "$(jq -r 'select(._ctl == "fail").id' <<<"$output" | sort)"
	[[ $stderr == *'conn-bulk: 1714 indexed, 0 deleted, 286 refused, '* ]]
	eq 286 "$(saved '.retry | length')"
	ran 1 full -v
	[[ $stderr == *'conn-bulk: 0 indexed, 0 deleted, 286 refused, '* ]]
	eq 286 "$(saved '.retry | length')"
	every_seventh 6
	ran 1 full -v
	[[ $stderr == *'conn-bulk: 285 indexed, 0 deleted, 1 refused, '* ]]
	eq '["wiki:0"]' "$(saved .retry)"
	every_seventh -1
	ran 0 full
	equal
	eq '[]' "$(saved .retry)"
}

@test "opensearch: every 7th of 2000 refused -> the others are in, 1" {
	conflicting opensearch
}

@test "elasticsearch: every 7th of 2000 refused -> the others are in, 1" {
	conflicting elasticsearch
}
