# SPDX-License-Identifier: MIT
# From `conn-spec --new` to documents in the index, as the README shows it, on
# a small service.
load helper
load rest

prepare() {
	[ -x "$CONN_BUILD/libexec/conn/conn-source-rest" ] ||
		skip 'no driver rest in this build'
	umask 022
}

# Three tickets on two pages; a token is wanted, if one is given here.
tickets() {
	plan '{"on": "GET /tickets", "query": {"limit": "100", "page": "2"},
	    "body": [{"id": 3, "title": "Third", "body": "plain"}]}' \
	    '{"on": "GET /tickets", "query": {"limit": "100"},
	    "headers": {"Link": "<$URL/tickets?limit=100&page=2>; rel=\"next\""},
	    "body": [{"id": 1, "title": "Printer", "body": "<p>It <b>smokes</b>.",
	        "updated_at": "2026-01-02T03:04:05Z"},
	      {"id": "2/a", "title": "Chair", "url": "https://desk.test/2"}]}'
	serve
}

@test "newcomer: what the README shows, to the documents in the index" {
	tickets
	sed -n '/^## A service of your own/,/^The file/s/^    //p' \
	    "$ROOT/README.md" >shown
	sed -n "s|http://localhost:8080|$URL|; s/^\\\$ //p" shown >steps
	grep -v '^\$' shown >want
	run --separate-stderr sh -eu steps
	check 0
	eq '' "$output"
	eq "$(cat want)" "$stderr"
	eq 'desk:items/1|Printer|It smokes.|2026-01-02T03:04:05Z
desk:items/2%2Fa|Chair||
desk:items/3|Third|plain|' "$(sqlite3 state/desk.db "select id,
	    document ->> 'title', document ->> 'body', timestamp
	    from documents order by id")"
	# the second sync sends nothing, what is gone is deleted
	export CONN_DRIVER_PATH=$PWD/mine
	run --separate-stderr conn-sync -v desk.yml
	check 0
	grep -qx 'conn-bulk: 0 indexed, 0 deleted, 0 refused, 0 failed' \
	    <<<"$stderr"
	sed -i 's/{"id": 3.*}]/]/' plan
	sed -i 's|"body": ]|"body": []|' plan
	run --separate-stderr conn-sync -v desk.yml
	check 0
	grep -qx 'conn-bulk: 0 indexed, 1 deleted, 0 refused, 0 failed' \
	    <<<"$stderr"
}

@test "newcomer: the README's way has at most 15 lines" {
	n=$(sed -n '/^## A service of your own/,/^## /p' "$ROOT/README.md" |
	    sed '$d' | grep -c .)
	[ "$n" -le 15 ]
}

# taken PATTERN...: mine/shop.yml, these lines without their comment sign.
taken() {
	local p script=()
	for p; do script+=(-e "s|^\\( *\\)#\\($p\\)|\\1\\2|"); done
	conn-spec --new shop | sed "${script[@]}" >mine/shop.yml
	eq $# "$(diff <(conn-spec --new shop) mine/shop.yml | grep -c '^>')"
	run --separate-stderr conn-check c.yml
	check 0
	eq '' "$stderr"
}

@test "newcomer: a new connector, comment signs taken away, is accepted" {
	plan '{"on": "GET /items", "query": {"page": "2"}, "body": {"results": []}}' \
	    '{"on": "GET /items", "body": {"results": [{"id": 7}], "cursor": null}}'
	serve
	mkdir mine
	export CONN_DRIVER_PATH=$PWD/mine
	conn-spec --new shop >mine/shop.yml
	conn-spec -t shop | sed "s|url:\$|& $URL|" >c.yml
	run --separate-stderr conn-check -n c.yml
	check 0
	eq '' "$stderr"
	taken items: rate: "next: 'if" poll: one: headers: '- basic'
	taken items: 'next: pages'
	eq 'c:items/7' "$(conn-load c.yml | jq -r '._id // empty')"
}

@test "newcomer: -vv shows the requests and the replies, not the token" {
	plan '{"on": "GET /items", "body": [{"id": 1, "title": "canary-55e1"}]}'
	serve
	mkdir mine
	export CONN_DRIVER_PATH=$PWD/mine TOKEN=canary-55e1
	conn-spec --new shop >mine/shop.yml
	echo "source: {type: shop, url: '$URL', token: {env: TOKEN}}" >c.yml
	run --separate-stderr conn-load --limit 3 -vv c.yml
	check 0
	grep -q "driver shop: GET $URL/items 200 " <<<"$stderr"
	grep -q 'driver shop: reply: .*"title"' <<<"$stderr"
	[[ $stderr != *canary* ]]
	eq 'Bearer canary-55e1' "$(jq -r '.headers.authorization' log)"
}
