#!/usr/bin/env bats
# conn-sync --rebuild on the embedded index.

load helper
load lines
load bulk
load sync
load rebuild

teardown() { touch "$BATS_TEST_TMPDIR/go"; }

# olds: the old indexes that are kept.
olds() { find "$CONN_STATE_DIR" -name '*.old-*' -printf '%f\n'; }

# nothing_left: of a rebuild, in the state folder.
nothing_left() { eq '' "$(find "$CONN_STATE_DIR" -name '*rebuild*')"; }

# uuid [FILE]: of an index.
uuid() {
	sqlite3 "${1:-$db}" "SELECT value FROM meta WHERE key = 'uuid'"
}

whole() { eq ok "$(sqlite3 "$db" 'PRAGMA integrity_check')"; }

# untouched UUID: the live index is that one, nothing else is there.
untouched() {
	eq "$1" "$(uuid)"
	eq "$1" "$(saved .uuid)"
	eq '' "$(olds)"
	nothing_left
}

@test "rebuild: a changed source -> a new index, silent; the old one kept" {
	source_has 1=a 2=b 3=c
	sync
	was=$(uuid)
	chmod 640 "$db"
	source_has 1=a 2=B 4=d
	sync -R
	check 0
	eq '' "$output$stderr"
	eq '1=a 2=B 4=d' "$(indexed)"
	[ "$was" != "$(uuid)" ]
	eq "$(uuid)" "$(saved .uuid)"
	eq '{"s":{"at":1}}' "$(saved .streams)"
	eq 640 "$(stat -c %a "$db")"
	nothing_left
	whole
	eq "wiki:2" "$(sqlite3 "$db" "SELECT id FROM search('b')")"
	old=$CONN_STATE_DIR/$(olds)
	eq "$was" "$(uuid "$old")"
	eq 640 "$(stat -c %a "$old")"
	eq 3 "$(sqlite3 "$old" 'SELECT count(*) FROM documents')"
	eq ok "$(sqlite3 "$old" 'PRAGMA integrity_check')"
}

@test "rebuild: again -> both old ones kept, named with -v" {
	source_has 1=a
	sync
	sync -R
	first=$CONN_STATE_DIR/$(olds)
	sync -Rv
	check 0
	eq 2 "$(olds | wc -l)"
	second=$(olds | grep -vF "${first##*/}")
	grep -qx "conn-bulk: the index before is kept: $CONN_STATE_DIR/$second" \
	    <<< "$stderr"
	[ -e "$first" ]
	source_has 1=a 2=b
	sync -v
	check 0
	eq '1 indexed, 0 deleted' "$(operations)"
}

@test "rebuild: no index yet -> made" {
	source_has 1=a 2=b
	sync -R
	check 0
	eq '1=a 2=b' "$(indexed)"
	eq '' "$(olds)"
	nothing_left
	eq 600 "$(stat -c %a "$db")"
	whole
}

@test "rebuild: a poll after it -> goes on from it, by the new cursor" {
	source_has 1=a 2=b
	sync
	source_has 1=a 2=B
	sync -R
	source_changed 3=c
	rm -f d/request.*
	sync -P -v
	check 0
	[[ $stderr != *'full sync'* ]]
	eq 'poll' "$(verbs)"
	eq '1=a 2=B 3=c' "$(indexed)"
	eq '{"s":{"at":2}}' "$(saved .streams)"
}

@test "rebuild: streams read before it -> fenced off" {
	source_has 1=a 2=b
	sync
	source_changed 1=A
	conn-load wiki.yml > loaded
	conn-poll wiki.yml > polled
	conn-slim -I wiki.yml > known
	conn-load wiki.yml | conn-diff -m 100% known > diffed
	source_has 1=a 2=b
	sync -R
	for stream in loaded polled diffed; do
		apply < $stream
		check 75
	done
	apply -R < loaded
	check 75
	eq '1=a 2=b' "$(indexed)"
	nothing_left
}

@test "rebuild: who searches meanwhile -> the old one whole, then the new" {
	source_has {1..20}=word
	sync
	sed -i 's/word/other/' d/load
	exec 8< <(sqlite3 "$db" "BEGIN; SELECT count(*) FROM search('word');" \
	    ".shell touch started; until [ -e swapped ]; do sleep 0.05; done" \
	    "SELECT count(*) FROM search('word'); COMMIT;" \
	    "SELECT count(*) FROM search('word');" \
	    "SELECT count(*) FROM search('other');")
	eventually test -e started
	# another, again and again, in statements of its own
	( until [ -e swapped ]; do
		sqlite3 -cmd '.timeout 60000' "$db" "SELECT count(*),
		    sum(document LIKE '%word%') % 20 FROM documents"
	done > seen 3>&- ) &
	seer=$!
	rebuild_begun
	eventually test -s seen
	eq 20 "$(sqlite3 "$db" "SELECT count(*) FROM search('word')")"
	rebuild_ends 0
	touch swapped
	wait $seer
	eq '' "$(cat err)"
	eq '20|0' "$(sort -u seen)"
	eq '20 20 0 20' "$(cat <&8 | paste -sd' ')"
	whole
}

@test "rebuild: much less than the live one has -> 4, as it was; -m, -e" {
	source_has {1..30}=x
	sync
	was=$(uuid)
	source_has {1..9}=x
	sync -R
	check 4
	[[ $stderr == 'conn-bulk: 21 of 30 documents in the index would be gone; '*
	   ]]
	[[ $stderr == *'first: wiki:10, wiki:11, '*'; --max-delete to allow' ]]
	untouched "$was"
	sync -R -m 20
	check 4
	printf 'max_delete: 20\n' >> wiki.yml
	sync -R
	check 4
	untouched "$was"
	sync -R -m 70%
	check 0
	eq 9 "$(sqlite3 "$db" 'SELECT count(*) FROM documents')"
	source_has
	sync -R
	check 4
	[[ $stderr == *'the source listed nothing; --allow-empty to allow' ]]
	sync -R -e
	check 0
	eq 0 "$(sqlite3 "$db" 'SELECT count(*) FROM documents')"
}

@test "rebuild: as many documents under other ids -> 4" {
	source_has {1..30}=x
	sync
	was=$(uuid)
	source_has {101..130}=x
	sync -R
	check 4
	untouched "$was"
}

@test "rebuild: an indexed document cannot be read -> 4; a new one -> 1" {
	source_has 1=a 2=b
	sync
	was=$(uuid)
	printf '%s\n' '{"id":"1","doc":{}}' '{"id":"2","doc":{"title":"b"}}' \
	    '{"fail":{"id":"3","code":"http_403"}}' > d/load
	sync -R
	check 1
	eq '["wiki:3"]' "$(saved .retry)"
	eq '1= 2=b' "$(indexed)"
	was=$(uuid)
	# of the two that would be gone it names the one that failed
	echo '{"fail":{"id":"2","code":"http_403"}}' > d/load
	sync -R
	check 4
	[[ $stderr == *': 1 of 2 documents in the index could not be read or '* ]]
	[[ $stderr == *' now: wiki:2; not swapped; --max-delete to do without'* ]]
	eq "$was" "$(uuid)"
	sed -i 's/{"id":"2","code"/{"prefix":"2","code"/' d/load
	sync -R
	check 4
	printf '%s\n' '{"id":"1","doc":{}}' '{"keep":{"prefix":"2"}}' > d/load
	sync -R
	check 4
	eq "$was" "$(uuid)"
	nothing_left
	sync -R -m 0
	check 4
	sync -R -m 1
	check 0
	eq '1=' "$(indexed)"
}

@test "rebuild: more failures than a state holds -> 4" {
	source_has 1=a
	sync
	was=$(uuid)
	{ echo '{"id":"1","doc":{"title":"a"}}'
	seq -f '{"fail":{"id":"f%g","code":"http_403"}}' 1001; } > d/load
	sync -R
	check 4
	[[ $stderr == *'more than 1000 documents failed or were refused; not '* ]]
	untouched "$was"
}

@test "rebuild: an id that comes twice -> the last one, one document" {
	source_has 1=a
	sync
	source_has 1=b 2=c 1=d
	sync -R
	check 0
	eq '1=d 2=c' "$(indexed)"
	printf '%s\n' '{"id":"1","doc":{"title":"e"}}' \
	    '{"fail":{"id":"1","code":"http_500"}}' > d/load
	sync -R -m 1
	check 1
	eq '1=e' "$(indexed)"
}

@test "rebuild: documents of another source, tables of the user -> 4" {
	for name in wiki blog; do
		printf '%s\n' 'source: { type: lines }' "name: $name" \
		    'index: { path: shared.db }' > $name.yml
	done
	db=$PWD/shared.db
	source_has 1=a 2=b
	sync
	sync -R
	check 0
	conn-sync blog.yml
	was=$(uuid)
	sync -R
	check 4
	eq "conn-bulk: $db: 2 documents are not of source wiki; a rebuild would \
drop them" "$stderr"
	source_has
	conn-sync -e blog.yml
	source_has 1=a 2=b
	for one in 'INDEX mine ON documents(timestamp)' 'TABLE search_log(q)' \
	    'VIRTUAL TABLE search_words USING fts5vocab(search, row)' \
	    'TRIGGER search AFTER DELETE ON documents BEGIN SELECT 1; END'; do
		name=$(grep -oE '(mine|search\w*)' <<< "$one" | head -n 1)
		sqlite3 "$db" "CREATE $one"
		sync -R
		check 4
		eq "conn-bulk: $db: $name is not of conn; a rebuild would drop \
it" "$stderr"
		eq "$was" "$(uuid)"
		nothing_left
		sqlite3 "$db" "DROP $(grep -oE 'INDEX|TABLE|TRIGGER' <<< "$one") $name"
	done
	sync -R
	check 0
}

@test "rebuild: the live index has pages of another size -> done" {
	for size in 4096 65536; do
		source_has 1=a
		sync
		sqlite3 "$db" "PRAGMA journal_mode = DELETE;
		    PRAGMA page_size = $size; VACUUM" > mode
		source_has 1=a "2=$size"
		sync -R
		check 0
		eq "1=a 2=$size" "$(indexed)"
		eq "$size" "$(sqlite3 "$db" 'PRAGMA page_size')"
		whole
	done
	rm "$db"
	sqlite3 "$db" 'PRAGMA page_size = 4096; CREATE TABLE t(x); DROP TABLE t'
	sync -R
	check 0
	eq "1=a 2=$size" "$(indexed)"
}

@test "rebuild: another source comes into the index meanwhile -> 4" {
	source_has 1=a
	sync
	was=$(uuid)
	rebuild_begun
	sqlite3 "$db" "INSERT INTO documents(id, source, hash, document)
	    VALUES('blog:1', 'blog', '', '{}')"
	rebuild_ends 4
	eq "$was" "$(uuid)"
	nothing_left
}

# foreign SQL [SECONDS]: another source's transaction, which ends when the old
# content was looked at and copied; if there is none, so long after the load.
foreign() {
	mkfifo sql
	sqlite3 "$db" < sql 3>&- &
	other=$!
	exec 4> sql
	echo "BEGIN IMMEDIATE; $1" >&4
	eventually locked
	touch go
	sleep "${2:-0}"
	[ -n "${2-}" ] || eventually copied
	sleep 0.5
	echo 'COMMIT;' >&4
	exec 4>&-
	wait "$other"
}

locked() { ! sqlite3 "$db" 'BEGIN IMMEDIATE' 2> busy; }
copied() { compgen -G "$db.rebuild-*-old" > copies; }

blog="INSERT INTO documents(id, source, hash, document)
    VALUES('blog:1', 'blog', '', '{}');"

@test "rebuild: another source commits just before the swap -> 4" {
	source_has 1=a
	sync
	was=$(uuid)
	rebuild_begun
	foreign "$blog"
	rebuild_ends 4
	eq "$was" "$(uuid)"
	eq 1 "$(sqlite3 "$db" 'SELECT count(*) FROM documents
	    WHERE source = "blog"')"
	nothing_left
}

@test "rebuild: another source makes the index just before the swap -> 4" {
	source_has 1=a
	sync
	tables=$(sqlite3 "$db" "SELECT sql || ';' FROM sqlite_master
	    WHERE name IN ('documents', 'search', 'meta')")
	rm -r "$CONN_STATE_DIR"
	mkdir -m 700 "$CONN_STATE_DIR"
	sqlite3 "$db" 'PRAGMA page_size = 8192; PRAGMA journal_mode = WAL' \
	    > made
	rebuild_begun
	foreign "PRAGMA application_id = 1668247150; $tables INSERT INTO meta
	    VALUES('schema', '1'), ('uuid', 'other'); $blog" 2
	rebuild_ends 4
	eq 1 "$(sqlite3 "$db" 'SELECT count(*) FROM documents
	    WHERE source = "blog"')"
}

@test "rebuild: the live index is replaced meanwhile -> 75, that one stays" {
	source_has 1=a
	sync
	rebuild_begun
	sqlite3 "$db" "UPDATE meta SET value = 'other' WHERE key = 'uuid'"
	rebuild_ends 75
	grep -qx "conn-bulk: sqlite:$db: replaced during the rebuild" err
	eq other "$(uuid)"
	nothing_left
}

@test "rebuild: a load that is not whole -> its status, as it was" {
	source_has 1=a 2=b
	sync
	was=$(uuid)
	for s in 75 3 2; do
		echo $s > d/status
		sync -R
		check $s
		untouched "$was"
	done
	rm d/status
	echo '{"fail":{"code":"http_500"}}' >> d/load
	sync -R
	check 1
	untouched "$was"
	source_has 1=a 2=b
	conn-slim -I wiki.yml > known
	conn-load wiki.yml > s
	grep -v wiki:2 s > dropped
	apply -R < dropped
	check 3
	head -n 2 s > broken
	apply -R < broken
	check 75
	conn-load -l 1 wiki.yml > some
	apply -R < some
	check 2
	says 'stream: a part of the source; a rebuild needs all of it'
	apply -nR < some
	check 2
	conn-diff known < s > diffed
	apply -R < diffed
	check 3
	{ doc 1; del 2; } | proven -b "$(saved .run)" > deleted
	apply -R < deleted
	check 3
	says 'stream: a delete in what is to fill a new index'
	untouched "$was"
}

@test "rebuild: --dry-run -> says how much, changes and makes nothing" {
	source_has 1=a 2=b
	sync -nR
	check 0
	eq 'conn-bulk: would index 2, delete 0' "$stderr"
	[ ! -e "$CONN_STATE_DIR" ]
	sync
	was=$(uuid)
	source_has 1=A
	sync -nR
	check 0
	untouched "$was"
}

@test "rebuild: options that do not go together -> 2" {
	source_has 1=a
	for args in '-R -p' '-R -P' '-P -R'; do
		# shellcheck disable=SC2086
		sync $args
		check 2
		eq 'conn-sync: --poll, --prune and --rebuild do not go together' \
		    "$stderr"
	done
	for args in -Rr -RO -e '-m 5' '-R -m x'; do
		# shellcheck disable=SC2086
		apply $args < /dev/null
		check 2
	done
}

@test "rebuild: SIGTERM -> as it was, nothing left" {
	source_has 1=a
	sync
	was=$(uuid)
	rebuild_begun
	kill -TERM $pid
	rebuild_ends 143
	untouched "$was"
}

@test "rebuild: what others left beside the index -> stays" {
	source_has 1=a
	sync
	h=0123456789abcdef0123456789abcdef
	theirs="$db.rebuild-blog-$h $db.rebuild-wiki-$h.bak $db.rebuild-wiki-1
		$db.old-$h $db.rebuild-wiki-x-$h"
	touch $theirs "$db.rebuild-wiki-$h" "$db.rebuild-wiki-$h-wal" \
	    "$db.rebuild-wiki-$h-old"
	sync -R
	check 0
	for f in $theirs; do [ -e "$f" ]; done
	for f in '' -wal -old; do [ ! -e "$db.rebuild-wiki-$h$f" ]; done
}
