/* SPDX-License-Identifier: MIT */
#include "source/rest/shape.h"

#include "source/rest/issuer.h"

const char *
shape_text(const struct val *v)
{
	return v != NULL && (v->type == JSON_STRING || v->type == JSON_NUMBER)
	    ? v->str.p : NULL;
}

const char *
shape_get(const struct val *v, const char *key)
{
	return shape_text(val_get(v, key));
}

bool
shape_has(const struct val *v, const char *key)
{
	const struct val *member = val_get(v, key);

	return member != NULL && member->type != JSON_NULL;
}

static bool
texts(const struct val *v)
{
	bool good = v->type == JSON_OBJECT;

	for (size_t i = 0; good && i < v->n; i++)
		good = shape_text(v->members[i].value) != NULL;
	return good;
}

static int
check_one(const struct val_member *m, const char *place,
    const struct shape_key *key, struct err *e)
{
	const char *text = shape_text(m->value);

	if (m->value->type == JSON_NULL || key->kind == SHAPE_ANY)
		return 0;
	if (key->kind == SHAPE_TEXTS)
		return texts(m->value) ? 0 : err_set(e, ST_USAGE,
		    "%s.%s: must be a map of texts", place, m->key.p);
	if (text == NULL)
		return err_set(e, ST_USAGE, "%s.%s: must be a text", place,
		    m->key.p);
	if (key->kind == SHAPE_SECRET)
		msg_secret(span_of(text));
	return 0;
}

int
shape_check(const struct val *v, const char *place,
    const struct shape_key *keys, struct err *e)
{
	if (v == NULL || v->type != JSON_OBJECT)
		return err_set(e, ST_USAGE, "%s: must be a map", place);
	for (size_t i = 0; i < v->n; i++) {
		const struct shape_key *k = keys;

		while (k->name != NULL && !span_is(v->members[i].key, k->name))
			k++;
		if (k->name == NULL)
			return err_set(e, ST_USAGE, "%s.%s: unknown key",
			    place, v->members[i].key.p);
		if (check_one(&v->members[i], place, k, e) < 0)
			return -1;
	}
	return 0;
}
