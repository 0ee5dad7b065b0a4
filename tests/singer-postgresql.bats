# SPDX-License-Identifier: MIT
# The driver singer with taps as they are published, on a real PostgreSQL.
load helper
load servers
load postgresql

prepare() {
	pg_prepare
	server_start singer "$BATS_FILE_TMPDIR/singer"
	TMPDIR=$PWD/tmp
	export TMPDIR
	mkdir tmp
	echo canary-of-the-password >password
	sql "create table articles (id int primary key, title text, body text,
	    updated_at timestamptz);
	insert into articles select i, 'title ' || i, repeat('x', 1000),
	    timestamptz '2026-01-01' + i * interval '1 s'
	    from generate_series(1, 6000) i;
	create table prices (region text, item int, price numeric(10, 2),
	    primary key (region, item));
	insert into prices values ('eu/west', 1, 1.50), ('us', 2, 12345678.90)"
}

# tap TAP: c.yml, of the page's example for it; each start of the tap leaves
# its process in the file `pid`.
tap() {
	local n=1
	[ "$1" = meltano ] || n=2
	printf '#!/bin/sh\necho $$ >%s/pid\nexec %s/%s/bin/tap-postgres "$@"\n' \
	    "$PWD" "$URL" "$1" >tap-postgres
	chmod 755 tap-postgres
	PATH=$PWD:$PATH
	example conn-source-singer.7 "$n" | sed "s/port: .*/port: $PORT/
	    s,/opt.*bin/,$PWD/, ; s/^name: shop/name: c/ ; s/: shop/: $DB/
	    s/reader/postgres/" >c.yml
}

# sync STATUS [OPTION]...: conn-sync on c.yml; nothing stays behind.
sync() {
	local want=$1
	shift
	run --separate-stderr conn-sync "$@" c.yml
	check "$want"
	eq '' "$(ls tmp)"
}

# indexed_as_tables: the index has just what the tables have.
indexed_as_tables() {
	sql "select 'c:public-articles/' || id from articles;
	select 'c:public-prices/' || replace(region, '/', '%2F') || '/' || item
	    from prices" | sort >want
	conn-slim -I c.yml | jq -r '.id // empty' | sort | same want -
}

# full_poll_prune POLLED quick|slow: of a tap, whose poll reads so many.
full_poll_prune() {
	sync 0 -v
	[[ $stderr == *'conn-bulk: 6002 indexed, 0 deleted, 0 refused'* ]]
	indexed_as_tables
	# a start of the kit takes a second and a half of a processor
	if [ "$2" = quick ] || [ -n "${CONN_LONG-}" ]; then
		sync 0 -v
		[[ $stderr == *'conn-bulk: 0 indexed, 0 deleted, 0 refused'* ]]
	fi
	sql "update articles set title = 'new', updated_at = '2026-02-01'
	    where id = 7; delete from articles where id in (8, 9);
	delete from prices where item = 1;
	insert into articles values (7000, 'n', 'n', '2026-02-02')"
	sync 0 -P -v
	[[ $stderr == *"conn-poll: $1 documents"* ]]
	eq new "$(sqlite3 state/c.db "select json_extract(document, '$.title')
	    from documents where id = 'c:public-articles/7'")"
	eq 6003 "$(conn-slim -I c.yml | grep -c '^{"id"')"
	sync 0 -p
	indexed_as_tables
	run ! grep -r canary-of-the-password state tmp
}

# broken SIGNAL: the same after the tap got it in the middle of its listing,
# with articles that are gone at the source.
broken() {
	sql 'delete from articles where id < 50'
	conn-slim -I c.yml >known
	run --separate-stderr bash -c 'conn-load c.yml 2>said |
		{ read -r first; read -r second; kill -'"$1"' "$(cat pid)"
		printf "%s\n" "$first" "$second"; cat; } |
		conn-diff known | conn-bulk c.yml'
	conn-slim -I c.yml | grep '^{"id"' | same <(grep '^{"id"' known) -
}

@test "singer: the manual's tap of Meltano: load, poll, prune, an early end" {
	tap meltano
	# the last article is read again, the prices are read as a whole
	full_poll_prune 4 slow
	# it ends with status 0 then
	broken TERM
	check 1
	grep -q 'articles/: incomplete: the tap says that the sync of' said
}

@test "singer: the manual's tap of PipelineWise: load, poll, prune, a kill" {
	tap pipelinewise
	printf '%s\n' 'streams:' '- name: public-articles' \
	    '  replication_key: updated_at' '- name: public-prices' >>c.yml
	full_poll_prune 4 quick
	broken KILL
	check 75
	grep -q 'read: the tap was killed by signal 9' said
	sync 0
	indexed_as_tables
}

@test "singer: settings that do not fit, a server that is not there -> 2, 75" {
	tap meltano
	sed 's/port: .*/port: abc/' c.yml >wrong.yml
	run -2 --separate-stderr conn-load wrong.yml
	[[ $stderr == *"Config validation error: 'abc' is not of type"* ]]
	tap pipelinewise
	sed 's/port: .*/port: 1/' c.yml >wrong.yml
	run -75 --separate-stderr conn-load wrong.yml
	[[ $stderr == *'discover: the tap ended with status 1: '*'Connection refused'* ]]
	sed '/dbname/d' c.yml >wrong.yml
	run -2 --separate-stderr conn-load wrong.yml
	[[ $stderr == *'Config is missing required keys'* ]]
}
