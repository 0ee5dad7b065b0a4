# No program takes more instructions for a document than it did:
# scripts/instructions. CONN_LONG: all jobs.
load helper

@test "instructions: none over its figure" {
	case ${CONN_BUILD##*/} in
	asan | valgrind) skip "the build has instructions of its own" ;;
	esac
	grep -q avx2 /proc/cpuinfo || skip "the figures are of AVX2"
	jobs=('slim of a dump' 'diff, documents' 'dry run')
	[ -z "${CONN_LONG-}" ] || jobs=()
	run "$ROOT/scripts/instructions" "${jobs[@]}"
	echo "# ${lines[-1]}" >&3
	echo "$output"
	[ "$status" -eq 0 ]
}
