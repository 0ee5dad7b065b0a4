/* SPDX-License-Identifier: MIT */
#include "stream/known.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"

#define OFFSET_BITS KNOWN_OFFSET_BITS
#define LOW_BITS 22             /* of the digest, in rest */
#define HIGH_BITS 32
#define DIGEST_BITS (LOW_BITS + HIGH_BITS)
#define MARK_SHIFT (OFFSET_BITS + LOW_BITS)
#define MASK(bits) (((uint64_t)1 << (bits)) - 1)

static uint64_t
new_seed(void)
{
	struct timespec t = clock_wall();
	uint64_t seed;

	if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == sizeof seed)
		return seed;
	return (uint64_t)t.tv_sec * 1000000007U ^ (uint64_t)t.tv_nsec;
}

void
known_init(struct known *k, uint64_t memory)
{
	*k = (struct known){ .seed = new_seed() };
	region_init(&k->entries, memory);
	region_init(&k->index, memory);
}

void
known_release(struct known *k)
{
	region_release(&k->entries);
	region_release(&k->index);
	k->n = 0;
}

uint64_t
known_key(const struct known *k, struct span id)
{
	return hash64(id.p, id.n, k->seed);
}

/* Which 54 bits of the hash these are changes from run to run, too. */
uint64_t
known_digest(const struct known *k, struct h128 h)
{
	uint64_t d = (h.lo ^ h.hi * (k->seed | 1)) >> (64 - DIGEST_BITS);

	return d != 0 ? d : 1;
}

static struct known_entry *
entries(const struct known *k)
{
	return (struct known_entry *)(void *)k->entries.p;
}

static uint64_t
digest_of(const struct known_entry *e)
{
	return (uint64_t)e->digest << LOW_BITS |
	    (e->rest >> OFFSET_BITS & MASK(LOW_BITS));
}

static struct known_entry
pack(uint64_t key, uint64_t digest, uint64_t offset)
{
	return (struct known_entry){ .key = key,
		.rest = (digest & MASK(LOW_BITS)) << OFFSET_BITS | offset,
		.digest = (uint32_t)(digest >> LOW_BITS) };
}

int
known_add(struct known *k, uint64_t key, uint64_t digest, uint64_t offset,
    struct err *e)
{
	if (offset > MASK(OFFSET_BITS) || k->n == UINT32_MAX)
		return err_set(e, ST_PERSON,
		    "more known ids than 4 billion, or 1 TiB of them");
	if (region_grow(&k->entries, (k->n + 1) * sizeof(struct known_entry),
	    e) < 0)
		return -1;
	entries(k)[k->n++] = pack(key, digest, offset);
	return 0;
}

/* Sorted by key: one entry for each. */
static void
merge(struct known *k)
{
	struct known_entry *v = entries(k);
	size_t n = 0;

	for (size_t i = 0; i < k->n; i++) {
		uint64_t a, b, digest;

		if (n == 0 || v[n - 1].key != v[i].key) {
			v[n++] = v[i];
			continue;
		}
		a = known_offset(&v[n - 1]);
		b = known_offset(&v[i]);
		digest = digest_of(&v[i]);
		if (digest_of(&v[n - 1]) != digest)
			digest = 0;
		v[n - 1] = pack(v[i].key, digest, a < b ? a : b);
	}
	k->n = n;
}

/* Where each bucket begins: 4 to 8 entries have their highest bits in
 * common. */
int
known_index(struct known *k, struct err *e)
{
	struct known_entry *v;
	unsigned bits = 1;
	size_t buckets, b = 0;
	uint32_t *start;

	known_sort(entries(k), k->n, false);
	merge(k);
	while (k->n >> (bits + 3) != 0)
		bits++;
	buckets = (size_t)1 << bits;
	k->shift = 64 - bits;
	if (k->entries.fd >= 0)
		k->index.limit = 0;
	if (region_grow(&k->index, (buckets + 1) * sizeof *start, e) < 0)
		return -1;
	start = (uint32_t *)(void *)k->index.p;
	v = entries(k);
	for (size_t i = 0; i < k->n; i++)
		while (b <= v[i].key >> k->shift)
			start[b++] = (uint32_t)i;
	while (b <= buckets)
		start[b++] = (uint32_t)k->n;
	return 0;
}

static const uint32_t *
bucket(const struct known *k, uint64_t key)
{
	return (const uint32_t *)(const void *)k->index.p + (key >> k->shift);
}

void
known_ask(const struct known *k, uint64_t key)
{
	__builtin_prefetch(bucket(k, key));
}

void
known_fetch(const struct known *k, uint64_t key)
{
	const char *p = (const char *)(entries(k) + *bucket(k, key));

	__builtin_prefetch(p);
	__builtin_prefetch(p + 64);
	__builtin_prefetch(p + 128);
}

struct known_entry *
known_find(const struct known *k, uint64_t key)
{
	const uint32_t *b = bucket(k, key);
	struct known_entry *v = entries(k);

	for (size_t i = b[0]; i < b[1]; i++)
		if (v[i].key == key)
			return &v[i];
	return NULL;
}

bool
known_same(const struct known_entry *e, uint64_t digest)
{
	return digest != 0 && digest_of(e) == digest;
}

bool
known_marked(const struct known_entry *e, enum known_mark m)
{
	return e->rest >> MARK_SHIFT & (uint64_t)m;
}

void
known_set(struct known_entry *e, enum known_mark m)
{
	e->rest |= (uint64_t)m << MARK_SHIFT;
}

struct known_entry *
known_unseen(struct known *k)
{
	struct known_entry *v = entries(k);
	size_t n = 0;

	for (size_t i = 0; i < k->n; i++)
		if (!known_marked(&v[i], KNOWN_SEEN))
			v[n++] = v[i];
	k->n = n;
	region_release(&k->index);
	known_sort(v, n, true);
	return v;
}
