#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The driver rest: what may not be in a connector, and where it stands.

load helper
load rest

prepare() {
	URL=http://127.0.0.1:9
	cat >c.yml <<-'EOT'
	title: Test
	settings:
	  token: {type: string, secret: true}
	  deep:
	    type: object
	    properties: {key: {type: string, secret: true}, open: {type: string}}
	url: http://127.0.0.1:9
	streams:
	  x:
	    get: /x
	EOT
}

# wrong STATUS TEXT: conn-load of wiki.yml ends so, with that text.
wrong() {
	tool "$1" conn-load
	grep -F -- "$2" err || { cat err; return 1; }
}

# connector TEXT: the driver, given c.yml as its connector, says that.
connector() {
	run --separate-stderr "$CONN_BUILD/libexec/conn/conn-source-rest" load \
	    <<<"{\"v\":1,\"connector\":\"$PWD/c.yml\",\"source\":{}}"
	check 2
	eq "$PWD/c.yml:$1" "$stderr"
}

@test "unknown keys and wrong types have their place, in place" {
	config <<<'streams: {x: {get: /x, itmes: .a}}'
	wrong 2 'wiki.yml:5:26: source.streams.x.itmes: unknown key, did you mean items'
	config <<<'streams: {x: {get: /x, poll: {keeep: .a}}}'
	wrong 2 'source.streams.x.poll.keeep: unknown key, did you mean keep'
	config <<<'streams: {x: {get: [a]}}'
	wrong 2 'source.streams.x.get: must be a string or null, not a list'
	config <<<'streams: {x: {get: /x, with: {k: {get: /k, doc: .}}}}'
	wrong 2 'source.streams.x.with.k.doc: unknown key'
}

@test "what no schema says, in place" {
	config <<<'streams: {x: {items: .a}}'
	wrong 2 'source.streams.x: get is missing'
	config <<<'streams: {x: {get: /x, post: /x}}'
	wrong 2 'source.streams.x.post: beside get'
	config <<<'streams: {x: {get: /x, as: y}}'
	wrong 2 'source.streams.x.as: no stream y'
	config <<<'streams: {x: {get: /x, with: {k: {items: .a}}}}'
	wrong 2 'source.streams.x.with.k: get is missing'
	config <<<'streams: {x: {get: /x, status: {40: skip}}}'
	wrong 2 'source.streams.x.status.40: neither a code as 404 nor a class as 4xx'
	config <<<'streams: {x: {get: /x, before: {get: /b}}}'
	wrong 2 'source.streams.x.before: mark is missing'
	config <<<'streams: {x: {get: /x, doc: false}}'
	wrong 2 'source.streams: none of them has documents'
	config <<<'streams: {x: {get: /x}}'
	printf 'streams: [{name: y}]\n' >>wiki.yml
	wrong 2 'streams: no stream y'
}

@test "streams that are for each other" {
	config <<<'streams: {x: {get: /x, for: y}, y: {get: /y, for: x}}'
	wrong 2 'for: is for itself, by way of its parents'
	config <<<'streams: {x: {get: /x, poll: {for: x}}}'
	wrong 2 'for: is for itself'
}

@test "keep and its like may not use what with brings later" {
	for key in keep id time gone scope; do
		config <<<"streams: {x: {get: /x, $key: .a or .kids == 0, with: {kids: {get: /k}}}}"
		wrong 2 "source.streams.x.$key: uses .kids, which with brings only later"
	done
	config <<-'EOT'
	retry: 1s
	streams: {x: {get: /x, keep: .kidsen == .a.kids, with: {kids: {get: /k}}}}
	EOT
	wrong 75 ''
	! grep later err
}

@test "a program that does not compile" {
	config <<<'streams: {x: {get: /x, keep: ".a ||"}}'
	wrong 2 'wiki.yml:5:37: source.streams.x.keep: '
	config <<<'streams: {x: {get: /x, doc: "nothing(1)"}}'
	wrong 2 'streams.x.doc: '
	config <<<'streams: {x: {get: "/x/\\($nothing)"}}'
	wrong 2 'streams.x.get: '
	config <<<'streams: {x: {get: /x, poll: {query: {a: "\\(.)("}}, slim: {keep: "("}}}'
	wrong 2 'wiki.yml:5:70: source.streams.x.slim.keep: '
}

@test "in overrides of a mode, too" {
	config <<<'streams: {x: {get: /x, keep: .a, slim: {keep: "("}, poll: {id: "*"}}}'
	wrong 2 'wiki.yml:5:50: source.streams.x.slim.keep: '
	sed -i 's/keep: "("/doc: ./' wiki.yml
	wrong 2 'source.streams.x.poll.id: '
}

@test "in a connector's file the place is that of the file" {
	sed -i 's/get:/gett:/' c.yml
	connector '10:5: streams.x.gett: unknown key, did you mean get'
	sed -i 's/gett:/get:/' c.yml
	echo '    keep: .a ||' >>c.yml
	run --separate-stderr "$CONN_BUILD/libexec/conn/conn-source-rest" load \
	    <<<"{\"v\":1,\"connector\":\"$PWD/c.yml\",\"source\":{}}"
	check 2
	[[ $stderr == "$PWD/c.yml:11:"*"streams.x.keep: "* ]]
	sed -i '$d' c.yml
	printf '    with: {k: {get: /k}}\n    keep: .k\n' >>c.yml
	connector '12:11: streams.x.keep: uses .k, which with brings only later'
	printf 'titel: y\n' >>c.yml
	connector '13:1: titel: unknown key, did you mean title'
	rm c.yml
	connector ' No such file or directory'
}

@test "secrets of settings are not in doc, and are in requests" {
	serve
	plan '{"on":"GET /x","header":{"x-key":"sesame"},"body":[{"id":1}]}'
	cat >>c.yml <<-'EOT'
	    headers: {X-Key: \($c.token)}
	    doc: '{c: $c}'
	EOT
	sed -i "s|^url: .*|url: $URL|" c.yml
	jq -nc --arg file "$PWD/c.yml" '{v: 1, connector: $file, source: {
	    type: "test", token: "sesame", more: 1,
	    deep: {key: "hidden", open: "o"}}}' |
	    "$CONN_BUILD/libexec/conn/conn-source-rest" load >out
	eq '{"c":{"deep":{"open":"o"},"more":1}}' "$(jq -Sc '.doc // empty' out)"
}

@test "a top-level key is the default of all streams; null takes it out" {
	serve
	plan '{"on":"GET /x","body":{"r":[{"k":1}]}}' '{"on":"GET /y","body":[{"k":2}]}'
	config <<-'EOT'
	items: .r[]
	id: .k
	query: {a: 1, b: 2}
	streams:
	  x: {get: /x, query: {b: 3}}
	  y: {get: /y, items: null, query: {a: null}}
	EOT
	tool 0 conn-load
	eq "x/1 y/2" "$(ids out | paste -sd ' ')"
	same - <(asked) <<-'EOT'
	GET /x?a=1&b=3
	GET /y?b=2
	EOT
}

@test "discover and check" {
	serve
	plan '{"on":"GET /x","query":{"s":"1"},"body":[{"id":1}]}' '{"on":"GET /x","body":[{"id":1,"at":"2024-01-01","n":2},{"id":2,"m":"a"}]}'
	config <<<'streams: {x: {get: /x, time: .at, doc: "{n, m}", slim: {query: {s: 1}}}}'
	run --separate-stderr conn-spec -D wiki.yml
	check 0
	eq '{"stream":"x","id":["id"],"timestamp":"at","fields":["n","m"]}' \
	    "$(jq -c '.fields |= map(.name)' <<<"$output")"
	tool 3 conn-check
	grep -F '"streams.x","ok":false,"message":"x/2 is polled, but slim does not list it"' out
	sed -i 's/, slim:.*/}}/' wiki.yml
	tool 0 conn-check
}

@test "checks of a connector's own: settings, rules, what the service says" {
	mkdir drivers
	cat >drivers/shop.yml <<'EOT'
title: Shop
settings:
  url: {type: string, required: true}
  words: {type: string}
  kinds: {type: array, default: [a]}
url: \($c.url)
checks:
  kinds: '$c.kinds[] | select(test("^[a-z]+$") | not) | "\(.) is not a kind"'
  rules: .rules[] | select(.field == "price") | "rule \(.id) on price"
  words:
    when: $c.words
    post: /parse
    body: {query: \($c.words)}
    items: .errors[]
streams:
  x: {get: /x}
EOT
	plan '{"on":"GET /x","body":[{"id":1}]}' \
	    '{"on":"POST /parse","has":"good","body":{"errors":[]}}' \
	    '{"on":"POST /parse","has":"late","status":403}' \
	    '{"on":"POST /parse","body":{"errors":["no field colour", {"at": 7}]}}'
	serve
	export CONN_DRIVER_PATH=$PWD/drivers
	shop() { # MEMBERS
		jq -n --arg url "$URL" '{name: "wiki", source:
		    {type: "shop", url: $url}} * '"$1" >wiki.yml
	}
	own() {
		jq -r 'select(.check | startswith("checks.")) |
		    "\(.check[7:]) \(.ok) \(.message)"' out
	}
	shop '{}'
	tool 0 conn-check
	eq "$(printf '%s true \n' kinds rules words)" "$(own)"
	eq "" "$(asked | grep parse)"
	shop '{source: {words: "good"}}'
	tool 0 conn-check
	shop '{source: {words: "of colour", kinds: ["a b", "c", "1"]},
	    rules: [{id: "r1", policy: "exclude", field: "price", rule: ">",
	    value: 3, order: 1}]}'
	tool 3 conn-check
	same - <(own) <<-'EOT'
	kinds false a b is not a kind
	kinds false 1 is not a kind
	rules false rule r1 on price
	words false no field colour
	words false {"at":7}
	EOT
	shop '{source: {words: "late"}}'
	tool 3 conn-check
	own | grep '^words false .*403'
	# they decide nothing of what is read
	shop '{source: {words: "of colour"}}'
	tool 0 conn-load
	sed -i '8s/^  kinds: .*/  kinds: error("x")/' drivers/shop.yml
	tool 3 conn-check
	own | grep '^kinds false checks.kinds: '
	sed -i '8s/^  kinds: .*/  kinds: .a b/' drivers/shop.yml
	tool 2 conn-check
	grep 'shop.yml:8:13: checks.kinds: ' out
	sed -i '8s/^  kinds: .*/  kinds: {items: .a}/' drivers/shop.yml
	tool 2 conn-check
	grep 'shop.yml:8:10: checks.kinds: get is missing' out
}
