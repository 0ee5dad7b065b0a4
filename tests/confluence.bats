# SPDX-License-Identifier: MIT
# The connector confluence. Confluence cannot be had freely, so this is
# atlassian-server.py, which answers as its documentation says; that file
# names the pages it follows.
load helper
load atlassian

# item ID TYPE SPACE TITLE WHEN [MORE]: of the content.
item() {
	jq -nc --arg id "$1" --arg type "$2" --arg space "$3" --arg title "$4" \
	    --arg when "$5" '{id: $id, type: $type, status: "current",
	    title: $title, space: {key: $space, name: ("Space " + $space)},
	    container: {id: "1", key: $space}, ancestors: [],
	    version: {when: $when, number: 2, by: {displayName: "Ann"}},
	    history: {createdDate: "2024-01-0\($id | .[-1:])T00:00:00.000Z"},
	    body: {storage: {value: "<p>Hello <b>there</b> &amp; so</p>"}},
	    metadata: {labels: {results: [{name: "kb"}]}}, extensions: {},
	    _links: {webui: "/spaces/\($space)/\($id)"}} * '"${6:-{\}}"
}

old=2024-02-01T00:00:00.000Z
all="spaces/AA spaces/BB content/AA/101 content/AA/102 content/AA/103 \
content/AA/att104 content/BB/105"

content() {
	item 101 page AA Start "$old"
	item 102 page AA Below "$old" \
	    '{ancestors: [{id: "101", title: "Start"}]}'
	item 103 comment AA 'Re: Start' "$old" '{container: {id: "101"},
	    extensions: {location: "footer"},
	    metadata: {labels: {results: []}}}'
	item att104 attachment AA plan.pdf "$old" '{container: {id: "102"},
	    extensions: {mediaType: "application/pdf", fileSize: 12},
	    metadata: {labels: {results: []}}, body: null,
	    _links: {download: "/download/attachments/102/plan.pdf"}}'
	item 105 blogpost BB News "$old"
}

# site PRODUCT [SETTINGS]: two spaces and their content, in pages of two.
site() {
	local cloud=true user='email: ann@example.com,' path=/wiki
	prepare
	[ "$1" = confluence-cloud ] || { cloud=false user='' path=''; }
	content | jq -s --arg auth "$([ $cloud = true ] &&
	    printf 'Basic %s' "$(printf ann@example.com:s3cret | base64)" ||
	    echo 'Bearer s3cret')" '{token: $auth, size: 2, zone: -8,
	    spaces: ["AA", "BB"] | map({id: ., key: ., name: "Space \(.)",
	    type: "global", _links: {webui: "/spaces/\(.)"}}),
	    content: .}' >data
	product "$1"
	config confluence "url: \"$URL$path\", cloud: $cloud, $user overlap: 0s${2:+, $2}"
}

each_id() { tr ' ' '\n' <<<"$1" | LC_ALL=C sort | paste -sd ' '; }

reads_all() {
	tool 0 conn-load
	eq '' "$stderr"
	eq "$all" "$(ids)"
	eq "$(jq -ncS --arg url "$URL$1" '{_id: "a:content/AA/102",
	    _stream: "content", _timestamp: "2024-02-01T00:00:00Z",
	    title: "Below", body: "Hello there & so", url:
	    "\($url)/spaces/AA/102", type: "page", author: "Ann",
	    created_at: "2024-01-02T00:00:00.000Z",
	    updated_at: "2024-02-01T00:00:00.000Z", parent: "content/AA/101",
	    path: "Start", tags: ["kb"],
	    meta: {space: "Space AA", version: 2}}')" "$(doc content/AA/102)"
	eq '["content/AA/101","footer"]' \
	    "$(doc content/AA/103 | jq -c '[.parent, .meta.location]')"
	eq '["content/AA/102","application/pdf",12,"/download/attachments/102/plan.pdf"]' \
	    "$(doc content/AA/att104 | jq -c '[.parent, .meta.mime, .meta.size,
	    .meta.file]')"
	eq '"Space AA"' "$(doc spaces/AA | jq .title)"
	tool 0 conn-slim
	eq "$all" "$(ids)"
	eq '' "$(grep 'limit=200' log | grep body || :)"
}

@test "confluence: Cloud, load and slim -> everything, page by page" {
	site confluence-cloud
	reads_all /wiki
	grep -q cursor= log
	! grep -q start= log
}

@test "confluence: Data Center, load and slim -> the same" {
	site confluence-dc
	reads_all ''
	grep -q start= log
}

polls() {
	tool 0 conn-sync
	eq "$(each_id "$all")" "$(indexed)"
	now=$(date -u +%FT%T.000Z)
	change '(.content[] | select(.id == "101")) |= (.title = "New" |
	    .version.when = $now) | (.content[] | select(.id == "102")).hidden =
	    true | .content += [$new]' --arg now "$now" \
	    --argjson new "$(item 106 page BB Six "$now")"
	: >log
	tool 0 conn-sync --poll
	eq "$(each_id "$all content/BB/106")" "$(indexed)"
	eq New "$(sqlite3 state/a.db "select json_extract(document, '$.title')
	    from documents where id = 'a:content/AA/101'")"
	# the user's clock is eight hours behind
	eq 0 "$(grep -c 'space = ' log)"
	: >log
	tool 0 conn-sync
	eq "$(each_id "${all/content\/AA\/102 /} content/BB/106")" "$(indexed)"
	grep -q "$1" log
}

@test "confluence: Cloud -> a poll brings what changed, a sync deletes" {
	site confluence-cloud
	polls 'cql=id = "102"'
}

@test "confluence: Data Center -> the same; deletes are asked of the page" {
	site confluence-dc
	polls 'GET /rest/api/content/102 '
}

@test "confluence: --ids -> as in the load, those that are there" {
	for product in confluence-cloud confluence-dc; do
		site $product
		tool 0 conn-load
		grep -E '_id":"a:(content/AA/101|spaces/BB|content/AA/att104)"' out | sort >want
		printf '{"id":"a:%s"}\n' content/AA/101 content/AA/999 \
		    content/BB/101 spaces/BB spaces/ZZ content/AA/att104 >some
		tool 0 conn-load --ids some
		grep _id out | sort >got
		same want got
		kill "$(cat pid)"
		rm pid
	done
}

@test "confluence: offsets that shift -> nothing is deleted that is there" {
	site confluence-dc
	tool 0 conn-sync
	conn-slim -I a.yml >known
	change '(.content[] | select(.id == "102")).hidden = true'
	conn-load a.yml | conn-diff known >changes
	grep -q '"delete"' changes
	change '(.content[] | select(.id == "102")).hidden = false'
	conn-load --confirm a.yml <changes | conn-bulk a.yml
	eq "$(each_id "$all")" "$(indexed)"
}

@test "confluence: spaces, types, cql -> only those" {
	site confluence-cloud 'spaces: [AA], types: [page, comment], cql: "label = kb"'
	tool 0 conn-load
	eq 'spaces/AA content/AA/101 content/AA/102' "$(ids)"
	tool 0 conn-slim
	eq 'spaces/AA content/AA/101 content/AA/102' "$(ids)"
	tool 0 conn-sync
	change '(.content[] | select(.id == "101")).metadata.labels.results = []'
	tool 0 conn-sync
	eq 'content/AA/102 spaces/AA' "$(indexed)"
	tool 0 conn-sync --poll
	grep -q 'space in ("AA") and (label = kb) order by created' log
}

@test "confluence: a space that may not be read -> its content stays" {
	for product in confluence-cloud confluence-dc; do
		site $product
		rm -rf state
		tool 0 conn-sync
		change '.content |= map(select(.id != "101")) | .faults = [{on:
		    "space = \"BB\"", status: 403, body: {statusCode: 403,
		    message: "Not permitted to use confluence"}}]'
		tool 1 conn-sync
		[[ $stderr == *403* ]]
		eq "$(each_id "${all/content\/AA\/101 /}")" "$(indexed)"
		kill "$(cat pid)"
		rm pid
	done
}

@test "confluence: a space in the config that is not there -> all stays" {
	for product in confluence-cloud confluence-dc; do
		site $product 'spaces: [AA, BB]'
		rm -rf state
		tool 0 conn-sync
		change '.spaces |= map(select(.key != "BB")) |
		    .content |= map(select(.id != "101"))'
		tool 1 conn-sync
		[[ $(indexed) == *content/AA/101*content/BB/105*spaces/BB* ]]
		kill "$(cat pid)"
		rm pid
	done
}

@test "confluence: a limit -> waited for, and all is read" {
	site confluence-cloud
	change '.faults = [{on: "content/search", status: 429, times: 1,
	    headers: {"Retry-After": "1"}, body: {}}]'
	tool 0 conn-load
	eq "$all" "$(ids)"
}

@test "confluence: an error on any page -> nothing deleted" {
	site confluence-cloud
	tool 0 conn-sync
	change '.content |= map(select(.id != "105")) | .faults = [{on: "cursor=",
	    body: "<html><title>Log in</title></html>"}]'
	tool 3 conn-sync
	eq "$(each_id "$all")" "$(indexed)"
	change '.faults = [{on: "cursor=", body: {statusCode: 200}}]'
	tool 3 conn-sync
	eq "$(each_id "$all")" "$(indexed)"
	change '.faults = []'
	config confluence "url: \"$URL/wiki\", email: ann@example.com, cql: a b"
	tool 2 conn-load
	[[ $stderr == *'HTTP 400'* ]]
}

@test "confluence: a wrong token -> 3" {
	site confluence-cloud
	sed -i 's/ann@/bob@/' a.yml
	tool 3 conn-load
	[[ $stderr == *401* ]]
}

@test "confluence: the kit for drivers finds nothing wrong" {
	for product in confluence-cloud confluence-dc; do
		site $product
		tool 0 conn-check --driver
		eq '' "$stderr"
		kill "$(cat pid)"
		rm pid
	done
}
