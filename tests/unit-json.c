/* SPDX-License-Identifier: MIT */
/*
 * The scanner against RFC 8259: texts that it must take, refuse, and where.
 * Every text is scanned by every implementation with hostile bytes after it,
 * and again cut at each of its bytes.
 */
#include "json.h"

#include "json/text.h"
#include "tap.h"

#define T(lit) lit, sizeof(lit) - 1

struct conformance {
	const char *text;
	size_t n;
	enum json_fault fault;
	size_t offset;
};

static const struct conformance corpus[] = {
	/* literals, white space */
	{ T("null"), JSON_OK, 0 }, { T("true"), JSON_OK, 0 },
	{ T("false"), JSON_OK, 0 }, { T(" \t\r\nnull\n\r\t "), JSON_OK, 0 },
	{ T("[ ]"), JSON_OK, 0 }, { T("{\n}"), JSON_OK, 0 },
	{ T("[\t1 ,\r\n 2\t]"), JSON_OK, 0 },
	{ T("{ \"a\" : 1 ,\n\"b\" : 2 }"), JSON_OK, 0 },
	{ T(""), JSON_EMPTY, 0 }, { T(" "), JSON_EMPTY, 1 },
	{ T("\n\t\r "), JSON_EMPTY, 4 },
	{ T("\f1"), JSON_SYNTAX, 0 }, { T("\v1"), JSON_SYNTAX, 0 },
	{ T("[1\f]"), JSON_SYNTAX, 2 }, { T("[\xc2\xa0" "1]"), JSON_SYNTAX, 1 },
	{ T("[\xe2\x81\xa0]"), JSON_SYNTAX, 1 },
	{ T("\xef\xbb\xbf{}"), JSON_SYNTAX, 0 },
	{ T("\xef\xbb\xbf"), JSON_SYNTAX, 0 },
	{ T("{}\xef\xbb\xbf"), JSON_TRAILING, 2 },
	{ T("tru"), JSON_CUT, 3 }, { T("fals"), JSON_CUT, 4 },
	{ T("True"), JSON_SYNTAX, 0 }, { T("nul"), JSON_CUT, 3 },
	{ T("[nul]"), JSON_SYNTAX, 4 }, { T("[nulL]"), JSON_SYNTAX, 4 },
	{ T("[fals ]"), JSON_SYNTAX, 5 }, { T("[truth]"), JSON_SYNTAX, 4 },
	{ T("nullx"), JSON_TRAILING, 4 }, { T("[nullx]"), JSON_SYNTAX, 5 },
	{ T("NaN"), JSON_SYNTAX, 0 }, { T("nan"), JSON_SYNTAX, 1 },
	{ T("Infinity"), JSON_SYNTAX, 0 }, { T("[-Infinity]"), JSON_SYNTAX, 2 },
	{ T("\0"), JSON_SYNTAX, 0 }, { T("1\0"), JSON_TRAILING, 1 },
	{ T("[1,\0]"), JSON_SYNTAX, 3 },
	/* numbers */
	{ T("0"), JSON_OK, 0 }, { T("-0"), JSON_OK, 0 },
	{ T("1234567890"), JSON_OK, 0 }, { T("0.5"), JSON_OK, 0 },
	{ T("-0.0"), JSON_OK, 0 }, { T("1e5"), JSON_OK, 0 },
	{ T("1E+5"), JSON_OK, 0 }, { T("1.25e-05"), JSON_OK, 0 },
	{ T("1e400"), JSON_OK, 0 }, { T("0e+0"), JSON_OK, 0 },
	{ T("[123456789012345678901234567890.5e123456789]"), JSON_OK, 0 },
	{ T("-"), JSON_CUT, 1 }, { T("[-]"), JSON_SYNTAX, 2 },
	{ T("+1"), JSON_SYNTAX, 0 }, { T("[+1]"), JSON_SYNTAX, 1 },
	{ T(".5"), JSON_SYNTAX, 0 }, { T("-.5"), JSON_SYNTAX, 1 },
	{ T("01"), JSON_TRAILING, 1 }, { T("[01]"), JSON_SYNTAX, 2 },
	{ T("[-01]"), JSON_SYNTAX, 3 }, { T("[00]"), JSON_SYNTAX, 2 },
	{ T("1."), JSON_CUT, 2 }, { T("[1.]"), JSON_SYNTAX, 3 },
	{ T("[1.e1]"), JSON_SYNTAX, 3 }, { T("[1e]"), JSON_SYNTAX, 3 },
	{ T("1e"), JSON_CUT, 2 }, { T("1e+"), JSON_CUT, 3 },
	{ T("[1e+]"), JSON_SYNTAX, 4 }, { T("[1e1.5]"), JSON_SYNTAX, 4 },
	{ T("[1ee1]"), JSON_SYNTAX, 3 }, { T("[1 2]"), JSON_SYNTAX, 3 },
	{ T("[1-2]"), JSON_SYNTAX, 2 }, { T("[0x10]"), JSON_SYNTAX, 2 },
	{ T("[1_000]"), JSON_SYNTAX, 2 }, { T("[--1]"), JSON_SYNTAX, 2 },
	{ T("[1\xd9\xa1]"), JSON_SYNTAX, 2 }, { T("1 2"), JSON_TRAILING, 2 },
	{ T("[1/2]"), JSON_SYNTAX, 2 }, { T("[1:2]"), JSON_SYNTAX, 2 },
	/* strings */
	{ T("\"\""), JSON_OK, 0 }, { T("\"a\""), JSON_OK, 0 },
	{ T("\"\x7f\""), JSON_OK, 0 }, { T("\"'/\""), JSON_OK, 0 },
	{ T("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), JSON_OK, 0 },
	{ T("\"\\u0000\\uFFFF\\uabCD\\u00e9\""), JSON_OK, 0 },
	{ T("\"\\ud83d\\ude00\""), JSON_OK, 0 },
	{ T("\"\\\\u1\""), JSON_OK, 0 }, { T("\"\\\\\\\"\""), JSON_OK, 0 },
	{ T("\""), JSON_CUT, 1 }, { T("\"\\"), JSON_CUT, 2 },
	{ T("\"\\\""), JSON_CUT, 3 }, { T("\"\\u"), JSON_CUT, 3 },
	{ T("\"\\u00"), JSON_CUT, 5 }, { T("\"\\u00\""), JSON_SYNTAX, 5 },
	{ T("\"\\u00g0\""), JSON_SYNTAX, 5 },
	{ T("\"\\u:000\""), JSON_SYNTAX, 3 },
	{ T("\"\\u/000\""), JSON_SYNTAX, 3 },
	{ T("\"\\u000G\""), JSON_SYNTAX, 6 },
	{ T("\"\\u000`\""), JSON_SYNTAX, 6 },
	{ T("\"\\u-123\""), JSON_SYNTAX, 3 },
	{ T("\"\\U0041\""), JSON_SYNTAX, 2 },
	{ T("\"\\x41\""), JSON_SYNTAX, 2 },
	{ T("\"\\a\""), JSON_SYNTAX, 2 }, { T("\"\\'\""), JSON_SYNTAX, 2 },
	{ T("\"\\0\""), JSON_SYNTAX, 2 }, { T("\"\\\n\""), JSON_SYNTAX, 2 },
	{ T("\"\\\xc3\xa9\""), JSON_SYNTAX, 2 },
	{ T("\"\\ \""), JSON_SYNTAX, 2 },
	{ T("\"a\nb\""), JSON_SYNTAX, 2 }, { T("\"a\tb\""), JSON_SYNTAX, 2 },
	{ T("\"\0\""), JSON_SYNTAX, 1 }, { T("\"\x1f\""), JSON_SYNTAX, 1 },
	{ T("'a'"), JSON_SYNTAX, 0 }, { T("\"a\"b"), JSON_TRAILING, 3 },
	{ T("[\"a\"b]"), JSON_SYNTAX, 4 }, { T("a"), JSON_SYNTAX, 0 },
	{ T("\"\\ud800\\u12"), JSON_CUT, 11 },
	{ T("\"\\ud800\\uzzzz\""), JSON_SYNTAX, 9 },
	{ T("\"\\ud800\\x\""), JSON_SYNTAX, 8 },
	/* UTF-8: the first and last of each length, and what is next to them */
	{ T("\"\xc2\x80\xdf\xbf\""), JSON_OK, 0 },
	{ T("\"\xe0\xa0\x80\xef\xbf\xbf\xed\x9f\xbf\xee\x80\x80\""),
	    JSON_OK, 0 },
	{ T("\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""), JSON_OK, 0 },
	{ T("{\"\xc3\xa9\":\"\xe2\x82\xac\"}"), JSON_OK, 0 },
	{ T("\"\x80\""), JSON_UTF8, 1 }, { T("\"a\xbf\""), JSON_UTF8, 2 },
	{ T("\"\xc0\x80\""), JSON_UTF8, 1 },
	{ T("\"\xc1\xbf\""), JSON_UTF8, 1 },
	{ T("\"\xe0\x9f\xbf\""), JSON_UTF8, 1 },
	{ T("\"\xed\xa0\x80\""), JSON_UTF8, 1 },
	{ T("\"\xed\xbf\xbf\""), JSON_UTF8, 1 },
	{ T("\"\xf0\x8f\xbf\xbf\""), JSON_UTF8, 1 },
	{ T("\"\xf4\x90\x80\x80\""), JSON_UTF8, 1 },
	{ T("\"\xf5\x80\x80\x80\""), JSON_UTF8, 1 },
	{ T("\"\xf8\x88\x80\x80\x80\""), JSON_UTF8, 1 },
	{ T("\"\xfe\""), JSON_UTF8, 1 }, { T("\"\xff\""), JSON_UTF8, 1 },
	{ T("\"\xc3\""), JSON_UTF8, 1 }, { T("\"\xe2\x82\""), JSON_UTF8, 1 },
	{ T("\"\xf0\x9f\x98\""), JSON_UTF8, 1 },
	{ T("\"\xc3\xa9\xa9\""), JSON_UTF8, 3 },
	{ T("\"\xe2\x82\xac\x80\""), JSON_UTF8, 4 },
	{ T("\"\xc3\xc3\xa9\""), JSON_UTF8, 1 },
	{ T("\"\xc3\\n\""), JSON_UTF8, 1 },
	{ T("\"\xc3"), JSON_CUT, 2 }, { T("\"\xe2\x82"), JSON_CUT, 3 },
	{ T("\"\xf0\x9f\x98"), JSON_CUT, 4 }, { T("\"\xf4\x8f"), JSON_CUT, 3 },
	{ T("\"\xe0"), JSON_CUT, 2 }, { T("\"\xed\x9f"), JSON_CUT, 3 },
	{ T("\"\xe0\x9f"), JSON_UTF8, 1 }, { T("\"\xed\xa0"), JSON_UTF8, 1 },
	{ T("\"\xf0\x8f"), JSON_UTF8, 1 }, { T("\"\xf4\x90"), JSON_UTF8, 1 },
	{ T("\"\xc1"), JSON_UTF8, 1 }, { T("\"\xf5"), JSON_UTF8, 1 },
	{ T("{\"\xff\":1}"), JSON_UTF8, 2 },
	{ T("{\"a\":\xff}"), JSON_SYNTAX, 5 },
	{ T("[\"\xff\"x"), JSON_UTF8, 2 }, { T("[x\"\xff\""), JSON_SYNTAX, 1 },
	/* structure */
	{ T("[]"), JSON_OK, 0 }, { T("{}"), JSON_OK, 0 },
	{ T("[[],{},[[]]]"), JSON_OK, 0 },
	{ T("{\"a\":{\"b\":[{}]},\"\":\"\"}"), JSON_OK, 0 },
	{ T("{\"a\":1,\"a\":2}"), JSON_OK, 0 },
	{ T("["), JSON_CUT, 1 }, { T("{"), JSON_CUT, 1 },
	{ T("[1"), JSON_CUT, 2 }, { T("[1,"), JSON_CUT, 3 },
	{ T("{\"a\""), JSON_CUT, 4 }, { T("{\"a\":"), JSON_CUT, 5 },
	{ T("{\"a\":1"), JSON_CUT, 6 }, { T("{\"a\":1,"), JSON_CUT, 7 },
	{ T("]"), JSON_SYNTAX, 0 }, { T("}"), JSON_SYNTAX, 0 },
	{ T("[}"), JSON_SYNTAX, 1 }, { T("{]"), JSON_SYNTAX, 1 },
	{ T("[1}"), JSON_SYNTAX, 2 }, { T("{\"a\":1]"), JSON_SYNTAX, 6 },
	{ T("[,1]"), JSON_SYNTAX, 1 }, { T("[1,]"), JSON_SYNTAX, 3 },
	{ T("[1,,2]"), JSON_SYNTAX, 3 }, { T("[\"a\" \"b\"]"), JSON_SYNTAX, 5 },
	{ T("{,}"), JSON_SYNTAX, 1 }, { T("{\"a\":1,}"), JSON_SYNTAX, 7 },
	{ T("{\"a\":1,,\"b\":2}"), JSON_SYNTAX, 7 },
	{ T("{\"a\"}"), JSON_SYNTAX, 4 }, { T("{\"a\",1}"), JSON_SYNTAX, 4 },
	{ T("{\"a\":}"), JSON_SYNTAX, 5 }, { T("{\"a\"::1}"), JSON_SYNTAX, 5 },
	{ T("{a:1}"), JSON_SYNTAX, 1 }, { T("{1:1}"), JSON_SYNTAX, 1 },
	{ T("{'a':1}"), JSON_SYNTAX, 1 }, { T("{null:1}"), JSON_SYNTAX, 1 },
	{ T("{\"a\":1 \"b\":2}"), JSON_SYNTAX, 7 },
	{ T("{[]:1}"), JSON_SYNTAX, 1 }, { T("[1:2]"), JSON_SYNTAX, 2 },
	{ T("[]]"), JSON_TRAILING, 2 }, { T("{}}"), JSON_TRAILING, 2 },
	{ T("{},"), JSON_TRAILING, 2 }, { T("{}{}"), JSON_TRAILING, 2 },
	{ T("[] []"), JSON_TRAILING, 3 }, { T("{}\n{}"), JSON_TRAILING, 3 },
	{ T("[1]#"), JSON_TRAILING, 3 }, { T("//\n[]"), JSON_SYNTAX, 0 },
	{ T("[/**/]"), JSON_SYNTAX, 1 }, { T("(1)"), JSON_SYNTAX, 0 },
	{ T("\x1e{}"), JSON_SYNTAX, 0 }, { T("[\"\":1]"), JSON_SYNTAX, 3 },
};

/* A text for a title: what is not printable as in a C string. */
static const char *
shown(const char *p, size_t n)
{
	static char s[256];
	size_t k = 0;

	for (size_t i = 0; i < n && k < sizeof s - 8; i++) {
		unsigned char c = (unsigned char)p[i];

		k += (size_t)snprintf(s + k, 8, c < ' ' || c > '~' ||
		    c == '#' ? "\\x%02x" : "%c", c);
	}
	s[k] = '\0';
	return s;
}

/* The object scan differs only in what it wants first. */
static bool
object_agrees(const struct verdict *v, const char *p, size_t n)
{
	size_t i = strspn(p, " \t\r\n");

	if (v->value_error.fault == JSON_EMPTY || i >= n || p[i] == '{')
		return same_error(v->object_error, v->value_error);
	return v->object_error.fault == JSON_SYNTAX &&
	    v->object_error.offset == i;
}

static void
test_corpus(void)
{
	for (size_t i = 0; i < sizeof corpus / sizeof *corpus; i++) {
		const struct conformance *c = &corpus[i];
		char *p = padded(c->text, c->n, 0);
		struct verdict v;
		bool same = judge(p, c->n, JSON_DEPTH, HOSTILE, HOSTILE_N, &v);

		ok(same && v.value_error.fault == c->fault &&
		    v.value_error.offset == c->offset &&
		    v.value == (c->fault == JSON_OK ? 0 : -1) &&
		    object_agrees(&v, c->text, c->n),
		    "%s%s at %zu: %s", same ? "" : "(not all the same) ",
		    json_fault_text(v.value_error.fault),
		    v.value_error.offset, shown(c->text, c->n));
		json_object_release(&v.o);
		free(p);
	}
}

/* Of a good text that shows its own end every shorter one is cut, there. */
static bool
cuts(const char *text, size_t n, size_t end)
{
	bool good = true;

	for (size_t k = 0; k < n && good; k++) {
		char *p = padded(text, k, 0);
		size_t rest = n - k < BUF_PAD ? n - k : BUF_PAD;
		struct json_error e;
		struct verdict v;

		good = judge(p, k, JSON_DEPTH, HOSTILE, HOSTILE_N, &v) &&
		    (k >= end ? v.value == 0 : v.value_error.offset == k &&
		    (v.value_error.fault == JSON_CUT ||
		    v.value_error.fault == JSON_EMPTY));
		for (size_t i = 0; i < JSON_IMPLS && good; i++) {
			if (!json_use(json_impls[i]))
				continue;
			/* what comes after the end is the text's own rest */
			memcpy(p + k, text + k, rest);
			json_value_scan((struct span){ p, k }, JSON_DEPTH,
			    NULL, NULL, &e);
			good = same_error(e, v.value_error);
		}
		if (!good)
			printf("# cut at %zu: fault %d at %zu\n", k,
			    (int)v.value_error.fault, v.value_error.offset);
		json_object_release(&v.o);
		free(p);
	}
	json_use(NULL);
	return good;
}

static void
test_cuts(void)
{
	static const char big[] = "\r\n{\"_id\":\"wiki:1\", \"title\" :\"caf"
	    "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\\ud83d\\ude00\\n\\\"\","
	    "\"n\":[-1.5e+10,0,true,false,null,{}],\n    \"m\":{\"\xc3\xa9\":"
	    "\"a long string of plain bytes, more than two blocks of any "
	    "implementation in use, and some more\"}}\n ";

	for (size_t i = 0; i < sizeof corpus / sizeof *corpus; i++) {
		const struct conformance *c = &corpus[i];
		char last = c->n > 0 ? c->text[c->n - 1] : 0;

		if (c->fault == JSON_OK && strchr("}]\"el", last) != NULL)
			ok(cuts(c->text, c->n, c->n), "cut everywhere: %s",
			    shown(c->text, c->n));
	}
	ok(cuts(big, sizeof big - 1, sizeof big - 3), "cut everywhere: a "
	    "document");
}

static void
test_depth(void)
{
	static const unsigned limits[] = { 1, 2, 64, 128, 1024 };
	struct verdict v;
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		unsigned d = limits[i];

		buf_clear(&b);
		for (unsigned k = 0; k < d; k++)
			buf_puts(&b, k % 2 ? "[" : "{\"\":");
		buf_putc(&b, '0');
		for (unsigned k = d; k-- > 0;)
			buf_putc(&b, k % 2 ? ']' : '}');
		buf_pad(&b);
		ok(judge(b.p, b.n, d, " ", 1, &v) && v.object == 0,
		    "%u levels of %u", d, d);
		json_object_release(&v.o);
		ok(judge(b.p, b.n, d - 1, " ", 1, &v) &&
		    v.object_error.fault == JSON_DEEP, "%u levels of %u", d,
		    d - 1);
		json_object_release(&v.o);
	}
	ok(judge(b.p, b.n, 0, " ", 1, &v) && v.value_error.fault ==
	    JSON_DEEP && v.value_error.offset == 0, "no level at all");
	json_object_release(&v.o);
	buf_clear(&b);
	buf_puts(&b, "{\"\":[");
	buf_pad(&b);
	ok(judge(b.p, b.n, 2, HOSTILE, HOSTILE_N, &v) && v.value_error.fault ==
	    JSON_CUT && v.value_error.offset == 5,
	    "cut before a level too many");
	json_object_release(&v.o);
	buf_clear(&b);
	for (int k = 0; k < 1000000; k++)
		buf_putc(&b, '[');
	buf_pad(&b);
	ok(judge(b.p, b.n, 128, " ", 1, &v) && v.value_error.fault ==
	    JSON_DEEP && v.value_error.offset == 128, "a depth bomb");
	json_object_release(&v.o);
	ok(judge(b.p, b.n, 1U << 31, " ", 1, &v) && v.value_error.fault ==
	    JSON_DEEP && v.value_error.offset == 1024,
	    "no ceiling is higher than 1024");
	json_object_release(&v.o);
	buf_release(&b);
}

/* No text at all needs no pad. */
static void
test_nothing(void)
{
	for (size_t i = 0; i < JSON_IMPLS; i++) {
		struct json_object o = { 0 };
		struct json_error e;

		if (!json_use(json_impls[i]))
			continue;
		ok(json_object_scan((struct span){ NULL, 0 }, 1, &o, &e) < 0 &&
		    e.fault == JSON_EMPTY && e.offset == 0,
		    "%s: a null span", json_impls[i]);
		ok(json_value_scan((struct span){ "tru" "e\0e" HOSTILE HOSTILE
		    HOSTILE, 3 }, 1, NULL, NULL, &e) < 0 &&
		    e.fault == JSON_CUT && e.offset == 3,
		    "%s: the rest of a word after the end", json_impls[i]);
	}
	json_use(NULL);
}

static const struct {
	const char *text;
	bool lone;
} surrogates[] = {
	{ "{\"a\":\"\\ud83d\\ude00\"}", false },
	{ "{\"a\":\"\\uD83D\\uDE00\"}", false },
	{ "{\"\\ud83d\\ude00\":1}", false },
	{ "{\"a\":\"\\ud7ff\\ue000\"}", false },
	{ "{\"a\":\"\\\\ud800\"}", false },
	{ "{\"a\":\"\\ud800\"}", true },
	{ "{\"a\":\"\\udc00\"}", true },
	{ "{\"a\":\"\\udfff\\ud800\"}", true },
	{ "{\"a\":\"\\ud800\\ud800\\udc00\"}", true },
	{ "{\"a\":\"\\ud800\\udc00\\udc00\"}", true },
	{ "{\"a\":\"\\ud800\\u0041\"}", true },
	{ "{\"a\":\"\\ud800\\ue000\"}", true },
	{ "{\"a\":\"\\ud800a\\udc00\"}", true },
	{ "{\"a\":\"\\ud800\\n\"}", true },
	{ "{\"a\":\"\\ud800\\\\udc00\"}", true },
	{ "{\"\\udbff\":1,\"b\":\"\\udc00\"}", true },
	{ "{\"a\":[{\"b\":\"\\udabc\"}],\"c\":1}", true },
};

static void
test_surrogates(void)
{
	for (size_t i = 0; i < sizeof surrogates / sizeof *surrogates; i++) {
		size_t n = strlen(surrogates[i].text);
		char *p = padded(surrogates[i].text, n, 0);
		struct verdict v;

		ok(judge(p, n, JSON_DEPTH, "u\\", 2, &v) && v.object == 0 &&
		    v.o.lone_surrogate == surrogates[i].lone,
		    "lone surrogate %d: %s", (int)surrogates[i].lone,
		    surrogates[i].text);
		json_object_release(&v.o);
		free(p);
	}
}

int
main(void)
{
	ok(json_use("portable") && !json_use("none") && json_use(NULL),
	    "implementations by name");
	test_corpus();
	test_cuts();
	test_depth();
	test_surrogates();
	test_nothing();
	return tap_done();
}
