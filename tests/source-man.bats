# SPDX-License-Identifier: MIT
# The examples of the drivers' manuals, and the kit for drivers on them.
load helper

# near TYPE N: the Nth example of that manual, its absolute paths below ./.
near() {
	example "conn-source-$1.7" "$2" | sed 's,path: /,path: ./,'
}

# kit FILE: conn-check --driver finds nothing wrong, and no reason to warn.
kit() {
	run --separate-stderr conn-check --driver "$1"
	check 0
	eq '' "$stderr"
	jq -es 'all(.ok) and any(.check == "driver.load")' <<<"$output"
}

ids() { conn-load "$1" | jq -r '._id // empty' | paste -sd' '; }

@test "directory: the manual's example" {
	mkdir -p srv/notes/work/attic
	for f in a.md work/b.md work/attic/c.md d.txt; do
		echo "text of $f" >srv/notes/$f
	done
	gzip -k srv/notes/a.md
	near directory 1 >notes.yml
	eq 'notes:a.md notes:a.md.gz notes:work/b.md' \
	    "$(ids notes.yml | tr ' ' '\n' | sort | paste -sd' ')"
	kit notes.yml
}

@test "file: the manual's examples" {
	mkdir -p srv/export
	printf 'shop,sku,changed\na,1/2,2026-01-01\n' |
		gzip >srv/export/products-1.csv.gz
	printf 'shop,sku,changed\nb,3,2026-01-01\n' |
		gzip >srv/export/products-2.csv.gz
	near file 1 >products.yml
	eq 'products:a/1%2F2 products:b/3' "$(ids products.yml)"
	kit products.yml
	printf '{"_index":"x","_id":"1","_source":{"a":1}}\n' |
		zstd -q >dump.ndjson.zst
	near file 2 >old.yml
	eq 'old:1' "$(ids old.yml)"
	kit old.yml
}

@test "sqlite: the manual's example" {
	mkdir -p var/lib/shop
	sqlite3 var/lib/shop/shop.db "
	create table products(id integer primary key, name, updated_at);
	create index products_at on products(updated_at);
	create table customers(id integer primary key, name);
	create table orders(id integer primary key, customer, updated_at);
	insert into products values(1, 'x', '2026-01-01T00:00:00Z');
	insert into customers values(7, 'y');
	insert into orders values(2, 7, 1767225600)"
	near sqlite 1 >shop.yml
	eq 'shop:products/1 shop:orders/2' "$(ids shop.yml)"
	eq '"y"' "$(conn-load shop.yml | jq -c 'select(._id == "shop:orders/2")
	    .customer')"
	kit shop.yml
}

@test "sources: full sync, change, poll, delete -> the index follows" {
	mkdir -p srv/notes
	echo one >srv/notes/a.md
	echo two >srv/notes/b.md
	near directory 1 >notes.yml
	run -0 --separate-stderr conn-sync notes.yml
	echo three >srv/notes/a.md
	echo new >srv/notes/c.md
	run -0 --separate-stderr conn-sync --poll notes.yml
	eq '' "$output$stderr"
	rm srv/notes/b.md
	run -0 --separate-stderr conn-sync notes.yml
	sqlite3 "$CONN_STATE_DIR/notes.db" \
	    "select id, json_extract(document, '$.body') from documents
	    order by id" >got
	printf '%s\n' 'notes:a.md|three' '' 'notes:c.md|new' '' >want
	same want got
	run -0 --separate-stderr conn-sync -v notes.yml
	[[ $stderr == *'0 indexed, 0 deleted'* ]]
}
