/* SPDX-License-Identifier: MIT */
/* check_discover. */
#include "source/fields.h"
#include "source/rest/check.h"
#include "source/rest/made.h"

struct finding {
	struct emission m;
	struct fields fields;
	bool done;
};

/* Of a document as it would be written. */
static void
see(void *ctx, struct span doc)
{
	struct finding *f = ctx;
	struct json_object o = { 0 };
	struct json_error je;

	if (json_object_scan(doc, JSON_DEPTH, &o, &je) == 0)
		fields_look(&f->fields, &o);
	json_object_release(&o);
}

static int
on_page(void *ctx, const struct scope *s, struct items *t, bool *stop,
    struct err *e)
{
	struct finding *f = ctx;

	if (emission_page(&f->m, s, t, stop, e) != 0)
		return -1;
	if (f->m.n == 0)
		return 0;
	f->done = true;
	*e = (struct err){ 0 };
	return -1;
}

static int
on_scope(void *ctx, struct scope *s, struct err *e)
{
	struct listing l;
	int r = visit_list(s, &s->view->ask, on_page, ctx, &l, e);

	listing_release(&l);
	return r;
}

/* A plain path as the name of a field: .updated_at is updated_at. */
static const char *
field(const struct run *r, const struct definition *d, const char *key,
    const char *absent)
{
	const char *text = val_cstr(val_get(d->keys[MODE_LOAD], key));
	struct path p;

	if (text == NULL)
		return absent;
	return text[0] == '.' && path_parse(&p, span_of(text), r->c.arena) ?
	    text + 1 : text;
}

static int
find(struct run *r, size_t i, struct err *e)
{
	const char *id = field(r, &r->c.v[i], "id", "id");
	struct view *v = run_view(r, i, MODE_LOAD);
	struct finding f = { .m = { .run = r, .view = v, .look = see } };
	struct visit w = { .run = r, .view = v, .scope = on_scope,
		.ctx = &f };
	int result;

	f.m.see_ctx = &f;
	result = visit_run(&w, e) != 0 && !f.done ? -1 : 0;
	if (result == 0)
		fields_emit(&f.fields, r->c.v[i].name, &id, 1,
		    field(r, &r->c.v[i], "time", NULL));
	fields_release(&f.fields);
	emission_release(&f.m);
	return result;
}

int
check_discover(struct run *r, struct err *e)
{
	for (size_t i = 0; i < r->c.n; i++)
		if (r->c.v[i].selected && !r->c.v[i].only_poll &&
		    find(r, i, e) != 0)
			return -1;
	return 0;
}
