/* SPDX-License-Identifier: MIT */
#include "source/rest/made.h"

#include "json/text.h"
#include "source/rest/deep.h"
#include "source/rest/subs.h"

static struct span
id_of(const struct emission *m, const struct pending *p)
{
	return (struct span){ m->ids.p + p->id, p->nid };
}

static void
write_fail(struct emission *m, const struct pending *p, const char *code,
    const char *why)
{
	if (m->look == NULL)
		emit_fail(id_of(m, p), code, why);
}

static void
write_doc(struct emission *m, const struct pending *p, struct span doc)
{
	struct span time = { m->times.p + p->time, p->ntime };

	if (m->look != NULL) {
		m->look(m->see_ctx, doc);
		return;
	}
	if (deep_is_cut(p->json)) {
		write_fail(m, p, "too_deep", "nested too deep for programs");
		return;
	}
	m->run->written++;
	emit_doc(id_of(m, p), p->ntime > 0 ? time : (struct span){ 0 },
	    emission_name(m->run, m->view), doc);
}

/* ---- doc ---- */

/* null, or [RESULT...] of one item. */
static void
write_line(struct emission *m, const struct pending *p, struct span line)
{
	struct json_iter it;
	struct json_member doc, more;

	if (line.n == 0 || line.p[0] != '[') {
		write_fail(m, p, "doc", "doc failed");
		return;
	}
	json_iter_init(&it, line);
	if (!json_iter_next(&it, &doc) || doc.type != JSON_OBJECT)
		write_fail(m, p, "doc", "doc did not give an object");
	else if (json_iter_next(&it, &more))
		write_fail(m, p, "doc", "doc gave more than one result");
	else
		write_doc(m, p, doc.value);
}

static int
run_doc(struct emission *m, const struct scope *s, size_t from, size_t n,
    bool *own, struct err *e)
{
	buf_clear(&m->docs);
	buf_putc(&m->docs, '[');
	for (size_t i = from; i < from + n; i++) {
		if (i > from)
			buf_putc(&m->docs, ',');
		buf_add_span(&m->docs, m->v[i].json);
	}
	buf_putc(&m->docs, ']');
	buf_pad(&m->docs);
	return programs_run(&m->run->programs, m->view->docs, &s->vars,
	    buf_span(&m->docs), &m->made, m->view->ask.where, own, e);
}

static void
write_lines(struct emission *m, size_t from, size_t n)
{
	const char *p = m->made.p, *end = p + m->made.n;

	buf_pad(&m->made);
	for (size_t i = from; i < from + n; i++) {
		const char *nl = p < end ?
		    memchr(p, '\n', (size_t)(end - p)) : NULL;
		struct span line = { p, nl ? (size_t)(nl - p) : 0 };

		write_line(m, &m->v[i], nl ? line : SPAN(""));
		p = nl ? nl + 1 : end;
	}
}

/* What one item does to the program (too long, no memory) is not the others'
 * affair. */
static int
write_docs(struct emission *m, const struct scope *s, size_t from, size_t n,
    struct err *e)
{
	bool own;

	if (n == 0)
		return 0;
	if (run_doc(m, s, from, n, &own, e) == 0) {
		write_lines(m, from, n);
		return 0;
	}
	if (!own)
		return -1;
	if (n == 1) {
		write_fail(m, &m->v[from], "doc", e->text);
		return 0;
	}
	for (size_t i = from; i < from + n; i++)
		if (write_docs(m, s, i, 1, e) != 0)
			return -1;
	return 0;
}

static void
write_plain(struct emission *m, const struct pending *p)
{
	if (p->json.p[0] == '{')
		write_doc(m, p, p->json);
	else
		write_fail(m, p, "doc", "the item is no object; doc would "
		    "have to make one of it");
}

/* ---- with ---- */

static void
look_ahead(struct emission *m, size_t i)
{
	size_t to = i + m->run->parallel;

	if (m->run->parallel < 2)
		return;
	if (m->ahead <= i)
		m->ahead = i + 1;
	for (; m->ahead < to && m->ahead < m->n; m->ahead++)
		subs_ahead(m->run, m->view, m->v[m->ahead].json);
}

static int
write_with(struct emission *m, const struct scope *s, size_t i,
    struct err *e)
{
	struct trouble t = { 0 };
	struct buf item = { 0 };
	int r;

	look_ahead(m, i);
	r = subs_fetch(m->run, m->view, m->v[i].json, &item, &t, e);
	if (r == 0 && t.code != NULL) {
		write_fail(m, &m->v[i], t.code, t.why);
	} else if (r == 0) {
		buf_pad(&item);
		m->v[i].json = buf_span(&item);
		if (m->view->doc.program >= 0)
			r = write_docs(m, s, i, 1, e);
		else
			write_plain(m, &m->v[i]);
	}
	buf_release(&item);
	return r;
}

int
made_documents(struct emission *m, const struct scope *s, struct err *e)
{
	if (m->view->nsubs == 0 && m->view->doc.program >= 0)
		return write_docs(m, s, 0, m->n, e);
	for (size_t i = 0; i < m->n; i++) {
		if (m->view->nsubs == 0)
			write_plain(m, &m->v[i]);
		else if (write_with(m, s, i, e) != 0 ||
		    run_full(m->run, e))
			return -1;
	}
	return 0;
}
