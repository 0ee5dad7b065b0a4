# Drives a driver as the front programs do. `load source` after `load helper`.

# drive TYPE VERB SOURCE [MEMBERS]: one request; SOURCE is the section as JSON,
# MEMBERS further members of the request, '"since":"..."'. streams and state
# come from the variables of that name.
drive() {
	local members=${4:+,$4}
	printf '{"v":1,"verbose":0,"source":%s,"streams":%s,"state":%s%s}\n' \
	    "$3" "${streams:-[]}" "${state:-null}" "$members" |
		"$CONN_BUILD/libexec/conn/conn-source-$1" "$2"
}

# drives STATUS TYPE VERB SOURCE [MEMBERS]: run, with that status, each line of
# stdout one JSON object.
drives() {
	local expected=$1
	shift
	run --separate-stderr drive "$@"
	check "$expected"
	jq -es 'all(type == "object")' <<<"$output" >/dev/null || {
		echo "not JSON lines: $output"
		return 1
	}
}

# ids: of the documents in $output, sorted.
ids() { jq -r 'select(.id).id' <<<"$output" | LC_ALL=C sort; }

# fails: "NAME CODE" of the fails in $output, sorted; NAME is the id, the
# prefix with * behind it, or -.
fails() {
	jq -r '.fail | select(.) |
	    "\(.id // ((.prefix // empty) + "*") // "-") \(.code)"' \
	    <<<"$output" | LC_ALL=C sort
}

# doc ID [FILTER]: of the document, compact.
doc() {
	jq -c --arg id "$1" "select(.id == \$id)${2:+ | $2}" <<<"$output"
}

# nobody COMMAND...: drive or such, without the rights of root. The test's
# folder is made reachable for it.
nobody() {
	local dir=$PWD
	while [[ $dir == "$BATS_RUN_TMPDIR"* ]]; do
		chmod o+x "$dir"
		dir=${dir%/*}
	done
	run --separate-stderr setpriv --reuid 65534 --regid 65534 \
	    --clear-groups bash -c "$(declare -f drive); "'"$@"' - "$@"
}

# limited KIB COMMAND...: drive or such, with no more memory than that. The
# sanitizers' builds need more room, so there it is only run.
limited() {
	local limit="ulimit -v $1"
	[[ $CONN_BUILD == *asan || $CONN_BUILD == *valgrind ]] && limit=:
	shift
	run --separate-stderr bash -c \
	    "$(declare -f drive); $limit;"' "$@"' - "$@"
}

# stream MEMBERS: a streams list with one entry.
stream() { printf '[{"name":"s",%s}]' "$1"; }

# states: the states in $output as the next request has them.
states() {
	jq -sc 'map(.state | select(.)) | map({(.stream): .value}) | add' \
	    <<<"$output"
}

list() { ids | paste -sd' '; }

# cut_off STATUS MESSAGE: the last run ended so, and wrote no state.
cut_off() {
	check "$1"
	[[ $stderr == *"$2"* ]] || { echo "stderr: $stderr"; return 1; }
	eq '' "$(grep '^{"state"' <<<"$output" || :)"
}
