# The invariants of conn-stream(5), tried on the golden example.
load helper
load golden

prepare() { golden_setup; }

documents() { sqlite3 state/wiki.db 'select document from documents order by id'; }

@test "golden: known as conn-slim --index lists it" {
	run jq -c 'select(._ctl == null)' known
	eq '{"id":"wiki:1","timestamp":"2026-01-01T00:00:00Z","hash":"c462419e51caebfcce658b111c8e7dd1"}' "${lines[0]}"
	eq '{"id":"wiki:2","timestamp":"2026-01-01T00:00:00Z","hash":"1d9917d15e8687ad5094d34a0a09d963"}' "${lines[1]}"
	eq d7020eaa18d7670cd6293ae97807fde0 "$(tail -n 1 known | sed 's/wiki:2/x/' | jq -r .digest)"
}

@test "golden: conn-diff gives the changed, the new and the delete" {
	run --separate-stderr conn-diff known < load
	check 1
	eq '' "$stderr"
	eq '["diff","all","r2","wiki","r1",4,"2026-01-03T00:00:02.000000Z"]' \
		"$(echo "${lines[0]}" | jq -c '[.mode,.scope,.run,.source,.base,.known,.time]')"
	eq '{"_id":"wiki:2","_timestamp":"2026-01-01T00:00:00Z","title":"B"}' "${lines[1]}"
	eq '{"_id":"wiki:3","_timestamp":"2026-01-02T00:00:00Z","title":"c"}' "${lines[2]}"
	eq '{"_ctl":"fail","id":"wiki:7","code":"http_403"}' "${lines[3]}"
	eq '{"_ctl":"delete","id":"wiki:9","reason":"absent"}' "${lines[4]}"
	local proof='.documents,.ids,.deletes,.fails,.digest'
	eq '["pages",{"since":"2026-01-03T00:00:02Z"},2,0,1,1,"73672cb3c218a7c85e8bc08f1e5662ac"]' \
		"$(echo "${lines[5]}" | jq -c "[.stream,.value,$proof]")"
	eq '[true,1,2,0,1,1,"73672cb3c218a7c85e8bc08f1e5662ac"]' \
		"$(echo "${lines[6]}" | jq -c "[.complete,.status,$proof]")"
	eq 7 "${#lines[@]}"
}

@test "golden: conn-bulk applies it, then the same three again do nothing" {
	conn-diff known < load > changes || [ $? -eq 1 ]
	run --separate-stderr conn-bulk -v wiki.yml < changes
	check 1
	eq '' "$output"
	eq 'conn-bulk: 2 indexed, 1 deleted, 0 refused, 1 failed' "$stderr"
	eq '["r2",{"pages":{"since":"2026-01-03T00:00:02Z"}},["wiki:7"]]' \
		"$(jq -c '[.run,.streams,.retry]' state/wiki.state)"
	eq 'wiki:1 wiki:2 wiki:3 wiki:7' "$(documents | jq -r ._id | paste -sd' ')"
	golden_known
	sed -e 's/"base":"r1"/"base":"r2"/' -e 's/"run":"r2"/"run":"r3"/' load > again
	conn-diff known < again > changes || [ $? -eq 1 ]
	run --separate-stderr conn-bulk -v wiki.yml < changes
	eq 'conn-bulk: 0 indexed, 0 deleted, 0 refused, 1 failed' "$stderr"
}

@test "invariant 1: a load stream damaged in any way deletes nothing" {
	run --separate-stderr python3 "$ROOT/tests/damage.py" load
	check 0
	echo "# $output" >&3
}

@test "invariant 1: a diff stream damaged in any way deletes nothing" {
	conn-diff known < load > changes || [ $? -eq 1 ]
	rm -rf state; cp -r clean state
	run --separate-stderr python3 "$ROOT/tests/damage.py" changes
	check 0
	echo "# $output" >&3
}
