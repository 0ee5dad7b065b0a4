#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# conn-check: what works of a config, what does not, and the status.
load helper
load drivers

# A driver whose check does what the file `check` says; it leaves its request.
prepare() {
	cat >spec <<-'X'
	{"type":"demo","title":"Demo","verbs":["load","check"],"schema":{"type":"object",
	"properties":{"path":{"type":"string"},"token":{"type":"string","secret":true}}}}
	X
	driver demo "case \$1 in
	spec) cat $BATS_TEST_TMPDIR/spec;;
	check) cat >$BATS_TEST_TMPDIR/request; . $BATS_TEST_TMPDIR/check;;
	*) exit 2;;
	esac"
	: >check
	echo 'source: {type: demo}' >c.yml
}

# names: of the checks; failed: of those that failed.
names() { jq -r .check <<<"$output" | paste -sd ' '; }
failed() { jq -r 'select(.ok | not).check' <<<"$output" | paste -sd ' '; }
message() { jq -r --arg c "$1" 'select(.check == $c).message' <<<"$output"; }

@test "check: all is well -> 0, a line for each part, stderr silent" {
	run --separate-stderr conn-check c.yml
	check 0
	eq "" "$stderr"
	eq "config secrets rules map driver source index state" "$(names)"
	eq "" "$(failed)"
	eq '["check","message","ok"]' "$(jq -c keys <<<"${lines[0]}")"
	eq "Demo: $CONN_DRIVER_PATH/conn-source-demo" "$(message driver)"
	eq "none yet" "$(message state)"
}

@test "check: no state folder yet -> none is made" {
	run --separate-stderr conn-check c.yml
	check 0
	[ ! -e state ]
}

@test "check: a typo -> 2, place on stderr and in the line" {
	printf 'source:\n  type: demo\n  pat: x\n' >c.yml
	run --separate-stderr conn-check c.yml
	check 2
	eq "conn-check: c.yml:3:3: source.pat: unknown key, did you mean path" \
		"$stderr"
	eq "config" "$(failed)"
	eq "conn-check: $(message config)" "$stderr"
	[ ! -e request ]
}

@test "check: not a config at all -> 2, one line" {
	echo 'a: [' >c.yml
	run --separate-stderr conn-check c.yml
	check 2
	eq config "$(names)"
	run --separate-stderr conn-check missing.yml
	check 2
	eq "conn-check: missing.yml: No such file or directory" "$stderr"
	eq config "$(failed)"
}

@test "check: CONFIG on stdin" {
	run --separate-stderr conn-check - <<<'{"name":"n","source":{"type":"demo"}}'
	check 0
	eq "" "$(failed)"
}

@test "check: unknown type -> 2 with its place" {
	printf 'source:\n  type: dmo\n' >c.yml
	run --separate-stderr conn-check c.yml
	check 2
	eq "driver" "$(failed)"
	eq "c.yml:2:9: source.type: unknown type dmo, did you mean demo" \
		"$(message driver)"
}

@test "check: a secret that is not there -> 2, the source is not asked" {
	echo 'source: {type: demo, token: {env: NONE}}' >c.yml
	run --separate-stderr conn-check c.yml
	check 2
	eq "secrets" "$(failed)"
	[[ $stderr == *"c.yml:1:29: source.token: environment variable NONE"* ]]
	[ ! -e request ]
}

@test "check: a secret of the index that is not there -> 2" {
	cat >c.yml <<-'X'
	source: {type: demo}
	index: {type: elasticsearch, url: "https://127.0.0.1:1", name: i,
	  api_key: {env: NONE}}
	X
	run --separate-stderr conn-check c.yml
	check 2
	[[ $(failed) == "secrets"* ]]
}

@test "check: wrong rules and a wrong map -> 2, a line each" {
	cat >c.yml <<-'X'
	source: {type: demo}
	rules: [{id: a}]
	map: '.a |'
	X
	run --separate-stderr conn-check c.yml
	check 2
	eq "rules map" "$(failed)"
	eq 2 "${#stderr_lines[@]}"
}

@test "check: each bad rule -> a line that names it, its place and why" {
	cat >c.yml <<-'X'
	source: {type: demo}
	rules:
	- {id: r1, policy: include, field: f, rule: equals, value: 1, order: 1}
	- {id: r2, policy: skip, field: f, rule: equals, value: 2, order: 2}
	- {id: r3, policy: exclude, field: f, rule: regex, value: "(", order: 3}
	- {id: r4, policy: exclude, field: f, rule: equals, value: 1, order: 4}
	X
	run --separate-stderr conn-check c.yml
	check 2
	eq "rules rules rules" "$(failed)"
	cat >want <<-'X'
	c.yml:4:20: rules[1] (id r2).policy: must be one of include, exclude
	c.yml:5:59: rules[2] (id r3).value: end pattern with unmatched parenthesis
	c.yml:6:60: rules[3] (id r4).value: an earlier rule has the same field, rule and value
	X
	message rules >got
	same want got
	eq "$(sed 's/^/conn-check: /' want)" "$stderr"
}

@test "check: a driver that does not work -> 3" {
	echo '{' >spec
	run --separate-stderr conn-check c.yml
	check 3
	eq "driver" "$(failed)"
	[[ $stderr == "conn-check: driver demo: spec: "* ]]
}

@test "check: a source that does not work -> the driver's words and status" {
	echo 'echo "no such folder" >&2; exit 3' >check
	run --separate-stderr conn-check c.yml
	check 3
	eq "source" "$(failed)"
	eq "no such folder" "$(message source)"
	eq "conn-check: driver demo: no such folder" "$stderr"
	echo 'exit 75' >check
	run --separate-stderr conn-check c.yml
	check 75
	eq "conn-check: driver demo: exit status 75, and no message" "$stderr"
}

@test "check: a driver's own checks -> passed on; a failure is 3" {
	cat >check <<-'X'
	echo '{"check":"token","ok":true}'
	echo '{"check":"rate","ok":true,"message":"is low"}'
	X
	run --separate-stderr conn-check c.yml
	check 0
	eq "config secrets rules map driver token rate source index state" \
		"$(names)"
	eq "conn-check: warning: driver demo: rate: is low" "$stderr"
	cat >>check <<-'X'
	echo '{"check":"scope","ok":false,"message":"no"}'
	X
	run --separate-stderr conn-check c.yml
	check 3
	eq "scope source" "$(failed)"
	grep -qx "conn-check: driver demo: scope: no" <<<"$stderr"
}

@test "check: the check verb gets rules and streams" {
	cat >c.yml <<-'X'
	source: {type: demo}
	streams: [{name: s}]
	rules:
	  - {id: a, policy: include, field: f, rule: equals, value: 1, order: 1}
	X
	run --separate-stderr conn-check -vv c.yml
	check 0
	eq '["s"]' "$(jq -c '[.streams[].name]' request)"
	eq '["a"]' "$(jq -c '[.rules[].id]' request)"
	eq 2 "$(jq .verbose request)"
	eq "null" "$(jq -c .index request)"
}

@test "check: a driver without check -> said so" {
	sed -i 's/,"check"//' spec
	run --separate-stderr conn-check c.yml
	check 0
	eq "the driver has no check" "$(message source)"
}

@test "check: an index that is none -> 3" {
	echo 'not a database, but long enough to look like one' >x.db
	echo 'index: {type: sqlite, path: x.db}' >>c.yml
	run --separate-stderr conn-check c.yml
	check 3
	eq "index" "$(failed)"
}

@test "check: a state folder that cannot be made -> 3" {
	[ "$(id -u)" -eq 0 ] || skip 'not root: rights cannot be dropped'
	reachable
	HOME=/nonexistent run --separate-stderr env -u CONN_STATE_DIR \
	    setpriv --reuid 65534 --regid 65534 --clear-groups conn-check c.yml
	check 3
	eq "index state" "$(failed)"
	eq "/: Permission denied; /nonexistent/.local/state/conn cannot be made" \
	    "$(message index)"
}

@test "check: what SQLite left beside an index cannot be written -> 3, says so" {
	local as='setpriv --reuid 65534 --regid 65534 --clear-groups'
	[ "$(id -u)" -eq 0 ] || skip 'not root: rights cannot be dropped'
	reachable
	mkdir -m 700 own
	chown 65534:65534 own
	echo '{"id":1}' >d.json
	printf 'source: {type: file, path: d.json, id: id}\nstate: own\n' >d.yml
	$as conn-sync d.yml
	chmod 400 own/d.db
	$as conn-slim -I d.yml >known
	chmod 600 own/d.db own/d.db-wal
	run --separate-stderr $as conn-check d.yml
	check 3
	eq "$PWD/own/d.db: it, its -wal and -shm, and its folder must be \
writable, even to read it" "$(message index)"
}

@test "check: a state folder behind a link that leads nowhere, under a file -> 3" {
	ln -s nowhere dangling
	CONN_STATE_DIR=$PWD/dangling run --separate-stderr conn-check c.yml
	check 3
	eq "index state" "$(failed)"
	eq "$PWD/dangling: a link that leads nowhere" "$(message index)"
	CONN_STATE_DIR=$PWD/c.yml/a/b run --separate-stderr conn-check c.yml
	check 3
	eq "index state" "$(failed)"
	[ ! -e nowhere ]
	mkdir nowhere
	CONN_STATE_DIR=$PWD/dangling/a/b run --separate-stderr conn-check c.yml
	check 0
	[ ! -e nowhere/a ]
}

@test "check: an index that is a device -> 3" {
	echo 'index: {path: /dev/null}' >>c.yml
	run --separate-stderr conn-check c.yml
	check 3
	eq "index" "$(failed)"
	eq "/dev/null: not a regular file" "$(message index)"
}

@test "check: a damaged state -> 3" {
	mkdir -m 700 state
	echo '{"v":1}' >state/c.state
	run --separate-stderr conn-check c.yml
	check 3
	eq "state" "$(failed)"
	[[ $stderr == *"state/c.state: "* ]]
}

@test "check: the first failure decides" {
	mkdir -m 700 state
	echo '{"v":1}' >state/c.state
	echo 'exit 75' >check
	run --separate-stderr conn-check c.yml
	check 75
	eq "source state" "$(failed)"
}

@test "check: dry run -> no secret is fetched, nothing is asked" {
	cat >c.yml <<-X
	source: {type: demo, token: {cmd: [touch, $BATS_TEST_TMPDIR/ran]}}
	index: {type: elasticsearch, url: "http://127.0.0.1:1", name: i}
	X
	run --separate-stderr conn-check --dry-run c.yml
	check 0
	eq "" "$stderr"
	eq "config secrets rules map driver source index state" "$(names)"
	eq "not connected" "$(message source)"
	[ ! -e ran ] && [ ! -e request ]
}

@test "check: a secret in what a driver says -> masked" {
	cat >check <<-'X'
	echo '{"check":"t","ok":false,"message":"bad canary-1f2e"}'
	echo "stderr canary-1f2e" >&2
	X
	echo 'source: {type: demo, token: {env: TOKEN}}' >c.yml
	TOKEN=canary-1f2e run --separate-stderr conn-check -vv c.yml
	check 3
	grep -q canary-1f2e request
	[[ $output$stderr != *canary* ]]
	eq "bad ***" "$(message t)"
	[[ $stderr == *"driver demo: stderr ***"* ]]
}

@test "check: verbose -> a summary" {
	run --separate-stderr conn-check -v c.yml
	check 0
	eq "conn-check: 8 checks, 0 failed" "$stderr"
}

@test "check: twice verbose -> says which sandbox there is" {
	run --separate-stderr conn-check -vv c.yml
	check 0
	local all='landlock [0-9]+|seccomp|landlock [0-9]+, seccomp|none here'
	grep -qxE "conn-check: sandbox: ($all)" <<<"$stderr"
}

@test "check: started with SIGCHLD ignored -> drivers are waited for" {
	cat >start.py <<-'X'
	import os, signal
	signal.signal(signal.SIGCHLD, signal.SIG_IGN)
	os.execvp("conn-check", ["conn-check", "c.yml"])
	X
	run --separate-stderr python3 start.py
	check 0
	eq "" "$stderr"
}

@test "check: -vv -> which driver is started, how it ended" {
	run --separate-stderr conn-check -vv c.yml
	check 0
	grep -qx "conn-check: driver demo: $CONN_DRIVER_PATH/conn-source-demo spec" \
		<<<"$stderr"
	grep -qx "conn-check: driver demo: exit status 0" <<<"$stderr"
}

@test "check: wrong usage -> 2" {
	for args in '' 'a b' '-d -n c.yml' '--dry c.yml' '-q c.yml'; do
		# shellcheck disable=SC2086
		run --separate-stderr conn-check $args
		check 2
		eq "" "$output"
		eq 1 "${#stderr_lines[@]}"
	done
}

@test "check: a slow source -> what is known of the rest is told before" {
	mkfifo go
	echo "read -r x <$BATS_TEST_TMPDIR/go" >check
	conn-check c.yml >out &
	eventually grep -q '"driver"' out
	echo >go
	wait $!
	eq 8 "$(wc -l <out)"
}

@test "check: full disk -> 3" {
	run --separate-stderr sh -c 'conn-check c.yml >/dev/full'
	check 3
	[[ $stderr == "conn-check: stdout: "* ]]
}

# terminated PID: SIGTERM is what it dies of.
terminated() {
	kill -TERM "$1"
	status=0
	wait "$1" || status=$?
	eq 143 "$status"
}

@test "check: SIGTERM -> 143, and the driver is stopped" {
	echo "echo \$\$ >$BATS_TEST_TMPDIR/pid; sleep 1000" >check
	conn-check c.yml >out 2>err &
	eventually [ -s pid ]
	terminated $!
	gone() { ! kill -0 "$(cat pid)" 2>/dev/null; }
	eventually gone
	eq "" "$(cat err)"
	eq "true" "$(jq .ok out | sort -u)"
}

@test "check: SIGTERM as a secret's command runs -> 143, no word of it" {
	echo 'source: {type: demo, token: {cmd: [sh, -c, "touch ran; exec sleep 60"]}}' >c.yml
	conn-check c.yml >out 2>err &
	eventually [ -e ran ]
	terminated $!
	eq "" "$(cat err)"
	eq '["config",true]' "$(jq -c '[.check, .ok]' out)"
}

@test "check, spec -D: SIGUSR1 -> one status line, nothing else changes" {
	driver slow <<EOF
case \$1 in
spec) echo '{"type":"slow","title":"Slow","verbs":["load","check","discover"],
	"schema":{"type":"object","properties":{}}}' ;;
*) touch '$PWD/begun'; until [ -e '$PWD/go' ]; do sleep 0.05; done ;;
esac
EOF
	echo 'source: {type: slow}' > slow.yml
	for how in conn-check 'conn-spec -D'; do
		rm -f begun go
		$how slow.yml > out 2> err &
		eventually test -e begun
		kill -USR1 $!
		eventually test -s err
		touch go
		wait $!
		cat err
	done > said
	eq "conn-check: 5 checks, 0 failed
conn-spec: 0 streams" "$(cat said)"
}
