/* SPDX-License-Identifier: MIT */
/*
 * Documents of BSON: one that libbson takes is one JSON object, or damaged, or
 * too deep; the text of an _id gives the value back that it was made of.
 */
#include <bson/bson.h>

#include "fuzz.h"

#include "source/bsonvalue.h"

static void
check_id(const bson_iter_t *i)
{
	struct buf text = { 0 }, again = { 0 };
	bson_t back = BSON_INITIALIZER;
	bson_iter_t b;

	bsonvalue_id(&text, i);
	if (bsonvalue_from_id(&back, "k", buf_span(&text))) {
		MUST(bson_iter_init_find(&b, &back, "k"));
		bsonvalue_id(&again, &b);
		MUST(span_eq(buf_span(&text), buf_span(&again)));
	}
	buf_clear(&text);
	bsonvalue_stamp(&text, i);
	buf_release(&text);
	buf_release(&again);
	bson_destroy(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf out = { 0 };
	bson_t doc;
	bson_iter_t i;
	enum bsonfault fault;

	if (!bson_init_static(&doc, p, n))
		return 0;
	fault = bsonvalue_document(&out, &doc);
	if (fault == BSONVALUE_GOOD)
		MUST(fuzz_is_json(&out, 1024) && out.p[0] == '{');
	if (fault == BSONVALUE_GOOD && bson_iter_init(&i, &doc))
		while (bson_iter_next(&i))
			check_id(&i);
	buf_release(&out);
	return 0;
}
