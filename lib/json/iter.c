/* SPDX-License-Identifier: MIT */
/* Walking validated text: nothing is checked again. */
#include "json/impl.h"

static const char *
blank(const char *p, const char *end)
{
	while (p < end && (unsigned char)*p <= ' ')
		p++;
	return p;
}

/* The string at p (its opening quote): after it. */
static const char *
string(const char *p, const char *end, struct span *inside, bool *escaped)
{
	const char *q;

	*escaped = false;
	q = json_impl()->string_end(p + 1, end, escaped);
	*inside = (struct span){ p + 1, (size_t)(q - p - 1) };
	return q + 1;
}

static const char *
value(const char *p, const char *end, struct json_member *m)
{
	struct span inside;
	const char *q = p;

	m->escaped = false;
	m->type = json_type_of(*p);
	if (m->type == JSON_STRING)
		q = string(p, end, &inside, &m->escaped);
	else if (m->type == JSON_OBJECT || m->type == JSON_ARRAY)
		q = json_impl()->container_end(p, end);
	else
		while (*q != ',' && *q != '}' && *q != ']' &&
		    (unsigned char)*q > ' ')
			q++;
	m->value = (struct span){ p, (size_t)(q - p) };
	return q;
}

void
json_iter_init(struct json_iter *it, struct span v)
{
	it->p = v.p + 1;
	it->end = v.p + v.n;
	it->object = *v.p == '{';
}

bool
json_iter_next(struct json_iter *it, struct json_member *m)
{
	const char *p = blank(it->p, it->end);

	if (p < it->end && *p == ',')
		p = blank(p + 1, it->end);
	if (p >= it->end || *p == '}' || *p == ']') {
		it->p = it->end;
		return false;
	}
	m->key = (struct span){ 0 };
	m->key_escaped = false;
	if (it->object) {
		p = string(p, it->end, &m->key, &m->key_escaped);
		p = blank(blank(p, it->end) + 1, it->end);
	}
	it->p = value(p, it->end, m);
	return true;
}

bool
json_iter_find(struct span object, const char *name, struct json_member *m)
{
	struct json_iter it;
	struct json_member each;
	bool found = false;

	*m = (struct json_member){ .type = JSON_NULL };
	json_iter_init(&it, object);
	while (json_iter_next(&it, &each)) {
		if (json_key_is(&each, name)) {
			*m = each;
			found = true;
		}
	}
	return found;
}
