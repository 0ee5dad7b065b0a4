#!/usr/bin/env bats
load helper
load diff

# The golden example of conn-stream(5).
golden() {
	cat > known <<-'E'
	{"_ctl":"begin","v":1,"mode":"index","scope":"all","run":"k1","source":"wiki","index":"sqlite:/s/wiki.db","base":"r1","time":"2026-01-03T00:00:00.000000Z"}
	{"id":"wiki:1","timestamp":"2026-01-01T00:00:00Z","hash":"c462419e51caebfcce658b111c8e7dd1"}
	{"id":"wiki:2","timestamp":"2026-01-01T00:00:00Z","hash":"1d9917d15e8687ad5094d34a0a09d963"}
	{"id":"wiki:7","timestamp":"2026-01-01T00:00:00Z","hash":"dc7048f8f8747f561349cde127705c16"}
	{"id":"wiki:9","timestamp":"2026-01-01T00:00:00Z","hash":"dc7048f8f8747f561349cde127705c16"}
	{"_ctl":"end","complete":true,"status":0,"documents":0,"ids":4,"deletes":0,"fails":0,"digest":"d7020eaa18d7670cd6293ae97807fde0","time":"2026-01-03T00:00:01.000000Z"}
	E
	cat > stream <<-'E'
	{"_ctl":"begin","v":1,"mode":"load","scope":"all","run":"r2","source":"wiki","index":"sqlite:/s/wiki.db","base":"r1","time":"2026-01-03T00:00:02.000000Z"}
	{"_id":"wiki:1","_timestamp":"2026-01-01T00:00:00Z","title":"a"}
	{"_id":"wiki:2","_timestamp":"2026-01-01T00:00:00Z","title":"B"}
	{"_id":"wiki:3","_timestamp":"2026-01-02T00:00:00Z","title":"c"}
	{"_ctl":"fail","id":"wiki:7","code":"http_403"}
	{"_ctl":"state","stream":"pages","value":{"since":"2026-01-03T00:00:02Z"},"documents":3,"ids":0,"deletes":0,"fails":1,"digest":"d8c938ab9323e4f8d468e26628268876"}
	{"_ctl":"end","complete":true,"status":1,"documents":3,"ids":0,"deletes":0,"fails":1,"digest":"d8c938ab9323e4f8d468e26628268876","time":"2026-01-03T00:00:03.000000Z"}
	E
	cat > golden <<-'E'
	{"_ctl":"begin","v":1,"mode":"diff","scope":"all","run":"r2","source":"wiki","index":"sqlite:/s/wiki.db","base":"r1","known":4,"time":"2026-01-03T00:00:02.000000Z"}
	{"_id":"wiki:2","_timestamp":"2026-01-01T00:00:00Z","title":"B"}
	{"_id":"wiki:3","_timestamp":"2026-01-02T00:00:00Z","title":"c"}
	{"_ctl":"fail","id":"wiki:7","code":"http_403"}
	{"_ctl":"delete","id":"wiki:9","reason":"absent"}
	{"_ctl":"state","stream":"pages","value":{"since":"2026-01-03T00:00:02Z"},"documents":2,"ids":0,"deletes":1,"fails":1,"digest":"73672cb3c218a7c85e8bc08f1e5662ac"}
	{"_ctl":"end","complete":true,"status":1,"documents":2,"ids":0,"deletes":1,"fails":1,"digest":"73672cb3c218a7c85e8bc08f1e5662ac","time":"NOW"}
	E
}

@test "conn-diff: the golden example -> byte for byte, but the time of end" {
	golden
	diff_to
	check 1
	eq "" "$stderr"
	end .time | grep -Ex '20..-..-..T..:..:..\.[0-9]{6}Z'
	sed '$s/"time":"[^"]*"/"time":"NOW"/' out > got
	same golden got
}

@test "conn-diff: KNOWN from a pipe -> the same" {
	golden
	run --separate-stderr bash -c \
	    'conn-diff <(cat known) < stream > out'
	check 1
	eq "" "$stderr"
	sed '$s/"time":"[^"]*"/"time":"NOW"/' out > got
	same golden got
}

@test "conn-diff: white space around records -> gone, or as it was" {
	golden
	sed -i 's/^/  /; s/$/ \r/; 1i\\' known
	sed -i 's/^/\t/; s/$/\r/; 3i\\' stream
	diff_to
	check 1
	sed '$s/"time":"[^"]*"/"time":"NOW"/' out > got
	same golden got
}

@test "conn-diff: --explain -v -> why, of each id, and a summary" {
	golden
	diff_to -xv
	check 1
	eq "conn-diff: explain: wiki:1: unchanged
conn-diff: explain: wiki:2: changed
conn-diff: explain: wiki:3: new
conn-diff: explain: wiki:7: protected
conn-diff: explain: wiki:9: absent
conn-diff: 4 read, 3 passed, 1 unchanged, 1 deletes" "$stderr"
}

@test "conn-diff: --prune -> deletes and fails only, no state, scope part" {
	golden
	diff_to --prune
	check 1
	eq "" "$stderr"
	eq "fail 7, delete 9" "$(records)"
	eq '["diff","part","r2","r1",4]' "$(head -n 1 out |
	    jq -c '[.mode, .scope, .run, .base, .known]')"
	eq '[true,1]' "$(end '[.complete, .status]')"
	proven
}

@test "conn-diff: --prune with deletes and reserved keys -> both are kept" {
	{ has 1 a; ids 2 4; } | known
	{ doc 1 b; del 2; echo '{"_id":"wiki:3","_routing":"x"}'; state p; } |
	    stream
	diff_to -p
	check 1
	eq "delete 2, fail 3, delete 4" "$(records)"
	proven
}

@test "conn-diff: unknown members of control records -> are kept" {
	: | known -u u1
	{ doc 1 a; echo '{"_ctl":"delete","id":"wiki:8","x":[1.50]}'
	  echo '{"_ctl":"fail","id":"wiki:9","code":"c","x":{"y":null}}'
	  echo '{"_ctl":"state","stream":"p","value":{"a":1},"x":"y"}'; } |
	    stream -c cfg
	sed -i '1s/}$/,"more":{"a":"b"}}/; $s/}$/,"full":true}/' stream
	diff_to
	check 0
	eq '["cfg","u1",0,{"a":"b"}]' "$(head -n 1 out |
	    jq -c '[.config, .uuid, .known, .more]')"
	grep -qx '{"_ctl":"delete","id":"wiki:8","x":\[1.50\]}' out
	grep -qx '{"_ctl":"fail","id":"wiki:9","code":"c","x":{"y":null}}' out
	eq y "$(jq -r 'select(._ctl == "state").x' out)"
	eq true "$(end .full)"
	proven
}

@test "conn-diff: known and uuid -> KNOWN's count, and its index" {
	{ ids 1 3; id 2; } | known -u u2
	doc 1 | stream -u u9 -k 77
	diff_to -m 9
	check 0
	eq '[3,"u2"]' "$(head -n 1 out | jq -c '[.known, .uuid]')"
	eq 1 "$(head -n 1 out | grep -o '"known"' | wc -l)"
	ids 1 3 | known
	diff_to -m 9
	eq '"u9"' "$(head -n 1 out | jq -c .uuid)"
}

@test "conn-diff: documents -> new and changed ones pass, as they came" {
	{ has 1 a; has 2 a; id 3; echo '{"id":"wiki:4","hash":"no hash"}'
	  dated 5 2026-01-01; } | known
	{ doc 1 a; doc 2 b; doc 3 a; doc 4 a
	  echo '{"_id":"wiki:5","_timestamp":"2026-01-01"}'
	  echo ' { "title" : 1.0 , "_id" : "wiki:\u0036" } '; } | stream
	diff_to
	check 0
	eq "doc 2, doc 3, doc 4, doc 5, doc 6" "$(records)"
	grep -Fqx '{ "title" : 1.0 , "_id" : "wiki:\u0036" }' out
	proven
}

@test "conn-diff: id records -> pass where timestamps differ or are missing" {
	{ dated 1 a; dated 2 a; id 3; dated 4 a; id 5; } | known
	{ dated 1 a; dated 2 b; dated 3 a; id 4; id 5; dated 6 a; } |
	    stream -m slim
	diff_to
	check 0
	eq "id 2, id 3, id 4, id 5, id 6" "$(records)"
	eq '["diff","part"]' "$(head -n 1 out | jq -c '[.mode, .scope]')"
	proven
}

@test "conn-diff: escapes in ids and timestamps -> are decoded" {
	{ echo '{"id":"wiki:\u00e4","timestamp":"\u0061"}'
	  echo '{"i\u0064":"wiki:\/","timestamp":"b"}'; } | known
	{ echo '{"id":"wiki:ä","timestamp":"a"}'
	  echo '{"id":"wik\u0069:/","timestam\u0070":"\u0062"}'; } |
	    stream -m slim
	diff_to
	check 0
	eq "" "$(records)"
}

@test "conn-diff: two listings of the source -> compared the same way" {
	{ dated 1 a; dated 2 a; dated 3 a; } | known -m slim
	{ dated 1 a; dated 2 b; } | stream -m slim
	diff_to
	check 0
	eq "id 2, delete 3" "$(records)"
}

@test "conn-diff: other members before _id -> told by _id all the same" {
	local line='{"id":"wiki:2","_id":"wiki:1","title":"a"}'
	local hash
	hash=$(printf %s "$line" | xxhsum -H2 | cut -d' ' -f1)
	{ echo "{\"id\":\"wiki:1\",\"hash\":\"$hash\"}"; has 2 a; has 3 a; } | known
	{ echo "$line"; doc 2 a; echo '{"title":"a","_id":"wiki:3"}'; } | stream
	diff_to
	check 0
	eq "doc 3" "$(records)"
	{ doc 2 a; echo "${line/a\"\}/b\"\}}"; doc 3 a; } | stream
	diff_to
	check 0
	eq "doc 1" "$(records)"
	proven
}

@test "conn-diff: a control record that begins as a document -> is one" {
	{ has 1 a; has 2 a; has 3 a; } | known
	{ doc 1 a; echo '{"_id":"wiki:2","_ctl":"delete","id":"wiki:3"}'
	  doc 2 a; } | stream
	diff_to
	check 0
	eq "delete 3" "$(jq -rc 'select(._ctl == "delete") | "delete \(.id[5:])"
	    ' out)"
	eq 1 "$(end .deletes)"
	eq 0 "$(end .documents)"
}

@test "conn-diff: once a record of an id was passed, all later ones pass" {
	{ has 1 a; has 2 a; has 3 a; has 4 a; has 5 a; } | known
	{ doc 1 a; doc 1 b; doc 1 a; del 2; doc 2 a; failed 3; doc 3 a
	  doc 4 a; doc 4 a; doc 9 x; doc 9 x; doc 5 a; } | stream
	diff_to
	check 0
	eq "doc 1, doc 1, delete 2, doc 2, fail 3, doc 3, doc 9, doc 9" \
	    "$(records)"
	proven
}

@test "conn-diff: delete and fail records -> pass" {
	ids 1 1 | known
	{ id 1; del 1; del 2; failed 3; under x; } | stream -m slim
	diff_to
	check 0
	eq "id 1, delete 1, delete 2, fail 3, fail x" "$(records)"
	proven
}

@test "conn-diff: a delete in the stream -> no second one" {
	ids 1 2 | known
	{ del 1; doc 2; } | stream
	diff_to
	check 0
	eq "delete 1, doc 2" "$(records)"
}

@test "conn-diff: absent ids -> deletes in KNOWN's order, then states" {
	{ id 5; id 3; has 8 a; id 4; id 1; } | known
	{ state p; doc 8 a; state q; state p; } | stream
	diff_to
	check 0
	eq "delete 5, delete 3, delete 4, delete 1, state p, state q" \
	    "$(records)"
	eq '[0,4]' "$(jq -c 'select(.stream == "p")|[.documents,.deletes]' out)"
	proven
}

@test "conn-diff: fail with id -> protected, once seen or not" {
	ids 1 3 | known
	{ failed 1; doc 2; failed 2; } | stream
	diff_to
	check 0
	eq "fail 1, doc 2, fail 2, delete 3" "$(records)"
}

@test "conn-diff: fail with prefix -> every known id that begins so" {
	{ id a/1; id a/2; id ab; id b; id a/; id a; } | known
	{ under a/; under a/2; doc z; } | stream
	diff_to -x
	check 0
	eq "fail a/, fail a/2, doc z, delete ab, delete b, delete a" \
	    "$(records)"
	eq "conn-diff: explain: wiki:z: new
conn-diff: explain: wiki:a/1: protected
conn-diff: explain: wiki:a/2: protected
conn-diff: explain: wiki:ab: absent
conn-diff: explain: wiki:b: absent
conn-diff: explain: wiki:a/: protected
conn-diff: explain: wiki:a: absent" "$stderr"
	{ under ''; doc z; } | stream
	diff_to
	eq "fail, doc z" "$(records)"
}

@test "conn-diff: what is protected -> does not count for the fuse" {
	ids 1 100 | known
	{ under 1; doc z; seq 2 79 | while read -r i; do failed "$i"; done; } |
	    stream
	diff_to
	check 0
	eq 20 "$(grep -c '"absent"' out)"
}

@test "conn-diff: fail with neither -> nothing is inferred, no state after it" {
	ids 1 2 | known
	{ doc 1; state p; echo '{"_ctl":"fail","code":"bad_line"}'
	  state q; } | stream
	diff_to
	check 1
	eq "conn-diff: stream is incomplete" "$stderr"
	eq "doc 1, fail" "$(records)"
	eq '[false,1]' "$(end '[.complete, .status]')"
	sed -i '1s/"load"/"poll"/' stream
	diff_to
	check 1
	eq "doc 1, state p, fail" "$(records)"
}

@test "conn-diff: a document with a reserved key -> a fail, status 1" {
	{ id 1; has 2 a; } | known
	{ echo '{"_id":"wiki:1","_routing":"x"}'; doc 1 a; doc 2 a
	  echo '{"_id":"wiki:3","\u005fversion":1}'
	  echo '{"_id":"wiki:4","__ctl":1,"_":2}'
	  echo '{"_id":"wiki:5","__ctl":1,"_timestamp":"t","_stream":"s"}'; } |
	    stream
	diff_to -v
	check 1
	eq "fail 1, doc 1, fail 3, fail 4, doc 5" "$(records)"
	eq '["reserved_key","key _routing"]' \
	    "$(sed -n 2p out | jq -c '[.code, .message]')"
	eq "conn-diff: 6 read, 5 passed, 1 unchanged, 0 deletes" "$stderr"
	eq '[true,1]' "$(end '[.complete, .status]')"
	proven
}

@test "conn-diff: only reserved keys -> it was listed all the same" {
	ids 1 2 | known
	echo '{"_id":"wiki:1","_routing":"x"}' | stream
	diff_to
	check 1
	eq "fail 1, delete 2" "$(records)"
}

@test "conn-diff: an id twice in KNOWN -> one; what differs is sent again" {
	{ has 1 a; has 2 a; has 1 a; has 2 b; id 3; id 4; id 3; } | known
	{ doc 1 a; doc 2 b; } | stream
	diff_to
	check 0
	eq "doc 2, delete 3, delete 4" "$(records)"
	eq 4 "$(head -n 1 out | jq .known)"
}

@test "conn-diff: poll -> stays poll, states in place, no deletes" {
	{ has 1 a; id 2; } | known
	{ doc 1 a; state p; doc 3; del 4; state q; failed 5; } | stream -m poll
	diff_to
	check 0
	eq "state p, doc 3, delete 4, state q, fail 5" "$(records)"
	eq '[0,1]' "$(jq -c 'select(._ctl == "state").documents' out |
	    jq -sc .)"
	eq poll "$(head -n 1 out | jq -r .mode)"
	proven
	diff_to -p
	eq "delete 4, fail 5" "$(records)"
	eq '["poll","part"]' "$(head -n 1 out | jq -c '[.mode, .scope]')"
}

@test "conn-diff: scope part -> no deletes, states pass" {
	ids 1 2 | known
	{ doc 1; state p; } | stream -p part
	diff_to
	check 0
	eq "doc 1, state p" "$(records)"
	eq part "$(head -n 1 out | jq -r .scope)"
}
