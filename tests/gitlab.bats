#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The connector gitlab, against tests/gitlab-server.py: not GitLab, but a server
# that answers as its documentation says; see there for the pages it follows.

load helper
load saas

# gitlab [CONFIG]...
gitlab() {
	[ $# -gt 0 ] || set -- 'projects: [acme/app, acme/team/lib]'
	python3 "$ROOT/tests/gitlab-data.py" |
		saas gitlab 'token: t0ken' "$@"
}

APP='files/11/README.md
files/11/docs%2Fa b%2Fé #1.md
files/11/docs%2Fnul.txt
files/11/docs%2Fone.md
issues/11/1
issues/11/3
issues/11/4
merge_requests/11/1
merge_requests/11/2
merge_requests/11/3
projects/11
projects/12
releases/11/rel%2F2
releases/11/v1.0
releases/11/v3
snippets/11/7
wikis/11/dir%2Fpagé 1
wikis/11/home'
ALL=$(paste -sd ' ' <<<"$APP")

# asked TEXT: how many requests have it.
asked() { grep -c -- "$1" log; }

@test "gitlab: load, slim -> all streams, the same ids; slim reads no texts" {
	gitlab
	tool 0 conn-load
	eq '' "$(cat err)"
	eq "$ALL" "$(ids)"
	: >log
	tool 0 conn-slim
	eq "$ALL" "$(ids)"
	eq 0 "$(asked 'discussions"\|/raw\|/files/\|with_content')"
}

@test "gitlab: documents of each stream" {
	gitlab
	tool 0 conn-load
	eq '{"_id":"s:issues/11/4","_stream":"issues","_timestamp":"2024-08-01T00:00:00Z","author":"ann","body":"","created_at":"2024-01-04T00:00:00.000Z","meta":{"assignees":["bob"],"closed_at":null,"confidential":false,"due_date":null,"kind":"issue","milestone":"1.0","number":4,"project":"acme/app","state":"opened"},"parent":"projects/11","tags":["bug"],"title":"Issue 4","type":"issue","updated_at":"2024-08-01T00:00:00.000Z","url":"https://gitlab.example.com/acme/app/-/issues/4"}' \
	    "$(doc issues/11/4 | jq -c .)"
	eq $'text 1\n\nfirst\n\nreply\n\nlast' "$(doc issues/11/1 | jq -r .body)"
	eq $'text 3\n\non a line|fix|main|cy' "$(doc merge_requests/11/3 | jq -r \
	    '[.body, (.meta | .source, .target, .reviewers[])] | join("|")')"
	eq "deep https://gitlab.example.com/acme/app/-/wikis/dir/pag%C3%A9%201" \
	    "$(doc 'wikis/11/dir%2Fpagé 1' | jq -r '.body + " " + .url')"
	eq 'Release rel/2|new in rel/2|app.msi|https://gitlab.example.com/acme/app/-/releases/rel%2F2' \
	    "$(doc releases/11/rel%2F2 | jq -r \
	    '[.title, .body, .meta.files[], .url] | join("|")')"
	eq '"how to\n\nputs 1\n"' "$(doc snippets/11/7 | jq .body)"
	eq '"# One\nüber\n"' "$(doc files/11/docs%2Fone.md | jq .body)"
	eq null "$(doc files/11/docs%2Fnul.txt | jq .body)"
	eq https://gitlab.example.com/acme/app/-/blob/main/docs/a%20b/%C3%A9%20%231.md \
	    "$(doc 'files/11/docs%2Fa b%2Fé #1.md' | jq -r .url)"
	eq 'acme / app acme/app' "$(doc projects/11 | jq -r \
	    '.title + " " + .meta.path')"
	# what has no comments is not asked for them
	eq 1 "$(asked '/issues/[0-9]*/discussions", "query": {"per_page": "100"}')"
}

@test "gitlab: all that one is a member of, by keyset; a group with its subgroups" {
	gitlab 'comments: false'
	tool 0 conn-load
	eq "issues/13/1 projects/11 projects/12 projects/13" \
	    "$(ids | tr ' ' '\n' | grep -e /13 -e projects | paste -sd ' ')"
	grep -q '"/api/v4/projects", .*"id_after": "12"' log
	eq 0 "$(asked discussions)"
	eq 'text 1' "$(doc issues/11/1 | jq -r .body)"
	# who is a member no more
	conn-bulk s.yml <out
	now '.projects[2].member = false'
	conn-sync s.yml
	conn-slim -I s.yml >out
	eq 'projects/11 projects/12' "$(ids | tr ' ' '\n' |
	    grep -e /13 -e projects | paste -sd ' ')"
	sed -i '/comments/d' s.yml
	echo '  groups: [acme]' >>s.yml
	tool 0 conn-load
	eq "$ALL" "$(ids)"
	now '.projects[0].path_with_namespace = "other/app"'
	printf 's:projects/%d\n' 11 12 13 | jq -Rc '{id: .}' >list
	tool 0 conn-load --ids list
	eq projects/12 "$(ids)"
}

@test "gitlab: epics and what is confidential, if asked for" {
	gitlab 'groups: [acme]' 'epics: true'
	tool 0 conn-load
	eq 'epics/acme/5-1 epics/acme/6-2' \
	    "$(ids | tr ' ' '\n' | grep epics | paste -sd ' ')"
	eq $'big\n\nwhy acme' "$(doc epics/acme/5-1 | jq -r '.body + " " + .meta.group')"
	echo '  confidential: true' >>s.yml
	tool 0 conn-load
	eq 'epics/acme/5-3 issues/11/2' "$(ids | tr ' ' '\n' |
	    grep -e epics/acme/5-3 -e issues/11/2 | paste -sd ' ')"
	[[ $(doc issues/11/1 | jq -r .body) == *'not for all'* ]]
	# without a licence
	now '.groups.acme.licensed = false'
	tool 1 conn-load
	eq epics/acme/ "$(ctl fail)"
}

@test "gitlab: a branch of its own, other files" {
	gitlab 'projects: [acme/app]' 'files: [.c]' 'branch: main'
	tool 0 conn-load
	eq files/11/src%2Fx.c "$(ids | tr ' ' '\n' | grep files)"
	sed -i 's/branch: .*/branch: other/' s.yml
	tool 1 conn-load
	eq files/11/ "$(ctl fail)"
}

@test "gitlab: a poll -> what changed, files that went, what became confidential" {
	gitlab
	conn-sync s.yml
	: >log
	tool 0 conn-poll
	eq 'releases/11/rel%2F2 releases/11/v1.0 releases/11/v3 '\
'wikis/11/dir%2Fpagé 1 wikis/11/home' "$(ids)"
	eq 0 "$(asked '/tree"\|/compare\|discussions\|/files/')"
	eq 1 "$(asked '/11/issues".*updated_after')"
	now --arg now "$(date -u +%FT%TZ)" '.projects[0] |= (
	    (.issues[0], .merge_requests[2]) |= (.updated_at = $now | .title = "New")
	    | .issues[3] |= (.updated_at = $now | .confidential = true)
	    | .snippets[0].updated_at = $now | .updated_at = $now
	    | .wikis[0].content = "changed" | .head = "b" * 40)'
	tool 0 conn-poll
	eq 'files/11/docs%2Fmoved.md files/11/docs%2Fone.md files/11/new.md '\
'issues/11/1 merge_requests/11/3 projects/11 snippets/11/7' \
	    "$(ids | sed 's/ releases.* snippets/ snippets/; s/ wikis.*//')"
	eq 'files/11/README.md files/11/docs%2Fnul.txt issues/11/4' "$(ctl delete)"
	cp out poll
	conn-bulk s.yml <poll
	tool 0 conn-load
	ids >now
	indexed "$(cat now)"
	# what was deleted, or moved away, is seen by a full sync
	now '.projects[0] |= (del(.issues[2]) | del(.wikis[1]) | del(.releases[0])
	    | del(.snippets[0]) | del(.merge_requests[0]))'
	conn-sync s.yml
	tool 0 conn-load
	ids >now
	indexed "$(cat now)"
	eq 0 "$(grep -c -e issues/11/3 -e v1.0 -e snippets now)"
}

@test "gitlab: two files that change places -> none is deleted" {
	gitlab
	conn-sync s.yml
	now '.projects[0] |= (.commits["b" * 40] = (.commits["a" * 40] |
	    {"docs/one.md": .["README.md"], "moved.md": .["docs/one.md"]})
	    | .head = "b" * 40)'
	tool 0 conn-poll
	[[ $(ctl delete) != *docs%2Fone.md* ]]
	[[ $(ids) == *'files/11/docs%2Fone.md files/11/moved.md'* ]]
	eq '# App' "$(doc files/11/docs%2Fone.md | jq -j .body)"
}

@test "gitlab: a commit that is gone, too much to compare -> a full sync" {
	gitlab
	conn-sync s.yml
	now '.projects[0] |= (.overflow = true | .head = "b" * 40)'
	tool 3 conn-poll
	grep -q 'run a full sync' err
	now '.projects[0] |= (del(.overflow) | .commits += {("c" * 40):
	    ([range(1000) | {"\(.).c": "\(.)"}] | add)} | .head = "c" * 40)'
	tool 3 conn-poll
	now '.projects[0] |= (.head = "b" * 40 | del(.commits["a" * 40]))'
	tool 3 conn-poll
	conn-sync --poll s.yml
	tool 0 conn-load
	indexed "$(ids)"
}

@test "gitlab: an empty repository, what is switched off -> empty; then a commit" {
	gitlab 'projects: [acme/team/lib]'
	tool 0 conn-load
	eq projects/12 "$(ids)"
	eq true "$(jq 'select(._ctl == "end").complete' out)"
	conn-bulk s.yml <out
	now '.projects[1] |= (.default_branch = "main" | .head = "a" * 40
	    | .commits["a" * 40] = {"a.md": "x"})'
	tool 0 conn-poll
	eq files/12/a.md "$(ids)"
}

@test "gitlab: --ids -> as in the load; those that are not there" {
	gitlab
	tool 0 conn-load
	cp out load
	{
		jq -r '._id // empty' load
		printf 's:%s\n' issues/11/{2,77} merge_requests/11/77 \
		    merge_requests/12/1 releases/11/v9 wikis/11/none snippets/11/9 \
		    files/11/docs files/11/no.md projects/99
	} | jq -Rc '{id: .}' >list
	: >log
	tool 0 conn-load --ids list
	same <(grep '"_id"' load | sort) <(grep '"_id"' out | sort)
}

@test "gitlab: a listing that misses an issue -> asked for, not deleted" {
	gitlab
	conn-sync s.yml
	now '.faults = [{on: "GET /api/v4/projects/11/issues", body: []}]'
	conn-sync s.yml
	eq 3 "$(sqlite3 "$CONN_STATE_DIR/s.db" 'select id from documents' |
	    grep -c issues/)"
}

@test "gitlab: 403 on one list -> it is protected, the others are read" {
	gitlab
	conn-sync s.yml
	now '.faults = [{on: "GET /api/v4/projects/11/issues", status: 403,
	    body: {message: "403 Forbidden"}}] | del(.projects[0].wikis[0])'
	run ! --separate-stderr conn-sync s.yml
	tool 1 conn-load
	eq issues/11/ "$(ctl fail)"
	sqlite3 "$CONN_STATE_DIR/s.db" 'select id from documents' >have
	eq '3 1' "$(grep -c issues/ have) $(grep -c wikis/ have)"
	# a project that is gone, or not to be seen: nothing of any is deleted
	now '.faults = [] | del(.projects[0])'
	tool 1 conn-load
	run ! --separate-stderr conn-sync s.yml
	eq 3 "$(sqlite3 "$CONN_STATE_DIR/s.db" 'select id from documents' |
	    grep -c issues/)"
}

@test "gitlab: issues that may not be seen any more, an empty list -> they stay" {
	gitlab
	run -0 --separate-stderr conn-sync s.yml
	tool 0 conn-slim
	all=$(ids)
	now '.projects[0].blind = true'
	tool 1 conn-slim
	eq issues/11/ "$(ctl fail)"
	run -1 --separate-stderr conn-sync s.yml
	indexed "$all"
	# but for those of a project that has none at all
	now '.projects[0].issues_access_level = "disabled"'
	run -0 --separate-stderr conn-sync -m 100% s.yml
	indexed "$(tr ' ' '\n' <<<"$all" | grep -v issues/11/ | paste -sd ' ')"
}

@test "gitlab: a list of over 400 pages -> goes on by dates" {
	gitlab 'projects: [acme/app]'
	now '.projects[0].offset = 799 | .projects[0].issues = [range(1; 811) |
	    {iid: ., created_at: (1704067200 + . | todate),
	    updated_at: "2024-05-01T00:00:00Z"}]'
	printf '%s\n' 'streams:' '  - name: issues' >>s.yml
	tool 0 conn-slim
	eq 810 "$(ids | tr ' ' '\n' | sort -u | wc -l)"
	eq 1 "$(asked 'created_after.*"page": "2"')"
}

@test "gitlab: links of another host and a subfolder -> asked at the address" {
	gitlab
	now '.root = "/git" | .external_url = "http://inside.example.com"'
	sed -i "s|url: .*|&/git/|" s.yml
	tool 0 conn-load
	eq "$ALL" "$(ids)"
}

@test "gitlab: OAuth -> the refresh token is replaced and kept" {
	gitlab
	sed -i 's/token: .*/refresh_token: refresh0/' s.yml
	printf '  %s\n' 'client_id: app' 'client_secret: s3cret' >>s.yml
	tool 0 conn-load
	eq "$ALL" "$(ids)"
	tool 0 conn-slim
	eq 1 "$(asked oauth/token)"
	[[ $(cat out err) != *refresh1* ]]
}

@test "gitlab: 429, 502 -> waits and goes on" {
	gitlab
	now '.faults = [
	    {on: "GET /api/v4/projects/11/issues", times: 1, status: 429,
	    headers: {"Retry-After": "1", "RateLimit-Remaining": "0",
	    "RateLimit-Reset": (now + 1 | floor | tostring)}, body: "Retry later\n"},
	    {on: "GET /api/v4/projects/11/wikis", times: 1, status: 502,
	    headers: {"Retry-After": "1"}, body: {}}]'
	tool 0 conn-slim
	eq "$ALL" "$(ids)"
}

@test "gitlab: an answer that is no list, comments that fail -> not complete" {
	gitlab
	now '.faults = [{on: "GET /api/v4/projects/11/issues", body: {error: "x"}},
	    {on: "GET /api/v4/projects/11/merge_requests/3/discussions",
	    status: 404, body: {message: "404 Not found"}}]'
	tool 1 conn-load
	eq 'issues/11/ merge_requests/11/3' "$(ctl fail)"
}

@test "gitlab: a token that is not good, without the scope -> 3, not shown" {
	gitlab
	now '.token = "another"'
	tool 3 conn-load
	[[ $(cat err) == *'HTTP 401'* ]]
	[[ $(cat out err) != *t0ken* ]]
	now '.token = "t0ken" | .faults = [{on: "GET /api/v4/projects/11/issues",
	    status: 403, body: {error: "insufficient_scope", error_description:
	    "The request requires higher privileges than provided by the access token.",
	    scope: "api read_api"}}]'
	tool 3 conn-load
	grep -q insufficient_scope err
}

@test "gitlab: a project inside a group that is read -> said before" {
	gitlab 'groups: [acme]' 'projects: [acme/app]'
	tool 3 conn-check
	grep -q 'acme/app.* is read twice' out
}

@test "gitlab: the kit for drivers finds nothing wrong" {
	gitlab 'groups: [acme]' 'epics: true'
	tool 0 conn-check --driver
	eq '' "$(cat err)"
	eq '' "$(jq -r 'select(.ok | not)' out)"
}

@test "gitlab: the examples of its page" {
	gitlab
	for n in 1 2; do
		example conn-source-gitlab.7 $n >s.yml
		sed -i "/url: /d
		    s|type: gitlab|&\n  url: $(cat url)\n  allow_http: true|" s.yml
		export GITLAB_TOKEN=t0ken
		tool 0 conn-load
		jq -r '._id // empty' out >"ids$n"
	done
	same <(sort <<<"$APP") <(sed 's/code://' ids1 | sort)
	eq 'epics/acme/5-1 wikis/11/home' "$(sed 's/tracker://' ids2 |
	    grep -e 5-1 -e home | sort | paste -sd ' ')"
}
