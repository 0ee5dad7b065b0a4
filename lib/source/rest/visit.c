/* SPDX-License-Identifier: MIT */
#include "source/rest/visit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "json/text.h"
#include "source/rest/ident.h"
#include "stream/spool.h"

static struct parents *
parents_of(const struct run *r, const struct view *v)
{
	return &r->parents[v - r->views];
}

/* Parents are listed as a load lists them, or as a slim does. */
static const struct view *
parent_view(const struct run *r, const struct view *v)
{
	return run_view(r, (size_t)v->stream->parent[v->mode],
	    v->mode == MODE_POLL ? MODE_LOAD : v->mode);
}

bool
visit_partial(const struct run *r, const struct view *v)
{
	return v->kind == FOR_STREAM && parents_of(r, parent_view(r,
	    v))->partial;
}

void
visit_set_partial(struct run *r, const struct view *v)
{
	parents_of(r, v)->partial = true;
}

void
visit_need(struct run *r, const struct view *v)
{
	while (v->kind == FOR_STREAM) {
		v = parent_view(r, v);
		if (parents_of(r, v)->uses++ > 0)
			break;
	}
}

void
visit_release(struct run *r)
{
	for (size_t i = 0; r->parents != NULL && i < r->c.n * MODES; i++)
		if (r->parents[i].fd >= 0)
			close(r->parents[i].fd);
	free(r->parents);
	r->parents = NULL;
}

bool
visit_wanted(const struct item *t, bool *gone, bool *wrong)
{
	const struct slot *keep = &t->slots[SLOT_KEEP];

	*wrong = keep->wrong || t->slots[SLOT_GONE].wrong;
	*gone = json_truthy(t->slots[SLOT_GONE].value);
	return !*wrong && !*gone && (keep->value.n == 0 ||
	    json_truthy(keep->value));
}

/* ---- the file ---- */

static int
write_all(int fd, const void *p, size_t n, uint64_t at, struct err *e)
{
	const char *b = p;

	while (n > 0) {
		ssize_t k = pwrite(fd, b, n, (off_t)at);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_set(e, ST_PERSON, "%s: %s", temp_dir(),
			    strerror(errno));
		b += k;
		n -= (size_t)k;
		at += (uint64_t)k;
	}
	return 0;
}

static int
read_all(int fd, void *p, size_t n, uint64_t at, struct err *e)
{
	char *b = p;

	while (n > 0) {
		ssize_t k = pread(fd, b, n, (off_t)at);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return err_set(e, ST_PERSON, "%s: %s", temp_dir(),
			    k < 0 ? strerror(errno) : "a file was cut");
		b += k;
		n -= (size_t)k;
		at += (uint64_t)k;
	}
	return 0;
}

int
visit_keep(struct run *r, const struct view *v, struct span item,
    struct err *e)
{
	struct parents *p = parents_of(r, v);
	uint64_t n = item.n;

	if (p->uses == 0 || p->complete)
		return 0;
	if (p->fd < 0 && (p->fd = temp_file(e)) < 0)
		return -1;
	if (write_all(p->fd, &n, sizeof n, p->end, e) != 0 ||
	    write_all(p->fd, item.p, item.n, p->end + sizeof n, e) != 0)
		return -1;
	p->end += sizeof n + n;
	return 0;
}

void
visit_kept(struct run *r, const struct view *v)
{
	parents_of(r, v)->complete = true;
}

/* ---- one scope ---- */

/* What `scope` says without an item; nothing if it needs one. */
static int
name_scope(struct scope *s, struct err *e)
{
	struct buf out = { 0 };
	struct span v;
	bool own;
	int r;

	buf_clear(&s->name);
	s->named = false;
	if (s->view->scope.program < 0)
		return 0;
	r = programs_run(&s->run->programs, s->view->scope.program, &s->vars,
	    SPAN("null"), &out, s->view->ask.where, &own, e);
	if (r != 0 && !own)
		return -1;
	v = r == 0 ? first_line(&out) : SPAN("");
	s->named = v.n > 0 && ident_text(v, &s->name);
	buf_release(&out);
	return 0;
}

static int
call(struct visit *w, struct span parent, struct err *e)
{
	struct scope s = { .run = w->run, .view = w->view, .vars = {
		.p = parent, .since = w->since, .until = w->until } };
	int r = name_scope(&s, e);

	if (r == 0)
		r = w->scope(w->ctx, &s, e);
	buf_release(&s.name);
	return r;
}

static bool
is_other(struct visit *w, struct span parent)
{
	struct scope s = { .run = w->run, .view = w->view, .vars = {
		.p = parent } };
	struct err e;
	bool other = w->other != NULL && (name_scope(&s, &e) != 0 ||
	    w->other(w->ctx, &s));

	buf_release(&s.name);
	return other;
}

/* The first request of a scope to come. */
static void
ahead(struct visit *w, struct span parent)
{
	struct vars vars = { .p = parent, .since = w->since,
		.until = w->until };
	struct asked asked = { 0 };
	struct err e;
	bool own;

	if (!is_other(w, parent) && asked_start(w->run, &w->view->ask, &vars,
	    &asked, &own, &e) == 0)
		fetch_ahead(w->run->fetch, &asked.request);
	asked_release(&asked);
}

/* Scopes at and after i of n, of which the first `done` were foreseen. */
static void
look_ahead(struct visit *w, const struct span *v, size_t i, size_t n,
    size_t *done)
{
	size_t to = i + w->run->parallel < n ? i + w->run->parallel : n;

	if (!w->eager || w->run->parallel < 2)
		return;
	for (*done = *done > i ? *done : i + 1; *done < to; ++*done)
		ahead(w, v[*done]);
}

/* All of a list of parents. */
static int
call_all(struct visit *w, const struct span *v, size_t n, struct err *e)
{
	size_t done = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		look_ahead(w, v, i, n, &done);
		r = call(w, v[i], e);
	}
	return r;
}

struct lister {
	struct scope *s;
	visit_page *page;
	void *ctx;
};

static int
on_page(void *ctx, struct items *t, bool *stop, struct err *e)
{
	struct lister *l = ctx;

	return l->page(l->ctx, l->s, t, stop, e);
}

int
visit_list(struct scope *s, const struct ask *ask, visit_page *page, void *ctx,
    struct listing *out, struct err *e)
{
	struct lister l = { s, page, ctx };

	*out = (struct listing){ .run = s->run, .ask = ask, .vars = &s->vars,
		.use = ANSWER_LIST, .eager = !s->view->newest_first,
		.page = on_page, .ctx = &l };
	return listing_run(out, e);
}

/* ---- parents from a file ---- */

static int
from_file(struct visit *w, const struct parents *p, struct err *e)
{
	struct buf item = { 0 };
	uint64_t at = 0, n = 0;
	int r = 0;

	while (r == 0 && at < p->end) {
		r = read_all(p->fd, &n, sizeof n, at, e);
		at += sizeof n;
		buf_clear(&item);
		if (r == 0) {
			buf_reserve(&item, n);
			r = read_all(p->fd, item.p, n, at, e);
			item.n = n;
			buf_pad(&item);
			at += n;
		}
		if (r == 0)
			r = call(w, buf_span(&item), e);
	}
	buf_release(&item);
	return r;
}

/* ---- parents from their own listing ---- */

struct feed {
	struct visit *w;
	const struct view *view;        /* the parents' */
};

static int
feed_page(void *ctx, const struct scope *s, struct items *t, bool *stop,
    struct err *e)
{
	struct feed *f = ctx;
	struct run *r = s->run;
	struct span *v = xcalloc(t->n, sizeof *v);
	size_t n = 0;
	int result = 0;

	(void)stop;
	for (size_t i = 0; result == 0 && i < t->n; i++) {
		bool gone, wrong, wanted = visit_wanted(&t->v[i], &gone,
		    &wrong);

		if (wrong)
			visit_set_partial(r, f->view);
		if (wanted)
			v[n++] = t->v[i].json;
		if (wanted && parents_of(r, f->view)->uses > 1)
			result = visit_keep(r, f->view, t->v[i].json, e);
	}
	if (result == 0)
		result = call_all(f->w, v, n, e);
	free(v);
	return result;
}

static int
feed_scope(void *ctx, struct scope *s, struct err *e)
{
	struct feed *f = ctx;
	struct listing l;
	int r = visit_list(s, &f->view->ask, feed_page, f, &l, e);

	if (r == 0 && l.end != LISTING_DONE) {
		detail("%s: %s", f->view->ask.where, l.why);
		visit_set_partial(s->run, f->view);
	}
	listing_release(&l);
	return r;
}

static int
from_stream(struct visit *w, struct err *e)
{
	const struct view *v = parent_view(w->run, w->view);
	struct parents *p = parents_of(w->run, v);
	struct feed f = { w, v };
	struct visit up = { .run = w->run, .view = v,
		.scope = feed_scope, .ctx = &f, .eager = true };
	int r;

	if (p->complete)
		return from_file(w, p, e);
	r = visit_run(&up, e);
	if (r == 0 && visit_partial(w->run, v))
		p->partial = true;
	if (r == 0)
		p->complete = p->uses > 1;
	return r;
}

/* ---- parents from the settings ---- */

/* Parents as JSON texts, each ended by a line break. */
static int
from_lines(struct visit *w, struct buf *lines, struct err *e)
{
	struct span *v = NULL;
	size_t n = 0, cap = 0, at = 0;
	int r;

	buf_pad(lines);
	while (at < lines->n) {
		const char *nl = memchr(lines->p + at, '\n', lines->n - at);
		size_t end = nl != NULL ? (size_t)(nl - lines->p) : lines->n;

		v = xgrow(v, &cap, n + 1, sizeof *v);
		v[n++] = (struct span){ lines->p + at, end - at };
		at = end + 1;
	}
	r = call_all(w, v, n, e);
	free(v);
	return r;
}

static int
from_list(struct visit *w, struct err *e)
{
	const struct val *list = w->view->for_list;
	struct buf json = { 0 };
	int r;

	for (size_t i = 0; i < list->n; i++) {
		val_write(&json, list->items[i]);
		buf_putc(&json, '\n');
	}
	r = from_lines(w, &json, e);
	buf_release(&json);
	return r;
}

static int
from_program(struct visit *w, struct err *e)
{
	struct vars none = { 0 };
	struct buf out = { 0 };
	int r = programs_run(&w->run->programs, w->view->for_program, &none,
	    SPAN("null"), &out, w->view->ask.where, NULL, e);

	if (r == 0)
		r = from_lines(w, &out, e);
	buf_release(&out);
	return r;
}

int
visit_run(struct visit *w, struct err *e)
{
	switch (w->view->kind) {
	case FOR_STREAM:
		return from_stream(w, e);
	case FOR_LIST:
		return from_list(w, e);
	case FOR_JQ:
		return from_program(w, e);
	default:
		return call(w, (struct span){ 0 }, e);
	}
}
