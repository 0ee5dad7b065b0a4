/* SPDX-License-Identifier: MIT */
#include "rules/rules.h"

#include <stdlib.h>

#include "base/clock.h"
#include "config/yaml.h"
#include "tap.h"

static struct rules *
make(struct arena *a, const char *text, struct err *e)
{
	struct val *v = yaml_parse(a, span_of(text), 64, "w.yml", e);
	struct rules *r = NULL;

	if (v && rules_new(&r, v, "w.yml", e) != 0 && r)
		printf("# rules in spite of an error\n");
	return r;
}

/* 'i' or 'e', and who decided. */
static char
decide(struct rules *r, const char *doc, const char **by)
{
	struct json_object o = { 0 };
	struct json_error je;
	struct buf b = { 0 };
	char c = '?';

	buf_puts(&b, doc);
	buf_pad(&b);
	if (json_object_scan(buf_span(&b), JSON_DEPTH, &o, &je) == 0)
		c = rules_include(r, &o, by) ? 'i' : 'e';
	json_object_release(&o);
	buf_release(&b);
	return c;
}

/* Does the rule {field: f, rule, value} match {"f": doc}? */
static const struct {
	const char *rule, *value, *doc;
	bool match;
} table[] = {
	/* equals: numbers by value */
	{ "equals", "5", "5", true },
	{ "equals", "5", "5.0", true },
	{ "equals", "'5'", "5", true },
	{ "equals", "'5'", "5.0", true },
	{ "equals", "'5'", "50e-1", true },
	{ "equals", "5", "\"5\"", true },
	{ "equals", "5", "\"5.0\"", false },
	{ "equals", "'5.0'", "\"5\"", false },
	{ "equals", "'x'", "5", false },
	{ "equals", "' 5'", "5", false },
	{ "equals", "'05'", "5", false },
	{ "equals", "''", "5", false },
	{ "equals", "9007199254740993", "9007199254740992", false },
	{ "equals", "9007199254740993", "9007199254740993", true },
	{ "equals", "-0", "0", true },
	/* booleans by word */
	{ "equals", "true", "true", true },
	{ "equals", "true", "false", false },
	{ "equals", "'true'", "true", true },
	{ "equals", "'yes'", "true", true },
	{ "equals", "'Y'", "true", true },
	{ "equals", "'on'", "true", true },
	{ "equals", "'t'", "true", true },
	{ "equals", "'off'", "false", true },
	{ "equals", "'no'", "false", true },
	{ "equals", "'n'", "false", true },
	{ "equals", "'f'", "false", true },
	{ "equals", "'false'", "true", false },
	{ "equals", "'maybe'", "false", false },
	{ "equals", "'1'", "true", false },
	{ "equals", "1", "true", false },
	{ "equals", "0", "false", false },
	{ "equals", "true", "1", false },
	{ "equals", "true", "\"true\"", true },
	{ "equals", "true", "\"yes\"", false },
	/* else bytes */
	{ "equals", "abc", "\"abc\"", true },
	{ "equals", "abc", "\"abcd\"", false },
	{ "equals", "abc", "\"Abc\"", false },
	{ "equals", "''", "\"\"", true },
	{ "equals", "\"\\u00e9\"", "\"\\u00e9\"", true },
	{ "equals", "a\"b", "\"a\\\"b\"", true },
	{ "equals", "2026-01-01", "\"2026-01-01T00:00:00Z\"", false },
	{ "equals", "x", "null", false },
	{ "equals", "'null'", "null", false },
	{ "equals", "x", "{\"a\":\"x\"}", false },
	/* arrays: any element; what is nested deeper is not looked at */
	{ "equals", "b", "[\"a\",\"b\"]", true },
	{ "equals", "c", "[\"a\",\"b\"]", false },
	{ "equals", "2", "[null,{},[],2.0]", true },
	{ "equals", "b", "[[\"b\"]]", false },
	{ "equals", "b", "[]", false },
	{ "equals", "b", "[{\"b\":\"b\"}]", false },
	{ "equals", "'b,c'", "[\"a\",\"b,c\"]", true },
	{ ">", "5", "[1,6]", true },
	{ "contains", "el", "[\"hello\"]", true },
	{ "contains", "','", "[\"a\",\"b\"]", false },
	/* strings, and the text of numbers and booleans */
	{ "contains", "ell", "\"hello\"", true },
	{ "contains", "xll", "\"hello\"", false },
	{ "contains", "''", "\"\"", true },
	{ "contains", "\"\\n\"", "\"a\\nb\"", true },
	{ "contains", "'n'", "\"a\\nb\"", false },
	{ "contains", "23", "1234", true },
	{ "contains", ".0", "5.0", true },
	{ "contains", ".0", "5", false },
	{ "contains", "ru", "true", true },
	{ "contains", "a", "{\"a\":1}", false },
	{ "contains", "u", "null", false },
	{ "starts_with", "he", "\"hello\"", true },
	{ "starts_with", "el", "\"hello\"", false },
	{ "starts_with", "hello!", "\"hello\"", false },
	{ "starts_with", "12", "1234", true },
	{ "starts_with", "fal", "false", true },
	{ "ends_with", "lo", "\"hello\"", true },
	{ "ends_with", "he", "\"hello\"", false },
	{ "ends_with", "xhello", "\"hello\"", false },
	{ "ends_with", "34", "1234", true },
	/* regex: anchored at the start only */
	{ "regex", "h.l", "\"hello\"", true },
	{ "regex", "ello", "\"hello\"", false },
	{ "regex", ".*lo$", "\"hello\"", true },
	{ "regex", ".*o", "\"hello\"", true },
	{ "regex", "(?i)HELLO", "\"hello\"", true },
	{ "regex", "..$", "\"\xc3\xa9\xc3\xa9\"", true },
	{ "regex", "\"\\\\d+\"", "1234", true },
	{ "regex", "true|x", "true", true },
	{ "regex", "x*", "\"\"", true },
	{ "regex", "b", "[\"a\",\"bc\"]", true },
	{ "regex", "12", "\"123\"", true },
	{ "regex", "'(?<y>\\d{4})-\\k<y>'", "\"2026-2026\"", true },
	/* order: two numbers, two dates, else bytes */
	{ ">", "5", "6", true },
	{ ">", "5", "5", false },
	{ ">", "5", "5.0000000000000000000001", true },
	{ ">", "'10'", "9", false },
	{ ">", "'9'", "10", true },
	{ "<", "'10'", "9", true },
	{ "<", "1e400", "1e399", true },
	{ "<", "-1", "-1.5", true },
	{ ">", "5", "\"6\"", false },
	{ "<", "5", "\"4\"", false },
	{ ">", "'x'", "6", false },
	{ "<", "'x'", "6", false },
	{ ">", "5", "null", false },
	{ ">", "2026-01-01", "\"2026-01-01T00:00:01Z\"", true },
	{ ">", "2026-01-01", "\"2026-01-01\"", false },
	{ "<", "2026-01-01T00:00:00Z", "\"2026-01-01T00:30:00+01:00\"", true },
	{ ">", "2026-01-01T00:00:00Z", "\"2026-01-01T00:30:00+01:00\"", false },
	{ ">", "2026-01-01T00:00:00", "\"2026-01-01 00:00:00.5\"", true },
	{ "<", "2026-01-01", "\"2025-12-31 x\"", true },
	{ ">", "'10'", "\"9\"", true },
	{ "<", "b", "\"a\"", true },
	{ ">", "b", "\"ba\"", true },
	{ "<", "b", "\"\"", true },
	{ ">", "false", "true", true },
	{ ">", "'no'", "true", true },
	{ ">", "x", "true", false },
	{ ">", "0", "true", false },
	{ ">", "a", "{}", false },
};

static void
test_table(void)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct arena a = { 0 };
		struct err e = { 0 };
		char *text = xasprintf("- {id: r, policy: exclude, field: f, "
		    "rule: \"%s\", order: 1,\n   value: %s }\n",
		    table[i].rule, table[i].value);
		char *doc = xasprintf("{\"g\":1,\"f\":%s}", table[i].doc);
		struct rules *r = make(&a, text, &e);
		const char *by = "?";
		char c = r ? decide(r, doc, &by) : '!';

		ok(c == (table[i].match ? 'e' : 'i') &&
		    (c == 'e' ? by && streq(by, "r") : by == NULL),
		    "rule: %s %s %s %s", table[i].doc, table[i].rule,
		    table[i].value, e.text);
		rules_free(r);
		arena_release(&a);
		free(doc);
		free(text);
	}
}

#define R(id, order, policy, field, rule, value) \
	"- {id: " id ", order: " order ", policy: " policy ", field: " field \
	", rule: '" rule "', value: " value "}\n"

/* Rules, document, the decision, the id that decided. */
static const struct {
	const char *rules, *doc;
	char decision;
	const char *by;
} lists[] = {
	{ "[]", "{\"f\":1}", 'i', NULL },
	{ R("a", "2", "include", "f", "equals", "1")
	  R("b", "1", "exclude", "f", ">", "0"), "{\"f\":1}", 'e', "b" },
	{ R("a", "1", "include", "f", "equals", "1")
	  R("b", "1", "exclude", "f", ">", "0"), "{\"f\":1}", 'i', "a" },
	{ R("a", "1.0", "exclude", "f", "equals", "1")
	  R("b", "1", "include", "f", ">", "0"), "{\"f\":1}", 'e', "a" },
	{ R("a", "10", "include", "f", "equals", "1")
	  R("b", "9", "exclude", "f", ">", "0"), "{\"f\":1}", 'e', "b" },
	{ R("a", "-0.5", "include", "f", "equals", "1")
	  R("b", "-1e0", "exclude", "f", ">", "0"), "{\"f\":1}", 'e', "b" },
	{ R("DEFAULT", "0", "exclude", "_", "regex", "'.*'")
	  R("a", "1", "include", "f", "equals", "1"), "{\"f\":1}", 'i', "a" },
	{ R("DEFAULT", "0", "exclude", "_", "regex", "'.*'")
	  R("a", "1", "include", "f", "equals", "1"), "{\"f\":2}", 'e',
	    "DEFAULT" },
	{ R("DEFAULT", "0", "include", "f", "equals", "1"), "{\"f\":1}", 'i',
	    "DEFAULT" },
	{ R("DEFAULT", "0", "exclude", "_", "regex", "'('"), "{}", 'e',
	    "DEFAULT" },
	/* fields are top-level keys, dots and all; the last of two counts */
	{ R("a", "1", "exclude", "a.b", "equals", "1"), "{\"a\":{\"b\":1}}",
	    'i', NULL },
	{ R("a", "1", "exclude", "a.b", "equals", "1"), "{\"a.b\":1}", 'e',
	    "a" },
	{ R("a", "1", "exclude", "_id", "starts_with", "'w:x'"),
	    "{\"_id\":\"w:xy\"}", 'e', "a" },
	{ R("a", "1", "exclude", "_timestamp", "<", "2026-01-01"),
	    "{\"_id\":\"w:xy\",\"_timestamp\":\"2025-06-01T00:00:00Z\"}", 'e',
	    "a" },
	{ R("a", "1", "exclude", "f", "equals", "1"), "{\"\\u0066\":1}", 'e',
	    "a" },
	{ R("a", "1", "exclude", "f", "equals", "1"), "{\"f\":1,\"f\":2}", 'i',
	    NULL },
	/* text of keys that are written as numbers */
	{ R("7", "1", "exclude", "5", "equals", "1"), "{\"5\":1}", 'e', "7" },
};

static void
test_lists(void)
{
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct arena a = { 0 };
		struct err e = { 0 };
		struct rules *r = make(&a, lists[i].rules, &e);
		const char *by = "?";
		char c = r ? decide(r, lists[i].doc, &by) : '!';

		ok(c == lists[i].decision && (by == lists[i].by ||
		    (by && lists[i].by && streq(by, lists[i].by))),
		    "rules: case %zu %s", i, e.text);
		rules_free(r);
		arena_release(&a);
	}
}

/* Without "w.yml:". */
static const struct {
	const char *rules, *expect;
} wrong[] = {
	{ "x", "1:1: rules: must be a list, not a string" },
	{ "- x\n", "1:3: rules[0]: must be a mapping, not a string" },
	{ "- {id: a}\n", "1:3: rules[0] (id a): policy is missing" },
	{ R("a", "1", "include", "f", "equals", "1") "- {order: 1}\n",
	    "2:3: rules[1]: id is missing" },
	{ "- {id: a, policy: include, field: f, rule: equals, value: 1}\n",
	    "1:3: rules[0] (id a): order is missing" },
	{ "- {id: a, policy: include, field: f, rule: equals, order: 1}\n",
	    "1:3: rules[0] (id a): value is missing" },
	{ "- {id: a, policy: include, field: f, value: 1, order: 1}\n",
	    "1:3: rules[0] (id a): rule is missing" },
	{ "- {id: a, policy: include, rule: equals, value: 1, order: 1}\n",
	    "1:3: rules[0] (id a): field is missing" },
	{ "- {id: a, polcy: include}\n",
	    "1:11: rules[0] (id a).polcy: unknown key, did you mean policy" },
	{ R("a", "1", "Include", "f", "equals", "1"),
	    "1:29: rules[0] (id a).policy: must be one of include, exclude" },
	{ R("a", "1", "include", "f", "greater_than", "1"), "1:54: "
	    "rules[0] (id a).rule: must be one of equals, contains, starts_with, "
	    "ends_with, regex, >, <" },
	{ R("a", "x", "include", "f", "equals", "1"),
	    "1:18: rules[0] (id a).order: must be a number, not a string" },
	{ R("''", "1", "include", "f", "equals", "1"),
	    "1:8: rules[0].id: must not be empty" },
	{ R("a", "1", "include", "f", "equals", "null"), "1:71: rules[0] (id a).value: "
	    "must be a string or a number or true or false, not null" },
	{ R("a", "1", "include", "f", "equals", "[1]"), "1:71: rules[0] (id a).value: "
	    "must be a string or a number or true or false, not a list" },
	{ R("a", "1", "include", "f", "regex", "'('"), "1:70: rules[0] (id a).value: "
	    "end pattern with unmatched parenthesis" },
	{ R("a", "1", "include", "f", "regex", "'.*'"), "1:70: rules[0] (id a).value: "
	    "matches everything; a rule with the id DEFAULT says what the "
	    "others leave" },
	{ R("a", "1", "include", "f", "regex", "'(.*)'"), "1:70: "
	    "rules[0] (id a).value: matches everything; a rule with the id DEFAULT "
	    "says what the others leave" },
	{ R("a", "1", "include", "f", "equals", "x")
	  R("b", "2", "exclude", "f", "equals", "x"), "2:71: rules[1] (id b).value: "
	    "an earlier rule has the same field, rule and value" },
	{ R("a", "1", "include", "f", "equals", "5")
	  R("b", "2", "exclude", "f", "equals", "5.0"), "2:71: rules[1] (id b).value: "
	    "an earlier rule has the same field, rule and value" },
	{ R("a", "1", "include", "f", "equals", "5")
	  R("b", "2", "exclude", "f", "equals", "'5'"), "2:71: rules[1] (id b).value: "
	    "an earlier rule has the same field, rule and value" },
	{ R("a", "1", "include", "f", "regex", "x+")
	  R("b", "2", "exclude", "f", "regex", "x+")
	  R("c", "3", "exclude", "f", "equals", "y"), "2:70: rules[1] "
	    "(id b).value: an earlier rule has the same field, rule and value" },
	{ R("DEFAULT", "1", "include", "f", "equals", "5")
	  R("DEFAULT", "2", "exclude", "f", "equals", "4"),
	    "2:8: rules[1] (id DEFAULT).id: a second DEFAULT" },
};

/* Not errors. */
static const char *const right[] = {
	R("a", "1", "include", "f", "contains", "'.*'"),
	R("a", "1", "include", "f", "equals", "x")
	R("a", "2", "exclude", "g", "equals", "x")
	R("a", "3", "exclude", "f", "contains", "x")
	R("a", "4", "exclude", "f", "equals", "y"),
	R("a", "1", "include", "f", "equals", "'5'")
	R("a", "1", "include", "f", "equals", "'5.0'"),
	R("DEFAULT", "1", "include", "f", "equals", "x")
	R("a", "1", "include", "f", "equals", "x"),
	("- {id: a, policy: include, field: f, rule: equals, value: 1,\n"
	    "   order: 1, created_at: x, updated_at: [1]}")
};

static void
collect(void *ctx, const struct err *e)
{
	buf_printf(ctx, "%d %.20s|", e->status, e->text);
}

/* Each bad rule is told of; a bad one spoils no other. */
static void
test_all_errors(void)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct buf said = { 0 };
	struct val *v = yaml_parse(&a, SPAN("- x\n"
	    R("a", "1", "include", "f", "regex", "'('")
	    R("b", "2", "include", "f", "equals", "1")
	    R("c", "3", "exclude", "f", "equals", "1.0")
	    R("d", "4", "exclude", "f", "regex", "'('")), 64, "w.yml", &e);

	ok(rules_check(v, "w.yml", collect, &said) == 4 &&
	    streq(buf_cstr(&said), "2 w.yml:1:3: rules[0]:|"
	    "2 w.yml:2:70: rules[1]|2 w.yml:4:71: rules[3]|"
	    "2 w.yml:5:70: rules[4]|"), "rules_check: all of them: %s",
	    buf_cstr(&said));
	ok(rules_check(NULL, "w.yml", collect, &said) == 0, "no rules");
	buf_release(&said);
	arena_release(&a);
}

static void
test_errors(void)
{
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct arena a = { 0 };
		struct err e = { 0 };
		struct rules *r = make(&a, wrong[i].rules, &e);

		ok(r == NULL && e.status == 2 &&
		    strncmp(e.text, "w.yml:", 6) == 0 &&
		    streq(e.text + 6, wrong[i].expect), "%s", wrong[i].expect);
		if (!streq(e.text + 6, wrong[i].expect))
			printf("# got: %s\n", e.text);
		rules_free(r);
		arena_release(&a);
	}
	test_all_errors();
	for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
		struct arena a = { 0 };
		struct err e = { 0 };
		struct rules *r = make(&a, right[i], &e);

		ok(r != NULL, "rules: fine %zu %s", i, e.text);
		rules_free(r);
		arena_release(&a);
	}
}

static void
test_fields(void)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct rules *r = make(&a, R("a", "2", "include", "f", "equals", "x")
	    R("DEFAULT", "0", "include", "d", "equals", "x")
	    R("b", "1", "include", "g", "equals", "x"), &e), *none;

	ok(r && streq(rules_field(r, 0), "g") &&
	    streq(rules_field(r, 1), "f") && rules_field(r, 2) == NULL,
	    "rules_field");
	rules_free(r);
	ok(rules_new(&none, NULL, "w.yml", &e) == 0 && none == NULL &&
	    rules_field(none, 0) == NULL &&
	    decide(none, "{}", NULL) == 'i', "no rules: everything");
	rules_free(NULL);
	arena_release(&a);
}

/* A pattern that backtracks for ever only fails to match. */
static void
test_slow(void)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct rules *r = make(&a,
	    R("a", "1", "exclude", "f", "regex", "'(x+x+)+y'"), &e);
	double start = clock_mono();

	ok(r && decide(r, "{\"f\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxx\"}", NULL) == 'i' &&
	    clock_mono() - start < 10, "rules: a slow regex, %.2f s",
	    clock_mono() - start);
	rules_free(r);
	arena_release(&a);
}

/* An array of `slow` values that no pattern ends on, and one that it would. */
static char
decide_slow(struct rules *r, int slow)
{
	struct buf b = { 0 };
	char c;

	buf_puts(&b, "{\"f\":[");
	for (int i = 0; i < slow; i++)
		buf_puts(&b, "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\",");
	buf_puts(&b, "\"xxy\"]}");
	c = decide(r, buf_cstr(&b), NULL);
	buf_release(&b);
	return c;
}

/* Nor may many values together take for ever. */
static void
test_slow_values(void)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct rules *r = make(&a,
	    R("a", "1", "exclude", "f", "regex", "'(x+x+)+y'"), &e);

	ok(r && decide_slow(r, 19) == 'e', "rules: 19 slow values, one more");
	ok(r && decide_slow(r, 1000) == 'i', "rules: after 20 none is tried");
	ok(r && decide_slow(r, 1) == 'e', "rules: of each document anew");
	rules_free(r);
	arena_release(&a);
}

int
main(void)
{
	test_table();
	test_lists();
	test_errors();
	test_fields();
	test_slow();
	test_slow_values();
	return tap_done();
}
