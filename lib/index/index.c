/* SPDX-License-Identifier: MIT */
#include "index/index.h"

#include "base/sandbox.h"

static const struct index_kind *
kind_of(const struct config *c)
{
	switch (c->index_type) {
	case INDEX_ELASTICSEARCH:
		return &index_elasticsearch;
	case INDEX_SQLITE:
	default:
		return &index_sqlite;
	}
}

int
index_open(struct index **out, struct config *c, index_verdict *verdict,
    void *ctx, struct err *e)
{
	const struct index_kind *kind = kind_of(c);

	*out = NULL;
	if (kind->open(out, c, e) != 0)
		return -1;
	(*out)->kind = kind;
	(*out)->verdict = verdict;
	(*out)->ctx = ctx;
	return 0;
}

void
index_confine(const struct config *c)
{
	struct sandbox box = { .needs = SANDBOX_FILES };

	if (c->index_type != INDEX_SQLITE)
		box.needs |= SANDBOX_NET;
	sandbox_enter(&box);
}

void
index_close(struct index *ix)
{
	if (ix != NULL)
		ix->kind->close(ix);
}

int
index_uuid(struct index *ix, char uuid[INDEX_UUID_MAX], struct err *e)
{
	return ix->kind->uuid(ix, uuid, e);
}

int
index_create(struct index *ix, struct err *e)
{
	return ix->kind->create(ix, e);
}

int
index_prepare(struct index *ix, struct err *e)
{
	return ix->kind->prepare(ix, e);
}

int
index_apply(struct index *ix, const struct index_op *op, struct err *e)
{
	return ix->kind->apply(ix, op, e);
}

int
index_idle(struct index *ix, int fd, struct err *e)
{
	return ix->kind->idle != NULL ? ix->kind->idle(ix, fd, e) : 0;
}

int
index_flush(struct index *ix, struct err *e)
{
	return ix->kind->flush(ix, e);
}

int
index_list(struct index *ix, struct span source, index_listed *each,
    void *ctx, char uuid[INDEX_UUID_MAX], struct err *e)
{
	return ix->kind->list(ix, source, each, ctx, uuid, e);
}

int
index_check(struct index *ix, char *message, size_t size, struct err *e)
{
	return ix->kind->check(ix, message, size, e);
}

int
index_rebuild_clean(struct index *ix, struct err *e)
{
	return ix->kind->clean(ix, e);
}

int
index_rebuild_begin(struct index *ix, const char *run, struct err *e)
{
	return ix->kind->rebuild(ix, run, e);
}

void
index_rebuild_aim(struct index *ix, bool live)
{
	ix->kind->aim(ix, live);
}

int
index_rebuild_settle(struct index *ix, struct err *e)
{
	return ix->kind->settle(ix, e);
}

int
index_rebuild_swap(struct index *ix, char old[INDEX_NAME_MAX], struct err *e)
{
	return ix->kind->swap(ix, old, e);
}
