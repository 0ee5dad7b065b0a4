# SPDX-License-Identifier: MIT
# A real PostgreSQL for a file of tests, loaded after helper and source: one
# server, a database of its own for each test.
# shellcheck source=tests/sqlserver.bash
. "$(dirname "${BASH_SOURCE[0]}")/sqlserver.bash"

pg_bin=$(printf '%s\n' /usr/lib/postgresql/*/bin "$(pg_config --bindir \
    2>/dev/null)" | while read -r d; do
	[ ! -x "$d/initdb" ] || echo "$d"
done | sort -V | tail -n 1)

# as_server COMMAND...: not as root, whom the server refuses.
as_server() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	else
		setpriv --reuid postgres --regid postgres --clear-groups "$@"
	fi
}

# pg_init DIR [SETTING]...: a new cluster there, its socket in the folder.
pg_init() {
	local dir=$1
	shift
	folder_of postgres "$dir"
	# further ones of a file are copies of the first
	if [ -d "${PG:-/none}/blank" ]; then
		cp -a "$PG/blank" "$dir/data"
	else
		as_server "$pg_bin/initdb" -D "$dir/data" -U postgres -A trust \
		    -E UTF8 --locale=C.UTF-8 -N >"$dir/init.log" 2>&1
		cp -a "$dir/data" "$dir/blank"
	fi
	printf '%s\n' "unix_socket_directories='$dir'" \
	    "listen_addresses='127.0.0.1'" fsync=off full_page_writes=off \
	    synchronous_commit=off autovacuum=off max_connections=30 \
	    shared_buffers=32MB max_prepared_transactions=4 "$@" >>"$dir/data/postgresql.conf"
}

# pg_start DIR: on a port that is free then; sets its file `port`.
pg_start() {
	local port
	for _ in 1 2 3; do
		port=$(cat "$1/port" 2>/dev/null) || port=$(free_port)
		if as_server "$pg_bin/pg_ctl" -D "$1/data" -w -t 60 -l "$1/log" \
		    -o "-p $port" start >/dev/null 2>&1 3>&-; then
			echo "$port" >"$1/port"
			return
		fi
		rm -f "$1/port"
	done
	tail "$1/log"
	return 1
}

# pg_stop DIR [MODE]: fast, or immediate, which is a crash.
pg_stop() {
	as_server "$pg_bin/pg_ctl" -D "$1/data" -w -m "${2:-fast}" stop \
	    >/dev/null 2>&1
}

setup_file() {
	export PG=$BATS_FILE_TMPDIR/pg
	[ -n "$pg_bin" ] || return 0
	pg_init "$PG"
	pg_start "$PG"
}

teardown_file() {
	[ -z "$pg_bin" ] || pg_stop "$PG" immediate
}

# A test that brings a `prepare` of its own calls this there.
pg_prepare() {
	[ -n "$pg_bin" ] || skip 'no PostgreSQL server here'
	DB=t$BATS_TEST_NUMBER
	PORT=$(<"$PG/port")
	psql -qXh "$PG" -p "$PORT" -U postgres \
	    -c "create database $DB" postgres
}

prepare() { pg_prepare; }

# sql [TEXT]...: in the test's database; from stdin without one.
sql() {
	local args=() text
	for text in "$@"; do args+=(-c "$text"); done
	psql -qXAtv ON_ERROR_STOP=1 -h "$PG" -p "$PORT" -U "${ROLE:-postgres}" \
	    "$DB" "${args[@]}"
}

url() { # [ROLE]
	printf 'postgresql://%s@/%s?host=%s&port=%s' "${1:-postgres}" "$DB" \
	    "$PG" "$PORT"
}

# session NAME: a psql that stays, fed by `say NAME SQL`.
session() {
	stays "$1" psql -qXAtv ON_ERROR_STOP=1 -h "$PG" -p "$PORT" -U postgres \
	    "$DB"
}

say() { said "$1" "$2" '\echo done'; }
