# SPDX-License-Identifier: MIT
# The driver rest on a real tracker, through a real proxy that makes the
# network bad.
load helper
load source
load servers

prepare() {
	[ -x "$CONN_BUILD/libexec/conn/conn-source-rest" ] ||
		skip 'no driver rest in this build'
	DIR=$BATS_FILE_TMPDIR/roundup
	server_start roundup "$DIR"
	tracker=$URL
	[ -e "$DIR/count" ] || app seed 60
	PASSWORD=$(<"$DIR/password")
	export PASSWORD
	server_start toxiproxy "$BATS_FILE_TMPDIR/toxiproxy"
	api=$URL/proxies
	between=$(toxi "$api" "{\"name\": \"t$BATS_TEST_NUMBER\",
	    \"listen\": \"127.0.0.1:0\", \"upstream\": \"${tracker#http://}\"}" |
	    jq -r .listen)
	api+=/t$BATS_TEST_NUMBER
	config ''
}

app() {
	XDG_CACHE_HOME=$servers_cache "$ROOT/tests/servers/roundup" "$1" "$DIR" \
	    "${@:2}"
}

toxi() { curl -fsS -m 60 -d "$2" "$1"; } # URL JSON

# toxic TYPE ATTRIBUTES: what comes back suffers from it from now on.
toxic() {
	toxi "$api/toxics" "{\"name\": \"it\", \"type\": \"$1\",
	    \"attributes\": $2}" >toxic
}

cured() { curl -fsS -m 60 -X DELETE "$api/toxics/it"; }
enabled() { toxi "$api" "{\"enabled\": $1}" >enabled; }

config() { # SETTINGS
	printf 'name: o\nsource: {type: roundup, url: "http://%s/tracker", %s%s}\n' \
	    "$between" 'user: reader, password: {env: PASSWORD}, overlap: 0s' \
	    "$1" >o.yml
}

# reads PROGRAM [ARGUMENT]...: its documents, into `out`.
reads() {
	run -0 --separate-stderr "$@" o.yml
	grep '"_id"' <<<"$output" >out
}

index_() { conn-slim -I o.yml | jq -r '.id // empty, .hash // empty'; }
indexed() {
	app ids | sed 's/^/o:/' | sort >want
	index_ | grep '^o:' | sort >ids
	same want ids
}

# nothing PROGRAM [OPTION]...: it ends with 75, and the index is as `before`.
nothing() {
	run --separate-stderr "$@" o.yml
	check 75
	[[ $stderr == *"http://$between/"* ]]
	index_ >after
	same before after
}

@test "network: late, slow, in small pieces -> the same documents" {
	reads conn-load
	eq 60 "$(wc -l <out)"
	mv out whole
	toxic latency '{"latency": 200, "jitter": 100}'
	reads conn-load
	same whole out
	cured
	toxic bandwidth '{"rate": 20}'
	reads conn-load
	same whole out
	cured
	toxic slicer '{"average_size": 9, "size_variation": 5, "delay": 10}'
	reads conn-load
	same whole out
}

@test "network: cut, reset, down -> 75, nothing is lost or deleted" {
	conn-sync o.yml
	index_ >before
	app delete 11 12
	app change 21 22
	config ', retry: 1s'
	for bad in 'limit_data {"bytes": 0}' 'limit_data {"bytes": 100}' \
	    'limit_data {"bytes": 2500}' 'reset_peer {"timeout": 0}' \
	    'timeout {"timeout": 50}'; do
		toxic "${bad%% *}" "${bad#* }"
		nothing conn-sync
		cured
	done
	toxic limit_data '{"bytes": 500}'
	nothing conn-sync --poll
	nothing conn-sync --prune
	cured
	enabled false
	nothing conn-sync
	enabled true
	run -0 --separate-stderr conn-sync -v o.yml
	[[ $stderr == *'conn-bulk: 2 indexed, 2 deleted, '* ]]
	indexed
}

@test "network: silent -> 75 when the time is over, nothing is deleted" {
	conn-sync o.yml
	index_ >before
	config ', timeout: 3s'
	toxic timeout '{"timeout": 0}'
	run --separate-stderr conn-sync o.yml
	check 75
	[[ $stderr == 'conn-load: driver roundup: no line for 3 s; killed'* ]]
	index_ >after
	same before after
}

@test "network: back before the tries are used up -> as if nothing had been" {
	reads conn-load
	mv out whole
	enabled false
	conn-load -vv o.yml >out 2>err 3>&- &
	eventually grep -q 'trying again' err
	enabled true
	wait $!
	grep '"_id"' out >again
	same whole again
}
