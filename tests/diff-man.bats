#!/usr/bin/env bats
# What conn-diff(1) and conn-stream(5) show is true.
load helper

# try PAGE N: runs it.
try() { run --separate-stderr bash -c "$(example "$1" "$2")"; }

prepare() {
	mkdir pages
	for i in 1 2 3; do echo "page $i" > "pages/$i.txt"; done
	printf 'source:\n  type: directory\n  path: pages\n' > wiki.yml
	conn-load wiki.yml | conn-bulk wiki.yml
}

# Page 1 is edited, 2 is gone, 4 is new.
edit() {
	echo edited > pages/1.txt
	touch -d '1 hour ago' pages/1.txt
	rm pages/2.txt
	echo page 4 > pages/4.txt
}

indexed() {
	conn-slim --index wiki.yml | jq -r 'select(.id).id' | paste -sd' '
}

# Nothing is left to do.
in_step() {
	conn-slim --index wiki.yml > now
	conn-load wiki.yml | conn-diff now > left
	eq '[0,0]' "$(tail -n 1 left | jq -c '[.documents, .deletes]')"
}

@test "conn-diff(1): a full sync -> the index is in step" {
	edit
	try conn-diff.1 1
	check 0
	eq "" "$output$stderr"
	in_step
	eq "wiki:1.txt wiki:3.txt wiki:4.txt" "$(indexed)"
}

@test "conn-diff(1): fetching only what changed -> the same" {
	edit
	try conn-diff.1 2
	check 0
	eq "" "$output$stderr"
	in_step
}

@test "conn-diff(1): deletes only -> the rest stays as it was" {
	edit
	try conn-diff.1 3
	check 0
	eq "" "$output"
	[[ $stderr == *"conn-diff: explain: wiki:2.txt: absent"* ]]
	[[ $stderr == *"conn-diff: explain: wiki:4.txt: new"* ]]
	eq "wiki:1.txt wiki:3.txt" "$(indexed)"
}

@test "conn-diff(1): what a full sync would delete -> a list" {
	edit
	try conn-diff.1 4
	check 0
	eq "wiki:2.txt" "$output"
	eq "wiki:1.txt wiki:2.txt wiki:3.txt" "$(indexed)"
}

@test "conn-diff(1): what changed since a listing -> nothing yet" {
	try conn-diff.1 5
	check 0
	eq "" "$stderr"
	eq 2 "${#lines[@]}"
	edit
	run --separate-stderr bash -c "$(example conn-diff.1 5 | tail -n 1)"
	check 0
	eq 5 "${#lines[@]}"
	eq '{"_ctl":"delete","id":"wiki:2.txt","reason":"absent"}' "${lines[3]}"
}

@test "conn-stream(5): the example -> a stream" {
	example conn-stream.5 1 | jq -c . > stream
	sed '1s/"load"/"index"/; 1s/"r2"/"k"/; 2,$d' stream > known
	printf '%s' '{"_ctl":"end","complete":true,"status":0,"documents":0,' \
	    '"ids":0,"deletes":0,"fails":0,"digest":"' >> known
	printf '%032d","time":"2026-01-03T00:00:00Z"}\n' 0 >> known
	run --separate-stderr bash -c 'conn-diff known < stream'
	check 1
	eq "" "$stderr"
	eq 7 "${#lines[@]}"
}

@test "conn-stream(5): the hashes -> as the text says" {
	try conn-stream.5 2
	check 0
	for hash in $(printf '%s\n' "${lines[@]}" | cut -d' ' -f1); do
		grep -q "$hash" "$ROOT/man/conn-stream.5"
	done
	eq 2 "${#lines[@]}"
}

@test "conn-stream(5): the titles -> one a line" {
	try conn-stream.5 3
	check 0
	eq "1.txt 2.txt 3.txt" "$(printf '%s\n' "${lines[@]}" | sort |
	    paste -sd' ')"
}

@test "conn-diff(1): its options -> those of --help, and both ways" {
	conn-diff --help | grep -oE '(^|[ ,])--?[a-zA-Z][a-z-]*' | tr -d ' ,' |
	    sort -u > help
	mandoc -T utf8 "$ROOT/man/conn-diff.1" | col -b |
	    sed -n '/^   Options/,/^   [A-NP-Z]/p' |
	    grep -E '^     -' | grep -oE '(^|[ ,])--?[a-zA-Z][a-z-]*' |
	    tr -d ' ,' | sort -u > page
	same help page
}
