/* SPDX-License-Identifier: MIT */
#include "run/spec.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"

enum { FILE_MAX = 16 << 20 };

static struct val *
object_of(struct arena *a, struct span text)
{
	struct val_error bad;
	struct val *v = val_parse(a, text, JSON_DEPTH, false, &bad);

	return v != NULL && v->type == JSON_OBJECT ? v : NULL;
}

/* The line that is the answer to `spec`; others are logs, or no JSON. */
static struct val *
answer_of(struct arena *a, struct span text)
{
	while (text.n > 0) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end != NULL ? (size_t)(end - text.p) : text.n;
		struct val *v = n > 0 && text.p[0] == '{' ?
		    object_of(a, (struct span){ text.p, n }) : NULL;

		if (v != NULL && val_get(v, "spec") != NULL)
			return v;
		n += end != NULL;
		text = (struct span){ text.p + n, text.n - n };
	}
	return NULL;
}

struct val *
spec_settings(struct arena *a, const struct val *schema,
    const struct val *documentation)
{
	struct val *spec = val_new(a, JSON_OBJECT);
	const struct val *title = val_get(schema, "title");

	val_set(a, spec, SPAN("type"), val_string(a, SPAN("airbyte")));
	if (val_cstr(title) != NULL)
		val_set(a, spec, SPAN("title"), val_copy(a, title));
	val_set(a, spec, SPAN("schema"), val_copy(a, schema));
	if (val_cstr(documentation) != NULL)
		val_set(a, spec, SPAN("documentationUrl"), val_copy(a,
		    documentation));
	return spec;
}

static bool
is_object(const struct val *v)
{
	return v != NULL && v->type == JSON_OBJECT;
}

/* What it is; NULL: none of them. */
static struct val *
recognise(struct arena *a, struct val *v, bool *connector)
{
	struct val *inner = val_get(v, "spec");
	const struct val *schema;

	if (is_object(inner))
		v = inner;
	schema = val_get(v, "connectionSpecification");
	*connector = true;
	if (is_object(schema))
		return spec_settings(a, schema, val_get(v,
		    "documentationUrl"));
	*connector = false;
	if (is_object(val_get(v, "schema")) && val_get(v, "verbs") != NULL)
		return v;
	*connector = true;
	if (is_object(val_get(v, "properties")) || val_get(v, "$schema") ||
	    val_get(v, "oneOf") || val_get(v, "$ref"))
		return spec_settings(a, v, val_get(v, "documentationUrl"));
	return NULL;
}

int
spec_file(struct arena *a, const char *operand, struct val **spec,
    bool *connector, struct err *e)
{
	bool in = streq(operand, "-");
	struct buf text = { 0 };
	struct val *v;
	int r = in ? file_read_fd(STDIN_FILENO, FILE_MAX, &text) :
	    file_read(operand, FILE_MAX, &text);

	if (r != 0) {
		err_set(e, ST_USAGE, "%s: %s", in ? "stdin" : operand,
		    errno == EFBIG ? "larger than 16 MiB" : strerror(errno));
		buf_release(&text);
		return -1;
	}
	v = object_of(a, buf_span(&text));
	if (v == NULL)
		v = answer_of(a, buf_span(&text));
	buf_release(&text);
	*spec = v != NULL ? recognise(a, v, connector) : NULL;
	return *spec != NULL;
}
