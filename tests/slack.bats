#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The connector slack. The service cannot be had on a machine of one's own:
# tests/slack-server.py plays it, and names the pages that it follows.

load helper
load saas

NOW=$(date +%s)

# ts DAYS: that long ago.
ts() { echo $((NOW - $1 * 86400)).000100; }

slack() {
	local channel='{is_archived: false, is_private: false, member: true, created:
	    1700000000, topic: {value: "t"}, purpose: {value: ""}, messages: []}'
	jq -n --arg a "$(ts 100)" --arg b "$(ts 20)" --arg c "$(ts 10)" \
	    --arg d "$(ts 9)" --arg e "$(ts 8)" --arg f "$(ts 7)" "
	def message(\$ts; \$user; \$text):
	    {type: \"message\", ts: \$ts, user: \$user, text: \$text};
	{token: \"xoxb-s3cret\", users: [
	    {id: \"U1\", name: \"ann\", profile: {real_name: \"Ann A\", display_name: \"Ann\"}},
	    {id: \"U2\", name: \"bob\", profile: {real_name: \"Bob B\", display_name: \"\"}},
	    {id: \"U3\", name: \"x\", deleted: true, profile: {real_name: \"Old One\"}}],
	channels: [
	    $channel + {id: \"C1\", name: \"general\", messages: [
		message(\$a; \"U3\"; \"old\"),
		message(\$b; \"U1\"; \"Hi <@U2> &amp; <!here>, see \"
		    + \"<https://a.example|this> in <#C2|dev>\")
		    + {thread_ts: \$b, reply_count: 3, latest_reply: \$e},
		message(\$c; \"U2\"; \"first\") + {thread_ts: \$b},
		message(\$d; \"U1\"; \"second\")
		    + {thread_ts: \$b, subtype: \"thread_broadcast\"},
		message(\$e; \"U2\"; \"third\") + {thread_ts: \$b},
		message(\$f; \"U1\"; \"Ann joined\") + {subtype: \"channel_join\"},
		{type: \"message\", ts: (\$f | sub(\"100\$\"; \"200\")),
		    bot_id: \"B1\", username: \"ci\", subtype: \"bot_message\", text: \"built\"}]},
	    $channel + {id: \"C2\", name: \"dev\", is_private: true, messages: [
		message(\$d; \"U1\"; \"one\"), message(\$e; \"U2\"; \"two\"),
		message(\$f; \"U2\"; \"three\")]},
	    $channel + {id: \"C3\", name: \"past\", is_archived: true, messages: [
		message(\$d; \"U1\"; \"x\")]},
	    $channel + {id: \"C4\", name: \"other\", member: false, messages: [
		message(\$d; \"U1\"; \"x\")]}]}" |
	    cat >given
	saas slack 'token: xoxb-s3cret' "$@" <given
}

all() {
	printf '%s\n' channels/C1 channels/C2 "threads/C1/$(ts 100)" \
	    "threads/C1/$(ts 20)" "threads/C2/$(ts 9)" "threads/C2/$(ts 8)" \
	    "threads/C2/$(ts 7)" | sort | paste -sd ' '
}

# but ID: all without it.
but() { all | tr ' ' '\n' | grep -vxF "$1" | paste -sd ' '; }

@test "slack: load, slim -> the same ids; slim reads no threads, no names" {
	slack
	tool 0 conn-load
	eq "$(all)" "$(ids)"
	: >log
	tool 0 conn-slim
	eq "$(all)" "$(ids)"
	eq 0 "$(grep -c -e replies -e users.list log)"
}

@test "slack: a thread -> one document, with names" {
	slack
	tool 0 conn-load
	doc "threads/C1/$(ts 20)" | jq -r .body >body
	same - body <<-'EOT'
	Ann: Hi @Bob B & @here, see this (https://a.example) in #dev
	Bob B: first
	Ann: second
	Bob B: third
	EOT
	eq "Ann #general channels/C1 https://acme.slack.example/archives/C1/p$(ts 20 | tr -d .)" \
	    "$(doc "threads/C1/$(ts 20)" | jq -r '"\(.author) \(.path) \(.parent) \(.url)"')"
	eq 'Old One' "$(doc "threads/C1/$(ts 100)" | jq -r .author)"
}

@test "slack: channels, exclude, private, archived, bots, users, from" {
	slack 'channels: ["gen.*", C3]' 'exclude: [nothing]' 'archived: true' \
	    'bots: true' 'users: true' "from: \"$(date -ud @$((NOW - 30 * 86400)) +%F)\""
	tool 0 conn-load
	eq "channels/C1 channels/C3 threads/C1/$(ts 20) threads/C1/$(ts 7 |
	    sed 's/100$/200/') threads/C3/$(ts 9) users/U1 users/U2" "$(ids)"
	sed -i '/channels:/d; s/nothing/gen.*/; $a\  private: false' s.yml
	tool 0 conn-slim
	eq "channels/C3 threads/C3/$(ts 9) users/U1 users/U2" "$(ids)"
}

@test "slack: polls -> new, edited, a reply to an old thread; not a delete" {
	slack
	run -0 --separate-stderr conn-sync s.yml
	now --arg b "$(ts 20)" --arg e "$(ts 8)" --arg now "$NOW.5" '
	    (.channels[0].messages[] | select(.ts == $b)) |=
		(.latest_reply = $now | .reply_count = 4)
	    | .channels[0].messages += [{ts: $now, thread_ts: $b, user: "U1", text: "new"}]
	    | (.channels[1].messages[] | select(.ts == $e)) |=
		(.text = "changed" | .edited = {user: "U2", ts: $now})
	    | del(.channels[1].messages[0])'
	tool 0 conn-poll
	eq "$(printf '%s\n' channels/C{1,2} "threads/C1/$(ts 20)" "threads/C2/$(ts 8)" |
	    sort | paste -sd ' ')" "$(ids)"
	[[ $(doc "threads/C1/$(ts 20)" | jq -r .body) == *$'\nAnn: new' ]]
	run -0 --separate-stderr conn-sync --poll s.yml
	run -0 --separate-stderr conn-sync s.yml
	# shellcheck disable=SC2046
	indexed $(but "threads/C2/$(ts 9)")
}

@test "slack: --ids -> as in the load; deleted: nothing" {
	slack
	tool 0 conn-load
	grep -e "C1/$(ts 20)\"" -e "C2/$(ts 8)\"" out | grep _id | sort >loaded
	for id in "C1/$(ts 20)" "C2/$(ts 8)" C2/1.000001 "C9/$(ts 8)"; do
		echo "{\"id\":\"s:threads/$id\"}"
	done >list
	tool 0 conn-load --ids list
	same loaded <(grep '"_id"' out | sort)
}

@test "slack: a channel that says no -> its threads stay, others are read" {
	slack
	run -0 --separate-stderr conn-sync s.yml
	now --arg f "$(ts 100)" 'del(.channels[0].messages[0]) | .faults = [
	    {on: "GET /api/conversations.history", has: "channel=C2", body:
	    {ok: false, error: "missing_scope", needed: "groups:history"}}]'
	tool 1 conn-load
	eq threads/C2/ "$(ctl fail)"
	run -1 --separate-stderr conn-sync s.yml
	# shellcheck disable=SC2046
	indexed $(but "threads/C1/$(ts 100)")
}

@test "slack: 429, and ratelimited at 200 -> waits and goes on" {
	slack
	now '.faults = [
	    {on: "GET /api/conversations.history", times: 1, status: 429, headers:
	    {"Retry-After": "1"}, body: {ok: false, error: "ratelimited"}},
	    {on: "GET /api/users.conversations", times: 1, body:
	    {ok: false, error: "internal_error"}}]'
	tool 0 conn-slim
	eq "$(all)" "$(ids)"
}

@test "slack: ok false at 200 -> no empty listing, nothing is deleted" {
	slack
	run -0 --separate-stderr conn-sync s.yml
	now '.token = "xoxb-another"'
	run ! conn-sync s.yml
	[[ $output != *s3cret* ]]
	# shellcheck disable=SC2046
	indexed $(all)
}

@test "slack: a thread that went meanwhile -> a fail of it alone" {
	slack
	now '.faults = [{on: "GET /api/conversations.replies", body:
	    {ok: false, error: "thread_not_found"}}]'
	tool 1 conn-load
	eq "threads/C1/$(ts 20)" "$(ctl fail)"
}

@test "slack: the kit for drivers finds nothing wrong" {
	slack
	tool 0 conn-check --driver
	eq '' "$(cat err)"
}

@test "slack: the examples of the manual run" {
	slack
	for n in 1 2; do
		example conn-source-slack.7 "$n" >example.yml
		sed -i "s|^  type: slack|&\n  url: $URL\n  rate: 1000/s\n  allow_http: true|" \
		    example.yml
		chmod 600 example.yml
		export SLACK_TOKEN=xoxb-s3cret
		run --separate-stderr conn-load example.yml
		check 0
		[[ $output == *'threads/C2'*'"complete":true'* ]]
	done
}
