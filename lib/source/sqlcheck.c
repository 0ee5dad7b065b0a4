/* SPDX-License-Identifier: MIT */
#include "source/sqlcheck.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

enum { NAMED = 10, SECONDS = 2, LOOK_AT_CLOCK = 1024 };

MSG_PRINTF(3, 4)
static void
say(const char *what, bool good, const char *fmt, ...)
{
	char text[MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	emit_check(what, good, text);
}

void
sqlcheck_say(const struct sqltable *t, bool good, struct buf *message)
{
	char *what = xasprintf("streams.%s", t->s.name);

	emit_check(what, good, buf_cstr(message));
	buf_release(message);
	free(what);
}

void
sqlcheck_bare(const char *const *names, size_t n)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < n && i <= NAMED; i++) {
		buf_puts(&b, i > 0 ? ", " : "not read, for want of a primary "
		    "key (name them in streams, with id): ");
		buf_puts(&b, i < NAMED ? names[i] : "...");
	}
	if (n > 0)
		emit_check("streams", true, buf_cstr(&b));
	buf_release(&b);
}

/* ---- rules ---- */

/* The field that a column becomes: what begins with _ gets one more. */
static bool
is_field_of(const char *field, const struct sqltable *t)
{
	if (field[0] == '_')
		field++;
	for (size_t i = 0; i < t->ncolumns; i++)
		if (streq(t->column[i].name, field))
			return true;
	return false;
}

/* Those that every document has, or may have. */
static bool
is_ours(const char *field)
{
	return streq(field, "_id") || streq(field, "_timestamp") ||
	    streq(field, "_stream");
}

void
sqlcheck_fields(struct sqlcheck *c, const struct request *rq,
    const struct sqltable *t)
{
	const struct val *rules = val_get(rq->root, "rules");

	if (rules == NULL || rules->type != JSON_ARRAY)
		return;
	if (c->known == NULL)
		c->known = xcalloc(rules->n, sizeof *c->known);
	for (size_t i = 0; i < rules->n; i++) {
		const char *field = val_cstr(val_get(rules->items[i],
		    "field"));

		c->known[i] = c->known[i] || field == NULL ||
		    is_ours(field) || is_field_of(field, t) ||
		    span_is(val_str(val_get(rules->items[i], "id")),
		    "DEFAULT");
	}
}

void
sqlcheck_report(struct sqlcheck *c, const struct request *rq, bool all)
{
	const struct val *rules = val_get(rq->root, "rules");

	for (size_t i = 0; all && c->known && i < rules->n; i++) {
		const struct val *id = val_get(rules->items[i], "id");
		const char *name = val_cstr(id);

		if (!c->known[i])
			say("rules", true, "rules[%zu] (id %s): no stream has "
			    "a field %s", i, name ? name : "",
			    val_cstr(val_get(rules->items[i], "field")));
	}
	free(c->known);
	c->known = NULL;
}

/* ---- ids ---- */

int
sqlids_add(struct sqlids *ids, struct sqlrows *r)
{
	if (!sqlrows_id(r)) {
		say("ids", false, "stream %s: a row whose id is NULL",
		    r->t->s.name);
		return -1;
	}
	ids->v = xgrow(ids->v, &ids->cap, ids->n + 1, sizeof *ids->v);
	ids->v[ids->n++] = hash128(r->id.p, r->id.n);
	if (ids->n == 1)
		ids->until = clock_mono() + SECONDS;
	return ids->n % LOOK_AT_CLOCK != 0 || clock_mono() < ids->until;
}

static int
by_hash(const void *a, const void *b)
{
	const struct h128 *x = a, *y = b;

	if (x->hi != y->hi)
		return x->hi < y->hi ? -1 : 1;
	return (x->lo > y->lo) - (x->lo < y->lo);
}

/* How many came before. */
static size_t
repeated(struct sqlids *ids)
{
	size_t n = 0;

	if (ids->n > 0)
		qsort(ids->v, ids->n, sizeof *ids->v, by_hash);
	for (size_t i = 1; i < ids->n; i++)
		n += hash_eq(ids->v[i - 1], ids->v[i]);
	return n;
}

void
sqlids_report(struct sqlids *ids, const struct sqltable *t, bool all)
{
	size_t twice = repeated(ids);
	bool key = false;

	for (size_t i = 0; i < t->ncolumns; i++)
		key = key || t->column[i].key > 0;
	if (twice > 0)
		say("ids", false, "stream %s: of %zu rows %zu have the id of "
		    "another one, of which only the last would be kept",
		    t->s.name, ids->n, twice);
	else if (!all && !key)
		say("ids", true, "stream %s: the first %zu rows have ids of "
		    "their own; the others were not looked at", t->s.name,
		    ids->n);
	free(ids->v);
	*ids = (struct sqlids){ 0 };
}
