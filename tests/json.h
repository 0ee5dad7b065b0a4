/* SPDX-License-Identifier: MIT */
/*
 * For the tests of the scanner: a text is scanned by every implementation,
 * with different bytes after its end, and all must say the same.
 */
#ifndef CONN_TESTS_JSON_H
#define CONN_TESTS_JSON_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "json/scan.h"

__attribute__((unused))
static const char *const json_impls[] = { "portable", "sse2", "avx2" };

enum { JSON_IMPLS = sizeof json_impls / sizeof *json_impls };

/* What one scan said. */
struct verdict {
	int object, value;      /* the results */
	struct json_error object_error, value_error;
	struct json_object o;
	struct span whole;
	enum json_type type;
};

/* A copy with exactly BUF_PAD bytes after it, so that a sanitizer sees every
 * read beyond them, or before the text. For free(). */
__attribute__((unused))
static char *
padded(const void *text, size_t n, int pad)
{
	char *p = xmalloc(n + BUF_PAD);

	if (n > 0)
		memcpy(p, text, n);
	memset(p + n, pad, BUF_PAD);
	return p;
}

static void
scan_both(struct span text, unsigned depth, struct verdict *v)
{
	v->object = json_object_scan(text, depth, &v->o, &v->object_error);
	v->value = json_value_scan(text, depth, &v->whole, &v->type,
	    &v->value_error);
}

static bool
same_span(struct span a, struct span b)
{
	return a.p == b.p && a.n == b.n;
}

static bool
same_error(struct json_error a, struct json_error b)
{
	return a.fault == b.fault && a.offset == b.offset;
}

static bool
same_object(const struct json_object *a, const struct json_object *b)
{
	if (a->n != b->n || !same_span(a->text, b->text) ||
	    a->lone_surrogate != b->lone_surrogate)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct json_member *x = &a->v[i], *y = &b->v[i];

		if (!same_span(x->key, y->key) ||
		    !same_span(x->value, y->value) || x->type != y->type ||
		    x->key_escaped != y->key_escaped ||
		    x->escaped != y->escaped)
			return false;
	}
	return true;
}

static bool
same_verdict(const struct verdict *a, const struct verdict *b)
{
	if (a->object != b->object || a->value != b->value ||
	    !same_error(a->object_error, b->object_error) ||
	    !same_error(a->value_error, b->value_error))
		return false;
	if (a->object == 0 && !same_object(&a->o, &b->o))
		return false;
	return a->value != 0 || (same_span(a->whole, b->whole) &&
	    a->type == b->type);
}

static void
note(const char *impl, int pad, const char *what, struct json_error got,
    struct json_error want)
{
	if (!same_error(got, want))
		printf("# %s, pad 0x%02x: %s: fault %d at %zu, not %d at "
		    "%zu\n", impl, pad & 0xff, what, (int)got.fault,
		    got.offset, (int)want.fault, want.offset);
}

/* The verdict on text, for json_object_release(&v->o). Its pad is filled with
 * each of pads, and with all of them by turns. false if any implementation or
 * pad gives another verdict. */
__attribute__((unused))
static bool
judge(char *p, size_t n, unsigned depth, const char *pads, size_t npads,
    struct verdict *v)
{
	struct verdict w = { 0 };
	bool same = true;

	*v = (struct verdict){ 0 };
	json_use("portable");
	memset(p + n, 0, BUF_PAD);
	scan_both((struct span){ p, n }, depth, v);
	for (size_t i = 0; i < JSON_IMPLS * npads && same; i++) {
		const char *impl = json_impls[i / npads];

		if (!json_use(impl))
			continue;
		memset(p + n, pads[i % npads], BUF_PAD);
		scan_both((struct span){ p, n }, depth, &w);
		same = same_verdict(v, &w);
		for (size_t k = 0; k < BUF_PAD; k++)
			p[n + k] = pads[(i + k) % npads];
		scan_both((struct span){ p, n }, depth, &w);
		same = same && same_verdict(v, &w);
		if (same)
			continue;
		printf("# %s says otherwise\n", impl);
		note(impl, pads[i % npads], "object", w.object_error,
		    v->object_error);
		note(impl, pads[i % npads], "value", w.value_error,
		    v->value_error);
	}
	json_object_release(&w.o);
	json_use(NULL);
	return same;
}

/* Bytes that would go on with, end, or spoil whatever comes before them. */
#define HOSTILE "{\"\\}[]:,0e.lu- \n\x01\x80\xbf\xc3\xff"
enum { HOSTILE_N = sizeof HOSTILE - 1 };

#endif
