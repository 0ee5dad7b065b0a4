# SPDX-License-Identifier: MIT
# What the functional tests of SQL servers share, loaded after lib.bash and
# tests/NAME.bash. Of two tables pages(id, title, body, updated_at) has 12,000
# rows and notes(author, n, note) 3,000. A test brings
#   start, halt   of its server; halt is a crash
#   streams       of its config
#   begin         a transaction that others do not wait for
#   touched       what else an update of notes sets

finish() {
	halt || :
	stop_cluster
}

# ids: what the database has now, as ids, sorted.
ids() {
	sql "select concat('pages/', id) from pages union all select concat(
	    'notes/', replace(author, '/', '%2F'), '/', n) from notes" |
		sort >want
}

in_sync() {
	local c
	ids
	for c in "${configs[@]}"; do
		ended 0 conn-sync "$c"
		as_source "$c" want
	done
}

# polled COUNT: each index has so many documents then.
polled() {
	local c
	for c in "${configs[@]}"; do
		ended 0 conn-sync --poll "$c"
		eq "$1" "$(listed "$c" | wc -l)"
	done
}

# Changes, of which some are committed after the poll.
changed() {
	local c new="set title = 'new', updated_at = current_timestamp(6)"
	session late
	say late "$begin; update pages set title = 'late',
	    updated_at = current_timestamp(6) where id <= 20;
	    update notes set note = 'late'$touched where n <= 20;"
	sql "update pages $new where id between 101 and 600;
	    update notes set note = 'new'$touched where n between 101 and 300;
	    insert into pages(id, title, body) with recursive s(n) as (select 1
	        union all select n + 1 from s where n < 150)
	        select 12000 + n, 'page', 'new' from s;
	    delete from pages where id between 1001 and 1300"
	polled 15150
	say late 'commit;'
	hang_up late
	polled 15150
	for c in "${configs[@]}"; do
		# only the deletes are left to do
		conn-sync -v "$c" 2>&1 | grep -q ': 0 indexed, 300 deleted' ||
			die "$c: a poll missed something"
	done
}

# functional NAME: of a server that was started, its tables full.
functional() {
	local c
	configs "$1" "{type: $1, url: \"$(url)\", retry: 60s, overlap: 0s}"
	for c in "${configs[@]}"; do echo "$streams" >>"$c"; done
	in_sync
	changed
	in_sync
	sql "delete from notes where n > 2900"
	for c in "${configs[@]}"; do
		interrupted "$c" halt
		start
	done
	in_sync
	passed "$1: $(wc -l <want) documents, 890 changed (40 of them late)," \
	    "400 deleted, ${#configs[@]} servers killed, ${#configs[@]} indexes"
}
