#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# new-connector, local-build, pull-connector. What makes virtual environments
# takes minutes: CONN_LONG set, pip installs from a folder of packages made here
# and from its index.
load helper
load servers

setup_file() {
	/usr/bin/python3 "$BATS_TEST_DIRNAME/tiny-wheel.py" \
	    "$BATS_FILE_TMPDIR/one" 1.0
	/usr/bin/python3 "$BATS_TEST_DIRNAME/tiny-wheel.py" \
	    "$BATS_FILE_TMPDIR/two" 1.0 2.0
}

prepare() {
	/usr/bin/python3 -c 'import ensurepip, venv' 2>/dev/null ||
		skip 'no python3-venv here'
	PATH=$ROOT/scripts:$PATH PYTHON=/usr/bin/python3
	export PYTHON PIP_NO_INDEX=1 PIP_FIND_LINKS=$BATS_FILE_TMPDIR/one
	# pip parts the folders of packages at spaces, we must not
	dir="$PWD/my types"
	mkdir "$dir"
	chmod 755 "$dir"
	export CONN_DRIVER_PATH=$dir
}

long() { [ -n "${CONN_LONG-}" ] || skip 'minutes; scripts/test -l connector-scripts'; }

# ours: a connector of ours as a start, out of a copy that may change.
ours() {
	mkdir -p src/lib/connectors
	cp -a "$ROOT/scripts" src
	cp "$ROOT/lib/connectors/redmine.yml" src/lib/connectors
	PATH=$PWD/src/scripts:$PATH
	new-connector -d "$dir" --from redmine tiny
}

# newer: the copy is of another version now.
newer() {
	sed -i 's/^title:.*/title: Redmine 2/' src/lib/connectors/redmine.yml
}

# made: a connector of version 1.0, made once for all tests.
made() {
	long
	(
		flock 8
		[ -e "$BATS_FILE_TMPDIR/made" ] || {
			new-connector -d "$dir" tiny
			cp -a "$dir/tiny" "$BATS_FILE_TMPDIR/made"
		}
	) 8>"$BATS_FILE_TMPDIR/lock"
	[ -e "$dir/tiny" ] || cp -a "$BATS_FILE_TMPDIR/made" "$dir/tiny"
}

two() { export PIP_FIND_LINKS=$BATS_FILE_TMPDIR/two; }

# What is in the folder, byte for byte, without what Python makes by itself.
content() {
	(cd "$dir/tiny" && find . -name __pycache__ -prune -o \
	    -type f -exec sha256sum {} + | sort -k2)
}

# Without what holds the folder's name, and what pip notes of why it came.
same_files() { grep -vE '/bin/|RECORD|REQUESTED|pyvenv.cfg'; }

# Nothing half-made is left.
tidy() { eq "${1-tiny}" "$(ls -A "$dir")"; }

used() {
	printf 'name: t\nsource:\n  type: tiny\n  config: {size: 3}\n' >t.yml
	conn-load t.yml
}

@test "new-connector: a package -> a type that is listed, shown and read" {
	long
	run --separate-stderr new-connector --dir "$dir" tiny
	check 0
	eq '' "$output$stderr"
	tidy
	eq 'package airbyte-source-tiny version 1.0' "$(paste -sd' ' <"$dir/tiny/origin")"
	eq 2 "$(grep -c '^    --hash=sha256:[0-9a-f]\{64\}$' "$dir/tiny/requirements.txt")"
	grep -qx 'tiny-words==1.0 \\' "$dir/tiny/requirements.txt"
	grep -qx 'License: MIT' "$dir/tiny/README"
	[ -d "$dir/tiny/patches/streams" ]
	eq 'Tiny 1.0' "$(jq -r .title "$dir/tiny/spec.json")"
	eq 'old users' "$(jq -r '.[].stream' "$dir/tiny/catalog.json" | paste -sd' ')"
	conn-spec >types
	grep -qF '{"type":"tiny","title":"airbyte-source-tiny","verbs":' types
	grep -q '"directory"' types
	used >out
	grep -q '^{"_id":"t:users/1",' out
	grep -q '"complete":true,"status":0,' out
	conn-check t.yml
	conn-spec --html t.yml | grep -q 'name="source.config.size"'
	conn-spec -t tiny >tiny.yml
	run ! grep -q '^  command' tiny.yml
	# it may be moved
	mv "$dir" "$PWD/moved"
	CONN_DRIVER_PATH=$PWD/moved used >again
	grep -q '"complete":true,"status":0,' again
}

@test "new-connector: bad arguments -> 2 and nothing made" {
	local args
	for args in '' 'A' '../x' 'a b c' '--what x' 'x 1;2' '-d' \
	    '--from jira --image x y' '--from jira y 1.0' '--package -x y' \
	    '--config /none x'; do
		# shellcheck disable=SC2086  # words
		run --separate-stderr new-connector -d "$dir" $args
		[ "$status" -eq 2 ] || { echo "$args"; check 2; }
		[[ $stderr == new-connector:* && $stderr != *$'\n'* ]]
	done
	run --separate-stderr new-connector -d "$dir/none" x
	check 2
	tidy ''
	for args in new-connector pull-connector local-build; do
		run --separate-stderr $args --help
		check 0
		[[ $output == "Usage: $args "* ]]
	done
}

@test "new-connector: a folder that is there, a type that is there -> 2, as it was" {
	mkdir "$dir/tiny"
	run --separate-stderr new-connector -d "$dir" tiny
	check 2
	[[ $stderr == *'is there already; pull-connector updates it' ]]
	eq '' "$(ls -A "$dir/tiny")"
	run --separate-stderr new-connector -d "$dir" sqlite
	check 2
	eq 'new-connector: sqlite is a type already' "$stderr"
	tidy
}

@test "new-connector: no such package, no program in it -> 1, why, nothing left" {
	long
	run --separate-stderr new-connector -d "$dir" nothere
	check 1
	[[ $stderr == *'airbyte-source-nothere cannot be installed' ]]
	run --separate-stderr new-connector -d "$dir" tiny 7.7
	check 1
	run --separate-stderr new-connector -d "$dir" mute
	check 1
	[[ $stderr == *'it has no program, so it is no connector' ]]
	tidy ''
}

@test "new-connector: an image, no engine -> 1, why, nothing left" {
	mkdir bin
	ln -s /usr/bin/* "$CONN_BUILD/bin/conn-spec" bin
	rm -f bin/docker bin/podman
	PATH=$ROOT/scripts:$PWD/bin run --separate-stderr \
	    new-connector -d "$dir" --image docker.io/airbyte/source-faker:6 faker
	check 1
	[[ $stderr == *'neither podman nor docker is here to run an image' ]]
	tidy ''
}

@test "new-connector: one of ours as a start -> a type of its own, pulled with care" {
	run --separate-stderr new-connector -d "$dir" --from redmine mine
	check 0
	eq '' "$output$stderr"
	same "$ROOT/lib/connectors/redmine.yml" "$dir/mine/connector.yml"
	conn-spec mine | same - <(conn-spec redmine)
	run --separate-stderr local-build -d "$dir" mine
	check 0
	run --separate-stderr pull-connector -y -d "$dir" mine
	check 0
	[[ $output == 'mine is at '* ]]
	tidy mine
}

@test "new-connector, local-build: TERM in the middle -> nothing half-made, at once" {
	made
	content >before
	rm -rf "$dir/tiny"
	# a package that is never there: pip waits for what a pipe would say
	mkfifo slow.txt
	export PIP_CONSTRAINT=$PWD/slow.txt
	new-connector -d "$dir" tiny 3>&- 5>&- &
	local pid=$!
	eventually started "$pid"
	kill "$pid"
	status=0
	wait "$pid" || status=$?
	eq 143 "$status"
	tidy ''
	cp -a "$BATS_FILE_TMPDIR/made" "$dir/tiny"
	local-build -f -d "$dir" tiny 3>&- 5>&- &
	pid=$!
	eventually started "$pid"
	kill "$pid"
	status=0
	wait "$pid" || status=$?
	eq 143 "$status"
	content | same before -
	tidy
}

# Is pip at work for the script PID?
started() { pgrep -P "$1" -f 'pip.* install' >/dev/null; }

@test "local-build: built -> does nothing; changed, forced or gone -> the same again" {
	made
	content >before
	stat -c %i "$dir/tiny/venv" >inode
	# nothing to install from: it must not be needed
	PIP_FIND_LINKS=$PWD/none run --separate-stderr local-build -d "$dir" tiny
	check 0
	eq '' "$output$stderr"
	stat -c %i "$dir/tiny/venv" | same inode -
	rm -rf "$dir/tiny/venv"
	local-build -d "$dir" tiny
	used >out
	grep -q '"complete":true' out
	# but for the names of folders and the time in them
	content | same_files >again
	same_files <before >was
	same was again
	tidy
}

@test "local-build: another hash, no network -> 1, the old one stays" {
	made
	cp -a "$dir/tiny/venv" venv
	sed -i "s/sha256:.*/sha256:$(printf '%064d' 0)/" "$dir/tiny/requirements.txt"
	run --separate-stderr local-build -d "$dir" tiny
	check 1
	[[ $stderr == *'tiny cannot be built' ]]
	diff -r -x __pycache__ venv "$dir/tiny/venv"
	run --separate-stderr local-build -d "$dir" other
	check 2
	[[ $stderr == *'no connector.yml in it' ]]
	run ! ls -d "$dir/tiny"/.build.*
}

@test "pull-connector: nobody to ask, bad arguments, no such folder -> 2" {
	ours
	newer
	content >before
	run --separate-stderr pull-connector -d "$dir" tiny </dev/null
	check 2
	[[ $stderr == *'one of --yes, --ours and --theirs is needed' ]]
	local args
	for args in '' 'A' 'tiny 1 2' '--ours --theirs tiny' '-y none' \
	    'tiny 1;2 -y' '-y --config /none tiny' '--no tiny'; do
		# shellcheck disable=SC2086  # words
		run --separate-stderr pull-connector -d "$dir" $args
		[ "$status" -eq 2 ] || { echo "$args"; check 2; }
	done
	content | same before -
}

@test "pull-connector: a new version -> shown, warned of, patches kept; then at it" {
	made
	two
	echo '{"properties":{"size":{"title":"S"}}}' >"$dir/tiny/patches/spec.patch.json"
	echo mine >"$dir/tiny/notes"
	run --separate-stderr pull-connector --yes -d "$dir" tiny
	check 0
	[[ $output == *'-version 1.0'*'+version 2.0'* ]]
	[[ $output == *'-airbyte-source-tiny==1.0 \'* ]]
	[[ $output == *'+ "title": "Tiny 2.0",'* ]]
	cat >want <<-'X'
	stream new is new
	stream old is gone: its documents will be deleted
	stream users: primary key id -> id, region: its documents get other ids
	stream users: cursor seen -> changed: run a full sync
	X
	sed 's/^/pull-connector: warning: /' want | same - <(echo "$stderr")
	eq mine "$(cat "$dir/tiny/notes")"
	grep -q '"S"' "$dir/tiny/patches/spec.patch.json"
	[ -d "$dir/tiny/patches/streams" ]
	grep -q 'source-tiny 2.0' "$dir/tiny/README"
	used >out
	grep -q '^{"_id":"t:users/1/w",' out
	tidy
	run --separate-stderr pull-connector --yes -d "$dir" tiny
	check 0
	eq 'tiny is at 2.0' "$output"
	# back to a version by name
	run --separate-stderr pull-connector --yes -d "$dir" tiny 1.0
	check 0
	grep -qx 'version 1.0' "$dir/tiny/origin"
	eq '' "$(PIP_FIND_LINKS=none local-build -d "$dir" tiny 2>&1)"
}

@test "pull-connector: no such version, no network, a broken one -> 1, as it was" {
	made
	content >before
	run --separate-stderr pull-connector --yes -d "$dir" tiny 9.9
	check 1
	PIP_FIND_LINKS=$PWD/none run --separate-stderr \
	    pull-connector --yes -d "$dir" tiny
	check 1
	two
	PIP_CONSTRAINT=/dev/full run --separate-stderr \
	    pull-connector --yes -d "$dir" tiny
	check 1
	# settings that do not fit
	printf 'name: t\nsource: {type: tiny, comand: x}\n' >bad.yml
	run --separate-stderr pull-connector --yes --config bad.yml -d "$dir" tiny
	check 1
	content | same before -
	tidy
}

@test "pull-connector: changed on both sides -> -y stops, --ours keeps, --theirs takes" {
	ours
	newer
	echo '{}' >"$dir/tiny/patches/spec.patch.json"
	sed -i 's/^title:.*/title: My tiny/' "$dir/tiny/connector.yml"
	content >before
	run --separate-stderr pull-connector -y -d "$dir" tiny
	check 1
	[[ $stderr == *'connector.yml was changed here and there: --ours or --theirs' ]]
	content | same before -
	cp -a "$dir/tiny" saved
	run --separate-stderr pull-connector --ours -d "$dir" tiny
	check 0
	[[ $output == *'-title: My tiny'*'+title: Redmine 2'* ]]
	grep -qx 'title: My tiny' "$dir/tiny/connector.yml"
	run --separate-stderr pull-connector -y -d "$dir" tiny
	check 0
	[[ $output == 'tiny is at '* ]]
	# what came is not taken for a change of ours
	sed -i 's/^title:.*/title: Redmine 3/' src/lib/connectors/redmine.yml
	run --separate-stderr pull-connector --yes -d "$dir" tiny
	check 1
	rm -rf "$dir/tiny"
	mv saved "$dir/tiny"
	run --separate-stderr pull-connector --theirs -d "$dir" tiny
	check 0
	same src/lib/connectors/redmine.yml "$dir/tiny/connector.yml"
	eq '{}' "$(cat "$dir/tiny/patches/spec.patch.json")"
	conn-spec | grep -q '"type":"tiny","title":"Redmine 3"'
	tidy
}

@test "pull-connector: nothing changed here -> taken; upstream gone -> 2, as it was" {
	ours
	newer
	run --separate-stderr pull-connector -y -d "$dir" tiny
	check 0
	same src/lib/connectors/redmine.yml "$dir/tiny/connector.yml"
	content >before
	mv src/lib/connectors/redmine.yml .
	cp "$ROOT/scripts/connector.d/lib.sh" src/scripts/connector.d
	sed -i 's/^connector redmine/connector gone/' "$dir/tiny/origin"
	content >before
	run --separate-stderr pull-connector -y -d "$dir" tiny
	check 2
	[[ $stderr == *'gone: no connector of ours has that name' ]]
	content | same before -
	tidy
}

# typed ANSWERS: pull-connector on a terminal.
typed() {
	printf '%s\n' "$@" >keys
	run --separate-stderr /usr/bin/python3 - "$PWD/src/scripts/pull-connector" \
	    -d "$dir" tiny <<-'X'
	import os, pty, sys
	keys = open("keys").read().split()
	pid, fd = pty.fork()
	if pid == 0:
	    os.execv(sys.argv[1], sys.argv[1:])
	said = b""
	while True:
	    try:
	        more = os.read(fd, 4096)
	    except OSError:
	        break
	    if not more:
	        break
	    said += more
	    if said.endswith(b"[y/n/q] "):
	        said += b"\n"
	        os.write(fd, keys.pop(0).encode() + b"\n")
	os.write(1, said)
	sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	X
}

@test "pull-connector: on a terminal it asks file by file; q and n change nothing" {
	ours
	newer
	content >before
	typed maybe q
	check 1
	eq 2 "$(grep -c 'take version [0-9a-f]*?' <<<"$output")"
	[[ $output == *'nothing was changed'* ]]
	content | same before -
	typed n
	check 1
	content | same before -
	typed y q
	check 1
	content | same before -
	tidy
	cp -a "$dir/tiny" saved
	typed y n
	check 0
	[[ $output == *'take the new connector.yml?'* ]]
	run ! grep -q 'Redmine 2' "$dir/tiny/connector.yml"
	rm -rf "$dir/tiny"
	mv saved "$dir/tiny"
	typed y y
	check 0
	grep -q 'Redmine 2' "$dir/tiny/connector.yml"
	tidy
}

@test "pull-connector: another run works on it -> 1" {
	ours
	newer
	exec 7<"$dir/tiny"
	flock 7
	run --separate-stderr pull-connector -y -d "$dir" tiny 7<&-
	check 1
	[[ $stderr == *'another run works on it' ]]
	exec 7<&-
}

@test "connectors as they are published: made, read, pulled" {
	long
	local n
	unset PIP_NO_INDEX PIP_FIND_LINKS
	export PIP_CACHE_DIR=$servers_cache/pip
	# the manual, as it stands
	ln -s "$ROOT/scripts" scripts
	for n in 1 2 3; do
		example conn-connectors.7 $n | sed 's/^\$ //; s/\\e/\\/g'
	done >script
	run --separate-stderr sh -euc "$(cat script)"
	check 0
	[[ $output == *'-airbyte-source-faker==7.1.0 \'* ]]
	grep -q 'name="source.config.count"' faker.html
	export CONN_DRIVER_PATH=$PWD/types
	conn-slim -I people.yml >ids
	eq 10 "$(grep -c '"people:users/' ids)"
	eq 10 "$(conn-load -s users people.yml | grep -c '"people:users/')"
	eq '' "$(PIP_NO_INDEX=1 local-build -d types faker 2>&1)"
	export CONN_DRIVER_PATH=$dir
	new-connector -d "$dir" hardcoded-records
	printf 'name: h\nsource:\n  type: hardcoded-records\n  config: {count: 5}\n' >h.yml
	[ "$(conn-load h.yml | grep -c '^{"_id"')" -ge 5 ]
}
