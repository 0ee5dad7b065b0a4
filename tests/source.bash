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
	reachable
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

# asked TYPE ID...: loads these, names what came.
asked() {
	local type=$1
	shift
	drives 0 "$type" load "$(src)" \
	    "\"ids\":$(printf '%s\n' "$@" | jq -R . | jq -sc .)"
	eq '' "$(jq -c 'select(.state)' <<<"$output")"
	list
}

# only_changed_is_read: of c.yml, a source `c` with a table t(k, x, u) of the
# keys 1 to 3000, whose u is older than 2026-01-02.
only_changed_is_read() {
	run -0 --separate-stderr conn-sync c.yml
	sql "update t set x = 'new', u = '2026-01-02' where k in (5, 2999);
	insert into t values (3001, 'n', '2026-01-02'); delete from t where k = 7"
	conn-slim -I c.yml >known
	conn-slim c.yml | conn-diff known | conn-load -vv --ids - c.yml 2>said |
		tee sent | conn-bulk c.yml
	eq 'c:t/2999 c:t/3001 c:t/5' "$(jq -r '._id // empty' sent | sort | paste -sd' ')"
	grep -q 'stream t: .* WHERE ' said
	run -0 --separate-stderr conn-sync -v c.yml
	[[ $stderr == *'0 indexed, 0 deleted'* ]]
}
