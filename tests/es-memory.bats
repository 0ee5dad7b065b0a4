# SPDX-License-Identifier: MIT
# The memory of a listing does not grow with what it lists.
load helper

# lists COUNT: sets peak, the KiB that conn-slim --index took at most.
lists() {
	python3 "$ROOT/tests/fake-list.py" "$1" >"url$1" 3>&- &
	eventually 20 test -s "url$1"
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
	lists 20000
	small=$peak
	if [ -n "${CONN_LONG-}" ]; then lists 10000000; else lists 200000; fi
	[ "$peak" -lt $((small + 2048)) ]
}
