/* SPDX-License-Identifier: MIT */
#include "source/rest/read.h"

#include <stdlib.h>

#include "base/clock.h"
#include "source/rest/ident.h"

void
reading_release(struct reading *g)
{
	emission_release(&g->m);
	marks_release(&g->old);
	marks_release(&g->marks);
}

/* ---- marks ---- */

/* A JSON text or number becomes the mark of the scope. */
static void
put_mark(struct reading *g, const struct scope *s, struct span json)
{
	struct buf text = { 0 };

	if (ident_text(json, &text))
		marks_put(&g->marks, buf_span(&s->name), buf_span(&text));
	buf_release(&text);
}

/* Of a scope whose listing was skipped, what `before` gave is good for nothing:
 * it is still new. */
static void
drop_mark(struct reading *g, const struct scope *s)
{
	if (s->vars.mark == NULL)
		marks_drop(&g->marks, buf_span(&s->name));
}

/* ---- times ---- */

static bool
has_marks(const struct reading *g)
{
	return g->m.view->marked || g->load->marked;
}

/* The next poll reads the scope from where this run does. */
static void
note_unread(struct reading *g, struct span scope)
{
	if (g->positions && !has_marks(g) &&
	    marks_find(&g->marks, scope) == NULL)
		marks_put(&g->marks, scope,
		    span_of(g->since != NULL ? g->since : ""));
}

/* Since when the scope was not read, if that is before the position. */
static const char *
unread_since(const struct reading *g, const struct scope *s)
{
	const char *since = marks_find(&g->old, buf_span(&s->name));

	return since != NULL ? since : marks_find(&g->old, SPAN(""));
}

/* ---- a scope ---- */

static int
no_page(void *ctx, const struct scope *s, struct items *t, bool *stop,
    struct err *e)
{
	(void)ctx, (void)s, (void)t, (void)e;
	*stop = true;
	return 0;
}

static int
refused(const struct reading *g, struct err *e)
{
	emit_reset();
	return err_set(e, ST_PERSON, "stream %s: the server refuses the saved "
	    "mark; run a full sync", g->m.view->stream->name);
}

/* What came of a listing. */
static int
settle(struct reading *g, const struct scope *s, const struct listing *l,
    struct err *e)
{
	switch (l->end) {
	case LISTING_RESET:
		return refused(g, e);
	case LISTING_SKIPPED:
		visit_set_partial(g->m.run, g->m.view);
		emission_unread(&g->m, s, l->code, l->why);
		drop_mark(g, s);
		note_unread(g, buf_span(&s->name));
		return 0;
	case LISTING_SHORT:
		visit_set_partial(g->m.run, g->m.view);
		emit_fail_all("incomplete", l->why);
		return 0;
	default:
		if (l->mark.n > 0 && g->positions)
			put_mark(g, s, buf_span(&l->mark));
		return 0;
	}
}

/* The request before a listing: its mark is good for all that comes after. 1:
 * the scope cannot be read. */
static int
ask_before(struct reading *g, struct scope *s, struct err *e)
{
	struct listing l;
	int r;

	if (s->view->before == NULL || !g->positions)
		return 0;
	r = visit_list(s, s->view->before, no_page, NULL, &l, e);
	if (r == 0 && l.end == LISTING_SKIPPED)
		r = settle(g, s, &l, e) == 0 ? 1 : -1;
	else if (r == 0 && l.mark.n > 0)
		put_mark(g, s, buf_span(&l.mark));
	else if (r == 0)
		r = err_set(e, ST_PERSON, "%s: it gave no mark",
		    s->view->before->where);
	listing_release(&l);
	return r;
}

static int
list_scope(struct reading *g, struct scope *s, const char *since,
    const char *until, struct err *e)
{
	struct listing l;
	int r;

	s->vars.since = since;
	s->vars.until = until;
	r = visit_list(s, &s->view->ask, emission_page, &g->m, &l, e);
	if (r == 0)
		r = settle(g, s, &l, e);
	listing_release(&l);
	return r;
}

static void
format(struct timespec t, char out[CLOCK_TEXT])
{
	clock_format(t, 0, out);
}

/* The listings of a poll that is cut into steps, by a clock that may not be the
 * server's. The last one has no end unless one was asked for. */
static int
list_steps(struct reading *g, struct scope *s, struct err *e)
{
	char since[CLOCK_TEXT], until[CLOCK_TEXT];
	struct timespec at = g->from, next, end = g->m.window.ends ?
	    g->m.window.to : clock_wall();
	int r = 0;

	do {
		next = at;
		next.tv_sec += (time_t)g->m.view->step;
		format(at, since);
		format(next, until);
		r = list_scope(g, s, since, clock_cmp(next, end) < 0 ? until :
		    g->until, e);
		at = next;
	} while (r == 0 && clock_cmp(at, end) < 0);
	return r;
}

/* A scope that has no mark yet is new: it is read as a load reads it. */
static int
read_marked(struct reading *g, struct scope *s, struct err *e)
{
	const struct view *view = g->m.view;
	const struct span scope = buf_span(&s->name);
	int r;

	if (s->view->scope.program >= 0 && !s->named)
		return err_set(e, ST_USAGE, "%s: scope: with mark, it has to "
		    "come of the parent alone", s->view->ask.where);
	s->vars.mark = marks_find(&g->old, scope);
	if (s->vars.mark == NULL && g->marked)
		s->view = g->m.view = g->load;
	else if (s->vars.mark != NULL)
		marks_put(&g->marks, scope, span_of(s->vars.mark));
	r = s->vars.mark == NULL ? ask_before(g, s, e) : 0;
	if (r == 0)
		r = list_scope(g, s, g->since, g->until, e);
	g->m.view = view;
	return r < 0 ? -1 : 0;
}

static int
read_since(struct reading *g, struct scope *s, struct err *e)
{
	return g->since != NULL && s->view->step > 0 ? list_steps(g, s, e) :
	    list_scope(g, s, g->since, g->until, e);
}

/* One that was not read since then; as a load reads it if it never was. */
static int
read_unread(struct reading *g, struct scope *s, const char *since,
    struct err *e)
{
	const struct view *view = g->m.view;
	const struct window window = g->m.window;
	const struct timespec from = g->from;
	const char *was = g->since;
	int r;

	g->since = *since != '\0' ? since : NULL;
	if (g->since == NULL)
		s->view = g->m.view = g->load;
	g->m.window.on = g->since != NULL &&
	    clock_parse(span_of(since), &g->m.window.from);
	g->from = g->m.window.from;
	r = read_since(g, s, e);
	g->since = was;
	g->from = from;
	g->m.window = window;
	g->m.view = view;
	return r;
}

static int
read_scope(void *ctx, struct scope *s, struct err *e)
{
	struct reading *g = ctx;
	const char *since = s->view->marked ? NULL : unread_since(g, s);
	int r;

	if (s->view->marked)
		r = read_marked(g, s, e);
	else if (since != NULL)
		r = read_unread(g, s, since, e);
	else
		r = read_since(g, s, e);
	emission_scope_end(&g->m);
	return r;
}

static bool
is_unread(void *ctx, const struct scope *s)
{
	return unread_since(ctx, s) != NULL;
}

int
reading_run(struct reading *g, struct err *e)
{
	struct run *r = g->m.run;
	struct visit w = { .run = r, .view = g->m.view, .scope = read_scope,
		.ctx = g, .since = g->since, .until = g->until,
		.eager = !g->m.view->marked && g->m.view->step <= 0,
		.other = g->old.n > 0 ? is_unread : NULL };
	struct scope all = { .run = r, .view = g->m.view };

	if (visit_run(&w, e) != 0)
		return -1;
	if (visit_partial(r, g->m.view)) {
		visit_set_partial(r, g->m.view);
		emission_unread(&g->m, &all, "parent", "the stream that it "
		    "is for was not read as a whole");
		/* of scopes that nobody came to */
		marks_add(&g->marks, &g->old);
		note_unread(g, SPAN(""));
	}
	if (g->m.skipped && g->m.renamed)
		emission_unread(&g->m, &all, "scope", "items name their scopes "
		    "otherwise than the parents, of which one was skipped");
	if (g->m.view->mode != MODE_POLL)
		visit_kept(r, g->m.view);
	return 0;
}

/* ---- load and slim ---- */

static void
put_since(const struct reading *g, struct buf *b)
{
	char text[CLOCK_TEXT];

	format((struct timespec){ .tv_sec = g->m.run->date }, text);
	buf_printf(b, "{\"since\":\"%s\"", text);
	if (g->marks.n > 0) {
		json_put_key(b, "unread");
		marks_write(&g->marks, b);
	}
	buf_putc(b, '}');
}

static void
put_marks(const struct reading *g, struct buf *b)
{
	buf_puts(b, "{\"marks\":");
	marks_write(&g->marks, b);
	buf_putc(b, '}');
}

/* Where the next poll of a stream begins. */
static void
put_position(struct reading *g)
{
	const char *stream = g->m.view->stream->name;
	struct buf b = { 0 };

	if (!g->positions)
		return;
	if (has_marks(g))
		put_marks(g, &b);
	else if (g->m.run->date > 0)
		put_since(g, &b);
	else
		warn("stream %s: the server sends no Date, so that it cannot "
		    "be polled", stream);
	if (b.n > 0)
		emit_state(stream, buf_span(&b));
	buf_release(&b);
}

static int
read_stream(struct reading *g, struct run *r, size_t i, struct err *e)
{
	const struct view *poll = run_view(r, i, MODE_POLL);

	g->load = run_view(r, i, MODE_LOAD);
	g->positions = !r->rq->slim;
	g->m = (struct emission){ .run = r, .slim = r->rq->slim,
		.view = r->rq->slim ? run_view(r, i, MODE_SLIM) : g->load };
	if (poll->marked && !g->load->marked)
		return err_set(e, ST_USAGE, "%s: poll.mark: nothing gives a "
		    "first mark; before is missing", g->load->ask.where);
	return r->c.v[i].only_poll ? 0 : reading_run(g, e);
}

/* Positions come last: a stream that only polls read has one, too, and it is
 * of the run's first answer, or before it. */
int
read_all(struct run *r, struct err *e)
{
	struct reading *v = xcalloc(r->c.n, sizeof *v);
	int result = 0;

	for (size_t i = 0; i < r->c.n; i++)
		if (r->c.v[i].selected && !r->c.v[i].only_poll)
			visit_need(r, run_view(r, i, r->rq->slim ? MODE_SLIM :
			    MODE_LOAD));
	for (size_t i = 0; result == 0 && i < r->c.n; i++)
		if (r->c.v[i].selected)
			result = read_stream(&v[i], r, i, e);
	for (size_t i = 0; i < r->c.n; i++) {
		if (result == 0 && r->c.v[i].selected)
			put_position(&v[i]);
		reading_release(&v[i]);
	}
	free(v);
	return result;
}

/* ---- poll ---- */

static struct timespec
never(void)
{
	return (struct timespec){ .tv_sec = (time_t)400e9 };
}

static int
read_window(struct reading *g, char since[CLOCK_TEXT],
    char until[CLOCK_TEXT], struct err *e)
{
	const struct request *rq = g->m.run->rq;
	struct window *w = &g->m.window;

	if (window_init(w, rq, g->m.view->stream->name, never(), e) != 0)
		return -1;
	g->from = w->from;
	if (!window_explicit(rq))
		(void)marks_parse(&g->old, val_get(val_get(rq->state,
		    g->m.view->stream->name), "unread"));
	if (rq->since != NULL || rq->until == NULL) {
		format(w->from, since);
		g->since = since;
	}
	if (w->ends) {
		format(w->to, until);
		g->until = until;
	}
	return 0;
}

/* A mark has no window: since and until do not concern it. */
static int
read_marks(struct reading *g, struct err *e)
{
	const char *name = g->m.view->stream->name;

	if (window_explicit(g->m.run->rq))
		return err_set(e, ST_USAGE, "stream %s: is polled by the "
		    "server's marks, not by times", name);
	g->marked = true;
	if (marks_parse(&g->old, val_get(val_get(g->m.run->rq->state, name),
	    "marks")))
		return 0;
	emit_reset();
	return err_set(e, ST_PERSON, "stream %s has no saved marks; run a "
	    "full sync", name);
}

/* The server's clock must not stand before what it said then. */
static int
check_clock(const struct reading *g, struct err *e)
{
	const struct run *r = g->m.run;
	const struct val *v = val_get(val_get(r->rq->state,
	    g->m.view->stream->name), "since");
	struct timespec saved;

	if (!clock_parse(val_str(v), &saved) || r->first == 0 ||
	    r->first >= saved.tv_sec)
		return 0;
	emit_reset();
	return err_set(e, ST_PERSON, "the server's clock stands before the "
	    "saved position; run a full sync");
}

static int
poll_stream(struct run *r, size_t i, struct err *e)
{
	char since[CLOCK_TEXT], until[CLOCK_TEXT];
	struct reading g = { .load = run_view(r, i, MODE_LOAD),
		.positions = !window_explicit(r->rq),
		.m = { .run = r, .poll = true,
		    .view = run_view(r, i, MODE_POLL) } };
	int result = g.m.view->marked ? read_marks(&g, e) :
	    read_window(&g, since, until, e);

	if (result == 0)
		result = reading_run(&g, e);
	if (result == 0 && !g.m.view->marked && !window_explicit(r->rq))
		result = check_clock(&g, e);
	if (result == 0)
		put_position(&g);
	reading_release(&g);
	return result;
}

/* Those that tell of the documents of others, or these. */
static int
poll_streams(struct run *r, bool tell, struct err *e)
{
	for (size_t i = 0; i < r->c.n; i++) {
		const struct definition *d = &r->c.v[i];

		if (d->selected && tell == (d->only_poll && d->as != (int)i) &&
		    poll_stream(r, i, e) != 0)
			return -1;
	}
	return 0;
}

/* What is listed now has the last word: a feed tells of the deletion of what
 * was made again since, too. */
int
read_poll(struct run *r, struct err *e)
{
	for (size_t i = 0; i < r->c.n; i++)
		if (r->c.v[i].selected)
			visit_need(r, run_view(r, i, MODE_POLL));
	return poll_streams(r, true, e) != 0 ? -1 : poll_streams(r, false, e);
}
