# SPDX-License-Identifier: MIT
# Where other tools lost data because a saved position was empty, or ahead of
# what was delivered, or because a listing was short. See incidents-absence.
load helper
load es-fake
load lines
load bulk
load sync

# for_cluster [OPTION]...: the records on stdin as a stream for the fake.
for_cluster() { proven -i "elasticsearch:$URL/wiki" "$@"; }

# stays: the saved position is that of the first run.
stays() { eq '{"s":{"at":1}}' "$(saved .streams)"; }

@test "incident 27, meltano/sdk #3000: no position, or an empty one, replaces none" {
	source_has 1=a
	sync
	source_changed 1=A
	sed -i '/"state"/d' d/poll
	sync -P
	check 0
	eq '1=A' "$(indexed)"
	stays
	for value in '{}' null '""' '[]'; do
		source_changed 1=B
		sed -i "s/{\"at\":2}/$value/" d/poll
		sync -P
		stays
		check 3
		{ doc 1; cursor s 2; } | sed "s/{\"at\":\"2\"}/$value/" |
		    proven -b "$(saved .run)" > s
		apply < s
		stays
		check 3
	done
	sync
	check 0
	stays
}

@test "incident 28, z3z1ma/target-bigquery #94: what is only on its way is not saved" {
	plan '{"times":2,"status":503,"body":""}'
	fake 'retry: 0s'
	{ doc 1; cursor a 1; doc 2; cursor a 2; } | for_cluster > s
	for _ in 1 2; do
		apply < s
		[ ! -e "$CONN_STATE_DIR/wiki.state" ]
		check 75
		eq '' "$(held)"
	done
	apply < s
	check 0
	eq 'wiki:1=1 wiki:2=2' "$(held)"
	eq '{"a":{"at":"2"}}' "$(saved .streams)"
}

@test "incident 30, debezium DBZ-1766: no position is ahead of a record before it" {
	fill 1 2
	uuid=$(saved .uuid)
	# an event of two records, then the position behind it
	{ doc 1 A; doc 2 A; cursor a 1; } |
		proven -m poll -b r0 -r r1 -u "$uuid" > s
	# cut between them; the first one, or the second one lost
	head -n 2 s > part
	apply < part
	check 75
	eq '["r0",{}]' "$(saved '[.run,.streams]')"
	for lost in 2 3; do
		sed "${lost}d" s > part
		apply < part
		check 3
		eq '["r0",{}]' "$(saved '[.run,.streams]')"
	done
	apply < s
	check 0
	eq '1=A 2=A' "$(indexed)"
	eq '["r1",{"a":{"at":"1"}}]' "$(saved '[.run,.streams]')"
}

@test "incident 33, elasticdump #741: a listing that ends early is no listing" {
	plan '{"on":"POST /_search","set":{"_shards.successful":0,"_shards.failed":1,
	    "hits.total.value":0,"hits.hits":[]}}'
	fake
	{ doc 1; doc 2; doc 3; } | for_cluster > s
	apply < s
	check 0
	run --separate-stderr conn-slim --index wiki.yml
	check 75
	[[ $stderr == *'/_search: not every shard answered' ]]
	eq '[false,75,0]' "$(jq -c '[.complete, .status, .ids]' <<< "${lines[-1]}")"
	conn-slim --index wiki.yml > known
	eq '[true,0,3]' "$(tail -n 1 known | jq -c '[.complete, .status, .ids]')"
	# the last batch missing, and the pipe says nothing
	doc 1 | for_cluster -t 2100-01-01T00:00:00Z -b run1 > stream
	head -n 3 known > part
	run --separate-stderr conn-diff part < stream
	check 75
	[[ $output != *'"delete"'* ]]
}

@test "incident 34, kafka-connect-elasticsearch-source #65: what shows late is read" {
	cat > wiki.yml <<-'EOF'
	source: {type: sqlite, path: t.db}
	streams: [{name: t, timestamp: u}]
	EOF
	row() { # ID SECONDS: dated so many seconds ago
		sqlite3 t.db "INSERT INTO t VALUES($1, 'row $1',
		    strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-$2 seconds'))"
	}
	sqlite3 t.db 'CREATE TABLE t(id INTEGER PRIMARY KEY, title, u)'
	row 1 3600
	sync
	check 0
	eq 't/1=row 1' "$(indexed)"
	# written before the position, committed after it was saved
	row 2 60
	sync -P
	check 0
	eq 't/1=row 1 t/2=row 2' "$(indexed)"
}
