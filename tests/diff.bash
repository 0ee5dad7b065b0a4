# For the tests of conn-diff: `load diff` after `load helper`.

INDEX=sqlite:/s/wiki.db
LATER=2026-01-03T00:00:09.000000Z       # mkstream ends KNOWN at :03

# known [OPTION]... < RECORDS: into the file known, a listing of the index.
known() { "$CONN_BUILD/tests/mkstream" -m index -i "$INDEX" "$@" > known; }

# source [OPTION]... < RECORDS: into the file stream.
stream() {
	"$CONN_BUILD/tests/mkstream" -i "$INDEX" -t "$LATER" "$@" > stream
}

doc() { printf '{"_id":"wiki:%s","title":"%s"}\n' "$1" "${2-}"; }
id() { printf '{"id":"wiki:%s"}\n' "$1"; }
dated() { printf '{"id":"wiki:%s","timestamp":"%s"}\n' "$1" "$2"; }
del() { printf '{"_ctl":"delete","id":"wiki:%s"}\n' "$1"; }
failed() { printf '{"_ctl":"fail","id":"wiki:%s","code":"x"}\n' "$1"; }
under() { printf '{"_ctl":"fail","prefix":"wiki:%s","code":"x"}\n' "$1"; }
state() { printf '{"_ctl":"state","stream":"%s","value":{"at":1}}\n' "$1"; }

# has ID [TITLE]: the id record of that document, as the index has it.
has() {
	printf '{"id":"wiki:%s","hash":"%s"}\n' "$1" \
	    "$(printf '%s' "$(doc "$@")" | xxhsum -H2 | cut -d' ' -f1)"
}

# ids FROM TO: an id record each, without content or date.
ids() { seq -f '{"id":"wiki:%g"}' "$1" "$2"; }

# diff_to [OPTION]...: runs conn-diff on both files; its records are in out.
diff_to() {
	run --separate-stderr bash -c \
	    'conn-diff "$@" known < stream > out' - "$@"
}

# records: what came out but begin and end, short.
records() {
	jq -rc 'if ._ctl == "begin" or ._ctl == "end" then empty
	    elif ._id then "doc \(._id[5:])"
	    elif ._ctl == "state" then "state \(.stream)"
	    elif ._ctl then "\(._ctl) \(.id // .prefix // "" | .[5:])"
	    else "id \(.id[5:])" end' out | paste -sd, |
	    sed 's/ *,/, /g; s/ *$//'
}

# end FILTER: of the last line.
end() { tail -n 1 out | jq -rc "$1"; }

# proven: another program believes what came out.
proven() {
	local n
	n=$("$CONN_BUILD/tests/mkstream" < <(jq -c 'select(._ctl != "begin" and
	    ._ctl != "end" and ._ctl != "state")' out) | tail -n 1 |
	    jq -c '[.documents, .ids, .deletes, .fails, .digest]')
	eq "$n" "$(end '[.documents, .ids, .deletes, .fails, .digest]')"
}

# refused STATUS MESSAGE...: nothing was passed on; a lone end says so.
refused() {
	check "$1" && eq "conn-diff: ${*:2}" "$stderr" &&
	    eq 1 "$(wc -l < out)" &&
	    eq "[\"end\",false,$1,0,0,0,0]" "$(end '[._ctl, .complete, .status,
	    .documents, .ids, .deletes, .fails]')"
}
