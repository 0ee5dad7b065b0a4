/* SPDX-License-Identifier: MIT */
#include "source/singer/secrets.h"

#include <stdlib.h>

#include "source/tap/process.h"

enum { SECRET_MIN = 6, PENDING = 256 };

static bool
names_secret(const char *name)
{
	static const char *const words[] = { "password", "passwd", "secret",
		"token", "api_key", "apikey", "private_key", "access_key" };
	static const char *const ends[] = { "url", "uri", "path", "file", "id",
		"type", "name", "expires" };
	size_t n = strlen(name);

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (n > strlen(ends[i]) &&
		    strcasecmp(name + n - strlen(ends[i]), ends[i]) == 0)
			return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasestr(name, words[i]) != NULL)
			return true;
	return false;
}

/* found is called for each, at whatever depth. */
static void
walk(const struct val *config, void (*found)(const struct val_member *))
{
	const struct val *todo[PENDING];
	size_t n = 0;

	if (config != NULL)
		todo[n++] = config;
	while (n > 0) {
		const struct val *at = todo[--n];

		for (size_t i = 0; i < at->n && n < PENDING; i++) {
			const struct val *v = at->type == JSON_ARRAY ?
			    at->items[i] : at->members[i].value;

			todo[n++] = v;
			if (at->type == JSON_OBJECT && v->type ==
			    JSON_STRING && v->str.n >= SECRET_MIN &&
			    names_secret(at->members[i].key.p))
				found(&at->members[i]);
		}
	}
}

static void
mask(const struct val_member *m)
{
	tap_secret(m->value->str);
}

void
singer_secrets_mask(const struct val *config)
{
	walk(config, mask);
}

static void
tell(const struct val_member *m)
{
	char *text = xasprintf("%s looks like a secret, which belongs into "
	    "source.secrets", m->key.p);

	emit_check("config", true, text);
	free(text);
}

void
singer_secrets_tell(const struct request *rq)
{
	walk(val_get(rq->source, "config"), tell);
}
