/* SPDX-License-Identifier: MIT */
#include "source/rest/ident.h"

#include "source/rest/path.h"
#include "source/source.h"

bool
ident_text(struct span json, struct buf *out)
{
	size_t before = out->n;

	if (json.n > 2 && json.p[0] == '"') {
		json_decode(out, (struct span){ json.p + 1, json.n - 2 });
		return out->n > before;
	}
	if (!json_is_number(json) || !json_number_is_integer(json))
		return false;
	path_number(out, json);
	return true;
}

void
ident_prefix(struct buf *out, const char *stream, struct span scope)
{
	id_part(out, span_of(stream));
	buf_putc(out, '/');
	if (scope.p == NULL)
		return;
	id_part(out, scope);
	buf_putc(out, '/');
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool
ident_parse(struct ident *t, struct span id)
{
	t->n = 1;
	for (size_t k = 0; k < 3; k++)
		buf_clear(&t->parts[k]);
	for (size_t i = 0; i < id.n; i++) {
		struct buf *b = &t->parts[t->n - 1];
		int hi = id.p[i] == '%' && i + 2 < id.n ?
		    hex(id.p[i + 1]) : -1;
		int lo = hi >= 0 ? hex(id.p[i + 2]) : -1;

		if (id.p[i] == '/' && t->n == 3)
			return false;
		if (id.p[i] == '/') {
			t->n++;
		} else if (lo >= 0) {
			buf_putc(b, (char)(hi << 4 | lo));
			i += 2;
		} else {
			buf_putc(b, id.p[i]);
		}
	}
	return t->n > 1;
}

void
ident_release(struct ident *t)
{
	for (size_t k = 0; k < 3; k++)
		buf_release(&t->parts[k]);
}
