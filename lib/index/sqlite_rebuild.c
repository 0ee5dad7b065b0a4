/* SPDX-License-Identifier: MIT */
/*
 * A rebuild: the new index is filled in a file of its own beside the live one,
 * PATH.rebuild-SOURCE-RUN, and then copied over it, page by page, in one
 * transaction of the live file. A rename(2) could not do this: SQLite finds
 * the -wal and -shm of a file by its name, so whoever has the old file open
 * and whoever opens the new one would share them and read a mixture of both.
 * A transaction is atomic for readers, for a crash, and keeps the file's owner
 * and mode.
 *
 * The old content is kept: copied to PATH.rebuild-SOURCE-RUN-old before the
 * swap, PATH.old-RUN after it. Whether RUN was swapped in, its row `rebuild`
 * in meta tells.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/sig.h"
#include "index/sqlite.h"

static const char swapped_run[] =
    "SELECT value FROM meta WHERE key = 'rebuild'";

/* ---- what was left behind ---- */

/* 1: open, the live index in it; 0: there is none. s is aimed at it. */
static int
open_live(const struct sqlite_index *s, sqlite3 **db, struct err *e)
{
	char uuid[INDEX_UUID_MAX];
	int r = sqlite_reader(s, db, e);

	if (r <= 0)
		return r;
	r = sqlite_identify(s, *db, uuid, e);
	if (r == 0 && *uuid != '\0')
		return 1;
	sqlite3_close(*db);
	return r;
}

/* The run whose content the live index has; "" if it is of no rebuild. */
static int
live_run(const struct sqlite_index *s, char run[INDEX_UUID_MAX], struct err *e)
{
	sqlite3 *db;
	int r = open_live(s, &db, e);

	*run = '\0';
	if (r <= 0)
		return r;
	r = sqlite_text(s, db, swapped_run, run, INDEX_UUID_MAX, e);
	sqlite3_close(db);
	return r;
}

/* The name under which the old content is kept: one that is free, since the
 * stream of a run that was killed may come again. */
static char *
old_path(const struct sqlite_index *s, const char *run)
{
	char *path = xasprintf("%s.old-%s", s->live, run);

	for (int n = 2; access(path, F_OK) == 0; n++) {
		free(path);
		path = xasprintf("%s.old-%s-%d", s->live, run, n);
	}
	return path;
}

/* A file of a rebuild: its run (32 digits), and what follows the run. */
static int
remove_file(const struct sqlite_index *s, const char *path, const char *run,
    const char *rest, const char *live, struct err *e)
{
	char *digits = xstrndup((struct span){ run, HASH_HEX });
	char *kept = old_path(s, digits);
	int r;

	if (streq(rest, "-old") && streq(digits, live))
		r = rename(path, kept);
	else
		r = unlink(path);
	if (r != 0 && errno != ENOENT)
		err_set(e, ST_PERSON, "%s: %s", path, strerror(errno));
	else
		r = 0;
	free(kept);
	free(digits);
	return r;
}

/* Is this name PREFIX, 32 digits, and what SQLite or we add? The run, or
 * NULL. */
static const char *
run_in(const char *name, struct span prefix)
{
	static const char *const rests[] = { "", "-wal", "-shm", "-journal",
		"-old", "-old-journal" };
	struct span s = span_of(name);
	struct h128 h;

	if (!span_starts(s, prefix) || s.n < prefix.n + HASH_HEX ||
	    !hash_parse((struct span){ s.p + prefix.n, HASH_HEX }, &h))
		return NULL;
	for (size_t i = 0; i < sizeof rests / sizeof *rests; i++)
		if (streq(s.p + prefix.n + HASH_HEX, rests[i]))
			return s.p + prefix.n;
	return NULL;
}

static int
clean_folder(const struct sqlite_index *s, DIR *d, const char *dir,
    const char *live, struct err *e)
{
	char *prefix = xasprintf("%s.rebuild-%s-", strrchr(s->live, '/') + 1,
	    s->source);
	const struct dirent *ent;
	int r = 0;

	while (r == 0 && (ent = readdir(d)) != NULL) {
		const char *run = run_in(ent->d_name, span_of(prefix));
		char *path;

		if (run == NULL)
			continue;
		path = file_join(dir, ent->d_name);
		r = remove_file(s, path, run, run + HASH_HEX, live, e);
		free(path);
	}
	free(prefix);
	return r;
}

int
sqlite_clean(struct index *ix, struct err *e)
{
	struct sqlite_index *s = (struct sqlite_index *)ix;
	char live[INDEX_UUID_MAX], *dir;
	DIR *d;
	int r;

	sqlite_aim(ix, true);
	if (live_run(s, live, e) != 0)
		return -1;
	dir = file_dirname(s->live);
	d = opendir(dir);
	if (d != NULL)
		r = clean_folder(s, d, dir, live, e);
	else if (errno == ENOENT)
		r = 0;
	else
		r = err_set(e, ST_PERSON, "%s: %s", dir, strerror(errno));
	if (d != NULL)
		closedir(d);
	free(dir);
	return r;
}

/* ---- the new file ---- */

/* search makes the tables that begin with its name. */
static const char of_others[] =
    "SELECT name FROM sqlite_master WHERE NOT (type = 'table' AND name IN"
    " ('documents', 'meta', 'search', 'search_config', 'search_content',"
    " 'search_data', 'search_docsize', 'search_idx'))"
    " AND name NOT GLOB 'sqlite_*' LIMIT 1";

/* Does the live file hold what a new one would not have? */
static int
check_alone(const struct sqlite_index *s, sqlite3 *db, struct err *e)
{
	char *sql = sqlite3_mprintf("SELECT count(*) FROM documents"
	    " WHERE source <> %Q", s->source);
	char text[256];
	int r = sqlite_text(s, db, sql, text, sizeof text, e);

	sqlite3_free(sql);
	if (r != 0)
		return -1;
	if (!streq(text, "0"))
		return err_set(e, ST_SAFETY, "%s: %s documents are not of "
		    "source %s; a rebuild would drop them", s->live, text,
		    s->source);
	if (sqlite_text(s, db, of_others, text, sizeof text, e) != 0)
		return -1;
	if (*text != '\0')
		return err_set(e, ST_SAFETY, "%s: %s is not of conn; a rebuild"
		    " would drop it", s->live, text);
	return 0;
}

/* With a connection to the live file, if there is an index in it. */
static int
with_live(struct sqlite_index *s,
    int (*then)(const struct sqlite_index *, sqlite3 *, struct err *),
    struct err *e)
{
	sqlite3 *db;
	int r = open_live(s, &db, e);

	if (r <= 0)
		return r;
	r = then(s, db, e);
	sqlite3_close(db);
	return r;
}

void
sqlite_aim(struct index *ix, bool live)
{
	struct sqlite_index *s = (struct sqlite_index *)ix;
	const char *path = live || s->fresh == NULL ? s->live : s->fresh;

	if (path == s->path)
		return;
	sqlite_disconnect(s);
	s->path = path;
}

/* Pages can only be copied over those of their size, be they empty. */
static int
take_page_size(struct sqlite_index *s, struct err *e)
{
	sqlite3 *db;
	char size[24];
	int r = sqlite_reader(s, &db, e);

	if (r <= 0)
		return r;
	r = sqlite_text(s, db, "SELECT page_size FROM pragma_page_size,"
	    " pragma_page_count WHERE page_count > 0", size, sizeof size, e);
	sqlite3_close(db);
	if (*size != '\0')
		s->page = (int)strtol(size, NULL, 10);
	return r;
}

/* It is copied before it is live: what becomes of it in a crash is nothing. */
static int
fill_fresh(struct sqlite_index *s, struct err *e)
{
	char sql[128];

	snprintf(sql, sizeof sql, "PRAGMA synchronous = OFF;"
	    "INSERT INTO meta VALUES('rebuild', '%s')", s->run);
	if (sqlite_create(&s->base, e) != 0 || sqlite_writer(s, e) != 0)
		return -1;
	detail("%s: created", s->path);
	return sqlite_run(s, s->db, sql, e);
}

int
sqlite_rebuild(struct index *ix, const char *run, struct err *e)
{
	struct sqlite_index *s = (struct sqlite_index *)ix;

	if (with_live(s, check_alone, e) != 0 || take_page_size(s, e) != 0)
		return -1;
	snprintf(s->run, sizeof s->run, "%s", run);
	s->fresh = xasprintf("%s.rebuild-%s-%s", s->live, s->source, run);
	sqlite_aim(ix, false);
	return fill_fresh(s, e);
}

int
sqlite_settle(struct index *ix, struct err *e)
{
	(void)ix;
	(void)e;
	return 0;
}

/* ---- the swap ---- */

/* s tells how long to wait. */
static int
step(const struct sqlite_index *s, sqlite3_backup *b, int pages)
{
	double end = clock_mono() + s->wait / 1e3;
	int r;

	while (((r = sqlite3_backup_step(b, pages)) == SQLITE_BUSY ||
	    r == SQLITE_LOCKED) && clock_mono() < end && !sig_stop)
		clock_sleep(0.05);
	return r;
}

/* All pages, in one transaction of `to`: a step of no page begins it, and
 * takes the lock of a writer, before check, if there is one, looks at what is
 * to be replaced. */
static int
copy(struct sqlite_index *s, sqlite3 *from, sqlite3 *to,
    int (*check)(struct sqlite_index *, struct err *), struct err *e)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	int r;

	if (b == NULL)
		return sqlite_failed(s, to, e);
	r = step(s, b, 0);
	if (r == SQLITE_OK && check != NULL && check(s, e) != 0) {
		sqlite3_backup_finish(b);
		return -1;
	}
	if (r == SQLITE_OK)
		r = step(s, b, -1);
	if (sqlite3_backup_finish(b) == SQLITE_OK && r == SQLITE_DONE)
		return 0;
	if (r == SQLITE_BUSY || r == SQLITE_LOCKED)
		return err_set(e, ST_TEMP, "%s: locked by another program",
		    s->path);
	return sqlite_failed(s, to, e);
}

/* A copy of what db shows, as readable as the file it is of. */
static int
keep_copy(const struct sqlite_index *s, sqlite3 *db, struct err *e)
{
	char *path = xasprintf("%s-old", s->fresh);
	struct sqlite_index to = { .path = path, .wait = s->wait };
	sqlite3 *out = NULL;
	struct stat st;
	int r = sqlite_make_file(&to, e);

	if (r == 0 && (r = sqlite_connect(&to, true, &out, e)) == 0)
		r = copy(&to, db, out, NULL, e);
	sqlite3_close(out);
	if (r == 0 && (stat(s->live, &st) != 0 ||
	    chmod(path, st.st_mode & 0777) != 0))
		r = err_set(e, ST_PERSON, "%s: %s", path, strerror(errno));
	free(path);
	return r;
}

static int
keep_old(const struct sqlite_index *s, sqlite3 *db, struct err *e)
{
	return check_alone(s, db, e) != 0 ? -1 : keep_copy(s, db, e);
}

/* The log holds the whole index now; it shrinks when no reader needs it. */
static void
shrink_log(sqlite3 *db)
{
	sqlite3_busy_timeout(db, 0);
	sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
}

/* Other sources may have written since keep_old; from here on they wait, and
 * their next transaction finds the new content. Readers need no lock, since
 * the file is in WAL mode. */
static int
check_again(struct sqlite_index *s, struct err *e)
{
	return with_live(s, check_alone, e);
}

static int
copy_over(struct sqlite_index *s, struct err *e)
{
	struct sqlite_index from = { .path = s->fresh, .wait = s->wait };
	sqlite3 *in, *out;
	int r;

	if (sqlite_make_file(s, e) != 0 ||
	    sqlite_connect(&from, false, &in, e) != 0)
		return -1;
	r = sqlite_connect(s, true, &out, e);
	if (r == 0)
		r = sqlite_format(s, out, e);
	if (r == 0)
		r = copy(s, in, out, check_again, e);
	if (r == 0)
		shrink_log(out);
	sqlite3_close(out);
	sqlite3_close(in);
	return r;
}

int
sqlite_swap(struct index *ix, char *old, struct err *e)
{
	struct sqlite_index *s = (struct sqlite_index *)ix;
	char *temp = xasprintf("%s-old", s->fresh);
	char *kept = old_path(s, s->run);
	int r;

	sqlite_aim(ix, true);
	*old = '\0';
	if ((r = with_live(s, keep_old, e)) == 0 &&
	    (r = copy_over(s, e)) == 0) {
		detail("%s: now %s", s->live, s->fresh);
		if (rename(temp, kept) == 0)
			snprintf(old, INDEX_NAME_MAX, "%s", kept);
		else if (errno != ENOENT)
			warn("%s: %s", temp, strerror(errno));
		if (file_sync_dir(s->live) != 0)
			r = err_set(e, ST_PERSON, "%s: %s", s->live,
			    strerror(errno));
	}
	free(temp);
	free(kept);
	return r;
}
