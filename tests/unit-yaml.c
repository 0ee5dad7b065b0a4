/* SPDX-License-Identifier: MIT */
#include "config/yaml.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/clock.h"
#include "tap.h"

/* What a text gives: compact JSON, or the message. */
static const struct {
	const char *text, *expect;
} table[] = {
	/* plain scalars are typed by JSON's rules alone */
	{ "a: no", "{\"a\":\"no\"}" },
	{ "a: [yes, on, Off, True, FALSE, Null, ~, y]",
	    "{\"a\":[\"yes\",\"on\",\"Off\",\"True\",\"FALSE\",\"Null\",\"~\","
	    "\"y\"]}" },
	{ "a: [true, false, null]", "{\"a\":[true,false,null]}" },
	{ "a: 0123\nb: 1.10\nc: 0x1f\nd: 1_000\ne: 12:30:45\nf: 0o7",
	    "{\"a\":\"0123\",\"b\":1.10,\"c\":\"0x1f\",\"d\":\"1_000\","
	    "\"e\":\"12:30:45\",\"f\":\"0o7\"}" },
	{ "a: [-1, -0.5e+3, .5, 5., +1, .inf, NaN, 12345678901234567890]",
	    "{\"a\":[-1,-0.5e+3,\".5\",\"5.\",\"+1\",\".inf\",\"NaN\","
	    "12345678901234567890]}" },
	{ "a: 2001-12-14", "{\"a\":\"2001-12-14\"}" },
	{ "a: \"true\"\nb: 'null'\nc: \"12\"",
	    "{\"a\":\"true\",\"b\":\"null\",\"c\":\"12\"}" },
	{ "a:\nb: ''\nc: !x", "x:3:4: tags are not allowed" },
	{ "a:\nb: ''", "{\"a\":null,\"b\":\"\"}" },
	/* keys are always text */
	{ "no: 1\n403: skip\nnull: 2\ntrue: 3\n1.0: 4",
	    "{\"no\":1,\"403\":\"skip\",\"null\":2,\"true\":3,\"1.0\":4}" },
	{ "\"a b\": 1", "{\"a b\":1}" },
	{ "\"<<\": 1", "{\"<<\":1}" },
	/* collections */
	{ "a:\n  b:\n  - 1\n  - c: 2\n    d: 3\n", "{\"a\":{\"b\":[1,"
	    "{\"c\":2,\"d\":3}]}}" },
	{ "a: {b: [1, {c: 2}], d: []}\ne: {}",
	    "{\"a\":{\"b\":[1,{\"c\":2}],\"d\":[]},\"e\":{}}" },
	{ "- 1\n-\n- - 2\n  - 3\n", "[1,null,[2,3]]" },
	{ "just text", "\"just text\"" },
	/* block scalars */
	{ "a: |\n  x\n   y\n\n  z\nb: 1", "{\"a\":\"x\\n y\\n\\nz\\n\",\"b\":1}" },
	{ "a: >\n  x\n  y\n\n  z\n", "{\"a\":\"x y\\nz\\n\"}" },
	{ "a: |-\n  x\n\n", "{\"a\":\"x\"}" },
	{ "a: |+\n  x\n\n", "{\"a\":\"x\\n\\n\"}" },
	{ "a: one\n  two", "{\"a\":\"one two\"}" },
	{ "a: \"one\n  two\\\n  three\\x41\\u00e9\"",
	    "{\"a\":\"one twothreeA\xc3\xa9\"}" },
	{ "a: 'it''s'", "{\"a\":\"it's\"}" },
	/* comments, line ends, marks */
	{ "# c\na: 1 # d\n#e", "{\"a\":1}" },
	{ "a: b#c", "{\"a\":\"b#c\"}" },
	{ "a: 1\r\nb: |\r\n  x\r\n  y\r\n", "{\"a\":1,\"b\":\"x\\ny\\n\"}" },
	{ "\xef\xbb\xbf" "a: 1", "{\"a\":1}" },
	{ "\xef\xbb\xbf{\"a\":1}", "{\"a\":1}" },
	{ "---\na: 1\n...\n", "{\"a\":1}" },
	{ "a:\t1", "{\"a\":1}" },
	{ "--- # only a comment\n", "null" },
	/* refused */
	{ "", "x:1:1: empty" },
	{ "# only\n", "x:1:1: empty" },
	{ "a: 1\n---\nb: 2\n", "x:2:1: a second document" },
	{ "a: 1\n...\nb: 2\n", "x:3:1: not YAML: "
	    "did not find expected <document start>" },
	{ "%YAML 1.1\n---\na: 1\n", "x:1:1: directives are not allowed" },
	{ "%TAG ! tag:x,2000:\n---\na: 1\n",
	    "x:1:1: directives are not allowed" },
	{ "a: !!str 1", "x:1:4: tags are not allowed" },
	{ "a: !x {}", "x:1:4: tags are not allowed" },
	{ "a: ! 1", "x:1:4: tags are not allowed" },
	{ "a: ! \"1\"", "x:1:4: tags are not allowed" },
	{ "a: !", "x:1:4: tags are not allowed" },
	{ "a: ! {}", "x:1:4: tags are not allowed" },
	{ "! a: 1", "x:1:1: tags are not allowed" },
	{ "!!map\na: 1", "x:1:1: tags are not allowed" },
	{ "a: &x 1", "x:1:4: anchors are not allowed" },
	{ "a: &x [1]", "x:1:4: anchors are not allowed" },
	{ "&x a: 1", "x:1:1: anchors are not allowed" },
	{ "a: *x", "x:1:4: aliases are not allowed" },
	{ "a:\n  <<: 1", "x:2:3: merge keys are not allowed" },
	{ "a: 1\nb: 2\na: 3\nb: 4", "x:3:1: a: duplicate key" },
	{ "a: {b: 1, c: 2, \"b\": 3}", "x:1:17: b: duplicate key" },
	{ "? [a]\n: 1", "x:1:3: a key must be plain text" },
	{ "{\"a\": 1", "x:1:8: JSON cut short" },
	{ "{a: 1}", "x:1:2: not JSON" },
	{ " \n {\"a\": 1, \"\\u0061\": 2}", "x:2:11: a: duplicate key" },
	{ "{\"a\": [1, \"x\\u0000\"]}", "x:1:11: NUL in a string" },
	{ "{\"a\": [{\"x\\u0000y\": 1}]}", "x:1:9: NUL in a string" },
	{ "{\"a\": 1} x", "x:1:10: bytes after the JSON value" },
	{ "{\"a\": \"\\ud83d\\ude00\"}", "{\"a\":\"\xf0\x9f\x98\x80\"}" },
	{ "a: 1\n?\n: 1", "x:2:2: a key is missing" },
	{ "a: \"x\\0y\"", "x:1:4: NUL in a string" },
	{ "a: \xff", "x:1:4: bad UTF-8" },
	{ "a: 1\nb: \"\xed\xa0\x80\"", "x:2:5: bad UTF-8" },
	{ "a: \x01", "x:1:4: a control character" },
	{ "a: \x7f", "x:1:4: a control character" },
	{ "a: \xc2\x80", "x:1:4: a control character" },
	{ "a: 1\nb: \xef\xbb\xbf", "x:2:4: a control character" },
	/* places count bytes: the text before has 2, 3 and 4 byte characters */
	{ "\xc3\xa9: {\xe2\x82\xac: \xf0\x9f\x98\x80, b: *x}",
	    "x:1:20: aliases are not allowed" },
	{ "# \xc3\xa9\n\"\xc3\xa9\": 1\n\xc3\xa9: 2",
	    "x:3:1: \xc3\xa9: duplicate key" },
	{ "{\"\xc3\xa9\": 1, \"b\": x}", "x:1:16: not JSON" },
	/* a line separator is no line here */
	{ "a: \"\xe2\x80\xa8\"\nb: *x", "x:2:4: aliases are not allowed" },
	{ "a:\n\t- 1", "x:2:1: not YAML: a tab where only spaces may stand" },
	{ "a:\n  - 1\n b: 2",
	    "x:3:2: not YAML: did not find expected key" },
	{ "a: [1", "x:1:6: not YAML: did not find expected ',' or ']'" },
	{ "a: \"x", "x:1:6: not YAML: found unexpected end of stream" },
	{ "a: b: c", "x:1:5: not YAML: "
	    "mapping values are not allowed in this context" },
	{ "a: @b", "x:1:4: not YAML: "
	    "found character that cannot start any token" },
};

static void
test_table(void)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct arena a = { 0 };
		struct err e = { 0 };
		struct buf out = { 0 };
		struct val *v = yaml_parse(&a, span_of(table[i].text), 64,
		    "x", &e);
		const char *got;

		if (v)
			val_write(&out, v);
		got = v ? buf_cstr(&out) : e.text;
		ok(streq(got, table[i].expect) && (v || e.status == 2),
		    "yaml: case %zu", i);
		if (!streq(got, table[i].expect))
			printf("# text:   %s\n# got:    %s\n# expect: %s\n",
			    table[i].text, got, table[i].expect);
		buf_release(&out);
		arena_release(&a);
	}
}

static void
test_nul_byte(void)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct span s = { "a: 1\0", 5 };

	ok(yaml_parse(&a, s, 64, "x", &e) == NULL &&
	    streq(e.text, "x:1:5: a control character"), "yaml: NUL byte");
	arena_release(&a);
}

static void
test_places(void)
{
	static const char text[] =
	    "a: 1\nb:\n  - x\n  - {\xc3\xa9: y, c: z}\nd: |\n  t\n";
	struct arena a = { 0 };
	struct err e = { 0 };
	struct val *v = yaml_parse(&a, span_of(text), 64, "x", &e);
	struct val *b = val_get(v, "b"), *m;
	const struct val_member *c;

	if (!ok(v != NULL, "yaml: places parse"))
		return;
	m = b->items[1];
	c = val_member(m, "c");
	ok(v->line == 1 && v->col == 1, "place of the document");
	ok(v->members[1].line == 2 && v->members[1].col == 1, "of a key");
	ok(b->line == 3 && b->col == 3, "of a block list: its first -");
	ok(b->items[0]->line == 3 && b->items[0]->col == 5, "of an item");
	ok(m->line == 4 && m->col == 5, "of a flow mapping");
	ok(c->line == 4 && c->col == 13 && c->value->col == 16,
	    "behind a two-byte character: key %u, value %u", c->col,
	    c->value->col);
	ok(val_get(v, "d")->line == 5 && val_get(v, "d")->col == 4,
	    "of a block scalar: its |");
	arena_release(&a);
}

static char *
repeat(const char *s, size_t n, const char *tail)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_puts(&b, s);
	buf_puts(&b, tail);
	return buf_cstr(&b);
}

static bool
parses(const char *text, unsigned depth, const char *message)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	bool good = yaml_parse(&a, span_of(text), depth, "x", &e) != NULL;

	if (message)
		good = !good && strstr(e.text, message);
	arena_release(&a);
	return good;
}

static void
test_depth(void)
{
	char *deep = repeat("- ", 64, "x"), *deeper = repeat("- ", 65, "x");
	char *flow = repeat("[", 100000, ""), *nest = repeat("{\"a\":", 65, "");

	ok(parses(deep, 64, NULL), "yaml: 64 levels");
	ok(parses(deeper, 64, "nested too deep"), "yaml: 65 levels");
	ok(parses(nest, 64, "nested too deep"), "yaml: 65 levels of JSON");
	flow[0] = 'a', flow[1] = ':', flow[2] = ' ';
	ok(parses(flow, 64, "nested too deep"), "yaml: 100000 levels");
	free(deep), free(deeper), free(flow), free(nest);
}

/* Nothing is quadratic in the length of the text. */
static void
test_large(void)
{
	struct buf b = { 0 };
	double start = clock_mono();
	char *flow = repeat("a,", 500000, "a]");

	for (int i = 0; b.n < 1 << 20; i++)
		buf_printf(&b, "k%d: v\n", i);
	ok(parses(buf_cstr(&b), 64, NULL), "yaml: 1 MiB of keys");
	flow[0] = '-', flow[1] = ' ', flow[2] = '[', flow[3] = ' ';
	flow[4] = 'a';
	ok(parses(flow, 64, NULL), "yaml: 1 MiB on one line");
	ok(clock_mono() - start < 20, "yaml: large texts in %.1f s",
	    clock_mono() - start);
	buf_release(&b);
	free(flow);
}

/* Texts of the table, cut, joined and altered, never crash and give a value
 * or a message with a place. */
static void
test_random(void)
{
	const char *given = getenv("CONN_TEST_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) :
	    (uint64_t)clock_wall().tv_nsec;
	uint64_t x = seed * 2 + 1;
	double end = clock_mono() + 1;
	size_t n = sizeof table / sizeof *table, bad = 0, runs = 0;

	while (clock_mono() < end) {
		struct arena a = { 0 };
		struct err e = { 0 };
		struct buf b = { 0 };

		for (int part = 0; part < 3; part++) {
			const char *t;

			x = x * 6364136223846793005u + 1442695040888963407u;
			t = table[(x >> 33) % n].text;
			buf_add(&b, t, strlen(t) * (x >> 60) / 15);
			if (b.n > 0 && (x >> 20) % 2)
				b.p[(x >> 40) % b.n] = (char)(x >> 13);
		}
		buf_pad(&b);
		if (!yaml_parse(&a, buf_span(&b), 64, "x", &e) &&
		    (e.status != 2 || strncmp(e.text, "x:", 2) != 0))
			bad++;
		runs++;
		buf_release(&b);
		arena_release(&a);
	}
	ok(bad == 0, "yaml: %zu random texts, seed %llu", runs,
	    (unsigned long long)seed);
}

int
main(void)
{
	test_table();
	test_nul_byte();
	test_places();
	test_depth();
	test_large();
	test_random();
	return tap_done();
}
