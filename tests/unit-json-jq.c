/* SPDX-License-Identifier: MIT */
/* The scanner against libjq on texts; a difference without a known reason
 * fails. */
#include "json.h"

#include <stdint.h>
#include <time.h>

#include "base/clock.h"
#include "jqagree.h"
#include "tap.h"

static const char *const known_names[] = { "none", "bad UTF-8", "BOM",
	"loose number", "raw control byte", "record separator", "deeper",
	"lone high surrogate" };

static void
report(struct span text)
{
	struct buf b = { 0 };

	json_put_string(&b, text);
	printf("# %s\n", buf_cstr(&b));
	buf_release(&b);
}

static void
check(struct span text, const char *title)
{
	char *p = padded(text.p, text.n, ' ');
	struct span s = { p, text.n };
	enum known k;
	bool good = agree(s, &k);

	if (!ok(good, "%s: %s", title, known_names[k]))
		report(s);
	free(p);
}

static void
test_listed(void)
{
	static const char *const texts[] = {
		/* where they are known to differ */
		"\"\xff\"", "[\"\xed\xa0\x80\"]", "\"\xc3", "\xef\xbb\xbf{}",
		"2\x1e", "\x1e{}", "[1,\0362]",
		"01", "[+1]", ".5", "1.", "-.5", "[1.e5]", "-01", "[00]",
		"nan", "NaN", "[-nan]", "Infinity", "[-infinity]",
		"\"\x1f\"", "\"\\ud800\"", "\"\\udc00\"", "{\"\\udbff\":1}",
		"\"\\ud800\\u0041\"", "\"\\udfff\\ud800\"",
		/* where they must not */
		"", " ", "null", "nul", "nullx", "true false", "-", "1e",
		"1e+", "--1", "1 2", "1e1e1", "0x10", "1-1", "[1,]", "[,1]",
		"[1,,2]", "{\"a\":1,}", "{,}", "[1 2]", "[1\"a\"]",
		"{\"a\":1\"b\":2}", "\"a\"\"b\"", "[][]", "[}", "{]", "{}]",
		"]", "{1:2}", "[1:2]", "{\"a\"}", "{\"a\":}", "{a:1}", "'a'",
		"\"a", "\"\\", "\"\\'\"", "\"\\x41\"", "\"\\u12\"",
		"\"\\u12g4\"", "\"\n\"", "\"\x01\"", "//\n1", "/**/1", "#\n1",
		"\x1e{}", "\f1", "\"\\u0000\"", "\"\x7f\"", "1e400", "-0",
		"{\"a\":1,\"a\":2}", "\t[ 1 ,\r\n{ \"a\" : \"b\" } ] ",
		"\"\\ud83d\\ude00\\b\\f\\n\\r\\t\\\\\\/\\\"\"",
		"[123456789012345678901234567890,0.1e-7,-2.50]",
		"{\"\":{\"\":[{},[],\"\"]}}", "\"\xf0\x9f\x98\x80\xc3\xa9\"",
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		check(span_of(texts[i]), "listed text");
	check((struct span){ "1\0", 2 }, "a NUL after a number");
	check((struct span){ "\"\0\"", 3 }, "a NUL in a string");
}

/* Whatever passes our ceiling passes libjq's, so that no document makes
 * `| jq` fail. An object takes two places on its stack. */
static void
test_depth(void)
{
	struct buf b = { 0 };
	enum known k;
	jv v;

	for (unsigned depth = JSON_DEPTH - 1; depth <= 260; depth++) {
		buf_clear(&b);
		for (unsigned i = 0; i < depth; i++)
			buf_puts(&b, depth % 2 ? "[" : "{\"a\":");
		buf_puts(&b, "0");
		for (unsigned i = 0; i < depth; i++)
			buf_putc(&b, depth % 2 ? ']' : '}');
		buf_pad(&b);
		if (!agree(buf_span(&b), &k))
			ok(false, "%u levels", depth);
		if (depth > JSON_DEPTH)
			continue;
		ok(libjq_takes(buf_span(&b), &v), "libjq takes %u levels",
		    depth);
		jv_free(v);
	}
	buf_release(&b);
}

static uint64_t seed;

static unsigned
random_below(unsigned n)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(seed >> 33) % n;
}

/* Texts made of pieces that mostly fit each other. */
static void
put_random(struct buf *b)
{
	static const char *const pieces[] = { "{", "}", "[", "]", ":", ",",
		"{\"a\":", "\"b\":", "\"x\"", "\"\\n\"", "\"\xc3\xa9\"",
		"\"\\ud83d\\ude00\"", "\"\\ud83d\"", "\"\\ude00\"", "\"\xff\"",
		"\"", "\\", "\\u00e9", "\x01", "\"\x1f\"", "0", "1", "-", "+",
		".", "e", "E5", "12", "-0.5e+7", "true", "false", "null",
		"nan", " ",
		"\n", "\xef\xbb\xbf", "/", "'", "a" };
	static const char *const whole[] = { "{\"a\":[1,-2.5e3,true,null],"
		"\"b\":{\"c\":\"\\u00e9\\n\xe2\x82\xac\"},\"d\":[]}",
		"[[1,2],{\"x\":{}},\"\\ud83d\\ude00\",0.1,false]" };
	const unsigned n = sizeof pieces / sizeof *pieces;

	if (random_below(3) == 0) {
		for (unsigned k = 1 + random_below(9); k-- > 0;)
			buf_puts(b, pieces[random_below(n)]);
		return;
	}
	buf_puts(b, whole[random_below(2)]);
	for (unsigned k = random_below(3); k-- > 0;) {
		const char *piece = pieces[random_below(n)];
		size_t at = random_below((unsigned)b->n + 1);
		size_t drop = random_below(2), len = strlen(piece);

		if (drop > b->n - at)
			drop = 0;
		buf_reserve(b, len);
		memmove(b->p + at + len, b->p + at + drop, b->n - at - drop);
		memcpy(b->p + at, piece, len);
		b->n += len - drop;
	}
}

static void
test_random(void)
{
	struct buf b = { 0 };
	uint64_t rounds = 0, seen[LONE_HIGH + 1] = { 0 }, first;
	double end = clock_mono() + 2;
	bool good = true;

	first = seed = (uint64_t)time(NULL);
	while (good && clock_mono() < end) {
		enum known k;

		buf_clear(&b);
		put_random(&b);
		buf_pad(&b);
		good = agree(buf_span(&b), &k);
		seen[k]++;
		rounds++;
	}
	if (!ok(good, "random texts, no unknown difference"))
		report(buf_span(&b));
	printf("# %llu texts, seed %llu\n", (unsigned long long)rounds,
	    (unsigned long long)first);
	for (int k = BAD_UTF8; k <= LONE_HIGH; k++)
		printf("# %s: %llu\n", known_names[k],
		    (unsigned long long)seen[k]);
	buf_release(&b);
}

int
main(void)
{
	test_listed();
	test_depth();
	test_random();
	return tap_done();
}
