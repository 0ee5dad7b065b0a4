/* SPDX-License-Identifier: MIT */
#include "source/rest/view.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/opt.h"
#include "source/rest/definition.h"
#include "source/rest/status.h"

/* Where keys of one request stand, for messages. */
struct spot {
	struct programs *p;
	const struct val *keys;
	const char *stem;       /* "streams.pages." */
	/* the stream without the mode's overrides, and what their keys have
	 * before them; NULL: there are none */
	const struct val *base;
	const char *mode;
};

/* Both texts, in the arena. */
static const char *
join(struct programs *p, const char *a, const char *b)
{
	char *text = xasprintf("%s%s", a, b);
	const char *out = arena_strndup(p->c->arena, span_of(text));

	free(text);
	return out;
}

static void
spot_init(struct spot *s, struct programs *p, const struct val *keys,
    const char *where)
{
	s->p = p;
	s->keys = keys;
	s->stem = join(p, where, ".");
	s->base = NULL;
}

/* Where a key stands: in the stream, or in the overrides of its mode. */
static const char *
stem_of(const struct spot *s, const char *key)
{
	if (s->base == NULL || val_get(s->base, key) == val_get(s->keys, key))
		return s->stem;
	return join(s->p, s->stem, s->mode);
}

static struct expr
expr_of(const struct spot *s, const char *key)
{
	return programs_expr(s->p, s->keys, stem_of(s, key), key);
}

/* ---- the request ---- */

static void
put_part(struct spot *s, struct buf *text, const char *name,
    const char *key, enum program_kind kind)
{
	const struct val *v = val_get(s->keys, key);

	if (v == NULL)
		return;
	buf_printf(text, "%s%s:_%d", text->n > 1 ? "," : "", name,
	    programs_add(s->p, v, kind, join(s->p, stem_of(s, key), key), 0));
}

static int
request_program(struct spot *s, bool post)
{
	struct buf text = { 0 };
	int program;

	buf_putc(&text, '{');
	put_part(s, &text, "path", post ? "post" : "get", PROGRAM_PATH);
	put_part(s, &text, "query", "query", PROGRAM_TREE);
	put_part(s, &text, "headers", "headers", PROGRAM_TREE);
	if (post)
		put_part(s, &text, "body", "body", PROGRAM_TREE);
	if (post)
		put_part(s, &text, "form", "form", PROGRAM_TREE);
	buf_putc(&text, '}');
	program = jqset_made(s->p->set, buf_cstr(&text));
	buf_release(&text);
	return program;
}

/* ---- the page ---- */

/* An error of a slot is null, else a list of its first value. */
static void
put_slot(struct buf *text, const struct expr *x)
{
	if (x->program < 0)
		buf_puts(text, "[]");
	else
		buf_printf(text, "(try [[_%d][0]] catch null)", x->program);
}

static int
page_program(const struct spot *s, const struct ask *a)
{
	struct buf text = { 0 };
	int program;

	if (a->items.program < 0)
		buf_puts(&text,
		    "(if type == \"array\" then .[] else . end) | [");
	else
		buf_printf(&text, "_%d | [", a->items.program);
	for (size_t i = 0; i < a->nslots; i++) {
		buf_puts(&text, i > 0 ? "," : "");
		put_slot(&text, a->slots[i]);
	}
	if (!a->cut)
		buf_puts(&text, a->nslots > 0 ? ",." : ".");
	buf_putc(&text, ']');
	program = jqset_made(s->p->set, buf_cstr(&text));
	buf_release(&text);
	return program;
}

static bool
is_plain(const struct expr *x)
{
	return x->program < 0 || (x->plain && path_is_single(&x->path));
}

static void
finish_page(const struct spot *s, struct ask *a)
{
	bool plain;

	a->cut = a->items.program < 0 || a->items.plain;
	plain = a->cut;
	for (size_t i = 0; i < a->nslots; i++)
		plain = plain && is_plain(a->slots[i]);
	a->page = plain ? -1 : page_program(s, a);
}

/* ---- the next page ---- */

/* pages("KEY") or offset("KEY"), and nothing else. */
static void
find_guess(const struct spot *s, struct ask *a)
{
	const char *text = val_cstr(val_get(s->keys, "next"));
	char name[8], key[64], tail;

	a->guess = GUESS_NONE;
	if (text == NULL || sscanf(text, " %7[a-z] ( \"%63[A-Za-z0-9_.-]\" ) "
	    "%c", name, key, &tail) != 2)
		return;
	a->guess = streq(name, "pages") ? GUESS_PAGES :
	    streq(name, "offset") ? GUESS_OFFSET : GUESS_NONE;
	a->guess_key = arena_strndup(s->p->c->arena, span_of(key));
}

/* ---- all of a request ---- */

static int
make_ask(struct spot *s, struct ask *a, const char *where, struct err *e)
{
	const struct val *status = val_get(s->keys, "status");

	a->where = arena_strndup(s->p->c->arena, span_of(where));
	a->post = val_get(s->keys, "post") != NULL;
	if (!a->post && val_get(s->keys, "get") == NULL)
		return connector_wrong(s->p->c, s->keys, where, e,
		    "get is missing");
	a->request = request_program(s, a->post);
	a->format = val_cstr(val_get(s->keys, "format"));
	a->items = expr_of(s, "items");
	a->next = expr_of(s, "next");
	a->total = expr_of(s, "total");
	a->mark = expr_of(s, "mark");
	find_guess(s, a);
	return status_read(s->p, status, s->stem, &a->status, &a->nstatus, e);
}

int
view_sub(struct sub *sub, struct programs *p, const struct val_member *m,
    const char *name, struct err *e)
{
	struct arena *a = p->c->arena;
	struct spot s;
	const char *where = join(p, join(p, name, "."), m->key.p);

	spot_init(&s, p, connector_merge(a, p->c->sub, m->value), where);
	sub->name = m->key.p;
	if (make_ask(&s, &sub->ask, where, e) != 0)
		return -1;
	sub->when = expr_of(&s, "when");
	sub->keep = expr_of(&s, "keep");
	sub->again = expr_of(&s, "again");
	sub->ask.slots[SLOT_SUB_KEEP] = &sub->keep;
	sub->ask.slots[SLOT_SUB_AGAIN] = &sub->again;
	sub->ask.nslots = 2;
	finish_page(&s, &sub->ask);
	return 0;
}

static int
make_subs(struct view *v, struct programs *p, const struct val *with,
    struct err *e)
{
	const char *where = join(p, v->ask.where, ".with");

	v->nsubs = with != NULL ? with->n : 0;
	v->subs = arena_alloc(p->c->arena, v->nsubs * sizeof *v->subs);
	for (size_t i = 0; i < v->nsubs; i++)
		if (view_sub(&v->subs[i], p, &with->members[i], where, e) !=
		    0)
			return -1;
	return 0;
}

/* ---- before and one ---- */

/* A path alone is a mapping with `get`. */
static const struct val *
as_map(struct arena *a, const struct val *v)
{
	struct val *map;

	if (v->type == JSON_OBJECT)
		return v;
	map = val_new(a, JSON_OBJECT);
	map->line = v->line;
	map->col = v->col;
	val_set(a, map, SPAN("get"), (struct val *)(uintptr_t)v);
	return map;
}

/* What a single request of the stream has of it, unless it says otherwise. */
static const struct val *
own_keys(struct arena *a, const struct val *keys)
{
	static const char *const names[] = { "query", "headers", "status",
	    "format" };
	struct val *out = val_new(a, JSON_OBJECT);

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (val_get(keys, names[i]) != NULL)
			val_set(a, out, span_of(names[i]),
			    val_get(keys, names[i]));
	return out;
}

static bool
has_parent(struct span text)
{
	for (size_t i = 0; i + 2 <= text.n; i++)
		if (memcmp(text.p + i, "$p", 2) == 0 &&
		    (i + 2 == text.n || !program_word(text.p[i + 2])))
			return true;
	return false;
}

/* Does a text in it speak of the parent? */
static bool
mentions_parent(const struct val *v)
{
	if (v->type == JSON_STRING)
		return has_parent(v->str);
	for (size_t i = 0; i < v->n; i++)
		if (mentions_parent(v->type == JSON_ARRAY ? v->items[i] :
		    v->members[i].value))
			return true;
	return false;
}

static int
make_single(struct view *v, struct programs *p, const struct val *keys,
    const struct val *one, struct ask *out, const char *place, struct err *e)
{
	struct arena *a = p->c->arena;
	struct spot s;

	spot_init(&s, p, connector_merge(a, own_keys(a, keys),
	    as_map(a, one)), place);
	if (make_ask(&s, out, place, e) != 0)
		return -1;
	memcpy(out->slots, v->ask.slots, sizeof out->slots);
	out->nslots = v->ask.nslots;
	/* one document, though it be a list */
	if (out->items.program < 0) {
		out->items = (struct expr){ .program = programs_add(p,
		    val_string(a, SPAN(".")), PROGRAM_JQ, place, 0),
		    .plain = true };
	}
	finish_page(&s, out);
	return 0;
}

static int
make_one(struct view *v, struct programs *p, const struct val *keys,
    const char *where, struct err *e)
{
	const struct val *one = val_get(keys, "one");
	bool list = one != NULL && one->type == JSON_ARRAY;
	const char *place = join(p, where, ".one");

	if (one == NULL)
		return 0;
	v->nones = list ? one->n : 1;
	v->one = arena_alloc(p->c->arena, v->nones * sizeof *v->one);
	v->one_parent = mentions_parent(one);
	for (size_t i = 0; i < v->nones; i++)
		if (make_single(v, p, keys, list ? one->items[i] : one,
		    &v->one[i], place, e) != 0)
			return -1;
	return 0;
}

static int
make_before(struct view *v, struct programs *p, const struct val *keys,
    const char *where, struct err *e)
{
	struct arena *a = p->c->arena;
	const struct val *before = val_get(keys, "before");
	const char *place = join(p, where, ".before");
	struct spot s;

	v->marked = v->ask.mark.program >= 0;
	if (before == NULL)
		return 0;
	spot_init(&s, p, connector_merge(a, p->c->sub, before), place);
	v->before = arena_alloc(a, sizeof *v->before);
	if (make_ask(&s, v->before, place, e) != 0)
		return -1;
	if (v->before->mark.program < 0)
		return connector_wrong(p->c, before, place, e,
		    "mark is missing");
	finish_page(&s, v->before);
	v->marked = true;
	return 0;
}

/* ---- the view ---- */

static void
make_for(struct view *v, struct spot *s)
{
	const struct val *f = val_get(s->keys, "for");

	v->kind = FOR_ONCE;
	v->for_program = -1;
	if (f == NULL || f->type == JSON_NULL)
		return;
	v->kind = f->type == JSON_ARRAY ? FOR_LIST :
	    v->stream->parent[v->mode] >= 0 ? FOR_STREAM : FOR_JQ;
	v->for_list = f;
	if (v->kind == FOR_JQ)
		v->for_program = programs_add(s->p, f, PROGRAM_JQ,
		    join(s->p, stem_of(s, "for"), "for"), 0);
}

static int
docs_program(const struct spot *s, const struct expr *doc)
{
	struct buf text = { 0 };
	int program;

	if (doc->program < 0)
		return -1;
	buf_printf(&text, ".[] | (try [_%d] catch null)", doc->program);
	program = jqset_made(s->p->set, buf_cstr(&text));
	buf_release(&text);
	return program;
}

static void
make_fields(struct view *v, struct spot *s)
{
	struct ask *a = &v->ask;

	v->id = expr_of(s, "id");
	if (v->id.program < 0) {
		struct val *id = val_string(s->p->c->arena, SPAN(".id"));

		v->id.program = programs_add(s->p, id, PROGRAM_JQ, "id", 0);
		v->id.plain = path_parse(&v->id.path, id->str,
		    s->p->c->arena);
	}
	v->time = expr_of(s, "time");
	v->keep = expr_of(s, "keep");
	v->gone = expr_of(s, "gone");
	v->scope = expr_of(s, "scope");
	v->doc = expr_of(s, "doc");
	v->docs = docs_program(s, &v->doc);
	a->slots[SLOT_ID] = &v->id;
	a->slots[SLOT_TIME] = &v->time;
	a->slots[SLOT_KEEP] = &v->keep;
	a->slots[SLOT_GONE] = &v->gone;
	a->slots[SLOT_SCOPE] = &v->scope;
	a->nslots = SLOT_SCOPE + 1;
}

int
view_make(struct view *v, struct programs *p, const struct definition *d,
    enum mode mode, struct err *e)
{
	const struct val *keys = d->keys[mode];
	char where[DEFINITION_KEY];
	struct spot s;

	*v = (struct view){ .stream = d, .mode = mode };
	definition_key(where, d->name, "");
	spot_init(&s, p, keys, where);
	if (mode != MODE_LOAD) {
		s.base = d->keys[MODE_LOAD];
		s.mode = mode == MODE_POLL ? "poll." : "slim.";
	}
	if (make_ask(&s, &v->ask, where, e) != 0)
		return -1;
	make_fields(v, &s);
	make_for(v, &s);
	finish_page(&s, &v->ask);
	v->newest_first = mode == MODE_POLL &&
	    val_bool(val_get(keys, "newest_first"), false);
	if (val_get(keys, "step") != NULL &&
	    !opt_duration(val_str(val_get(keys, "step")), &v->step))
		return connector_wrong(p->c, val_get(keys, "step"), where, e,
		    "step: not a duration");
	if (make_subs(v, p, mode == MODE_SLIM ? NULL : val_get(keys, "with"),
	    e) != 0 || make_one(v, p, keys, where, e) != 0)
		return -1;
	return make_before(v, p, keys, where, e);
}
