/* SPDX-License-Identifier: MIT */
#include "source/sqlstream.h"

#include <stdarg.h>
#include <stdio.h>

int
sqlstream_wrong(const struct sqlstream *s, struct err *e, const char *fmt,
    ...)
{
	char text[MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return s->place != NULL ? source_wrong(e, s->place, "%s", text) :
	    err_set(e, ST_USAGE, "streams.%s: %s", s->name, text);
}

static int
read_id(struct sqlstream *s, const struct val *v, struct err *e)
{
	if (v == NULL)
		return 0;
	if (v->type != JSON_ARRAY || v->n == 0)
		return sqlstream_wrong(s, e, "id is not a list of columns");
	if (v->n > SQL_ID_COLUMNS)
		return sqlstream_wrong(s, e, "id has more than %d columns",
		    SQL_ID_COLUMNS);
	for (size_t i = 0; i < v->n; i++) {
		const char *name = val_cstr(v->items[i]);

		if (name == NULL || *name == '\0')
			return sqlstream_wrong(s, e,
			    "id is not a list of columns");
		s->id[s->nid++] = name;
	}
	return 0;
}

/* Entry i of the request's streams, or what sqladvanced_ready made. */
static int
sqlstream_read(struct sqlstream *s, const struct request *rq, size_t i,
    struct err *e)
{
	const struct val *v = rq->streams->items[i];

	*s = (struct sqlstream){ .name = val_cstr(val_get(v, "name")),
		.table = val_cstr(val_get(v, "table")),
		.query = val_cstr(val_get(v, "query")),
		.place = val_cstr(val_get(v, "place")),
		.tables = val_get(v, "tables"),
		.timestamp = val_cstr(val_get(v, "timestamp")) };
	if (s->name == NULL || *s->name == '\0')
		return err_set(e, ST_USAGE, "streams: an entry without name");
	for (size_t k = 0; k < i; k++)
		if (streq(s->name, val_cstr(val_get(rq->streams->items[k],
		    "name"))))
			return sqlstream_wrong(s, e, "this name stands twice");
	if (s->table != NULL && s->query != NULL)
		return sqlstream_wrong(s, e, "table and query together");
	if (s->query == NULL && s->table == NULL)
		s->table = s->name;
	if (s->query != NULL && s->tables == NULL && val_get(v, "id") == NULL)
		return sqlstream_wrong(s, e, "a query needs id");
	return read_id(s, val_get(v, "id"), e);
}

int
sqlstream_each(const struct request *rq, int (*each)(void *ctx,
    const struct sqlstream *s, struct err *e), void *ctx, struct err *e)
{
	struct sqlstream s;

	for (size_t i = 0; i < rq->streams->n; i++)
		if (sqlstream_read(&s, rq, i, e) != 0 || each(ctx, &s, e) != 0)
			return -1;
	return 0;
}

struct span
sqlstream_query(const struct sqlstream *s)
{
	size_t n = strlen(s->query);

	while (n > 0 && strchr("; \t\r\n", s->query[n - 1]) != NULL)
		n--;
	return (struct span){ s->query, n };
}

void
sqlstream_put_prefix(struct buf *out, const char *name)
{
	id_part(out, span_of(name));
	buf_putc(out, '/');
}
