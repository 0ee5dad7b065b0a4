# SPDX-License-Identifier: MIT
# Confluence and Jira as atlassian-server.py has them; loaded after helper.

prepare() {
	[ -x "$CONN_BUILD/libexec/conn/conn-source-rest" ] ||
		skip 'no driver rest in this build'
}

teardown() {
	[ ! -e pid ] || kill "$(cat pid)"
}

# product NAME: its data is in the file data. Sets URL.
product() {
	rm -f url
	: >log
	python3 "$ROOT/tests/atlassian-server.py" "$1" data log >url \
	    2>server.err 3>&- 5>&- &
	echo $! >pid
	eventually test -s url || { cat server.err; return 1; }
	URL=$(cat url)
}

# change FILTER [ARG]...: of the data, by jq.
change() {
	jq "${@:2}" "$1" data >data.new
	mv data.new data
}

# config TYPE SETTINGS: a.yml; SETTINGS as in YAML's {}.
config() {
	export TOKEN=s3cret
	printf 'name: a\nsource: {type: %s, %s, token: {env: TOKEN}}\n' \
	    "$1" "$2" >a.yml
}

# tool STATUS PROGRAM [ARG]...: on a.yml, with that status; out, err.
tool() {
	run --separate-stderr "${@:2}" a.yml
	printf '%s\n' "$output" >out
	printf '%s\n' "$stderr" >err
	check "$1"
	[[ $stderr != *s3cret* ]]
}

ids() { jq -r '._id // .id // empty | ltrimstr("a:")' out | paste -sd ' '; }

doc() { jq -cS --arg id "a:$1" 'select(._id == $id)' out; }

indexed() { conn-slim -I a.yml | jq -r '.id // empty | ltrimstr("a:")' |
	LC_ALL=C sort | paste -sd ' '; }
