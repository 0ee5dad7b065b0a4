/* SPDX-License-Identifier: MIT */
#include "source/rest/tokens.h"

#include <errno.h>
#include <stdlib.h>

#include "base/file.h"
#include "json/text.h"
#include "json/val.h"

enum { FILE_MAX = 1 << 20, LEVELS = 4 };

int
tokens_lock(const char *path, double seconds, struct err *e)
{
	char *lock = xasprintf("%s.lock", path), *dir = file_dirname(path);
	/* a first load comes before there is a state */
	int fd = file_mkdirs(dir, e) != 0 ? -2 : file_lock(lock, seconds, e);

	if (fd == -1)
		err_set(e, ST_TEMP, "%s: another run holds it", lock);
	free(lock);
	free(dir);
	return fd < 0 ? -1 : fd;
}

int
tokens_read(const char *path, struct arena *a, const char *seed,
    struct tokens *out, bool *found, struct err *e)
{
	struct val_error bad;
	struct buf b = { 0 };
	const struct val *v;

	*found = false;
	*out = (struct tokens){ .seed = seed };
	if (file_read(path, FILE_MAX, &b) < 0) {
		buf_release(&b);
		return errno == ENOENT ? 0 : err_set(e, ST_PERSON, "%s: %s",
		    path, strerror(errno));
	}
	v = val_parse(a, buf_span(&b), LEVELS, true, &bad);
	buf_release(&b);
	out->refresh = val_cstr(val_get(v, "refresh_token"));
	out->access = val_cstr(val_get(v, "access_token"));
	val_u64(val_get(v, "expires"), UINT64_MAX, &out->expires);
	if (out->refresh == NULL || val_cstr(val_get(v, "seed")) == NULL)
		return err_set(e, ST_PERSON, "%s: not a file of tokens; if "
		    "it is removed, the config's own token is used", path);
	*found = streq(val_cstr(val_get(v, "seed")), seed);
	return 0;
}

static void
put(struct buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	json_put_key(out, name);
	json_put_cstring(out, value);
}

int
tokens_write(const char *path, const struct tokens *t, struct err *e)
{
	struct buf b = { 0 };
	int r;

	buf_puts(&b, "{\"v\":1");
	put(&b, "seed", t->seed);
	put(&b, "refresh_token", t->refresh);
	put(&b, "access_token", t->access);
	json_put_key(&b, "expires");
	json_put_u64(&b, t->expires);
	buf_puts(&b, "}\n");
	r = file_replace(path, buf_span(&b), e);
	explicit_bzero(b.p, b.n);
	buf_release(&b);
	return r;
}
