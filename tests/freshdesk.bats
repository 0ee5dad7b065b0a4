#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The connector freshdesk. The service cannot be had on a machine of one's own:
# tests/freshdesk-server.py plays it as developers.freshdesk.com documents it.

load helper
load saas

freshdesk() {
	python3 - <<-'EOT' | saas freshdesk 'token: secret_f1'
	import json
	def when(day): return f"2026-01-{day:02}T00:00:00Z"
	def ticket(i, day, **more):
	    return {"id": i, "subject": f"Ticket {i}", "status": 2, "priority": 3,
	        "type": "Question", "tags": ["printer"], "deleted": False, "spam": False,
	        "requester": {"id": 1, "name": "Ann"}, "requester_id": 1, "created_at": when(1),
	        "description": f"<div>About &amp; {i}</div>", "updated_at": when(day), **more}
	def said(i, on, text, private=False):
	    return {"id": i, "ticket_id": on, "private": private, "body": f"<p>{text}</p>"}
	def article(i, folder, status=2):
	    return {"id": i, "folder_id": folder, "status": status, "title": f"How {i}",
	        "description": f"<p>Text {i}</p>", "tags": ["faq"], "created_at": when(1),
	        "updated_at": when(2)}
	print(json.dumps({"token": "secret_f1",
	    "tickets": [ticket(1, 2), ticket(2, 3), ticket(3, 3), ticket(4, 3),
	        ticket(5, 4, deleted=True), ticket(6, 5, status=7), ticket(7, 6, spam=True)],
	    "conversations": [said(11, 1, "one"), said(12, 1, "two"),
	        said(13, 1, "hopeless", True), said(14, 1, "three")],
	    "archived": [], "contacts": [{"id": 1, "name": "Ann"}],
	    "categories": [{"id": 21}, {"id": 22}, {"id": 23}],
	    "folders": [{"id": 31, "category_id": 21}, {"id": 32, "category_id": 23}],
	    "articles": [article(41, 31), article(42, 31, 1), article(43, 31),
	        article(44, 32)]}))
	EOT
}

ALL='articles/41 articles/43 articles/44 tickets/1 tickets/2 tickets/3 tickets/4 tickets/6'

# changed NUMBER FILTER: that ticket or article is changed now.
changed() {
	now --argjson id "$1" "((.tickets, .articles)[] | select(.id == \$id)) |=
	    (.updated_at = (now | todate) | $2)"
}

synced() { run "-$1" --separate-stderr conn-sync "${@:2}" s.yml; }

@test "freshdesk: load, slim -> the same ids, each page once or again" {
	freshdesk
	tool 0 conn-load
	eq "$ALL" "$(ids | tr ' ' '\n' | uniq | paste -sd ' ')"
	: >log
	tool 0 conn-slim
	eq "$ALL" "$(ids | tr ' ' '\n' | uniq | paste -sd ' ')"
	eq 0 "$(grep -c -e conversations -e description log)"
	# three of one second are more than a page
	grep -q '"page": "2".*2026-01-02T23:59:59Z\|2026-01-02T23:59:59Z.*"page": "2"' log
}

@test "freshdesk: a ticket -> its text and what is not private" {
	freshdesk
	tool 0 conn-load
	doc tickets/1 >doc
	eq $'About & 1\n\none\n\ntwo\n\nthree' "$(jq -r .body doc)"
	eq '["Ticket 1","Ann","open","high","Question"]' "$(jq -c \
	    '[.title, .author, (.meta | .status, .priority, .kind)]' doc)"
	eq "$(cat url)/a/tickets/1" "$(jq -r .url doc)"
	eq 7 "$(doc tickets/6 | jq .meta.status)"
	eq '["How 44","Text 44",["faq"]]' \
	    "$(doc articles/44 | jq -c '[.title, .body, .tags]')"
	printf '  notes: true\n' >>s.yml
	tool 0 conn-load
	[[ $(doc tickets/1 | jq -r .body) == *hopeless* ]]
}

@test "freshdesk: a poll -> what changed, what was deleted or is spam" {
	freshdesk
	synced 0
	changed 1 '.subject = "New"'
	changed 2 '.deleted = true'
	changed 3 '.spam = true'
	changed 41 '.title = "New"'
	changed 43 '.status = 1'
	: >log
	tool 0 conn-poll
	eq 'articles/41 tickets/1' "$(ids)"
	eq 'articles/43 tickets/2 tickets/3' "$(ctl delete)"
	eq 2 "$(grep -c '/1/conversations"' log)"
	eq 2 "$(grep -c '/conversations"' log)"
	synced 0 --poll
	# an article that is deleted is seen by a full sync
	now 'del(.articles[] | select(.id == 44))'
	synced 0
	indexed articles/41 tickets/1 tickets/4 tickets/6
}

@test "freshdesk: what changed in the very second of the last run -> polled" {
	freshdesk
	printf '  overlap: 0s\n' >>s.yml
	synced 0
	now --arg t "$(jq -r '.streams.tickets.since' \
	    "$CONN_STATE_DIR/s.state")" '(.tickets[0], .tickets[1]).updated_at = $t
	    | .tickets[1].deleted = true'
	tool 0 conn-poll
	eq tickets/1 "$(ids)"
	eq tickets/2 "$(ctl delete)"
}

@test "freshdesk: --ids -> as in the load; deleted, spam, a draft, none: nothing" {
	freshdesk
	tool 0 conn-load
	grep -e '"s:tickets/6"' -e '"s:articles/41"' out | sort -u >loaded
	for id in tickets/{5,6,7,9} articles/{41,42,49}; do
		echo "{\"id\":\"s:$id\"}"
	done >list
	tool 0 conn-load --ids list
	same loaded <(grep '"_id"' out | sort)
}

# left ID...: what the index has.
left() {
	eq "$*" "$(sqlite3 "$CONN_STATE_DIR/s.db" 'select id from documents' |
		sed 's/^s://' | sort | paste -sd ' ')"
}

@test "freshdesk: what is missing in the list is asked for, not deleted" {
	freshdesk
	synced 0
	now '.faults = [{on: "GET /api/v2/tickets", body: []}]'
	synced 0
	left "$ALL"
}

@test "freshdesk: a ticket that was archived, in no list -> stays as it was" {
	freshdesk
	tool 0 conn-load
	doc tickets/1 >loaded
	synced 0
	now '.archived = [.tickets[0]] | del(.tickets[0])'
	synced 0
	left "$ALL"
	echo '{"id":"s:tickets/1"}' >list
	tool 0 conn-load --ids list
	doc tickets/1 | same loaded -
	now '.faults = [{on: "GET /api/v2/contacts/1", status: 403,
	    body: {code: "access_denied", message: "You are not authorized."}}]'
	tool 0 conn-load --ids list
	eq '["Ticket 1",null]' "$(doc tickets/1 | jq -c '[.title, .author]')"
	now '.archived = []'
	synced 0
	left "${ALL/ tickets\/1/}"
}

@test "freshdesk: 403 for tickets, for a folder -> the rest is read, all stays" {
	freshdesk
	synced 0
	now '(.tickets[0], .tickets[1]).deleted = true | .faults = [
	    {on: "GET /api/v2/tickets", status: 403, body: {code: "access_denied",
	    message: "You are not authorized to perform this action."}}]'
	tool 1 conn-load
	eq 'articles/41 articles/43 articles/44' "$(ids)"
	synced 1
	left "$ALL"
	now '.articles[2].status = 1 | .faults = [
	    {on: "GET /api/v2/solutions/folders/32/articles", status: 403, body:
	    {code: "access_denied", message: "You are not authorized."}}]'
	tool 1 conn-slim
	eq 'articles/41 tickets/3 tickets/4 tickets/6' \
	    "$(ids | tr ' ' '\n' | uniq | paste -sd ' ')"
	eq articles/ "$(ctl fail)"
}

@test "freshdesk: 429 -> waits; an error with 200 -> nothing is deleted" {
	freshdesk
	now '.faults = [{on: "GET /api/v2/tickets", times: 1, status: 429,
	    headers: {"Retry-After": "1"},
	    body: {message: "You have exceeded the limit of requests per minute"}}]'
	synced 0
	now '.faults = [{on: "GET /api/v2/tickets", body: {code: "x", message: "y"}}]'
	run ! --separate-stderr conn-sync s.yml
	left "$ALL"
}

@test "freshdesk: a key that is not good -> 3, and it is not shown" {
	freshdesk
	now '.token = "another"'
	tool 3 conn-load
	[[ $(cat err) == *'HTTP 401'* ]]
	[[ $(cat out err) != *secret_f1* ]]
}

@test "freshdesk: the kit for drivers finds nothing wrong" {
	freshdesk
	tool 0 conn-check --driver
	eq '' "$(cat err)"
}

@test "freshdesk: the examples of the manual run" {
	freshdesk
	URL=$(cat url)
	for n in 1 2; do
		example conn-source-freshdesk.7 "$n" >example.yml
		sed -i "s|https://[a-z]*.freshdesk.com|$URL\n  allow_http: true\n  rate: 1000/s|" \
		    example.yml
		chmod 600 example.yml
		export FRESHDESK_KEY=secret_f1
		run --separate-stderr conn-load example.yml
		check 0
		[[ $output == *'articles/'*'"complete":true'* ]]
	done
}
