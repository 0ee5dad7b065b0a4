/* SPDX-License-Identifier: MIT */
/* The tree: parsing, places, writing, building. */
#include "json/val.h"

#include <time.h>

#include "base/buf.h"
#include "json/text.h"
#include "tap.h"

static struct arena arena;

static struct val *
parse(const char *text, bool unique, struct val_error *e)
{
	return val_parse(&arena, span_of(text), JSON_DEPTH, unique, e);
}

/* A text on one line, for titles; valid until the next call. */
static const char *
shown(const char *text)
{
	static struct buf b;

	buf_clear(&b);
	json_put_cstring(&b, text);
	return buf_cstr(&b);
}

static void
check_written(const char *text, const char *compact, const char *sorted)
{
	struct val_error e;
	struct val *v = parse(text, false, &e);
	struct buf a = { 0 }, b = { 0 }, c = { 0 };

	if (!ok(v != NULL, "parses: %s", shown(text)))
		return;
	val_write(&a, v);
	ok(span_is(buf_span(&a), compact), "written compact: %s", shown(text));
	val_write_sorted(&b, v);
	ok(span_is(buf_span(&b), sorted), "written sorted: %s", shown(text));
	val_write(&c, val_copy(&arena, v));
	ok(span_eq(buf_span(&a), buf_span(&c)), "copied: %s", shown(text));
	buf_release(&a);
	buf_release(&b);
	buf_release(&c);
}

static void
test_write(void)
{
	check_written("null", "null", "null");
	check_written(" [ ] ", "[]", "[]");
	check_written("{ }", "{}", "{}");
	check_written("[1, 2.50,-0,1E+400]", "[1,2.50,-0,1E+400]",
	    "[1,2.50,-0,1E+400]");
	check_written("[true ,false , null]", "[true,false,null]",
	    "[true,false,null]");
	check_written("\"a\\u0041\\n\\ud83d\\ude00\\/\\u0000\"",
	    "\"aA\\n\xf0\x9f\x98\x80/\\u0000\"",
	    "\"aA\\n\xf0\x9f\x98\x80/\\u0000\"");
	check_written("{\"b\":{\"z\":[],\"\":{}},\"a\":[{\"y\":1,\"x\":2}]}",
	    "{\"b\":{\"z\":[],\"\":{}},\"a\":[{\"y\":1,\"x\":2}]}",
	    "{\"a\":[{\"x\":2,\"y\":1}],\"b\":{\"\":{},\"z\":[]}}");
	check_written("{\"a\":1,\"b\":2,\"\\u0061\":3}",
	    "{\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}");
	check_written("{\"aa\":1,\"a\":2,\"\xc3\xa9\":3,\"Z\":4}",
	    "{\"aa\":1,\"a\":2,\"\xc3\xa9\":3,\"Z\":4}",
	    "{\"Z\":4,\"a\":2,\"aa\":1,\"\xc3\xa9\":3}");
	check_written("{\"i\":0,\"h\":0,\"g\":0,\"f\":0,\"e\":0,\"d\":0,"
	    "\"c\":0,\"b\":0,\"a\":0,\"e\":1}",
	    "{\"i\":0,\"h\":0,\"g\":0,\"f\":0,\"d\":0,\"c\":0,\"b\":0,"
	    "\"a\":0,\"e\":1}",
	    "{\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":1,\"f\":0,\"g\":0,"
	    "\"h\":0,\"i\":0}");
}

static void
test_places(void)
{
	struct val_error e;
	struct val *v = parse("\n{\"a\": 1,\r\n  \"b\" :\n\t[true,\n"
	    "\"x\"]}\n", true, &e);
	const struct val_member *b = val_member(v, "b");
	const struct val *array = val_get(v, "b");

	ok(v != NULL && v->line == 2 && v->col == 1, "place of the object");
	ok(val_get(v, "a")->line == 2 && val_get(v, "a")->col == 7,
	    "place of a number");
	ok(b != NULL && b->line == 3 && b->col == 3, "place of a key");
	ok(array->line == 4 && array->col == 2, "place of an array");
	ok(array->n == 2 && array->items[1]->line == 5 &&
	    array->items[1]->col == 1, "place of an item");
}

static void
check_fault(const char *text, bool unique, enum json_fault fault,
    size_t offset, unsigned line, unsigned col, const char *key)
{
	struct val_error e;
	struct val *v = parse(text, unique, &e);

	ok(v == NULL && e.json.fault == fault && e.json.offset == offset &&
	    e.line == line && e.col == col, "fault %d at %zu (%u:%u): %s",
	    (int)e.json.fault, e.json.offset, e.line, e.col, shown(text));
	ok(e.duplicate == (key != NULL) && (key == NULL ||
	    span_is(e.key, key)), "duplicate key: %s", shown(text));
}

static void
test_faults(void)
{
	check_fault("{\"a\":1,\n\"b\":x}", true, JSON_SYNTAX, 12, 2, 5, NULL);
	check_fault("", true, JSON_EMPTY, 0, 1, 1, NULL);
	check_fault("\n\n", true, JSON_EMPTY, 2, 3, 1, NULL);
	check_fault("[1,\n", true, JSON_CUT, 4, 2, 1, NULL);
	check_fault("[1]\n\n x", true, JSON_TRAILING, 6, 3, 2, NULL);
	check_fault("{\"a\":1,\n \"\\u0061\":2}", true, JSON_SYNTAX, 9, 2, 2,
	    "a");
	check_fault("[{\"x\":{\"b\":1,\"c\":2,\n\n\"b\":{},\"c\":1}}]", true,
	    JSON_SYNTAX, 21, 3, 1, "b");
	check_fault("{\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,"
	    "\"7\":0,\"8\":0,\"9\":0,\"5\":0,\"2\":0}", true, JSON_SYNTAX,
	    55, 1, 56, "5");
}

static void
test_access(void)
{
	struct val_error e;
	struct val *v = parse("{\"s\":\"a\\u0000b\",\"t\":true,\"f\":false,"
	    "\"n\":5.0e1,\"m\":18446744073709551615,\"o\":1844674407370955"
	    "1616,\"x\":-1,\"h\":0.5,\"z\":-0,\"e\":1e99999999999999999999,"
	    "\"\":{}}", true, &e);
	uint64_t u = 7;

	ok(val_str(val_get(v, "s")).n == 3 &&
	    memcmp(val_cstr(val_get(v, "s")), "a\0b", 4) == 0, "NUL inside");
	ok(val_str(val_get(v, "t")).n == 0 && !val_cstr(val_get(v, "t")),
	    "no string");
	ok(val_get(NULL, "a") == NULL && val_member(NULL, "a") == NULL &&
	    val_cstr(NULL) == NULL && val_str(NULL).n == 0 &&
	    val_bool(NULL, true) && !val_u64(NULL, 9, &u), "NULL is fine");
	ok(val_get(v, "") != NULL && val_get(v, "ss") == NULL, "keys");
	ok(val_bool(val_get(v, "t"), false) && !val_bool(val_get(v, "f"),
	    true) && val_bool(val_get(v, "s"), true), "booleans");
	ok(val_nmembers(NULL) == 0 && val_nitems(NULL) == 0 &&
	    val_nitems(v) == 0 && val_nmembers(v) == v->n, "of its kind");
	ok(val_u64(val_get(v, "n"), 50, &u) && u == 50, "5.0e1 is 50");
	ok(!val_u64(val_get(v, "n"), 49, &u), "50 is more than 49");
	ok(val_u64(val_get(v, "m"), UINT64_MAX, &u) && u == UINT64_MAX,
	    "the largest");
	ok(!val_u64(val_get(v, "o"), UINT64_MAX, &u), "one more");
	ok(!val_u64(val_get(v, "x"), 9, &u), "negative");
	ok(!val_u64(val_get(v, "h"), 9, &u), "a fraction");
	ok(!val_u64(val_get(v, "e"), UINT64_MAX, &u), "a huge exponent");
	ok(!val_u64(val_get(v, "s"), 9, &u), "a string");
	ok(val_u64(val_get(v, "z"), 9, &u) && u == 0, "-0");
}

static void
test_build(void)
{
	struct val *o = val_new(&arena, JSON_OBJECT);
	struct val *l = val_new(&arena, JSON_ARRAY);
	struct buf b = { 0 };
	struct val_error e;
	struct val *back;

	for (unsigned i = 0; i < 1000; i++) {
		char key[12];

		snprintf(key, sizeof key, "k%u", i % 500);
		val_set(&arena, o, span_of(key), val_new(&arena,
		    i < 500 ? JSON_NULL : JSON_TRUE));
		val_push(&arena, l, val_string(&arena, span_of(key)));
	}
	val_set(&arena, o, SPAN("list"), l);
	ok(o->n == 501 && l->n == 1000, "built, keys replaced");
	ok(val_bool(val_get(o, "k499"), false), "the later value stays");
	val_write(&b, o);
	back = val_parse(&arena, buf_span(&b), 2, true, &e);
	ok(back != NULL && back->n == 501 &&
	    val_get(back, "list")->n == 1000, "read back");
	ok(streq(val_cstr(val_get(back, "list")->items[999]), "k499"),
	    "read back to the end");
	ok(val_parse(&arena, buf_span(&b), 1, true, &e) == NULL &&
	    e.json.fault == JSON_DEEP, "a ceiling of 1");
	buf_release(&b);
}

/* Processor time to read an object of n keys, of which the first stands
 * twice. */
static double
time_of(unsigned n)
{
	struct buf b = { 0 };
	struct val_error e;
	clock_t start;
	struct val *v;
	double t;

	for (unsigned i = 0; i < n; i++)
		buf_printf(&b, "%s\"k%u\":%u", i > 0 ? "," : "{", i % (n - 1),
		    i);
	buf_putc(&b, '}');
	ok(val_parse(&arena, buf_span(&b), 1, true, &e) == NULL &&
	    e.duplicate && span_is(e.key, "k0"), "%u keys, one twice", n);
	start = clock();
	v = val_parse(&arena, buf_span(&b), 1, false, &e);
	t = (double)(clock() - start);
	ok(v != NULL && v->n == n - 1, "%u keys, the last of two", n);
	buf_release(&b);
	return t;
}

static void
test_many(void)
{
	double few = time_of(8000), many = time_of(80000);

	ok(many < few * 50, "ten times the keys take %.0f times as long",
	    many / few);
}

/* Nothing may be recursive: a tree as deep as the scanner allows. */
static void
test_deep(void)
{
	struct buf b = { 0 }, c = { 0 };
	struct val_error e;
	struct val *v;

	for (int i = 0; i < 1024; i++)
		buf_puts(&b, i % 2 ? "[" : "{\"a\":");
	for (int i = 1024; i-- > 0;)
		buf_putc(&b, i % 2 ? ']' : '}');
	v = val_parse(&arena, buf_span(&b), 1024, true, &e);
	ok(v != NULL, "1024 levels");
	val_write_sorted(&c, val_copy(&arena, v));
	ok(span_eq(buf_span(&b), buf_span(&c)), "and back");
	buf_release(&b);
	buf_release(&c);
	for (int i = 0; i < 300000; i++) {
		struct val *o = val_new(&arena, JSON_ARRAY);

		if (i > 0)
			val_push(&arena, o, v);
		v = o;
	}
	val_write(&c, val_copy(&arena, v));
	ok(c.n == 600000, "a built tree of 300000 levels");
	buf_release(&c);
}

int
main(void)
{
	test_write();
	test_places();
	test_faults();
	test_access();
	test_build();
	test_many();
	test_deep();
	arena_release(&arena);
	return tap_done();
}
