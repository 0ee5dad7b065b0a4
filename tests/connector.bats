#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Connectors: found by their name, their settings are the config's, a driver
# reads them.
load helper
load drivers

# Makes the driver `form`, which keeps its request, and gives a document for
# each line of `ids`.
prepare() {
	printf '%s\n' a b >ids
	driver form "cd '$BATS_TEST_TMPDIR'
	case \$1 in"'
	spec) echo "{\"type\":\"form\",\"title\":\"Form\",\"schema\":{},\"ids\":true,"
		echo "\"verbs\":[\"load\",\"poll\",\"check\",\"discover\"],\"confirm\":true}";;
	load | poll)
		tee request | jq -r ".verbose" >verbose
		[ "$(cat verbose)" -lt 2 ] || jq -r "\"GET /items \" + .source.token" request >&2
		sed "s/.*/{\"id\":\"items\\/&\",\"doc\":{\"title\":\"&\"}}/" ids
		echo "{\"state\":{\"stream\":\"items\",\"value\":{\"n\":1}}}";;
	discover) cat >request; echo "{\"stream\":\"items\",\"id\":[\"id\"],\"fields\":[]}";;
	check) cat >request;;
	*) exit 2;;
	esac'
	mkdir connectors
	chmod 755 connectors
	CONN_DRIVER_PATH=$PWD/connectors:$CONN_DRIVER_PATH
}

# connector [FILE]: from stdin; default: shop.yml.
connector() {
	cat >"connectors/${1-shop.yml}"
	chmod 644 "connectors/${1-shop.yml}"
}

# A whole one, and a config that uses it.
shop() {
	connector <<-'X'
	type: form
	title: The shop
	settings:
	  url: {type: string, required: true}
	  token: {type: string, secret: true, required: true}
	  export: {type: string, format: path}
	  size: {type: integer, default: 5, minimum: 1}
	url: \($c.url)/api
	overlap: 1h
	rate: 3/s
	streams:
	  items: {get: /items, one: '/items/\($id)'}
	X
	cat >c.yml <<-'X'
	source: {type: shop, url: "https://shop.example.com", token: {env: T}}
	X
	export T=canary-81f3
}

# wrong WHAT FILE:LINE:COL: the connector on stdin is refused so.
wrong() {
	connector
	echo 'source: {type: shop}' >c.yml
	for command in 'conn-spec shop' 'conn-load c.yml' 'conn-check -n c.yml'; do
		run --separate-stderr $command
		check 2
		eq "${command%% *}: $PWD/connectors/shop.yml:$2: $1" \
			"$stderr"
	done
}

@test "connector: TYPE.yml -> its driver is given settings and file" {
	shop
	run --separate-stderr conn-load c.yml
	check 0
	eq '' "$stderr"
	eq 'c:items/a c:items/b' \
		"$(jq -r '._id // empty' <<<"$output" | paste -sd' ')"
	eq "$PWD/connectors/shop.yml" "$(jq -r .connector request)"
	eq '{"allow_http":false,"overlap":3600,"rate":"3/s","retry":"10m","size":5,"timeout":"1h",'\
'"token":"canary-81f3","type":"shop","url":"https://shop.example.com"}' \
		"$(jq -cS .source request)"
}

@test "connector: what the config tunes goes before what the connector does" {
	shop
	cat >c.yml <<-'X'
	source: {type: shop, url: "http://h", token: {env: T}, overlap: 5m,
	  rate: 1, parallel: 4, timeout: 9s, retry: 1m, ca: ca.pem, cert: c.pem,
	  key: /k.pem, allow_http: true, export: x}
	X
	run --separate-stderr conn-load c.yml
	check 0
	eq "[300,\"1\",4,\"9s\",\"1m\",\"$PWD/ca.pem\",\"$PWD/c.pem\",\"/k.pem\",true,\"$PWD/x\"]" \
		"$(jq -c '.source | [.overlap, .rate, .parallel, .timeout, .retry, .ca, .cert, .key,
			.allow_http, .export]' request)"
}

@test "connector: TYPE/connector.yml is found, too" {
	shop
	mkdir connectors/shop
	mv connectors/shop.yml connectors/shop/connector.yml
	chmod 755 connectors/shop
	run -0 conn-load c.yml
	eq "$PWD/connectors/shop/connector.yml" "$(jq -r .connector request)"
	run -0 conn-spec
	grep -qxF '{"type":"shop","title":"The shop","verbs":["load","poll","check","discover"]}' \
		<<<"$output"
}

@test "connector: a program goes before a file of the same folder, a folder before the next" {
	shop
	driver shop <<-'X'
	echo '{"type":"shop","title":"a program","schema":{},"verbs":["load"]}'
	X
	export CONN_DRIVER_PATH=$PWD/connectors:$BATS_TEST_TMPDIR/drivers
	run -0 conn-spec
	eq '"The shop"' "$(jq 'select(.type == "shop").title' <<<"$output")"
	cp drivers/conn-source-shop connectors
	run -0 conn-spec
	eq '"a program"' "$(jq 'select(.type == "shop").title' <<<"$output")"
}

# What must be there for the connector of file $1; WRONG is what is not.
complete() {
	local name page suite setting
	name=$(basename "$1" .yml)
	page=$ROOT/man/conn-source-$name.7
	suite=$ROOT/tests/$name.bats
	WRONG=''
	[ -e "$page" ] || { WRONG="no page"; return; }
	[ -e "$suite" ] || { WRONG="no suite"; return; }
	grep -qxE "\\.Xr conn-source-$name 7 [,.]" "$ROOT/man/conn.7" ||
		WRONG+=' not in the list of conn(7);'
	grep -q "page conn-source-$name.7 [1-9]" "$ROOT/tests/man.bats" ||
		WRONG+=' examples that no test runs;'
	[ "$(wc -l <"$1")" -le 40 ] || grep -q 'longer than others' "$page" ||
		WRONG+=' more than 40 lines, and the page does not say why;'
	for setting in $(sed -n '/^settings:/,/^[^ ]/s/^  \([a-z_]*\):.*/\1/p' "$1"); do
		grep -q "^\.It Cm.* *\<$setting\>" "$page" ||
			WRONG+=" $setting is not on the page;"
	done
	# the kit compares the ids of slim and load
	grep -q 'conn-check --driver' "$suite" ||
		WRONG+=' a suite that does not use the kit;'
}

@test "connector: each that comes along is documented and tested" {
	local f n=0
	for f in "$ROOT"/lib/connectors/*.yml; do
		complete "$f"
		eq '' "${WRONG:+$f:$WRONG}"
		n=$((n + 1))
	done
	[ $n -gt 1 ]
	{
		printf 'settings:\n  url: {}\n  nonsense: {}\n'
		seq 40 | sed 's/^/# /'
	} >wordpress.yml
	complete "$PWD/wordpress.yml"
	eq ' nonsense is not on the page;' "$WRONG"
	cp wordpress.yml nothing.yml
	complete "$PWD/nothing.yml"
	eq 'no page' "$WRONG"
}

@test "connector: one of ours cannot be shadowed" {
	[ -e "$CONN_BUILD/libexec/conn/connectors/wordpress.yml" ] ||
		skip 'the driver rest is not built'
	sed 's/^title: .*/title: other/' "$ROOT/lib/connectors/wordpress.yml" |
		connector wordpress.yml
	run -0 conn-spec
	eq '"WordPress"' \
		"$(jq 'select(.type == "wordpress").title' <<<"$output")"
}

@test "connector: spec -> JSON Schema, secret and required in their places" {
	shop
	run --separate-stderr conn-spec shop
	check 0
	eq '["url","token"]' "$(jq -c .required <<<"$output")"
	eq '{"type":"string","secret":true}' \
		"$(jq -c .properties.token <<<"$output")"
	eq 'allow_http ca cert export key overlap parallel rate size token url' \
		"$(jq -r '.properties | keys | join(" ")' <<<"$output")"
	eq '"1h"' "$(jq -c .properties.overlap.default <<<"$output")"
}

@test "connector: required inside a setting's own properties" {
	connector <<-'X'
	type: form
	settings:
	  login: {type: object, properties: {user: {type: string, required: true}}}
	X
	run -0 conn-spec shop
	eq '["user"]' "$(jq -c .properties.login.required <<<"$output")"
	echo 'source: {type: shop, login: {}}' >c.yml
	run --separate-stderr conn-load c.yml
	check 2
	eq 'conn-load: c.yml:1:29: source.login: user is missing' "$stderr"
}

@test "connector: settings -> unknown, missing and misspelt ones are 2" {
	shop
	echo 'source: {type: shop, url: x, tokn: y}' >c.yml
	run --separate-stderr conn-load c.yml
	check 2
	eq 'conn-load: c.yml:1:30: source.tokn: unknown key, did you mean token' \
		"$stderr"
	echo 'source: {type: shop, url: x}' >c.yml
	run --separate-stderr conn-load c.yml
	check 2
	eq 'conn-load: c.yml:1:9: source: token is missing' "$stderr"
}

@test "connector: credentials over http in the clear -> 2" {
	shop
	sed -i 's/https:/http:/' c.yml
	run --separate-stderr conn-load c.yml
	check 2
	[[ $stderr == *'source.url: credentials would go over http'* ]]
}

@test "connector: template and form -> of its settings; filled in, it runs" {
	shop
	conn-spec -t shop >d.yml
	grep -qx '# The shop' d.yml
	eq 1 "$(grep -c '#rate:' d.yml)"
	sed -i 's|^  url:$|  url: https://h|' d.yml
	SHOP_TOKEN=s run --separate-stderr conn-load d.yml
	check 0
	eq '' "$stderr"
	conn-spec -H shop | grep -q 'name="source.token" required'
}

@test "connector: confirm -> where a stream has one, by its own or the common" {
	shop
	run conn-load --confirm c.yml </dev/null
	check 75
	sed -i "s|, one: .*}|}|" connectors/shop.yml
	run --separate-stderr conn-load --confirm c.yml </dev/null
	check 2
	eq 'conn-load: driver shop cannot confirm deletes' "$stderr"
	echo 'one: /any/\($id)' >>connectors/shop.yml
	run conn-load --confirm c.yml </dev/null
	check 75
	sed -i "s|{get: /items}|{get: /items, one: null}|" connectors/shop.yml
	run conn-load --confirm c.yml </dev/null
	check 2
}

@test "connector: changed in what it reads -> a poll wants a full sync" {
	shop
	run -0 bash -c 'conn-load c.yml | conn-bulk c.yml'
	run -0 conn-poll c.yml
	sed -i 's/3600/1200/; s/^rate: .*/rate: 9/; s/^title: .*/title: x # y/' \
		connectors/shop.yml
	run -0 conn-poll c.yml
	sed -i 's|get: /items|get: /things|' connectors/shop.yml
	run --separate-stderr conn-poll c.yml
	check 3
	[[ $stderr == *'run a full sync' ]]
	run --separate-stderr conn-sync -P -v c.yml
	check 0
	[[ $stderr == *'a full sync'* ]]
	run -0 conn-poll c.yml
}

@test "connector: check and discover -> the driver is given the file" {
	shop
	run --separate-stderr conn-check c.yml
	check 0
	eq "$PWD/connectors/shop.yml" "$(jq -r .connector request)"
	eq "The shop: $PWD/connectors/shop.yml" \
		"$(jq -r 'select(.check == "driver").message' <<<"$output")"
	rm request
	run -0 conn-spec -D c.yml
	eq "$PWD/connectors/shop.yml" "$(jq -r .connector request)"
}

@test "connector: the kit for drivers passes" {
	driver model <"$ROOT/tests/drivers/conn-source-model"
	export CONN_DRIVER_PATH=$PWD/connectors:$CONN_DRIVER_PATH
	connector <<-'Y'
	type: model
	title: Model
	settings:
	  path: {type: string, format: path, required: true}
	  token: {type: string, secret: true}
	Y
	echo 'source: {type: shop, path: ., token: {env: T}}' >c.yml
	T=canary-81f3 run --separate-stderr conn-check -d c.yml
	check 0
	eq '' "$stderr"
	jq -es 'all(.ok) and any(.check == "driver.subset")' <<<"$output"
	[[ $output != *canary* ]]
}

@test "connector: load --limit 3 -vv -> what the driver says, masked" {
	shop
	seq 9 >ids
	run --separate-stderr conn-load --limit 3 -vv c.yml
	check 0
	eq 3 "$(jq -c 'select(._id)' <<<"$output" | wc -l)"
	grep -qx 'conn-load: driver shop: GET /items \[*\**\]*.*' <<<"$stderr"
	[[ $stderr != *canary* ]]
	eq 2 "$(cat verbose)"
	run --separate-stderr conn-load -v c.yml
	eq 'conn-load: 9 documents, 0 failed, 0 excluded' "$stderr"
}

@test "connector: unknown type -> the nearest, a connector, too" {
	shop
	run --separate-stderr conn-spec shp
	check 2
	eq 'conn-spec: unknown type shp, did you mean shop' "$stderr"
}

@test "connector: broken -> 2 with its place, in every program" {
	wrong 'unknown type fom, did you mean form' '1:7: type' <<<'type: fom'
	wrong 'shop is a connector, not a driver' '1:7: type' <<<'type: shop'
	wrong 'must match ^[a-z][a-z0-9-]{0,63}$' '1:7: type' <<<'type: ../x'
	wrong 'must be a mapping, not a string' 1:1 <<<'x'
	wrong 'must be a string, not a list' '2:8: title' <<-'X'
	type: form
	title: []
	X
	wrong 'must be a mapping, not a string' '3:10: settings.token' <<-'X'
	type: form
	settings:
	  token: secret
	X
	wrong 'unknown key, did you mean secret' \
		'3:11: settings.token.secert' <<-'X'
	type: form
	settings:
	  token: {secert: true}
	X
	wrong 'must be one of string, integer, number, boolean, array, object' \
		'3:17: settings.token.type' <<-'X'
	type: form
	settings:
	  token: {type: text}
	X
	wrong 'a secret has no default' '3:34: settings.token' <<-'X'
	type: form
	settings:
	  token: {secret: true, default: x}
	X
	wrong 'must be an integer, not a string' '3:33: settings.n' <<-'X'
	type: form
	settings:
	  n: {type: integer, default:   x}
	X
	wrong 'is a key of every connector; it needs another name' \
		'3:8: settings.key' <<-'X'
	type: form
	settings:
	  key: {type: string}
	X
	wrong 'must be a number and a unit (ms s m h d), such as 10m' \
		'2:10: overlap' <<-'X'
	type: form
	overlap: often
	X
	wrong 'must be a number of requests a second, or NUMBER/DURATION, such as 900/15m' \
		'2:7: rate' <<-'X'
	type: form
	rate: 3/x
	X
	wrong 'title: duplicate key' '3:1' <<-'X'
	type: form
	title: a
	title: b
	X
}

@test "connector: a broken one does not hide the others" {
	shop
	connector bad.yml <<<'settings: 1'
	run --separate-stderr conn-spec
	check 2
	eq "conn-spec: $PWD/connectors/bad.yml:1:11: settings: must be a mapping, not a number" \
		"$stderr"
	grep -q '"shop"' <<<"$output"
}

@test "connector: that others may write, or replace -> 3" {
	shop
	mkdir connectors/deep
	cp connectors/shop.yml connectors/deep/connector.yml
	refused() { # FILE, of type $1
		run --separate-stderr conn-spec "$1"
		check 3
		eq "conn-spec: $PWD/$2: writable by others; chmod go-w it" \
			"$stderr"
	}
	chmod 664 connectors/shop.yml
	refused shop connectors/shop.yml
	chmod 644 connectors/shop.yml
	chmod 775 connectors/deep
	refused deep connectors/deep
	chmod 755 connectors/deep
	chmod 777 connectors
	refused shop connectors
	refused deep connectors
	chmod 755 connectors
	ln -s ../elsewhere.yml connectors/link.yml
	cp connectors/shop.yml elsewhere.yml
	chmod 666 elsewhere.yml
	refused link elsewhere.yml
}

@test "connector: a secret of its settings in no message" {
	shop
	echo 'source: {type: shop, url: x, token: {env: T}, size: canary-81f3}' \
		>c.yml
	run --separate-stderr conn-load c.yml
	check 2
	[[ $output$stderr != *canary* ]]
}

@test "connector: defaults -> the driver's own settings, some given, files beside it" {
	mkdir -p connectors/notes/docs
	chmod 755 connectors/notes
	echo hello >connectors/notes/docs/a.txt
	connector notes/connector.yml <<-'X'
	type: directory
	title: Notes
	defaults:
	  path: ./docs
	X
	echo 'source: {type: notes, include: ["*.txt"]}' >c.yml
	conn-load c.yml >out
	grep -q '^{"_id":"c:a.txt"' out
	conn-spec | grep -q '"type":"notes","title":"Notes"'
	eq "$PWD/connectors/notes/docs" "$(conn-spec notes | jq -r .properties.path.default)"
	eq "$(conn-spec directory | jq -c '.properties | keys')" \
	    "$(conn-spec notes | jq -c '.properties | keys')"
	# a config has the last word
	mkdir other
	sed -i 's|notes,|notes, path: other,|' c.yml
	eq 0 "$(conn-load c.yml | grep -c '"_id"')"
}

@test "connector: defaults that the driver does not take -> 2, the place" {
	shop
	wrong 'defaults.pat: unknown key, did you mean path' 3:3 <<-'X'
	type: directory
	defaults:
	  pat: ./x
	X
	wrong "defaults: stands for the driver's own settings, but there are settings" \
	    3:3 <<-'X'
	type: directory
	defaults:
	  path: ./x
	settings: {}
	X
}
