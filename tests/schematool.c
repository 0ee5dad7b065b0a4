/* SPDX-License-Identifier: MIT */
/*
 * Tries cases of JSON Schema: schematool FILE..., each a list of
 * {"description","schema","tests":[{"description","data","valid"}]}.
 * Each case that is not valid is tried again with the schema as the merge
 * patch of all its violations makes it: it must pass then. Of a schema that
 * leads to others only the valid cases are known. Last line: how many.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "config/docschema.h"
#include "json/patch.h"
#include "json/text.h"

enum { FAULTS = 100, DEPTH = 256 };

struct found {
	struct docfault v[FAULTS];
	size_t n;
};

static unsigned cases, unknown, wrong;

static void
note(void *ctx, const struct docfault *f)
{
	struct found *found = ctx;

	if (found->n < FAULTS) {
		found->v[found->n] = *f;
		found->v[found->n++].name = (struct span){
			xstrndup(f->name), f->name.n };
	}
}

static void
complain(const struct val *group, const struct val *test, const char *what,
    const struct val *v)
{
	struct buf text = { 0 };

	if (v != NULL)
		val_write(&text, v);
	printf("%s, %s: %s%s\n", val_cstr(val_get(group, "description")),
	    val_cstr(val_get(test, "description")), what, buf_cstr(&text));
	buf_release(&text);
	wrong++;
}

static void
try_patch(const struct val *group, const struct val *test,
    const struct docschema *s, struct span doc, const struct found *found)
{
	struct arena a = { 0 };
	const struct val *schema = val_get(group, "schema");
	struct val *copy = val_copy(&a, schema), *patch, *merged;
	struct docschema *again;
	char why[200];

	for (size_t i = 0; i < found->n; i++)
		docschema_allow(s, &a, copy, &found->v[i]);
	/* a schema that is no object has no patch */
	patch = schema->type != JSON_OBJECT ? copy :
	    docschema_diff(&a, schema, copy);
	merged = val_merge(&a, schema, patch);
	again = docschema_new(merged, why, sizeof why);
	if (again == NULL)
		complain(group, test, "the patched schema is wrong: ", patch);
	else if (!docschema_check(again, doc, NULL, NULL))
		complain(group, test, "the patch does not help: ", patch);
	docschema_free(again);
	arena_release(&a);
}

static void
try(const struct val *group, const struct val *test, struct docschema *s)
{
	bool valid = val_bool(val_get(test, "valid"), false), good;
	struct found found = { .n = 0 };
	struct buf doc = { 0 };

	cases++;
	val_write(&doc, val_get(test, "data"));
	buf_pad(&doc);
	good = docschema_check(s, buf_span(&doc), note, &found);
	if (good && !valid && docschema_foreign(s, 0) != NULL)
		unknown++;
	else if (good != valid)
		complain(group, test, good ? "passes" : "does not pass", NULL);
	else if (good != (found.n == 0))
		complain(group, test, "violations and result differ", NULL);
	else if (good != docschema_check(s, buf_span(&doc), NULL, NULL))
		complain(group, test, "differs without violations", NULL);
	else if (!good)
		try_patch(group, test, s, buf_span(&doc), &found);
	while (found.n > 0)
		free((char *)found.v[--found.n].name.p);
	buf_release(&doc);
}

static void
try_group(const struct val *group)
{
	const struct val *tests = val_get(group, "tests");
	struct docschema *s;
	char why[200];

	s = docschema_new(val_get(group, "schema"), why, sizeof why);
	if (s == NULL)
		complain(group, group, why, NULL);
	for (size_t i = 0; s != NULL && i < tests->n; i++)
		try(group, tests->items[i], s);
	docschema_free(s);
}

static void
try_file(const char *path)
{
	struct buf text = { 0 };
	struct arena a = { 0 };
	struct val_error ve;
	struct val *v;

	if (file_read(path, 64 << 20, &text) != 0)
		die(ST_USAGE, "%s: cannot be read", path);
	v = val_parse(&a, buf_span(&text), DEPTH, false, &ve);
	if (v == NULL || v->type != JSON_ARRAY)
		die(ST_USAGE, "%s: not a list of cases", path);
	for (size_t i = 0; i < v->n; i++)
		try_group(v->items[i]);
	buf_release(&text);
	arena_release(&a);
}

int
main(int argc, char **argv)
{
	msg_program("schematool");
	for (int i = 1; i < argc; i++)
		try_file(argv[i]);
	printf("%u cases, %u unknown, %u wrong\n", cases, unknown, wrong);
	return wrong > 0;
}
