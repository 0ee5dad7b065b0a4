#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The connector sharepoint. The service cannot be had on a machine of one's
# own: tests/sharepoint-server.py plays Microsoft Graph as its documentation
# says; see there.

load helper
load saas

sharepoint() {
	python3 - >seed <<-'EOT'
	import json
	HOST = "contoso.sharepoint.example"
	AT = "2026-01-02T00:00:00Z"
	BY = {"user": {"displayName": "Ann"}}
	def made(i, **more):
	    return {"id": i, "webUrl": f"https://{HOST}/{i}", "createdBy": BY,
	        "createdDateTime": "2026-01-01T00:00:00Z", "lastModifiedDateTime": AT,
	        "lastModifiedBy": {"user": {"displayName": "Bob"}}, **more}
	def site(i, name, path, mine=False):
	    return made(f"{HOST},{i},w", displayName=name, description=name + " here",
	        isPersonalSite=mine, path=path)
	def file(i, name, drive, parent, mime=None, content="", **more):
	    f = made(i, name=name, drive=drive, size=len(content),
	        parentReference={"driveId": drive, "id": parent})
	    f.update({"file": {"mimeType": mime}, "content": content} if mime else {"folder": {}})
	    f.update(more)
	    return f
	def page(i, of, *parts):
	    return made(i, site=of, title="Page " + i, publishingState={"level": "published"},
	        canvasLayout={"horizontalSections": [{"columns": [{"webparts": list(parts)}]}],
	            "verticalSection": None})
	def item(i, of, **fields):
	    return made(i, list_id=of, fields={"@odata.etag": "e", "id": i, "Title": "Item " + i,
	        "Created": AT, "_UIVersionString": "1.0", "AuthorLookupId": "6", **fields})
	def entry(i, of, name, template="genericList", hidden=False):
	    return made(i, site=of, displayName=name, list={"template": template, "hidden": hidden})
	A, B, P = (f"{HOST},{i},w" for i in "abp")
	print(json.dumps({"token": "eyJ.t", "size": 2, "log": [],
	    "sites": [site("a", "Team A", f"{HOST}:/sites/a"), site("b", "Root", HOST),
	        site("p", "Ann", "my.example:/personal/ann", True)],
	    "drives": [{"id": "b!1", "name": "Documents", "site": A},
	        {"id": "b!2", "name": "More", "site": A},
	        {"id": "b!3", "name": "Documents", "site": B},
	        {"id": "b!4", "name": "OneDrive", "site": P}],
	    "files": [
	        file("R1", "root", "b!1", None, root={}),
	        file("F1", "Plans", "b!1", "R1"),
	        file("T1", "a.txt", "b!1", "F1", "text/plain", "über", description="A text"),
	        file("T2", "b.html", "b!1", "R1", "text/html", "<p>so &amp; so</p>"),
	        file("T3", "latin.txt", "b!1", "R1", "text/plain", "caf\u00e9", latin=True),
	        file("T4", "large.txt", "b!1", "R1", "text/plain", size=99999999),
	        file("W1", "c.docx", "b!1", "R1", "application/vnd.openxmlformats-officedocument"
	            ".wordprocessingml.document"),
	        file("R3", "root", "b!3", None, root={}),
	        file("T5", "d.md", "b!3", "R3", "text/markdown", "# D"),
	        file("T6", "mine.txt", "b!4", "R4", "text/plain", "mine")],
	    "pages": [page("g1", A, {"innerHtml": "<p>Hello <b>there</b></p>"},
	        {"data": {"serverProcessedContent": {"searchablePlainTexts": [
	            {"key": "t", "value": "A title"}]}}}),
	        page("g2", A), page("g3", A), page("g4", B)],
	    "lists": [entry("l1", A, "Tasks"), entry("l2", A, "Documents", "documentLibrary"),
	        entry("l3", A, "Hidden", hidden=True), entry("l4", B, "Links", "links")],
	    "items": [item("1", "l1", State="Done", Kinds=["a", "b"], Text="<div>x</div>", Size=7,
	        Who=[{"LookupId": 6, "LookupValue": "Ann"}], Link={"Description": "There", "Url": "u"}),
	        item("2", "l1"), item("3", "l1"), item("1", "l4")]}))
	EOT
	saas sharepoint <seed
	config
}

# config [LINE]...: s.yml with these settings.
config() {
	printf 'name: s\nsource:\n  type: sharepoint\n  rate: 1000/s\n' >s.yml
	printf '  %s\n' "url: $URL" "login_url: $URL" 'tenant: contoso.example' \
	    'client_id: app1' 'client_secret: s3cret' "$@" >>s.yml
	chmod 600 s.yml
}

H=contoso.sharepoint.example
A=$H,a,w
all() {
	printf '%s\n' "sites/$A" "sites/$H,b,w" files/b!1/{F1,T1,T2,T3,T4,W1} \
	    files/b!3/T5 "pages/$A/g"{1,2,3} "pages/$H,b,w/g4" items/l1/{1,2,3} \
	    items/l4/1 | sort | paste -sd ' '
}
body() { doc "$1" | jq -r .body; }

# change OF ID FILTER: of that file or item, now.
change() {
	now --arg of "$1" --arg id "$2" "((.files, .items)[] | select(.id == \$id
	    and (.drive // .list_id) == \$of)) |= (.lastModifiedDateTime =
	    \"2026-03-01T00:00:00Z\" | $3) | .log += [{of: \$of, id: \$id}]"
}
# removed OF ID: it is there no more.
removed() {
	now --arg of "$1" --arg id "$2" 'del((.files, .items)[] |
	    select(.id == $id and (.drive // .list_id) == $of)) |
	    .log += [{of: $of, id: $id}]'
}

@test "sharepoint: load, slim -> the same ids; slim reads no contents" {
	sharepoint
	tool 0 conn-load
	eq '' "$(<err)"
	eq "$(all)" "$(ids)"
	: >log
	tool 0 conn-slim
	eq "$(all)" "$(ids)"
	eq 0 "$(grep -c -e contentStream -e canvasLayout -e '"fields"' log)"
}

@test "sharepoint: the documents" {
	sharepoint
	tool 0 conn-load
	eq '{"_id":"s:files/b!1/T1","_timestamp":"2026-01-02T00:00:00Z","_stream":"files","title":"a.txt","url":"https://contoso.sharepoint.example/T1","body":"A text\n\nüber","type":"file","author":"Ann","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-02T00:00:00Z","parent":"files/b!1/F1","meta":{"site":"Team A","drive":"Documents","mime":"text/plain","size":4,"changed_by":"Bob"}}' \
	    "$(grep '"s:files/b!1/T1"' out)"
	eq 'so & so' "$(body 'files/b!1/T2')"
	eq 'café' "$(body 'files/b!1/T3')"
	# metadata alone: too large, no text, a folder
	for id in T4 W1 F1; do eq '' "$(body "files/b!1/$id")"; done
	eq folder "$(doc 'files/b!1/F1' | jq -r .type)"
	eq 2 "$(grep -c 'b!1/.*contentStream' <(grep -v T3 log))"
	eq $'Hello there\n\nA title' "$(body "pages/$A/g1")"
	body items/l1/1 >body
	same - body <<-'EOT'
	State: Done
	Kinds: a, b
	Text: x
	Size: 7
	Who: Ann
	Link: There
	EOT
	eq 'Item 1|Tasks|Team A' "$(doc items/l1/1 |
	    jq -r '"\(.title)|\(.meta.list)|\(.meta.site)"')"
	eq 'Root|Root here' "$(doc "sites/$H,b,w" | jq -r '"\(.title)|\(.body)"')"
}

@test "sharepoint: sites by their addresses, personal ones, a smaller limit" {
	sharepoint
	config "sites: [https://$H/, https://my.example/personal/ann]" 'max_size: 3'
	tool 0 conn-load
	eq "files/b!3/T5 files/b!4/T6 items/l4/1 pages/$H,b,w/g4 sites/$H,b,w sites/$H,p,w" \
	    "$(ids)"
	eq '# D ' "$(body 'files/b!3/T5') $(body 'files/b!4/T6')"
	config 'onedrive: true'
	tool 0 conn-slim
	[[ $(ids) == *b!4/T6* ]]
}

@test "sharepoint: a poll -> changed, new, deleted, by delta links" {
	sharepoint
	run -0 --separate-stderr conn-sync s.yml
	tool 0 conn-poll
	# sites have no time; the folder's parents come along
	eq "sites/$A sites/$H,b,w" "$(ids)"
	change b!1 T1 '.content = "new"'
	removed b!1 T2
	removed l1 2
	change l1 3 '.fields.State = "Open"'
	now '.files += [.files[] | select(.id == "T5") | .id = "T7"] |
	    .log += [{of: "b!3", id: "T7"}] | .pages[1].lastModifiedDateTime =
	    (now | todate)'
	tool 0 conn-poll
	eq "files/b!1/T1 files/b!3/T7 items/l1/3 pages/$A/g2 sites/$A sites/$H,b,w" \
	    "$(ids)"
	eq 'files/b!1/T2 items/l1/2' "$(ctl delete)"
	eq $'A text\n\nnew' "$(body 'files/b!1/T1')"
	eq 'State: Open' "$(body items/l1/3)"
	run -0 --separate-stderr conn-sync --poll s.yml
	eq '' "$stderr"
	tool 0 conn-load
	want=$(ids)
	# shellcheck disable=SC2086
	indexed $want
}

@test "sharepoint: resync required -> a full sync" {
	sharepoint
	run -0 --separate-stderr conn-sync s.yml
	removed b!1 T2
	for code in resyncChangesApplyDifferences resyncRequired; do
		now --arg c "$code" '.resync = $c'
		tool 3 conn-poll
		grep -q 'run a full sync' err
	done
	run -0 --separate-stderr conn-sync --poll s.yml
	want=$(all)
	# shellcheck disable=SC2086
	indexed ${want/files\/b!1\/T2 /}
}

@test "sharepoint: what happens while a load runs -> the next poll has it" {
	sharepoint
	tool 0 conn-load
	# as if between its first page and its last
	cp out load
	removed b!1 T2
	conn-bulk s.yml <load
	tool 0 conn-poll
	eq 'files/b!1/T2' "$(ctl delete)"
}

@test "sharepoint: --ids -> as in the load; those that are not there" {
	sharepoint
	tool 0 conn-load
	grep -e 'b!1/T1"' -e 'l1/1"' -e '/g1"' -e '"s:sites/.*,a,w"' out | sort >want
	for id in files/b!1/{T1,R1,no} files/b!9/T1 items/l1/{1,9} items/l2/1 \
	    "pages/$A/g"{1,9} "sites/$A" "sites/$H,z,w"; do
		echo "{\"id\":\"s:$id\"}"
	done >list
	tool 0 conn-load --ids list
	same want <(grep '"_id"' out | sort)
	eq '' "$(ctl fail)"
}

@test "sharepoint: a site that is forbidden, one that is locked -> protected" {
	sharepoint
	run -0 --separate-stderr conn-sync s.yml
	removed b!3 T5
	now --arg a "$A" '.faults = [{on: "GET /v1.0/sites/\($a)/lists", status: 403,
	    body: {error: {code: "accessDenied", message: "Access denied"}}},
	    {on: "GET /v1.0/drives/b!1/root/delta", status: 423, body: {error:
	    {code: "resourceLocked", message: "Access to this site has been blocked."}}}]'
	tool 1 conn-load
	eq 'files/b!1/ items/' "$(ctl fail)"
	run -1 --separate-stderr conn-sync s.yml
	want=$(all)
	# shellcheck disable=SC2086
	indexed ${want/files\/b!3\/T5 /}
}

@test "sharepoint: a site in the config that is not there -> nothing goes" {
	sharepoint
	run -0 --separate-stderr conn-sync s.yml
	config "sites: [https://$H, https://$H/sites/zz]"
	run -1 --separate-stderr conn-sync s.yml
	want=$(all)
	# shellcheck disable=SC2086
	indexed $want
}

@test "sharepoint: a site that is no longer to be read goes" {
	sharepoint
	run -0 --separate-stderr conn-sync s.yml
	config "sites: [https://$H]"
	echo 'max_delete: 100%' >>s.yml
	run -0 --separate-stderr conn-sync s.yml
	indexed files/b!3/T5 items/l4/1 "pages/$H,b,w/g4" "sites/$H,b,w"
}

@test "sharepoint: throttled, unavailable -> waits; a token that ended" {
	sharepoint
	now '.faults = [{on: "GET /v1.0/drives/b!1/root/delta", times: 1, status: 429,
	    headers: {"Retry-After": "1"}, body: {error: {code: "TooManyRequests"}}},
	    {on: "GET /beta/drives/b!1/items/T1/contentStream", times: 1, status: 503,
	    headers: {"Retry-After": "1"}, body: {error: {code: "serviceNotAvailable"}}},
	    {on: "GET /v1.0/sites/getAllSites", times: 1, status: 401, body: {error:
	    {code: "InvalidAuthenticationToken"}}}]'
	tool 0 conn-load
	eq "$(all)" "$(ids)"
	eq $'A text\n\nüber' "$(body 'files/b!1/T1')"
}

@test "sharepoint: a content that is refused -> metadata; lost: a fail" {
	sharepoint
	now '.faults = [{on: "GET /beta/drives/b!1/items/T1/contentStream", status: 403,
	    body: {error: {code: "accessDenied"}}},
	    {on: "GET /beta/drives/b!1/items/T2/contentStream", status: 404,
	    body: {error: {code: "itemNotFound"}}}]'
	tool 1 conn-load
	eq 'A text' "$(body 'files/b!1/T1')"
	eq files/b!1/T2 "$(ctl fail)"
	eq true "$(jq 'select(._ctl == "end").complete' out)"
}

@test "sharepoint: no right to list, an error page, a wrong secret -> 3" {
	sharepoint
	run -0 --separate-stderr conn-sync s.yml
	now '.faults = [{on: "GET /v1.0/sites/getAllSites", status: 403, body:
	    {error: {code: "accessDenied", message: "Either scp or roles claim"}}}]'
	tool 3 conn-load
	now '.faults = [{on: "GET /v1.0/sites/getAllSites", body: {}}]'
	run ! conn-sync s.yml
	want=$(all)
	# shellcheck disable=SC2086
	indexed $want
	now '.faults = []'
	sed -i 's/s3cret/0ther/' s.yml
	tool 3 conn-load
	grep -q 'refused with 401: invalid_client' err
	[[ $(cat out err) != *0ther* && $(cat out err) != *eyJ* ]]
}

@test "sharepoint: the kit for drivers finds nothing wrong" {
	sharepoint
	tool 0 conn-check --driver
	eq '' "$(<err)"
}

@test "sharepoint: the examples of its page" {
	sharepoint
	for n in 1 2; do
		example conn-source-sharepoint.7 "$n" |
		    sed "s|^  type: sharepoint|&\n  url: $URL\n  login_url: $URL|
		    s|contoso.sharepoint.com|$H|; s|tenant: .*|tenant: contoso.example|" \
			>example.yml
		chmod 600 example.yml
		export GRAPH_SECRET=s3cret
		run -0 --separate-stderr conn-load example.yml
		[[ $output == *'b!1/T1'*'"complete":true'* ]]
	done
}
