# SPDX-License-Identifier: MIT
# The directory driver while someone exchanges what it reads for a way out:
# nothing from outside is read or listed, and nothing is waited for.
load helper

prepare() {
	local f
	for f in a/f d/e/f d/f; do
		mkdir -p "tree/${f%/*}" "out/${f%/*}"
		echo inside >"tree/$f"
		echo OUTSIDE | tee "out/$f" >"out/${f%/*}/leak"
	done
	cp -r tree in
	driver=$CONN_BUILD/libexec/conn/conn-source-directory
	runs=0 found=0
}

teardown() { [ -z "${attacker-}" ] || kill "$attacker"; }

# request FOLLOW [MEMBERS]
request() {
	printf '{"v":1,"source":{"path":"%s","follow":%s}%s}\n' "$PWD/tree" \
	    "$1" "${2-}" >request
}

# look STATUS: how the run ended that wrote `lines`, and what it wrote.
look() {
	runs=$((runs + 1))
	case $1 in 0 | 3 | 75) ;; *) echo "status $1"; return 1 ;; esac
	if grep -aE 'OUTSIDE|leak|root:|PATH=' lines; then
		found=$((found + 1))
	fi
}

# What takes the place of a name, and the name as it is.
place() { # NAME KIND
	rm -rf other "tree/$1"
	cp -r "in/$1" "tree/$1"
	case $2 in
	out) ln -s "$PWD/out/$1" other ;;
	up) ln -s "../out/$1" other ;;
	deep) ln -s "../../out/$1" other ;;
	proc) ln -s /proc/self/environ other ;;
	root) ln -s /proc/self/root/etc other ;;
	fifo) mkfifo other ;;
	zero) mknod other c 1 5 ;;
	esac
}

# sweep HOW NAME KIND: they change places at each call of a load, and back at
# one of the next; HOW is that of swaptool. The short form has them back at
# every second call only.
sweep() {
	local n=0 m status
	while n=$((n + 1)); do
		for m in $((n % 2)) ${CONN_LONG:+0 1 2 3 4 5 6 7}; do
			place "$2" "$3" || return
			status=0
			timeout 20 "$CONN_BUILD/tests/swaptool" "$1" $n \
			    $((m ? n + m : 0)) "tree/$2" other "$driver" load \
			    <request >lines 2>err || status=$?
			[ $status -ne 125 ] || skip "no ptrace: $(<err)"
			[ $status -ne 124 ] || return 0
			look $status || { echo "$* at $n, $m"; cat err; return 1; }
		done
	done
}

# The line that counts; none was found.
sum() {
	echo "# $runs runs, $found with something from outside" >&3
	[ "$runs" -ge "$1" ]
	eq 0 "$found"
}

# listing HOW FOLLOW: of what is exchanged while the tree is read.
listing() {
	request "$2"
	sweep "$1" d out
	sweep "$1" a/f up
	[ -n "${CONN_LONG-}" ] || return 0
	sweep "$1" d root
	for kind in out deep proc fifo zero; do sweep "$1" a/f $kind; done
}

@test "race: a way out at each call of a load -> not taken" {
	listing at false
	listing at true
	request true ',"ids":["a/f","d/e/f","d/f"]'
	sweep at d out
	sum 100
}

@test "race: the same on a kernel without openat2(2)" {
	request false
	sweep old d out
	if [ -n "${CONN_LONG-}" ]; then listing old false; listing old true; fi
	sum 30
}

@test "race: file, it becomes a pipe or a device -> not taken for empty" {
	local kind n status=0
	mkdir files
	printf '{"v":1,"source":{"path":"%s/files/*","id":"id"}}\n' "$PWD" >request
	for kind in fifo zero; do
		for ((n = 1; ; n++)); do
			place a/f $kind
			echo '{"id":1}' >files/a.ndjson
			status=0
			timeout 60 "$CONN_BUILD/tests/swaptool" at $n 0 \
			    files/a.ndjson other "${driver%directory}file" load \
			    <request >lines 2>err || status=$?
			rm -f files/a.ndjson
			[ $status -ne 125 ] || skip "no ptrace: $(<err)"
			[ $status -ne 124 ] || break
			grep -q -e '"id":"1"' -e '{"fail":{"code"' lines ||
			    eq 3 $status
		done
		[ $n -gt 3 ]
	done
}

@test "race: exchanged without a pause while it is read -> not taken" {
	local follow n name status
	for name in d a/f; do
		place "$name" out
		"$CONN_BUILD/tests/swaptool" loop "tree/$name" other \
		    3>&- 5>&- &
		attacker=$!
		for follow in false true; do
			request $follow
			for ((n = 0; n < ${CONN_LONG:+10}05; n++)); do
				status=0
				timeout 60 "$driver" load <request >lines 2>err ||
				    status=$?
				look $status
			done
		done
		kill "$attacker"
		wait "$attacker" || :
		attacker=
	done
	sum 20
}
