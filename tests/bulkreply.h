/* SPDX-License-Identifier: MIT */
/*
 * What Elasticsearch and OpenSearch answer to _bulk, from a body that comes in
 * pieces: an item for each operation, all done, or every Nth refused. Of the
 * query filter_path is honoured, without ** and -.
 */
#ifndef CONN_TESTS_BULKREPLY_H
#define CONN_TESTS_BULKREPLY_H

#include <fnmatch.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "json/scan.h"

enum op { OP_INDEX, OP_CREATE, OP_UPDATE, OP_DELETE, OPS };
static const char *const op_name[OPS] = { "index", "create", "update",
	"delete" };
static const char *const op_result[OPS] = { "\"created\"", "\"created\"",
	"\"updated\"", "\"deleted\"" };
static const char *const op_status[OPS] = { "201", "201", "200", "200" };

/* An item: text[0] index text[1] id text[2] number text[3]. */
enum slot { SLOT_INDEX, SLOT_ID, SLOT_NUMBER, SLOTS };
struct item {
	struct buf text[SLOTS + 1];
	bool has[SLOTS];
	bool any;
};

/* What a query's filter_path leaves of a reply. */
struct shape {
	char *query;
	bool took, errors;
	struct item item[OPS][2];       /* [1]: refused */
	struct shape *next;
};

/* One request after another; zeroed, but for refuse_every, before the first. */
struct bulk {
	uint64_t refuse_every;  /* operations; 0: none */
	struct span index;      /* of an action that names none; n 0: none */
	uint64_t done[OPS];
	const struct shape *shape;
	struct buf line;        /* begin of an action line */
	bool in_document, broken, errors;
	struct buf items;
};

static struct shape *shapes;
static uint64_t operations, number;     /* number: _seq_no */

static bool
shows(const char *filter, const char *path)
{
	char *list, *one, *save = NULL;
	bool yes = false;

	if (filter == NULL)
		return true;
	list = xstrdup(filter);
	for (one = strtok_r(list, ",", &save); one != NULL && !yes;
	    one = strtok_r(NULL, ",", &save)) {
		for (char *p = one; *p != '\0'; p++)
			if (*p == '.')
				*p = '/';
		yes = fnmatch(one, path, FNM_PATHNAME | FNM_LEADING_DIR) == 0;
	}
	free(list);
	return yes;
}

/* A member of an item, if it is shown: its text, or, text NULL, a slot. path:
 * its name, and what of it decides. */
static void
put_member(struct item *it, int *at, const char *filter, enum op op,
    const char *path, const char *text)
{
	enum slot slot = path[1] == 's' ? SLOT_NUMBER : path[2] == 'd' ?
	    SLOT_ID : SLOT_INDEX;
	struct buf *b = &it->text[*at];
	char full[64];

	snprintf(full, sizeof full, "items/%s/%s", op_name[op], path);
	if (!shows(filter, full))
		return;
	buf_printf(b, "%s\"%.*s\":%s", it->any ? "," : "",
	    (int)strcspn(path, "/"), path, text != NULL ? text :
	    slot == SLOT_NUMBER ? "" : "\"");
	it->any = true;
	if (text != NULL)
		return;
	it->has[slot] = true;
	*at = (int)slot + 1;
	if (slot != SLOT_NUMBER)
		buf_putc(&it->text[*at], '"');
}

/* The members in the order of the real servers. */
static void
make_item(struct item *it, const char *filter, enum op op, bool refused)
{
	int at = 0;

	buf_printf(&it->text[0], "{\"%s\":{", op_name[op]);
	put_member(it, &at, filter, op, "_index", NULL);
	put_member(it, &at, filter, op, "_id", NULL);
	if (refused) {
		put_member(it, &at, filter, op, "status", "429");
		put_member(it, &at, filter, op, "error/type", "{\"type\":"
		    "\"rejected_execution_exception\",\"reason\":"
		    "\"told to\"}");
	} else {
		put_member(it, &at, filter, op, "_version", "1");
		put_member(it, &at, filter, op, "result", op_result[op]);
		put_member(it, &at, filter, op, "_shards", "{\"total\":1,"
		    "\"successful\":1,\"failed\":0}");
		put_member(it, &at, filter, op, "_seq_no", NULL);
		put_member(it, &at, filter, op, "_primary_term", "1");
		put_member(it, &at, filter, op, "status", op_status[op]);
	}
	buf_puts(&it->text[at], "}}");
}

static const struct shape *
shape_of(struct span target)
{
	const char *at = memchr(target.p, '?', target.n);
	char *query = xstrndup(at == NULL ? SPAN("") : (struct span){ at + 1,
		(size_t)(target.p + target.n - at) - 1 });
	struct shape *s = shapes;
	char *filter;

	while (s != NULL && !streq(s->query, query))
		s = s->next;
	if (s != NULL) {
		free(query);
		return s;
	}
	s = xcalloc(1, sizeof *s);
	*s = (struct shape){ .query = query, .next = shapes };
	shapes = s;
	filter = strstr(query, "filter_path=");
	if (filter != NULL) {
		filter = xstrdup(filter + strlen("filter_path="));
		filter[strcspn(filter, "&")] = '\0';
	}
	s->took = shows(filter, "took");
	s->errors = shows(filter, "errors");
	for (int i = 0; i < OPS * 2; i++)
		make_item(&s->item[i / 2][i % 2], filter, (enum op)(i / 2),
		    i % 2);
	free(filter);
	return s;
}

static void
put_item(struct bulk *b, enum op op, struct span index, struct span id)
{
	bool refused = b->refuse_every > 0 &&
	    ++operations % b->refuse_every == 0;
	const struct item *it = &b->shape->item[op][refused];
	char text[24];
	int n;

	b->errors |= refused;
	if (!refused)
		b->done[op]++;
	if (!it->any)
		return;
	if (b->items.n > 0)
		buf_putc(&b->items, ',');
	buf_add_span(&b->items, buf_span(&it->text[0]));
	if (it->has[SLOT_INDEX]) {
		buf_add_span(&b->items, index);
		buf_add_span(&b->items, buf_span(&it->text[1]));
	}
	if (it->has[SLOT_ID]) {
		buf_add_span(&b->items, id);
		buf_add_span(&b->items, buf_span(&it->text[2]));
	}
	if (it->has[SLOT_NUMBER]) {
		n = snprintf(text, sizeof text, "%ju", (uintmax_t)number);
		buf_add(&b->items, text, (size_t)n);
		buf_add_span(&b->items, buf_span(&it->text[3]));
	}
	number++;
}

/* An action line of any form. */
static bool
any_action(struct bulk *b, struct span line)
{
	static struct json_object o;
	static struct buf copy;
	struct span index = b->index, id = { 0 };
	struct json_error je;
	struct json_iter it;
	struct json_member m;
	char made[24];
	int op = 0;

	buf_clear(&copy);
	buf_add_span(&copy, line);
	buf_pad(&copy);
	if (json_object_scan(buf_span(&copy), 2, &o, &je) < 0 || o.n != 1 ||
	    o.v[0].type != JSON_OBJECT)
		return false;
	while (op < OPS && !span_is(o.v[0].key, op_name[op]))
		op++;
	json_iter_init(&it, o.v[0].value);
	while (json_iter_next(&it, &m)) {
		struct span s = { m.value.p + 1, m.value.n - 2 };

		if (span_is(m.key, "_id") && m.type == JSON_STRING)
			id = s;
		if (span_is(m.key, "_index") && m.type == JSON_STRING)
			index = s;
	}
	if (id.p == NULL) {
		snprintf(made, sizeof made, "made-%ju", (uintmax_t)number);
		id = span_of(made);
	}
	if (op == OPS || index.n == 0)
		return false;
	put_item(b, (enum op)op, index, id);
	b->in_document = op != OP_DELETE;
	return true;
}

static void
action(struct bulk *b, struct span line)
{
	static const struct span begin = { "{\"index\":{\"_id\":\"", 17 };
	struct span id = { line.p + begin.n, line.n - begin.n };
	const char *end;

	if (b->broken)
		return;
	/* as conn-bulk writes it */
	if (span_starts(line, begin) && b->index.n > 0) {
		end = memchr(id.p, '"', id.n);
		if (end != NULL && end + 3 == line.p + line.n &&
		    memcmp(end, "\"}}", 3) == 0 && end[-1] != '\\') {
			id.n = (size_t)(end - id.p);
			put_item(b, OP_INDEX, b->index, id);
			b->in_document = true;
			return;
		}
	}
	b->broken = !any_action(b, line);
}

static void
bulk_add(struct bulk *b, const char *p, size_t n)
{
	const char *end = p + n, *nl;

	for (; p < end; p = nl + 1) {
		struct span line = { p, 0 };

		nl = memchr(p, '\n', (size_t)(end - p));
		if (b->in_document && nl == NULL)
			return;
		if (b->in_document) {
			b->in_document = false;
			continue;
		}
		line.n = (size_t)((nl != NULL ? nl : end) - p);
		if (nl == NULL || b->line.n > 0) {
			buf_add_span(&b->line, line);
			line = buf_span(&b->line);
		}
		if (nl == NULL)
			return;
		action(b, line);
		buf_clear(&b->line);
	}
}

static void
bulk_begin(struct bulk *b, struct span target, struct span index)
{
	b->index = index;
	b->shape = shape_of(target);
	b->in_document = b->broken = b->errors = false;
	memset(b->done, 0, sizeof b->done);
	buf_clear(&b->line);
	buf_clear(&b->items);
}

/* The reply is out and then items. false: no bulk body. */
static bool
bulk_end(struct bulk *b, struct buf *out)
{
	const struct shape *s = b->shape;

	if (b->broken || b->in_document || b->line.n > 0)
		return false;
	buf_puts(out, s->took ? "{\"took\":1" : "{");
	if (s->took && (s->errors || b->items.n > 0))
		buf_putc(out, ',');
	if (s->errors)
		buf_printf(out, "\"errors\":%s", b->errors ? "true" : "false");
	if (s->errors && b->items.n > 0)
		buf_putc(out, ',');
	if (b->items.n > 0) {
		buf_puts(out, "\"items\":[");
		buf_putc(&b->items, ']');
	}
	buf_putc(&b->items, '}');
	return true;
}

static void
bulk_release(struct bulk *b)
{
	buf_release(&b->line);
	buf_release(&b->items);
}

#endif
