#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The connector zendesk. The service cannot be had on a machine of one's own:
# tests/zendesk-server.py plays it as developer.zendesk.com documents it.

load helper
load saas

zendesk() {
	python3 - <<-'EOT' | saas zendesk 'email: bot@a.example' 'token: secret_z1'
	import json
	def ticket(i, at, **more):
	    return {"id": i, "subject": f"Ticket {i}", "status": "open", "priority": "high",
	        "type": "incident", "tags": ["printer"], "requester_id": 1, "assignee_id": 2,
	        "group_id": 7, "organization_id": 8, "via": {"channel": "email"},
	        "created_at": "2026-01-01T00:00:00Z", "updated_at": f"2026-01-{at:02}T00:00:00Z",
	        "generated_timestamp": 1767225600 + (at - 1) * 86400, **more}
	def comment(i, on, author, html, public=True):
	    return {"id": i, "ticket": on, "author_id": author, "public": public, "html_body": html}
	def article(i, at, section, draft=False, segment=None, german=False):
	    when = f"2026-01-{at:02}T00:00:00Z"
	    def text(locale, title):
	        return {"locale": locale, "title": title, "body": f"<p>{title} &amp; more</p>",
	            "draft": draft, "edited_at": when,
	            "html_url": f"https://a.example/hc/{locale}/articles/{i}"}
	    return {"id": i, "author_id": 2, "section_id": section, "label_names": ["faq"],
	        "position": 0, "promoted": False, "user_segment_id": segment,
	        "created_at": when, "updated_at": when, "translations": [text("en-us", f"How {i}")]
	        + ([text("de", f"Wie {i}")] if german else [])}
	print(json.dumps({"email": "bot@a.example", "token": "secret_z1", "oauth": "secret_z2",
	    "tickets": [ticket(1, 2),
	        ticket(2, 3, assignee_id=None, organization_id=None),
	        ticket(3, 4, status="deleted"),
	        ticket(4, 5), ticket(5, 6, status="closed")],
	    "comments": [
	        comment(11, 1, 1, "<p>It smokes &lt;b&gt;.</p>"), comment(12, 1, 2, "Water."),
	        comment(13, 1, 2, "<p>A hopeless one</p>", False), comment(14, 1, 1, "Thanks."),
	        comment(21, 2, 1, "Two"), comment(41, 4, 1, "Four"), comment(51, 5, 1, "Five")],
	    "articles": [
	        article(101, 1, 31), article(102, 2, 31, draft=True),
	        article(103, 3, 32, segment=9), article(104, 4, 32, german=True)],
	    "users": [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bob"}],
	    "groups": [{"id": 7, "name": "Support"}], "organizations": [{"id": 8, "name": "Acme"}],
	    "locales": ["en-us", "de"],
	    "sections": [{"id": 31, "name": "Basics"}, {"id": 32, "name": "More"}]}))
	EOT
}

EN='articles/en-us/101 articles/en-us/103 articles/en-us/104'
ALL="articles/de/104 $EN tickets/1 tickets/2 tickets/4 tickets/5"

# changed NUMBER FILTER: that ticket or article is changed now.
changed() {
	now --argjson id "$1" "((.tickets, .articles)[] | select(.id == \$id)) |=
	    (.updated_at = (now | todate) | .generated_timestamp = (now | floor) |
	    $2)"
}

synced() {
	run "-$1" --separate-stderr conn-sync "${@:2}" s.yml
}

@test "zendesk: load, slim -> the same ids; slim reads no comments, no names" {
	zendesk
	tool 0 conn-load
	eq "$ALL" "$(ids)"
	: >log
	tool 0 conn-slim
	eq "$ALL" "$(ids)"
	eq 0 "$(grep -c -e comments -e users log)"
}

@test "zendesk: a ticket -> its public comments and the names of its people" {
	zendesk
	tool 0 conn-load
	doc tickets/1 >doc
	eq $'It smokes <b>.\n\nWater.\n\nThanks.' "$(jq -r .body doc)"
	eq '["Ticket 1","Ann","Bob","Support","Acme","email","incident"]' "$(jq -c \
	    '[.title, .author, (.meta | .assignee, .group, .organization, .channel,
	      .kind)]' doc)"
	eq 'Ann Bob' "$(jq -r '.meta.commenters | join(" ")' doc)"
	eq "$(cat url)/agent/tickets/1" "$(jq -r .url doc)"
	eq '[null,null]' "$(doc tickets/2 | jq -c '.meta | [.assignee, .organization]')"
}

@test "zendesk: an article -> its text and where it is; a draft is none" {
	zendesk
	tool 0 conn-load
	eq '["How 103","How 103 & more","More","Bob",["faq"],false]' "$(doc articles/en-us/103 |
	    jq -c '[.title, .body, .meta.section, .author, .tags, .meta.public]')"
	eq true "$(doc articles/en-us/101 | jq .meta.public)"
	eq 'Wie 104' "$(doc articles/de/104 | jq -r .title)"
}

@test "zendesk: notes, a language, an OAuth token -> as asked for" {
	zendesk
	sed -i '/email:/d; s/secret_z1/secret_z2/' s.yml
	printf '  %s\n' 'notes: true' 'locales: [de]' >>s.yml
	tool 0 conn-load
	[[ $(doc tickets/1 | jq -r .body) == *'A hopeless one'* ]]
	eq articles/de/104 "$(ids | tr ' ' '\n' | grep articles)"
}

@test "zendesk: a poll -> what changed, tickets that were deleted" {
	zendesk
	synced 0
	changed 4 '.subject = "New"'
	changed 5 '.status = "deleted"'
	changed 101 '.translations[0].title = "New"'
	changed 103 '.translations[0].draft = true'
	: >log
	tool 0 conn-poll
	eq 'articles/en-us/101 tickets/4' "$(ids)"
	eq 'articles/en-us/103 tickets/5' "$(ctl delete)"
	eq 1 "$(grep -c '/comments"' log)"
	synced 0 --poll
	: >log
	synced 0 --poll
	eq 0 "$(grep -c start_time log)"
	eq 0 "$(grep -c '/comments"' log)"
	# an article that is archived is seen by a full sync
	now 'del(.articles[] | select(.id == 104))'
	synced 0
	indexed articles/en-us/101 tickets/1 tickets/2 tickets/4
}

@test "zendesk: a ticket that is deleted while a load runs -> the poll sees it" {
	zendesk
	now '.faults = [{on: "GET /api/v2/incremental/tickets/cursor", has: "include=",
	    times: 1, body: {tickets: [.tickets[] | select(.id == 4)], users: [], groups: [],
	    organizations: [], after_cursor: "MHx8MA==", end_of_stream: false}},
	    {on: "GET /api/v2/tickets/4/comments", times: 1, body:
	    {comments: [], users: [], meta: {has_more: false}}}]'
	changed 4 '.status = "deleted"'
	synced 0
	# shellcheck disable=SC2086
	indexed $ALL
	synced 0 --poll
	# shellcheck disable=SC2086
	indexed ${ALL/ tickets\/4/}
}

@test "zendesk: articles that changed, wherever a list has them -> polled" {
	zendesk
	synced 0
	changed 101 '.translations[0].title = "New"'
	changed 103 '.translations[0].title = "New"'
	changed 104 '.translations[].title = "New"'
	tool 0 conn-poll
	eq "articles/de/104 $EN" "$(ids)"
	changed 101 '.updated_at = "2026-01-01T00:00:00Z"'
	: >log
	tool 0 conn-poll
	eq 'articles/de/104 articles/en-us/103 articles/en-us/104' "$(ids)"
	# and not what is older
	eq 3 "$(grep -c 'help_center/[a-z-]*/articles"' log)"
}

@test "zendesk: more articles changed than a list gives -> a full sync" {
	zendesk
	synced 0
	changed 101 '.translations[0].title = "New"'
	changed 103 '.translations[0].title = "New"'
	changed 104 '.translations[0].title = "New"'
	now '.faults = [{on: "GET /api/v2/help_center/en-us/articles", has: "&page=2",
	    status: 400, body: {error: "LimitError", description:
	    "Offset-based pagination is limited to 100 pages"}}]'
	tool 3 conn-poll
	[[ $(cat err) == *'run a full sync'* ]]
	synced 0 --poll
	eq New "$(sqlite3 "$CONN_STATE_DIR/s.db" "select document from documents
	    where id = 's:articles/en-us/101'" | jq -r .title)"
}

@test "zendesk: a cursor that is refused -> a full sync" {
	zendesk
	synced 0
	changed 4 '.subject = "New"'
	synced 0 --poll
	now '.faults = [{on: "GET /api/v2/incremental/tickets/cursor", has: "cursor=",
	    times: 2, status: 400, body: {error: "InvalidPaginationParameter",
	    description: "cursor is not valid"}}]'
	changed 5 '.status = "deleted"'
	tool 3 conn-poll
	[[ $(cat err) == *'run a full sync'* ]]
	synced 0 --poll
	# shellcheck disable=SC2086
	indexed ${ALL/ tickets\/5/}
}

@test "zendesk: --ids -> as in the load; deleted, a draft, none: nothing" {
	zendesk
	tool 0 conn-load
	grep -e '"s:tickets/2"' -e '"s:articles/en-us/101"' out >loaded
	for id in tickets/{2,3,9} articles/en-us/{101,102,109}; do
		echo "{\"id\":\"s:$id\"}"
	done >list
	tool 0 conn-load --ids list
	same <(sort loaded) <(grep '"_id"' out | sort)
}

@test "zendesk: an export that misses a ticket -> asked for, not deleted" {
	zendesk
	synced 0
	now '.faults = [{on: "GET /api/v2/incremental/tickets/cursor", body:
	    {tickets: [], after_cursor: "bm9uZQ==", end_of_stream: true}}]'
	synced 0
	# shellcheck disable=SC2086
	indexed_all $ALL
}

indexed_all() {
	now '.faults = []'
	sqlite3 "$CONN_STATE_DIR/s.db" 'select id from documents' |
		sed 's/^s://' | sort | paste -sd ' ' >have
	eq "$*" "$(cat have)"
}

@test "zendesk: no admin, no help center -> the other is read, all stay" {
	zendesk
	synced 0
	now '(.tickets[0].status, .tickets[1].status) = "deleted" | .faults = [
	    {on: "GET /api/v2/incremental/tickets/cursor", status: 403, body: {error:
	    {title: "Forbidden", message: "You do not have access to this page."}}}]'
	tool 1 conn-load
	eq "articles/de/104 $EN" "$(ids)"
	eq 'tickets/' "$(ctl fail)"
	synced 1
	# shellcheck disable=SC2086
	indexed_all $ALL
	now '.faults = [{on: "GET /api/v2/help_center/en-us/articles", status: 404,
	    body: {error: "RecordNotFound", description: "Not found"}}]'
	tool 1 conn-slim
	eq 'articles/de/104 tickets/4 tickets/5' "$(ids)"
	eq articles/en-us/ "$(ctl fail)"
}

@test "zendesk: 429, 503 -> waits and goes on" {
	zendesk
	now '.faults = [
	    {on: "GET /api/v2/incremental/tickets/cursor", times: 1, status: 429,
	    headers: {"Retry-After": "1"}, body: {error: "APIRateLimitExceeded", description:
	    "Number of allowed incremental ticket export API requests per minute exceeded"}},
	    {on: "GET /api/v2/help_center/en-us/articles", times: 1, status: 503,
	    headers: {"Retry-After": "1"}, body: {error: "maintenance"}}]'
	tool 0 conn-slim
	eq "$ALL" "$(ids)"
}

@test "zendesk: an answer without tickets -> an error; comments of one: it alone" {
	zendesk
	synced 0
	now '.faults = [{on: "GET /api/v2/incremental/tickets/cursor", body: {error: "x"}}]'
	run ! --separate-stderr conn-sync s.yml
	# shellcheck disable=SC2086
	indexed_all $ALL
	now '.faults = [{on: "GET /api/v2/tickets/2/comments", status: 404, body:
	    {error: "RecordNotFound", description: "Not found"}}]'
	tool 1 conn-load
	eq tickets/2 "$(ctl fail)"
	[[ $(ids) == *'tickets/1 tickets/4 tickets/5' ]]
}

@test "zendesk: a token that is not good -> 3, and it is not shown" {
	zendesk
	now '.token = "another"'
	tool 3 conn-load
	[[ $(cat err) == *'HTTP 401, the credentials do not do'* ]]
	[[ $(cat out err) != *secret_z1* ]]
}

@test "zendesk: the kit for drivers finds nothing wrong" {
	zendesk
	tool 0 conn-check --driver
	eq '' "$(cat err)"
}

@test "zendesk: the examples of the manual run" {
	zendesk
	URL=$(cat url)
	for n in 1 2; do
		example conn-source-zendesk.7 "$n" >example.yml
		sed -i "s|https://[a-z]*.zendesk.com|$URL\n  allow_http: true\n  rate: 1000/s|
		    s/bot@example.com/bot@a.example/" example.yml
		chmod 600 example.yml
		export ZENDESK_TOKEN=secret_z1
		[ "$n" -eq 1 ] || export ZENDESK_TOKEN=secret_z2
		run --separate-stderr conn-load example.yml
		check 0
		[[ $output == *'articles/'*'"complete":true'* ]]
	done
}
