#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The connector notion. The service cannot be had on a machine of one's own:
# tests/notion-server.py plays it, and names the pages that it follows.

load helper
load saas

TABLE=d1000000-0000-0000-0000-000000000001
OTHER=d2000000-0000-0000-0000-000000000002

notion() {
	python3 - <<-'EOT' | saas notion 'token: secret_x1' "$@"
	import json
	def rich(*texts):
	    return [{"type": "text", "plain_text": t} for t in texts]
	def page(i, at, parent, title, **more):
	    properties = {"Name": {"id": "title", "type": "title", "title": rich(*title)}}
	    properties.update(more)
	    return {"object": "page", "id": i, "created_time": at, "in_trash": False,
	        "last_edited_time": at, "url": "https://www.notion.example/" + i,
	        "created_by": {"object": "user", "id": "u1"}, "parent": parent,
	        "last_edited_by": {"object": "user", "id": "u1"}, "properties": properties}
	def table(i, db, title):
	    return {"object": "data_source", "id": i, "title": rich(title), "in_trash": False,
	        "description": rich("All of them"), "properties": {"Name": {}, "Tags": {}},
	        "created_time": "2026-01-01T00:00:00.000Z", "url": "https://www.notion.example/" + i,
	        "last_edited_time": "2026-01-01T00:00:00.000Z",
	        "parent": {"type": "database_id", "database_id": db},
	        "database_parent": {"type": "page_id", "page_id": "p1"}}
	def block(i, kind, below=False, **content):
	    return {"object": "block", "id": i, "type": kind, "has_children": below, kind: content}
	top = {"type": "workspace", "workspace": True}
	in1 = {"type": "data_source_id", "data_source_id": "d1000000-0000-0000-0000-000000000001", "database_id": "b1"}
	in2 = {"type": "data_source_id", "data_source_id": "d2000000-0000-0000-0000-000000000002", "database_id": "b2"}
	objects = [
	    page("p1", "2026-01-01T00:00:00.000Z", top, ["Hand", "book"]),
	    page("p2", "2026-01-02T00:00:00.000Z", {"type": "page_id", "page_id": "p1"}, ["Below"]),
	    page("p3", "2026-01-03T00:00:00.000Z", top, ["Third"]),
	    page("r1", "2026-01-04T00:00:00.000Z", in1, ["Row 1"],
	        State={"type": "status", "status": {"name": "Done"}},
	        Kinds={"type": "multi_select", "multi_select": [{"name": "a"}, {"name": "b"}]},
	        Text={"type": "rich_text", "rich_text": rich("x", "y")},
	        Size={"type": "number", "number": 7}, Ok={"type": "checkbox", "checkbox": True},
	        When={"type": "date", "date": {"start": "2026-02-01", "end": None}},
	        Who={"type": "people", "people": [{"id": "u1", "name": "Ann"}]},
	        Sum={"type": "formula", "formula": {"type": "string", "string": "seven"}},
	        Roll={"type": "rollup", "rollup": {"type": "array", "array": [{"type": "number", "number": 3}, {"type": "number", "number": 4}]}},
	        Key={"type": "unique_id", "unique_id": {"prefix": "T", "number": 5}},
	        File={"type": "files", "files": [{"name": "a.pdf", "type": "file", "file": {"url": "https://signed.example/1"}}]},
	        Link={"type": "url", "url": None}, Rel={"type": "relation", "relation": [{"id": "p1"}]}),
	    page("r2", "2026-01-05T00:00:00.000Z", in1, ["Row 2"]),
	    page("r3", "2026-01-06T00:00:00.000Z", in1, ["Row 3"]),
	    page("r4", "2026-01-07T00:00:00.000Z", in1, ["Row 4"]),
	    page("r5", "2026-01-08T00:00:00.000Z", in2, ["Row 5"]),
	    table("d1000000-0000-0000-0000-000000000001", "b1", "Tasks"),
	    table("d2000000-0000-0000-0000-000000000002", "b2", "Notes")]
	blocks = {
	    "p1": [block("k1", "heading_1", rich_text=rich("Top")),
	        block("k2", "paragraph", True, rich_text=rich("one ", "line")),
	        block("k3", "child_page", True, title="Below"),
	        block("k4", "table", True, table_width=2),
	        block("k5", "image", caption=rich("a picture"), type="file"),
	        block("k6", "unsupported", True),
	        block("k7", "synced_block", True, synced_from={"block_id": "elsewhere"}),
	        block("k8", "bookmark", url="https://there.example", caption=[])],
	    "k2": [block("k21", "to_do", True, rich_text=rich("two"), checked=False)],
	    "k21": [block("k211", "code", rich_text=rich("three"), caption=[], language="c")],
	    "k4": [block("k41", "table_row", cells=[rich("a", "b"), rich("c")])]}
	print(json.dumps({"token": "secret_x1", "objects": objects, "blocks": blocks,
	    "comments": [{"object": "comment", "id": "c1", "parent": {"page_id": "p1"}, "rich_text": rich("Well ", "said")}],
	    "users": [{"object": "user", "id": "u1", "type": "person", "name": "Ann"},
	        {"object": "user", "id": "u2", "type": "bot", "name": "Bot"}]}))
	EOT
}

all() {
	printf '%s\n' pages/p{1,2,3} "databases/$TABLE" "databases/$OTHER" \
	    "rows/$TABLE/r"{1,2,3,4} "rows/$OTHER/r5" | sort | paste -sd ' '
}

# edit ID FILTER: that object, edited now.
edit() {
	now --arg id "$1" "(.objects[] | select(.id == \$id)) |=
	    (.last_edited_time = (now | todate) | $2)"
}

@test "notion: load, slim -> the same ids; slim reads no blocks" {
	notion
	tool 0 conn-load
	eq "$(all)" "$(ids)"
	: >log
	tool 0 conn-slim
	eq "$(all)" "$(ids)"
	eq 0 "$(grep -c blocks log)"
}

@test "notion: a page -> its blocks, nested, as lines, in their order" {
	notion
	tool 0 conn-load
	doc pages/p1 | jq -r .body >body
	same - body <<-'EOT'
	Top
	one line
	two
	three
	ab | c
	a picture
	https://there.example
	EOT
	eq 'Handbook page u1 null' "$(doc pages/p1 |
	    jq -r '"\(.title) \(.type) \(.author) \(.parent)"')"
	eq p1 "$(doc pages/p2 | jq -r .parent)"
}

@test "notion: a row -> its properties, without what changes by itself" {
	notion
	tool 0 conn-load
	doc "rows/$TABLE/r1" | jq -r .body >body
	same - body <<-'EOT'
	State: Done
	Kinds: a, b
	Text: xy
	Size: 7
	Ok: true
	When: 2026-02-01
	Who: Ann
	Sum: seven
	Roll: 3, 4
	Key: T-5
	File: a.pdf
	EOT
	eq '["Done","a","b"]' "$(doc "rows/$TABLE/r1" | jq -c '.tags | sort')"
	eq "Tasks|All of them
Name, Tags" "$(doc "databases/$TABLE" | jq -r '"\(.title)|\(.body)"')"
}

@test "notion: comments, users, databases -> read where asked for" {
	notion 'comments: true' 'users: true' 'databases: [b1]'
	tool 0 conn-load
	[[ $(doc pages/p1 | jq -r .body) == *$'\nWell said' ]]
	[[ " $(ids) " == *' users/u1 '* && $(ids) != *u2* && $(ids) != *r5* ]]
	[[ $(ids) == *"rows/$TABLE/r4"* ]]
}

@test "notion: a poll -> what was edited; a full sync -> what is gone" {
	notion
	run -0 --separate-stderr conn-sync s.yml
	edit p2 '.properties.Name.title[0].plain_text = "New"'
	edit r3 .
	edit p3 '.in_trash = true'
	: >log
	tool 0 conn-poll
	eq "pages/p2 rows/$TABLE/r3" "$(ids)"
	# it would be moved to that table now
	eq pages/r3 "$(ctl delete)"
	eq 2 "$(grep -c 'GET.*blocks' log)"
	run -0 --separate-stderr conn-sync --poll s.yml
	eq '' "$stderr"
	run -0 --separate-stderr conn-sync s.yml
	want=$(all)
	# shellcheck disable=SC2086
	indexed ${want/pages\/p3 /}
}

@test "notion: a search that has what is in the trash -> a poll deletes it" {
	notion
	run -0 --separate-stderr conn-sync s.yml
	edit p3 '.in_trash = true'
	now '.trash_found = true'
	tool 0 conn-poll
	eq pages/p3 "$(ctl delete)"
}

@test "notion: --ids -> as in the load; in the trash, gone, moved: nothing" {
	notion
	tool 0 conn-load
	grep -e '"s:pages/p1"' -e '"s:rows/.*/r2"' out >loaded
	edit p3 '.in_trash = true'
	edit r3 ".parent.data_source_id = \"$OTHER\""
	for id in pages/p1 pages/p3 pages/p9 "rows/$TABLE/r2" "rows/$TABLE/r3"; do
		echo "{\"id\":\"s:$id\"}"
	done >list
	tool 0 conn-load --ids list
	same <(sort loaded) <(grep '"_id"' out | sort)
}

@test "notion: a search that misses a page -> asked for, not deleted" {
	notion
	run -0 --separate-stderr conn-sync s.yml
	now '.faults = [{on: "POST /v1/search", has: "\"page\"", body: {object:
	    "list", results: [], has_more: false, next_cursor: null}}]'
	run -0 --separate-stderr conn-sync s.yml
	want=$(all)
	# shellcheck disable=SC2086
	indexed $want
}

@test "notion: a search that misses a table -> asked for, its rows stay" {
	notion
	run -0 --separate-stderr conn-sync s.yml
	edit r1 '.in_trash = true'
	now '.faults = [{on: "POST /v1/search", has: "data_source", body: {object:
	    "list", results: [], has_more: false, next_cursor: null}}]'
	: >log
	run -0 --separate-stderr conn-sync s.yml
	# each for itself, and for all its rows
	eq 4 "$(grep -c 'GET.*/data_sources/[^/]*"' log)"
	want=$(all)
	want=${want/rows\/$TABLE\/r1 /}
	# shellcheck disable=SC2086
	indexed $want
	# one that is gone takes its rows with it
	now --arg t "$TABLE" 'del(.objects[] | select(.id == $t))'
	: >log
	run -0 --separate-stderr conn-sync s.yml
	eq 2 "$(grep -c "GET.*/data_sources/$TABLE\"" log)"
	want=$(tr ' ' '\n' <<<"$want" | grep -v "$TABLE" | paste -sd ' ')
	# shellcheck disable=SC2086
	indexed $want
}

@test "notion: a table that is forbidden -> its rows stay, others are read" {
	notion
	run -0 --separate-stderr conn-sync s.yml
	edit r1 '.in_trash = true'
	now --arg d "$OTHER" '.faults = [{on: "POST /v1/data_sources/\($d)/query",
	    status: 403, body: {object: "error", status: 403,
	    code: "restricted_resource", message: "Insufficient permissions"}}]'
	tool 1 conn-load
	eq "rows/$OTHER/" "$(ctl fail)"
	run -1 --separate-stderr conn-sync s.yml
	want=$(all)
	# shellcheck disable=SC2086
	indexed ${want/rows\/$TABLE\/r1 /}
}

@test "notion: 429, 409 -> waits and goes on" {
	notion
	now --arg d "$TABLE" '.faults = [
	    {on: "POST /v1/search", times: 1, status: 429, headers: {"Retry-After": "1"},
	    body: {object: "error", status: 429, code: "rate_limited", message: ""}},
	    {on: "POST /v1/data_sources/\($d)/query", times: 1, status: 409, body:
	    {object: "error", status: 409, code: "conflict_error", message: ""}}]'
	tool 0 conn-slim
	eq "$(all)" "$(ids)"
}

@test "notion: a kind of block that the API does not have -> the rest" {
	notion
	now '.faults = [{on: "GET /v1/blocks/k2/children", status: 400, body: {object:
	    "error", status: 400, code: "validation_error", message:
	    "Block type ai_block is not supported via the API."}}]'
	tool 0 conn-load
	[[ $(doc pages/p1 | jq -r .body) == $'Top\none line\nab | c'* ]]
	now '.faults[0].body.message = "something else"'
	tool 1 conn-load
	eq pages/p1 "$(ctl fail)"
}

@test "notion: more rows than a query gives -> the next one goes on" {
	notion
	now '.limit = 3'
	tool 0 conn-slim
	eq "$(all)" "$(ids | tr ' ' '\n' | uniq | paste -sd ' ')"
	grep -q '"created_time": {"on_or_after"' log
	# all of one time: said, not passed over
	now '(.objects[] | select(.id | startswith("r")).created_time) =
	    "2026-01-04T00:00:00.000Z"'
	run ! conn-slim s.yml
	[[ $output != *'"complete":true'* ]]
}

@test "notion: a search that is cut short -> nothing is deleted" {
	notion
	run -0 --separate-stderr conn-sync s.yml
	edit p3 '.in_trash = true'
	now '.faults = [{on: "POST /v1/search", has: "\"page\"", body: {object: "list",
	    results: [], has_more: false, next_cursor: null, request_status: {type:
	    "incomplete", incomplete_reason: "query_result_limit_reached"}}}]'
	run -1 --separate-stderr conn-sync s.yml
	want=$(all)
	# shellcheck disable=SC2086
	indexed $want
}

@test "notion: a token that is not good -> 3, and it is not shown" {
	notion
	now '.token = "another"'
	tool 3 conn-load
	[[ $(cat err) == *'HTTP 401, the credentials do not do'* ]]
	[[ $(cat out err) != *secret_x1* ]]
}

@test "notion: the kit for drivers finds nothing wrong" {
	notion
	tool 0 conn-check --driver
	eq '' "$(cat err)"
}

@test "notion: the examples of the manual run" {
	notion
	URL=$(cat url)
	for n in 1 2; do
		example conn-source-notion.7 "$n" >example.yml
		sed -i "s|^  type: notion|&\n  url: $URL\n  allow_http: true\n  rate: 1000/s|
		    s/7a1b.*\]/b1]/" example.yml
		chmod 600 example.yml
		export NOTION_TOKEN=secret_x1
		run --separate-stderr conn-load example.yml
		check 0
		[[ $output == *'pages/p1'*'"complete":true'* ]]
	done
}
