/* SPDX-License-Identifier: MIT */
/* The table of known ids, the prefixes, and memory that grows. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "stream/known.h"
#include "stream/prefix.h"
#include "tap.h"

enum { IDS = 50000 };

static struct span
name(char buf[32], size_t i)
{
	int n = snprintf(buf, 32, "wiki:%zu", i);

	return (struct span){ buf, (size_t)n };
}

/* Every id but each third; offsets 10 apart, in the order of shuffle. */
static void
fill(struct known *k, bool *good)
{
	struct err e;
	char buf[32];
	uint64_t offset = 0;

	for (size_t j = 0; j < IDS; j++) {
		size_t i = j * 7919 % IDS;

		if (i % 3 == 0)
			continue;
		if (known_add(k, known_key(k, name(buf, i)), i + 1, offset,
		    &e) < 0)
			*good = false;
		offset += 10;
	}
}

static bool
right_offsets(const struct known_entry *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (known_offset(&v[i - 1]) >= known_offset(&v[i]))
			return false;
	return true;
}

static void
test_table(uint64_t memory, const char *where)
{
	struct known k;
	struct known_entry *v;
	struct err e;
	char buf[32];
	size_t wrong = 0, left = 0;
	bool good = true;

	known_init(&k, memory);
	fill(&k, &good);
	ok(good && known_index(&k, &e) == 0 && k.n == IDS - (IDS + 2) / 3,
	    "%s: filled", where);
	ok((k.entries.fd >= 0) == (memory < 1 << 20) &&
	    (k.index.fd >= 0) == (memory < 1 << 20), "%s: lies there", where);
	for (size_t i = 0; i < IDS; i++) {
		struct known_entry *f = known_find(&k,
		    known_key(&k, name(buf, i)));

		wrong += (f != NULL) != (i % 3 != 0);
		wrong += f != NULL && !known_same(f, i + 1);
		wrong += f != NULL && known_same(f, i + 2);
		wrong += f != NULL && (known_marked(f, KNOWN_SEEN) ||
		    known_marked(f, KNOWN_PASSED));
		if (f != NULL && i % 5 == 0)
			known_set(f, KNOWN_SEEN);
		if (f != NULL && i % 7 == 0)
			known_set(f, KNOWN_PASSED);
		left += f != NULL && i % 5 != 0;
	}
	ok(wrong == 0, "%s: all found, nothing else", where);
	for (size_t i = 0; i < IDS; i++) {
		struct known_entry *f = known_find(&k,
		    known_key(&k, name(buf, i)));

		wrong += f != NULL && (known_marked(f, KNOWN_SEEN) !=
		    (i % 5 == 0) || known_marked(f, KNOWN_PASSED) !=
		    (i % 7 == 0) || !known_same(f, i + 1));
	}
	ok(wrong == 0, "%s: marks are apart from the rest", where);
	v = known_unseen(&k);
	ok(k.n == left && right_offsets(v, k.n),
	    "%s: unseen, in the order of their offsets", where);
	for (size_t i = 0; i < k.n; i++)
		wrong += known_marked(&v[i], KNOWN_SEEN);
	ok(wrong == 0, "%s: none that was seen", where);
	known_release(&k);
}

static void
test_empty(void)
{
	struct known k;
	struct err e;

	known_init(&k, 1 << 30);
	ok(known_index(&k, &e) == 0 && k.n == 0 &&
	    known_find(&k, 0) == NULL && known_find(&k, UINT64_MAX) == NULL,
	    "empty: nothing is found");
	known_unseen(&k);
	ok(k.n == 0, "empty: nothing is unseen");
	known_release(&k);
}

/* n entries of one key. */
static void
add_equal(struct known *k, uint64_t key, size_t n, uint64_t digest)
{
	struct err e;

	for (size_t i = n; i-- > 0;)
		known_add(k, key, digest, 100 + i, &e);
}

static void
test_merge(void)
{
	struct known k;
	struct known_entry *f;
	struct err e;

	known_init(&k, 1 << 30);
	add_equal(&k, 0, 1, 5);
	add_equal(&k, UINT64_MAX, 2, 7);
	add_equal(&k, 77, 100000, 9);
	add_equal(&k, 78, 3, 1);
	known_add(&k, 78, 2, 4, &e);
	known_add(&k, 79, 0, 4, &e);
	ok(known_index(&k, &e) == 0 && k.n == 5, "twice: one entry");
	f = known_find(&k, 77);
	ok(f != NULL && known_offset(f) == 100 && known_same(f, 9),
	    "twice: the first place, the digest of both");
	f = known_find(&k, 78);
	ok(f != NULL && known_offset(f) == 4 && !known_same(f, 1) &&
	    !known_same(f, 2) && !known_same(f, 0),
	    "twice: two digests are none");
	f = known_find(&k, 79);
	ok(f != NULL && !known_same(f, 0), "no digest: differs from all");
	ok(known_find(&k, 0) != NULL && known_find(&k, UINT64_MAX) != NULL &&
	    known_find(&k, 1) == NULL, "twice: the ends of the range");
	known_release(&k);
}

static void
test_limits(void)
{
	struct known k;
	struct err e = { 0 };
	uint64_t top = ((uint64_t)1 << KNOWN_OFFSET_BITS) - 1;
	uint64_t digest = ((uint64_t)1 << 54) - 1;
	struct known_entry *f;

	known_init(&k, 1 << 30);
	ok(known_add(&k, 5, digest, top, &e) == 0, "limits: offset");
	ok(known_add(&k, 6, 1, top + 1, &e) < 0 && e.status == ST_PERSON,
	    "limits: one more");
	known_index(&k, &e);
	f = known_find(&k, 5);
	known_set(f, KNOWN_SEEN);
	known_set(f, KNOWN_PASSED);
	ok(known_offset(f) == top && known_same(f, digest) &&
	    !known_same(f, digest - 1), "limits: nothing runs over");
	known_release(&k);
}

static void
test_digest(void)
{
	struct known a, b;
	struct h128 h = { 1, 2 };
	size_t zero = 0;

	known_init(&a, 0);
	known_init(&b, 0);
	ok(a.seed != b.seed && known_key(&a, SPAN("x")) !=
	    known_key(&b, SPAN("x")), "seed: another in every run");
	ok(known_digest(&a, h) == known_digest(&a, h) &&
	    known_digest(&a, h) != known_digest(&a,
	    (struct h128){ 1, (uint64_t)1 << 63 }) &&
	    known_digest(&a, h) != known_digest(&a,
	    (struct h128){ 1 << 30, 2 }), "digest: of both halves");
	for (uint64_t i = 0; i < 5000; i++)
		zero += known_digest(&a, (struct h128){ 0, i }) == 0;
	ok(zero == 0, "digest: never the one that differs from all");
}

/* No file may be left in TMPDIR, and none is needed below the limit. */
static void
test_region(void)
{
	struct region r;
	struct err e = { 0 };
	size_t wrong = 0;

	region_init(&r, 4 << 20);
	for (size_t size = 1; size <= 64 << 20; size *= 2) {
		if (region_grow(&r, size, &e) < 0)
			abort();
		for (size_t i = size / 2; i < size; i += 4096)
			wrong += r.p[i] != 0;
		memset(r.p + size / 2, 'x', size - size / 2);
		wrong += (r.fd >= 0) != (size > 4 << 20);
	}
	for (size_t i = 0; i < 64 << 20; i += 511)
		wrong += r.p[i] != 'x';
	ok(wrong == 0, "region: keeps its bytes from memory to disk");
	region_release(&r);
	ok(r.p == NULL && r.fd < 0, "region: released");
	setenv("TMPDIR", "/nowhere", 1);
	region_init(&r, 0);
	ok(region_grow(&r, 1, &e) < 0 && e.status == ST_PERSON &&
	    span_starts(span_of(e.text), SPAN("/nowhere: ")),
	    "region: no TMPDIR");
	unsetenv("TMPDIR");
}

static void
test_prefixes(void)
{
	struct prefixes p = { 0 };
	char buf[8];
	size_t wrong = 0;

	ok(!prefix_has(&p, SPAN("a")), "prefixes: none");
	prefix_add(&p, SPAN("b/"));
	prefix_add(&p, SPAN("b/c/"));
	prefix_add(&p, SPAN("a/x"));
	prefix_add(&p, SPAN("b/"));
	prefix_add(&p, SPAN("\xc3\xa4"));
	ok(prefix_has(&p, SPAN("b/")) && prefix_has(&p, SPAN("b/c/d")) &&
	    prefix_has(&p, SPAN("b/z")) && prefix_has(&p, SPAN("a/xy")) &&
	    prefix_has(&p, SPAN("\xc3\xa4/1")), "prefixes: what fits");
	ok(!prefix_has(&p, SPAN("b")) && !prefix_has(&p, SPAN("a/")) &&
	    !prefix_has(&p, SPAN("a/w")) && !prefix_has(&p, SPAN("c")) &&
	    !prefix_has(&p, SPAN("")), "prefixes: what does not");
	ok(p.n == 3, "prefixes: what another one covers is dropped");
	prefix_add(&p, SPAN("a/"));
	ok(prefix_has(&p, SPAN("a/w")), "prefixes: one more, later");
	prefix_release(&p);

	/* against every prefix in turn */
	for (unsigned set = 0; set < 1U << 9; set++) {
		static const char *const all[] = { "a", "aa", "ab", "aab",
			"b", "ba", "bb", "abb", "c" };

		for (unsigned i = 0; i < 9; i++)
			if (set & 1U << i)
				prefix_add(&p, span_of(all[i]));
		for (unsigned n = 0; n < 81; n++) {
			bool want = false;

			snprintf(buf, sizeof buf, "%c%c%c%c", "abc"[n / 27],
			    "abc"[n / 9 % 3], "abc"[n / 3 % 3], "abc"[n % 3]);
			for (unsigned i = 0; i < 9; i++)
				want |= (set & 1U << i) && span_starts(
				    span_of(buf), span_of(all[i]));
			wrong += prefix_has(&p, span_of(buf)) != want;
		}
		prefix_release(&p);
	}
	ok(wrong == 0, "prefixes: 512 sets of 9, each against 81 names");
}

static void
test_prefix_ceiling(void)
{
	struct prefixes p = { 0 };
	char big[512], *end = big + sizeof big;
	size_t n = 0;

	memset(big, 'x', sizeof big);
	do {
		snprintf(end - 9, 9, "%08zu", n);
	} while (prefix_add(&p, (struct span){ big, sizeof big }) && ++n);
	ok(n > 100000 && n * sizeof big <= PREFIX_BYTES,
	    "prefixes: ceiling, at %zu", n);
	prefix_release(&p);
}

int
main(void)
{
	test_table(1 << 30, "memory");
	test_table(0, "disk");
	test_table(300000, "memory, then disk");
	test_empty();
	test_merge();
	test_limits();
	test_digest();
	test_region();
	test_prefixes();
	test_prefix_ceiling();
	return tap_done();
}
