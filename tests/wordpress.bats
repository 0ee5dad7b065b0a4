# SPDX-License-Identifier: MIT
# The connector wordpress where a site answers in ways that are hard to bring
# about: what is a delete, and what is not.
load helper
load rest

prepare() {
	[ -x "$CONN_BUILD/libexec/conn/conn-source-rest" ] ||
		skip 'no driver rest in this build'
}

# listed ID...: the posts that the site lists, one a page.
listed() {
	local id n=0
	: >plan
	for id; do
		n=$((n + 1))
		plan '{"on": "GET /wp-json/wp/v2/posts",
		    "query": {"page": '"$([ $n -gt 1 ] && echo "\"$n\"" || echo null)"'},
		    "headers": {"X-WP-Total": "'$#'", "X-WP-TotalPages": "'$#'"},
		    "body": [{"id": '"$id"', "type": "post", "status": "publish",
		      "title": {"rendered": "A &amp; '"$id"'"},
		      "content": {"rendered": "<p>One<p>Two"},
		      "link": "https://blog.test/'"$id"'",
		      "date_gmt": "2026-01-01T00:00:00",
		      "modified_gmt": "2026-01-02T00:00:00", "slug": "s"}]}'
	done
}

# single STATUS CODE: what it answers for the post 2.
single() {
	plan '{"on": "GET /wp-json/wp/v2/posts/2", "status": '"$1"',
	    "body": {"code": "'"$2"'"}}'
}

# site [SETTINGS]: three posts of it are in the index, then two are listed.
site() {
	listed 1 2 3
	[ -e pid ] || serve
	cat >blog.yml <<-END
	source: {type: wordpress, url: "$URL"${1-}}
	streams: [{name: posts}]
	END
	conn-load blog.yml | conn-bulk blog.yml
	listed 1 3
}

left() { sqlite3 state/blog.db 'select count(*) from documents'; }

# synced STATUS LEFT
synced() {
	run --separate-stderr conn-sync blog.yml
	check "$1"
	eq "$2" "$(left)"
}

@test "wordpress: HTML and entities are text, times are UTC" {
	site
	eq '["A & 2","One\n\nTwo","2026-01-02T00:00:00Z"]' "$(sqlite3 state/blog.db \
	    "select document from documents where id = 'blog:posts/2'" |
	    jq -c '[.title, .body, ._timestamp]')"
}

@test "wordpress: a post that anybody may no longer read is gone" {
	site
	single 401 rest_forbidden
	synced 0 2
	site
	single 404 rest_post_invalid_id
	synced 0 2
}

@test "wordpress: a plug-in that shuts the site deletes nothing" {
	site
	single 401 jwt_auth_no_auth_header
	synced 3 3
	[[ $stderr == *401* ]]
}

@test "wordpress: a user who is known no more deletes nothing" {
	export P=canary-77d0
	site ', user: reader, password: {env: P}'
	single 401 rest_forbidden
	synced 3 3
	[[ $stderr != *canary* ]]
	listed 1 3
	single 403 rest_forbidden
	synced 0 2
}

@test "wordpress: fewer posts than the site counts delete nothing" {
	site
	sed -i 's/"X-WP-Total": "2"/"X-WP-Total": "3"/' plan
	synced 1 3
}

@test "wordpress: the last page is there no more when it is asked for: 75" {
	site
	listed 1 2 3
	cp plan listed
	: >plan
	plan '{"on": "GET /wp-json/wp/v2/posts", "query": {"page": "3"},
	    "status": 400, "body": {"code": "rest_post_invalid_page_number"}}'
	cat listed >>plan
	sed -i 's/url:/retry: 0s, url:/' blog.yml
	synced 75 3
	sed -i 's/invalid_page_number/invalid_param/' plan
	synced 2 3
}

@test "wordpress: a user without a password is not anybody" {
	site
	sed -i 's/url:/user: reader, url:/' blog.yml
	run --separate-stderr conn-load blog.yml
	check 2
	[[ $stderr == *'auth: values of it are not given'* ]]
}

@test "wordpress: the kit for drivers finds nothing wrong" {
	site
	listed 1 2 3
	jq -c 'del(.query, .headers) | .body = .body[0] |
	    .on += "/\(.body.id)"' plan >single
	cat single >>plan
	run --separate-stderr conn-check --driver blog.yml
	check 0
	eq '' "$stderr"
	eq 3 "$(conn-slim blog.yml | grep -c '"id"')"
}
