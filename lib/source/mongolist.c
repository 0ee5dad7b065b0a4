/* SPDX-License-Identifier: MIT */
#include "source/mongolist.h"

#include <stdlib.h>

#include "base/mem.h"

void
mongolist_release(struct mongolist *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].name);
		free(l->v[i].uuid);
	}
	free(l->v);
	*l = (struct mongolist){ 0 };
}

const struct mongoentry *
mongolist_find(const struct mongolist *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (streq(l->v[i].name, name))
			return &l->v[i];
	return NULL;
}

static char *
uuid_of(const bson_t *b)
{
	struct buf text = { 0 };
	bson_iter_t i, found;
	bson_subtype_t type;
	const uint8_t *p;
	uint32_t n;
	char *copy;

	if (!bson_iter_init(&i, b) ||
	    !bson_iter_find_descendant(&i, "info.uuid", &found) ||
	    !BSON_ITER_HOLDS_BINARY(&found))
		return NULL;
	bson_iter_binary(&found, &type, &n, &p);
	for (uint32_t k = 0; k < n; k++)
		buf_printf(&text, "%02x", p[k]);
	copy = xstrdup(buf_cstr(&text));
	buf_release(&text);
	return copy;
}

static void
take(struct mongolist *l, const bson_t *b)
{
	const char *name, *type = "collection";
	struct mongoentry *m;
	bson_iter_t i;

	if (!bson_iter_init_find(&i, b, "name") || !BSON_ITER_HOLDS_UTF8(&i))
		return;
	name = bson_iter_utf8(&i, NULL);
	if (strncmp(name, "system.", 7) == 0)
		return;
	if (bson_iter_init_find(&i, b, "type") && BSON_ITER_HOLDS_UTF8(&i))
		type = bson_iter_utf8(&i, NULL);
	l->v = xgrow(l->v, &l->cap, l->n + 1, sizeof *l->v);
	m = &l->v[l->n++];
	*m = (struct mongoentry){ .name = xstrdup(name), .uuid = uuid_of(b),
		.plain = streq(type, "collection"),
		.view = streq(type, "view") };
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct mongoentry *)a)->name,
	    ((const struct mongoentry *)b)->name);
}

static int
list(struct mongolist *l, struct mongoconn *g, bool partial, struct err *e)
{
	mongoc_database_t *db = mongoc_client_get_database(g->client,
	    g->database);
	bson_t opts = BSON_INITIALIZER;
	mongoc_cursor_t *c;
	const bson_t *b;
	bson_error_t error;
	int result = 0;

	l->partial = partial;
	mongoconn_options(g, &opts);
	if (partial) {
		BSON_APPEND_BOOL(&opts, "nameOnly", true);
		BSON_APPEND_BOOL(&opts, "authorizedCollections", true);
	}
	c = mongoc_database_find_collections_with_opts(db, &opts);
	while (mongoc_cursor_next(c, &b))
		take(l, b);
	if (mongoc_cursor_error(c, &error))
		result = mongoconn_failed(g, &error, "list of collections", e);
	mongoc_cursor_destroy(c);
	mongoc_database_destroy(db);
	bson_destroy(&opts);
	if (l->n > 0)
		qsort(l->v, l->n, sizeof *l->v, by_name);
	return result;
}

int
mongolist_read(struct mongolist *l, struct mongoconn *g, struct err *e)
{
	*l = (struct mongolist){ 0 };
	if (list(l, g, false, e) == 0)
		return 0;
	if (g->code != MONGO_FORBIDDEN)
		return -1;
	mongolist_release(l);
	return list(l, g, true, e);
}
