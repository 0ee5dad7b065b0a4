/* SPDX-License-Identifier: MIT */
/*
 * mkcorpus N [EDIT [WORDS]]: N documents as NDJSON, about 330 bytes each: _id
 * and _timestamp in places that change, a nested _id, escapes, other alphabets.
 * EDIT > 0: every EDITth document has another text. WORDS: of a body, 26
 * unless told. Always the same bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint64_t
next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static const char *const words[] = {
	"index", "backup", "the", "pipeline", "of", "document", "and", "search",
	"caf\xc3\xa9", "source", "\\\"quoted\\\"", "a", "delete", "state",
	"\\u00e9t\\u00e9", "cursor", "never", "\xe6\x96\x87\xe6\x9b\xb8", "lost",
	"update", "path\\\\to", "in", "step", "with", "digest", "run"
};

static void
text(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		printf("%s%s", i ? " " : "",
		    words[next() % (sizeof words / sizeof *words)]);
}

static void
document(unsigned long i, unsigned long edit, unsigned body)
{
	const char *changed = edit && i % edit == 0 ? "changed " : "";
	unsigned place = (unsigned)(next() % 4);

	putchar('{');
	if (place == 0)
		printf("\"_timestamp\":\"2026-01-%02luT00:00:%02luZ\",",
		    i % 28 + 1, i % 60);
	if (place != 3)
		printf("\"_id\":\"doc-%010lu\",", i * 2654435761UL % 10000000000UL);
	printf("\"title\":\"");
	text(5);
	printf("\",\"meta\":{\"_id\":\"inner\",\"size\":%lu,\"tags\":[\"a\",\"b\"]},"
	    "\"body\":\"%s", i, changed);
	text(body);
	putchar('"');
	if (place == 3)
		printf(",\"_id\":\"doc-%010lu\"", i * 2654435761UL % 10000000000UL);
	if (place != 0)
		printf(",\"_timestamp\":\"2026-01-%02luT00:00:%02luZ\"",
		    i % 28 + 1, i % 60);
	puts("}");
}

int
main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
	unsigned long edit = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	unsigned body = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 26;

	for (unsigned long i = 0; i < n; i++)
		document(i, edit, body);
	return fflush(stdout) == 0 ? 0 : 1;
}
