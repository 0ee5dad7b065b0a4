# What other tools have destroyed indexes with. Here none of it deletes, and
# each says so.
load helper
load lines

ids() { sqlite3 state/docs.db 'select count(*) from documents'; }

prepare() {
	mkdir docs
	for i in {1..1000}; do echo "page $i" > docs/$i.txt; done
	printf 'source:\n  type: directory\n  path: docs\n' > docs.yml
	conn-sync docs.yml
	eq 1000 "$(ids)"
}

@test "rivals: the folder is not mounted -> 3, nothing deleted" {
	mv docs elsewhere
	run --separate-stderr conn-sync docs.yml
	check 3
	[[ $stderr == *docs* ]]
	eq 1000 "$(ids)"
}

@test "rivals: the folder is empty -> 4, nothing deleted; --allow-empty means it" {
	rm -r docs; mkdir docs
	run --separate-stderr conn-sync docs.yml
	check 4
	[[ $stderr == *'conn-diff: '*1000* ]]
	eq 1000 "$(ids)"
	run --separate-stderr conn-sync --allow-empty docs.yml
	check 0
	eq 0 "$(ids)"
}

@test "rivals: most files are gone -> 4, nothing deleted; --max-delete means it" {
	rm docs/[2-9]*.txt
	run --separate-stderr conn-sync docs.yml
	check 4
	[[ $stderr == *'of 1000 known documents would be deleted; first: '* ]]
	[[ $stderr == *'; --max-delete to allow'* ]]
	eq 1000 "$(ids)"
	run --separate-stderr conn-sync --max-delete 100% docs.yml
	check 0
	eq 112 "$(ids)"
}

@test "rivals: a folder cannot be read -> fail, its documents stay" {
	[ "$(id -u)" -eq 0 ] || skip 'not root: rights cannot be dropped'
	mkdir docs/sub
	echo x > docs/sub/a.txt
	conn-sync docs.yml
	chmod 700 docs/sub
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test"
	chmod -R a+rX . && chmod 700 docs/sub
	run --separate-stderr env CONN_STATE_DIR="$PWD/other" \
		setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$CONN_BUILD/bin/conn-load" docs.yml
	check 1
	[[ $stderr == *'docs:sub/: '* ]]
	eq '["docs:sub/"]' "$(echo "$output" | jq -c 'select(._ctl=="fail").prefix' | jq -sc .)"
}

@test "rivals: a document cannot be read -> fail, it stays, the rest is synced" {
	CONN_DRIVER_PATH='' lines_driver
	sed -i 's/^name.*//' wiki.yml
	printf '{"id":"%s","doc":{"a":%s}}\n' 1 1 2 2 > d/load
	conn-sync wiki.yml
	printf '%s\n' '{"id":"1","doc":{"a":9}}' '{"fail":{"id":"2","code":"http_500"}}' > d/load
	run --separate-stderr conn-sync wiki.yml
	check 1
	[[ $stderr == *'wiki:2: http_500'* ]]
	eq '{"_id":"wiki:1","a":9} {"_id":"wiki:2","a":2}' \
		"$(sqlite3 state/wiki.db 'select document from documents order by id' |
			paste -sd' ')"
}

@test "rivals: the listing ends early without an error -> nothing deleted" {
	lines_driver
	for i in {1..100}; do echo '{"id":"'"$i"'","doc":{}}'; done > d/load
	conn-sync wiki.yml
	cp d/load all
	head -n 50 all > d/load
	echo 75 > d/status
	run --separate-stderr conn-sync wiki.yml
	check 75
	eq 100 "$(sqlite3 state/wiki.db 'select count(*) from documents')"
	# a driver that lies (status 0) is stopped by the fuse
	echo 0 > d/status
	run --separate-stderr conn-sync wiki.yml
	check 4
	eq 100 "$(sqlite3 state/wiki.db 'select count(*) from documents')"
}

@test "rivals: the driver crashes in the middle -> 3, nothing deleted" {
	lines_driver
	for i in {1..30}; do echo '{"id":"'"$i"'","doc":{}}'; done > d/load
	conn-sync wiki.yml
	sed -i 's|^cat .*d/.*\$1.*|head -n 10 "'"$PWD"'/d/load"; kill -SEGV $$|' d/conn-source-lines
	run --separate-stderr conn-sync wiki.yml
	check 3
	eq 30 "$(sqlite3 state/wiki.db 'select count(*) from documents')"
}
