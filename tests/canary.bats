# Invariant 6: a secret shows up on the driver's stdin and the socket, and
# nowhere else.
load helper
load lines

CANARY=Kanarienvogel-0815

prepare() {
	lines_driver
	printf '{"id":"1","doc":{"a":1}}\n{"fail":{"id":"2","code":"x","message":"%s"}}\n' \
		"$CANARY" > d/load
	cat >> wiki.yml <<-EOF
		  password: {env: SECRET}
		index:
		  type: elasticsearch
		  url: http://127.0.0.1:9
		  name: wiki
		  api_key: {file: key}
		  retry: 1s
	EOF
	echo "$CANARY-key" > key
	chmod 600 key
	export SECRET=$CANARY
}

# Everything that was written, but what the driver was handed and its files.
leaks() { grep -rl "$CANARY" . --exclude-dir=d --exclude=key --exclude=out || :; }

@test "canary: the driver gets it on stdin, messages and state do not" {
	conn-load -vvx wiki.yml > out 2> err || [ $? -eq 1 ]
	grep -q "$CANARY" d/request.load
	eq '' "$(leaks)"
	grep -q '\*\*\*' err
}

@test "canary: nor the record of a fail that a driver puts it into" {
	printf '{"fail":{"id":"2","code":"no %s","message":"%s"}}\n' \
	    "$CANARY" "$CANARY" > d/load
	conn-load wiki.yml > out 2> err || [ $? -eq 1 ]
	grep -q '"code":"no \*\*\*","message":"\*\*\*"' out
	run ! grep -r "$CANARY" out err
}

@test "canary: no secret in any message when things go wrong" {
	echo 3 > d/status
	for program in conn-load conn-slim conn-poll conn-check 'conn-slim -I' conn-sync; do
		$program -vv wiki.yml >> out.$$ 2>> err < /dev/null || :
	done
	conn-load wiki.yml 2>> err | conn-bulk -vv wiki.yml >> out.$$ 2>> err || :
	sed -i 's/"message":"[^"]*"//' out.$$
	eq '' "$(leaks)"
}

@test "canary: not in argv or environment of the driver" {
	sed -i "s|^cat '.*d/'|tr '\\\\0' ' ' < /proc/\$\$/cmdline > seen; env >> seen; &|" \
		d/conn-source-lines
	sed -i "s|> seen|> '$PWD/seen'|; s|>> seen|>> '$PWD/seen'|" d/conn-source-lines
	conn-load wiki.yml > out 2> /dev/null || [ $? -eq 1 ]
	[ -s seen ]
	run ! grep "$CANARY" seen
}

@test "canary: a literal secret in a config that others can read -> 2, not shown" {
	sed -i "s/{env: SECRET}/$CANARY/" wiki.yml
	chmod 644 wiki.yml
	run --separate-stderr conn-load wiki.yml
	check 2
	[[ $stderr == *wiki.yml:3:13:* ]]
	[[ $stderr$output != *"$CANARY"* ]]
}

@test "canary: a missing secret -> 2 with the place of the reference" {
	unset SECRET
	run --separate-stderr conn-load wiki.yml
	check 2
	[[ $stderr == *wiki.yml:3:13:* ]]
	eq 1 "${#stderr_lines[@]}"
}
