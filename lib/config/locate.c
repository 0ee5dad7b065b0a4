/* SPDX-License-Identifier: MIT */
/* From the name of a value, "source.streams.pages.doc", to its place. */
#include <stdlib.h>

#include "config/config.h"
#include "config/yaml.h"

enum { LOCATE_DEPTH = CONFIG_DEPTH };

/* The next part of a path: up to a dot, or [N] whole. */
static struct span
next_part(struct span *path)
{
	struct span s = *path;
	size_t n = 0;

	if (s.n > 0 && s.p[0] == '.')
		s = (struct span){ s.p + 1, s.n - 1 };
	while (n < s.n && s.p[n] != '.' && (n == 0 || s.p[n] != '['))
		n++;
	*path = (struct span){ s.p + n, s.n - n };
	return (struct span){ s.p, n };
}

static const struct val *
child(const struct val *v, struct span part)
{
	size_t i;

	if (v->type == JSON_ARRAY && part.n > 2 && part.p[0] == '[') {
		i = strtoul(part.p + 1, NULL, 10);
		return i < v->n ? v->items[i] : NULL;
	}
	for (i = 0; v->type == JSON_OBJECT && i < v->n; i++)
		if (span_eq(v->members[i].key, part))
			return v->members[i].value;
	return NULL;
}

/* The value so named; else the last part in a mapping around; else the
 * mapping that lacks it (*lacking). */
static const struct val *
find(const struct val *root, struct span path, bool *lacking)
{
	const struct val *around[LOCATE_DEPTH + 1] = { root }, *v = root;
	struct span part = { 0 };
	size_t n = 0;

	*lacking = false;
	while (path.n > 0) {
		part = next_part(&path);
		v = child(around[n], part);
		if (v == NULL || n == LOCATE_DEPTH)
			break;
		around[++n] = v;
	}
	*lacking = v == NULL;
	if (v != NULL && path.n == 0)
		return v;
	for (size_t i = n + 1; path.n == 0 && i-- > 0;)
		if ((v = child(around[i], part)) != NULL) {
			*lacking = false;
			return v;
		}
	return around[n];
}

/* The path's end in "source.a.b+17: WHAT"; 0: there is none. */
static size_t
path_end(struct span s)
{
	const char *p = s.n > 0 ? memchr(s.p, ':', s.n) : NULL;

	if (!span_starts(s, SPAN("source.")) || p == NULL ||
	    memchr(s.p, ' ', (size_t)(p - s.p)) != NULL)
		return 0;
	return (size_t)(p - s.p);
}

bool
config_locate(const struct config *c, struct span message, struct buf *out)
{
	struct span path = { message.p, path_end(message) };
	const char *plus = path.n > 0 ? memrchr(path.p, '+', path.n) : NULL;
	size_t offset = plus != NULL ? strtoul(plus + 1, NULL, 10) : 0;
	const struct val *v;
	unsigned line, col;
	bool lacking;

	if (path.n == 0)
		return false;
	message.p += path.n;
	message.n -= path.n;
	if (plus != NULL)
		path.n = (size_t)(plus - path.p);
	v = find(c->mapped ? c->mapped : c->root, path, &lacking);
	line = v->line;
	col = v->col;
	if (plus != NULL && !lacking)
		yaml_place(v, offset, &line, &col);
	if (line == 0)
		return false;
	buf_printf(out, "%s:%u:%u: %.*s%.*s", c->file, line, col, (int)path.n,
	    path.p, (int)message.n, message.p);
	return true;
}
