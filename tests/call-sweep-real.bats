# As call-sweep.bats, of what asks a cluster, and a real one.
load helper
load servers
load sweep

real() { # SERVER
	need_server "$1"
	export CONN_CLUSTER=$URL
	sweep kill 60 cluster:24
}

@test "opensearch: what asks it is killed -> nothing lost; again repairs it" {
	real opensearch
}

@test "elasticsearch: what asks it is killed -> nothing lost, and so on" {
	real elasticsearch
}
