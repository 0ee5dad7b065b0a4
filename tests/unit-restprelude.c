/* SPDX-License-Identifier: MIT */
/* What connectors may call, as their programs see it. */
#include "source/rest/prelude.h"

#include <stdlib.h>

#include "rules/jqset.h"
#include "source/rest/functions.h"
#include "tap.h"

static const struct {
	const char *program, *in, *expect;
} lines[] = {
	{ "epoch", "null", "null" },
	{ "epoch", "\"1970-01-02\"", "86400" },
	{ "epoch", "\"2026-01-01T00:00:00Z\"", "1767225600" },
	{ "epoch", "\"2026-01-01T00:00:00.999999999Z\"", "1767225600" },
	{ "epoch", "\"2026-01-01T01:30:00.5+01:30\"", "1767225600" },
	{ "epoch", "\"2025-12-31T19:00:00.000-0500\"", "1767225600" },
	{ "epoch", "\"2026-01-01 00:00:00\"", "1767225600" },
	{ "epoch", "1767225600", "1767225600" },
	{ "epoch", "1767225600.75", "1767225600" },
	{ "epoch", "1767225600123", "1767225600" },
	{ "epoch", "\"1767225600.000200\"", "1767225600" },
	{ "epoch", "\"1969-12-31T23:59:59.5Z\"", "-1" },
	{ "epoch", "\"soon\"", "not a time" },
	{ "epoch", "{}", "not a time" },
	{ "epoch", "true", "not a time" },
	{ "epoch_ms", "null", "null" },
	{ "epoch_ms", "\"2026-01-01T00:00:00.1239Z\"", "1767225600123" },
	{ "epoch_ms", "1767225600", "1767225600000" },
	{ "epoch_ms", "1767225600123", "1767225600123" },
	{ "epoch_ms", "\"1969-12-31T23:59:59.5Z\"", "-500" },
	{ "epoch_ms", "\"2026-02-30\"", "not a time" },
	{ "time", "null", "null" },
	{ "time", "\"2026-01-01\"", "\"2026-01-01T00:00:00Z\"" },
	{ "time", "\"2026-01-01T02:00:00.5+02:00\"",
	    "\"2026-01-01T00:00:00.500Z\"" },
	{ "time", "1767225600123", "\"2026-01-01T00:00:00.123Z\"" },
	{ "time", "\"\"", "not a time" },
	{ "map(time)", "[\"2026-01-01\",null]",
	    "[\"2026-01-01T00:00:00Z\",null]" },
	{ "fmt(\"%Y\")", "null", "null" },
	{ "fmt(\"%Y-%m-%d %H:%M\")", "\"2026-01-01T02:59:59+03:00\"",
	    "\"2025-12-31 23:59\"" },
	{ "fmt(\"%d/%m/%y %H:%M:%S %Z\")", "\"2026-07-01T12:00:00.5Z\"",
	    "\"01/07/26 12:00:00 UTC\"" },
	{ "fmt(\"%s\")", "1767225600", "\"1767225600\"" },
	{ "fmt(.f)", "{\"f\":\"%Y\"}", "not a time" },
	{ ".f as $f | .t | fmt($f)", "{\"f\":\"%Y\",\"t\":\"2026-01-01\"}",
	    "\"2026\"" },
	{ "offset(\"start\")", "1", "{\"query\":{\"start\":75}}" },
	{ "offset(\"at\")", "1", "{\"query\":{\"at\":25}}" },
	{ "pages(\"page\")", "1", "{\"query\":{\"page\":8}}" },
	{ "pages(\"p\")", "1", "{\"query\":{\"p\":2}}" },
	{ "pages(\"zero\")", "1", "{\"query\":{\"zero\":1}}" },
	{ "text", "\"<p>a &amp; <b>b</b></p><p>c</p>\"", "\"a & b\\n\\nc\"" },
	{ "text", "null", "null" },
	{ "[.[] | text] | join(\"/\")", "[\"<i>a</i>\",\"b\"]", "\"a/b\"" },
	{ "sha256", "\"abc\"", "\"ba7816bf8f01cfea414140de5dae2223b00361a3"
	    "96177a9cb410ff61f20015ad\"" },
	{ "sha256", "null", "null" },
};
enum { LINES = sizeof lines / sizeof *lines };

static struct jqset *
set(struct val *v)
{
	struct jqset *s = jqset_new();
	struct err e = { 0 };

	for (const struct function *f = functions; f->name; f++)
		jqset_define(s, f->name, f->call);
	jqset_variable(s, "q");
	jqset_variable(s, "n");
	jqset_prelude(s, prelude_text());
	for (int i = 0; i < LINES; i++) {
		v[i] = (struct val){ .type = JSON_STRING,
			.str = span_of(lines[i].program) };
		jqset_add(s, &v[i], lines[i].program, 0);
	}
	if (!ok(jqset_start(s, "w.yml", &e) == 0, "start"))
		printf("# %s\n", e.text);
	return s;
}

/* The result, or the error's text. */
static void
check(struct jqset *s, int i, struct span vars, const char *expect)
{
	enum jqset_result result = JQSET_DEAD;
	struct buf out = { 0 };
	struct err e = { 0 };
	const char *what = "";

	if (jqset_run(s, i, vars, span_of(lines[i].in), &out, &result, &what,
	    &e) != 0)
		what = e.text;
	else if (result == JQSET_OK && out.n > 0)
		out.n--;
	if (result == JQSET_OK)
		what = buf_cstr(&out);
	if (!ok(streq(what, expect), "%s of %s", lines[i].program,
	    lines[i].in))
		printf("# got: %s\n", what);
	buf_release(&out);
}

int
main(void)
{
	static struct val v[LINES];
	struct jqset *s;

	setenv("TZ", "America/New_York", 1);
	s = set(v);
	for (int i = 0; i < LINES; i++)
		check(s, i, SPAN("{\"n\":25,\"q\":{\"start\":50,\"page\":"
		    "\"7\",\"zero\":0}}"), lines[i].expect);
	for (int i = 0; i < LINES; i++)
		if (strncmp(lines[i].program, "offset", 6) == 0 ||
		    strncmp(lines[i].program, "pages", 5) == 0)
			check(s, i, SPAN("{\"n\":0,\"q\":{}}"), "null");
	jqset_free(s);
	return tap_done();
}
