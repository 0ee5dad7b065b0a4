/* SPDX-License-Identifier: MIT */
#include "source/selection.h"

#include <stdlib.h>

#include "base/mem.h"

static int
read_patterns(struct patterns *p, const struct request *rq, const char *key,
    struct err *e)
{
	const struct val *list = val_get(rq->source, key);

	p->given = list != NULL;
	if (list == NULL)
		return 0;
	if (list->type != JSON_ARRAY)
		return source_wrong(e, key, "not a list");
	p->v = xcalloc(list->n, sizeof *p->v);
	for (size_t i = 0; i < list->n; i++) {
		struct span text = val_str(list->items[i]);
		const char *why = pattern_parse(&p->v[i], text);

		if (why != NULL)
			return source_wrong(e, key, "'%s' %s", text.p, why);
		p->n++;
	}
	return 0;
}

int
selection_init(struct selection *s, const struct request *rq, struct err *e)
{
	*s = (struct selection){ 0 };
	if (read_patterns(&s->include, rq, "include", e) != 0)
		return -1;
	return read_patterns(&s->exclude, rq, "exclude", e);
}

static void
patterns_release(struct patterns *p)
{
	while (p->n > 0)
		pattern_release(&p->v[--p->n]);
	free(p->v);
}

void
selection_release(struct selection *s)
{
	patterns_release(&s->include);
	patterns_release(&s->exclude);
	*s = (struct selection){ 0 };
}

static bool
any_matches(const struct patterns *p, struct span path)
{
	for (size_t i = 0; i < p->n; i++)
		if (pattern_match(&p->v[i], path))
			return true;
	return false;
}

bool
selection_has(const struct selection *s, struct span file)
{
	if (any_matches(&s->exclude, file))
		return false;
	return !s->include.given || any_matches(&s->include, file);
}

bool
selection_enters(const struct selection *s, struct span folder)
{
	for (size_t i = 0; i < s->exclude.n; i++)
		if (pattern_match(&s->exclude.v[i], folder) ||
		    pattern_covers(&s->exclude.v[i], folder))
			return false;
	for (size_t i = 0; i < s->include.n; i++)
		if (pattern_below(&s->include.v[i], folder))
			return true;
	return !s->include.given;
}

bool
selection_reaches(const struct selection *s, struct span file)
{
	for (size_t i = 0; i < file.n; i++) {
		struct span folder = { file.p, i };

		if (file.p[i] == '/' && !selection_enters(s, folder))
			return false;
	}
	return selection_has(s, file);
}
