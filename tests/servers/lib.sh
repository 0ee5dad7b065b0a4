# SPDX-License-Identifier: MIT
# Real search servers out of their published jars, for tests; sourced by the
# script of each server, which says what to fetch and what to start.
#   SERVER fetch                       fill the cache
#   SERVER start DIR [KEY=VALUE]...    print the base URL once it serves;
#                                      DIR is new or that of an earlier start
#   SERVER stop DIR
#   SERVER versions                    those it can be, the usual one first
# CONN_SERVER_VERSION chooses one. The server ends with the process
# CONN_SERVER_OWNER, if that is set.
# shellcheck shell=bash
# shellcheck disable=SC2154  # jdk cache main artifacts are the script's
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
server=$(basename "$0")
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1

die() {
	echo "$server: $*" >&2
	exit 1
}

# cache_for VERSION MAJOR: where the jars are; another place when what is
# built with them changes.
cache_for() {
	local sum
	sum=$(cd "$here" && cat ./*.java lib.sh "$server" | cksum)
	printf '%s/conn-tests/%s-%s-jdk%s-%s\n' \
	    "${XDG_CACHE_HOME:-$HOME/.cache}" "$server" "$1" "$2" "${sum% *}"
}

no_jdk() { # MAJOR
	die "no JDK of $1 or newer"
}

# jdks LEAST: "MAJOR FOLDER" of each JDK here that will do, the oldest first.
jdks() {
	local home major
	for home in ${JAVA_HOME:-} /usr/lib/jvm/*; do
		[ -x "$home/bin/javac" ] || continue
		major=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' \
		    "$home/release" 2>/dev/null) || continue
		[ "${major:-0}" -ge "$1" ] && echo "$major $home"
	done | sort -n
}

# pom GROUP:ARTIFACT:VERSION...
pom() {
	local group artifact version
	echo '<project><modelVersion>4.0.0</modelVersion>'
	echo '<groupId>conn</groupId><artifactId>server</artifactId>'
	echo '<version>1</version><packaging>pom</packaging><dependencies>'
	while IFS=: read -r group artifact version; do
		printf '<dependency><groupId>%s</groupId>' "$group"
		printf '<artifactId>%s</artifactId>' "$artifact"
		printf '<version>%s</version></dependency>\n' "$version"
	done < <(printf '%s\n' "$@")
	echo '</dependencies></project>'
}

# compile FOLDER JAR SOURCE...: against the jars of FOLDER, into it.
compile() {
	local lib=$1 jar=$2 classes
	shift 2
	classes=$(mktemp -d)
	(cd "$here" && "$jdk/bin/javac" -nowarn -Xlint:-options \
	    -cp "$lib/*" -d "$classes" "$@")
	"$jdk/bin/jar" cf "$jar" -C "$classes" .
	rm -rf "$classes"
}

no_jars() { # LOG
	cat "$1" >&2
	die 'its jars cannot be fetched'
}

# The jars, compiled sources included, in $cache; once, whoever asks first.
fetch() {
	local new=$cache.new
	mkdir -p "$(dirname "$cache")"
	(
		flock 8
		[ ! -d "$cache" ] || exit 0
		command -v mvn >/dev/null || die 'no mvn here'
		rm -rf "$new" && mkdir -p "$new"
		pom "${artifacts[@]}" >"$new/pom.xml"
		mvn -q -B -f "$new/pom.xml" "$plugin:copy-dependencies" \
		    -DincludeScope=runtime -DoutputDirectory="$new/lib" \
		    >"$new/log" 2>&1 </dev/null ||
			no_jars "$new/log"
		assemble "$new" >&2
		mv "$new" "$cache"
	) 8>"$cache.lock"
}

alive() { # DIR
	local pid
	pid=$(cat "$1/pid" 2>/dev/null) &&
		grep -qsaF "=$1/url" "/proc/$pid/cmdline"
}

died() { # LOG
	tail -n 40 "$1" >&2
	die "ended at start: $(grep -m 1 -E '(Exception|Error)\b' "$1")"
}

start() { # DIR [KEY=VALUE]...
	local dir end pid
	mkdir -p "$1/config" "$1/tmp"
	dir=$(cd "$1" && pwd)
	shift
	! alive "$dir" || die "already running: $dir"
	rm -f "$dir/url"
	setsid "$jdk/bin/java" -Xms512m -Xmx512m -XX:+UseSerialGC \
	    -XX:TieredStopAtLevel=1 -Djava.io.tmpdir="$dir/tmp" \
	    -Dlog4j2.configurationFile="$here/log4j2.properties" \
	    -Dconn.url="$dir/url" -Dconn.owner="${CONN_SERVER_OWNER:-}" \
	    -Des.path.conf="$dir/config" -cp "$cache/lib/*" "$main" \
	    path.home="$(home "$dir")" path.data="$dir/data" \
	    path.logs="$dir/logs" http.port=0 transport.port=0 \
	    network.host=127.0.0.1 discovery.type=single-node \
	    cluster.name=test node.name=n1 \
	    cluster.routing.allocation.disk.threshold_enabled=false \
	    "$@" >"$dir/log" 2>&1 </dev/null &
	pid=$!
	echo "$pid" >"$dir/pid"
	end=$((SECONDS + 120))
	until ready "$dir"; do
		kill -0 "$pid" 2>/dev/null ||
			died "$dir/log"
		[ "$SECONDS" -lt "$end" ] ||
			{ kill -KILL "$pid"; die 'not ready in 120 s'; }
		sleep 0.1
	done
	cat "$dir/url"
}

ready() { # DIR
	[ -s "$1/url" ] && curl -fsS -o "$1/health" -m 10 \
	    "$(cat "$1/url")/_cluster/health?wait_for_status=yellow" 2>/dev/null
}

stop() { # DIR
	local dir pid
	dir=$(cd "$1" && pwd)
	alive "$dir" || return 0
	pid=$(cat "$dir/pid")
	kill "$pid"
	for _ in {1..300}; do
		alive "$dir" || return 0
		sleep 0.1
	done
	kill -KILL "$pid"
}

run() {
	local verb=${1:-}
	case $verb:$# in
	versions:1) printf '%s\n' "${versions[@]}" ;;
	fetch:1) fetch ;;
	start:[2-9] | start:[1-9][0-9])
		fetch
		start "${@:2}"
		;;
	stop:2) stop "$2" ;;
	*) die 'usage: fetch | start DIR [KEY=VALUE]... | stop DIR | versions' ;;
	esac
}
