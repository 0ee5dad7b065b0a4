/* SPDX-License-Identifier: MIT */
#include "source/sqltable.h"

#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"

void
sqltable_init(struct sqltable *t, const struct sqlstream *s, bool fold)
{
	*t = (struct sqltable){ .s = *s, .fold = fold, .timestamp = -1 };
}

static void
forget_keys(struct sqltable *t)
{
	for (int i = 0; t->keys != NULL && i < t->ndoc; i++)
		buf_release(&t->keys[i]);
	free(t->keys);
	t->keys = NULL;
}

void
sqltable_release(struct sqltable *t)
{
	forget_keys(t);
	while (t->ncolumns > 0) {
		free(t->column[--t->ncolumns].name);
		free(t->column[t->ncolumns].type);
	}
	free(t->column);
	*t = (struct sqltable){ 0 };
}

void
sqltable_refuse(struct sqltable *t, struct err *e)
{
	t->unread = true;
	memcpy(t->why, e->text, sizeof t->why);
	t->why[sizeof t->why - 1] = '\0';
	*e = (struct err){ 0 };
}

/* ---- columns ---- */

struct sqlcolumn *
sqltable_add(struct sqltable *t, const char *name, const char *type, int key)
{
	struct sqlcolumn *c;

	t->column = xgrow(t->column, &t->capcolumns, t->ncolumns + 1,
	    sizeof *t->column);
	c = &t->column[t->ncolumns++];
	*c = (struct sqlcolumn){ .name = xstrdup(name),
		.type = xstrdup(type && *type ? type : "any"), .key = key };
	return c;
}

static bool
same(const struct sqltable *t, const char *a, const char *b)
{
	return t->fold ? strcasecmp(a, b) == 0 : streq(a, b);
}

int
sqltable_find(const struct sqltable *t, const char *name)
{
	for (size_t i = 0; i < t->ncolumns; i++)
		if (same(t, t->column[i].name, name))
			return (int)i;
	return -1;
}

void
sqltable_key(struct sqltable *t)
{
	for (int k = 1; t->s.nid < SQL_ID_COLUMNS; k++) {
		size_t i = 0;

		while (i < t->ncolumns && t->column[i].key != k)
			i++;
		if (i == t->ncolumns)
			return;
		t->s.id[t->s.nid++] = t->column[i].name;
	}
}

int
sqltable_settle(struct sqltable *t, bool (*hidden)(const char *name),
    struct err *e)
{
	const struct sqlstream *s = &t->s;

	if (s->nid == 0)
		sqltable_key(t);
	if (s->nid == 0)
		return sqlstream_wrong(s, e,
		    "%s has no primary key; it needs id", s->table);
	for (size_t i = 0; i < s->nid; i++)
		if (sqltable_find(t, s->id[i]) < 0 && (s->query != NULL ||
		    hidden == NULL || !hidden(s->id[i])))
			return sqlstream_wrong(s, e, "id: there is no column "
			    "%s", s->id[i]);
	if (s->timestamp != NULL && sqltable_find(t, s->timestamp) < 0)
		return sqlstream_wrong(s, e, "timestamp: there is no column "
		    "%s", s->timestamp);
	return 0;
}

/* A key column of one of the query's tables. */
static int
borrow_column(struct sqltable *t, const char *table, const char *name,
    struct err *e)
{
	int at = sqltable_find(t, name);

	if (at < 0)
		return sqlstream_wrong(&t->s, e, "the query does not give %s, "
		    "a key column of %s; it needs id_columns", name, table);
	for (size_t i = 0; i < t->s.nid; i++)
		if (same(t, t->s.id[i], name))
			return sqlstream_wrong(&t->s, e, "%s is a key column "
			    "of two tables; it needs id_columns", name);
	if (t->s.nid == SQL_ID_COLUMNS)
		return sqlstream_wrong(&t->s, e, "id has more than %d columns",
		    SQL_ID_COLUMNS);
	t->s.id[t->s.nid++] = t->column[at].name;
	return 0;
}

int
sqltable_borrow(struct sqltable *t, int (*columns)(void *ctx,
    struct sqltable *k, const char *table, struct err *e), void *ctx,
    struct err *e)
{
	const struct val *list = t->s.tables;
	bool wanted = t->s.nid == 0;
	int r = 0;

	for (size_t i = 0; list != NULL && r == 0 && i < list->n; i++) {
		const char *table = list->items[i]->str.p;
		struct sqltable k;

		sqltable_init(&k, &t->s, t->fold);
		k.s.nid = 0;
		r = columns(ctx, &k, table, e);
		if (r == 0 && wanted)
			sqltable_key(&k);
		for (size_t c = 0; r == 0 && c < k.s.nid; c++)
			r = borrow_column(t, table, k.s.id[c], e);
		if (r == 0 && wanted && k.s.nid == 0)
			r = sqlstream_wrong(&t->s, e, "%s has no primary key; "
			    "it needs id_columns", table);
		sqltable_release(&k);
	}
	return r;
}

/* ---- the statement ---- */

void
sqltable_put_name(struct buf *sql, const char *name, char quote)
{
	buf_putc(sql, quote);
	for (; *name != '\0'; name++) {
		if (*name == quote)
			buf_putc(sql, quote);
		buf_putc(sql, *name);
	}
	buf_putc(sql, quote);
}

void
sqltable_put_query(const struct sqltable *t, struct buf *sql)
{
	buf_putc(sql, '(');
	buf_add_span(sql, sqlstream_query(&t->s));
	/* it may end with a comment */
	buf_puts(sql, "\n) AS q");
}

/* One more column of the result; returns its place. */
static int
select_column(struct buf *sql, int *n, const char *name, char quote)
{
	buf_puts(sql, *n > 0 ? ", " : "SELECT ");
	sqltable_put_name(sql, name, quote);
	return (*n)++;
}

static void
make_keys(struct sqltable *t)
{
	t->keys = xcalloc((size_t)t->ndoc, sizeof *t->keys);
	for (int i = 0; i < t->ndoc; i++) {
		buf_putc(&t->keys[i], i > 0 ? ',' : '{');
		json_put_cstring(&t->keys[i], t->column[i].name);
		buf_putc(&t->keys[i], ':');
	}
}

void
sqltable_select(struct sqltable *t, struct buf *sql, char quote, bool slim)
{
	int n = 0;

	forget_keys(t);
	for (size_t i = 0; !slim && i < t->ncolumns; i++)
		select_column(sql, &n, t->column[i].name, quote);
	t->ndoc = n;
	for (size_t i = 0; i < t->s.nid; i++) {
		int at = slim ? -1 : sqltable_find(t, t->s.id[i]);

		t->id[i] = at >= 0 ? at :
		    select_column(sql, &n, t->s.id[i], quote);
	}
	if (t->s.timestamp != NULL)
		t->timestamp = slim ?
		    select_column(sql, &n, t->s.timestamp, quote) :
		    sqltable_find(t, t->s.timestamp);
	make_keys(t);
}

void
sqltable_place(struct sqltable *t, bool slim)
{
	forget_keys(t);
	t->ndoc = slim ? 0 : (int)t->ncolumns;
	for (size_t i = 0; i < t->s.nid; i++)
		t->id[i] = sqltable_find(t, t->s.id[i]);
	if (t->s.timestamp != NULL)
		t->timestamp = sqltable_find(t, t->s.timestamp);
	make_keys(t);
}

/* ---- discover ---- */

/* The first column whose name says that it is what a poll needs. */
static const char *
guess_timestamp(const struct sqltable *t)
{
	static const char *const names[] = { "updated_at", "updated",
		"modified_at", "modified", "last_modified", "last_updated",
		"changed_at", "changed", "mtime", "timestamp" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		for (size_t k = 0; k < t->ncolumns; k++)
			if (strcasecmp(t->column[k].name, names[i]) == 0)
				return t->column[k].name;
	return NULL;
}

static void
put_schema(struct buf *b, const struct sqltable *t)
{
	buf_puts(b, "{\"type\":\"object\",\"properties\":{");
	for (size_t i = 0; i < t->ncolumns; i++) {
		buf_puts(b, i > 0 ? "," : "");
		json_put_cstring(b, t->column[i].name);
		buf_putc(b, ':');
		sqlform_put(b, t->column[i].form, t->column[i].null);
	}
	buf_puts(b, "}}");
}

void
sqltable_put_stream(struct buf *b, const struct sqltable *t)
{
	const char *time = guess_timestamp(t);

	buf_puts(b, "{\"stream\":");
	json_put_cstring(b, t->s.name);
	buf_puts(b, ",\"id\":[");
	for (size_t i = 0; i < t->s.nid; i++) {
		buf_puts(b, i > 0 ? "," : "");
		json_put_cstring(b, t->s.id[i]);
	}
	buf_putc(b, ']');
	if (time != NULL) {
		buf_puts(b, ",\"timestamp\":");
		json_put_cstring(b, time);
	}
	buf_puts(b, ",\"fields\":[");
	for (size_t i = 0; i < t->ncolumns; i++) {
		buf_puts(b, i > 0 ? ",{\"name\":" : "{\"name\":");
		json_put_cstring(b, t->column[i].name);
		buf_puts(b, ",\"type\":");
		json_put_cstring(b, t->column[i].type);
		buf_putc(b, '}');
	}
	buf_puts(b, "],\"schema\":");
	put_schema(b, t);
	buf_putc(b, '}');
}
