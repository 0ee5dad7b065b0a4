# Invariant 5: whatever stands between two programs, nothing that lives is
# deleted, no position passes a dropped document, no loss ends with status 0.
load helper
load golden

prepare() {
	golden_setup
	for i in {1..40}; do
		echo '{"_id":"wiki:x'"$i"'","_timestamp":"t","title":"page '"$i"'"}'
	done | cat - <(echo '{"_ctl":"state","stream":"pages","value":{"since":"s"}}') |
		cat <(grep '"_id"' load) - |
		"$CONN_BUILD/tests/mkstream" -r r2 -b r1 -i "$INDEX" > whole
}

# filtered COMMAND: whole | COMMAND | conn-diff | conn-bulk
filtered() {
	rm -rf state
	cp -r clean state
	run --separate-stderr sh -c "$1 < whole | conn-diff known | conn-bulk wiki.yml"
}

has() { [ "$(sqlite3 state/wiki.db "select count(*) from documents where id='$1'")" = 1 ]; }

position() { jq -r '.streams.pages.since // empty' state/wiki.state; }

harmless() {
	eq 0 "$status"
	has wiki:x40
	! has wiki:9
	eq s "$(position)"
}

stopped() {
	[ "$status" -ne 0 ]
	has wiki:9
	has wiki:1
	eq '' "$(position)"
}

@test "pipe: cat, tee, jq -c . change nothing that counts" {
	for f in cat 'tee copy' 'jq -c .' 'sed s/x/x/' 'grep .' 'tr -d "\015"'; do
		filtered "$f"
		harmless
	done
}

@test "pipe: head, tail, split off a part -> no delete, no position, status" {
	for f in 'head -n 1' 'head -n 20' 'head -n -1' 'head -n -2' 'head -c 1000' \
		'tail -n +2' 'tail -n 5' 'sed 5d' 'sed \$d' 'split -n l/1/3' \
		'awk NR%2' 'uniq -d'; do
		filtered "$f"
		stopped
	done
}

@test "pipe: sort and shuf -> no delete, no position, status" {
	for f in 'sort' 'sort -r' 'shuf --random-source=/bin/sh' 'tac'; do
		filtered "$f"
		stopped
	done
}

@test "pipe: jq and grep that drop documents -> no delete, no position, status" {
	for f in 'grep -v x7' 'grep _ctl' 'grep -v _ctl' \
		'jq -c "select(.title != \"page 7\")"' 'jq -c "select(._id)"' \
		'jq -c "select(._ctl)"' 'jq -c "{_id,title}"' 'jq -c "del(._id)"' \
		'jq .' 'jq -c "._id"' 'jq -c "if .title then error else . end"' \
		'jq -c "._id |= ascii_upcase"'; do
		filtered "$f"
		stopped
	done
}

@test "pipe: jq that edits documents is fine: ids are what the proof counts" {
	filtered 'jq -c "if ._id then .title += \"!\" else . end"'
	harmless
	eq 'page 3!' "$(sqlite3 state/wiki.db \
		"select document from documents where id='wiki:x3'" | jq -r .title)"
}

@test "pipe: jq that doubles or merges documents -> no delete, no position, status" {
	for f in 'jq -c ".,."' 'jq -cs .' 'cat whole -'; do
		filtered "$f"
		stopped
	done
}

@test "pipe: parallel --pipe in blocks -> no delete, no position, status" {
	command -v parallel > /dev/null || skip 'no parallel'
	filtered 'parallel --will-cite --pipe --block 1k -j4 "sort -R"'
	stopped
}

@test "pipe: the same between conn-diff and conn-bulk" {
	conn-diff known < whole > changes
	for f in 'head -n 3' 'head -n -2' 'tail -n +2' 'sed 4d' 'sort' 'tac' \
		'jq -c "select(._id)"' 'jq -c "{_id,title}"' 'jq -c ".,."' \
		'grep -v x7'; do
		rm -rf state; cp -r clean state
		run --separate-stderr sh -c "$f < changes | conn-bulk wiki.yml"
		stopped
	done
}

@test "pipe: --raw between documents and conn-bulk --raw never deletes" {
	for f in 'grep -v x7' 'sort' 'head -n 3' 'jq -c .'; do
		rm -rf state; cp -r clean state
		run --separate-stderr sh -c "grep '\"_id\"' whole | $f | conn-bulk --raw wiki.yml"
		check 0
		has wiki:9
		eq '' "$(position)"
	done
}
