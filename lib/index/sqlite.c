/* SPDX-License-Identifier: MIT */
#include "index/sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { WAIT_MS = 30000, PAGE = 8192, WAL_MAX = 1 << 30 };

static int
status_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_NOMEM:
	case SQLITE_INTERRUPT:
	case SQLITE_PROTOCOL:
		return ST_TEMP;
	default:
		return ST_PERSON;
	}
}

int
sqlite_failed(const struct sqlite_index *s, sqlite3 *db, struct err *e)
{
	int code = db ? sqlite3_extended_errcode(db) : SQLITE_NOMEM;
	int os = db ? sqlite3_system_errno(db) : 0;
	const char *why = sqlite3_errstr(code & 0xff);

	if ((code & 0xff) == SQLITE_BUSY)
		return err_set(e, ST_TEMP, "%s: locked by another program",
		    s->path);
	if ((code & 0xff) == SQLITE_READONLY ||
	    ((code & 0xff) == SQLITE_CANTOPEN && os == EACCES))
		return err_set(e, ST_PERSON, "%s: it, its -wal and -shm, and "
		    "its folder must be writable, even to read it", s->path);
	if ((code & 0xff) == SQLITE_ERROR)
		why = sqlite3_errmsg(db);
	if (os != 0)
		return err_set(e, status_of(code), "%s: %s (%s)", s->path, why,
		    strerror(os));
	return err_set(e, status_of(code), "%s: %s", s->path, why);
}

int
sqlite_run(const struct sqlite_index *s, sqlite3 *db, const char *sql,
    struct err *e)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_failed(s, db, e);
	return 0;
}

/* Never SQLITE_OPEN_READONLY: such a connection cannot undo what a killed
 * program left half done, and fails. */
int
sqlite_connect(const struct sqlite_index *s, bool write, sqlite3 **db,
    struct err *e)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE;
	int r = 0;

	if (sqlite3_open_v2(s->path, db, flags, NULL) != SQLITE_OK) {
		r = sqlite_failed(s, *db, e);
	} else {
		sqlite3_extended_result_codes(*db, 1);
		sqlite3_busy_timeout(*db, s->wait);
		if (!write)
			r = sqlite_run(s, *db, "PRAGMA query_only = ON", e);
	}
	if (r != 0) {
		sqlite3_close(*db);
		*db = NULL;
	}
	return r;
}

int
sqlite_text(const struct sqlite_index *s, sqlite3 *db, const char *sql,
    char *out, size_t size, struct err *e)
{
	sqlite3_stmt *q;
	const unsigned char *t;
	int r;

	*out = '\0';
	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
		return sqlite_failed(s, db, e);
	r = sqlite3_step(q);
	if (r == SQLITE_ROW && (t = sqlite3_column_text(q, 0)) != NULL)
		snprintf(out, size, "%s", (const char *)t);
	if (r != SQLITE_ROW && r != SQLITE_DONE) {
		sqlite_failed(s, db, e);
		sqlite3_finalize(q);
		return -1;
	}
	sqlite3_finalize(q);
	return 0;
}

int
sqlite_identify(const struct sqlite_index *s, sqlite3 *db,
    char uuid[INDEX_UUID_MAX], struct err *e)
{
	char app[24], tables[24], schema[24], ours[24];

	*uuid = '\0';
	snprintf(ours, sizeof ours, "%d", SQLITE_APPLICATION);
	/* in this order: who makes the index meanwhile sets both at once */
	if (sqlite_text(s, db, "SELECT count(*) FROM sqlite_master", tables,
	    sizeof tables, e) != 0 ||
	    sqlite_text(s, db, "PRAGMA application_id", app, sizeof app,
	    e) != 0)
		return -1;
	if (streq(app, "0") && streq(tables, "0"))
		return 0;
	if (!streq(app, ours))
		return err_set(e, ST_PERSON, "%s: a database of another "
		    "program", s->path);
	if (sqlite_text(s, db, "SELECT value FROM meta WHERE key = 'schema'",
	    schema, sizeof schema, e) != 0 ||
	    sqlite_text(s, db, "SELECT value FROM meta WHERE key = 'uuid'",
	    uuid, INDEX_UUID_MAX, e) != 0)
		return -1;
	if (!streq(schema, "1") || *uuid == '\0')
		return err_set(e, ST_PERSON, "%s: schema '%s' is not of this "
		    "version", s->path, schema);
	return 0;
}

int
sqlite_reader(const struct sqlite_index *s, sqlite3 **db, struct err *e)
{
	struct stat st;

	if (stat(s->path, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(e, ST_PERSON, "%s: not a regular file", s->path);
	if (stat(s->path, &st) == 0)
		return sqlite_connect(s, false, db, e) == 0 ? 1 : -1;
	if (errno == ENOENT)
		return 0;
	return err_set(e, ST_PERSON, "%s: %s", s->path, strerror(errno));
}

/* Always from the path, never from a connection that is open: the file may
 * have been replaced under it. */
static int
sqlite_uuid(struct index *ix, char uuid[INDEX_UUID_MAX], struct err *e)
{
	struct sqlite_index *s = (struct sqlite_index *)ix;
	sqlite3 *db;
	int r = sqlite_reader(s, &db, e);

	*uuid = '\0';
	if (r <= 0)
		return r;
	r = sqlite_identify(s, db, uuid, e);
	sqlite3_close(db);
	return r;
}

static int
open_writer(struct sqlite_index *s, struct err *e)
{
	char uuid[INDEX_UUID_MAX];

	if (sqlite_connect(s, true, &s->db, e) != 0 ||
	    sqlite_identify(s, s->db, uuid, e) != 0)
		return -1;
	if (*uuid == '\0')
		return err_set(e, ST_PERSON, "%s: no index", s->path);
	if (sqlite3_db_readonly(s->db, "main"))
		return err_set(e, ST_PERSON, "%s: %s", s->path,
		    strerror(EACCES));
	if (sqlite_wal_on(s, s->db, e) != 0)
		return -1;
	return sqlite_run(s, s->db, "PRAGMA cache_size = -8192;", e);
}

int
sqlite_writer(struct sqlite_index *s, struct err *e)
{
	if (s->db != NULL)
		return 0;
	if (open_writer(s, e) != 0) {
		sqlite3_close(s->db);
		s->db = NULL;
		return -1;
	}
	return 0;
}

static int
sqlite_prepare(struct index *ix, struct err *e)
{
	return sqlite_writer((struct sqlite_index *)ix, e);
}

static int
sqlite_open(struct index **out, struct config *c, struct err *e)
{
	struct sqlite_index *s = xcalloc(1, sizeof *s);

	(void)e;
	s->path = s->live = c->index_path;
	s->source = c->name;
	s->state_dir = c->state_dir;
	s->wait = WAIT_MS;
	s->page = PAGE;
	s->wal_max = WAL_MAX;
	*out = &s->base;
	return 0;
}

void
sqlite_disconnect(struct sqlite_index *s)
{
	for (size_t i = 0; i < SQL_QUERIES; i++) {
		sqlite3_finalize(s->query[i]);
		s->query[i] = NULL;
	}
	sqlite3_close(s->db);
	s->db = NULL;
}

static void
sqlite_close(struct index *ix)
{
	struct sqlite_index *s = (struct sqlite_index *)ix;

	sqlite_disconnect(s);
	free(s->fresh);
	free(s->batch.v);
	free(s->batch.order);
	buf_release(&s->batch.text);
	free(s);
}

/* A load makes the file, but of folders that of the state alone: a path whose
 * disk is not mounted must not be filled instead. */
static int
check_folder(const struct sqlite_index *s, char *message, size_t size,
    struct err *e)
{
	char *dir = file_dirname(s->path);
	int r = 0;

	if (streq(dir, s->state_dir))
		r = file_may_mkdirs(dir, e);
	else if (access(dir, W_OK | X_OK) != 0)
		r = err_set(e, ST_PERSON, "%s: %s", dir, strerror(errno));
	if (r == 0)
		snprintf(message, size, "%s: not there yet; the first load "
		    "makes it", s->path);
	free(dir);
	return r;
}

static int
sqlite_check(struct index *ix, char *message, size_t size, struct err *e)
{
	struct sqlite_index *s = (struct sqlite_index *)ix;
	char uuid[INDEX_UUID_MAX], count[24];
	int r = sqlite_uuid(ix, uuid, e);

	if (r != 0)
		return r;
	if (*uuid == '\0')
		return check_folder(s, message, size, e);
	if (sqlite_writer(s, e) != 0 ||
	    sqlite_run(s, s->db, "BEGIN IMMEDIATE; ROLLBACK", e) != 0 ||
	    sqlite_text(s, s->db, "SELECT count(*) FROM documents", count,
	    sizeof count, e) != 0)
		return -1;
	snprintf(message, size, "%s: %s documents", s->path, count);
	return 0;
}

const struct index_kind index_sqlite = {
	.open = sqlite_open,
	.close = sqlite_close,
	.uuid = sqlite_uuid,
	.create = sqlite_create,
	.prepare = sqlite_prepare,
	.apply = sqlite_apply,
	.flush = sqlite_flush,
	.list = sqlite_list,
	.check = sqlite_check,
	.clean = sqlite_clean,
	.rebuild = sqlite_rebuild,
	.aim = sqlite_aim,
	.settle = sqlite_settle,
	.swap = sqlite_swap
};
