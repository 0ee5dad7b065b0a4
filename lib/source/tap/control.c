/* SPDX-License-Identifier: MIT */
#include "source/tap/control.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "source/rest/tokens.h"
#include "source/tap/process.h"

enum { FILE_MAX = 4 << 20, LEVELS = 128, SECRET_MIN = 6 };

static char *
seed_of(const struct val *config)
{
	struct buf b = { 0 };
	char hex[HASH_HEX + 1];

	val_write_sorted(&b, config);
	hash_hex(hash128(b.p, b.n), hex);
	explicit_bzero(b.p, b.n);
	buf_release(&b);
	return xstrdup(hex);
}

static int
take_lock(struct control *c, struct err *e)
{
	if (c->lock < 0)
		c->lock = tokens_lock(c->path, c->wait, e);
	return c->lock < 0 ? -1 : 0;
}

/* Every text in a value that is new is a secret until proven otherwise. */
static void
mask(const struct val *v)
{
	const struct val *todo[64];
	size_t n = 1;

	todo[0] = v;
	while (n > 0) {
		const struct val *at = todo[--n];

		if (at->type == JSON_STRING && at->str.n >= SECRET_MIN)
			tap_secret(at->str);
		for (size_t i = 0; i < at->n && n < 64; i++)
			todo[n++] = at->type == JSON_ARRAY ? at->items[i] :
			    at->members[i].value;
	}
}

static void
take_over(struct control *c, struct settings *s, const struct val_member *m)
{
	struct val *value = val_copy(s->arena, m->value);

	val_set(s->arena, c->kept, m->key, value);
	val_set(s->arena, s->config, m->key, value);
}

static int
read_file(struct control *c, struct settings *s, struct err *e)
{
	struct val_error bad;
	struct buf b = { 0 };
	const struct val *v, *config;
	int r = file_read(c->path, FILE_MAX, &b);

	if (r != 0 && errno != ENOENT)
		return err_set(e, ST_PERSON, "%s: %s", c->path,
		    strerror(errno));
	if (r != 0)
		return 0;
	v = val_parse(s->arena, buf_span(&b), LEVELS, true, &bad);
	explicit_bzero(b.p, b.n);
	buf_release(&b);
	config = val_get(v, "config");
	if (config == NULL || config->type != JSON_OBJECT ||
	    val_cstr(val_get(v, "seed")) == NULL)
		return err_set(e, ST_PERSON, "%s: not a file of tokens; if "
		    "it is removed, the config's own are used", c->path);
	if (!streq(val_cstr(val_get(v, "seed")), c->seed))
		return 0;
	for (size_t i = 0; i < config->n; i++) {
		mask(config->members[i].value);
		take_over(c, s, &config->members[i]);
	}
	return 0;
}

int
control_open(struct control *c, struct settings *s, const struct request *rq,
    struct err *e)
{
	*c = (struct control){ .lock = -1, .wait = 600,
		.path = val_cstr(val_get(rq->root, "token")),
		.kept = val_new(s->arena, JSON_OBJECT),
		.seed = seed_of(s->given) };
	if (source_seconds(rq, "retry", &c->wait, e) != 0)
		return -1;
	if (c->path == NULL || access(c->path, F_OK) != 0)
		return 0;
	if (take_lock(c, e) != 0)
		return -1;
	return read_file(c, s, e);
}

static int
save(const struct control *c, struct err *e)
{
	struct buf b = { 0 };
	int r;

	buf_puts(&b, "{\"v\":1");
	json_put_key(&b, "seed");
	json_put_cstring(&b, c->seed);
	json_put_key(&b, "config");
	val_write(&b, c->kept);
	buf_puts(&b, "}\n");
	r = file_replace(c->path, buf_span(&b), e);
	explicit_bzero(b.p, b.n);
	buf_release(&b);
	return r;
}

int
control_take(struct control *c, struct settings *s, const struct val *config,
    struct err *e)
{
	bool changed = false;

	for (size_t i = 0; i < config->n; i++) {
		const struct val_member *m = &config->members[i];
		const struct val *old = val_get(s->config, m->key.p);

		if (old != NULL && val_same(old, m->value))
			continue;
		mask(m->value);
		take_over(c, s, m);
		changed = true;
	}
	if (!changed)
		return 0;
	if (c->path == NULL)
		return err_set(e, ST_PERSON, "it changed its settings, "
		    "and there is no file to keep them in");
	return take_lock(c, e) != 0 || save(c, e) != 0 ? -1 : 1;
}

void
control_close(struct control *c)
{
	if (c->lock >= 0)
		close(c->lock);
	free(c->seed);
	*c = (struct control){ .lock = -1 };
}
