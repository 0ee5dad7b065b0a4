#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The connector discourse. Its server needs a container with several others in
# it, so tests/discourse-server.py plays it as its documentation and its source
# have it.

load helper
load saas

discourse() {
	python3 - <<-'EOT' | saas discourse 'token: secret_d1' 'user: bot'
	import json
	def when(day): return f"2026-01-{day:02}T00:00:00.000Z"
	def post(i, text, kind=1, name="Ann", **more):
	    return {"id": i, "name": name, "username": "ann", "cooked": f"<p>{text}</p>",
	        "post_type": kind, "deleted_at": None, "hidden": False, **more}
	def topic(i, day, category, posts, **more):
	    return {"id": i, "title": f"Topic {i}", "slug": f"topic-{i}", "posts_count": len(posts),
	        "created_at": when(i), "bumped_at": when(day), "category_id": category,
	        "tags": ["a"], "pinned": False, "closed": False, "archived": False, "views": 5,
	        "deleted": False, "posts": posts, **more}
	def category(i, name, parent=None, restricted=False):
	    return {"id": i, "name": name, "slug": name.lower(), "read_restricted": restricted,
	        "parent_category_id": parent, "description": f"All on <b>{name}</b>"}
	print(json.dumps({"token": "secret_d1", "user": "bot",
	    "categories": [category(4, "Help"), category(5, "Staff", restricted=True),
	        category(6, "Install", 4)],
	    "topics": [
	        topic(1, 9, 4, [post(100 + n, f"post {n}") for n in range(45)]),
	        topic(2, 3, 4, [post(201, "one &amp; two", name=""), post(202, "whisper", 4),
	            post(203, "gone", deleted_at=when(3)), post(204, "flagged", hidden=True),
	            post(205, "moderated", 2), post(206, "", 3)], tags=[{"id": 1, "name": "b"}]),
	        topic(3, 4, 5, [post(301, "secret")]),
	        topic(4, 4, 6, [post(400 + n, f"m {n}") for n in range(40)], mega=True),
	        topic(5, 2, 6, [post(501, "pinned")], pinned=True)]}))
	EOT
}

CATEGORIES='categories/4 categories/5 categories/6'
ALL="$CATEGORIES topics/1 topics/2 topics/3 topics/4 topics/5"

# changed NUMBER FILTER: that topic is changed now.
changed() {
	now --argjson id "$1" "(.topics[] | select(.id == \$id)) |=
	    (.bumped_at = (now | todate) | $2)"
}

synced() { run "-$1" --separate-stderr conn-sync "${@:2}" s.yml; }

# left ID...: what the index has.
left() {
	eq "$*" "$(sqlite3 "$CONN_STATE_DIR/s.db" 'select id from documents' |
		sed 's/^s://' | sort | paste -sd ' ')"
}

@test "discourse: load, slim -> the same ids; slim reads no posts" {
	discourse
	tool 0 conn-load
	eq "$ALL" "$(ids)"
	: >log
	tool 0 conn-slim
	eq "$ALL" "$(ids)"
	eq 0 "$(grep -c '/t/' log)"
}

@test "discourse: a topic -> all its posts, without what is not for all" {
	discourse
	tool 0 conn-load
	doc topics/1 >doc
	eq 45 "$(jq -r .body doc | grep -c '^post ')"
	eq "[\"Topic 1\",\"Ann\",[\"a\"],\"$(cat url)/t/topic-1/1\",\"categories/4\"]" \
	    "$(jq -c '[.title, .author, .tags, .url, .parent]' doc)"
	eq $'one & two\n\nmoderated' "$(doc topics/2 | jq -r .body)"
	eq '["ann",["b"]]' "$(doc topics/2 | jq -c '[.author, .tags]')"
	eq 40 "$(doc topics/4 | jq -r .body | grep -c '^m ')"
	eq '["Install","All on Install","categories/4"]' \
	    "$(doc categories/6 | jq -c '[.title, .body, .parent]')"
	eq null "$(doc categories/4 | jq .parent)"
}

@test "discourse: anybody, some categories -> what they have" {
	discourse
	sed -i '/token:/d; /user:/d' s.yml
	tool 0 conn-load
	eq 'categories/4 categories/6 topics/1 topics/2 topics/4 topics/5' "$(ids)"
	printf '  categories: [6]\n' >>s.yml
	tool 0 conn-load
	eq 'categories/6 topics/4 topics/5' "$(ids)"
	tool 0 conn-check
	# what it may not see it is told of
	sed -i 's/\[6\]/[6, 5]/' s.yml
	run ! conn-check s.yml
	[[ $output == *'category 5: not there, or not to be read'* ]]
}

@test "discourse: categories by pages, or without those below -> all of them" {
	discourse
	now '.categories |= (. as $all | . + [range(7; 14) as $id
	    | ([$all[1, 1, 1, 0, 0, 2, 2], $all[1]][$id - 7]) + {id: $id,
	      parent_category_id: [null, null, null, 4, 4, 6, 6][$id - 7]}])'
	tool 0 conn-slim
	all=$(ids)
	eq 10 "$(tr ' ' '\n' <<<"$all" | grep -c categories/)"
	for kind in lazy old; do
		now --arg kind "$kind" '.listing = $kind'
		: >log
		tool 0 conn-slim
		eq "$all" "$(ids | tr ' ' '\n' | uniq | paste -sd ' ')"
		# none is asked for twice
		eq '' "$(grep categories log | sort | uniq -d)"
	done
}

@test "discourse: a poll -> new posts; a full sync -> what is gone" {
	discourse
	synced 0
	changed 2 '.title = "New"'
	: >log
	tool 0 conn-poll
	eq "$CATEGORIES topics/2" "$(ids)"
	eq 1 "$(grep -c '"/t/' log)"
	# pinned ones come first, and do not end it; what is older does
	eq 2 "$(grep -c latest log)"
	now '.topics[3].deleted = true'
	synced 0 --poll
	left "$ALL"
	synced 0
	left "${ALL/ topics\/4/}"
}

@test "discourse: a topic that moves out of the categories -> is deleted" {
	discourse
	printf '  categories: [4, 6]\n' >>s.yml
	synced 0
	changed 2 '.category_id = 5'
	tool 0 conn-poll
	eq topics/2 "$(ctl delete)"
	synced 0
	left categories/4 categories/6 topics/1 topics/4 topics/5
}

@test "discourse: --ids -> as in the load; deleted, none: nothing" {
	discourse
	tool 0 conn-load
	grep -e '"s:topics/2"' -e '"s:categories/6"' out >loaded
	now '.topics[3].deleted = true'
	for id in topics/{2,4,9} categories/{6,9}; do
		echo "{\"id\":\"s:$id\"}"
	done >list
	tool 0 conn-load --ids list
	same <(sort loaded) <(grep '"_id"' out | sort)
}

@test "discourse: a list that misses a topic -> asked for, not deleted" {
	discourse
	synced 0
	now '.faults = [{on: "GET /latest.json", has: "order=created&ascending=true&page=1",
	    body: {topic_list: {topics: []}}}]'
	tool 0 conn-slim
	eq "$CATEGORIES topics/1 topics/2" "$(ids)"
	synced 0
	left "$ALL"
}

@test "discourse: 403 for a topic -> it alone; 429 -> waits" {
	discourse
	now '.faults = [
	    {on: "GET /t/2.json", status: 403, body: {errors: ["You are not permitted to view
	    the requested resource."], error_type: "invalid_access"}},
	    {on: "GET /latest.json", times: 1, status: 429, headers: {"Retry-After": "1"},
	    body: {errors: ["You have performed this action too many times."],
	    error_type: "rate_limit", extras: {wait_seconds: 1}}}]'
	tool 1 conn-load
	eq "${ALL/ topics\/2/}" "$(ids)"
	eq topics/2 "$(ctl fail)"
}

@test "discourse: a key that is good no more, an error -> nothing is deleted" {
	discourse
	synced 0
	now '.token = "another"'
	synced 3
	[[ $stderr != *secret_d1* ]]
	left "$ALL"
	sed -i '/token:/d; /user:/d' s.yml
	now '.login_required = true'
	synced 3
	now '.login_required = false | .faults = [
	    {on: "GET /latest.json", body: {errors: ["x"], error_type: "y"}}]'
	run ! --separate-stderr conn-sync s.yml
	left "$ALL"
}

@test "discourse: the kit for drivers finds nothing wrong" {
	discourse
	tool 0 conn-check --driver
	eq '' "$(cat err)"
}

@test "discourse: the examples of the manual run" {
	discourse
	URL=$(cat url)
	for n in 1 2; do
		example conn-source-discourse.7 "$n" >example.yml
		sed -i "s|https://forum.example.com|$URL\n  allow_http: true\n  rate: 1000/s|" \
		    example.yml
		chmod 600 example.yml
		export DISCOURSE_KEY=secret_d1
		run --separate-stderr conn-load example.yml
		check 0
		[[ $output == *'topics/4'*'"complete":true'* ]]
	done
}
