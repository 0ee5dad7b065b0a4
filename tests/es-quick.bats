# SPDX-License-Identifier: MIT
# Items in the usual form are compared as bytes; all else is read as JSON.
load helper
load es-fake

# usual ID RESULT STATUS: an item as servers write it.
usual() { printf '{"index":{"_id":"%s","result":"%s","status":%s}}' "$@"; }

# answer ITEM,...: every request gets these items.
answer() {
	plan "$(jq -cn --arg b "{\"errors\":false,\"items\":[$1]}" \
	    '{times: 0, status: 200, body: $b}')"
}

@test "quick: another order, white space, an escaped letter -> done all the same" {
	answer '{ "index" : {"_id":"wiki:1","status":201,"result":"created"}},
	    {"index":{"_id":"wiki\u003a2","result":"created","status":201}},
	    '"$(usual wiki:3 updated 200)"
	fake
	apply 1 2 3
	done_once 3
}

@test "quick: ids with quotes, backslashes, other alphabets -> done" {
	fake
	apply 'a\\b' 'q\"q' 'é文' '\u00e9x' 'tab\t' '\\u0062'
	done_once 6
}

@test "quick: text that is the id only as it is written -> stopped" {
	answer "$(usual 'wiki:a\u0062' created 201)"
	fake
	apply 'a\\u0062'
	stopped 3 '*'
}

@test "quick: a longer id, a shorter one, another result or status -> not done" {
	for item in "$(usual wiki:10 created 201)" "$(usual wiki: created 201)" \
		"$(usual wiki:1 created 299)" "$(usual wiki:1 gone 201)"; do
		rm -f plan log
		answer "$item"
		fake
		apply 1
		[[ $output != *done* ]]
		stopped 3 '*'
		kill "$(cat pid)"
	done
	rm pid
}
