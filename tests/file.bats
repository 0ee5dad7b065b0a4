# SPDX-License-Identifier: MIT
load helper
load source

# src FILE [MEMBERS]: the source section for ./FILE.
src() { printf '{"path":"%s/%s"%s}' "$PWD" "$1" "${2:+,$2}"; }

# messages: of the fails in $output, without the folder.
messages() { jq -r '.fail.message // empty' <<<"$output" | sed "s|$PWD/||"; }

@test "file: ndjson -> documents as their bytes, id and timestamp" {
	cat >a.ndjson <<-'EOF'
	{"id": "a/%","t":"2026-01-01","n":12345678901234567890.10, "x" : "\u00e9"}
	{"id":7.50,"t":1700000000}

	  	{"t":null,"id":"\u0022q\""}
	EOF
	drives 0 file load "$(src a.ndjson '"id":"id","timestamp":"t"')"
	cat >want <<-'EOF'
	{"id":"a/%","timestamp":"2026-01-01","doc":{"id": "a/%","t":"2026-01-01","n":12345678901234567890.10, "x" : "\u00e9"}}
	{"id":"7.50","timestamp":"1700000000","doc":{"id":7.50,"t":1700000000}}
	{"id":"\u0022q\"","doc":{"t":null,"id":"\u0022q\""}}
	EOF
	same want <(printf '%s\n' "$output")
	eq '' "$stderr"
}

@test "file: slim -> id and timestamp of the same set" {
	printf '{"id":1,"t":"x","b":"body"}\n{"id":2}\nbad\n' >a.ndjson
	drives 0 file slim "$(src a.ndjson '"id":"id","timestamp":"t"')"
	eq '{"id":"1","timestamp":"x"}' "${lines[0]}"
	eq '{"id":"2"}' "${lines[1]}"
	eq '- bad_line' "$(fails)"
	[ "${#lines[@]}" -eq 3 ]
}

@test "file: id list -> joined by /, parts encoded, numbers as written" {
	printf '{"a":"x/y%%","b":1.0,"c":""}\n' >a.ndjson
	drives 0 file slim "$(src a.ndjson '"id":["a","b","c"]')"
	eq '{"id":"x%2Fy%25/1.0/"}' "$output"
	drives 0 file slim "$(src a.ndjson '"id":["a"]')"
	eq '{"id":"x%2Fy%25"}' "$output"
}

@test "file: bad lines -> fails without id, the good ones come" {
	printf '%s\n' '{"id":1}' 'nonsense' '[1]' '{"x":1}' '{"id":null}' \
	    '{"id":{}}' '{"id":""}' '{"id":1,"id":2}' '{"id":"\u00e9"}' \
	    $'{"id":"\xff"}' '{"id":9}' >a.ndjson
	printf '{"id":10' >>a.ndjson
	drives 0 file load "$(src a.ndjson '"id":"id"')"
	eq '1 9 é' "$(ids | paste -sd' ')"
	cat >want <<-'EOF'
	a.ndjson:2: not JSON
	a.ndjson:3: not an object
	a.ndjson:4: no id
	a.ndjson:5: the id is not a string or number
	a.ndjson:6: the id is not a string or number
	a.ndjson:7: the id is empty
	a.ndjson:8: the id stands twice
	a.ndjson:10: bad UTF-8
	a.ndjson:12: JSON cut short
	EOF
	same want <(messages)
	eq '- bad_line' "$(fails | sort -u)"
}

@test "file: BOM, CRLF, no newline at the end -> fine" {
	printf '\xef\xbb\xbf{"id":1}\r\n{"id":2}' >a.ndjson
	printf '\xef\xbb\xbf[{"id":1},\r\n{"id":2}]' >b.json
	printf '\xef\xbb\xbfid,x\r\n1,a\r\n2,b' >c.csv
	for f in a.ndjson b.json c.csv; do
		drives 0 file slim "$(src $f '"id":"id"')"
		eq '1 2' "$(ids | paste -sd' ')"
		eq '' "$(fails)"
	done
}

@test "file: json -> elements of the array, line breaks taken out" {
	cat >a.json <<-'EOF'
	[
	  {
	    "id": 1,
	    "t": [ "]}\"", {"x": "\\"} ]
	  },
	  {"id":2}   ,{"id":3}
	]
	EOF
	drives 0 file load "$(src a.json '"id":"id"')"
	eq '{"id":"1","doc":{"id": 1,"t": [ "]}\"", {"x": "\\"} ]}}' \
	    "${lines[0]}"
	eq '1 2 3' "$(ids | paste -sd' ')"
	printf ' [ ] ' >a.json
	drives 0 file load "$(src a.json '"id":"id"')"
	eq '' "$output"
	printf '{"id":"only",\n"x":1}\n' >a.json
	drives 0 file load "$(src a.json '"id":"id"')"
	eq '{"id":"only","doc":{"id":"only","x":1}}' "$output"
}

@test "file: items -> the array at that path" {
	printf '%s' '{"z":{"items":[9]},"a":{"q":"}","b c":[{"id":1}],"d":2},' \
	    '"a2":[],"e":[{"id":5}]}' >a.json
	drives 0 file load "$(src a.json '"id":"id","items":".a.\"b c\""')"
	eq 1 "$(ids)"
	drives 0 file load "$(src a.json '"id":"id","items":".e"')"
	eq 5 "$(ids)"
	for p in .x .a.q .z .a.x; do
		drives 0 file load "$(src a.json "\"id\":\"id\",\"items\":\"$p\"")"
		eq '- bad_line' "$(fails)"
	done
	for p in a .a. .a..b '.a[0]'; do
		drives 2 file load "$(src a.json "\"id\":\"id\",\"items\":\"$p\"")"
	done
}

@test "file: json damaged -> a fail without id, never silence" {
	local text='[{"id":1},{"id":2}]' cut
	for ((cut = 0; cut < ${#text}; cut++)); do
		printf '%s' "${text:0:cut}" >a.json
		drives 0 file load "$(src a.json '"id":"id"')"
		eq '- bad_line' "$(fails)"
	done
	for text in '[{"id":1}' '[{"id":1},]' '[,]' '[{"id":1} {"id":2}]' \
	    '[{"id":1}]x' '[{"id":1}][]' '"x"' '1' 'null' '[}' '[1]' \
	    '[{"id":1]}]'; do
		printf '%s' "$text" >a.json
		drives 0 file load "$(src a.json '"id":"id"')"
		[[ $(fails) == '- bad_line'* ]] || { echo "$text"; false; }
	done
	text='{"a":{"b":[{"id":1}]},"c":1}'
	for ((cut = 0; cut < ${#text}; cut++)); do
		printf '%s' "${text:0:cut}" >a.json
		drives 0 file load "$(src a.json '"id":"id","items":".a.b"')"
		eq '- bad_line' "$(fails)"
	done
	printf '{"a":[{"id":1}],"a":[{"id":2}]}' >a.json
	drives 0 file load "$(src a.json '"id":"id","items":".a"')"
	eq '- bad_line' "$(fails)"
}

@test "file: csv -> RFC 4180, all values strings" {
	printf '%s\n' 'id,na"me,"q""q,",' '1,5" disk,"two' 'lines",x' '' \
	    '2,,"a""b",' '3,"",007,é' >a.csv
	drives 0 file load "$(src a.csv '"id":"id"')"
	cat >want <<-'EOF'
	{"id":"1","doc":{"id":"1","na\"me":"5\" disk","q\"q,":"two\nlines","c4":"x"}}
	{"id":"2","doc":{"id":"2","na\"me":"","q\"q,":"a\"b","c4":""}}
	{"id":"3","doc":{"id":"3","na\"me":"","q\"q,":"007","c4":"é"}}
	EOF
	same want <(printf '%s\n' "$output")
}

@test "file: csv without header, another delimiter, tsv" {
	printf '1;a,b\n2;"c;d"\n' >a.csv
	drives 0 file load \
	    "$(src a.csv '"id":"c1","header":false,"delimiter":";"')"
	eq '{"id":"1","doc":{"c1":"1","c2":"a,b"}}' "${lines[0]}"
	eq '{"id":"2","doc":{"c1":"2","c2":"c;d"}}' "${lines[1]}"
	printf 'id\tt\n1\ta b\n' >a.tsv
	drives 0 file load "$(src a.tsv '"id":"id","timestamp":"t"')"
	eq '{"id":"1","timestamp":"a b","doc":{"id":"1","t":"a b"}}' "$output"
	for d in '""' '"ab"' '"\""' '"\n"' '"é"' 1; do
		drives 2 file load "$(src a.csv "\"id\":\"c1\",\"delimiter\":$d")"
	done
}

@test "file: csv bad rows -> fails, the others come" {
	printf 'id,x\n1\n2,a,b\n3,ok\n"4"x,y\n,empty\n5,\xff\n6,\xc3\n' >a.csv
	printf '7,ok\n8,"open\n9,x\n' >>a.csv
	drives 0 file load "$(src a.csv '"id":"id"')"
	eq '3 7' "$(ids | paste -sd' ')"
	cat >want <<-'EOF'
	a.csv:2: fewer columns than the first row
	a.csv:3: more columns than the first row
	a.csv:5: text after a closing quote
	a.csv:6: the id is empty
	a.csv:7: bad UTF-8
	a.csv:8: bad UTF-8
	a.csv:10: a quote that does not end
	EOF
	same want <(messages)
	printf 'x,y\n1,2\n' >a.csv
	drives 0 file load "$(src a.csv '"id":"id"')"
	eq 'a.csv:1: there is no column of the name in id' "$(messages)"
	printf 'id,id\n1,2\n' >a.csv
	drives 0 file load "$(src a.csv '"id":"id"')"
	eq 'a.csv:1: two columns have the same name' "$(messages)"
	eq '' "$(ids)"
}

@test "file: csv without the row that names the columns -> fail" {
	printf 'id,x\n1,2\n' >a.csv
	: >b.csv
	printf '\n\r\n' >c.csv
	drives 0 file slim "$(src '*.csv' '"id":"id"')"
	eq '1' "$(ids)"
	eq 'b.csv:1: no row that names the columns
c.csv:1: no row that names the columns' "$(messages)"
	drives 0 file slim "$(src 'b.csv' '"id":"c1","header":false')"
	eq '' "$output"
}

@test "file: csv with the line ends of another system -> fail, not one row" {
	printf 'id,x\r1,2\r3,4\r' >a.csv
	printf 'id\r\n1\r2\r\n3\r\n' >b.csv
	drives 0 file slim "$(src '*.csv' '"id":"id"')"
	eq '3' "$(ids)"
	eq 'a.csv:1: a carriage return outside quotes
b.csv:2: a carriage return outside quotes' "$(messages)"
}

@test "file: elasticdump -> _id and _source as they are" {
	cat >dump <<-'EOF'
	{"_index":"i","_type":"_doc","_id":"a","_score":1,"_source":{"_id":"x","t":"1"}}
	{"_id":5,"_source":{}}
	{"_id":"b"}
	{"_source":{}}
	{"_id":"b","_source":[]}
	{"_id":"b","_source":{},"_source":{}}
	{"wiki":{"mappings":{}}}
	EOF
	drives 0 file load "$(src dump '"format":"elasticdump","timestamp":"t"')"
	eq '{"id":"a","timestamp":"1","doc":{"_id":"x","t":"1"}}' "${lines[0]}"
	eq '{"id":"5","doc":{}}' "${lines[1]}"
	[ "$(fails | wc -l)" -eq 5 ]
	drives 2 file load "$(src dump '"format":"elasticdump","id":"x"')"
}

@test "file: bulk -> index and create, all else is a bad line" {
	cat >body <<-'EOF'
	{"index":{"_index":"i","_id":"1"}}
	{"a":1,"t":"x"}
	{"create":{"_id":2}}
	{"a":2}
	{"delete":{"_id":"3"}}
	{"update":{"_id":"4"}}
	{"doc":{"_id":"no"}}
	{"index":{}}
	{"a":5}
	{"index":{"_id":"6"},"x":1}
	{"index":{"_id":"7"}}
	{"a":7}
	{"index":{"_id":"8"}}
	EOF
	drives 0 file load "$(src body '"format":"bulk","timestamp":"t"')"
	eq '1 2 7' "$(ids | paste -sd' ')"
	eq '{"id":"1","timestamp":"x","doc":{"a":1,"t":"x"}}' "${lines[0]}"
	cat >want <<-'EOF'
	body:5: only index and create are read
	body:6: only index and create are read
	body:8: no _id
	body:10: not an action of _bulk
	body:13: an action without document
	EOF
	same want <(messages)
}

@test "file: .gz and .zst -> seen through; cut or damaged -> fail" {
	seq 1 20000 | sed 's/.*/{"id":&}/' >n
	gzip -c n >a.ndjson.gz
	zstd -qc n >b.ndjson.zst
	{ head -100 n | gzip; tail -n +101 n | gzip; } >c.ndjson.gz
	gzip -c n >d.ndjson
	for f in a.ndjson.gz b.ndjson.zst c.ndjson.gz d.ndjson; do
		drives 0 file slim "$(src $f '"id":"id"')"
		[ "${#lines[@]}" -eq 20000 ]
		eq '' "$(fails)"
	done
	head -c 20000 a.ndjson.gz >cut.ndjson.gz
	head -c 9000 b.ndjson.zst >cut.ndjson.zst
	head -c -4 a.ndjson.gz >nosum.ndjson.gz
	head -c -2 b.ndjson.zst >nosum.ndjson.zst
	: >empty.ndjson.gz
	{ cat a.ndjson.gz; echo junk; } >junk.ndjson.gz
	for f in a.ndjson.gz b.ndjson.zst; do
		cp $f bad.${f#*.}
		printf '\377\377\377\377\377' |
		    dd of=bad.${f#*.} bs=1 seek=3000 conv=notrunc status=none
	done
	for f in {bad,cut,nosum}.ndjson.{gz,zst} {empty,junk}.ndjson.gz; do
		drives 0 file slim "$(src $f '"id":"id"')"
		[[ $(fails) == *'- bad_line'* ]]
	done
}

@test "file: a large document -> as it is; zeros behind gzip -> padding" {
	python3 -c 'print("{\"id\":1,\"b\":\"%s\"}" % ("x" * 700000))' >a.ndjson
	echo '{"id":2}' >>a.ndjson
	drives 0 file load "$(src a.ndjson '"id":"id"')"
	same <(jq -c .doc <<<"$output") a.ndjson
	{ gzip -c a.ndjson; head -c 1000 /dev/zero; } >b.ndjson.gz
	drives 0 file slim "$(src b.ndjson.gz '"id":"id"')"
	eq '1 2' "$(ids | paste -sd' ')"
	eq '' "$(fails)"
}

@test "file: path -> a pattern, sorted; no match -> 3" {
	mkdir -p d/x d/y.ndjson
	echo '{"id":1}' >d/b.ndjson
	echo '[{"id":2}]' >d/a.json
	echo '{"id":3}' >d/x/c.ndjson
	echo '{"id":4}' >d/.hidden.ndjson
	drives 0 file slim "$(src 'd/*.*json' '"id":"id"')"
	eq '{"id":"2"} {"id":"1"}' "${lines[*]}"
	drives 0 file slim "$(src 'd/*/?.nd*' '"id":"id"')"
	eq '{"id":"3"}' "$output"
	drives 3 file load "$(src 'd/*.csv' '"id":"id"')"
	[[ $stderr == *'there is no such file' ]]
	drives 3 file load "$(src none.csv '"id":"id"')"
	drives 3 file load "$(src d '"id":"id"')"
	drives 2 file load "$(src 'd/x/../x/c.ndjson')"
	eq 'source.id: missing' "$stderr"
	echo '{}' >plain
	drives 2 file load "$(src plain '"id":"id"')"
	[[ $stderr == 'source.format: missing'* ]]
	drives 2 file load '{"id":"id"}'
}

@test "file: a link that leads nowhere fits the pattern -> fail" {
	mkdir -p d/a away
	echo '{"id":1}' >d/a/x.ndjson
	echo '{"id":2}' >away/x.ndjson
	ln -s ../../away/x.ndjson d/a/y.ndjson
	ln -s ../away d/b
	drives 0 file slim "$(src 'd/*/*.ndjson' '"id":"id"')"
	eq '1 2 2' "$(ids | paste -sd' ')"
	mv away gone
	drives 0 file slim "$(src 'd/*/*.ndjson' '"id":"id"')"
	eq '1' "$(ids)"
	eq '- vanished
- vanished' "$(fails)"
	eq 'd/a/y.ndjson d/b/*.ndjson' "$(messages | cut -d: -f1 | paste -sd' ')"
}

@test "file: a file or folder that cannot be read -> fail, 3" {
	mkdir d closed
	echo '{"id":1}' >d/a.ndjson
	echo '{"id":2}' >d/b.ndjson
	echo '{"id":3}' >closed/c.ndjson
	chmod 0 d/a.ndjson
	chmod 0700 closed
	nobody drive file slim "$(src 'd/*.ndjson' '"id":"id"')"
	check 0
	eq 2 "$(ids)"
	eq '- permission' "$(fails)"
	nobody drive file slim "$(src '*/*.ndjson' '"id":"id"')"
	check 3
	[[ $stderr == *'/closed/: Permission denied' ]]
	nobody drive file slim "$(src '*/c.ndjson' '"id":"id"')"
	check 0
	eq '- permission' "$(fails)"
}

# inject WHAT [STRACE-OPTION]...: slim of ./request, with that done to it.
inject() {
	command -v strace >/dev/null || skip 'no strace'
	run --separate-stderr strace -qq -o trace -e inject="$1" \
	    "${@:2}" "$CONN_BUILD/libexec/conn/conn-source-file" slim <request
}

@test "file: a file system that fails -> fail, 75 or 3 by the cause" {
	mkdir d
	echo '{"id":1}' >d/a.ndjson
	printf '{"v":1,"source":%s}' "$(src 'd/*' '"id":"id"')" >request
	inject openat:error=EMFILE -P "$PWD/d/a.ndjson"
	check 75
	eq "$PWD/d/a.ndjson: Too many open files" "$stderr"
	inject openat:error=ENOENT -P "$PWD/d/a.ndjson"
	check 0
	eq '- vanished' "$(fails)"
	inject read:error=EIO -P "$PWD/d/a.ndjson"
	check 0
	eq '- io_error' "$(fails)"
	inject read:error=ENOMEM -P "$PWD/d/a.ndjson"
	check 75
	inject getdents64:error=EIO
	check 3
	eq "$PWD/d/: Input/output error" "$stderr"
	inject openat:error=ENFILE -P "$PWD/d/"
	check 75
}

@test "file: changed while it is read -> fail, changing" {
	command -v strace >/dev/null || skip 'no strace'
	echo '{"id":1}' >a.ndjson
	printf '{"v":1,"source":%s}' "$(src a.ndjson '"id":"id"')" >request
	: >trace
	strace -qq -o trace -P "$PWD/a.ndjson" \
	    -e inject=read:delay_exit=300000 \
	    "$CONN_BUILD/libexec/conn/conn-source-file" slim <request >out 3>&- &
	local pid=$!
	eventually grep -q 'read(.*id' trace
	echo '{"id":2}' >>a.ndjson
	wait $pid
	output=$(<out)
	eq '- changing' "$(fails)"
	eq "a.ndjson: the file was changed while it was read" "$(messages)"
}

@test "file: memory -> independent of the file; a line of 1 GB -> fail" {
	{ echo '{"id":1}'; head -c 1G /dev/zero | tr '\0' x; echo
	    echo '{"id":2}'; } >big.ndjson
	limited 500000 drive file slim "$(src big.ndjson '"id":"id"')"
	check 0
	eq '1 2' "$(ids | paste -sd' ')"
	eq 'big.ndjson:2: over 64 MiB' "$(messages)"
	eq '- too_long' "$(fails)"
	{ echo '[{"id":1},"'; head -c 200M /dev/zero | tr '\0' x
	    echo '",{"id":2}]'; } >big.json
	limited 500000 drive file slim "$(src big.json '"id":"id"')"
	check 0
	eq '1 2' "$(ids | paste -sd' ')"
	eq '- too_long' "$(fails)"
	{ echo 'id,x'; printf '1,"'; for _ in {1..80}; do
	    head -c 1M /dev/zero | tr '\0' x; echo; done
	    echo '"'; echo 2,y; } >big.csv
	limited 500000 drive file slim "$(src big.csv '"id":"id"')"
	check 0
	eq '- too_long' "$(fails | grep long)"
}

@test "file: a line that grows past the ceiling by its id -> fail" {
	python3 -c 'print("{\"id\":\"%s\",\"b\":\"%s\"}" %
	    ("x" * 300000, "y" * ((64 << 20) - 300100)))' >a.ndjson
	echo '{"id":1}' >>a.ndjson
	drives 0 file load "$(src a.ndjson '"id":"id"')"
	eq 1 "$(ids)"
	eq '- too_long' "$(fails)"
}

@test "file: a document deeper than any stream -> passed on to be named" {
	printf '{"id":1,"x":%s%s}\n' "$(printf '[%.0s' {1..200})" \
	    "$(printf ']%.0s' {1..200})" >a.ndjson
	drives 0 file slim "$(src a.ndjson '"id":"id"')"
	eq '{"id":"1"}' "$output"
}

@test "file: check -> the first record of each file" {
	echo '{"id":1}' >a.ndjson
	drives 0 file check "$(src a.ndjson '"id":"id"')"
	eq '' "$output$stderr"
	drives 3 file check "$(src a.ndjson '"id":"key"')"
	eq "$PWD/a.ndjson:1: no id" "$stderr"
	printf '{"index":{"_id":"1"}}\n{"a":1}\n' >b
	drives 0 file check "$(src b '"format":"bulk"')"
	printf 'id,x\n1,2\n' >c.csv
	drives 0 file check "$(src c.csv '"id":"id"')"
	drives 3 file check "$(src c.csv '"id":"key"')"
}

@test "file: discover -> the fields of the first records, their types" {
	printf '%s\n' '{"id":1,"s":"x","n":null}' '{"id":"2","o":{},"n":null}' \
	    nonsense '{"a":[],"b":true}' >a.ndjson
	drives 0 file discover "$(src a.ndjson '"id":"id","timestamp":"s"')"
	eq '{"stream":"documents","id":["id"],"timestamp":"s","fields":[{"name":"id","type":"string|number"},{"name":"s","type":"string"},{"name":"n","type":"null"},{"name":"o","type":"object"},{"name":"a","type":"array"},{"name":"b","type":"boolean"}]}' \
	    "$output"
	printf 'id,x\n1,2\n' >c.csv
	drives 0 file discover "$(src c.csv '"id":"id"')"
	eq 'id x' "$(jq -r '[.fields[].name] | join(" ")' <<<"$output")"
	echo nonsense >a.ndjson
	drives 3 file discover "$(src a.ndjson '"id":"id"')"
	eq "$PWD/a.ndjson:1: not JSON" "$stderr"
	eq '' "$output"
}

@test "file: spec -> one line; poll -> not offered" {
	run -0 "$CONN_BUILD/libexec/conn/conn-source-file" spec
	[ "${#lines[@]}" -eq 1 ]
	jq -e '.type == "file" and (.ids | not) and (.schema.properties |
	    all(has("title") and has("description")))' <<<"$output"
	drives 2 file poll '{}'
}
