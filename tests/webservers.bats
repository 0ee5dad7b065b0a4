# SPDX-License-Identifier: MIT
# The real applications that the tests read: what their scripts make is what
# their APIs list.
load helper
load servers

app() { "$ROOT/tests/servers/$APP" "$1" "$DIR" "${@:2}"; }

# started APP: with 30 documents, once for the file.
started() {
	APP=$1 DIR=$BATS_FILE_TMPDIR/$1
	server_start "$APP" "$DIR"
	app ids | sort >ids
	app seed 30
	app ids | sort >now
	eq 30 "$(comm -13 ids now | wc -l)"
	eq 0 "$(comm -23 ids now | wc -l)"
}

# get PATH [PARAMETER]...: JSON from the application.
get() {
	local path=$1 arguments=() a
	shift
	for a; do arguments+=(--data-urlencode "$a"); done
	curl -fsS -m 60 -G "${auth[@]}" "${arguments[@]}" "$URL$path"
}

# as_listed: what `listing` prints are the ids of the database.
as_listed() {
	listing | sort >listed
	app ids | sort >ids
	[ -s ids ]
	same ids listed
}

# restarted: as it was.
restarted() {
	app stop
	run -7 curl -sS -o /dev/null "$URL"
	eq '' "$(pgrep -f "$DIR/" || :)"
	as_before=$URL
	run -0 --separate-stderr env CONN_SERVER_OWNER="$BATS_ROOT_PID" \
	    "$ROOT/tests/servers/$APP" start "$DIR" 3>&-
	eq "$as_before" "$output"
	as_listed
}

# --- MediaWiki

mediawiki() { get /api.php action=query format=json formatversion=2 "$@"; }

mediawiki_pages() { # [PARAMETER]...
	mediawiki generator=allpages gapfilterredir=nonredirects gaplimit=7 \
	    prop='revisions|categories' rvslots=main cllimit=max \
	    rvprop='content|timestamp' "$@"
}

listing_mediawiki() {
	local from=
	while mediawiki_pages gapcontinue="$from" >page; do
		jq -r '.query.pages[].pageid' page
		from=$(jq -r '.continue.gapcontinue // empty' page)
		[ -n "$from" ] || break
	done
}

@test "mediawiki: seeded, changed, deleted ... -> as its API lists them" {
	listing() { listing_mediawiki; }
	started mediawiki
	as_listed
	mediawiki_pages gapfrom='Page 8' gaplimit=1 >page
	eq 'Page 8 Category:Kind 1' "$(jq -r '.query.pages[0] |
	    .title + " " + .categories[0].title' page)"
	[[ $(cat page) == *"''Page'' 8 tells of "*naïve* ]]
	app delete 11 15
	app ids >ids
	eq 26 "$(wc -l <ids)"
	as_listed
	app restore 11 12
	app rename 5 6
	app change 1 3
	app late 4 4 3600
	as_listed
	eq 28 "$(wc -l <listed)"
	mediawiki list=allrevisions arvdir=newer arvlimit=500 arvprop='timestamp|user' \
	    arvstart="$(date -u -d '-50 min' +%FT%TZ)" >page
	[ "$(jq '.query.allrevisions | length' page)" -gt 28 ]
	eq 1 "$(jq '.query.allrevisions[] | select(.title == "Page 4") |
	    .revisions | length' page)"
	mediawiki list=logevents leaction=delete/delete leprop='ids|title' >page
	eq 5 "$(jq '.query.logevents | map(.logpage) | unique | length' page)"
	restarted
}
