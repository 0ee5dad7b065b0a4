/* SPDX-License-Identifier: MIT */
#include "index/which.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/command.h"

/* index.timeout ends it before that. */
enum { ANSWER_MAX = 4096, SECONDS = 86400 };

static int
ask(const char *verb, const char *config, struct buf *out, struct err *e)
{
	char *path = xasprintf("%s/conn-slim-index", file_libexec_dir());
	char *what = xstrdup(verb), *of = config ? xstrdup(config) : NULL;
	char *argv[] = { path, what, of, NULL };
	char why[128];
	int r = command_run(argv, ".", SECONDS, ANSWER_MAX, out, why,
	    sizeof why);

	if (r != 0)
		err_set(e, ST_PERSON, "%s: %s", path, why);
	free(path);
	free(what);
	free(of);
	return r;
}

static int
ask_uuid(const struct config *c, char uuid[INDEX_UUID_MAX], struct err *e)
{
	struct buf out = { 0 };
	char *rest;
	long status;
	int r = ask("uuid", c->file, &out, e);

	if (r == 0) {
		status = strtol(buf_cstr(&out), &rest, 10);
		rest += *rest == ' ';
		rest[strcspn(rest, "\n")] = '\0';
		if (status != ST_OK)
			r = err_set(e, (int)status, "%s", rest);
		else
			snprintf(uuid, INDEX_UUID_MAX, "%s", rest);
	}
	buf_release(&out);
	return r;
}

int
which_uuid(struct config *c, char uuid[INDEX_UUID_MAX], struct err *e)
{
	const struct index_kind *kind = &index_sqlite;
	struct index *ix;
	int r;

	if (c->index_type != INDEX_SQLITE)
		return ask_uuid(c, uuid, e);
	if (kind->open(&ix, c, e) != 0)
		return -1;
	r = kind->uuid(ix, uuid, e);
	kind->close(ix);
	return r;
}

const char *
which_versions(void)
{
	static struct buf out;
	struct err ignored = { 0 };

	return ask("versions", NULL, &out, &ignored) == 0 ? buf_cstr(&out) :
	    "";
}
