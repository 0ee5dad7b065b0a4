#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The connector matrix on a real homeserver.
load helper
load source
load servers

prepare() {
	[ -x "$CONN_BUILD/libexec/conn/conn-source-rest" ] ||
		skip 'no driver rest in this build'
	DIR=$BATS_FILE_TMPDIR/synapse
	server_start synapse "$DIR"
	[ -e "$DIR/count" ] || app seed 60
	TOKEN=$(<"$DIR/token")
	WRITER=$(<"$DIR/writer")
	export TOKEN
	config
}

app() {
	XDG_CACHE_HOME=$servers_cache "$ROOT/tests/servers/synapse" "$1" \
	    "$DIR" "${@:2}"
}

config() { # [SETTINGS [CREDENTIALS]]
	printf 'name: o\nsource: {type: %s, url: "%s", %s%s}\n' \
	    "${TYPE-matrix}" "$URL" "${2-token: {env: TOKEN\}}" "${1-}" >o.yml
	printf 'max_delete: 100%%\n' >>o.yml
}

room() { jq -r ".rooms[$1]" "$DIR/events.json"; }
event() { jq -r --arg k "$1" '.events[$k]' "$DIR/events.json"; }
message() { echo "messages/$(room $(($1 % 3)))/$(event "$1")"; }
encoded() { jq -rn --arg t "$1" '$t | @uri'; }

# ask METHOD PATH [BODY]: as who writes.
ask() {
	curl -sS -X "$1" -H "Authorization: Bearer $WRITER" \
	    -d "${3-}" "$URL/_matrix/client/v3$2"
}

# say ROOM CONTENT: its event's id.
say() {
	local number
	number=$(date +%s%N)
	ask PUT "/rooms/$(encoded "$1")/send/m.room.message/t$number" "$2" |
		jq -r .event_id
}

want() { app ids | sed 's/^/o:/' | sort >want; }
listed() { jq -r '._id // .id // empty' "$1" | grep ^o:messages/ | sort; }
is_want() { same want <(listed "$1"); }
doc() { jq -c --arg id "o:$1" 'select(._id == $id)' "${2-out}"; }
indexed() { conn-slim -I o.yml >slim && is_want slim; }

# read_ STATUS PROGRAM [ARGUMENT]...: on o.yml, with that status, into `out`.
read_() {
	local expected=$1
	shift
	run --separate-stderr "$@" o.yml
	printf '%s\n' "$output" >out
	check "$expected"
}

@test "matrix: load, slim -> the rooms and their messages" {
	want
	eq 60 "$(wc -l <want)"
	read_ 0 conn-load
	eq '' "$stderr"
	is_want out
	eq 3 "$(grep -c '"_id":"o:rooms/' out)"
	jq -nc --arg room "$(room 0)" '{title: "Room 0", body: "About 0",
	    type: "room", url: "https://matrix.to/#/%23room0%3Alocalhost",
	    meta: {room: $room}}' >one
	doc "rooms/$(room 0)" | jq -c 'del(._id, ._stream)' | same one -
	jq -nc --arg room "$(room 0)" --arg event "$(event 30)" \
	    --arg thread "messages/$(room 0)/$(event 27)" '{
	    title: "@writer:localhost in Room 0",
	    body: "Message 30: naïve, “30” & <b>\n\nsecond line",
	    url: "https://matrix.to/#/\($room | @uri)/\($event | @uri)",
	    type: "message", author: "@writer:localhost", parent: $thread,
	    meta: {room: $room, kind: "m.text", file: null, mimetype: null,
	        size: null}}' >one
	doc "$(message 30)" |
		jq -c 'del(._id, ._timestamp, ._stream, .created_at)' | same one -
	jq -r '._id // empty' out | sort >all
	read_ 0 conn-slim
	jq -r '.id // empty' out | sort | same all -
}

@test "matrix: answers, files, notices, a space, an encrypted message" {
	local room file answer space
	room=$(room 1)
	file=$(say "$room" '{"msgtype": "m.file", "body": "see this",
	    "filename": "a.pdf", "url": "mxc://localhost/abc",
	    "info": {"mimetype": "application/pdf", "size": 12}}')
	answer=$(say "$room" "$(jq -nc --arg id "$file" '{msgtype: "m.notice",
	    body: "> <@a:b> words\n> more\n\nmine\n> not a quote",
	    "m.relates_to": {"m.in_reply_to": {event_id: $id}}}')")
	ask PUT "/rooms/$(encoded "$room")/send/m.room.encrypted/e1" \
	    '{"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x"}' >/dev/null
	space=$(ask POST /createRoom '{"name": "Works", "preset": "public_chat",
	    "creation_content": {"type": "m.space"}}' | jq -r .room_id)
	curl -sSf -H "Authorization: Bearer $TOKEN" -d '{}' \
	    "$URL/_matrix/client/v3/join/$(encoded "$space")" >/dev/null
	want
	read_ 0 conn-load
	is_want out
	eq '["see this","a.pdf","application/pdf",12]' "$(doc \
	    "messages/$room/$file" | jq -c '[.body, (.meta |
	    .file, .mimetype, .size)]')"
	eq '["mine\n> not a quote","m.notice"]' "$(doc \
	    "messages/$room/$answer" | jq -c '[.body, .meta.kind]')"
	eq '["Works","space"]' "$(doc "rooms/$space" | jq -c '[.title, .type]')"
}

@test "matrix: polls, a full sync -> what was said, edited, redacted" {
	conn-sync o.yml
	app change 1 1
	app change 1 2
	app delete 4 5
	app seed 3
	want
	run -0 --separate-stderr conn-sync -v --poll o.yml
	[[ $stderr == *'conn-poll: 6 documents, 0 failed'* ]]
	[[ $stderr == *' indexed, 2 deleted, 0 refused, 0 failed'* ]]
	indexed
	eq $'Changed 2: naïve, “2” & <b>\n\nsecond line' "$(sqlite3 state/o.db \
	    "select json_extract(document, '$.body') from documents
	    where id = 'o:$(message 2)'")"
	read_ 0 conn-sync -v
	[[ $stderr == *'conn-bulk: 0 indexed, 0 deleted, '* ]]
	run -0 --separate-stderr conn-sync -v --poll o.yml
	[[ $stderr == *'conn-bulk: 0 indexed, 0 deleted, '* ]]
}

@test "matrix: more than a sync tells -> all of it, from the mark on" {
	mkdir drivers
	sed 's/timeline: {limit: 100,/timeline: {limit: 3,/; s/limit=500/limit=4/
	    s/limit: 500/limit: 7/' "$ROOT/lib/connectors/matrix.yml" \
	    >drivers/few.yml
	export CONN_DRIVER_PATH=$PWD/drivers:$CONN_BUILD/libexec/conn
	TYPE=few config
	conn-sync o.yml
	app change 7 8
	app delete 10 11
	app seed 36
	want
	read_ 0 conn-poll -vv
	[[ $stderr == */messages\ 200* ]]
	conn-sync --poll o.yml
	indexed
	run -0 --separate-stderr conn-sync -v --poll o.yml
	[[ $stderr == *'conn-bulk: 0 indexed, 0 deleted, '* ]]
	read_ 0 conn-sync -v
	[[ $stderr == *'conn-bulk: 0 indexed, 0 deleted, '* ]]
}

@test "matrix: --ids -> those that are there, as a load has them" {
	app delete 13 13
	read_ 0 conn-load
	for k in 14 15; do
		doc "$(message $k)"
	done | sort >whole
	{
		for k in 13 14 15; do
			jq -nc --arg id "o:$(message $k)" '{id: $id}'
		done
		jq -nc --arg id "o:messages/$(room 0)/\$nothing" '{id: $id}'
	} >ids
	read_ 0 conn-load --ids ids
	eq '' "$stderr"
	grep '"_id"' out | sort | same whole -
}

@test "matrix: a room that is left, and joined again" {
	conn-sync o.yml
	app hide 1 1
	want
	conn-sync o.yml
	indexed
	eq 0 "$(grep -cF "$(room 1)" slim)"
	app restore 1 1
	want
	conn-sync --poll o.yml
	indexed
}

@test "matrix: rooms by id and alias; one that may not be read is kept" {
	local secret
	secret=$(ask POST /createRoom '{"preset": "private_chat"}' |
		jq -r .room_id)
	config ", rooms: [\"#room0:localhost\", \"$(room 2)\"]"
	read_ 0 conn-load
	eq "$(printf '%s\n' "$(room 0)" "$(room 2)" | sort)" \
	    "$(jq -r '.meta.room // empty' out | sort -u)"
	config ", rooms: [\"#room0:localhost\", \"$secret\"]"
	read_ 1 conn-load
	eq 'o:messages/ o:rooms/' "$(jq -r 'select(._ctl == "fail").prefix' out |
	    sort | paste -sd ' ')"
	[ "$(listed out | wc -l)" -gt 0 ]
	config ', rooms: ["#nowhere:localhost"]'
	read_ 1 conn-load
	eq 'o:messages/ o:rooms/' "$(jq -r 'select(._ctl == "fail").prefix' out |
	    sort | paste -sd ' ')"
	config ', rooms: [general]'
	read_ 2 conn-load
}

@test "matrix: who may not be read for what was known -> nothing deleted" {
	conn-sync o.yml
	want
	TOKEN=canary-81f2
	run --separate-stderr conn-sync o.yml
	check 3
	[[ $stderr == *'HTTP 401'* && $stderr != *canary* ]]
	run --separate-stderr conn-sync --poll o.yml
	check 3
	indexed
}

@test "matrix: a user and a password" {
	want
	export PASSWORD=readerpassword1
	config '' "user: '@reader:localhost', password: {env: PASSWORD}"
	read_ 0 conn-load
	is_want out
	PASSWORD=canary-9a3c
	read_ 3 conn-load
	[[ $stderr == *'refused with 403'* && $stderr != *canary* ]]
}

@test "matrix: the kit for drivers finds nothing wrong" {
	run --separate-stderr conn-check --driver o.yml
	check 0
	eq '' "$stderr"
}

# The last one: it says what `want` does not know of.
@test "matrix: a relation that is none keeps nobody from being polled" {
	conn-sync o.yml
	local there odd
	there=$(room 0)
	for odd in '"x"' '["x"]' 7 'null' '{"rel_type": ["m.replace"]}' \
	    '{"rel_type": "m.thread", "event_id": 7}' '{"m.in_reply_to": "x"}'; do
		say "$there" "{\"msgtype\": \"m.text\", \"body\": \"odd\",
		    \"m.relates_to\": $odd}"
	done >said
	say "$there" '{"msgtype": "m.text", "body": "of nothing",
	    "m.relates_to": {"rel_type": "m.replace", "event_id": 7}}' >nothing
	say "$there" '{"msgtype": "m.text", "body": "even"}' >>said
	grep '^[$]' said >sent
	read_ 0 conn-poll
	same <(sed "s,.*,o:messages/$there/&," sent | sort) <(listed out)
	eq even "$(doc "messages/$there/$(tail -1 sent)" | jq -r .body)"
	read_ 0 conn-load
	eq "$(wc -l <sent)" "$(grep -c -F -f sent out)"
}
