# A load killed at any moment deletes nothing.
load helper
load lines

KILLS=60

prepare() {
	mkdir docs
	for i in {1..1500}; do echo "page $i" > docs/$i.txt; done
	printf 'source:\n  type: directory\n  path: docs\n' > docs.yml
	conn-load docs.yml | conn-bulk docs.yml
	conn-slim --index docs.yml > known
	rm docs/7.txt
}

ids() { sqlite3 state/docs.db 'select count(*) from documents'; }

# pipeline PROGRAM DELAY: the full sync, with PROGRAM killed after DELAY
# seconds; `copy` is what conn-load wrote.
pipeline() {
	# opened before anybody can be killed, lest another waits for him
	local hold in out in2 out2
	rm -f a b
	mkfifo a b
	exec {hold}<>a {in}<a {out}>a {hold}>&- {hold}<>b {in2}<b {out2}>b {hold}>&-
	alone() { exec {in}<&- {out}>&- {in2}<&- {out2}>&-; }
	(exec >&"$out"; alone; exec conn-load docs.yml) 2>>err &
	local load=$!
	(exec <&"$in"; alone; exec tee copy) 2>>err |
		(exec >&"$out2"; alone; exec conn-diff known) 2>>err &
	local diff=$!
	(exec <&"$in2"; alone; exec conn-bulk docs.yml) 2>>err &
	local bulk=$!
	alone
	sleep "$2"
	local victim
	case $1 in
	conn-load) victim=$load ;;
	conn-diff) victim=$diff ;;
	conn-bulk) victim=$bulk ;;
	esac
	kill -KILL "$victim" 2>/dev/null || :
	status=0
	wait "$bulk" || status=$?
	wait || :
}

# Seconds that a whole load takes here.
whole() {
	local start=$EPOCHREALTIME
	conn-load docs.yml > whole
	echo "$start $EPOCHREALTIME" | awk '{print $2 - $1}'
}

delay() { awk -v s="$1" -v t="$2" 'BEGIN{srand(s); print rand() * t}'; }

@test "kill: conn-load at $KILLS random moments -> nothing deleted, status 75" {
	took=$(whole) early=0
	for ((i = 1; early < KILLS; i++)); do
		pipeline conn-load "$(delay "$i" "$took")"
		if grep -q '"complete":true' <(tail -n 1 copy); then
			[ "$(ids)" -eq 1499 ] || [ "$(ids)" -eq 1500 ]
			restore
			took=$(whole)
			continue
		fi
		early=$((early + 1))
		eq 1500 "$(ids)"
		[ "$status" -eq 75 ]
	done
	echo "# $((i - 1)) kills, $early of them before the end" >&3
	conn-sync docs.yml
	eq 1499 "$(ids)"
}

# The deleted document comes back for the next try.
restore() {
	echo 'page 7' > docs/7.txt
	conn-sync docs.yml
	conn-slim --index docs.yml > known
	rm docs/7.txt
	eq 1500 "$(ids)"
}

@test "kill: conn-diff or conn-bulk at any moment -> the same line again repairs it" {
	took=$(whole)
	for i in $(seq 20); do
		victim=$([ $((i % 2)) = 0 ] && echo conn-diff || echo conn-bulk)
		pipeline "$victim" "$(delay "$i" "$took")"
		for f in docs/{1..6}.txt; do
			eq 1 "$(sqlite3 state/docs.db "select count(*)
				from documents where id='docs:${f#docs/}'")"
		done
		conn-sync docs.yml
		eq 1499 "$(ids)"
		restore
	done
}

@test "kill: nothing of a killed load stays behind" {
	lines_driver
	cat > d/conn-source-lines <<-EOF
		#!/bin/sh
		[ \$1 = spec ] && exec cat '$PWD/d/spec.json'
		sleep 1000 &
		echo \$\$ \$! > '$PWD/d/pids'
		wait
	EOF
	conn-load wiki.yml > out &
	load=$!
	eventually test -s d/pids
	kill -KILL "$load"
	for p in $(cat d/pids); do
		eventually bash -c "! kill -0 $p 2>/dev/null"
	done
	wait "$load" || :
	run ! grep '"end"' out
}
