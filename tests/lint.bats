# SPDX-License-Identifier: MIT
load helper

# A tree of its own, in which the script finds no fault.
prepare() {
	mkdir -p tree/scripts tree/lib/base tree/lib/net tree/cmd tree/man tree/tests
	cp "$ROOT/scripts/lint" tree/scripts
	lines 'int' 'one(void)' '{' '}' >tree/lib/base/one.c
}

# A C source of these lines.
lines() {
	echo '/* SPDX-License-Identifier: MIT */'
	printf '%s\n' "$@"
}

# fires PATTERN: the script complains of exactly that.
fires() {
	run -1 --separate-stderr tree/scripts/lint
	[ "${#lines[@]}" -eq 1 ] && [[ $output == $1 ]] && return
	printf 'expected: %s\nactual:   %s\n' "$1" "$output"
	return 1
}

many() { # COUNT TEXT
	for ((i = 0; i < $1; i++)); do echo "$2"; done
}

@test "lint: this tree -> nothing to complain of" {
	run --separate-stderr "$ROOT/scripts/lint"
	eq '' "$output"
	check 0
}

@test "lint: a clean tree -> 0, silent" {
	run -0 --separate-stderr tree/scripts/lint
	eq '' "$output"
}

@test "lint: an include of a higher layer, or without one -> error" {
	lines '#include "net/http.h"' '#include "base/buf.h"' \
	    >tree/lib/base/two.c
	fires 'lib/base/two.c:2: "net/http.h" is of a higher layer'
	lines '#include "one.h"' >tree/lib/base/two.c
	fires 'lib/base/two.c:2: "one.h" is not "layer/file.h"'
	lines '#include "base/one.h"' >tree/lib/net/two.c
	rm tree/lib/base/two.c
	run -0 tree/scripts/lint
}

@test "lint: the own header is not the first include -> error" {
	lines 'int one(void);' >tree/lib/base/one.h
	lines '#include "base/one.h"' '#include <stdio.h>' >tree/lib/base/one.c
	run -0 tree/scripts/lint
	lines '#include <stdio.h>' '#include "base/one.h"' >tree/lib/base/one.c
	fires 'lib/base/one.c:2: its own header is not the first'
}

@test "lint: a library outside of its place -> error" {
	lines '#include <curl/curl.h>' >tree/lib/net/a.c
	run -0 tree/scripts/lint
	lines '#include <curl/curl.h>' >tree/lib/base/a.c
	fires 'lib/base/a.c:2: <curl/curl.h> is for lib/net/ only'
	rm tree/lib/base/a.c
	lines '#include <jq.h>' >tree/cmd/a.c
	fires 'cmd/a.c:2: <jq.h> does not belong into cmd'
}

@test "lint: a banned call -> error, its name in a comment is none" {
	lines '/* strcpy(a, b) */' 'char *s = "system(x)";' >tree/cmd/a.c
	run -0 tree/scripts/lint
	lines 'int' 'f(char *a)' '{' '	return atoi(a);' '}' >tree/cmd/a.c
	fires 'cmd/a.c:5: atoi is banned'
}

@test "lint: stdout or exit where they do not belong -> error" {
	lines 'void' 'f(void)' '{' '	exit(1);' '}' >tree/lib/net/a.c
	fires 'lib/net/a.c:5: exit in a library'
	rm tree/lib/net/a.c
	lines 'void' 'f(void)' '{' '	puts("a");' '}' >tree/cmd/a.c
	fires 'cmd/a.c:5: puts writes past base/out.h'
}

@test "lint: a function or main too long, main not last -> error" {
	{ lines 'int' 'f(void)' '{' && many 77 '	f();' && echo '}'
	} >tree/cmd/a.c
	run -0 tree/scripts/lint
	sed -i '5s/$/\n\tf();/' tree/cmd/a.c
	fires 'cmd/a.c:3: f has 81 lines, over 80'
	{ lines 'int' 'main(void)' '{' && many 57 '	f();' && echo '}'
	} >tree/cmd/a.c
	fires 'cmd/a.c:3: main has 60 lines, over 59'
	lines 'int' 'main(void)' '{' '}' 'int' 'f(void)' '{' '}' >tree/cmd/a.c
	fires 'cmd/a.c:7: main is not the last'
}

@test "lint: a file too long, a line too wide -> error" {
	{ lines && many 499 ''; } | tail -n +1 | head -n 500 >tree/cmd/a.c
	run -0 tree/scripts/lint
	echo >>tree/cmd/a.c
	fires 'cmd/a.c:501: over 500 lines'
	lines "int $(printf %077d 0 | tr 0 x);" >tree/cmd/a.c
	fires 'cmd/a.c:2: over 80 columns'
	mv tree/cmd/a.c tree/tests/a.c
	run -0 tree/scripts/lint
	lines "int $(printf %097d 0 | tr 0 x);" >tree/tests/a.c
	fires 'tests/a.c:2: over 100 columns'
}

@test "lint: no SPDX line, unfinished work, trailing blanks -> error" {
	echo 'int x;' >tree/cmd/a.c
	fires 'cmd/a.c:1: no SPDX line'
	lines '/* TO''DO */' >tree/cmd/a.c
	fires 'cmd/a.c:2: unfinished work'
	lines 'int x; ' >tree/cmd/a.c
	fires 'cmd/a.c:2: white space at the end'
}

@test "lint: a host that exists -> error, but in connectors" {
	echo 'see http://127.0.0.1/ https://es:9200 https://a.example/x' \
	    >tree/README.md
	run -0 tree/scripts/lint
	mkdir tree/lib/connectors
	echo 'url: https:/''/real.host.com' >tree/lib/connectors/a.yml
	run -0 tree/scripts/lint
	echo 'get it from https:/''/real.host.com/x' >>tree/README.md
	fires 'README.md:2: names the host real.host.com'
}

@test "lint: shellcheck and mandoc complain -> error" {
	command -v shellcheck >/dev/null || skip 'no shellcheck'
	command -v mandoc >/dev/null || skip 'no mandoc'
	printf '#!/bin/sh\ncd $1\n' >tree/cmd/a.sh
	run -1 --separate-stderr tree/scripts/lint
	[[ $output == *'[SC2086]'* ]]
	rm tree/cmd/a.sh
	echo '.Dd nothing' >tree/man/a.1
	run -1 --separate-stderr tree/scripts/lint
	[[ $output == *man/a.1* ]]
}
