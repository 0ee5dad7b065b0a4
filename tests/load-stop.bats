#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# How a signal ends what writes a stream.
load helper
load lines

prepare() { lines_driver; }

# stopped SIGNAL COMMAND...: sends it once $held is so; it dies of it, silently.
stopped() {
	local signal=$1 pid
	shift
	env --default-signal=INT "$@" > out 2> err 9>&- &
	pid=$!
	eventually eval "$held"
	kill -"$signal" $pid
	status=0
	wait $pid || status=$?
	eq $((128 + $(kill -l "$signal"))) "$status"
	eq '' "$(cat err)"
}

@test "load, poll, slim, bulk: SIGTERM, SIGINT as the config comes -> end with 75, dies of it" {
	mkfifo c.yml
	exec 9<> c.yml
	# shellcheck disable=SC2016
	held='ls -l /proc/$pid/fd 2> /dev/null | grep -v " 9 ->" | grep -q c.yml'
	for how in conn-load conn-poll conn-slim 'conn-slim -I'; do
		for signal in TERM INT; do
			# shellcheck disable=SC2086
			stopped $signal $how c.yml
			eq '["end",false,75]' "$(jq -c '[._ctl,.complete,.status]' out)"
		done
	done
	for how in 'conn-poll --changed' conn-bulk; do
		# shellcheck disable=SC2086
		stopped TERM $how c.yml < /dev/null
		eq '' "$(cat out)"
	done
	exec 9>&-
}

@test "load, poll, slim: SIGTERM as a secret's command runs -> end with 75, dies of it" {
	cat > c.yml <<-'X'
	source: {type: lines, password: {cmd: [sh, -c, 'touch started; exec sleep 60']}}
	index: {type: elasticsearch, url: "https://127.0.0.1:1", name: i,
	  api_key: {cmd: [sh, -c, 'touch started; exec sleep 60']}}
	X
	held='test -e started'
	for how in conn-load conn-poll conn-slim 'conn-slim -I'; do
		rm -f started
		# shellcheck disable=SC2086
		stopped TERM $how c.yml
		eq '["end",false,75]' "$(jq -c '[._ctl,.complete,.status]' out)"
	done
}

@test "load, slim: SIGTERM as the driver ends -> end gives no empty reason" {
	sed -i "2i [ \"\$1\" = spec ] || { exec >&-; touch $PWD/started; exec sleep 60; }" \
		d/conn-source-lines
	held='test -e started'
	for how in conn-load conn-slim; do
		rm -f started
		stopped TERM $how wiki.yml
		eq '["end",false,75,null]' "$(tail -n 1 out |
			jq -c '[._ctl,.complete,.status,.message]')"
	done
}

@test "load: SIGTERM -> what was read of the driver, but not worked off, is left" {
	for i in {1..60}; do echo '{"id":"'"$i"'","doc":{}}'; done > d/load
	echo "map: '.n = ([range(1000000)] | length)'" >> wiki.yml
	conn-load wiki.yml > out &
	eventually test -e d/count
	sleep 1
	kill -TERM $!
	status=0
	wait $! || status=$?
	eq 143 "$status"
	eq '[false,75,true]' "$(tail -n 1 out |
		jq -c '[.complete,.status,.documents < 60]')"
}

@test "load: a file as large as it may be -> 3; the driver does not ignore SIGXFSZ" {
	head -c 400000 /dev/zero | tr '\0' x > text
	jq -Rc '{id: "1", doc: {body: .}}' text > d/load
	sed -i "2i grep SigIgn /proc/self/status > '$PWD/d/ignored'" d/conn-source-lines
	run --separate-stderr bash -c 'ulimit -f 100; conn-load wiki.yml > o'
	check 3
	eq 'conn-load: stdout: File too large' "$stderr"
	read -r _ mask < d/ignored
	eq 0 $((16#$mask >> ($(kill -l XFSZ) - 1) & 1))
}

# counted N...: the driver gives that document, waits until it is counted.
counted() {
	cat > d/conn-source-lines <<EOF
#!/bin/sh
[ \$1 = spec ] && exec cat '$PWD/d/spec.json'
for n in $*; do
	echo '{"id":"'\$n'","doc":{}}'
	t=0
	until grep -q \$n' documents' '$PWD/shown' || [ \$((t += 1)) -gt 200 ]; do
		sleep 0.05
	done
done
EOF
}

@test "load: the line of progress keeps up with a slow source, and is erased" {
	counted 1 2 3
	script -qfec 'TERM=xterm conn-load wiki.yml > out' shown < /dev/null
	grep -v '^Script' shown | tr '\r' '\n' | grep . | uniq > lines
	printf '\e[Kconn-load: %s documents, 0 failed, 0 excluded\n' 1 2 3 > expected
	printf '\e[K\n' >> expected
	same expected lines
}

@test "load: records go to the terminal in place of the line of progress" {
	counted 1
	script -qfec 'TERM=xterm conn-load -r wiki.yml' shown < /dev/null
	grep -q $'0 excluded\r\e\[K{"_id":"wiki:1"}\r$' shown
}
