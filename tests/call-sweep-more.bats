# As call-sweep.bats: what is not a kill of a pipe's program.
load helper
load sweep

@test "calls: any part of conn-sync killed, or all -> the same" {
	sweep kill 350 syncs:8
	sweep group 200 syncs:8
}

@test "calls: what asks a cluster killed, its calls failing -> the same" {
	# two of three are the loader's, when it brings libcurl
	sweep kill 160 cluster:24
	sweep errno 100 cluster:24
	sweep short 20 cluster:24
}

@test "calls: any fails -> status, or the same result; again repairs it" {
	sweep errno 700 pipes:8 "${large[@]}"
	sweep errno 100 syncs:8
}

@test "calls: fewer bytes than asked for -> status, or the same result" {
	sweep short 250 pipes:8 "${large[@]}"
	sweep short 50 syncs:8
}
