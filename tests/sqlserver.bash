# SPDX-License-Identifier: MIT
# What tests of servers of SQL have in common, loaded after helper and source.

free_port() {
	python3 -c 'import socket; s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# folder_of USER DIR: makes it, within reach of the user that servers get in
# place of root.
folder_of() {
	local up=${2%/*}
	mkdir -p "$2"
	[ "$(id -u)" -ne 0 ] || chown "$1" "$2"
	while [[ $up == "$BATS_RUN_TMPDIR"* ]]; do
		chmod o+x "$up"
		up=${up%/*}
	done
	chmod o+x "$BATS_RUN_TMPDIR"
}

# stream MEMBERS: a streams list with one entry.
stream() { printf '[{"name":"s",%s}]' "$1"; }

# states: the states in $output as the next request has them.
states() {
	jq -sc 'map(.state | select(.)) | map({(.stream): .value}) | add' \
	    <<<"$output"
}

list() { ids | paste -sd' '; }

# numbers: of the ids in $output, sorted.
numbers() { ids | sed 's,.*/,,' | sort -n | paste -sd' '; }

# since TEXT [STREAM]: a state with that position.
since() {
	jq -nc --arg s "${2:-s}" --arg t "$1" '{($s): {since: $t}}'
}

# cut_off STATUS MESSAGE: the last run ended so, and wrote no state.
cut_off() {
	check "$1"
	[[ $stderr == *"$2"* ]] || { echo "stderr: $stderr"; return 1; }
	eq '' "$(grep '^{"state"' <<<"$output" || :)"
}

# A client that stays writes to NAME.out, has its pid in NAME.pid and is fed
# through a descriptor whose number is in NAME.fd: said NAME SQL ECHO returns
# when it is done; ECHO is what makes the client write "done".
said() {
	local fd
	fd=$(<"$1.fd")
	: >"$1.out"
	printf '%s\n%s\n' "$2" "$3" >&"$fd"
	eventually 20 grep -q '^done$' "$1.out"
}

# hang_up NAME
hang_up() {
	local fd
	fd=$(<"$1.fd")
	exec {fd}>&-
	wait "$(<"$1.pid")"
}
