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

# holds N STATUS [OPTION]...: after conn-sync ends so, the index has N.
holds() {
	run --separate-stderr conn-sync "${@:3}" wiki.yml
	eq "$1" "$(indexed)"
	check "$2"
}

@test "incident 03, connectors-ruby #174: a 503 is no proof that documents are gone" {
	plan '{"on":"GET /x","query":{"p":"2"},"body":[{"id":3},{"id":4}]}' \
	    "{\"on\":\"GET /x\",\"body\":[{\"id\":1},{\"id\":2}],$(next '/x?p=2')}"
	config <<-'EOF'
	retry: 1ms
	streams: {x: {get: /x}}
	EOF
	holds 4 0
	# of a page, then of the first one
	for page in '"query":{"p":"2"},' ''; do
		{
			echo "{\"on\":\"GET /x\",$page\"status\":503}"
			cat plan
		} > busy
		mv plan well
		mv busy plan
		holds 4 75 -e
		holds 4 75 -p -e
		mv well plan
	done
	sed -i 's/,{"id":4}//' plan
	holds 3 0
}

@test "incident 04, elastic/connectors #2631: 50 of 1000 documents are not all" {
	plan "{\"on\":\"GET /x\",\"query\":{\"p\":\"2\"},\"body\":$(items 51 1000)}" \
	    "{\"on\":\"GET /x\",\"body\":$(items 1 50),$(next '/x?p=2')}"
	config <<< 'streams: {x: {get: /x}}'
	holds 1000 0
	# the first page says that it is the last
	echo "{\"on\":\"GET /x\",\"body\":$(items 1 50)}" > plan
	for args in '' -p; do
		# shellcheck disable=SC2086
		holds 1000 4 $args
		[[ $stderr == *'950 of 1000 known documents would be deleted'* ]]
	done
	# the second is the first again
	echo "{\"on\":\"GET /x\",\"body\":$(items 1 50),$(next /x)}" > plan
	holds 1000 3 -m 100%
	# it says how many there are
	echo "{\"on\":\"GET /x\",\"body\":{\"r\":$(items 1 50),\"total\":1000}}" > plan
	config <<< 'streams: {x: {get: /x, items: ".r[]", total: .total}}'
	holds 1000 1 -m 100%
}
