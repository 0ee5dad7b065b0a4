# SPDX-License-Identifier: MIT
# Basic rules: against a model of their own, and what Elastic's connectors do
# wrong with theirs, each fault a test named after it.
load helper

prepare() {
	echo 'source: {type: file, path: in.ndjson, id: id}' >c.yml
}

# rule ID POLICY FIELD RULE VALUE: one more, in order.
rule() {
	local n
	grep -q '^rules:' c.yml || echo rules: >>c.yml
	n=$(grep -c '^- ' c.yml || :)
	printf -- '- {id: %s, policy: %s, field: "%s", rule: "%s", value: %s, order: %s}\n' \
	    "$@" "$n" >>c.yml
}

# keeps IDS: of the documents on stdin, which must all be read.
keeps() {
	cat >in.ndjson
	run --separate-stderr conn-load --explain c.yml
	check 0
	eq "$1" "$(jq -r '._id // empty' <<<"$output" | sed 's/^c://' | paste -sd' ')"
}

@test "rules: 12,000 random rules and documents -> what the manual says" {
	for seed in 1 2 3 4; do
		python3 "$ROOT/tests/rules-model.py" $seed 3000
		"$CONN_BUILD/tests/rulestool" <in >got
		diff expected got | head -n 5 >differ || :
		[ ! -s differ ] || { paste in expected got | awk -F'\t' \
		    '$3 != $4' | head -n 3; return 1; }
		[ "$(grep -cv -- ' -$' got)" -gt 300 ]
	done
}

@test "rules: a document left out -> --explain names the rule, each time" {
	rule r1 exclude kind equals tmp
	rule r2 include kind starts_with wiki
	rule DEFAULT exclude _ regex "'.*'"
	keeps '2 3' <<-'X'
	{"id":"1","kind":"tmp"}
	{"id":"2","kind":"wiki"}
	{"id":"3","kind":"wikis"}
	{"id":"4","kind":null}
	{"id":"5"}
	X
	cat >want <<-'X'
	conn-load: explain: c:1: excluded by rule r1
	conn-load: explain: c:4: excluded by rule DEFAULT
	conn-load: explain: c:5: excluded by rule DEFAULT
	X
	printf '%s\n' "$stderr" >got
	same want got
}

@test "elastic: equals never matches a boolean -> it does" {
	rule r1 exclude draft equals true
	rule r2 exclude hidden equals "'yes'"
	rule r3 exclude shown equals "'off'"
	keeps '2 5' <<-'X'
	{"id":"1","draft":true}
	{"id":"2","draft":false}
	{"id":"3","hidden":true}
	{"id":"4","shown":false}
	{"id":"5","shown":true,"hidden":false}
	X
}

@test "elastic: a rule that does not fit the value ends the sync -> no match" {
	rule r1 exclude n '>' abc
	rule r2 exclude t '>' "'2026-01-01'"
	rule r3 exclude o '<' 3
	keeps '1 2 4 6 7 8 9' <<-'X'
	{"id":"1","n":5}
	{"id":"2","n":null}
	{"id":"3","t":"2026-01-01T00:00:00+01:00x"}
	{"id":"4","t":"2026-01-01T00:30:00+01:00"}
	{"id":"5","t":"2026-01-02T00:00:00+01:00"}
	{"id":"6","t":20260102}
	{"id":"7","o":null}
	{"id":"8","o":{"a":1}}
	{"id":"9","o":"2"}
	{"id":"10","o":2}
	X
}

@test "elastic: numbers are compared as text -> by value, exactly" {
	rule r1 exclude n '>' "'9'"
	rule r2 exclude big equals 9007199254740993
	keeps '2 4' <<-'X'
	{"id":"1","n":10}
	{"id":"2","n":9.0}
	{"id":"3","big":9007199254740993}
	{"id":"4","big":9007199254740992}
	X
}

@test "elastic: the DEFAULT rule is never asked -> what no rule matches" {
	rule DEFAULT exclude _ regex "'.*'"
	rule r1 include ok equals true
	keeps 1 <<-'X'
	{"id":"1","ok":true}
	{"id":"2"}
	X
}

@test "elastic: contains looks into the text of a list -> at its elements" {
	rule r1 exclude tags contains "'a, b'"
	rule r2 exclude tags contains "'['"
	rule r3 exclude tags equals secret
	keeps '1 2' <<-'X'
	{"id":"1","tags":["a","b"]}
	{"id":"2","tags":[]}
	{"id":"3","tags":["x","secret"]}
	X
}

@test "elastic: an excluded document -> leaves the index with the next sync" {
	keeps '1 2 3' <<-'X'
	{"id":"1","n":1}
	{"id":"2","n":2}
	{"id":"3","n":3}
	X
	conn-sync c.yml
	rule r1 exclude n '>' 2
	run --separate-stderr conn-sync -v c.yml
	check 0
	[[ $stderr == *'conn-bulk: 0 indexed, 1 deleted'* ]]
}

@test "elastic: a read that ends early deletes the rest -> nothing" {
	sqlite3 t.db "create table t(a integer primary key, b); with recursive
	    c(i) as (select 1 union all select i+1 from c where i < 5000)
	    insert into t select i, 'some text' from c"
	echo 'source: {type: sqlite, path: t.db}' >c.yml
	conn-sync c.yml
	dd if=/dev/urandom of=t.db bs=4096 seek=5 count=1 conv=notrunc status=none
	run --separate-stderr conn-sync c.yml
	check 3
	eq 5000 "$(sqlite3 state/c.db 'select count(*) from documents')"
}

@test "elastic: rows are paged by offset -> one snapshot, none twice or missed" {
	sqlite3 t.db "pragma journal_mode = wal;
	create table t(a integer primary key, b);
	with recursive c(i) as (select 1 union all select i+1 from c
	    where i < 4000)
	insert into t select i * 2, hex(zeroblob(500)) from c" >/dev/null
	echo 'source: {type: sqlite, path: t.db}' >c.yml
	mkfifo pipe
	conn-load c.yml >pipe 3>&- &
	exec 5<pipe
	read -r begin <&5
	read -r first <&5
	# rows before, behind and at the place where it reads now
	sqlite3 t.db "delete from t where a < 1000; insert into t values(1, 0);
	    insert into t values(7999, 0); delete from t where a > 7000"
	{ printf '%s\n' "$begin" "$first"; cat <&5; } >got
	exec 5<&-
	wait $!
	jq -r '._id // empty' got | sort >ids
	seq 2 2 8000 | sed 's/^/c:t\//' | sort >want
	same want ids
}

@test "elastic: the ids of the index lie in memory -> on disk, past a limit" {
	sqlite3 t.db "create table t(a integer primary key); with recursive
	    c(i) as (select 1 union all select i+1 from c where i < 20000)
	    insert into t select i from c"
	echo 'source: {type: sqlite, path: t.db}' >c.yml
	conn-sync c.yml
	sqlite3 t.db 'delete from t where a % 100 = 0'
	conn-slim --index c.yml >known
	conn-load c.yml | conn-diff --memory 64KiB c.yml known >out
	eq 200 "$(grep -c '"_ctl":"delete"' out)"
}
