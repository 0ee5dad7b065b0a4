/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "index/sqlite.h"

/*
 * rowid is declared, since VACUUM renumbers one that is not, and search would
 * point at other documents; last, since it takes no place in a row.
 */
static const char schema[] =
    "CREATE TABLE documents(\n"
    "  id TEXT NOT NULL UNIQUE,\n"
    "  source TEXT NOT NULL,\n"
    "  timestamp TEXT,\n"
    "  hash TEXT NOT NULL,\n"
    "  document TEXT NOT NULL,\n"
    "  rowid INTEGER PRIMARY KEY\n"
    ");"
    "CREATE VIRTUAL TABLE search USING fts5(id UNINDEXED, title, body);"
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL)"
    " WITHOUT ROWID;"
    "INSERT INTO meta VALUES('schema', '1');";

static void
new_uuid(char uuid[INDEX_UUID_MAX])
{
	if (!hash_random(uuid))
		die(ST_TEMP, "no random bytes");
}

/* Private, since documents may be; SQLite gives -wal and -shm the same mode. */
int
sqlite_make_file(const struct sqlite_index *s, struct err *e)
{
	char *dir = file_dirname(s->path);
	int fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	if (fd < 0 || folder < 0 || fsync(folder) != 0)
		r = err_set(e, ST_PERSON, "%s: %s", s->path, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (folder >= 0)
		close(folder);
	free(dir);
	return r;
}

int
sqlite_format(const struct sqlite_index *s, sqlite3 *db, struct err *e)
{
	char sql[64];

	snprintf(sql, sizeof sql, "PRAGMA page_size = %d", s->page);
	if (sqlite_run(s, db, sql, e) != 0)
		return -1;
	return sqlite_wal_on(s, db, e);
}

static int
fill(const struct sqlite_index *s, sqlite3 *db, struct err *e)
{
	char uuid[INDEX_UUID_MAX], sql[256];

	if (sqlite_format(s, db, e) != 0 ||
	    sqlite_run(s, db, "BEGIN IMMEDIATE", e) != 0 ||
	    sqlite_identify(s, db, uuid, e) != 0)
		return -1;
	if (*uuid != '\0')      /* someone else was quicker */
		return 0;
	new_uuid(uuid);
	snprintf(sql, sizeof sql, "PRAGMA application_id = %d;"
	    "INSERT INTO meta VALUES('uuid', '%s'); COMMIT",
	    SQLITE_APPLICATION, uuid);
	if (sqlite_run(s, db, schema, e) != 0)
		return -1;
	return sqlite_run(s, db, sql, e);
}

int
sqlite_create(struct index *ix, struct err *e)
{
	struct sqlite_index *s = (struct sqlite_index *)ix;
	sqlite3 *db;
	int r;

	if (sqlite_make_file(s, e) != 0 || sqlite_connect(s, true, &db, e) != 0)
		return -1;
	r = fill(s, db, e);
	sqlite3_close(db);
	return r;
}
