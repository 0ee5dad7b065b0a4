# A driver made of files: conn-source-lines prints d/VERB, exits with d/status
# and keeps each request in d/request.VERB; d/ids, if there, answers requests
# for ids. `load lines` after `load helper`.

# lines_driver [SPEC-MEMBERS]: makes the driver, wiki.yml and an empty load.
lines_driver() {
	mkdir -p d
	export CONN_DRIVER_PATH=$PWD/d
	cat > d/conn-source-lines <<-EOF
		#!/bin/sh
		case \$1 in
		spec) exec cat '$PWD/d/spec.json' ;;
		esac
		n=\$(cat '$PWD/d/count' 2>/dev/null || echo 0)
		echo \$((n + 1)) > '$PWD/d/count'
		cat > '$PWD/d/request.'\$1
		if [ -e '$PWD/d/ids' ] && grep -q '"ids":' '$PWD/d/request.'\$1; then
			set -- ids
		fi
		cat '$PWD/d/'\$1 || exit
		exit \$(cat '$PWD/d/status' 2>/dev/null || echo 0)
	EOF
	chmod 755 d d/conn-source-lines
	lines_spec "$@"
	: > d/load
	cat > wiki.yml <<-EOF
		source:
		  type: lines
	EOF
}

# lines_spec [MEMBERS]: replaces the spec; members like '"ids":true'.
lines_spec() {
	cat > d/spec.json <<-EOF
		{"type":"lines","title":"Lines","verbs":["spec","check","load","slim","poll"],
		"schema":{"type":"object","additionalProperties":false,"properties":{
		"word":{"type":"string"},"password":{"type":"string","secret":true}}}${1:+,$1}}
	EOF
}

# records: the stream on stdin without what differs from run to run.
records() { jq -c 'del(.run,.time,.config)'; }
