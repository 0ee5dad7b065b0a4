/* SPDX-License-Identifier: MIT */
#include "source/fileid.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "source/source.h"
#include "tap.h"

static void
check(const char *path, const char *id)
{
	struct buf made = { 0 }, back = { 0 };

	fileid_put(&made, span_of(path));
	ok(span_is(buf_span(&made), id), "path to id %s", id);
	ok(fileid_path(&back, span_of(id)) && span_is(buf_span(&back), path),
	    "and back");
	buf_release(&made);
	buf_release(&back);
}

static void
refused(struct span id)
{
	struct buf path = { 0 };

	ok(!fileid_path(&path, id), "the id of no file: %.*s", (int)id.n,
	    id.p);
	buf_release(&path);
}

/* All names of two bytes that a file may have. */
static void
test_all(void)
{
	struct buf id = { 0 }, back = { 0 };
	bool good = true;

	for (unsigned i = 0; i < 65536; i++) {
		char name[2] = { (char)(i >> 8), (char)i };

		if (memchr(name, '\0', 2) || memchr(name, '/', 2) ||
		    memcmp(name, "..", 2) == 0)
			continue;
		buf_clear(&id);
		fileid_put(&id, (struct span){ name, 2 });
		good = good && utf8_valid(id.p, id.n) &&
		    fileid_path(&back, buf_span(&id)) &&
		    span_eq(buf_span(&back), (struct span){ name, 2 });
	}
	ok(good, "every name of two bytes has an id that leads back");
	buf_release(&id);
	buf_release(&back);
}

static void
prefix(const char *folder, size_t max, const char *expected)
{
	struct buf b = { 0 };

	fileid_put_prefix(&b, span_of(folder), max);
	ok(span_is(buf_span(&b), expected), "prefix %s", expected);
	buf_release(&b);
}

static void
part(const char *text, const char *expected)
{
	struct buf b = { 0 };

	id_part(&b, span_of(text));
	ok(span_is(buf_span(&b), expected), "part %s", expected);
	buf_release(&b);
}

int
main(void)
{
	struct buf url = { 0 };

	check("a/b c/ü", "a/b c/ü");
	check("100%", "100%25");
	check("\x01\n\x1f\x7f", "%01%0A%1F%7F");
	check("\xff/\xc3", "%FF/%C3");
	check("\xed\xa0\x80", "%ED%A0%80");
	check("...", "...");
	refused(SPAN(""));
	refused(SPAN("/a"));
	refused(SPAN("a/"));
	refused(SPAN("a//b"));
	refused(SPAN("."));
	refused(SPAN("a/.."));
	refused(SPAN("../a"));
	refused(SPAN("%2E%2E/a"));
	refused(SPAN("%61"));
	refused(SPAN("%0a"));
	refused(SPAN("%2F"));
	refused(SPAN("%"));
	refused(SPAN("%0"));
	refused(SPAN("%GG"));
	refused(SPAN("a%00"));
	refused(SPAN("a\0b"));
	refused(SPAN("\n"));
	test_all();
	prefix("a/b", 100, "a/b/");
	prefix("abcdef", 3, "abc");
	prefix("ab\xff", 3, "ab");
	prefix("ab\xff", 4, "ab");
	prefix("ab\xff", 5, "ab%FF");
	prefix("aü", 2, "a");
	prefix("aü", 3, "aü");
	part("a/b%c", "a%2Fb%25c");
	part("\xff\xc3\xa9\n", "%FFé\n");
	fileid_put_url(&url, SPAN("/a-Z.0_~/ü &?#%"));
	ok(span_is(buf_span(&url), "/a-Z.0_~/%C3%BC%20%26%3F%23%25"), "url");
	buf_release(&url);
	return tap_done();
}
