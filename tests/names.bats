#!/usr/bin/env bats
# Two configs whose files have one name, and one state folder.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export CONN_STATE_DIR=$PWD/state
	mkdir -p a/docs b/docs
	echo a >a/docs/a.txt
	echo b >b/docs/b.txt
	printf 'source: {type: directory, path: docs}\n' | tee a/docs.yml \
		>b/docs.yml
	conn-sync a/docs.yml
}

listed() {
	conn-slim -I "$1" | jq -r 'select(.id).id'
}

# refused STDERR: by all that could apply something, without a change.
refused() {
	local program
	for program in conn-sync "conn-sync -P" "conn-sync -n"; do
		run --separate-stderr $program b/docs.yml
		check 2
		eq "conn-sync: $1" "$stderr"
	done
	conn-load b/docs.yml >stream
	run --separate-stderr conn-bulk b/docs.yml <stream
	check 2
	eq "conn-bulk: $1" "$stderr"
	run --separate-stderr conn-check b/docs.yml
	check 2
	eq "$1" "$(jq -r 'select(.ok == false).message' <<<"$output")"
	eq docs:a.txt "$(listed a/docs.yml)"
}

@test "names: a second file of the name, no name set -> 2, nothing is lost" {
	refused "b/docs.yml:1:1: name is missing, and docs is that of \
$PWD/a/docs.yml, too"
}

@test "names: the first file moved, linked, or gone -> the same source" {
	mv a c
	run -0 conn-sync c/docs.yml
	ln -s ../c/docs.yml b/link.yml
	ln -f c/docs.yml b/docs.yml
	run -0 conn-sync -m 100% b/docs.yml
	rm c/docs.yml
	run -0 conn-sync -m 100% b/docs.yml
	eq docs:b.txt "$(listed b/docs.yml)"
}

@test "names: a name that is set -> two files may be one source" {
	echo 'name: docs' | tee -a a/docs.yml >>b/docs.yml
	run -0 conn-sync a/docs.yml
	run -0 conn-sync b/docs.yml
	eq docs:b.txt "$(listed a/docs.yml)"
}
