/* SPDX-License-Identifier: MIT */
/* read_ids: documents by their ids, each by `one`, or out of a listing. */
#include <stdio.h>
#include <stdlib.h>

#include "source/rest/ident.h"
#include "source/rest/made.h"
#include "source/rest/read.h"

/* What is asked for of one stream. */
struct group {
	struct reading g;
	struct run *r;
	struct ids ids;
	struct wish {
		struct buf id, scope;   /* JSON strings */
		struct span bare;       /* the whole id */
		bool scoped, done;
	} *v;
	size_t n, cap;
	bool nameless;          /* a parent that has no name of its own */
};

static void
group_release(struct group *g)
{
	for (size_t i = 0; i < g->n; i++) {
		buf_release(&g->v[i].id);
		buf_release(&g->v[i].scope);
	}
	free(g->v);
	ids_release(&g->ids);
	reading_release(&g->g);
}

static void
add_wish(struct group *g, struct span bare, const struct ident *t)
{
	struct wish *w;

	g->v = xgrow(g->v, &g->cap, g->n + 1, sizeof *g->v);
	w = &g->v[g->n++];
	*w = (struct wish){ .bare = bare, .scoped = t->n == 3 };
	json_put_string(&w->id, buf_span(&t->parts[t->n - 1]));
	if (w->scoped)
		json_put_string(&w->scope, buf_span(&t->parts[1]));
	ids_add(&g->ids, bare);
}

/* Ids of this stream, or of the one whose ids it has; those that cannot be its
 * are nobody's. */
static void
collect(struct group *g, const struct request *rq)
{
	const struct view *v = g->g.load;
	const char *name = v->stream->only_poll ? v->stream->name :
	    emission_name(g->r, v);
	struct ident t = { 0 };

	for (size_t i = 0; i < rq->ids->n; i++) {
		struct span id = val_str(rq->ids->items[i]);

		if (ident_parse(&t, id) &&
		    span_is(buf_span(&t.parts[0]), name) &&
		    (t.n == 3) == (v->scope.program >= 0))
			add_wish(g, id, &t);
	}
	ident_release(&t);
	ids_sort(&g->ids);
}

/* ---- one ---- */

static int
failed(struct wish *w, const char *code, const char *why)
{
	w->done = true;
	emit_fail(w->bare, code, why);
	return 0;
}

/* An answer that is one document, or none. */
static int
take_answer(struct group *g, struct wish *w, const struct ask *one,
    const struct scope *s, struct answer *a, struct err *e)
{
	struct items items = { 0 };
	bool stop = false;
	int r = items_read(g->r, one, &s->vars, &a->json, &items, e);

	g->g.m.scope = buf_span(&w->scope);
	w->done |= items.n > 0;
	if (r != 0 && e->status == ST_PERSON)
		r = failed(w, "answer", e->text);
	else if (r == 0)
		r = emission_page(&g->g.m, s, &items, &stop, e);
	items_free(&items);
	return r;
}

enum told { TOLD_FAULT, TOLD_OPEN, TOLD_NONE, TOLD };

/* TOLD_OPEN: it does not tell whether there is one; a->code and a->why say why.
 * Only a status can say that there is none. */
static enum told
ask(struct run *r, const struct ask *one, const struct vars *vars,
    struct answer *a, struct err *e)
{
	struct asked asked = { 0 };
	bool own;
	int bad = asked_start(r, one, vars, &asked, &own, e);

	if (bad == 0) {
		bad = answer_get(r, &asked, vars, ANSWER_ONE, a, e);
		own = bad != 0 && a->action == ACT_OK;
	}
	asked_release(&asked);
	if (bad != 0 && !own)
		return TOLD_FAULT;
	if (bad != 0) {
		snprintf(a->code, sizeof a->code, "answer");
		snprintf(a->why, sizeof a->why, "%.*s", MSG_MAX - 1, e->text);
		return TOLD_OPEN;
	}
	if (a->action == ACT_SKIP || a->action == ACT_RESET)
		return TOLD_OPEN;
	if (a->action != ACT_OK)
		return TOLD_NONE;
	if (a->json.n > 0)
		return TOLD;
	snprintf(a->code, sizeof a->code, "http_%d", a->reply.status);
	snprintf(a->why, sizeof a->why, "an answer without a body");
	return TOLD_OPEN;
}

/* w->done: something was there, or that cannot be told. */
static int
ask_single(struct group *g, struct wish *w, const struct ask *one,
    struct span parent, struct err *e)
{
	struct scope s = { .run = g->r, .view = g->g.load, .vars = {
		.p = parent, .id = buf_span(&w->id),
		.scope = buf_span(&w->scope) } };
	struct answer a = { 0 };
	enum told told = ask(g->r, one, &s.vars, &a, e);
	int r = told == TOLD_FAULT ? -1 : 0;

	if (told == TOLD_OPEN)
		r = failed(w, a.code, a.why);
	else if (told == TOLD)
		r = take_answer(g, w, one, &s, &a, e);
	answer_release(&a);
	return r;
}

static int
ask_one(struct group *g, struct wish *w, struct span parent, struct err *e)
{
	const struct view *v = g->g.load;
	int r = 0;

	for (size_t i = 0; r == 0 && !w->done && i < v->nones; i++)
		r = ask_single(g, w, &v->one[i], parent, e);
	w->done |= !v->one_parent || w->scoped;
	return r;
}

/* ---- their parents ---- */

static int
of_parent(void *ctx, struct scope *s, struct err *e)
{
	struct group *g = ctx;
	struct buf name = { 0 };
	bool scoped = g->g.load->scope.program >= 0;
	int r = 0;

	if (scoped && !s->named)
		g->nameless = true;
	else if (scoped)
		json_put_string(&name, buf_span(&s->name));
	for (size_t i = 0; r == 0 && s->named == scoped && i < g->n; i++)
		if (!g->v[i].done &&
		    span_eq(buf_span(&g->v[i].scope), buf_span(&name)))
			r = ask_one(g, &g->v[i], s->vars.p, e);
	buf_release(&name);
	return r;
}

/* ---- a parent that the listing did not have ---- */

/* All of i's scope: asked for with the parent, or failed, or else gone. */
static int
settle(struct group *g, size_t i, struct span parent, const char *code,
    const char *why, struct err *e)
{
	int r = 0;

	for (size_t j = i; r == 0 && j < g->n; j++) {
		struct wish *w = &g->v[j];

		if (w->done || !span_eq(buf_span(&w->scope),
		    buf_span(&g->v[i].scope)))
			continue;
		if (parent.n > 0)
			r = ask_one(g, w, parent, e);
		else if (why != NULL)
			r = failed(w, code, why);
		w->done = true;
	}
	return r;
}

static bool
is_named(const struct item *t, struct span name)
{
	struct buf id = { 0 }, text = { 0 };
	bool same = !t->slots[SLOT_ID].wrong &&
	    ident_text(t->slots[SLOT_ID].value, &id);

	if (same) {
		json_put_string(&text, buf_span(&id));
		same = span_eq(buf_span(&text), name);
	}
	buf_release(&id);
	buf_release(&text);
	return same;
}

static int
take_parent(struct group *g, size_t i, const struct ask *one,
    const struct vars *vars, struct answer *a, struct err *e)
{
	struct items items = { 0 };
	struct span parent = { 0 };
	const char *why = NULL;
	int r = items_read(g->r, one, vars, &a->json, &items, e);

	if (r != 0 && e->status == ST_PERSON) {
		why = e->text;
		r = 0;
	}
	for (size_t k = 0; k < items.n; k++) {
		bool gone, wrong, wanted = visit_wanted(&items.v[k], &gone,
		    &wrong);

		if (wrong)
			why = "its parent cannot be judged";
		else if (wanted && is_named(&items.v[k], vars->scope))
			parent = items.v[k].json;
	}
	if (r == 0 && (parent.n > 0 || why != NULL))
		r = settle(g, i, parent, "parent", why, e);
	items_free(&items);
	return r;
}

static int
ask_parent_by(struct group *g, size_t i, const struct ask *one, struct err *e)
{
	struct vars vars = { .id = buf_span(&g->v[i].scope),
		.scope = buf_span(&g->v[i].scope) };
	struct answer a = { 0 };
	enum told told = ask(g->r, one, &vars, &a, e);
	int r = told == TOLD_FAULT ? -1 : 0;

	if (told == TOLD_OPEN)
		r = settle(g, i, (struct span){ 0 }, a.code, a.why, e);
	else if (told == TOLD)
		r = take_parent(g, i, one, &vars, &a, e);
	answer_release(&a);
	return r;
}

static int
ask_parent(struct group *g, size_t i, const struct view *of, struct err *e)
{
	int r = 0;

	for (size_t k = 0; r == 0 && !g->v[i].done && k < of->nones; k++)
		r = ask_parent_by(g, i, &of->one[k], e);
	return r == 0 ? settle(g, i, (struct span){ 0 }, NULL, NULL, e) : r;
}

/* The stream of the parents, if one can be asked for by the name that it gives
 * to a scope. */
static const struct view *
parent_by_name(const struct group *g)
{
	const struct view *v = g->g.load, *of;
	struct span scope, id;

	if (v->kind != FOR_STREAM || v->scope.program < 0)
		return NULL;
	of = run_view(g->r, (size_t)v->stream->parent[v->mode], MODE_LOAD);
	scope = val_str(val_get(v->stream->keys[MODE_LOAD], "scope"));
	id = val_str(val_get(of->stream->keys[MODE_LOAD], "id"));
	if (id.n == 0)
		id = SPAN(".id");
	return of->one != NULL && !of->one_parent && of->scope.program < 0 &&
	    scope.n == id.n + 2 && memcmp(scope.p, "$p", 2) == 0 &&
	    memcmp(scope.p + 2, id.p, id.n) == 0 ? of : NULL;
}

/* Is the parent needed to make the same document again, or to know whether it
 * is still to be read? */
static bool
needs_parent(const struct view *v)
{
	return v->kind == FOR_LIST || v->kind == FOR_JQ ||
	    (v->kind == FOR_STREAM &&
	    (v->one_parent || v->scope.program >= 0));
}

/* Those whose parent is there no more are gone with it. Where ids have no
 * scope, any of them may be the parent. */
static int
by_parents(struct group *g, struct err *e)
{
	const struct view *of = parent_by_name(g);
	struct visit w = { .run = g->r, .view = g->g.load,
		.scope = of_parent, .ctx = g };

	if (visit_run(&w, e) != 0)
		return -1;
	for (size_t i = 0; i < g->n; i++) {
		if (g->v[i].done)
			continue;
		if (visit_partial(g->r, g->g.load))
			failed(&g->v[i], "parent", "its parents were not "
			    "read as a whole");
		else if (of != NULL && ask_parent(g, i, of, e) != 0)
			return -1;
		else if (!g->v[i].done && g->nameless && ask_one(g, &g->v[i],
		    (struct span){ 0 }, e) != 0)
			return -1;
	}
	return 0;
}

static int
by_one(struct group *g, struct err *e)
{
	if (needs_parent(g->g.load))
		return by_parents(g, e);
	for (size_t i = 0; i < g->n; i++)
		if (ask_one(g, &g->v[i], (struct span){ 0 }, e) != 0)
			return -1;
	return 0;
}

static int
read_group(struct run *r, size_t i, struct err *e)
{
	struct view *v = run_view(r, i, MODE_LOAD);
	struct group g = { .r = r, .g = { .load = v,
		.m = { .run = r, .view = v, .one = v->one != NULL } } };
	int result = 0;

	g.g.m.wanted = &g.ids;
	collect(&g, r->rq);
	if (g.n > 0 && v->one != NULL)
		result = by_one(&g, e);
	else if (g.n > 0 && !r->c.v[i].only_poll)
		result = reading_run(&g.g, e);
	group_release(&g);
	return result;
}

int
read_ids(struct run *r, struct err *e)
{
	for (size_t i = 0; i < r->c.n; i++)
		visit_need(r, run_view(r, i, MODE_LOAD));
	for (size_t i = 0; i < r->c.n; i++)
		if (r->c.v[i].selected && !r->c.v[i].feeds &&
		    read_group(r, i, e) != 0)
			return -1;
	return 0;
}
