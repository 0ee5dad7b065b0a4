/* SPDX-License-Identifier: MIT */
#include "source/pgnested.h"

enum { DIMENSIONS = 6 };        /* the server's MAXDIM */

struct text {
	const char *p, *end;
	struct buf item;        /* the last one, without its quotes */
	bool quoted;
};

static bool
take(struct text *t, char c)
{
	if (t->p == t->end || *t->p != c)
		return false;
	t->p++;
	return true;
}

/* Between quotes, where a backslash or a doubled quote stands for the byte
 * itself. */
static bool
take_quoted(struct text *t)
{
	t->quoted = true;
	while (t->p < t->end) {
		char c = *t->p++;

		if (c == '"' && !take(t, '"'))
			return true;
		if (c == '\\') {
			if (t->p == t->end)
				return false;
			c = *t->p++;
		}
		buf_putc(&t->item, c);
	}
	return false;
}

/* One item, up to the delimiter or the closing byte, which stay. */
static bool
take_item(struct text *t, char delimiter, char close)
{
	buf_clear(&t->item);
	t->quoted = false;
	if (take(t, '"'))
		return take_quoted(t);
	while (t->p < t->end && *t->p != delimiter && *t->p != close) {
		if (*t->p == '\\' && ++t->p == t->end)
			return false;
		buf_putc(&t->item, *t->p++);
	}
	return t->p < t->end;
}

static bool
put_element(struct buf *out, struct text *t, const struct pgtype *elem)
{
	if (!take_item(t, elem->delimiter, '}') ||
	    (!t->quoted && t->item.n == 0))
		return false;
	if (!t->quoted && span_is(buf_span(&t->item), "NULL"))
		buf_puts(out, "null");
	else
		pgvalue_put(out, elem, (struct span){ t->item.p ? t->item.p :
		    "", t->item.n });
	return true;
}

/* After the first brace: elements, or arrays of one dimension less. */
static bool
put_elements(struct buf *out, struct text *t, const struct pgtype *elem)
{
	size_t depth = 1;
	bool open = true;       /* right after a brace: there may be none */

	buf_putc(out, '[');
	while (depth > 0) {
		if (take(t, '{')) {
			if (++depth > DIMENSIONS)
				return false;
			buf_putc(out, '[');
			open = true;
			continue;
		}
		if (!(open && t->p < t->end && *t->p == '}') &&
		    !put_element(out, t, elem))
			return false;
		while (depth > 0 && take(t, '}')) {
			buf_putc(out, ']');
			depth--;
		}
		if (depth > 0) {
			if (!take(t, elem->delimiter))
				return false;
			buf_putc(out, ',');
			open = false;
		}
	}
	return t->p == t->end;
}

/* [0:1][2:3]= before an array whose bounds do not begin at 1 */
static void
skip_bounds(struct text *t)
{
	const char *equals;

	if (t->p < t->end && *t->p == '[' && (equals = memchr(t->p, '=',
	    (size_t)(t->end - t->p))) != NULL)
		t->p = equals + 1;
}

static bool
put_array(struct buf *out, struct text *t, const struct pgtype *type)
{
	skip_bounds(t);
	return take(t, '{') && put_elements(out, t, type->elem);
}

static bool
put_fields(struct buf *out, struct text *t, const struct pgtype *type)
{
	if (!take(t, '('))
		return false;
	for (size_t i = 0; i < type->nfields; i++) {
		bool absent = t->p < t->end &&
		    (*t->p == ',' || *t->p == ')');

		buf_putc(out, i > 0 ? ',' : '{');
		json_put_cstring(out, type->field[i].name);
		buf_putc(out, ':');
		if (absent)
			buf_puts(out, "null");
		else if (!take_item(t, ',', ')'))
			return false;
		else
			pgvalue_put(out, type->field[i].type,
			    (struct span){ t->item.p ? t->item.p : "",
			    t->item.n });
		if (!take(t, i + 1 < type->nfields ? ',' : ')'))
			return false;
	}
	buf_puts(out, type->nfields > 0 ? "}" : "{}");
	return type->nfields > 0 ? t->p == t->end : take(t, ')');
}

void
pgnested_put(struct buf *out, const struct pgtype *type, struct span s)
{
	struct text t = { .p = s.p, .end = s.p + s.n };
	size_t start = out->n;
	bool good = type->kind == PG_ARRAY ? put_array(out, &t, type) :
	    put_fields(out, &t, type);

	buf_release(&t.item);
	if (good)
		return;
	out->n = start;
	json_put_string(out, s);
}
