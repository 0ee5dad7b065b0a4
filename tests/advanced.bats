# SPDX-License-Identifier: MIT
# Elastic's advanced rules, pasted as they are, on a SQL source.
load helper
load source

prepare() {
	sqlite3 -bail t.db "create table orders(id integer primary key, total);
	create table customers(cid integer primary key, name);
	create table lines(id integer primary key, n);
	create table nokey(a);
	insert into orders values(1, 10), (2, 20);
	insert into customers values(7, 'x');
	insert into lines values(1, 1);
	insert into nokey values(5)"
	export CONN_STATE_DIR=$PWD/state
}

# rules JSON: the source section with these advanced rules.
rules() { jq -nc --arg p "$PWD/t.db" '{path: $p, advanced_rules: '"$1"'}'; }

# refuses WHAT RULES [STREAMS]: status 2, nothing read.
refuses() {
	streams=${3:-[]} drives 2 sqlite load "$(rules "$2")"
	eq '' "$output"
	eq "source.advanced_rules$1" "$stderr"
}

@test "advanced: a list of queries -> a stream of each, named by its tables" {
	drives 0 sqlite load "$(rules '[
	    {tables: ["orders"], query: "select * from orders where total > 15"},
	    {tables: ["orders", "customers"], id_columns: ["ID", "Cid"],
	     query: "select id, name, cid from orders, customers"},
	    {tables: ["orders"], query: "select id from orders where total < 15"},
	    {tables: ["orders", "customers"],
	     query: "select o.id, c.cid from orders o, customers c limit 1"},
	    {tables: ["orders"], query: "select 9 as id"}]')"
	cat >want <<-'X'
	{"id":"orders/2","stream":"orders","doc":{"id":2,"total":20}}
	{"id":"orders+customers/1/7","stream":"orders+customers","doc":{"id":1,"name":"x","cid":7}}
	{"id":"orders+customers/2/7","stream":"orders+customers","doc":{"id":2,"name":"x","cid":7}}
	{"id":"orders#2/1","stream":"orders#2","doc":{"id":1}}
	{"id":"orders+customers#2/1/7","stream":"orders+customers#2","doc":{"id":1,"cid":7}}
	{"id":"orders#3/9","stream":"orders#3","doc":{"id":9}}
	X
	printf '%s\n' "$output" >got
	same want got
	ids >loaded
	drives 0 sqlite slim "$(rules '[
	    {tables: ["orders"], query: "select * from orders where total > 15"}]')"
	eq orders/2 "$(ids)"
}

@test "advanced: the older form -> a stream of each table" {
	drives 0 sqlite load "$(rules '{main: {
	    orders: "select * from orders", customers: "select * from customers"}}')"
	eq 'customers/7 orders/1 orders/2' "$(ids | paste -sd' ')"
	refuses ': no database shop here, only main' '{shop: {t: "select 1"}}'
	refuses '.main.orders: the query is missing' '{main: {orders: ""}}'
	refuses ': main is not a mapping of tables to queries' '{main: 1}'
}

@test "advanced: none at all -> the tables" {
	for none in '[]' '{}' null; do
		drives 0 sqlite slim "$(rules "$none")"
		eq 'customers/7 lines/1 orders/1 orders/2' "$(ids | paste -sd' ')"
	done
}

@test "advanced: checked before the first row -> 2, with the rule's place" {
	refuses '[1]: there is no table gone' '[
	    {tables: ["orders"], query: "select id from orders"},
	    {tables: ["gone"], query: "select 1 as a", id_columns: ["a"]}]'
	refuses '[0]: id: there is no column nr' \
	    '[{tables: ["orders"], query: "select id from orders", id_columns: ["nr"]}]'
	refuses '[0]: query: no such column: nr' \
	    '[{tables: ["orders"], query: "select nr from orders"}]'
	refuses '[0]: query: only a SELECT is allowed' \
	    '[{tables: ["orders"], query: "delete from orders returning id"}]'
	refuses '[0]: the query does not give id, a key column of orders; it needs id_columns' \
	    '[{tables: ["orders"], query: "select total from orders"}]'
	refuses '[0]: nokey has no primary key; it needs id_columns' \
	    '[{tables: ["nokey"], query: "select a from nokey"}]'
	refuses '[0]: id is a key column of two tables; it needs id_columns' \
	    '[{tables: ["orders", "lines"], query: "select o.id from orders o, lines"}]'
	refuses '[0]: query: two columns are named id' \
	    '[{tables: ["orders"], query: "select o.id, l.id from orders o, lines l"}]'
	eq 2 "$(sqlite3 t.db 'select count(*) from orders')"
}

@test "advanced: a form that is none -> 2" {
	refuses ': neither a list nor a mapping' '"x"'
	refuses '[0]: tables is not a list of names' '[{query: "select 1"}]'
	refuses '[0]: tables is not a list of names' '[{tables: [], query: "select 1"}]'
	refuses '[0]: query is missing' '[{tables: ["orders"]}]'
	refuses '[0]: id_columns is not a list of names' \
	    '[{tables: ["orders"], query: "select 1", id_columns: [1]}]'
}

@test "advanced: one stream asked for -> that one; an unknown one -> 2" {
	local two='[{tables: ["orders"], query: "select * from orders"},
	    {tables: ["customers"], query: "select * from customers"}]'
	streams='[{"name":"customers"}]' drives 0 sqlite load "$(rules "$two")"
	eq customers/7 "$(ids)"
	refuses ': no stream named lines' "$two" '[{"name":"lines"}]'
	refuses ': beside streams; only one of them may be there' "$two" \
	    '[{"name":"orders","table":"orders"}]'
}

# config RULES: c.yml with the text as it was copied.
config() {
	printf 'source:\n  type: sqlite\n  path: t.db\n  advanced_rules: %s\n' "$1" \
	    >c.yml
}

@test "advanced: pasted over several lines -> read; conn-check is content" {
	config '[
	  {
	    "tables": [
	      "orders"
	    ],
	    "query": "SELECT * FROM orders",
	    "id_columns": ["id"]
	  }
	]'
	run --separate-stderr conn-load c.yml
	check 0
	eq 'c:orders/1 c:orders/2' "$(jq -r '._id // empty' <<<"$output" | paste -sd' ')"
	run --separate-stderr conn-load -s orders c.yml
	check 0
	run --separate-stderr conn-load -s lines c.yml
	check 2
	run --separate-stderr conn-check c.yml
	check 0
	eq '' "$stderr"
}

@test "advanced: conn-check -> which rule, and why" {
	config '[{"tables":["gone"],"query":"SELECT 1"}]'
	run --separate-stderr conn-check c.yml
	check 2
	eq "conn-check: driver sqlite: c.yml:4:20: source.advanced_rules[0]: \
there is no table gone" "$stderr"
	config '[{"tables":["orders"],"query":"SELECT id FROM orders"},{"tables":["a"]}]'
	run --separate-stderr conn-check c.yml
	check 2
	eq 'conn-check: c.yml:4:74: source.advanced_rules[1]: query is missing' "$stderr"
	config '[{"table":["orders"],"query":"SELECT id FROM orders"}]'
	run --separate-stderr conn-check c.yml
	check 2
	eq "conn-check: c.yml:4:21: source.advanced_rules[0].table: unknown key, \
did you mean tables" "$stderr"
}

@test "advanced: beside streams -> 2" {
	config '[{"tables":["orders"],"query":"SELECT * FROM orders"}]'
	echo 'streams: [{name: orders}]' >>c.yml
	run --separate-stderr conn-load c.yml
	check 2
	eq "conn-load: c.yml:5:10: streams: stands beside source.advanced_rules; \
only one of them may" "$stderr"
}

@test "advanced: another query -> another config digest" {
	digest() { conn-load c.yml | head -n 1 | jq -r .config; }
	config '[{"tables":["orders"],"query":"SELECT * FROM orders"}]'
	digest >one
	config '[{"tables":["orders"],"query":"SELECT id FROM orders"}]'
	digest >two
	run -1 cmp -s one two
}
