# SPDX-License-Identifier: MIT
# The driver singer: what a tap's life may be; its secrets.
load helper
load singer

# changes TOKEN: the tap puts it into its config file.
changes() {
	printf '%s\n' "printf '%s' '{\"url\": \"https://x.example\", \"n\": 1, \"key\": \"$KEY\", \"token\": \"$1\"}' >\"\$settings\""
}

@test "singer: a config file that the tap changed is kept before anything else, and used" {
	{ changes rotated-token-1; echo 'record users "{\"id\":7}"; kill -9 $$'; } | on sync
	tool 75 conn-load
	eq 600 "$(stat -c %a state/c.token)"
	eq '{"token":"rotated-token-1"}' "$(jq -c .config state/c.token)"
	{
		changes rotated-token-2
		echo "echo 'ERROR rotated-token-2 and rotated-token-1' >&2; users"
	} | on sync
	tool 0 conn-load
	eq rotated-token-1 "$(jq -r .token discover.config)"
	eq rotated-token-1 "$(jq -r .token sync.config)"
	eq '*** and ***' "$(said)"
	on sync <<<users
	tool 0 conn-sync
	eq rotated-token-2 "$(jq -r .token sync.config)"
	{ cat on-discover; changes rotated-token-3; } >x
	on discover <x
	tool 0 conn-check
	eq rotated-token-3 "$(jq -r .config.token state/c.token)"
}

@test "singer: a config file that is replaced, or half written first, is seen" {
	on sync <<-'X'
	printf '{"token": "rota' >"$settings"
	schema users id
	printf '{"token": "rotated-token-1"}' >"$settings.new"
	mv "$settings.new" "$settings"
	users
	X
	tool 0 conn-load
	eq '{"token":"rotated-token-1"}' "$(jq -c .config state/c.token)"
}

@test "singer: a tap that changed its token and prints nothing -> kept all the same" {
	config '  timeout: 60s'
	{ changes rotated-token-1; echo 'echo $$ >pids; exec sleep 300'; } | on sync
	conn-load c.yml >out 2>err 3>&- 5>&- &
	eventually test -e state/c.token
	kill -KILL $!
	wait $! || :
	eq '{"token":"rotated-token-1"}' "$(jq -c .config state/c.token)"
	eventually test -s pids
	eventually gone pids
}

@test "singer: other settings in the config -> what was kept is of no use" {
	{ changes rotated-token-1; echo users; } | on sync
	tool 0 conn-load
	export KEY=canary-of-another-key
	on sync <<<users
	tool 0 conn-load
	eq "{\"url\":\"https://x.example\",\"n\":1,\"key\":\"$KEY\"}" "$(cat sync.config)"
}

@test "singer: the settings lie in a private file; the environment is as configured" {
	config '  environment: {MODE: quiet}'
	on sync <<-'X'
	echo "$MODE" >mode
	ls -l "${0%/*}"/tmp/*/config.json | cut -c1-10 >rights
	ls -ld "${0%/*}"/tmp/* | cut -c1-10 >>rights
	users
	X
	tool 0 conn-load
	eq quiet "$(cat mode)"
	eq '-rw------- drwx------' "$(paste -sd' ' rights)"
}

@test "singer: a tap that prints its secrets -> masked everywhere" {
	on sync <<-'X'
	k=$(sed 's/.*"key":"\([^"]*\)".*/\1/' sync.config)
	echo "$k" >&2; echo "plain $k"
	for level in INFO WARNING ERROR CRITICAL; do echo "$level uses $k, once more $k" >&2; done
	users
	traceback "ValueError: the key $k is bad"
	exit 1
	X
	for option in -x -v -vv; do
		tool 3 conn-load $option
	done
	grep -q 'log: plain \*\*\*' err
	grep -q 'uses \*\*\*, once more \*\*\*' err
		grep -q 'read: the tap ended with status 1: ValueError: the key \*\*\* is bad' err
}

@test "singer: settings that are called as secrets are -> masked, and conn-check warns" {
	sed -i 's,n: 1},n: 1\, auth: {api_key: canary-of-another\, token_url: "https://a"}},' c.yml
	on sync <<-'X'
	echo 'ERROR key canary-of-another' >&2
	users
	X
	tool 0 conn-load
	eq 'key ***' "$(said)"
	tool 0 conn-check
	grep -q 'config: api_key looks like a secret, which belongs into source' err
	eq 1 "$(wc -l <err)"
}

@test "singer: logs -> errors always, warnings and what has no level with -v, the rest with -vv" {
	on sync <<-'X'
	for l in DEBUG INFO WARNING ERROR; do
		echo "$l at $l 1" >&2
		echo "time=2026-01-01 00:00:00 name=tap level=$l message=at $l 2" >&2
		printf '2026-01-01 00:00:00,000 | %-8s | tap-x                | at %s 3\n' $l $l >&2
		echo '    and so on' >&2
	done
	printf '%s\n' 'no level' CRITICAL: ERROR:x >&2
	users
	X
	tool 0 conn-load
	eq 'at ERROR 1
at ERROR 2
at ERROR 3
CRITICAL:
x' "$(said)"
	tool 0 conn-load -v
	eq 9 "$(said | grep -c 'at [A-Z]* [123]$\|and so on\|no level')"
	run ! grep -q 'METRIC\|at INFO' err
	tool 0 conn-load -vv
	grep -q 'log: at INFO 3' err
}

@test "singer: a traceback -> its last line, whole with -v" {
	on sync <<-'X'
	users
	traceback 'ValueError: why'
	exit 1
	X
	tool 3 conn-load
	eq 'read: the tap ended with status 1: ValueError: why' "$(said)"
	tool 3 conn-load -v
	grep -q 'File "a", line 1' err
}

@test "singer: a tap that never ends -> killed with what it started, 75" {
	config '  timeout: 1s'
	on sync <<-'X'
	schema users id
	sleep 300 & echo $! $$ | tr ' ' '\n' >pids
	trap '' TERM
	wait; sleep 300
	X
	tool 75 conn-load
	eventually gone pids
	grep -q 'no line for 1' err
}

@test "singer: conn-load is killed -> no tap, no file stays behind" {
	on sync <<-'X'
	sleep 300 & echo $! $$ | tr ' ' '\n' >pids.new
	mv pids.new pids
	wait
	X
	conn-load c.yml >out 2>err 3>&- 5>&- &
	eventually test -e pids
	ls tmp/conn-singer-*/config.json
	kill -KILL $!
	wait $! || :
	eventually gone pids
	eventually rmdir tmp
}

@test "singer: enough documents -> the tap is ended" {
	on sync <<-'X'
	echo $$ >pids
	schema users id
	while :; do record users '{"id":1}'; done
	X
	tool 0 conn-load -l 5
	eq 5 "$(grep -c '^{"_id"' out)"
	eventually gone pids
}

@test "singer: the kit for drivers" {
	offers users pairs
	on sync <<-'X'
	users
	schema pairs a b
	record pairs '{"a":1,"b":9007199254740993}'
	metric pairs
	X
	run --separate-stderr conn-check --driver c.yml
	check 0
	eq '' "$stderr"
	eventually rmdir tmp
}
