# SPDX-License-Identifier: MIT
# The server that benches send to answers as the real ones do.
load helper
load servers

prepare() {
	printf '%s\n' '{"index":{"_id":"w:1"}}' '{"a":1}' \
	    '{"create": {"_id": "w:2", "_index": "other"}}' '{}' \
	    '{"delete":{"_id":"w:1"}}' >body
}

# sink [OPTION]...: sets URL.
sink() {
	"$CONN_BUILD/tests/nullsink" "$@" >said 3>&- &
	echo $! >pid
	eventually test -s said
	URL=$(head -n 1 said)
}

# said KEY: of what it tells at its end.
said() {
	if [ -e pid ]; then
		kill "$(cat pid)"
		eventually eval '[ "$(wc -l <said)" -eq 2 ]'
		rm pid
	fi
	tail -n 1 said | jq ".$1"
}

teardown() { [ ! -e pid ] || kill "$(cat pid)"; }

send() { # URL...
	curl -sS -H 'Content-Type: application/x-ndjson' --data-binary @body "$@"
}

@test "nullsink: the members of its items, in their order, are the server's" {
	need_server opensearch
	real=$URL
	sink
	for q in '' '?filter_path=errors' '?filter_path=took,items.*.status' \
		'?filter_path=errors,items.*._id,items.*.result,items.*.error.type'
	do
		name=nullsink-$RANDOM
		sed -i "s/\"_index\": \"[^\"]*/\"_index\": \"$name-2/" body
		for u in "$real" "$URL"; do
			send "$u/$name/_bulk$q" | jq -c 'def o: if type == "object"
			    then to_entries | map([.key, (.value | o)])
			    elif type == "array" then map(o) else type end; o'
		done >shapes
		eq 2 "$(wc -l <shapes)"
		eq "$(head -n 1 shapes)" "$(tail -n 1 shapes)"
	done
}

@test "nullsink: ids, kinds and counts -> as sent" {
	sink
	run -0 send "$URL/wiki/_bulk"
	eq 'index wiki w:1 201,create other w:2 201,delete wiki w:1 200' \
		"$(jq -r '[.items[] | to_entries[0] | .key + (.value |
		    " \(._index) \(._id) \(.status)")] | join(",")' <<<"$output")"
	run -0 send "$URL/wiki/_bulk?filter_path=errors"
	eq '{"errors":false}' "$output"
	eq 2 "$(curl -s "$URL/_sink" | jq .requests)"
	eq '[4,2,2]' "$(said '| [.documents, .deletes, .requests]' | jq -c .)"
}

@test "nullsink: no newline at the end, no action, gzip -> 400, nothing counted" {
	sink
	for body in '{"index":{"_id":"1"}}\n{}' '{"index":{"_id":"1"}}\n' '{"a":1}\n{}\n'; do
		printf "$body" >body
		eq 400 "$(send "$URL/wiki/_bulk" -o reply -w '%{http_code}')"
	done
	prepare
	eq 400 "$(send "$URL/wiki/_bulk" -H 'Content-Encoding: gzip' -o reply -w '%{http_code}')"
	eq 0 "$(said documents)"
}

@test "nullsink: -i, -r -> 429 of operations and requests; conn-bulk brings all" {
	sink -i 70 -r 3
	mkdir docs
	for i in {1..200}; do echo $i >docs/$i; done
	cat >docs.yml <<-END
	source: {type: directory, path: docs}
	index: {type: elasticsearch, url: "$URL", name: docs, batch: 20000}
	END
	run -0 --separate-stderr conn-bulk -v docs.yml < <(conn-load docs.yml)
	eq 'conn-bulk: 200 indexed, 0 deleted, 0 refused, 0 failed' "$stderr"
	eq 200 "$(said documents)"
}

@test "nullsink: -d -> each answer comes so much later" {
	sink -d 300
	run -0 send "$URL/wiki/_bulk" -o reply -w '%{time_total}'
	[ "$(jq -n "$output >= 0.3")" = true ]
	eq 1 "$(said requests)"
}

@test "nullsink: several connections, bodies in pieces, Expect -> all counted" {
	sink
	seq 20000 | sed 's/.*/{"index":{"_index":"x","_id":"&"}}\n{"n":&,"text":"x"}/' >body
	for i in 1 2 3; do
		send -H 'Expect: 100-continue' "$URL/_bulk?filter_path=errors" >reply.$i &
		pids+=($!)
	done
	wait "${pids[@]}"
	eq '{"errors":false}{"errors":false}{"errors":false}' "$(cat reply.*)"
	eq 60000 "$(said documents)"
}
