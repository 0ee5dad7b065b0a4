#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Our own drivers pass the conformance kit, and keep what JSON can hold.
load helper

passes() {
	run --separate-stderr conn-check -d c.yml
	check 0
	eq "" "$stderr"
	grep -q '"driver.secrets"' <<<"$output"
	eq "" "$(jq -r 'select(.ok | not)' <<<"$output")"
}

# doc ID: that document of conn-load, as text.
doc() { conn-load c.yml | grep -F "{\"_id\":\"c:$1\""; }

@test "kit: directory" {
	mkdir -p src/sub
	for i in {1..300}; do echo "text $i" >"src/sub/file $i.txt"; done
	printf 'a\xffb' >$'src/bad\xffname%\n.bin'
	ln -s sub src/link
	mkfifo src/fifo
	gzip -c src/sub/file\ 1.txt >src/one.txt.gz
	echo 'source: {type: directory, path: src}' >c.yml
	passes
	eq 302 "$(conn-slim c.yml | grep -c '^{"id"')"
}

@test "kit: file, every format" {
	awk 'BEGIN { for (i = 0; i < 300; i++)
		printf "{\"id\":%d,\"_ctl\":\"delete\",\"__x\":1," \
		    "\"big\":9007199254740993123,\"t\":\"%040d\"}\n", i, i
	}' >a.ndjson
	jq -s . a.ndjson >b.json
	{ echo id,name; awk 'BEGIN { for (i = 0; i < 300; i++)
		printf "%d,\"a \"\"b\"\", %040d\"\n", i, i }'; } >c.csv
	tr , '\t' <c.csv >d.tsv
	awk '{ printf "{\"_index\":\"i\",\"_id\":\"%d\",\"_source\":%s}\n",
		NR, $0 }' a.ndjson >e.json
	for f in a.ndjson b.json c.csv d.tsv; do
		echo "source: {type: file, path: $f, id: id}" >c.yml
		passes
	done
	echo "source: {type: file, path: e.json, format: elasticdump}" >c.yml
	passes
	echo "source: {type: file, path: a.ndjson, id: id}" >c.yml
	[[ $(doc 7) == *'"__ctl":"delete"'*'"big":9007199254740993123'* ]]
}

@test "kit: sqlite" {
	command -v sqlite3 || skip "no sqlite3"
	sqlite3 x.db "create table t (k integer primary key, v, _ctl);
		with recursive n(i) as (select 1 union all select i + 1 from n
			where i < 300)
		insert into t select i, 9007199254740993, hex(zeroblob(40)) from n;
		create table u (a text, b text, c, primary key (a, b));
		insert into u values ('x/y', '%', 1.5), ('é', '', null);"
	echo 'source: {type: sqlite, path: x.db}' >c.yml
	run --separate-stderr conn-check -d c.yml
	check 0
	eq "conn-check: warning: driver sqlite: state: load gave none, so these \
settings cannot be polled" "$stderr"
	[[ $(doc t/7) == *'"__ctl"'* ]]
	[[ $(doc t/7) == *9007199254740993* ]]
	sqlite3 x.db "create table w (k integer primary key, at);
		create index w_at on w (at);
		insert into w select k, '2026-01-01T00:00:' || k from t;"
	cat >c.yml <<-'X'
	source: {type: sqlite, path: x.db}
	streams: [{name: w, timestamp: at}]
	X
	passes
	cat >c.yml <<-'X'
	source: {type: sqlite, path: x.db}
	streams: [{name: q, query: select * from w, id: [k], timestamp: at}]
	X
	run --separate-stderr conn-check -d c.yml
	check 0
	eq "conn-check: warning: driver sqlite: ids: 100 ids were asked for, 300 \
documents came" "$stderr"
}
