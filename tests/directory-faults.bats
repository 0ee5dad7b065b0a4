# SPDX-License-Identifier: MIT
# What the directory driver makes of a file system that fails or changes.
load helper
load source

prepare() {
	command -v strace >/dev/null || skip 'no strace'
	mkdir -p tree/a/b tree/c
	for f in 1 a/2 a/b/3 c/4; do echo text >tree/$f; done
	ids_all='1 a/2 a/b/3 c/4'
	driver=$CONN_BUILD/libexec/conn/conn-source-directory
	printf '{"v":1,"source":{"path":"%s"}}\n' "$PWD/tree" >request
}

# inject VERB WHAT [STRACE-OPTION]...: the driver, with that done to it.
inject() {
	run --separate-stderr strace -qq -o trace -e inject="$2" "${@:3}" \
	    "$driver" "$1" <request
}

# calls VERB SYSCALL: how many of them a run makes before it reads its request
# and in all: "2 17".
calls() {
	strace -qq -o trace "$driver" "$1" <request >/dev/null
	awk -v call="$2(" 'index($0, call) == 1 { n++ }
	    /^read\(0,/ && !seen++ { before = n + 0 }
	    END { print before, n + 0 }' trace
}

# Each known id was listed, or is protected, or the run failed.
is_safe() {
	local id names
	[ "$status" -eq 0 ] || [ "$status" -eq 3 ] || [ "$status" -eq 75 ] ||
	    return 1
	[ "$status" -eq 0 ] || { [ -n "$stderr" ]; return; }
	[ "$(fails | grep -c '^- ')" -eq 0 ] || return 0
	names=$(ids; fails | sed 's/ [a-z_]*$//')
	for id in $ids_all; do
		while read -r name; do
			# shellcheck disable=SC2053  # a pattern
			[[ $id == $name ]] && continue 2
		done <<<"$names"
		echo "lost: $id of $names"
		return 1
	done
}

@test "directory: any call fails once -> nothing is taken for absent" {
	local verb call error n before count runs=0
	for verb in load slim; do
		for call in openat2 getdents64 newfstatat statx read; do
			[[ $verb.$call != slim.read ]] || continue
			read -r before count < <(calls $verb $call)
			for error in EIO ENOENT EMFILE; do
				for ((n = before + 1; n <= count; n++)); do
					inject $verb "$call:error=$error:when=$n"
					is_safe || {
						echo "$verb $call $error $n"
						echo "$output" "$stderr"
						false
					}
					((++runs))
				done
			done
		done
	done
	echo "# $runs runs" >&3
	[ "$runs" -gt 200 ]
}

# slowly SYSCALL [STRACE-OPTION]...: load in the background, each such call
# takes 0.4 s longer; its output goes to out.
slowly() {
	: >trace
	strace -qq -o trace -e inject="$1":delay_exit=400000 "${@:2}" \
	    "$driver" load <request >out 2>err 3>&- &
	pid=$!
}

@test "directory: a folder fails while it is read -> fail with its prefix" {
	# the root's entries come first, those of a folder with the second call
	inject load getdents64:error=EIO:when=2
	check 0
	[[ $(fails) =~ ^(a|c)/\*\ io_error$ ]]
	inject load getdents64:error=EIO:when=1
	check 3
	eq "$PWD/tree: Input/output error" "$stderr"
	inject load getdents64:error=ENOENT:when=1
	check 3
}

@test "directory: files fail -> fails with their ids, by the cause" {
	local error
	for error in EIO:io_error ENOENT:vanished EACCES:permission \
	    EPERM:permission ELOOP:changing; do
		inject load "openat2:error=${error%:*}:when=3+"
		check 0
		[[ $(fails) == *" ${error#*:}"* ]]
		is_safe
	done
	inject load read:error=EIO -P "$PWD/tree/a/2"
	check 0
	eq 'a/2 io_error' "$(fails)"
	eq '1 a/b/3 c/4' "$(ids | paste -sd' ')"
}

@test "directory: out of descriptors or memory -> 75" {
	local error
	for error in EMFILE ENFILE ENOMEM ETIMEDOUT; do
		inject load "openat2:error=$error:when=4"
		check 75
		[[ $stderr == "$PWD/tree/"*': '* ]]
	done
}

@test "directory: no openat2(2) -> the same files, links left out" {
	local error
	ln -s /etc tree/out
	ln -s a tree/in
	for error in ENOSYS EPERM; do
		inject load openat2:error=$error
		check 0
		eq "$ids_all" "$(ids | paste -sd' ')"
		eq '' "$(fails)"
	done
	printf '{"v":1,"source":{"path":"%s"},"ids":["a/b/3","in/2","out/x"]}' \
	    "$PWD/tree" >request
	inject load openat2:error=ENOSYS
	eq a/b/3 "$(ids)"
}

@test "directory: openat2(2) busy with a rename -> tried again" {
	inject load openat2:error=EAGAIN:when=4..10
	check 0
	eq "$ids_all" "$(ids | paste -sd' ')"
}

@test "directory: a file changed while it is read -> read again" {
	slowly read -P "$PWD/tree/1"
	eventually grep -q 'read(.*text' trace
	echo more >>tree/1
	wait $pid
	output=$(<out)
	eq '"text\nmore\n"' "$(doc 1 .doc.body)"
	eq '' "$(fails)"
}

@test "directory: a file that never holds still -> fail, changing" {
	slowly read -P "$PWD/tree/1"
	while kill -0 $pid 2>/dev/null; do echo x >>tree/1; sleep 0.05; done
	wait $pid
	output=$(<out)
	eq '1 changing' "$(fails)"
	eq 'a/2 a/b/3 c/4' "$(ids | paste -sd' ')"
}

@test "directory: a file that grows faster than it is read -> fail, changing" {
	strace -qq -o trace -e inject=read:delay_enter=300000 \
	    -P "$PWD/tree/1" "$driver" load <request >out 2>err 3>&- &
	pid=$!
	for ((i = 0; i < 400; i++)); do
		kill -0 $pid 2>/dev/null || break
		echo x >>tree/1
		sleep 0.05
	done
	kill $pid 2>/dev/null && wait $pid
	output=$(<out)
	eq '1 changing' "$(fails)"
	eq 'a/2 a/b/3 c/4' "$(ids | paste -sd' ')"
}

# untimely: 1 is written all the time by a file system that knows whole seconds
# only, and has no timestamp.
untimely() {
	rm -f out
	touch -d "@$(date +%s)" tree/1
	while [ ! -e out ]; do
		touch -d "@$(date +%s)" tree/1
		sleep 0.05
	done 3>&- &
	"$driver" load <request >got || :
	touch out
	wait $!
	output=$(<got)
	eq '["text\n",null]' "$(doc 1 '[.doc.body, .timestamp]')" &&
		eq '' "$(fails)"
}

@test "directory: a file written all the time -> read, without a timestamp" {
	# a machine may stop for longer than a step of the clock
	untimely || untimely || untimely
}

@test "directory: the folder replaced while it is read -> not complete" {
	slowly getdents64
	eventually grep -q getdents64 trace
	mv tree old
	mkdir tree
	echo new >tree/1
	wait $pid
	output=$(<out)
	eq '- changing' "$(fails)"
	slowly getdents64
	eventually grep -q getdents64 trace
	rm -r tree
	status=0
	wait $pid || status=$?
	check 3
	[[ $(<err) == "$PWD/tree: "* ]]
}

@test "directory: a folder removed while it is read -> fail with prefix" {
	slowly getdents64
	eventually eval 'grep -c getdents64 trace | grep -q 2'
	rm -r tree/a tree/c
	wait $pid
	output=$(<out)
	[[ $(fails) == *'/* vanished'* ]]
	eq 1 "$(ids | uniq)"
}

@test "directory: a file replaced while its folder is read -> listed" {
	slowly getdents64
	eventually grep -q getdents64 trace
	echo new >tmp
	mv tmp tree/later
	wait $pid
	output=$(<out)
	[[ " $(ids | paste -sd' ') " == *' later '* ]]
	eq '' "$(fails)"
}

@test "directory: a folder that never holds still -> fail, changing" {
	local dir
	for dir in tree/a tree; do
		strace -qq -o trace -e inject=getdents64:delay_exit=100000 \
		    -P "$PWD/$dir" "$driver" slim <request >out 2>err 3>&- &
		pid=$!
		while kill -0 $pid 2>/dev/null; do
			touch $dir/new
			rm $dir/new
			sleep 0.02
		done
		wait $pid
		output=$(<out)
		[[ $(ids | uniq | paste -sd' ') == *a/b/3* ]]
		if [ $dir = tree ]; then
			eq '- changing' "$(fails | grep changing)"
		else
			eq 'a/* changing' "$(fails | grep changing)"
		fi
	done
}

@test "directory: a file becomes a fifo before it is opened -> no waiting" {
	slowly getdents64
	eventually grep -q getdents64 trace
	rm tree/1
	mkfifo tree/1
	wait $pid
	output=$(<out)
	eq '1 changing' "$(fails)"
}
