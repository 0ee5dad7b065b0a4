/* SPDX-License-Identifier: MIT */
#include "source/airbyte/settings.h"

#include <stdio.h>
#include <stdlib.h>

#include "source/tap/process.h"

extern char **environ;

/* ---- the program ---- */

static int
read_command(struct settings *s, const struct request *rq, struct err *e)
{
	const struct val *list = val_get(rq->source, "command");

	s->argc = list != NULL ? list->n : 0;
	s->argv = arena_alloc(s->arena, (s->argc + 1) * sizeof *s->argv);
	for (size_t i = 0; i < s->argc; i++) {
		struct span word = val_str(list->items[i]);

		if (memchr(word.p, '\0', word.n) != NULL)
			return source_wrong(e, "command", "a NUL in it");
		s->argv[i] = arena_strndup(s->arena, word);
	}
	if (s->argc == 0 || s->argv[0][0] == '\0')
		return source_wrong(e, "command", "missing");
	if (s->argv[0][0] != '/' && strchr(s->argv[0], '/') != NULL)
		return source_wrong(e, "command", "%s is neither absolute "
		    "nor a name to be looked for in PATH", s->argv[0]);
	return 0;
}

/* Ours with what the config adds or replaces. */
static void
read_environment(struct settings *s, const struct request *rq)
{
	const struct val *more = val_get(rq->source, "environment");
	size_t n = 0, nmore = more != NULL ? more->n : 0, k = 0;

	while (environ[n] != NULL)
		n++;
	s->env = arena_alloc(s->arena, (n + nmore + 1) * sizeof *s->env);
	for (size_t i = 0; i < n; i++) {
		struct span name = { environ[i], strcspn(environ[i], "=") };
		char *text = arena_strndup(s->arena, name);

		if (val_get(more, text) == NULL)
			s->env[k++] = environ[i];
	}
	for (size_t i = 0; i < nmore; i++) {
		char *text = xasprintf("%s=%s", more->members[i].key.p,
		    val_str(more->members[i].value).p);

		s->env[k++] = arena_strndup(s->arena, span_of(text));
		free(text);
	}
}

static char *
replaced(struct arena *a, const char *word, const char *folder)
{
	static const char mark[] = "{folder}";
	const char *at;
	struct buf b = { 0 };
	char *made;

	while ((at = strstr(word, mark)) != NULL) {
		buf_add(&b, word, (size_t)(at - word));
		buf_puts(&b, folder);
		word = at + sizeof mark - 1;
	}
	buf_puts(&b, word);
	made = arena_strndup(a, buf_span(&b));
	buf_release(&b);
	return made;
}

char **
settings_argv(const struct settings *s, const char *folder,
    const char *const more[])
{
	size_t n = 0;
	char **argv;

	while (more[n] != NULL)
		n++;
	argv = arena_alloc(s->arena, (s->argc + n + 1) * sizeof *argv);
	for (size_t i = 0; i < s->argc; i++)
		argv[i] = replaced(s->arena, s->argv[i], folder);
	for (size_t i = 0; i < n; i++)
		argv[s->argc + i] = arena_strndup(s->arena, span_of(more[i]));
	return argv;
}

/* ---- the connector's own settings ---- */

static bool
index_of(struct span key, size_t n, size_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < key.n; i++) {
		if (key.p[i] < '0' || key.p[i] > '9' || v >= n)
			return false;
		v = v * 10 + (uint64_t)(key.p[i] - '0');
	}
	*out = (size_t)v;
	return key.n > 0 && v < n;
}

/* The member or item of that name, made as an object if it is not there. */
static struct val *
step(struct arena *a, struct val *v, struct span key)
{
	char *name = arena_strndup(a, key);
	struct val *next;
	size_t i;

	if (v->type == JSON_ARRAY)
		return index_of(key, v->n, &i) ? v->items[i] : NULL;
	if (v->type != JSON_OBJECT)
		return NULL;
	next = val_get(v, name);
	if (next == NULL)
		val_set(a, v, span_of(name), next = val_new(a, JSON_OBJECT));
	return next;
}

static bool
put_secret(struct arena *a, struct val *config, struct span path,
    const struct val *value)
{
	struct val *at = config;
	const char *dot;
	size_t i;

	while (at != NULL &&
	    (dot = memchr(path.p, '.', path.n)) != NULL) {
		struct span key = { path.p, (size_t)(dot - path.p) };

		at = step(a, at, key);
		path = (struct span){ dot + 1, path.n - key.n - 1 };
	}
	if (at != NULL && at->type == JSON_ARRAY &&
	    index_of(path, at->n, &i)) {
		at->items[i] = val_string(a, val_str(value));
		return true;
	}
	if (at == NULL || at->type != JSON_OBJECT || path.n == 0)
		return false;
	val_set(a, at, path, val_string(a, val_str(value)));
	return true;
}

static int
read_config(struct settings *s, const struct request *rq, struct err *e)
{
	const struct val *config = val_get(rq->source, "config");
	const struct val *secrets = val_get(rq->source, "secrets");

	s->config = config != NULL ? val_copy(s->arena, config) :
	    val_new(s->arena, JSON_OBJECT);
	for (size_t i = 0; secrets != NULL && i < secrets->n; i++) {
		const struct val_member *m = &secrets->members[i];

		tap_secret(val_str(m->value));
		if (!put_secret(s->arena, s->config, m->key, m->value))
			return source_wrong(e, "secrets", "%s: config has no "
			    "such place", m->key.p);
	}
	s->given = val_copy(s->arena, s->config);
	return 0;
}

int
settings_read(struct settings *s, struct arena *a, const struct request *rq,
    struct err *e)
{
	*s = (struct settings){ .arena = a };
	if (read_command(s, rq, e) != 0)
		return -1;
	read_environment(s, rq);
	return read_config(s, rq, e);
}

/* ---- what its spec says of it ---- */

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
