#!/usr/bin/env bats
# Many documents in the embedded index, a million where CONN_LONG is set: in
# little memory, nothing to do the second time, a tenth deleted, searched.

load helper

prepare() {
	PATH=$CONN_BUILD/tests:$PATH
	many=${CONN_LONG:+1000000}
	many=${many:-20000}
	mkcorpus $many > dump.ndjson
	printf 'source: {type: file, path: dump.ndjson, id: _id}\n' > c.yml
	db=$CONN_STATE_DIR/c.db
}

# said WHAT: the summary of the last conn-sync -v.
said() { grep -qx "conn-bulk: $1, 0 refused, 0 failed" err; }

one() { sqlite3 "$db" "$1"; }

@test "many: loaded in 32 MB, repeated, a tenth deleted, searched" {
	own_memory
	conn-load c.yml > s
	measuretool usage sh -c 'conn-bulk c.yml < s'
	rm s
	echo "# $many documents: $(jq -c '{wall, cpu, rss}' usage)," \
		"file $(stat -c %s "$db")" >&3
	[ "$(jq .rss usage)" -lt 32000000 ]
	eq $many "$(one 'select count(*) from documents')"
	conn-sync -v c.yml 2> err
	said '0 indexed, 0 deleted'
	sed -i 'n;n;n;n;n;n;n;n;n;d' dump.ndjson
	left=$(wc -l < dump.ndjson)
	eq $((many - many / 10)) "$left"
	measuretool usage conn-sync -v -m 20% c.yml 2> err
	echo "# a tenth deleted: $(jq -c '{wall, cpu, rss}' usage)" >&3
	said "0 indexed, $((many / 10)) deleted"
	eq "$left $left" "$(one 'select count(*) from documents') $(
		one 'select count(*) from search')"
	eq "$(jq -r .title dump.ndjson | grep -cw pipeline)" \
		"$(one "select count(*) from search('title: pipeline')")"
	eq ok "$(one 'pragma integrity_check')"
	one "insert into search(search, rank) values('integrity-check', 1)"
	eq 0 "$(one 'select count(*) from documents d left join search s
		on s.rowid = d.rowid where s.id is not d.id')"
}
