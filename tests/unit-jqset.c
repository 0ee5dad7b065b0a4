/* SPDX-License-Identifier: MIT */
#include "rules/jqset.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/yaml.h"
#include "tap.h"
#include "temp.h"

typedef int add_program(struct jqset *s, const struct val *v,
    const char *key, unsigned flags);

static bool
upper(struct span in, struct buf *out)
{
	for (size_t i = 0; i < in.n; i++)
		buf_putc(out, in.p[i] >= 'a' && in.p[i] <= 'z' ?
		    (char)(in.p[i] - 32) : in.p[i]);
	return true;
}

static bool
refuse(struct span in, struct buf *out)
{
	buf_puts(out, "refused: ");
	buf_add_span(out, in);
	return false;
}

static bool
crash(struct span in, struct buf *out)
{
	(void)in;
	(void)out;
	abort();
}

static const char variables[] = "{\"p\":{\"id\":7,\"tags\":[\"a\",\"b\"]},"
    "\"since\":\"2026-01-01T00:00:00Z\"}";

static struct jqset *
set(void)
{
	struct jqset *s = jqset_new();

	jqset_define(s, "upper", upper);
	jqset_define(s, "refuse", refuse);
	jqset_define(s, "crash", crash);
	jqset_prelude(s, "def twice: . + .; def mine: $c.user;");
	jqset_constant(s, "c", SPAN("{\"user\":\"u\",\"token\":\"hush\","
	    "\"big\":9007199254740993.5}"), SPAN("{\"user\":\"u\"}"));
	jqset_constant(s, "k", SPAN("[1]"), (struct span){ 0 });
	jqset_variable(s, "p");
	jqset_variable(s, "since");
	jqset_variable(s, "q");
	return s;
}

/* The results without the last \n, or what went wrong; malloc'd. */
static char *
run(struct jqset *s, int program, struct span in)
{
	enum jqset_result result = JQSET_DEAD;
	struct buf out = { 0 };
	const char *what = NULL;
	struct err e = { 0 };
	char *r;

	if (jqset_run(s, program, span_of(variables), in, &out, &result, &what,
	    &e) != 0)
		r = xasprintf("no worker: %s", e.text);
	else if (result != JQSET_OK)
		r = xasprintf("%d: %s", (int)result, what);
	else
		r = xstrndup((struct span){ out.p, out.n ? out.n - 1 : 0 });
	buf_release(&out);
	return r;
}

struct line {
	const char *yaml, *in, *expect;
};

/* All lines in one set; each program must give what is expected. */
static void
check(const char *title, add_program *f, unsigned flags,
    const struct line *lines, size_t n)
{
	struct jqset *s = set();
	struct arena a = { 0 };
	struct err e = { 0 };

	for (size_t i = 0; i < n; i++) {
		char *yaml = xasprintf("v: %s\n", lines[i].yaml);
		struct val *v = yaml_parse(&a, span_of(yaml), 64, "w.yml",
		    &e);

		if (v == NULL || f(s, val_get(v, "v"), "key", flags) != (int)i)
			ok(false, "%s: %s", yaml, e.text);
		free(yaml);
	}
	if (!ok(jqset_start(s, "w.yml", &e) == 0, "%s: start", title)) {
		printf("# %s\n", e.text);
		n = 0;
	}
	for (size_t i = 0; i < n; i++) {
		char *got = run(s, (int)i, span_of(lines[i].in));

		if (!ok(streq(got, lines[i].expect), "%s: %s", title,
		    lines[i].yaml))
			printf("# got: %s\n", got);
		free(got);
	}
	jqset_free(s);
	arena_release(&a);
}

#define CHECK(title, f, flags, lines) \
	check(title, f, flags, lines, sizeof lines / sizeof *lines)

static const struct line programs[] = {
	{ ".a", "{\"a\":[1,2]}", "[1,2]" },
	{ ".[]", "[1,\"b\",null]", "1\n\"b\"\nnull" },
	{ "empty", "1", "" },
	{ "\"\"", "1", "1" },
	{ "'# nothing'", "1", "1" },
	{ ".", "", "null" },
	{ "'. + 1 # the end'", "1", "2" },
	{ "'. # one\n\n\n  + # two\n\n\n  1'", "1", "2" },
	{ "'def f: . * 2; f | f'", "1", "4" },
	{ "'def f(g; $x): g | . + $x; f(. + 1; 10)'", "1", "12" },
	{ "'\"a\\(. + (\"\\(1)\" | tonumber))b#\"'", "1", "\"a2b#\"" },
	{ "'{\"a b\": 1, c: .x, (\"d\"): 2, \"e\\(1)\": 3, @text \"f\": 4}'",
	    "{\"x\":5}", "{\"a b\":1,\"c\":5,\"d\":2,\"e1\":3,\"f\":4}" },
	{ ".a.b[0].\"c\"?, .\"a\".b[1:]", "{\"a\":{\"b\":[{\"c\":1},2]}}",
	    "1\n[2]" },
	{ "'[.. | numbers] | add // 1.5e+1'", "[1,[.5e0,2.]]", "3.5" },
	{ "'. as [$a, {b: $b}] | .[0]|=3|.[1].b-=1|. == [3,{b:($b-1)}]'",
	    "[1,{\"b\":2}]", "true" },
	{ "'. as [$a] ?// $a | $a'", "[1]", "1" },
	{ "reduce .[] as $x (0; .+$x), [limit(2;.[])], first(.[])",
	    "[1,2,3]", "6\n[1,2]\n1" },
	{ "'label $out | .[] | if . > 1 then ., break $out else . end'",
	    "[1,2,3]", "1\n2" },
	{ "'@base64 \"x\\(.)\", @uri'", "\"a b\"",
	    "\"xYSBi\"\n\"a%20b\"" },
	{ "'try error(\"x\") catch ., (.a? // 2), -1, 1-1'", "1",
	    "\"x\"\n2\n-1\n0" },
	/* what programs see */
	{ "'$p.id, $since, $q, $c.token, $k'", "1", "7\n\"2026-01-01T"
	    "00:00:00Z\"\nnull\n\"hush\"\n[1]" },
	{ "twice, mine, upper, $c.big", "\"a\"",
	    "\"aa\"\n\"u\"\n\"A\"\n\"9007199254740993.5\"" },
	{ ".", "9007199254740993", "\"9007199254740993\"" },
	{ "'[.[] | type]'", "[1e400,9007199254740992,-9007199254740993,"
	    "0.1,0.1000000000000000001]", "[\"string\",\"number\","
	    "\"string\",\"number\",\"string\"]" },
	/* functions in C */
	{ "'null | upper'", "1", "null" },
	{ "'map(upper)'", "[\"a\",\"b\"]", "[\"A\",\"B\"]" },
	{ "'reduce .[] as $x (\"\"; . + ($x | upper))'",
	    "[\"a\",\"b\"]", "\"AB\"" },
	{ "'[.[] | upper | (., \"x\") | upper]'", "[\"a\",\"b\"]",
	    "[\"A\",\"X\",\"B\",\"X\"]" },
	{ "'[foreach .[] as $x (\"\"; ($x | upper) + .; upper)]'",
	    "[\"a\",\"b\"]", "[\"A\",\"BA\"]" },
	{ "'first(upper, error)'", "\"\\u0000\xc3\xa9\"",
	    "\"\\u0000\xc3\xa9\"" },
	{ "upper", "1", "1: upper: number is not a string" },
	{ "refuse", "\"x\"", "1: refused: x" },
	{ "'[.[] | try refuse catch .]'", "[\"x\",\"y\"]",
	    "[\"refused: x\",\"refused: y\"]" },
	{ "crash", "\"x\"", "5: it crashed or ran out of memory" },
	/* errors */
	{ "error", "\"x\"", "1: x" },
	{ "error", "{\"a\":1}", "1: {\"a\":1}" },
	{ "error(null)", "1", "1: null" },
	{ "1, error(\"x\")", "1", "1: x" },
	{ "halt", "1", "2: it halted" },
	{ "1, halt_error", "1", "2: it halted" },
	/* nothing of the world outside */
	{ "env, $ENV, env.HOME, get_search_list", "1",
	    "{}\n{}\nnull\n[]" },
	{ "input", "1", "1: no input" },
	{ "'[inputs]'", "1", "1: no input" },
	{ "debug, stderr, input_filename, input_line_number", "1",
	    "1\n1\nnull\n0" },
	{ "'[\"upper\", \"a\"] | debug | input'", "1", "1: no input" },
	{ "'\"m\" | modulemeta'", "1", "1: no modules" },
	{ "now > 1700000000", "1", "true" },
	{ "'0 | strflocaltime(\"%H %Z\")'", "1", "\"00 UTC\"" },
};

static void
test_programs(void)
{
	static const struct line plain[] = {
		{ "'$c, ([1] | map($c.token)), $p.id, mine'", "1",
		    "{\"user\":\"u\"}\n[null]\n7\n\"u\"" },
		{ "$k", "1", "[1]" },
	};

	CHECK("program", jqset_add, 0, programs);
	CHECK("plain", jqset_add, JQSET_PLAIN, plain);
}

static void
test_texts(void)
{
	static const struct line lines[] = {
		{ "abc", "1", "\"abc\"" },
		{ "''", "1", "\"\"" },
		{ "'a \"b\" \\n \\\\ \\u00e9 (x) \xc3\xa9'", "1",
		    "\"a \\\"b\\\" \\\\n \\\\\\\\ \\\\u00e9 (x) \xc3\xa9\"" },
		{ "\"a\\nb\"", "1", "\"a\\nb\"" },
		{ "a\\(. + 1)b\\(.)", "1", "\"a2b1\"" },
		{ "\\(.a)-\\(.b)", "{\"a\":true,\"b\":[1,\"x\"]}",
		    "\"true-[1,\\\"x\\\"]\"" },
		{ "\\(.)", "{\"a\":[1]}", "{\"a\":[1]}" },
		{ "\\(.)", "5", "5" },
		{ "'\\(. ) '", "5", "\"5 \"" },
		{ "\\($q)", "1", "null" },
		{ "x\\($q)", "1", "null" },
		{ "\\(empty)", "1", "null" },
		{ "x\\(empty)", "1", "null" },
		{ "\\(.[])", "[1,2]", "1: more than one result" },
		{ "x\\(.[])", "[1,2]", "1: more than one result" },
		{ "'\\(\")\\(\"(\")\" # )\n\n )'", "1", "\")(\"" },
		{ "'\\(\"a\" | {(.): (1)} | .a)'", "1", "1" },
		{ "\"\\\\($p.tags | join(\\\",\\\"))\"", "1", "\"a,b\"" },
		{ "\\($c.token)", "1", "\"hush\"" },
	};
	static const struct line paths[] = {
		{ "/a/b%20c", "1", "\"/a/b%20c\"" },
		{ "/a/\\(.)", "\"x/y z?#%\"", "\"/a/x%2Fy%20z%3F%23%25\"" },
		{ "/a/\\(.)/c", "[\"x/y\",2,\"..z\"]", "\"/a/x%2Fy/2/..z/c\"" },
		{ "/a\\(.)", "true", "\"/atrue\"" },
		{ "/a/\\(.)", "[]", "\"/a/\"" },
		{ "/a/\\(.)", "\"\xc3\xa9\"", "\"/a/%C3%A9\"" },
		{ "\\(.)/\\($p.id)", "\"a/b\"", "\"a%2Fb/7\"" },
		{ "\\(.)", "\"http://h.example/a b\"", "\"http://h.example/a b\"" },
		{ "\\(.)", "null", "null" },
		{ "/a/\\(.)", "null", "1: null in a path" },
		{ "/a/\\(empty)", "1", "1: null in a path" },
		{ "/a/\\(.)", "{}", "1: object in a path" },
		{ "/a/\\(.)", "[null]", "1: null in a path" },
		{ "/a/\\(.)", "[[1]]", "1: array in a path" },
		{ "/a/\\(.)", "\"..\"", "1: .. in a path" },
		{ "/a/\\(.)", "[\"a\",\".\"]", "1: . in a path" },
	};
	static const struct line trees[] = {
		{ "{a: 1}", "1", "{\"a\":1}" },
		{ "{a: \\(.), b: x\\(.)y, c: [\\(.), z], d: {e: \\($q), f: [{}]}}",
		    "5", "{\"a\":5,\"b\":\"x5y\",\"c\":[5,\"z\"],\"d\":{\"f\":[{}]}}" },
		{ "{a: null, b: \\(null), c: \\(empty), d: [null]}", "1",
		    "{\"d\":[null]}" },
		{ "{}", "1", "{}" },
		{ "[]", "1", "[]" },
		{ "[[[]], {}]", "1", "[[[]],{}]" },
		{ "\\(.)", "{\"a\":null}", "{\"a\":null}" },
		{ "x", "1", "\"x\"" },
		{ "{a: 1e2, b: -5, c: 9007199254740993.5, d: true, e: 0.50}", "1",
		    "{\"a\":100,\"b\":-5,\"c\":\"9007199254740993.5\",\"d\":true,"
		    "\"e\":0.5}" },
		{ "{'a\\(1)': 1, 'b\"c': 2}", "1",
		    "{\"a\\\\(1)\":1,\"b\\\"c\":2}" },
		{ "{a: '\\(.[])'}", "[1,2]", "1: more than one result" },
		{ "{label: [a, '\\($p.tags)', b]}", "1",
		    "{\"label\":[\"a\",[\"a\",\"b\"],\"b\"]}" },
	};

	CHECK("text", jqset_text, 0, lines);
	CHECK("path", jqset_path, 0, paths);
	CHECK("tree", jqset_tree, 0, trees);
}

/* Programs that call others. */
static void
test_made(void)
{
	struct val v = { .type = JSON_STRING, .str = SPAN(". + 1 # one") };
	struct jqset *s = set();
	struct err e = { 0 };
	char *got;

	ok(jqset_add(s, &v, "a", 0) == 0 &&
	    jqset_made(s, "_0 | _0 # twice") == 1 &&
	    jqset_made(s, "[_0, _1, \"\\(_1)\", (def f: _1; f)]") == 2 &&
	    jqset_made(s, "$p.id, _2") == 3 &&
	    jqset_made(s, "_0 | _0 # twice") == 1 &&
	    jqset_start(s, "w.yml", &e) == 0, "made: start %s", e.text);
	got = run(s, 1, SPAN("5"));
	ok(streq(got, "7"), "made: calls another: %s", got);
	free(got);
	got = run(s, 2, SPAN("5"));
	ok(streq(got, "[6,7,\"7\",7]"), "made: calls two: %s", got);
	free(got);
	got = run(s, 3, SPAN("5"));
	ok(streq(got, "7\n[6,7,\"7\",7]"), "made: and theirs: %s", got);
	free(got);
	jqset_free(s);
	s = set();
	ok(jqset_made(s, "nope") == 0 && jqset_start(s, "w.yml", &e) != 0 &&
	    e.status == 3, "made: broken, which is our fault: %s", e.text);
	jqset_free(s);
	s = set();
	ok(jqset_start(s, "w.yml", &e) == 0, "made: no programs at all");
	jqset_free(s);
	jqset_free(NULL);
}

/* Where in the file, and the beginning of what; "": nothing is wrong. */
static const struct {
	add_program *f;
	const char *yaml, *place;
} broken[] = {
	{ jqset_add, "x: foo\n", "1:4: x: foo/0 is not defined" },
	{ jqset_add, "a: 1\nx:   .a | foo(1)\n", "2:11: x: foo/1 is not defined" },
	{ jqset_add, "x: .a |\n   .b |\n\n   $y\n", "4:4: x: $y is not defined" },
	{ jqset_add, "x: '.\"it''s\" | nope'\n", "1:16: x: nope/0 is not defined" },
	{ jqset_add, "x: '.a |\n\n   nope'\n", "3:4: x: nope/0 is not defined" },
	{ jqset_add, "x: \".a |\\n \\\"\\u00e9\\\" | \\x6eope\"\n",
	    "1:25: x: nope/0 is not defined" },
	{ jqset_add, "x: \"\\\n   .a\\\n   | nope\"\n", "3:6: x: nope/0 is not defined" },
	{ jqset_add, "x: \"\\U0001f600\"\n", "1:5: x: syntax error, unexpected" },
	{ jqset_add, "{\"x\": \"\\\"\\ud83d\\ude00\\\" | nope\"}\n",
	    "1:27: x: nope/0 is not defined" },
	{ jqset_add, "x: |\n  .a\n   | nope\n", "3:6: x: nope/0 is not defined" },
	{ jqset_add, "x: |2-  # c\n\n   .a\n   | nope\n", "4:6: x: nope/0 is not defined" },
	{ jqset_add, "x: >\n  .a\n  | .b # c |\n\n    | .c\n\n  | nope\n",
	    "7:5: x: nope/0 is not defined" },
	{ jqset_add, "x: >+\n  \"\xc3\xa9\" |\n  nope\n\n", "3:3: x: nope/0 is not defined" },
	{ jqset_add, "x: |\r\n  .a |\r\n  nope\r\n", "3:3: x: nope/0 is not defined" },
	{ jqset_add, "x: '\"\xc3\xa9\" + \"a\\(.b | nope)\"'\n",
	    "1:21: x: nope/0 is not defined" },
	{ jqset_add, "x: '{a: 1, b 2}'\n", "1:14: x: syntax error, unexpected" },
	{ jqset_add, "x: .a |\n", "1:7: x: syntax error, unexpected end" },
	{ jqset_add, "x: '. as $x'\n", "1:10: x: syntax error, unexpected end" },
	{ jqset_add, "x: |\n  .a |\n  # no more\n", "2:6: x: syntax error, unexpected end" },
	{ jqset_add, "x: 'def f: 1;'\n", "1:13: x: syntax error, unexpected end" },
	{ jqset_add, "x: 'break $a'\n", "1:5: x: $*label-a is not defined" },
	{ jqset_add, "x: import \"a\" as a; .\n", "1:4: x: syntax error, unexpected" },
	/* no way out of its own brackets */
	{ jqset_add, "x: 1) | (2\n", "1:5: x: a ) without its (" },
	{ jqset_add, "x: '(1 | [2)'\n", "1:12: x: a ) without its (" },
	{ jqset_add, "x: '[1 | {a: 2]'\n", "1:15: x: a ] without its [" },
	{ jqset_add, "x: 1 }\n", "1:6: x: a } without its {" },
	{ jqset_add, "x: '((1)'\n", "1:5: x: a ( without its )" },
	{ jqset_add, "x: '.a | [.b'\n", "1:10: x: a [ without its ]" },
	{ jqset_add, "x: '. + {a: 1'\n", "1:9: x: a { without its }" },
	{ jqset_add, "x: '. + \"a\\(1)'\n", "1:9: x: a string without its end" },
	{ jqset_add, "x: '. + \"a\\(1'\n", "1:9: x: a string without its end" },
	{ jqset_add, "x: '. + \"a'\n", "1:9: x: a string without its end" },
	{ jqset_add, "x: '1; def f: 2'\n", "1:6: x: syntax error, unexpected" },
	{ jqset_add, "x: 5\n", "1:4: x: not a jq program" },
	{ jqset_add, "x: {a: 1}\n", "1:4: x: not a jq program" },
	{ jqset_text, "x: [1]\n", "1:4: x: not a text" },
	{ jqset_text, "x: a\\(.b)c\\(nope)d\n", "1:13: x: nope/0 is not defined" },
	{ jqset_text, "x: 'it''s \\(.a +)'\n", "1:16: x: syntax error, unexpected end" },
	{ jqset_text, "x: >\n  a\n  \\(.b)\n  \\(.c |\n  nope)\n",
	    "5:3: x: nope/0 is not defined" },
	{ jqset_text, "x: a \\(.b\n", "1:6: x: a \\( without its )" },
	{ jqset_text, "x: a \\(.b | (1)\n", "1:6: x: a \\( without its )" },
	{ jqset_text, "x: a \\( )\n", "1:6: x: an empty \\( )" },
	{ jqset_text, "x: \\(1) | (2))\n", "" },
	{ jqset_path, "x: /a/\\($y)\n", "1:9: x: $y is not defined" },
	{ jqset_tree, "x:\n  a: 1\n  b:\n  - c\n  - d\\(nope)\n",
	    "5:8: x: nope/0 is not defined" },
};

static void
test_broken(void)
{
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		struct jqset *s = set();
		struct arena a = { 0 };
		struct err e = { 0 };
		struct val *v = yaml_parse(&a, span_of(broken[i].yaml), 64,
		    "w.yml", &e);
		char *place = broken[i].place[0] ?
		    xasprintf("w.yml:%s", broken[i].place) : xstrdup("");
		int r;

		jqset_made(s, ".");
		broken[i].f(s, val_get(v, "x"), "x", 0);
		jqset_made(s, ".");
		r = jqset_start(s, "w.yml", &e);
		if (!ok((r == 0) == !place[0] && span_starts(span_of(e.text),
		    span_of(place)) && e.status == (r ? 2 : 0), "broken: %s",
		    broken[i].place))
			printf("# got: %s\n", e.text);
		free(place);
		jqset_free(s);
		arena_release(&a);
	}
}

/* A value that no file has. */
static void
test_no_place(void)
{
	struct val v = { .type = JSON_STRING, .str = SPAN(".a | nope") };
	struct jqset *s = set();
	struct err e = { 0 };

	jqset_add(s, &v, "streams.a.doc", 0);
	ok(jqset_start(s, "source", &e) != 0 && streq(e.text,
	    "source.streams.a.doc+5: nope/0 is not defined"), "%s", e.text);
	jqset_free(s);
}

/* One set after the other runs, the bad ones between good ones. */
static void
test_after(void)
{
	static const struct {
		int program;
		const char *expect;
	} step[] = {
		{ 0, "6" }, { 1, "4: it took too long" }, { 0, "6" },
		{ 2, "5: it crashed or ran out of memory" }, { 0, "6" },
		{ 3, "5: it crashed or ran out of memory" }, { 0, "6" },
		{ 4, "2: it halted" }, { 0, "6" },
		{ 5, "1: x" }, { 0, "6" },
		{ 6, "4: it took too long" }, { 0, "6" },
	};
	struct jqset *s = set();
	struct err e = { 0 };

	jqset_made(s, ". + 1");
	jqset_made(s, "\"x\" | gsub(\"\"; \"y\")");
	jqset_made(s, "reduce range(3000000) as $i (.; {a: .})");
	jqset_made(s, "1e20 | todate");
	jqset_made(s, "halt");
	jqset_made(s, "error(\"x\")");
	jqset_made(s, "def f: f; f");
	ok(jqset_start(s, "w.yml", &e) == 0, "after: start %s", e.text);
	for (size_t i = 0; i < sizeof step / sizeof *step; i++) {
		char *got;

		jqset_limit(s, step[i].expect[0] == '4' ? 0.3 : 300);
		got = run(s, step[i].program, SPAN("5"));
		ok(streq(got, step[i].expect), "after: program %d gives %s",
		    step[i].program, got);
		free(got);
	}
	jqset_free(s);
}

/* All but what a worker cannot have is as the contract says. */
static void
test_bounds(void)
{
	struct jqset *s = set();
	struct buf in = { 0 };
	struct err e = { 0 };
	char *got;

	jqset_made(s, "type, length");
	jqset_start(s, "w.yml", &e);
	jqset_limit(s, 300);
	got = run(s, 0, SPAN("[1"));
	ok(strncmp(got, "1: ", 3) == 0, "bounds: no JSON: %s", got);
	free(got);
	buf_putc(&in, '"');
	while (in.n < 20 << 20)
		buf_puts(&in, "0123456789abcdef");
	buf_putc(&in, '"');
	got = run(s, 0, buf_span(&in));
	ok(streq(got, "\"string\"\n20971520"), "bounds: 20 MiB: %s", got);
	free(got);
	buf_reserve(&in, JQSET_MAX);
	memset(in.p + in.n, ' ', JQSET_MAX - in.n);
	in.n = JQSET_MAX;
	got = run(s, 0, buf_span(&in));
	ok(streq(got, "3: too much goes in or comes out"),
	    "bounds: 256 MiB and variables: %s", got);
	free(got);
	buf_release(&in);
	jqset_free(s);
}

int
main(void)
{
	temp_enter();
	setenv("HOME", temp_dir, 1);
	setenv("TZ", "America/New_York", 1);
	test_programs();
	test_texts();
	test_made();
	test_broken();
	test_no_place();
	test_after();
	test_bounds();
	return tap_done();
}
