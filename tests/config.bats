# The programs' view of configs, and the examples of conn-config(5).
load helper

# Only what names a record, and the fields of the examples.
documents() { jq -c 'select(has("_ctl") | not)'; }

prepare() {
	mkdir notes pages pages/private
	echo one >notes/a.txt
	echo two >pages/b.txt
	echo three >pages/private/c.txt
	echo four >pages/d.tmp
	echo five >pages/old.md
	touch -d 2026-01-01T00:00:00Z notes/* pages/* pages/private/*
	touch -d 2019-12-31T23:59:59Z pages/old.md
}

@test "config: the first example of the manual -> its documents" {
	example conn-config.5 1 >notes.yml
	run -0 --separate-stderr conn-load notes.yml
	eq '"notes:a.txt"' "$(documents <<<"$output" | jq ._id)"
	eq "" "$stderr"
}

@test "config: the same in JSON -> the same documents" {
	example conn-config.5 1 >notes.yml
	example conn-config.5 2 >j.json
	run -0 --separate-stderr conn-load j.json
	eq "$(conn-load notes.yml | documents)" "$(documents <<<"$output")"
}

@test "config: the third example -> rules and map are applied" {
	example conn-config.5 3 >wiki.yml
	run -0 --separate-stderr conn-load wiki.yml
	eq '{"_id":"wiki:b.txt","_timestamp":"2026-01-01T00:00:00.000000000Z","title":"b.txt","body":"two\n","kind":"txt"}' \
	    "$(documents <<<"$output")"
	eq elasticsearch:https://localhost:9200/wiki \
	    "$(head -n 1 <<<"$output" | jq -r .index)"
	eq "" "$stderr"
}

@test "config: -x -> who left a document out" {
	example conn-config.5 3 >wiki.yml
	run -0 --separate-stderr conn-load -x wiki.yml
	grep -qx 'conn-load: explain: wiki:private/c.txt: excluded by rule private' \
	    <<<"$stderr"
	grep -qx 'conn-load: explain: wiki:old.md: excluded by rule old' \
	    <<<"$stderr"
}

@test "config: an unknown key of the driver -> 2, place and proposal" {
	printf 'source:\n  type: directory\n  path: notes\n  exlude: [x]\n' >w.yml
	run -2 --separate-stderr conn-load w.yml
	eq "conn-load: w.yml:4:3: source.exlude: unknown key, did you mean exclude" \
	    "$stderr"
	eq 2 "$(jq .status <<<"$output")"
}

@test "config: a broken map -> 2, place and reason" {
	printf 'source: {type: directory, path: notes}\nmap: |\n  {a:\n   b b}\n' >w.yml
	run -2 --separate-stderr conn-load w.yml
	eq "conn-load: w.yml:4:6: map: syntax error, unexpected IDENT, expecting '}'" \
	    "$stderr"
}

@test "config: a map that fails -> fail record, no content on stderr, 1" {
	printf 'source: {type: directory, path: notes}\nmap: .body | error\n' >w.yml
	run -1 --separate-stderr conn-load w.yml
	eq '{"id":"w:a.txt","code":"map_error"}' \
	    "$(jq -c 'select(._ctl == "fail") | {id, code}' <<<"$output")"
	[[ $stderr != *one* ]]
}

@test "config: standard input -> its place is -" {
	run -2 --separate-stderr conn-load - <<<'{"name":"w","sorce":{}}'
	eq "conn-load: -:1:13: sorce: unknown key, did you mean source" "$stderr"
}
