#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# conn-spec --html: the form that a spec makes.
load helper
load drivers
load servers

form_check() { python3 "$ROOT/tests/form-check.py" "$@"; }

# One of everything that a connector of Airbyte may ask for.
everything() {
	cat >made.json <<-'X'
	{"documentationUrl":"https://docs.example.org/x","connectionSpecification":{
	"$schema":"http://json-schema.org/draft-07/schema#","title":"Every <b>thing</b>",
	"type":"object","required":["host","how","since","nested","key","kinds"],
	"groups":[{"id":"auth","title":"Who <i>"},{"id":"late","title":"Later"},
	{"id":"none","title":"Nobody is here"}],
	"definitions":{"a/b":{"type":"integer","minimum":1,"maximum":65535,"default":80},
	"loop":{"type":"object","properties":{"more":{"$ref":"#/definitions/loop"}}}},
	"properties":{
	"last":{"type":"string","order":9,"title":"Z"},
	"host":{"type":"string","order":1,"pattern":"^[a-z.]+$","pattern_descriptor":"a.b",
	"examples":["a.example.org","\"><script>alert(1)</script>"],
	"description":"@"},
	"port":{"$ref":"#/definitions/a~1b","order":2,"always_show":true},
	"how":{"type":"object","order":3,"group":"auth","title":"How","oneOf":[
	{"title":"OAuth","required":["kind","id"],"properties":{"kind":{"const":"oauth","order":0},
	"id":{"type":"string"},"secret":{"type":"string","airbyte_secret":true}}},
	{"title":"Key","required":["kind","pem"],"properties":{"kind":{"const":"key"},
	"pem":{"type":"string","airbyte_secret":true,"multiline":true}}},
	{"title":"None","properties":{"kind":{"const":"none"}}}]},
	"maybe":{"type":"object","title":"Maybe","default":{"m":"b"},"oneOf":[
	{"title":"A","properties":{"m":{"type":"string","enum":["a"]},"x":{"type":"string"}}},
	{"title":"B","properties":{"m":{"type":"string","enum":["b"]},"x":{"type":"number"}}}]},
	"perhaps":{"type":"object","oneOf":[{"title":"P","required":["p"],"properties":
	{"p":{"type":"boolean"}}},{"title":"Q","properties":{"q":{"type":"string"}}}]},
	"since":{"type":"string","format":"date-time","group":"late"},
	"day":{"type":["null","string"],"format":"date","group":"late"},
	"key":{"type":"string","airbyte_secret":true,"default":"hunter2","group":"auth"},
	"text":{"type":"string","multiline":true,"default":"a\n</textarea><script>"},
	"flag":{"type":"boolean","default":true},
	"fixed":{"type":"string","const":"it"},
	"secretly":{"type":"string","airbyte_hidden":true,"default":"v"},
	"never":{"type":"string","airbyte_hidden":true},
	"one":{"anyOf":[{"type":"null"},{"type":"integer"}],"title":"Optional"},
	"level":{"oneOf":[{"const":1,"title":"Low"},{"const":2,"title":"High"}],"default":2},
	"kinds":{"type":"array","items":{"type":"string","enum":["x","y"]},"default":["y"]},
	"tags":{"type":"array","items":{"type":"string"}},
	"lists":{"type":"array","items":{"type":"object","required":["name"],"properties":
	{"name":{"type":"string"},"token":{"type":"string","airbyte_secret":true}}}},
	"free":{"type":"object"},"tree":{"$ref":"#/definitions/loop"},
	"nested":{"type":"object","required":["in"],"properties":{
	"in":{"type":"string"},"out":{"type":"object","required":["deep"],
	"properties":{"deep":{"type":"integer"}}}}}}}}
	X
	cat >words <<-'X'
	See [the docs](https://example.org/?a=1&b="2),
	<a href='http://example.org/x' onclick="x()">here</a>,
	<a href="javascript:alert(1)">there</a>,
	[bad](javascript:x),
	<script>x</script>,
	<b>bold</b>,
	`a<b`,
	**s** &lt;p&gt; & <img src=x onerror=y> <em>open
	X
	jq --rawfile d words '.connectionSpecification.properties.host.description = $d' \
	    made.json >spec.json
}

# The loop goes eight levels deep, then it is JSON; python knows no such end.
finite() { jq '.connectionSpecification.definitions.loop = {type: "object"}' "$1"; }

@test "form: each property has one labelled control, nothing is taken for markup" {
	everything
	finite spec.json >finite.json
	run --separate-stderr conn-spec --html ./finite.json
	check 0
	eq '' "$stderr"
	printf '%s\n' "$output" >page.html
	form_check finite.json page.html >names
	eq 29 "$(wc -l <names)"
	grep -qx 'source.secrets.how#1.secret' names
	grep -qx 'source.secrets.lists.0.token' names
	# text that looks like markup
	grep -qF '<h1>Every &lt;b&gt;thing&lt;/b&gt;</h1>' page.html
	grep -qF '>Who &lt;i&gt;</h2>' page.html
	grep -qF '<a rel="noreferrer" href="https://example.org/?a=1&amp;b=&quot;2">the docs</a>' page.html
	grep -qF '<a rel="noreferrer" href="http://example.org/x">here</a>' page.html
	grep -qF '&lt;a href=&quot;javascript:alert(1)&quot;&gt;there' page.html
	grep -qxF '[bad](javascript:x),' page.html
	grep -qxF '&lt;script&gt;x&lt;/script&gt;,' page.html
	grep -qxF '<b>bold</b>,' page.html
	grep -qxF '<code>a&lt;b</code>,' page.html
	grep -qxF '<strong>s</strong> &lt;p&gt; &amp; &lt;img src=x onerror=y&gt; <em>open' \
	    page.html
	grep -qxF '</em></p>' page.html
	grep -qF '&lt;/textarea&gt;&lt;script&gt;' page.html
	[[ ${output,,} != *'<script'* && $output != *hunter2* ]]
	run ! grep -q 'Nobody is here' page.html
}

@test "form: order, groups, defaults, bounds, patterns, variants as the spec has them" {
	everything
	run --separate-stderr conn-spec -H ./spec.json
	check 0
	printf '%s\n' "$output" >page.html
	grep -o ' name="source\.[^"]*"' page.html | cut -d'"' -f2 |
		grep -xE '.*\.(host|port|last|how.kind|secrets.key|since|day)' |
		uniq | cut -d. -f3- | paste -sd' ' >order
	eq 'host port last how.kind key since day' "$(cat order)"
	grep -qF 'config.port" aria-describedby="k2" value="80" min="1" max="65535">' page.html
	grep -qF 'pattern=".*(?:^[a-z.]+$).*" title="a.b" placeholder="a.example.org">' page.html
	grep -qF 'placeholder="2026-01-31T00:00:00Z"' page.html
	grep -q '<input type="date"[^>]*name="source.config.day"' page.html
	grep -qF '<option value="2" selected>High</option>' page.html
	grep -qF '<option selected>y</option>' page.html
	grep -q 'readonly[^>]*name="source.config.fixed"[^>]*value="it"' page.html
	grep -q 'type="hidden"[^>]*name="source.config.secretly" value="v"' page.html
	run ! grep -q 'source.config.never' page.html
	# what is required in a variant that may be hidden cannot stop the form
	grep -q 'name="source.config.how#1.id" aria-required="true"' page.html
	grep -q 'name="source.config.nested.in" required' page.html
	grep -q 'name="source.config.nested.out.deep" aria-required="true"' page.html
	# optional: not set, or as the default says
	grep -q 'name="source.config.perhaps" value="" checked' page.html
	grep -q 'name="source.config.maybe.m" value="b" checked' page.html
	grep -q 'name="source.config.how.kind" value="oauth" checked' page.html
	# what refers to itself ends
	[ "$(grep -c 'tree\(\.more\)*"' page.html)" -eq 1 ]
	grep -q 'name="source.config.tree\(.more\)\{7,9\}"' page.html
}

@test "form: many references to themselves -> a page of bounded size" {
	python3 - >spec.json <<-'X'
	import json
	props = {f"p{i}": {"$ref": "#/definitions/o"} for i in range(20)}
	print(json.dumps({"$schema": "x", "definitions": {"o": {"type": "object",
	    "properties": props}}, "properties": props}))
	X
	run --separate-stderr conn-spec -H ./spec.json
	check 0
	[ "${#output}" -gt 100000 ]
	[ "${#output}" -lt 20000000 ]
}

@test "form: every type of ours" {
	run --separate-stderr conn-spec
	check 0
	local t pairs=()
	for t in $(jq -r .type <<<"$output"); do
		conn-spec -H "$t" >"$t.html"
		printf '{"schema":%s}\n' "$(conn-spec "$t")" >"$t.json"
		pairs+=("$t.json" "$t.html")
	done
	[ "${#pairs[@]}" -ge 40 ]
	form_check "${pairs[@]}" >names
	grep -qx source.url names
}

@test "form: a driver's spec, a schema by itself, an answer among other lines, stdin" {
	everything
	conn-spec -H ./spec.json >want.html
	{
		echo 'warning: {not JSON'
		echo '{"type":"LOG","log":{"level":"INFO","message":"x"}}'
		jq -c '{type: "SPEC", spec: .}' spec.json
		echo '{"type":"LOG","log":{"level":"INFO","message":"y"}}'
	} | conn-spec -H - | same want.html -
	jq .connectionSpecification spec.json >schema.json
	conn-spec -H ./schema.json >alone.html
	grep -v '>Documentation<' want.html | same - alone.html
	conn-spec ./spec.json >schema.json
	conn-spec -H ./schema.json | same want.html -
	"$CONN_BUILD/libexec/conn/conn-source-sqlite" spec >own.json
	conn-spec -H sqlite >want.html
	conn-spec -H ./own.json | same want.html -
	conn-spec sqlite >want
	conn-spec ./own.json | same want -
}

@test "form: files that are none of these -> 2, in words" {
	echo '{"a":1}' >a.json
	run --separate-stderr conn-spec -H ./a.json
	check 2
	[[ $stderr == *a.json* ]]
	run --separate-stderr conn-spec -H ./missing.json
	check 2
	eq 'conn-spec: ./missing.json: No such file or directory' "$stderr"
	run --separate-stderr conn-spec -H - <<<'x: y'
	check 2
	eq 'conn-spec: stdin: not what a connector tells of itself' "$stderr"
	run --separate-stderr conn-spec -t ./a.json
	check 2
}

# A connector that answers spec, and tells what it was given.
connector() {
	everything
	cat >connector <<-X
	#!/bin/sh
	echo "\$*" >>$PWD/asked
	echo '{"type":"LOG","log":{"level":"INFO","message":"x"}}'
	jq -c '{type: "SPEC", spec: .}' $PWD/spec.json
	X
	chmod +x connector
	cat >c.yml <<-X
	source:
	  type: airbyte
	  command: [$PWD/connector]
	  secrets: {key: {env: NOT_SET}}
	X
}

@test "form: a config of type airbyte -> its connector's settings, no secret needed" {
	connector
	conn-spec -H ./spec.json >want.html
	run --separate-stderr conn-spec -H c.yml
	check 0
	eq '' "$stderr"
	same want.html <(printf '%s\n' "$output")
	eq spec "$(cat asked)"
	conn-spec c.yml | jq -c "del(.documentationUrl)" |
		same <(jq -c .connectionSpecification spec.json) -
	# patched, by an option or by the config
	mkdir patches
	echo '{"properties":{"host":{"title":"A <patched> one"}}}' \
	    >patches/spec.patch.json
	conn-spec -H -p patches c.yml >one.html
	grep -qF '>A &lt;patched&gt; one <' one.html
	conn-spec -H -p patches ./spec.json | same one.html -
	echo 'patches: patches' >>c.yml
	conn-spec -H c.yml | same one.html -
	# a type that has no more to tell
	echo 'source: {type: directory, path: .}' >d.yml
	conn-spec -H directory | same - <(conn-spec -H d.yml)
}

@test "form: a connector that tells nothing -> its status, in words" {
	connector
	printf '#!/bin/sh\necho "no such module" >&2\nexit 1\n' >connector
	run --separate-stderr conn-spec -H c.yml
	check 3
	[[ $stderr == *'no such module'* ]]
	printf '#!/bin/sh\necho "{\\"type\\":\\"SPEC\\",\\"spec\\":{}}"\n' >connector
	run --separate-stderr conn-spec -H c.yml
	check 3
	[[ $stderr == *'tells nothing of its settings'* ]]
}

# look PAGE...: in a browser; the picture is kept beside the page.
look() {
	command -v chromium >/dev/null || skip 'no chromium here'
	python3 "$ROOT/tests/form-look.py" "$PWD/look.png" "$@"
}

@test "form: in a browser one variant is seen, all is labelled, nothing too wide" {
	command -v chromium >/dev/null || skip 'no chromium here'
	everything
	conn-spec -H ./spec.json >every.html
	conn-spec -H postgresql >postgresql.html || cp every.html postgresql.html
	conn-spec -H confluence >confluence.html
	look every.html postgresql.html confluence.html >seen
	cat seen
	# nothing wrong is the fourth word
	eq 3 "$(awk 'NF == 3' seen | wc -l)"
	grep -qx 'every.html [0-9]* 9' seen
	grep -qx 'confluence.html 2 0' seen
	[ "$(head -c 4 look.png | tail -c 3)" = PNG ]
}

@test "form: connectors as they are published" {
	[ -n "${CONN_LONG-}" ] || skip 'minutes; scripts/test -l spec-html'
	server_start airbyte "$BATS_FILE_TMPDIR/airbyte"
	"$URL/source-faker" spec | conn-spec -H - >faker.html
	python3 -m venv venv
	venv/bin/pip install -q --disable-pip-version-check \
	    'airbyte-source-file==0.5.39'
	venv/bin/source-file spec | grep '"SPEC"' | jq .spec >file.json
	conn-spec -H ./file.json >file.html
	form_check file.json file.html >names
	look faker.html file.html >seen
	cat seen
	eq 2 "$(awk 'NF == 3' seen | wc -l)"
	grep -qx 'file.html 12 8' seen
}
