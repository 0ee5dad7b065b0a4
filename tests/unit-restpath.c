/* SPDX-License-Identifier: MIT */
/*
 * Plain paths against libjq: the same values of the same texts, or an error
 * where libjq has one.
 */
#include "source/rest/path.h"

#include <jq.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "tap.h"

/* libjq 1.6 loses what it says of some errors. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libjq.so\n";
}

static void
no_message(void *ctx, jv message)
{
	(void)ctx;
	jv_free(message);
}

/* NULL: it does not compile. */
static jq_state *
compile(const char *program)
{
	jq_state *jq = jq_init();

	jq_set_error_cb(jq, no_message, NULL);
	if (!jq_compile(jq, program))
		jq_teardown(&jq);
	return jq;
}

/* The values of a text, each followed by a line break; "!" for an error. */
static void
ask_jq(jq_state *jq, const char *text, struct buf *out)
{
	jv v;

	jq_start(jq, jv_parse(text), 0);
	while (jv_is_valid(v = jq_next(jq))) {
		jv s = jv_dump_string(v, 0);

		buf_puts(out, jv_string_value(s));
		buf_putc(out, '\n');
		jv_free(s);
	}
	if (jv_invalid_has_msg(jv_copy(v)))
		buf_putc(out, '!');
	jv_free(v);
}

/* The same of ours, written anew by libjq. */
static void
ask_path(const struct path *path, const char *text, struct buf *out)
{
	struct buf b = { 0 };
	struct path_iter it;
	struct span v;
	enum path_result r;

	buf_puts(&b, text);
	buf_pad(&b);
	path_start(&it, path, buf_span(&b));
	while ((r = path_next(&it, &v)) == PATH_VALUE) {
		jv s = jv_dump_string(jv_parse_sized(v.p, (int)v.n), 0);

		buf_puts(out, jv_string_value(s));
		buf_putc(out, '\n');
		jv_free(s);
	}
	if (r == PATH_ERROR)
		buf_putc(out, '!');
	buf_release(&b);
}

static bool
same(jq_state *jq, const struct path *path, const char *text)
{
	struct buf ours = { 0 }, theirs = { 0 };
	bool good;

	ask_path(path, text, &ours);
	ask_jq(jq, text, &theirs);
	good = streq(buf_cstr(&ours), buf_cstr(&theirs));
	if (!good)
		printf("# of %s\n# ours: %s\n# libjq: %s\n", text,
		    buf_cstr(&ours), buf_cstr(&theirs));
	buf_release(&ours);
	buf_release(&theirs);
	return good;
}

static const char *const texts[] = {
	"null", "1", "\"a\"", "true", "[]", "{}", "[1,[2],{\"a\":3}]",
	"{\"a\":1}", "{\"a\":{\"b\":[1,2]},\"b\":null}",
	"{\"a\":[{\"b\":[{\"c\":1},{\"c\":null},{}]},{\"b\":[]}]}",
	"{\"a\":1,\"b\":2,\"a\":3}", "{\"z\":1,\"a\":2,\"z\":[4],\"m\":0}",
	"{\"\\u0061\":{\"b\":\"\\u0062\"},\"\":5}",
	"{ \"a\" : [ 1 , 2 , { \"b\" : \"]}\\\"\" } ] }",
	"{\"@odata.nextLink\":\"x\",\"a b\":[true],\"_1\":false}",
	"{\"a\\u0000\":1,\"a\":\"\\ud83d\\ude00\"}",
	"{\"a\":{\"a\":{\"a\":{\"a\":[[[[7]]]]}}}}",
	"[{\"a\":1},null,{\"a\":2}]", "[{\"a\":1},5]",
	"{\"a\":1.50,\"b\":1e3,\"c\":-0}"
};

static const char *const plain_ones[] = {
	".", ".a", ".a.b", ".a.b.c", ".[]", ".a[]", ".a[].b", ".a[].b[]",
	".a[].b[].c", ".[].a", ".[][]", ".a[][][][]", ".\"a\"", ".\"a b\"",
	".\"a b\"[]", ".\"@odata.nextLink\"", ".[\"a\"]", ".[\"a\"][\"b\"]",
	".a[\"b\"]", ".a.\"b\"", ".[\"a\"].b", ".[\"@odata.nextLink\"]",
	" .a ", "\t.a[] ", "._1", ".\"\"", ".z", ".[].z[]", ".a.a.a.a[][]",
	".and", ".c"
};

/* Whatever is not plain, libjq runs or refuses. */
static const char *const others[] = {
	"", "a", "..", ".a // .b", ".a | .b", ".a,.b", ".[0]", ".[-1]",
	".[1:]", ".a?", ".[]?", ".a.[]", ".a.[\"b\"]", ".a .b", ". a",
	".1", ".a.", ".[", ".[]]", ".a[", ".\"a", ".\"a\\n\"",
	".\"\\(1)\"", ".[\"\\u0061\"]", ".[a]", ".[ ]", ".[\"a\" ]", ".a b",
	".a#b", "$p", "$p.a", ".a[]b", ".[\"a\"]b", ".\xc3\xa9",
	".\"\xff\"", ".a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q"
};

static void
test_listed(void)
{
	struct arena a = { 0 };
	struct path path;

	for (size_t i = 0; i < sizeof plain_ones / sizeof *plain_ones; i++) {
		jq_state *jq = compile(plain_ones[i]);
		bool good = jq != NULL &&
		    path_parse(&path, span_of(plain_ones[i]), &a);

		for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
			good = good && same(jq, &path, texts[k]);
		ok(good, "as libjq: %s", plain_ones[i]);
		jq_teardown(&jq);
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		ok(!path_parse(&path, span_of(others[i]), &a),
		    "not plain: %s", others[i]);
	ok(path_parse(&path, SPAN("\n.a.b\r\n"), &a) && path_is_single(&path),
	    "a path of keys has one value");
	ok(path_parse(&path, SPAN(".a[].b"), &a) && !path_is_single(&path),
	    "one with [] has any number");
	ok(!path_parse(&path, (struct span){ ".\"a\0b\"", 6 }, &a),
	    "a NUL in a key");
	arena_release(&a);
}

static uint64_t seed;

static unsigned
below(unsigned n)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(seed >> 33) % n;
}

static void
put_value(struct buf *b, unsigned depth)
{
	static const char *const keys[] = { "a", "b", "\\u0061", "a b", "" };
	static const char *const plain[] = { "null", "1", "-2.5", "\"x\"",
		"\"]\\\"}\"", "true", "false", "\"\\u00e9\"", "[]", "{}" };
	unsigned n = below(4), kind = below(3);

	if (depth == 0 || kind == 0) {
		buf_puts(b, plain[below(10)]);
		return;
	}
	buf_putc(b, kind == 1 ? '[' : '{');
	for (unsigned i = 0; i < n; i++) {
		buf_puts(b, i > 0 ? ", " : below(2) ? "" : " ");
		if (kind == 2)
			buf_printf(b, "\"%s\"%s:", keys[below(5)],
			    below(2) ? "" : " ");
		put_value(b, depth - 1);
	}
	buf_putc(b, kind == 1 ? ']' : '}');
}

/* Texts are cheap, a program is not. */
static bool
try_program(const struct path *path, const char *program, unsigned *rounds)
{
	jq_state *jq = compile(program);
	struct buf text = { 0 };
	bool good = jq != NULL;

	for (int i = 0; good && i < 500; i++) {
		buf_clear(&text);
		put_value(&text, 5);
		good = same(jq, path, buf_cstr(&text));
		++*rounds;
	}
	if (!good)
		printf("# of the program %s\n", program);
	buf_release(&text);
	jq_teardown(&jq);
	return good;
}

static void
test_random(void)
{
	static const char *const pieces[] = { ".", "a", ".a", "[]", ".b",
		"[\"a\"]", "\"a b\"", ".\"\"", ".[]", "[", "]", "\"", "|" };
	struct arena a = { 0 };
	struct buf program = { 0 };
	double end = clock_mono() + 1;
	unsigned rounds = 0, plain = 0;
	bool good = true;
	struct path path;

	seed = (uint64_t)time(NULL);
	printf("# seed %llu\n", (unsigned long long)seed);
	while (good && clock_mono() < end) {
		buf_clear(&program);
		for (unsigned n = 1 + below(5); n > 0; n--)
			buf_puts(&program, pieces[below(below(4) ? 9 : 13)]);
		if (!path_parse(&path, buf_span(&program), &a))
			continue;
		good = try_program(&path, buf_cstr(&program), &rounds);
		plain++;
	}
	ok(good && plain > 0, "random paths and texts");
	printf("# %u paths, %u texts\n", plain, rounds);
	buf_release(&program);
	arena_release(&a);
}

/* Nothing comes after the number, not even a NUL. */
static void
check_number(const char *text, const char *expected)
{
	size_t n = strlen(text);
	char *bytes = memcpy(xmalloc(n), text, n);
	struct buf b = { 0 };

	path_number(&b, (struct span){ bytes, n });
	free(bytes);
	ok(streq(buf_cstr(&b), expected), "number %s", text);
	buf_release(&b);
}

/* An integer that a double holds is the same in both ways. */
static void
test_numbers(void)
{
	static const char *const exact[] = { "0", "-0", "7", "-12", "100000",
		"123456789012", "9007199254740991", "9000000000000000",
		"-9007199254740992" };

	for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
		jv s = jv_dump_string(jv_parse(exact[i]), 0);

		check_number(exact[i], jv_string_value(s));
		jv_free(s);
	}
	check_number("12345678901234567890", "12345678901234567890");
	check_number("1.50", "1.5");
	check_number("1e3", "1000");
	check_number("12E-1", "1.2");
}

static void
test_errors(void)
{
	struct arena a = { 0 };
	struct path path;
	struct path_iter it;
	struct span v, in = SPAN("{\"a\":\"x\",\"b\":[[1],2]}"
	    "                                                                ");

	in.n -= 64;
	ok(path_parse(&path, SPAN(".a.b"), &a), "a path that fails");
	path_start(&it, &path, in);
	ok(path_next(&it, &v) == PATH_ERROR &&
	    streq(it.what, "cannot index string with \"b\""),
	    "says what it cannot index, without content");
	ok(!path_value(&path, in, &v), "and so has no value");
	ok(path_parse(&path, SPAN(".b[][]"), &a), "a path that fails late");
	path_start(&it, &path, in);
	ok(path_next(&it, &v) == PATH_VALUE && span_is(v, "1") &&
	    path_next(&it, &v) == PATH_ERROR &&
	    streq(it.what, "cannot iterate over number"), "after a value");
	path_start(&it, &path, in);
	ok(path_next(&it, &v) == PATH_VALUE, "left in the middle");
	path_stop(&it);
	arena_release(&a);
}

int
main(void)
{
	test_listed();
	test_random();
	test_numbers();
	test_errors();
	return tap_done();
}
