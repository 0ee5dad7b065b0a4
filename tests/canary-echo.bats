#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A server that sends back all that it was sent, and secrets of every kind:
# they show in no message, file, argument or environment.

load helper
load rest

# What quoting, escaping and percent signs change is in it.
CANARY='Kanarien/vogel+"08\15&='

prepare() {
	serve
	mkdir secrets tmp
	export TMPDIR=$PWD/tmp
	printf %s "$CANARY" >secrets/c
	chmod 600 secrets/c
}

# every STATUS REST-OF-LINE: all requests are answered so.
every() {
	local method
	for method in GET POST PUT DELETE; do
		printf '{"on":"%s /*","status":%s%s}\n' $method "$1" "$2"
	done >plan
}

# asked for PROGRAM [ARG]...: traced, its output kept; its status is any of
# these.
traced() {
	local status=0
	strace -qq -f --seccomp-bpf -v -s 100000 -e trace=execve -o exec.new \
	    "$@" wiki.yml >>said 2>&1 </dev/null || status=$?
	cat exec.new >>execs
	case $status in 0 | 1 | 2 | 3 | 75) ;; *) echo "$* -> $status"; return 1 ;; esac
}

# What holds a part of the secret, as it is or encoded.
leaks() {
	local word=(-e Kanarien -e vogel)
	for at in "me:$CANARY" "$CANARY" ; do
		word+=(-e "$(printf %s "$at" | base64 -w0 | cut -c1-16)")
	done
	# the file of tokens is there to hold them
	grep -rlF "${word[@]}" . --exclude-dir=secrets --exclude=log \
	    --exclude=plan --exclude=wiki.token || :
}

# none KIND: there is no leak.
none() {
	eq "$1:" "$1:$(leaks)" && return
	grep -aFn -e Kanarien -e vogel said execs | cut -c1-600
	return 1
}

source_config() { # AUTH-LINES
	config <<-EOF
	$1

	streams:
	  x: {get: /x, doc: "{k: 1}", status: {"500": skip}}
	EOF
}

@test "canary: a source's server that sends all back -> nowhere" {
	local c='{file: secrets/c}' oauth="{oauth: {url: $URL/token, client_id: me, " kind
	local kinds=("auth: {bearer: $c}" "auth: {basic: [me, $c]}"
	    "headers: {X-Key: $c}" "query: {sig: $c}"
	    "auth: ${oauth}grant: client_credentials, client_secret: $c}}"
	    "auth: ${oauth}grant: refresh_token, client_secret: x, refresh_token: $c}}"
	    "auth: {login: {post: /login, body: {user: me, password: $c}, token: .t, as: bearer}}"
	    "auth: {aws: {region: r, service: s, key: $c, secret: $c}}")
	local answer
	for kind in "${kinds[@]}"; do
		: >log
		source_config "$kind"
		for answer in '401 ,"echo":true' '403 ,"echo":"raw"' \
		    '400 ,"echo":true' '500 ,"echo":"raw"' \
		    '200 ,"echo":"raw"'; do
			# issuers of tokens that fail so are asked for long
			[[ $answer$kind == 500*': {'[ol]* ]] && continue
			every "${answer%% *}" "${answer#* }"
			traced conn-load -vv
		done
		traced conn-check -vv
		[ -s log ]
		none "$kind"
	done
	grep -q '\*\*\*' said
}

@test "canary: an index's server that sends all back -> nowhere" {
	local kind answer c='{file: secrets/c}'
	mkdir files
	echo text >files/a
	for kind in "api_key: $c" "bearer: $c" "user: me, password: $c" \
	    "aws: {region: r, service: es, key: $c, secret: $c}"; do
		: >log
		cat >wiki.yml <<-EOF
		source: {type: directory, path: files}
		index: {type: elasticsearch, url: $URL, name: wiki, retry: 1s, $kind}
		EOF
		for answer in '401 ,"echo":true' '403 ,"echo":"raw"' \
		    '400 ,"echo":true' '200 ,"echo":true'; do
			every "${answer%% *}" "${answer#* }"
			traced conn-slim -I -vv
			traced conn-check -vv
			conn-load wiki.yml >stream
			conn-bulk -vv -M metrics wiki.yml <stream >>said 2>&1 ||
			    [ $? -ne 139 ]
		done
		traced conn-sync -vv -M metrics
		[ -s log ] && [ -s metrics ]
		none "$kind"
	done
	grep -q '\*\*\*' said
}

@test "canary: a password in a URL, or for a database that is down -> nowhere" {
	local kind at=127.0.0.1:9 me=me:Kanarienvogel c='{file: secrets/c}'
	for kind in "type: rest, url: 'https://$me@$at', streams: {x: {get: /}}" \
	    "type: postgresql, url: 'postgresql://$me@$at/d'" \
	    "type: postgresql, url: 'postgresql://me@$at/d', password: $c" \
	    "type: mysql, url: 'mysql://$me@$at/d'" \
	    "type: mysql, url: 'mysql://me@$at/d', password: $c" \
	    "type: mongodb, url: 'mongodb://$me@$at/d'" \
	    "type: mongodb, url: 'mongodb://$at', database: d, user: me, password: $c"; do
		printf 'source: {timeout: 1s, %s}\n' "$kind" >secrets/wiki.yml
		ln -sf secrets/wiki.yml wiki.yml
		traced conn-check -n -vv
		traced conn-load -vv
		none "$kind"
	done
	echo 'source: {type: directory, path: .}' >secrets/wiki.yml
	echo 'index: {type: elasticsearch, name: i, url: "https://me:Kanarienvogel@127.0.0.1:9"}' \
	    >>secrets/wiki.yml
	traced conn-slim -I -vv
	none index
}

# tree PID: it and all that it started.
tree() {
	local child
	echo "$1"
	for child in $(pgrep -P "$1"); do tree "$child"; done
}

teardown() {
	[ ! -e pid ] || kill "$(cat pid)"
	# shellcheck disable=SC2046
	[ -z "${pid-}" ] || kill -KILL $(tree "$pid") 2>/dev/null || :
}

# ends COMMAND...: how it does, "11 no core", into the file end.
ends() {
	python3 -c 'import os, subprocess, sys
p = subprocess.Popen(sys.argv[1:])
print(p.pid, file=open("child", "w"), flush=True)
s = os.waitpid(p.pid, 0)[1]
print(os.WTERMSIG(s), "core" if os.WCOREDUMP(s) else "no core",
      file=open("end", "w"))' "$@"
}

@test "canary: killed by SEGV or ABRT -> no core file, of none of them" {
	local p signal
	ulimit -c unlimited || skip 'the hard limit of core files is lower'
	source_config 'auth: {bearer: {file: secrets/c}}'
	cat >>wiki.yml <<-EOF
	map: .
	index: {type: elasticsearch, url: $URL, name: wiki, bearer: {file: secrets/c}}
	EOF
	plan '{"on":"GET /x","body":[{"id":1}]}'
	conn-load wiki.yml >in
	echo '{"on":"GET /*","hang":"go","body":[]}' >plan
	# the sanitizers would take it and end with a status
	export ASAN_OPTIONS=handle_segv=0
	for signal in SEGV ABRT; do
		for program in conn-load 'conn-slim -I' conn-bulk conn-check; do
			rm -f child end
			: >log
			# shellcheck disable=SC2086
			ends $program wiki.yml <in >out 2>err 3>&- 5>&- &
			eventually test -s child
			pid=$(cat child)
			eventually test -s log
			for p in $(tree "$pid"); do
				eq "$program 1" "$program $(awk '/^Max core/ { print $5 }' \
				    "/proc/$p/limits")"
			done
			kill -$signal "$pid"
			eventually test -s end
			eq "$(kill -l $signal) no core" "$(cat end)"
		done
	done
	eq '' "$(find . -name 'core*')"
}
