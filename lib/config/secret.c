/* SPDX-License-Identifier: MIT */
/* Secret values: a string, {env: NAME}, {file: PATH}, {cred: NAME} or
 * {cmd: [PROGRAM, ARGUMENT...]}. */
#include <errno.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "config/command.h"
#include "config/parts.h"
#include "config/type.h"

enum {
	SECRET_MAX = 64 << 10, READ_MAX = SECRET_MAX + 1, COMMAND_SECONDS = 60,
	SECRET_LINE = 8         /* a shorter line is nothing to hide */
};

/* A secret being fetched, and where it stands. */
struct secret {
	struct config *c;
	const struct val *v;
	const char *path;
	struct err *e;
};

int
secret_check(const struct config *c, const struct val *v, const char *path,
    struct err *e)
{
	struct schema_fault f;

	if (type_is_text(v)) {
		if (c->exposed)
			return parts_err(c, v, path, e, "a secret in a file "
			    "that others can read: chmod 600, or {env: NAME}");
		return 0;
	}
	if (type_secret_form(v, path, &f) != 0)
		return schema_err(c->file, &f, e);
	return 0;
}

static int
from_env(struct secret *s, const char *name, struct buf *out)
{
	const char *value = getenv(name);

	if (value == NULL)
		return parts_err(s->c, s->v, s->path, s->e,
		    "environment variable %s is not set", name);
	buf_puts(out, value);
	return 0;
}

static int
from_file(struct secret *s, const char *path, struct buf *out)
{
	if (file_read(path, READ_MAX, out) == 0)
		return 0;
	return parts_err(s->c, s->v, s->path, s->e, "%s: %s", path,
	    strerror(errno));
}

/* systemd's credentials are plain names in one folder. */
static int
from_cred(struct secret *s, const char *name, struct buf *out)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char *path;
	int r;

	if (dir == NULL || dir[0] == '\0')
		return parts_err(s->c, s->v, s->path, s->e,
		    "CREDENTIALS_DIRECTORY is not set");
	if (strchr(name, '/') || streq(name, ".") || streq(name, ".."))
		return parts_err(s->c, s->v, s->path, s->e,
		    "cred takes a name, not a path");
	path = file_join(dir, name);
	r = from_file(s, path, out);
	free(path);
	return r;
}

static int
from_command(struct secret *s, const struct val *args, struct buf *out)
{
	char **argv = xcalloc(args->n + 1, sizeof *argv);
	char why[256];
	int r;

	for (size_t i = 0; i < args->n; i++)
		argv[i] = xstrndup(type_text(args->items[i]));
	r = command_run(argv, s->c->dir, COMMAND_SECONDS, READ_MAX, out,
	    why, sizeof why);
	if (r != 0)
		parts_err(s->c, s->v, s->path, s->e, "its command %s", why);
	for (size_t i = 0; i < args->n; i++)
		free(argv[i]);
	free(argv);
	return r;
}

static int
fetch(struct secret *s, struct buf *out)
{
	const struct val *arg;
	const char *name;
	char *path;

	if (type_is_text(s->v)) {
		buf_add_span(out, type_text(s->v));
		return 0;
	}
	arg = s->v->members[0].value;
	if (val_get(s->v, "cmd"))
		return from_command(s, arg, out);
	name = arena_strndup(&s->c->arena, type_text(arg));
	if (val_get(s->v, "env"))
		return from_env(s, name, out);
	if (val_get(s->v, "cred"))
		return from_cred(s, name, out);
	path = parts_path(s->c, span_of(name));
	return from_file(s, path, out);
}

/* Messages have one line each, and so has what they must not show. */
static void
hide_lines(const char *text)
{
	msg_secret(span_of(text));
	while (*text != '\0') {
		struct span line = { text, strcspn(text, "\r\n") };

		if (line.n >= SECRET_LINE)
			msg_secret(line);
		text += line.n + strspn(text + line.n, "\r\n");
	}
}

int
secret_get(struct config *c, const struct val *v, const char *path,
    bool lines, const char **out, struct err *e)
{
	struct secret s = { c, v, path, e };
	struct buf b = { 0 };
	int r = secret_check(c, v, path, e);

	if (r == 0)
		r = fetch(&s, &b);
	if (r == 0 && b.n > 0 && b.p[b.n - 1] == '\n')
		b.n--;
	if (r == 0 && b.n == 0)
		r = parts_err(c, v, path, e, "the secret is empty");
	if (r == 0 && b.n > SECRET_MAX)
		r = parts_err(c, v, path, e,
		    "the secret is longer than 64 KiB");
	if (r == 0 && (memchr(b.p, '\0', b.n) || (!lines &&
	    (memchr(b.p, '\n', b.n) || memchr(b.p, '\r', b.n)))))
		r = parts_err(c, v, path, e,
		    "the secret holds a line break or a NUL");
	if (r == 0 && !utf8_valid(b.p, b.n))
		r = parts_err(c, v, path, e, "the secret is not UTF-8");
	if (r == 0) {
		*out = arena_strndup(&c->arena, buf_span(&b));
		hide_lines(*out);
	}
	buf_release(&b);
	return r;
}

/* The name of the value at this place, "" if it is not in the config. */
static void
find_path(const struct config *c, const struct val *at, char out[SCHEMA_PATH])
{
	struct step {
		const struct val *v;
		char path[SCHEMA_PATH];
	} *todo = xcalloc(1, sizeof *todo);
	size_t n = 1, cap = 1;

	out[0] = '\0';
	todo[0].v = c->root;
	while (n > 0 && out[0] == '\0') {
		struct step s = todo[--n];

		for (size_t i = 0; i < s.v->n; i++) {
			bool list = s.v->type == JSON_ARRAY;
			const struct val *v = list ? s.v->items[i] :
			    s.v->members[i].value;
			struct step *t;

			todo = xgrow(todo, &cap, n + 1, sizeof *todo);
			t = &todo[n];
			t->v = v;
			if (list)
				schema_path_item(t->path, s.path, i);
			else
				schema_path_key(t->path, s.path,
				    s.v->members[i].key.p);
			if (v->line == at->line && v->col == at->col)
				memcpy(out, t->path, SCHEMA_PATH);
			n += v->n > 0;
		}
	}
	free(todo);
}

int
config_secret(struct config *c, const struct val *ref, const char **out,
    struct err *e)
{
	char path[SCHEMA_PATH];

	*out = NULL;
	if (ref == NULL)
		return 0;
	find_path(c, ref, path);
	return secret_get(c, ref, path, false, out, e);
}
