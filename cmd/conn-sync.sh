#!/bin/sh
# SPDX-License-Identifier: MIT
# conn-sync (conn) @VERSION@: list, load, compare, apply, under one lock.
#
# Descriptor 9 holds the lock and goes to conn-bulk alone; the others are
# joined by named pipes, so that each is known by its number and can be
# stopped, and so that it matters how each of them ended.
# shellcheck disable=SC2086,SC2154,SC2317  # settings are words or empty
# shellcheck disable=SC1091,SC2064,SC3045  # every sh has ulimit -c and -n

umask 077
trap '' USR1
trap 'exit 75' EXIT     # a shell that can start nothing says 2
work='' pids='' first='' last='' measured='' rebuild=''
again='' held='' said='' helper='' few='' dry=-n
signals='HUP INT QUIT PIPE ALRM USR2 TERM'

quit() {
	trap - EXIT
	exit "$1"
}

die() {
	if [ -x "$helper" ]; then
		"$helper" say "$1"
	else
		printf 'conn-sync: %s\n' "$1" >&2
	fi
	[ -z "$pids" ] || kill -TERM $pids 2>/dev/null
	status=3
	finish
}

# The shell itself gives up: no further process can be had.
starved() {
	trap '' $signals
	kill -TERM $pids $last 2>/dev/null
	clean
	exit 75
}

# SIGUSR1: each part says how far it is.
tell() {
	told=yes
	kill -USR1 $pids $last 2>/dev/null
}

# Waits for the process $1, or for all, whatever SIGUSR1 interrupts. It is
# ignored otherwise, so that a part is not killed before it heeds it.
join() {
	trap tell USR1
	until
		told=''
		wait $1
		ended=$?
		[ -z "$told" ] || [ "$ended" -le 128 ]
	do :; done
	trap '' USR1
}

# Runs a program to its end, but lets us be stopped meanwhile.
await() {
	"$@" &
	pids=$!
	join "$pids"
	status=$ended
	pids=''
}

# Opens the pipe $1: 4 writes into it, 5 reads from it. Nobody waits for its
# other end to be opened: who would open it may be killed before.
link() {
	{ command exec 6<> "$work/$1" && command exec 4> "$work/$1" &&
	    command exec 5< "$work/$1" 6>&-; } ||
		die "$work/$1: cannot be opened"
}

# Starts a part that reads from 3 and writes into the pipe $1, which is 3 then.
part() {
	link "$1"
	shift
	"$@" <&3 >&4 3<&- 4>&- 5<&- 9>&- &
	pids="$pids $!"
	exec 3<&5 4>&- 5<&-
}

# Starts the part that reads the source.
source_part() {
	exec 3< /dev/null
	part a "$@" $verbose $explain -- "$config"
	first=$!
}

# The last part; its status is ours.
bulk() {
	"$bin/conn-bulk" $rebuild $dry $verbose $held \
	    ${metrics:+-M "$metrics"} -- "$config" <&3 3<&- &
	last=$!
	exec 3<&-
	join "$last"
	status=$ended
	[ "$status" -gt 125 ] || measured=yes   # else it was killed
	# it did not read to the end: who still reads the source does it in vain
	[ "$status" -le 1 ] || kill -TERM "$first" 2>/dev/null
}

stop() {
	trap '' $signals USR1
	kill -TERM $pids $last $! 2>/dev/null
	wait
	clean
	ulimit -c 0
	trap - EXIT "$1"
	kill "-$1" $$
}

clean() {
	[ -z "$said" ] || while IFS= read -r line; do
		printf '%s\n' "$line" >&2
	done < "$said"
	said=''
	[ -z "$work" ] || command -p rm -rf -- "$work"
	work=''
}

# Ends with $status; writes the metrics where no conn-bulk did.
finish() {
	join
	[ -z "$again" ] || [ "$status" -gt 1 ] || said=''
	clean
	if [ -z "$dry" ]; then
		[ -z "$measured" ] || metrics=''
		"$helper" end "$status" "$start" "$mono" "$metrics" "$config"
		status=$?
	fi
	quit "$status"
}

# Lists what the index has.
list() {
	true 2>/dev/null >> "$known" || die "$known: cannot be written"
	await "$bin/conn-slim" --index $verbose -- "$config" > "$known" 9>&-
	[ "$status" -eq 0 ] || finish
}

# The rest of the pipe behind what lists the source into the pipe a.
compare() {
	part b "$bin/conn-diff" $1 $empty $verbose $explain \
	    ${max:+-m "$max"} -- "$config" "$known"
	[ -z "$confirm" ] ||
		part c "$bin/conn-load" --confirm $verbose -- "$config"
	bulk
}

full() {
	list
	source_part "$bin/conn-load"
	compare
}

rebuild() {
	rebuild="-R $empty ${max:+-m $max}"
	source_part "$bin/conn-load"
	bulk
}

prune() {
	list
	source_part "$bin/conn-slim"
	compare --prune
}

# What a poll says is kept: if it is refused, the full sync makes it good.
hold() {
	said=$work/said
	command exec 8>> "$said" || die "$said: cannot be written"
	held='--messages 8'
}

poll() {
	if [ -n "$changed" ]; then
		await "$bin/conn-poll" --changed -- "$config" 9>&-
		[ "$status" -ne 4 ] || { status=0; finish; }
		[ "$status" -eq 0 ] || finish
	fi
	[ -n "$verbose$explain" ] || hold
	source_part "$bin/conn-poll" $held
	part b "$helper" watch
	watch=$!
	bulk
	join "$watch"
	[ "$ended" -ne 10 ] || { join; pids='' held='' again=yes; full; }
}

# The shell needs some to redirect anything.
case $(ulimit -n) in ? | 1[0-5]) few=yes ;; esac
# These are found whatever PATH is.
[ -n "$few" ] || for tool in readlink mktemp mkfifo rm; do
	command -pv "$tool" > /dev/null || die "$tool: not found"
done
self=$0
case $self in */*) ;; *) self=$(command -v -- "$self" || echo "$self") ;; esac
self=$(command -p readlink -f -- "$self")
bin=${self%/*}
helper=${bin%/*}/libexec/conn/conn-sync-helper
[ -z "$few" ] || die 'too few descriptors are allowed (ulimit -n)'
trap starved EXIT
# A descriptor that is closed must not become some other file.
{ true 3<&0; } 2>/dev/null || exec 0> /dev/null
{ true 3>&1; } 2>/dev/null || exec 1< /dev/null
{ true 3>&2; } 2>/dev/null || exec 2> /dev/null

[ -x "$helper" ] || die "$helper: not there"
{ settings=$("$helper" options "$bin" "$@" 3>&1 >&4 4>&-) ||
    quit $?; } 4>&1 || quit 75
[ -n "$settings" ] || quit 0
eval "$settings"
fd=''
if [ -z "$dry" ]; then
	{ command exec 9>> "$lock"; } 2>/dev/null ||
		die "$lock: cannot be opened"
	fd=9
fi
for signal in $signals; do trap "stop $signal" "$signal"; done
tmp=${TMPDIR:-/tmp}
work=$(command -p mktemp -d "$tmp/conn-sync.XXXXXX" 2>/dev/null) ||
    die "$tmp: no folder can be made in it"
command -p mkfifo "$work/a" "$work/b" "$work/c" ||
    die "$work: no pipe can be made in it"
await "$helper" begin "$fd" "$lock" "$wait" "$verbose" "$how" "$asked" \
    "$config" > "$work/settings"
[ "$status" -eq 0 ] || finish
. "$work/settings"
[ -z "$fd" ] || export CONN_LOCK_FD=9
[ -z "$dry" ] || known=$work/known
"$how"
finish
