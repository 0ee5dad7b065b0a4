/* SPDX-License-Identifier: MIT */
#include "source/bsonvalue.h"

#include <math.h>
#include <stdlib.h>

#include "tap.h"

/* {"v": VALUE} of extended JSON. */
static bson_t *
parse(const char *value)
{
	struct buf b = { 0 };
	bson_error_t error;
	bson_t *one;

	buf_printf(&b, "{\"v\":%s}", value);
	one = bson_new_from_json((const uint8_t *)b.p, (ssize_t)b.n, &error);
	if (one == NULL)
		printf("# %s: %s\n", value, error.message);
	buf_release(&b);
	return one;
}

static void
put_bson(bson_t *one, const char *name, const char *expected)
{
	struct buf out = { 0 }, whole = { 0 };

	buf_printf(&whole, "{\"v\":%s}", expected);
	ok(bsonvalue_document(&out, one) == BSONVALUE_GOOD &&
	    span_is(buf_span(&out), buf_cstr(&whole)), "%s -> %s", name,
	    expected);
	if (!span_is(buf_span(&out), buf_cstr(&whole)))
		printf("# %.*s\n", (int)out.n, out.p);
	buf_release(&out);
	buf_release(&whole);
	bson_destroy(one);
}

static void
put(const char *value, const char *expected)
{
	put_bson(parse(value), value, expected);
}

static void
put_number(double v, const char *expected)
{
	bson_t *one = bson_new();

	BSON_APPEND_DOUBLE(one, "v", v);
	put_bson(one, "double", expected);
}

static void
numbers(void)
{
	put("{\"$numberInt\":\"-5\"}", "-5");
	put("{\"$numberLong\":\"9007199254740992\"}", "9007199254740992");
	put("{\"$numberLong\":\"9007199254740993\"}", "\"9007199254740993\"");
	put("{\"$numberLong\":\"-9223372036854775808\"}",
	    "\"-9223372036854775808\"");
	put_number(1, "1.0");
	put_number(-0.0, "-0.0");
	put_number(0.1, "0.1");
	put_number(1.0 / 3, "0.3333333333333333");
	put_number(1e300, "1e+300");
	put_number((double)NAN, "\"NaN\"");
	put_number((double)INFINITY, "\"Infinity\"");
	put_number(-(double)INFINITY, "\"-Infinity\"");
	put("{\"$numberDecimal\":\"1.10\"}", "\"1.10\"");
	put("{\"$numberDecimal\":\"NaN\"}", "\"NaN\"");
}

static void
times(void)
{
	put("{\"$date\":{\"$numberLong\":\"0\"}}",
	    "\"1970-01-01T00:00:00.000Z\"");
	put("{\"$date\":{\"$numberLong\":\"-1\"}}",
	    "\"1969-12-31T23:59:59.999Z\"");
	put("{\"$date\":{\"$numberLong\":\"-62135596800000\"}}",
	    "\"0001-01-01T00:00:00.000Z\"");
	put("{\"$date\":{\"$numberLong\":\"-62135596800001\"}}",
	    "-62135596800001");
	put("{\"$date\":{\"$numberLong\":\"253402300799999\"}}",
	    "\"9999-12-31T23:59:59.999Z\"");
	put("{\"$date\":{\"$numberLong\":\"253402300800000\"}}",
	    "253402300800000");
	put("{\"$date\":{\"$numberLong\":\"9223372036854775807\"}}",
	    "\"9223372036854775807\"");
	put("{\"$date\":{\"$numberLong\":\"-9223372036854775808\"}}",
	    "\"-9223372036854775808\"");
	put("{\"$timestamp\":{\"t\":1700000000,\"i\":7}}",
	    "\"2023-11-14T22:13:20.000000007Z\"");
	put("{\"$timestamp\":{\"t\":1,\"i\":4294967295}}",
	    "\"1970-01-01T00:00:01.999999999Z\"");
}

static void
others(void)
{
	bson_t *one = bson_new();
	bson_oid_t oid;

	put("true", "true");
	put("false", "false");
	put("null", "null");
	put("{\"$undefined\":true}", "null");
	put("\"a\\\"\\u0000\\u0001\"", "\"a\\\"\\u0000\\u0001\"");
	put("{\"$oid\":\"655f1c2ab3c4d5e6f7a8b9c0\"}",
	    "\"655f1c2ab3c4d5e6f7a8b9c0\"");
	put("{\"$binary\":{\"base64\":\"//79\",\"subType\":\"00\"}}",
	    "\"//79\"");
	put("{\"$binary\":{\"base64\":\"AA==\",\"subType\":\"05\"}}",
	    "\"AA==\"");
	put("{\"$binary\":{\"base64\":\"AAE=\",\"subType\":\"00\"}}",
	    "\"AAE=\"");
	put("{\"$binary\":{\"base64\":\"\",\"subType\":\"00\"}}", "\"\"");
	put("{\"$binary\":{\"base64\":\"AAECAwQFBgcICQoLDA0ODw==\","
	    "\"subType\":\"04\"}}", "\"00010203-0405-0607-0809-0a0b0c0d0e0f\"");
	put("{\"$regularExpression\":{\"pattern\":\"^a/\\\"\",\"options\":"
	    "\"im\"}}", "\"/^a/\\\"/im\"");
	put("{\"$minKey\":1}", "\"MinKey\"");
	put("{\"$maxKey\":1}", "\"MaxKey\"");
	put("{\"$code\":\"f()\"}", "\"f()\"");
	put("{\"$symbol\":\"s\"}", "\"s\"");
	put("{\"$code\":\"f()\",\"$scope\":{\"x\":1}}",
	    "{\"code\":\"f()\",\"scope\":{\"x\":1}}");
	put("{\"a\":[1,{\"b\":[]},\"c\"],\"d\":{}}",
	    "{\"a\":[1,{\"b\":[]},\"c\"],\"d\":{}}");
	bson_oid_init_from_string(&oid, "655f1c2ab3c4d5e6f7a8b9c0");
	BSON_APPEND_DBPOINTER(one, "v", "db.c", &oid);
	put_bson(one, "dbpointer", "{\"$ref\":\"db.c\",\"$id\":"
	    "\"655f1c2ab3c4d5e6f7a8b9c0\"}");
	one = bson_new();
	bson_append_utf8(one, "v", 1, "a\xff\xc3(", 4);
	put_bson(one, "not UTF-8", "\"a\xef\xbf\xbd\xef\xbf\xbd(\"");
}

/* ---- ids ---- */

static void
put_id(const bson_t *one, struct buf *out)
{
	bson_iter_t i;

	bson_iter_init_find(&i, one, "v");
	bsonvalue_id(out, &i);
}

/* And back: what has this text is found by it. */
static void
id(const char *value, const char *expected)
{
	bson_t *one = parse(value), back = BSON_INITIALIZER;
	struct buf out = { 0 }, again = { 0 };

	put_id(one, &out);
	ok(span_is(buf_span(&out), expected), "id %s -> %s", value, expected);
	if (!span_is(buf_span(&out), expected))
		printf("# %.*s\n", (int)out.n, out.p);
	if (ok(bsonvalue_from_id(&back, "v", buf_span(&out)),
	    "%s is of an id", expected)) {
		put_id(&back, &again);
		ok(span_eq(buf_span(&out), buf_span(&again)), "%s and back",
		    expected);
	}
	buf_release(&out);
	buf_release(&again);
	bson_destroy(&back);
	bson_destroy(one);
}

static void
ids(void)
{
	id("{\"$oid\":\"655f1c2ab3c4d5e6f7a8b9c0\"}",
	    "655f1c2ab3c4d5e6f7a8b9c0");
	id("\"655f1c2ab3c4d5e6f7a8b9c0\"", "(string)655f1c2ab3c4d5e6f7a8b9c0");
	id("\"abcdefabcdefabcdefabcdef\"", "(string)abcdefabcdefabcdefabcdef");
	id("\"ABCDEFABCDEFABCDEFABCDEF\"", "ABCDEFABCDEFABCDEFABCDEF");
	id("\"page\"", "page");
	id("\"1\"", "(string)1");
	id("\"-\"", "(string)-");
	id("\"(json)null\"", "(string)(json)null");
	id("\"\"", "(string)");
	id("1", "1");
	id("{\"$numberLong\":\"-9223372036854775808\"}",
	    "-9223372036854775808");
	id("{\"$numberDouble\":\"1.0\"}", "1");
	id("{\"$numberDouble\":\"-0.0\"}", "0");
	id("{\"$numberDouble\":\"1.5\"}", "1.5");
	id("{\"$numberDouble\":\"1e300\"}", "1e+300");
	id("{\"$numberDouble\":\"NaN\"}", "(double)NaN");
	id("{\"$numberDouble\":\"-Infinity\"}", "(double)-Infinity");
	id("{\"$numberDecimal\":\"1.10\"}", "(decimal)1.10");
	id("{\"$date\":{\"$numberLong\":\"1\"}}",
	    "(date)1970-01-01T00:00:00.001Z");
	id("{\"$date\":{\"$numberLong\":\"253402300800000\"}}",
	    "(date)253402300800000");
	id("{\"$binary\":{\"base64\":\"AAECAwQFBgcICQoLDA0ODw==\","
	    "\"subType\":\"04\"}}",
	    "(uuid)00010203-0405-0607-0809-0a0b0c0d0e0f");
	id("{\"$binary\":{\"base64\":\"//79\",\"subType\":\"80\"}}",
	    "(binary)80:fffefd");
	id("{\"a\":{\"$numberInt\":\"1\"},\"b\":\"x \\\" y\"}",
	    "(document){\"a\":{\"$numberInt\":\"1\"},\"b\":\"x \\\" y\"}");
	id("null", "(json)null");
	id("true", "(json)true");
	id("{\"$minKey\":1}", "(json){\"$minKey\":1}");
	id("{\"$timestamp\":{\"t\":1,\"i\":2}}",
	    "(json){\"$timestamp\":{\"t\":1,\"i\":2}}");
}

/* A document in an id that is not UTF-8 has no JSON. */
static void
raw_id(void)
{
	bson_t one = BSON_INITIALIZER, in = BSON_INITIALIZER, back;
	struct buf out = { 0 }, again = { 0 };

	bson_append_utf8(&in, "a", 1, "\xff", 1);
	BSON_APPEND_DOCUMENT(&one, "v", &in);
	put_id(&one, &out);
	ok(span_starts(buf_span(&out), SPAN("(bson)")), "not UTF-8: by bytes");
	bson_init(&back);
	ok(bsonvalue_from_id(&back, "v", buf_span(&out)), "and back");
	put_id(&back, &again);
	ok(span_eq(buf_span(&out), buf_span(&again)), "the same bytes");
	buf_release(&out);
	buf_release(&again);
	bson_destroy(&back);
	bson_destroy(&in);
	bson_destroy(&one);
}

static void
no_id(const char *text, size_t n)
{
	bson_t out = BSON_INITIALIZER;

	ok(!bsonvalue_from_id(&out, "v", (struct span){ text, n }),
	    "of no id: %s", text);
	bson_destroy(&out);
}

static void
no_ids(void)
{
	static const char *const texts[] = { "", "(nope)1", "(date)x",
		"(uuid)00", "(binary)00", "(binary)00:0", "(binary)00:0g",
		"(decimal)x", "(json)}", "(bson)00", "1x", "(document)" };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		no_id(texts[i], strlen(texts[i]));
	no_id("a\0b", 3);
}

/* ---- times of changes ---- */

static void
stamp(const char *value, const char *expected)
{
	bson_t *one = parse(value);
	struct buf out = { 0 };
	bson_iter_t i;
	bool good;

	bson_iter_init_find(&i, one, "v");
	good = bsonvalue_stamp(&out, &i);
	ok(expected == NULL ? !good : span_is(buf_span(&out), expected),
	    "stamp %s", value);
	buf_release(&out);
	bson_destroy(one);
}

static void
stamps(void)
{
	stamp("{\"$date\":{\"$numberLong\":\"1\"}}",
	    "1970-01-01T00:00:00.001Z");
	stamp("{\"$date\":{\"$numberLong\":\"253402300800000\"}}",
	    "253402300800000");
	stamp("{\"$timestamp\":{\"t\":1,\"i\":2}}",
	    "1970-01-01T00:00:01.000000002Z");
	stamp("\"yesterday\"", "yesterday");
	stamp("{\"$numberLong\":\"17\"}", "17");
	stamp("{\"$numberDouble\":\"1.5\"}", "1.5");
	stamp("null", NULL);
	stamp("[]", NULL);
}

/* ---- what is damaged ---- */

static void
deep(void)
{
	bson_t *inner = bson_new();
	struct buf out = { 0 };

	for (int i = 0; i < 300; i++) {
		bson_t *outer = bson_new();

		BSON_APPEND_DOCUMENT(outer, "v", inner);
		bson_destroy(inner);
		inner = outer;
	}
	ok(bsonvalue_document(&out, inner) == BSONVALUE_DEEP, "too deep");
	buf_release(&out);
	bson_destroy(inner);
}

/* No damage of one byte reads outside of the document. */
static void
damaged(void)
{
	bson_t *whole = parse("{\"a\":[1,\"b\",{\"$numberDecimal\":\"1\"}],"
	    "\"c\":{\"$code\":\"f\",\"$scope\":{\"x\":1}}}");
	size_t bad = 0;

	for (uint32_t at = 4; at < whole->len; at++) {
		uint8_t *copy = malloc(whole->len);
		struct buf out = { 0 };
		bson_t one;

		memcpy(copy, bson_get_data(whole), whole->len);
		copy[at] ^= 0x55;
		if (!bson_init_static(&one, copy, whole->len) ||
		    bsonvalue_document(&out, &one) != BSONVALUE_GOOD)
			bad++;
		buf_release(&out);
		free(copy);
	}
	ok(bad > 0, "damage is seen: %zu", bad);
	bson_destroy(whole);
}

int
main(void)
{
	numbers();
	times();
	others();
	ids();
	raw_id();
	no_ids();
	stamps();
	deep();
	damaged();
	return tap_done();
}
