# For the tests of conn-sync: `load sync` after helper, lines and bulk.

prepare() {
	db=$CONN_STATE_DIR/wiki.db
	lines_driver '"slim_fields":[]'
}

# source_has ID=TITLE...: what the driver's load and slim give from now on.
source_has() {
	local one
	for one; do
		printf '{"id":"%s","doc":{"title":"%s"}}\n' "${one%=*}" "${one#*=}"
	done > d/load
	for one; do printf '{"id":"%s"}\n' "${one%=*}"; done > d/slim
	echo '{"state":{"stream":"s","value":{"at":1}}}' >> d/load
}

# source_changed ID=TITLE...: what its poll gives.
source_changed() {
	source_has "$@"
	grep -v '"state"' d/load > d/poll
	echo '{"state":{"stream":"s","value":{"at":2}}}' >> d/poll
}

sync() { run --separate-stderr conn-sync "$@" wiki.yml; }

# operations: of the last run with -v.
operations() { sed -n 's/^conn-bulk: \(.*\), 0 refused.*/\1/p' <<< "$stderr"; }

# verbs: which the driver was asked since the last call, in any order.
verbs() {
	local f
	for f in d/request.*; do echo "${f##*.}"; done | sort | paste -sd' '
	rm -f d/request.*
}
