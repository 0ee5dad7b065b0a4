# SPDX-License-Identifier: MIT
load helper
load source

prepare() { mkdir tree; }

# src [MEMBERS]: the source section for ./tree.
src() { printf '{"path":"%s"%s}' "$PWD/tree" "${1:+,$1}"; }

@test "directory: load -> one document a file, all fields" {
	mkdir -p tree/a/b
	printf 'hello\n' >tree/a/b/c.txt
	chmod 640 tree/a/b/c.txt
	touch -d 2026-01-02T03:04:05.123456789Z tree/a/b/c.txt
	drives 0 directory load "$(src)"
	cat >want <<-EOF
	{"id":"a/b/c.txt","timestamp":"2026-01-02T03:04:05.123456789Z",
	"doc":{"title":"c.txt","path":"a/b/c.txt",
	"url":"file://$PWD/tree/a/b/c.txt","meta":{"size":6,"mode":"0640"},
	"body":"hello\n"}}
	EOF
	eq "$(tr -d '\n' <want)" "${lines[0]}"
	[ "${#lines[@]}" -eq 2 ]
	eq files "$(jq -r 'select(.state).state.stream' <<<"$output")"
	[[ $(jq -r 'select(.state).state.value.since' <<<"$output") =~ \
	    ^20[0-9:T.-]{27}Z$ ]]
	eq '' "$stderr"
}

@test "directory: an empty folder -> no document, a state" {
	drives 0 directory load "$(src)"
	eq files "$(jq -r .state.stream <<<"$output")"
}

@test "directory: slim -> the set of load, no state, no body, no url" {
	mkdir -p tree/x/y
	for f in 1 x/2 x/y/3 .dot x/.h; do echo "$f" >tree/$f; done
	drives 0 directory load "$(src)"
	ids >loaded
	jq -c 'select(.id) | del(.doc.body, .doc.url)' <<<"$output" >full
	drives 0 directory slim "$(src)"
	ids >slim
	same loaded slim
	same full <(printf '%s\n' "$output")
	eq '.dot 1 x/.h x/2 x/y/3' "$(paste -sd' ' slim)"
}

@test "directory: odd names -> ids encoded, path and title as text" {
	touch tree/$'tab\there' tree/$'new\nline' tree/'per%41cent' \
	    tree/$'del\x7f' tree/'sp ace ü"\' tree/$'\xff\xfebad' \
	    tree/$'cut\xe2\x82'
	drives 0 directory slim "$(src)"
	ids >got
	printf '%s\n' '%FF%FEbad' 'cut%E2%82' 'del%7F' 'new%0Aline' \
	    'per%2541cent' 'sp ace ü"\' 'tab%09here' >want
	same want got
	eq '"per%41cent"' "$(doc per%2541cent .doc.path)"
	eq '"��bad"' "$(doc %FF%FEbad .doc.title)"
	drives 0 directory load "$(src)"
	[[ $(doc 'sp ace ü"\' .doc.url) == *'/sp%20ace%20%C3%BC%22%5C"' ]]
	# the ids lead back to the files
	drives 0 directory load "$(src)" "\"ids\":$(jq -Rsc \
	    'split("\n")[:-1]' <want)"
	ids >again
	same want again
}

@test "directory: ids that are not encoded as ours, or lead out -> nothing" {
	echo secret >outside
	mkdir tree/d
	echo a >tree/a
	drives 0 directory load "$(src)" '"ids":["a","%61","../outside",'$(
	    )'"d/../a","./a","/a","d//a","d","","a/","a%00","a%2","%2E%2E/a"]'
	eq a "$(ids)"
	eq '' "$(fails)"
}

@test "directory: links, fifos, sockets, devices -> left out, never opened" {
	mkdir tree/real out
	echo x >tree/real/f
	echo secret >out/s
	ln -s real/f tree/link
	ln -s real tree/linkdir
	ln -s "$PWD/out" tree/outlink
	mkfifo tree/fifo
	mknod tree/null c 1 3
	python3 -c 'import socket,sys
socket.socket(socket.AF_UNIX).bind("tree/sock")'
	for verb in load slim poll; do
		state='{"files":{"since":"2020-01-01T00:00:00Z"}}' \
		    drives 0 directory $verb "$(src)"
		eq real/f "$(ids)"
		eq '' "$(fails)"
	done
	drives 0 directory load "$(src)" \
	    '"ids":["link","linkdir/f","fifo","null","sock","outlink/s"]'
	eq '' "$output"
}

@test "directory: follow -> links below the root, not out, no circles" {
	mkdir -p tree/a/b tree/c out
	echo x >tree/a/b/f
	echo secret >out/s
	ln -s ../a/b tree/c/rel
	ln -s "$PWD/tree/a/b/f" tree/abs
	ln -s "$PWD/out/s" tree/outfile
	ln -s ../out tree/outdir
	ln -s .. tree/a/b/up
	ln -s . tree/self
	ln -s nowhere tree/dangling
	ln -s l2 tree/l1
	ln -s l1 tree/l2
	# out, though the same path leads to a file from within
	ln -s /a/b/f tree/root
	ln -s ../a/b/f tree/above
	ln -s ../../a/b/f tree/a/above
	drives 0 directory load "$(src '"follow":true')"
	eq 'a/b/f abs c/rel/f c/rel/up/b/f' "$(ids | paste -sd' ')"
	eq '' "$(fails)"
	ids >loaded
	drives 0 directory slim "$(src '"follow":true')"
	same loaded <(ids)
	drives 0 directory load "$(src '"follow":true')" \
	    '"ids":["abs","c/rel/f","outfile","outdir/s","dangling","l1"]'
	eq 'abs c/rel/f' "$(ids | paste -sd' ')"
	drives 0 directory load "$(src)"
	eq 'a/b/f' "$(ids)"
}

@test "directory: include and exclude -> paths, whole folders" {
	mkdir -p tree/docs/old tree/src/node_modules/x
	touch tree/a.md tree/docs/b.md tree/docs/c.txt tree/docs/old/d.md \
	    tree/src/e.c tree/src/node_modules/x/f.md
	drives 0 directory slim "$(src '"include":["**/*.md"]')"
	eq 'a.md docs/b.md docs/old/d.md src/node_modules/x/f.md' \
	    "$(ids | paste -sd' ')"
	drives 0 directory slim \
	    "$(src '"include":["*.md","docs/**"],"exclude":["**/old"]')"
	eq 'a.md docs/b.md docs/c.txt' "$(ids | paste -sd' ')"
	drives 0 directory slim \
	    "$(src '"exclude":["**/node_modules/**","docs/?.txt"]')"
	eq 'a.md docs/b.md docs/old/d.md src/e.c' "$(ids | paste -sd' ')"
	drives 0 directory load "$(src '"exclude":["docs"]')" \
	    '"ids":["a.md","docs/b.md"]'
	eq a.md "$(ids)"
}

@test "directory: a wrong pattern, size, path -> 2, one line" {
	local bad
	for bad in '"include":["/abs"]' '"include":["a/"]' '"exclude":["[a"]' \
	    '"exclude":[""]' '"include":["../x"]' '"max_size":"10 apples"' \
	    '"max_size":"65MiB"' '"include":"x"'; do
		drives 2 directory load "$(src "$bad")"
		eq '' "$output"
		[[ $stderr == source.* && $stderr != *$'\n'* ]]
	done
	drives 2 directory load '{}'
	eq 'source.path: missing' "$stderr"
	streams='[{"name":"pages"}]' drives 2 directory load "$(src)"
	eq 'streams: no stream pages here, only files' "$stderr"
}

@test "directory: path missing, a file, not readable -> 3" {
	echo x >file
	drives 3 directory load "{\"path\":\"$PWD/none\"}"
	eq "$PWD/none: No such file or directory" "$stderr"
	drives 3 directory slim "{\"path\":\"$PWD/file\"}"
	eq "$PWD/file: Not a directory" "$stderr"
	chmod 0700 tree
	for verb in check load slim; do
		nobody drive directory $verb "$(src)"
		check 3
		eq "$PWD/tree: Permission denied" "$stderr"
	done
}

@test "directory: unreadable file -> fail with id, folder -> with prefix" {
	mkdir -p tree/closed tree/noexec tree/open
	echo 1 >tree/closed/f
	echo 2 >tree/noexec/g
	echo 3 >tree/open/h
	echo 4 >tree/open/shut
	chmod 0 tree/open/shut tree/closed
	chmod 0744 tree/noexec
	nobody drive directory load "$(src)"
	check 0
	eq open/h "$(ids)"
	eq 'closed/* permission noexec/g permission open/shut permission' \
	    "$(fails | paste -sd' ')"
	nobody drive directory slim "$(src)"
	check 0
	eq 'open/h open/shut' "$(ids | paste -sd' ')"
	# what is excluded is not missed
	nobody drive directory load \
	    "$(src '"exclude":["closed/**","noexec","**/shut"]')"
	check 0
	eq '' "$(fails)"
}

@test "directory: a link to what may not be looked at -> fail, both ways" {
	mkdir -p tree/closed/x
	ln -s closed/x tree/link
	ln -s closed tree/dir
	chmod 0 tree/closed
	nobody drive directory load "$(src '"follow":true')"
	check 0
	eq 'closed/* permission dir/* permission link permission' \
	    "$(fails | grep -v '^link/' | paste -sd' ')"
	eq 'link/* permission' "$(fails | grep '^link/')"
}

@test "directory: folders deeper than an id -> fail with a prefix" {
	local name part
	name=$(printf '%%%.0s' {1..200})
	mkdir -p "tree/$name/$name/$name"
	touch "tree/$name/f" "tree/$name/$name/g" "tree/$name/$name/$name/h"
	drives 0 directory slim "$(src)"
	eq 2 "$(ids | wc -l)"
	[[ $(fails) == '%25%25'*'* id_too_long' ]]
	part=$(fails)
	[ "${#part}" -lt 420 ]
	printf 'name: d\nsource: {type: directory, path: tree}\n' >d.yml
	run -1 --separate-stderr conn-slim d.yml
	eq '{"ids":0,"fails":3,"complete":true}' "$(tail -n 1 <<<"$output" |
	    jq -c '{ids, fails, complete}')"
}

@test "directory: body -> UTF-8 text without NUL up to max_size" {
	printf 'grüße' >tree/utf8
	printf 'gr\xfc\xdfe' >tree/latin1
	printf 'a\0b' >tree/nul
	: >tree/empty
	printf '0123456789' >tree/ten
	printf '0123456789+' >tree/eleven
	{ head -c 70000 /dev/zero | tr '\0' x; printf '\xff'; } >tree/late
	drives 0 directory load "$(src '"max_size":10')"
	eq 'eleven empty late latin1 nul ten utf8' "$(ids | paste -sd' ')"
	eq '"grüße"' "$(doc utf8 .doc.body)"
	eq '""' "$(doc empty .doc.body)"
	eq '"0123456789"' "$(doc ten .doc.body)"
	eq null "$(doc eleven .doc.body)"
	eq null "$(doc latin1 .doc.body)"
	eq null "$(doc nul .doc.body)"
	drives 0 directory load "$(src)"
	eq null "$(doc late .doc.body)"
	eq 11 "$(doc eleven '.doc.body | length')"
}

@test "directory: .gz and .zst of text -> their text, max_size counts it" {
	seq 1000 >n
	gzip -c n >tree/n.gz
	zstd -qc n >tree/n.zst
	{ printf 'a\n' | gzip; printf 'b\n' | gzip; } >tree/two.gz
	head -c 1000 tree/n.gz >tree/cut.gz
	cp n tree/plain.gz
	head -c 5000 /dev/zero | tr '\0' x >tree/plain.zst
	cp tree/n.gz tree/hidden
	head -c 100 /dev/urandom | gzip >tree/bin.gz
	drives 0 directory load "$(src)"
	for f in n.gz n.zst plain.gz; do
		same n <(doc $f '.doc.body' | jq -j .)
	done
	eq '"a\nb\n"' "$(doc two.gz .doc.body)"
	for f in cut.gz hidden bin.gz; do eq null "$(doc $f .doc.body)"; done
	drives 0 directory load "$(src '"max_size":3892')"
	eq null "$(doc n.gz .doc.body)"
	eq null "$(doc plain.zst .doc.body)"
	drives 0 directory load "$(src '"max_size":3893')"
	[ "$(doc n.gz '.doc.body | length')" = 3893 ]
	drives 0 directory load "$(src '"decompress":false')"
	eq null "$(doc n.gz .doc.body)"
}

@test "directory: a bomb -> stops at max_size" {
	head -c 2G /dev/zero | tr '\0' x | zstd -q -c >tree/bomb.zst
	limited 400000 drive directory load "$(src)"
	check 0
	eq null "$(doc bomb.zst .doc.body)"
}

@test "directory: a document over 64 MiB -> fail with its id, others come" {
	head -c 20M /dev/zero | tr '\0' '\1' >tree/controls
	echo x >tree/x
	drives 0 directory load "$(src '"max_size":"20MiB"')"
	eq x "$(ids)"
	eq 'controls too_long' "$(fails)"
	drives 0 directory load "$(src)"
	eq null "$(doc controls .doc.body)"
}

@test "directory: poll -> mtime or ctime since the saved position" {
	local now
	touch -d 2020-01-01T00:00:00Z tree/old
	touch tree/new
	now=$(date -u -d '+1 day' +%FT%TZ)
	state='{"files":{"since":"2021-01-01T00:00:00Z"}}' \
	    drives 0 directory poll "$(src)"
	# both: touch -d sets mtime, but ctime is now
	eq 'new old' "$(ids | paste -sd' ')"
	drives 0 directory poll "$(src)" "\"since\":\"$now\""
	eq '' "$output"
	drives 0 directory poll "$(src)" '"until":"2020-06-01T00:00:00Z"'
	eq old "$(ids)"
	drives 0 directory poll "$(src)" \
	    '"since":"2019-06-01T00:00:00Z","until":"2020-01-01T00:00:00Z"'
	eq '' "$(ids)"
	drives 2 directory poll "$(src)" '"since":"yesterday"'
	eq 'since: not an RFC 3339 time' "$stderr"
}

@test "directory: poll overlap -> re-read before the saved position" {
	local now
	touch tree/f
	now=$(date -u -d '+300 sec' +%FT%TZ)
	# a position in the future: the clock was set back
	state="{\"files\":{\"since\":\"$now\"}}" \
	    drives 3 directory poll "$(src)"
	eq '{"reset":true}' "$output"
	# a second later: all of the position's own second counts
	now=$(date -u +%FT%T.%NZ -d '+1 sec')
	eventually bash -c "[ \$(date -u +%FT%T.%NZ) \> $now ]"
	state="{\"files\":{\"since\":\"$now\"}}" \
	    drives 0 directory poll "$(src '"overlap":0')"
	eq '' "$(ids)"
	for o in 600 '"10m"'; do
		state="{\"files\":{\"since\":\"$now\"}}" \
		    drives 0 directory poll "$(src "\"overlap\":$o")"
		eq f "$(ids)"
	done
}

@test "directory: poll without a position -> 3" {
	drives 3 directory poll "$(src)"
	[[ $stderr == *'run a full sync' ]]
}

@test "directory: another folder under the name -> a poll refuses its position" {
	touch tree/a
	drives 0 directory load "$(src)"
	state=$(states)
	drives 0 directory poll "$(src)"
	mv tree away
	mkdir tree
	touch -d 2020-01-01 tree/b
	drives 3 directory poll "$(src)"
	eq '{"reset":true}' "$output"
	[[ $stderr == */tree': another folder than in the last run; run a full sync' ]]
	drives 0 directory poll "$(src)" '"since":"2019-01-01T00:00:00Z"'
	eq b "$(ids)"
	# an inode of the same number
	drives 0 directory load "$(src)"
	state=$(states)
	rm -r tree
	mkdir tree
	drives 3 directory poll "$(src)"
	rmdir tree
	ln -s away tree
	drives 3 directory poll "$(src)"
	state=$(jq -c 'del(.files.root)' <<<"$state") \
	    drives 0 directory poll "$(src)"
}

@test "directory: the state of load covers what comes after it -> polled" {
	touch tree/a
	drives 0 directory load "$(src)"
	state=$(jq -c 'select(.state) | {files:.state.value}' <<<"$output")
	touch tree/b
	drives 0 directory poll "$(src '"overlap":0')"
	[[ " $(ids | paste -sd' ') " == *' b '* ]]
}

@test "directory: a folder that could not be read -> a later poll reads it whole" {
	local now
	export state
	mkdir -p tree/%/in tree/open tree/%x
	touch tree/%/f tree/%/in/g tree/open/h tree/%x/i
	chmod 0 tree/%
	now=$(date +%s)
	eventually bash -c "[ \$(date +%s) -gt $now ]"
	nobody drive directory load "$(src)"
	state=$(states)
	for _ in 1 2; do
		nobody drive directory poll "$(src '"overlap":0')"
		eq '' "$(ids)"
		eq '%25/* permission' "$(fails)"
		state=$(states)
	done
	chmod 755 tree/%
	nobody drive directory poll "$(src '"overlap":0')"
	eq '%25/f %25/in/g' "$(list)"
	state=$(states)
	nobody drive directory poll "$(src '"overlap":0')"
	eq '' "$(ids)"
	eq null "$(states | jq -c .files.unread)"
}

@test "directory: so many folders could not be read -> a later poll reads all" {
	mkdir -m 0 tree/{1..1000}
	nobody drive directory load "$(src)"
	eq 1000 "$(states | jq '.files.unread | length')"
	mkdir -m 0 tree/1001
	nobody drive directory load "$(src)"
	eq '[""]' "$(states | jq -c .files.unread)"
}

@test "directory: check -> silent; a warning for an empty folder" {
	drives 0 directory check "$(src)"
	eq '{"check":"path","ok":true,"message":"there is no file below it"}' \
	    "$output"
	touch tree/x
	drives 0 directory check "$(src)"
	eq '' "$output"
}

@test "directory: spec, discover -> one line each" {
	run -0 "$CONN_BUILD/libexec/conn/conn-source-directory" spec
	[ "${#lines[@]}" -eq 1 ]
	jq -e '.type == "directory" and .ids and (.schema.properties |
	    all(has("title") and has("description"))) and
	    (.schema.properties | to_entries | all(.key == "path" or
	    (.value | has("default"))))' <<<"$output"
	drives 0 directory discover "$(src)"
	eq files "$(jq -r .stream <<<"$output")"
}

@test "directory: wrong requests and verbs -> 2" {
	local d=$CONN_BUILD/libexec/conn/conn-source-directory r
	for r in '' '{}' '[]' 'nonsense' '{"v":2}' '{"v":1,"source":[]}' \
	    '{"v":1,"v":1}' '{"v":1,"ids":{}}'; do
		run --separate-stderr "$d" load <<<"$r"
		check 2
		[[ $stderr == 'request on stdin: '* || $r == '{}' ]]
	done
	for r in '' frobnicate changed 'load slim'; do
		# shellcheck disable=SC2086
		run --separate-stderr "$d" $r </dev/null
		check 2
		[[ $stderr == *usage:* ]]
	done
	run -0 "$d" --version
	eq 'conn-source-directory (conn) 0.1.0' "${lines[0]}"
	run -0 "$d" -h
}
