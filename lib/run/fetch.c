/* SPDX-License-Identifier: MIT */
/* front_fetch: documents by their ids. */
#include <stdlib.h>

#include "run/front.h"

void
front_want(struct front *f, struct ids *ids, struct span id)
{
	size_t prefix = f->maker.name.n + 1;

	ids_add(ids, (struct span){ id.p + prefix, id.n - prefix });
}

static int
ask(struct front *f, const struct ids *ids, size_t from, size_t n)
{
	char **v = xcalloc(n, sizeof *v);
	int r;

	for (size_t i = 0; i < n; i++)
		v[i] = (char *)(uintptr_t)ids_text(ids, from + i);
	r = front_read(f, "load", v, n);
	free(v);
	return r;
}

int
front_fetch(struct front *f, struct ids *ids)
{
	int r = 0;

	ids_sort(ids);
	f->wanted = ids;
	if (!val_bool(val_get(f->spec, "ids"), false)) {
		if (ids->n > 0)
			r = front_read(f, "load", NULL, 0);
	} else {
		for (size_t i = 0; r == 0 && i < ids->n; i += FRONT_IDS)
			r = ask(f, ids, i, ids->n - i < FRONT_IDS ?
			    ids->n - i : FRONT_IDS);
	}
	f->wanted = NULL;
	return r;
}
