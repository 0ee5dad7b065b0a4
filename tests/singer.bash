# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120  # suites call config, with arguments
# A tap of Singer that does what a test wants; loaded after helper. Each run of
# it is a line of `calls`, the files that it was given are VERB.config,
# VERB.catalog and VERB.state, VERB being discover or sync.
# shellcheck source=tests/tap.bash
. "$(dirname "${BASH_SOURCE[0]}")/tap.bash"

prepare() {
	TMPDIR=$PWD/tmp
	export TMPDIR
	mkdir tmp
	cat >tap <<-'X'
	#!/bin/sh
	cd "${0%/*}" || exit
	verb=sync
	case " $* " in *" --discover "*) verb=discover ;; esac
	echo "$verb" "$(echo "$*" | sed 's,[^ ]*/,,g')" >>calls
	settings=$2
	while [ $# -gt 1 ]; do
		case $1 in --*) cp "$2" "$verb.${1#--}" ;; esac
		shift 2
	done
	say() { printf '%s\n' "{\"type\":\"$1\"${2:+,$2}}"; }
	schema() { # STREAM [KEY]...
		local s=$1 keys=
		shift
		for field; do keys="$keys,\"$field\""; done
		say SCHEMA "\"stream\":\"$s\",\"schema\":{},\"key_properties\":[${keys#,}]"
	}
	record() { # STREAM OBJECT [VERSION]
		say RECORD "\"stream\":\"$1\",\"record\":$2${3:+,\"version\":$3}"
	}
	state() { say STATE "\"value\":$1"; }
	activate() { say ACTIVATE_VERSION "\"stream\":\"$1\",\"version\":$2"; }
	metric() { # STREAM [STATUS]
		printf '%s | INFO     | singer_sdk.metrics   | METRIC: %s\n' \
		    '2026-01-01 00:00:00,000' "{\"type\":\"timer\",\"metric\":\
		\"sync_duration\",\"value\":0.1,\"tags\":{\"stream\":\"$1\",\
		\"status\":\"${2:-succeeded}\"}}" >&2
	}
	traceback() { # EXCEPTION [LINE]...: and what stands behind it
		printf '%s\n' 'Traceback (most recent call last):' \
		    '  File "a", line 1, in x' '    x()' '    ^^^' "$@" >&2
	}
	users() { # all of them, and what comes with them
		schema users id
		record users '{"id":1,"name":"a","updated_at":"2026-01-01"}'
		record users '{"id":2,"name":"b","updated_at":"2026-01-02"}'
		state "${1:-{\"bookmarks\":{\"users\":{\"updated_at\":\"2026-01-02\"\}\}\}}"
		metric users
	}
	. "./on-$verb"
	X
	chmod 755 tap
	: >calls
	offers users
	on sync <<-'X'
	users
	X
	config
}

# offers STREAM...: of users (incremental), events (without a key), pairs (a
# key of two parts), shop (the table shop of the schema eu, by its log).
offers() {
	local s list=
	for s; do
		case $s in
		users) list+=',{"tap_stream_id":"users","stream":"users","schema":{"properties":{"id":{"type":"integer"},"name":{"type":["null","string"]}}},"metadata":[{"breadcrumb":[],"metadata":{"inclusion":"available","table-key-properties":["id"],"forced-replication-method":"INCREMENTAL","valid-replication-keys":["updated_at"]}},{"breadcrumb":["properties","id"],"metadata":{"inclusion":"automatic"}},{"breadcrumb":["properties","name"],"metadata":{"inclusion":"available"}},{"breadcrumb":["properties","blob"],"metadata":{"inclusion":"unsupported"}}]}' ;;
		events) list+=',{"tap_stream_id":"events","stream":"events","key_properties":[],"schema":{}}' ;;
		pairs) list+=',{"tap_stream_id":"pairs","stream":"pairs","key_properties":["a","b"],"schema":{},"metadata":[]}' ;;
		shop) list+=',{"tap_stream_id":"eu-shop","stream":"shop","schema":{},"metadata":[{"breadcrumb":[],"metadata":{"schema-name":"eu","is-view":true,"view-key-properties":["id"]}}]}' ;;
		hidden) list+=',{"tap_stream_id":"hidden","stream":"hidden","schema":{},"metadata":[{"breadcrumb":[],"metadata":{"selected-by-default":false}}]}' ;;
		esac
	done
	printf "echo 'some log line'; echo '%s' | jq .; echo behind\n" \
	    "{\"streams\":[${list#,}]}" | on discover
}

# config [LINE]...: c.yml with these lines at its end.
config() {
	printf '%s\n' 'source:' '  type: singer' "  command: [$PWD/tap]" \
	    '  config: {url: "https://x.example", n: 1}' \
	    '  secrets: {key: {env: KEY}}' "$@" >c.yml
	export KEY=canary-of-the-key
}
