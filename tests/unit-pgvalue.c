/* SPDX-License-Identifier: MIT */
#include "source/pgvalue.h"

#include <stdlib.h>

#include "tap.h"

static const struct pgtype integer = { .kind = PG_INT, .delimiter = ',' },
    text = { .kind = PG_TEXT, .delimiter = ',' },
    box = { .kind = PG_TEXT, .delimiter = ';' },
    integers = { .kind = PG_ARRAY, .delimiter = ',', .elem = &integer },
    texts = { .kind = PG_ARRAY, .delimiter = ',', .elem = &text },
    boxes = { .kind = PG_ARRAY, .delimiter = ',', .elem = &box };

static char a[] = "a", b[] = "b\"";
static struct pgfield fields[] = { { a, &integer }, { b, &texts } };
static const struct pgtype pair = { .kind = PG_COMPOSITE, .delimiter = ',',
	.field = fields, .nfields = 2 },
    pairs = { .kind = PG_ARRAY, .delimiter = ',', .elem = &pair },
    none = { .kind = PG_COMPOSITE, .delimiter = ',' };

static void
put(const struct pgtype *t, const char *value, const char *expected)
{
	struct buf out = { 0 };

	pgvalue_put(&out, t, span_of(value));
	ok(span_is(buf_span(&out), expected), "%s -> %s", value, expected);
	buf_release(&out);
}

static void
put_oid(unsigned oid, const char *value, const char *expected)
{
	struct pgtype t = { .kind = pgvalue_kind(oid) };

	put(&t, value, expected);
}

static void
id(unsigned oid, const char *value, const char *expected)
{
	struct pgtype t = { .kind = pgvalue_kind(oid) };
	struct buf out = { 0 };

	pgvalue_put_id(&out, &t, span_of(value));
	ok(span_is(buf_span(&out), expected), "id %s -> %s", value, expected);
	buf_release(&out);
}

/* What is cut anywhere is a string, and no byte after it is read. */
static void
cut(const struct pgtype *t, const char *value)
{
	bool good = true;

	for (size_t n = 0; n < strlen(value); n++) {
		char *p = strndup(value, n);
		struct buf out = { 0 }, string = { 0 };

		pgvalue_put(&out, t, (struct span){ p, n });
		json_put_string(&string, (struct span){ p, n });
		good = good && span_eq(buf_span(&out), buf_span(&string));
		free(p);
		buf_release(&out);
		buf_release(&string);
	}
	ok(good, "%s, cut anywhere, is a string", value);
}

static void
test_scalars(void)
{
	put_oid(16, "t", "true");
	put_oid(16, "f", "false");
	put_oid(23, "-1", "-1");
	put_oid(20, "9007199254740993", "\"9007199254740993\"");
	put_oid(701, "-Infinity", "\"-Infinity\"");
	put_oid(1700, "1.10", "1.10");
	put_oid(114, "{\"a\":\r\n1}", "{\"a\":  1}");
	put_oid(3802, "\"\xff\"", "\"\\\"\xef\xbf\xbd\\\"\"");
	put_oid(17, "\\x", "\"\"");
	put_oid(17, "\\x00ff10", "\"AP8Q\"");
	put_oid(17, "\\x0", "\"\\\\x0\"");
	put_oid(17, "\\xZZ", "\"\\\\xZZ\"");
	put_oid(17, "\\000a", "\"\\\\000a\"");
	put_oid(25, "\xff\n", "\"\xef\xbf\xbd\\n\"");
	put_oid(1184, "2026-01-02 03:04:05.6+00", "\"2026-01-02T03:04:05.6Z\"");
	put_oid(1184, "infinity", "\"infinity\"");
	put_oid(1184, "0044-03-15 00:00:00+00 BC",
	    "\"0044-03-15T00:00:00Z BC\"");
	put_oid(1114, "2026-01-02 03:04:05", "\"2026-01-02T03:04:05\"");
	put_oid(1082, "0044-03-15 BC", "\"0044-03-15 BC\"");
	put_oid(2950, "x", "\"x\"");
	id(17, "\\x00fF", "\\x00fF");
	id(17, "\\x00ff", "00ff");
	id(20, "9007199254740993", "9007199254740993");
	id(25, "a/b%\xff", "a%2Fb%25%FF");
	id(1184, "2026-01-02 03:04:05+00", "2026-01-02T03:04:05Z");
}

static void
test_nested(void)
{
	put(&integers, "{}", "[]");
	put(&integers, "{,}", "\"{,}\"");
	put(&integers, "{1,}", "\"{1,}\"");
	put(&texts, "{{a},}", "\"{{a},}\"");
	put(&integers, "{1,NULL,-3}", "[1,null,-3]");
	put(&integers, "{{1,2},{3,4}}", "[[1,2],[3,4]]");
	put(&integers, "{{{1}},{{2}}}", "[[[1]],[[2]]]");
	put(&integers, "[0:1][2:2]={{1},{2}}", "[[1],[2]]");
	put(&texts, "{a,\"b,\\\"c\\\\\",\"NULL\",NULL,\"\",\"{}\"}",
	    "[\"a\",\"b,\\\"c\\\\\",\"NULL\",null,\"\",\"{}\"]");
	put(&texts, "{a\\,b}", "[\"a,b\"]");
	put(&boxes, "{(1,1),(0,0);(2,2),(1,1)}",
	    "[\"(1,1),(0,0)\",\"(2,2),(1,1)\"]");
	put(&pair, "(1,\"{a,\"\"b,c\"\"}\")",
	    "{\"a\":1,\"b\\\"\":[\"a\",\"b,c\"]}");
	put(&pair, "(,)", "{\"a\":null,\"b\\\"\":null}");
	put(&pairs, "{\"(1,\\\"{x}\\\")\",NULL}",
	    "[{\"a\":1,\"b\\\"\":[\"x\"]},null]");
	put(&none, "()", "{}");
	put(&none, "(1)", "\"(1)\"");
	put(&integers, "{{{{{{{1}}}}}}}", "\"{{{{{{{1}}}}}}}\"");
	put(&integers, "{1}x", "\"{1}x\"");
	put(&pair, "(1,{},2)", "\"(1,{},2)\"");
	put(&integers, "1", "\"1\"");
	put(&pair, "1", "\"1\"");
	cut(&pair, "(1,\"{x}\")");
	cut(&texts, "{{a,\"b\\\\\"},{NULL,\\c}}");
	cut(&pairs, "{\"(1,\\\"{x}\\\")\",NULL}");
}

int
main(void)
{
	test_scalars();
	test_nested();
	return tap_done();
}
