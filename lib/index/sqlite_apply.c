/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "index/sqlite.h"
#include "json/text.h"

/* The guard on source: what another source wrote is never touched. */
static const char *const sql[SQL_QUERIES] = {
	[SQL_PUT] =
	    "INSERT INTO documents(id, source, timestamp, hash, document)"
	    " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(id) DO UPDATE SET"
	    " timestamp = ?3, hash = ?4, document = ?5 WHERE source = ?2"
	    " RETURNING rowid",
	[SQL_PUT_SEARCH] =
	    "REPLACE INTO search(rowid, id, title, body)"
	    " VALUES(?1, ?2, ?3, ?4)",
	[SQL_REMOVE] =
	    "DELETE FROM documents WHERE id = ?1 AND source = ?2"
	    " RETURNING rowid",
	[SQL_REMOVE_SEARCH] = "DELETE FROM search WHERE rowid = ?1",
	[SQL_OWNER] = "SELECT 1 + (source = ?2) FROM documents WHERE id = ?1",
	[SQL_MARK] = "SAVEPOINT operation",
	[SQL_UNDO] = "ROLLBACK TO operation",
	[SQL_KEEP] = "RELEASE operation",
};

static size_t
keep(struct buf *b, struct span s)
{
	size_t at = b->n;

	buf_add_span(b, s);
	return at;
}

/* The text of a top-level string; nothing if there is none. */
static size_t
keep_text(struct buf *b, const struct json_object *o, const char *name,
    size_t *n)
{
	const struct json_member *m = json_find(o, name, NULL);
	size_t at = b->n;

	if (m != NULL && m->type == JSON_STRING)
		json_decode(b, (struct span){ m->value.p + 1, m->value.n - 2 });
	*n = b->n - at;
	return at;
}

static void
collect(struct sqlite_batch *b, const struct index_op *op)
{
	struct sqlite_item *it;

	b->v = xgrow(b->v, &b->cap, b->n + 1, sizeof *b->v);
	it = &b->v[b->n++];
	*it = (struct sqlite_item){ .seq = op->seq, .remove = op->remove };
	it->id = keep(&b->text, op->id);
	it->nid = op->id.n;
	if (op->remove)
		return;
	it->line = keep(&b->text, op->line);
	it->nline = op->line.n;
	it->dated = op->timestamp.p != NULL;
	it->timestamp = keep(&b->text, op->timestamp);
	it->ntimestamp = op->timestamp.n;
	it->title = keep_text(&b->text, op->doc, "title", &it->ntitle);
	it->body = keep_text(&b->text, op->doc, "body", &it->nbody);
}

static int
ready(struct sqlite_index *s, struct err *e)
{
	if (sqlite_writer(s, e) != 0)
		return -1;
	for (size_t i = 0; i < SQL_QUERIES; i++)
		if (s->query[i] == NULL && sqlite3_prepare_v3(s->db, sql[i],
		    -1, SQLITE_PREPARE_PERSISTENT, &s->query[i], NULL) !=
		    SQLITE_OK)
			return sqlite_failed(s, s->db, e);
	return 0;
}

static void
bind(sqlite3_stmt *q, int i, const struct sqlite_batch *b, size_t at, size_t n)
{
	sqlite3_bind_text64(q, i, b->text.p + at, n, SQLITE_STATIC,
	    SQLITE_UTF8);
}

/* Runs a query to its end; *row is the rowid it returned, 0 if none. */
static int
step(sqlite3_stmt *q, int64_t *row)
{
	int r;

	*row = 0;
	while ((r = sqlite3_step(q)) == SQLITE_ROW)
		*row = sqlite3_column_int64(q, 0);
	return sqlite3_reset(q) == SQLITE_OK && r == SQLITE_DONE ? 0 : -1;
}

static int
put(struct sqlite_index *s, struct sqlite_item *it)
{
	const struct sqlite_batch *b = &s->batch;
	sqlite3_stmt *q = s->query[SQL_PUT];
	char hex[HASH_HEX + 1];

	hash_hex(hash128(b->text.p + it->line, it->nline), hex);
	bind(q, 1, b, it->id, it->nid);
	sqlite3_bind_text(q, 2, s->source, -1, SQLITE_STATIC);
	if (it->dated)
		bind(q, 3, b, it->timestamp, it->ntimestamp);
	else
		sqlite3_bind_null(q, 3);
	sqlite3_bind_text(q, 4, hex, HASH_HEX, SQLITE_TRANSIENT);
	bind(q, 5, b, it->line, it->nline);
	return step(q, &it->row);
}

static int
take_out(struct sqlite_index *s, struct sqlite_item *it)
{
	sqlite3_stmt *q = s->query[SQL_REMOVE];

	bind(q, 1, &s->batch, it->id, it->nid);
	sqlite3_bind_text(q, 2, s->source, -1, SQLITE_STATIC);
	return step(q, &it->row);
}

/* A row that was not touched: of another source, or RAISE(IGNORE) in a user's
 * trigger. */
static int
untouched(struct sqlite_index *s, struct sqlite_item *it)
{
	enum { NOT_THERE, OTHERS, OURS };
	sqlite3_stmt *q = s->query[SQL_OWNER];
	int64_t owner;

	bind(q, 1, &s->batch, it->id, it->nid);
	sqlite3_bind_text(q, 2, s->source, -1, SQLITE_STATIC);
	if (step(q, &owner) != 0)
		return -1;
	if (!it->remove && owner == OTHERS)
		it->refused = "other_source";
	else if (!it->remove || owner == OURS)
		it->refused = "sqlite_constraint";
	return 0;
}

static int
search_put(struct sqlite_index *s, const struct sqlite_item *it)
{
	const struct sqlite_batch *b = &s->batch;
	sqlite3_stmt *q = s->query[SQL_PUT_SEARCH];
	int64_t none;

	sqlite3_bind_int64(q, 1, it->row);
	bind(q, 2, b, it->id, it->nid);
	bind(q, 3, b, it->title, it->ntitle);
	bind(q, 4, b, it->body, it->nbody);
	return step(q, &none);
}

static int
search_take_out(struct sqlite_index *s, const struct sqlite_item *it)
{
	sqlite3_stmt *q = s->query[SQL_REMOVE_SEARCH];
	int64_t none;

	sqlite3_bind_int64(q, 1, it->row);
	return step(q, &none);
}

/* Does the last error concern this document only? The transaction goes on
 * then. */
static const char *
refusal(sqlite3 *db)
{
	if (sqlite3_get_autocommit(db))
		return NULL;
	switch (sqlite3_errcode(db) & 0xff) {
	case SQLITE_CONSTRAINT:
		return "sqlite_constraint";
	case SQLITE_TOOBIG:
		return "sqlite_toobig";
	default:
		return NULL;
	}
}

static int
by_id(const void *a, const void *b)
{
	const struct sqlite_item *x = *(struct sqlite_item *const *)a;
	const struct sqlite_item *y = *(struct sqlite_item *const *)b;
	size_t n = x->nid < y->nid ? x->nid : y->nid;
	int r = memcmp(x->name, y->name, n);

	if (r == 0)
		r = (x->nid > y->nid) - (x->nid < y->nid);
	return r != 0 ? r : (x > y) - (x < y);
}

static int
by_row(const void *a, const void *b)
{
	const struct sqlite_item *x = *(struct sqlite_item *const *)a;
	const struct sqlite_item *y = *(struct sqlite_item *const *)b;
	int r = (x->row > y->row) - (x->row < y->row);

	return r != 0 ? r : (x->turn > y->turn) - (x->turn < y->turn);
}

/* Sorted, so that a page of the index of ids is visited once a batch. */
static void
sort_ids(struct sqlite_batch *b)
{
	b->order = xgrow(b->order, &b->norder, b->n, sizeof(*b->order));
	for (size_t i = 0; i < b->n; i++) {
		b->v[i].name = b->text.p + b->v[i].id;
		b->order[i] = &b->v[i];
	}
	qsort(b->order, b->n, sizeof(*b->order), by_id);
}

/* RAISE(FAIL) leaves what was done before it, so with triggers there is a mark
 * to go back to; it costs a tenth. */
static int
find_triggers(struct sqlite_index *s, struct err *e)
{
	char one[24];

	if (sqlite_text(s, s->db, "SELECT 1 FROM sqlite_master"
	    " WHERE type = 'trigger' LIMIT 1", one, sizeof one, e) != 0)
		return -1;
	s->triggers = *one != '\0';
	return 0;
}

static int
if_triggers(struct sqlite_index *s, enum sqlite_query q)
{
	int64_t none;

	return s->triggers ? step(s->query[q], &none) : 0;
}

static int
write_document(struct sqlite_index *s, struct sqlite_item *it)
{
	if (if_triggers(s, SQL_MARK) != 0)
		return -1;
	if ((it->remove ? take_out(s, it) : put(s, it)) == 0) {
		if (it->row == 0 && untouched(s, it) != 0)
			return -1;
	} else {
		it->row = 0;
		if ((it->refused = refusal(s->db)) == NULL ||
		    if_triggers(s, SQL_UNDO) != 0)
			return -1;
	}
	return if_triggers(s, SQL_KEEP);
}

static int
write_documents(struct sqlite_index *s, struct err *e)
{
	if (find_triggers(s, e) != 0)
		return -1;
	sort_ids(&s->batch);
	for (size_t i = 0; i < s->batch.n; i++) {
		s->batch.order[i]->turn = i;
		if (write_document(s, s->batch.order[i]) != 0)
			return sqlite_failed(s, s->db, e);
	}
	return 0;
}

/* Sorted, since FTS5 writes a segment whenever a rowid is less than the one
 * before. Of several operations on a row the last counts; they need not be of
 * one id, since a new row may get the number of one just deleted. */
static int
write_search(struct sqlite_index *s, struct err *e)
{
	struct sqlite_item **v = s->batch.order;
	size_t n = s->batch.n;

	qsort(v, n, sizeof(*v), by_row);
	for (size_t i = 0; i < n; i++) {
		if (v[i]->row == 0 ||
		    (i + 1 < n && v[i + 1]->row == v[i]->row))
			continue;
		if ((v[i]->remove ? search_take_out(s, v[i]) :
		    search_put(s, v[i])) != 0)
			return sqlite_failed(s, s->db, e);
	}
	return 0;
}

/*
 * All rows of documents first, then all of search: a statement on documents
 * opens a savepoint, and FTS5 writes a segment at each of them. One after the
 * other for each document takes three times as long.
 */
static int
write_items(struct sqlite_index *s, struct err *e)
{
	if (sqlite_run(s, s->db, "BEGIN IMMEDIATE", e) != 0 ||
	    write_documents(s, e) != 0 || write_search(s, e) != 0)
		return -1;
	return sqlite_run(s, s->db, "COMMIT", e);
}

/* SQLite follows symbolic links once, as it opens a file. */
static bool
leads_there(const struct sqlite_index *s)
{
	struct stat now, open;

	return stat(s->path, &now) == 0 &&
	    stat(sqlite3_db_filename(s->db, "main"), &open) == 0 &&
	    now.st_dev == open.st_dev && now.st_ino == open.st_ino;
}

/* A file that was moved away takes our writes and no one will see them. */
static int
still_there(struct sqlite_index *s, struct err *e)
{
	int moved = 0;

	sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	if (moved || !leads_there(s))
		return err_set(e, ST_TEMP, "%s: replaced while it was written",
		    s->path);
	return 0;
}

static void
give_verdicts(struct sqlite_index *s)
{
	const struct sqlite_batch *b = &s->batch;

	for (size_t i = 0; i < b->n; i++) {
		const struct sqlite_item *it = &b->v[i];
		struct index_answer a = { .seq = it->seq, .remove = it->remove,
			.id = { b->text.p + it->id, it->nid },
			.code = it->refused };

		s->base.verdict(s->base.ctx, &a);
	}
}

static int
write_batch(struct sqlite_index *s, struct err *e)
{
	struct sqlite_batch *b = &s->batch;
	int r = ready(s, e);

	if (r == 0)
		r = sqlite_wal_room(s, e);
	if (r == 0 && (r = write_items(s, e)) != 0)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	if (r == 0)
		r = still_there(s, e);
	if (r == 0 && b->n > 0)
		detail("%s: %zu operations committed", s->path, b->n);
	if (r == 0)
		give_verdicts(s);
	b->n = 0;
	buf_clear(&b->text);
	return r;
}

int
sqlite_apply(struct index *ix, const struct index_op *op, struct err *e)
{
	struct sqlite_index *s = (struct sqlite_index *)ix;

	collect(&s->batch, op);
	if (s->batch.n < SQLITE_BATCH_ITEMS &&
	    s->batch.text.n < SQLITE_BATCH_BYTES)
		return 0;
	return write_batch(s, e);
}

int
sqlite_flush(struct index *ix, struct err *e)
{
	struct sqlite_index *s = (struct sqlite_index *)ix;

	if (s->batch.n > 0)
		return write_batch(s, e);
	return s->db != NULL ? still_there(s, e) : 0;
}
