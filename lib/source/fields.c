/* SPDX-License-Identifier: MIT */
#include "source/fields.h"

#include "source/source.h"

static const struct {
	const char *name;
	unsigned types;
} kinds[] = {
	{ "string", 1U << JSON_STRING }, { "number", 1U << JSON_NUMBER },
	{ "boolean", 1U << JSON_TRUE | 1U << JSON_FALSE },
	{ "object", 1U << JSON_OBJECT }, { "array", 1U << JSON_ARRAY }
};

static struct field *
find(struct fields *f, struct span name)
{
	for (size_t i = 0; i < f->n; i++)
		if (span_is(name, f->v[i].name))
			return &f->v[i];
	if (f->n == FIELDS_MAX)
		return NULL;
	f->v[f->n].name = arena_strndup(&f->arena, name);
	return &f->v[f->n++];
}

void
fields_look(void *ctx, const struct json_object *o)
{
	struct fields *f = ctx;
	struct buf name = { 0 };

	for (size_t i = 0; i < o->n; i++) {
		struct field *found;

		buf_clear(&name);
		json_decode(&name, o->v[i].key);
		found = find(f, buf_span(&name));
		if (found != NULL)
			found->types |= 1U << o->v[i].type;
	}
	buf_release(&name);
}

/* Several types are joined by |; null counts if there is nothing else. */
static void
put_type(struct buf *b, unsigned types)
{
	size_t start = b->n;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if ((types & kinds[i].types) == 0)
			continue;
		if (b->n > start)
			buf_putc(b, '|');
		buf_puts(b, kinds[i].name);
	}
	if (b->n == start)
		buf_puts(b, "null");
}

void
fields_emit(const struct fields *f, const char *stream,
    const char *const *id, size_t nid, const char *timestamp)
{
	struct buf b = { 0 };

	buf_puts(&b, "{\"stream\":");
	json_put_cstring(&b, stream);
	buf_puts(&b, ",\"id\":[");
	for (size_t i = 0; i < nid; i++) {
		buf_puts(&b, i > 0 ? "," : "");
		json_put_cstring(&b, id[i]);
	}
	buf_putc(&b, ']');
	if (timestamp != NULL) {
		buf_puts(&b, ",\"timestamp\":");
		json_put_cstring(&b, timestamp);
	}
	buf_puts(&b, ",\"fields\":[");
	for (size_t i = 0; i < f->n; i++) {
		buf_puts(&b, i > 0 ? ",{\"name\":" : "{\"name\":");
		json_put_cstring(&b, f->v[i].name);
		buf_puts(&b, ",\"type\":\"");
		put_type(&b, f->v[i].types);
		buf_puts(&b, "\"}");
	}
	buf_puts(&b, "]}");
	emit_raw(buf_span(&b));
	buf_release(&b);
}

void
fields_release(struct fields *f)
{
	arena_release(&f->arena);
}
