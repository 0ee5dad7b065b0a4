# SPDX-License-Identifier: MIT
# The driver airbyte: what a connector's life may be; its secrets.
load helper
load airbyte

# changes TOKEN: the message that puts it into the settings.
changes() {
	printf "say CONTROL '%s'\n" '"control":{"type":"CONNECTOR_CONFIG","emitted_at":1.5,"connectorConfig":{"config":{"url":"https://x.example","n":1,"key":"canary-of-the-key","token":"'"$1"'","__injected":{"a":1},"other":2}}}'
}

@test "airbyte: changed settings are kept before anything else, and used" {
	local t=rotated-token-1
	{ changes $t; echo 'record users "{\"id\":7}"; kill -9 $$'; } | on read
	tool 75 conn-load
	eq 600 "$(stat -c %a state/c.token)"
	eq "{\"token\":\"$t\"}" "$(jq -c .config state/c.token)"
	{ changes rotated-token-2; echo "log ERROR 'rotated-token-2 and $t'; users"; } | on read
	tool 0 conn-load
	eq "$t" "$(jq -r .token read.config)"
	eq '*** and ***' "$(said)"
	tool 0 conn-sync
	eq rotated-token-2 "$(jq -r .token read.config)"
	eq '["key","n","token","url"]' "$(jq -c keys read.config)"
	on check <<<"$(changes rotated-token-3)"
	tool 3 conn-check
	eq rotated-token-3 "$(jq -r .config.token state/c.token)"
}

@test "airbyte: settings that changed are masked in a fail, too" {
	local t=rotated-token-1
	offers users pairs
	{ changes $t; echo "users; error config_error '$t is bad' pairs"; } | on read
	tool 1 conn-load
	eq '*** is bad' "$(jq -r 'select(._ctl == "fail").message' out)"
	eq 'c:pairs/: unreadable: *** is bad' "$(said)"
}

@test "airbyte: other settings in the config -> what was kept is of no use" {
	changes rotated-token-1 | on read
	tool 0 conn-load
	export KEY=canary-of-another-key
	tool 0 conn-load
	eq "{\"url\":\"https://x.example\",\"n\":1,\"key\":\"$KEY\"}" "$(cat read.config)"
	echo '{"v":1}' >state/c.token
	tool 3 conn-load
	grep -q 'c.token: not a file of tokens' err
}

@test "airbyte: another run holds the kept settings -> 75 after retry" {
	{ changes rotated-token-1; echo users; } | on read
	tool 0 conn-load
	config '  retry: 100ms'
	run -75 --separate-stderr flock state/c.token.lock conn-load c.yml 3>&-
	[[ $stderr == *'c.token.lock: another run holds it'* ]]
	tool 0 conn-load
}

@test "airbyte: a connector that prints its secrets -> masked everywhere" {
	on read <<-'X'
	k=$(sed 's/.*"key":"\([^"]*\)".*/\1/' read.config)
	echo "$k" >&2; echo "plain $k"
	for level in INFO WARN ERROR FATAL; do log $level "uses $k, once more $k"; done
	users
	error config_error "the key $k is bad"
	exit 1
	X
	for option in -x -v -vv; do
		tool 3 conn-load $option
	done
	grep -q 'log: plain \*\*\*' err
	grep -q 'uses \*\*\*, once more \*\*\*' err
	grep -q 'read: the key \*\*\* is bad' err
}

@test "airbyte: logs -> errors always, warnings with -v, the rest with -vv" {
	on read <<-'X'
	for level in DEBUG INFO WARN ERROR; do log $level "at $level\nsecond line"; done
	users
	X
	tool 0 conn-load
	eq 'at ERROR' "$(said)"
	tool 0 conn-load -v
	eq 'log: at WARN
at ERROR' "$(said | grep ' at\|^at')"
	tool 0 conn-load -vv
	grep -q 'log: at INFO' err
}

@test "airbyte: a connector that never ends -> killed with what it started, 75" {
	config '  timeout: 1s'
	on read <<-'X'
	is users STARTED
	sleep 300 & echo $! $$ | tr ' ' '\n' >pids
	trap '' TERM
	wait; sleep 300
	X
	tool 75 conn-load
	eventually gone pids
	grep -q 'no line for 1' err
}

@test "airbyte: conn-load is killed -> no connector, no file stays behind" {
	local signal
	on read <<-'X'
	sleep 300 & echo $! $$ | tr ' ' '\n' >pids.new
	mv pids.new pids
	wait
	X
	for signal in KILL TERM; do
		rm -f pids
		conn-load c.yml >out 2>err 3>&- 5>&- &
		eventually test -e pids
		ls tmp/conn-airbyte-*/config.json
		kill -$signal $!
		wait $! || :
		eventually gone pids
		eventually rmdir tmp
		mkdir tmp
	done
}

@test "airbyte: killed while its remover still starts -> no file stays behind" {
	local group
	command -v strace >/dev/null || skip 'no strace'
	on spec <<<'echo $PPID >group.new; mv group.new group; sleep 300'
	cat >d <<-X
	{"v":1,"source":{"command":["$PWD/connector"]},"streams":[],"state":null}
	X
	strace -qq -f -o trace -e trace=setsid,setpgid \
	    -e inject=setsid,setpgid:delay_enter=2000000:when=1 \
	    python3 -c 'import os, sys; os.setpgid(0, 0); os.execv(*sys.argv[1:2], sys.argv[1:])' \
	    "$CONN_BUILD/libexec/conn/conn-source-airbyte" load \
	    <d >out 2>err 3>&- 5>&- &
	eventually test -e group
	ls tmp/conn-airbyte-*/config.json
	kill -KILL -- -"$(cat group)"
	wait $! || :
	eventually rmdir tmp
}

@test "airbyte: its folder stayed behind after all -> the next run removes it" {
	mkdir -m 700 tmp/conn-airbyte-{dead00,alive0,mine}
	mkdir -m 755 tmp/conn-airbyte tmp/conn-airbyte-backup
	echo '{}' | tee tmp/conn-airbyte-{dead00,mine,backup}/config.json
	on read <<-'X'
	ls tmp >seen
	users
	X
	run -0 --separate-stderr flock tmp/conn-airbyte-alive0 conn-load c.yml 3>&-
	eq 'conn-airbyte conn-airbyte-alive0 conn-airbyte-backup conn-airbyte-mine' \
	    "$(ls tmp | paste -sd' ')"
	eq 5 "$(wc -l <seen)"
}

@test "airbyte: enough documents -> the connector is ended" {
	on read <<-'X'
	echo $$ >pids
	while :; do record users '{"id":1}'; done
	X
	tool 0 conn-load -l 5
	eq 5 "$(grep -c '^{"_id"' out)"
	eventually gone pids
}

@test "airbyte: what a connector leaves running does not hold the run" {
	on read <<-'X'
	sleep 300 & echo $! >pids
	users
	X
	tool 0 conn-load
	eq true "$(whole)"
	eventually gone pids
}

@test "airbyte: {folder} in the command is the folder of its files" {
	cat >wrapped <<-'X'
	#!/bin/sh
	cd "${0%/*}" && echo "$1 $PWD" >>folders && ls "${1#*=}" >>listed
	shift
	exec ./connector "$@"
	X
	chmod 755 wrapped
	sed -i "s,/connector\],/wrapped\, \"--mount={folder}\"]," c.yml
	tool 0 conn-load
	eq 3 "$(grep -c -- "^--mount=$PWD/tmp/conn-airbyte-" folders)"
	grep -q '^catalog.json' listed
}

@test "airbyte: the kit for drivers" {
	offers users pairs
	on read <<-'X'
	users
	record pairs '{"a":1,"b":{"c":9007199254740993}}'
	is pairs COMPLETE
	X
	run --separate-stderr conn-check --driver c.yml
	check 0
	eq '' "$stderr"
	eventually rmdir tmp
}
