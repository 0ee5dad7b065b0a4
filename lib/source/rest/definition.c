/* SPDX-License-Identifier: MIT */
#include "source/rest/definition.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "source/rest/program.h"

static const char *const mode_keys[MODES] = { NULL, "slim", "poll" };

void
definition_key(char out[DEFINITION_KEY], const char *name, const char *key)
{
	snprintf(out, DEFINITION_KEY, "streams.%.*s%s%s", 100, name,
	    key[0] ? "." : "", key);
}

MSG_PRINTF(5, 6)
static int
wrong(const struct connector *c, const struct definition *d, const char *key,
    struct err *e, const char *fmt, ...)
{
	char path[DEFINITION_KEY], what[MSG_MAX];
	const struct val *at = val_get(d->keys[MODE_LOAD], key);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	definition_key(path, d->name, key);
	return connector_wrong(c, at != NULL ? at : d->at, path, e, "%s",
	    what);
}

static bool
is_any(struct span key, const char *const *names)
{
	for (; *names != NULL; names++)
		if (span_is(key, *names))
			return true;
	return false;
}

/* The members of v that are, or are not, any of these. */
static struct val *
select_keys(struct arena *a, const struct val *v, const char *const *names,
    bool wanted)
{
	struct val *out = val_new(a, JSON_OBJECT);

	out->line = v->line;
	out->col = v->col;
	for (size_t i = 0; i < v->n; i++)
		if (is_any(v->members[i].key, names) == wanted)
			val_set(a, out, v->members[i].key,
			    v->members[i].value);
	return out;
}

/* ---- keys ---- */

/* Of two ways to ask, the later one counts. */
static struct val *
merge(struct connector *c, const struct val *base, const struct val *over)
{
	static const char *const ways[] = { "get", "post", NULL };
	bool again = val_get(over, "get") != NULL ||
	    val_get(over, "post") != NULL;

	return connector_merge(c->arena, again ?
	    select_keys(c->arena, base, ways, false) : base, over);
}

static void
merge_modes(struct connector *c, struct definition *d,
    const struct val *defaults, const struct val *own)
{
	static const char *const modes[] = { "poll", "slim", NULL };
	struct val *all = merge(c, defaults, own);
	struct val *base = select_keys(c->arena, all, modes, false);

	d->keys[MODE_LOAD] = base;
	for (int m = MODE_SLIM; m < MODES; m++)
		d->keys[m] = merge(c, base, val_get(all, mode_keys[m]));
}

static int
check_keys(struct connector *c, struct definition *d, struct err *e)
{
	for (int m = 0; m < MODES; m++) {
		const struct val *k = d->keys[m];
		bool get = val_get(k, "get") != NULL;
		bool post = val_get(k, "post") != NULL;

		if (get && post)
			return wrong(c, d, "post", e, "beside get; only one "
			    "of them may be there");
		if (!get && !post)
			return wrong(c, d, "", e, "get is missing");
	}
	return 0;
}

/* ---- what keep may not use ---- */

/* Does a jq program read the member .NAME of its input? */
static bool
mentions(struct span program, struct span name)
{
	for (size_t i = 0; i + name.n < program.n; i++) {
		const char *p = program.p + i;
		char before = i > 0 ? p[-1] : ' ';

		if (p[0] != '.' || memcmp(p + 1, name.p, name.n) != 0)
			continue;
		if (i + 1 + name.n < program.n && program_word(p[1 + name.n]))
			continue;
		if (!program_word(before) && !strchr(".)]?\"$", before))
			return true;
	}
	return false;
}

static int
check_with(struct connector *c, struct definition *d, struct err *e)
{
	static const char *const early[] = { "keep", "id", "time", "gone",
	    "scope" };

	for (int m = 0; m < MODES; m++) {
		const struct val *with = val_get(d->keys[m], "with");

		for (size_t i = 0; with != NULL && i < with->n; i++)
			for (size_t k = 0; k < 5; k++)
				if (mentions(val_str(val_get(d->keys[m],
				    early[k])), with->members[i].key))
					return wrong(c, d, early[k], e,
					    "uses .%s, which with brings only "
					    "later", with->members[i].key.p);
	}
	return 0;
}

/* ---- whom a stream is for ---- */

static int
find_links(struct connector *c, struct definition *d, struct err *e)
{
	const struct val *as = val_get(d->keys[MODE_LOAD], "as");
	int own = (int)(d - c->v);

	d->as = own;
	if (as != NULL && (d->as = connector_find(c, val_str(as))) < 0)
		return wrong(c, d, "as", e, "no stream %s", as->str.p);
	for (int m = 0; m < MODES; m++)
		d->parent[m] = connector_find(c, val_str(val_get(d->keys[m],
		    "for")));
	d->feeds = val_get(d->keys[MODE_LOAD], "doc") != NULL &&
	    span_is(val_str(val_get(d->keys[MODE_LOAD], "doc")), "false");
	d->only_poll = val_get(d->keys[MODE_LOAD], "only") != NULL;
	return 0;
}

/* Puts i behind all that it is for. state: 0 new, 1 being put, 2 there. */
static int
put_after(const struct connector *c, size_t i, char *state, size_t *order,
    size_t *n, struct err *e)
{
	if (state[i] == 2)
		return 0;
	if (state[i] == 1)
		return wrong(c, &c->v[i], "for", e,
		    "is for itself, by way of its parents");
	state[i] = 1;
	for (int m = 0; m < MODES; m++)
		if (c->v[i].parent[m] >= 0 && put_after(c,
		    (size_t)c->v[i].parent[m], state, order, n, e) != 0)
			return -1;
	state[i] = 2;
	order[(*n)++] = i;
	return 0;
}

static int
sort(struct connector *c, struct err *e)
{
	size_t *order = arena_alloc(c->arena, c->n * sizeof *order), n = 0;
	int *place = arena_alloc(c->arena, c->n * sizeof *place);
	struct definition *v = arena_alloc(c->arena, c->n * sizeof *v);
	char *state = arena_alloc(c->arena, c->n);

	for (size_t i = 0; i < c->n; i++)
		if (put_after(c, i, state, order, &n, e) != 0)
			return -1;
	for (size_t i = 0; i < c->n; i++)
		place[order[i]] = (int)i;
	for (size_t i = 0; i < c->n; i++) {
		v[i] = c->v[order[i]];
		v[i].as = place[v[i].as];
		for (int m = 0; m < MODES; m++)
			if (v[i].parent[m] >= 0)
				v[i].parent[m] = place[v[i].parent[m]];
	}
	c->v = v;
	return 0;
}

/* ---- which are asked for ---- */

static int
select_named(struct connector *c, const struct request *rq, struct err *e)
{
	for (size_t i = 0; i < rq->streams->n; i++) {
		struct span name = val_str(val_get(rq->streams->items[i],
		    "name"));
		int k = connector_find(c, name);

		if (k < 0)
			return err_set(e, ST_USAGE, "streams: no stream %.*s",
			    (int)(name.n < 100 ? name.n : 100),
			    name.n > 0 ? name.p : "");
		if (c->v[k].feeds)
			return err_set(e, ST_USAGE,
			    "streams: %s has no documents", c->v[k].name);
		c->v[k].selected = true;
	}
	for (size_t i = 0; i < c->n; i++)
		c->v[i].selected |= c->v[c->v[i].as].selected;
	return 0;
}

static int
select_streams(struct connector *c, const struct request *rq, struct err *e)
{
	bool any = false;

	if (rq->streams->n > 0)
		return select_named(c, rq, e);
	for (size_t i = 0; i < c->n; i++) {
		c->v[i].selected = !c->v[i].feeds;
		any = any || c->v[i].selected;
	}
	return any ? 0 : connector_wrong(c, val_get(c->root, "streams"),
	    "streams", e, "none of them has documents");
}

/* ---- all ---- */

static void
find_shared(struct connector *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct definition *other = &c->v[c->v[i].as];

		if (c->v[i].as != (int)i && !c->v[i].only_poll)
			c->v[i].shared = other->shared = true;
	}
}

static int
check_all(struct connector *c, struct err *e)
{
	for (size_t i = 0; i < c->n; i++)
		if (check_keys(c, &c->v[i], e) != 0 ||
		    check_with(c, &c->v[i], e) != 0 ||
		    find_links(c, &c->v[i], e) != 0)
			return -1;
	find_shared(c);
	return 0;
}

int
definition_read(struct connector *c, const struct request *rq,
    struct err *e)
{
	static const char *const top[] = { "type", "title", "description",
	    "settings", "url", "auth", "rate", "wait", "parallel",
	    "overlap", "checks", "streams", "timeout", "retry", "ca", "cert",
	    "key", "allow_http", NULL };
	static const char *const sub[] = { "items", "next", "total", "query",
	    "headers", "status", "format", NULL };
	const struct val *streams = val_get(c->root, "streams");
	struct val *defaults = select_keys(c->arena, c->root, top, false);

	c->sub = select_keys(c->arena, defaults, sub, true);
	c->n = streams != NULL ? streams->n : 0;
	if (c->n == 0 || c->n > CONNECTOR_STREAMS)
		return connector_wrong(c, streams, "streams", e, "%s",
		    c->n == 0 ? "must not be empty" : "too many");
	c->v = arena_alloc(c->arena, c->n * sizeof *c->v);
	for (size_t i = 0; i < c->n; i++) {
		c->v[i].name = streams->members[i].key.p;
		c->v[i].at = streams->members[i].value;
		merge_modes(c, &c->v[i], defaults, streams->members[i].value);
	}
	if (check_all(c, e) != 0 || sort(c, e) != 0)
		return -1;
	return select_streams(c, rq, e);
}
