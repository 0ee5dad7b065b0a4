# SPDX-License-Identifier: MIT
# The connector roundup on a real tracker.
load helper
load source
load servers

prepare() {
	[ -x "$CONN_BUILD/libexec/conn/conn-source-rest" ] ||
		skip 'no driver rest in this build'
	DIR=$BATS_FILE_TMPDIR/roundup
	server_start roundup "$DIR"
	[ -e "$DIR/count" ] || app seed 60
	PASSWORD=$(<"$DIR/password")
	export PASSWORD
	config
}

app() {
	XDG_CACHE_HOME=$servers_cache "$ROOT/tests/servers/roundup" "$1" "$DIR" \
	    "${@:2}"
}

db() { sqlite3 -cmd '.timeout 60000' "$DIR/tracker/db/db" "$@"; }

config() { # [SETTINGS]
	printf 'name: o\nsource: {type: roundup, url: "%s/tracker", %s%s}\n' \
	    "$URL" 'user: reader, password: {env: PASSWORD}, overlap: 0s' \
	    "${1-}" >o.yml
}

want() { app ids | sed 's/^/o:/' | sort >want; }

is_want() { jq -r '._id // .id // empty' "$1" | sort >listed; same want listed; }
indexed() { conn-slim -I o.yml >slim && is_want slim; }

# read_ STATUS PROGRAM [ARGUMENT]...: on o.yml, with that status, into `out`.
read_() {
	local expected=$1
	shift
	run --separate-stderr "$@" o.yml
	printf '%s\n' "$output" >out
	check "$expected"
}

@test "roundup: load, slim -> the issues with their messages" {
	want
	eq 60 "$(wc -l <want)"
	read_ 0 conn-load
	eq '' "$stderr"
	is_want out
	jq -nc --arg url "$URL/tracker/issue25" '{title: "Issue 25 – \"Größe\" & <more>",
	    body: "Message on 25, naïve\nof two lines", url: $url, type: "issue",
	    author: "admin", tags: [], meta: {status: "deferred",
	    priority: "critical", assignedto: null, superseder: [],
	    files: []}}' >one
	jq -c 'select(._id == "o:issues/25") | del(._id, ._timestamp, ._stream,
	    .created_at, .updated_at)' out | same one -
	read_ 0 conn-slim -vv
	is_want out
	eq 1 "$(grep -c ' GET ' <<<"$stderr")"
}

@test "roundup: fields -> what the class has; one that it lacks is named" {
	config ', messages: false, fields: [title, nosy, priority]'
	read_ 0 conn-load
	eq '["","critical"]' "$(jq -c 'select(._id == "o:issues/25") |
	    [.body, .meta.priority]' out)"
	config ', fields: [title, colour]'
	read_ 2 conn-load
	[[ $stderr == *'HTTP 400'* ]]
}

@test "roundup: --ids -> those that are there, as a load has them" {
	app delete 11 11
	read_ 0 conn-load
	grep -E '"o:issues/(5|12)"' out | sort >whole
	printf '{"id":"o:issues/%s"}\n' 5 11 12 9999 x >ids
	read_ 0 conn-load --ids ids
	eq '' "$stderr"
	grep '"_id"' out | sort >some
	same whole some
}

@test "roundup: polls, a full sync -> what was changed, retired, restored" {
	conn-sync o.yml
	app change 1 2
	app rename 21 21
	app delete 31 32
	app restore 31 31
	app seed 3
	app late 3 3 7200
	run -0 --separate-stderr conn-sync --poll o.yml
	eq '' "$stderr"
	eq 'Moved 21' "$(sqlite3 state/o.db "select json_extract(document,
	    '$.title') from documents where id = 'o:issues/21'")"
	eq 32 "$(sqlite3 state/o.db "select length(json_extract(document,
	    '$.body')) from documents where id = 'o:issues/2'")"
	run -0 --separate-stderr conn-sync -v o.yml
	[[ $stderr == *'conn-bulk: 1 indexed, 1 deleted, '* ]]
	want
	indexed
	run -0 --separate-stderr conn-sync -v o.yml
	[[ $stderr == *'conn-bulk: 0 indexed, 0 deleted, '* ]]
}

@test "roundup: a user of another time zone -> polls miss nothing" {
	for zone in -12 12; do
		db "update _user set _timezone = '$zone' where _username = 'reader'"
		conn-sync o.yml
		app rename 22 22
		app change 22 22
		run -0 --separate-stderr conn-sync -v --poll o.yml
		[[ $stderr == *'conn-bulk: 1 indexed, 0 deleted, '* ]]
		read_ 0 conn-sync -v
		[[ $stderr == *'conn-bulk: 0 indexed, 0 deleted, '* ]]
	done
	db "update _user set _timezone = null where _username = 'reader'"
}

@test "roundup: --confirm -> a delete is one for what is there no more" {
	conn-load o.yml | conn-bulk o.yml
	conn-slim -I o.yml >known
	app delete 41 42
	conn-slim o.yml | conn-diff known >changes
	app restore 42 42
	run -0 --separate-stderr conn-load --confirm o.yml <changes
	printf '%s\n' "$output" >out
	eq o:issues/41 "$(jq -r 'select(._ctl == "delete").id' out)"
	eq o:issues/42 "$(jq -r '._id // empty' out)"
}

@test "roundup: a user who may not, or is none -> 3, nothing deleted" {
	conn-sync o.yml
	want
	db "update _user set _roles = 'Anonymous' where _username = 'reader'"
	run --separate-stderr conn-sync o.yml
	db "update _user set _roles = 'User' where _username = 'reader'"
	check 3
	[[ $stderr == *'HTTP 403'* ]]
	PASSWORD=canary-81f2
	run --separate-stderr conn-sync --poll o.yml
	check 3
	[[ $stderr == *'HTTP 401'* && $stderr != *canary* ]]
	indexed
}

@test "roundup: the kit for drivers finds nothing wrong" {
	run --separate-stderr conn-check --driver o.yml
	check 0
	eq '' "$stderr"
}

@test "roundup: more than fit into an answer -> all of them" {
	app seed 2000
	want
	config ', messages: false'
	read_ 0 conn-load -vv
	is_want out
	eq 2 "$(grep -c ' GET ' <<<"$stderr")"
	[ "$(wc -l <want)" -gt 2050 ]
}
