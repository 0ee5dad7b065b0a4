/* SPDX-License-Identifier: MIT */
#include "source/rest/listing.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "json/text.h"
#include "source/rest/format.h"
#include "source/rest/seen.h"

/* A page may come twice where one begins at what the one before it ended with,
 * and a list of few words may have some that are the same. */
enum { AGAIN = 10 };

/* ---- a page ---- */

/* One page under work. */
struct step {
	struct listing *l;
	struct asked *asked;
	struct answer *answer;
	struct items *items;
	struct seen *seen;
	struct arena arena;     /* of what next gave */
	struct buf scratch;
};

void
listing_release(struct listing *l)
{
	buf_release(&l->mark);
}

MSG_PRINTF(3, 4)
static int
wrong(struct listing *l, struct err *e, const char *fmt, ...)
{
	char what[MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	l->own = true;
	return err_set(e, ST_PERSON, "%s: %s", l->ask->where, what);
}

/* ---- what programs say of the answer ---- */

/* The value of a program over the answer, in s->scratch or a view of the
 * answer; n 0: none. */
static int
value_of(struct step *s, const struct expr *x, struct span *out,
    struct err *e)
{
	struct span body = s->items->text.n > 0 ?
	    buf_span(&s->items->text) : SPAN("null");
	struct buf vars = { 0 };
	int r;

	*out = (struct span){ 0 };
	if (x->plain && path_is_single(&x->path)) {
		if (path_value(&x->path, body, out))
			return 0;
		return wrong(s->l, e, "the answer has another form than its "
		    "programs want");
	}
	answer_vars(&vars, s->l->vars, s->asked, s->answer);
	json_put_key(&vars, "n");
	json_put_u64(&vars, s->items->n);
	buf_putc(&vars, '}');
	r = programs_run_text(&s->l->run->programs, x->program,
	    buf_span(&vars), body, &s->scratch, s->l->ask->where, &s->l->own,
	    e);
	buf_release(&vars);
	if (r == 0)
		*out = first_line(&s->scratch);
	return r;
}

static int
read_total(struct step *s, struct err *e)
{
	struct span v;
	double n;

	if (s->l->ask->total.program < 0)
		return 0;
	if (value_of(s, &s->l->ask->total, &v, e) != 0)
		return -1;
	if (v.n == 0 || span_is(v, "null"))
		return 0;
	if (v.p[0] == '"')
		v = (struct span){ v.p + 1, v.n - 2 };
	if (!json_is_number(v) || (n = strtod(v.p, NULL)) < 0)
		return wrong(s->l, e, "total: not a number");
	if (n < 1e15 && (uint64_t)n > s->l->total)
		s->l->total = (uint64_t)n;
	return 0;
}

/* {"query":{KEY:N}} */
static struct val *
counted(struct step *s, double n)
{
	char text[160];
	struct val_error ve;

	snprintf(text, sizeof text, "{\"query\":{\"%s\":%.0f}}",
	    s->l->ask->guess_key, n);
	return val_parse(&s->arena, span_of(text), 8, false, &ve);
}

/* Where a query's count stands; false: it is no number. */
static bool
count_of(const struct asked *a, double *out)
{
	const struct val *v = val_get(val_get(a->parts, "query"),
	    a->ask->guess_key);

	*out = a->ask->guess == GUESS_PAGES ? 1 : 0;
	if (v == NULL)
		return true;
	if (!json_is_number(v->str) || !json_number_is_integer(v->str))
		return false;
	*out = strtod(v->str.p, NULL);
	return *out >= 0 && *out < 1e15;
}

/* How far a page moves the count. */
static double
stride(const struct step *s)
{
	return s->l->ask->guess == GUESS_PAGES ? 1 : (double)s->items->n;
}

/* pages() and offset(), which need no libjq. */
static bool
count_on(struct step *s, struct val **out)
{
	double at;

	if (s->l->ask->guess == GUESS_NONE || !count_of(s->asked, &at))
		return false;
	*out = s->items->n > 0 ? counted(s, at + stride(s)) : NULL;
	return true;
}

/* *out NULL: there is no further page. */
static int
find_next(struct step *s, struct val **out, struct err *e)
{
	const struct expr *x = &s->l->ask->next;
	struct val_error ve;
	struct span v = { 0 };
	struct val *next;

	*out = NULL;
	if (count_on(s, out))
		return 0;
	if (x->program < 0) {
		v = s->answer->reply.links.n > 0 ?
		    buf_span(&s->answer->reply.links) : SPAN("{}");
	} else if (s->items->text.n == 0) {
		return 0;
	} else if (value_of(s, x, &v, e) != 0) {
		return -1;
	}
	if (v.n == 0)
		return 0;
	next = val_parse(&s->arena, v, FORMAT_DEPTH, false, &ve);
	if (x->program < 0)
		next = val_get(next, "next");
	if (next == NULL || next->type == JSON_NULL ||
	    next->type == JSON_FALSE ||
	    (next->type == JSON_STRING && next->str.n == 0))
		return 0;
	if (next->type != JSON_STRING && next->type != JSON_OBJECT)
		return wrong(s->l, e, "next: neither a text nor a mapping");
	*out = next;
	return 0;
}

static int
read_mark(struct step *s, struct err *e)
{
	struct span v;

	buf_clear(&s->l->mark);
	if (s->l->ask->mark.program < 0)
		return 0;
	if (value_of(s, &s->l->ask->mark, &v, e) != 0)
		return -1;
	if (!span_is(v, "null"))
		buf_add_span(&s->l->mark, v);
	return 0;
}

/* ---- pages ahead ---- */

/* How many pages from the next one on may be asked for: those that are there by
 * `total`, else the more, the longer the listing has been, so that a short one
 * costs little in vain. */
static uint64_t
horizon(const struct step *s)
{
	const struct listing *l = s->l;
	uint64_t depth = l->run->parallel, n = s->items->n;
	uint64_t most = depth > 1 ? 2 * depth : 1, there;

	if (l->total > 0)
		there = l->total <= l->seen ? 1 :
		    (l->total - l->seen + n - 1) / n;
	else
		there = l->pages < 2 ? 1 : 2 * (l->pages - 1);
	return there < most ? there : most;
}

/* Pages after `next`, where the programs tell where they will be. */
static void
guess(struct step *s, const struct asked *next)
{
	struct listing *l = s->l;
	double at, by = stride(s);

	if (!count_of(next, &at))
		return;
	if (by != l->stride)
		l->foreseen = at;
	l->stride = by;
	for (uint64_t i = 1; i < horizon(s); i++) {
		double far = at + (double)i * by;
		struct asked more = { 0 };
		struct err e;

		if (far <= l->foreseen)
			continue;
		if (asked_next(l->run, next, next->request.url,
		    counted(s, far), &more, &e) == 0)
			fetch_ahead(l->run->fetch, &more.request);
		asked_release(&more);
		l->foreseen = far;
	}
}

static void
look_ahead(struct step *s, const struct asked *next)
{
	if (!s->l->eager)
		return;
	fetch_ahead(s->l->run->fetch, &next->request);
	if (s->l->ask->guess != GUESS_NONE && s->items->n > 0)
		guess(s, next);
}

/* ---- the loop ---- */

static bool
is_circle(struct step *s, const struct asked *next, struct err *e)
{
	if (seen_add(s->seen, asked_hash(next)))
		return false;
	wrong(s->l, e, "next: a request that was made before: the pages go "
	    "in a circle");
	return true;
}

/* Was it redirected to what another request of this listing had? */
static bool
is_led_back(struct step *s, struct err *e)
{
	struct asked there = *s->asked;

	there.request.url = s->answer->reply.url;
	if (streq(there.request.url, s->asked->request.url) ||
	    seen_add(s->seen, asked_hash(&there)))
		return false;
	wrong(s->l, e, "next: redirected to what was read before: the pages "
	    "go in a circle");
	return true;
}

static struct h128
page_hash(const struct items *t)
{
	struct h128 *v = xcalloc(t->n, sizeof *v), h;

	for (size_t i = 0; i < t->n; i++)
		v[i] = hash128(t->v[i].json.p, t->v[i].json.n);
	h = hash128(v, t->n * sizeof *v);
	free(v);
	return h;
}

/* Does it give, whatever it is asked for, what it gave before? */
static bool
is_stuck(struct step *s, struct err *e)
{
	struct listing *l = s->l;

	if (s->items->n == 0)
		return false;
	l->again = seen_add(s->seen, page_hash(s->items)) ? 0 : l->again + 1;
	if (l->again < AGAIN)
		return false;
	wrong(l, e, "next: what came before comes again and again: the pages "
	    "go in a circle");
	return true;
}

/* Items, total, next; then the page. 1: next is to be asked. */
static int
take_page(struct step *s, struct asked *next, struct err *e)
{
	struct listing *l = s->l;
	struct val *v = NULL;
	bool stop = false;
	int r = 0;

	l->own = true;
	if (items_read(l->run, l->ask, l->vars, &s->answer->json, s->items,
	    e) != 0)
		return -1;
	l->own = false;
	l->seen += s->items->n;
	l->pages++;
	if (read_total(s, e) != 0 || find_next(s, &v, e) != 0 ||
	    (v == NULL && read_mark(s, e) != 0))
		return -1;
	if (v != NULL) {
		r = asked_next(l->run, s->asked, s->answer->reply.url, v,
		    next, e);
		l->own = r != 0;
		if (r != 0 || is_circle(s, next, e) || is_stuck(s, e))
			return -1;
		look_ahead(s, next);
	}
	r = l->page(l->ctx, s->items, &stop, e);
	if (stop)
		l->total = 0;
	return r != 0 ? -1 : v != NULL && !stop;
}

/* A listing that ended otherwise than by its last page. */
static int
not_read(struct listing *l, const struct answer *a)
{
	switch (a->action) {
	case ACT_EMPTY:
		/* it had something a page ago */
		l->end = l->seen > 0 ? LISTING_SKIPPED : LISTING_DONE;
		break;
	case ACT_RESET:
		l->end = LISTING_RESET;
		break;
	default:
		l->end = LISTING_SKIPPED;
	}
	memcpy(l->code, a->code, sizeof l->code);
	memcpy(l->why, a->why, sizeof l->why);
	return 0;
}

/* Is it nothing where items were a page ago, and `next` named a further one?
 * Where it only counts, it is the end. */
static bool
is_bare(const struct listing *l, const struct answer *a)
{
	return l->seen > 0 && l->ask->guess == GUESS_NONE &&
	    a->reply.body.n == 0;
}

static int
bare(struct listing *l, const struct asked *asked, const struct answer *a)
{
	const char *url = asked->request.url;

	l->end = LISTING_SKIPPED;
	snprintf(l->code, sizeof l->code, "http_%d", a->reply.status);
	snprintf(l->why, sizeof l->why, "%.*s: HTTP %d without a body",
	    (int)http_place(url), url, a->reply.status);
	return 0;
}

static void
check_total(struct listing *l)
{
	if (l->seen >= l->total)
		return;
	l->end = LISTING_SHORT;
	snprintf(l->why, sizeof l->why, "%s: %" PRIu64 " items of the %" PRIu64
	    " that there are to be", l->ask->where, l->seen, l->total);
}

/* One request. 1: another follows. */
static int
one_step(struct listing *l, struct asked *asked, struct answer *answer,
    struct items *items, struct seen *seen, struct err *e)
{
	struct step s = { l, asked, answer, items, seen, { 0 }, { 0 } };
	struct asked next = { 0 };
	int r = answer_get(l->run, asked, l->vars, l->use, answer, e);

	if (r != 0) {
		l->own = answer->action == ACT_OK;
		return -1;
	}
	if (answer->action != ACT_OK)
		return not_read(l, answer);
	if (is_bare(l, answer))
		return bare(l, asked, answer);
	r = is_led_back(&s, e) ? -1 : take_page(&s, &next, e);
	if (r > 0) {
		asked_release(asked);
		*asked = next;
	} else {
		asked_release(&next);
	}
	arena_release(&s.arena);
	buf_release(&s.scratch);
	return r;
}

int
listing_run(struct listing *l, struct err *e)
{
	struct asked asked = { 0 };
	struct answer answer = { 0 };
	struct items items = { 0 };
	struct seen seen = { 0 };
	int r = 1;

	l->end = LISTING_DONE;
	if (asked_start(l->run, l->ask, l->vars, &asked, &l->own, e) != 0)
		r = -1;
	else
		seen_add(&seen, asked_hash(&asked));
	while (r > 0)
		r = one_step(l, &asked, &answer, &items, &seen, e);
	if (r == 0 && l->end == LISTING_DONE)
		check_total(l);
	seen_release(&seen);
	items_free(&items);
	answer_release(&answer);
	asked_release(&asked);
	return r;
}
