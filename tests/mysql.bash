# SPDX-License-Identifier: MIT
# A real MariaDB for a file of tests, loaded after helper and source: one
# server, a database of its own for each test.
# shellcheck source=tests/sqlserver.bash
. "$(dirname "${BASH_SOURCE[0]}")/sqlserver.bash"

my_server=$(command -v mariadbd || ls /usr/sbin/mariadbd 2>/dev/null || :)

# Not as root.
my_as=()
[ "$(id -u)" -ne 0 ] ||
	my_as=(setpriv --reuid nobody --regid nogroup --clear-groups)

# my_init DIR: a new server's data there, within reach of its user. Its
# temporary files too: a server that starts deletes those of others.
my_init() {
	folder_of nobody "$1"
	TMPDIR=$1 "${my_as[@]}" mariadb-install-db --no-defaults \
	    --datadir="$1/data" \
	    --auth-root-authentication-method=normal --skip-test-db \
	    --skip-name-resolve >"$1/init.log" 2>&1 3>&- ||
		{ cat "$1/init.log" && false; }
}

# my_start DIR [OPTION]...: on a port that is free then; sets its files `port`
# and `pid`, its socket is DIR/s.
my_start() {
	local dir=$1 port
	shift
	for _ in 1 2 3; do
		port=$(cat "$dir/port" 2>/dev/null) || port=$(free_port)
		"${my_as[@]}" "$my_server" --no-defaults --datadir="$dir/data" \
		    --port="$port" --bind-address=127.0.0.1 --socket="$dir/s" \
		    --pid-file="$dir/data/pid" --tmpdir="$dir" \
		    --skip-name-resolve \
		    --innodb-flush-log-at-trx-commit=0 \
		    --innodb-log-file-size=16M --innodb-buffer-pool-size=64M \
		    --performance-schema=off --max-allowed-packet=1G "$@" >>"$dir/log" 2>&1 3>&- &
		echo $! >"$dir/pid"
		disown
		if my_answers "$dir"; then
			echo "$port" >"$dir/port"
			return
		fi
		rm -f "$dir/port"
	done
	tail "$dir/log"
	return 1
}

# Waits until it does, or has ended.
my_answers() {
	for _ in {1..600}; do
		mariadb-admin --no-defaults -S "$1/s" -u root ping \
		    >/dev/null 2>&1 && return
		kill -0 "$(<"$1/pid")" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}

# Is it the one of DIR? Its number may be another's soon after its end.
my_runs() { # DIR PID
	[ -n "$2" ] && tr '\0' '\n' 2>/dev/null <"/proc/$2/cmdline" |
		grep -qxF -- "--datadir=$1/data"
}

# my_stop DIR: as a crash does.
my_stop() {
	local pid
	pid=$(cat "$1/pid" 2>/dev/null) || return 0
	while my_runs "$1" "$pid"; do
		kill -9 "$pid" 2>/dev/null || :
		sleep 0.02
	done
}

setup_file() {
	export MY=$BATS_FILE_TMPDIR/my
	[ -n "$my_server" ] || return 0
	my_init "$MY"
	my_start "$MY"
}

teardown_file() {
	[ -z "$my_server" ] || my_stop "$MY"
}

# A test that brings a `prepare` of its own calls this there.
my_prepare() {
	[ -n "$my_server" ] || skip 'no MariaDB server here'
	[ -x "$CONN_BUILD/libexec/conn/conn-source-mysql" ] ||
		skip 'no driver mysql in this build'
	DB=t$BATS_TEST_NUMBER
	PORT=$(<"$MY/port")
	(new=$DB DB=mysql; sql "create database $new character set utf8mb4")
}

prepare() { my_prepare; }

# sql [TEXT]...: in the test's database; from stdin without one.
sql() {
	local args=() text
	for text in "$@"; do args+=("$text;"); done
	if [ $# -gt 0 ]; then printf '%s\n' "${args[@]}"; else cat; fi |
		mariadb --no-defaults --default-character-set=utf8mb4 -NrS \
		    "$MY/s" -u "${ROLE:-root}" "$DB"
}

url() { # [USER]
	printf 'mysql://%s@localhost/%s?socket=%s' "${1:-root}" "$DB" "$MY/s"
}

# session NAME: a client that stays, fed by `say NAME SQL`.
session() {
	stays "$1" mariadb --no-defaults -NrnS "$MY/s" -u root "$DB"
}

say() { said "$1" "$2" "select 'done';"; }
