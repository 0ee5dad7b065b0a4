# SPDX-License-Identifier: MIT
# Servers of a file's own that fail, and a proxy before them; after helper,
# servers.

# Small limits, so that small tests meet them.
LIMITS=(indexing_pressure.memory.limit=64kb http.max_content_length=256kb
	thread_pool.write.queue_size=1)

# own SERVER [LINE]...: a server of this file with LIMITS, a proxy before it,
# wiki.yml with these further lines of the index section. Sets REAL, URL of the
# proxy, INDEX of the real one.
own() {
	local line
	dir=$BATS_FILE_TMPDIR/$1
	server_start "$1" "$dir" "${LIMITS[@]}"
	REAL=$URL
	# an earlier test may have failed in the middle of its fault
	kill -CONT "$(cat "$dir/pid")" 2>/dev/null || restart "$1"
	name=faults-$BATS_TEST_NUMBER
	INDEX=$REAL/$name
	proxy_start
	mkdir docs
	cat >wiki.yml <<-END
	name: wiki
	source: {type: directory, path: docs}
	index:
	  type: elasticsearch
	  url: $URL
	  name: $name
	END
	printf '  %s\n' "${@:2}" >>wiki.yml
}

signal() { kill "-$2" "$(cat "$BATS_FILE_TMPDIR/$1/pid")"; }

restart() { # SERVER: at the same port, with what it had
	local d=$BATS_FILE_TMPDIR/$1
	while kill -0 "$(cat "$d/pid")" 2>/dev/null; do sleep 0.05; done
	CONN_SERVER_OWNER=$BATS_ROOT_PID "$ROOT/tests/servers/$1" start "$d" \
	    "${LIMITS[@]}" http.port="${REAL##*:}" >restarted 3>&- 5>&-
}

proxy_start() {
	mkfifo orders
	"$CONN_BUILD/tests/faultproxy" "${REAL#http://}" <orders >answers 3>&- &
	exec 5>orders
	eventually test -s answers
	URL=http://127.0.0.1:$(head -n 1 answers)
}

# order LINE: to the proxy.
order() { echo "$*" >&5; }

# at RULE COMMAND...: when the proxy holds as this rule says, the command is
# run, then the proxy goes on; in the background, `at_ended` waits for it.
at() {
	local rule=$1 holds
	shift
	holds=$(grep -cx held answers || :)
	order "rule $rule hold"
	(
		eventually held_since "$holds" && "$@"
		echo $? >at.status
		order go
	) >at.said 2>&1 3>&- &
	at_pid=$!
}
held_since() { [ "$(grep -cx held answers)" -gt "$1" ]; }
at_ended() {
	wait "$at_pid"
	eq 0 "$(cat at.status)" || { cat at.said; return 1; }
}

# real METHOD PATH [JSON]: of the real server, past the proxy.
real() {
	curl -m 30 -sfX "$1" -H content-type:application/json "$REAL/$2" \
	    ${3:+-d "$3"}
}

# documents FROM TO [WORD]: files of the source, 500 bytes each.
documents() {
	local i pad
	printf -v pad '%0450d' 0
	for ((i = $1; i <= $2; i++)); do
		echo "document $i ${3:-} $pad" >"docs/$i"
	done
}

# The line of conn-sync(1), taken apart for a part of its own to fail.
full() {
	conn-slim "$@" -I wiki.yml >known &&
		conn-load wiki.yml | conn-diff -m 100% known |
		conn-bulk "$@" wiki.yml
}
first() { conn-load wiki.yml | conn-bulk "$@" wiki.yml; }

# ran STATUS COMMAND...
ran() {
	run --separate-stderr "${@:2}"
	check "$1"
}

# The index is the source: by ids and by hashes, and so says a full sync.
equal() {
	local mk=$CONN_BUILD/tests/mkstream
	conn-slim -I wiki.yml | jq -r 'select(.id) | .id + " " + .hash' |
		sort >have
	conn-load wiki.yml | grep -v '^{"_ctl"' | "$mk" -H |
		jq -r 'select(.id) | .id + " " + .hash' | sort >want
	[ -s want ]
	same want have
	ran 0 full -v
	[[ $stderr == *'conn-bulk: 0 indexed, 0 deleted, 0 refused, '* ]]
}

# unsaved: no run was committed. kept RUN: none since that.
unsaved() { [ ! -e "$CONN_STATE_DIR/wiki.state" ]; }
kept() { eq "$1" "$(saved .run)"; }

# meanwhile COMMAND...: runs beside the test; `finished STATUS` waits for it.
meanwhile() {
	"$@" >meanwhile.out 2>meanwhile.err 3>&- 5>&- &
	meanwhile_pid=$!
}
finished() {
	local status=0
	wait "$meanwhile_pid" || status=$?
	eq "$1" "$status" || { cat meanwhile.err; return 1; }
}

saved() { jq -rc "$1" "$CONN_STATE_DIR/wiki.state"; }

# clean, if a file has one, ends what it left in the background: bats waits for
# that.
teardown() {
	exec 5>&-
	if declare -F clean >teardown.said; then clean; fi
	[ -z "${INDEX-}" ] || curl -m 20 -sX DELETE "$INDEX*" >deleted || :
}
