# SPDX-License-Identifier: MIT
load helper

# The real script with a package system of the test's own: `installed` lists
# what it knows, `calls` what apt-get was asked for.
prepare() {
	mkdir scripts fake
	cp "$ROOT/scripts/setup" scripts
	printf '#!/bin/sh\necho alpha\necho alpha-dev\n' >scripts/packages
	command_ dpkg-query 'sed "s/^/installed /" installed'
	command_ apt-get 'echo "$@" >>calls
		case $* in *install*) scripts/packages >installed ;; esac'
	command_ id 'echo 0'
	chmod +x scripts/packages
	PATH=$PWD/fake:/usr/bin:/bin
	: >calls
}

command_() { # NAME BODY
	printf '#!/bin/sh\n%s\n' "$2" >"fake/$1"
	chmod +x "fake/$1"
}

@test "setup: nothing is missing -> silent, apt-get is not called" {
	printf 'alpha-dev\nalpha\n' >installed
	run -0 --separate-stderr scripts/setup
	eq '' "$output$stderr"
	eq '' "$(cat calls)"
}

@test "setup: one is missing, its name like another's -> installed" {
	echo alpha >installed
	run -0 --separate-stderr scripts/setup
	eq '' "$output$stderr"
	[ "$(wc -l <calls)" -eq 2 ]
	[[ $(sed -n 1p calls) == *' update' ]]
	[[ $(sed -n 2p calls) == *' install -y --no-'*' alpha-dev' ]]
	run -1 grep -w 'alpha' <<<"$(sed 's/alpha-dev//' calls)"
}

@test "setup: apt-get fails -> its words, what was wanted, 1" {
	echo alpha >installed
	command_ apt-get 'echo "E: no such thing"; exit 100'
	run -1 --separate-stderr scripts/setup
	eq '' "$output"
	eq 'E: no such thing
setup: apt-get update failed; wanted: alpha-dev' "$stderr"
}

@test "setup: apt-get lies -> 1" {
	echo alpha >installed
	command_ apt-get 'exit 0'
	run -1 --separate-stderr scripts/setup
	eq 'setup: still missing: alpha-dev' "$stderr"
}

@test "setup: not root, sudo -> through sudo" {
	echo alpha >installed
	command_ id 'echo 1000'
	command_ sudo 'echo sudo >>calls; exec "$@"'
	run -0 --separate-stderr scripts/setup
	eq '' "$output$stderr"
	eq 2 "$(grep -c '^sudo$' calls)"
}

@test "setup: not root, no sudo -> says what to install, 1" {
	[ ! -x /usr/bin/sudo ] || skip 'this machine has sudo'
	echo alpha >installed
	command_ id 'echo 1000'
	run -1 --separate-stderr scripts/setup
	eq 'setup: not root and no sudo; install first: alpha-dev' "$stderr"
	eq '' "$(cat calls)"
}

@test "packages: each group -> names, an unknown one -> 2" {
	for group in build test dev; do
		run -0 --separate-stderr "$ROOT/scripts/packages" "$group"
		[ "${#lines[@]}" -gt 1 ]
		run -1 grep -vE '^[a-z0-9][a-z0-9.+-]+$' <<<"$output"
	done
	run -2 "$ROOT/scripts/packages" nothing
}
