#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The connector github, against tests/github-server.py: not GitHub, but a server
# that answers as its documentation says; see there for the pages it follows.

load helper

prepare() {
	python3 "$ROOT/tests/github-data.py" >data
	python3 "$ROOT/tests/github-server.py" data log >url 2>server.err \
	    3>&- 5>&- &
	echo $! >pid
	eventually test -s url || { cat server.err; return 1; }
	URL=$(cat url)
	config 'repos: [acme/app, acme/lib]'
}

teardown() {
	[ ! -e pid ] || kill "$(cat pid)"
}

# config MORE: g.yml
config() {
	printf 'name: g\nsource: {type: github, token: t0ken, url: "%s", %s}\n' \
	    "$URL" "$1" >g.yml
	chmod 600 g.yml
}

# edit FILTER [ARG]...: what the server has.
edit() { jq "$@" data >data.new && mv data.new data; }

# tool STATUS PROGRAM [ARG]...: on g.yml; out, err.
tool() {
	local want=$1
	shift
	: >log
	run --separate-stderr "$@" g.yml
	printf '%s\n' "$output" >out
	printf '%s\n' "$stderr" >err
	check "$want"
}

# Comments at the seam of two answers come twice.
ids() { jq -r 'select(has("_ctl") | not) | ._id // .id' "$1" | sort -u; }
fails() { jq -r 'select(._ctl == "fail") | .prefix // .id' "$1" | sort; }
deletes() { jq -r 'select(._ctl == "delete").id' "$1" | sort; }
doc() { jq -c --arg id "$1" 'select(._id == $id)' "${2-out}" | sort -u; }

# The index has what a load gives.
indexed() {
	conn-load g.yml | ids - >now
	conn-slim -I g.yml | ids - >slim
	same now slim
}

NOW='(now + 5 | todate)'

@test "github: load, slim -> all streams, the same ids" {
	tool 0 conn-load
	eq '' "$(<err)"
	cp out load
	cat >want <<-'EOT'
	g:comments/acme%2Fapp/501
	g:comments/acme%2Fapp/502
	g:comments/acme%2Fapp/503
	g:discussions/acme%2Fapp/21
	g:discussions/acme%2Fapp/22
	g:discussions/acme%2Fapp/23
	g:files/acme%2Fapp/README.md
	g:files/acme%2Fapp/docs%2Fa b%2Fé #1.md
	g:files/acme%2Fapp/docs%2Fnul.txt
	g:files/acme%2Fapp/docs%2Fone.md
	g:issues/acme%2Fapp/1
	g:issues/acme%2Fapp/2
	g:issues/acme%2Fapp/4
	g:pulls/acme%2Fapp/3
	g:pulls/acme%2Fapp/5
	g:pulls/acme%2Fapp/6
	g:releases/acme%2Fapp/701
	g:releases/acme%2Fapp/702
	g:repos/acme%2Fapp
	g:repos/acme%2Flib
	g:review_comments/acme%2Fapp/601
	EOT
	same want <(ids load)
	tool 0 conn-slim
	same want <(ids out)
	eq 0 "$(grep -c -e blobs -e reviews log)"
}

@test "github: documents of each stream" {
	tool 0 conn-load
	eq '{"_id":"g:issues/acme%2Fapp/2","_timestamp":"2024-06-01T00:00:00Z","_stream":"issues","title":"Issue 2","body":"body 2","url":"https://github.example.com/acme/app/issues/2","type":"issue","author":"ann","created_at":"2024-01-02T00:00:00Z","updated_at":"2024-06-01T00:00:00Z","tags":["bug"],"parent":"repos/acme%2Fapp","meta":{"repo":"acme/app","number":2,"state":"open","closed_at":null,"milestone":"1.0","assignees":["bob"]}}' \
	    "$(doc g:issues/acme%2Fapp/2)"
	eq 'Pull 3|main|fix|true|pull' "$(doc g:pulls/acme%2Fapp/3 | jq -r \
	    '"\(.title)|\(.meta.base)|\(.meta.head)|\(.meta.draft)|\(.type)"')"
	eq 'issues/acme%2Fapp/1 pulls/acme%2Fapp/3' "$(jq -r 'select(._id ==
	    "g:comments/acme%2Fapp/501" or ._id == "g:comments/acme%2Fapp/502")
	    .parent' out | sort -u | paste -sd ' ')"
	eq 'pulls/acme%2Fapp/3 src/x.c' "$(doc g:review_comments/acme%2Fapp/601 |
	    jq -r '"\(.parent) \(.meta.path)"')"
	eq '"# One\nüber\n"' "$(doc g:files/acme%2Fapp/docs%2Fone.md | jq .body)"
	eq https://github.example.com/acme/app/blob/main/docs/a%20b/%C3%A9%20%231.md \
	    "$(doc 'g:files/acme%2Fapp/docs%2Fa b%2Fé #1.md' | jq -r .url)"
	eq null "$(doc g:files/acme%2Fapp/docs%2Fnul.txt | jq .body)"
	eq '"D 21\n\nc1\n\nr1\n\nr2\n\nc2\n\nc3"' \
	    "$(doc g:discussions/acme%2Fapp/21 | jq .body)"
	eq 'v702 What is new in 702 v702 app.tar.gz 2024-02-02T00:00:00Z' \
	    "$(doc g:releases/acme%2Fapp/702 | jq -r '"\(.title) \(.body) \(
	    .meta.tag) \(.meta.files[0]) \(._timestamp)"')"
	eq 'Ideas true' "$(doc g:discussions/acme%2Fapp/21 | jq -r \
	    '"\(.meta.category) \(.meta.answered)"')"
}

@test "github: reviews, if asked for" {
	config 'repos: [acme/app], reviews: true'
	tool 0 conn-load
	eq '"body 3\n\nlooks good"' "$(doc g:pulls/acme%2Fapp/3 | jq .body)"
}

@test "github: an organisation -> its repositories, page by page" {
	config 'orgs: [acme], files: [.c]'
	tool 0 conn-load
	eq 3 "$(ids out | grep -c repos/)"
	eq g:files/acme%2Fapp/src%2Fx.c "$(ids out | grep files/)"
	grep -q '^GET /orgs/acme/repos per_page=100&page=2' log
}

@test "github: Enterprise Server -> /api/v3 and /api/graphql" {
	config 'repos: [acme/app]'
	sed -i "s|$URL|$URL/api/v3/|" g.yml
	tool 0 conn-load
	eq 3 "$(ids out | grep -c discussions/)"
	grep -q '^POST /api/graphql' log
}

@test "github: a poll -> what changed, and files that went" {
	conn-sync g.yml
	tool 0 conn-poll
	eq '' "$(ids out)"
	eq 0 "$(grep -c -e blobs -e trees -e compare log)"
	# newest first: the first page says enough
	eq 1 "$(grep -c 'acme/app/pulls ' log)"
	edit "$NOW as \$now | .repos[\"acme/app\"] |= (
	    .issues[0] |= (.title = \"New\" | .updated_at = \$now)
	    | .pulls[1].updated_at = \$now
	    | .comments[2] |= (.body = \"edited\" | .updated_at = \$now)
	    | .review_comments[0].updated_at = \$now
	    | .releases[2].updated_at = \$now
	    | .discussions[0].updatedAt = \$now
	    | .head = (\"b\" * 40))"
	tool 0 conn-poll
	cat >want <<-'EOT'
	g:comments/acme%2Fapp/503
	g:discussions/acme%2Fapp/21
	g:files/acme%2Fapp/docs%2Fmoved.md
	g:files/acme%2Fapp/new.md
	g:issues/acme%2Fapp/1
	g:pulls/acme%2Fapp/5
	g:releases/acme%2Fapp/701
	g:review_comments/acme%2Fapp/601
	EOT
	same want <(ids out)
	eq 'g:files/acme%2Fapp/README.md g:files/acme%2Fapp/docs%2Fone.md' \
	    "$(deletes out | paste -sd ' ')"
	cp out poll
	conn-bulk g.yml <poll
	tool 0 conn-load
	for id in $(<want); do eq "$(doc "$id")" "$(doc "$id" poll)"; done
	indexed
	tool 0 conn-poll
	eq 0 "$(grep -c compare log)"
}

@test "github: one changes while a poll reads pages -> none is passed over" {
	conn-sync g.yml
	edit "$NOW as \$now | (now + 6 | todate) as \$later
	    | .repos[\"acme/app\"] |= ((.issues, .comments,
	      .review_comments) |= map(.updated_at = \$now))
	    | .touches = [(\"issues\", \"issues/comments\", \"pulls/comments\")
	      | {on: \"GET /repos/acme/app/\(.)\", repo: \"acme/app\", time: \$later,
	         list: (if . == \"pulls/comments\" then \"review_comments\"
	           else split(\"/\")[-1] end)}]"
	tool 0 conn-poll
	jq -r '.repos["acme/app"] | (.issues[] | select(.pull_request | not)
	    | "issues \(.number)"), (.comments[] | "comments \(.id)"),
	    (.review_comments[] | "review_comments \(.id)")' data |
	    sed 's,\(.*\) ,g:\1/acme%2Fapp/,' | sort >want
	same want <(ids out | sort -u)
}

@test "github: more comments than it gives pages -> all, one after the other" {
	edit '.deep.comments = 2 | .repos["acme/app"] |= (
	    .comments = [.comments[0] as $c | range(17) | . as $n | $c
	      | .id = 900 + $n
	      | .updated_at = (1700000000 + 60 * ($n / 3 | floor) | todate)]
	    | .review_comments = [.review_comments[0] as $c | range(9)
	      | . as $n | $c | .id = 700 + $n
	      | .updated_at = (1700000000 + 60 * $n | todate)])'
	tool 0 conn-load
	jq -r '.repos["acme/app"] | (.comments[] | "comments \(.id)"),
	    (.review_comments[] | "review_comments \(.id)")' data |
	    sed 's,\(.*\) ,g:\1/acme%2Fapp/,' | sort >want
	same want <(ids out | grep comments/)
	ids out >load
	tool 0 conn-slim
	same load <(ids out)
}

@test "github: more releases than it gives -> the others are read, none goes" {
	edit '.repos["acme/app"].releases |= [(map(select(.draft | not))[0]) as $r
	    | range(5) | . as $n | $r | .id = 710 + $n]'
	conn-sync g.yml
	edit '.deep.releases = 2'
	run --separate-stderr conn-sync g.yml
	check 1
	eq 5 "$(conn-slim -I g.yml | grep -c releases/acme%2Fapp/)"
	tool 1 conn-load
	eq g:releases/acme%2Fapp/ "$(fails out)"
	eq 4 "$(ids out | grep -c releases/acme%2Fapp/)"
	eq 1 "$(ids out | grep -c discussions/acme%2Fapp/21)"
}

@test "github: history rewritten, a commit gone, many files -> a full sync" {
	conn-sync g.yml
	edit '.repos["acme/app"] |= (.compare = "diverged" | .head = "b" * 40)'
	tool 3 conn-poll
	grep -q 'run a full sync' err
	edit 'del(.repos["acme/app"].compare) | del(.repos["acme/app"].commits["a" * 40])'
	tool 3 conn-poll
	edit '.repos["acme/app"].commits += {("a" * 40): {}, ("c" * 40):
	    ([range(301) | {"\(.).md": "\(.)"}] | add)}
	    | .repos["acme/app"].head = "c" * 40'
	tool 3 conn-poll
	conn-sync --poll g.yml
	indexed
}

@test "github: a tree that is cut -> not read, its files stay" {
	conn-sync g.yml
	edit '.repos["acme/app"] |= (.truncated = true | .head = "b" * 40)'
	tool 1 conn-load
	eq g:files/acme%2Fapp/ "$(fails out)"
	run conn-sync g.yml
	eq 4 "$(conn-slim -I g.yml | grep -c files/)"
}

@test "github: deleted, moved elsewhere -> a full sync deletes them" {
	conn-sync g.yml
	edit '.repos["acme/app"] |= (del(.issues[1]) | del(.comments[0])
	    | del(.discussions[1]))
	    | .repos["acme/app"].issues[0].repository_url += "2"'
	conn-sync g.yml
	indexed
	conn-slim -I g.yml >out
	eq 1 "$(grep -c issues/ out)"
	eq 2 "$(grep -c discussions/ out)"
}

@test "github: what is no longer to be read goes, though it is there" {
	conn-sync g.yml
	config 'repos: [acme/lib]'
	echo 'max_delete: 100%' >>g.yml
	conn-sync g.yml
	indexed
	eq repos/acme%2Flib "$(conn-slim -I g.yml | jq -r '.id // empty' |
	    grep repos/ | cut -d: -f2)"
}

@test "github: --ids -> as in the load; those that are not there" {
	conn-load g.yml >load
	{
		ids load
		printf 'g:%s\n' issues/acme%2Fapp/3 issues/acme%2Fapp/77 \
		    pulls/acme%2Fapp/77 releases/acme%2Fapp/703 comments/acme%2Fapp/1 \
		    review_comments/acme%2Fapp/1 discussions/acme%2Fapp/77 \
		    files/acme%2Fapp/docs files/acme%2Fapp/no.md \
		    issues/other%2Fone/1 repos/acme%2Fgone
	} | jq -Rc '{id: .}' >list
	tool 0 conn-load --ids list
	same <(grep '"_id"' load | sort -u) <(grep '"_id"' out | sort)
	eq '' "$(fails out)"
}

@test "github: 403 on one repository -> it is protected, the others are read" {
	conn-sync g.yml
	edit '.faults = [{on: "GET /repos/acme/app/issues", status: 403,
	    body: {message: "Resource not accessible by personal access token"}}]
	    | del(.repos["acme/app"].pulls[0])'
	run --separate-stderr conn-sync g.yml
	check 1
	conn-slim -I g.yml >out
	eq 3 "$(grep -c 'issues/' out)"
	eq 2 "$(grep -c 'pulls/' out)"
	tool 1 conn-load
	eq g:issues/acme%2Fapp/ "$(fails out)"
}

@test "github: a repository that is gone -> nothing of any is deleted" {
	conn-sync g.yml
	edit 'del(.repos["acme/lib"]) | del(.repos["acme/app"].issues[1])'
	run --separate-stderr conn-sync g.yml
	check 1
	eq 3 "$(conn-slim -I g.yml | grep -c issues/)"
}

@test "github: no issues, an empty repository -> empty, not an error" {
	edit '.repos["acme/app"] |= (.repo.has_issues = false | .head = null)'
	tool 0 conn-load
	eq 0 "$(ids out | grep -c -e issues/ -e files/)"
	eq true "$(jq 'select(._ctl == "end").complete' out)"
	# its first commit is seen by a poll
	conn-bulk g.yml <out
	edit '.repos["acme/app"].head = "a" * 40'
	tool 0 conn-poll
	eq 4 "$(ids out | grep -c files/)"
}

@test "github: limits, primary and secondary, GraphQL's -> waited for" {
	edit '.faults = [
	    {on: "GET /repos/acme/app/issues", times: 1, status: 403,
	     headers: {"Retry-After": "1"}, body: {message:
	     "You have exceeded a secondary rate limit. Please wait a few minutes"}},
	    {on: "GET /repos/acme/app/pulls", times: 1, status: 429,
	     headers: {"x-ratelimit-remaining": "0", "x-ratelimit-reset":
	     (now + 1 | floor | tostring)}, body: {message: "API rate limit exceeded"}},
	    {on: "GET /repos/acme/app/issues/comments", times: 1, status: 403,
	     body: {message: "You have exceeded a secondary rate limit."}},
	    {on: "POST /graphql", times: 1, status: 200, body: {errors: [
	     {type: "RATE_LIMITED", message: "API rate limit exceeded"}]}}]'
	tool 0 conn-load
	eq 21 "$(ids out | wc -l)"
	eq '' "$(fails out)"
	eq 3 "$(grep -c 'acme/app/issues ' log)"
}

@test "github: a limit of an hour -> 75 at once, unless retry allows it" {
	edit '.faults = [{on: "GET /repos/.*", status: 403, headers:
	    {"x-ratelimit-remaining": "0", "x-ratelimit-reset":
	    (now + 3000 | floor | tostring)}, body: {message: "API rate limit exceeded"}}]'
	tool 75 conn-load
	eq 1 "$(wc -l <log)"
}

@test "github: errors in GraphQL's answers" {
	edit '.faults = [{on: "POST /graphql", status: 200, body: {data:
	    {repository: null}, errors: [{type: "FORBIDDEN", path: ["repository"],
	    message: "Resource protected by organization SAML enforcement."}]}}]'
	tool 1 conn-load
	eq 'g:discussions/acme%2Fapp/ g:discussions/acme%2Flib/' \
	    "$(fails out | paste -sd ' ')"
	edit '.faults[0].body.errors = [{message: "Field does not exist"}]'
	tool 3 conn-load
}

@test "github: a wrong token, neither repos nor orgs, an error page" {
	edit '.token = "other"'
	tool 3 conn-load
	grep -q 'HTTP 401' err
	config 'reviews: false'
	tool 3 conn-load
	grep -q 'streams.repos' err
	config 'repos: [acme/app]'
	edit '.token = "t0ken" | .faults = [{on: "GET /repos/acme/app/pulls",
	    status: 200, body: {message: "Hello"}}]'
	tool 1 conn-load
	eq g:pulls/acme%2Fapp/ "$(fails out)"
}

@test "github: the examples of its page" {
	local n
	for n in 1 2 3; do
		example conn-source-github.7 $n >page.yml
		grep -q 'type: github' page.yml
		GITHUB_TOKEN=t0ken conn-check -n page.yml
	done
	example conn-source-github.7 1 |
	    sed "s|type: github|&\n  url: $URL|" >g.yml
	export GITHUB_TOKEN=t0ken
	tool 0 conn-load
	eq 19 "$(ids out | grep -vc repos/)"
}

@test "github: the kit for drivers finds nothing wrong" {
	tool 0 conn-check --driver
	eq '' "$(<err)"
	eq '' "$(jq -r 'select(.ok | not)' out)"
}
