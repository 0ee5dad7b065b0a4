/* SPDX-License-Identifier: MIT */
#include "json/patch.h"

#include <stdlib.h>

#include "json/tree.h"

/* ---- RFC 7396 ---- */

/* Goes down one level of the patch with each call; a parsed text has no more
 * than its depth. */
struct val *
val_merge(struct arena *a, const struct val *target, const struct val *patch)
{
	struct val *v;

	if (patch->type != JSON_OBJECT)
		return val_copy(a, patch);
	v = target != NULL && target->type == JSON_OBJECT ?
	    val_copy(a, target) : val_new(a, JSON_OBJECT);
	if (v->line == 0) {
		v->line = patch->line;
		v->col = patch->col;
	}
	for (size_t i = 0; i < patch->n; i++) {
		const struct val_member *m = &patch->members[i];

		if (m->value->type == JSON_NULL)
			val_unset(v, m->key.p);
		else
			val_set(a, v, m->key,
			    val_merge(a, val_get(v, m->key.p), m->value));
	}
	return v;
}

/* ---- RFC 6901 ---- */

static bool
decode(struct arena *a, struct span token, struct span *out)
{
	char *p = arena_strndup(a, token);
	size_t n = 0;

	for (size_t i = 0; i < token.n; i++) {
		if (token.p[i] != '~') {
			p[n++] = token.p[i];
			continue;
		}
		if (++i == token.n || (token.p[i] != '0' && token.p[i] != '1'))
			return false;
		p[n++] = token.p[i] == '0' ? '~' : '/';
	}
	p[n] = '\0';
	*out = (struct span){ p, n };
	return true;
}

bool
pointer_parse(struct arena *a, struct span text, struct pointer *out)
{
	size_t n = 1;

	*out = (struct pointer){ 0 };
	if (text.n == 0)
		return true;
	if (text.p[0] == '/')
		text = (struct span){ text.p + 1, text.n - 1 };
	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '/';
	out->v = arena_alloc(a, n * sizeof *out->v);
	for (;;) {
		const char *slash = text.n ? memchr(text.p, '/', text.n) : NULL;
		struct span token = { text.p,
			slash ? (size_t)(slash - text.p) : text.n };

		if (!decode(a, token, &out->v[out->n++]))
			return false;
		if (slash == NULL)
			return true;
		text.n -= token.n + 1;
		text.p = slash + 1;
	}
}

void
pointer_put(struct buf *out, struct span token)
{
	buf_putc(out, '/');
	for (size_t i = 0; i < token.n; i++) {
		if (token.p[i] == '~' || token.p[i] == '/')
			buf_puts(out, token.p[i] == '~' ? "~0" : "~1");
		else
			buf_putc(out, token.p[i]);
	}
}

bool
pointer_index(struct span token, size_t *out)
{
	size_t at = 0;

	if (token.n == 0 || token.n > 9 || (token.n > 1 && token.p[0] == '0'))
		return false;
	for (size_t i = 0; i < token.n; i++) {
		if (token.p[i] < '0' || token.p[i] > '9')
			return false;
		at = at * 10 + (size_t)(token.p[i] - '0');
	}
	*out = at;
	return true;
}

static struct val *
item(const struct val *list, struct span token)
{
	size_t at;

	return pointer_index(token, &at) && at < list->n ?
	    list->items[at] : NULL;
}

struct val *
pointer_get(const struct val *root, const struct pointer *p)
{
	const struct val *v = root;

	for (size_t i = 0; v != NULL && i < p->n; i++)
		v = v->type == JSON_ARRAY ? item(v, p->v[i]) :
		    val_get(v, p->v[i].p);
	return (struct val *)v;
}

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' &&
	    (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

struct val *
pointer_ref(struct arena *a, const struct val *root, struct span ref)
{
	char *p;
	size_t n = 0;
	struct pointer at;

	if (ref.n == 0 || ref.p[0] != '#' || (ref.n > 1 && ref.p[1] != '/'))
		return NULL;
	p = arena_strndup(a, ref);
	for (size_t i = 1; i < ref.n; i++) {
		bool coded = ref.p[i] == '%' && i + 2 < ref.n &&
		    hex(ref.p[i + 1]) >= 0 && hex(ref.p[i + 2]) >= 0;

		p[n++] = (char)(!coded ? ref.p[i] :
		    hex(ref.p[i + 1]) << 4 | hex(ref.p[i + 2]));
		i += coded ? 2 : 0;
	}
	return pointer_parse(a, (struct span){ p, n }, &at) ?
	    pointer_get(root, &at) : NULL;
}

/* ---- maps ---- */

/* Takes the value away, and the objects around it that this leaves empty. */
static bool
take_away(struct val *root, const struct pointer *p)
{
	for (size_t n = p->n; n > 0; n--) {
		struct pointer around = { p->v, n - 1 };
		struct val *in = pointer_get(root, &around);

		if (in == NULL)
			return true;
		if (in->type != JSON_OBJECT)
			return false;
		val_unset(in, p->v[n - 1].p);
		if (in->n > 0)
			return true;
	}
	return true;
}

static bool
put(struct arena *a, struct val *root, const struct pointer *p,
    struct val *value)
{
	struct val *in = root;

	for (size_t i = 0; i + 1 < p->n; i++) {
		struct val *next = val_get(in, p->v[i].p);

		if (next == NULL) {
			next = val_new(a, JSON_OBJECT);
			next->line = value->line;
			next->col = value->col;
			val_set(a, in, p->v[i], next);
		}
		if (next->type != JSON_OBJECT)
			return false;
		in = next;
	}
	val_set(a, in, p->v[p->n - 1], value);
	return true;
}

struct val *
pointer_map(struct arena *a, const struct val *root,
    const struct pointer_move *moves, size_t n, size_t *wrong)
{
	struct val *v = val_copy(a, root);
	struct val **taken = xcalloc(n + 1, sizeof *taken);
	bool good = true;

	for (size_t i = 0; i < n; i++)
		taken[i] = val_copy(a, pointer_get(root, &moves[i].from));
	for (size_t i = 0; good && i < n; i++)
		if (taken[i] != NULL && !take_away(v, &moves[i].from)) {
			*wrong = i;
			good = false;
		}
	for (size_t i = 0; good && i < n; i++)
		if (taken[i] != NULL && !moves[i].drop &&
		    !put(a, v, &moves[i].to, taken[i])) {
			*wrong = i;
			good = false;
		}
	free(taken);
	return good ? v : NULL;
}
