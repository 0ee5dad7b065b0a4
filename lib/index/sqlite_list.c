/* SPDX-License-Identifier: MIT */
#include "base/sig.h"
#include "index/sqlite.h"

static struct span
column(sqlite3_stmt *q, int i)
{
	const char *p = (const char *)sqlite3_column_text(q, i);

	return (struct span){ p, (size_t)sqlite3_column_bytes(q, i) };
}

static int
list_rows(const struct sqlite_index *s, sqlite3 *db, sqlite3_stmt *q,
    index_listed *each, void *ctx, struct err *e)
{
	int r;

	while ((r = sqlite3_step(q)) == SQLITE_ROW && !sig_stop)
		each(ctx, column(q, 0), column(q, 1), column(q, 2));
	if (r == SQLITE_ROW)
		return err_set(e, ST_TEMP, "%s: interrupted", s->path);
	return r == SQLITE_DONE ? 0 : sqlite_failed(s, db, e);
}

/* In one read transaction: the uuid and the rows are of one moment. */
static int
list(const struct sqlite_index *s, sqlite3 *db, struct span source,
    index_listed *each, void *ctx, char uuid[INDEX_UUID_MAX], struct err *e)
{
	sqlite3_stmt *q;
	int r;

	if (sqlite_run(s, db, "BEGIN", e) != 0 ||
	    sqlite_identify(s, db, uuid, e) != 0)
		return -1;
	if (*uuid == '\0')
		return 0;
	if (sqlite3_prepare_v2(db, "SELECT id, timestamp, hash FROM documents"
	    " WHERE source = ?1 ORDER BY rowid", -1, &q, NULL) != SQLITE_OK)
		return sqlite_failed(s, db, e);
	sqlite3_bind_text64(q, 1, source.p, source.n, SQLITE_STATIC,
	    SQLITE_UTF8);
	r = list_rows(s, db, q, each, ctx, e);
	sqlite3_finalize(q);
	return r;
}

int
sqlite_list(struct index *ix, struct span source, index_listed *each,
    void *ctx, char uuid[INDEX_UUID_MAX], struct err *e)
{
	struct sqlite_index *s = (struct sqlite_index *)ix;
	sqlite3 *db;
	int r = sqlite_reader(s, &db, e);

	*uuid = '\0';
	if (r <= 0)
		return r;
	r = list(s, db, source, each, ctx, uuid, e);
	sqlite3_close(db);
	return r;
}
