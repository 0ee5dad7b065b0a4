/* SPDX-License-Identifier: MIT */
/* libjq's values by our scanner and writer: what libjq itself makes of the same
 * texts, and what it does not take. */
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "rules/jqvalue.h"
#include "tap.h"

static uint64_t seed;

static unsigned
below(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static const char *const strings[] = { "", "a", "title", "é\xf0\x9f\x98\x80",
	"\\n\\t\\\"\\\\\\/", "\\u00e9\\u0001\\u007f", "\\ud83d\\ude00",
	"with blanks  in it", "\x7f", "\xe2\x80\xa8", ("_0123456789abcdef_____"
	"0123456789abcdef0123456789abcdef0123456789abcdef") };
static const char *const numbers[] = { "0", "-0", "1", "-17", "12.5", "0.1",
	"1e3", "1E-7", "9007199254740992", "-9007199254740992", "123456789012345",
	"999999999999999", "1e15", "12345.678e-3", "5e-324",
	"0.30000000000000004", "100000000000000.5" };

static const char *
blanks(void)
{
	static const char *const some[] = { "", "", "", " ", "\n", "\t \r" };

	return some[below(6)];
}

static void
put_any(struct buf *b, unsigned depth)
{
	unsigned kind = below(depth > 0 ? 9 : 6), n = below(5);

	buf_puts(b, blanks());
	if (kind < 3)
		buf_printf(b, "\"%s\"", strings[below(11)]);
	else if (kind == 3)
		buf_puts(b, numbers[below(17)]);
	else if (kind < 6)
		buf_puts(b, n == 0 ? "null" : n < 3 ? "true" : "false");
	else
		buf_putc(b, kind == 6 ? '[' : '{');
	for (unsigned i = 0; kind >= 6 && i < n; i++) {
		buf_puts(b, i > 0 ? "," : "");
		if (kind > 6)
			buf_printf(b, "%s\"%s\"%s:", blanks(),
			    strings[below(11)], blanks());
		put_any(b, depth - 1);
	}
	if (kind >= 6)
		buf_printf(b, "%s%c", blanks(), kind == 6 ? ']' : '}');
	buf_puts(b, blanks());
}

/* Both in and out are as libjq has them. */
static bool
same(struct span text)
{
	jv theirs = jv_parse_sized(text.p, (int)text.n);
	jv ours = jqvalue_read(text), dumped;
	struct buf out = { 0 };
	bool good = jv_equal(jv_copy(theirs), jv_copy(ours)) &&
	    jqvalue_write(&out, ours, SIZE_MAX);

	dumped = jv_dump_string(theirs, 0);
	good = good && streq(buf_cstr(&out), jv_string_value(dumped));
	if (!good)
		printf("# %.*s\n# theirs: %s\n# ours: %s\n", (int)text.n,
		    text.p, jv_string_value(dumped), buf_cstr(&out));
	jv_free(dumped);
	buf_release(&out);
	return good;
}

static void
test_random(void)
{
	struct buf b = { 0 };
	unsigned n = 0;

	seed = (uint64_t)clock_wall().tv_nsec;
	printf("# seed %ju\n", (uintmax_t)seed);
	for (; n < 20000; n++) {
		buf_clear(&b);
		put_any(&b, 6);
		buf_pad(&b);
		if (!same(buf_span(&b)))
			break;
	}
	ok(n == 20000, "%u texts", n);
	buf_release(&b);
}

static char *
through(const char *text)
{
	struct buf b = { 0 }, out = { 0 };
	jv v;

	buf_puts(&b, text);
	buf_pad(&b);
	v = jqvalue_read(buf_span(&b));
	if (jv_is_valid(v)) {
		jqvalue_write(&out, v, SIZE_MAX);
	} else {
		buf_puts(&out, "invalid");
		jv_free(v);
	}
	buf_release(&b);
	return buf_cstr(&out);
}

static void
test_own(void)
{
	static const struct { const char *text, *expect; } cases[] = {
		{ "", "null" }, { "  [ ]", "[]" }, { "{}", "{}" },
		{ "9007199254740993", "\"9007199254740993\"" },
		{ "[-9007199254740993,1e400]",
		    "[\"-9007199254740993\",\"1e400\"]" },
		{ "{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}" },
		{ "\"\\ud800\"", "\"\xef\xbf\xbd\"" },
		{ "\"a\\u0000b\"", "\"a\\u0000b\"" },
		{ "[1,]", "invalid" }, { "{\"a\"}", "invalid" },
		{ "[12345678901234.123456789,1e-400]",
		    "[\"12345678901234.123456789\",\"1e-400\"]" },
		{ "[0.1,1.10,0.10000000000000001,1.50000000000000000000]",
		    "[0.1,1.1,0.1,1.5]" },
		{ "12", "12" }, { "-0.0", "-0" }, { "1e17", "\"1e17\"" }
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *got = through(cases[i].text);

		ok(streq(got, cases[i].expect), "%s gives %s", cases[i].text,
		    got);
		free(got);
	}
}

/* So many arrays within each other. */
static bool
valid_deep(unsigned n)
{
	struct buf b = { 0 };
	bool good;
	jv v;

	for (unsigned i = 0; i < n; i++)
		buf_putc(&b, '[');
	for (unsigned i = 0; i < n; i++)
		buf_putc(&b, ']');
	buf_pad(&b);
	v = jqvalue_read(buf_span(&b));
	good = jv_is_valid(v);
	jv_free(v);
	buf_release(&b);
	return good;
}

static void
test_limits(void)
{
	struct buf out = { 0 };
	jv v = jv_array();

	ok(valid_deep(256), "256 levels");
	ok(!valid_deep(257), "more are refused, as by libjq");
	for (int i = 0; i < 1000; i++)
		v = jv_array_append(v, jv_string("0123456789"));
	ok(!jqvalue_write(&out, jv_copy(v), 1000) && out.n < 1100,
	    "a result that is too long is not written to its end");
	buf_clear(&out);
	ok(jqvalue_write(&out, v, 13001) && out.n == 13001,
	    "one that just fits is");
	buf_release(&out);
}

int
main(void)
{
	test_random();
	test_own();
	test_limits();
	return tap_done();
}
