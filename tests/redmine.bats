# SPDX-License-Identifier: MIT
# The connector redmine on a real Redmine.
load helper
load source
load servers

prepare() {
	[ -x "$CONN_BUILD/libexec/conn/conn-source-rest" ] ||
		skip 'no driver rest in this build'
	DIR=$BATS_FILE_TMPDIR/redmine
	server_start redmine "$DIR"
	[ -e "$DIR/count" ] || app seed 130
	KEY=$(<"$DIR/token")
	export KEY
	config ', notes: false'
}

app() {
	XDG_CACHE_HOME=$servers_cache "$ROOT/tests/servers/redmine" "$1" "$DIR" \
	    "${@:2}"
}

db() { sqlite3 -cmd '.timeout 60000' "$DIR/db" "$@" >/dev/null; }

config() { # SETTINGS
	printf 'name: r\nsource: {type: redmine, url: "%s", token: {env: KEY}%s}\n' \
	    "$URL" "$1, overlap: 0s" >r.yml
}

want() { app ids | sed 's/^/r:/' | sort >want; }

want_inner() {
	want
	sqlite3 "$DIR/db" "select 'issues/' || id from issues where
	    project_id = 2 union all select 'news/' || id from news where
	    project_id = 2 union all select 'projects/2'" | sed 's/^/r:/' |
		cat - <(grep '^r:wiki/2/' want) | sort |
		comm -12 - want >inner
	mv inner want
}

# records FILE: the ids of its documents and id records, sorted.
records() { jq -r '._id // .id // empty' "$1" | sort; }
is_want() { records "$1" >listed; same want listed; }
indexed() { conn-slim -I r.yml >slim && is_want slim; }

# read_ STATUS PROGRAM [ARGUMENT]...: on r.yml, with that status, into `out`.
read_() {
	local expected=$1
	shift
	run --separate-stderr "$@" r.yml
	printf '%s\n' "$output" >out
	check "$expected"
}

document() { jq -c "select(._id == \"r:$1\") | $2" out; }

# named ID...: a file of id records.
named() {
	local id
	for id; do jq -nc --arg id "r:$id" '{id: $id}'; done >named
}

@test "redmine: load, slim -> all that the user may see, over pages" {
	want
	eq 134 "$(wc -l <want)"
	read_ 0 conn-load
	eq '' "$stderr"
	is_want out
	read_ 0 conn-slim
	is_want out
	# not each by itself
	read_ 0 conn-load -vv -s issues
	eq 3 "$(grep -c 'GET .*issues' <<<"$stderr")"
}

@test "redmine: projects, notes -> the documents of one project, whole" {
	config ', projects: [inner]'
	read_ 0 conn-load
	eq '' "$stderr"
	want_inner
	[ "$(wc -l <want)" -gt 40 ]
	is_want out
	jq -nc --arg url "$URL" '{title: "Issue 21 – Größe & <more>",
	    type: "issue", body: "Issue *21* tells of\r\nnaïve \"words\".\n\nNote on 21",
	    url: ($url + "/issues/21"), author: "Redmine Admin", parent: null,
	    tags: ["Bug"], meta: {project: "Inner", status: "Feedback",
	    priority: "Normal", assigned_to: null, version: null, start: null,
	    due: null, done: 0, closed: null, private: false,
	    attachments: ["picture-21.png"], fields: null}}' >one
	document issues/21 'del(._id, ._timestamp, ._stream, .created_at,
	    .updated_at)' | same one -
	eq '"Issue *51* tells of\r\nnaïve \"words\".\n\nNote on 51"' \
	    "$(document issues/51 .body)"
	document 'wiki/2/Page_100_–_Größe_&_%25' '[.title, .body, .author,
	    .meta.project, .url]' >one
	jq -nc --arg url "$URL" '["Page 100 – Größe & %",
	    "h1. Page_100_–_Größe_&_%\r\n\r\nnaïve", "Redmine Admin", "Inner",
	    $url + "/projects/inner/wiki/Page_100_%E2%80%93_Gr%C3%B6%C3%9Fe_%26_%25"]' |
		same - one
	eq '"Short\n\nLong\n\nOn News of 3"' "$(document news/1 .body)"
	read_ 0 conn-slim
	is_want out
}

@test "redmine: --ids -> those to be seen, as a load has them" {
	config ''
	named issues/21 issues/7 issues/9999 projects/1 projects/3 news/2 \
	    wiki/1/Page_75 wiki/1/Page_26 wiki/2/Page_25 wiki/3/Page_1 \
	    versions/1/1 versions/2/1 files/1/2 files/1/99 issues/126
	read_ 0 conn-load --ids named
	eq '' "$stderr"
	printf 'r:%s\n' files/1/2 issues/126 issues/21 news/2 projects/1 \
	    versions/1/1 wiki/1/Page_75 >want
	is_want out
	jq -S 'select(._id)' out >some
	config ', notes: false'
	read_ 0 conn-load
	jq -Sc 'select(._id | IN("r:files/1/2", "r:news/2", "r:projects/1",
	    "r:versions/1/1", "r:wiki/1/Page_75"))' out | sort >whole
	jq -Sc 'select(._stream != "issues")' some | sort | same whole -
}

@test "redmine: polls, a full sync -> what was changed, deleted, hidden" {
	config ', projects: [inner]'
	conn-sync r.yml
	app change 21 24
	app change 50 50
	app rename 33 33
	app seed 5
	run -0 --separate-stderr conn-sync -v --poll r.yml
	[[ $stderr == *'0 refused, 0 failed'* ]]
	want_inner
	indexed
	eq '["Moved 33","New text of 50",true]' "$(sqlite3 state/r.db "select
	    json_group_array(document) from (select document from documents where
	    id in ('r:issues/33', 'r:wiki/2/Page_50', 'r:issues/21')
	    order by id)" | jq -c 'map(fromjson) |
	    [.[1].title, .[2].body, (.[0].body | endswith("\n\nNew note on 21"))]')"
	app delete 39 39
	app delete 100 100
	app hide 42 45
	run -0 --separate-stderr conn-sync -v r.yml
	[[ $stderr == *'conn-bulk: 0 indexed, 4 deleted, '* ]]
	want_inner
	indexed
	app restore 42 42
	run -0 --separate-stderr conn-sync --poll r.yml
	want_inner
	indexed
	run -0 --separate-stderr conn-sync -v r.yml
	[[ $stderr == *'conn-bulk: 0 indexed, 0 deleted, '* ]]
}

@test "redmine: projects that are no longer to be read go" {
	conn-sync r.yml
	config ', projects: [inner]'
	echo 'max_delete: 100%' >>r.yml
	read_ 0 conn-sync
	want_inner
	indexed
}

@test "redmine: --confirm -> a delete is one for what is there no more" {
	conn-load r.yml | conn-bulk r.yml
	conn-slim -I r.yml >known
	app delete 61 61
	app hide 62 63
	app delete 25 25
	conn-slim r.yml | conn-diff known >changes
	app restore 63 63
	run -0 --separate-stderr conn-load --confirm r.yml <changes
	printf '%s\n' "$output" >out
	eq 'r:issues/61 r:issues/62 r:wiki/1/Page_25' "$(jq -r 'select(._ctl ==
	    "delete").id' out | sort | paste -sd' ')"
	eq 'r:issues/63' "$(jq -r '._id // empty' out)"
}

@test "redmine: a page that was renamed -> the old name goes, though it leads on" {
	config ', projects: [inner]'
	conn-sync r.yml
	want_inner
	db "update wiki_pages set title = 'Renamed' where title = 'Page_50' and
	        wiki_id in (select id from wikis where project_id = 2);
	    insert into wiki_redirects(wiki_id, title, redirects_to,
	        redirects_to_wiki_id, created_on)
	    select id, 'Page_50', 'Renamed', id, datetime('now') from wikis
	    where project_id = 2"
	eq 302 "$(curl -so /dev/null -w '%{http_code}' -H "X-Redmine-API-Key: $KEY" \
	    "$URL/projects/2/wiki/Page_50.json")"
	run --separate-stderr conn-sync r.yml
	db "update wiki_pages set title = 'Page_50' where title = 'Renamed';
	    delete from wiki_redirects"
	check 0
	eq '' "$stderr"
	sed -i 's|^r:wiki/2/Page_50$|r:wiki/2/Renamed|' want
	sort -o want want
	indexed
}

@test "redmine: 403 for the wiki of one project -> it is kept, others go on" {
	conn-sync r.yml
	db "insert into roles(id, name, position, assignable, builtin, permissions,
	        issues_visibility, users_visibility, time_entries_visibility)
	    select 99, 'Guest', 99, 1, 0, replace(permissions,
	        '- :view_wiki_pages' || char(10), ''), issues_visibility,
	        users_visibility, time_entries_visibility
	    from roles where name = 'Reporter';
	    update member_roles set role_id = 99 where member_id =
	        (select id from members where project_id = 2)"
	app delete 125 125
	want
	read_ 1 conn-load -s wiki
	eq '{"prefix":"r:wiki/2/","code":"http_403"}' "$(jq -c 'select(._ctl ==
	    "fail") | {prefix, code}' out)"
	run --separate-stderr conn-sync -v r.yml
	db "update member_roles set role_id = 5 where role_id = 99;
	    delete from roles where id = 99"
	check 1
	[[ $stderr == *'conn-bulk: 0 indexed, 1 deleted, '* ]]
	indexed
}

@test "redmine: a key that is no longer good deletes nothing" {
	conn-sync r.yml
	want
	good=$KEY
	KEY=canary-4f1e
	# to anybody it shows what is public
	[ "$(curl -fsS "$URL/issues.json?status_id=*" | jq .total_count)" -gt 50 ]
	for with in '' -P; do
		run --separate-stderr conn-sync $with r.yml
		check 3
		[[ $stderr == *'HTTP 401'* && $stderr != *canary* ]]
	done
	read_ 3 conn-slim
	eq '' "$(records out)"
	KEY=$good
	indexed
}

@test "redmine: an API that was switched off deletes nothing" {
	conn-sync r.yml
	want
	db "update settings set value = 0, updated_on = datetime('now', '1 second')
	    where name = 'rest_api_enabled'"
	run --separate-stderr conn-sync r.yml
	db "update settings set value = 1, updated_on = datetime('now', '2 seconds')
	    where name = 'rest_api_enabled'"
	check 3
	[[ $stderr == *'HTTP 403'* ]]
	indexed
}

@test "redmine: a project that is not there -> its name, status 2" {
	config ', projects: [inner, nothing]'
	read_ 2 conn-slim
	[[ $stderr == *'/projects/nothing'*'HTTP 404'* ]]
}

@test "redmine: the kit for drivers finds nothing wrong" {
	config ', notes: false, projects: [inner]'
	run --separate-stderr conn-check --driver r.yml
	check 0
	eq '' "$stderr"
}
