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

# numbers: of the ids in $output, sorted.
numbers() { ids | sed 's,.*/,,' | sort -n | paste -sd' '; }

# since TEXT [STREAM]: a state with that position.
since() {
	jq -nc --arg s "${2:-s}" --arg t "$1" '{($s): {since: $t}}'
}

# src [MEMBERS]: the source section for the test's database, as ROLE.
src() {
	printf '{"url":"%s"%s}' "$(url "${ROLE-}")" "${1:+,$1}"
}

# shop_example TYPE N: of that driver's manual, on the test's database.
shop_example() {
	example "conn-source-$1.7" "$2" |
		sed "s|$1://conn@db.example/shop|$(url | sed "s,&,\\\\&,")|
		    /^  ca: /d; s|/etc/conn/|$PWD/|"
}

# reads N COMMAND...: it runs until N lines are read of what it writes, and as
# many more as a pipe holds.
reads() {
	local n=$1
	shift
	mkfifo pipe
	"$@" >pipe 2>err 3>&- &
	reading=$!
	exec 5<pipe
	rm pipe
	head -n "$n" <&5 >/dev/null
}

# reads_on: the others, into the file `rest`; the status is the command's.
reads_on() {
	cat <&5 >rest
	exec 5<&-
	wait "$reading"
}

# stays NAME COMMAND...: a client that writes to NAME.out, has its pid in
# NAME.pid and is fed through a descriptor whose number is in NAME.fd.
stays() {
	local name=$1 fd
	shift
	mkfifo "$name.in"
	"$@" <"$name.in" >"$name.out" 2>&1 3>&- &
	echo $! >"$name.pid"
	exec {fd}>"$name.in"
	echo "$fd" >"$name.fd"
}

# said NAME SQL ECHO returns when it is done; ECHO is what makes the client
# write "done".
said() {
	local fd
	fd=$(<"$1.fd")
	: >"$1.out"
	printf '%s\n%s\n' "$2" "$3" >&"$fd"
	eventually grep -q '^done$' "$1.out"
}

# hang_up NAME
hang_up() {
	local fd
	fd=$(<"$1.fd")
	exec {fd}>&-
	wait "$(<"$1.pid")"
}
