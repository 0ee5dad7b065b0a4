# SPDX-License-Identifier: MIT
# For programs that print one message a line, run from c.yml; loaded by what
# makes one that does as a test wants, after helper.

# on VERB: what the program does then, sh on stdin.
on() { cat >"on-$1"; }

# tool STATUS PROGRAM [ARG]...: on c.yml, with that status, into out and err;
# nothing of it stays behind, and no secret is seen.
tool() {
	local want=$1
	shift
	run --separate-stderr "$@" c.yml
	printf '%s\n' "$output" >out
	printf '%s\n' "$stderr" >err
	check "$want"
	eventually empty tmp
	run ! grep -F "$KEY" out err
}

empty() { [ -z "$(ls "$1")" ]; }

docs() { jq -r '._id // .id // empty | ltrimstr("c:")' out | sort | paste -sd' '; }
# said: without the program and the driver.
said() { sed 's/^conn-[a-z]*: //; s/^driver [a-z]*: //' err; }
# ctl KIND: "ID CODE" or "PREFIX CODE" of the fails, or the states by stream.
fails() { jq -r 'select(._ctl == "fail") | "\(.prefix // .id // "-") \(.code)"' out | sort; }
states() { jq -c 'select(._ctl == "state") | [.stream, .value]' out; }
whole() { jq -r 'select(._ctl == "end").complete' out; }
indexed() { conn-slim -I c.yml | jq -r '.id // empty | ltrimstr("c:")' | sort | paste -sd' '; }

teardown() {
	[ ! -e pids ] || xargs -r kill -9 <pids 2>/dev/null || :
}

# gone PIDFILE: none of these processes lives.
gone() {
	local pid
	while read -r pid; do
		[ ! -e "/proc/$pid/root/." ] || return 1
	done <"$1"
}
