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
