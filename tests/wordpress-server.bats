# SPDX-License-Identifier: MIT
# The connector wordpress on a real site.
load helper
load source
load servers

prepare() {
	[ -x "$CONN_BUILD/libexec/conn/conn-source-rest" ] ||
		skip 'no driver rest in this build'
	DIR=$BATS_FILE_TMPDIR/wordpress
	server_start wordpress "$DIR"
	[ -e "$DIR/count" ] || app seed 120
	TOKEN=$(<"$DIR/token")
	export TOKEN
	config
}

app() { "$ROOT/tests/servers/wordpress" "$1" "$DIR" "${@:2}"; }

config() { # [SETTINGS [STREAM...]]
	local name
	printf 'name: b\nsource: {type: wordpress, url: "%s", overlap: 0s%s}\n' \
	    "$URL" "${1-}" >b.yml
	echo 'streams:' >>b.yml
	for name in posts pages comments "${@:2}"; do
		echo "  - name: $name" >>b.yml
	done
}

want() { app ids | sed 's/^/b:/' | sort >want; }

is_want() { jq -r '._id // .id // empty' "$1" | sort >listed; same want listed; }
indexed() { conn-slim -I b.yml >slim && is_want slim; }

# read_ STATUS PROGRAM [ARGUMENT]...: on b.yml, with that status, into `out`.
read_() {
	local expected=$1
	shift
	run --separate-stderr "$@" b.yml
	printf '%s\n' "$output" >out
	check "$expected"
}

post() { jq -r --arg t "$1" 'select(.title == $t and .type == "post")._id' out; }

@test "wordpress: load, slim -> what everybody may see, over pages" {
	want
	[ "$(wc -l <want)" -ge 140 ]
	read_ 0 conn-load
	eq '' "$stderr"
	is_want out
	jq -c 'select(.title == "Post 8 – Größe") | [.type, .author,
	    (.body | split("\n")[0]), .tags, .meta]' out >one
	eq '["post","admin","Post 8 tells of naïve & quoted \"words\".",["Uncategorized"],{"slug":"post-8","status":"publish"}]' \
	    "$(sed 's/“\|”/\\"/g' one)"
	read_ 0 conn-slim
	is_want out
}

@test "wordpress: further streams -> categories and those who have published" {
	config '' media categories users
	read_ 0 conn-load
	printf '%s\n' b:categories/1 b:users/1 >>want.more
	want
	sort want want.more >all && mv all want
	is_want out
}

@test "wordpress: --ids -> those that are there, as a load has them" {
	read_ 0 conn-load
	here=$(post 'Post 8 – Größe') gone=$(post 'Post 11 – Größe')
	trashed=$(post 'Post 12 – Größe')
	grep -F "\"$here\"" out >whole
	app hide 11 11
	app delete 12 12
	jq -nc '{id: $ARGS.positional[]}' --args "$here" "$gone" "$trashed" \
	    b:posts/99999 >ids
	read_ 0 conn-load --ids ids
	grep '"_id"' out >some
	same whole some
	app restore 11 12
}

@test "wordpress: polls, a full sync -> changed, trashed, hidden, restored" {
	conn-sync b.yml
	app change 21 23
	app rename 24 24
	app seed 10
	run -0 --separate-stderr conn-sync --poll b.yml
	want
	indexed
	eq 1 "$(sqlite3 state/b.db "select count(*) from documents where
	    json_extract(document, '$.title') = 'Moved 24'")"
	app delete 31 32
	app hide 33 34
	run -0 --separate-stderr conn-sync -v b.yml
	[[ $stderr == *' refused, 0 failed'* ]]
	want
	indexed
	app restore 31 31
	app restore 33 33
	run -0 --separate-stderr conn-sync b.yml
	want
	indexed
	run -0 --separate-stderr conn-sync -v b.yml
	[[ $stderr == *'conn-bulk: 0 indexed, 0 deleted, '* ]]
	app restore 34 34
}

@test "wordpress: a poll since the second of a change -> the change is in it" {
	conn-load b.yml >all
	local type time
	for type in post page comment; do
		jq -c --arg t "$type" 'select(.type == $t)' all | head -n 1 >one
		time=$(jq -r ._timestamp one)
		read_ 0 conn-poll --since "$time"
		jq -c "select(._id == $(jq ._id one))" out | same - one
	done
}

@test "wordpress: a user sees private posts; one who is no user deletes nothing" {
	app hide 41 42
	config ', user: admin, password: {env: TOKEN}, status: [publish, private]'
	run -0 --separate-stderr conn-sync -v b.yml
	conn-slim -I b.yml >slim
	app ids | sed 's/^/b:/' | sort >public
	eq 2 "$(jq -r '.id // empty' slim | grep posts | sort |
	    comm -23 - public | wc -l)"
	# who may not see them may not even ask for them
	TOKEN=canary-3c1d
	run --separate-stderr conn-sync b.yml
	check 2
	[[ $stderr == *'HTTP 400'* ]]
	[[ $stderr != *canary* ]]
	conn-slim -I b.yml | jq -c 'select(.id)' | sort >after
	jq -c 'select(.id)' slim | sort | same - after
	app restore 41 42
}

@test "wordpress: the kit for drivers finds nothing wrong" {
	run --separate-stderr conn-check --driver b.yml
	check 0
	eq '' "$stderr"
}
