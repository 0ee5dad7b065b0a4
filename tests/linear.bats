#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The connector linear. The service cannot be had on a machine of one's own:
# tests/linear-server.py plays it as its documentation and its schema say, and
# refuses queries that do not fit the schema.

load helper
load saas

# linear [CONFIG]...
linear() {
	[ $# -gt 0 ] || set -- 'token: lin_api_t0ken'
	python3 "$ROOT/tests/linear-data.py" | saas linear "$@"
}

ALL='comments/c1 comments/c2 comments/c3 comments/c5 comments/c6 documents/d1 '\
'documents/d2 initiative_updates/v1 initiatives/n1 issues/i1 issues/i2 '\
'issues/i3 project_updates/u1 project_updates/u2 projects/p1 projects/p2'

# asked TEXT: how many requests have it.
asked() { grep -c -- "$1" log; }

stored() {
	sqlite3 "$CONN_STATE_DIR/s.db" 'select id from documents' |
		sed 's/^s://' | sort | paste -sd ' '
}

# Those that are in the index are those of a load.
whole() {
	tool 0 conn-load
	eq "$(ids)" "$(stored)"
}

@test "linear: load, slim -> all streams, the same ids; slim reads no texts" {
	linear
	tool 0 conn-load
	eq '' "$(cat err)"
	eq "$ALL" "$(ids)"
	eq 2 "$(asked '"after": .*page: comments')"
	: >log
	tool 0 conn-slim
	eq "$ALL" "$(ids)"
	eq 0 "$(asked '"full": true')"
}

@test "linear: documents of each stream" {
	linear
	tool 0 conn-load
	jq -c '[.title, .body, .author, .parent, .url, .tags, (.meta | .identifier,
	    .team, .state, .priority, .assignee, .project)]' <(doc issues/i1) >have
	eq '["Issue 1",null,"ann","projects/p1","https://linear.example.com/acme/i1",'\
'["l1","l2","l3"],"ENG-1","ENG","Todo","High","bob","Project 1"]' "$(cat have)"
	eq 'issues/i1 ["bug"]' "$(doc issues/i2 | jq -r '"\(.parent) \(.tags)"')"
	eq 'a reply Eve issues/i1 ENG-1 c1' "$(doc comments/c2 | jq -r '[.body,
	    .author, .parent, .meta.issue, .meta.thread] | join(" ")')"
	eq 'project_updates/u1 documents/d1' "$(jq -r 'select(._id == "s:comments/c5"
	    or ._id == "s:comments/c6").parent' out | sort -r | paste -sd ' ')"
	eq '["Project 1","short\n\nlong",["core"],"Started",["ENG","OPS"]]' \
	    "$(doc projects/p1 | jq -c \
	    '[.title, .body, .tags, .meta.status, .meta.teams]')"
	eq 'Project 1 all well onTrack projects/p1' "$(doc project_updates/u1 |
	    jq -r '[.title, .body, .meta.health, .parent] | join(" ")')"
	eq 'Spec # Spec projects/p1' "$(doc documents/d1 |
	    jq -r '[.title, .body, .parent] | join(" ")')"
	eq 'Grow more Active' "$(doc initiatives/n1 |
	    jq -r '[.title, .body, .meta.status] | join(" ")')"
	eq 'grown initiatives/n1' "$(doc initiative_updates/v1 |
	    jq -r '[.body, .parent] | join(" ")')"
	# only the issue with more labels than a page has is asked for them
	eq 2 "$(asked 'issue(id: ')"
}

@test "linear: some teams; what is archived, if asked for; never the trash" {
	linear 'token: lin_api_t0ken' 'teams: [ENG]'
	tool 0 conn-load
	eq 'comments/c1 comments/c2 documents/d1 initiative_updates/v1 '\
'initiatives/n1 issues/i1 issues/i2 project_updates/u1 projects/p1' "$(ids)"
	echo '  archived: true' >>s.yml
	tool 0 conn-load
	eq 'comments/c4 issues/i4 projects/p3' "$(ids | tr ' ' '\n' |
	    grep -e c4 -e i4 -e i5 -e p3 -e d3 -e c7 | paste -sd ' ')"
}

@test "linear: a poll -> what changed, was archived or went to another team" {
	linear 'token: lin_api_t0ken' 'teams: [ENG]'
	conn-sync s.yml
	: >log
	tool 0 conn-poll
	eq ' ' "$(ids) $(ctl delete)"
	eq 7 "$(wc -l <log)"
	now --arg now "$(date -u +%FT%T.000Z)" '
	    (.issues[0], .comments[0], .documents[0], .initiativeUpdates[0]) |=
	    (.updatedAt = $now | .body = "new")
	    | .issues[1] |= (.updatedAt = $now | .team = "t2")
	    | .projects[0] |= (.updatedAt = $now | .archivedAt = $now)
	    | .comments[1] |= (.updatedAt = $now | .archivedAt = $now)
	    | .documents += [.documents[0] + {id: "d9", trashed: true,
	      archivedAt: $now}]
	    | .issues += [.issues[0] + {id: "i9", archivedAt: $now,
	      updatedAt: "2024-01-01T00:00:00.000Z"}]'
	tool 0 conn-poll
	eq 'comments/c1 documents/d1 initiative_updates/v1 issues/i1' "$(ids)"
	eq 'comments/c2 documents/d9 issues/i2 issues/i9 projects/p1' \
	    "$(ctl delete)"
	conn-bulk s.yml <out
	whole
}

@test "linear: deleted, or of another team now -> a full sync deletes them" {
	linear 'token: lin_api_t0ken' 'teams: [ENG]'
	conn-sync s.yml
	now 'del(.issues[1], .comments[1], .documents[0], .initiativeUpdates[0])
	    | .projects[0].teams = ["t2"]'
	conn-sync s.yml
	whole
	eq 'comments/c1 initiatives/n1 issues/i1' "$(stored)"
}

@test "linear: --ids -> as in the load; those that are not there" {
	linear
	tool 0 conn-load
	cp out load
	{
		jq -r '._id // empty' load
		printf 's:%s\n' issues/{i4,i5,x} comments/{c4,c7,x} projects/p3 \
		    documents/d3 project_updates/x initiatives/x \
		    initiative_updates/x
	} | jq -Rc '{id: .}' >list
	tool 0 conn-load --ids list
	same <(grep '"_id"' load | sort) <(grep '"_id"' out | sort)
}

@test "linear: a page that misses some -> asked for, not deleted" {
	linear
	conn-sync s.yml
	now '.faults = [{on: "POST /graphql", has: "$filter: CommentFilter) {\n",
	    times: 0, body: {}}, {on: "POST /graphql", has: "page: comments(first",
	    body: {data: {page: {pageInfo: {hasNextPage: false}, nodes: []}}}}]'
	conn-sync s.yml
	eq "$ALL" "$(stored)"
}

# answer STATUS CODE [HAS [TIMES [HEADERS]]]: an error of that code, with that
# status, to requests that have this.
answer() {
	now --argjson status "$1" --arg code "$2" --arg has "${3-}" \
	    --argjson times "${4-999}" --argjson headers "${5-{\}}" '.faults =
	    [{on: "POST /graphql", has: $has, status: $status, times: $times,
	    headers: $headers, body: {errors: [{message: "It says \($code)",
	    extensions: {code: $code, type: ($code | ascii_downcase)}}]}}]'
}

@test "linear: no right to initiatives -> these are protected" {
	linear
	conn-sync s.yml
	answer 200 FORBIDDEN 'page: initiatives('
	now 'del(.issues[1])'
	tool 1 conn-slim
	eq initiatives/ "$(ctl fail)"
	run ! --separate-stderr conn-sync s.yml
	# nothing else is kept back
	eq "${ALL/ issues\/i2/}" "$(stored)"
}

@test "linear: too many requests, in a 400 and in a 200 -> waits, goes on" {
	linear
	for status in 400 200; do
		answer $status RATELIMITED 'page: issues(' 1 '{"Retry-After": "1"}'
		tool 0 conn-slim
		eq "$ALL" "$(ids)"
	done
}

@test "linear: a query that it refuses -> 2 or 3, and its words" {
	linear
	for status in 200 400; do
		answer $status INPUT_ERROR 'page: issues('
		run --separate-stderr conn-load s.yml
		[ "$status" -ne 0 ]
		[[ $stderr == *'It says INPUT_ERROR'* ]]
		[[ $output == *'"complete":false'* ]]
	done
	now '.faults[0].status = 200 | .faults[0].body = {data: {}}'
	tool 3 conn-load
	grep -q 'streams.issues: items' err
}

@test "linear: a wrong key -> 3, and it is not shown" {
	linear
	now '.token = "another"'
	tool 3 conn-load
	[[ $(cat err) == *'HTTP 401'* ]]
	answer 200 AUTHENTICATION_ERROR
	tool 3 conn-load
	[[ $(cat out err) != *t0ken* ]]
}

@test "linear: OAuth -> of a user, whose token is replaced; of the application" {
	linear 'client_id: app' 'client_secret: s3cret'
	tool 0 conn-slim
	eq "$ALL" "$(ids)"
	eq 1 "$(asked client_credentials)"
	echo '  refresh_token: refresh0' >>s.yml
	tool 0 conn-slim
	tool 0 conn-slim
	eq 1 "$(asked '"refresh_token": "refresh0"')"
	[[ $(cat out err) != *refresh1* ]]
}

@test "linear: a team that the key does not see -> said before" {
	linear 'token: lin_api_t0ken' 'teams: [ENG, NONE]'
	tool 3 conn-check
	grep -q 'the key sees no team NONE' out
	eq 0 "$(grep -c 'team ENG' out)"
}

@test "linear: the server refuses what the schema does not have" {
	linear
	ask() {
		curl -sS "$(cat url)/graphql" -H 'Authorization: lin_api_t0ken' \
		    -d "{\"query\": \"$1\", \"variables\": ${2-{\}}}" |
			jq -r '.errors[0].message // "fine"'
	}
	eq fine "$(ask '{ issues { nodes { id } } }' | sed 's/.*Expected.*/fine/')"
	eq fine "$(ask 'query { issues(first: 2) { nodes { id } } }')"
	[[ $(ask 'query { issues { nodes { nope } } }') == *'field "nope"'* ]]
	[[ $(ask 'query { issues(all: 1) { nodes { id } } }') == *'"all"'* ]]
	[[ $(ask 'query { issues(first: 251) { nodes { id } } }') == *Valid* ]]
	[[ $(ask 'query { issues(first: 250) { nodes { id labels { nodes { id } } } } }') \
	    == *complex* ]]
	[[ $(ask 'query ($f: CommentFilter) { issues(filter: $f) { nodes { id } } }') \
	    == *'expecting type'* ]]
	[[ $(ask 'query ($f: IssueFilter) { issues(filter: $f) { nodes { id } } }' \
	    '{"f": {"colour": {"eq": "x"}}}') == *'"colour"'* ]]
	[[ $(ask 'query ($f: Int) { issues { nodes { id } } }') == *'never used'* ]]
}

@test "linear: the kit for drivers finds nothing wrong" {
	linear
	tool 0 conn-check --driver
	eq '' "$(cat err)"
	eq '' "$(jq -r 'select(.ok | not)' out)"
}

@test "linear: the examples of its page" {
	linear
	for n in 1 2; do
		example conn-source-linear.7 $n >s.yml
		sed -i "s|type: linear|&\n  url: $(cat url)\n  allow_http: true|" s.yml
		export LINEAR_API_KEY=lin_api_t0ken
		tool 0 conn-load
		jq -r '._id // empty' out | cut -d : -f 2 | sort >"ids$n"
	done
	same <(tr ' ' '\n' <<<"$ALL") ids1
	eq 'issues/i1 issues/i2 issues/i4' "$(grep issues ids2 | paste -sd ' ')"
}
