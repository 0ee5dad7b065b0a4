# SPDX-License-Identifier: MIT
# The connector jira. Jira cannot be had freely, so this is
# atlassian-server.py, which answers as its documentation says; that file
# names the pages it follows.
load helper
load atlassian

adf='{type: "doc", version: 1, content: [
    {type: "heading", attrs: {level: 1}, content: [{type: "text", text: "What"}]},
    {type: "paragraph", content: [{type: "text", text: "Ask "},
     {type: "mention", attrs: {id: "1", text: "@Bob"}}, {type: "text", text: " or "},
     {type: "inlineCard", attrs: {url: "https://x.example"}}, {type: "hardBreak"},
     {type: "emoji", attrs: {shortName: ":ok:"}}, {type: "text", text: " by ",
     marks: [{type: "strong"}]}, {type: "date", attrs: {timestamp: "1767225600000"}}]},
    {type: "bulletList", content: [{type: "listItem", content: [{type: "paragraph",
     content: [{type: "text", text: "one"}]}]}, {type: "listItem", content: [{type:
     "paragraph", content: [{type: "status", attrs: {text: "TWO"}}]}]}]},
    {type: "table", content: [{type: "tableRow", content: [{type: "tableCell",
     content: [{type: "paragraph", content: [{type: "text", text: "a"}]}]},
     {type: "tableCell", content: [{type: "paragraph", content: [{type: "text",
     text: "b"}]}]}]}]}, {type: "rule"},
    {type: "mediaSingle", content: [{type: "media", attrs: {id: "f"}}]}]}'
plain='What
Ask @Bob or https://x.example
:ok: by 2026-01-01
one
TWO
a | b'

# issue ID PROJECT UPDATED [MORE]: with the texts that $cloud has.
issue() {
	local text='"h2. What"'
	[ $cloud = false ] || text=$adf
	jq -nc --arg id "$1" --arg p "$2" --arg at "$3" '{id: $id,
	    key: "\($p)-\($id | .[-1:])", fields: {summary: "Issue \($id)",
	    description: '"$text"', issuetype: {name: "Bug"},
	    status: {name: "Open"}, priority: null, resolution: null,
	    labels: ["ui"], components: [{name: "web"}], fixVersions: [],
	    assignee: null, reporter: {displayName: "Ann"},
	    created: "2024-01-0\($id | .[-1:])T00:00:00.000+0000",
	    updated: $at, project: {key: $p, name: "Project \($p)"},
	    parent: null, attachment: [{filename: "log.txt"}],
	    customfield_1: "extra",
	    comment: {comments: [], total: 0}}} * '"${4:-{\}}"
}

old=2024-02-01T01:00:00.000+0100
all="projects/AA projects/BB issues/AA/1001 issues/AA/1002 issues/AA/1003 \
issues/BB/1004"

# site PRODUCT [SETTINGS]: two projects and their issues, in pages of two.
site() {
	local user='email: ann@example.com,' auth
	auth="Basic $(printf ann@example.com:s3cret | base64)"
	cloud=true
	prepare
	[ "$1" = jira-cloud ] || { cloud=false user='' auth='Bearer s3cret'; }
	{
		issue 1001 AA "$old" '{fields: {comment: {total: 3, comments:
		    ["c1", "c2", "c3"] | map({body: ., author: {displayName:
		    "Bob"}})}}}'
		issue 1002 AA "$old" '{fields: {parent: {id: "1001"}}}'
		issue 1003 AA "$old" '{fields: {labels: []}}'
		issue 1004 BB "$old"
	} | jq -s --arg auth "$auth" '{token: $auth, size: 2, zone: -8,
	    projects: ["AA", "BB"] | map({id: "1\(.)", key: ., name: .,
	    projectTypeKey: "software", description: ("About " + .)}),
	    issues: .}' >data
	product "$1"
	config jira "url: \"$URL\", cloud: $cloud, $user overlap: 0s${2:+, $2}"
}

again() {
	kill "$(cat pid)"
	rm -rf pid state
}

each_id() { tr ' ' '\n' <<<"$1" | LC_ALL=C sort | paste -sd ' '; }

reads_all() {
	tool 0 conn-load
	eq '' "$stderr"
	eq "$all" "$(ids)"
	eq "$(jq -ncS --arg url "$URL" --arg body "$1" '{_id: "a:issues/AA/1001",
	    _stream: "issues", _timestamp: "2024-02-01T00:00:00Z",
	    title: "Issue 1001", type: "Bug", url: "\($url)/browse/AA-1",
	    body: ($body + "\n\nc1\n\nc2\n\nc3"), author: "Ann",
	    created_at: "2024-01-01T00:00:00.000+0000",
	    updated_at: "2024-02-01T01:00:00.000+0100", tags: ["ui"],
	    meta: {key: "AA-1", project: "Project AA", status: "Open",
	    components: ["web"], versions: [], attachments: ["log.txt"],
	    commenters: ["Bob"]}}')" "$(doc issues/AA/1001)"
	eq '"issues/AA/1001"' "$(doc issues/AA/1002 | jq .parent)"
	eq '"About AA"' "$(doc projects/AA | jq .body)"
	: >log
	tool 0 conn-slim
	eq "$all" "$(ids)"
	eq '' "$(grep -E 'comment|summary' log || :)"
}

@test "jira: Cloud, load and slim -> everything, ADF as text" {
	site jira-cloud
	reads_all "$plain"
	grep -q nextPageToken= log
}

@test "jira: Data Center, load and slim -> everything" {
	site jira-dc
	reads_all 'h2. What'
	grep -q '/2/search .*startAt=2' log
}

@test "jira: a poll brings what changed, a sync deletes" {
	for product in jira-cloud jira-dc; do
		site $product
		tool 0 conn-sync
		eq "$(each_id "$all")" "$(indexed)"
		now=$(date -u +%FT%T.000+0000)
		change '(.issues[] | select(.id == "1003").fields) |= (.summary =
		    "New" | .updated = $now) | .issues |= map(select(.id !=
		    "1002")) + [$new]' --arg now "$now" \
		    --argjson new "$(issue 1006 BB "$now")"
		tool 0 conn-sync --poll
		eq "$(each_id "$all issues/BB/1006")" "$(indexed)"
		eq New "$(sqlite3 state/a.db "select json_extract(document,
		    '$.title') from documents where id = 'a:issues/AA/1003'")"
		: >log
		tool 0 conn-sync
		eq "$(each_id "${all/issues\/AA\/1002 /} issues/BB/1006")" \
		    "$(indexed)"
		grep -q '/issue/1002 ' log
		again
	done
}

@test "jira: --ids -> as in the load, those that are there" {
	for product in jira-cloud jira-dc; do
		for rule in '' 'jql: labels = ui'; do
			site $product "$rule"
			tool 0 conn-load
			grep -E '_id":"a:(issues/AA/1001|projects/BB)"' out | sort >want
			eq 2 "$(wc -l <want)"
			printf '{"id":"a:%s"}\n' issues/AA/1001 issues/AA/999 \
			    issues/BB/1001 projects/BB projects/ZZ >some
			[ -z "$rule" ] ||
				echo '{"id":"a:issues/AA/1003"}' >>some
			tool 0 conn-load --ids some
			grep _id out | sort >got
			same want got
			again
		done
	done
}

@test "jira: projects, jql, fields -> only those" {
	site jira-cloud 'projects: [AA], jql: labels = ui, fields: [customfield_1]'
	tool 0 conn-sync
	eq 'issues/AA/1001 issues/AA/1002 projects/AA' "$(indexed)"
	change '(.issues[] | select(.id == "1001")).fields.labels = []'
	tool 0 conn-sync
	eq 'issues/AA/1002 projects/AA' "$(indexed)"
	tool 0 conn-sync --poll
	grep -q 'project in ("AA") and (labels = ui) order by created' log
	tool 0 conn-load
	eq '"extra"' "$(doc issues/AA/1002 | jq .meta.customfield_1)"
}

@test "jira: a project that may not be read -> its issues stay" {
	for product in jira-cloud jira-dc; do
		site $product
		tool 0 conn-sync
		change '.issues |= map(select(.id != "1002")) | .faults = [{on:
		    "project = \"BB\"", status: 403, body: {errorMessages: ["No"],
		    errors: {}}}]'
		tool 1 conn-sync
		eq "$(each_id "${all/issues\/AA\/1002 /}")" "$(indexed)"
		again
	done
}

@test "jira: a project in the config that is not there -> all stays" {
	site jira-cloud 'projects: [AA, BB]'
	tool 0 conn-sync
	change '.projects |= map(select(.key != "BB")) |
	    .issues |= map(select(.id != "1002"))'
	tool 1 conn-sync
	eq "$(each_id "$all")" "$(indexed)"
}

@test "jira: a project in the config that has another key now -> all stays" {
	site jira-cloud 'projects: [AA, BB]'
	tool 0 conn-sync
	change '(.projects[] | select(.key == "BB")) |= (.key = "CC" | .was = "BB")
	    | .issues |= map(select(.id != "1002")
	      | if .fields.project.key == "BB" then .fields.project.key = "CC"
	        else . end)'
	tool 1 conn-sync
	eq "$(each_id "$all")" "$(indexed)"
	sed -i 's/BB\]/CC]/' *.yml
	tool 0 conn-sync -m 100%
	eq "$(each_id "$(sed 's,BB,CC,g; s,issues/AA/1002 ,,' <<<"$all")")" \
	    "$(indexed)"
}

@test "jira: a limit -> waited for; an error -> nothing deleted" {
	site jira-cloud
	change '.faults = [{on: "search/jql", status: 429, times: 1,
	    headers: {"Retry-After": "1"}, body: {}}]'
	tool 0 conn-sync
	eq "$(each_id "$all")" "$(indexed)"
	change '.issues |= map(select(.id != "1004")) | .faults = [{on:
	    "nextPageToken=", status: 400, body: {errorMessages: ["Stale token"],
	    errors: {}}}]'
	tool 2 conn-sync
	[[ $stderr == *'HTTP 400'* ]]
	eq "$(each_id "$all")" "$(indexed)"
	change '.faults = [{on: "nextPageToken=", body: {errorMessages: []}}]'
	tool 3 conn-sync
	eq "$(each_id "$all")" "$(indexed)"
}

@test "jira: a listing that ends before its total -> nothing deleted" {
	site jira-dc
	tool 0 conn-sync
	change '.faults = [{on: "startAt=2", body: {startAt: 2, maxResults: 2,
	    total: 3, issues: []}}]'
	tool 3 conn-sync
	grep -q "made before" err
	eq "$(each_id "$all")" "$(indexed)"
}

@test "jira: the kit for drivers finds nothing wrong" {
	for product in jira-cloud jira-dc; do
		site $product
		tool 0 conn-check --driver
		eq '' "$stderr"
		again
	done
}
