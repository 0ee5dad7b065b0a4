/* SPDX-License-Identifier: MIT */
#include "source/sqladvanced.h"

#include <stdio.h>

static const char key[] = "advanced_rules";

static const struct val *
entry_named(const struct val *streams, const char *name)
{
	for (size_t i = 0; i < streams->n; i++)
		if (span_is(val_str(val_get(streams->items[i], "name")), name))
			return streams->items[i];
	return NULL;
}

/* a+b, a+b#2, ... */
static struct val *
make_name(struct arena *a, const struct val *streams, const struct val *tables)
{
	struct buf b = { 0 };
	struct val *name;
	size_t whole;

	for (size_t i = 0; i < tables->n; i++) {
		buf_puts(&b, i > 0 ? "+" : "");
		buf_add_span(&b, val_str(tables->items[i]));
	}
	whole = b.n;
	for (size_t n = 2; entry_named(streams, buf_cstr(&b)) != NULL; n++) {
		b.n = whole;
		buf_printf(&b, "#%zu", n);
	}
	name = val_string(a, buf_span(&b));
	buf_release(&b);
	return name;
}

/* id: NULL for the keys of the tables. */
static void
add_entry(struct arena *a, struct val *streams, const char *place,
    struct val *tables, struct val *query, struct val *id)
{
	struct val *v = val_new(a, JSON_OBJECT);

	val_set(a, v, SPAN("name"), make_name(a, streams, tables));
	val_set(a, v, SPAN("place"), val_string(a, span_of(place)));
	val_set(a, v, SPAN("tables"), tables);
	val_set(a, v, SPAN("query"), query);
	if (id != NULL)
		val_set(a, v, SPAN("id"), id);
	val_push(a, streams, v);
}

static bool
all_names(const struct val *list)
{
	if (list == NULL || list->type != JSON_ARRAY || list->n == 0)
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (val_str(list->items[i]).n == 0)
			return false;
	return true;
}

static int
read_list(struct arena *a, const struct val *rules, struct val *streams,
    struct err *e)
{
	for (size_t i = 0; i < rules->n; i++) {
		struct val *tables = val_get(rules->items[i], "tables");
		struct val *query = val_get(rules->items[i], "query");
		struct val *id = val_get(rules->items[i], "id_columns");
		char place[64];

		snprintf(place, sizeof place, "%s[%zu]", key, i);
		if (!all_names(tables))
			return source_wrong(e, place,
			    "tables is not a list of names");
		if (val_str(query).n == 0)
			return source_wrong(e, place, "query is missing");
		if (id != NULL && !all_names(id))
			return source_wrong(e, place,
			    "id_columns is not a list of names");
		add_entry(a, streams, place, tables, query, id);
	}
	return 0;
}

/* {"db":{"table":"SELECT ..."}} */
static int
read_older(struct arena *a, const struct val *rules, const char *database,
    struct val *streams, struct err *e)
{
	for (size_t i = 0; i < rules->n; i++) {
		const struct val_member *db = &rules->members[i];

		if (!span_is(db->key, database))
			return source_wrong(e, key, "no database %s here, "
			    "only %s", db->key.p, database);
		if (db->value->type != JSON_OBJECT)
			return source_wrong(e, key, "%s is not a mapping of "
			    "tables to queries", db->key.p);
		for (size_t k = 0; k < db->value->n; k++) {
			const struct val_member *m = &db->value->members[k];
			struct val *tables = val_new(a, JSON_ARRAY);
			char place[160];

			snprintf(place, sizeof place, "%s.%s.%s", key,
			    db->key.p, m->key.p);
			if (val_str(m->value).n == 0)
				return source_wrong(e, place,
				    "the query is missing");
			val_push(a, tables, val_string(a, m->key));
			add_entry(a, streams, place, tables, m->value, NULL);
		}
	}
	return 0;
}

/* Only those that the request names; *streams is all of them. */
static int
pick(struct arena *a, const struct val *asked, struct val **streams,
    struct err *e)
{
	struct val *picked = val_new(a, JSON_ARRAY);

	for (size_t i = 0; i < asked->n; i++) {
		const struct val *v = asked->items[i], *found;
		const char *name = val_cstr(val_get(v, "name"));

		if (name == NULL || v->n > 1)
			return source_wrong(e, key,
			    "beside streams; only one of them may be there");
		found = entry_named(*streams, name);
		if (found == NULL)
			return source_wrong(e, key, "no stream named %s", name);
		val_push(a, picked, val_copy(a, found));
	}
	if (asked->n > 0)
		*streams = picked;
	return 0;
}

int
sqladvanced_ready(struct arena *a, struct request *rq, const char *database,
    struct err *e)
{
	const struct val *rules = val_get(rq->source, key);
	struct val *streams;
	int r;

	if (rules == NULL || rules->type == JSON_NULL)
		return 0;
	if (rules->type != JSON_ARRAY && rules->type != JSON_OBJECT)
		return source_wrong(e, key, "neither a list nor a mapping");
	if (rules->n == 0)
		return 0;
	streams = val_new(a, JSON_ARRAY);
	r = rules->type == JSON_ARRAY ? read_list(a, rules, streams, e) :
	    read_older(a, rules, database, streams, e);
	if (r != 0 || pick(a, rq->streams, &streams, e) != 0)
		return -1;
	rq->streams = streams;
	return 0;
}
