#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The connector google-drive. The service cannot be had on a machine of one's
# own: tests/google-drive-server.py plays it as its documentation says; see
# there.

load helper
load saas

drive() {
	openssl genrsa -out key.pem 2048 2>/dev/null
	openssl pkey -in key.pem -pubout -out pub.pem
	python3 - >seed <<-'EOT'
	import json
	G = "application/vnd.google-apps."
	def file(i, name, mime, parent=None, drive=None, **more):
	    f = {"kind": "drive#file", "id": i, "name": name, "mimeType": mime,
	        "trashed": False, "createdTime": "2026-01-01T00:00:00.000Z",
	        "modifiedTime": "2026-01-02T00:00:00.000Z",
	        "webViewLink": "https://drive.google.example/" + i,
	        "lastModifyingUser": {"kind": "drive#user", "displayName": "Bob"}}
	    if parent:
	        f["parents"] = [parent]
	    if drive:
	        f["driveId"] = drive
	    else:
	        f.update(ownedByMe=True, owners=[{"displayName": "Ann"}])
	    f.update(more)
	    if "content" in more and not mime.startswith(G):
	        f.setdefault("size", str(len(more["content"])))
	    return f
	files = [
	    file("f1", "Plans", G + "folder", "0AROOT"),
	    file("f2", "2026", G + "folder", "f1"),
	    file("g1", "Plan", G + "document", "f2", content="The plan\r\nis so"),
	    file("g2", "Sums", G + "spreadsheet", "0AROOT", content="a,b\r\n1,2"),
	    file("g3", "Talk", G + "presentation", "0AROOT", content="Slide 1"),
	    file("g4", "Form", G + "form", "0AROOT"),
	    file("t1", "notes.md", "text/markdown", "0AROOT", content="# Üben",
	        description="Of a day"),
	    file("t2", "a.html", "text/html", "0AROOT", content="<p>so &amp; so</p>"),
	    file("t3", "latin.txt", "text/plain", "0AROOT", content="caf\u00e9", latin=True),
	    file("t4", "large.log", "text/plain", "0AROOT", size="99999999", content=""),
	    file("t5", "s.json", "application/json", "0AROOT", content='{"a": 1}'),
	    file("b1", "p.png", "image/png", "0AROOT", content="\u0000"),
	    file("s1", "Link", G + "shortcut", "0AROOT", shortcutDetails={"targetId": "g1", "targetMimeType": G + "document"}),
	    file("o1", "theirs.txt", "text/plain", content="other", ownedByMe=False),
	    file("x1", "old.txt", "text/plain", "0AROOT", content="old", trashed=True),
	    file("k1", "Docs", G + "folder", "0AD1", "0AD1"),
	    file("k2", "Team plan", G + "document", "k1", "0AD1", content="ours"),
	    file("k3", "k.txt", "text/plain", "0AD1", "0AD1", content="k"),
	    file("k4", "gone.txt", "text/plain", "0AD1", "0AD1", content="x", trashed=True),
	    file("m1", "m.txt", "text/plain", "0AD2", "0AD2", content="m")]
	print(json.dumps({"token": "ya29.t", "size": 3, "files": files, "log": [],
	    "account": {"email": "reader@p.iam.example", "key": "pub.pem", "subject": "ann@example.com"},
	    "drives": [{"kind": "drive#drive", "id": "0AD1", "name": "Team"},
	        {"kind": "drive#drive", "id": "0AD2", "name": "Sales"},
	        {"kind": "drive#drive", "id": "0AD3", "name": "Empty"},
	        {"kind": "drive#drive", "id": "0AD4", "name": "Empty, too"}],
	    "roots": [file("0AROOT", "My Drive", G + "folder"),
	        file("0AD1", "Drive", G + "folder", None, "0AD1")]}))
	EOT
	saas google-drive <seed
	jq -n --rawfile k key.pem --arg u "$URL/token" '{type: "service_account",
	    client_email: "reader@p.iam.example", private_key_id: "k1",
	    private_key: $k, token_uri: $u}' >key.json
	chmod 600 key.json
	set_
}

# config [LINE]...: s.yml with these settings.
config() {
	printf 'name: s\nsource:\n  type: google-drive\n  url: %s/drive/v3\n' \
	    "$URL" >s.yml
	printf '  %s\n' 'rate: 1000/s' "$@" >>s.yml
	chmod 600 s.yml
}

# set_ [LINE]...: the same for the service account.
set_() {
	config "token_url: $URL/token" 'service_account: {file: key.json}' \
	    'subject: ann@example.com' "$@"
}

OWN='b1 f1 f2 g1 g2 g3 g4 s1 t1 t2 t3 t4 t5'
all() {
	{
		printf 'files/0AROOT/%s\n' $OWN o1
		printf 'files/%s\n' 0AD1/k{1,2,3} 0AD2/m1
	} | sort | paste -sd ' '
}
# asked TEXT: how many requests' paths end so.
asked() { jq -r .path log | grep -c -- "$1\$"; }
body() { doc "files/$1" | jq -r .body; }

# change ID FILTER: of that file, now.
change() {
	now --arg id "$1" "(.files[] | select(.id == \$id)) |= (.modifiedTime =
	    \"2026-03-01T00:00:00.000Z\" | $2) | (.files[] | select(.id == \$id)
	    .driveId) as \$d | .log += [{of: (\$d // \"user\"), fileId: \$id}]"
}
# removed OF ID: it is there no more.
removed() {
	now --arg of "$1" --arg id "$2" 'del(.files[] | select(.id == $id)) |
	    .log += [{of: $of, fileId: $id, removed: true}]'
}

@test "google-drive: load, slim -> the same ids; slim reads no texts" {
	drive
	tool 0 conn-load
	eq '' "$(<err)"
	eq "$(all)" "$(ids)"
	: >log
	tool 0 conn-slim
	eq "$(all)" "$(ids)"
	eq 0 "$(asked /export)"
	eq 0 "$(grep -c '"alt"' log)"
}

@test "google-drive: the documents" {
	drive
	tool 0 conn-load
	eq '{"_id":"s:files/0AROOT/g1","_timestamp":"2026-01-02T00:00:00Z","_stream":"files","title":"Plan","url":"https://drive.google.example/g1","body":"The plan\r\nis so","type":"file","author":"Ann","created_at":"2026-01-01T00:00:00.000Z","updated_at":"2026-01-02T00:00:00.000Z","path":null,"parent":"files/0AROOT/f2","meta":{"drive":"My Drive","mime":"application/vnd.google-apps.document","size":null,"target":null}}' \
	    "$(grep '"s:files/0AROOT/g1"' out)"
	eq $'a,b\r\n1,2' "$(body 0AROOT/g2)"
	eq 'Slide 1' "$(body 0AROOT/g3)"
	eq $'Of a day\n\n# Üben' "$(body 0AROOT/t1)"
	eq 'so & so' "$(body 0AROOT/t2)"
	eq '{"a": 1}' "$(body 0AROOT/t5)"
	eq 'ours Bob Team' "$(doc files/0AD1/k2 |
	    jq -r '"\(.body) \(.author) \(.meta.drive)"')"
	eq 'café' "$(body 0AROOT/t3)"
	# metadata alone: too large, no text, no file
	for id in t4 b1 g4 s1 f1; do eq '' "$(body "0AROOT/$id")"; done
	eq 'folder null' "$(doc files/0AROOT/f1 | jq -r '"\(.type) \(.parent)"')"
	eq g1 "$(doc files/0AROOT/s1 | jq -r .meta.target)"
	[[ $(jq -r .path log) != *t4* && $(jq -r .path log) != *b1* ]]
}

@test "google-drive: paths -> names of the folders, asked for" {
	drive
	set_ 'paths: true'
	tool 0 conn-load
	eq 'My Drive/Plans/2026/Plan' "$(doc files/0AROOT/g1 | jq -r .path)"
	eq 'Team/Docs/Team plan' "$(doc files/0AD1/k2 | jq -r .path)"
	eq 'My Drive/theirs.txt' "$(doc files/0AROOT/o1 | jq -r .path)"
}

@test "google-drive: settings -> which drives and files" {
	drive
	set_ 'shared: false' 'drives: [0AD2]'
	tool 0 conn-load
	# shellcheck disable=SC2086  # ids, one each
	eq "files/0AD2/m1 $(printf 'files/0AROOT/%s\n' $OWN | paste -sd ' ')" \
	    "$(ids)"
	set_ 'my_drive: false' 'drives: [0AD1, 0AD2]'
	tool 0 conn-slim
	eq 'files/0AD1/k1 files/0AD1/k2 files/0AD1/k3 files/0AD2/m1' "$(ids)"
	set_ 'drives: []' 'max_size: 5'
	tool 0 conn-load
	eq '' "$(body 0AROOT/t1 | tail -n +2)"
	eq 'other' "$(body 0AROOT/o1)"
}

@test "google-drive: a poll -> changed, trashed, removed, moved, by its marks" {
	drive
	run -0 --separate-stderr conn-sync s.yml
	: >log
	tool 0 conn-poll
	eq ' ' "$(ids) $(ctl delete)"
	eq 0 "$(asked /files)"
	change g1 '.content = "new"'
	change t1 '.trashed = true'
	change k3 .
	removed user t2
	# from one drive to the other
	now '(.files[] | select(.id == "k2")) |= (.driveId = "0AD2" | .parents =
	    ["0AD2"]) | .log += [{of: "0AD1", fileId: "k2", removed: true},
	    {of: "0AD2", fileId: "k2"}, {of: "0AD1", changeType: "drive",
	    driveId: "0AD1", removed: false}]'
	tool 0 conn-poll
	eq 'files/0AD1/k3 files/0AD2/k2 files/0AROOT/g1' "$(ids)"
	eq 'files/0AD1/k2 files/0AROOT/t1 files/0AROOT/t2' "$(ctl delete)"
	eq new "$(body 0AROOT/g1)"
	run -0 --separate-stderr conn-sync --poll s.yml
	eq '' "$stderr"
	tool 0 conn-load
	want=$(ids)
	# shellcheck disable=SC2086
	indexed $want
	run -0 --separate-stderr conn-sync -v s.yml
	[[ $stderr == *'conn-bulk: 0 indexed, 0 deleted, '* ]]
}

@test "google-drive: a poll of several pages, a new drive, one that left" {
	drive
	run -0 --separate-stderr conn-sync s.yml
	for id in g1 g2 g3 t1 t5; do change "$id" .; done
	now '.drives += [{kind: "drive#drive", id: "0AD5", name: "New"}] |
	    .drives |= map(select(.id != "0AD2")) |
	    .files += [.files[] | select(.id == "m1") |
	    .id = "n1" | .driveId = "0AD5" | .parents = ["0AD5"]]'
	tool 0 conn-poll
	eq "files/0AD5/n1 $(printf 'files/0AROOT/%s\n' g1 g2 g3 t1 t5 |
	    paste -sd ' ')" "$(ids)"
	run -0 --separate-stderr conn-sync s.yml
	run conn-slim -I s.yml
	[[ $output != *0AD2* && $output == *0AD5/n1* ]]
}

@test "google-drive: a mark that is refused -> a full sync" {
	drive
	run -0 --separate-stderr conn-sync s.yml
	now '.faults = [{on: "GET /drive/v3/changes", status: 400, body: {error:
	    {code: 400, message: "Invalid Value", errors: [{domain: "global",
	    reason: "invalid", location: "pageToken", locationType: "parameter",
	    message: "Invalid Value"}]}}}]'
	tool 3 conn-poll
	grep -q 'run a full sync' err
	run -0 --separate-stderr conn-sync --poll s.yml
	now '.faults[0].body.error.errors[0].location = "fields"'
	tool 2 conn-poll
}

@test "google-drive: --ids -> as in the load; elsewhere, in the trash: nothing" {
	drive
	tool 0 conn-load
	grep -e 'AROOT/g1"' -e 'AD1/k2"' -e 'AROOT/t3"' out | sort >want
	for id in 0AROOT/{g1,t3,x1,k2,no} 0AD1/{k2,k4} 0AD2/k3 0AD9/k2; do
		echo "{\"id\":\"s:files/$id\"}"
	done >list
	tool 0 conn-load --ids list
	same want <(grep '"_id"' out | sort)
	eq '' "$(ctl fail)"
}

@test "google-drive: a listing that misses a file -> asked for, not deleted" {
	drive
	run -0 --separate-stderr conn-sync s.yml
	now '.faults = [{on: "GET /drive/v3/files", has: "0AD1", body: {files: []}}]'
	removed 0AD1 k3
	run -0 --separate-stderr conn-sync s.yml
	want=$(all)
	# shellcheck disable=SC2086
	indexed ${want/files\/0AD1\/k3 /}
}

@test "google-drive: a drive that is forbidden, a search that is incomplete" {
	drive
	run -0 --separate-stderr conn-sync s.yml
	removed user g3
	now '.faults = [{on: "GET /drive/v3/files", has: "driveId=0AD1", status: 403,
	    body: {error: {code: 403, message: "No", errors: [{domain: "global",
	    reason: "insufficientFilePermissions", message: "No"}]}}}]'
	tool 1 conn-load
	eq files/0AD1/ "$(ctl fail)"
	run -1 --separate-stderr conn-sync s.yml
	want=$(all)
	# shellcheck disable=SC2086
	indexed ${want/files\/0AROOT\/g3 /}
	now '.faults = [] | .incomplete = true'
	tool 1 conn-load
	eq 'files/0AD1/ files/0AD2/ files/0AD3/ files/0AD4/ files/0AROOT/' \
	    "$(ctl fail)"
}

@test "google-drive: a drive in the config that is not there -> nothing goes" {
	drive
	run -0 --separate-stderr conn-sync s.yml
	set_ 'drives: [0AD1, 0AD9]'
	run -1 --separate-stderr conn-sync s.yml
	want=$(all)
	# shellcheck disable=SC2086
	indexed $want
}

@test "google-drive: limits of 403 and 429, an error of the server -> waits" {
	drive
	now '.faults = [
	    {on: "GET /drive/v3/files", times: 1, status: 403, body: {error: {code: 403,
	    errors: [{domain: "usageLimits", reason: "userRateLimitExceeded",
	    message: "User Rate Limit Exceeded"}]}}},
	    {on: "GET /drive/v3/drives", times: 1, status: 429, headers:
	    {"Retry-After": "1"}, body: {error: {code: 429, errors: [{domain:
	    "usageLimits", reason: "rateLimitExceeded", message: "Rate Limit"}]}}},
	    {on: "GET /drive/v3/files/g1/export", times: 1, status: 403, body: {error:
	    {code: 403, errors: [{domain: "usageLimits", reason:
	    "rateLimitExceeded", message: "Rate Limit Exceeded"}]}}},
	    {on: "GET /drive/v3/files/g2/export", times: 1, status: 500, body: {error:
	    {code: 500, errors: [{reason: "internalError"}]}}}]'
	tool 0 conn-load
	eq "$(all)" "$(ids)"
	eq $'The plan\r\nis so' "$(body 0AROOT/g1)"
	eq $'a,b\r\n1,2' "$(body 0AROOT/g2)"
}

@test "google-drive: texts that cannot be had -> metadata; else a fail" {
	drive
	now '.large = 10 | .faults = [{on: "GET /drive/v3/files/t1", has: "alt=media",
	    status: 403, body: {error: {code: 403, errors: [{domain: "global",
	    reason: "cannotDownloadFile", message: "No"}]}}},
	    {on: "GET /drive/v3/files/t2", has: "alt=media", status: 404, body:
	    {error: {code: 404, errors: [{domain: "global", reason: "notFound"}]}}}]'
	tool 1 conn-load
	eq '' "$(body 0AROOT/g1)"
	eq 'Of a day' "$(body 0AROOT/t1)"
	eq files/0AROOT/t2 "$(ctl fail)"
	eq true "$(jq 'select(._ctl == "end").complete' out)"
}

@test "google-drive: an API that is off, an error page, a wrong key -> 3" {
	drive
	run -0 --separate-stderr conn-sync s.yml
	now '.faults = [{on: "GET /drive/v3/files/root", status: 403, body: {error: {code: 403,
	    errors: [{domain: "usageLimits", reason: "accessNotConfigured",
	    message: "Drive API has not been used in project 1"}]}}}]'
	tool 3 conn-load
	now '.faults = [{on: "GET /drive/v3/drives", body: {}}]'
	run ! conn-sync s.yml
	want=$(all)
	# shellcheck disable=SC2086
	indexed $want
	now '.faults = []'
	sed -i 's/ann@/eve@/' s.yml
	tool 3 conn-load
	grep -q 'refused with 401' err
	set_
	openssl genrsa 2048 2>/dev/null >other.pem
	jq --rawfile k other.pem '.private_key = $k' key.json >new && mv new key.json
	chmod 600 key.json
	tool 3 conn-load
	grep -q 'invalid_grant' err
	[[ $(cat out err) != *PRIVATE* && $(cat out err) != *ya29* ]]
}

@test "google-drive: an expired token is renewed; a user's refresh token" {
	drive
	config "token_url: $URL/token" 'client_id: c1' \
	    'client_secret: GOCSPX-s' 'refresh_token: 1//r'
	tool 0 conn-load
	eq "$(all)" "$(ids)"
	now '.faults = [{on: "GET /drive/v3/drives", times: 1, status: 401, body: {error:
	    {code: 401, errors: [{domain: "global", reason: "authError",
	    message: "Invalid Credentials"}]}}}]'
	tool 0 conn-slim
	eq "$(all)" "$(ids)"
	config
	tool 2 conn-load
	grep -q 'auth: values of it are not given' err
}

@test "google-drive: the kit for drivers finds nothing wrong" {
	drive
	tool 0 conn-check --driver
	eq '' "$(<err)"
}

@test "google-drive: the examples of its page" {
	drive
	for n in 1 2; do
		example conn-source-google-drive.7 "$n" |
		    sed "s|^  type: google-drive|&\n  url: $URL/drive/v3\n  token_url: $URL/token|
		    s|/etc/conn/drive.json|$PWD/key.json|; s|0A[^,]*PVA|0AD1|" >example.yml
		chmod 600 example.yml
		export DRIVE_CLIENT_SECRET=GOCSPX-s DRIVE_REFRESH_TOKEN=1//r
		run -0 --separate-stderr conn-load example.yml
		[[ $output == *'0AD1/k2'*'"complete":true'* ]]
	done
}
