#!/usr/bin/env bats
# conn-sync --rebuild on real servers.

load helper
load lines
load sync
load rebuild
load servers

# on SERVER: an index name of the test's own, the config for it.
on() {
	need_server "$1"
	name=conn-$BATS_ROOT_PID-rebuild-$BATS_TEST_NUMBER
	cat >> wiki.yml <<-EOF
		name: wiki
		index:
		  type: elasticsearch
		  url: $URL
		  name: $name
		  retry: 5s
	EOF
}

teardown() {
	touch "$BATS_TEST_TMPDIR/go"
	local one
	[ -z "$bulk" ] || kill -KILL "$bulk" 2> /dev/null || :
	[ -n "$name" ] || return 0
	for one in $(ask GET "$name*/_alias" | jq -r 'keys[]'); do
		ask DELETE "$one" > deleted
	done
	ask DELETE "_index_template/$name" > deleted
}

ask() { # METHOD PATH [JSON]
	curl -sX "$1" -H content-type:application/json "$URL/$2" ${3:+-d "$3"}
}

good() { ask "$@" | jq -e 'has("error") | not' > good; }

# indexes: each with its aliases, the name as N and runs as RUN.
indexes() {
	ask GET "$name*/_alias" | jq -r 'to_entries[] |
	    .key + ":" + (.value.aliases | keys | join(","))' |
		sed "s/$name/N/g; s/[0-9a-f]\{32\}/RUN/" | sort | paste -sd' '
}

# live: name of the index behind the alias.
live() { ask GET "$name/_alias" | jq -r 'keys | join(" ")'; }

uuid() {
	ask GET "$name/_settings" | jq -r '.[].settings.index.uuid'
}

# found [ALIAS]: what a search through it finds.
found() {
	ask GET "${1:-$name}/_search?size=100&q=*:*" | jq -r '[.hits.hits[] |
	    (._id | ltrimstr("wiki:")) + "=" + ._source.title] |
	    sort | join(" ")'
}

saved() { jq -rc "$1" "$CONN_STATE_DIR/wiki.state"; }

nothing_left() { eq '' "$(find "$CONN_STATE_DIR" -name '*rebuild*')"; }

settings() { # INDEX
	ask GET "$1/_settings" | jq -r '.[].settings.index |
	    "\(.refresh_interval) \(.number_of_replicas)"'
}

# From nothing, onto an alias of the user's, again; and what is seen meanwhile.
swapping() {
	source_has 1=a 2=a 3=a
	good PUT "$name-mine" '{"aliases":{"'"$name"'":{},"'"$name"'-view":
	    {"filter":{"term":{"title":"b"}}}}}'
	sync
	check 0
	good POST "$name/_refresh"
	cat > template.json <<-EOF
		{"settings": {"refresh_interval": "7s", "number_of_replicas": 2},
		"mappings": {"_meta": {"mine": 1}},
		"aliases": {"$name": {}, "$name-more": {}}}
	EOF
	echo '  template: template.json' >> wiki.yml
	source_has 1=b 2=b 3=b
	( until [ -e swapped ]; do found || :; sleep 0.05; done > seen 3>&- ) &
	seer=$!
	rebuild_begun -v
	eventually fresh_is_there
	eq '-1 0' "$(settings "$fresh")"
	eventually test -s seen
	eq '1=a 2=a 3=a' "$(found)"
	rebuild_ends 0
	eq '1=b 2=b 3=b' "$(found)"
	eq '1=b 2=b 3=b' "$(found "$name-view")"
	touch swapped
	wait $seer
	eq '' "$(grep -vx -e '1=a 2=a 3=a' -e '1=b 2=b 3=b' seen)"
	grep -qx "conn-bulk: the index before is kept: $name-mine" err
	eq '7s 2' "$(settings "$fresh")"
	eq 1 "$(ask GET "$fresh/_mapping" | jq '.[].mappings._meta.mine')"
	eq 'N-RUN:N,N-more,N-rebuilt,N-view N-mine:' "$(indexes)"
	nothing_left
	eq "$(uuid)" "$(saved .uuid)"
	source_changed 4=c
	rm -f d/request.*
	sync -Pv
	check 0
	eq poll "$(verbs)"
	good POST "$name/_refresh"
	eq '1=b 2=b 3=b 4=c' "$(found)"
	source_has 1=b 2=b 3=b 4=d
	sync -R
	check 0
	eq '' "$stderr"
	eq '1=b 2=b 3=b 4=d' "$(found)"
	eq 'N-RUN:N,N-more,N-rebuilt,N-view N-RUN:N-rebuilt N-mine:' "$(indexes)"
	sync -v
	check 0
	eq '0 indexed, 0 deleted' "$(operations)"
}

fresh_is_there() {
	fresh=$(ask GET "$name-*/_alias" | jq -r 'to_entries[] |
	    select(.value.aliases == {}).key')
	[ -n "$fresh" ] && [ "$(settings "$fresh")" = '-1 0' ]
}

@test "opensearch: a rebuild -> swapped in one step, settings restored" {
	on opensearch
	swapping
}

@test "elasticsearch: a rebuild -> swapped in one step, settings restored" {
	on elasticsearch
	swapping
}

refusing() {
	source_has {1..30}=x
	good PUT "$name" '{}'
	sync
	check 0
	sync -R
	check 3
	[[ $stderr == *"/$name: an index, not an alias, so no other can take "* ]]
	eq 'N:' "$(indexes)"
	# as the manual says
	good PUT "$name/_settings" '{"index.blocks.write":true}'
	good POST "$name/_clone/$name-1" '{"settings":{"index.blocks.write":null}}'
	good GET "_cluster/health/$name-1?wait_for_status=yellow"
	good POST _aliases '{"actions":[{"add":{"index":"'"$name"'-1","alias":"'"$name"'"}},
	    {"remove_index":{"index":"'"$name"'"}}]}'
	sync -P
	check 0
	eq "$(uuid)" "$(saved .uuid)"
	source_has {1..9}=x
	sync -R
	check 4
	[[ $stderr == *'21 of 30 documents in the index would be gone; first: '* ]]
	echo '{"mappings":{"dynamic":"strict"}}' > template.json
	echo '  template: template.json' >> wiki.yml
	source_has {1..30}=x
	sync -R
	check 4
	[[ $stderr == *'30 of 30 documents in the index could not be read or '* ]]
	sed -i '/template/d' wiki.yml
	good PUT "$name/_doc/mine?refresh" '{"title":"y"}'
	sync -R
	check 4
	[[ $stderr == *"/$name-1: 1 documents are not of source wiki; a rebuild"* ]]
	good DELETE "$name/_doc/mine?refresh"
	good PUT "_index_template/$name" '{"index_patterns":["'"$name"'-*"],
	    "template":{"aliases":{"'"$name"'-x":{}}}}'
	sync -R
	check 3
	[[ $stderr == *': an index template of the server gives it aliases, '* ]]
	good DELETE "_index_template/$name"
	good PUT "$name-1/_alias/$name" '{"filter":{"term":{"title":"x"}}}'
	sync -R
	check 3
	[[ $stderr == *"/$name: an alias with a filter or routing, so no "* ]]
	eq 'N-1:N' "$(indexes)"
	nothing_left
}

@test "opensearch: what may not be replaced -> 3, 4, as it was" {
	on opensearch
	refusing
}

@test "elasticsearch: what may not be replaced -> 3, 4, as it was" {
	on elasticsearch
	refusing
}

move_alias() {
	good POST _aliases '{"actions":[{"remove":{"index":"'"$was"'","alias":"'"$name"'"}},
	    {"add":{"index":"'"$name"'-other","alias":"'"$name"'"}}]}'
}

# requests: of the last trace, one a line.
requests() { sed -n 's/.*sendto([0-9]*, "\([A-Z]* [^ ?]*\).*/\1/p' trace; }

traced=(strace -f -qq -s 300 -o trace -e trace=sendto)

# Whoever is traced looks stopped all the time; the trace knows better.
stopped() { grep -q 'stopped by SIGSTOP' trace; }

racing() {
	source_has 1=a
	good PUT "$name-other" '{}'
	sync -R
	check 0
	was=$(live)
	source_has 1=b
	rebuild_begun
	move_alias
	rebuild_ends 75
	grep -q 'replaced during the rebuild' err
	eq "$name-other" "$(live)"
	eq 'N-RUN:N-rebuilt N-other:N' "$(indexes)"
	strace -qq -o trace true 2>/dev/null || skip "strace cannot trace here"
	# again, between the last look at the alias and the swap
	sync -R
	check 0
	conn-load wiki.yml > s
	"${traced[@]}" conn-bulk -R wiki.yml < s
	# it stops once it has sent the request before, its last look
	at=$(($(requests | grep -n _aliases | cut -d: -f1) - 1))
	was=$(live)
	conn-load wiki.yml > s
	"${traced[@]}" -e inject="sendto:signal=STOP:when=$at" \
	    conn-bulk -R wiki.yml < s 2> err 3>&- &
	pid=$!
	eventually eval 'bulk=$(pgrep -P $pid conn-bulk)'
	eventually stopped
	eq "$was" "$(live)"
	move_alias
	kill -CONT "$bulk"
	status=0
	wait $pid || status=$?
	eq 75 "$status"
	grep -q 'another index was put behind it during the rebuild; not ' err
	eq "$name-other" "$(live)"
	nothing_left
	[[ $(indexes) != *N-RUN:' '* ]]
}

@test "opensearch: the alias is moved meanwhile -> 75, it stays there" {
	on opensearch
	racing
}

@test "elasticsearch: the alias is moved meanwhile -> 75, it stays there" {
	on elasticsearch
	racing
}

# conn-bulk -R killed before each of its requests, and before it reads the
# answer of those that change something; then a poll.
killing() {
	strace -qq -o trace true 2>/dev/null || skip "strace cannot trace here"
	local n=0 swaps=0 at=1 was now
	source_has 1=a 2=a
	: > d/poll
	sync -R
	check 0
	while
		was=$(live) title=$((n + 1))
		source_has 1=$title 2=$title
		conn-load wiki.yml > s
		run "${traced[@]}" -e inject="sendto:signal=KILL:when=$at" \
		    conn-bulk -R wiki.yml < s
		[ "$status" -eq 137 ]
	do
		after_kill
		n=$((n + 1)) at=$((at + 1))
	done
	eq 0 "$status"
	echo "# $n kills, $swaps of them after the swap" >&3
	[ "$n" -gt 20 ]
	[ "$swaps" -ge 2 ]
}

# The alias stands for the old index or the new one; a poll cleans up.
after_kill() {
	now=$(live)
	[ "$now" = "$was" ] || { eq "1=$title 2=$title" "$(found)"
		swaps=$((swaps + 1)); }
	[ "$(found | wc -w)" -eq 2 ]
	run --separate-stderr conn-sync -P wiki.yml
	check 0
	eq "$now" "$(live)"
	eq "$(uuid)" "$(saved .uuid)"
	[[ " $(indexes) " != *':  '* && " $(indexes) " != *': ' ]]
	nothing_left
}

@test "opensearch: killed before any request -> old or new; a poll mends" {
	on opensearch
	killing
}

@test "elasticsearch: killed before any request -> old or new; a poll mends" {
	on elasticsearch
	killing
}
