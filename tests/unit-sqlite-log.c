/* SPDX-License-Identifier: MIT */
/* The embedded index among other programs and on bad disks. */
#include <fcntl.h>
#include <sys/stat.h>

#include "embedded.h"

static off_t
log_size(void)
{
	char path[160];
	struct stat st;

	snprintf(path, sizeof path, "%s-wal", config.index_path);
	return stat(path, &st) == 0 ? st.st_size : -1;
}

enum { MANY = 3000 };

/* This title for every so many-th of the documents, in one batch. */
static void
put_every(int step, int from, const char *title)
{
	char line[128];

	for (int i = from; i < MANY; i += step) {
		snprintf(line, sizeof line, "{\"_id\":\"wiki:m%05d\","
		    "\"title\":\"%s\"}", i, title);
		put((uint64_t)i, line, NULL);
	}
	index_flush(ix, &e);
	buf_clear(&verdicts);
}

static void
test_order(void)
{
	int rows;

	put_every(2, 1, "many");
	put_every(2, 0, "many");
	reopen("wiki");
	put_every(1, 0, "much");
	rows = sqlite3_total_changes(((struct sqlite_index *)ix)->db);
	ok(rows >= MANY && rows < MANY * 7, "rows that lie in another order "
	    "than ids cost no more: %d writes", rows);
	ok(streq(ask("SELECT count(*) FROM search('much')"), "3000|"),
	    "and is complete");
	put(1, "{\"_id\":\"wiki:zz\",\"title\":\"zebra\"}", NULL);
	index_flush(ix, &e);
	put(2, "{\"_id\":\"wiki:zzz\",\"title\":\"zebu\"}", NULL);
	take_out(3, "wiki:zz");
	index_flush(ix, &e);
	buf_clear(&verdicts);
	ok(streq(ask("SELECT id FROM search('zebu OR zebra')"), "wiki:zzz|") &&
	    streq(ask("SELECT count(*) FROM documents d LEFT JOIN search s "
	    "ON d.rowid = s.rowid WHERE s.id IS NOT d.id"), "0|"),
	    "a row that takes a deleted one's number keeps its text");
	take_out(4, "wiki:zzz");
	index_flush(ix, &e);
	buf_clear(&verdicts);
}

static void
test_log(void)
{
	struct sqlite_index *s = (struct sqlite_index *)ix;
	sqlite3 *db;
	off_t size;

	sqlite3_open(config.index_path, &db);
	sqlite3_exec(db, "BEGIN; SELECT * FROM meta", NULL, NULL, NULL);
	s->wal_max = 1 << 20;
	sqlite3_busy_timeout(s->db, 50);
	for (int i = 0; i < 20 && log_size() <= s->wal_max; i++)
		put_every(1, 0, i % 2 ? "odd" : "even");
	size = log_size();
	put(1, "{\"_id\":\"wiki:late\"}", NULL);
	ok(index_flush(ix, &e) == -1 && e.status == ST_TEMP,
	    "a reader for ever: %s", e.text);
	ok(verdicts.n == 0, "nothing is acknowledged");
	ok(log_size() == size, "and the log grows no more");
	sqlite3_close(db);
	put(1, "{\"_id\":\"wiki:late\"}", NULL);
	ok(index_flush(ix, &e) == 0 && log_size() < size,
	    "the reader has gone: on it goes, with a small log");
	said(&verdicts, "1:done ", "and acknowledged");
	take_out(1, "wiki:late");
	index_flush(ix, &e);
	buf_clear(&verdicts);
	reopen("wiki");
	ask("PRAGMA journal_mode = DELETE");
	ok(index_prepare(ix, &e) == 0 &&
	    streq(ask("PRAGMA journal_mode"), "wal|"),
	    "a file that is not in WAL mode is put into it");
}

static void
each_but(void *ctx, struct span id, struct span timestamp, struct span hash)
{
	if (listed.n == 0)
		ask(ctx);
	each(NULL, id, timestamp, hash);
}

static void
test_one_moment(void)
{
	static char delete[] = "DELETE FROM documents WHERE id = 'wiki:m00009'";

	ok(index_list(ix, SPAN("wiki"), each_but, delete, (char[128]){ 0 },
	    &e) == 0 && strstr(buf_cstr(&listed), "wiki:m00009|") != NULL,
	    "a listing is of the moment when it began");
	buf_clear(&listed);
	ok(index_list(ix, SPAN("wiki"), each, NULL, (char[128]){ 0 }, &e) ==
	    0 && strstr(buf_cstr(&listed), "wiki:m00009|") == NULL,
	    "the next one sees what was done meanwhile");
	buf_clear(&listed);
}

/* The middle of the file, overwritten. */
static void
test_damaged(void)
{
	static const char junk[8192] = "junk";
	struct stat st;
	int fd;

	reopen("wiki");
	ask("VACUUM");
	ask("PRAGMA wal_checkpoint(TRUNCATE)");
	fd = open(config.index_path, O_WRONLY | O_CLOEXEC);
	fstat(fd, &st);
	for (off_t at = 8192 * 3; at < st.st_size; at += 8192)
		if (pwrite(fd, junk, sizeof junk, at) < 0)
			die(ST_TEMP, "cannot damage the file");
	close(fd);
	ok(index_list(ix, SPAN("wiki"), each, NULL, (char[128]){ 0 }, &e) ==
	    -1 && e.status == ST_PERSON, "damaged, no listing: %s", e.text);
	put(40, "{\"_id\":\"wiki:m00005\"}", NULL);
	ok(index_flush(ix, &e) == -1 && e.status == ST_PERSON && verdicts.n ==
	    0, "damaged, nothing acknowledged: %s", e.text);
	buf_clear(&listed);
	unlink(config.index_path);
	reopen("wiki");
	index_create(ix, &e);
}

/* As someone who may read the file and no more. */
static void
test_permission(void)
{
	bool root = geteuid() == 0;
	struct stat st;

	put(50, "{\"_id\":\"wiki:1\"}", NULL);
	index_flush(ix, &e);
	buf_clear(&verdicts);
	reopen("wiki");
	chmod(config.index_path, 0444);
	chmod(dir, 0555);
	if (root && seteuid(65534) != 0)
		die(ST_TEMP, "cannot be another user");
	ok(index_prepare(ix, &e) == -1 && e.status == ST_PERSON,
	    "a file that may not be written: %s", e.text);
	ok(index_list(ix, SPAN("wiki"), each, NULL, (char[128]){ 0 }, &e) ==
	    -1 && e.status == ST_PERSON && strstr(e.text, "folder"),
	    "a folder that may not be written, no log: %s", e.text);
	if (root && seteuid(0) != 0)
		die(ST_TEMP, "cannot be root again");
	chmod(dir, 0755);
	chmod(config.index_path, 0600);
	buf_clear(&listed);
	ok(stat(config.index_path, &st) == 0 && index_prepare(ix, &e) == 0,
	    "as before");
}

int
main(void)
{
	begin_index();
	index_create(ix, &e);
	test_order();
	test_log();
	test_one_moment();
	test_damaged();
	test_permission();
	end_index();
	return tap_done();
}
