#!/usr/bin/env bats
load helper
load diff

# listing KNOWN GONE: so many ids are known, of which so many are gone.
listing() {
	ids 1 "$1" | known
	seq -f '{"_id":"wiki:%g"}' $(($2 + 1)) "$1" | stream
}

# blown MESSAGE...: status 4, no delete, no state; what had passed stays.
blown() {
	check 4 && eq "conn-diff: $*" "$stderr" &&
	    eq '[false,4]' "$(end '[.complete, .status]')" &&
	    eq "$*" "$(end .message)" && ! grep -q '"delete"\|"state"' out &&
	    proven
}

# deleted N: under the fuse.
deleted() {
	check 0 && eq "" "$stderr" && eq "$1" "$(grep -c '"absent"' out)" &&
	    eq '[true,0]' "$(end '[.complete, .status]')" && proven
}

@test "conn-diff: 20 deletes -> fine, whatever their share" {
	listing 21 20
	diff_to
	deleted 20
}

@test "conn-diff: 21 deletes of 210 -> fine, exactly 10 %" {
	listing 210 21
	diff_to
	deleted 21
}

@test "conn-diff: 21 deletes of 209 -> refused, the first 20 are named" {
	listing 209 21
	echo '{"_ctl":"state","stream":"p","value":{"a":1}}' > state
	sed '1d;$d' stream | cat - state > records
	stream < records
	diff_to
	blown "21 of 209 known documents would be deleted; first:" \
	    "wiki:1, wiki:2, wiki:3, wiki:4, wiki:5, wiki:6, wiki:7, wiki:8," \
	    "wiki:9, wiki:10, wiki:11, wiki:12, wiki:13, wiki:14, wiki:15," \
	    "wiki:16, wiki:17, wiki:18, wiki:19, wiki:20, …;" \
	    "--max-delete to allow"
	eq 188 "$(end .documents)"
}

@test "conn-diff: a blown fuse with -p -> refused, too" {
	listing 100 30
	diff_to -p
	check 4
	eq '[false,4,0]' "$(end '[.complete, .status, .deletes]')"
}

@test "conn-diff: a blown fuse -> deletes that the stream brought stay" {
	ids 1 100 | known
	{ del 1; doc 2; } | stream
	diff_to
	check 4
	eq "delete 1, doc 2" "$(records)"
	eq '[false,4]' "$(end '[.complete, .status]')"
}

@test "conn-diff: --max-delete N -> more than N is refused" {
	listing 100 5
	diff_to -m 5
	deleted 5
	diff_to --max-delete 4
	blown "5 of 100 known documents would be deleted; first:" \
	    "wiki:1, wiki:2, wiki:3, wiki:4, wiki:5; --max-delete to allow"
	listing 300 100
	diff_to -m 100
	deleted 100
	diff_to -m99
	check 4
}

@test "conn-diff: --max-delete 0 -> none" {
	listing 100 1
	diff_to -m 0
	blown "1 of 100 known documents would be deleted; first:" \
	    "wiki:1; --max-delete to allow"
	listing 100 0
	diff_to -m 0
	deleted 0
}

@test "conn-diff: --max-delete P% -> more than P % is refused" {
	listing 5 2
	diff_to -m 40%
	deleted 2
	diff_to -m 39%
	check 4
	listing 3 2
	diff_to -m 66%
	check 4
	diff_to -m 67%
	deleted 2
	diff_to -m 0%
	check 4
	diff_to -m 100%
	deleted 2
}

@test "conn-diff: --max-delete of no number -> 2" {
	listing 5 2
	for m in '' x -1 1.5 101% % 5%% 0x5 ' 5' 99999999999999999999; do
		diff_to "--max-delete=$m"
		refused 2 "--max-delete: '$m' is neither a number nor" \
		    "a percentage"
	done
}

@test "conn-diff: nothing listed -> refused, be it one delete" {
	ids 1 1 | known
	: | stream
	diff_to
	blown "1 of 1 known documents would be deleted; first: wiki:1;" \
	    "the source listed nothing; --allow-empty to allow"
	diff_to -m 100%
	check 4
	{ failed 7; del 8; } | stream
	diff_to
	check 4
	eq "fail 7, delete 8" "$(records)"
}

@test "conn-diff: nothing listed, nothing to delete -> fine" {
	: | known
	: | stream
	diff_to
	deleted 0
	ids 1 1 | known
	failed 1 | stream
	diff_to
	deleted 0
}

@test "conn-diff: --allow-empty -> nothing listed may empty the index" {
	ids 1 300 | known
	: | stream
	diff_to -e
	deleted 300
	diff_to --allow-empty -m 5
	deleted 300
	: | stream -m slim
	diff_to -e
	deleted 300
}

@test "conn-diff: --allow-empty with a record listed -> the numbers hold" {
	ids 1 300 | known
	doc 1 | stream
	diff_to -e
	check 4
	id 1 | stream -m slim
	diff_to -e
	check 4
}

@test "conn-diff: an id twice in KNOWN -> counts once for the fuse" {
	{ ids 1 209; ids 1 209; } | known
	seq -f '{"_id":"wiki:%g"}' 21 209 | stream
	diff_to
	deleted 20
	{ ids 1 30; ids 1 30; ids 31 229; } | known
	seq -f '{"_id":"wiki:%g"}' 24 229 | stream
	diff_to
	check 4
	[[ $stderr == "conn-diff: 23 of 229 known "* ]]
}

@test "conn-diff: long or odd ids in the message -> a line of 1000 bytes" {
	pad=$(printf '%0400d' 0)
	for i in 1 2 3; do
		printf '{"id":"wiki:%s\\n%s"}\n' "$i" "$pad"
	done | known
	doc x | stream
	diff_to -m 0
	check 4
	eq 1 "${#stderr_lines[@]}"
	[ "${#stderr}" -lt 1000 ]
	[[ $stderr == *"first: wiki:1\x0a00"*", wiki:2\x0a00"* ]]
	[[ $stderr == *"00, …; --max-delete to allow" ]]
	[[ $stderr != *wiki:3* ]]
	pad=$(printf '\\u0001%.0s' {1..500})
	printf '{"id":"wiki:%s"}\n' "$pad" | known
	diff_to -m 0
	check 4
	blown "1 of 1 known documents would be deleted; first: …;" \
	    "--max-delete to allow"
}

config() {
	INDEX=sqlite:$BATS_TEST_TMPDIR/state/wiki.db
	printf 'source:\n  type: directory\n  path: /\n%s\n' "$1" > wiki.yml
}

# with_config [OPTION]...
with_config() {
	run --separate-stderr bash -c \
	    'conn-diff "$@" wiki.yml known < stream > out' - "$@"
}

@test "conn-diff: CONFIG's max_delete -> is the fuse; -m wins" {
	config 'max_delete: 3'
	listing 100 4
	with_config
	check 4
	with_config -m 4
	deleted 4
	config 'max_delete: 4'
	with_config
	deleted 4
	config 'max_delete: 3%'
	with_config
	check 4
	config 'max_delete: 4%'
	with_config
	deleted 4
	with_config -m 3
	check 4
}

@test "conn-diff: CONFIG without max_delete -> the numbers of the manual" {
	config ''
	listing 209 21
	with_config
	check 4
	listing 210 21
	with_config
	deleted 21
}

@test "conn-diff: another source than CONFIG's -> 2" {
	config 'name: blog'
	listing 3 1
	with_config
	refused 2 "stream line 1: source is wiki, not blog"
	config ''
	INDEX=sqlite:/s/other.db listing 3 1
	with_config
	refused 2 "stream line 1: index is sqlite:/s/other.db," \
	    "not sqlite:$BATS_TEST_TMPDIR/state/wiki.db"
}

@test "conn-diff: a wrong CONFIG -> 2, with its place" {
	listing 3 1
	with_config
	check 2
	eq 1 "$(wc -l < out)"
	eq '[false,2]' "$(end '[.complete, .status]')"
	config 'max_delete: many'
	with_config
	check 2
	[[ $stderr == "conn-diff: wiki.yml:4:"*max_delete* ]]
	eq "$stderr" "conn-diff: $(end .message)"
}
