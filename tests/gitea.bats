#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The connector gitea, against tests/gitea-server.py: not Gitea, but a server
# that answers as its documentation says; see there.

load helper
load saas

A=$(printf 'a%.0s' {1..40})
B=$(printf 'b%.0s' {1..40})
C=$(printf 'c%.0s' {1..40})
D=$(printf 'd%.0s' {1..40})

# data: two repositories of acme, of which the account has the first.
data() {
	jq -n --arg a "$A" --arg b "$B" --arg c "$C" --arg d "$D" '
	    {"README.md": "# Read", "docs/a b/é #1.md": "one",
	     "docs/nul.txt": "a\u0000b", "docs/two.md": "two",
	     "src/x.c": "int"} as $files
	    | def some($n): [range(1; $n + 1)];
	    def none: {issues: [], pulls: [], comments: [], reviews: {},
	        releases: [], milestones: [], labels: [], wiki: [], head: null,
	        commits: {}};
	    {token: "t0ken", repos: {
	      "acme/lib": none,
	      "bob/own": (none + {mine: true}),
	      "acme/app": {mine: true,
	      issues: (some(3) | map({number: ., body: "body \(.)",
	        updated_at: "2024-0\(.)-01T00:00:00Z"})
	        | .[0] += {labels: [{name: "bug"}], assets: [{name: "a.png"}],
	          milestone: {title: "1.0"}, assignees: [{login: "bob"}]}),
	      pulls: (some(3) | map({number: (. + 3), body: "pull \(. + 3)",
	        updated_at: "2024-0\(.)-02T00:00:00Z"})),
	      comments: [{id: 501, on: 1, body: "c1"}, {id: 502, on: 4,
	        body: "c2"}, {id: 503, on: 1, body: "c3"}],
	      reviews: {"4": [{id: 601, body: "looks good",
	        comments: ["why?", "so"]}, {id: 602, body: "mine",
	        state: "PENDING"}, {id: 603, body: "", comments: ["no"]}]},
	      releases: [{id: 701, tag_name: "v1", body: "first"},
	        {id: 702, tag_name: "v2", name: "Two", assets: [{name: "x.tgz"}]},
	        {id: 703, tag_name: "v3", draft: true}],
	      milestones: [{id: 1, title: "1.0", description: "soon"},
	        {id: 2, title: "2.0", state: "closed"}],
	      labels: (some(3) | map({id: ., name: "l\(.)", description: "d\(.)"})),
	      wiki: [{title: "Home", sub: "Home", text: "welcome",
	        date: "2024-01-05T00:00:00Z"}, {title: "Größe & x/y?",
	        sub: "Gr%C3%B6%C3%9Fe-%26-x%2Fy%3F", text: "big",
	        date: "2024-01-06T00:00:00Z"}, {title: "Z", sub: "Z", text: "z",
	        date: "2024-01-07T00:00:00Z"}],
	      head: $a, commits: {
	        ($a): {parents: [], files: $files},
	        ($b): {parents: [$a], files: ($files | del(.["README.md"])
	          | .["new.md"] = "new" | .["docs/two.md"] = "2")},
	        ($c): {parents: [$a], files: ($files | .["side.md"] = "side"
	          | del(.["docs/two.md"]))},
	        ($d): {parents: [$b, $c], files: ($files | del(.["README.md"])
	          | .["new.md"] = "newer" | .["side.md"] = "side"
	          | del(.["docs/two.md"]))}}}}}'
}

setup_gitea() { saas gitea 'token: t0ken' "$@" < <(data); }

ALL='comments/acme%2Fapp/501 comments/acme%2Fapp/502 comments/acme%2Fapp/503'
ALL+=' files/acme%2Fapp/README.md files/acme%2Fapp/docs%2Fa b%2Fé #1.md'
ALL+=' files/acme%2Fapp/docs%2Fnul.txt files/acme%2Fapp/docs%2Ftwo.md'
ALL+=' issues/acme%2Fapp/1 issues/acme%2Fapp/2 issues/acme%2Fapp/3'
ALL+=' labels/acme%2Fapp/1 labels/acme%2Fapp/2 labels/acme%2Fapp/3'
ALL+=' milestones/acme%2Fapp/1 milestones/acme%2Fapp/2'
ALL+=' pulls/acme%2Fapp/4 pulls/acme%2Fapp/5 pulls/acme%2Fapp/6'
ALL+=' releases/acme%2Fapp/701 releases/acme%2Fapp/702'
ALL+=' repos/acme%2Fapp repos/bob%2Fown'
ALL+=' wiki/acme%2Fapp/Gr%25C3%25B6%25C3%259Fe-%2526-x%252Fy%253F'
ALL+=' wiki/acme%2Fapp/Home wiki/acme%2Fapp/Z'

documents() { grep -c '"_id"' out; }
asked() { jq -r '"\(.path) \(.query | tojson)"' log; }

@test "gitea: load, slim -> all streams, the same ids" {
	setup_gitea
	tool 0 conn-load
	eq '' "$(<err)"
	eq "$ALL" "$(ids)"
	: >log
	tool 0 conn-slim
	eq "$ALL" "$(ids)"
	eq 0 "$(asked | grep -c -e /contents/ -e wiki/page/ -e /reviews)"
}

@test "gitea: documents of each stream" {
	setup_gitea
	tool 0 conn-load
	eq 'No. 1|body 1|issue|ann|bug|1.0|bob|a.png|2024-01-01T00:00:00Z|http://git.test/acme/app/issues/1|repos/acme%2Fapp' \
	    "$(doc issues/acme%2Fapp/1 | jq -r '[.title, .body, .type, .author,
	    .tags[0], .meta.milestone, .meta.assignees[0], .meta.files[0],
	    .updated_at, .url, .parent] | join("|")')"
	eq 'pull 4|main|fix' "$(doc pulls/acme%2Fapp/4 |
	    jq -r '"\(.body)|\(.meta.base)|\(.meta.head)"')"
	eq 'issues/acme%2Fapp/1 pulls/acme%2Fapp/4' "$(jq -r 'select(._id ==
	    "s:comments/acme%2Fapp/501" or ._id == "s:comments/acme%2Fapp/502")
	    .parent' out | paste -sd ' ')"
	eq 'one http://git.test/acme/app/src/branch/main/docs/a%20b/%C3%A9%20%231.md' \
	    "$(doc 'files/acme%2Fapp/docs%2Fa b%2Fé #1.md' |
	    jq -r '"\(.body) \(.url)"')"
	eq null "$(doc files/acme%2Fapp/docs%2Fnul.txt | jq .body)"
	eq 'v1 first' "$(doc releases/acme%2Fapp/701 |
	    jq -r '"\(.title) \(.body)"')"
	eq 'Two x.tgz' "$(doc releases/acme%2Fapp/702 |
	    jq -r '"\(.title) \(.meta.files[0])"')"
	eq '1.0 soon' "$(doc milestones/acme%2Fapp/1 |
	    jq -r '"\(.title) \(.body)"')"
	eq 'l2 d2' "$(doc labels/acme%2Fapp/2 | jq -r '"\(.title) \(.body)"')"
	eq 'Größe & x/y? big 2024-01-06T00:00:00Z' \
	    "$(doc wiki/acme%2Fapp/Gr%25C3%25B6%25C3%259Fe-%2526-x%252Fy%253F |
	    jq -r '"\(.title) \(.body) \(._timestamp)"')"
}

@test "gitea: images in a wiki, a page of them -> what comes after it is read" {
	setup_gitea
	now '.repos["acme/app"].wiki |= ([range(50) | {}] + .)'
	tool 0 conn-slim
	eq "$ALL" "$(ids)"
}

@test "gitea: reviews, if asked for; not those that are not sent yet" {
	setup_gitea 'reviews: true'
	tool 0 conn-load
	eq '"pull 4\n\nlooks good\n\nwhy?\n\nso\n\nno"' \
	    "$(doc pulls/acme%2Fapp/4 | jq .body)"
}

@test "gitea: an organisation, a list, all that is seen" {
	setup_gitea 'orgs: [acme]'
	tool 0 conn-load
	eq 'repos/acme%2Fapp repos/acme%2Flib' \
	    "$(ids | tr ' ' '\n' | grep ^repos | paste -sd ' ')"
	sed -i 's/orgs:.*/all: true/' s.yml
	tool 0 conn-load
	eq 3 "$(ids | tr ' ' '\n' | grep -c ^repos)"
	sed -i 's,all:.*,repos: [acme/lib],' s.yml
	tool 0 conn-load
	eq repos/acme%2Flib "$(ids)"
	sed -i 's,repos:.*,repos: [nobody/app],' s.yml
	tool 1 conn-load
	sed -i 's,repos:.*,orgs: [nobody],' s.yml
	tool 1 conn-load
}

@test "gitea: lists that name the same twice, names that are none" {
	setup_gitea 'orgs: [acme]' 'repos: [Acme/app, lib]'
	tool 3 conn-check
	jq -r 'select(.ok | not) | .message' out >hints
	grep -q '"Acme/app" is read twice' hints
	grep -q '"lib" is not OWNER/NAME' hints
}

@test "gitea: public repositories need no token" {
	setup_gitea 'repos: [acme/app]'
	now '.public = true'
	sed -i '/token/d' s.yml
	tool 0 conn-load
	eq 24 "$(ids | tr ' ' '\n' | grep -c acme%2Fapp)"
}

@test "gitea: a poll -> what changed, files that went" {
	setup_gitea
	conn-sync s.yml
	: >log
	tool 0 conn-poll
	# of what has no dates all, else nothing
	eq '' "$(ids | tr ' ' '\n' | grep -v -e labels/ -e releases/ -e repos/)"
	eq 0 "$(asked | grep -c -e /contents/ -e /compare/ -e /trees/)"
	# newest first: the first page says enough
	eq 1 "$(asked | grep -c '^/api/v1/repos/acme/app/pulls')"
	now --arg b "$B" '(now + 5 | todate) as $now | .repos["acme/app"] |= (
	    .issues[0] |= (.title = "New" | .updated_at = $now)
	    | .pulls[1].updated_at = $now
	    | .comments[2] |= (.body = "edited" | .updated_at = $now)
	    | .milestones[1].updated_at = $now
	    | .wiki[2] |= (.text = "zz" | .date = $now)
	    | .labels[0].description = "new" | .releases[0].body = "edited"
	    | .description = "Other" | .head = $b)'
	tool 0 conn-poll
	want='comments/acme%2Fapp/503 files/acme%2Fapp/docs%2Ftwo.md'
	want+=' files/acme%2Fapp/new.md issues/acme%2Fapp/1'
	want+=' milestones/acme%2Fapp/2 pulls/acme%2Fapp/5 wiki/acme%2Fapp/Z'
	eq "$want" "$(ids | tr ' ' '\n' | grep -v -e labels/ -e releases/ \
	    -e repos/ | paste -sd ' ')"
	eq '"Other"' "$(doc repos/acme%2Fapp | jq .body)"
	eq files/acme%2Fapp/README.md "$(ctl delete)"
	cp out poll
	conn-bulk s.yml <poll
	tool 0 conn-load
	grep '"_id"' poll | sort | while read -r line; do
		grep -qxF "$line" out || { echo "$line"; false; }
	done
	ids >all
	conn-slim -I s.yml >out
	eq "$(<all)" "$(ids)"
}

@test "gitea: a merge -> what it brought; history rewritten -> a full sync" {
	setup_gitea
	conn-sync s.yml
	now --arg d "$D" '.repos["acme/app"].head = $d'
	tool 0 conn-poll
	eq 'files/acme%2Fapp/new.md files/acme%2Fapp/side.md' \
	    "$(ids | tr ' ' '\n' | grep files/ | paste -sd ' ')"
	eq 'files/acme%2Fapp/README.md files/acme%2Fapp/docs%2Ftwo.md' \
	    "$(ctl delete)"
	conn-bulk s.yml <out
	tool 0 conn-poll
	eq '' "$(ids | tr ' ' '\n' | grep files/)"
	# back to the other branch: no way from there
	now --arg c "$C" '.repos["acme/app"].head = $c'
	tool 3 conn-poll
	grep -q 'run a full sync' err
	# nor from what is no longer there
	now --arg d "$D" 'del(.repos["acme/app"].commits[$d])'
	tool 3 conn-poll
	conn-sync --poll s.yml
	tool 0 conn-load
	ids >all
	conn-slim -I s.yml >out
	eq "$(<all)" "$(ids)"
}

@test "gitea: deleted -> a full sync deletes them" {
	setup_gitea
	conn-sync s.yml
	now '.repos["acme/app"] |= (del(.issues[1]) | del(.comments[0])
	    | del(.pulls[0]) | del(.wiki[1]) | del(.labels[2])
	    | del(.milestones[0]) | del(.releases[0]))'
	conn-sync s.yml
	tool 0 conn-load
	ids >all
	eq 18 "$(documents)"
	conn-slim -I s.yml >out
	eq "$(<all)" "$(ids)"
}

@test "gitea: a repository taken from the list -> it goes" {
	setup_gitea 'repos: [acme/app, acme/lib]'
	conn-sync s.yml
	sed -i 's/, acme.lib//' s.yml
	conn-sync s.yml
	conn-slim -I s.yml >out
	eq repos/acme%2Fapp "$(ids | tr ' ' '\n' | grep repos)"
}

@test "gitea: --ids -> as in the load; those that are not there" {
	setup_gitea
	tool 0 conn-load
	cp out load
	{
		jq -r '._id // empty' load
		printf 's:%s\n' issues/acme%2Fapp/4 issues/acme%2Fapp/77 \
		    pulls/acme%2Fapp/77 releases/acme%2Fapp/703 \
		    comments/acme%2Fapp/1 labels/acme%2Fapp/9 wiki/acme%2Fapp/No \
		    milestones/acme%2Fapp/9 files/acme%2Fapp/docs \
		    files/acme%2Fapp/no.md issues/other%2Fone/1 repos/acme%2Fgone
	} | jq -Rc '{id: .}' >list
	tool 0 conn-load --ids list
	same <(grep '"_id"' load | sort) <(grep '"_id"' out | sort)
	eq '' "$(ctl fail)"
}

@test "gitea: no rights for one part -> it is protected, the others are read" {
	setup_gitea
	conn-sync s.yml
	now '.repos["acme/app"] |= (.hidden = ["wiki"] | del(.pulls[0]))'
	tool 1 conn-load
	eq wiki/acme%2Fapp/ "$(ctl fail)"
	run conn-sync s.yml
	check 1
	conn-slim -I s.yml >out
	eq 3 "$(ids | tr ' ' '\n' | grep -c wiki/)"
	eq 2 "$(ids | tr ' ' '\n' | grep -c pulls/)"
	now '.repos["acme/app"].hidden = ["issues"]'
	tool 1 conn-load
	eq issues/acme%2Fapp/ "$(ctl fail)"
	now '.repos["acme/app"].hidden = ["releases", "code"]'
	tool 1 conn-load
	eq 'files/acme%2Fapp/ pulls/acme%2Fapp/ releases/acme%2Fapp/' \
	    "$(ctl fail)"
	# a token without the scope
	now 'del(.repos["acme/app"].hidden) | .scopes = ["repository"]'
	tool 1 conn-load
	eq 8 "$(ctl fail | wc -w)"
}

@test "gitea: what is switched off, a wiki of no page -> empty" {
	setup_gitea
	now '.repos["acme/app"] |= (.off = ["pull_requests", "releases"]
	    | .wiki = [])'
	tool 0 conn-load
	eq '' "$(ids | tr ' ' '\n' | grep -e pulls/ -e wiki/ -e releases/)"
	eq true "$(jq 'select(._ctl == "end").complete' out)"
	now '.repos["acme/app"].off = ["issues"]'
	tool 0 conn-load
	eq comments/acme%2Fapp/502 \
	    "$(ids | tr ' ' '\n' | grep -e issues/ -e comments/)"
	eq 3 "$(ids | tr ' ' '\n' | grep -c pulls/)"
	now '.repos["acme/app"].off = ["code"]'
	tool 0 conn-load
	eq '' "$(ids | tr ' ' '\n' | grep -e pulls/ -e files/)"
	now '.repos["acme/app"].off = ["pull_requests", "releases", "issues",
	    "code", "wiki"]'
	tool 0 conn-load
	eq 'repos/acme%2Fapp repos/bob%2Fown' "$(ids)"
}

@test "gitea: a repository that is gone -> nothing of any is deleted" {
	setup_gitea 'repos: [acme/app, acme/lib]'
	conn-sync s.yml
	now 'del(.repos["acme/lib"]) | del(.repos["acme/app"].issues[1])'
	run conn-sync s.yml
	check 1
	conn-slim -I s.yml >out
	eq 3 "$(ids | tr ' ' '\n' | grep -c issues/)"
}

@test "gitea: 429, 502 -> waited for; a wrong token, an error body" {
	setup_gitea 'repos: [acme/app]'
	now '.faults = [{on: "GET /api/v1/repos/acme/app/issues", times: 1,
	    status: 429, headers: {"Retry-After": "1"}, body: {message: "slow"}},
	    {on: "GET /api/v1/repos/acme/app/pulls", times: 1, status: 502,
	    body: {}}]'
	tool 0 conn-load
	eq 24 "$(documents)"
	now '.faults = [{on: "GET /api/v1/repos/acme/app/pulls", status: 200,
	    body: {message: "Hello"}}]'
	tool 1 conn-load
	now 'del(.faults) | .token = "other"'
	tool 3 conn-load
	grep -q 'HTTP 401' err
}

@test "gitea: the examples of its page" {
	local n
	setup_gitea
	for n in 1 2 3; do
		example conn-source-gitea.7 $n >page.yml
		grep -q 'type: gitea' page.yml
		GITEA_TOKEN=t0ken conn-check -n page.yml
	done
	example conn-source-gitea.7 1 |
	    sed "s|url: .*|url: $URL|; s,^name: .*,name: s," >s.yml
	export GITEA_TOKEN=t0ken
	tool 0 conn-load
	eq 25 "$(documents)"
}

@test "gitea: the kit for drivers finds nothing wrong" {
	setup_gitea
	tool 0 conn-check --driver
	eq '' "$(<err)"
	eq '' "$(jq -r 'select(.ok | not)' out)"
}
