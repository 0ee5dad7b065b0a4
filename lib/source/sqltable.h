/* SPDX-License-Identifier: MIT */
/* A stream of a SQL source: its columns, what names a row, its statement. */
#ifndef CONN_SOURCE_SQLTABLE_H
#define CONN_SOURCE_SQLTABLE_H

#include "source/sqlform.h"
#include "source/sqlstream.h"

struct sqlcolumn {
	char *name, *type;      /* type: as declared, or "any" */
	int key;                /* place in the primary key, from 1; 0: none */
	enum sqlform form;      /* SQLFORM_ANY: not known */
	bool null;              /* it may be NULL */
};

struct sqltable {
	struct sqlstream s;     /* id filled in */
	bool fold;              /* names differ by more than case */
	struct sqlcolumn *column; /* of the table or query */
	size_t ncolumns, capcolumns;
	int id[SQL_ID_COLUMNS]; /* columns of the result */
	int timestamp;          /* the same; -1: none */
	int ndoc;               /* the first ones are the document's */
	struct buf *keys;       /* of each of those, "name": as JSON */
	bool unread;            /* this account may not read it */
	char why[MSG_MAX + 1];  /* what the server said then */
};

/* No column yet. s: its texts are the caller's. */
void sqltable_init(struct sqltable *t, const struct sqlstream *s, bool fold);
void sqltable_release(struct sqltable *t);

/* It is not to be read, for what e says, which is cleared. */
void sqltable_refuse(struct sqltable *t, struct err *e);

/* type NULL or "": any. The column is valid until the next one. */
struct sqlcolumn *sqltable_add(struct sqltable *t, const char *name,
    const char *type, int key);
/* -1: there is none. */
int sqltable_find(const struct sqltable *t, const char *name);
/* Makes the primary key the id, in its order; there may be none. */
void sqltable_key(struct sqltable *t);

/* Takes the primary key if no id is set; status 2 if there is none, or the id
 * or timestamp is no column. hidden: names that are columns all the same, or
 * NULL. */
int sqltable_settle(struct sqltable *t, bool (*hidden)(const char *name),
    struct err *e);

/* The tables of an advanced rule: columns adds those of one, status 2 if there
 * is none. Their keys become the id, where it names none. */
int sqltable_borrow(struct sqltable *t, int (*columns)(void *ctx,
    struct sqltable *k, const char *table, struct err *e), void *ctx,
    struct err *e);

/* Adds the name in quotes of that kind. */
void sqltable_put_name(struct buf *sql, const char *name, char quote);
/* Adds the query in parentheses, with a name. */
void sqltable_put_query(const struct sqltable *t, struct buf *sql);
/* Adds "SELECT ..." of the columns, slim: of id and timestamp only, and places
 * them. */
void sqltable_select(struct sqltable *t, struct buf *sql, char quote,
    bool slim);
/* The same for a query, whose result is its own. */
void sqltable_place(struct sqltable *t, bool slim);

/* Adds the line of discover. */
void sqltable_put_stream(struct buf *out, const struct sqltable *t);

#endif
