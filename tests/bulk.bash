# For the tests of conn-bulk: `load bulk` after `load helper`.

prepare() {
	db=$CONN_STATE_DIR/wiki.db
	printf 'source:\n  type: lines\n' > wiki.yml
}

# proven [OPTION]...: the records on stdin as a stream for wiki.yml.
proven() { "$CONN_BUILD/tests/mkstream" -i "sqlite:$db" "$@"; }

# apply [OPTION]... < STREAM: conn-bulk, judged by `check` and the like.
apply() { run --separate-stderr conn-bulk "$@" wiki.yml; }

# says WORDS...: these, joined by blanks, are the one message there is.
says() { eq "conn-bulk: $*" "$stderr"; }

# doc ID [WORD]: a document's line.
doc() { printf '{"_id":"wiki:%s","title":"%s"}\n' "$1" "${2:-$1}"; }
del() { printf '{"_ctl":"delete","id":"wiki:%s"}\n' "$1"; }
failed() { printf '{"_ctl":"fail","id":"wiki:%s","code":"http_403"}\n' "$1"; }
cursor() {
	printf '{"_ctl":"state","stream":"%s","value":{"at":"%s"}}\n' "$1" "$2"
}

# fill ID...: a first load of these, run r0.
fill() {
	local id
	for id; do doc "$id"; done | proven -r r0 -c c0 > filled
	conn-bulk wiki.yml < filled
}

# indexed: "ID=TITLE ..." of what is in the index.
indexed() {
	sqlite3 "$db" "SELECT substr(id, 6) || '=' || coalesce(
	    json_extract(document, '\$.title'), '') FROM documents
	    ORDER BY id" | paste -sd' '
}

# saved FILTER: of the state file.
saved() { jq -rc "$1" "$CONN_STATE_DIR/wiki.state"; }

# next [OPTION]...: like proven, on the base of the saved state.
next() { proven -b "$(saved .run)" "$@"; }

# refuse ID: from now on the index refuses this document.
refuse() {
	sqlite3 "$db" "CREATE TRIGGER \"no $1\" BEFORE INSERT ON documents
	    WHEN NEW.id = 'wiki:$1' BEGIN SELECT RAISE(ABORT, 'x'); END"
}
admit() { sqlite3 "$db" "DROP TRIGGER \"no $1\""; }
