# SPDX-License-Identifier: MIT
# The incidents of incidents-*.bats: each has its test, each test its guard.
load helper

# A tree of its own with one incident, whose guard is `n > 0` in lib/a.c.
tree() {
	mkdir -p t/scripts t/cmd t/man t/lib t/tests/guards t/build/bin
	cp "$ROOT/scripts/guards" t/scripts
	sed -i 's/^incidents=([^)]*)/incidents=()/' t/scripts/guards
	sed '/^PATH=/d' "$ROOT/tests/helper.bash" >t/tests/helper.bash
	printf 'all: build/a\nbuild/a: lib/a.c\n\t@mkdir -p build\n%s\n' \
	    '	@$(CC) $(CPPFLAGS) -Wall -o $@ $<' >t/Makefile
	printf 'int\nmain(int n, char **v)\n{\n\t(void)v;\n\t%s\n}\n' \
	    'return n > 1 ? 4 : 0;' >t/lib/a.c
	printf 'load helper\n@test "incident 07, a #1: b" {\n\t%s\n\t%s\n}\n' \
	    'run "$CONN_BUILD/a" x' 'check 4' >t/tests/incidents-a.bats
	guard 'return n > 1 ? 4 : 0;' 'return 0;'
}

# guard OLD NEW: the patch, with a word before it.
guard() {
	printf 'Why.\n--- a/lib/a.c\n+++ b/lib/a.c\n@@ -4,3 +4,3 @@\n%s\n' \
	    "$(printf ' \t(void)v;\n-\t%s\n+\t%s\n }' "$1" "$2")" \
	    >t/tests/guards/07.patch
}

# says STATUS LINE...
says() {
	check "$1"
	eq "$(printf '%s\n' "${@:2}")" "$output"
}

@test "incidents: each has a test and a guard, which is where it was" {
	run "$ROOT/scripts/guards" -n
	check 0
	echo "# $output" >&3
	[[ $output == *' incidents, 0 violations' ]]
}

@test "incidents: each test fails without its guard" {
	[ -n "${CONN_LONG-}" ] || skip 'minutes; scripts/guards'
	run "$ROOT/scripts/guards"
	echo "# ${lines[-1]}" >&3
	check 0
}

@test "guards -n: no test, no guard, moved code, another file -> 1, named" {
	tree
	run t/scripts/guards -n
	says 0 '1 incidents, 0 violations'
	sed -i 's/(void)v/(void)*v/' t/lib/a.c
	run t/scripts/guards -n
	check 1
	[[ ${lines[0]} == '07 a #1: its guard is not there: '*' FAILED'* ]]
	eq '1 incidents, 1 violations' "${lines[1]}"
	sed -i 's/lib/man/' t/tests/guards/07.patch
	mv t/lib/a.c t/man
	sed -i 's/(void)\*v/(void)v/' t/man/a.c
	run t/scripts/guards -n
	says 1 '07 a #1: its guard is neither in lib nor in cmd' \
	    '1 incidents, 1 violations'
	mv t/man/a.c t/lib
	sed -i 's/man/lib/' t/tests/guards/07.patch
	mv t/tests/guards/07.patch t/tests/guards/08.patch
	run t/scripts/guards -n
	says 1 '07 a #1: has no guard' '08: has no test' \
	    '2 incidents, 2 violations'
}

@test "guards: fails without its guard, and only without -> 0" {
	tree
	run t/scripts/guards
	says 0 '07 a #1: fails without its guard' \
	    '1 guards taken out, 1 tests failed as they must, 0 violations'
	run t/scripts/guards -v 07
	check 0
	[[ $output == *'# status 0, expected 4'* ]]
}

@test "guards: any other end -> 1, and why" {
	local last='1 guards taken out, 0 tests failed as they must, 1 violations'
	tree
	guard 'return n > 1 ? 4 : 0;' 'return n == 2 ? 4 : 0;'
	run t/scripts/guards
	says 1 '07 a #1: passes without its guard' "$last"
	guard 'return n > 1 ? 4 : 0;' '__builtin_trap();'
	run t/scripts/guards
	check 1
	eq '07 a #1: its test breaks without its guard' "${lines[0]}"
	eq "$last" "${lines[-1]}"
	guard 'return n > 1 ? 4 : 0;' 'int i; return 0;'
	run t/scripts/guards
	check 1
	eq '07 a #1: does not compile without its guard' "${lines[0]}"
	sed -i 's/check 4/check 3/' t/tests/incidents-a.bats
	run t/scripts/guards
	check 1
	eq '07 a #1: fails with its guard, too' "${lines[0]}"
	eq "0 guards ${last#* guards }" "${lines[-1]}"
}

@test "guards: wrong use -> 2; --help" {
	for args in -x 99 --no; do
		run "$ROOT/scripts/guards" "$args"
		check 2
		[[ $output == "guards: $args: no such "* ]]
	done
	run "$ROOT/scripts/guards" --help
	check 0
	[[ $output == 'Usage: guards '* ]]
}
