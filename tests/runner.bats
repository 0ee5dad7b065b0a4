# SPDX-License-Identifier: MIT
load helper

# A tree of its own: the real runner, suites that the test makes up.
prepare() {
	mkdir -p tree/scripts tree/tests
	cp "$ROOT/scripts/test" tree/scripts
	cat >tree/Makefile <<-'EOF'
	all:
	unit: $(patsubst %.c,$(O)/%,$(wildcard tests/unit-*.c))
	$(O)/%: %.c; @mkdir -p $(@D) && $(CC) -o $@ $<
	EOF
	unset CONN_BUILD
}

bats_test() { # SUITE TITLE BODY
	printf '@test "%s" {\n%s\n}\n' "$2" "$3" >>"tree/tests/$1.bats"
}

unit() { # NAME STATEMENTS
	{
		printf '#include <%s.h>\n' stdio stdlib
		printf 'int main(void) {%s}\n' "$2"
	} >"tree/tests/unit-$1.c"
}

# The process that the suite noted is no more.
gone() { ! kill -0 "$(cat mark)" 2>/dev/null; }

# Runs it; the last line must be this.
closing() { # STATUS LINE [ARG]...
	local want=$1 line=$2
	shift 2
	run -"$want" tree/scripts/test -n "$@"
	eq "$line" "${lines[-1]}"
}

@test "test: both kinds pass, one skips -> counted, the skip is shown" {
	unit a 'puts("ok 1 - a\nok 2 - b\n1..2"); return 0;'
	bats_test b 'b: x -> y' true
	bats_test b 'c: x -> y' 'skip "no server: why"'
	closing 0 '3 passed, 0 failed, 1 skipped'
	[[ $output == *'SKIPPED b: c: x -> y: no server: why'* ]]
	[ -s tree/build/results/unit-a.tap ]
}

@test "test: a test of either kind fails -> 1, its output is shown" {
	unit a 'puts("ok 1 - a\nnot ok 2 - b\n# line 7\n1..2"); return 1;'
	bats_test b 'b: bad' 'echo because; false'
	closing 1 '1 passed, 2 failed, 0 skipped'
	[[ $output == *'# line 7'* && $output == *'# because'* ]]
}

@test "test: a unit test crashes, stops short, says nothing -> failures" {
	unit crash 'puts("ok 1 - a\n1..1"); fflush(stdout); abort();'
	unit short 'puts("1..2\nok 1 - a"); return 0;'
	unit mute 'return 0;'
	unit late 'puts("ok 1 - a\n1..1"); return 3;'
	closing 1 '3 passed, 4 failed, 0 skipped'
	[[ $output == *'unit-crash: ended by signal 6'* ]]
	[[ $output == *'unit-short: announced 2 tests, ran 1'* ]]
	[[ $output == *'unit-mute: announced no number of tests, ran 0'* ]]
	[[ $output == *'unit-late: ended with status 3'* ]]
}

@test "test: a bats file that does not load, or is empty -> failures" {
	echo 'load nothing' >tree/tests/load.bats
	bats_test load a true
	bats_test syntax a 'if;'
	echo '# nothing' >tree/tests/empty.bats
	closing 1 '0 passed, 3 failed, 0 skipped'
}

@test "test: a suite hangs -> killed at the limit, the rest is run" {
	bats_test hang a 'echo $BASHPID >"$MARK"; exec sleep 60'
	export MARK=$PWD/mark
	bats_test fine b true
	closing 1 '1 passed, 1 failed, 0 skipped' -t 8
	[[ $output == *'hang: took longer than 8 s'* ]]
	eventually gone
}

@test "test: names -> only the suites that begin so, none is an error" {
	unit json-a 'puts("ok 1 - a\n1..1"); return 0;'
	unit other 'return 1;'
	bats_test json a true
	bats_test diff a true
	closing 0 '2 passed, 0 failed, 0 skipped' json
	closing 0 '3 passed, 0 failed, 0 skipped' json diff
	run -2 tree/scripts/test -n nothing
}

@test "test: the build fails -> 1, no test is run" {
	unit a 'syntax error'
	run -1 tree/scripts/test -n
	[[ ${lines[-1]} == 'test: the build failed' ]]
}

@test "test: stopped by SIGTERM -> its suites are gone" {
	bats_test hang a 'echo $BASHPID >"$MARK"; exec sleep 60'
	export MARK=$PWD/mark
	bash tree/scripts/test -n 3>&- &
	pid=$!
	eventually test -s mark
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	check 143
	eventually gone
}

@test "test: signals ignored by who starts it -> at default in a suite" {
	bats_test sig a 'run -143 sh -c "kill -TERM \$\$"
		run -130 sh -c "kill -INT \$\$"'
	run -0 env --ignore-signal=INT,TERM tree/scripts/test -n
	eq '1 passed, 0 failed, 0 skipped' "${lines[-1]}"
}

# server KIND VERSION...: a server that is its folder.
server() {
	mkdir -p tree/tests/servers
	cat >"tree/tests/servers/$1" <<-EOF
	#!/bin/sh
	case \$1 in
	versions) echo ${*:2} ;;
	start)
		[ "\$CONN_SERVER_VERSION" != broken ] || { echo no jar; exit 1; }
		mkdir "\$2" && echo "$1-\$CONN_SERVER_VERSION" >"\$2/url"
		cat "\$2/url" >>"\$SEEN" ;;
	stop) echo stop >>"\$SEEN" ;;
	esac
	EOF
	chmod +x "tree/tests/servers/$1"
}

@test "test --all-servers: -> each alone, a table, the rest once" {
	export SEEN=$PWD/seen
	server opensearch 3 2
	server elasticsearch 8 broken
	cp "$ROOT/tests/servers.bash" tree/tests
	printf '%s\n' 'ROOT=$BATS_TEST_DIRNAME/..' 'load servers' \
	    >tree/tests/real.bats
	bats_test real 'os: a' \
	    'need_server opensearch; [ "$URL" != opensearch-2 ]'
	bats_test real 'es: a' 'need_server elasticsearch; skip x'
	bats_test real 'es: b' 'need_server elasticsearch'
	bats_test plain a true
	closing 1 '3 passed, 1 failed, 2 skipped' --all-servers
	eq 'server version passed failed skipped
opensearch 3 1 0 0
opensearch 2 0 1 0
elasticsearch 8 1 0 1
elasticsearch broken skipped: no jar ' \
	    "$(printf '%s\n' "${lines[@]: -6:5}" | tr -s ' ')"
	eq 'opensearch-3 stop opensearch-2 stop elasticsearch-8 stop' \
	    "$(xargs <seen)"
	[[ $output == *'SKIPPED elasticsearch broken: no jar'* ]]
	[[ $output != *'not its turn'* ]]
	run -2 tree/scripts/test --all-the-servers
}

@test "test: many suites that end at once -> each is reported" {
	local i
	for i in {1..40}; do
		bats_test "s$i" a true
	done
	closing 0 '40 passed, 0 failed, 0 skipped'
}
