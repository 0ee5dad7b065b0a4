# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120  # suites call config, with arguments
# A connector of Airbyte that says what a test wants; loaded after helper and
# source. Each run of it is a line of `calls`, the files that it was given are
# VERB.config, VERB.catalog and VERB.state.
# shellcheck source=tests/tap.bash
. "$(dirname "${BASH_SOURCE[0]}")/tap.bash"

prepare() {
	TMPDIR=$PWD/tmp
	export TMPDIR
	mkdir tmp
	cat >connector <<-'X'
	#!/bin/sh
	cd "${0%/*}" && verb=$1 && shift
	echo "$verb" "$(echo "$*" | sed 's,[^ ]*/,,g')" >>calls
	while [ $# -gt 1 ]; do
		case $1 in --*) cp "$2" "$verb.${1#--}" ;; esac
		shift 2
	done
	say() { printf '%s\n' "{\"type\":\"$1\",$2}"; }
	record() { say RECORD "\"record\":{\"stream\":\"$1\",\"data\":$2,\"emitted_at\":1}"; }
	trace() { say TRACE "\"trace\":{\"type\":\"$1\",\"emitted_at\":1.5,$2}"; }
	name() { printf '"stream_descriptor":{"name":"%s"}' "$1"; }
	is() { trace STREAM_STATUS "\"stream_status\":{$(name "$1"),\"status\":\"$2\"}"; }
	count() { [ -z "$1" ] || printf ',"sourceStats":{"recordCount":%s}' "$1"; }
	state() { # STREAM STATE [COUNT]
		say STATE "\"state\":{\"type\":\"STREAM\",\"stream\":{$(name \
		    "$1"),\"stream_state\":$2}$(count "${3-}")}"
	}
	error() { # TYPE TEXT [STREAM]
		trace ERROR "\"error\":{\"message\":\"$2\",\"failure_type\":\
		    \"$1\"${3:+,$(name "$3")}}"
	}
	log() { say LOG "\"log\":{\"level\":\"$1\",\"message\":\"$2\"}"; }
	users() { # all of them, and what comes with them
		is users STARTED
		record users '{"id":1,"name":"a","updated_at":"2026-01-01"}'
		record users '{"id":2,"name":"b","updated_at":"2026-01-02"}'
		state users "${1:-{\"at\":\"2026-01-02\"\}}" 2.0
		is users COMPLETE
	}
	. "./on-$verb"
	X
	chmod 755 connector
	: >calls
	on spec <<-'X'
	log INFO 'before the answer'
	say SPEC '"spec":{"connectionSpecification":{"type":"object","properties":{
	"url":{"type":"string"},"key":{"type":"string","airbyte_secret":true},
	"token":{"type":"string","airbyte_secret":true}}}}' | tr -d '\n'
	echo
	X
	on check <<-'X'
	say CONNECTION_STATUS '"connectionStatus":{"status":"SUCCEEDED"}'
	X
	offers users
	on read <<-'X'
	users
	X
	config
}

# offers STREAM...: of users, events (without a key), pairs (a key of two
# parts, never incremental), shop (in the namespace eu).
offers() {
	local s list=
	for s; do
		case $s in
		users) list+=',{"name":"users","json_schema":{"properties":{"id":{"type":"integer"},"name":{"type":["null","string"]}}},"supported_sync_modes":["full_refresh","incremental"],"source_defined_cursor":true,"default_cursor_field":["updated_at"],"source_defined_primary_key":[["id"]]}' ;;
		events) list+=',{"name":"events","json_schema":{},"supported_sync_modes":["full_refresh"]}' ;;
		pairs) list+=',{"name":"pairs","json_schema":{},"supported_sync_modes":["full_refresh"],"source_defined_primary_key":[["a"],["b","c"]]}' ;;
		shop) list+=',{"name":"shop","namespace":"eu","json_schema":{"properties":{"_ab_cdc_deleted_at":{}}},"supported_sync_modes":["full_refresh","incremental"],"source_defined_primary_key":[["id"]],"default_cursor_field":[]}' ;;
		esac
	done
	printf "say CATALOG '%s'\n" "\"catalog\":{\"streams\":[${list#,}]}" |
		on discover
}

# config [LINE]...: c.yml with these lines at its end.
config() {
	printf '%s\n' 'source:' '  type: airbyte' "  command: [$PWD/connector]" \
	    '  config: {url: "https://x.example", n: 1}' \
	    '  secrets: {key: {env: KEY}}' "$@" >c.yml
	export KEY=canary-of-the-key
}
