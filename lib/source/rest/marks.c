/* SPDX-License-Identifier: MIT */
#include "source/rest/marks.h"

#include <stdlib.h>

#include "source/source.h"

bool
marks_parse(struct marks *m, const struct val *all)
{
	*m = (struct marks){ 0 };
	if (all == NULL || all->type != JSON_OBJECT)
		return false;
	for (size_t i = 0; i < all->n; i++)
		marks_put(m, all->members[i].key,
		    val_str(all->members[i].value));
	return true;
}

static struct mark *
find(const struct marks *m, struct span scope)
{
	for (size_t i = 0; i < m->n; i++)
		if (span_is(scope, m->v[i].scope))
			return &m->v[i];
	return NULL;
}

const char *
marks_find(const struct marks *m, struct span scope)
{
	const struct mark *k = find(m, scope);

	return k != NULL ? k->text : NULL;
}

void
marks_put(struct marks *m, struct span scope, struct span text)
{
	struct mark *k = find(m, scope);

	if (k == NULL) {
		m->v = xgrow(m->v, &m->cap, m->n + 1, sizeof *m->v);
		k = &m->v[m->n++];
		*k = (struct mark){ .scope = xstrndup(scope) };
	}
	free(k->text);
	k->text = xstrndup(text);
}

void
marks_drop(struct marks *m, struct span scope)
{
	struct mark *k = find(m, scope);

	if (k == NULL)
		return;
	free(k->scope);
	free(k->text);
	*k = m->v[--m->n];
}

void
marks_add(struct marks *m, const struct marks *more)
{
	for (size_t i = 0; i < more->n; i++) {
		struct span scope = span_of(more->v[i].scope);

		if (find(m, scope) == NULL)
			marks_put(m, scope, span_of(more->v[i].text));
	}
}

void
marks_write(const struct marks *m, struct buf *out)
{
	buf_putc(out, '{');
	for (size_t i = 0; i < m->n; i++) {
		json_put_key(out, m->v[i].scope);
		json_put_cstring(out, m->v[i].text);
	}
	buf_putc(out, '}');
}

void
marks_release(struct marks *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->v[i].scope);
		free(m->v[i].text);
	}
	free(m->v);
	*m = (struct marks){ 0 };
}
