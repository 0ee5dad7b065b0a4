/* SPDX-License-Identifier: MIT */
#include "source/airbyte/settings.h"

#include <stdio.h>
#include <stdlib.h>

#include "source/tap/process.h"

/* One place of a spec beside the place of a config that it is of. */
struct pair {
	const struct val *spec, *config;
	char path[160];
};

struct walk {
	struct pair v[512];
	size_t n;
};

static void
push(struct walk *w, const struct val *spec, const struct val *config,
    const char *path, const char *key)
{
	struct pair *p = &w->v[w->n];

	if (spec == NULL || config == NULL ||
	    w->n == sizeof w->v / sizeof *w->v)
		return;
	*p = (struct pair){ .spec = spec, .config = config };
	snprintf(p->path, sizeof p->path, "%s%s%s", path,
	    *path != '\0' && *key != '\0' ? "." : "", key);
	w->n++;
}

static void
push_inside(struct walk *w, const struct pair *p)
{
	static const char *const branches[] = { "oneOf", "anyOf", "allOf" };
	const struct val *props = val_get(p->spec, "properties");
	const struct val *items = val_get(p->spec, "items");

	for (size_t i = 0; i < sizeof branches / sizeof *branches; i++) {
		const struct val *list = val_get(p->spec, branches[i]);

		for (size_t k = 0; list != NULL && k < list->n &&
		    list->type == JSON_ARRAY; k++)
			push(w, list->items[k], p->config, p->path, "");
	}
	for (size_t i = 0; p->config->type == JSON_OBJECT &&
	    i < p->config->n; i++) {
		const struct val_member *m = &p->config->members[i];

		push(w, val_get(props, m->key.p), m->value, p->path,
		    m->key.p);
	}
	for (size_t i = 0; p->config->type == JSON_ARRAY &&
	    i < p->config->n; i++)
		push(w, items, p->config->items[i], p->path, "0");
}

/* The next value that is secret, then 0. */
static const struct pair *
next_secret(struct walk *w, struct pair *p)
{
	while (w->n > 0) {
		*p = w->v[--w->n];
		push_inside(w, p);
		if (val_bool(val_get(p->spec, "airbyte_secret"), false) &&
		    (p->config->type == JSON_STRING ||
		    p->config->type == JSON_NUMBER))
			return p;
	}
	return NULL;
}

void
settings_mask(const struct val *spec, const struct val *config)
{
	struct walk *w = xcalloc(1, sizeof *w);
	struct pair p;

	push(w, spec, config, "", "");
	while (next_secret(w, &p) != NULL)
		tap_secret(p.config->str);
	free(w);
}

int
settings_exposed(const struct val *spec, const struct request *rq,
    struct err *e)
{
	struct walk *w = xcalloc(1, sizeof *w);
	struct pair p;
	int r = 0;

	push(w, spec, val_get(rq->source, "config"), "", "");
	if (next_secret(w, &p) != NULL)
		r = source_wrong(e, "config", "%s is a secret of the "
		    "connector, which belongs into source.secrets", p.path);
	free(w);
	return r;
}
