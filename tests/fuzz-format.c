/* SPDX-License-Identifier: MIT */
/*
 * The body of a reply to JSON: what comes out is JSON in UTF-8 without a lone
 * surrogate; what is wrong has words. The input: a letter for the format, one
 * for the charset, the body.
 */
#include "fuzz.h"

#include "source/rest/format.h"

static const char *const formats[] = { NULL, "json", "jsonl", "csv", "xml",
	"text" };
static const char *const charsets[] = { NULL, "utf-8", "utf-16", "latin1",
	"shift_jis", "nonesuch" };
static const char *const types[] = { NULL, "text/plain", "text/csv",
	"text/tab-separated-values", "application/xml; a=b", "text/html" };
enum { FORMATS = sizeof formats / sizeof *formats };

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = { (const char *)p, n };
	unsigned format = fuzz_byte(&in) - 'a', charset = fuzz_byte(&in) - 'a';
	char *body = fuzz_padded(in.p, in.n);
	struct buf out = { 0 }, whole = { 0 };
	struct json_object o = { 0 };
	struct json_error je;
	struct err e = { 0 };

	in.p = body;
	if (format_json(formats[format % FORMATS],
	    types[format / FORMATS % FORMATS], charsets[charset % FORMATS],
	    in, &out, &e) == 0) {
		MUST(fuzz_is_json(&out, 1024));
		buf_puts(&whole, "{\"a\":");
		buf_add_span(&whole, buf_span(&out));
		buf_putc(&whole, '}');
		buf_pad(&whole);
		MUST(json_object_scan(buf_span(&whole), 1024, &o, &je) == 0);
		MUST(!o.lone_surrogate);
	} else {
		MUST(e.status == ST_PERSON && e.text[0] != '\0');
	}
	json_object_release(&o);
	buf_release(&out);
	buf_release(&whole);
	free(body);
	return 0;
}
