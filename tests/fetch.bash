# SPDX-License-Identifier: MIT
# fetchtool against a server that answers as a script says; loaded after
# helper.
PATH=$CONN_BUILD/tests:$PATH

# server JSON: answers so from now on; sets URL. Called again: other answers.
server() {
	printf '%s\n' "$1" >script.new
	mv script.new script
	[ ! -e url ] || return 0
	: >log
	python3 "$ROOT/tests/fetch-server.py" script >server.out 2>&1 \
	    3>&- 5>&- &
	server_pid=$!
	eventually test -s url
	URL=$(cat url)
}

teardown() {
	[ -z "${server_pid-}" ] || kill "$server_pid"
}

# options JSON: what fetchtool is opened with, beside the URL.
options() {
	jq -n --arg url "${URL-}" "{\$url} + ($1)" >options
}

# ask REQUEST...: JSON each, or a path to get. Replies in $output.
ask() {
	local r
	for r in "$@"; do
		case $r in
		'{'*) jq -c . <<<"$r" ;;
		*) jq -cn --arg url "$r" '{$url}' ;;
		esac
	done >requests
	run --separate-stderr fetchtool ${VERBOSE-} options <requests
}

# reply FILTER: of the replies.
reply() { jq -r "$1" <<<"$output"; }
# logged FILTER: of the requests that reached the server.
logged() { jq -r "$1" log; }
