/* SPDX-License-Identifier: MIT */
#include "source/rest/emission.h"

#include <stdlib.h>

#include "base/clock.h"
#include "json/text.h"
#include "source/rest/functions.h"
#include "source/rest/ident.h"
#include "source/rest/made.h"

void
emission_release(struct emission *m)
{
	free(m->v);
	buf_release(&m->ids);
	buf_release(&m->times);
	buf_release(&m->docs);
	buf_release(&m->made);
	buf_release(&m->time);
	free(m->now);
}

const char *
emission_name(const struct run *r, const struct view *v)
{
	return r->c.v[v->stream->as].name;
}

/* ---- what cannot be read ---- */

void
emission_unread(struct emission *m, const struct scope *s, const char *code,
    const char *why)
{
	struct buf prefix = { 0 };

	ident_prefix(&prefix, emission_name(m->run, m->view),
	    s->named ? buf_span(&s->name) : (struct span){ 0 });
	m->skipped = m->skipped || s->named;
	/* a scope that is named by its items alone could be any */
	if (m->see == NULL && m->look == NULL)
		emit_fail_prefix(buf_span(&prefix), code, why);
	buf_release(&prefix);
}

/* ---- one item ---- */

/* STREAM/[SCOPE/]ID, added to out. false: there is none. */
static bool
put_id(struct emission *m, const struct scope *s, const struct item *t,
    struct buf *out)
{
	struct buf scope = { 0 }, id = { 0 };
	const struct slot *own = &t->slots[SLOT_SCOPE];
	bool scoped = m->view->scope.program >= 0;
	bool told = !own->wrong && own->value.n > 0 &&
	    !span_is(own->value, "null");
	bool good = !t->slots[SLOT_ID].wrong &&
	    ident_text(t->slots[SLOT_ID].value, &id) && (!scoped ||
	    ident_text(told ? own->value : m->scope, &scope));

	if (good && s->named && !span_eq(buf_span(&scope), buf_span(&s->name)))
		m->renamed = true;
	if (good) {
		ident_prefix(out, emission_name(m->run, m->view), scoped ?
		    buf_span(&scope) : (struct span){ 0 });
		id_part(out, buf_span(&id));
	}
	buf_release(&scope);
	buf_release(&id);
	return good;
}

static bool
is_wanted(const struct emission *m, struct span id)
{
	return m->wanted == NULL || ids_find(m->wanted, id) != NULL;
}

/* A number before 1980, in whichever unit. */
static bool
is_early(struct span v)
{
	if (*v.p == '"')
		v = (struct span){ v.p + 1, v.n - 2 };
	return json_is_number(v) &&
	    json_number_cmp(v, SPAN("315532800000000000")) < 0;
}

/* Sets m->time to the text of the item's time, if it has one. false: what it
 * has is none. */
static bool
read_time(struct emission *m, const struct item *t, bool *has,
    struct when *out)
{
	struct span v = t->slots[SLOT_TIME].value;

	buf_clear(&m->time);
	*has = false;
	if (t->slots[SLOT_TIME].wrong)
		return false;
	if (v.n == 0 || span_is(v, "null") || span_is(v, "\"\""))
		return true;
	if (!function_time(v, out))
		return is_early(v);
	*has = when_tells(out);
	if (*has)
		function_put_time(&m->time, out->time);
	return true;
}

/* ---- ids of several listings ---- */

/* An item may be in several streams, or have several parents that ids do not
 * name. If one of them leaves it out, it is enough that another keeps it, as in
 * a load. */
static void
put_kept(struct emission *m, struct span id)
{
	const struct view *v = m->view;

	if (!m->poll || v->stream->only_poll || (!v->stream->shared &&
	    (v->kind == FOR_ONCE || v->scope.program >= 0)))
		return;
	m->now = xgrow(m->now, &m->nowcap, m->nnow + 1, sizeof *m->now);
	m->now[m->nnow++] = hash128(id.p, id.n);
}

static struct seen *
kept(const struct emission *m)
{
	return &m->run->kept[m->view->stream->as];
}

void
emission_scope_end(struct emission *m)
{
	for (size_t i = 0; i < m->nnow; i++)
		seen_add(kept(m), m->now[i]);
	m->nnow = 0;
}

/* ---- what becomes of an item ---- */

static void
fail(struct emission *m, struct span id, const char *code, const char *why)
{
	put_kept(m, id);
	if (m->see != NULL)
		m->see(m->see_ctx, id);
	else if (m->look == NULL)
		emit_fail(id, code, why);
}

/* A feed tells what happened until then: it may be there again. */
static bool
is_past(const struct emission *m)
{
	return m->window.ends && m->view->stream->only_poll;
}

static void
leave_out(struct emission *m, struct span id)
{
	if (m->poll && m->see == NULL && !is_past(m) &&
	    !seen_has(kept(m), hash128(id.p, id.n)))
		emit_delete(id);
}

static void
put_off(struct emission *m, struct span id, struct span json)
{
	struct pending *p;

	m->v = xgrow(m->v, &m->cap, m->n + 1, sizeof *m->v);
	p = &m->v[m->n++];
	*p = (struct pending){ .json = json, .id = m->ids.n,
		.nid = id.n, .time = m->times.n, .ntime = m->time.n };
	buf_add_span(&m->ids, id);
	buf_add_span(&m->times, buf_span(&m->time));
}

/* One that is in the index. */
static void
take_kept(struct emission *m, struct span id, const struct item *t)
{
	if (!is_wanted(m, id))
		return;
	put_kept(m, id);
	if (m->see != NULL)
		m->see(m->see_ctx, id);
	else if (m->slim)
		emit_doc(id, m->time.n > 0 ? buf_span(&m->time) :
		    (struct span){ 0 }, emission_name(m->run, m->view),
		    (struct span){ 0 });
	else
		put_off(m, id, t->json);
}

/* For those it is parent of it counts whatever its time is. */
static int
keep_parent(struct emission *m, const struct item *t, struct err *e)
{
	if (m->poll || m->one)
		return 0;
	return visit_keep(m->run, m->view, t->json, e);
}

static int
take_item(struct emission *m, const struct scope *s, const struct item *t,
    struct buf *id, struct err *e)
{
	struct when time = { 0 };
	bool has, gone, wrong, wanted = visit_wanted(t, &gone, &wrong);
	bool timely = read_time(m, t, &has, &time);

	if (has) {
		m->dated = true;
		if (!m->window.on || clock_cmp(when_last(&time),
		    m->window.from) >= 0)
			m->newer = true;
		if (!window_may_have(&m->window, &time))
			return 0;
	}
	buf_clear(id);
	if (!put_id(m, s, t, id)) {
		if (!wrong && !wanted && !gone && !m->poll)
			return 0;
		visit_set_partial(m->run, m->view);
		emission_unread(m, s, "no_id", "an item without id or scope");
		return 0;
	}
	if (wanted && keep_parent(m, t, e) != 0)
		return -1;
	if (wrong) {
		visit_set_partial(m->run, m->view);
		fail(m, buf_span(id), "keep", "its keep or gone failed");
	} else if (!timely) {
		fail(m, buf_span(id), "bad_timestamp", "its time is none");
	} else if (wanted) {
		take_kept(m, buf_span(id), t);
	} else {
		leave_out(m, buf_span(id));
	}
	return 0;
}

int
emission_page(void *ctx, const struct scope *s, struct items *t, bool *stop,
    struct err *e)
{
	struct emission *m = ctx;
	struct buf id = { 0 };
	int r = 0;

	m->n = m->ahead = 0;
	m->newer = m->dated = false;
	buf_clear(&m->ids);
	buf_clear(&m->times);
	for (size_t i = 0; r == 0 && i < t->n; i++)
		r = take_item(m, s, &t->v[i], &id, e);
	if (r == 0)
		r = made_documents(m, s, e);
	if (r == 0 && run_full(m->run, e))
		r = -1;
	/* a page is not kept back while the next one is waited for */
	if (m->look == NULL)
		emit_flush();
	*stop = m->view->newest_first && m->window.on && m->dated &&
	    !m->newer;
	buf_release(&id);
	return r;
}
