# SPDX-License-Identifier: MIT
# conn-load --validate: what breaks a schema is told, with the patch for it.
load helper
load servers

# A driver that says what is in `streams` and `documents`.
prepare() {
	mkdir bin
	cat >bin/conn-source-told <<-'X'
	#!/bin/sh
	cd "${0%/*}/.." || exit 3
	case $1 in
	spec) echo '{"type":"told","title":"Told","verbs":["load","discover"],"schema":{"type":"object"}}' ;;
	discover) cat >asked; cat streams ;;
	load) cat >/dev/null; cat documents ;;
	esac
	X
	chmod 755 bin bin/conn-source-told
	export CONN_DRIVER_PATH=$PWD/bin
	config
	: >streams
	: >documents
}

config() { printf '%s\n' 'name: c' 'source: {type: told}' "$@" >c.yml; }
# stream NAME SCHEMA, document STREAM ID JSON: the driver says so.
stream() {
	printf '{"stream":"%s","id":[],"fields":[],"schema":%s}\n' \
	    "$1" "$2" >>streams
}
document() {
	printf '{"id":"%s","stream":"%s","doc":%s}\n' "$2" "$1" "$3" >>documents
}
# validate STATUS [OPTION]...: into out, err.
validate() {
	local want=$1
	shift
	run --separate-stderr conn-load --validate "$@" c.yml
	printf '%s\n' "$output" >out
	printf '%s\n' "$stderr" >err
	check "$want"
}
patches() { sed -n 's/.*; patch {/{/p' err; }
# merged: RFC 7396; on stdin a schema, its patch, a schema ...
merged() {
	jq -cn 'def merge($p):
	    if ($p | type) == "object" then
		(if type == "object" then . else {} end) | reduce
		    ($p | to_entries[]) as $m (.; if $m.value == null then
		    del(.[$m.key]) else .[$m.key] |= merge($m.value) end)
	    else $p end; [inputs] as $all |
	    range(0; $all | length; 2) as $i | $all[$i] | merge($all[$i + 1])'
}

# The cases: schema, document, what is said of it (after "1 document "), patch.
cases() {
	cat <<-'X'
	{"properties":{"a":{"type":"string"}}}|{"a":null}|/a: is null, not string|{"properties":{"a":{"type":["string","null"]}}}
	{"properties":{"a":{"type":"string"}}}|{"a":5}|/a: is integer, not string|{"properties":{"a":{"type":["string","integer"]}}}
	{"properties":{"a":{"type":["integer","null"]}}}|{"a":5.5}|/a: is number, not integer or null|{"properties":{"a":{"type":["number","null"]}}}
	{"properties":{"a":{"type":"integer"}}}|{"a":9007199254740993.5}|/a: is number, not integer|{"properties":{"a":{"type":"number"}}}
	{"properties":{"a":{"type":"object"}}}|{"a":[1]}|/a: is array, not object|{"properties":{"a":{"type":["object","array"]}}}
	{"properties":{"a":{"type":["string","number","null"]}}}|{"a":true}|/a: is boolean, not string, number or null|{"properties":{"a":{"type":["string","number","null","boolean"]}}}
	{"properties":{"a":{"enum":["x","y"]}}}|{"a":"z"}|/a: is none of enum|{"properties":{"a":{"enum":null}}}
	{"properties":{"a":{"enum":["x"]}}}|{"a":null}|/a: is none of enum|{"properties":{"a":{"enum":["x",null],"type":["string","null"]}}}
	{"properties":{"a":{"enum":["x",2]}}}|{"a":[]}|/a: is none of enum|{"properties":{"a":{"enum":null,"type":["string","integer","array"]}}}
	{"properties":{"a":{"type":"string","enum":["x"]}}}|{"a":"z"}|/a: is none of enum|{"properties":{"a":{"enum":null}}}
	{"properties":{"a":{"enum":[9007199254740993]}}}|{"a":9007199254740992}|/a: is none of enum|{"properties":{"a":{"enum":null}}}
	{"properties":{"a":{"const":{"b":[1]}}}}|{"a":{"b":[2]}}|/a: is something else than const|{"properties":{"a":{"const":null}}}
	{"properties":{"a":{"minimum":9007199254740993}}}|{"a":9007199254740992}|/a: is below minimum|{"properties":{"a":{"minimum":null}}}
	{"properties":{"a":{"maximum":1e400}}}|{"a":1e401}|/a: is above maximum|{"properties":{"a":{"maximum":null}}}
	{"properties":{"a":{"exclusiveMinimum":1}}}|{"a":1.0}|/a: is not above exclusiveMinimum|{"properties":{"a":{"exclusiveMinimum":null}}}
	{"properties":{"a":{"maximum":1,"exclusiveMaximum":true}}}|{"a":1}|/a: is not below exclusiveMaximum|{"properties":{"a":{"exclusiveMaximum":null}}}
	{"properties":{"a":{"multipleOf":0.01}}}|{"a":19.999}|/a: is no multiple of multipleOf|{"properties":{"a":{"multipleOf":null}}}
	{"properties":{"a":{"minLength":2}}}|{"a":"é"}|/a: is shorter than minLength|{"properties":{"a":{"minLength":null}}}
	{"properties":{"a":{"maxLength":1}}}|{"a":"\u00e9x"}|/a: is longer than maxLength|{"properties":{"a":{"maxLength":null}}}
	{"properties":{"a":{"pattern":"^b$"}}}|{"a":"ab"}|/a: is not what pattern matches|{"properties":{"a":{"pattern":null}}}
	{"properties":{"a":{"format":"date-time"}}}|{"a":"2026-01-02 03:04:05Z"}|/a: is no date-time|{"properties":{"a":{"format":null}}}
	{"properties":{"a":{"format":"date-time"}}}|{"a":"2026-01-02T03:04:05"}|/a: is no date-time|{"properties":{"a":{"format":null}}}
	{"properties":{"a":{"format":"date"}}}|{"a":"2026-02-29"}|/a: is no date|{"properties":{"a":{"format":null}}}
	{"properties":{"a":{"format":"uuid"}}}|{"a":"x"}|/a: is no uuid|{"properties":{"a":{"format":null}}}
	{"required":["a","b"]}|{"a":1}|: has no b|{"required":["a"]}
	{"required":["a"]}|{}|: has no a|{"required":null}
	{"properties":{"a":{"required":["b","c"]}}}|{"a":{"b":1}}|/a: has no c|{"properties":{"a":{"required":["b"]}}}
	{"properties":{"a":{}},"additionalProperties":false}|{"a":1,"b":2}|: has members that additionalProperties forbids|{"additionalProperties":null}
	{"additionalProperties":{"type":"string"}}|{"some":1}|/*: is integer, not string|{"additionalProperties":{"type":["string","integer"]}}
	{"patternProperties":{"^x/":{"type":"string"}}}|{"x/y":1}|/*: is integer, not string|{"patternProperties":{"^x/":{"type":["string","integer"]}}}
	{"propertyNames":{"maxLength":1}}|{"ab":1}|: has names that propertyNames forbids|{"propertyNames":null}
	{"minProperties":1}|{}|: has fewer members than minProperties|{"minProperties":null}
	{"maxProperties":1}|{"a":1,"b":2}|: has more members than maxProperties|{"maxProperties":null}
	{"dependencies":{"a":["b"],"c":["d"]}}|{"a":1}|: has no b, which dependencies want|{"dependencies":{"a":null}}
	{"properties":{"a":{"items":{"type":"string"}}}}|{"a":["x",null,null]}|/a/*: is null, not string|{"properties":{"a":{"items":{"type":["string","null"]}}}}
	{"properties":{"a":{"items":[{},{"type":"string"}]}}}|{"a":[1,2]}|/a/1: is integer, not string|{"properties":{"a":{"items":[{},{"type":["string","integer"]}]}}}
	{"properties":{"a":{"items":[{}],"additionalItems":false}}}|{"a":[1,2]}|/a/*: is there, which the schema forbids|{"properties":{"a":{"additionalItems":true}}}
	{"properties":{"a":{"minItems":1}}}|{"a":[]}|/a: has fewer items than minItems|{"properties":{"a":{"minItems":null}}}
	{"properties":{"a":{"maxItems":1}}}|{"a":[1,2]}|/a: has more items than maxItems|{"properties":{"a":{"maxItems":null}}}
	{"properties":{"a":{"uniqueItems":true}}}|{"a":[{"b":1,"c":2},{"c":2.0,"b":1}]}|/a: has an item twice, against uniqueItems|{"properties":{"a":{"uniqueItems":null}}}
	{"properties":{"a":{"contains":{"const":1}}}}|{"a":[2]}|/a: has no item as contains wants one|{"properties":{"a":{"contains":null}}}
	{"properties":{"a/b~c":{"type":"string"}}}|{"a/b~c":1}|/a~1b~0c: is integer, not string|{"properties":{"a/b~c":{"type":["string","integer"]}}}
	{"properties":{"a":false}}|{"a":1}|/a: is there, which the schema forbids|{"properties":{"a":true}}
	{"allOf":[{"required":["a"]},{"properties":{"b":{"type":"null"}}}]}|{"a":1,"b":2}|/b: is integer, not null|{"allOf":[{"required":["a"]},{"properties":{"b":{"type":["null","integer"]}}}]}
	{"properties":{"a":{"anyOf":[{"type":"string"},{"type":"integer"}]}}}|{"a":null}|/a: is null, none of anyOf|{"properties":{"a":{"anyOf":[{"type":"string"},{"type":"integer"},{"type":"null"}]}}}
	{"properties":{"a":{"anyOf":[{"type":"null"},{"type":"string","maxLength":1}]}}}|{"a":"xy"}|/a: is longer than maxLength|{"properties":{"a":{"anyOf":[{"type":"null"},{"type":"string"}]}}}
	{"properties":{"a":{"oneOf":[{"type":"null"},{"properties":{"b":{"type":"string"}},"type":"object"}]}}}|{"a":{"b":1}}|/a/b: is integer, not string|{"properties":{"a":{"oneOf":[{"type":"null"},{"properties":{"b":{"type":["string","integer"]}},"type":"object"}]}}}
	{"properties":{"a":{"oneOf":[{"type":"integer"},{"type":"number"}]}}}|{"a":1}|/a: is more than one of oneOf|{"properties":{"a":{"oneOf":null}}}
	{"properties":{"a":{"not":{"type":"integer"}}}}|{"a":1}|/a: is what not forbids|{"properties":{"a":{"not":null}}}
	{"if":{"required":["a"]},"then":{"required":["b"]}}|{"a":1}|: has no b|{"then":{"required":null}}
	{"definitions":{"z":{"type":"string"}},"properties":{"a":{"$ref":"#/definitions/z"}}}|{"a":1}|/a: is integer, not string|{"definitions":{"z":{"type":["string","integer"]}}}
	{"$defs":{"z":{"properties":{"v":{"type":"string"},"z":{"$ref":"#/$defs/z"}}}},"$ref":"#/$defs/z"}|{"z":{"z":{"v":1}}}|/z/z/v: is integer, not string|{"$defs":{"z":{"properties":{"v":{"type":["string","integer"]}}}}}
	X
}

@test "validate: every kind of violation -> its place, and a patch that allows it" {
	local schema doc words patch n=0
	while IFS='|' read -r schema doc words patch; do
		n=$((n + 1))
		stream s$n "$schema"
		document s$n $n "$doc"
		words=${words/: /: 1 document }
		echo "conn-load: stream s$n: ${words#: }; first c:$n; patch $patch" >>want
		echo "$schema" >>schemas
	done < <(cases)
	[ $n -ge 45 ]
	validate 1
	same want err
	# the patch as it is printed makes the document pass
	: >streams
	paste -d'\n' schemas <(patches) | merged >patched
	eq $n "$(wc -l <patched)"
	n=0
	while read -r schema; do
		n=$((n + 1))
		stream s$n "$schema"
	done <patched
	validate 0
	eq '' "$(cat err)"
}

@test "validate: the patch files of a folder -> they allow it, and nothing is lost" {
	local schema doc words patch n=0
	while IFS='|' read -r schema doc words patch; do
		n=$((n + 1))
		stream s$n "$schema"
		document s$n $n "$doc"
	done < <(cases)
	run --separate-stderr conn-load --validate=p c.yml
	check 1
	eq $n "$(find p/streams -name '*.patch.json' | wc -l)"
	config 'patches: p'
	validate 0
	eq '' "$(cat err)"
	# another violation of the same stream is put beside what is there
	document s1 more '{"a":[]}'
	run --separate-stderr conn-load --validate=p c.yml
	check 1
	eq '{"properties":{"a":{"type":["string","null","array"]}}}' \
	    "$(cat p/streams/s1.patch.json)"
	validate 0
}

@test "validate: several types for one oneOf -> patches that go together" {
	stream a '{"definitions":{"m":{"oneOf":[{"type":"string"},{"type":"boolean"}]}},"properties":{"x":{"$ref":"#/definitions/m"},"y":{"$ref":"#/definitions/m"}}}'
	stream b '{"properties":{"x":{"oneOf":[{"type":"integer"},{"type":"string"}]}}}'
	document a 1 '{"x":1,"y":2}'
	document a 2 '{"x":1.5,"y":null}'
	document a 3 '{"x":null,"y":true}'
	document b 4 '{"x":5}'
	document b 5 '{"x":5.5}'
	run --separate-stderr conn-load --validate=p c.yml
	check 1
	eq '{"properties":{"x":{"oneOf":[{"type":"number"},{"type":"string"}]}}}' \
	    "$(cat p/streams/b.patch.json)"
	config 'patches: p'
	validate 0
	eq '' "$(cat err)"
}

@test "validate: the file of a stream takes over what is in the one for all" {
	stream a '{"properties":{"x":{"type":"string"},"y":{"type":"string"}}}'
	document a 1 '{"x":1,"y":1}'
	mkdir -p p/streams
	echo '{"properties":{"x":{"type":"integer"}}}' >'p/streams/*.patch.json'
	config 'patches: p'
	run --separate-stderr conn-load --validate=p c.yml
	check 1
	eq 'conn-load: stream a: /y: 1 document is integer, not string; first c:1; patch {"properties":{"y":{"type":["string","integer"]}}}' "$stderr"
	eq '{"properties":{"x":{"type":"integer"},"y":{"type":["string","integer"]}}}' \
	    "$(cat p/streams/a.patch.json)"
	validate 0
}

@test "validate: a file that is no patch, a name that is no file's -> an error, nothing written" {
	stream a '{"required":["x"]}'
	document a 1 '{}'
	mkdir -p p/streams
	echo '[1' >p/streams/a.patch.json
	run --separate-stderr conn-load --validate=p c.yml
	check 2
	[[ $stderr == *'p/streams/a.patch.json: no JSON object, not changed' ]]
	eq '[1' "$(cat p/streams/a.patch.json)"
	eq 2 "$(tail -n 1 <<<"$output" | jq .status)"
	rm -r p
	sed -i 's/"stream":"a"/"stream":"..\/a"/' streams documents
	run --separate-stderr conn-load --validate=p c.yml
	check 3
	[[ $stderr == *'stream ../a: its name is not that of a file' ]]
	[ ! -e p ] && [ ! -e a.patch.json ]
}

@test "validate: counts documents once a place; the first id; the stream as always" {
	stream a '{"properties":{"t":{"items":{"type":"string"}},"n":{"type":"integer"}}}'
	document a 1 '{"t":["x"],"n":1}'
	document a 2 '{"t":[1,2,3],"n":"x"}'
	document a 3 '{"t":[1],"n":2}'
	document a 4 '{"t":[null]}'
	run -0 --separate-stderr conn-load c.yml
	grep -v '"_ctl"' <<<"$output" >want
	validate 1
	grep -v '"_ctl"' out | same want -
	jq -se 'last | .complete and .status == 1 and .fails == 0' out
	cat >want <<-'X'
	conn-load: stream a: /t/*: 2 documents are integer, not string; first c:2; patch {"properties":{"t":{"items":{"type":["string","integer"]}}}}
	conn-load: stream a: /n: 1 document is string, not integer; first c:2; patch {"properties":{"n":{"type":["integer","string"]}}}
	conn-load: stream a: /t/*: 1 document is null, not string; first c:4; patch {"properties":{"t":{"items":{"type":["string","null"]}}}}
	X
	same want err
	# no value of a document is told
	document a 5 '{"n":"canary"}'
	validate 1
	run ! grep canary err
}

@test "validate: the driver is asked for the streams that are read" {
	stream b '{"required":["x"]}'
	document b 1 '{}'
	config 'streams: [{name: a}, {name: b, table: t}]'
	validate 1 -s b
	eq '["load is not asked",[{"name":"b","table":"t"}]]' \
	    "$(jq -c '["load is not asked", .streams]' asked)"
	run --separate-stderr conn-load c.yml
	check 0
}

@test "validate: rules and map do not matter; normalizations do" {
	stream a '{"properties":{"d":{"format":"date"},"x":{"type":"string"}}}'
	document a 1 '{"d":"2026-01-02T03:04:05Z","x":1}'
	config 'map: ".x = \"y\""' \
	    'rules: [{id: r, order: 1, policy: exclude, field: x, rule: equals, value: "1"}]'
	validate 1
	eq 2 "$(wc -l <err)"
	mkdir -p p/streams
	echo '[{"pointer":"/d","normalization":"datetime_to_date"}]' \
	    >p/streams/a.normalize.json
	config 'patches: p'
	validate 1
	eq 'conn-load: stream a: /x: 1 document is integer, not string; first c:1; patch {"properties":{"x":{"type":["string","integer"]}}}' \
	    "$(cat err)"
}

@test "validate: no schema -> 2; of one stream -> a warning, once" {
	echo '{"stream":"a","id":[],"fields":[]}' >streams
	document a 1 '{}'
	document a 2 '{}'
	validate 2
	eq 'conn-load: c.yml: type told has no schema of its documents; a patch file may give one' \
	    "$(cat err)"
	stream b '{"type":"object"}'
	document other 3 '{}'
	document other 4 '{}'
	validate 0
	cat >want <<-'X'
	conn-load: warning: stream a: has no schema, its documents are not checked
	conn-load: warning: stream other: has no schema, its documents are not checked
	X
	same want err
	mkdir -p p/streams
	echo '{"required":["x"]}' >p/streams/a.patch.json
	config 'patches: p'
	validate 1
	grep -q 'stream a: 2 documents have no x; first c:1; patch {"required":null}' err
}

@test "validate: a schema that is wrong -> 3, or 2 where a patch file made it so" {
	local schema
	document a 1 '{}'
	while IFS='|' read -r schema words; do
		: >streams
		stream a "$schema"
		validate 3
		eq "conn-load: stream a: schema: $words" "$(cat err)"
		eq 3 "$(jq .status out)"
	done <<-'X'
	{"properties":{"x":{"type":"strin"}}}|/properties/x/type: is no type of JSON
	{"properties":[]}|/properties: is no mapping of schemas
	{"properties":{"x":1}}|/properties/x: is no schema
	{"required":"x"}|/required: is no list of names
	{"properties":{"x":{"minLength":-1}}}|/properties/x/minLength: is no count
	{"properties":{"x":{"minimum":"1"}}}|/properties/x/minimum: is no number
	{"allOf":[]}|/allOf: is no list of schemas
	{"enum":1}|/enum: is no list
	{"pattern":"("}|/pattern: no regular expression: end pattern with unmatched parenthesis
	X
	: >streams
	stream a '{}'
	mkdir -p p/streams
	echo '{"type":"x"}' >p/streams/a.patch.json
	config 'patches: p'
	validate 2
	[[ $(cat err) == *'p/streams/a.patch.json:'*'type: is no type of JSON' ]]
}

@test "validate: what lies outside the schema -> a warning, the rest is checked" {
	stream a '{"properties":{"x":{"$ref":"https://example.com/x.json"},"y":{"$ref":"#/no"},"z":{"type":"string"}}}'
	document a 1 '{"x":1,"y":1,"z":1}'
	document a 2 '{"x":1,"y":1,"z":"z"}'
	validate 1
	sed 's/is not followed, what it describes is not checked/not followed/' err >got
	cat >want <<-'X'
	conn-load: warning: stream a: schema: /properties/x: $ref https://example.com/x.json: not followed
	conn-load: warning: stream a: schema: /properties/y: $ref #/no: not followed
	conn-load: stream a: /z: 1 document is integer, not string; first c:1; patch {"properties":{"z":{"type":["string","integer"]}}}
	X
	same want got
}

@test "validate: schemas without an end, patterns that take for ever -> no hang" {
	stream a '{"$ref":"#"}'
	stream b '{"allOf":[{"$ref":"#"},{"$ref":"#"}]}'
	stream c '{"properties":{"x":{"pattern":"^(a|a)*$"}}}'
	document a 1 '{}'
	document b 2 '{}'
	document c 3 "{\"x\":\"$(printf 'a%.0s' {1..60})b\"}"
	validate 1
	grep -qx 'conn-load: warning: stream b: the schema goes too deep; some .* not checked' err
	grep -q 'stream c: /x: 1 document is not what pattern matches' err
}

@test "validate: a patch too long for a line -> said, and in the file whole" {
	local props
	props=$(for i in {1..60}; do printf '"enumerated member %s",' $i; done)
	stream a "{\"required\":[${props%,},\"x\"]}"
	document a 1 "{$(for i in {1..60}; do printf '"enumerated member %s":0,' $i; done)\"y\":1}"
	run --separate-stderr conn-load --validate=p c.yml
	check 1
	eq 'conn-load: stream a: 1 document has no x; first c:1; patch too long for a line, see'\
' --validate=DIR' "$stderr"
	eq 60 "$(jq '.required | length' p/streams/a.patch.json)"
}

@test "validate: usage; a type that cannot tell its streams" {
	run --separate-stderr conn-load --validate= c.yml
	check 2
	eq 'conn-load: --validate: the name of DIR is empty' "$stderr"
	run --separate-stderr conn-load --validate --confirm c.yml </dev/null
	check 2
	[[ $stderr == *'--confirm goes with none of -i -l -r -s and --validate' ]]
	sed -i 's/,"discover"//' bin/conn-source-told
	validate 2
	eq 'conn-load: c.yml: type told cannot tell its streams, so there is no schema' "$(cat err)"
}

@test "validate: a real database: what SQLite lets into a column" {
	sqlite3 a.db "create table t(k integer primary key, n int not null,
	    s varchar(3), r real);
	insert into t values(1,'abc','x',1),(2,2.5,null,9e999),(3,1 << 60,'y','?')"
	printf '%s\n' 'name: c' 'source: {type: sqlite, path: a.db}' >c.yml
	echo 'streams: [{name: x, table: t}]' >>c.yml
	run --separate-stderr conn-load --validate=p c.yml
	check 1
	cat >want <<-'X'
	conn-load: stream x: /n: 1 document is not what pattern matches; first c:x/1; patch {"properties":{"n":{"pattern":null}}}
	conn-load: stream x: /n: 1 document is number, not integer or string; first c:x/2; patch {"properties":{"n":{"type":["number","string"]}}}
	conn-load: stream x: /r: 1 document is not what pattern matches; first c:x/3; patch {"properties":{"r":{"pattern":null}}}
	X
	printf '%s\n' "$stderr" | same want -
	echo 'patches: p' >>c.yml
	validate 0
}

@test "validate: a published connector whose schema is made wrong on purpose" {
	[ -n "${CONN_LONG-}" ] || skip 'takes a minute; CONN_LONG runs it'
	server_start airbyte "$BATS_FILE_TMPDIR/airbyte"
	PATH=$URL:$PATH
	example conn-source-airbyte.7 1 | sed 's/count: 1000/count: 20/' >c.yml
	validate 0
	mkdir -p p/streams
	echo '{"properties":{"age":{"type":"string"},"address":{"properties":{"city":{"maxLength":0}}}}}' \
	    >p/streams/users.patch.json
	echo 'patches: p' >>c.yml
	validate 1
	cat >want <<-'X'
	conn-load: stream users: /age: 20 documents are integer, not string; first people:users/1; patch {"properties":{"age":{"type":["string","integer"]}}}
	conn-load: stream users: /address/city: 20 documents are longer than maxLength; first people:users/1; patch {"properties":{"address":{"properties":{"city":{"maxLength":null}}}}}
	X
	sort err | same <(sort want) -
}

@test "validate: the test suite of JSON Schema, draft 7, each with its patch" {
	server_start jsonschema "$BATS_FILE_TMPDIR/jsonschema"
	cd "$URL"
	run "$CONN_BUILD/tests/schematool" ./*.json \
	    optional/format/{date,date-time,time,ipv4,ipv6}.json
	echo "$output"
	check 0
	[[ ${lines[-1]} =~ ^([0-9]+)' cases, '([0-9]+)' unknown, 0 wrong'$ ]]
	[ "${BASH_REMATCH[1]}" -ge 600 ] && [ "${BASH_REMATCH[2]}" -le 15 ]
}
