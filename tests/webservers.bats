# SPDX-License-Identifier: MIT
# The real applications that the tests read: what their scripts make is what
# their APIs list.
load helper
load servers

app() { "$ROOT/tests/servers/$APP" "$1" "$DIR" "${@:2}"; }

# started APP: with 30 documents and `extra` that come with them; sets `before`,
# how many it had.
started() {
	APP=$1 DIR=$BATS_FILE_TMPDIR/$1 auth=()
	server_start "$APP" "$DIR"
	app ids | sort >ids
	before=$(wc -l <ids)
	app seed 30
	app ids | sort >now
	eq $((30 + ${extra-0})) "$(comm -13 ids now | wc -l)"
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

# --- WordPress

listing_wordpress() {
	local kind n
	for kind in posts pages comments; do
		for n in 1 2 3 4 5 6 7 8 9; do
			get "/wp-json/wp/v2/$kind" per_page=10 page=$n \
			    orderby=id order=asc >page 2>/dev/null || break
			jq -r ".[] | \"$kind/\\(.id)\"" page
		done
	done
}

@test "wordpress: seeded, changed, deleted ... -> as its API lists them" {
	extra=6
	listing() { listing_wordpress; }
	started wordpress
	as_listed
	app delete 11 14
	app hide 21 22
	eq $((before + 30)) "$(app ids | wc -l)"
	as_listed
	app restore 11 12
	app restore 21 21
	app rename 6 6
	app change 1 3
	app late 4 4 3600
	as_listed
	eq $((before + 33)) "$(wc -l <listed)"
	get /wp-json/wp/v2/posts search='Moved 6' >page
	eq 'moved-post-6' "$(jq -r '.[0].slug' page)"
	get /wp-json/wp/v2/posts modified_after="$(date -u -d '-50 min' +%FT%TZ)" \
	    per_page=100 >page
	eq 1 "$(jq 'map(select(.slug == "post-3")) | length' page)"
	eq 0 "$(jq 'map(select(.slug == "post-4")) | length' page)"
	auth=(-u "admin:$(<"$DIR/token")")
	get /wp-json/wp/v2/posts status=private,trash >page
	eq 3 "$(jq length page)"
	auth=()
	restarted
}
