#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The driver rest: what is listed, how it is polled, and what its state is.

load helper
load rest

prepare() { serve; }

# Two pages of things by their Link header.
things() {
	plan '{"on":"GET /things","query":{"page":"2"},"body":[{"id":"c d","at":1700000000000}]}' \
	    '{"on":"GET /things","body":[{"id":"a/b","at":"2024-05-01T10:00:00+0200"},{"id":2,"at":"2024-05-01"}],"headers":{"Link":"<$URL/things?page=2>; rel=\"next\"","Date":"Thu, 02 May 2024 10:00:00 GMT"}}'
	config <<-'EOT'
	streams:
	  things:
	    get: /things
	    time: .at
	EOT
}

@test "load and slim list the same, over all pages" {
	things
	tool 0 conn-load
	eq "things/a%2Fb things/2 things/c d" "$(ids out | paste -sd ' ')"
	eq '2024-05-01T08:00:00Z 2024-05-01T00:00:00Z 2023-11-14T22:13:20Z' \
	    "$(jq -r '._timestamp // empty' out | paste -sd ' ')"
	mv out loaded
	tool 0 conn-slim
	same <(ids loaded) <(ids out)
}

@test "the state is the server's Date of the first answer" {
	things
	tool 0 conn-load
	eq '{"stream":"things","value":{"since":"2024-05-02T10:00:00Z"}}' "$(ctl state out)"
}

@test "an answer that is older than the first one, as from a cache: its Date" {
	plan '{"on":"GET /t","query":{"page":"2"},"body":[{"id":2}],"headers":{"Link":"</t?page=3>; rel=next","Date":"Thu, 02 May 2024 08:00:00 GMT","Age":"7200"}}' \
	    '{"on":"GET /t","query":{"page":"3"},"body":[],"headers":{"Date":null}}' \
	    '{"on":"GET /t","query":{"since":"2024-05-02T07:50:00Z"},"body":[]}' \
	    '{"on":"GET /t","times":2,"body":[{"id":1}],"headers":{"Link":"</t?page=2>; rel=next","Date":"Thu, 02 May 2024 10:00:00 GMT"}}'
	config <<<'streams: {t: {get: /t, poll: {query: {since: \($since)}}}}'
	tool 0 conn-load
	eq '"2024-05-02T08:00:00Z"' "$(ctl state out | jq -c .value.since)"
	conn-bulk wiki.yml <out
	tool 0 conn-poll
	plan '{"on":"GET /u","status":404,"headers":{"Date":"Thu, 02 May 2024 07:00:00 GMT"}}'
	config <<<'streams: {t: {get: /t}, u: {get: /u, status: {404: empty}}}'
	tool 0 conn-load
	eq '"2024-05-02T07:00:00Z"' "$(ctl state out | jq -c .value.since | uniq)"
}

@test "a poll drops what is older, whatever the server was asked" {
	things
	tool 0 conn-load
	conn-bulk wiki.yml <out
	# a date alone: somewhere that day has two hours left
	tool 0 conn-poll
	eq "things/2" "$(ids out)"
	tool 0 conn-poll --since 2024-05-02T12:00:00Z
	eq "" "$(ids out)"
	tool 0 conn-poll --since 2024-05-01T07:00:00Z
	eq "things/a%2Fb things/2" "$(ids out | paste -sd ' ')"
	tool 0 conn-poll --until 2024-05-01T07:00:00Z
	eq "things/2 things/c d" "$(ids out | paste -sd ' ')"
	tool 0 conn-poll --until 2024-04-30T10:00:00Z
	eq "things/c d" "$(ids out)"
}

@test "a time before 1980 is none: indexed, and sent with every poll" {
	local times t
	times='0, "0", 0.0, 86400, -62135596800, "-1", 100000000000, 315532799999,
	    "0001-01-01T00:00:00Z", "1970-01-01", "1979-12-31T23:59:59.9Z"'
	t="[$times, null, 315532800, \"1980-01-01\", \"soon\", 1e40]"
	plan "$(jq -c '{on: "GET /t", body: [to_entries[] | {id: .key, t: .value}]}' <<<"$t")"
	config <<<'streams: {t: {get: /t, time: .t}}'
	for verb in load slim; do
		tool 1 conn-$verb
		eq "0 1 2 3 4 5 6 7 8 9 10 11 12 13" "$(ids out | sed s,t/,, | paste -sd ' ')"
		eq "1980-01-01T00:00:00Z 1980-01-01T00:00:00Z" \
		    "$(jq -r '._timestamp // .timestamp // empty' out | paste -sd ' ')"
		eq "wiki:t/14 wiki:t/15" "$(ctl fail out | jq -r .id | paste -sd ' ')"
	done
	tool 1 conn-poll --since 1h
	eq "0 1 2 3 4 5 6 7 8 9 10 11" "$(ids out | sed s,t/,, | paste -sd ' ')"
}

@test "a poll asks the server with its own keys, since less the overlap" {
	plan '{"on":"GET /things","query":{"changed":"2024-05-02T09:50:00Z"},"body":[]}' \
	    '{"on":"GET /things","body":[{"id":1}],"headers":{"Date":"Thu, 02 May 2024 10:00:00 GMT"}}'
	config <<-'EOT'
	streams:
	  things:
	    get: /things
	    poll: {query: {changed: \($since)}}
	EOT
	tool 0 conn-load
	conn-bulk wiki.yml <out
	tool 0 conn-poll
	eq "GET /things?changed=2024-05-02T09:50:00Z" "$(asked | tail -n 1)"
	eq "" "$(ids out)"
}

@test "without Date there is no state, and it is said" {
	plan '{"on":"GET /things","body":[{"id":1}],"headers":{"Date":null}}'
	config <<<'streams: {things: {get: /things}}'
	tool 0 conn-load
	eq "" "$(ctl state out)"
	grep 'the server sends no Date' err
}

@test "a server whose clock was set back is not polled" {
	things
	tool 0 conn-load
	conn-bulk wiki.yml <out
	sed -i 's/02 May 2024/01 May 2024/' plan
	tool 3 conn-poll
	grep "clock stands before the saved position" err
}

@test "the token of a page, an offset, a number of a page" {
	plan '{"on":"GET /token","query":{"cursor":"x"},"body":{"items":[{"id":3}],"next":null}}' \
	    '{"on":"GET /token","body":{"items":[{"id":1},{"id":2}],"next":"x"}}' \
	    '{"on":"GET /offset","query":{"start":"3"},"body":[{"id":4}]}' \
	    '{"on":"GET /offset","query":{"start":"4"},"body":[]}' \
	    '{"on":"GET /offset","body":[{"id":1},{"id":2},{"id":3}]}' \
	    '{"on":"GET /page","query":{"page":"2"},"body":[{"id":2}]}' \
	    '{"on":"GET /page","query":{"page":"3"},"body":[{"id":3}]}' \
	    '{"on":"GET /page","query":{"page":"4"},"body":[]}' \
	    '{"on":"GET /odd","query":{"p":"08"},"body":[{"id":8}]}' \
	    '{"on":"GET /odd","query":{"p":"9"},"body":[]}' \
	    '{"on":"GET /page","body":[{"id":1}]}'
	config <<-'EOT'
	streams:
	  token:
	    get: /token
	    items: .items[]
	    next: '{query: {cursor: .next}} | select(.query.cursor)'
	  offset: {get: /offset, next: offset("start")}
	  page: {get: /page, query: {page: 1}, next: pages("page")}
	  odd: {get: /odd, query: {p: "08"}, next: pages("p")}
	EOT
	tool 0 conn-load
	same - <(ids out | paste -sd ' ') <<-'EOT'
	token/1 token/2 token/3 offset/1 offset/2 offset/3 offset/4 page/1 page/2 page/3 odd/8
	EOT
}

@test "what a URL of next repeats is kept where the next one is merged" {
	plan '{"on":"GET /t","query":{"s":["a","b"],"page":"3"},"body":{"v":[{"id":3}]}}' \
	    '{"on":"GET /t","query":{"s":["a","b"],"page":"2"},"body":{"v":[{"id":2}],"more":3}}' \
	    '{"on":"GET /t","query":{"s":"b"},"body":{"v":[]}}' \
	    '{"on":"GET /t","body":{"v":[{"id":1}]},"headers":{"Link":"</t?s=a&s=b&page=2>; rel=next"}}'
	config <<-'EOT'
	items: .v[]
	next: '$r.links.next // (.more | values | {query: {page: .}})'
	streams:
	  t: {get: /t, query: {s: [a, b]}}
	EOT
	tool 0 conn-load
	eq "t/1 t/2 t/3" "$(ids out | paste -sd ' ')"
}

@test "a query or headers that are a list -> 3" {
	plan '{"on":"GET /x","times":0,"body":[{"id":1}]}'
	for key in query headers; do
		config <<<"streams: {x: {get: /x, next: '{$key: [1]}'}}"
		tool 3 conn-load
		grep -q "the $key .* not a mapping" err
	done
}

@test "a page that is shorter than the others ends nothing" {
	plan '{"on":"GET /x","query":{"start":"1"},"body":[{"id":2},{"id":3}]}' \
	    '{"on":"GET /x","query":{"start":"3"},"body":[]}' \
	    '{"on":"GET /x","body":[{"id":1}]}'
	config <<<'streams: {x: {get: /x, query: {limit: 2}, next: offset("start")}}'
	tool 0 conn-load
	eq "x/1 x/2 x/3" "$(ids out | paste -sd ' ')"
}

@test "a body that is merged with the next cursor: GraphQL" {
	plan '{"on":"POST /graphql","has":"\"after\":\"c1\"","body":{"data":{"nodes":[{"id":2}],"end":null}}}' \
	    '{"on":"POST /graphql","body":{"data":{"nodes":[{"id":1}],"end":"c1"}}}'
	config <<-'EOT'
	streams:
	  issues:
	    post: /graphql
	    body: {query: "query($after: String) {x}", variables: {first: 1}}
	    items: .data.nodes[]
	    next: 'if .data.end then {body: {variables: {after: .data.end}}} else null end'
	EOT
	tool 0 conn-load
	eq "issues/1 issues/2" "$(ids out | paste -sd ' ')"
	eq '{"query":"query($after: String) {x}","variables":{"first":1,"after":"c1"}}' \
	    "$(tail -n 1 log | jq -r .body)"
}

@test "a form is urlencoded, a list repeats a parameter, null leaves it out" {
	plan '{"on":"POST /x","body":[]}'
	config <<-'EOT'
	streams:
	  x:
	    post: /x
	    query: {a: [1, 2], b: \(null), c: \("p q"), d: null}
	    form: {k: v&w, n: 5}
	EOT
	tool 0 conn-load
	eq '["1","2"] p q k=v%26w&n=5' \
	    "$(jq -r '"\(.query.a | tojson) \(.query.c) \(.body)"' log)"
	eq '["a","c"]' "$(jq -c '.query | keys' log)"
}

@test "for a stream, a list, a program: scope is a part of the id" {
	plan '{"on":"GET /spaces","body":[{"id":1,"key":"a/b"},{"id":2,"key":"z"},{"id":3,"key":"no"}]}' \
	    '{"on":"GET /in/a%2Fb","body":[{"id":7}]}' \
	    '{"on":"GET /in/z","body":[{"id":7}]}' \
	    '{"on":"GET /l/*","body":[{"id":1}]}'
	plan '{"on":"GET /l/x","body":[{"id":1}]}' '{"on":"GET /l/y","body":[{"id":1}]}'
	config <<-'EOT'
	streams:
	  pages: {get: /in/\($p.key), for: spaces, scope: $p.key}
	  spaces: {get: /spaces, doc: false, keep: .key != "no"}
	  list: {get: /l/\($p), for: [x, y], scope: $p}
	  made: {get: /l/\($p), for: '("x", "y")', scope: $p}
	EOT
	tool 0 conn-load
	eq "pages/a%2Fb/7 pages/z/7 list/x/1 list/y/1 made/x/1 made/y/1" \
	    "$(ids out | paste -sd ' ')"
	tool 0 conn-slim
	eq "pages/a%2Fb/7 pages/z/7 list/x/1 list/y/1 made/x/1 made/y/1" \
	    "$(ids out | paste -sd ' ')"
}

@test "parents are listed once, whoever uses them" {
	plan '{"on":"GET /p","body":[{"id":1},{"id":2}]}' \
	    '{"on":"GET /a/1","body":[{"id":5}]}' '{"on":"GET /a/2","body":[]}' \
	    '{"on":"GET /b/1","body":[]}' '{"on":"GET /b/2","body":[{"id":6}]}' \
	    '{"on":"GET /c/6","body":[{"id":8}]}'
	config <<-'EOT'
	streams:
	  p: {get: /p}
	  a: {get: /a/\($p.id), for: p, scope: $p.id}
	  b: {get: /b/\($p.id), for: p, scope: $p.id}
	  c: {get: /c/\($p.id), for: b, scope: $p.id}
	EOT
	tool 0 conn-load
	eq "p/1 p/2 a/1/5 b/2/6 c/6/8" "$(ids out | paste -sd ' ')"
	eq 1 "$(asked | grep -c '^GET /p$')"
	eq 1 "$(asked | grep -c '^GET /b/2$')"
	: >log
	tool 0 conn-load -s a -s c
	eq "a/1/5 c/6/8" "$(ids out | paste -sd ' ')"
	eq 1 "$(asked | grep -c '^GET /p$')"
}

@test "parents are asked page by page, while their children are read" {
	plan '{"on":"GET /p","query":{"page":"2"},"body":[{"id":2}]}' \
	    '{"on":"GET /p","body":[{"id":1}],"headers":{"Link":"</p?page=2>; rel=next"}}' \
	    '{"on":"GET /a/1","body":[]}' '{"on":"GET /a/2","body":[]}'
	config <<-'EOT'
	streams:
	  p: {get: /p, doc: false}
	  a: {get: /a/\($p.id), for: p, scope: $p.id}
	EOT
	tool 0 conn-load
	eq "GET /a/2" "$(asked | tail -n 1)"
	eq 4 "$(asked | wc -l)"
}

# parents p of which the second is PARENT, and what is below them
parents() {
	plan "{\"on\":\"GET /p\",\"body\":[{\"id\":1,\"t\":0},$1]}" \
	    '{"on":"GET /c/1","body":[{"id":7}]}' \
	    '{"on":"GET /c/2","body":[{"id":8}]}'
	config <<-'EOT'
	streams:
	  p: {get: /p, time: '.t + 1.8e9', keep: '.k[0:1] != "n"', gone: .gone}
	  c: {get: /c/\($p.id), for: p, scope: $p.id}
	EOT
}

@test "a parent whose time is none: a fail, but its children are read" {
	parents '{"id":2,"t":0}'
	conn-load wiki.yml | conn-bulk wiki.yml
	: >plan
	parents '{"id":2,"t":"n/a"}'
	for verb in load slim; do
		conn-slim --index wiki.yml >known
		tool 1 conn-$verb
		eq "p/1 c/1/7 c/2/8" "$(ids out | paste -sd ' ')"
		eq '{"id":"wiki:p/2","code":"bad_timestamp"}' "$(ctl fail out)"
		run --separate-stderr conn-diff known <out
		check 1
		eq "" "$(ctl delete - <<<"$output")"
	done
	printf '{"id":"wiki:%s"}\n' p/1 c/2/8 >list
	tool 0 conn-load --ids list
	eq "p/1 c/2/8" "$(ids out | paste -sd ' ')"
}

@test "a parent that is not known to be one: the children are protected" {
	for parent in '{"id":2,"t":0,"k":1}' '{"id":2,"t":"n/a","k":1}' \
	    '{"t":0}' '{"t":"n/a"}' '{"id":2.5,"t":0}'; do
		: >plan
		parents "$parent"
		for verb in load slim; do
			tool 1 conn-$verb
			eq "p/1 c/1/7" "$(ids out | paste -sd ' ')"
			eq '"wiki:c/"' "$(ctl fail out | tail -n 1 | jq -c .prefix)"
		done
	done
}

@test "a parent that is none any more: its children go, whatever its time is" {
	for parent in '{"id":2,"t":"n/a","k":"no"}' '{"id":2,"t":0,"k":"no"}' \
	    '{"id":2,"t":"n/a","gone":true}' '{"t":0,"k":"no"}'; do
		: >plan
		parents "$parent"
		for verb in load slim; do
			run --separate-stderr conn-$verb wiki.yml
			eq "p/1 c/1/7" "$(ids - <<<"$output" | paste -sd ' ')"
			eq "" "$(ctl fail - <<<"$output" | jq 'select(.prefix)')"
		done
	done
}

@test "a poll reads the children of parents that are older" {
	parents '{"id":2,"t":"n/a"}'
	tool 1 conn-poll --since 2030-01-01T00:00:00Z
	eq "c/1/7 c/2/8" "$(ids out | paste -sd ' ')"
	eq '{"id":"wiki:p/2","code":"bad_timestamp"}' "$(ctl fail out)"
}

@test "with: asked per item, again goes down, when saves requests" {
	plan '{"on":"GET /t","body":[{"id":1,"n":2},{"id":2,"n":0}]}' \
	    '{"on":"GET /c/1","query":{"page":"2"},"body":[{"id":12,"more":false}]}' \
	    '{"on":"GET /c/1","body":[{"id":11,"more":true}],"headers":{"Link":"</c/1?page=2>; rel=next"}}' \
	    '{"on":"GET /c/11","body":[{"id":111,"more":false},{"id":112,"more":false,"skip":true}]}'
	config <<-'EOT'
	streams:
	  t:
	    get: /t
	    with:
	      kids: {get: /c/\($p.id), when: .n > 0, again: .more, keep: .skip | not}
	    doc: '{body: ([.kids | .. | .id? // empty] | map(tostring) | join(" "))}'
	EOT
	tool 0 conn-load
	eq '["11 111 12",""]' "$(jq -sc '[.[] | select(._id) | .body]' out)"
	: >log
	tool 0 conn-slim
	eq "GET /t" "$(asked)"
}

@test "a document without doc has its bytes, with what with brought" {
	plan '{"on":"GET /t","body":"[{\"id\": 1, \"big\": 12345678901234567890, \"k\": 0}]"}' \
	    '{"on":"GET /k","body":[1, 2]}'
	config <<<'streams: {t: {get: /t, with: {k: {get: /k}}}}'
	tool 0 conn-load
	grep -F '"big":12345678901234567890,"k":[1,2]}' out
}

@test "newest_first: the page after which all is older is the last" {
	plan '{"on":"GET /t","query":{"page":"2"},"body":[{"id":3,"at":"2024-01-02","off":true},{"id":4,"at":"2024-01-01"}],"headers":{"Link":"</t?page=3>; rel=next"}}' \
	    '{"on":"GET /t","query":{"page":"3"},"body":[{"id":5,"at":"2023-01-01"}]}' \
	    '{"on":"GET /t","body":[{"id":1,"at":"2024-06-02"},{"id":2,"at":"2024-06-01"}],"headers":{"Link":"</t?page=2>; rel=next"}}'
	config <<-'EOT'
	streams:
	  t: {get: /t, time: .at, keep: .off | not, poll: {newest_first: true}}
	EOT
	tool 0 conn-poll --since 2024-05-01T00:00:00Z
	eq "t/1 t/2" "$(ids out | paste -sd ' ')"
	eq 2 "$(asked | wc -l)"
	# the day of the second page is not over everywhere
	: >log
	tool 0 conn-poll --since 2024-01-02T11:00:00Z
	eq "t/1 t/2 t/4" "$(ids out | paste -sd ' ')"
	eq 3 "$(asked | wc -l)"
}

@test "step: a poll is cut into windows, the last one is open" {
	plan '{"on":"GET /t","body":[]}'
	config <<-'EOT'
	streams:
	  t: {get: /t, step: 1d, poll: {query: {from: \($since), to: \($until)}}}
	EOT
	tool 0 conn-poll --since 2024-05-01T00:00:00Z --until 2024-05-03T12:00:00Z
	same - <(asked) <<-'EOT'
	GET /t?from=2024-05-01T00:00:00Z&to=2024-05-02T00:00:00Z
	GET /t?from=2024-05-02T00:00:00Z&to=2024-05-03T00:00:00Z
	GET /t?from=2024-05-03T00:00:00Z&to=2024-05-03T12:00:00Z
	EOT
	: >log
	tool 0 conn-poll --since 36h
	eq 2 "$(asked | wc -l)"
	eq null "$(tail -n 1 log | jq -r .query.to)"
}

@test "keep and gone: not listed, and deletes in a poll" {
	plan '{"on":"GET /t","body":[{"id":1},{"id":2,"pr":{}},{"id":3,"deleted":true}]}'
	config <<-'EOT'
	streams:
	  t: {get: /t, keep: .pr == null, gone: .deleted}
	EOT
	tool 0 conn-load
	eq "t/1" "$(ids out)"
	tool 0 conn-slim
	eq "t/1" "$(ids out)"
	tool 0 conn-poll --since 1h
	eq '["wiki:t/2","wiki:t/3"]' "$(ctl delete out | jq -sc 'map(.id)')"
}

@test "keep: what another parent keeps stays, as in a load" {
	plan '{"on":"GET /p/*","body":[{"id":1,"of":"a"},{"id":2,"of":"c"},{"id":3,"of":"z"}]}'
	config <<-'EOT'
	streams:
	  t: {for: [a, b, c], get: '/p/\($p)', keep: .of == $p}
	EOT
	conn-load wiki.yml | conn-bulk wiki.yml
	tool 0 conn-poll
	eq 't/1 t/2' "$(ids out | paste -sd ' ')"
	conn-bulk wiki.yml <out
	conn-slim --index wiki.yml >known
	eq 't/1 t/2' "$(ids known | paste -sd ' ')"
	eq '["wiki:t/3"]' "$(ctl delete out | jq -sc 'map(.id) - ["wiki:t/2"] | unique')"
	# of one and the same the last word counts
	plan '{"on":"GET /p/*","body":[]}'
	sed -i '1s/.*/{"on":"GET \/p\/b","body":[{"id":1,"of":"b"},{"id":1,"of":"z"}]}/' plan
	tool 0 conn-poll
	eq '["wiki:t/1"]' "$(ctl delete out | jq -sc 'map(.id)')"
}

@test "as: a feed of deletions gives another stream's ids, in polls only" {
	plan '{"on":"GET /t","body":[{"id":1}]}' '{"on":"GET /trash","body":[{"id":9}]}'
	config <<-'EOT'
	streams:
	  trash: {get: /trash, as: t, gone: true, only: poll}
	  t: {get: /t}
	EOT
	tool 0 conn-load
	eq "GET /t" "$(asked)"
	eq "t trash" "$(ctl state out | jq -r .stream | sort | paste -sd ' ')"
	conn-bulk wiki.yml <out
	tool 0 conn-poll
	eq "t/1" "$(ids out)"
	eq '"wiki:t/9"' "$(ctl delete out | jq -c .id)"
}

@test "as: what a feed of deletions tells of and is there again stays" {
	plan '{"on":"GET /t","body":[{"id":1,"at":"2101-01-01"}]}' '{"on":"GET /trash","body":[{"id":1},{"id":9}]}'
	config <<-'EOT'
	streams:
	  t: {get: /t, time: .at}
	  trash: {get: /trash, as: t, gone: true, only: poll}
	EOT
	conn-load wiki.yml | conn-bulk wiki.yml
	conn-poll wiki.yml | conn-bulk wiki.yml
	conn-poll --since 2h --until 1h wiki.yml | conn-bulk wiki.yml
	conn-slim --index wiki.yml >known
	eq t/1 "$(ids known)"
}

@test "as: what one stream leaves out and another one keeps stays in a poll" {
	plan '{"on":"GET /t","body":[{"id":1,"old":true},{"id":2}]}'
	config <<-'EOT'
	streams:
	  old: {get: /t, as: t, keep: .old}
	  t: {get: /t, keep: .old | not}
	EOT
	conn-load wiki.yml | conn-bulk wiki.yml
	conn-poll wiki.yml | conn-bulk wiki.yml
	conn-slim --index wiki.yml >known
	eq 't/1 t/2' "$(ids known | paste -sd ' ')"
}

@test "csv, JSON lines, XML and text, by their type or by format" {
	plan '{"on":"GET /csv","type":"text/csv; charset=iso-8859-1","body":"id;name\n1;a\n2;b\n"}' \
	    '{"on":"GET /lines","type":"application/x-ndjson","body":"{\"id\":1}\n{\"id\":2}\n"}' \
	    '{"on":"GET /xml","type":"application/xml","body":"<r><i><id>1</id></i><i><id>2</id></i></r>"}' \
	    '{"on":"GET /text","type":"application/octet-stream","body":"a\nb\n"}'
	config <<-'EOT'
	streams:
	  csv: {get: /csv}
	  lines: {get: /lines}
	  xml: {get: /xml, items: ".r.i[]", id: '.id[0]."#text"'}
	  text: {get: /text, format: text, items: 'split("\n")[] | select(. != "") | {id: .}'}
	EOT
	tool 0 conn-load
	eq "csv/1 csv/2 lines/1 lines/2 xml/1 xml/2 text/a text/b" "$(ids out | paste -sd ' ')"
	eq '{"id":"2","name":"b"}' "$(jq -c 'select(._id == "wiki:csv/2") | {id, name}' out)"
}
