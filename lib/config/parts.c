/* SPDX-License-Identifier: MIT */
#include "config/parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int
config_err(const struct config *c, const struct val *at, struct err *e,
    const char *fmt, ...)
{
	char what[MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return schema_err_at(c->file, at, "", e, "%s", what);
}

int
parts_err(const struct config *c, const struct val *at, const char *path,
    struct err *e, const char *fmt, ...)
{
	char what[MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return schema_err_at(c->file, at, path, e, "%s", what);
}

struct val *
parts_schema(struct arena *a, const char *json)
{
	struct val_error ve;
	struct val *v = val_parse(a, span_of(json), JSON_DEPTH, true, &ve);

	if (v == NULL)
		die(ST_PERSON, "a built-in schema is not JSON");
	return v;
}

static char *
to_arena(struct config *c, char *s)
{
	char *r = arena_strndup(&c->arena, span_of(s));

	free(s);
	return r;
}

char *
parts_path(struct config *c, struct span path)
{
	char *name = xstrndup(path);
	char *joined = file_join(c->dir, name);

	free(name);
	name = file_absolute(joined);
	free(joined);
	return to_arena(c, name);
}

int
parts_absolute(struct config *c, const struct val *schema, struct val **slot,
    const char *path, struct err *e)
{
	struct val *v = *slot, *made;

	if (!span_is(val_str(val_get(schema, "format")), "path") ||
	    v->type != JSON_STRING)
		return 0;
	if (v->str.n == 0)
		return parts_err(c, v, path, e, "must not be empty");
	made = val_new(&c->arena, JSON_STRING);
	made->str = span_of(parts_path(c, v->str));
	made->line = v->line;
	made->col = v->col;
	*slot = made;
	return 0;
}

/* The value of an environment variable that names a folder; NULL if it is
 * unset or empty. Of a list (systemd's) the first. */
static char *
folder_env(struct config *c, const char *name, const char *below,
    struct err *e)
{
	const char *s = getenv(name);
	struct span dir = span_of(s);
	char *joined, *r;

	if (s == NULL || s[0] == '\0')
		return NULL;
	if (streq(name, "STATE_DIRECTORY"))
		dir.n = strcspn(s, ":");
	if (s[0] != '/') {
		err_set(e, ST_USAGE, "%s: must be an absolute path", name);
		return NULL;
	}
	joined = xasprintf("%.*s%s", (int)dir.n, dir.p, below);
	r = file_absolute(joined);
	free(joined);
	return to_arena(c, r);
}

static int
state_dir(struct config *c, struct err *e)
{
	static const struct { const char *name, *below; } from[] = {
		{ "CONN_STATE_DIR", "" }, { "STATE_DIRECTORY", "" },
		{ "XDG_STATE_HOME", "/conn" }, { "HOME", "/.local/state/conn" }
	};
	const struct val *v = val_get(c->root, "state");

	if (v && v->str.n == 0)
		return parts_err(c, v, "state", e, "must not be empty");
	if (v) {
		c->state_dir = parts_path(c, v->str);
		return 0;
	}
	e->status = 0;
	for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
		c->state_dir = folder_env(c, from[i].name, from[i].below, e);
		if (c->state_dir)
			return 0;
		if (e->status)
			return -1;
	}
	return parts_err(c, NULL, "state", e, "is missing, and none of "
	    "CONN_STATE_DIR, STATE_DIRECTORY, XDG_STATE_HOME, HOME is set");
}

static const char *
state_file(struct config *c, const char *suffix)
{
	return to_arena(c, xasprintf("%s%s%s%s", c->state_dir,
	    streq(c->state_dir, "/") ? "" : "/", c->name, suffix));
}

int
parts_state(struct config *c, struct err *e)
{
	if (state_dir(c, e) != 0)
		return -1;
	c->state_path = state_file(c, ".state");
	c->lock_path = state_file(c, ".lock");
	c->known_path = state_file(c, ".known");
	c->rebuild_path = state_file(c, ".rebuild");
	c->unproven_path = state_file(c, ".unproven");
	c->token_path = state_file(c, ".token");
	return 0;
}

int
config_state_dir(const struct config *c, struct err *e)
{
	return file_mkdirs(c->state_dir, e);
}
