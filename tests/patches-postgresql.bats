# SPDX-License-Identifier: MIT
# conn-patches(5) on a PostgreSQL.
load helper
load source
load postgresql

documents() { jq -c 'select(has("_ctl") | not)' <<<"$output"; }

@test "patches: of postgresql: settings, ids, values, schemas, polls" {
	sql "create table orders(id int primary key, code text, at bigint,
	    items jsonb, updated_at timestamptz default now());
	insert into orders values (1, 'x/1', 1600000000,
	    '[{\"sent\": \"2023-01-30 02:34:15\", \"n\": 1.50}]'), (2, 'y', null, '[]');
	create table audit(x text)"
	mkdir -p p/streams
	cat >p/spec.patch.json <<-'X'
	{"required": ["server"], "properties": {"url": null,
	  "server": {"type": "object", "required": ["address"],
	   "properties": {"address": {"type": "string"}}}}}
	X
	echo '{"/url": "/server/address"}' >p/spec.map.json
	echo '["audit"]' >p/omitted_streams.json
	echo '["code"]' >p/streams/orders.pk.json
	cat >p/streams/orders.normalize.json <<-'X'
	[{"pointer": "/at", "normalization": "rfc3339"},
	 {"pointer": "/items/*/sent", "normalization": "datetime_to_date"}]
	X
	echo '{"properties": {"at": {"type": ["string", "null"], "format": "date-time", "pattern": null}}}' \
	    >p/streams/orders.patch.json
	printf 'patches: p\nsource:\n  type: postgresql\n  server: {address: %s}\n' \
	    "$(url)" >c.yml
	run -0 --separate-stderr conn-check c.yml
	run -0 --separate-stderr conn-spec -D c.yml
	eq '{"stream":"orders","id":["code"],"at":{"type":["string","null"],"format":"date-time"},"required":true}' \
	    "$(jq -c '{stream, id, at: .schema.properties.at,
	        required: (.schema.required | contains(["code"]))}' <<<"$output")"
	run -0 --separate-stderr conn-load c.yml
	[[ $(documents | head -n 1) == '{"_id":"c:orders/x%2F1",'*'"at":"2020-09-13T12:26:40Z","items":[{"n":1.5,"sent":"2023-01-30"}]'* ]]
	eq 2 "$(documents | wc -l)"
	# the number is as it came, and so is what stands around it
	grep -qF '"items":[{"n": 1.50, "sent": "2023-01-30"}]' <<<"$output"
	run -0 --separate-stderr conn-sync c.yml
	sql "update orders set at = 1 where id = 2"
	run -0 --separate-stderr conn-sync -Pv c.yml
	[[ $stderr != *'full sync'* ]]
	# the driver finds a table that came since by itself
	sql "create table more(id int primary key); insert into more values (1)"
	run -0 --separate-stderr conn-sync c.yml
	eq 'c:more/1 c:orders/x%2F1 c:orders/y' \
	    "$(conn-slim -I c.yml | jq -r '.id // empty' | sort | paste -sd' ')"
}
