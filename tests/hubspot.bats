#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The connector hubspot. The service cannot be had on a machine of one's own:
# tests/hubspot-server.py plays it as developers.hubspot.com documents it.

load helper
load saas

hubspot() {
	python3 - <<-'EOT' | saas hubspot 'token: secret_h1' "$@"
	import json
	def record(i, at, related={}, archived=False, **properties):
	    when = f"2026-01-{at:02}T00:00:00.500Z"
	    named = {"hs_object_id": str(i), "hs_lastmodifieddate": when, **properties}
	    if "firstname" in properties:
	        named["lastmodifieddate"] = named.pop("hs_lastmodifieddate")
	    return {"id": str(i), "properties": named, "archived": archived,
	        "createdAt": "2026-01-01T00:00:00Z", "updatedAt": when, "related": related,
	        **({"archivedAt": when} if archived else {})}
	def page(i, at, live=True, archived=False, **more):
	    when = f"2026-01-{at:02}T00:00:00Z"
	    return {"id": str(i), "name": f"internal {i}", "htmlTitle": f"Page {i}",
	        "url": f"https://a.example/{i}", "currentlyPublished": live, "language": "en",
	        "archived": archived, "archivedAt": when if archived else "1970-01-01T00:00:00Z",
	        "created": when, "updated": when, "authorName": "Ann", **more}
	def named(name, label, mine=False, **options):
	    return {"name": name, "label": label, "hubspotDefined": not mine,
	        "options": [{"value": k, "label": v} for k, v in options.items()]}
	print(json.dumps({"token": "secret_h1",
	    "owners": [{"id": "7", "email": "ann@a.example", "firstName": "Ann", "lastName": "Lee"},
	        {"id": "8", "email": "bob@a.example", "firstName": "", "lastName": ""}],
	    "properties": {
	        "contacts": [named("jobtitle", "Job Title"), named("shoe", "Shoe size", True)],
	        "deals": [named("dealstage", "Deal Stage", s1="Won", s2="Lost"),
	            named("teams", "Teams", True, x="X-ray", y="Yes")]},
	    "records": {
	        "contacts": [
	            record(1, 2, {"companies": ["11"], "notes": ["31", "32"]}, firstname="Cy",
	                lastname="Doe", email="cy@c.example", jobtitle="CTO", shoe="44",
	                hubspot_owner_id="7"),
	            record(2, 3, firstname="", lastname=None, email="dee@c.example"),
	            record(3, 4, firstname="Eve", archived=True),
	            record(4, 5, firstname="Flo"), record(5, 6, firstname="Gil")],
	        "companies": [record(11, 2, {"contacts": ["1"]}, name="Acme", domain="c.example",
	            description="Anvils &amp; <b>more</b>")],
	        "deals": [record(21, 2, {"companies": ["11"], "contacts": ["1"]}, dealname="Big",
	            amount="100", dealstage="s1", teams="x;y", hubspot_owner_id="8")],
	        "tickets": [record(26, 2, subject="Broken", content="a < b & c")],
	        "notes": [record(31, 2, {"contacts": ["1"]}, hs_note_body="<p>Rang &amp; left</p>",
	                hs_timestamp="2026-01-02T10:00:00Z", hubspot_owner_id="7"),
	            record(32, 3, {"contacts": ["1"], "companies": ["11"]},
	                hs_note_body="<p>Again</p>")],
	        "calls": [record(36, 2, hs_call_title="First", hs_call_body="Said <i>yes</i>")],
	        "emails": [record(41, 2, hs_email_subject="Hi", hs_email_html="<p>Dear</p>"),
	            record(42, 2, hs_email_subject="Re: Hi", hs_email_text="Plain",
	                hs_email_html="<p>Plain</p>")],
	        "meetings": [record(46, 2, hs_meeting_title="Kick-off", hs_meeting_body="Agenda")],
	        "tasks": [record(51, 2, hs_task_subject="Call", hs_task_body="Now")],
	        "p_cars": [record(61, 2, plate="AB 1", colour="red")]},
	    "pages": {
	        "blogs/posts": [page(71, 2, postBody="<p>Post &amp; text</p>"),
	            page(72, 3, live=False), page(73, 4, archived=True), page(74, 5)],
	        "pages/site-pages": [page(81, 2, layoutSections={"a": {"params": {"html":
	            "<h1>Home</h1>"}}}, widgets={"b": {"body": {"html": "<p>Foot</p>"}}})],
	        "pages/landing-pages": []}}))
	EOT
}

CONTACTS='contacts/1 contacts/2 contacts/4 contacts/5'
ALL="calls/36 companies/11 $CONTACTS deals/21 emails/41 emails/42 meetings/46"
ALL="$ALL notes/31 notes/32 tasks/51 tickets/26"

# Of the stream objects.
here() { ids | sed 's,objects/,,g'; }
kept() {
	indexed_now "${@/#/objects/}"
}
# What the index has, whatever the service says.
indexed_now() {
	eq "$*" "$(sqlite3 "$CONN_STATE_DIR/s.db" 'select id from documents' |
	    sed 's/^s://' | sort | paste -sd ' ')"
}

# changed KIND NUMBER FILTER: that record is changed now.
changed() {
	now --arg kind "$1" --arg id "$2" "(.records[\$kind][] | select(.id == \$id)) |=
	    ((now | todate) as \$at | .updatedAt = \$at
	    | .properties[if \$kind == \"contacts\" then \"lastmodifieddate\"
	      else \"hs_lastmodifieddate\" end] = \$at | $3)"
}
binned='.archived = true | .archivedAt = $at'

synced() {
	run "-$1" --separate-stderr conn-sync "${@:2}" s.yml
}

asked() { jq -r --arg like "$1" '.method + " " + .path | select(test($like))' log; }

@test "hubspot: load, slim -> the same ids; slim reads no text, nothing related" {
	hubspot
	tool 0 conn-load
	eq "$ALL" "$(here)"
	: >log
	tool 0 conn-slim
	eq "$ALL" "$(here)"
	eq 0 "$(grep -c -e associations -e hs_note_body log)"
}

@test "hubspot: records -> names of properties, options, owners, links" {
	hubspot
	tool 0 conn-load
	eq '["Cy Doe","contact",["11"],"Ann Lee"]' "$(doc objects/contacts/1 |
	    jq -c '[.title, .type, .meta.companies, .meta.owner]')"
	[[ $(doc objects/contacts/1 | jq -r .body) == *'Job Title: CTO'* ]]
	eq 'https://app.example.com/contacts/62515/record/0-1/1' \
	    "$(doc objects/contacts/1 | jq -r .url)"
	eq dee@c.example "$(doc objects/contacts/2 | jq -r .title)"
	eq '["Big","Won","Won","bob@a.example"]' "$(doc objects/deals/21 | jq -c '[.title,
	    (.body | capture("Deal Stage: (?<s>.*)").s), .meta.dealstage, .meta.owner]')"
	eq '["company","Anvils & more"]' "$(doc objects/companies/11 |
	    jq -c '[.type, (.body | split("\n")[0])]')"
	eq 'a < b & c' "$(doc objects/tickets/26 | jq -r .body)"
}

@test "hubspot: what was logged -> its text, who, when, of which record" {
	hubspot
	tool 0 conn-load
	doc objects/notes/31 >doc
	eq '["Rang & left","Rang & left","note","Ann Lee","2026-01-02T10:00:00Z"]' \
	    "$(jq -c '[.title, .body, .type, .author, .created_at]' doc)"
	eq objects/contacts/1 "$(jq -r .parent doc)"
	eq 'https://app.example.com/contacts/62515/record/0-1/1' "$(jq -r .url doc)"
	eq objects/companies/11 "$(doc objects/notes/32 | jq -r .parent)"
	eq '["First","Said yes"]' "$(doc objects/calls/36 | jq -c '[.title, .body]')"
	eq 'Dear Plain' "$(echo "$(doc objects/emails/41 | jq -r .body)" \
	    "$(doc objects/emails/42 | jq -r .body)")"
	eq '["call","email","meeting","task"]' "$(jq -sc '[.[] | .type | values] |
	    unique - ["note", "contact", "company", "deal", "ticket"]' out)"
}

@test "hubspot: related -> names beside, texts of notes; a poll gives the same" {
	hubspot 'related: true' 'objects: [contacts, companies, notes]'
	synced 0
	tool 0 conn-load
	doc objects/contacts/1 >doc
	[[ $(jq -r .body doc) == *'companies: Acme, c.example'*'Rang & left'*Again ]]
	changed contacts 1 .
	tool 0 conn-poll
	eq objects/contacts/1 "$(ids)"
	same <(jq -S 'del(._timestamp, .updated_at)' doc) \
	    <(doc objects/contacts/1 | jq -S 'del(._timestamp, .updated_at)')
}

@test "hubspot: further properties, custom ones, a custom object -> read" {
	hubspot 'objects: [contacts, deals, p_cars]' 'custom: true' \
	    'properties: {p_cars: [plate, colour]}'
	tool 0 conn-load
	eq '44' "$(doc objects/contacts/1 | jq -r .meta.shoe)"
	[[ $(doc objects/deals/21 | jq -r .body) == *'Teams: X-ray, Yes'* ]]
	eq '["AB 1","p_cars","red"]' "$(doc objects/p_cars/61 |
	    jq -c '[.title, .type, .meta.colour]')"
	sed -i 's/^  objects:.*/  objects: [contacts]/
	    s/p_cars: .plate/contacts: [jobtitle, size], p_cars: [plate/' s.yml
	tool 3 conn-check
	[[ $(cat err) == *'contacts have no property size'* ]]
	[[ $(cat err) == *'properties of p_cars, which are not read'* ]]
	[[ $(cat err) != *jobtitle* ]]
}

@test "hubspot: pages of the site -> those that are public" {
	hubspot 'objects: []' 'cms: [posts, site-pages]'
	tool 0 conn-load
	eq 'pages/posts/71 pages/posts/74 pages/site-pages/81' "$(ids)"
	eq '["Page 71","post","Post & text","Ann"]' "$(doc pages/posts/71 |
	    jq -c '[.title, .type, .body, .author]')"
	[[ $(doc pages/site-pages/81 | jq -r .body) == *Foot*Home* ]]
	tool 0 conn-slim
	eq 'pages/posts/71 pages/posts/74 pages/site-pages/81' "$(ids)"
	synced 0
	now '(.pages["blogs/posts"][] | select(.id == "74")) |= (.archived = true |
	    .archivedAt = (now | todate)) | (.pages["blogs/posts"][] |
	    select(.id == "72")) |= (.currentlyPublished = true |
	    .updated = (now | todate))'
	tool 0 conn-poll
	eq 'pages/posts/72 pages/posts/74' "$(ids) $(ctl delete)"
}

@test "hubspot: a poll -> what changed, page by page, and what is in the bin" {
	hubspot
	synced 0
	changed contacts 1 '.properties.jobtitle = "CEO"'
	changed contacts 2 .
	changed contacts 4 .
	changed contacts 5 "$binned"
	changed notes 31 '.properties.hs_note_body = "New"'
	changed tickets 26 "$binned"
	: >log
	tool 0 conn-poll
	eq 'contacts/1 contacts/2 contacts/4 notes/31' "$(here)"
	eq 'objects/contacts/5 objects/tickets/26' "$(ctl delete)"
	eq CEO "$(doc objects/contacts/1 | jq -r .meta.jobtitle)"
	# by the last id, never by a number of results
	eq 2 "$(asked contacts/search | wc -l)"
	eq 0 "$(grep -c '"after": "2"' log)"
	synced 0 --poll
	# shellcheck disable=SC2046
	kept $(echo "$ALL" | sed 's, contacts/5,,; s, tickets/26,,')
}

@test "hubspot: a record that goes while the poll reads -> gone" {
	hubspot
	synced 0
	changed contacts 1 .
	now '.faults = [{on: "GET /crm/v3/objects/contacts/1", status: 404, body:
	    {status: "error", message: "resource not found", category:
	    "OBJECT_NOT_FOUND"}}] | (.records.contacts[0].archivedAt = (now | todate))'
	tool 0 conn-poll
	eq contacts/1 "$(here)"
}

@test "hubspot: --ids -> as in the load; deleted, merged, none: nothing" {
	hubspot
	now '.merged = {"9": "4"}'
	tool 0 conn-load
	grep -e 'objects/contacts/1"' -e 'objects/notes/31"' out >loaded
	for id in contacts/{1,3,8,9} notes/31; do
		echo "{\"id\":\"s:objects/$id\"}"
	done >list
	tool 0 conn-load --ids list
	same <(sort loaded) <(grep '"_id"' out | sort)
}

@test "hubspot: a listing that misses a record -> asked for, not deleted" {
	hubspot
	synced 0
	now '.faults = [{on: "GET /crm/v3/objects/contacts", body: {results: []}}]'
	synced 0
	# shellcheck disable=SC2086
	kept $ALL
}

@test "hubspot: a scope that is missing -> the others are read, all stay" {
	hubspot
	synced 0
	now '.lacks = ["contacts", "owners"] | .records.companies = []'
	tool 1 conn-load
	eq objects/contacts/ "$(ctl fail)"
	[[ $(cat out) == *'all required scopes'* ]]
	[[ $(here) == 'calls/36 deals/21 '* ]]
	synced 1
	# shellcheck disable=SC2086
	kept ${ALL/companies\/11 /}
}

@test "hubspot: 429 by the second, 423, 502 -> waits and goes on" {
	hubspot
	now '.faults = [
	    {on: "GET /crm/v3/objects/contacts", times: 1, status: 429, headers:
	    {"Retry-After": "1"}, body: {status: "error", message: "You have reached your ten_secondly_rolling limit.", errorType:
	    "RATE_LIMIT", policyName: "TEN_SECONDLY_ROLLING", correlationId: "c033cdaa"}},
	    {on: "GET /crm/v3/objects/deals", times: 1, status: 423, headers:
	    {"Retry-After": "1"}, body: {status: "error", message: "locked"}},
	    {on: "GET /crm/v3/objects/notes", times: 1, status: 502, headers:
	    {"Retry-After": "1"}, body: {status: "error", message: "timeout"}}]'
	tool 0 conn-slim
	eq "$ALL" "$(here)"
}

@test "hubspot: the account moves for hours -> 75 at once, and why" {
	hubspot
	now '.faults = [{on: "GET /crm/v3/objects/contacts", status: 477, headers:
	    {"Retry-After": "36000"}, body: {status: "error", message:
	    "This account is being migrated."}}]'
	tool 75 conn-load
	[[ $(cat err) == *'This account is being migrated.'* ]]
}

@test "hubspot: an answer without results -> an error, nothing is lost" {
	hubspot
	synced 0
	now '.faults = [{on: "GET /crm/v3/objects/contacts", body: {status: "error"}}]'
	run ! --separate-stderr conn-sync s.yml
	# shellcheck disable=SC2086
	kept $ALL
}

@test "hubspot: a token that is not good -> 3, and it is not shown" {
	hubspot
	now '.token = "another"'
	tool 3 conn-load
	[[ $(cat err) == *'HTTP 401'*'Authentication credentials not found'* ]]
	[[ $(cat out err) != *secret_h1* ]]
}

@test "hubspot: an app of OAuth -> its token is had by the refresh token" {
	hubspot 'client_id: app' 'client_secret: secret_h2' 'refresh_token: secret_h3'
	sed -i '/  token:/d' s.yml
	tool 0 conn-slim
	eq "$ALL" "$(here)"
	sed -i '/client_id/d' s.yml
	tool 2 conn-check
	[[ $(cat err) == *'auth: values of it are not given'* ]]
}

@test "hubspot: the kit for drivers finds nothing wrong" {
	hubspot 'objects: [contacts, notes]' 'cms: [posts]'
	tool 0 conn-check --driver
	eq '' "$(cat err)"
}

@test "hubspot: the examples of the manual run" {
	hubspot
	URL=$(cat url)
	for n in 1 2 3; do
		example conn-source-hubspot.7 "$n" >example.yml
		sed -i "/^  type: hubspot/a\  url: $URL\n  allow_http: true" example.yml
		chmod 600 example.yml
		export HUBSPOT_TOKEN=secret_h1 HUBSPOT_SECRET=secret_h2
		export HUBSPOT_REFRESH=secret_h3
		run --separate-stderr conn-load example.yml
		check 0
		[[ $output == *'"_id"'*'"complete":true'* ]]
	done
}
