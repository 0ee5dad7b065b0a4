# SPDX-License-Identifier: MIT
# Where other tools lost data because something was taken for gone, or for
# done, each incident by its number: here it must not happen. Without the
# guard that tests/guards/NN.patch takes out it does: scripts/guards.
load helper
load lines
load bulk
load sync

# compared: what conn-diff makes of both.
compared() {
	conn-diff known < stream > changes 2> said || status=$?
}

# listed: both listings of a full sync, one after the other.
listed() {
	conn-slim --index wiki.yml > known
	conn-load wiki.yml > stream 2> said || status=$?
}

@test "incident 01, restic #4612: an error of the listing is not an empty listing" {
	source_has 1=a 2=b
	sync
	# no line of it, and a driver that says so
	: > d/load
	echo 75 > d/status
	for args in -e '-e -m 100%'; do
		# shellcheck disable=SC2086
		sync $args
		check 75
		eq '1=a 2=b' "$(indexed)"
	done
	: > d/slim
	sync -p -e
	check 75
	eq '1=a 2=b' "$(indexed)"
}

@test "incident 05, rclone #988: a run that breaks off has deleted nothing yet" {
	source_has 1=a 2=b 3=c
	sync
	source_has 3=C
	listed
	compared
	grep -q '"delete"' changes
	# the network goes once all is there but the proof
	head -n -2 changes > part
	grep -q '"delete"' part
	apply < part
	check 75
	eq '1=a 2=b 3=C' "$(indexed)"
	# the next run brings it to its end
	sync
	check 0
	eq '3=C' "$(indexed)"
}

@test "incident 07, rclone #1186: an empty source does not empty the index" {
	source_has 1=a
	sync
	source_has
	for args in '' -p '-m 100%'; do
		# shellcheck disable=SC2086
		sync $args
		check 4
		[[ $stderr == *'the source listed nothing'* ]]
		eq '1=a' "$(indexed)"
	done
	sync -e
	check 0
	eq '' "$(indexed)"
}
