# SPDX-License-Identifier: MIT
# A service as tests/PRODUCT-server.py plays it, loaded after helper. Data is
# the file `data`, requests are in `log`.

# saas PRODUCT CONFIG: data is on stdin; writes s.yml, with the source's
# further keys from CONFIG.
saas() {
	[ -x "$CONN_BUILD/libexec/conn/conn-source-rest" ] ||
		skip 'no driver rest in this build'
	cat >data
	: >log
	python3 "$ROOT/tests/$1-server.py" data log >url 2>server.err 3>&- 5>&- &
	echo $! >pid
	eventually test -s url || { cat server.err; return 1; }
	URL=$(cat url)
	printf 'name: s\nsource:\n  type: %s\n  url: %s\n  allow_http: true\n' \
	    "$1" "$URL" >s.yml
	printf '  %s\n' 'rate: 1000/s' "${@:2}" >>s.yml
	chmod 600 s.yml
}

teardown() {
	[ ! -e pid ] || kill "$(cat pid)"
}

# now FILTER: data becomes what jq makes of it.
now() {
	jq "$@" data >data.new
	mv data.new data
}

# tool STATUS PROGRAM [ARG]...: run on s.yml with that status; out, err.
tool() {
	local want=$1
	shift
	run --separate-stderr "$@" s.yml
	printf '%s\n' "$output" >out
	printf '%s\n' "$stderr" >err
	check "$want"
}

# Of out, without the prefix.
ids() {
	jq -r 'select(has("_ctl") | not) | ._id // .id | ltrimstr("s:")' out |
		sort | paste -sd ' '
}
ctl() {
	jq -r --arg k "$1" 'select(._ctl == $k) | .id // .prefix // "all" |
	    ltrimstr("s:")' out | sort | paste -sd ' '
}
doc() { jq -S --arg id "s:$1" 'select(._id == $id)' out; }

# indexed ID...: what the index has, after a sync.
indexed() {
	conn-slim -I s.yml >out
	eq "$*" "$(ids)"
}
