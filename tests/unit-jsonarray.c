/* SPDX-License-Identifier: MIT */
#include "source/jsonarray.h"

#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "tap.h"

/* The elements as a text, "LINE:ELEMENT|", then ! and what is wrong. */
static void
dump(struct span text, const char *path, size_t step, size_t max,
    struct buf *out)
{
	char copy[100] = ".";
	struct span keys[JSONARRAY_KEYS], element;
	struct feed f = { text, step };
	enum jsonarray_result r;
	struct jsonarray a;

	jsonarray_init(&a, feed_read, &f, max);
	snprintf(copy, sizeof copy, "%s", path);
	jsonarray_path(copy, keys, &a.nkeys);
	a.keys = keys;
	while ((r = jsonarray_next(&a, &element)) != ARRAY_END &&
	    r != ARRAY_ERROR) {
		buf_printf(out, "%d:", (int)a.line);
		if (r == ARRAY_ELEMENT)
			buf_add_span(out, element);
		else
			buf_printf(out, "!%s", r == ARRAY_LONG ? "long" :
			    a.what);
		buf_putc(out, '|');
	}
	jsonarray_release(&a);
}

static void
check(const char *text, const char *path, const char *expected)
{
	static const size_t steps[] = { 1, 2, 3, 5, 1000 };

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct buf out = { 0 };

		dump(span_of(text), path, steps[i], 40, &out);
		if (!ok(streq(buf_cstr(&out), expected), "%s, %zu bytes at "
		    "a time", text, steps[i]))
			printf("# %s\n", buf_cstr(&out));
		buf_release(&out);
	}
}

static void
test_array(void)
{
	check("[]", ".", "");
	check(" \n[ ] \n", ".", "");
	check("[1]", ".", "1:1|");
	check("[{\"a\":1},\n{\"b\":[2,\"]\"]} , \"x\\\"]\",true\n,-1e5]", ".",
	    "1:{\"a\":1}|2:{\"b\":[2,\"]\"]}|2:\"x\\\"]\"|2:true|3:-1e5|");
	check("{\"a\":1}", ".", "1:{\"a\":1}|");
	check("\n{\"a\":[{}]} ", ".", "2:{\"a\":[{}]}|");
	check("\xef\xbb\xbf[1]", ".", "1:1|");
	check("[\"0123456789012345678901234567890123456789\",2]", ".",
	    "1:!long|1:2|");
	check("[0123456789012345678901234567890123456789012,2]", ".",
	    "1:!long|1:2|");
}

static void
test_bad(void)
{
	check("", ".", "1:!JSON cut short|");
	check("[", ".", "1:!JSON cut short|");
	check("[1", ".", "1:1|1:!JSON cut short|");
	check("[1,", ".", "1:1|1:!JSON cut short|");
	check("[\"a", ".", "1:!JSON cut short|");
	check("[{\"a\":\"\\", ".", "1:!JSON cut short|");
	check("[1,]", ".", "1:1|1:!a comma without an element|");
	check("[,1]", ".", "1:!a comma without an element|");
	check("[1 2]", ".", "1:1|1:!no comma between elements|");
	check("[1]\n]", ".", "1:1|2:!bytes after the JSON value|");
	check("{}{}", ".", "1:{}|1:!bytes after the JSON value|");
	check("true", ".", "1:!neither an array nor an object|");
}

static void
test_path(void)
{
	check("{\"a\":[1,2]}", ".a", "1:1|1:2|");
	check("{\"x\":{\"a\":[9]},\"a\":{\"a\":[8],\"b\":[1]},\"b\":[7]}",
	    ".a.b", "1:1|");
	check("{\"z\":\"]}\",\n\"a\":[1] , \"y\":null}", ".a", "2:1|");
	check("{\"\\u0061\":[1]}", ".a", "1:1|");
	check("{\"a b.c\":[1]}", ".\"a b.c\"", "1:1|");
	check("{\"é\":[1]}", ".\"\\u00e9\"", "1:1|");
	check("{\"a\":[]}", ".a", "");
	check("{\"b\":[1]}", ".a", "1:!items is not there|");
	check("{}", ".a", "1:!items is not there|");
	check("{\"a\":{}}", ".a.b", "1:!items is not there|");
	check("[1]", ".a", "1:!there is no object on the way to items|");
	check("{\"a\":1}", ".a", "1:!there is no array at the end of items|");
	check("{\"a\":null}", ".a.b",
	    "1:!there is no object on the way to items|");
	check("{\"a\":[1],\"a\":[2]}", ".a",
	    "1:1|1:!a key of items stands twice|");
	check("{\"a\":[1],\"b\"", ".a", "1:1|1:!JSON cut short|");
	check("{\"a\":[1],\"b\":", ".a", "1:1|1:!JSON cut short|");
	check("{\"a\":[1],\"b\":}", ".a", "1:1|1:!a key without a value|");
	check("{\"a\":[1] \"b\":2}", ".a",
	    "1:1|1:!no comma between members|");
	check("{\"a\":[1],}", ".a", "1:1|1:!no key|");
	check("{\"b\" 1}", ".a", "1:!no colon after a key|");
	check("{\"\\x\":1}", ".a", "1:!not JSON|");
	check("{b:1}", ".a", "1:!no key|");
}

static void
test_cut(void)
{
	static const char text[] = "{\"x\":[{}],\"a\":{\"b\":[{\"i\":1},"
	    "{\"i\":\"\\\"\"}],\"c\":[1,{\"d\":\"]\"}]},\"e\":null}";
	bool all = true;

	for (size_t n = 0; n < sizeof text - 1; n++) {
		struct buf out = { 0 };

		dump((struct span){ text, n }, ".a.b", 3, 100, &out);
		if (strstr(buf_cstr(&out), "!JSON cut short|") == NULL) {
			printf("# %zu: %s\n", n, buf_cstr(&out));
			all = false;
		}
		buf_release(&out);
	}
	ok(all, "a text cut anywhere is called cut short");
}

static void
test_path_text(void)
{
	static const char *const wrong[] = { "", "a", ".a.", ".a..b", "a.b",
		".a[0]", ".\"a", ".\"a\"b", ".\"\\x\"", ".." };
	struct span keys[JSONARRAY_KEYS];
	char text[300];
	size_t n;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		snprintf(text, sizeof text, "%s", wrong[i]);
		ok(jsonarray_path(text, keys, &n) != NULL, "'%s' is refused",
		    wrong[i]);
	}
	snprintf(text, sizeof text, ".a.\"b\\\"c.\".d");
	ok(jsonarray_path(text, keys, &n) == NULL && n == 3 &&
	    span_is(keys[0], "a") && span_is(keys[1], "b\"c.") &&
	    span_is(keys[2], "d"), "quoted keys");
	for (size_t i = 0; i < JSONARRAY_KEYS + 1; i++)
		memcpy(text + 2 * i, ".a", 3);
	ok(jsonarray_path(text, keys, &n) != NULL, "too many keys");
	text[2 * JSONARRAY_KEYS] = '\0';
	ok(jsonarray_path(text, keys, &n) == NULL && n == JSONARRAY_KEYS,
	    "as many as there may be");
}

int
main(void)
{
	test_array();
	test_bad();
	test_path();
	test_cut();
	test_path_text();
	return tap_done();
}
