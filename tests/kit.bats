#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# conn-check --driver: good drivers pass, each flaw is caught by its check.
load helper
load drivers

CANARY=canary-7c1f

# model FLAW [SED]: the model driver with this flaw, changed by a sed script;
# and a config for it.
model() {
	driver model </dev/null
	sed "s/^flaw=.*/flaw=$1/; ${2-}" \
		"$ROOT/tests/drivers/conn-source-model" \
		>"$CONN_DRIVER_PATH/conn-source-model"
	cat >c.yml <<-X
	source: {type: model, path: ., token: {env: TOKEN}, timeout: 20s}
	X
	export TOKEN=$CANARY
}

# gone PID
gone() { ! kill -0 "$1" 2>/dev/null; }

# only NAME: the checks of the kit that failed are this one.
only() {
	check 3
	eq "driver.$1" "$(jq -r 'select(.ok | not).check' <<<"$output")"
	grep -q "^conn-check: driver model: $1: " <<<"$stderr"
	[[ $output$stderr != *"$CANARY"* ]]
}

# flaw NAME CHECK [SED]
flaw() {
	model "$1" "${3-}"
	run --separate-stderr conn-check -d c.yml
	only "$2"
}

# passes: every line of the kit is good and silent.
passes() {
	check 0
	eq "" "$stderr"
	eq "" "$(jq -r 'select(.check | startswith("driver.")) |
		select((.ok | not) or .message != "").check' <<<"$output")"
}

@test "kit: the model driver -> passes, every check is made" {
	model none
	run --separate-stderr conn-check -d c.yml
	passes
	eq "spec arguments check discover load state same unknown slim subset \
timestamps fields ids poll order changed killed end members numbers secrets" \
		"$(jq -r '.check | ltrimstr("driver.")' <<<"$output" |
			tail -n +9 | paste -sd ' ')"
}

@test "kit: a driver with load alone -> passes" {
	driver small <<-'X'
	case $1 in
	spec) echo '{"type":"small","title":"S","verbs":["load"],
		"schema":{"properties":{}}}';;
	load) echo '{"id":"a","doc":{}}';;
	*) exit 2;;
	esac
	X
	echo 'source: {type: small}' >c.yml
	run --separate-stderr conn-check -d c.yml
	passes
}

@test "kit: without --driver -> it is not run" {
	model none
	run --separate-stderr conn-check c.yml
	check 0
	[[ $output != *'"driver.'* ]]
}

@test "kit: spec, a default that its own schema refuses" {
	flaw none spec 's/"default":"a"/"default":[1]/'
	[[ $stderr == *"its own default breaks it: mode: "* ]]
}

@test "kit: spec, a required key that is none" {
	model none 's/"required":\["path"/&,"x"],"additionalProperties":[1/'
	sed -i 's/path:/x: 1, &/' c.yml
	run --separate-stderr conn-check -d c.yml
	only spec
	[[ $stderr == *"x is required, but not among its properties"* ]]
	model none 's/"required":\["path"\]/"required":{"x":["path"]}/'
	run --separate-stderr conn-check -d c.yml
	[ "$status" -lt 128 ]
}

@test "kit: spec, an unknown verb; a changing one; a secret's default" {
	flaw none spec 's/"changed"\]/"changed","push"]/'
	flaw none spec "s/cat <<-'X'/cat <<-X/; s/\"Model\"/\"\$(date +%N)\"/"
	flaw none spec 's/"secret":true/&,"default":"abc"/'
}

@test "kit: spec without title -> a warning" {
	model none 's/"title":"Model",//'
	run --separate-stderr conn-check -d c.yml
	check 0
	eq "conn-check: warning: driver model: spec: has no title" "$stderr"
}

@test "kit: arguments, no verb is taken for one" {
	flaw none arguments 's/exit 2/exit 0/'
	flaw none arguments 's/exit 2/exit 1/'
	flaw none arguments 's/exit 2/kill -9 $$/'
}

@test "kit: check fails" {
	model check-fails
	run --separate-stderr conn-check -d c.yml
	check 3
	eq "source
driver.check" "$(jq -r 'select(.ok | not).check' <<<"$output")"
}

@test "kit: discover, a field without type" {
	flaw untyped discover
}

@test "kit: discover, a schema that is none" {
	flaw schemeless discover
	[[ $stderr == *"discover: line 1: schema is not an object"* ]]
}

@test "kit: load, a line of wrong form" {
	flaw no-id load
	[[ $stderr == *"load: line 8: id is empty"* ]]
}

@test "kit: load fails" {
	flaw load-fails load
	[[ $stderr == *"load: exit status 3: told to"* ]]
}

@test "kit: state, a value that a stream cannot hold" {
	flaw bad-state state
}

@test "kit: state, none although it polls -> a warning" {
	model stateless
	run --separate-stderr conn-check -d c.yml
	check 0
	[[ $stderr == "conn-check: warning: driver model: state: load gave none"* ]]
}

@test "kit: same, a document that changes from load to load" {
	model restless
	run --separate-stderr conn-check -d c.yml
	check 3
	[[ $stderr == *"same: doc/7 differs in the second load"* ]]
}

@test "kit: unknown, a request with more members is refused" {
	flaw strict unknown
}

@test "kit: slim fails" {
	flaw slim-fails slim
}

@test "kit: subset, slim lists less than load" {
	flaw loses subset
	[[ $stderr == *"doc/7 is a document of load, but slim does not"* ]]
}

@test "kit: subset, slim lists more than load" {
	flaw adds subset
	[[ $stderr == *"doc/more is listed by slim"* ]]
}

@test "kit: timestamps, slim has another than load" {
	flaw redates timestamps
}

@test "kit: fields, slim has another stream than load" {
	flaw restreams fields
}

@test "kit: fields, slim does not give its slim_fields" {
	flaw none fields 's/"ids":true,/&"slim_fields":["title"],/'
}

@test "kit: order, a poll's state comes first -> a warning" {
	model early
	run --separate-stderr conn-check -d c.yml
	check 0
	eq 'the state of docs comes before the documents that it vouches for' \
		"$(jq -r 'select(.check == "driver.order").message' <<<"$output")"
}

@test "kit: ids, all documents come -> a warning" {
	model forgets-ids
	run --separate-stderr conn-check -d c.yml
	check 0
	[[ $stderr == *"warning: driver model: ids: "*" ids were asked for, "* ]]
}

@test "kit: ids, an unknown one gives a fail" {
	flaw fails-for-unknown ids
}

@test "kit: poll, another document than load's" {
	flaw repolls poll
}

@test "kit: changed, two lines" {
	flaw repeats changed
}

@test "kit: killed, it stays when its reader goes" {
	flaw clings killed
	[[ $stderr == *"killed: its reader went away: no end within 5 s"* ]]
}

@test "kit: killed, it stays when it is asked to end" {
	flaw deaf killed
	[[ $stderr == *"killed: SIGTERM: no end within 5 s"* ]]
}

@test "kit: end, it does not end after its output" {
	flaw lingers end
	[[ $stderr == *"closed its stdout, but did not end within 5 s"* ]]
}

@test "kit: end, it leaves a process behind" {
	flaw litters end
	[[ $stderr == *"end: left 1 processes behind"* ]]
}

@test "kit: members, a misspelt one" {
	flaw misspells members
	[[ $stderr == *"timestmp is no member of conn-driver(7)"* ]]
}

@test "kit: numbers, one that a double rounded -> a warning" {
	model rounded
	run --separate-stderr conn-check -d c.yml
	check 0
	[[ $stderr == *"warning: driver model: numbers: 9.00719925474"* ]]
}

@test "kit: secrets, one on stderr" {
	flaw tells secrets
}

@test "kit: secrets, one in the message of a fail" {
	flaw tells-in-fail secrets
}

@test "kit: secrets, one in the arguments of a process" {
	flaw tells-in-argv secrets
}

@test "kit: secrets, one in the arguments of a process that comes later" {
	flaw tells-in-late-argv secrets
}

@test "kit: secrets, one in the arguments of what the driver becomes" {
	model tells-in-own-argv
	run --separate-stderr conn-check -d c.yml
	check 3
	[[ $stderr == *"driver model: secrets: a secret shows in the arguments"* ]]
}

@test "kit: a signal -> 143, and nothing is left" {
	model stalls
	conn-check -d c.yml >out 2>err &
	eventually [ -s pid ]
	kill -TERM $!
	status=0
	wait $! || status=$?
	eq 143 "$status"
	eventually gone "$(cat pid)"
	eq "" "$(cat err)"
}
