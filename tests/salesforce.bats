#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The connector salesforce. The service cannot be had on a machine of one's own:
# tests/salesforce-server.py plays it as developer.salesforce.com documents it.

load helper
load saas

salesforce() {
	python3 - <<-'EOT' | saas salesforce 'client_id: app1' 'client_secret: secret_s1' "$@"
	import json
	def id(prefix, n): return f"{prefix}00000000000{n:04}"
	def at(day): return f"2026-01-{day:02}T00:00:00.000+0000"
	def row(prefix, n, day, **more):
	    return {"Id": id(prefix, n), "CreatedDate": at(1), "CreatedById": id("005", 1),
	        "LastModifiedDate": at(day), "SystemModstamp": at(day), "IsDeleted": False, **more}
	BASE = {"Id": "id", "CreatedDate": "datetime", "CreatedById": "reference:User",
	    "LastModifiedDate": "datetime", "SystemModstamp": "datetime", "IsDeleted": "boolean"}
	def kind(rows, below={}, **fields):
	    return {"fields": {**BASE, **fields}, "rows": rows, "below": below}
	S, T, A = "string", "textarea", "reference:Account"
	FILE = {"fields": {**BASE, "Title": S, "FileExtension": S, "FileType": S,
	    "ContentSize": "int", "Description": T, "LatestPublishedVersionId": S,
	    "OwnerId": "reference:User"}, "rows": [
	    row("069", 1, 2, Title="Notes", FileExtension="txt", FileType="TEXT", ContentSize=9,
	        LatestPublishedVersionId=id("068", 1), OwnerId=id("005", 2)),
	    row("069", 2, 3, Title="Plan", FileExtension="pdf", FileType="PDF", ContentSize=9,
	        Description="A plan", LatestPublishedVersionId=id("068", 2), OwnerId=id("005", 2)),
	    row("069", 3, 3, Title="Memo", FileExtension="snote", FileType="SNOTE", ContentSize=9,
	        LatestPublishedVersionId=id("068", 3), OwnerId=id("005", 2))]}
	case = id("500", 1)
	objects = {
	    "User": {"fields": {"Id": "id", "Name": S}, "rows": [
	        {"Id": id("005", 1), "Name": "Ann"}, {"Id": id("005", 2), "Name": "Bob"}]},
	    "Account": kind([
	        row("001", n, n + 1, Name=f"Acme {n}", Description=f"Makes {n}",
	            OwnerId=id("005", 2), Industry="Steel", Secret__c="s",
	            Region__c="North") for n in range(1, 6)],
	        Name=S, Description=T, OwnerId="reference:User", Industry="picklist", Secret__c=S,
	        Region__c=S),
	    "Contact": kind([
	        row("003", 1, 2, Name="Eve", Email="eve@a.example", AccountId=id("001", 1)),
	        row("003", 2, 2, Name="Gone", IsDeleted=True)], Name=S, Email="email", AccountId=A),
	    "Case": kind([
	        row("500", 1, 5, CaseNumber="00001001", Subject="It smokes",
	            Description="Since noon", Status="New", AccountId=id("001", 1),
	            OwnerId=id("005", 2), ParentId=None),
	        row("500", 2, 6, CaseNumber="00001002", Subject="It sinks", Status="Closed",
	            OwnerId=id("005", 1), ParentId=case)],
	        {"CaseComments": ["CaseComment", "ParentId"], "Feeds": ["CaseFeed", "ParentId"],
	         "EmailMessages": ["EmailMessage", "ParentId"], "Cases": ["Case", "ParentId"]},
	        CaseNumber=S, Subject=S, Description=T, Status="picklist", AccountId=A,
	        OwnerId="reference:User|Group", ParentId="reference:Case"),
	    "Group": {"fields": {"Id": "id", "Name": S}, "rows": []},
	    "CaseComment": kind([
	        row("00a", n, 6 + n, ParentId=case, CommentBody=f"Comment {n}",
	            CreatedDate=at(6 + n), CreatedById=id("005", 2)) for n in range(1, 4)] + [
	        row("00a", 9, 25, ParentId=case, CommentBody="Taken back", IsDeleted=True)],
	        ParentId="reference:Case", CommentBody=T),
	    "EmailMessage": kind([row("02s", 1, 4, ParentId=case, Subject="Re: smoke",
	        TextBody=None, HtmlBody="<p>Is it &lt;hot&gt;?</p>", FromName="Cid")],
	        ParentId="reference:Case",
	        Subject=S, TextBody=T, HtmlBody=T, FromName=S),
	    "CaseFeed": kind([row("0D5", 1, 3, ParentId=case, Title=None, Body="<p>A post</p>",
	        CommentCount=1), row("0D5", 2, 3, ParentId=case, Title=None, Body=None,
	        CommentCount=0)],
	        {"FeedComments": ["FeedComment", "FeedItemId"]}, ParentId="reference:Case", Title=S,
	        Body=T, CommentCount="int"),
	    "FeedComment": kind([row("0D7", 1, 3, FeedItemId=id("0D5", 1), CommentBody="A reply")],
	        FeedItemId="reference:CaseFeed", CommentBody=T),
	    "ContentDocument": FILE,
	    "ContentDocumentLink": {"fields": {"Id": "id", "ContentDocumentId": S,
	        "LinkedEntityId": A}, "rows": [{"Id": id("06A", 1), "ContentDocumentId": id("069", 1),
	        "LinkedEntityId": id("001", 1)}]},
	    "Invoice__c": kind([row("a00", 1, 2, Name="INV-1", Text__c="<b>Pay</b> &amp; go",
	        Account__c=id("001", 2))], Name=S, Text__c="richtext", Account__c=A),
	    "Setting__c": {**kind([], Name=S), "setting": True},
	}
	objects["ContentDocumentLink"]["fields"]["LinkedEntityId"] = "reference:Account"
	print(json.dumps({"client_id": "app1", "client_secret": "secret_s1", "session": "00D!one",
	    "refresh_token": "secret_s2", "user": "bot@a.example",
	    "audience": "https://login.example", "objects": objects,
	    "versions": [{"Id": id("068", 1), "text": "Hello all"},
	        {"Id": id("068", 3), "text": "<p>Milk &amp; tea</p>"}]}))
	EOT
}

# rec OBJECT PREFIX N: the id of a record.
rec() { printf 'records/%s/%s00000000000%04d' "$@"; }
A1=$(rec Account 001 1) A2=$(rec Account 001 2) A5=$(rec Account 001 5)
C1=$(rec Case 500 1) C2=$(rec Case 500 2) E1=$(rec Contact 003 1)
F3=files/069000000000000003
F1=files/069000000000000001 F2=files/069000000000000002

ALL="$F1 $F2 $F3 $A1 $A2 $(rec Account 001 3) $(rec Account 001 4) $A5 $C1 $C2 $E1"

synced() {
	run "-$1" --separate-stderr conn-sync "${@:2}" s.yml
}

# changed OBJECT NUMBER FILTER: that record is changed now.
changed() {
	now --arg o "$1" --arg n "${2#*/}" '(now | todate | sub("Z"; ".000+0000")) as $t
	    | (.objects[$o].rows[] | select(.Id == ($n | sub(".*/"; "")))) |=
	    (.SystemModstamp = $t | '"$3)"
}

indexed_all() {
	now '.faults = []'
	sqlite3 "$CONN_STATE_DIR/s.db" 'select id from documents' |
		sed 's/^s://' | sort | paste -sd ' ' >have
	eq "$*" "$(cat have)"
}

# fault PATH STATUS CODE [MEMBERS]: of every such request, unless MEMBERS say it.
fault() {
	now --arg on "GET /services/data/v62.0$1" --argjson s "$2" --arg c "$3" \
	    '.faults += [{on: $on, status: $s, body: [{message: "it says so",
	    errorCode: $c}]} + {'"${4-}"'}]'
}

@test "salesforce: load, slim -> the same ids; slim reads no texts" {
	salesforce
	tool 0 conn-load
	eq "$ALL" "$(ids)"
	jq -r '._id // empty, ._timestamp // empty' out | paste - - | sort >loaded
	: >log
	tool 0 conn-slim
	eq "$ALL" "$(ids)"
	jq -r 'select(.id) | .id, .timestamp' out | paste - - | sort | same loaded -
	eq 0 "$(grep -c -e Subject -e CommentBody -e VersionData -e 'FROM ContentDocumentLink' log)"
}

@test "salesforce: tasks that were archived -> read, and not deleted" {
	salesforce 'objects: [Task]' 'files: false'
	now '.objects.Task = (.objects.Contact
	    | .fields += {Subject: "string", IsArchived: "boolean"}
	    | .rows |= map(.Subject = "Call" | .IsDeleted = false))'
	synced 0
	T1=$(rec Task 003 1) T2=$(rec Task 003 2)
	indexed_all "$T1" "$T2"
	now '.objects.Task.rows[0].IsArchived = true'
	synced 0
	indexed_all "$T1" "$T2"
	for program in conn-load conn-slim; do
		tool 0 "$program"
		eq "$T1 $T2" "$(ids)"
	done
	now '.objects.Task.rows[0].IsDeleted = true'
	synced 0
	indexed_all "$T2"
}

@test "salesforce: a case -> all that was said in it; files -> text, and where they are" {
	salesforce
	tool 0 conn-load
	doc "$C1" >doc
	same - <(jq -r .body doc) <<-'EOT'
	Since noon

	Comment 1

	Comment 2

	Comment 3

	Re: smoke

	Is it <hot>?

	A post

	A reply
	EOT
	eq '["It smokes","Case","Ann","00001001","Bob","Acme 1","Ann Bob Cid"]' \
	    "$(jq -c '[.title, .type, .author, (.meta | .CaseNumber, .Owner, .Account,
	    (.commenters | join(" ")))]' doc)"
	eq "$(cat url)/500000000000000001" "$(jq -r .url doc)"
	# of the last word in it
	eq 2026-01-09T00:00:00Z "$(jq -r ._timestamp doc)"
	eq null "$(doc "$C2" | jq .meta.commenters)"
	eq '["Notes.txt","Hello all","Bob",["001000000000000001"],["Acme 1"]]' "$(doc "$F1" |
	    jq -c '[.title, .body, (.meta | .owner, .linked, .linked_names)]')"
	eq '["Plan.pdf","A plan","PDF"]' "$(doc "$F2" | jq -c '[.title, .body, .meta.kind]')"
	eq 'Memo/Milk & tea' "$(doc "$F3" | jq -r '"\(.title)/\(.body)"')"
	echo "  max_size: 8" >>s.yml
	tool 0 conn-load -s files
	eq '' "$(doc "$F1" | jq -r .body)"
}

@test "salesforce: objects and fields -> those, custom ones whole, none that is hidden" {
	salesforce 'objects: [Account, Invoice__c, User]' 'fields: [Region__c, Secret__c]' \
	    'files: false'
	now '.objects.Account.unreadable = ["Secret__c"]'
	tool 0 conn-load
	eq "$(rec User 005 1) $(rec User 005 2)" "$(ids | tr ' ' '\n' | grep User | paste -sd ' ')"
	eq '["North",null,"Steel"]' "$(doc "$A1" |
	    jq -c '.meta | [.Region__c, .Secret__c, .Industry]')"
	eq 'INV-1/Pay & go/Acme 2' "$(doc "$(rec Invoice__c a00 1)" |
	    jq -r '"\(.title)/\(.body)/\(.meta.Account__r)"')"
	eq 0 "$(grep -c ContentDocument log)"
	sed -i 's/objects: .*/custom: true/' s.yml
	tool 0 conn-slim
	[[ $(ids) == *"$(rec Invoice__c a00 1)"* && $(ids) == *"$C1"* && $(ids) != *Setting* ]]
}

@test "salesforce: a poll -> what changed, was deleted, or said in a case" {
	salesforce
	synced 0
	changed Account "$A2" '.Name = "New"'
	changed Account "$A5" '.IsDeleted = true'
	changed ContentDocument "$F1" '.Title = "New"'
	changed ContentDocument "$F2" '.IsDeleted = true'
	: >log
	tool 0 conn-poll
	eq "$F1 $A2" "$(ids)"
	eq "$F2 $A5" "$(ctl delete)"
	eq 1 "$(grep -c VersionData log)"
	synced 0 --poll
	for o in CaseComment/00a000000000000001 EmailMessage/02s000000000000001 \
	    CaseFeed/0D5000000000000002; do
		changed "${o%/*}" "${o#*/}" '.CommentBody = "Changed" | .Body = "Changed" |
		    .HtmlBody = "Changed"'
		tool 0 conn-poll
		eq "$C1" "$(ids | tr ' ' '\n' | grep Case)"
		[[ $(doc "$C1" | jq -r .body) == *Changed* ]]
		now --arg o "${o%/*}" \
		    '.objects[$o].rows[].SystemModstamp = "2026-01-04T00:00:00.000+0000"'
	done
	# what is taken out of the bin at once is seen by a full sync
	now 'del(.objects.Account.rows[0])'
	synced 0
	sqlite3 "$CONN_STATE_DIR/s.db" 'select id from documents' | grep -c Account >n
	eq 3 "$(cat n)"
}

@test "salesforce: no Chatter -> the rest of a case, polls too" {
	salesforce
	now '.objects.CaseFeed.hidden = true'
	synced 0
	changed Case "$C1" '.Subject = "New"'
	tool 0 conn-poll
	eq "$C1" "$(ids)"
	[[ $(doc "$C1" | jq -r .body) == *'Comment 3'*'<hot>?' ]]
}

@test "salesforce: --ids -> as in the load; deleted, none, another object's: nothing" {
	salesforce
	tool 0 conn-load
	grep -e "$A2" -e "$C1" -e "$F1" out >loaded
	for id in "$A2" "$C1" "$F1" "$(rec Contact 003 2)" "$(rec Account 001 9)" \
	    files/069000000000000009 records/Lead/00Q000000000000001; do
		echo "{\"id\":\"s:$id\"}"
	done >list
	tool 0 conn-load --ids list
	same <(sort loaded) <(grep '"_id"' out | sort)
}

@test "salesforce: what a listing misses -> asked for; too few records, none -> nothing goes" {
	salesforce
	synced 0
	now '.faults = [{on: "GET /services/data/v62.0/query", has: "FROM%20Contact", times: 1,
	    body: {totalSize: 0, done: true, records: []}}]'
	: >log
	synced 0
	eq 1 "$(grep -c "WHERE Id = '${E1##*/}'" log)"
	# shellcheck disable=SC2086
	indexed_all $ALL
	now '.faults = [{on: "GET /services/data/v62.0/query", has: "Contact",
	    body: {totalSize: 3, done: true, records: []}}]'
	synced 1
	now '.faults = [{on: "GET /services/data/v62.0/query", body: {x: 1}}]'
	synced 3
	# shellcheck disable=SC2086
	indexed_all $ALL
}

@test "salesforce: one object refused -> the others are read, its records stay" {
	salesforce
	synced 0
	for code in '403 INSUFFICIENT_ACCESS' '400 INVALID_FIELD' '414 URI_TOO_LONG'; do
		now '.faults = [] | del(.objects.Contact.rows[0])'
		# shellcheck disable=SC2086
		fault /query $code 'has: "Contact"'
		tool 1 conn-slim
		eq records/Contact/ "$(ctl fail)"
		[[ $(ids) == *"$C2" ]]
	done
	synced 1
	# shellcheck disable=SC2086
	indexed_all $ALL
}

@test "salesforce: an object that was named and is not there -> told, nothing is deleted" {
	salesforce 'objects: [Account, Contact]'
	synced 0
	now '.objects.Contact.hidden = true'
	synced 1
	eq 6 "$(sqlite3 "$CONN_STATE_DIR/s.db" 'select id from documents' | grep -c records)"
	tool 3 conn-check
	[[ $(cat out) == *'object Contact: not there, or not to be read'* ]]
}

@test "salesforce: limits, a slow query, a session that ended -> waits, goes on" {
	salesforce
	fault /query 403 REQUEST_LIMIT_EXCEEDED 'times: 1, has: "Account"'
	fault /query 400 QUERY_TIMEOUT 'times: 1, has: "Case"'
	fault /sobjects 429 REQUEST_LIMIT_EXCEEDED 'times: 1, headers: {"Retry-After": "1"}'
	fault /sobjects/Contact/describe 401 INVALID_SESSION_ID 'times: 1'
	tool 0 conn-slim
	eq "$ALL" "$(ids)"
	eq 2 "$(grep -c oauth2/token log)"
	# most of the day's requests are used
	now '.usage = [2501, 5000]'
	printf '  %s\n' 'retry: 1s' 'quota: 50' >>s.yml
	tool 75 conn-slim
	sed -i 's/quota: 50/quota: 51/' s.yml
	tool 0 conn-slim
}

@test "salesforce: refused credentials, an API that is off -> 3, no secret is shown" {
	salesforce
	fault /sobjects 403 API_DISABLED_FOR_ORG
	tool 3 conn-slim
	[[ $(cat err) == *'HTTP 403'*'it says so'* ]]
	now '.faults = []'
	fault /sobjects 401 INVALID_SESSION_ID
	tool 3 conn-slim
	now '.faults = [] | .client_secret = "another"'
	tool 3 conn-load
	[[ $(cat err) == *'invalid_client: invalid client credentials'* ]]
	[[ $(cat out err) != *secret_s1* ]]
}

@test "salesforce: a refresh token, a key of a certificate -> read" {
	salesforce 'refresh_token: secret_s2'
	tool 0 conn-slim
	eq "$ALL" "$(ids)"
	grep -q '"grant_type": "refresh_token"' log
	openssl genrsa -out key.pem 2048 2>/dev/null
	chmod 600 key.pem
	sed -i '/client_secret/d; /refresh_token/d' s.yml
	printf '  %s\n' 'user: bot@a.example' 'private_key: {file: key.pem}' \
	    'login_url: https://login.example' >>s.yml
	tool 0 conn-slim
	eq "$ALL" "$(ids)"
}

rules() {
	jq -n "$1" | jq -c '{advanced_rules: .} | "  advanced_rules: \(.advanced_rules)"' -r >>s.yml
}

@test "salesforce: advanced rules -> what they give, and nothing else" {
	salesforce
	rules "[{language: \"SOQL\", query: \"select Name, Industry from account
	    where Name = 'Acme 2'\"},
	    {language: \"SOQL\", query: \"SELECT Id, Subject, Description, SystemModstamp,
	    (SELECT CommentBody, CreatedDate FROM CaseComments LIMIT 1) FROM Case
	    WHERE Status = 'New'\"},
	    {language: \"SOSL\",
	    query: \"FIND {eve} IN ALL FIELDS RETURNING Contact (Id, Name, Email)\"}]"
	tool 0 conn-load
	eq "queries/${A2#*/} queries/${C1#*/} queries/${E1#*/}" "$(ids)"
	eq 'Acme 2/Industry: Steel' "$(doc "queries/${A2#*/}" | jq -r '"\(.title)/\(.body)"')"
	eq $'Description: Since noon\n\nComment 1' "$(doc "queries/${C1#*/}" | jq -r .body |
	    grep -v -e '^SystemModstamp' | cat -s)"
	eq eve@a.example "$(doc "queries/${E1#*/}" | jq -r .meta.Email)"
	tool 0 conn-check
	# one that found too much may have been cut
	synced 0
	now '.many = true | .objects.Case.rows = []'
	synced 1
	indexed_all "queries/${A2#*/} queries/${C1#*/} queries/${E1#*/}"
}

@test "salesforce: advanced rules that are wrong -> conn-check says which, no document goes" {
	salesforce
	rules '[{language: "SOQL", query: "SELECT Id FROM Account"}]'
	synced 0
	sed -i '/advanced_rules/d' s.yml
	rules '[{language: "SOQL", query: "SELECT Id FROM Account"},
	    {language: "SOQL", query: "SELECT Id, Colour FROM Account"},
	    {language: "SOQL", query: "SELECT Id FROM Nowhere"},
	    {language: "SOSL", query: "LOOK FOR {x}"}]'
	tool 3 conn-check
	jq -r 'select(.check | startswith("checks.")) | select(.ok | not).message' out >wrong
	same - wrong <<-'EOT'
	INVALID_FIELD: No such column 'Colour' on entity 'Account'.
	INVALID_TYPE: sObject type 'Nowhere' is not supported.
	MALFORMED_SEARCH: No search term found.
	EOT
	now '.objects.Account.rows = .objects.Account.rows[:2]'
	synced 1
	eq 5 "$(sqlite3 "$CONN_STATE_DIR/s.db" 'select count(*) from documents')"
	sed -i '/advanced_rules/d' s.yml
	rules '[{language: "SQL", query: "SELECT Id FROM Account"}]'
	tool 2 conn-load
}

@test "salesforce: the kit for drivers finds nothing wrong" {
	salesforce
	tool 0 conn-check --driver
	eq '' "$(cat err)"
}

@test "salesforce: the examples of the manual run" {
	salesforce
	URL=$(cat url)
	for n in 1 2 3; do
		example conn-source-salesforce.7 "$n" >example.yml
		sed -i "s|https://[a-z-]*[a-z.-]*my.salesforce.com|$URL\n  allow_http: true\n  rate: 1000/s|
		    s/3MVG9CONSUMERKEY/app1/" example.yml
		chmod 600 example.yml
		export SALESFORCE_SECRET=secret_s1
		run --separate-stderr conn-load example.yml
		check 0
		[[ $output == *'/001000000000000001"'*'"complete":true'* ]]
	done
}
