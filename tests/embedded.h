/* SPDX-License-Identifier: MIT */
/* An embedded index to test, in a folder of its own. */
#ifndef CONN_TESTS_EMBEDDED_H
#define CONN_TESTS_EMBEDDED_H

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "index/sqlite.h"
#include "json/text.h"
#include "tap.h"

static char dir[] = "/tmp/unit-sqlite.XXXXXX";
static struct config config;
static struct index *ix;
static struct err e;
static struct buf verdicts, listed;

static void
verdict(void *ctx, const struct index_answer *a)
{
	(void)ctx;
	buf_printf(&verdicts, "%llu:%s ", (unsigned long long)a->seq,
	    a->code ? a->code : "done");
}

static void
each(void *ctx, struct span id, struct span timestamp, struct span hash)
{
	(void)ctx;
	buf_printf(&listed, "%.*s|%.*s|%.*s ", (int)id.n, id.p,
	    timestamp.p ? (int)timestamp.n : 4,
	    timestamp.p ? timestamp.p : "none", (int)hash.n, hash.p);
}

static void
reopen(const char *name)
{
	index_close(ix);
	config.name = name;
	if (index_open(&ix, &config, verdict, NULL, &e) != 0)
		err_die(&e);
}

static int
put(uint64_t seq, const char *line, const char *timestamp)
{
	struct buf text = { 0 };
	struct json_object o = { 0 };
	struct json_error je;
	struct index_op op = { .seq = seq };
	int r;

	buf_puts(&text, line);
	buf_pad(&text);
	if (json_object_scan(buf_span(&text), JSON_DEPTH, &o, &je) != 0)
		die(ST_USAGE, "bad test: %s", line);
	op.name = json_find(&o, "_id", NULL);
	op.id = (struct span){ op.name->value.p + 1, op.name->value.n - 2 };
	op.line = o.text;
	op.timestamp = span_of(timestamp);
	op.doc = &o;
	r = index_apply(ix, &op, &e);
	json_object_release(&o);
	buf_release(&text);
	return r;
}

static int
take_out(uint64_t seq, const char *id)
{
	struct index_op op = { .seq = seq, .remove = true, .id = span_of(id) };

	return index_apply(ix, &op, &e);
}

/* What a query of an ordinary client says, rows and columns joined. */
static const char *
ask(const char *sql)
{
	static struct buf out;
	sqlite3 *db;
	sqlite3_stmt *q;

	buf_clear(&out);
	sqlite3_open(config.index_path, &db);
	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
		buf_puts(&out, sqlite3_errmsg(db));
	while (sqlite3_step(q) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(q); i++)
			buf_printf(&out, "%s|", sqlite3_column_text(q, i) ?
			    (const char *)sqlite3_column_text(q, i) : "NULL");
	sqlite3_finalize(q);
	sqlite3_close(db);
	return buf_cstr(&out);
}

static void
said(struct buf *b, const char *want, const char *what)
{
	if (!ok(streq(buf_cstr(b), want), "%s", what))
		printf("# got  %s\n# want %s\n", buf_cstr(b), want);
	buf_clear(b);
}

static void
begin_index(void)
{
	static char path[128];

	if (mkdtemp(dir) == NULL)
		die(ST_TEMP, "no temporary folder");
	snprintf(path, sizeof path, "%s/wiki.db", dir);
	config.index_type = INDEX_SQLITE;
	config.index_path = path;
	config.state_dir = "/";
	reopen("wiki");
}

static void
end_index(void)
{
	DIR *d = opendir(dir);
	struct dirent *f;

	index_close(ix);
	buf_release(&verdicts);
	buf_release(&listed);
	while ((f = readdir(d)) != NULL)
		unlinkat(dirfd(d), f->d_name, 0);
	closedir(d);
	rmdir(dir);
}

#endif
