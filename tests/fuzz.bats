# What reads foreign bytes, on the inputs of tests/corpus and on every finding
# of the past; CONN_LONG set: ten minutes of libFuzzer each. scripts/fuzz.
load helper

# The targets of this build.
targets() {
	local f
	for f in "$CONN_BUILD"/tests/fuzz-*; do
		case $f in *.[do]) continue ;; esac
		echo "${f##*/fuzz-}"
	done
}

@test "fuzz: each input of the corpora -> what must hold of it holds" {
	local name n=0
	for name in $(targets); do
		run "$CONN_BUILD/tests/fuzz-$name" "$ROOT/tests/corpus/$name"
		check 0
		[[ ${lines[-1]} =~ ^[1-9][0-9]*' inputs'$ ]]
		n=$((n + 1))
	done
	[ "$n" -ge 8 ]
}

@test "fuzz: an input for which it does not hold -> it is told, status" {
	printf 'x' >input
	run "$CONN_BUILD/tests/fuzz-scanner" no-such-file
	check 2
	[[ $output == *'no-such-file: No such file or directory' ]]
}

@test "fuzz: the corpora are small, and each has its target" {
	local dir
	for dir in "$ROOT"/tests/corpus/*/; do
		[ -e "$ROOT/tests/fuzz-$(basename "$dir").c" ]
		[ "$(find "$dir" -type f | wc -l)" -le 40 ]
		[ "$(cat "$dir"* | wc -c)" -le 30720 ]
	done
}

@test "fuzz: ten minutes each -> no findings" {
	[ -n "${CONN_LONG-}" ] || skip 'ten minutes each; scripts/fuzz'
	run "$ROOT/scripts/fuzz" -t "${CONN_FUZZ_SECONDS:-600}"
	[ "$status" -ne 3 ] || skip "${lines[-1]}"
	echo "# ${lines[-1]}" >&3
	check 0
	[[ ${lines[-1]} =~ ^[0-9]+' targets, '[1-9][0-9]*' inputs, 0 findings'$ ]]
}
