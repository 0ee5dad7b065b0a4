#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# conn-rest(5): its examples, run, and the kit for drivers on them.

load helper
load rest

prepare() { serve; }

# example N: that of the page.
example() {
	awk -v n="$1" '/^\.Sh /{in_examples = $2 == "EXAMPLES"}
	    /^\.Ed/{inside = 0}
	    inside && k == n {print}
	    in_examples && /^\.Bd/{inside = 1; k++}' "$ROOT/man/conn-rest.5" |
	    sed 's/\\e/\\/g'
}

# The page's connector in a folder of drivers, and its config in wiki.yml.
tracker() {
	mkdir drivers
	chmod 755 drivers
	example 1 >drivers/tracker.yml
	export CONN_DRIVER_PATH=$PWD/drivers TRACKER_TOKEN=t0ps3cret
	example 2 | sed "s|https://tracker.example.com|$URL|; /^index:/,\$d" >wiki.yml
	local auth='"header":{"authorization":"Bearer t0ps3cret"}'
	local issue='{"id":1,"title":"One","updated":"2024-05-01T00:00:00Z","html_url":"h"'
	issue+=',"author":{"name":"Ann"},"labels":["x"],"description":"<p>d</p>"'
	issue+=',"comment_count":1,"comments_url":"$URL/api/c/1"}'
	local draft='{"id":2,"draft":true,"updated":"2024-05-01T00:00:00Z"}'
	plan '{"on":"GET /api/projects",'"$auth"',"body":{"results":[{"key":"A"},{"key":"B"}]}}' \
	    "{\"on\":\"GET /api/projects/A/issues\",$auth,\"body\":{\"results\":[$issue,$draft]}}" \
	    "{\"on\":\"GET /api/projects/A/issues/1\",$auth,\"body\":$issue}" \
	    "{\"on\":\"GET /api/c/1\",$auth,\"body\":{\"results\":[{\"html\":\"<b>c</b>\"}]}}" \
	    "{\"on\":\"GET /api/projects/B/issues\",$auth,\"status\":404}"
}

@test "the tracker: its issues are read" {
	tracker
	tool 1 conn-load
	eq '{"_id":"bugs:issues/A/1","_timestamp":"2024-05-01T00:00:00Z","_stream":"issues","title":"One","url":"h","author":"Ann","tags":["x"],"body":"d\n\nc"}' \
	    "$(grep '"_id"' out)"
	eq '{"prefix":"bugs:issues/B/","code":"http_404"}' "$(ctl fail out)"
	mv out loaded
	tool 1 conn-slim
	eq '"bugs:issues/A/1"' "$(jq -c 'select(has("_ctl") | not).id' out)"
	echo '{"id":"bugs:issues/A/1"}' >list
	tool 0 conn-load --ids list
	same <(grep '"_id"' loaded) <(grep '"_id"' out)
}

@test "the tracker: a poll, and the kit finds nothing wrong" {
	tracker
	sed -i 's/"status":404/"body":{"results":[]}/' plan
	conn-load wiki.yml | conn-bulk wiki.yml
	tool 0 conn-poll
	eq "" "$(grep '"_id"' out)"
	tool 0 conn-check -d
	eq "" "$(jq -r 'select(.ok | not)' out)"
	eq "" "$(<err)"
}

@test "the dishes, in place" {
	example 3 >menu.yml
	conn-check -n menu.yml
	plan '{"on":"GET /dishes.json","body":[{"name":"soup","price":3}]}'
	sed "s|https://canteen.example.com|$URL|" menu.yml >wiki.yml
	tool 0 conn-load
	eq menu:dishes/soup "$(jq -r '._id // empty' out)"
}

@test "the kit on pages, numbers beyond 2^53, with, a map of secrets" {
	plan '{"on":"GET /x","query":{"start":"300"},"body":[]}' \
	    "$(jq -nc '{on: "GET /x", body: ([range(300) |
		{id: ., t: ("x" * 40), n: "N", _ctl: "delete"}] | tojson |
		gsub("\"N\""; "9007199254740993123"))}')" \
	    '{"on":"GET /k","body":[1]}'
	config <<-'EOT'
	streams:
	  x: {get: /x, next: offset("start"), time: '"2024-01-01"'}
	  y: {get: /x, next: offset("start"), keep: .id < 9, with: {k: {get: /k}}, doc: "{n, k}"}
	EOT
	tool 0 conn-check -d
	eq "" "$(jq -r 'select(.ok | not)' out)"
	eq "" "$(<err)"
	tool 0 conn-load
	grep -F '"_id":"wiki:x/299"' out | grep -F '"n":9007199254740993123'
}

@test "the functions that the page names" {
	plan '{"on":"GET /x","body":[{"id":1,"h":"<p>a &amp; b</p>","at":1714557600}]}'
	config <<'EOT'
streams:
  x:
    get: /x
    doc: '{a: (.h | text), b: ("" | sha256), c: (.at | fmt("%Y-%m-%d %H:%M")),
      d: ("2024-05-01T12:00:00+02:00" | epoch), e: (null | text),
      f: (.at | time), g: (.at | epoch_ms)}'
EOT
	tool 0 conn-load
	eq '{"a":"a & b","b":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","c":"2024-05-01 10:00","d":1714557600,"e":null,"f":"2024-05-01T10:00:00Z","g":1714557600000}' \
	    "$(grep '"_id"' out | jq -c 'del(._id, ._stream)')"
}

@test "the page has each key that the spec has, and no other" {
	conn-spec rest | jq -r '.. | objects | .properties? // empty | keys[]' |
	    sort -u >spec
	# title and settings are a file's alone; after status come its actions
	awk '/^\.Ss/{on = /Keys of/} /^\.It Cm title/{next}
	    on && /^\.It Cm/{gsub(/^\.It Cm| ,/, ""); print}
	    /status/{on = 0}' \
	    "$ROOT/man/conn-rest.5" | tr ' ' '\n' | sed '/^$/d' | sort -u >page
	grep -hE '^\.(It )?(Cm|Ql) ' "$ROOT/man/conn-rest.5" \
	    "$ROOT/man/conn-source-rest.7" |
	    grep -oE '[a-z_]+' | sort -u >named
	eq "" "$(comm -23 spec named)"
	eq "" "$(comm -13 spec page)"
}
