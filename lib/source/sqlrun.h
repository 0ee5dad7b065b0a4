/* SPDX-License-Identifier: MIT */
/*
 * The verbs of a SQL source, from connecting to the positions: the streams are
 * found and looked at in one snapshot before the first row is written. What a
 * database does in a way of its own is in its struct sqldb, which is `own` of
 * its struct source.
 */
#ifndef CONN_SOURCE_SQLRUN_H
#define CONN_SOURCE_SQLRUN_H

#include "base/mem.h"
#include "source/sqltable.h"

enum sqlkind {
	SQL_KEYED,              /* a table with a primary key */
	SQL_BARE,               /* a table without */
	SQL_OTHER               /* a view and such */
};

struct sqldb;

struct sqlrun {
	const struct sqldb *db;
	const struct request *rq;
	void *own;              /* the database's, db->own bytes, zeroed */
	struct sqltable **v;    /* the streams: each begins a struct of
	                           db->stream bytes, zeroed */
	size_t n, cap;
	bool listed;            /* they are the tables there are */
	bool timed;             /* one of them has a timestamp */
	const char **bare;      /* then: tables that are not read, but kept:
	                           those without a key */
	size_t nbare, capbare;
	struct arena names;     /* lives as long as the streams */
	int (*each)(struct sqlrun *r, const struct sqlstream *s,
	    enum sqlkind kind, struct err *e);
};

/* Those that may be NULL say so; each int is 0, or -1 with e. */
struct sqldb {
	size_t own, stream;
	int (*open)(struct sqlrun *r, struct err *e);
	/* Takes the snapshot, perhaps in place of another one; or NULL. */
	int (*begin)(struct sqlrun *r, struct err *e);
	/* Were the tables altered between the snapshot and what was seen of
	 * them, so that it is to be taken again? Or NULL. */
	int (*again)(struct sqlrun *r, bool *out, struct err *e);
	/* Calls sqlrun_table for what there is, in the order of the names. */
	int (*tables)(struct sqlrun *r, struct err *e);
	/* Where tables are looked for: "the database shop". */
	void (*put_place)(struct sqlrun *r, struct buf *out);
	/* Finds the columns only; of a table that cannot be read it may set
	 * unread. */
	int (*columns)(struct sqlrun *r, struct sqltable *t,
	    const struct sqlstream *s, struct err *e);
	/* All that the verb needs of a stream before its rows; sets unread
	 * if it must not be read. */
	int (*look)(struct sqlrun *r, struct sqltable *t,
	    const struct sqlstream *s, struct err *e);
	/* Writes the rows of one that is not unread: those of ids, or more. */
	int (*read)(struct sqlrun *r, struct sqltable *t, struct err *e);
	/* After the last row; or NULL. */
	int (*finish)(struct sqlrun *r, struct err *e);
	void (*put_state)(struct sqlrun *r, const struct sqltable *t);
	int (*check)(struct sqlrun *r, struct sqltable *t, struct err *e);
	/* After all streams; or NULL. */
	int (*check_all)(struct sqlrun *r, struct err *e);
	void (*forget)(struct sqltable *t);
	void (*close)(struct sqlrun *r);
};

int sqlrun_table(struct sqlrun *r, struct span name, enum sqlkind kind,
    struct err *e);
/* Is what this run does not list taken for gone? */
bool sqlrun_infers(const struct sqlrun *r);
/* The documents of a table that is not read are kept; until finish. */
void sqlrun_keep(struct sqlrun *r, const char *name);

/* Verbs of struct source; read is that of poll, too. */
int sqlrun_check(const struct request *rq, struct err *e);
int sqlrun_discover(const struct request *rq, struct err *e);
int sqlrun_read(const struct request *rq, struct err *e);
/* One that does `work` with the streams that were looked at. */
int sqlrun_work(const struct request *rq, int (*work)(struct sqlrun *r,
    struct err *e), struct err *e);

#endif
