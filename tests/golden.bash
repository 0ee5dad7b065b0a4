# The golden example of conn-stream(5), with the index of this test's folder.

# golden_known: what the index lists now, at a fixed time.
golden_known() {
	conn-slim --index wiki.yml |
		sed 's/"time":"[^"]*"/"time":"2026-01-03T00:00:00.000000Z"/' > known
}

# golden_setup: wiki.yml, known, load, and `clean`: the state folder before.
golden_setup() {
	INDEX=sqlite:$BATS_TEST_TMPDIR/state/wiki.db
	printf 'source:\n  type: file\n  path: pages.ndjson\n  id: id\n' > wiki.yml
	: > pages.ndjson
	printf '%s\n' '{"_id":"wiki:1","_timestamp":"2026-01-01T00:00:00Z","title":"a"}' \
		'{"_id":"wiki:2","_timestamp":"2026-01-01T00:00:00Z","title":"b"}' \
		'{"_id":"wiki:7","_timestamp":"2026-01-01T00:00:00Z","title":"s"}' \
		'{"_id":"wiki:9","_timestamp":"2026-01-01T00:00:00Z","title":"s"}' |
		"$CONN_BUILD/tests/mkstream" -r r1 -i "$INDEX" | conn-bulk wiki.yml || return
	golden_known
	cat > load <<-EOF
		{"_ctl":"begin","v":1,"mode":"load","scope":"all","run":"r2","source":"wiki","index":"$INDEX","base":"r1","time":"2026-01-03T00:00:02.000000Z"}
		{"_id":"wiki:1","_timestamp":"2026-01-01T00:00:00Z","title":"a"}
		{"_id":"wiki:2","_timestamp":"2026-01-01T00:00:00Z","title":"B"}
		{"_id":"wiki:3","_timestamp":"2026-01-02T00:00:00Z","title":"c"}
		{"_ctl":"fail","id":"wiki:7","code":"http_403"}
		{"_ctl":"state","stream":"pages","value":{"since":"2026-01-03T00:00:02Z"},"documents":3,"ids":0,"deletes":0,"fails":1,"digest":"d8c938ab9323e4f8d468e26628268876"}
		{"_ctl":"end","complete":true,"status":1,"documents":3,"ids":0,"deletes":0,"fails":1,"digest":"d8c938ab9323e4f8d468e26628268876","time":"2026-01-03T00:00:03.000000Z"}
	EOF
	cp -r state clean
}
