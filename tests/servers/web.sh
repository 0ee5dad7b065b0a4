# SPDX-License-Identifier: MIT
# Real web applications for tests, each filled with documents of its own; sourced
# by the script of each, which says how. N counts the documents that were made,
# from 1.
#   APP start DIR            print its URL (DIR/url); DIR is new or that of an
#                            earlier start; who may read it: DIR/user,
#                            DIR/password, DIR/token
#   APP stop DIR
#   APP ids DIR              the ids that it should list, from its database
#   APP seed DIR COUNT       COUNT more documents
#   APP change DIR FROM TO   the documents FROM to TO get another text
#   APP rename DIR FROM TO   ... another name
#   APP delete DIR FROM TO
#   APP hide DIR FROM TO     no longer to be seen, though there
#   APP restore DIR FROM TO  after delete or hide
#   APP late DIR FROM TO SECONDS  changed, and dated SECONDS ago
# An application ends with the process CONN_SERVER_OWNER, if that is set.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # what is set, and verbs, is the script's
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
app=$(basename "$0")
caches=${XDG_CACHE_HOME:-$HOME/.cache}/conn-tests
owner=${CONN_SERVER_OWNER:-}

# Some refuse to run as root.
as_nobody=()
[ "$(id -u)" -ne 0 ] ||
	as_nobody=(setpriv --reuid nobody --regid nogroup --clear-groups)

# Nothing here has to survive the machine, and its disk is the slowest of it.
case ${LD_PRELOAD-} in
*eatmydata*) ;;
*)
	command -v eatmydata >/dev/null || { echo "$app: no eatmydata here" >&2; exit 1; }
	exec eatmydata bash "$0" "$@"
	;;
esac

die() {
	echo "$app: $*" >&2
	exit 1
}

# needs PROGRAM|FILE PACKAGE
needs() {
	[ -e "$1" ] || command -v "$1" >/dev/null || die "no $2 here"
}

free_port() {
	/usr/bin/python3 -c 'import socket; s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

alive() { # PIDFILE
	local pid
	pid=$(cat "$1" 2>/dev/null) &&
		grep -qsaF follow.py "/proc/$pid/cmdline"
}

# daemon NAME COMMAND...: runs it until `end NAME`; DIR/NAME.pid, DIR/NAME.log.
daemon() {
	local name=$1
	shift
	! alive "$dir/$name.pid" || die "already running: $dir"
	setsid "$here/follow.py" "$owner" "$@" >>"$dir/$name.log" 2>&1 \
	    </dev/null 3>&- &
	echo $! >"$dir/$name.pid"
	# it is this shell's child before it is what is looked for
	until alive "$dir/$name.pid" || ! kill -0 $! 2>/dev/null; do
		sleep 0.01
	done
}

# end NAME: it and all that it started.
end() {
	local pid
	alive "$dir/$1.pid" || return 0
	pid=$(<"$dir/$1.pid")
	kill "$pid"
	for _ in {1..300}; do
		alive "$dir/$1.pid" || return 0
		sleep 0.1
	done
	die "$1 does not end"
}

# answers NAME COMMAND...: waits until it succeeds; fails if the daemon ends.
answers() {
	local name=$1 end=$((SECONDS + 120))
	shift
	until "$@" >>"$dir/answers" 2>&1; do
		alive "$dir/$name.pid" || return 1
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# serve PATH COMMAND...: the daemon `web`, in whose command PORT stands for the
# port that it is to take, until PATH of it is answered with 200.
serve() {
	local path=$1 port try
	shift
	for try in 1 2 3; do
		port=$(cat "$dir/port" 2>/dev/null) || port=$(free_port)
		daemon web "${@//PORT/$port}"
		if answers web curl -fsS -m 30 -o "$dir/answer" \
		    "http://127.0.0.1:$port$path"; then
			echo "$port" >"$dir/port"
			echo "http://127.0.0.1:$port" >"$dir/url"
			return
		fi
		end web
		[ ! -e "$dir/port" ] || break   # another one is no longer it
	done
	tail -n 40 "$dir/web.log" >&2
	die "does not answer: $(tail -n 1 "$dir/web.log")"
}

# once NAME COMMAND...: in a new folder $caches/NAME, or nothing if it is there.
once() {
	local cache=$caches/$1
	shift
	mkdir -p "$caches"
	(
		flock 8
		[ ! -d "$cache" ] || exit 0
		rm -rf "$cache.new" && mkdir "$cache.new"
		"$@" "$cache.new" >"$cache.log" 2>&1 </dev/null ||
			{ tail "$cache.log" >&2; die 'cannot be had'; }
		mv "$cache.new" "$cache"
	) 8>"$cache.lock"
}

# more COUNT: so many more documents.
more() {
	local last
	last=$(cat "$dir/count" 2>/dev/null) || last=0
	seed $((last + 1)) $((last + $1))
	echo $((last + $1)) >"$dir/count"
}

run() {
	local verb=${1:-} known=" $verbs "
	case $verb:$# in
	start:2 | stop:2 | ids:2 | seed:3 | late:5) ;;
	change:4 | rename:4 | delete:4 | hide:4 | restore:4) ;;
	*) known= ;;
	esac
	[[ $known == *" $verb "* ]] ||
		die "usage: ${verbs// / | }, as in ${here##*/}/web.sh"
	[ "$verb" != start ] || mkdir -p "$2"
	dir=$(cd "$2" && pwd)
	case $verb in
	seed) more "$3" ;;
	*) "$verb" "${@:3}" ;;
	esac
}
