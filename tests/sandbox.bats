# SPDX-License-Identifier: MIT
# What reads the bytes of others is confined, as far as the kernel can.
load helper
load rest

prepare() {
	serve
	case $(conn-check -vvn /dev/null 2>&1) in
	*'sandbox: '*seccomp*) ;;
	*) skip 'no seccomp here' ;;
	esac
}

teardown() {
	[ ! -e pid ] || kill "$(cat pid)"
	[ -z "${front-}" ] || kill "$front" || :
}

# confined PID: a filter holds, and no new rights are to be had.
confined() {
	eq '1 2' "$(awk '/^NoNewPrivs/ { a = $2 } /^Seccomp:/ { b = $2 }
	    END { print a, b }' "/proc/$1/status")"
}

# child PID NAME: the one that runs this program.
child() { pgrep -P "$1" -x -f ".*$2.*"; }

@test "sandbox: a driver, its jq worker" {
	plan '{"on":"GET /x","hang":"go","body":[]}'
	config <<-'EOF'
	streams: {x: {get: /x, doc: "{a: 1}"}}
	EOF
	conn-load wiki.yml >out 2>err 3>&- 5>&- &
	front=$!
	eventually test -s log
	driver=$(child "$front" 'conn-source-rest load')
	confined "$driver"
	for worker in $(pgrep -P "$driver"); do confined "$worker"; done
}

@test "sandbox: conn-diff and conn-bulk while they read" {
	local stream
	plan '{"on":"GET /x","body":[]}'
	config <<<'streams: {x: {get: /x}}'
	conn-slim -I wiki.yml >known
	stream=$(conn-load wiki.yml)
	mkfifo in
	for program in 'conn-diff known' 'conn-bulk wiki.yml'; do
		# shellcheck disable=SC2086
		$program <in >out 2>err 3>&- 5>&- &
		front=$!
		exec 4>in
		eventually confined "$front" >/dev/null
		printf '%s\n' "$stream" >&4
		exec 4>&-
		wait "$front"
		front=
	done
}
