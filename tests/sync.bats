#!/usr/bin/env bats
# conn-sync: what it puts together, and how it ends.

load helper
load lines
load bulk
load sync

@test "sync: a source -> the index is the same; silent, 0" {
	source_has 1=a 2=b 3=c
	sync
	check 0
	eq "" "$output$stderr"
	eq "1=a 2=b 3=c" "$(indexed)"
	source_has 1=a 2=B 4=d
	sync
	check 0
	eq "" "$output$stderr"
	eq "1=a 2=B 4=d" "$(indexed)"
	eq '{"s":{"at":1}}' "$(saved .streams)"
	eq 700 "$(stat -c %a "$CONN_STATE_DIR")"
	for f in "$CONN_STATE_DIR"/*; do eq 600 "$(stat -c %a "$f")"; done
}

@test "sync: an unchanged source again -> no operation" {
	source_has 1=a 2=b
	sync
	sync -v
	check 0
	eq "0 indexed, 0 deleted" "$(operations)"
	sync -vx
	[[ $stderr == *"conn-diff: explain: wiki:1: unchanged"* ]]
}

@test "sync: a document that cannot be read -> 1, it stays" {
	source_has 1=a 2=b
	sync
	printf '%s\n' '{"id":"1","doc":{"title":"A"}}' \
		'{"fail":{"id":"2","code":"http_403"}}' > d/load
	sync
	check 1
	eq "1=A 2=b" "$(indexed)"
	eq '["wiki:2"]' "$(saved .retry)"
}

@test "sync: refused by the index -> a fail record on stdout, 1" {
	source_has 1=a
	sync
	refuse 2
	source_has 1=a 2=b
	sync
	check 1
	eq '{"_ctl":"fail","id":"wiki:2","code":"sqlite_constraint"}' "$output"
	eq "" "$stderr"
}

@test "sync: the fuse -> 4, nothing deleted; -m allows it" {
	source_has {1..30}=x
	sync
	source_has {1..9}=x
	sync
	check 4
	[[ $stderr == *"21 of 30 known documents would be deleted; first: "* ]]
	eq 30 "$(sqlite3 "$db" 'SELECT count(*) FROM documents')"
	sync -m 21
	check 0
	eq 9 "$(sqlite3 "$db" 'SELECT count(*) FROM documents')"
	source_has 1=x
	sync --max-delete=50%
	check 4
	printf 'max_delete: 1\n' >> wiki.yml
	sync
	check 4
	sync -m 100%
	check 0
}

@test "sync: an empty source -> 4; -e allows it" {
	source_has 1=a
	sync
	source_has
	sync
	check 4
	eq "1=a" "$(indexed)"
	sync -e
	check 0
	eq "" "$(indexed)"
}

@test "sync: the driver's status -> conn-bulk's" {
	source_has 1=a 2=b
	sync
	source_has 1=A
	for s in 75 3 2; do
		echo $s > d/status
		sync
		check $s
		eq "1=A 2=b" "$(indexed)"
	done
	echo 9 > d/status
	sync
	check 3
}

@test "sync: a wrong config -> 2, said by one program only" {
	source_has 1=a
	echo 'source: { type: lines, wrod: x }' > wiki.yml
	sync
	check 2
	[[ $stderr == "conn-sync: wiki.yml:1:"*": source.wrod: unknown key"* ]]
	eq 1 "${#stderr_lines[@]}"
	echo 'sourc: 1' > wiki.yml
	sync
	check 2
	[[ $stderr == "conn-sync: wiki.yml:1:1: "* ]]
	eq 1 "${#stderr_lines[@]}"
	run --separate-stderr conn-sync none.yml
	check 2
	eq 1 "${#stderr_lines[@]}"
	echo 'source: { type: none }' > wiki.yml
	sync
	check 2
	[[ $stderr == "conn-sync: wiki.yml:1:"* ]]
}

@test "sync: wrong use -> 2" {
	source_has 1=a
	for args in "" "-" "-P -p wiki.yml" "-q wiki.yml" "--prun wiki.yml" \
	    "-m x wiki.yml" "-w x wiki.yml" "wiki.yml wiki.yml"; do
		# shellcheck disable=SC2086
		run --separate-stderr conn-sync $args
		check 2
		[[ $stderr == "conn-sync: "* ]]
		eq 1 "${#stderr_lines[@]}"
	done
	[ ! -e "$CONN_STATE_DIR" ]
}

@test "sync: a config that is no regular file -> 2 at once" {
	source_has 1=a
	mkfifo pipe
	(cat wiki.yml > pipe &)
	for file in pipe /dev/null .; do
		run --separate-stderr timeout 10 conn-sync "$file"
		check 2
		eq "conn-sync: $file: not a regular file, and several`
		    ` programs read it" "$stderr"
	done
	cat pipe
}

@test "sync: --help, --version -> on stdout, checked" {
	run -0 --separate-stderr conn-sync --help
	[[ $output == "Usage: conn-sync "* ]]
	run -0 --separate-stderr conn-sync -V
	eq "conn-sync (conn) 0.1.0" "${lines[0]}"
	run bash -c 'conn-sync -h > /dev/full'
	check 3
}

@test "sync: another PATH, a symlink, odd names -> the tools beside it" {
	ln -s "$CONN_BUILD/bin/conn-sync" "a link"
	mkdir "a folder" && cd "a folder"
	lines_driver
	source_has 1=a
	export CONN_STATE_DIR="$PWD/the state"
	db=$CONN_STATE_DIR/wiki.db
	mv wiki.yml "./-it's; \"x.yml"
	echo 'name: wiki' >> "./-it's; \"x.yml"
	PATH=/usr/bin:/bin TMPDIR=$PWD run --separate-stderr "../a link" \
		-M "m 'x'" -- "-it's; \"x.yml"
	check 0
	eq "" "$stderr"
	[ -s "m 'x'" ]
	eq "1=a" "$(indexed)"
}

@test "sync: a program that is not there -> 3 before anything runs, one line" {
	cp -r "$CONN_BUILD/bin" "$CONN_BUILD/libexec" .
	source_has 1=a
	export TMPDIR=$PWD/tmp
	mkdir tmp
	for program in slim load poll diff bulk; do
		for how in -P ""; do
			mv "bin/conn-$program" away
			# shellcheck disable=SC2086
			run --separate-stderr bin/conn-sync $how wiki.yml
			check 3
			eq "conn-sync: $PWD/bin/conn-$program: No such file or`
			    ` directory" "$stderr"
			mv away "bin/conn-$program"
		done
	done
	chmod -x bin/conn-load
	run --separate-stderr bin/conn-sync wiki.yml
	check 3
	eq "conn-sync: $PWD/bin/conn-load: Permission denied" "$stderr"
	rm libexec/conn/conn-sync-helper
	run --separate-stderr bin/conn-sync wiki.yml
	check 3
	eq "conn-sync: $PWD/libexec/conn/conn-sync-helper: not there" "$stderr"
	eq "*" "$(verbs)"
	eq "" "$(ls tmp)"
}

@test "sync: an empty PATH, one with other tools -> the same" {
	source_has 1=a
	mkdir own tmp
	printf '#!/bin/sh\necho wrong\n' | tee own/{rm,mktemp,mkfifo} \
		> own/readlink
	chmod +x own/*
	sed -i 's|^#!.*|#!/bin/sh\nPATH=/usr/bin:/bin|' d/conn-source-lines
	for path in "" /nonexistent "$PWD/own"; do
		run --separate-stderr env PATH="$path" TMPDIR="$PWD/tmp" \
			"$CONN_BUILD/bin/conn-sync" wiki.yml
		check 0
		eq "" "$output$stderr"
	done
	eq "1=a" "$(indexed)"
	eq "" "$(ls tmp)"
}

@test "sync: -n -> says what it would do, changes nothing, makes nothing" {
	source_has 1=a 2=b
	sync -n
	check 0
	eq "conn-bulk: would index 2, delete 0" "$stderr"
	[ ! -e "$CONN_STATE_DIR" ]
	sync
	source_has 1=A
	before=$(cd "$CONN_STATE_DIR" && stat -c '%n %Y %s' -- *)
	exec 8>>"$CONN_STATE_DIR/wiki.lock"
	flock 8
	sync -n -M m.prom
	check 0
	eq "conn-bulk: would index 1, delete 1" "$stderr"
	eq "1=a 2=b" "$(indexed)"
	eq "$before" "$(cd "$CONN_STATE_DIR" && stat -c '%n %Y %s' -- *)"
	[ ! -e m.prom ]
}

@test "sync: no room for the listing -> 3, metrics tell" {
	source_has 1=a
	sync
	rm "$CONN_STATE_DIR/wiki.known"
	ln -s /dev/full "$CONN_STATE_DIR/wiki.known"
	sync -M m.prom
	check 3
	eq "conn-slim: stdout: No space left on device" "$stderr"
	grep -qx 'conn_last_exit_status{source="wiki"} 3' m.prom
}

@test "sync: -M '' -> 2, nothing is done" {
	sync -M ''
	check 2
	eq "conn-sync: --metrics: an empty file name" "$stderr"
	[ ! -e "$CONN_STATE_DIR" ]
}

@test "sync: -M -> conn-bulk's metrics" {
	source_has 1=a 2=b
	sync -M m.prom
	check 0
	grep -qx 'conn_documents{source="wiki",op="indexed"} 2' m.prom
	grep -qx 'conn_last_exit_status{source="wiki"} 0' m.prom
	eq 644 "$(stat -c %a m.prom)"
}

@test "sync: the spec has confirm -> each delete is asked of the source" {
	lines_spec '"confirm":true,"ids":true'
	source_has 1=a 2=b 3=c
	sync
	check 0
	# the listing misses 2 and 3; asked by id the source finds 2
	source_has 1=a
	cp d/load d/listing
	cat > d/conn-source-lines <<-EOF
		#!/bin/sh
		[ "\$1" != spec ] || exec cat $PWD/d/spec.json
		if grep -q '"ids"'; then
			echo '{"id":"2","doc":{"title":"B"}}'
		else
			cat $PWD/d/listing
		fi
	EOF
	sync -v
	check 0
	eq "1=a 2=B" "$(indexed)"
	eq "1 indexed, 1 deleted" "$(operations)"
}

@test "sync: -p -> deletes only, the cursor stays" {
	source_has 1=a 2=b
	sync
	was=$(saved .streams)
	source_has 1=new 3=c
	verbs
	sync -p
	check 0
	eq "" "$stderr"
	eq "slim" "$(verbs)"
	eq "1=a" "$(indexed)"
	eq "$was" "$(saved .streams)"
	sync -p -m 0 -x
	check 0
	[[ $stderr == *"conn-diff: explain: wiki:"* ]]
}

@test "sync: nothing is left behind in TMPDIR" {
	source_has 1=a
	mkdir tmp
	for args in "" -n -p -P "-m x"; do
		# shellcheck disable=SC2086
		TMPDIR=$PWD/tmp sync $args
	done
	echo 3 > d/status
	TMPDIR=$PWD/tmp sync
	eq "" "$(ls tmp)"
}

@test "sync: two sources in one index -> neither touches the other's" {
	for name in wiki blog; do
		printf '%s\n' 'source: { type: lines }' "name: $name" \
			'index: { path: shared.db }' > $name.yml
	done
	db=$PWD/shared.db
	source_has 1=wiki 2=wiki
	run -0 conn-sync wiki.yml
	source_has 1=blog
	run -0 conn-sync blog.yml
	source_has
	run -0 conn-sync -e wiki.yml
	eq "blog:1" "$(sqlite3 "$db" 'SELECT id FROM documents')"
	eq "blog:1" "$(sqlite3 "$db" "SELECT id FROM search('blog')")"
}

@test "sync: a search goes on while documents are written" {
	source_has {1..20}=word
	sync
	cp d/load more
	sed -i 's/word/other/' d/load
	exec 8< <(sqlite3 "$db" "BEGIN; SELECT count(*) FROM search('word');" \
		".shell touch started; until [ -e done ]; do sleep 0.05; done" \
		"SELECT count(*) FROM search('word');")
	eventually test -e started
	sync
	check 0
	touch "done"
	eq $'20\n20' "$(cat <&8)"
	eq 20 "$(sqlite3 "$db" "SELECT count(*) FROM search('other')")"
}

@test "sync: its parts by hand, twice -> as the manual says" {
	printf '%s\n' '{"id":"1","timestamp":"2026-01-01","doc":{"title":"a"}}' \
	    '{"id":"2","timestamp":"2026-01-01","doc":{"title":"b"}}' \
	    '{"id":"7","doc":{}}' '{"id":"9","doc":{}}' > d/load
	conn-load wiki.yml | conn-bulk wiki.yml
	printf '%s\n' '{"id":"1","timestamp":"2026-01-01","doc":{"title":"a"}}' \
	    '{"id":"2","timestamp":"2026-01-01","doc":{"title":"B"}}' \
	    '{"id":"3","timestamp":"2026-01-02","doc":{"title":"c"}}' \
	    '{"fail":{"id":"7","code":"http_403"}}' \
	    '{"state":{"stream":"pages","value":{"since":"x"}}}' > d/load
	for counts in "2 indexed, 1" "0 indexed, 0"; do
		conn-slim --index wiki.yml > known
		conn-load wiki.yml > s1 2> err || :
		conn-diff known < s1 > s2 || :
		apply -v < s2
		check 1
		eq "" "$output"
		[[ $stderr == "conn-bulk: $counts deleted, 0 refused, 1 failed" ]]
		eq "1=a 2=B 3=c 7=" "$(indexed)"
		eq '[{"pages":{"since":"x"}},["wiki:7"]]' \
			"$(saved '[.streams, .retry]')"
		eq "$(jq -r .run s1 | head -n 1)" "$(saved .run)"
	done
}

@test "conn-sync: keep protects what it names and is no failure" {
	lines_driver
	printf '{"id":"%s","doc":{}}\n' a/1 a/2 b/1 > d/load
	conn-sync wiki.yml
	printf '%s\n' '{"id":"b/1","doc":{}}' '{"keep":{"prefix":"a/1"}}' > d/load
	run --separate-stderr conn-sync -v wiki.yml
	check 0
	[[ $stderr == *'conn-bulk: 0 indexed, 1 deleted, 0 refused, 0 failed'* ]]
	eq 'wiki:a/1 wiki:b/1' "$(sqlite3 state/wiki.db \
		'select id from documents order by id' | paste -sd' ')"
}

@test "sync: stdin, stdout, stderr closed -> the same sync, no word" {
	local close
	source_has 1=a
	for close in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
		run --separate-stderr bash -c "conn-sync wiki.yml $close"
		check 0
		eq "" "$output$stderr"
		[ ! -s "$CONN_STATE_DIR/wiki.lock" ]
	done
	run --separate-stderr bash -c 'conn-sync --help >&-'
	check 3
	eq "conn-sync: stdout: Bad file descriptor" "$stderr"
}

@test "sync: no place for its own files -> 3, one message of its form" {
	source_has 1=a
	mkdir -p state/wiki.known tmp
	TMPDIR=$PWD/tmp sync
	check 3
	eq "conn-sync: $PWD/state/wiki.known: cannot be written" "$stderr"
	eq "" "$(ls tmp)"
	rmdir state/wiki.known
	TMPDIR=$PWD/gone sync
	check 3
	eq "conn-sync: $PWD/gone: no folder can be made in it" "$stderr"
	TMPDIR=$'a\nb\\n' sync
	check 3
	eq 'conn-sync: a\x0ab\n: no folder can be made in it' "$stderr"
}
