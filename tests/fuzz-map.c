/* SPDX-License-Identifier: MIT */
/*
 * A document into libjq and out of it: libjq itself reads the same value; what
 * is written is read again as the same, and is what libjq writes. Numbers that
 * a double does not give back become strings and nothing else changes. What a program made is
 * a document with the head that came in.
 */
#include "fuzz.h"
#include "jqagree.h"

#include "rules/jqvalue.h"
#include "rules/splice.h"
#include "stream/record.h"

/* Written by ours and by libjq. */
static void
check_written(jv v, struct buf *out)
{
	jv dumped = jv_dump_string(jv_copy(v), 0);

	MUST(jqvalue_write(out, jv_copy(v), SIZE_MAX));
	MUST(span_is(buf_span(out), jv_string_value(dumped)));
	jv_free(dumped);
}

/* text, an object of libjq, as what a program made of a document. */
static void
out_of_jq(struct span text)
{
	static const char head[] = "{\"_id\":\"w:1\",\"_stream\":\"s\","
	    "\"a\":[1],\"_timestamp\":\"2026\"}";
	struct record_parser parser = { 0 };
	struct buf line = { 0 }, out = { 0 };
	struct rec r;
	struct err e;

	buf_puts(&line, head);
	buf_pad(&line);
	if (splice_head(&out, buf_span(&line), text) == NULL) {
		buf_pad(&out);
		MUST(record_parse(&parser, buf_span(&out), &r, &e) == 1);
		MUST(r.kind == REC_DOC && span_is(r.id, "w:1"));
		MUST(span_is(r.stream, "s") && span_is(r.timestamp, "2026"));
		MUST(r.reserved.n == 0);
	}
	record_parser_release(&parser);
	buf_release(&line);
	buf_release(&out);
}

static void
into_jq(struct span text)
{
	struct buf spliced = { 0 }, out = { 0 }, more = { 0 };
	bool big = splice_rounded_numbers(&spliced, text);
	struct span small = big ? buf_span(&spliced) : text;
	jv ours, theirs, again;

	if (big)
		MUST(fuzz_is_json(&spliced, JSON_DEPTH));
	MUST(!splice_rounded_numbers(&more, small) && more.n == 0);
	ours = jqvalue_read(text);
	if (libjq_takes(small, &theirs)) {
		MUST(jv_is_valid(ours));
		MUST(jv_equal(jv_copy(ours), jv_copy(theirs)));
		check_written(ours, &out);
		buf_pad(&out);
		again = jqvalue_read(buf_span(&out));
		MUST(jv_equal(jv_copy(ours), again));
		MUST(!jqvalue_write(&more, jv_copy(ours), out.n - 1));
		if (jv_get_kind(ours) == JV_KIND_OBJECT)
			out_of_jq(buf_span(&out));
	}
	jv_free(ours);
	jv_free(theirs);
	buf_release(&spliced);
	buf_release(&out);
	buf_release(&more);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *text = fuzz_padded(p, n);
	struct json_error e;

	if (json_value_scan((struct span){ text, n }, JSON_DEPTH, NULL,
	    NULL, &e) == 0)
		into_jq((struct span){ text, n });
	free(text);
	return 0;
}
