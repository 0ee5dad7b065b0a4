# SPDX-License-Identifier: MIT
# conn-patches(5): the folder, the spec, the settings.
load helper
load drivers

prepare() {
	mkdir -p p/streams
	sqlite3 s.db "create table t(a integer primary key, b text);
	    insert into t values (1, 'x'), (2, 'y')"
	printf 'patches: p\nsource:\n  type: sqlite\n  path: s.db\n' >c.yml
}

documents() { jq -c 'select(has("_ctl") | not)' <<<"$output"; }

# moved: the path of a database is asked for as database.file.
moved() {
	cat >p/spec.patch.json <<-'X'
	{"title": "A shop",
	 "required": ["database"],
	 "properties": {
	  "path": null,
	  "database": {"type": "object", "required": ["file"],
	   "properties": {"file": {"type": "string"}}}}}
	X
	echo '{"/path": "/database/file"}' >p/spec.map.json
	printf 'patches: p\nsource:\n  type: sqlite\n  database: {file: %s}\n' \
	    "${1-s.db}" >c.yml
}

# refused LINE: conn-load of c.yml says just this; nothing is started.
refused() {
	run --separate-stderr conn-load c.yml
	check 2
	eq "conn-load: $1" "$stderr"
	eq "$1" "$(jq -r .message <<<"$output")"
}

# a driver that shows what it is given
shown() {
	cat >spec.json <<-'X'
	{"type":"shown","verbs":["load"],"schema":{"properties":{
	"user":{"type":"string"},"url":{"type":"string"},
	"host":{"type":"string"},"port":{"type":"integer","default":7},
	"token":{"type":"string","secret":true},
	"file":{"type":"string","format":"path"},
	"options":{"type":"object"}}},
	"documentationUrl":"https://docs.example/shown",
	"oauth2":{"provider":"own"}}
	X
	driver shown <<-X
	if [ "\$1" = spec ]; then cat "$PWD/spec.json"; exit; fi
	cat >"$PWD/request"
	X
	printf 'patches: p\nsource:\n  type: shown\n%s\n' "$1" >c.yml
	chmod 600 c.yml
}

given() { jq -Sc '.source | del(.timeout, .overlap, .retry, .type)' request; }

@test "patches: an empty folder -> as without it" {
	run -0 --separate-stderr conn-load c.yml
	eq "" "$stderr"
	eq 2 "$(documents | wc -l)"
}

@test "patches: what else lies in such a folder is passed over" {
	touch p/Dockerfile p/README.md p/.dockerignore p/streams/.hidden
	run -0 --separate-stderr conn-load c.yml
}

@test "patches: a setting is asked for elsewhere -> the driver gets it" {
	moved
	run -0 --separate-stderr conn-load c.yml
	eq '{"_id":"c:t/1","_stream":"t","a":1,"b":"x"}' \
	    "$(documents | head -n 1)"
	run -0 --separate-stderr conn-check c.yml
	run -0 --separate-stderr conn-sync c.yml
	run -0 --separate-stderr conn-sync -v c.yml
	[[ $stderr == *'conn-bulk: 0 indexed'* ]]
}

@test "patches: the example of the manual" {
	mkdir shop
	mv s.db shop.db
	example conn-patches.5 1 >shop/spec.patch.json
	example conn-patches.5 2 >shop/spec.map.json
	example conn-patches.5 3 >shop.yml
	mkdir shop/streams
	example conn-patches.5 4 >shop/streams/orders.normalize.json
	sqlite3 shop.db "create table orders(id integer primary key, created);
	    insert into orders values (7, 1600000000)"
	run -0 --separate-stderr conn-check shop.yml
	run -0 --separate-stderr conn-load shop.yml
	eq 3 "$(documents | wc -l)"
	documents | grep -qx '{"_id":"shop:orders/7","_stream":"orders","id":7,"created":"2020-09-13T12:26:40Z"}'
}

@test "patches: what is wrong then has the place of the config" {
	moved
	sed -i 's/file: s.db/fil: s.db/' c.yml
	refused 'c.yml:4:13: source.database: file is missing'
	sed -i 's/{fil: s.db}/{file: [s]}/' c.yml
	refused 'c.yml:4:20: source.database.file: must be a string, not a list'
	moved "''"
	refused 'c.yml:4:20: source.path: must not be empty'
	printf 'patches: p\nsource:\n  type: sqlite\n  path: s.db\n' >c.yml
	refused 'c.yml:4:3: source.path: unknown key'
}

@test "patches: the settings of drivers of every kind are patched" {
	cat >p/spec.patch.json <<-'X'
	{"properties": {"place": {"type": "string"}}}
	X
	for type in directory:path postgresql:url rest:url confluence:site; do
		key=${type#*:} type=${type%:*}
		echo "{\"/$key\": \"/place\"}" >p/spec.map.json
		conn-spec "$type" >own
		[ "$(jq "has(\"properties\") and (.properties | has(\"$key\"))" own)" \
		    = true ] || continue
		run -0 --separate-stderr conn-spec -p p "$type"
		eq string "$(jq -r .properties.place.type <<<"$output")"
		eq "$(jq -c .properties own)" \
		    "$(jq -c '.properties | del(.place)' <<<"$output")"
	done
	eq directory "$(conn-spec | jq -r .type | grep -x directory)"
}

@test "patches: two settings change places, a missing one is passed over" {
	shown $'  user: a\n  host: b'
	cat >p/spec.map.json <<-'X'
	{"/user": "/host", "/host": "/user", "/url": "/options/url", "": "/port"}
	X
	run -0 --separate-stderr conn-load c.yml
	eq '{"host":"a","port":7,"user":"b"}' "$(given)"
}

@test "patches: ~0 and ~1, what is emptied goes, what is not stays" {
	shown $'  options: {a/b: {c~d: x}, kept: 1}'
	cat >p/spec.map.json <<-'X'
	{"/user": "/options/a~1b/c~0d"}
	X
	run -0 --separate-stderr conn-load c.yml
	eq '{"options":{"kept":1},"port":7,"user":"x"}' "$(given)"
}

@test "patches: a way through a list -> 2" {
	shown '  options: {l: [x]}'
	echo '{"/user": "/options/l/0"}' >p/spec.map.json
	refused "$PWD/p/spec.map.json:1:11: goes through a setting that is no mapping"
}

@test "patches: a secret that is moved -> fetched once, shown nowhere" {
	shown $'  auth: {token: {env: CANARY}, key: {env: CANARY}}'
	cat >p/spec.patch.json <<-'X'
	{"properties": {"auth": {"type": "object", "properties": {
	 "token": {"type": "string", "airbyte_secret": true},
	 "key": {"type": "string", "secret": true}}}}}
	X
	echo '{"/token": "/auth/token", "/user": "/auth/key"}' >p/spec.map.json
	export CANARY=c4n4ry-s3cr3t
	run -0 --separate-stderr conn-load -vv c.yml
	[[ $stderr$output != *c4n4ry* ]]
	eq '{"port":7,"token":"c4n4ry-s3cr3t","user":"c4n4ry-s3cr3t"}' "$(given)"
	run -0 --separate-stderr conn-check -n c.yml
	# the plan of conn-sync fetches none; another secret is no other config
	run -0 --separate-stderr conn-sync c.yml
	run -0 --separate-stderr conn-load c.yml
	one=$(head -n 1 <<<"$output" | jq -r .config)
	CANARY=another-canary
	run -0 --separate-stderr conn-load c.yml
	eq "$one" "$(head -n 1 <<<"$output" | jq -r .config)"
	unset CANARY
	refused 'c.yml:4:17: source.auth.token: environment variable CANARY is not set'
}

@test "patches: a moved secret over plain http, or in a file for all -> 2" {
	shown $'  auth: {token: x-y-z}\n  url: http://db.example/'
	cat >p/spec.patch.json <<-'X'
	{"properties": {"auth": {"properties": {"token": {"secret": true}}}}}
	X
	echo '{"/user": "/auth/token"}' >p/spec.map.json
	refused "c.yml:5:8: source.url: credentials would go over http in the clear;$(
	    ) use https, or set allow_http: true"
	chmod 644 c.yml
	refused "c.yml:4:17: source.auth.token: a secret in a file that others$(
	    ) can read: chmod 600, or {env: NAME}"
}

@test "patches: a default that a patch sets -> given to the driver" {
	shown '  user: a'
	echo '{"properties": {"port": {"default": 9}}}' >p/spec.patch.json
	run -0 --separate-stderr conn-load c.yml
	eq '{"port":9,"user":"a"}' "$(given)"
}

@test "patches: documentation and oauth2 -> shown by conn-spec" {
	shown ''
	run -0 --separate-stderr conn-spec -p p shown
	eq '"https://docs.example/shown" {"provider":"own"}' \
	    "$(jq -c '.documentationUrl, .oauth2' <<<"$output" | paste -sd' ')"
	echo '{}' >p/documentation_url.patch.json
	run -0 --separate-stderr conn-spec -p p shown
	eq https://docs.example/shown "$(jq -r .documentationUrl <<<"$output")"
	echo '{"documentation_url": "https://go.example/"}' \
	    >p/documentation_url.patch.json
	echo '{"provider": "", "accessTokenBody": {}}' >p/oauth2.patch.json
	run -0 --separate-stderr conn-spec -p p shown
	eq '"https://go.example/" {"provider":"","accessTokenBody":{}}' \
	    "$(jq -c '.documentationUrl, .oauth2' <<<"$output" | paste -sd' ')"
	run -0 --separate-stderr conn-spec -t -p p shown
	run -2 --separate-stderr conn-spec -p p
	run -2 --separate-stderr conn-spec -p none shown
	eq "conn-spec: $PWD/none: No such file or directory" "$stderr"
}

@test "patches: an interval where the config has none" {
	echo 1440.5 >p/run_interval_minutes.json
	run -0 --separate-stderr conn-sync c.yml
	run -75 --separate-stderr conn-sync -v c.yml
	[[ $stderr == *'interval is 86430 s'* ]]
	# a start that did not succeed does not count
	mv s.db away.db
	echo 'interval: 0s' >>c.yml
	run -3 --separate-stderr conn-sync c.yml
	sed -i /interval/d c.yml
	rm -r state
	run -3 --separate-stderr conn-sync c.yml
	mv away.db s.db
	run -0 --separate-stderr conn-sync c.yml
}

@test "patches: what decides which documents there are is in the digest" {
	digest() { conn-load c.yml | head -n 1 | jq -r .config; }
	one=$(digest)
	sed -i /patches/d c.yml
	two=$(digest)
	[ "$one" != "$two" ]
	sed -i '1i patches: p' c.yml
	echo 5 >p/run_interval_minutes.json
	echo '{}' >p/oauth2.patch.json
	eq "$one" "$(digest)"
	echo '{"/path": "/path"}' >p/spec.map.json
	[ "$one" != "$(digest)" ]
}

# broken FILE TEXT MESSAGE: with its place in that file.
broken() {
	printf '%s' "$2" >"p/$1"
	refused "$PWD/p/$1$3"
	rm "p/$1"
}

@test "patches: a file that is wrong -> one line with its place, 2" {
	broken spec.patch.json '{"a":' ':1:6: JSON cut short'
	broken spec.patch.json $'{"a": 1,\n "a": 2}' \
	    ':2:2: a: this key stands twice'
	broken spec.patch.json '[]' ':1:1: must be a mapping, not a list'
	broken spec.patch.json $'{"properties":\n {"x": 1}}' \
	    ':2:8: x: is no schema, but a number'
	broken spec.patch.json '{"properties": {"path": {"type": "text"}}}' \
	    ':1:34: type: is no type of JSON'
	broken spec.patch.json '{"properties": {"path": {"pattern": "("}}}' \
	    ':1:37: pattern: is wrong: end pattern with unmatched parenthesis'
	broken spec.patch.json '{"properties": {"path": {"default": 1, "minLength": true}}}' \
	    ':1:53: minLength: must be an integer, not true'
	broken spec.patch.json '{"properties": {"x": {"type": "integer", "default": "y"}}}' \
	    ':1:53: default: must be an integer, not a string'
	broken spec.patch.json '{"required": "path"}' \
	    ':1:14: required: must be a list, not a string'
	broken spec.map.json '["/a"]' ':1:1: must be a mapping, not a list'
	broken spec.map.json '{"/path": 1}' \
	    ':1:11: must be a pointer, not a number'
	broken spec.map.json '{"/path": ""}' ':1:11: points at everything'
	broken spec.map.json '{"/path": "/a~b"}' \
	    ':1:11: no pointer: ~ stands before something else than 0 or 1'
	broken spec.map.json $'{\n "/pth": "/path"}' \
	    ':2:2: points nowhere: the driver has no setting pth'
	broken spec.map.json '{"/path": "/pth"}' \
	    ':1:11: points nowhere: a config has no setting pth'
	broken spec.map.json '{"": "/path/x"}' \
	    ':1:6: points nowhere: a config has no setting x'
	broken oauth2.patch.json '"x"' ':1:1: must be a mapping, not a string'
	broken documentation_url.patch.json '{"documentation_url": 1}' \
	    ':1:23: must be a URL, not a number'
	broken run_interval_minutes.json '"30"' \
	    ':1:1: must be a number of minutes, from 0 to 5256000'
	broken run_interval_minutes.json -1 \
	    ':1:1: must be a number of minutes, from 0 to 5256000'
	broken omitted_streams.json '{}' ':1:1: must be a list, not a mapping'
	broken selected_streams.json '["a", 1]' \
	    ':1:7: must be the name of a stream, not a number'
	broken selected_streams.json '["a", "a"]' ':1:7: a stands twice'
	broken schema_normalizations.json '["date-to-datetme"]' \
	    ':1:2: unknown normalization of schemas, did you mean date-to-datetime'
	broken streams/t.pk.json '"a"' ':1:1: must be a list, not a string'
	broken streams/t.pk.json '[]' ':1:1: must not be empty'
	broken streams/t.pk.json '["a", ["b"]]' \
	    ':1:7: must be a pointer to a field, not a list'
	broken streams/t.patch.json 'true' \
	    ':1:1: must be a mapping, not true'
	broken streams/t.normalize.json '[{"pointer": "/a"}]' \
	    ':1:2: normalization is missing'
	broken streams/t.normalize.json '[{"pointer": "/a", "normalisation": "x"}]' \
	    ':1:20: normalisation: unknown key, did you mean normalization'
	broken streams/t.normalize.json '[{"pointer": "/a", "normalization": "date"}]' \
	    ':1:37: unknown normalization'
	broken streams/t.normalize.json '[{"pointer": "", "normalization": "rfc3339"}]' \
	    ':1:14: no pointer into a document'
	broken spec.pach.json '{}' \
	    ': unknown name of a patch file, did you mean spec.patch.json'
	broken streams/t.json '{}' \
	    ": unknown name of a patch file; it must end in .patch.json,$(
	    ) .pk.json or .normalize.json"
	run -0 conn-load c.yml
}

@test "patches: a folder or file that cannot be read -> 2" {
	sed -i 's/patches: p/patches: q/' c.yml
	refused "c.yml:1:10: patches: $PWD/q: No such file or directory"
	touch q
	refused "c.yml:1:10: patches: $PWD/q: not a folder"
	sed -i 's/patches: q/patches: p/' c.yml
	mkdir p/spec.patch.json
	refused "$PWD/p/spec.patch.json: Is a directory"
}
