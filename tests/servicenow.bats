#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The connector servicenow. The service cannot be had on a machine of one's own:
# tests/servicenow-server.py plays it as docs.servicenow.com documents it.

load helper
load saas

servicenow() {
	python3 - <<-'EOT' | saas servicenow 'username: bot' 'password: secret_n1' \
	    'page: 2' "$@"
	import json
	def id(n): return f"{n:032x}"
	def row(n, at, **more):
	    return {"sys_id": id(n), "sys_created_on": f"2026-01-{at:02} 08:00:00",
	        "sys_updated_on": f"2026-01-{at:02} 09:00:00", "sys_created_by": "ann", **more}
	def incident(n, at, **more):
	    return row(n, at, number=f"INC{n:07}", short_description=f"Incident {n}",
	        description=f"It broke {n}", state=["2", "In Progress"],
	        caller_id=[id(1), "Ann"], assigned_to="", comments="", work_notes="",
	        opened_by=[id(2), "Bob"], u_site="North", **more)
	print(json.dumps({"user": "bot", "password": "secret_n1", "session": "tok1",
	    "client_id": "app1", "client_secret": "secret_n2", "refresh_token": "secret_n3",
	    "tables": {
	        "sys_user": [row(1, 1, name="Ann", email="ann@a.example", title="Boss"),
	            row(2, 1, name="Bob", email="", title="")],
	        "incident": [incident(n, n) for n in range(11, 16)],
	        "sc_req_item": [row(21, 2, number="RITM21", short_description="A chair")],
	        "kb_knowledge": [row(31, 3, number="KB31", short_description="How to",
	            text="<p>Turn it &lt;off&gt;</p>", author=[id(1), "Ann"],
	            workflow_state=["published", "Published"])],
	        "change_request": [], "sc_cat_item": [row(41, 4, name="Chair",
	            description="<p>To sit <b>on</b></p>")],
	        "u_visit": [row(51, 5, number="V51", u_who="Eve")],
	        "sys_audit_delete": [{"sys_id": id(90), "tablename": "incident",
	            "documentkey": id(89), "sys_created_on": "2026-01-01 00:00:00"}],
	        "sys_attachment": [
	            row(61, 6, file_name="log.txt", content_type="text/plain", size_bytes="9",
	                table_name="incident", table_sys_id=id(11)),
	            row(62, 7, file_name="a.pdf", content_type="application/pdf",
	                size_bytes="9", table_name="incident", table_sys_id=id(12)),
	            row(63, 7, file_name="page.html", content_type="text/html", size_bytes="9",
	                table_name="kb_knowledge", table_sys_id=id(31)),
	            row(64, 7, file_name="x.txt", content_type="text/plain", size_bytes="9",
	                table_name="task_sla", table_sys_id=id(99))],
	        "sys_db_object": [{"name": n, "label": l} for n, l in {
	            "incident": "Incident", "sys_user": "User", "u_visit": "Visit",
	            "kb_knowledge": "Knowledge"}.items()],
	        "sys_dictionary": [{"name": "task", "element": e} for e in
	            ("short_description", "number", "state", "caller_id", "name")]},
	    "files": {id(61): "All is lost", id(62): "%PDF", id(63): "<p>Off &amp; on</p>"}}))
	EOT
}

# rec TABLE NUMBER; att TABLE NUMBER
rec() { printf 'records/%s/%032x' "$@"; }
att() { printf 'attachments/%s/%032x' "$@"; }
inc() { for n; do rec incident "$n" && printf ' '; done | sed 's/ $//'; }
A1=$(att incident 61) A2=$(att incident 62) A3=$(att kb_knowledge 63)
REST="$(rec kb_knowledge 31) $(rec sc_cat_item 41) $(rec sc_req_item 21)"
REST+=" $(rec sys_user 1) $(rec sys_user 2)"
ALL="$A1 $A2 $A3 $(inc 11 12 13 14 15) $REST"

synced() {
	run "-$1" --separate-stderr conn-sync "${@:2}" s.yml
}

# changed TABLE NUMBER FILTER: that row is changed now.
changed() {
	now --arg t "$1" --arg n "$(printf %032x "$2")" '(now |
	    strftime("%Y-%m-%d %H:%M:%S")) as $at | (.tables[$t][] | select(.sys_id == $n))
	    |= (.sys_updated_on = $at | '"$3)"
}

# removed TABLE NUMBER: that row is deleted, and it is noted.
removed() {
	now --arg t "$1" --arg n "$(printf %032x "$2")" '(now |
	    strftime("%Y-%m-%d %H:%M:%S")) as $at | del(.tables[$t][] | select(.sys_id == $n))
	    | .tables.sys_audit_delete += [{sys_id: "a\($n[1:])", tablename: $t,
	    documentkey: $n, sys_created_on: $at}]'
}

# What the index has, with the service as it is.
kept() {
	now '.faults = []'
	sqlite3 "$CONN_STATE_DIR/s.db" 'select id from documents' |
		sed 's/^s://' | sort | paste -sd ' ' >have
	eq "$*" "$(cat have)"
}

@test "servicenow: load, slim -> the same ids; slim reads no texts" {
	servicenow
	tool 0 conn-load
	eq "$ALL" "$(ids)"
	jq -r '._id // empty, ._timestamp // empty' out | paste - - | sort >loaded
	: >log
	tool 0 conn-slim
	eq "$ALL" "$(ids)"
	jq -r 'select(.id) | .id, .timestamp' out | paste - - | sort | same loaded -
	eq 0 "$(grep -c -e description -e file_name -e /file log)"
	grep -q '"sysparm_offset": "4"' log
}

@test "servicenow: records -> texts, names of people, what may be seen; HTML as text" {
	servicenow 'fields: [u_site]'
	now '.tables.incident[0] += {comments: ["", "2026-01-02 - Ann\nIs it on?"],
	    work_notes: ["", "Hopeless"]}'
	tool 0 conn-load
	doc "$(inc 11)" >doc
	eq $'It broke 11\n\n2026-01-02 - Ann\nIs it on?' "$(jq -r .body doc)"
	eq '["Incident 11","incident","Bob","INC0000011","In Progress","Ann","North",false]' \
	    "$(jq -c '[.title, .type, .author, (.meta | .number, .state, .caller_id, .u_site,
	    has("assigned_to"))]' doc)"
	eq "2026-01-11T08:00:00Z 2026-01-11T09:00:00Z" \
	    "$(jq -r '"\(.created_at) \(.updated_at)"' doc)"
	eq "$(cat url)/incident.do?sys_id=$(printf %032x 11)" "$(jq -r .url doc)"
	eq 'Turn it <off>/Ann/Published' "$(doc "$(rec kb_knowledge 31)" |
	    jq -r '"\(.body)/\(.author)/\(.meta.workflow_state)"')"
	eq 'Chair/To sit on' "$(doc "$(rec sc_cat_item 41)" | jq -r '"\(.title)/\(.body)"')"
	echo '  notes: true' >>s.yml
	tool 0 conn-load -s records
	[[ $(doc "$(inc 11)" | jq -r .body) == *Hopeless ]]
}

@test "servicenow: attachments -> text, where they are; others without their content" {
	servicenow
	tool 0 conn-load -s attachments
	eq '["log.txt","All is lost",9]' "$(doc "$A1" | jq -c '[.title, .body, .meta.size]')"
	eq "$(inc 11)" "$(doc "$A1" | jq -r .parent)"
	eq '["a.pdf",null,"application/pdf"]' "$(doc "$A2" |
	    jq -c '[.title, .body, .meta.kind]')"
	eq 'Off & on' "$(doc "$A3" | jq -r .body)"
	now --arg n "$(printf %032x 63)" '.faults = [{on: "GET /api/now/attachment/\($n)/file",
	    status: 400, body: {error: {message: "no"}}}]'
	tool 1 conn-load -s attachments
	eq "$A3" "$(ctl fail)"
	eq "$A1 $A2" "$(ids)"
	echo '  max_size: 8' >>s.yml
	tool 0 conn-load -s attachments
	eq null "$(doc "$A1" | jq .body)"
	sed -i 's/max_size: 8/attachments: false/' s.yml
	now '.forbidden = ["sys_attachment"]'
	tool 0 conn-slim
	eq "$(inc 11 12 13 14 15) $REST" "$(ids)"
}

@test "servicenow: services -> those, by table or as Elastic calls them, others whole" {
	servicenow 'services: [Knowledge, u_visit]'
	tool 0 conn-load
	eq "$A3 $(rec kb_knowledge 31) $(rec u_visit 51)" "$(ids)"
	eq 'V51/Eve' "$(doc "$(rec u_visit 51)" | jq -r '"\(.title)/\(.meta.u_who)"')"
	tool 0 conn-check
	sed -i 's/services: .*/services: [Visit, nowhere, Incident]/' s.yml
	tool 3 conn-check
	same - <(jq -r 'select(.check == "checks.services").message' out) <<-'EOT'
	service Visit: is called u_visit
	service nowhere: no such table, or not to be read
	EOT
}

@test "servicenow: a poll -> what changed, was deleted, attached" {
	servicenow
	synced 0
	for n in 11 12 13; do changed incident $n '.short_description = "New"'; done
	changed sys_attachment 61 '.file_name = "new.txt"'
	removed incident 15
	removed sc_req_item 21
	: >log
	tool 0 conn-poll
	# pages overlap by a row of two
	eq "$A1 $(inc 11 12 12 13)" "$(ids)"
	eq "$(inc 15) $(rec sc_req_item 21)" "$(ctl delete)"
	synced 0 --poll
	kept "$A1 $A2 $A3 $(inc 11 12 13 14) ${REST/ $(rec sc_req_item 21)/}"
	# who may not read what was deleted sees the rest
	now '.forbidden = ["sys_audit_delete"]'
	changed incident 14 '.short_description = "New"'
	tool 0 conn-poll
	[[ $(ids) == *"$(inc 14)"* ]]
}

@test "servicenow: a row that is hidden -> told, nothing is deleted" {
	servicenow
	synced 0
	now '.tables.incident[1]._hidden = true | del(.tables.incident[4], .tables.sys_user[1])'
	tool 1 conn-slim
	[[ $(cat err) == *'3 items of the 4 that there are to be'* ]]
	eq all "$(ctl fail)"
	synced 1
	# shellcheck disable=SC2086
	kept $ALL
	# not even when that is expected: what counts and is not shown is asked for
	echo '  hidden: true' >>s.yml
	synced 1
	kept "$A1 $A2 $A3 $(inc 11 12 13 14) ${REST/ $(rec sys_user 2)/}"
	tool 0 conn-load
	changed incident 13 '.short_description = "New"'
	tool 1 conn-poll
	eq "$(inc 12)" "$(ctl fail)"
	[[ $(ids) == *"$(inc 13)"* ]]
}

@test "servicenow: --ids -> as in the load; deleted, another table's: nothing; hidden: a fail" {
	servicenow
	tool 0 conn-load
	grep -e "_id\":\"s:$(inc 12)" -e "_id\":\"s:$(rec kb_knowledge 31)" \
	    -e "_id\":\"s:$A1" out >loaded
	now '.tables.incident[3]._hidden = true'
	for id in "$(inc 12)" "$(rec kb_knowledge 31)" "$A1" "$(inc 14)" "$(inc 99)" \
	    "$(rec u_visit 51)" "$(att incident 64)"; do
		echo "{\"id\":\"s:$id\"}"
	done >list
	tool 1 conn-load --ids list
	same <(sort loaded) <(grep '"_id"' out | sort)
	eq "$(inc 14)" "$(ctl fail)"
}

@test "servicenow: rows that a page lost, no rows -> nothing goes; what misses is asked for" {
	servicenow
	synced 0
	now '.faults = [{on: "GET /api/now/table/incident", has: "sysparm_offset=2", headers:
	    {"X-Total-Count": "5"}, body: {result: []}}]'
	synced 1
	# shellcheck disable=SC2086
	kept $ALL
	now '.faults = [{on: "GET /api/now/table/sc_cat_item", times: 1, headers:
	    {"X-Total-Count": "0"}, body: {result: []}}]'
	synced 0
	# shellcheck disable=SC2086
	kept $ALL
	now '.faults = [{on: "GET /api/now/table/sc_cat_item", body: {result: []}}]'
	synced 3
	now '.faults = [{on: "GET /api/now/table/incident", headers: {"X-Total-Count": "0"},
	    body: {x: 1}}]'
	synced 3
	# shellcheck disable=SC2086
	kept $ALL
}

@test "servicenow: a table refused, or not there -> the others are read, its rows stay" {
	servicenow
	synced 0
	now '.forbidden = ["incident"] | del(.tables.sys_user)'
	tool 1 conn-slim
	eq 'records/incident/ records/sys_user/' "$(ctl fail)"
	[[ $(cat out) == *"$(rec kb_knowledge 31)"* ]]
	synced 1
	# shellcheck disable=SC2086
	kept $ALL
}

@test "servicenow: 429, a query that took too long, 503 -> waits and goes on" {
	servicenow
	now '.faults = [
	    {on: "GET /api/now/table/incident", times: 1, status: 429, headers: {"Retry-After": "1",
	     "X-RateLimit-Limit": "100", "X-RateLimit-Rule": "r"}, body: {error: {message:
	     "Rate limit exceeded", detail: "Rejected by REST rate limit"}, status: "failure"}},
	    {on: "GET /api/now/table/sys_user", times: 1, headers: {"X-Total-Count": "2"},
	     body: {result: [{sys_id: {value: "x", display_value: "x"}}], status: "failure",
	     error: {message: "Transaction cancelled: maximum execution time exceeded"}}},
	    {on: "GET /api/now/table/kb_knowledge", times: 1, status: 503, body: {error: {}}}]'
	tool 0 conn-slim
	eq "$ALL" "$(ids)"
}

@test "servicenow: refused credentials -> 3, no secret is shown; OAuth -> read" {
	servicenow
	now '.password = "another"'
	tool 3 conn-load
	[[ $(cat err) == *'HTTP 401'*'User Not Authenticated'* ]]
	[[ $(cat out err) != *secret_n1* ]]
	sed -i '/username/d; /password/d' s.yml
	printf '  %s\n' 'client_id: app1' 'client_secret: secret_n2' >>s.yml
	tool 0 conn-slim
	eq "$ALL" "$(ids)"
	grep -q '"grant_type": "client_credentials"' log
	echo '  refresh_token: secret_n3' >>s.yml
	tool 0 conn-slim
	grep -q '"grant_type": "refresh_token"' log
}

rules() {
	jq -nr "$1 | \"  advanced_rules: \\(tojson)\"" >>s.yml
}

@test "servicenow: advanced rules -> what they find, polls too; more than one of a table" {
	servicenow
	rules '[{service: "Incident",
	    query: "number=INC0000011^ORnumber=INC0000012^ORDERBYDESCnumber"},
	    {service: "incident", query: "short_descriptionLIKEincident 13^NQnumber=INC0000014^EQ"},
	    {service: "User", query: ""}]'
	tool 0 conn-load
	eq "$(inc 11 12 13 14) $(rec sys_user 1) $(rec sys_user 2)" "$(ids)"
	tool 0 conn-check
	synced 0
	# one that is found no more is seen by a full sync
	changed incident 13 '.short_description = "Another"'
	changed incident 14 '.short_description = "New"'
	changed incident 15 '.short_description = "Not of them"'
	tool 0 conn-poll
	eq "$(inc 14)" "$(ids)"
	synced 0
	kept "$(inc 11 12 14) $(rec sys_user 1) $(rec sys_user 2)"
}

@test "servicenow: a rule with a field that is none -> conn-check says so" {
	servicenow
	rules '[{service: "Incident", query: "colour=red^ORstate=2^caller_id.nam=x^NQnumber=1"},
	    {service: "Nowhere", query: "state=1"}]'
	tool 3 conn-check
	same - <(jq -r 'select(.check | startswith("checks.")).message' out) <<-'EOT'
	service Nowhere: no such table, or not to be read
	no table has a field colour
	no table has a field nam
	EOT
	sed -i 's/"query"/"search"/' s.yml
	tool 2 conn-load
}

@test "servicenow: the kit for drivers finds nothing wrong" {
	servicenow
	tool 0 conn-check --driver
	eq '' "$(cat err)"
}

@test "servicenow: the examples of the manual run" {
	servicenow
	URL=$(cat url)
	export SERVICENOW_PASSWORD=secret_n1 SERVICENOW_SECRET=secret_n2
	for n in 1 2 3; do
		example conn-source-servicenow.7 "$n" >example.yml
		sed -i "s|https://[a-z]*.service-now.com|$URL\n  allow_http: true\n  rate: 1000/s|" \
		    example.yml
		chmod 600 example.yml
		run --separate-stderr conn-load example.yml
		check 0
		[[ $output == *'records/incident/'*'"complete":true'* ]]
	done
}
