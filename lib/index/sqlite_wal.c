/* SPDX-License-Identifier: MIT */
/*
 * The write-ahead log: what makes a commit durable, and how large it gets.
 */
#include "index/sqlite.h"

#include "base/clock.h"
#include "base/sig.h"

/*
 * A copy of an index (VACUUM INTO) is not in WAL mode, and without it a
 * commit of synchronous = FULL may be undone by a power loss. SQLite says
 * "delete" and no error where WAL cannot be had.
 */
int
sqlite_wal_on(const struct sqlite_index *s, sqlite3 *db, struct err *e)
{
	double end = clock_mono() + s->wait / 1e3;
	char mode[24];

	/* the library itself does not wait here for others that do the same */
	while (sqlite_text(s, db, "PRAGMA journal_mode = WAL", mode,
	    sizeof mode, e) != 0) {
		if ((sqlite3_errcode(db) & 0xff) != SQLITE_BUSY ||
		    clock_mono() > end || sig_stop)
			return -1;
		clock_sleep(0.01);
	}
	if (!streq(mode, "wal"))
		return err_set(e, ST_PERSON, "%s: cannot have a write-ahead "
		    "log here; is it a local disk?", s->path);
	return sqlite_run(s, db, "PRAGMA synchronous = FULL;"
	    "PRAGMA wal_autocheckpoint = 16384;"
	    "PRAGMA journal_size_limit = 134217728", e);
}

static int64_t
wal_size(const struct sqlite_index *s)
{
	sqlite3_file *f = NULL;
	sqlite3_int64 size = 0;

	if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_JOURNAL_POINTER,
	    &f) != SQLITE_OK || f == NULL || f->pMethods == NULL ||
	    f->pMethods->xFileSize(f, &size) != SQLITE_OK)
		return 0;
	return size;
}

/* The log starts anew only when nobody reads it: a reader that never ends, or
 * many whose searches overlap, would let it grow for ever. This waits for
 * them, and keeps new ones off the log meanwhile. */
int
sqlite_wal_room(const struct sqlite_index *s, struct err *e)
{
	int r;

	if (wal_size(s) <= s->wal_max)
		return 0;
	r = sqlite3_wal_checkpoint_v2(s->db, "main",
	    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	if (r == SQLITE_OK)
		return 0;
	if ((r & 0xff) == SQLITE_BUSY)
		return err_set(e, ST_TEMP, "%s: another program has been "
		    "reading for too long; %s-wal is full", s->path, s->path);
	return sqlite_failed(s, s->db, e);
}
