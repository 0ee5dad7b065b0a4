load helper
load lines

prepare() {
	lines_driver
	cat > d/load <<'EOF'
{"id":"1","timestamp":"2026-01-01T00:00:00Z","doc":{"kind":"a","n":1}}
{"id":"2","doc":{"kind":"b","n":2}}
{"id":"3","timestamp":"t3","doc":{"kind":"c","n":3}}
{"fail":{"id":"4","code":"http_403"}}
EOF
	cat > d/slim <<'EOF'
{"id":"1","timestamp":"2026-01-01T00:00:00Z","doc":{"kind":"a"}}
{"id":"2","doc":{"kind":"b"}}
{"id":"3","timestamp":"t3","doc":{"kind":"c"}}
{"fail":{"id":"4","code":"http_403"}}
EOF
}

# The verb that the driver was asked for last.
asked() { ls d | sed -n 's/^request\.//p'; }

ids() { echo "$output" | jq -r 'select(._ctl==null).id' | paste -sd' '; }

@test "slim: id records, fails pass, mode slim" {
	run --separate-stderr conn-slim wiki.yml
	check 1
	eq slim "$(asked)"
	eq 'slim all' "$(echo "${lines[0]}" | jq -r '.mode+" "+.scope')"
	eq '{"id":"wiki:1","timestamp":"2026-01-01T00:00:00Z"}' "${lines[1]}"
	eq '{"id":"wiki:2"}' "${lines[2]}"
	eq '{"_ctl":"fail","id":"wiki:4","code":"http_403"}' "${lines[4]}"
	eq '[true,1,0,3,1]' \
		"$(tail -n 1 <<< "$output" | jq -c '[.complete,.status,.documents,.ids,.fails]')"
}

@test "slim: a stream that is named twice is asked for once" {
	run --separate-stderr conn-slim -s b -s a -s b wiki.yml
	check 1
	eq '[{"name":"b"},{"name":"a"}]' "$(jq -c .streams d/request.slim)"
}

@test "slim: a driver without slim -> load, bodies dropped" {
	sed -i 's/"slim",//' d/spec.json
	run --separate-stderr conn-slim wiki.yml
	check 1
	eq load "$(asked)"
	eq 'wiki:1 wiki:2 wiki:3' "$(ids)"
}

@test "slim: rules that need more than the listing has -> load" {
	cat >> wiki.yml <<'EOF'
rules:
  - {id: r, policy: exclude, field: n, rule: equals, value: 2, order: 1}
EOF
	run --separate-stderr conn-slim --explain wiki.yml
	check 1
	eq load "$(asked)"
	eq 'wiki:1 wiki:3' "$(ids)"
	eq 'conn-slim: explain: wiki:2: excluded by rule r' "${stderr_lines[0]}"
}

@test "slim: rules on slim_fields, _id and _timestamp -> slim is enough" {
	lines_spec '"slim_fields":["kind"]'
	cat >> wiki.yml <<'EOF'
rules:
  - {id: a, policy: exclude, field: kind, rule: equals, value: b, order: 1}
  - {id: b, policy: exclude, field: _id, rule: equals, value: "wiki:3", order: 2}
  - {id: c, policy: exclude, field: _timestamp, rule: equals, value: nope, order: 3}
EOF
	run --separate-stderr conn-slim wiki.yml
	check 1
	eq slim "$(asked)"
	eq 'wiki:1' "$(ids)"
}

@test "slim: slim_fields without a doc -> 3, not a listing without them" {
	lines_spec '"slim_fields":["kind"]'
	sed -i 's/,"doc":{"kind":"b"}//' d/slim
	run --separate-stderr conn-slim wiki.yml
	check 1
	cat >> wiki.yml <<'EOF'
rules:
  - {id: a, policy: include, field: kind, rule: regex, value: "[abc]", order: 1}
  - {id: DEFAULT, policy: exclude, field: x, rule: equals, value: x, order: 2}
EOF
	run --separate-stderr conn-slim wiki.yml
	check 3
	[[ $stderr == *'driver lines: slim gave no doc, but its spec has slim_fields'* ]]
	eq false "$(tail -n 1 <<< "$output" | jq -c .complete)"
}

@test "slim: a map -> load, whatever it does" {
	printf '%s\n' 'map: "if .n == 1 then empty elif .n == 2 then error else . end"' >> wiki.yml
	run --separate-stderr conn-slim wiki.yml
	check 1
	eq load "$(asked)"
	eq 'wiki:3' "$(ids)"
	eq 'wiki:2 wiki:4' "$(echo "$output" | jq -r 'select(._ctl=="fail").id' | paste -sd' ')"
}

@test "slim: documents of load are ids of slim are documents and fails of load" {
	long=$(printf 'x%.0s' {1..600})
	for f in load slim; do
		echo '{"id":"'"$long"'","doc":{}}' >> d/$f
		echo '{"id":"5","timestamp":"'"$long"'","doc":{}}' >> d/$f
	done
	conn-load wiki.yml > load 2>/dev/null || [ $? -eq 1 ]
	conn-slim wiki.yml > slim 2>/dev/null || [ $? -eq 1 ]
	jq -r '._id // empty' load | sort > documents
	jq -r 'select(._id or ._ctl=="fail") | ._id // .id' load | sort > all
	jq -r 'select(._ctl==null or ._ctl=="fail").id // empty' slim | sort > ids
	eq '' "$(comm -23 documents ids)"
	eq '' "$(comm -23 ids all)"
	eq 6 "$(wc -l < all)"
}

@test "slim: states of the driver are not its business" {
	echo '{"state":{"stream":"a","value":{"x":"1"}}}' >> d/slim
	run --separate-stderr conn-slim wiki.yml
	check 1
	eq 0 "$(echo "$output" | grep -c '"state"')"
}

@test "slim: -I with -s -> 2" {
	run --separate-stderr conn-slim -I -s a wiki.yml
	check 2
	eq 'conn-slim: --index and --stream do not go together' "$stderr"
}

@test "slim --index: a missing index is an empty, complete listing" {
	run --separate-stderr conn-slim -I wiki.yml
	check 0
	eq '["index","all","wiki",null]' \
		"$(echo "${lines[0]}" | jq -c '[.mode,.scope,.source,.base]')"
	eq '[true,0,0]' "$(echo "${lines[1]}" | jq -c '[.complete,.status,.ids]')"
	[ ! -e state/wiki.db ]
}

@test "slim --index: ids, timestamps and hashes as stored, of this source only" {
	conn-load wiki.yml 2>/dev/null | conn-bulk wiki.yml || [ $? -eq 1 ]
	printf '%s\n' 'name: other' 'source: {type: lines}' \
		'index: {type: sqlite, path: state/wiki.db}' > other.yml
	conn-load other.yml 2>/dev/null | conn-bulk other.yml || [ $? -eq 1 ]
	run --separate-stderr conn-slim --index wiki.yml
	check 0
	eq '' "$stderr"
	eq 'wiki:1 wiki:2 wiki:3' "$(ids)"
	hash=$(printf %s '{"_id":"wiki:3","_timestamp":"t3","kind":"c","n":3}' | xxhsum -H2 | cut -d' ' -f1)
	eq '{"id":"wiki:3","timestamp":"t3","hash":"'"$hash"'"}' "$(echo "$output" | grep wiki:3)"
	[ -n "$(echo "${lines[0]}" | jq -r .uuid)" ]
	eq "$(jq -r .run state/wiki.state)" "$(echo "${lines[0]}" | jq -r .base)"
}

@test "slim --index: a broken index file -> 3, no complete listing" {
	mkdir -m 700 state
	head -c 4096 /dev/urandom > state/wiki.db
	run --separate-stderr conn-slim --index wiki.yml
	check 3
	eq false "$(echo "$output" | tail -n 1 | jq -c .complete)"
	eq 1 "${#stderr_lines[@]}"
}
