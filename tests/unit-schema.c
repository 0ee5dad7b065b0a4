/* SPDX-License-Identifier: MIT */
#include "config/schema.h"

#include <stdlib.h>

#include "base/clock.h"
#include "config/regex.h"
#include "config/yaml.h"
#include "tap.h"

/* Schema and value (both YAML); LINE:COL: PATH: WHAT, or the completed value
 * as JSON. */
static const struct {
	const char *schema, *value, *expect;
} table[] = {
	/* types, and scalars that stand for strings */
	{ "type: string", "x", "\"x\"" },
	{ "type: string", "0123", "\"0123\"" },
	{ "type: string", "1.10", "\"1.10\"" },
	{ "type: string", "true", "\"true\"" },
	{ "type: string", "null", "1:1: v: must be a string, not null" },
	{ "type: string", "[a]", "1:1: v: must be a string, not a list" },
	{ "type: string", "{a: b}", "1:1: v: must be a string, not a mapping" },
	{ "type: integer", "12", "12" },
	{ "type: integer", "1e3", "1e3" },
	{ "type: integer", "1.5", "1:1: v: must be an integer, not a number" },
	{ "type: integer", "'12'", "1:1: v: must be an integer, not a string" },
	{ "type: number", "1.5", "1.5" },
	{ "type: number", "true", "1:1: v: must be a number, not true" },
	{ "type: boolean", "false", "false" },
	{ "type: boolean", "no", "1:1: v: must be true or false, not a string" },
	{ "type: boolean", "1", "1:1: v: must be true or false, not a number" },
	{ "type: array", "{}", "1:1: v: must be a list, not a mapping" },
	{ "type: object", "x", "1:1: v: must be a mapping, not a string" },
	{ "type: 'null'", "~", "1:1: v: must be null, not a string" },
	{ "type: 'null'", "null", "null" },
	{ "type: [string, integer]", "5", "5" },
	{ "type: [string, integer]", "5.5", "\"5.5\"" },
	{ "type: [integer, array]", "x",
	    "1:1: v: must be an integer or a list, not a string" },
	{ "title: any", "{a: [1, true]}", "{\"a\":[1,true]}" },
	{ "true", "1", "1" },
	/* members */
	{ "{properties: {path: {type: string}}, additionalProperties: false}",
	    "\npat: x", "2:1: v.pat: unknown key, did you mean path" },
	{ "{properties: {max_size: {}}, additionalProperties: false}",
	    "max-size: x", "1:1: v.max-size: unknown key, did you mean max_size" },
	{ "{properties: {a: {}, b: {}}, additionalProperties: false}",
	    "c: x", "1:1: v.c: unknown key" },
	{ "{properties: {form: {}, from: {}}, additionalProperties: false}",
	    "frmo: x", "1:1: v.frmo: unknown key, did you mean from" },
	{ "{properties: {a: {}}}", "c: x", "{\"c\":\"x\"}" },
	{ "{required: [path]}", "a: {}", "1:1: v: path is missing" },
	{ "properties: {a: {required: [b]}}", "x: 1\na:\n  c: 1",
	    "3:3: v.a: b is missing" },
	{ "{additionalProperties: {type: integer}}", "a: 1\nb: x",
	    "2:4: v.b: must be an integer, not a string" },
	{ "{additionalProperties: {type: string}}", "{a: 1, b: x}",
	    "{\"a\":\"1\",\"b\":\"x\"}" },
	/* items */
	{ "{items: {type: string}}", "[a, 1, true]", "[\"a\",\"1\",\"true\"]" },
	{ "{items: {type: integer}}", "- 1\n- x",
	    "2:3: v[1]: must be an integer, not a string" },
	{ "{items: {properties: {n: {type: integer}}}}", "- {n: 1}\n- {n: x}",
	    "2:7: v[1].n: must be an integer, not a string" },
	{ "minItems: 1", "[]", "1:1: v: must not be empty" },
	{ "minItems: 2", "[1]", "1:1: v: must have at least 2 items" },
	{ "maxItems: 1", "[1, 2]", "1:1: v: must have at most 1 items" },
	/* scalars */
	{ "{enum: [a, 2, true]}", "b", "1:1: v: must be one of a, 2, true" },
	{ "{enum: [a, 2, true]}", "2.0", "2.0" },
	{ "{enum: ['1', '2'], type: string}", "2", "\"2\"" },
	{ "{enum: [[1], {a: 1}]}", "{a: 1}", "{\"a\":1}" },
	{ "const: x", "y", "1:1: v: must be x" },
	{ "const: 1", "1.0", "1.0" },
	{ "{const: '1'}", "1", "1:1: v: must be 1" },
	{ "minimum: 1", "0.9999999999999999999999", "1:1: v: must be at least 1" },
	{ "maximum: 9007199254740993", "9007199254740994",
	    "1:1: v: must be at most 9007199254740993" },
	{ "{minimum: 1, maximum: 3}", "3", "3" },
	{ "minLength: 1", "''", "1:1: v: must not be empty" },
	{ "minLength: 3", "\xc3\xa9\xc3\xa9",
	    "1:1: v: must have at least 3 characters" },
	{ "maxLength: 2", "\xc3\xa9\xc3\xa9", "\"\xc3\xa9\xc3\xa9\"" },
	{ "maxLength: 1", "\xc3\xa9\xc3\xa9",
	    "1:1: v: must have at most 1 characters" },
	{ "pattern: '^[a-z]+$'", "abc", "\"abc\"" },
	{ "pattern: '^[a-z]+$'", "ab1", "1:1: v: must match ^[a-z]+$" },
	{ "pattern: b", "abc", "\"abc\"" },
	{ "pattern: '^.$'", "\xc3\xa9", "\"\xc3\xa9\"" },
	{ "pattern: '('", "x", "1:1: v: the pattern of its schema is wrong: "
	    "end pattern with unmatched parenthesis" },
	/* choices */
	{ "anyOf: [{type: integer}, {type: array, items: {type: integer}}]",
	    "[1, x]", "1:5: v[1]: must be an integer, not a string" },
	{ "anyOf: [{type: integer}, {type: array}]", "x",
	    "1:1: v: must be an integer or a list, not a string" },
	{ "oneOf: [{type: integer}, {type: number}]", "1",
	    "1:1: v: fits more than one of the forms allowed" },
	{ "oneOf: [{type: integer}, {type: number}]", "1.5", "1.5" },
	{ "oneOf: [{properties: {t: {const: a}, x: {type: string, default: d}},"
	    " required: [t]}, {properties: {t: {const: b}, y: {default: e}},"
	    " required: [t]}]", "t: b", "{\"t\":\"b\",\"y\":\"e\"}" },
	/* defaults */
	{ "properties: {a: {default: 5}, b: {properties: {c: {default: [x]}}}}",
	    "b: {}", "{\"b\":{\"c\":[\"x\"]},\"a\":5}" },
	{ "properties: {a: {default: 5}}", "a: null", "{\"a\":null}" },
	/* an unknown keyword is ignored */
	{ "{multipleOf: 2, if: {const: 1}, $ref: x}", "1", "1" },
	/* secrets */
	{ "{type: string, secret: true}", "{env: A}", "{\"env\":\"A\"}" },
	{ "{type: string, secret: true}", "{cmd: [a, b]}",
	    "{\"cmd\":[\"a\",\"b\"]}" },
	{ "{type: string, secret: true, minLength: 9}", "{file: x}",
	    "{\"file\":\"x\"}" },
	{ "{type: string, secret: true}", "12", "\"12\"" },
	{ "{type: string, secret: true}", "{env: ''}", "1:7: v: must be a string "
	    "or one of {env: NAME}, {file: PATH}, {cred: NAME}, "
	    "{cmd: [PROGRAM, ARGUMENT...]}" },
	{ "{type: string, secret: true}", "{}", "1:1: v: must be a string "
	    "or one of {env: NAME}, {file: PATH}, {cred: NAME}, "
	    "{cmd: [PROGRAM, ARGUMENT...]}" },
};

/* Text that begins with { is JSON; after a document mark it is YAML. */
static struct val *
parse(struct arena *a, const char *text)
{
	struct err e;
	char *marked = xasprintf("---\n%s", text);
	struct val *v = yaml_parse(a, span_of(marked), 64, "x", &e);

	if (v == NULL)
		printf("# %s\n", e.text);
	free(marked);
	return v;
}

static void
test_table(void)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct arena a = { 0 };
		struct buf out = { 0 };
		struct schema_fault f;
		struct val *s = parse(&a, table[i].schema);
		struct val *v = parse(&a, table[i].value);

		if (s == NULL || v == NULL)
			buf_puts(&out, "not YAML");
		else if (schema_check(s, v, "v", &f) != 0)
			buf_printf(&out, "%u:%u: %s: %s", f.line - 1, f.col,
			    f.path, f.what);
		else
			val_write(&out, schema_complete(&a, s, v));
		ok(streq(buf_cstr(&out), table[i].expect), "schema: %s / %s",
		    table[i].schema, table[i].value);
		if (!streq(out.p, table[i].expect))
			printf("# got:    %s\n# expect: %s\n", out.p,
			    table[i].expect);
		buf_release(&out);
		arena_release(&a);
	}
}

/* A choice in a choice in a choice is not tried again and again. */
static void
test_nested_choices(void)
{
	struct arena a = { 0 };
	struct buf b = { 0 };
	struct val_error ve;
	struct schema_fault f;
	struct val *s, *v = val_string(&a, SPAN("x"));
	double start = clock_mono();

	for (int i = 0; i < 30; i++)
		buf_puts(&b, "{\"anyOf\":[");
	buf_puts(&b, "{\"type\":\"integer\"}");
	for (int i = 0; i < 30; i++)
		buf_puts(&b, "]}");
	s = val_parse(&a, buf_span(&b), JSON_DEPTH, true, &ve);
	ok(s && schema_check(s, v, "v", &f) != 0 && clock_mono() - start < 5,
	    "schema: 30 nested choices");
	buf_release(&b);
	arena_release(&a);
}

static void
test_long_path(void)
{
	struct arena a = { 0 };
	struct schema_fault f;
	struct buf key = { 0 };
	struct val *s, *v;

	for (int i = 0; i < 600; i++)
		buf_putc(&key, 'k');
	buf_puts(&key, ": {x: 1}");
	s = parse(&a, "{additionalProperties: "
	    "{additionalProperties: {type: array}}}");
	v = parse(&a, buf_cstr(&key));
	ok(s && v && schema_check(s, v, "v", &f) != 0 &&
	    strlen(f.path) == SCHEMA_PATH - 1, "schema: a long path is cut");
	buf_release(&key);
	arena_release(&a);
}

/* What backtracks for ever, or takes a stack entry for each character, ends
 * and does not match. */
static void
test_regex_limits(void)
{
	char why[128];
	struct regex *slow = regex_new(SPAN("(a+)+$"), why, sizeof why);
	struct regex *deep = regex_new(SPAN("(?:.|x)*y"), why, sizeof why);
	struct regex *plain = regex_new(SPAN("a+b?"), why, sizeof why);
	struct buf b = { 0 };
	double start = clock_mono();

	for (int i = 0; i < 60; i++)
		buf_putc(&b, 'a');
	buf_putc(&b, '!');
	ok(!regex_match(slow, buf_span(&b), NULL) &&
	    !regex_search(slow, buf_span(&b), NULL),
	    "regex: exponential");
	ok(regex_match(plain, buf_span(&b), NULL), "regex: the same text matches");
	while (b.n < 20u << 20)
		buf_putc(&b, 'z');
	buf_putc(&b, 'y');
	ok(!regex_match(deep, buf_span(&b), NULL), "regex: 20 MiB of stack entries");
	ok(clock_mono() - start < 20, "regex: in %.1f s", clock_mono() - start);
	ok(!regex_match(plain, SPAN("ba"), NULL) &&
	    regex_search(plain, SPAN("ba"), NULL),
	    "regex: match is anchored at the start, search is not");
	regex_free(slow);
	regex_free(deep);
	regex_free(plain);
	buf_release(&b);
}

int
main(void)
{
	test_table();
	test_nested_choices();
	test_long_path();
	test_regex_limits();
	return tap_done();
}
