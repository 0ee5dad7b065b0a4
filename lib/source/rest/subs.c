/* SPDX-License-Identifier: MIT */
#include "source/rest/subs.h"

#include <stdarg.h>
#include <stdio.h>

#include "json/text.h"

static const struct span NOTHING = { "[]", 2 };

/* One list of a sub-request, at some depth. */
struct sublist {
	struct run *r;
	const struct sub *sub;
	unsigned depth;
	struct buf *out;        /* of the items, [ and , and ] */
	struct trouble *t;
};

static int list(struct sublist *l, struct span parent, struct err *e);

MSG_PRINTF(3, 4)
static int
trouble(struct trouble *t, const char *code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->why, sizeof t->why, fmt, ap);
	va_end(ap);
	snprintf(t->codes, sizeof t->codes, "%s", code);
	t->code = t->codes;
	return 0;
}

/* Adds the object with a member replaced or added. */
static void
splice(struct buf *out, struct span object, const char *name,
    struct span value)
{
	struct json_iter it;
	struct json_member m;

	buf_putc(out, '{');
	json_iter_init(&it, object);
	while (json_iter_next(&it, &m)) {
		if (json_key_is(&m, name))
			continue;
		buf_puts(out, out->p[out->n - 1] == '{' ? "\"" : ",\"");
		buf_add_span(out, m.key);
		buf_puts(out, "\":");
		buf_add_span(out, m.value);
	}
	buf_puts(out, out->p[out->n - 1] == '{' ? "" : ",");
	json_put_cstring(out, name);
	buf_putc(out, ':');
	buf_add_span(out, value);
	buf_putc(out, '}');
}

static bool
is_object(struct span json)
{
	return json.n > 0 && json.p[0] == '{';
}

/* An item with what lies below it in .children. */
static int
add_deep(struct sublist *l, struct span item, struct err *e)
{
	struct buf children = { 0 };
	struct sublist below = { l->r, l->sub, l->depth + 1, &children,
		l->t };
	int r;

	if (l->depth == SUBS_DEPTH)
		return trouble(l->t, "too_deep", "%s: again: more than %d "
		    "levels", l->sub->ask.where, SUBS_DEPTH);
	r = list(&below, item, e);
	if (r == 0 && l->t->code == NULL)
		splice(l->out, item, "children", buf_span(&children));
	buf_release(&children);
	return r;
}

static int
add_page(void *ctx, struct items *t, bool *stop, struct err *e)
{
	struct sublist *l = ctx;

	for (size_t i = 0; i < t->n && l->t->code == NULL; i++) {
		const struct item *item = &t->v[i];
		const struct slot *keep = &item->slots[SLOT_SUB_KEEP];
		const struct slot *again = &item->slots[SLOT_SUB_AGAIN];

		if (keep->wrong || again->wrong)
			trouble(l->t, "with", "%s: a program failed on an "
			    "item", l->sub->ask.where);
		else if (keep->value.n > 0 && !json_truthy(keep->value))
			continue;
		if (l->out->n > 1)
			buf_putc(l->out, ',');
		if (json_truthy(again->value) && is_object(item->json)) {
			if (add_deep(l, item->json, e) != 0)
				return -1;
		} else {
			buf_add_span(l->out, item->json);
		}
	}
	*stop = l->t->code != NULL;
	return 0;
}

static int
list(struct sublist *l, struct span parent, struct err *e)
{
	struct vars vars = { .p = parent };
	struct listing page = { .run = l->r, .ask = &l->sub->ask,
		.vars = &vars, .use = ANSWER_ITEM, .eager = true,
		.page = add_page, .ctx = l };
	int r;

	buf_putc(l->out, '[');
	r = listing_run(&page, e);
	if (r != 0 && page.own && e->status == ST_PERSON)
		r = trouble(l->t, "with", "%s", e->text);
	else if (r == 0 && page.end != LISTING_DONE)
		trouble(l->t, page.end == LISTING_SKIPPED ? page.code :
		    "incomplete", "%s", page.why);
	buf_putc(l->out, ']');
	listing_release(&page);
	return r;
}

/* ---- all subs of an item ---- */

/* `when`. *own: its program is to blame. */
static int
is_asked(struct run *r, const struct sub *s, struct span item, bool *yes,
    bool *own, struct err *e)
{
	struct vars vars = { .p = item };
	struct buf out = { 0 };
	int result;

	*own = false;
	*yes = true;
	if (s->when.program < 0)
		return 0;
	result = programs_run(&r->programs, s->when.program, &vars, item,
	    &out, s->ask.where, own, e);
	*yes = result == 0 && json_truthy(first_line(&out));
	buf_release(&out);
	return result;
}

int
subs_one(struct run *r, const struct sub *s, struct span item,
    struct buf *out, struct trouble *t, struct err *e)
{
	struct sublist l = { r, s, 0, out, t };
	bool yes, own;

	t->code = NULL;
	if (is_asked(r, s, item, &yes, &own, e) != 0)
		return own ? trouble(t, "with", "%s", e->text) : -1;
	if (yes)
		return list(&l, item, e);
	buf_add_span(out, NOTHING);
	return 0;
}

int
subs_fetch(struct run *r, const struct view *v, struct span item,
    struct buf *out, struct trouble *t, struct err *e)
{
	struct buf now = { 0 }, next = { 0 }, made = { 0 };
	int result = 0;

	t->code = NULL;
	if (!is_object(item))
		return trouble(t, "with", "%s: the item is no object",
		    v->ask.where);
	buf_add_span(&now, item);
	for (size_t i = 0; result == 0 && t->code == NULL && i < v->nsubs;
	    i++) {
		struct buf swap;

		buf_clear(&made);
		buf_clear(&next);
		buf_pad(&now);
		result = subs_one(r, &v->subs[i], buf_span(&now), &made, t,
		    e);
		if (result != 0 || t->code != NULL)
			break;
		splice(&next, buf_span(&now), v->subs[i].name,
		    buf_span(&made));
		swap = now;
		now = next;
		next = swap;
	}
	buf_add_span(out, buf_span(&now));
	buf_release(&now);
	buf_release(&next);
	buf_release(&made);
	return result;
}

void
subs_ahead(struct run *r, const struct view *v, struct span item)
{
	for (size_t i = 0; i < v->nsubs; i++) {
		struct vars vars = { .p = item };
		struct asked asked = { 0 };
		struct err e;
		bool yes, own;

		if (is_asked(r, &v->subs[i], item, &yes, &own, &e) == 0 &&
		    yes && asked_start(r, &v->subs[i].ask, &vars, &asked,
		    &own, &e) == 0)
			fetch_ahead(r->fetch, &asked.request);
		asked_release(&asked);
	}
}
