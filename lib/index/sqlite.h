/* SPDX-License-Identifier: MIT */
/*
 * The embedded index: one SQLite file, conn-index(7).
 *
 *   documents(id, source, timestamp, hash, document, rowid)
 *   search(id UNINDEXED, title, body)   FTS5, rowid as in documents
 *   meta(key, value)                    schema, uuid
 *
 * Operations are collected in memory and written in short transactions, so
 * that a slow stream never keeps other writers of the file waiting. Each
 * commit reaches the disk before its verdicts are given.
 */
#ifndef CONN_INDEX_SQLITE_H
#define CONN_INDEX_SQLITE_H

#include <sqlite3.h>

#include "base/buf.h"
#include "index/index.h"

enum {
	SQLITE_BATCH_ITEMS = 8192,      /* operations in one transaction, */
	SQLITE_BATCH_BYTES = 4 << 20,   /* or so many bytes of them */
	SQLITE_APPLICATION = 0x636f6e6e /* "conn" in the file's header */
};

/* An operation that waits for its transaction: places in batch.text. */
struct sqlite_item {
	uint64_t seq;
	const char *name;       /* the id, while the batch is written, and */
	size_t turn;            /* when the row was touched */
	size_t id, nid, line, nline, timestamp, ntimestamp;
	size_t title, ntitle, body, nbody;
	bool remove, dated;
	int64_t row;            /* of the document; 0: none was touched */
	const char *refused;    /* code, once it was tried */
};

struct sqlite_batch {
	struct sqlite_item *v;
	size_t n, cap;
	struct sqlite_item **order;     /* of v, as it is written */
	size_t norder;
	struct buf text;
};

enum sqlite_query {
	SQL_PUT, SQL_PUT_SEARCH, SQL_REMOVE, SQL_REMOVE_SEARCH,
	SQL_OWNER, SQL_MARK, SQL_UNDO, SQL_KEEP, SQL_QUERIES
};

struct sqlite_index {
	struct index base;
	const char *source, *state_dir; /* the config's */
	const char *path;               /* the config's, or fresh */
	const char *live;               /* the config's */
	char *fresh;                    /* of a rebuild; NULL: none */
	char run[HASH_HEX + 1];
	int wait;                       /* ms for a lock of another program */
	int page;                       /* bytes, of a file that is made */
	int64_t wal_max;                /* bytes of the log, then it must go */
	bool triggers;                  /* of users, in this transaction */
	sqlite3 *db;                    /* for writing; NULL: not open */
	sqlite3_stmt *query[SQL_QUERIES];
	struct sqlite_batch batch;
};

/* Turns the last error of db (NULL: out of memory) into e; returns -1. */
int sqlite_failed(const struct sqlite_index *s, sqlite3 *db, struct err *e);
int sqlite_run(const struct sqlite_index *s, sqlite3 *db, const char *sql,
    struct err *e);
/* An open file; what it holds is not looked at. Not write: SQL may change
 * nothing. */
int sqlite_connect(const struct sqlite_index *s, bool write, sqlite3 **db,
    struct err *e);
/* uuid of an index of ours, "" of a file with nothing in it yet; another
 * program's database is an error. */
int sqlite_identify(const struct sqlite_index *s, sqlite3 *db,
    char uuid[INDEX_UUID_MAX], struct err *e);
/* Opens the existing index for writing, once. */
int sqlite_writer(struct sqlite_index *s, struct err *e);
/* 1: open for reading; 0: there is no file at the index's path. */
int sqlite_reader(const struct sqlite_index *s, sqlite3 **db, struct err *e);

/* The first column of a query's only row as text; "" if there is no row. */
int sqlite_text(const struct sqlite_index *s, sqlite3 *db, const char *sql,
    char *out, size_t size, struct err *e);
/* Ends what sqlite_writer began. */
void sqlite_disconnect(struct sqlite_index *s);
/* Makes the file at the index's path, mode 0600, unless it is there. */
int sqlite_make_file(const struct sqlite_index *s, struct err *e);
/* Pages of our size, if it has none yet, and WAL mode. */
int sqlite_format(const struct sqlite_index *s, sqlite3 *db, struct err *e);
/* Puts the file in WAL mode, if it is not, so that a commit is durable. */
int sqlite_wal_on(const struct sqlite_index *s, sqlite3 *db, struct err *e);
/* Before a batch: the log has room, or gets it; 75 if a reader prevents it. */
int sqlite_wal_room(const struct sqlite_index *s, struct err *e);

int sqlite_create(struct index *ix, struct err *e);
int sqlite_apply(struct index *ix, const struct index_op *op, struct err *e);
int sqlite_flush(struct index *ix, struct err *e);
int sqlite_list(struct index *ix, struct span source, index_listed *each,
    void *ctx, char uuid[INDEX_UUID_MAX], struct err *e);

int sqlite_clean(struct index *ix, struct err *e);
int sqlite_rebuild(struct index *ix, const char *run, struct err *e);
void sqlite_aim(struct index *ix, bool live);
int sqlite_settle(struct index *ix, struct err *e);
int sqlite_swap(struct index *ix, char *old, struct err *e);

#endif
