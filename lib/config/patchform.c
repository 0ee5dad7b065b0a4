/* SPDX-License-Identifier: MIT */
#include "config/patchform.h"

#include "config/type.h"
#include "json/text.h"

static const char *const normalizations[] = {
	[NORMAL_DATE] = "datetime_to_date", [NORMAL_TIME] = "rfc3339",
	[NORMAL_SECONDS] = "seconds_to_rfc3339",
	[NORMAL_MILLISECONDS] = "milliseconds_to_rfc3339", NULL
};
static const char *const schema_words[] = { "date-to-datetime", NULL };

enum normalization
normalization_of(struct span name)
{
	size_t i = 0;

	while (normalizations[i] != NULL && !span_is(name, normalizations[i]))
		i++;
	return (enum normalization)i;
}

static int
must_be(const struct patch_file *f, const struct val *v, enum json_type type,
    const char *what, struct err *e)
{
	return v->type == type ? 0 : patch_err(f, v, e, "must be %s, not %s",
	    what, type_word(v));
}

static int
check_words(const struct patch_file *f, const char *what, struct err *e)
{
	const struct val *v = f->root;

	if (must_be(f, v, JSON_ARRAY, "a list", e) != 0)
		return -1;
	for (size_t i = 0; i < v->n; i++) {
		if (must_be(f, v->items[i], JSON_STRING, what, e) != 0)
			return -1;
		if (v->items[i]->str.n == 0)
			return patch_err(f, v->items[i], e,
			    "must not be empty");
		for (size_t k = 0; k < i; k++)
			if (span_eq(v->items[k]->str, v->items[i]->str))
				return patch_err(f, v->items[i], e, "%s "
				    "stands twice", v->items[i]->str.p);
	}
	return 0;
}

bool
patch_lists(const struct patch_file *f, struct span word)
{
	for (size_t i = 0; f->root != NULL && i < f->root->n; i++)
		if (span_eq(f->root->items[i]->str, word))
			return true;
	return false;
}

/* ---- the map ---- */

static int
check_move(struct patches *p, const struct val_member *m,
    struct pointer_move *out, struct err *e)
{
	const struct patch_file *f = &p->files[PATCH_MAP];
	struct val key = { .line = m->line, .col = m->col };

	if (must_be(f, m->value, JSON_STRING, "a pointer", e) != 0)
		return -1;
	out->drop = m->key.n == 0;
	if (!pointer_parse(p->arena, m->key, &out->to))
		return patch_err(f, &key, e, "no pointer: ~ stands before "
		    "something else than 0 or 1");
	if (!pointer_parse(p->arena, m->value->str, &out->from))
		return patch_err(f, m->value, e, "no pointer: ~ stands before "
		    "something else than 0 or 1");
	if (out->from.n == 0)
		return patch_err(f, m->value, e, "points at everything");
	return 0;
}

static int
check_map(struct patches *p, struct err *e)
{
	const struct patch_file *f = &p->files[PATCH_MAP];

	if (must_be(f, f->root, JSON_OBJECT, "a mapping", e) != 0)
		return -1;
	p->moves = arena_alloc(p->arena, (f->root->n + 1) * sizeof *p->moves);
	for (size_t i = 0; i < f->root->n; i++)
		if (check_move(p, &f->root->members[i],
		    &p->moves[p->nmoves++], e) != 0)
			return -1;
	return 0;
}

/* ---- the others ---- */

static int
check_interval(const struct patch_file *f, struct err *e)
{
	if (f->root->type == JSON_NUMBER &&
	    json_number_cmp(f->root->str, SPAN("0")) >= 0 &&
	    json_number_cmp(f->root->str, SPAN("5256000")) <= 0)
		return 0;
	return patch_err(f, f->root, e, "must be a number of minutes, from 0 "
	    "to 5256000");
}

static int
check_url(const struct patch_file *f, struct err *e)
{
	const struct val *v;

	if (must_be(f, f->root, JSON_OBJECT, "a mapping", e) != 0)
		return -1;
	v = val_get(f->root, "documentation_url");
	return v == NULL ? 0 : must_be(f, v, JSON_STRING, "a URL", e);
}

static int
check_schema_words(struct patches *p, struct err *e)
{
	const struct patch_file *f = &p->files[PATCH_NORMALIZATIONS];

	if (check_words(f, "the name of a normalization", e) != 0)
		return -1;
	for (size_t i = 0; i < f->root->n; i++)
		if (!span_is(f->root->items[i]->str, schema_words[0]))
			return patch_err(f, f->root->items[i], e, "unknown "
			    "normalization of schemas%s", patch_nearest(
			    p->arena, f->root->items[i]->str, schema_words));
	return 0;
}

static int
check_top(struct patches *p, enum patch_file_name name, struct err *e)
{
	const struct patch_file *f = &p->files[name];

	if (f->root == NULL)
		return 0;
	switch (name) {
	case PATCH_MAP:
		return check_map(p, e);
	case PATCH_DOCUMENTATION:
		return check_url(f, e);
	case PATCH_INTERVAL:
		return check_interval(f, e);
	case PATCH_OMITTED:
	case PATCH_SELECTED:
		return check_words(f, "the name of a stream", e);
	case PATCH_NORMALIZATIONS:
		return check_schema_words(p, e);
	default:
		return must_be(f, f->root, JSON_OBJECT, "a mapping", e);
	}
}

static int
check_normalization(struct patches *p, const struct patch_file *f,
    const struct val *v, struct err *e)
{
	static const char *const keys[] = { "pointer", "normalization", NULL };
	const struct val *name = val_get(v, "normalization");
	const struct val *at = val_get(v, "pointer");
	struct pointer path;

	if (must_be(f, v, JSON_OBJECT, "a mapping", e) != 0)
		return -1;
	for (size_t i = 0; i < v->n; i++) {
		const struct val_member *m = &v->members[i];
		struct val key = { .line = m->line, .col = m->col };

		if (!span_is(m->key, keys[0]) && !span_is(m->key, keys[1]))
			return patch_err(f, &key, e, "%s: unknown key%s",
			    m->key.p, patch_nearest(p->arena, m->key, keys));
	}
	if (at == NULL || name == NULL)
		return patch_err(f, v, e, "%s is missing",
		    at == NULL ? keys[0] : keys[1]);
	if (must_be(f, at, JSON_STRING, "a pointer", e) != 0 ||
	    must_be(f, name, JSON_STRING, "the name of a normalization",
	    e) != 0)
		return -1;
	if (!pointer_parse(p->arena, at->str, &path) || path.n == 0)
		return patch_err(f, at, e, "no pointer into a document");
	if (normalization_of(name->str) == NORMAL_NONE)
		return patch_err(f, name, e, "unknown normalization%s",
		    patch_nearest(p->arena, name->str, normalizations));
	return 0;
}

static int
check_id(struct patches *p, const struct patch_file *f, struct err *e)
{
	struct pointer path;

	if (check_words(f, "a pointer to a field", e) != 0)
		return -1;
	if (f->root->n == 0)
		return patch_err(f, f->root, e, "must not be empty");
	for (size_t i = 0; i < f->root->n; i++)
		if (!pointer_parse(p->arena, f->root->items[i]->str, &path))
			return patch_err(f, f->root->items[i], e, "no pointer: "
			    "~ stands before something else than 0 or 1");
	return 0;
}

static int
check_stream(struct patches *p, const struct patch_stream *s, struct err *e)
{
	const struct val *v = s->file.root;

	if (s->kind == PATCH_SCHEMA)
		return must_be(&s->file, v, JSON_OBJECT, "a mapping", e);
	if (s->kind == PATCH_ID)
		return check_id(p, &s->file, e);
	if (must_be(&s->file, v, JSON_ARRAY, "a list", e) != 0)
		return -1;
	for (size_t i = 0; i < v->n; i++)
		if (check_normalization(p, &s->file, v->items[i], e) != 0)
			return -1;
	return 0;
}

int
patches_form(struct patches *p, struct err *e)
{
	for (int i = 0; i < PATCH_FILES; i++)
		if (check_top(p, (enum patch_file_name)i, e) != 0)
			return -1;
	for (size_t i = 0; i < p->nstreams; i++)
		if (check_stream(p, &p->streams[i], e) != 0)
			return -1;
	return 0;
}
