/* SPDX-License-Identifier: MIT */
/* For tests of trees: they are written, and compared, as JSON text. */
#ifndef CONN_TESTS_VALS_H
#define CONN_TESTS_VALS_H

#include "json/val.h"
#include "tap.h"

static struct arena arena;

static struct val *
parse(const char *text)
{
	struct val_error e;

	return val_parse(&arena, span_of(text), JSON_DEPTH, true, &e);
}

static void
same(const struct val *v, const char *expect, const char *title)
{
	struct buf b = { 0 };

	if (v != NULL)
		val_write(&b, v);
	if (!ok(span_is(buf_span(&b), expect), "%s", title))
		printf("# %s\n", buf_cstr(&b));
	buf_release(&b);
}

#endif
