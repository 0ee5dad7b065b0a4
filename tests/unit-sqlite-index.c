/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "embedded.h"

static void
test_missing(void)
{
	char uuid[INDEX_UUID_MAX] = "x", message[256];
	struct stat st;

	ok(index_uuid(ix, uuid, &e) == 0 && *uuid == '\0',
	    "a missing index has no uuid");
	ok(index_list(ix, SPAN("wiki"), each, NULL, uuid, &e) == 0 &&
	    *uuid == '\0' && listed.n == 0, "and lists nothing");
	ok(index_prepare(ix, &e) == -1 && e.status == ST_PERSON,
	    "it cannot be prepared");
	ok(index_check(ix, message, sizeof message, &e) == 0,
	    "it may be made: %s", message);
	ok(stat(config.index_path, &st) != 0, "none of this made it");
}

static void
test_create(void)
{
	char one[INDEX_UUID_MAX], two[INDEX_UUID_MAX];
	struct stat st;

	ok(index_create(ix, &e) == 0, "create: %s", e.text);
	ok(index_uuid(ix, one, &e) == 0 && strlen(one) == 32, "uuid %s", one);
	ok(stat(config.index_path, &st) == 0 && (st.st_mode & 0777) == 0600,
	    "the file is private");
	ok(index_create(ix, &e) == 0 && index_uuid(ix, two, &e) == 0 &&
	    streq(one, two), "creating it again changes nothing");
	ok(index_prepare(ix, &e) == 0, "prepare: %s", e.text);
	ok(streq(ask("PRAGMA journal_mode"), "wal|"), "readers do not wait");
}

static void
test_apply(void)
{
	ok(put(1, "{\"_id\":\"wiki:1\",\"title\":\"a\"}", NULL) == 0 &&
	    put(2, "{\"_id\":\"wiki:2\",\"title\":\"back up\",\"body\":"
	    "\"the \\u0062ackup\"}", "2026-01-01") == 0 &&
	    take_out(3, "wiki:none") == 0, "operations are taken");
	ok(verdicts.n == 0, "nothing is done before it is committed");
	ok(index_flush(ix, &e) == 0, "flush");
	said(&verdicts, "1:done 2:done 3:done ", "all are acknowledged");
	ok(streq(ask("SELECT id, source, timestamp, hash, document FROM "
	    "documents WHERE id = 'wiki:1'"), "wiki:1|wiki|NULL|"
	    "96ec82f1d3d126faf2e5126ab00c3afb|"
	    "{\"_id\":\"wiki:1\",\"title\":\"a\"}|"), "a row is as promised");
	ok(streq(ask("SELECT id, snippet(search,2,'[',']','…',8) FROM "
	    "search('backup') ORDER BY rank"), "wiki:2|the [backup]|"),
	    "an escaped word is found");
	ok(index_list(ix, SPAN("wiki"), each, NULL, (char[128]){ 0 }, &e) == 0,
	    "list");
	said(&listed, "wiki:1|none|96ec82f1d3d126faf2e5126ab00c3afb "
	    "wiki:2|2026-01-01|a33ad5ebcd580c9d29eecfe1c6433af3 ",
	    "ids, timestamps and hashes");
}

static void
test_replace(void)
{
	ok(put(4, "{\"_id\":\"wiki:2\",\"title\":\"new\",\"body\":1}", NULL) ==
	    0 && take_out(5, "wiki:1") == 0 &&
	    put(6, "{\"_id\":\"wiki:1\",\"body\":\"again\"}", NULL) == 0 &&
	    index_flush(ix, &e) == 0, "replace, delete, put again");
	buf_clear(&verdicts);
	ok(streq(ask("SELECT id FROM search('backup')"), ""),
	    "the old text is not found");
	ok(streq(ask("SELECT s.id, s.title, s.body, d.document FROM search s "
	    "JOIN documents d ON d.rowid = s.rowid ORDER BY s.id"),
	    "wiki:1||again|{\"_id\":\"wiki:1\",\"body\":\"again\"}|"
	    "wiki:2|new||{\"_id\":\"wiki:2\",\"title\":\"new\",\"body\":1}|"),
	    "search and documents agree");
	ok(streq(ask("INSERT INTO search(search) VALUES('integrity-check')"),
	    ""), "the full text index is whole");
	ok(take_out(7, "wiki:2") == 0 && index_flush(ix, &e) == 0 &&
	    streq(ask("SELECT id FROM search('new')"), ""),
	    "what was deleted is not found");
	buf_clear(&verdicts);
	ask("VACUUM");
	ok(streq(ask("SELECT d.id FROM search('again') s JOIN documents d ON "
	    "d.rowid = s.rowid"), "wiki:1|"), "VACUUM breaks no link");
}

static void
test_owner(void)
{
	reopen("other");
	ok(put(8, "{\"_id\":\"wiki:1\",\"title\":\"stolen\"}", NULL) == 0 &&
	    take_out(9, "wiki:1") == 0 &&
	    put(10, "{\"_id\":\"other:1\"}", NULL) == 0 &&
	    index_flush(ix, &e) == 0, "another source");
	said(&verdicts, "8:other_source 9:done 10:done ",
	    "may not take a document over");
	ok(streq(ask("SELECT id, document FROM documents "
	    "WHERE source = 'wiki'"),
	    "wiki:1|{\"_id\":\"wiki:1\",\"body\":\"again\"}|"),
	    "nor delete it");
	index_list(ix, SPAN("other"), each, NULL, (char[128]){ 0 }, &e);
	ok(strncmp(buf_cstr(&listed), "other:1|", 8) == 0 &&
	    !strstr(listed.p, "wiki"), "and lists its own");
	buf_clear(&listed);
	reopen("wiki");
}

static void
test_refused(void)
{
	ask("CREATE TRIGGER no BEFORE INSERT ON documents WHEN "
	    "NEW.id = 'wiki:bad' BEGIN SELECT RAISE(ABORT, 'secret'); END");
	ok(put(11, "{\"_id\":\"wiki:bad\"}", NULL) == 0 &&
	    put(12, "{\"_id\":\"wiki:good\"}", NULL) == 0 &&
	    index_flush(ix, &e) == 0, "a refused document stops no one: %s",
	    e.text);
	said(&verdicts, "11:sqlite_constraint 12:done ", "it alone is refused");
	ask("DROP TRIGGER no");
}

static void
test_batches(void)
{
	bool good = true;
	char line[128];

	for (uint64_t i = 0; i < SQLITE_BATCH_ITEMS + 1; i++) {
		snprintf(line, sizeof line, "{\"_id\":\"wiki:n%llu\",\"title\":"
		    "\"%llu\"}", (unsigned long long)(i / 2),
		    (unsigned long long)i);
		good &= put(i, line, NULL) == 0;
	}
	ok(good && verdicts.n > 0, "a full batch is written");
	ok(index_flush(ix, &e) == 0, "and the rest by flush");
	ok(streq(ask("SELECT count(*), min(title % 2 OR title = '8192') "
	    "FROM search WHERE id LIKE 'wiki:n%'"), "4097|1|"),
	    "the last of each id counts, across batches");
	buf_clear(&verdicts);
}

static void
test_locked(void)
{
	struct sqlite_index *s = (struct sqlite_index *)ix;
	sqlite3 *db;

	sqlite3_open(config.index_path, &db);
	sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	s->wait = 50;
	if (s->db)
		sqlite3_busy_timeout(s->db, 50);
	put(20, "{\"_id\":\"wiki:late\"}", NULL);
	ok(index_flush(ix, &e) == -1 && e.status == ST_TEMP,
	    "locked for too long: %s", e.text);
	ok(verdicts.n == 0, "nothing is acknowledged");
	ok(index_list(ix, SPAN("wiki"), each, NULL, (char[128]){ 0 }, &e) == 0,
	    "a reader does not wait for a writer");
	buf_clear(&listed);
	sqlite3_close(db);
}

static void
test_replaced(void)
{
	char one[INDEX_UUID_MAX], two[INDEX_UUID_MAX], old[128];

	index_uuid(ix, one, &e);
	put(30, "{\"_id\":\"wiki:x\"}", NULL);
	index_flush(ix, &e);
	buf_clear(&verdicts);
	snprintf(old, sizeof old, "%s.old", config.index_path);
	rename(config.index_path, old);
	ok(index_uuid(ix, two, &e) == 0 && *two == '\0',
	    "moved away: the path counts, not the open file");
	put(31, "{\"_id\":\"wiki:x\"}", NULL);
	ok(index_flush(ix, &e) == -1 && e.status == ST_TEMP,
	    "writes that no one will see are no success: %s", e.text);
	ok(verdicts.n == 0, "nor acknowledged");
	reopen("wiki");
	ok(index_create(ix, &e) == 0 && index_uuid(ix, two, &e) == 0 &&
	    *two && !streq(one, two), "a new one has a new uuid");
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
}

static void
test_foreign(void)
{
	char uuid[INDEX_UUID_MAX], path[128];

	snprintf(path, sizeof path, "%s/foreign.db", dir);
	config.index_path = path;
	reopen("wiki");
	write_file(path, "");
	ok(index_uuid(ix, uuid, &e) == 0 && *uuid == '\0',
	    "an empty file is an index that is not made yet");
	ask("CREATE TABLE t(x)");
	ok(index_uuid(ix, uuid, &e) == -1 && e.status == ST_PERSON,
	    "a foreign database: %s", e.text);
	ok(index_create(ix, &e) == -1 && e.status == ST_PERSON,
	    "is not taken over");
	write_file(path, "this is certainly not a database file, is it? no, "
	    "it is not, and it is more than one hundred bytes long for that");
	ok(index_uuid(ix, uuid, &e) == -1 && e.status == ST_PERSON,
	    "no database: %s", e.text);
	unlink(path);
	index_create(ix, &e);
	ask("UPDATE meta SET value = '2' WHERE key = 'schema'");
	ok(index_prepare(ix, &e) == -1 && e.status == ST_PERSON,
	    "a later schema: %s", e.text);
}

static void
test_missing_folder(void)
{
	char path[128], message[256];

	snprintf(path, sizeof path, "%s/none/x.db", dir);
	config.index_path = path;
	reopen("wiki");
	ok(index_create(ix, &e) == -1 && e.status == ST_PERSON,
	    "a missing folder is not made: %s", e.text);
	ok(index_check(ix, message, sizeof message, &e) == -1,
	    "check says so");
	snprintf(message, sizeof message, "%s/none", dir);
	config.state_dir = message;
	reopen("wiki");
	ok(index_check(ix, message, sizeof message, &e) == 0,
	    "the state folder is made by the first load");
}

int
main(void)
{
	begin_index();
	test_missing();
	test_create();
	test_apply();
	test_replace();
	test_owner();
	test_refused();
	test_batches();
	test_locked();
	test_replaced();
	test_foreign();
	test_missing_folder();
	end_index();
	return tap_done();
}
