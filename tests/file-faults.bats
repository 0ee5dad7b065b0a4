# SPDX-License-Identifier: MIT
# The file driver while what it reads is renamed, replaced and written.
load helper
load source

# src FILE [MEMBERS]: the source section for ./FILE.
src() { printf '{"path":"%s/%s"%s}' "$PWD" "$1" "${2:+,$2}"; }

# delayed USECONDS COMMAND...: the command while the first of d/* is read,
# each read of that takes so long: $output.
delayed() {
	command -v strace >/dev/null || skip 'no strace'
	printf '{"v":1,"source":%s}' "$(src 'd/*' '"id":"id"')" >request
	: >trace
	ASAN_OPTIONS=detect_leaks=0 strace -qq -o trace -P "$PWD/d/0.ndjson" \
	    -P "$PWD/d/1.ndjson" -e "inject=read:delay_exit=$1" \
	    "$CONN_BUILD/libexec/conn/conn-source-file" load <request >out 3>&- &
	local pid=$!
	eventually grep -q 'read(.*id' trace
	"${@:2}"
	wait $pid
	output=$(<out)
}

three() {
	mkdir -p d
	for i in 0 1 2; do echo '{"id":"'$i'"}' >d/$i.ndjson; done
}

@test "file: renamed to a name that was read -> not missed" {
	three
	echo '{"id":"3"}' >new
	down() { mv d/1.ndjson d/0.ndjson; mv d/2.ndjson d/1.ndjson
	    mv new d/2.ndjson; }
	delayed 300000 down
	eq '0 1 2 3' "$(ids | sort -u | paste -sd' ')"
	eq '' "$(fails)"
}

@test "file: a record that moves to a file that was read -> not missed" {
	three
	move() { printf '{"id":"%s","x":1}\n' 0 2 >new; mv new d/0.ndjson
	    echo '{"id":"4"}' >new; mv new d/2.ndjson; }
	delayed 300000 move
	eq '0 1 2 4' "$(ids | sort -u | paste -sd' ')"
	eq '{"id":"0","x":1}' "$(doc 0 .doc | tail -n 1)"
	eq '' "$(fails)"
	three
	move() { echo '{"id":"2"}' >d/3.ndjson; echo '{"id":"4"}' >new
	    mv new d/2.ndjson; }
	delayed 300000 move
	eq '0 1 2 4' "$(ids | sort -u | paste -sd' ')"
}

@test "file: what is read last is replaced meanwhile -> for the next run" {
	mkdir d
	echo '{"id":"0"}' >d/0.ndjson
	replace() { echo '{"id":"1"}' >new; mv new d/0.ndjson; }
	delayed 300000 replace
	eq '{"id":"0","doc":{"id":"0"}}' "$output"
}

@test "file: files that are replaced all the time -> fail, changing" {
	three
	: >mark
	python3 -c 'import os, time
while True:
	for i in "01":
		open("new", "w").write("{\"id\":" + i + "}\n")
		os.rename("new", f"d/{i}.ndjson")
	time.sleep(0.005)' 3>&- &
	local pid=$!
	eventually test d/1.ndjson -nt mark
	delayed 100000 true
	kill $pid
	eq '0 1 2' "$(ids | sort -u | paste -sd' ')"
	eq '- changing' "$(fails)"
	[[ $(jq -r '.fail.message // empty' <<<"$output") == \
	    "$PWD"/d/*': the files keep changing' ]]
}

@test "file: it grows faster than it is read -> fail, changing" {
	three
	grow() {
		for _ in {1..400}; do
			kill -0 $pid 2>/dev/null || break
			echo '{"id":9}' >>d/0.ndjson
			sleep 0.05
		done
	}
	delayed 100000 grow
	eq '0 1 2' "$(ids | paste -sd' ')"
	eq '- changing' "$(fails)"
}

@test "file: written twice in one step of the clock -> the second is read" {
	local now
	mkdir d
	printf -v now '%(%s)T'
	echo '{"id":1}' >d/a.ndjson
	touch -d "@$now" d/a.ndjson
	drive file slim "$(src 'd/*' '"id":"id"')" >out 3>&- &
	local pid=$!
	sleep 0.3
	echo '{"id":2}' >d/a.ndjson
	touch -d "@$now" d/a.ndjson
	wait $pid
	output=$(<out)
	eq 2 "$(ids)"
	eq '' "$(fails)"
}
