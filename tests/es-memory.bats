# SPDX-License-Identifier: MIT
# The memory of a listing does not grow with what it lists, that of an upload
# not with the documents far longer than a request.
load helper

# lists COUNT: sets peak, the KiB that conn-slim --index took at most.
lists() {
	python3 "$ROOT/tests/fake-list.py" "$1" >"url$1" 3>&- &
	eventually test -s "url$1"
	printf '%s\n' 'name: wiki' 'source: {type: directory, path: .}' \
	    "index: {type: elasticsearch, url: $(cat "url$1"), name: wiki}" \
		>wiki.yml
	python3 - >said <<-'END'
	import resource, subprocess
	p = subprocess.Popen(["conn-slim", "-I", "wiki.yml"],
	                     stdout=subprocess.PIPE)
	last = b""
	for lines, line in enumerate(p.stdout):
	    last = line
	assert p.wait() == 0 and b'"complete":true' in last
	print(lines - 1, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
	END
	kill $!
	read -r count peak <said
	eq "$1" "$count"
	echo "# $count ids: peak $peak KiB" >&3
}

@test "conn-slim: --index of many more documents -> no more memory" {
	own_memory
	lists 20000
	small=$peak
	if [ -n "${CONN_LONG-}" ]; then lists 10000000; else lists 200000; fi
	[ "$peak" -lt $((small + 2048)) ]
}

teardown() { [ ! -e pid ] || kill "$(cat pid)"; }

# sends COUNT: sets peak, the bytes that conn-bulk took at most for as many
# documents of 8 MiB, each followed by requests on all connections.
sends() {
	python3 - "$1" >documents <<-'END'
	import sys
	for i in range(int(sys.argv[1])):
	    print('{"_id":"wiki:long%d","a":"%s"}' % (i, "x" * (8 << 20)))
	    for k in range(500):
	        print('{"_id":"wiki:%d-%d","a":"%s"}' % (i, k, "x" * 16000))
	END
	"$CONN_BUILD/tests/measuretool" usage conn-bulk -rv wiki.yml \
	    <documents 2>said
	eq "conn-bulk: $(($1 * 501)) indexed, 0 deleted, 0 refused, 0 failed" \
	    "$(cat said)"
	peak=$(jq .rss usage)
	echo "# $1 long documents: peak $((peak >> 10)) KiB" >&3
}

@test "conn-bulk: many documents of 8 MiB -> the memory of a few" {
	own_memory
	"$CONN_BUILD/tests/nullsink" >url 3>&- &
	echo $! >pid
	eventually test -s url
	printf '%s\n' 'name: wiki' 'source: {type: directory, path: .}' \
	    "index: {type: elasticsearch, url: $(head -n 1 url), name: wiki," \
	    '  connections: 8, batch: 100KiB}' >wiki.yml
	sends 2
	few=$peak
	sends 16
	[ "$peak" -lt $((few + (32 << 20))) ]
}
