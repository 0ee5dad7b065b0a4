/* SPDX-License-Identifier: MIT */
#include "source/singer/check.h"

#include <stdlib.h>

#include "source/singer/secrets.h"
#include "source/tap/tell.h"

static void
warn_keyless(const struct singer_stream *s)
{
	char *text;

	if (s->id.n > 0)
		return;
	text = xasprintf("stream %s: no key; nothing of it is ever deleted, "
	    "unless the tap tells one later", s->label);
	emit_check("streams", true, text);
	free(text);
}

int
singer_check(struct singer *s, struct err *e)
{
	int r = singer_discover(s, e);

	singer_secrets_tell(s->rq);
	for (size_t i = 0; r == 0 && i < s->catalog.n; i++)
		warn_keyless(&s->catalog.v[i]);
	return r;
}

int
singer_tell(struct singer *s, struct err *e)
{
	int r = singer_discover(s, e);

	for (size_t i = 0; r == 0 && i < s->catalog.n; i++) {
		const struct singer_stream *t = &s->catalog.v[i];

		tap_tell(&s->arena, t->label, &t->id, &t->timestamp,
		    val_get(t->offered, "schema"));
	}
	return r;
}
