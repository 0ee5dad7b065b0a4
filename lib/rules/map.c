/* SPDX-License-Identifier: MIT */
#include "rules/map.h"

#include <stdlib.h>

#include "rules/jqset.h"
#include "rules/splice.h"

struct map {
	struct jqset *set;
	int program;
	struct buf reply;
};

int
map_new(struct map **out, const struct val *program, const char *file,
    struct err *e)
{
	struct map *m;

	*out = NULL;
	if (program == NULL)
		return 0;
	m = xcalloc(1, sizeof *m);
	m->set = jqset_new();
	m->program = jqset_add(m->set, program, "map", 0);
	/* a second result is an error, however many follow */
	jqset_most(m->set, 2);
	if (jqset_start(m->set, file, e) != 0) {
		map_free(m);
		return -1;
	}
	*out = m;
	return 0;
}

void
map_free(struct map *m)
{
	if (m == NULL)
		return;
	jqset_free(m->set);
	buf_release(&m->reply);
	free(m);
}

void
map_limit(struct map *m, double seconds)
{
	jqset_limit(m->set, seconds);
}

static const char *
failure_text(enum jqset_result r)
{
	static const char *const texts[] = {
		[JQSET_ERROR] = "the map's program failed",
		[JQSET_HALT] = "the map's program halted",
		[JQSET_LONG] = "the map's result is too long",
		[JQSET_LATE] = "the map took too long",
		[JQSET_DEAD] = "the map crashed or ran out of memory",
	};

	return texts[r];
}

/* One object makes a document; each result is a line. */
static const char *
document(struct span line, struct span results, struct buf *out)
{
	const char *nl = memchr(results.p, '\n', results.n);
	size_t n = (size_t)(nl - results.p);

	if (n + 1 < results.n)
		return "the map gave more than one result";
	if (results.p[0] != '{')
		return "the map did not give an object";
	return splice_head(out, line, (struct span){ results.p, n });
}

int
map_run(struct map *m, struct span line, enum map_result *result,
    struct buf *out, const char **what, struct err *e)
{
	enum jqset_result r;

	buf_clear(out);
	if (jqset_run(m->set, m->program, (struct span){ 0 }, line, &m->reply,
	    &r, what, e) != 0)
		return -1;
	*what = failure_text(r);
	*result = MAP_ERROR;
	if (r == JQSET_OK && m->reply.n == 0)
		*result = MAP_EMPTY;
	else if (r == JQSET_OK)
		*what = document(line, buf_span(&m->reply), out);
	if (*what == NULL && *result != MAP_EMPTY)
		*result = MAP_DOC;
	return 0;
}
