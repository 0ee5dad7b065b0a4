/* SPDX-License-Identifier: MIT */
/*
 * The elements of a JSON array that is read piece by piece: however long the
 * pieces are they are the same, and of a text that is JSON they are its
 * elements. The input: a byte for the pieces' length, the text.
 */
#include "feed.h"
#include "fuzz.h"

#include "json/val.h"
#include "source/jsonarray.h"

static enum jsonarray_result
read_all(struct span text, const struct span *key, size_t most,
    struct buf *out, size_t *count)
{
	struct feed in = { text, most };
	struct jsonarray a;
	struct span element;
	enum jsonarray_result got;

	jsonarray_init(&a, feed_read, &in, 1 << 20);
	a.keys = key;
	a.nkeys = key != NULL ? 1 : 0;
	*count = 0;
	while ((got = jsonarray_next(&a, &element)) == ARRAY_ELEMENT) {
		buf_printf(out, "%zu ", element.n);
		buf_add_span(out, element);
		++*count;
	}
	MUST(got == ARRAY_END || got == ARRAY_BAD);
	buf_printf(out, "%d %s", (int)got, got == ARRAY_BAD ? a.what : "");
	jsonarray_release(&a);
	return got;
}

/* What the text has, if it is JSON. */
static void
check(const struct val *v, const struct span *key,
    enum jsonarray_result result, size_t count)
{
	const struct val *array = key != NULL ? val_get(v, "a") : v;

	if (key == NULL && v->type == JSON_OBJECT)
		MUST(result == ARRAY_END && count == 1);
	else if (array != NULL && array->type == JSON_ARRAY)
		MUST(result == ARRAY_END && count == array->n);
	else
		MUST(result == ARRAY_BAD);
}

static void
both_ways(struct span text, const struct span *key, size_t most)
{
	struct arena a = { 0 };
	struct val_error e;
	struct buf one = { 0 }, two = { 0 };
	const struct val *v = val_parse(&a, text, JSON_DEPTH, true, &e);
	enum jsonarray_result result;
	size_t n;

	read_all(text, key, most, &one, &n);
	result = read_all(text, key, SIZE_MAX, &two, &n);
	MUST(span_eq(buf_span(&one), buf_span(&two)));
	if (v != NULL)
		check(v, key, result, n);
	buf_release(&one);
	buf_release(&two);
	arena_release(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct span key = { "a", 1 };
	struct span in = { (const char *)p, n };
	size_t most = 1 + fuzz_byte(&in) % 16;

	both_ways(in, NULL, most);
	both_ways(in, &key, most);
	return 0;
}
