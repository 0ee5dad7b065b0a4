#!/usr/bin/env bats
# The embedded index under faults: killed, full, refused by the disk, read
# meanwhile. CONN_LONG set: at every point, not only some hundred.

load helper
load bulk

# Where fsync costs nothing, if there is such a place.
work() {
	work=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
	cp wiki.yml "$work"
	cd "$work"
}

teardown() {
	[ -z "${work:-}" ] || rm -rf "$work"
}

# sweep FAULT POINTS
sweep() {
	strace -qq -o trace true 2>/dev/null || skip "strace cannot trace here"
	work
	[ -z "${CONN_LONG-}" ] || set -- "$1"
	run env PATH="$CONN_BUILD/tests:$PATH" python3 \
		"$ROOT/tests/index-faults.py" "$@"
	echo "# ${lines[-1]}" >&3
	check 0
}

@test "faults: killed at a system call -> the same line again repairs it" {
	sweep kill 240
}

@test "faults: no space from a system call on -> 3, whole; again repairs it" {
	sweep full 80
}

@test "faults: a system call fails once -> 3, whole; again repairs it" {
	sweep eio 80
}

@test "faults: killed while the file is made -> what reads first undoes it" {
	strace -qq -o trace true 2>/dev/null || skip "strace cannot trace here"
	doc 1 | proven > s
	left=0
	for n in {1..12}; do
		rm -rf "$CONN_STATE_DIR"
		run strace -f -qq -o trace -e trace=fdatasync \
			-e inject=fdatasync:signal=KILL:when=$n conn-bulk wiki.yml < s
		[ ! -s "$db-journal" ] || left=$((left + 1))
		run --separate-stderr conn-slim --index wiki.yml
		check 0
	done
	[ $left -gt 0 ]
}

@test "faults: the log is on the disk before the state says so" {
	strace -qq -o trace true 2>/dev/null || skip "strace cannot trace here"
	fill 1
	{ doc 2; cursor a 1; doc 3; del 1; cursor a 2; } |
		proven -b r0 -r r1 > s
	for copy in no yes; do
		# a copy is not in WAL mode until it is written
		if [ $copy = yes ]; then
			sqlite3 "$db" "VACUUM INTO 'copy.db'"
			eq delete "$(sqlite3 copy.db 'PRAGMA journal_mode')"
			mv copy.db "$db"
			sed -i '1s/"base":"r0"/"base":"r1"/' s
		fi
		strace -f -qq -y -o trace conn-bulk wiki.yml < s
		awk '
		/pwrite64\(.*wiki\.db-wal>/ { dirty = 1; wrote++ }
		/f(data)?sync\(.*wiki\.db-wal>/ { dirty = 0 }
		/rename.*wiki\.state/ { renames++; if (dirty) early++ }
		END { print (wrote > 5), renames, early + 0 }' trace > order
		# the first cursor; the second goes with the end
		eq "1 2 0" "$(cat order)"
	done
	eq wal "$(sqlite3 "$db" 'PRAGMA journal_mode')"
}

# numbered N TITLE: as many documents.
numbered() { seq "$1" | sed "s/.*/{\"_id\":\"wiki:&\",\"title\":\"$2\"}/"; }

@test "faults: a disk that is full -> 3, whole; with more room again -> done" {
	unshare -rm true 2>/dev/null || skip "no mounts of our own here"
	numbered 6000 old | proven > s
	mkdir -p "$CONN_STATE_DIR"
	export db CONN_STATE_DIR
	cat > full.sh <<-'EOF'
		set -eu
		mount -t tmpfs -o size=$1 none "$CONN_STATE_DIR"
		status=0
		conn-bulk wiki.yml < s 2> err || status=$?
		echo "$1: $status $(cat err)"
		[ $status = 3 ]
		[ "$(wc -l < err)" = 1 ]
		[ ! -e "$CONN_STATE_DIR/wiki.state" ]
		mount -o remount,size=64m "$CONN_STATE_DIR"
		[ ! -s "$db" ] || [ "$(sqlite3 "$db" 'PRAGMA integrity_check')" = ok ]
		conn-bulk wiki.yml < s
		[ "$(sqlite3 "$db" 'PRAGMA integrity_check')" = ok ]
		sqlite3 "$db" "INSERT INTO search(search, rank) VALUES('integrity-check', 1)"
		[ "$(sqlite3 "$db" 'SELECT count(*) FROM documents')" = 6000 ]
		[ "$(sqlite3 "$db" "SELECT count(*) FROM search('old')")" = 6000 ]
	EOF
	for size in 4k 8k 16k 32k 48k 64k 128k 512k 1m; do
		run -0 unshare -rm sh full.sh $size
	done
}

@test "faults: a reader meanwhile -> moments between batches, no error" {
	conn_batch=8192
	numbered 30000 old | proven -r r1 > load
	numbered 30000 new | proven -b r1 -r r2 > update
	fill
	sed -i '1s/"base":null/"base":"r0"/' load
	python3 "$ROOT/tests/index-reader.py" "$db" stop $conn_batch 30000 \
		> seen 2> err &
	reader=$!
	# the first to open it may keep others out while it looks at the log
	eventually test -e stop.ready
	conn-bulk wiki.yml < load
	conn-bulk wiki.yml < update
	touch stop
	status=0
	wait $reader || status=$?
	eq "" "$(cat err)"
	eq 0 $status
	[ "$(cat seen)" -ge 3 ]
}

@test "faults: a killed search of another user -> no harm if the folder is g+s" {
	local who='setpriv --regid 65534 --groups 65534,2000 --reuid'
	[ "$(id -u)" -eq 0 ] || skip 'not root: rights cannot be dropped'
	reachable
	echo 'index: {path: own/1.db}' >> wiki.yml
	for mode in 2770:0 0770:3; do
		rm -rf own
		mkdir -p own "$CONN_STATE_DIR"
		db=$PWD/own/1.db
		fill 1
		chown -R 65534 "$CONN_STATE_DIR" own
		chgrp -R 2000 own
		chmod 660 "$db"
		chmod "${mode%:*}" own
		setpriv --reuid 65533 --regid 65533 --groups 65533,2000 \
			sqlite3 "$db" "SELECT * FROM documents" \
			'.shell kill -9 $PPID' > out || :
		doc 2 | next -r r1 > s
		run --separate-stderr $who 65534 conn-bulk wiki.yml < s
		check "${mode#*:}"
		rm -r "$CONN_STATE_DIR"
	done
	says "$db: it, its -wal and -shm, and its folder must be writable," \
		"even to read it"
}

@test "faults: many first loads into one file at once -> all are in it" {
	for i in {1..6}; do
		printf 'source: {type: lines}\nindex: {path: %s}\n' \
			"$CONN_STATE_DIR/one.db" > c$i.yml
		printf '{"_id":"c%d:1","title":"x"}\n' $i | "$CONN_BUILD/tests/mkstream" \
			-s c$i -i "sqlite:$CONN_STATE_DIR/one.db" > s$i
	done
	mkdir -p "$CONN_STATE_DIR"
	pids=()
	for i in {1..6}; do
		conn-bulk c$i.yml < s$i 2> err$i &
		pids+=($!)
	done
	for i in {1..6}; do
		status=0
		wait "${pids[i - 1]}" || status=$?
		eq "0 " "$status $(cat err$i)"
	done
	eq 6 "$(sqlite3 "$CONN_STATE_DIR/one.db" 'SELECT count(*) FROM documents')"
	eq 6 "$(sqlite3 "$CONN_STATE_DIR/one.db" "SELECT count(*) FROM search('x')")"
}
