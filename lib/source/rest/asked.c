/* SPDX-License-Identifier: MIT */
#include "source/rest/asked.h"

#include <stdlib.h>

#include "json/text.h"

void
asked_release(struct asked *a)
{
	arena_release(&a->arena);
	free(a->raw);
	free(a->fields);
	buf_release(&a->url);
	buf_release(&a->body);
	*a = (struct asked){ 0 };
}

/* ---- urlencoding ---- */

/* A value's text; false: it has none. */
static struct span
text_of(const struct val *v, struct buf *scratch)
{
	buf_clear(scratch);
	if (v->type == JSON_STRING)
		return v->str;
	val_write(scratch, v);
	return buf_span(scratch);
}

static void
put_pair(struct buf *out, char *sep, struct span key, const struct val *v)
{
	struct buf scratch = { 0 };

	buf_putc(out, *sep);
	*sep = '&';
	http_escape(out, key);
	buf_putc(out, '=');
	http_escape(out, text_of(v, &scratch));
	buf_release(&scratch);
}

/* A list repeats its key; null leaves it out. sep is put before the first. */
static void
put_pairs(struct buf *out, const struct val *map, char sep)
{
	for (size_t i = 0; map != NULL && i < map->n; i++) {
		const struct val *v = map->members[i].value;

		for (size_t k = 0; v->type == JSON_ARRAY && k < v->n; k++)
			if (v->items[k]->type != JSON_NULL)
				put_pair(out, &sep, map->members[i].key,
				    v->items[k]);
		if (v->type != JSON_ARRAY && v->type != JSON_NULL)
			put_pair(out, &sep, map->members[i].key, v);
	}
}

/* ---- making ---- */

static int
wrong(const struct asked *a, struct err *e, const char *what)
{
	return err_set(e, ST_PERSON, "%s: %s", a->ask->where, what);
}

static bool
is_list(const struct asked *a, const char *part)
{
	const struct val *v = val_get(a->parts, part);

	return v != NULL && v->type == JSON_ARRAY;
}

static int
check_parts(const struct asked *a, struct err *e)
{
	if (is_list(a, "query"))
		return wrong(a, e, "the query is not a mapping");
	if (is_list(a, "headers"))
		return wrong(a, e, "the headers are not a mapping");
	return 0;
}

static int
make_url(struct run *r, struct asked *a, struct err *e)
{
	const char *path = val_cstr(val_get(a->parts, "path"));
	struct buf ref = { 0 };
	char *url;

	if (a->raw != NULL) {
		buf_puts(&a->url, a->raw);
		return 0;
	}
	if (path == NULL)
		return wrong(a, e, "the path is not a text");
	if (strstr(path, "://") == NULL) {
		buf_add_span(&ref, buf_span(&r->url));
		if (path[0] != '/' && path[0] != '?' && path[0] != '\0')
			buf_putc(&ref, '/');
	}
	buf_puts(&ref, path);
	put_pairs(&ref, val_get(a->parts, "query"),
	    memchr(ref.p, '?', ref.n) ? '&' : '?');
	url = fetch_resolve(r->fetch, NULL, buf_cstr(&ref), e);
	buf_release(&ref);
	if (url == NULL)
		return -1;
	buf_puts(&a->url, url);
	free(url);
	return 0;
}

static int
make_fields(struct asked *a, struct err *e)
{
	const struct val *h = val_get(a->parts, "headers");
	struct buf scratch = { 0 };
	size_t n = 0;

	*e = (struct err){ 0 };
	if (h == NULL || h->n == 0)
		return 0;
	a->fields = xcalloc(h->n, sizeof *a->fields);
	for (size_t i = 0; i < h->n; i++) {
		const struct val *v = h->members[i].value;

		if (v->type == JSON_NULL)
			continue;
		if (v->type == JSON_ARRAY || v->type == JSON_OBJECT) {
			wrong(a, e, "a header that is not a text");
			break;
		}
		a->fields[n].name = h->members[i].key.p;
		a->fields[n].value = arena_strndup(&a->arena,
		    text_of(v, &scratch));
		if (http_field_check(a->fields[n].name, a->fields[n].value,
		    e) != 0)
			break;
		n++;
	}
	buf_release(&scratch);
	a->request.fields = a->fields;
	a->request.n = n;
	return e->status == 0 ? 0 : -1;
}

static void
make_body(struct asked *a)
{
	const struct val *form = val_get(a->parts, "form");
	const struct val *body = val_get(a->parts, "body");

	if (form != NULL && form->type == JSON_OBJECT) {
		a->request.type = "application/x-www-form-urlencoded";
		put_pairs(&a->body, form, '&');
		a->request.body = (struct span){ a->body.p + 1,
			a->body.n > 0 ? a->body.n - 1 : 0 };
	} else if (body != NULL) {
		a->request.type = "application/json";
		val_write(&a->body, body);
		a->request.body = buf_span(&a->body);
	}
	if (a->request.body.n == 0)
		a->request.body = SPAN("");
}

static int
make(struct run *r, struct asked *a, struct err *e)
{
	a->request.method = a->ask->post ? "POST" : "GET";
	if (check_parts(a, e) != 0 || make_url(r, a, e) != 0 ||
	    make_fields(a, e) != 0)
		return -1;
	make_body(a);
	a->request.url = buf_cstr(&a->url);
	return 0;
}

int
asked_start(struct run *r, const struct ask *ask, const struct vars *v,
    struct asked *out, bool *own, struct err *e)
{
	struct buf text = { 0 };
	struct val_error ve;
	int result;

	*out = (struct asked){ .ask = ask };
	result = programs_run(&r->programs, ask->request, v, SPAN("null"),
	    &text, ask->where, own, e);
	if (result == 0)
		out->parts = val_parse(&out->arena, first_line(&text), 1000,
		    false, &ve);
	buf_release(&text);
	if (result != 0)
		return -1;
	if (out->parts == NULL)
		return wrong(out, e, "the request is no JSON");
	return make(r, out, e);
}

/* ---- the next one ---- */

/* base with what over has, objects member by member; null takes out. */
static struct val *
merge(struct arena *a, const struct val *base, const struct val *over)
{
	struct val *copy = val_copy(a, over);

	if (base == NULL || base->type != JSON_OBJECT ||
	    over->type != JSON_OBJECT)
		return copy;
	return connector_merge(a, base, copy);
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct span
decoded(struct arena *a, const char *p, size_t n)
{
	struct buf b = { 0 };
	struct span out;

	for (size_t i = 0; i < n; i++) {
		int hi = p[i] == '%' && i + 2 < n ? hex(p[i + 1]) : -1;
		int lo = hi >= 0 ? hex(p[i + 2]) : -1;

		if (lo >= 0) {
			buf_putc(&b, (char)(hi << 4 | lo));
			i += 2;
		} else {
			buf_putc(&b, p[i] == '+' ? ' ' : p[i]);
		}
	}
	out = (struct span){ arena_strndup(a, buf_span(&b)), b.n };
	buf_release(&b);
	return out;
}

/* A parameter that is repeated is a list. */
static void
add_parameter(struct arena *a, struct val *q, struct span key,
    struct span text)
{
	struct val *v = val_string(a, text), *old = val_get(q, key.p), *list;

	if (old == NULL) {
		val_set(a, q, key, v);
		return;
	}
	list = old;
	if (old->type != JSON_ARRAY) {
		list = val_new(a, JSON_ARRAY);
		val_push(a, list, old);
		val_set(a, q, key, list);
	}
	val_push(a, list, v);
}

/* The query of a URL as a mapping. */
static struct val *
parse_query(struct arena *a, const char *url)
{
	struct val *q = val_new(a, JSON_OBJECT);
	const char *p = strchr(url, '?');

	for (p = p ? p + 1 : ""; *p != '\0' && *p != '#';) {
		size_t n = strcspn(p, "&#"), k = strcspn(p, "=&#");
		struct span value = k < n ? decoded(a, p + k + 1, n - k - 1) :
		    SPAN("");

		if (n > 0)
			add_parameter(a, q, decoded(a, p, k), value);
		p += n + (p[n] == '&');
	}
	return q;
}

static int
next_url(struct run *r, const struct asked *a, const char *base,
    const char *ref, struct asked *out, struct err *e)
{
	out->parts = val_copy(&out->arena, a->parts);
	out->raw = fetch_resolve(r->fetch, base, ref, e);
	if (out->raw == NULL)
		return -1;
	val_set(&out->arena, out->parts, SPAN("query"),
	    parse_query(&out->arena, out->raw));
	return make(r, out, e);
}

/* A query merged into a URL that was given: its own query is known. */
static void
forget_raw(struct asked *out, const struct asked *a)
{
	size_t n;

	if (a->raw == NULL)
		return;
	n = strcspn(a->raw, "?#");
	val_set(&out->arena, out->parts, SPAN("path"),
	    val_string(&out->arena, (struct span){ a->raw, n }));
}

int
asked_next(struct run *r, const struct asked *a, const char *base,
    const struct val *next, struct asked *out, struct err *e)
{
	static const char *const names[] = { "query", "headers", "body",
	    "form" };

	*out = (struct asked){ .ask = a->ask };
	if (next->type == JSON_STRING)
		return next_url(r, a, base, next->str.p, out, e);
	out->parts = val_copy(&out->arena, a->parts);
	forget_raw(out, a);
	for (size_t i = 0; i < next->n; i++) {
		struct span key = next->members[i].key;
		size_t k = 0;

		while (k < 4 && !span_is(key, names[k]))
			k++;
		if (k == 4)
			return err_set(e, ST_PERSON, "%s: next: %s is none of "
			    "query, headers, body, form", a->ask->where,
			    key.p);
		val_set(&out->arena, out->parts, key, merge(&out->arena,
		    val_get(out->parts, key.p), next->members[i].value));
	}
	return make(r, out, e);
}

void
asked_query(const struct asked *a, struct buf *out)
{
	const struct val *q = val_get(a->parts, "query");

	if (q != NULL)
		val_write(out, q);
	else
		buf_puts(out, "{}");
}

struct h128
asked_hash(const struct asked *a)
{
	struct buf all = { 0 };
	struct h128 h;

	buf_puts(&all, a->request.method);
	buf_putc(&all, ' ');
	buf_puts(&all, a->request.url);
	for (size_t i = 0; i < a->request.n; i++)
		buf_printf(&all, "\n%s: %s", a->request.fields[i].name,
		    a->request.fields[i].value);
	buf_putc(&all, '\n');
	buf_add_span(&all, a->request.body);
	h = hash128(all.p, all.n);
	buf_release(&all);
	return h;
}
