# SPDX-License-Identifier: MIT
# Where other tools lost data because an API did not answer, or not all of it.
# See incidents-absence.
load helper
load rest

# items FROM TO: a body.
items() { seq -f '{"id":%.0f}' "$1" "$2" | jq -sc .; }

next() { printf '"headers":{"Link":"<%s>; rel=\\"next\\""}' "$1"; }

indexed() { sqlite3 state/wiki.db 'SELECT count(*) FROM documents'; }

prepare() { serve; }

@test "incident 03, connectors-ruby #174: a 503 is no proof that documents are gone" {
	plan '{"on":"GET /x","query":{"p":"2"},"body":[{"id":3},{"id":4}]}' \
	    "{\"on\":\"GET /x\",\"body\":[{\"id\":1},{\"id\":2}],$(next '/x?p=2')}"
	config <<-'EOF'
	retry: 1ms
	streams: {x: {get: /x}}
	EOF
	tool 0 conn-sync
	eq 4 "$(indexed)"
	# of a page, then of the first one
	for page in '"query":{"p":"2"},' ''; do
		{
			echo "{\"on\":\"GET /x\",$page\"status\":503}"
			cat plan
		} > busy
		mv plan well
		mv busy plan
		tool 75 conn-sync -e
		eq 4 "$(indexed)"
		tool 75 conn-sync -p -e
		eq 4 "$(indexed)"
		mv well plan
	done
	sed -i 's/,{"id":4}//' plan
	tool 0 conn-sync
	eq 3 "$(indexed)"
}

@test "incident 04, elastic/connectors #2631: 50 of 1000 documents are not all" {
	plan "{\"on\":\"GET /x\",\"query\":{\"p\":\"2\"},\"body\":$(items 51 1000)}" \
	    "{\"on\":\"GET /x\",\"body\":$(items 1 50),$(next '/x?p=2')}"
	config <<< 'streams: {x: {get: /x}}'
	tool 0 conn-sync
	eq 1000 "$(indexed)"
	# the first page says that it is the last
	echo "{\"on\":\"GET /x\",\"body\":$(items 1 50)}" > plan
	for args in '' -p; do
		# shellcheck disable=SC2086
		tool 4 conn-sync $args
		grep -q '950 of 1000 known documents would be deleted' err
		eq 1000 "$(indexed)"
	done
	# the second is the first again
	echo "{\"on\":\"GET /x\",\"body\":$(items 1 50),$(next /x)}" > plan
	tool 3 conn-sync -m 100%
	eq 1000 "$(indexed)"
	# it says how many there are
	echo "{\"on\":\"GET /x\",\"body\":{\"r\":$(items 1 50),\"total\":1000}}" > plan
	config <<< 'streams: {x: {get: /x, items: ".r[]", total: .total}}'
	tool 1 conn-sync -m 100%
	eq 1000 "$(indexed)"
}
