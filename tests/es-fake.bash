# SPDX-License-Identifier: MIT
# A scripted Elasticsearch for a test, loaded after helper.

# plan LINE...: what fake-es.py is to do besides being correct.
plan() { printf '%s\n' "$@" >>plan; }

# refusal STATUS TYPE: of a plan line, an error for a reply.
refusal() {
	printf '"status":%s,"body":{"error":{"type":"%s"}}' "$@"
}

# failing ID STATUS TYPE: of a plan line's items, an item.
failing() {
	printf '"wiki:%s":{"status":%s,"error":{"type":"%s"}}' "$@"
}

# Starts it; sets URL, writes wiki.yml with these further lines of the index
# section. One connection, unless they say otherwise: requests come in order.
fake() {
	touch plan log
	# not that of an earlier one
	rm -f url
	python3 "$ROOT/tests/fake-es.py" "${tls[@]}" ${jitter:+--jitter "$jitter"} \
	    plan log \
	    >url 2>fake.err 3>&- &
	echo $! >pid
	eventually test -s url || { cat fake.err; return 1; }
	URL=$(cat url)
	config "$@"
}

config() {
	cat >wiki.yml <<-EOF
	name: wiki
	source: {type: directory, path: .}
	index:
	  type: elasticsearch
	  url: $URL
	  name: wiki
	EOF
	[[ "$*" == *retry:* ]] || set -- 'retry: 3s' "$@"
	[[ "$*" == *connections:* ]] || set -- 'connections: 1' "$@"
	printf '  %s\n' "$@" >>wiki.yml
	chmod 600 wiki.yml
}

teardown() {
	[ ! -e pid ] || kill "$(cat pid)"
}

# docs ID...: a document each, for stdin of `tool apply`.
docs() {
	local id
	for id; do echo "{\"_id\":\"wiki:$id\",\"title\":\"t$id\"}"; done
}

# tool [-v] VERB: one call of the index; stdout and stderr kept apart.
tool() {
	local v=()
	while [[ $1 == -* ]]; do v+=("$1"); shift; done
	run --separate-stderr \
	    "$CONN_BUILD/tests/indextool" "${v[@]}" wiki.yml "$1"
}

# said TEXT: the last tool's only message.
said() { eq "indextool: $1" "$stderr"; }

# apply ID...: these documents in one batch.
apply() {
	docs "$@" >in
	tool apply <in
}

# requests [PATH]: how many came for it.
requests() { jq -r .path log | grep -cx -e "${1:-/wiki/_bulk}"; }

# sent N: the body of the Nth bulk request, from 0.
sent() { jq -sj "[.[] | select(.path == \"/wiki/_bulk\").body][$1]" log; }

# ids_sent: the ids of each bulk request, one request a line.
ids_sent() {
	jq -r 'select(.path=="/wiki/_bulk").body | [split("\n")[] |
	    fromjson? | (.index // .delete)._id // empty |
	    ltrimstr("wiki:")] | join(" ")' log
}

# held: what the index holds now, ids and titles.
held() {
	curl -s "$URL/docs" |
		jq -r '[to_entries[] | .key + "=" + (.value.title // "")] |
		    join(" ")'
}

# done_once N: each of N operations was reported once, as done.
done_once() {
	check 0
	eq '' "$stderr"
	eq "$(seq -f '%.0f done' "$1")" "$(sort -n <<<"$output")"
}

# stopped STATUS PATTERN: it ended so, one message like that.
stopped() {
	check "$1"
	[[ $stderr == "indextool: $URL/"$2 && $stderr != *$'\n'* ]] && return
	printf 'expected: %s\nactual:   %s\n' "$URL/$2" "$stderr"
	return 1
}
