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

no_delete() { eq 0 "$(grep -c '"delete"' changes)"; }

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
		eq '1=a 2=b' "$(indexed)"
		check 75
	done
	: > d/slim
	sync -p -e
	eq '1=a 2=b' "$(indexed)"
	check 75
}

@test "incident 02, mongo-connector #572: what a reconnect brings is no listing" {
	source_has 1=a 2=b 3=c
	sync
	# the connection is lost in the middle of a poll
	source_changed 2=B
	sed -i '/"state"/d' d/poll
	echo 75 > d/status
	sync -P
	eq '1=a 2=B 3=c' "$(indexed)"
	check 75
	# it comes back, and of all there is the source tells one change
	rm d/status
	source_changed 3=C
	conn-slim --index wiki.yml > known
	conn-poll wiki.yml > stream
	compared
	apply < changes
	eq '1=a 2=B 3=C' "$(indexed)"
	check 0
	# a position that the source no longer knows deletes nothing either
	echo '{"reset":true}' > d/poll
	source_has 1=a 2=B
	sed -i '$d' d/load
	echo 75 > d/status
	sync -P
	eq '1=a 2=B 3=C' "$(indexed)"
	check 75
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
	eq '1=a 2=b 3=C' "$(indexed)"
	check 75
	# the next run brings it to its end
	sync
	eq '3=C' "$(indexed)"
	check 0
}

@test "incident 06, rclone #4298: what the index holds of others is not in reach" {
	source_has 1=a 2=b
	sync
	printf 'name: home\nsource: {type: lines}\nindex: {path: %s}\n' "$db" > home.yml
	source_has 1=x
	conn-sync home.yml
	sqlite3 "$db" 'SELECT id FROM documents ORDER BY id' > all
	# an empty source, and all that may be allowed is
	source_has
	run --separate-stderr conn-sync -e -m 100% home.yml
	eq '1=a 2=b' "$(indexed)"
	check 0
	eq 'wiki:1 wiki:2' "$(sqlite3 "$db" 'SELECT id FROM documents
	    ORDER BY id' | paste -sd' ')"
	# nor by a stream that names them
	conn-load home.yml | sed '1!d' > begin
	{ cat begin; del 1; } > s
	run --separate-stderr conn-bulk home.yml < s
	eq '1=a 2=b' "$(indexed)"
	check 3
}

@test "incident 07, rclone #1186: an empty source does not empty the index" {
	source_has 1=a
	sync
	source_has
	for args in '' -p '-m 100%'; do
		# shellcheck disable=SC2086
		sync $args
		eq '1=a' "$(indexed)"
		check 4
		[[ $stderr == *'the source listed nothing'* ]]
	done
	sync -e
	eq '' "$(indexed)"
	check 0
}

@test "incident 08, rclone #325: what came in meanwhile is not deleted" {
	source_has 1=a 2=b
	sync
	# a sync that is slow: it has read the source, which lacks 3
	listed
	compared
	source_has 1=a
	listed
	compared
	cp changes slow
	grep -q '"delete","id":"wiki:2"' slow
	# a copy brings 2 back, and 3, and is faster
	source_has 1=a 2=B 3=c
	sync
	check 0
	apply < slow
	eq '1=a 2=B 3=c' "$(indexed)"
	check 75
	# a listing of the index that has what that of the source cannot have
	conn-slim --index wiki.yml > known
	status=0
	compared
	eq 75 "$status"
	no_delete
}

@test "incident 09, rsync 3.0.7: an error of the sender is known before the first delete" {
	source_has 1=a 2=b 3=c
	sync
	# what could not be read has no name: it may be any
	printf '%s\n' '{"id":"1","doc":{"title":"A"}}' \
	    '{"fail":{"code":"EIO","message":"of a folder"}}' > d/load
	sync
	eq '1=A 2=b 3=c' "$(indexed)"
	check 1
	# no conn-diff must be told so by a status: the stream itself says it
	listed
	status=0
	compared
	no_delete
	eq false "$(tail -n 1 changes | jq .complete)"
	sync -m 100% -e
	eq '1=A 2=b 3=c' "$(indexed)"
	check 1
}

@test "incident 10, rsync CVE-2026-53789: who sends does not say what is deleted" {
	source_has 1=a 2=b 3=c
	sync
	for line in '{"delete":{"id":"2"}}' '{"id":"1","delete":{"id":"2"}}' \
	    '{"_ctl":"delete","id":"wiki:2"}' '{"delete":{"prefix":""}}' \
	    '{"_ctl":"begin","scope":"all"}' '{"state":{},"scope":"all"}'; do
		source_has 1=A 2=b 3=c
		sed -i "2i $line" d/load
		sync
		eq '1=A 2=b 3=c' "$(indexed)"
		check 3
	done
	# a part that was asked for is a part, whatever comes
	source_has 1=a
	conn-slim --index wiki.yml > known
	conn-load -s s wiki.yml > stream
	compared
	apply < changes
	eq '1=a 2=b 3=c' "$(indexed)"
	check 0
	# data is no control record, and names nobody else's
	printf '%s\n' '{"id":"../home:1","doc":{"_ctl":"delete","id":"wiki:2"}}' \
	    '{"id":"2","doc":{}}' '{"id":"3","doc":{}}' > d/load
	sync
	eq '../home:1= 2= 3=' "$(indexed)"
	check 0
}

@test "incident 11, rsync 2.6: at most N deletes are N, at most 0 are none" {
	source_has {1..9}=x
	sync
	source_has {1..6}=x
	for most in 2 0 0% 33%; do
		sync -m $most
		eq 9 "$(indexed | wc -w)"
		check 4
	done
	for most in 2 0; do
		sed -i '/^max_delete/d' wiki.yml
		echo "max_delete: $most" >> wiki.yml
		sync
		eq 9 "$(indexed | wc -w)"
		check 4
	done
	sync -m 3
	eq 6 "$(indexed | wc -w)"
	check 0
	source_has {1..3}=x
	sync -m 50%
	eq 3 "$(indexed | wc -w)"
	check 0
}

@test "incident 12, rclone --max-delete: more than allowed is none, not about as many" {
	source_has {1..30}=x
	sync
	source_has {1..9}=y
	for args in '' '-m 20' '-m 69%' -p; do
		# shellcheck disable=SC2086
		sync $args
		eq 30 "$(indexed | wc -w)"
		check 4
	done
}

@test "incident 29, meltano/sdk #2117: a new index that lacks much is not swapped in" {
	source_has {1..30}=x
	sync
	uuid=$(saved .uuid)
	for left in '' '1=x 2=x'; do
		# shellcheck disable=SC2086
		source_has $left
		sync -R
		eq 30 "$(indexed | wc -w)"
		eq "$uuid" "$(saved .uuid)"
		check 4
	done
	# one that has less than was loaded
	source_has {1..30}=y
	sed -i 5d d/load
	echo 75 > d/status
	sync -R
	eq 30 "$(indexed | grep -o =x | wc -l)"
	check 75
	rm d/status
	source_has {1..30}=z
	sync -R
	eq 30 "$(indexed | grep -o =z | wc -l)"
	check 0
}

@test "incident 37, fscrawler #1904: a full sync finds what polls cannot see" {
	source_has 1=a 2=b 3=c
	sync
	# removed, and moved here with an old date: no poll is told
	echo '{"state":{"stream":"s","value":{"at":2}}}' > d/poll
	sync -P
	eq '1=a 2=b 3=c' "$(indexed)"
	check 0
	source_has 1=a 3=C 4=d
	sync
	eq '1=a 3=C 4=d' "$(indexed)"
	check 0
	# the same without reading the documents
	source_has 1=a
	sync -p
	eq '1=a' "$(indexed)"
	check 0
}
