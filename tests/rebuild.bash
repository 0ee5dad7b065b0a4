# For the tests of a rebuild: `load rebuild` after helper, lines, bulk, sync.

# slow_load: from now on the driver's load waits for the file go after its
# first line, and says in d/waits that it does; teardown lets it go.
slow_load() {
	rm -f go d/waits
	cat > d/conn-source-lines <<-EOF
		#!/bin/sh
		[ "\$1" != spec ] || exec cat $PWD/d/spec.json
		cat > $PWD/d/request.\$1
		if [ \$1 = load ]; then
			head -n 1 $PWD/d/load
			echo \$\$ > $PWD/d/pid
			touch $PWD/d/waits
			until [ -e $PWD/go ]; do sleep 0.05; done
			exec tail -n +2 $PWD/d/load
		fi
		exec cat $PWD/d/\$1
	EOF
}

# rebuild_begun: conn-sync -R in the background, at work until `go`; its
# status and messages: rebuild_ends STATUS, file err.
rebuild_begun() {
	slow_load
	conn-sync -R "$@" wiki.yml 3>&- 2> err > out &
	pid=$!
	eventually test -e d/waits
}

rebuild_ends() {
	touch go
	status=0
	wait "$pid" || status=$?
	eq "$1" "$status"
}
