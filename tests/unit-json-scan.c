/* SPDX-License-Identifier: MIT */
/*
 * The scanner where its implementations work in blocks: every special byte at
 * every place, all kinds of UTF-8 sequences, random damage. And its views:
 * members, iterators, keys.
 */
#include "json.h"

#include <stdint.h>
#include <time.h>

#include "base/clock.h"
#include "json/text.h"
#include "tap.h"

enum { LONGEST = 150 };

/* What may happen in the middle of a string. */
static const struct event {
	const char *bytes;
	size_t n;
	enum json_fault fault;
} events[] = {
	{ "\\n", 2, JSON_OK }, { "\\u00e9", 6, JSON_OK },
	{ "\\ud83d\\ude00", 12, JSON_OK }, { "\\\\", 2, JSON_OK },
	{ "\\\"", 2, JSON_OK }, { "\xc3\xa9", 2, JSON_OK },
	{ "\xe2\x82\xac", 3, JSON_OK }, { "\xf0\x9f\x98\x80", 4, JSON_OK },
	{ "\x7f", 1, JSON_OK }, { "\x1f", 1, JSON_SYNTAX },
	{ "\0", 1, JSON_SYNTAX }, { "\n", 1, JSON_SYNTAX },
	{ "\x80", 1, JSON_UTF8 }, { "\xff", 1, JSON_UTF8 },
	{ "\xc3", 1, JSON_UTF8 }, { "\xf0\x9f\x98", 3, JSON_UTF8 },
	{ "\xed\xa0\x80", 3, JSON_UTF8 },
};

static bool
event_at(const struct event *ev, size_t at, size_t len)
{
	struct buf b = { 0 };
	struct verdict v;
	char *p;
	bool good;

	buf_puts(&b, "{\"k\":\"");
	for (size_t i = 0; i < at; i++)
		buf_putc(&b, 'a');
	buf_add(&b, ev->bytes, ev->n);
	for (size_t i = at; i < len; i++)
		buf_putc(&b, 'b');
	buf_puts(&b, "\"}");
	p = padded(b.p, b.n, 0);
	good = judge(p, b.n, JSON_DEPTH, "\"\x80", 2, &v) &&
	    v.object_error.fault == ev->fault &&
	    v.object_error.offset == (ev->fault ? 6 + at : 0);
	if (good && ev->fault == JSON_OK)
		good = v.o.n == 1 && v.o.v[0].value.n == len + ev->n + 2 &&
		    v.o.v[0].escaped == (*ev->bytes == '\\');
	if (!good)
		printf("# at %zu of %zu: fault %d at %zu\n", at, len,
		    (int)v.object_error.fault, v.object_error.offset);
	json_object_release(&v.o);
	buf_release(&b);
	free(p);
	return good;
}

static void
test_blocks(void)
{
	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		bool good = true;

		for (size_t len = 0; len < LONGEST && good; len += 7)
			for (size_t at = 0; at <= len && good; at++)
				good = event_at(&events[i], at, len);
		ok(good, "event %zu at every place of strings", i);
	}
}

/* The rule itself: decode as the bits say, then judge the number. */
static bool
is_character(const unsigned char *p, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = p[0];
	size_t len = c < 0x80 ? 1 : c >= 0xc0 && c < 0xe0 ? 2 :
	    c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf8 ? 4 : 0;

	if (len != n)
		return false;
	if (len == 1)
		return true;
	c &= 0x7fU >> len;
	for (size_t i = 1; i < len; i++) {
		if (p[i] >> 6 != 2)
			return false;
		c = c << 6 | (p[i] & 0x3f);
	}
	return c >= least[len] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

static bool
is_utf8(const unsigned char *p, size_t n)
{
	size_t i = 0, k;

	while (i < n) {
		for (k = 1; k <= 4 && k <= n - i; k++)
			if (is_character(p + i, k))
				break;
		if (k > 4 || k > n - i)
			return false;
		i += k;
	}
	return true;
}

/* All strings of four of these bytes, so all that a table could mix up. */
static bool
all_sequences(const char *impl, size_t at)
{
	static const unsigned char b[] = { 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f,
		0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed,
		0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff };
	enum { N = sizeof b };
	char text[LONGEST + BUF_PAD];
	size_t n = at + 4 + 20;

	memset(text, 'a', sizeof text);
	text[0] = text[n - 1] = '"';
	json_use(impl);
	for (size_t i = 0; i < (size_t)N * N * N * N; i++) {
		unsigned char seq[4] = { b[i % N], b[i / N % N],
			b[i / N / N % N], b[i / N / N / N] };
		struct json_error e;
		bool want, got;

		memcpy(text + at, seq, 4);
		want = is_utf8(seq, 4);
		got = json_value_scan((struct span){ text, n }, 1, NULL, NULL,
		    &e) == 0;
		if (want == got && (got || e.fault == JSON_UTF8))
			continue;
		printf("# %02x %02x %02x %02x\n", seq[0], seq[1], seq[2],
		    seq[3]);
		return false;
	}
	return true;
}

static void
test_utf8(void)
{
	static const size_t places[] = { 1, 2, 14, 15, 29, 30, 31, 63 };

	for (size_t i = 0; i < JSON_IMPLS; i++) {
		if (!json_use(json_impls[i]))
			continue;
		for (size_t k = 0; k < sizeof places / sizeof *places; k++)
			ok(all_sequences(json_impls[i], places[k]),
			    "%s: UTF-8 sequences at byte %zu", json_impls[i],
			    places[k]);
	}
	json_use(NULL);
}

static bool
member_is(const struct json_member *m, const char *key, const char *value,
    enum json_type type)
{
	return span_is(m->key, key) && span_is(m->value, value) &&
	    m->type == type;
}

static void
test_members(void)
{
	static const char text[] = " {\"a\":-1.5e3 ,\"b\\n\" : \"x\","
	    "\"c\":\"\\\"\",\"\":[ {\"a\":[]} , 2],\"d\":{\"e\":\"\\n\"},"
	    "\"t\":true,\"f\":false\t,\"n\":null,\"a\":[]} ";
	char *p = padded(text, sizeof text - 1, 0);
	const struct json_member *m;
	struct verdict v;
	bool twice = false;

	ok(judge(p, sizeof text - 1, JSON_DEPTH, HOSTILE, HOSTILE_N, &v) &&
	    v.object == 0 && v.o.n == 9, "nine members");
	ok(v.o.text.p == p + 1 && v.o.text.n == sizeof text - 3,
	    "the object without white space");
	m = v.o.v;
	ok(member_is(&m[0], "a", "-1.5e3", JSON_NUMBER) && !m[0].key_escaped,
	    "a number");
	ok(member_is(&m[1], "b\\n", "\"x\"", JSON_STRING) &&
	    m[1].key_escaped && !m[1].escaped, "an escaped key");
	ok(member_is(&m[2], "c", "\"\\\"\"", JSON_STRING) && m[2].escaped,
	    "an escaped string");
	ok(member_is(&m[3], "", "[ {\"a\":[]} , 2]", JSON_ARRAY), "an array");
	ok(member_is(&m[4], "d", "{\"e\":\"\\n\"}", JSON_OBJECT) &&
	    !m[4].escaped, "an object");
	ok(member_is(&m[5], "t", "true", JSON_TRUE) &&
	    member_is(&m[6], "f", "false", JSON_FALSE) &&
	    member_is(&m[7], "n", "null", JSON_NULL), "the three words");
	ok(json_find(&v.o, "a", &twice) == &m[8] && twice,
	    "a key twice: the last");
	ok(json_find(&v.o, "d", &twice) == &m[4] && !twice, "a key once");
	ok(json_find(&v.o, "b\n", NULL) == &m[1], "a key decoded");
	ok(json_find(&v.o, "e", NULL) == NULL &&
	    json_find(&v.o, "b\\n", NULL) == NULL, "no such key");
	json_object_release(&v.o);
	ok(v.o.v == NULL && v.o.n == 0, "released");
	free(p);
}

static void
test_keys(void)
{
	static const struct {
		const char *key, *name;
		bool is;
	} keys[] = {
		{ "_id", "_id", true }, { "_i", "_id", false },
		{ "_idx", "_id", false }, { "\\u005fid", "_id", true },
		{ "\\u005fi", "_id", false }, { "\\u005fidx", "_id", false },
		{ "_\\u0069\\u0064", "_id", true }, { "\\/", "/", true },
		{ "\\u0000", "", false }, { "a\\u0000", "a", false },
		{ "\\ud83d\\ude00", "\xf0\x9f\x98\x80", true },
		{ "\\u00e9", "\xc3\xa9", true }, { "\\u00e9", "\xc3", false },
		{ "\\ud800", "\xef\xbf\xbd", true }, { "", "", true },
		{ "\\u005fid", "", false }, { "\\b\\f\\n\\r\\t\\\"\\\\",
		"\b\f\n\r\t\"\\", true },
	};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct json_member m = { .key = span_of(keys[i].key) };

		m.key_escaped = strchr(keys[i].key, '\\') != NULL;
		ok(json_key_is(&m, keys[i].name) == keys[i].is,
		    "key %s is%s case %zu", keys[i].key, keys[i].is ? "" :
		    " not", i);
	}
}

/* Walks a value to the bottom; counts what is met. */
static size_t
walk(struct span root)
{
	struct span *todo = NULL;
	size_t n = 1, cap = 0, met = 0;

	todo = xgrow(todo, &cap, 1, sizeof *todo);
	todo[0] = root;
	while (n > 0) {
		struct json_member m;
		struct json_iter it;

		json_iter_init(&it, todo[--n]);
		while (json_iter_next(&it, &m)) {
			met++;
			if (m.type != JSON_ARRAY && m.type != JSON_OBJECT)
				continue;
			todo = xgrow(todo, &cap, n + 1, sizeof *todo);
			todo[n++] = m.value;
		}
		met += json_iter_next(&it, &m) ? 1000 : 0;
	}
	free(todo);
	return met;
}

/* Iterating over an object gives the members that the scan gave. */
static bool
iterates_alike(const struct json_object *o)
{
	struct json_iter it;
	struct json_member m;
	size_t i = 0;

	json_iter_init(&it, o->text);
	for (; json_iter_next(&it, &m); i++) {
		const struct json_member *x = &o->v[i];

		if (i >= o->n || !same_span(m.key, x->key) ||
		    !same_span(m.value, x->value) || m.type != x->type ||
		    m.key_escaped != x->key_escaped ||
		    m.escaped != x->escaped)
			return false;
	}
	return i == o->n;
}

static bool
all_iterate_alike(const struct json_object *o)
{
	bool same = true;

	for (size_t i = 0; i < JSON_IMPLS; i++)
		if (json_use(json_impls[i]))
			same = iterates_alike(o) && same;
	return same;
}

/* Escapes, quotes and brackets in strings, at each place of a block. */
static void
test_containers(void)
{
	struct json_object o = { 0 };
	struct buf b = { 0 };
	struct json_error e;
	bool same = true;

	for (size_t n = 0; n < 2000; n++) {
		buf_clear(&b);
		buf_puts(&b, "{\"a\":[{\"");
		for (size_t k = 0; k < n % 200; k++)
			buf_putc(&b, 'x');
		for (size_t k = 0; k < n / 200; k++)
			buf_puts(&b, k % 3 ? "\\\\" : "]\\\"{");
		buf_puts(&b, "\":[[],\"}]\"]},\"\"],\"b\":{\"c\":{}}}");
		buf_pad(&b);
		same = json_object_scan(buf_span(&b), 9, &o, &e) == 0 &&
		    o.n == 2 && all_iterate_alike(&o) && same;
	}
	json_use(NULL);
	ok(same, "containers end where the scan says");
	json_object_release(&o);
	buf_release(&b);
}

static void
test_iter(void)
{
	static const char text[] = "{\"a\":[ ],\"b\":[1,\"]\\\"\\\\\",[[2] ,3\n"
	    "],{\"}\":{}}],\"c\" : {\"\\\"\":\"{\" , \"d\":null } }";
	char *p = padded(text, sizeof text - 1, ' ');
	struct json_object o = { 0 };
	struct json_error e;

	for (size_t i = 0; i < JSON_IMPLS; i++) {
		if (!json_use(json_impls[i]))
			continue;
		json_object_scan((struct span){ p, sizeof text - 1 }, 9, &o,
		    &e);
		ok(iterates_alike(&o), "%s: iterates alike", json_impls[i]);
		ok(walk(o.text) == 13, "%s: walks to the bottom: %zu",
		    json_impls[i], walk(o.text));
	}
	json_use(NULL);
	json_object_release(&o);
	free(p);
}

static uint64_t seed;

static unsigned
random_below(unsigned n)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(seed >> 33) % n;
}

static const char *const seeds[] = {
	"{\"_id\":\"wiki:1\",\"title\":\"caf\xc3\xa9 \\u00e9\\n\",\"n\":[1,"
	"-2.5e+7,true,false,null],\"m\":{\"k\":{\"_id\":\"inner\"}},\"e\":"
	"\"\"}",
	"{\"a\":\"\xf0\x9f\x98\x80\\ud83d\\ude00\xe2\x82\xac and a longer run "
	"of plain text that spans several blocks of every kind\",\"b\":{}}",
	"  {\n    \"key\": [\n        1,\n        2\n    ],\n    \"x\": "
	"\"\xd1\x82\xd0\xb5\xd0\xba\xd1\x81\xd1\x82\"\n  }\r\n",
	"[[[[{\"a\":[{},{\"b\":[]}]},\"\\\\\\\"\"]],0.0e0],\"\"]",
};

static void
mutate(struct buf *b)
{
	static const char bits[] = "{}[]\",:\\ \n0-.eEtfnu\x80\xbf\xc3\xe2\xf0"
	    "\xed\xa0\x01\xff";
	size_t at = random_below((unsigned)b->n + 1), n;

	switch (random_below(4)) {
	case 0:         /* another byte */
		if (at < b->n)
			b->p[at] = bits[random_below(sizeof bits - 1)];
		break;
	case 1:         /* a byte more */
		buf_putc(b, 0);
		memmove(b->p + at + 1, b->p + at, b->n - 1 - at);
		b->p[at] = bits[random_below(sizeof bits - 1)];
		break;
	case 2:         /* some bytes less */
		n = random_below(5);
		if (at + n <= b->n) {
			memmove(b->p + at, b->p + at + n, b->n - at - n);
			b->n -= n;
		}
		break;
	default:        /* a piece again, somewhere */
		n = random_below(40);
		if (at + n <= b->n) {
			buf_reserve(b, n);
			buf_add(b, b->p + at, n);
		}
	}
}

static void
test_random(void)
{
	struct buf b = { 0 };
	uint64_t rounds = 0, good = 0, first;
	double end = clock_mono() + 2.5;
	bool same = true;

	first = seed = (uint64_t)time(NULL);
	while (same && clock_mono() < end) {
		const char *s = seeds[random_below(4)];
		char pads[3] = { (char)random_below(256),
			HOSTILE[random_below(HOSTILE_N)],
			HOSTILE[random_below(HOSTILE_N)] };
		struct verdict v;
		char *p;

		buf_clear(&b);
		buf_puts(&b, s);
		for (unsigned k = random_below(3); k-- > 0;)
			mutate(&b);
		p = padded(b.p, b.n, 0);
		same = judge(p, b.n, 1 + random_below(12), pads, 3, &v);
		if (same && v.object == 0)
			same = all_iterate_alike(&v.o);
		if (!same)
			printf("# seed %llu: %.*s\n", (unsigned long long)
			    first, (int)b.n, b.p);
		rounds++;
		good += v.value == 0;
		json_object_release(&v.o);
		free(p);
	}
	ok(same, "random damage, all agree");
	printf("# %llu texts, %llu of them good, seed %llu\n",
	    (unsigned long long)rounds, (unsigned long long)good,
	    (unsigned long long)first);
	buf_release(&b);
}

static void
test_iter_find(void)
{
	struct buf b = { 0 };
	struct json_member m;
	struct span text;

	buf_puts(&b, "{\"a\":1,\"b\":{\"c\":2},\"\\u0061\":\"x\"}");
	buf_pad(&b);
	text = buf_span(&b);
	ok(json_iter_find(text, "a", &m) && span_is(m.value, "\"x\""),
	    "the last of a name counts, escapes decoded");
	ok(json_iter_find(text, "b", &m) &&
	    json_iter_find(m.value, "c", &m) && span_is(m.value, "2"),
	    "inside what was found");
	ok(!json_iter_find(text, "c", &m) && m.type == JSON_NULL,
	    "none of that name");
	buf_release(&b);
}

int
main(void)
{
	test_blocks();
	test_utf8();
	test_members();
	test_keys();
	test_iter();
	test_containers();
	test_iter_find();
	test_random();
	return tap_done();
}
