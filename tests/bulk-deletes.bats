#!/usr/bin/env bats
# conn-bulk: which of the ids to retry are deletes that were refused.

load helper
load bulk

# keep_all, keep_none: whether the index refuses deletes.
keep_all() {
	sqlite3 "$db" "CREATE TRIGGER keep BEFORE DELETE ON documents
	    BEGIN SELECT RAISE(ABORT, 'x'); END"
}
keep_none() { sqlite3 "$db" 'DROP TRIGGER keep'; }

@test "bulk: a refused delete -> in deletes until one is applied" {
	fill 1 2
	keep_all
	{ del 1; failed 3; } | next -r r1 -m poll > s
	apply < s
	check 1
	eq '[["wiki:1","wiki:3"],["wiki:1"]]' "$(saved '[.retry, .deletes]')"
	{ del 2; cursor a 1; } | next -r r2 -m poll -p part > s
	apply < s
	eq '["wiki:1","wiki:2"]' "$(saved .deletes)"
	keep_none
	{ del 1; cursor a 2; } | next -r r3 -m poll -p part > s
	apply < s
	check 0
	eq '[["wiki:2","wiki:3"],["wiki:2"]]' "$(saved '[.retry, .deletes]')"
	del 2 | next -r r4 -m poll > s
	apply < s
	eq '[[],null]' "$(saved '[.retry, .deletes]')"
}

@test "bulk: a document of a refused delete -> applied or not, no delete" {
	fill 1 2
	keep_all
	{ del 1; del 2; } | next -r r1 -m poll > s
	apply < s
	eq '["wiki:1","wiki:2"]' "$(saved .deletes)"
	refuse 1
	{ doc 1; doc 2; } | next -r r2 -m poll > s
	apply < s
	check 1
	eq '[["wiki:1"],null]' "$(saved '[.retry, .deletes]')"
	{ del 2; cursor a 1; doc 2; } | next -r r3 -m poll > s
	apply < s
	check 1
	eq '[[],null]' "$(saved '[.retry, .deletes]')"
}

@test "bulk: a refused delete of what fails -> a poll's stays, no full sync's" {
	fill 1
	keep_all
	del 1 | next -r r1 -m poll > s
	apply < s
	failed 1 | next -r r2 -m poll > s
	apply < s
	eq '[["wiki:1"],["wiki:1"]]' "$(saved '[.retry, .deletes]')"
	{ failed 1; cursor a 1; } | next -r r3 -m poll -p part > s
	apply < s
	eq '["wiki:1"]' "$(saved .deletes)"
	failed 1 | next -r r4 > s
	apply < s
	eq '[["wiki:1"],null]' "$(saved '[.retry, .deletes]')"
}
