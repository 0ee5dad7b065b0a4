#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The connector intercom. The service cannot be had on a machine of one's own:
# tests/intercom-server.py plays it as developers.intercom.com documents it.

load helper
load saas

intercom() {
	python3 - <<-'EOT' | saas intercom 'token: secret_i1' "$@"
	import json
	DAY = 86400
	def at(day): return 1767225600 + day * DAY
	def person(kind, i, name): return {"type": kind, "id": i, "name": name,
	    "email": f"{name.lower()}@a.example"}
	ANN, BOB = person("user", "a1", "Ann"), person("admin", "77", "Bob")
	def part(i, who, body, kind="comment"):
	    return {"type": "conversation_part", "id": str(i), "part_type": kind, "body": body,
	        "author": who, "created_at": at(1), "redacted": False}
	def conversation(i, day, body, *parts, **more):
	    return {"type": "conversation", "id": str(i), "created_at": at(0),
	        "updated_at": at(day), "title": None, "state": "open", "priority": "priority",
	        "source": {"type": "conversation", "id": "3", "delivered_as": "customer_initiated",
	            "subject": "", "body": body, "author": ANN},
	        "contacts": {"contacts": [{"id": "a1"}]}, "admin_assignee_id": 77,
	        "team_assignee_id": "5", "tags": {"tags": [{"name": "billing"}]},
	        "conversation_rating": {"rating": 5, "remark": "Fine"},
	        "conversation_parts": {"type": "conversation_part.list",
	            "conversation_parts": list(parts), "total_count": len(parts)}, **more}
	def ticket(i, day, title, *parts):
	    return {"type": "ticket", "id": str(i), "ticket_id": str(i - 200), "open": True,
	        "category": "Customer", "created_at": at(0), "updated_at": at(day),
	        "ticket_attributes": {"_default_title_": title, "_default_description_":
	            "It is broken", "Serial": "X1", "Files": None},
	        "ticket_state": {"category": "submitted", "internal_label": "Submitted"},
	        "ticket_type": {"name": "Bug"}, "is_shared": True,
	        "contacts": {"contacts": [{"id": "a1"}]},
	        "ticket_parts": {"ticket_parts": list(parts), "total_count": len(parts)}}
	def article(i, day, parent=None, state="published", **languages):
	    return {"type": "article", "id": str(i), "title": f"How {i}", "state": state,
	        "description": "short", "body": f"<p>Do {i} &amp; more</p>",
	        "default_locale": "en", "parent_id": parent, "parent_type": "collection",
	        "created_at": at(0), "updated_at": at(day), "url": f"https://help.example/{i}",
	        "translated_content": {"type": "article_translated_content", "en": None,
	            **{k: {"type": "article_content", "title": t, "body": f"<p>{t}!</p>",
	                "state": s, "created_at": at(0), "updated_at": at(d),
	                "url": f"https://help.example/{k}/{i}"}
	               for k, (t, d, s) in languages.items()}}}
	def dated(i, day, **more):
	    return {"id": str(i), "created_at": at(0), "updated_at": at(day), **more}
	print(json.dumps({"token": "secret_i1",
	    "conversations": [
	        conversation(101, 1, "<p>It smokes &lt;b&gt;</p>", part(1, BOB, "<p>Water.</p>"),
	            part(2, BOB, "<p>Hopeless</p>", "note"), part(3, BOB, None, "assignment"),
	            part(4, ANN, "<p>Thanks</p>", "close")),
	        conversation(102, 2, "<p>Two</p>", title="Second"),
	        conversation(103, 3, "<p>Three</p>")],
	    "tickets": [
	        ticket(201, 1, "Printer", part(11, BOB, "<p>Seen</p>"),
	            part(12, BOB, "<p>Secret</p>", "note"), part(13, ANN, "<p>Third</p>")),
	        ticket(202, 2, "Screen"), ticket(203, 3, "Mouse")],
	    "collections": [dated(31, 1, name="Basics", description="First steps",
	        url="https://help.example/c/31", parent_id=None),
	        dated(32, 2, name="More", description=None, url=None, parent_id="31"),
	        dated(33, 3, name="Last", description=None, url=None, parent_id=None)],
	    "articles": [article(41, 1, 31, de=("Wie", 2, "published"), fr=("Com", 2, "draft")),
	        article(42, 2, state="draft"), article(43, 3, 99), article(44, 4)],
	    "internal_articles": [dated(51, 1, title="Inside", body="<p>Ours</p>", locale="en")],
	    "contacts": [dated("a1", 1, role="user", name="Ann", email="ann@a.example",
	            phone=None, external_id="7", custom_attributes={"plan": "pro", "x": None},
	            location={"city": "Bonn"}, companies={"data": [{"id": "c1"}]}),
	        dated("a2", 2, role="lead", name=None, email="b@a.example"),
	        dated("a3", 3, role="user", name="Cy", email="")],
	    "companies": [dated(f"c{i}", i, name=f"Firm {i}", company_id=f"x{i}", size=9,
	        custom_attributes={"tier": "gold"}) for i in range(1, 6)]}))
	EOT
}

BASE='articles/41 articles/41-de articles/43 articles/44'
BASE="$BASE collections/31 collections/32 collections/33"
BASE="$BASE conversations/101 conversations/102 conversations/103"
MORE='companies/c1 companies/c2 companies/c3 companies/c4 companies/c5'
MORE="$BASE contacts/a1 contacts/a2 contacts/a3 internal_articles/51"
MORE="${MORE/ collections/ collections}"
TICKETS='tickets/201 tickets/202 tickets/203'
COMPANIES='companies/c1 companies/c2 companies/c3 companies/c4 companies/c5'
everything() {
	tr ' ' '\n' <<<"$MORE $TICKETS $COMPANIES" | sort | paste -sd ' '
}
ALL="$BASE $TICKETS"
all='internal: true'
of_all=("$all" 'contacts: true' 'companies: true')

kept() {
	eq "$*" "$(sqlite3 "$CONN_STATE_DIR/s.db" 'select id from documents' |
	    sed 's/^s://' | sort | paste -sd ' ')"
}

# changed KIND NUMBER FILTER: that one is changed now.
changed() {
	now --arg kind "$1" --arg id "$2" "(.[\$kind][] | select(.id == \$id)) |=
	    (.updated_at = (now | floor) | $3)"
}

synced() {
	run "-$1" --separate-stderr conn-sync "${@:2}" s.yml
}

@test "intercom: load, slim -> the same ids; slim reads none alone" {
	intercom "${of_all[@]}"
	tool 0 conn-load
	eq "$(everything)" "$(ids)"
	: >log
	tool 0 conn-slim
	eq "$(everything)" "$(ids)"
	eq 0 "$(grep -c '"path": "/[a-z_/]*/[0-9]' log)"
}

@test "intercom: a conversation -> all that was said but notes, and by whom" {
	intercom 'workspace: w1' 'region: eu'
	tool 0 conn-load
	doc conversations/101 >doc
	eq $'It smokes <b>\n\nWater.\n\nThanks' "$(jq -r .body doc)"
	eq '["It smokes <b>","Ann",["billing"],"Bob",5,["Ann","Bob"]]' "$(jq -c \
	    '[.title, .author, .tags, (.meta | .assignee, .rating, .commenters)]' doc)"
	eq '2026-01-02T00:00:00Z' "$(jq -r .updated_at doc)"
	eq app.eu.intercom.com/a/inbox/w1/inbox/conversation/101 \
	    "$(jq -r '.url | ltrimstr("https://")' doc)"
	eq Second "$(doc conversations/102 | jq -r .title)"
}

@test "intercom: a ticket -> what it is about, its parts, also those past the first" {
	intercom
	tool 0 conn-load
	doc tickets/201 >doc
	eq $'It is broken\n\nSeen\n\nThird\n\nSerial: X1' "$(jq -r .body doc)"
	eq '["Printer","Bug","Submitted","1"]' \
	    "$(jq -c '[.title, (.meta | .kind, .state, .number)]' doc)"
}

@test "intercom: an article -> each language, its collection; a draft is none" {
	intercom
	tool 0 conn-load
	eq '["How 41","Do 41 & more","Basics","en","collections/31"]' "$(doc articles/41 |
	    jq -c '[.title, .body, .meta.collection, .meta.locale, .parent]')"
	eq '["Wie","Wie!","https://help.example/de/41","de","Basics"]' "$(doc articles/41-de |
	    jq -c '[.title, .body, .url, .meta.locale, .meta.collection]')"
	eq null "$(doc articles/43 | jq .meta.collection)"
	eq 'First steps' "$(doc collections/31 | jq -r .body)"
	eq collections/31 "$(doc collections/32 | jq -r .parent)"
}

@test "intercom: notes, internal articles, people, companies -> as asked for" {
	intercom 'notes: true' "${of_all[@]}"
	tool 0 conn-load
	[[ $(doc conversations/101 | jq -r .body) == *Hopeless* ]]
	[[ $(doc tickets/201 | jq -r .body) == *Secret* ]]
	eq Ours "$(doc internal_articles/51 | jq -r .body)"
	eq '["Ann","user",["c1"]]' "$(doc contacts/a1 |
	    jq -c '[.title, .type, .meta.companies]')"
	[[ $(doc contacts/a1 | jq -r .body) == *Bonn*'plan: pro' ]]
	eq b@a.example "$(doc contacts/a2 | jq -r .title)"
	eq '["Firm 3","tier: gold"]' "$(doc companies/c3 | jq -c '[.title, .body]')"
}

@test "intercom: a poll -> what changed; what went away a full sync sees" {
	intercom "${of_all[@]}"
	synced 0
	changed conversations 101 '.conversation_parts.conversation_parts += [{id: "9",
	    part_type: "comment", body: "New", author: {type: "user", name: "Di"}}]'
	changed conversations 102 .
	changed conversations 103 .
	changed tickets 202 .
	changed contacts a2 '.name = "Bea"'
	changed companies c4 .
	changed articles 44 '.state = "draft"'
	now '.articles[0].translated_content.de.updated_at = (now | floor)'
	: >log
	tool 0 conn-poll
	eq "articles/41-de companies/c4 contacts/a2 conversations/101 conversations/102 \
conversations/103 tickets/202" "$(ids)"
	eq articles/44 "$(ctl delete)"
	[[ $(doc conversations/101 | jq -r .body) == *New ]]
	eq 3 "$(grep -c '"path": "/conversations/1' log)"
	synced 0 --poll
	now 'del(.conversations[0], .companies[0], .contacts[0])'
	synced 0
	# shellcheck disable=SC2046
	kept $(everything | sed 's, *[a-z]*/\(44\|c1\|a1\|101\),,g; s/^ //')
}

@test "intercom: --ids -> as in the load; a draft, none: nothing" {
	intercom "${of_all[@]}"
	tool 0 conn-load
	grep -E '"_id":"[a-z_:]*/(101|201|41-de|43|31|51|a1|c2)"' out >loaded
	eq 8 "$(wc -l <loaded)"
	for id in conversations/{101,9} tickets/{201,9} articles/{41-de,41-fr,42,43} \
	    collections/{31,9} internal_articles/{51,9} contacts/{a1,a9} companies/{c2,c9}; do
		echo "{\"id\":\"s:$id\"}"
	done >list
	tool 0 conn-load --ids list
	same <(sort loaded) <(grep '"_id"' out | sort)
}

@test "intercom: a listing that misses something -> asked for, not deleted" {
	intercom
	synced 0
	now '.faults = [{on: "GET /conversations", body: {type: "conversation.list",
	    conversations: [], pages: null}}]'
	synced 0
	# shellcheck disable=SC2086
	kept $ALL
}

@test "intercom: a scope that is missing, a plan without -> all stay" {
	intercom
	synced 0
	now '.lacks = ["tickets"] | .conversations = [] | .faults = [{on: "GET /articles",
	    status: 403, body: {type: "error.list", errors: [{code: "api_plan_restricted",
	    message: "Active subscription needed."}]}}]'
	tool 1 conn-load
	eq 'articles/ tickets/' "$(ctl fail)"
	eq 'collections/31 collections/32 collections/33' "$(ids)"
	[[ $(cat out) == *'not permitted to access this resource'* ]]
	[[ $(cat out) == *'Active subscription needed.'* ]]
	synced 1
	# shellcheck disable=SC2086
	kept ${ALL/ conversations\/101 conversations\/102 conversations\/103/}
}

@test "intercom: a scroll that is open, or breaks -> waits; is not gone on with" {
	intercom 'companies: true'
	synced 0
	now '.faults = [{on: "GET /companies/scroll", times: 1, status: 400, headers:
	    {"Retry-After": "1"}, body: {type: "error.list", errors:
	    [{code: "scroll_exists", message: "scroll already exists"}]}}]'
	tool 0 conn-slim
	# the next page would be another one
	now '.companies = .companies[1:] | .faults += [{on: "GET /companies/scroll", has:
	    "scroll_param", times: 1, status: 500, body: {type: "error.list", errors:
	    [{code: "server_error", message:
	    "Request failed due to an internal network error."}]}}]'
	: >log
	tool 1 conn-load
	eq companies/ "$(ctl fail)"
	eq 2 "$(grep -c scroll log)"
	now '.faults += [.faults[1] + {status: 502}]'
	synced 1
	[[ $(sqlite3 "$CONN_STATE_DIR/s.db" 'select id from documents') == *companies/c1* ]]
	synced 0
	[[ $(sqlite3 "$CONN_STATE_DIR/s.db" 'select id from documents') != *companies/c1* ]]
}

@test "intercom: 429 with the time of reset, 503 -> waits and goes on" {
	intercom
	now --arg at "$(($(date +%s) + 2))" '.faults = [
	    {on: "GET /conversations", times: 1, status: 429, headers: {"X-RateLimit-Limit":
	    "167", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": $at}, body: {type:
	    "error.list", errors: [{code: "rate_limit_exceeded", message:
	    "Exceeded rate limit of 167 in 10_seconds"}]}},
	    {on: "POST /tickets/search", times: 1, status: 503, headers: {"Retry-After": "1"},
	    body: {type: "error.list", errors: [{code: "service_unavailable", message: ""}]}}]'
	tool 0 conn-slim
	eq "$ALL" "$(ids)"
}

@test "intercom: a page that says it is the last, and is not -> nothing goes" {
	intercom
	synced 0
	now '.faults = [{on: "GET /help_center/collections", body: {type: "list", data: [],
	    total_count: 3, pages: {page: 1, per_page: 150, total_pages: 1}}}]'
	tool 1 conn-slim
	[[ $(tail -n 1 out) == *'"complete":false'* ]]
}

@test "intercom: an answer without items -> an error; one alone that fails: it alone" {
	intercom
	synced 0
	now '.faults = [{on: "GET /conversations", body: {type: "error.list"}}]'
	run ! --separate-stderr conn-sync s.yml
	# shellcheck disable=SC2086
	kept $ALL
	now '.faults = [{on: "GET /conversations/102", status: 404, body: {type: "error.list",
	    errors: [{code: "not_found", message: "Resource Not Found"}]}}]'
	tool 1 conn-load
	eq conversations/102 "$(ctl fail)"
	[[ $(ids) == *'conversations/101 conversations/103'* ]]
}

@test "intercom: a token that is not good -> 3, and it is not shown" {
	intercom
	now '.token = "another"'
	tool 3 conn-load
	[[ $(cat err) == *'HTTP 401'*'Access Token Invalid'* ]]
	[[ $(cat out err) != *secret_i1* ]]
}

@test "intercom: the kit for drivers finds nothing wrong" {
	intercom 'companies: true'
	tool 0 conn-check --driver
	eq '' "$(cat err)"
}

@test "intercom: the examples of the manual run" {
	intercom
	URL=$(cat url)
	for n in 1 2; do
		example conn-source-intercom.7 "$n" >example.yml
		sed -i "/^  type: intercom/a\  url: $URL\n  allow_http: true" example.yml
		chmod 600 example.yml
		export INTERCOM_TOKEN=secret_i1
		run --separate-stderr conn-load example.yml
		check 0
		[[ $output == *'"_id"'*'"complete":true'* ]]
	done
}
