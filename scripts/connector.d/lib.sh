# SPDX-License-Identifier: MIT
# Sourced by new-connector, pull-connector and local-build, which set `prog` and
# `here` (this repository's folder of scripts).
#
# A connector's folder holds connector.yml (the type), origin (what it was made
# from), README, requirements.txt (each package with its hash), spec.json,
# catalog.json (if the connector tells its streams without being set up),
# venv (built by local-build), patches (the user's own) and .base (connector.yml
# and README as they came, to know what was changed since). What is made is
# made in a folder beside it and moved there at the end.
# shellcheck shell=sh
# shellcheck disable=SC2154  # prog and here are the caller's

tool=$here/connector.d/tool.py
python=${PYTHON-python3}
work='' child=''
umask 022

die() { # STATUS MESSAGE
	status=$1
	shift
	echo "$prog: $*" >&2
	exit "$status"
}

wrong() { die 2 "$*; try '$prog --help'"; }

# Whatever ends us: what is half made goes.
clean() {
	[ -z "$child" ] || { kill "$child"; wait "$child"; } 2>/dev/null || :
	[ -z "$work" ] || rm -rf "$work"
}
trap clean EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# A command that can be interrupted at once.
run() {
	"$@" </dev/null &
	child=$!
	wait "$child" && r=0 || r=$?
	child=
	return "$r"
}

# The folder of conn's programs.
find_conn() {
	command -v conn-spec >/dev/null || PATH=$here/../build/bin:$PATH
	command -v conn-spec >/dev/null ||
		die 1 'no conn-spec here; build it (make) or install it'
}

find_python() {
	"$python" -c 'import ensurepip, venv' 2>/dev/null ||
		die 1 "$python cannot make virtual environments (python3-venv)"
}

# One run at a time; until we end.
lock() { # FOLDER
	exec 9<"$1" || exit 1
	flock -n 9 || die 1 "$1: another run works on it"
}

pip() { # VENV ARGUMENT...
	venv=$1
	shift
	run "$venv/bin/python" -I -m pip --disable-pip-version-check \
	    --no-input -q "$@" >"$work/log" 2>&1 9<&- && return
	grep -v '^ *$' "$work/log" | tail -n 3 >&2
	return 1
}

new_venv() { # VENV
	run "$python" -m venv "$1" >"$work/log" 2>&1 9<&- ||
		die 1 "$python -m venv: $(tail -n 1 "$work/log")"
}

# Of what is installed, and by what: the same again builds nothing.
stamp() { # REQUIREMENTS
	"$python" -VV
	sha256sum <"$1"
}

# What the connector tells of itself. CONFIG: a config with this type; empty:
# one without settings, of which some connectors tell their streams.
tell() { # TREE NAME CONFIG
	cfg=$3
	if [ -z "$cfg" ]; then
		cfg=$work/plain.yml
		printf 'name: plain\nsource: {type: %s}\n' "$2" >"$cfg"
	fi
	export CONN_STATE_DIR="$work/state" CONN_DRIVER_PATH="${1%/*}"
	run conn-spec "$cfg" >"$work/spec" 2>"$work/log" 9<&- ||
		die 1 "spec: $(tail -n 1 "$work/log")"
	"$python" "$tool" pretty <"$work/spec" >"$1/spec.json"
	if run conn-spec -D "$cfg" >"$work/streams" 2>"$work/log" 9<&-; then
		"$python" "$tool" catalog <"$work/streams" >"$1/catalog.json"
	elif [ -n "$3" ]; then
		die 1 "$3: $(tail -n 1 "$work/log")"
	else
		echo "$prog: no catalog.json: the connector tells its streams" \
		    "only with settings; give --config" >&2
	fi
}

# A package of PyPI, installed once, pinned as it was.
make_package() { # TREE NAME PACKAGE[==VERSION] CONFIG
	[ -e "$1/venv" ] || new_venv "$1/venv"
	pip "$1/venv" install --only-binary=:all: --report "$work/report" \
	    "$3" ||
		die 1 "$3 cannot be installed"
	"$python" "$tool" pin <"$work/report" >"$1/requirements.txt"
	stamp "$1/requirements.txt" >"$1/venv/stamp"
	"$1/venv/bin/python" -I "$tool" describe "$1" "${3%%=*}" || exit 1
	tell "$1" "$2" "$4"
}

make_image() { # TREE NAME IMAGE CONFIG
	engine=$(command -v podman || command -v docker) ||
		die 1 "$3: neither podman nor docker is here to run an image"
	run "$engine" pull -q "$3" >"$work/log" 2>&1 9<&- ||
		die 1 "$3: $(tail -n 1 "$work/log")"
	digest=$("$engine" image inspect \
	    --format '{{index .RepoDigests 0}}' "$3") || exit 1
	"$python" "$tool" image "$1" "$3" "$digest" "${engine##*/}"
	tell "$1" "$2" "$4"
}

make_own() { # TREE NAME TYPE
	file=$here/../lib/connectors/$3.yml
	[ -e "$file" ] || die 2 "$3: no connector of ours has that name"
	cp "$file" "$1/connector.yml"
	printf 'connector %s\nversion %.12s\n' "$3" \
	    "$(sha256sum <"$file")" >"$1/origin"
	printf '%s\n\nMade from the connector %s of conn.\n' "$2" "$3" \
	    >"$1/README"
}

# make_tree TREE NAME KIND WHAT CONFIG
make_tree() {
	case $3 in
	package) make_package "$1" "$2" "$4" "$5" ;;
	image) make_image "$1" "$2" "$4" "$5" ;;
	connector) make_own "$1" "$2" "$4" ;;
	esac
	mkdir "$1/.base"
	cp "$1/connector.yml" "$1/README" "$1/.base"
}

origin() { # FOLDER KEY
	sed -n "s/^$2 //p" "$1/origin"
}
