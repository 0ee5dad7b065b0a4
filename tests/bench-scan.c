/* SPDX-License-Identifier: MIT */
/*
 * How fast are documents scanned? Processor time of one core, documents in
 * memory one after the other (48 MB, more than the caches hold), median of the
 * rounds.
 * Usage: bench-scan [ROUNDS]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "json/scan.h"
#include "json/text.h"

enum { TOTAL = 48000000, MAX_ROUNDS = 99 };

enum body { ASCII, MIXED, CYRILLIC, ESCAPES, INDENTED, NUMBERS };

static const struct corpus {
	const char *name;
	size_t size;
	enum body body;
} corpora[] = {
	{ "330 B, one string", 330, ASCII },
	{ "330 B, as crawled", 330, MIXED },
	{ "330 B, indented", 330, INDENTED },
	{ "2 KB, as crawled", 2048, MIXED },
	{ "2 KB, Cyrillic", 2048, CYRILLIC },
	{ "2 KB, numbers", 2048, NUMBERS },
	{ "2 KB, \\n every 8", 2048, ESCAPES },
	{ "200 KB, one string", 200000, ASCII },
	{ "200 KB, as crawled", 200000, MIXED },
	{ "200 KB, Cyrillic", 200000, CYRILLIC },
};

static uint64_t seed = 1;

static unsigned
random_below(unsigned n)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(seed >> 33) % n;
}

static void
put_words(struct buf *b, size_t n, enum body kind)
{
	static const char *const words[] = { "backup", "the", "of", "network",
		"pipe", "is", "a", "store", "index", "document", "page",
		"and", "to", "restore", "quick" };
	static const char *const rare[] = { "\\\"quoted\\\"", "caf\xc3\xa9",
		"\\u00e4", "C:\\\\temp", "\\n", "\xe2\x80\x93",
		"\xf0\x9f\x98\x80" };
	size_t end = b->n + n;

	while (b->n < end) {
		if (kind == CYRILLIC)
			buf_puts(b, "\xd1\x82\xd0\xb5\xd0\xba\xd1\x81\xd1\x82");
		else if (kind == ESCAPES)
			buf_puts(b, "abcdef\\n");
		else if (kind == MIXED && random_below(12) == 0)
			buf_puts(b, rare[random_below(7)]);
		else
			buf_puts(b, words[random_below(15)]);
		buf_putc(b, ' ');
	}
}

static void
put_document(struct buf *b, size_t size, enum body kind)
{
	const char *nl = kind == INDENTED ? "\n    " : "";
	size_t from = b->n;
	unsigned id = random_below(1000000);

	buf_printf(b, "{%s\"_id\":\"wiki:%u\",%s\"_timestamp\":"
	    "\"2026-01-%02uT10:11:12Z\",", nl, id, nl, 1 + random_below(28));
	if (kind == ASCII) {
		buf_puts(b, "\"body\":\"");
	} else {
		buf_printf(b, "%s\"title\":\"Page %u\",%s\"url\":"
		    "\"https://wiki.example.org/%u\",%s\"meta\":{\"_id\":"
		    "\"inner\",\"size\":%u,\"mode\":420,\"ok\":true},%s\"tags"
		    "\":[\"a\",\"bc\",\"storage\"],%s\"score\":%u.5,", nl, id,
		    nl, id, nl, random_below(100000), nl, nl,
		    random_below(100));
		if (kind == NUMBERS) {
			buf_puts(b, "\"v\":[0");
			while (b->n < from + size)
				buf_printf(b, ",%u.%u", random_below(1000),
				    random_below(10000));
			buf_puts(b, "],");
		}
		buf_printf(b, "%s\"body\":\"", nl);
	}
	if (b->n + 2 < from + size)
		put_words(b, from + size - b->n - 2, kind);
	buf_puts(b, kind == INDENTED ? "\"\n}" : "\"}");
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int
cmp_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Seconds for one pass over all documents. */
static double
pass(const struct buf *b, const size_t *ends, size_t n)
{
	struct json_object o = { 0 };
	struct json_error e;
	size_t from = 0;
	double t = now();

	for (size_t i = 0; i < n; i++) {
		struct span text = { b->p + from, ends[i] - from };

		if (json_object_scan(text, JSON_DEPTH, &o, &e) < 0) {
			fprintf(stderr, "document %zu: %s at %zu\n", i,
			    json_fault_text(e.fault), e.offset);
			exit(1);
		}
		from = ends[i];
	}
	t = now() - t;
	json_object_release(&o);
	return t;
}

static void
bench(const struct corpus *c, size_t rounds)
{
	static const char *const impls[] = { "portable", "sse2", "avx2" };
	size_t *ends = NULL, n = 0, cap = 0;
	struct buf b = { 0 };
	double t[MAX_ROUNDS];

	while (b.n < TOTAL) {
		put_document(&b, c->size, c->body);
		ends = xgrow(ends, &cap, n + 1, sizeof *ends);
		ends[n++] = b.n;
	}
	buf_pad(&b);
	printf("%-20s", c->name);
	for (size_t i = 0; i < sizeof impls / sizeof *impls; i++) {
		if (!json_use(impls[i])) {
			printf("%16s", "-");
			continue;
		}
		for (size_t r = 0; r < rounds; r++)
			t[r] = pass(&b, ends, n);
		qsort(t, rounds, sizeof *t, cmp_double);
		printf(" %6.2f %8.0f", (double)b.n / t[rounds / 2] * 1e-9,
		    t[rounds / 2] / (double)n * 1e9);
		fflush(stdout);
	}
	printf("\n");
	free(ends);
	buf_release(&b);
}

int
main(int argc, char **argv)
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 7;

	if (rounds < 1 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: bench-scan [ROUNDS]\n");
		return 2;
	}
	printf("%-20s %15s %15s %15s\n%-20s", "GB/s, ns a document",
	    "portable", "sse2", "avx2", "");
	printf("\n");
	for (size_t i = 0; i < sizeof corpora / sizeof *corpora; i++)
		bench(&corpora[i], (size_t)rounds);
	return 0;
}
