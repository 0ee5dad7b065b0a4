/* SPDX-License-Identifier: MIT */
/* Strings and numbers: decoding, writing, repairing, comparing. */
#include "json/text.h"

#include <stdlib.h>

#include "base/mem.h"
#include "tap.h"

#define S(lit) SPAN(lit)

/* In ascending order; those on one line are equal. */
static const char *const ascending[][6] = {
	{ "-1e99999999999999999999", "-10e99999999999999999998" },
	{ "-1e99999999999999999998" },
	{ "-1e400", "-0.1e401", "-10E+399" },
	{ "-9007199254740993", "-9.007199254740993e15" },
	{ "-9007199254740992" },
	{ "-10", "-1e1", "-1E+01", "-10.0", "-0.1e2", "-100e-1" },
	{ "-9.99999999999999999999999999999" },
	{ "-1.5" }, { "-1" }, { "-0.1" }, { "-1e-400" },
	{ "-1e-99999999999999999999" },
	{ "0", "-0", "0.0", "-0.000e5", "0e99999999999999999999", "0E-1" },
	{ "1e-99999999999999999999", "0.1e-99999999999999999998",
	    "10e-100000000000000000000" },
	{ "1e-99999999999999999998" },
	{ "1e-400", "0.1e-399" },
	{ "0.0000000000000000000000000000001", "1e-31" },
	{ "0.1", "1e-1", "0.10", "0.01e1", "100e-3" },
	{ "0.10000000000000000001" },
	{ "0.5", "5e-1", "0.50000" },
	{ "1", "1.0", "1e0", "0.001e3", "1000e-3", "1E-0" },
	{ "1.05" }, { "1.5" }, { "9" }, { "9.5" },
	{ "10", "1e1", "1E+1", "10.00", "1e0000000000000000000000000001" },
	{ "10.01" }, { "11" }, { "99" }, { "100" }, { "101" },
	{ "9007199254740992" }, { "9007199254740993" },
	{ "18446744073709551615" }, { "18446744073709551616" },
	{ "123456789012345678901234567890" },
	{ "123456789012345678901234567891" },
	{ "1e399" },
	{ "1e400", "10e399", "0.00001e405" },
	{ "2e400" },
	{ "9e9999999999999999999", "90e9999999999999999998" },
	{ "1e10000000000000000000", "0.1e10000000000000000001",
	    "10e9999999999999999999" },
	{ "1.5e10000000000000000000" },
	{ "1e18446744073709551616" },
	{ "1e36893488147419103232" },
};

static void
test_cmp(void)
{
	size_t n = sizeof ascending / sizeof *ascending;
	bool good = true;

	for (size_t i = 0; i < n * 6; i++) {
		for (size_t j = 0; j < n * 6; j++) {
			const char *a = ascending[i / 6][i % 6];
			const char *b = ascending[j / 6][j % 6];
			int want = (i / 6 > j / 6) - (i / 6 < j / 6), c;

			if (a == NULL || b == NULL)
				continue;
			c = json_number_cmp(span_of(a), span_of(b));
			if ((c > 0) - (c < 0) != want) {
				printf("# %s, %s: %d\n", a, b, c);
				good = false;
			}
		}
	}
	ok(good, "each number against each");
}

/* An exponent as long as a document, and a number as long: no time, no
 * memory. */
static void
test_long_numbers(void)
{
	enum { LONG = 1000000 };
	struct buf a = { 0 }, b = { 0 };

	buf_puts(&a, "1e1");
	buf_puts(&b, "1e1");
	for (int i = 0; i < LONG; i++) {
		buf_putc(&a, '0');
		buf_putc(&b, '0');
	}
	ok(json_number_cmp(buf_span(&a), buf_span(&b)) == 0,
	    "exponents of a million digits");
	b.p[b.n - 1] = '1';
	ok(json_number_cmp(buf_span(&a), buf_span(&b)) < 0 &&
	    json_number_cmp(buf_span(&b), buf_span(&a)) > 0,
	    "which differ in the last digit");
	ok(json_number_is_big(buf_span(&a)) &&
	    json_number_is_integer(buf_span(&a)), "are integers and big");
	buf_clear(&a);
	buf_puts(&a, "0.");
	for (int i = 0; i < LONG; i++)
		buf_putc(&a, '0');
	buf_puts(&a, "1");
	ok(json_number_cmp(buf_span(&a), S("1e-1000001")) == 0,
	    "a million zeros against their exponent");
	buf_puts(&a, "e1000001");
	ok(json_number_cmp(buf_span(&a), S("1")) == 0 &&
	    json_number_is_integer(buf_span(&a)), "and taken back by one");
	buf_release(&a);
	buf_release(&b);
}

static void
test_kinds(void)
{
	static const struct {
		const char *text;
		bool integer, big;
	} t[] = {
		{ "0", true, false }, { "-0", true, false },
		{ "0.0", true, false }, { "0e999999999999999999999", true,
		    false }, { "0e-5", true, false },
		{ "5", true, false }, { "5.0", true, false },
		{ "50e-1", true, false }, { "0.5", false, false },
		{ "5e-1", false, false }, { "0.5e1", true, false },
		{ "1.25e1", false, false }, { "1.25e2", true, false },
		{ "100e-2", true, false }, { "100e-3", false, false },
		{ "1e-99999999999999999999", false, false },
		{ "9007199254740991", true, false },
		{ "9007199254740992", true, false },
		{ "-9007199254740992", true, false },
		{ "9007199254740992.0", true, false },
		{ "9007199254740992.5", false, false },
		{ "9007199254740993", true, true },
		{ "-9007199254740993", true, true },
		{ "9.007199254740993e15", true, true },
		{ "0.9007199254740993e16", true, true },
		{ "90071992547409930e-1", true, true },
		{ "9999999999999999", true, true },
		{ "9e15", true, false }, { "1e16", true, true },
		{ "10000000000000000", true, true },
		{ "18446744073709551615", true, true },
		{ "1e400", true, true }, { "-1e99999999999999999999", true,
		    true }, { "12345678901234567890.5", false, false },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct span s = span_of(t[i].text);

		ok(json_number_is_integer(s) == t[i].integer &&
		    json_number_is_big(s) == t[i].big && json_is_number(s),
		    "%s is %s, %s", t[i].text, t[i].integer ? "an integer" :
		    "a fraction", t[i].big ? "big" : "exact");
	}
}

static void
test_is_number(void)
{
	static const char *const no[] = { "", "-", "+1", "01", "-01", "1.",
		".1", "1e", "1e+", "1.e1", " 1", "1 ", "0x1", "1a", "NaN",
		"1e1.5", "--1", "1..2", "1-1", "e1", "1e1e1" };
	bool good = true;

	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		good &= !json_is_number(span_of(no[i])) &&
		    !json_number_is_integer(span_of(no[i])) &&
		    !json_number_is_big(span_of(no[i]));
	ok(good, "what is no number");
	ok(!json_is_number((struct span){ "1\0", 2 }), "a NUL after it");
	ok(json_is_number((struct span){ "12", 1 }), "a digit after its end");
}

static void
test_multiples(void)
{
	static const struct {
		const char *a, *b;
		bool good;
	} t[] = {
		{ "0", "7", true }, { "-0.0", "7", true },
		{ "21", "7", true }, { "-21", "7", true },
		{ "22", "7", false }, { "20", "0.2", true },
		{ "19.99", "0.01", true }, { "19.999", "0.01", false },
		{ "0.3", "0.1", true }, { "1e300", "3", false },
		{ "3e300", "3", true }, { "1e1000000", "8e-100", true },
		{ "9007199254740993", "2", false },
		{ "9007199254740992", "2", true },
		{ "123456789012345678901234567890", "10", true },
		{ "123456789012345678901234567891", "10", false },
		{ "123456789012345678901234567890", "999999999999999999",
		    false },
		{ "1999999999999999998", "999999999999999999", true },
		{ "1.5", "1e1", false }, { "15e0", "1.5", true }
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		ok(json_number_multiple(span_of(t[i].a), span_of(t[i].b)) ==
		    t[i].good, "%s is %s multiple of %s", t[i].a,
		    t[i].good ? "a" : "no", t[i].b);
}

static void
test_canonical(void)
{
	static const char *const same[][4] = {
		{ "0", "-0", "0.000", "0e99" }, { "1", "1.0", "10e-1", "0.1e1" },
		{ "-12.5", "-125e-1", "-1250.0E-2", "-0.0125e+3" },
		{ "9007199254740993", "9007199254740993.0",
		    "90071992547409930e-1", "9.007199254740993e15" }
	};
	static const char *const other[] = { "-1", "11", "1e1", "0.1",
		"9007199254740992", "12.5" };
	struct buf first = { 0 }, b = { 0 };
	bool good = true;

	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		buf_clear(&first);
		json_put_canonical(&first, span_of(same[i][0]));
		for (size_t k = 0; k < 4; k++) {
			buf_clear(&b);
			json_put_canonical(&b, span_of(same[i][k]));
			good &= span_eq(buf_span(&b), buf_span(&first));
		}
		for (size_t k = 0; k < sizeof other / sizeof *other; k++) {
			buf_clear(&b);
			json_put_canonical(&b, span_of(other[k]));
			good &= !span_eq(buf_span(&b), buf_span(&first));
		}
	}
	ok(good, "equal numbers have one text, others another");
	buf_release(&first);
	buf_release(&b);
}

static void
test_strings(void)
{
	static const struct {
		const char *in;
		size_t n;
		const char *out;
	} t[] = {
		{ "", 0, "\"\"" }, { "abc", 3, "\"abc\"" },
		{ "\"", 1, "\"\\\"\"" }, { "a\\b/", 4, "\"a\\\\b/\"" },
		{ "\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"" },
		{ "\0\x01\x1f\x7f", 4, "\"\\u0000\\u0001\\u001f\x7f\"" },
		{ "caf\xc3\xa9", 5, "\"caf\xc3\xa9\"" },
		{ "\xf0\x9f\x98\x80", 4, "\"\xf0\x9f\x98\x80\"" },
		{ "a\x80z", 3, "\"a\xef\xbf\xbdz\"" },
		{ "\xc3", 1, "\"\xef\xbf\xbd\"" },
		{ "\xc0\xaf", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xed\xa0\x80", 3,
		    "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xe2\x82\"", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\\\"\"" },
	};
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char *exact = xmalloc(t[i].n);

		memcpy(exact, t[i].in, t[i].n);
		buf_clear(&b);
		json_put_string(&b, (struct span){ exact, t[i].n });
		ok(span_is(buf_span(&b), t[i].out), "string %zu is written",
		    i);
		free(exact);
	}
	buf_clear(&b);
	json_put_cstring(&b, "a\"b");
	ok(span_is(buf_span(&b), "\"a\\\"b\""), "a C string");
	buf_clear(&b);
	json_put_string(&b, (struct span){ NULL, 0 });
	ok(span_is(buf_span(&b), "\"\""), "an empty span");
	buf_release(&b);
}

/* Every byte, at every place near the ends of a block, between plain ones:
 * written, it is valid JSON, and read back it is what it was. */
static void
test_every_byte(void)
{
	bool good = true;

	for (int c = 0; c < 256 && good; c++) {
		for (size_t at = 0; at < 70 && good; at++) {
			char text[72];
			struct buf b = { 0 }, back = { 0 };
			struct span whole;
			struct json_error e;
			size_t n = at + 2;

			memset(text, 'x', sizeof text);
			text[at] = (char)c;
			json_put_string(&b, (struct span){ text, n });
			buf_pad(&b);
			good = json_value_scan(buf_span(&b), 1, &whole, NULL,
			    &e) == 0;
			json_decode(&back, (struct span){ b.p + 1, b.n - 2 });
			good = good && (c < 0x80 ? back.n == n &&
			    memcmp(back.p, text, n) == 0 : back.n == n + 2 &&
			    memcmp(back.p + at, "\xef\xbf\xbd", 3) == 0);
			buf_release(&b);
			buf_release(&back);
		}
	}
	ok(good, "every byte at every place");
}

static void
test_decode(void)
{
	static const struct {
		const char *in, *out;
		size_t n;
	} t[] = {
		{ "", "", 0 }, { "plain", "plain", 5 },
		{ "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t", 8 },
		{ "\\u0041\\u00e9\\u20AC", "A\xc3\xa9\xe2\x82\xac", 6 },
		{ "a\\u0000b", "a\0b", 3 },
		{ "\\ud83d\\ude00", "\xf0\x9f\x98\x80", 4 },
		{ "\\uD800\\uDC00\\uDBFF\\uDFFF",
		    "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8 },
		{ "\\ud800", "\xef\xbf\xbd", 3 },
		{ "\\udc00\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80", 7 },
		{ "\\ud800\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80", 7 },
		{ "\\ud800\\n", "\xef\xbf\xbd\n", 4 },
		{ "\\ud800\\\\udc00", "\xef\xbf\xbd\\udc00", 9 },
		{ "\\ud800udc00", "\xef\xbf\xbdudc00", 8 },
	};
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		size_t n = strlen(t[i].in);
		char *exact = xmalloc(n);

		memcpy(exact, t[i].in, n);
		buf_clear(&b);
		json_decode(&b, (struct span){ exact, n });
		ok(b.n == t[i].n && (b.n == 0 || memcmp(b.p, t[i].out, b.n)
		    == 0), "decoded: %s", t[i].in);
		free(exact);
	}
	buf_release(&b);
}

static void
test_views(void)
{
	struct json_member plain = { .value = S("\"abc\"") };
	struct json_member escaped = { .value = S("\"a\\n\""),
		.escaped = true };
	struct buf b = { 0 };
	struct span s;

	buf_puts(&b, "old");
	s = json_string(&plain, &b);
	ok(s.p == plain.value.p + 1 && s.n == 3, "without escapes: a view");
	s = json_string(&escaped, &b);
	ok(span_is(s, "a\n") && s.p == b.p, "with escapes: decoded");
	buf_release(&b);
}

static void
test_object(void)
{
	struct buf b = { 0 };

	json_put_key(&b, "x");
	ok(span_is(buf_span(&b), "\"x\":"), "no comma at the start");
	buf_clear(&b);
	buf_putc(&b, '{');
	json_put_key(&b, "a\"");
	json_put_u64(&b, 0);
	json_put_key(&b, "b");
	buf_putc(&b, '{');
	json_put_key(&b, "c");
	json_put_u64(&b, UINT64_MAX);
	buf_putc(&b, '}');
	json_put_key(&b, "d");
	json_put_cstring(&b, "{");
	json_put_key(&b, "e");
	json_put_u64(&b, 1000);
	buf_putc(&b, '}');
	ok(span_is(buf_span(&b), "{\"a\\\"\":0,\"b\":{\"c\":"
	    "18446744073709551615},\"d\":\"{\",\"e\":1000}"),
	    "keys and commas");
	buf_release(&b);
}

static void
test_repair(void)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{ "{\"a\":\"\\ud83d\\ude00\\n\"}", NULL },
		{ "[]", NULL }, { "\"\\\\ud800\"", NULL },
		{ "\"\\ud800\"", "\"\\ufffd\"" },
		{ "\"\\uDC00x\\udfff\"", "\"\\ufffdx\\ufffd\"" },
		{ "\"\\ud800\\ud83d\\ude00\"", "\"\\ufffd\\ud83d\\ude00\"" },
		{ "\"\\ud83d\\ude00\\ude00\"", "\"\\ud83d\\ude00\\ufffd\"" },
		{ "\"\\ud800\\\\udc00\"", "\"\\ufffd\\\\udc00\"" },
		{ "{\"\\udbff\":\"\\ud800\",\"b\":[\"\\udc00\"]}",
		    "{\"\\ufffd\":\"\\ufffd\",\"b\":[\"\\ufffd\"]}" },
	};
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		size_t n = strlen(t[i].in);
		char *exact = xmalloc(n);

		memcpy(exact, t[i].in, n);
		buf_clear(&b);
		json_put_repaired(&b, (struct span){ exact, n });
		ok(span_is(buf_span(&b), t[i].out ? t[i].out : t[i].in),
		    "repaired: %s", t[i].in);
		free(exact);
	}
	buf_release(&b);
}

int
main(void)
{
	test_cmp();
	test_long_numbers();
	test_kinds();
	test_is_number();
	test_multiples();
	test_canonical();
	test_strings();
	test_every_byte();
	test_decode();
	test_views();
	test_object();
	test_repair();
	return tap_done();
}
