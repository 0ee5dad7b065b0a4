#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# conn-spec: the list of types, schemas, templates, forms, streams.
load helper
load drivers

# A driver whose schema has one of everything.
demo() {
	cat >spec.json <<-'X'
	{"type":"demo","title":"Demo <b>&","verbs":["load","discover"],
	"schema":{"type":"object","required":["path","token","auth"],"properties":{
	"include":{"type":"array","items":{"type":"string"},"default":["**"],
	"description":"What is taken.\nsource: evil\n\u001b[31mred"},
	"path":{"type":"string","format":"path","title":"Folder"},
	"token":{"type":"string","secret":true},
	"mode":{"enum":["a","\"><script>"],"default":"a"},
	"max":{"type":"integer","minimum":1,"maximum":9},
	"auth":{"type":"object","required":["user"],"properties":
	{"user":{"type":"string"},"realm":{"type":"string"}}},
	"more":{"type":"object","properties":{"x":{"type":"boolean","default":true}}},
	"headers":{"type":"array","items":{"type":"object","required":["k"],
	"properties":{"v":{"type":"string"},"k":{"type":"string"}}}}}},
	"streams":{"type":"object","properties":{"table":{"type":"string"}}}}
	X
	driver demo "case \$1 in
	spec) cat $BATS_TEST_TMPDIR/spec.json;;
	discover) cat >$BATS_TEST_TMPDIR/request
		cat $BATS_TEST_TMPDIR/streams;;
	esac"
}

# plain TYPE: the least that a driver can be.
plain() {
	driver "$1" <<-X
	echo '{"type":"$1","schema":{},"verbs":["load"]}'
	X
}

@test "spec: no operand -> every type in every folder" {
	demo
	run --separate-stderr conn-spec
	check 0
	eq "" "$stderr"
	eq '{"type":"demo","title":"Demo <b>&","verbs":["load","discover"]}' \
		"$(grep '"demo"' <<<"$output")"
	grep -q '^{"type":"directory",' <<<"$output"
	eq "$(LC_ALL=C sort <<<"$output")" "$output"
}

@test "spec: a driver without title -> its type is its title" {
	plain plain
	run --separate-stderr conn-spec
	check 0
	grep -qxF '{"type":"plain","title":"plain","verbs":["load"]}' <<<"$output"
}

@test "spec: a broken driver -> message, 3, the others are listed" {
	demo
	driver broken 'echo "{"'
	driver broken2 'exit 1'
	run --separate-stderr conn-spec
	check 3
	grep -q '^{"type":"demo",' <<<"$output"
	grep -q '^conn-spec: driver broken: spec: ' <<<"$stderr"
	grep -q '^conn-spec: driver broken2: ' <<<"$stderr"
	run ! grep -q broken <<<"$output"
}

@test "spec: a driver that others may write -> 3, and never run" {
	demo
	driver open "touch $BATS_TEST_TMPDIR/ran"
	chmod 777 "$CONN_DRIVER_PATH/conn-source-open"
	run --separate-stderr conn-spec open
	check 3
	[[ $stderr == *"conn-source-open: writable by others; chmod go-w it" ]]
	[ ! -e ran ]
}

@test "spec: TYPE -> its schema as it is" {
	demo
	run --separate-stderr conn-spec demo
	check 0
	eq "" "$stderr"
	eq "$(jq -cS .schema spec.json)" "$(jq -cS . <<<"$output")"
	eq 1 "${#lines[@]}"
}

@test "spec: our own driver cannot be shadowed" {
	plain directory
	run --separate-stderr conn-spec directory
	check 0
	[ "$output" != "{}" ]
}

@test "spec: unknown TYPE -> 2 and the nearest one" {
	demo
	run --separate-stderr conn-spec dmeo
	check 2
	eq "" "$output"
	eq "conn-spec: unknown type dmeo, did you mean demo" "$stderr"
	run --separate-stderr conn-spec Demo
	check 2
	eq "conn-spec: not a type of source: Demo" "$stderr"
	run --separate-stderr conn-spec ../demo
	check 2
	eq "conn-spec: ../demo: No such file or directory" "$stderr"
}

@test "spec: a relative folder in CONN_DRIVER_PATH -> 2" {
	CONN_DRIVER_PATH=rel run --separate-stderr conn-spec demo
	check 2
	eq "conn-spec: CONN_DRIVER_PATH: rel: not an absolute folder" "$stderr"
}

# fill FILE: gives the template's empty keys values.
fill() {
	sed -i -e 's|^\( *path:\)$|\1 /srv|' -e 's|^\( *user:\)$|\1 me|' \
		-e 's|^\( *realm:\)$|\1 r|' -e 's|^\( *max:\)$|\1 3|' \
		-e 's|^\( *- [a-z]*:\)$|\1 x|' \
		-e 's|^\( *[vt][able]*:\)$|\1 x|' "$1"
}

@test "spec: template, filled in -> a config that is accepted" {
	demo
	echo '{"stream":"s","id":["a"],"fields":[]}' >streams
	conn-spec -t demo >wiki.yml
	run --separate-stderr conn-spec -D wiki.yml
	check 2
	[[ $stderr == *"wiki.yml:"*": source.path: "* ]]
	fill wiki.yml
	DEMO_TOKEN=secret1 run --separate-stderr conn-spec -D wiki.yml
	check 0
	eq "" "$stderr"
	eq '["**"]' "$(jq -c .source.include request)"
	eq secret1 "$(jq -r .source.token request)"
}

@test "spec: template with every comment sign gone -> still a config" {
	demo
	echo '{"stream":"s","id":["a"],"fields":[]}' >streams
	conn-spec --template demo >wiki.yml
	for _ in 1 2 3; do
		sed -i 's/^\( *\)#\(\(  \)*[-#a-z]\)/\1\2/' wiki.yml
	done
	fill wiki.yml
	DEMO_TOKEN=secret1 run --separate-stderr conn-spec -D wiki.yml
	check 0
	eq '{"x":true}' "$(jq -c .source.more request)"
	eq '[{"k":"x","v":"x"}]' "$(jq -c .source.headers request)"
	eq '[]' "$(jq -c .streams request)"
}

@test "spec: template -> text of the driver stays in its comments" {
	demo
	conn-spec -t demo >out
	grep -q '^  # source: evil$' out
	grep -q '^  # \\x1b\[31mred$' out
	[ "$(grep -c '^[a-z]' out)" -eq 1 ]
	[ "$(awk 'length > 80' out | wc -l)" -eq 0 ]
}

@test "spec: html -> one well-formed page, everything escaped, no script" {
	demo
	run --separate-stderr conn-spec --html demo
	check 0
	eq "" "$stderr"
	[[ ${output,,} != *"<script"* ]]
	grep -qF '<h1>Demo &lt;b&gt;&amp;</h1>' <<<"$output"
	grep -q 'name="source.auth.user" required' <<<"$output"
	grep -q 'type="password"[^>]* name="source.token" required' <<<"$output"
	grep -q 'type="number"[^>]* min="1" max="9"' <<<"$output"
	grep -qF '<option selected>a</option>' <<<"$output"
	printf '%s\n' "$output" >page.html
	python3 "$ROOT/tests/form-check.py" spec.json page.html >names
	eq 10 "$(wc -l <names)"
}

# config: one that the demo driver takes.
config() {
	echo 'source: {type: demo, path: ., token: {env: T}, auth: {user: u}}' \
		>c.yml
}

@test "spec: new -> a connector of that name, no line too wide" {
	run --separate-stderr conn-spec --new tickets
	check 0
	eq '' "$stderr"
	grep -qx 'title: tickets' <<<"$output"
	[[ $output != *NAME* ]]
	eq 0 "$(awk 'length > 80' <<<"$output" | wc -l)"
}

@test "spec: prelude -> jq that is read as it stands" {
	run --separate-stderr conn-spec --prelude
	check 0
	eq '' "$stderr"
	eq '{"query":{"page":3}}' "$(jq -nc --argjson q '{"page":2}' --argjson n 5 \
		"def _epoch_ms: .; def _time: .; $output
		pages(\"page\")")"
}

@test "spec: discover -> the driver's lines, as they are" {
	demo
	cat >streams <<-'X'
	{"stream":"s", "id":["a"],"fields":[]}
	{"stream":"t","id":[],"timestamp":"u","fields":[{"name":"u","type":"x"}],"a":1}
	X
	cp streams want
	config
	T=secret1 run --separate-stderr conn-spec -v -D c.yml
	check 0
	eq "$(cat want)" "$output"
	eq "conn-spec: 2 streams" "$stderr"
	eq "$BATS_TEST_TMPDIR" "$(jq -r .source.path request)"
}

@test "spec: discover, a wrong line -> 3 with its number" {
	demo
	printf '%s\n' '{"stream":"s","id":["a"],"fields":[]}' '{"stream":1}' \
		>streams
	config
	T=secret1 run --separate-stderr conn-spec -D c.yml
	check 3
	eq "conn-spec: driver demo line 2: stream is missing or not a string" \
		"$stderr"
}

@test "spec: discover on a type that cannot -> 2" {
	plain plain
	echo 'source: {type: plain}' >c.yml
	run --separate-stderr conn-spec -D c.yml
	check 2
	eq "conn-spec: c.yml: type plain cannot tell its streams" "$stderr"
}

@test "spec: discover on an unknown type -> 2 with the place" {
	demo
	printf 'source:\n  type: dem\n' >c.yml
	run --separate-stderr conn-spec -D c.yml
	check 2
	eq "c.yml:2:9: source.type: unknown type dem, did you mean demo" \
		"${stderr#conn-spec: }"
}

@test "spec: wrong usage -> 2 and one line" {
	for args in '-t' '-H' '-t -H demo' 'a b' '-D c.yml x' '-D' '--disc c' \
		'-q' '-N' '-N a b' '-N Shop' '--prelude a' '--prelude -t demo'; do
		# shellcheck disable=SC2086
		run --separate-stderr conn-spec $args
		check 2
		eq "" "$output"
		eq 1 "${#stderr_lines[@]}"
	done
}

# asks COMMAND...: after it, the driver is run for its spec; never otherwise.
asks() {
	"$@"
	rm -f asked
	bin/conn-spec file >got
	same "$want" got
	[ -e asked ]
}

@test "spec: of the tools' own -> as kept, unless that is old, damaged, another's" {
	local kept=libexec/conn/specs/file.json want=said
	cp -r "$CONN_BUILD/bin" "$CONN_BUILD/libexec" .
	conn-spec file >said
	rm libexec/conn/conn-source-file
	printf '#!/bin/sh\ntouch %q\nexec %q "$@"\n' "$PWD/asked" \
	    "$CONN_BUILD/libexec/conn/conn-source-file" \
	    >libexec/conn/conn-source-file
	chmod 755 libexec/conn/conn-source-file
	cp "$kept" good
	touch "$kept"
	bin/conn-spec file >got
	same said got
	[ ! -e asked ]
	asks touch -d '-1 hour' "$kept"
	asks cp libexec/conn/specs/sqlite.json "$kept"
	head -c 99 good >part
	asks cp part "$kept"
	asks cp /dev/null "$kept"
	cp good "$kept"
	asks chmod g+w "$kept"
	asks rm "$kept"
	asks mkdir "$kept"
}

@test "spec: full disk -> 3; no reader -> 141" {
	demo
	run --separate-stderr sh -c 'conn-spec demo >/dev/full'
	check 3
	[[ $stderr == "conn-spec: stdout: "* ]]
	driver late "until [ -e $BATS_TEST_TMPDIR/gone ]; do sleep 0.02; done
	echo '{\"type\":\"late\",\"schema\":{},\"verbs\":[\"load\"]}'"
	# shellcheck disable=SC2016
	run --separate-stderr bash -c 'conn-spec late |
		{ exec <&-; touch gone; }; echo ${PIPESTATUS[0]}'
	eq 141 "$output"
	eq "" "$stderr"
}

@test "spec: help and version" {
	run --separate-stderr conn-spec --help
	check 0
	[[ $output == "Usage: conn-spec "* ]]
	run --separate-stderr conn-spec -V
	check 0
	[[ ${lines[0]} == "conn-spec (conn) "* ]]
}
