/* SPDX-License-Identifier: MIT */
#include "source/tap/tell.h"

#include "source/source.h"

/* Of a list of types the first that is not null. */
static const char *
type_of(const struct val *schema)
{
	const struct val *type = val_get(schema, "type");

	for (size_t i = 0; type != NULL && type->type == JSON_ARRAY &&
	    i < type->n; i++)
		if (val_cstr(type->items[i]) != NULL &&
		    !span_is(type->items[i]->str, "null"))
			return val_cstr(type->items[i]);
	return val_cstr(type) != NULL ? val_cstr(type) : "any";
}

static void
put_fields(struct buf *b, const struct val *properties)
{
	buf_puts(b, ",\"fields\":[");
	for (size_t i = 0; properties != NULL &&
	    properties->type == JSON_OBJECT && i < properties->n; i++) {
		buf_puts(b, i > 0 ? ",{" : "{");
		json_put_key(b, "name");
		json_put_string(b, properties->members[i].key);
		json_put_key(b, "type");
		json_put_cstring(b, type_of(properties->members[i].value));
		buf_putc(b, '}');
	}
	buf_putc(b, ']');
}

void
tap_tell(struct arena *a, const char *label, const struct tap_paths *id,
    const struct tap_path *timestamp, const struct val *schema)
{
	struct buf b = { 0 };

	buf_puts(&b, "{\"stream\":");
	json_put_cstring(&b, label);
	buf_puts(&b, ",\"id\":[");
	for (size_t i = 0; i < id->n; i++) {
		buf_puts(&b, i > 0 ? "," : "");
		json_put_cstring(&b, tap_path_text(a, &id->v[i]));
	}
	buf_putc(&b, ']');
	if (timestamp->n > 0) {
		json_put_key(&b, "timestamp");
		json_put_cstring(&b, tap_path_text(a, timestamp));
	}
	put_fields(&b, val_get(schema, "properties"));
	if (schema != NULL && schema->type == JSON_OBJECT) {
		json_put_key(&b, "schema");
		val_write(&b, schema);
	}
	buf_putc(&b, '}');
	emit_raw(buf_span(&b));
	buf_release(&b);
}
