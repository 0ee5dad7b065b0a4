#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The driver rest on three connectors, as they stand in tests/connectors,
# against as much of Notion, Confluence and GitHub as they read.

load helper

teardown() {
	[ ! -e pid ] || kill "$(cat pid)"
}

# fake PRODUCT: data is on stdin. Sets URL.
fake() {
	cat >data
	python3 "$ROOT/tests/rest-fakes.py" "$1" data log >url 2>server.err \
	    3>&- 5>&- &
	echo $! >pid
	eventually test -s url || { cat server.err; return 1; }
	URL=$(cat url)
}

# drive VERB FILE SETTINGS [MORE]: the driver's lines in out.
drive() {
	: >log
	run --separate-stderr "$CONN_BUILD/libexec/conn/conn-source-rest" "$1" \
	    < <(jq -nc --arg f "$ROOT/tests/connectors/$2" --arg url "$URL" \
	    "{v: 1, connector: \$f, source: ({url: \$url, overlap: 600} + $3)} + ${4:-{\}}")
	printf '%s\n' "$output" >out
	check 0
}

ids() { jq -r '.id // empty' out | paste -sd ' '; }
deletes() { jq -r '.delete.id // empty' out | paste -sd ' '; }
fails() { jq -r '.fail | select(.) | .prefix // .id' out | paste -sd ' '; }
requests() { cut -d ' ' -f 1,2 log | sort | uniq -c | sed 's/^ *//'; }

notion() {
	fake notion <<-'EOT'
	{"token": "t0ken", "pages": [
	 {"id": "p1", "last_edited_time": "2024-06-03T10:00:00.000Z", "created_time": "2023-01-01T00:00:00.000Z",
	  "archived": false, "url": "u1", "last_edited_by": {"id": "ann"}, "parent": {"page_id": "p3"},
	  "properties": {"Name": {"type": "title", "title": [{"plain_text": "First "}, {"plain_text": "page"}]}, "Tag": {"type": "select"}}},
	 {"id": "p2", "last_edited_time": "2024-06-02T10:00:00.000Z", "archived": true, "properties": {}},
	 {"id": "p3", "last_edited_time": "2024-01-03T10:00:00.000Z", "archived": false, "properties": {}},
	 {"id": "p4", "last_edited_time": "2024-01-02T10:00:00.000Z", "archived": false, "properties": {}},
	 {"id": "p5", "last_edited_time": "2024-01-01T10:00:00.000Z", "archived": false, "properties": {}}],
	 "blocks": {
	  "p1": [{"id": "b1", "type": "paragraph", "has_children": true, "paragraph": {"rich_text": [{"plain_text": "one"}]}},
	         {"id": "b2", "type": "child_page", "has_children": true, "child_page": {"title": "not ours"}},
	         {"id": "b3", "type": "paragraph", "has_children": false, "paragraph": {"rich_text": [{"plain_text": "five"}]}}],
	  "b1": [{"id": "c1", "type": "paragraph", "has_children": false, "paragraph": {"rich_text": [{"plain_text": "two"}]}},
	         {"id": "c2", "type": "paragraph", "has_children": true, "paragraph": {"rich_text": [{"plain_text": "three"}]}}],
	  "c2": [{"id": "d1", "type": "paragraph", "has_children": false, "paragraph": {"rich_text": [{"plain_text": "four"}]}}],
	  "p3": [], "p4": [], "p5": []}}
	EOT
}

@test "notion: load, with blocks within blocks in their order" {
	notion
	drive load notion.yml '{token: "t0ken"}'
	eq "pages/p1 pages/p3 pages/p4 pages/p5" "$(ids)"
	eq '{"title":"First page","body":"one\ntwo\nthree\nfour\nfive","url":"u1","type":"page","author":"ann","created_at":"2023-01-01T00:00:00.000Z","parent":"p3"}' \
	    "$(jq -c 'select(.id == "pages/p1").doc' out)"
	eq 2024-06-03T10:00:00Z "$(jq -r 'select(.id == "pages/p1").timestamp' out)"
}

@test "notion: slim gives the same ids, and asks for nothing but pages" {
	notion
	drive slim notion.yml '{token: "t0ken"}'
	eq "pages/p1 pages/p3 pages/p4 pages/p5" "$(ids)"
	eq "3 POST /search" "$(requests)"
}

@test "notion: a poll stops where all is older, deletes what was archived" {
	notion
	drive poll notion.yml '{token: "t0ken"}' '{since: "2024-05-01T00:00:00Z"}'
	eq pages/p1 "$(ids)"
	eq pages/p2 "$(deletes)"
	eq 2 "$(grep -c /search log)"
	[[ $(requests) != *p3* ]]
}

@test "notion: one page by its id is as in the load, one that is gone is not" {
	notion
	drive load notion.yml '{token: "t0ken"}'
	grep '"pages/p1"' out >loaded
	drive load notion.yml '{token: "t0ken"}' '{ids: ["pages/p1", "pages/p2", "pages/p9"]}'
	same loaded <(grep '"doc"' out)
	eq pages/p1 "$(ids)"
}

confluence() {
	fake confluence <<-'EOT'
	{"token": "YUBleGFtcGxlLmNvbTpzM2NyZXQ=", "forbidden": ["BB"],
	 "spaces": [{"id": 1, "key": "AA"}, {"id": 2, "key": "BB"}, {"id": 3, "key": "CC"}],
	 "pages": [
	  {"id": "101", "type": "page", "title": "Start", "space": {"key": "AA"}, "_links": {"webui": "/spaces/AA/101"},
	   "body": {"storage": {"value": "<p>Hello <b>there</b></p>"}}, "version": {"when": "2024-06-01T12:00:00.000+02:00", "by": {"displayName": "Ann"}},
	   "ancestors": [], "metadata": {"labels": {"results": [{"name": "a"}, {"name": "b"}]}}, "history": {"createdDate": "2023-01-01"}},
	  {"id": "102", "type": "page", "title": "Below", "space": {"key": "AA"}, "_links": {"webui": "/spaces/AA/102"},
	   "body": {"storage": {"value": "<p>x</p>"}}, "version": {"when": "2024-01-01T00:00:00.000Z", "by": {"displayName": "Bob"}},
	   "ancestors": [{"id": "100", "title": "Root"}, {"id": "101", "title": "Start"}], "metadata": {"labels": {"results": []}}, "history": {"createdDate": "2023-01-02"}},
	  {"id": "103", "type": "page", "title": "Third", "space": {"key": "AA"}, "_links": {"webui": "/spaces/AA/103"},
	   "body": {"storage": {"value": ""}}, "version": {"when": "2024-01-02T00:00:00.000Z", "by": {"displayName": "Bob"}},
	   "ancestors": [], "metadata": {"labels": {"results": []}}, "history": {"createdDate": "2023-01-03"}}],
	 "comments": {"101": [{"id": "9", "body": {"storage": {"value": "<p>so &amp; so</p>"}}}, {"id": "8", "body": {"storage": {"value": "<p>2</p>"}}},
	  {"id": "7", "body": {"storage": {"value": "<p>3</p>"}}}]}}
	EOT
	C='{email: "a@example.com", token: "s3cret", spaces: ["AA", "BB"]}'
}

@test "confluence: a space that is forbidden is protected, the other is read" {
	confluence
	drive load confluence.yml "$C"
	eq "pages/AA/101 pages/AA/102 pages/AA/103" "$(ids)"
	eq "pages/BB/" "$(fails)"
	eq "$(jq -nc --arg u "$URL" '{title: "Start", body: "Hello there so & so 2 3",
	    url: ($u + "/spaces/AA/101"), type: "page", author: "Ann",
	    created_at: "2023-01-01", parent: null, path: "", tags: ["a", "b"]}')" \
	    "$(jq -c 'select(.id == "pages/AA/101").doc |
		.body |= (gsub("\n+"; " "))' out)"
	eq "2024-06-01T10:00:00Z" "$(jq -r 'select(.id == "pages/AA/101").timestamp' out)"
	eq "Root/Start 101" "$(jq -r 'select(.id == "pages/AA/102").doc |
	    "\(.path) \(.parent)"' out)"
}

@test "confluence: slim gives the same ids, and asks for less" {
	confluence
	drive slim confluence.yml "$C"
	eq "pages/AA/101 pages/AA/102 pages/AA/103" "$(ids)"
	eq "pages/BB/" "$(fails)"
	eq 0 "$(grep -c comment log)"
	eq 3 "$(grep -cE "expand=version(&|$)" log)"
}

@test "confluence: a poll asks by CQL, and names the ids as the load does" {
	confluence
	drive poll confluence.yml "$C" '{since: "2024-05-31T00:00:00Z"}'
	eq pages/AA/101 "$(ids)"
	eq "" "$(fails)"
	grep -q 'content/search limit=50&' log
	drive load confluence.yml "$C"
	grep '"pages/AA/101"' out >loaded
	drive load confluence.yml "$C" '{ids: ["pages/AA/101"]}'
	same loaded <(grep '"doc"' out)
}

@test "confluence: a wrong password ends it with 3" {
	confluence
	jq -nc --arg f "$ROOT/tests/connectors/confluence.yml" --arg url "$URL" \
	    '{v: 1, connector: $f, source: {url: $url, email: "a", token: "wr0ng"}}' >request
	run --separate-stderr \
	    "$CONN_BUILD/libexec/conn/conn-source-rest" load <request
	check 3
	[[ $stderr == *'HTTP 401'* && $stderr != *wr0ng* ]]
}

github() {
	fake github <<-'EOT'
	{"token": "ghp_x", "issues": {"acme/app": [
	  {"number": 1, "title": "A", "body": null, "comments": 0, "html_url": "h1", "state": "closed", "user": {"login": "ann"}, "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-02T00:00:00Z", "labels": []},
	  {"number": 2, "title": "B", "body": "text", "comments": 3, "html_url": "h2", "state": "open", "user": {"login": "bob"}, "created_at": "2024-02-01T00:00:00Z", "updated_at": "2024-06-01T00:00:00Z", "labels": [{"name": "bug"}]},
	  {"number": 3, "title": "PR", "body": "", "comments": 0, "html_url": "h3", "state": "open", "user": {"login": "bob"}, "created_at": "2024-02-01T00:00:00Z", "updated_at": "2024-06-02T00:00:00Z", "labels": [], "pull_request": {}},
	  {"number": 4, "title": "C", "body": "c", "comments": 0, "html_url": "h4", "state": "open", "user": {"login": "ann"}, "created_at": "2024-03-01T00:00:00Z", "updated_at": "2024-03-01T00:00:00Z", "labels": []},
	  {"number": 5, "title": "D", "body": "d", "comments": 0, "html_url": "h5", "state": "open", "user": {"login": "ann"}, "created_at": "2024-04-01T00:00:00Z", "updated_at": "2024-04-01T00:00:00Z", "labels": []}]},
	 "comments": {"2": [{"body": "one"}, {"body": null}, {"body": "three"}]}}
	EOT
	G='{token: "ghp_x", repos: ["acme/app", "acme/gone"]}'
}

@test "github: issues over three pages, a repo that is gone is protected" {
	github
	drive load github-issues.yml "$G"
	eq "1 2 4 5" "$(ids | sed 's|issues/acme%2Fapp/||g')"
	eq "issues/acme%2Fgone/" "$(fails)"
	eq '{"title":"B","body":"text\n\none\n\n\n\nthree","url":"h2","type":"issue","author":"bob","created_at":"2024-02-01T00:00:00Z","tags":["bug"],"meta":{"state":"open","repo":"acme/app"}}' \
	    "$(jq -c 'select(.id == "issues/acme%2Fapp/2").doc' out)"
	eq "" "$(jq -r 'select(.id == "issues/acme%2Fapp/1").doc.body' out)"
	eq 2 "$(grep -c comments log)"
}

@test "github: slim gives the same ids" {
	github
	drive slim github-issues.yml "$G"
	eq "1 2 4 5" "$(ids | sed 's|issues/acme%2Fapp/||g')"
	eq "issues/acme%2Fgone/" "$(fails)"
	eq 0 "$(grep -c comments log)"
}

@test "github: a poll asks with since; what became a pull request goes" {
	github
	drive poll github-issues.yml "$G" '{since: "2024-05-01T00:00:00Z"}'
	eq issues/acme%2Fapp/2 "$(ids)"
	eq issues/acme%2Fapp/3 "$(deletes)"
	local query='per_page=100&state=all&sort=updated&direction=asc'
	grep -q "$query&since=2024-05-01T00%3A00%3A00Z" log
}

@test "github: one issue by its id is as in the load" {
	github
	drive load github-issues.yml "$G"
	grep 'app/2"' out >loaded
	drive load github-issues.yml "$G" '{ids: ["issues/acme%2Fapp/2",
	    "issues/acme%2Fapp/3", "issues/acme%2Fapp/77", "issues/acme%2Fgone/1",
	    "issues/other%2Frepo/1"]}'
	same loaded <(grep '"doc"' out)
	eq "" "$(fails)"
}
