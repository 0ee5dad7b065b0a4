# SPDX-License-Identifier: MIT
# The connector mediawiki on a real wiki.
load helper
load source
load servers

prepare() {
	[ -x "$CONN_BUILD/libexec/conn/conn-source-rest" ] ||
		skip 'no driver rest in this build'
	DIR=$BATS_FILE_TMPDIR/mediawiki
	server_start mediawiki "$DIR"
	[ -e "$DIR/count" ] || app seed 60
	printf 'name: w\nsource: {type: mediawiki, url: "%s"%s}\n' "$URL" \
	    ', overlap: 0s' >w.yml
}

app() { "$ROOT/tests/servers/mediawiki" "$1" "$DIR" "${@:2}"; }

set_() { sed -i "s/}\$/, $1}/" w.yml; }

db() { sqlite3 "$DIR/data/wiki.sqlite" "$@"; }

# want [NAMESPACE...]: the ids of its pages, but for redirects.
want() {
	db "select 'w:pages/' || page_id from page where page_namespace in (
	    $(tr ' ' , <<<"${*:-0}")) and not page_is_redirect" | sort >want
}

listed() { jq -r '._id // .id // empty' "$1" | sort >listed; same want listed; }

indexed() { conn-slim -I w.yml >slim && listed slim; }

id_of() { db "select 'w:pages/' || page_id from page where page_title = '$1'"; }

@test "mediawiki: load, slim -> the pages of the namespaces, no redirects" {
	set_ 'namespaces: [0, 6, 1], batch: 7'
	want 0 1 6
	eq 64 "$(wc -l <want)"
	run -0 --separate-stderr conn-load w.yml
	eq '' "$stderr"
	printf '%s\n' "$output" >load
	listed load
	conn-slim w.yml >slim
	listed slim
	jq -c --arg id "$(id_of Page_8)" 'select(._id == $id) |
	    del(.updated_at, ._timestamp, .url, .meta.revision)' load >doc
	body=$(db "select old_text from text join page on page_title = 'Page_8'
	    and page_namespace = 0 join slots on slot_revision_id = page_latest
	    join content on content_id = slot_content_id
	    where content_address = 'tt:' || old_id")
	jq -nc --arg id "$(id_of Page_8)" --arg body "$body" '{_id: $id,
	    _stream: "pages", title: "Page 8", body: $body, type: "page",
	    author: "Admin", tags: ["Kind 1"], meta: {namespace: 0,
	    comment: "", model: "wikitext", language: "en"}}' >want
	eq "$(jq -S . want)" "$(jq -S . doc)"
	url=$(jq -r --arg id "$(id_of Page_8)" 'select(._id == $id).url' load)
	eq "$URL/index.php/Page_8" "$url"
}

@test "mediawiki: --ids -> those that are there, one request each" {
	redirect=$(id_of Redirect_2)
	for id in "$(id_of Page_8)" w:pages/99999 "$redirect" "$(id_of Page_9)"; do
		jq -nc --arg id "$id" '{id: $id}'
	done >ids
	conn-load -vv --ids ids w.yml >some 2>err
	eq 4 "$(grep -c ' GET ' err)"
	printf '%s\n' "$(id_of Page_8)" "$(id_of Page_9)" | sort >want
	listed some
	conn-load w.yml | grep -F -f <(jq -r '._id // empty | "\"\(.)\""' some) |
		cmp - <(grep _id some)
}

@test "mediawiki: redirects -> pages, too" {
	set_ 'redirects: true'
	conn-load w.yml >load
	db "select 'w:pages/' || page_id from page where page_namespace = 0" |
		sort >want
	listed load
}

@test "mediawiki: more categories than fit -> each page with all of its own" {
	db "insert or ignore into categorylinks select page_id, 'Many_' || n, '', '',
	    '', 'uppercase', 'page' from page, (with recursive s(n) as (select 1
	    union all select n + 1 from s where n < 30) select n from s)
	    where page_namespace = 0 and page_id % 3 = 0;
	    insert or ignore into categorylinks select page_id, 'More_' || n, '', '',
	    '', 'uppercase', 'page' from page, (with recursive s(n) as (select 1
	    union all select n + 1 from s where n < 700) select n from s)
	    where page_title = 'Page_20_–_Größe_&_\"Zahl\"/Teil'"
	want
	conn-load w.yml >load
	listed load
	conn-slim w.yml >slim
	listed slim
	jq -r 'select(._id) | ._id + " " + (.tags | length | tostring)' load |
		sort >counts
	db "select 'w:pages/' || page_id || ' ' || count(cl_to) from page
	    left join categorylinks on cl_from = page_id
	    where page_namespace = 0 and not page_is_redirect
	    and page_title not like 'Page_20%' group by page_id" | sort >want
	[ "$(grep -c ' 3[01]$' want)" -ge 15 ]
	join want counts | awk '{ print $1, $3 }' >got
	same want got
	[ "$(wc -l <want)" -ge 60 ]
}

@test "mediawiki: polls -> edits, moves, deletions, restorations, new pages" {
	conn-sync w.yml
	want
	indexed
	app change 1 2
	app delete 11 14
	app rename 21 22
	app restore 11 12
	app seed 3
	app delete 31 31
	app restore 31 31
	want
	run -0 --separate-stderr conn-sync --poll w.yml
	eq '' "$stderr"
	indexed
	eq 'Moved Page 21' "$(sqlite3 state/w.db "select json_extract(document,
	    '$.title') from documents where id = '$(id_of Moved_Page_21)'")"
	# in the index with another date
	run -0 --separate-stderr conn-sync -v w.yml
	[[ $stderr == *'conn-bulk: 3 indexed, 0 deleted, '* ]]
	run -0 --separate-stderr conn-sync -v w.yml
	[[ $stderr == *'conn-bulk: 0 indexed, 0 deleted, '* ]]
}

@test "mediawiki: a page becomes a redirect -> a poll deletes it" {
	conn-sync w.yml
	db "update page set page_is_redirect = 1 where page_title = 'Page_41';
	    update revision set rev_timestamp = strftime('%Y%m%d%H%M%S')
	    where rev_id = (select page_latest from page where
	    page_title = 'Page_41' and page_namespace = 0)"
	want
	conn-sync --poll w.yml
	indexed
}

@test "mediawiki: an API that says no -> its words, nothing deleted" {
	conn-sync w.yml
	sed -i '$a $wgGroupPermissions["*"]["read"] = false;' "$DIR/LocalSettings.php"
	run --separate-stderr conn-sync w.yml
	sed -i '$d' "$DIR/LocalSettings.php"
	check 3
	want
	indexed
}

@test "mediawiki: the kit for drivers finds nothing wrong" {
	run --separate-stderr conn-check --driver w.yml
	check 0
	eq '' "$stderr"
}
