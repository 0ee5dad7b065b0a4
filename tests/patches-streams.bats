# SPDX-License-Identifier: MIT
# conn-patches(5): the documents, ids and schemas of streams.
load helper

prepare() {
	mkdir -p p/streams
	sqlite3 s.db "create table \"My Notes\"(k integer primary key, at text, n);
	    insert into \"My Notes\" values (1, '2023-01-30 02:34:15', 1600000000),
	        (2, 'soon', 1600000000.5), (3, '2024-01-01T00:00:00Z', null);
	    create table plain(k integer primary key, at text);
	    insert into plain values (1, '2023-01-30 02:34:15')"
	printf 'patches: p\nsource:\n  type: sqlite\n  path: s.db\n' >c.yml
}

documents() { jq -c 'select(has("_ctl") | not)' <<<"$output"; }

# refused PROGRAM LINE: it says just this.
refused() {
	run --separate-stderr "$1" c.yml
	check 2
	eq "$1: $2" "$stderr"
}

@test "patches: normalizations -> the documents, before rules and map" {
	cat >p/streams/MyNotes.normalize.json <<-'X'
	[{"pointer": "/at", "normalization": "rfc3339"},
	 {"pointer": "/n", "normalization": "seconds_to_rfc3339"}]
	X
	cat >>c.yml <<-'X'
	rules:
	- {id: old, order: 1, policy: exclude, field: at, rule: "<", value: "2023-12-31T00:00:00Z"}
	X
	run -0 --separate-stderr conn-load c.yml
	cat >want <<-'X'
	{"_id":"c:My Notes/2","_stream":"My Notes","k":2,"at":"soon","n":"2020-09-13T12:26:40.500Z"}
	{"_id":"c:My Notes/3","_stream":"My Notes","k":3,"at":"2024-01-01T00:00:00Z","n":null}
	{"_id":"c:plain/1","_stream":"plain","k":1,"at":"2023-01-30 02:34:15"}
	X
	documents | grep -v plain | same <(grep -v plain want) -
	conn-slim c.yml | jq -r '.id // empty' | sort >slim
	documents | jq -r ._id | sort | same - slim
	echo 'map: "{at}"' >>c.yml
	run -0 --separate-stderr conn-load c.yml
	eq '"soon" "2024-01-01T00:00:00Z"' \
	    "$(documents | jq -c 'select(._stream == "My Notes").at' | paste -sd' ')"
}

@test "patches: the file for all streams, and one stream's own" {
	echo '[{"pointer": "/at", "normalization": "rfc3339"}]' \
	    >'p/streams/*.normalize.json'
	echo '[{"pointer": "/at", "normalization": "datetime_to_date"}]' \
	    >p/streams/plain.normalize.json
	run -0 --separate-stderr conn-load c.yml
	eq '"2023-01-30T02:34:15Z" "soon" "2024-01-01T00:00:00Z" "2023-01-30"' \
	    "$(documents | jq -c .at | paste -sd' ')"
}

@test "patches: a changed normalization -> a poll wants a full sync" {
	printf 'streams:\n- {name: plain, timestamp: at}\n' >>c.yml
	run -0 --separate-stderr conn-sync c.yml
	run -0 --separate-stderr conn-sync -Pv c.yml
	[[ $stderr != *'full sync'* ]]
	echo '[{"pointer": "/at", "normalization": "rfc3339"}]' \
	    >p/streams/plain.normalize.json
	run -3 --separate-stderr conn-poll c.yml
	[[ $stderr == *'the config changed since it was saved; run a full sync' ]]
	run -0 --separate-stderr conn-sync -Pv c.yml
	[[ $stderr == *'the config changed since it was saved; a full sync'* ]]
	[[ $stderr == *'conn-bulk: 1 indexed, 0 deleted'* ]]
}

@test "patches: two streams whose file is the same -> 2, nothing deleted" {
	run -0 --separate-stderr conn-sync c.yml
	sqlite3 s.db 'create table MyNotes(k integer primary key, at text);
	    insert into MyNotes values (1, 2)'
	echo '[{"pointer": "/at", "normalization": "rfc3339"}]' \
	    >p/streams/MyNotes.normalize.json
	refused conn-load "$PWD/p/streams/MyNotes.normalize.json:1:1: the name of two$(
	    ) streams, My Notes and MyNotes"
	run -2 --separate-stderr conn-sync c.yml
	eq 4 "$(conn-slim -I c.yml | jq -r '.id // empty' | wc -l)"
}

@test "patches: normalizations of records of files" {
	cat >r.ndjson <<-'X'
	{"id":1,"big":12345678901234567890.10,"tags":["2023-01-30 x"],"_x":{"at":"5/8/2024"}}
	X
	cat >p/streams/documents.normalize.json <<-'X'
	[{"pointer": "/tags/*", "normalization": "datetime_to_date"},
	 {"pointer": "/_x/at", "normalization": "rfc3339"}]
	X
	printf 'patches: p\nsource:\n  type: file\n  path: r.ndjson\n  id: id\n' >c.yml
	run -0 --separate-stderr conn-load c.yml
	eq '{"_id":"c:1","id":1,"big":12345678901234567890.10,"tags":["2023-01-30"],"__x":{"at":"2024-05-08T00:00:00Z"}}' \
	    "$(grep '"_id"' <<<"$output")"
}

ids() { conn-load c.yml | jq -r '._id // empty' | sort | paste -sd' '; }
offered() { jq -c 'select(.stream == "'"$1"'")' <<<"$output"; }

@test "patches: another id -> the ids of documents, slim and poll too" {
	sqlite3 s.db "create table people(k integer primary key, mail text, at text);
	    insert into people values (1, 'a@x', '2024-01-01'), (2, 'b/x', '2024-01-02');
	    drop table plain"
	echo '["mail"]' >p/streams/people.pk.json
	eq 'c:My Notes/1 c:My Notes/2 c:My Notes/3 c:people/a@x c:people/b%2Fx' "$(ids)"
	conn-slim c.yml | jq -r '.id // empty' | sort | paste -sd' ' >slim
	eq "$(ids)" "$(cat slim)"
	# what is not named may still come and go without a full sync
	printf 'streams:\n- {name: people, timestamp: at}\n' >>c.yml
	run -0 --separate-stderr conn-sync c.yml
	sqlite3 s.db "insert into people values (3, 'c', '2124-01-01')"
	run -0 --separate-stderr conn-sync -Pv c.yml
	[[ $stderr != *'full sync'* ]]
	conn-slim -I c.yml | grep -q '"c:people/c"'
	# the config's own id is the stronger one
	sed -i 's/timestamp: at/timestamp: at, id: [k]/' c.yml
	eq 'c:people/1 c:people/2 c:people/3' "$(ids)"
	# another id is another config
	sed -i 's/, id: .k.//' c.yml
	run -0 --separate-stderr conn-load c.yml
	one=$(head -n 1 <<<"$output" | jq -r .config)
	echo '["k", "mail"]' >p/streams/people.pk.json
	run -0 --separate-stderr conn-load c.yml
	[ "$one" != "$(head -n 1 <<<"$output" | jq -r .config)" ]
	eq 'c:people/1/a@x c:people/2/b%2Fx c:people/3/c' "$(ids)"
}

@test "patches: the id for all streams, of a table without a key" {
	sqlite3 s.db "drop table \"My Notes\"; create table loose(k, x);
	    insert into loose values ('a', 1), ('b', 2)"
	eq 'c:plain/1' "$(ids)"
	echo '["k"]' >'p/streams/*.pk.json'
	eq 'c:loose/a c:loose/b c:plain/1' "$(ids)"
	rm p/streams/*.pk.json
	# of all streams one gets another id: each must have one, or be left out
	echo '["at"]' >p/streams/plain.pk.json
	run --separate-stderr conn-load c.yml
	check 2
	eq 'conn-load: driver sqlite: streams.loose: loose has no primary key; it needs id' \
	    "$stderr"
	echo '["loose"]' >p/omitted_streams.json
	eq 'c:plain/2023-01-30 02:34:15' "$(ids)"
}

@test "patches: another id for records of files" {
	printf '{"id":1,"n":"x"}\n{"id":2,"n":"y"}\n' >r.ndjson
	printf 'patches: p\nsource:\n  type: file\n  path: r.ndjson\n' >c.yml
	echo '["n"]' >p/streams/documents.pk.json
	eq 'c:x c:y' "$(ids)"
	run -0 --separate-stderr conn-check c.yml
	run -0 --separate-stderr conn-sync c.yml
	echo '["n/a"]' >p/streams/documents.pk.json
	refused conn-load "$PWD/p/streams/documents.pk.json:1:2: id[0]: must be a$(
	    ) string, not a list"
	echo '  id: id' >>c.yml
	eq 'c:1 c:2' "$(ids)"
}

@test "patches: an id where the streams of a type have none -> 2" {
	mkdir d
	printf 'patches: p\nsource:\n  type: directory\n  path: d\n' >c.yml
	echo '["n"]' >'p/streams/*.pk.json'
	refused conn-load "$PWD/p/streams/*.pk.json:1:1: the streams of type directory$(
	    ) have no key id"
}

@test "patches: streams that are left out, or not selected" {
	echo '["plain", "gone"]' >p/omitted_streams.json
	eq 'c:My Notes/1 c:My Notes/2 c:My Notes/3' "$(ids)"
	run -0 --separate-stderr conn-spec -D c.yml
	eq 'My Notes' "$(jq -r .stream <<<"$output")"
	printf 'streams:\n- name: plain\n' >>c.yml
	refused conn-load "c.yml:6:9: streams: plain is left out by$(
	    ) $PWD/p/omitted_streams.json"
	sed -i '5,$d' c.yml
	echo '["plain", "My Notes", "gone"]' >p/omitted_streams.json
	refused conn-load "$PWD/p/omitted_streams.json:1:1: leaves no stream to be read"
	rm p/omitted_streams.json
	echo '["plain"]' >p/selected_streams.json
	eq c:plain/1 "$(ids)"
	run -0 --separate-stderr conn-spec -D c.yml
	eq 'My Notes true plain null' \
	    "$(jq -r '.stream, .disable' <<<"$output" | paste -sd' ')"
	# who is named in the config is read
	printf 'streams:\n- name: My Notes\n' >>c.yml
	eq 'c:My Notes/1 c:My Notes/2 c:My Notes/3' "$(ids)"
	sed -i '5,$d' c.yml
	echo '["plane"]' >p/selected_streams.json
	run --separate-stderr conn-load c.yml
	check 2
	run -2 --separate-stderr conn-sync c.yml
}

@test "patches: a stream that is left out -> its documents go, under the fuse" {
	run -0 --separate-stderr conn-sync c.yml
	echo '["plain"]' >p/omitted_streams.json
	run -0 --separate-stderr conn-sync c.yml
	eq 'c:My Notes/1 c:My Notes/2 c:My Notes/3' \
	    "$(conn-slim -I c.yml | jq -r '.id // empty' | sort | paste -sd' ')"
	run -0 --separate-stderr conn-sync -v c.yml
	[[ $stderr == *'0 indexed, 0 deleted'* ]]
}

@test "patches: the schema of a stream -> merged, its key required" {
	cat >'p/streams/*.patch.json' <<-'X'
	{"reduce": {"strategy": "merge"}}
	X
	cat >p/streams/MyNotes.patch.json <<-'X'
	{"properties": {"n": {"type": "number", "enum": [1]}, "at": {"format": "date"},
	  "more": {"type": ["null", "string"]}}}
	X
	echo '["at"]' >p/streams/MyNotes.pk.json
	echo '["date-to-datetime"]' >p/schema_normalizations.json
	run -0 --separate-stderr conn-spec -D c.yml
	eq '["at"]' "$(offered 'My Notes' | jq -c .id)"
	eq '{"type":"string","format":"date-time"} {"type":"number","enum":[1]} ["null","string"] ["k","at"] null' \
	    "$(offered 'My Notes' | jq -c '.schema | .properties.at, .properties.n,
	        .properties.more.type, .required, .reduce' | paste -sd' ')"
	eq '{"strategy":"merge"}' "$(offered plain | jq -c .schema.reduce)"
	# documents are none the wiser
	run -0 --separate-stderr conn-load c.yml
	documents | grep -q '"_id":"c:My Notes/soon","_stream":"My Notes","k":2'
}

@test "patches: a bad patch of a stream -> that stream fails, with its place" {
	echo '{"properties": {"at": {"type": "time"}}}' >p/streams/plain.patch.json
	run --separate-stderr conn-spec -D c.yml
	check 2
	eq "conn-spec: $PWD/p/streams/plain.patch.json:1:32: type: is no type of JSON" \
	    "$stderr"
	eq 'My Notes' "$(jq -r .stream <<<"$output")"
	echo '{}' >p/streams/plain.patch.json
	echo '["k", "data/id"]' >p/streams/plain.pk.json
	run --separate-stderr conn-spec -D c.yml
	check 2
	eq "conn-spec: $PWD/p/streams/plain.pk.json:1:7: points nowhere: the stream plain$(
	    ) has no field data/id" "$stderr"
	mv p/streams/plain.pk.json p/streams/plane.pk.json
	run --separate-stderr conn-spec -D c.yml
	check 2
	eq "conn-spec: $PWD/p/streams/plane.pk.json:1:1: points nowhere: no stream that$(
	    ) is offered has this name" "$stderr"
	eq 2 "$(wc -l <<<"$output")"
	rm p/streams/plane.pk.json
	echo '[{"pointer": "/a", "normalization": "rfc3339"}]' \
	    >p/streams/plain.normalize.json
	cp p/streams/plain.normalize.json 'p/streams/*.normalize.json'
	run --separate-stderr conn-spec -D c.yml
	check 2
	eq "conn-spec: $PWD/p/streams/plain.normalize.json:1:14: points nowhere: the stream$(
	    ) plain has no field /a" "$stderr"
	rm p/streams/*.normalize.json
	sqlite3 s.db 'create table MyNotes(k integer primary key)'
	echo '{}' >p/streams/MyNotes.patch.json
	run --separate-stderr conn-spec -D c.yml
	check 2
	[[ $stderr == *'MyNotes.patch.json:1:1: the name of two streams, '* ]]
}

@test "patches: a schema of fields alone" {
	echo '{"id":1,"a":{"b":1},"c":[]}' >r.ndjson
	printf 'patches: p\nsource:\n  type: file\n  path: r.ndjson\n  id: id\n' >c.yml
	echo '{"properties": {"c": {"items": {"type": "string"}}}}' \
	    >p/streams/documents.patch.json
	# a field that the first documents do not have may come later
	echo '[{"pointer": "/later", "normalization": "rfc3339"}]' \
	    >p/streams/documents.normalize.json
	run -0 --separate-stderr conn-spec -D c.yml
	eq '{"type":"object","properties":{"id":{"type":"number"},"a":{"type":"object"},"c":{"type":"array","items":{"type":"string"}}},"required":["id"]}' \
	    "$(jq -c .schema <<<"$output")"
}
