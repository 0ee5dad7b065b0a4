#!/bin/sh
# SPDX-License-Identifier: MIT
# conn-sync (conn) @VERSION@: list, load, compare, apply, under one lock.
#
# Descriptor 9 holds the lock and goes to conn-bulk alone; the others are
# joined by named pipes, so that each is known by its number and can be
# stopped, and so that it matters how each of them ended.
# shellcheck disable=SC2086,SC2154,SC2317  # settings are words or empty

umask 077
self=$0
case $self in */*) ;; *) self=$(command -v -- "$self" || echo "$self") ;; esac
self=$(readlink -f -- "$self")
bin=${self%/*}
helper=${bin%/*}/libexec/conn/conn-sync-helper
work='' pids='' first='' last='' measured='' rebuild=''

die() {
	echo "conn-sync: $1" >&2
	clean
	exit 3
}

# Runs a program to its end, but lets us be stopped meanwhile.
await() {
	"$@" 9>&- &
	pids=$!
	wait "$pids"
	status=$?
	pids=''
}

# Starts a part of the pipe that reads $1 and writes $2.
part() {
	from=$1 to=$2
	shift 2
	"$@" < "$from" > "$to" 9>&- &
	pids="$pids $!"
}

# Starts the part that reads the source.
source_part() {
	part /dev/null "$work/a" "$@" $verbose $explain -- "$config"
	first=$!
}

# The last part; its status is ours.
bulk() {
	"$bin/conn-bulk" $rebuild $dry $verbose ${metrics:+-M "$metrics"} -- \
	    "$config" < "$1" &
	last=$!
	wait "$last"
	status=$?
	measured=yes
	# it did not read to the end: who still reads the source does it in vain
	[ "$status" -le 1 ] || kill -TERM "$first" 2>/dev/null
}

stop() {
	trap '' HUP INT TERM
	kill -TERM $pids $last 2>/dev/null
	wait
	clean
	trap - "$1"
	kill "-$1" $$
}

clean() {
	[ -z "$work" ] || rm -rf -- "$work"
	work=''
}

# Ends with $status; writes the metrics where no conn-bulk did.
finish() {
	wait
	clean
	[ -z "$dry" ] || exit "$status"
	[ -z "$measured" ] || metrics=''
	"$helper" end "$status" "$start" "$mono" "$metrics" "$config"
	exit
}

# Lists what the index has.
list() {
	true 2>/dev/null >> "$known" || die "$known: cannot be written"
	await "$bin/conn-slim" --index $verbose -- "$config" > "$known"
	[ "$status" -eq 0 ] || finish
}

# The rest of the pipe behind what lists the source into the pipe a.
compare() {
	part "$work/a" "$work/b" "$bin/conn-diff" $1 $empty $verbose $explain \
	    ${max:+-m "$max"} -- "$config" "$known"
	[ -n "$confirm" ] || { bulk "$work/b"; return; }
	part "$work/b" "$work/c" "$bin/conn-load" --confirm $verbose -- \
	    "$config"
	bulk "$work/c"
}

full() {
	list
	source_part "$bin/conn-load"
	compare
}

rebuild() {
	rebuild="-R $empty ${max:+-m $max}"
	source_part "$bin/conn-load"
	bulk "$work/a"
}

prune() {
	list
	source_part "$bin/conn-slim"
	compare --prune
}

poll() {
	if [ -n "$changed" ]; then
		await "$bin/conn-poll" --changed -- "$config"
		[ "$status" -ne 4 ] || { status=0; finish; }
		[ "$status" -eq 0 ] || finish
	fi
	source_part "$bin/conn-poll"
	part "$work/a" "$work/b" "$helper" watch
	watch=$!
	bulk "$work/b"
	wait "$watch"
	[ $? -ne 10 ] || { wait; pids=''; full; }
}

# A descriptor that is closed must not become some other file.
{ true 3<&0; } 2>/dev/null || exec 0> /dev/null
{ true 3>&1; } 2>/dev/null || exec 1< /dev/null
{ true 3>&2; } 2>/dev/null || exec 2> /dev/null

[ -x "$helper" ] || die "$helper: not there"
{ settings=$("$helper" options "$@" 3>&1 >&4 4>&-) || exit; } 4>&1
[ -n "$settings" ] || exit 0
eval "$settings"
fd=''
if [ -z "$dry" ]; then
	exec 9>> "$lock" || exit 3
	fd=9
fi
settings=$("$helper" begin "$fd" "$wait" "$verbose" "$how" "$asked" \
    "$config") || exit
eval "$settings"
[ -z "$fd" ] || export CONN_LOCK_FD=9
trap 'stop HUP' HUP
trap 'stop INT' INT
trap 'stop TERM' TERM
tmp=${TMPDIR:-/tmp}
work=$(mktemp -d "$tmp/conn-sync.XXXXXX" 2>/dev/null) ||
    die "$tmp: no folder can be made in it"
mkfifo "$work/a" "$work/b" "$work/c" || { clean; exit 3; }
[ -z "$dry" ] || known=$work/known
"$how"
finish
