# SPDX-License-Identifier: MIT
# A scripted API for a test, loaded after helper.

# plan LINE...: how it answers, the first that fits; see rest-server.py.
plan() { printf '%s\n' "$@" >>plan; }

# Starts it; sets URL.
serve() {
	touch plan log
	python3 "$ROOT/tests/rest-server.py" plan log >url 2>server.err \
	    3>&- 5>&- &
	echo $! >pid
	eventually test -s url || { cat server.err; return 1; }
	URL=$(cat url)
}

teardown() {
	[ ! -e pid ] || kill "$(cat pid)"
}

# config: wiki.yml with stdin for the further keys of its source; $URL is
# replaced in it.
config() {
	{
		printf 'name: wiki\nsource:\n  type: rest\n  url: %s\n' "$URL"
		sed "s|\\\$URL|$URL|g; s/^/  /"
	} >wiki.yml
	chmod 600 wiki.yml
}

# tool STATUS PROGRAM [ARG]...: run on wiki.yml with that status; out, err.
tool() {
	local want=$1
	shift
	run --separate-stderr "$@" wiki.yml
	printf '%s\n' "$output" >out
	printf '%s\n' "$stderr" >err
	check "$want"
}

# ids FILE: of documents and id records, in order, without the prefix.
ids() {
	jq -r 'select(has("_ctl") | not) | ._id // .id | ltrimstr("wiki:")' \
	    "$1"
}

# ctl KIND FILE: the control records of a kind, what varies left out.
ctl() {
	jq -c --arg kind "$1" 'select(._ctl == $kind) |
	    {id, prefix, code, reason, stream, value, complete, status} |
	    with_entries(select(.value != null))' "$2"
}

# asked: the requests so far, one a line.
asked() {
	jq -r '"\(.method) \(.path)" + ([.query | to_entries[] |
	    "\(.key)=\(.value)"] | if . == [] then "" else
	    "?" + join("&") end)' log
}
