# SPDX-License-Identifier: MIT
# What a driver says of a value of the config is shown with its place there.
load helper

# said MESSAGE [LINE]...: these lines after `url`, and what conn-load says.
said() {
	local want=$1
	shift
	printf '%s\n' 'name: api' 'source:' '  type: rest' \
	    '  url: http://127.0.0.1:9' "$@" >api.yml
	run --separate-stderr -2 conn-load api.yml
	eq "conn-load: driver rest: api.yml:$want" "$stderr"
}

@test "driver rest: a program of the config is wrong -> its line, its column" {
	said '6:33: source.streams.a.time: foo/0 is not defined' \
	    '  streams:' '    a: {get: /, time: "\u002e | foo"}'
	said '10:10: source.streams.a.doc: bar/0 is not defined' \
	    '  streams:' '    a:' '      get: /' '      doc: |' \
	    '        .b |' '         bar | {}'

	said '8:14: source.streams.a.query: baz/0 is not defined' \
	    '  streams:' '    a:' '      get: /' "      query: {q: 'x \\(baz)'}"
}

@test "driver rest: a default of all streams is wrong -> its place" {
	said '5:17: source.streams.a.items: nope/0 is not defined' \
	    '  items: .x[] | nope' '  streams:' '    a: {get: /}'
}

@test "driver rest: a key that another lacks -> the mapping's place" {
	said '6:8: source.streams.a: get is missing' \
	    '  streams:' '    a: {id: .x}'
}
