/* SPDX-License-Identifier: MIT */
#include "source/rest/items.h"

#include <stdlib.h>

#include "json/text.h"

void
items_free(struct items *t)
{
	buf_release(&t->text);
	buf_release(&t->made);
	free(t->v);
	*t = (struct items){ 0 };
}

static struct item *
add(struct items *t)
{
	t->v = xgrow(t->v, &t->cap, t->n + 1, sizeof *t->v);
	t->v[t->n] = (struct item){ 0 };
	return &t->v[t->n++];
}

/* ---- without libjq ---- */

static int
cut(const struct ask *ask, struct items *t, struct err *e)
{
	static const struct path all = { .n = 1 }, self = { .n = 0 };
	const struct path *path = &ask->items.path;
	struct path_iter it;
	struct span value;
	enum path_result r;

	if (ask->items.program < 0)
		path = t->text.p[0] == '[' ? &all : &self;
	path_start(&it, path, buf_span(&t->text));
	while ((r = path_next(&it, &value)) == PATH_VALUE)
		add(t)->json = value;
	if (r == PATH_END)
		return 0;
	return err_set(e, ST_PERSON, "%s: items: %s", ask->where, it.what);
}

static void
plain_slots(const struct ask *ask, struct items *t)
{
	const struct path *paths[SLOTS] = { NULL };

	for (size_t k = 0; k < ask->nslots; k++)
		if (ask->slots[k]->program >= 0)
			paths[k] = &ask->slots[k]->path;
	for (size_t i = 0; i < t->n; i++) {
		struct span values[SLOTS] = { 0 };
		bool wrong[SLOTS] = { false };

		path_values(paths, ask->nslots, t->v[i].json, values, wrong);
		for (size_t k = 0; k < ask->nslots; k++)
			t->v[i].slots[k] = (struct slot){ wrong[k],
				values[k] };
	}
}

/* ---- with it ---- */

/* [[1],null,[],ITEM] of one item. */
static bool
read_line(const struct ask *ask, struct span line, struct item *item)
{
	struct json_iter it, slot;
	struct json_member m, value;

	if (line.n == 0 || line.p[0] != '[')
		return false;
	json_iter_init(&it, line);
	for (size_t k = 0; k < ask->nslots; k++) {
		if (!json_iter_next(&it, &m))
			return false;
		item->slots[k].wrong = m.type != JSON_ARRAY;
		if (m.type != JSON_ARRAY)
			continue;
		json_iter_init(&slot, m.value);
		if (json_iter_next(&slot, &value))
			item->slots[k].value = value.value;
	}
	if (ask->cut)
		return true;
	if (!json_iter_next(&it, &m))
		return false;
	item->json = m.value;
	return true;
}

static int
read_lines(const struct ask *ask, struct items *t, struct err *e)
{
	const char *p = t->made.p, *end = p + t->made.n;
	size_t n = 0;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		struct span line = { p, (size_t)((nl ? nl : end) - p) };
		struct item *item = !ask->cut ? add(t) :
		    n < t->n ? &t->v[n] : NULL;

		if (item == NULL || !read_line(ask, line, item))
			break;
		n++;
		p = nl ? nl + 1 : end;
	}
	if (p == end && n == t->n)
		return 0;
	return err_set(e, ST_PERSON, "%s: items: not what its program "
	    "should give", ask->where);
}

int
items_read(struct run *r, const struct ask *ask, const struct vars *v,
    struct buf *json, struct items *out, struct err *e)
{
	struct buf old = out->text;

	out->n = 0;
	out->text = *json;
	*json = old;
	buf_clear(json);
	if (out->text.n == 0)
		return 0;
	if (ask->cut && cut(ask, out, e) != 0)
		return -1;
	if (ask->page < 0) {
		plain_slots(ask, out);
		return 0;
	}
	if (programs_run(&r->programs, ask->page, v, buf_span(&out->text),
	    &out->made, ask->where, NULL, e) != 0)
		return -1;
	buf_pad(&out->made);
	return read_lines(ask, out, e);
}
