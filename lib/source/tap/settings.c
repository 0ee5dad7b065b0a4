/* SPDX-License-Identifier: MIT */
#include "source/tap/settings.h"

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

/* ---- its own settings ---- */

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
