/* SPDX-License-Identifier: MIT */
#include "run/normalize.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/datetext.h"
#include "config/patchform.h"
#include "json/text.h"

/* What drivers call the stream of those that have only one. */
#define UNNAMED "documents"

struct rule {
	struct pointer at;
	enum normalization what;
};

struct of_stream {
	const char *name;
	const struct patch_stream *file;        /* NULL: nothing to do */
	struct rule *rules;
	size_t n;
};

struct normalizers {
	struct patches *patches;
	struct arena arena;
	struct of_stream *v;
	size_t n, cap;
	size_t last;            /* most documents are of the stream of the one
	                           before */
	struct buf text[2], scratch, made;
};

struct normalizers *
normalizers_new(struct patches *p)
{
	struct normalizers *n;

	for (size_t i = 0; p != NULL && i < p->nstreams; i++) {
		if (p->streams[i].kind != PATCH_NORMALIZE)
			continue;
		n = xcalloc(1, sizeof *n);
		n->patches = p;
		return n;
	}
	return NULL;
}

void
normalizers_free(struct normalizers *n)
{
	if (n == NULL)
		return;
	buf_release(&n->text[0]);
	buf_release(&n->text[1]);
	buf_release(&n->scratch);
	buf_release(&n->made);
	arena_release(&n->arena);
	free(n->v);
	free(n);
}

/* ---- streams ---- */

static void
take_rules(struct arena *a, struct of_stream *s)
{
	const struct val *list = s->file->file.root;

	s->rules = arena_alloc(a, (list->n + 1) * sizeof *s->rules);
	for (size_t i = 0; i < list->n; i++) {
		struct rule *r = &s->rules[s->n++];

		pointer_parse(a, val_str(val_get(list->items[i], "pointer")),
		    &r->at);
		r->what = normalization_of(val_str(val_get(list->items[i],
		    "normalization")));
	}
}

static int
add_stream(struct normalizers *n, struct span name, struct err *e)
{
	struct of_stream s = { .name = arena_strndup(&n->arena, name) };

	if (patches_take(n->patches, PATCH_NORMALIZE, name, &s.file, e) != 0)
		return -1;
	if (s.file != NULL)
		take_rules(&n->arena, &s);
	n->v = xgrow(n->v, &n->cap, n->n + 1, sizeof *n->v);
	n->v[n->n] = s;
	n->last = n->n++;
	return 0;
}

static int
find_stream(struct normalizers *n, struct span name, struct err *e)
{
	if (n->n > 0 && span_is(name, n->v[n->last].name))
		return 0;
	for (size_t i = 0; i < n->n; i++) {
		if (!span_is(name, n->v[i].name))
			continue;
		n->last = i;
		return 0;
	}
	return add_stream(n, name, e);
}

/* ---- values ---- */

static void
put_time(struct buf *out, struct timespec t)
{
	int digits = t.tv_nsec == 0 ? 0 : t.tv_nsec % 1000000 == 0 ? 3 :
	    t.tv_nsec % 1000 == 0 ? 6 : 9;
	char text[CLOCK_TEXT];

	clock_format(t, digits, text);
	json_put_cstring(out, text);
}

static bool
put_date(struct buf *out, struct span s)
{
	struct timespec t;

	if (s.n <= 10 || !clock_parse((struct span){ s.p, 10 }, &t))
		return false;
	json_put_string(out, (struct span){ s.p, 10 });
	return true;
}

/* Seconds up to the year 3000, beyond that milliseconds. */
static int
scale_of(struct span number)
{
	return json_number_cmp(number, SPAN("32503680000")) > 0 ||
	    json_number_cmp(number, SPAN("-32503680000")) < 0 ? 3 : 0;
}

static bool
put_stamp(struct buf *out, struct span number, int scale)
{
	struct timespec t;

	if (!datetext_number(number, scale, &t))
		return false;
	put_time(out, t);
	return true;
}

static bool
put_text_time(struct buf *out, struct span s)
{
	struct timespec t;

	if (clock_parse_strict(s, &t) || !datetext_parse(s, &t))
		return false;
	put_time(out, t);
	return true;
}

/* Adds what becomes of the value; false: it stays. */
static bool
put_value(struct normalizers *n, enum normalization what,
    const struct json_member *m, struct buf *out)
{
	struct span s = m->value;

	if (m->type == JSON_STRING)
		s = json_string(m, &n->scratch);
	else if (m->type != JSON_NUMBER)
		return false;
	switch (what) {
	case NORMAL_DATE:
		return m->type == JSON_STRING && put_date(out, s);
	case NORMAL_TIME:
		return m->type == JSON_STRING ? put_text_time(out, s) :
		    put_stamp(out, s, scale_of(s));
	case NORMAL_SECONDS:
	case NORMAL_MILLISECONDS:
		return json_is_number(s) && put_stamp(out, s,
		    what == NORMAL_SECONDS ? 0 : 3);
	default:
		return false;
	}
}

/* ---- documents ---- */

/* One rule on its way through a document. */
struct walk {
	struct normalizers *n;
	const struct rule *rule;
	const char *from;       /* what is not in out yet */
	struct buf *out;
	bool changed;
};

static bool
is_item(struct span token, size_t i)
{
	size_t at;

	if (span_is(token, "*") || span_is(token, "-"))
		return true;
	return pointer_index(token, &at) && at == i;
}

static void
replace(struct walk *w, const struct json_member *m)
{
	buf_clear(&w->n->made);
	if (!put_value(w->n, w->rule->what, m, &w->n->made))
		return;
	buf_add(w->out, w->from, (size_t)(m->value.p - w->from));
	buf_add_span(w->out, buf_span(&w->n->made));
	w->from = m->value.p + m->value.n;
	w->changed = true;
}

/* Goes down one part of the pointer with each call. */
static void
walk(struct walk *w, size_t level, const struct json_member *m)
{
	const struct pointer *at = &w->rule->at;
	struct json_iter it;
	struct json_member each;

	if (level == at->n) {
		replace(w, m);
		return;
	}
	if (m->type != JSON_OBJECT && m->type != JSON_ARRAY)
		return;
	json_iter_init(&it, m->value);
	for (size_t i = 0; json_iter_next(&it, &each); i++)
		if (m->type == JSON_ARRAY ? is_item(at->v[level], i) :
		    json_key_is(&each, at->v[level].p))
			walk(w, level + 1, &each);
}

static bool
apply(struct normalizers *n, const struct rule *r, struct span doc,
    struct buf *out)
{
	struct json_member whole = { .value = doc, .type = JSON_OBJECT };
	struct walk w = { .n = n, .rule = r, .from = doc.p, .out = out };

	buf_clear(out);
	walk(&w, 0, &whole);
	if (!w.changed)
		return false;
	buf_add(out, w.from, (size_t)(doc.p + doc.n - w.from));
	buf_pad(out);
	return true;
}

int
normalizers_apply(struct normalizers *n, struct span stream, struct span doc,
    struct span *out, struct err *e)
{
	const struct of_stream *s;
	size_t next = 0;

	*out = doc;
	if (find_stream(n, stream.p ? stream : SPAN(UNNAMED), e) != 0)
		return -1;
	s = &n->v[n->last];
	for (size_t i = 0; i < s->n; i++) {
		if (!apply(n, &s->rules[i], *out, &n->text[next]))
			continue;
		*out = buf_span(&n->text[next]);
		next = 1 - next;
	}
	return 0;
}
