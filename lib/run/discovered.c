/* SPDX-License-Identifier: MIT */
#include "run/discovered.h"

#include "base/sig.h"
#include "config/patchform.h"
#include "config/patchschema.h"
#include "config/type.h"

/* What drivers call the stream of those that have only one. */
static const char only[] = "documents";

/* ---- the schema of a stream ---- */

/* {"type":"a|b"} of the kinds of JSON; of other types nothing is known. */
static struct val *
field_schema(struct arena *a, struct span kinds)
{
	struct val *v = val_new(a, JSON_OBJECT), *list;
	static const char known[] = "string number boolean object array null";

	list = val_new(a, JSON_ARRAY);
	while (kinds.n > 0) {
		const char *bar = memchr(kinds.p, '|', kinds.n);
		struct span one = { kinds.p,
			bar ? (size_t)(bar - kinds.p) : kinds.n };

		if (one.n < 4 || memmem(known, strlen(known), one.p, one.n) ==
		    NULL)
			return v;
		val_push(a, list, val_string(a, one));
		kinds.n -= bar ? one.n + 1 : one.n;
		kinds.p = bar ? bar + 1 : kinds.p;
	}
	if (list->n > 0)
		val_set(a, v, SPAN("type"), list->n == 1 ? list->items[0] :
		    list);
	return v;
}

static struct val *
own_schema(struct arena *a, const struct val *line)
{
	const struct val *fields = val_get(line, "fields");
	struct val *v = val_get(line, "schema"), *props;

	if (v != NULL)
		return v;
	v = val_new(a, JSON_OBJECT);
	props = val_new(a, JSON_OBJECT);
	val_set(a, v, SPAN("type"), val_string(a, SPAN("object")));
	for (size_t i = 0; fields != NULL && i < fields->n; i++)
		val_set(a, props, val_str(val_get(fields->items[i], "name")),
		    field_schema(a, val_str(val_get(fields->items[i],
		    "type"))));
	val_set(a, v, SPAN("properties"), props);
	return v;
}

/* Values of patches keep their places, so others must have none. */
static int
patch_schema(struct patches *p, struct arena *a, struct span name,
    struct val **schema, struct err *e)
{
	const struct patch_stream *s;
	struct schema_fault fault;

	patchschema_clean(a, *schema);
	if (patches_take(p, PATCH_SCHEMA, name, &s, e) != 0)
		return -1;
	if (s != NULL) {
		patch_forget_places(*schema);
		*schema = val_merge(a, *schema, s->file.root);
		if (schema_form(*schema, &fault) != 0) {
			if (fault.line == 0)
				fault.line = fault.col = 1;
			return schema_err(s->file.path, &fault, e);
		}
	}
	if (patch_lists(&p->files[PATCH_NORMALIZATIONS],
	    SPAN("date-to-datetime")))
		patchschema_datetime(a, *schema);
	return 0;
}

/* "a.b" as drivers tell a field in another */
static struct val *
dotted(struct arena *a, const struct pointer *at)
{
	struct buf b = { 0 };
	struct val *v;

	for (size_t i = 0; i < at->n; i++) {
		buf_puts(&b, i > 0 ? "." : "");
		buf_add_span(&b, at->v[i]);
	}
	v = val_string(a, buf_span(&b));
	buf_release(&b);
	return v;
}

/* The id that a file gives it, and what that means for its schema. One that is
 * made of fields has those of some documents only. */
static int
patch_id(struct patches *p, struct arena *a, struct span name,
    struct val *line, struct val *schema, struct err *e)
{
	const struct patch_stream *s;
	struct val *id = val_new(a, JSON_ARRAY);

	if (patches_take(p, PATCH_ID, name, &s, e) != 0)
		return -1;
	for (size_t i = 0; s != NULL && i < s->file.root->n; i++) {
		const struct val *v = s->file.root->items[i];
		struct pointer at;

		pointer_parse(a, v->str, &at);
		val_push(a, id, dotted(a, &at));
		if (patchschema_key(a, schema, &at) == KEY_NOWHERE &&
		    val_get(line, "schema") != NULL)
			return patch_err(&s->file, v, e, "points nowhere: the "
			    "stream %.*s has no field %s", (int)name.n, name.p,
			    v->str.p);
	}
	if (s != NULL)
		val_set(a, line, SPAN("id"), id);
	return 0;
}

/* What is normalized must be there; in the streams of a file for all of them
 * it may be here and there. */
static int
check_normalizations(struct patches *p, struct arena *a, struct span name,
    struct val *line, struct val *schema, struct err *e)
{
	const struct patch_stream *s;

	if (patches_take(p, PATCH_NORMALIZE, name, &s, e) != 0)
		return -1;
	for (size_t i = 0; s != NULL && patch_is_own(s) &&
	    i < s->file.root->n; i++) {
		const struct val *v = val_get(s->file.root->items[i],
		    "pointer");
		struct pointer at;

		pointer_parse(a, v->str, &at);
		if (patchschema_find(a, schema, &at) == KEY_NOWHERE &&
		    val_get(line, "schema") != NULL)
			return patch_err(&s->file, v, e, "points nowhere: the "
			    "stream %.*s has no field %s", (int)name.n, name.p,
			    v->str.p);
	}
	return 0;
}

/* Its own: of a path only its text is known. */
static void
require_id(struct arena *a, const struct val *line, struct val *schema)
{
	const struct val *id = val_get(line, "id");

	for (size_t i = 0; id != NULL && i < id->n; i++) {
		struct pointer at = { &id->items[i]->str, 1 };

		patchschema_key(a, schema, &at);
	}
}

int
discovered_patch(struct patches *p, struct arena *a, struct span text,
    struct val **out, struct err *e)
{
	const struct patch_file *selected = &p->files[PATCH_SELECTED];
	struct val_error ve;
	struct val *line = val_parse(a, text, JSON_DEPTH, false, &ve), *schema;
	struct span name = val_str(val_get(line, "stream"));

	*out = NULL;
	if (line == NULL || patch_lists(&p->files[PATCH_OMITTED], name))
		return 0;
	schema = own_schema(a, line);
	if (patch_schema(p, a, name, &schema, e) != 0)
		return -1;
	require_id(a, line, schema);
	if (patch_id(p, a, name, line, schema, e) != 0 ||
	    check_normalizations(p, a, name, line, schema, e) != 0)
		return -1;
	val_set(a, line, SPAN("schema"), schema);
	if (selected->root != NULL && !patch_lists(selected, name))
		val_set(a, line, SPAN("disable"), val_new(a, JSON_TRUE));
	*out = line;
	return 0;
}

int
discovered_unmet(const struct patches *p, struct err *e)
{
	for (size_t i = 0; i < p->nstreams; i++) {
		const struct patch_stream *s = &p->streams[i];

		if (patch_is_own(s) && s->stream == NULL)
			return patch_err(&s->file, s->file.root, e, "points "
			    "nowhere: no stream that is offered has this name");
	}
	return 0;
}

/* ---- what is read ---- */

struct choice {
	struct config *c;
	const struct val *spec;
	struct val *list;
};

static bool
has_kind(const struct patches *p, enum patch_kind kind)
{
	for (size_t i = 0; i < p->nstreams; i++)
		if (p->streams[i].kind == kind)
			return true;
	return false;
}

static void
add_name(struct choice *k, struct span name)
{
	struct val *entry = val_new(&k->c->arena, JSON_OBJECT);

	if (patch_lists(&k->c->patches->files[PATCH_OMITTED], name))
		return;
	val_set(&k->c->arena, entry, SPAN("name"),
	    val_string(&k->c->arena, name));
	val_push(&k->c->arena, k->list, entry);
}

static void
add_offered(struct choice *k, struct span text)
{
	struct arena a = { 0 };
	struct val_error ve;
	const struct val *line = val_parse(&a, text, JSON_DEPTH, false, &ve);

	if (line != NULL)
		add_name(k, val_str(val_get(line, "stream")));
	arena_release(&a);
}

static int
add_all(struct choice *k, const char *path, const struct val *source,
    struct err *e)
{
	struct config *c = k->c;
	struct driver_request rq = {
		.verb = "discover", .source = driver_source(c, source),
		.token = c->token_path, .connector = c->connector,
		.config = c, .timeout = c->timeout
	};
	struct driver_line l;
	struct driver *d;
	int r;

	if (!spec_has_verb(k->spec, "discover"))
		return err_set(e, ST_USAGE, "%s: type %s cannot tell its "
		    "streams, of which some are patched; name them in streams",
		    c->file, c->type);
	if (driver_start(&d, path, c->type, &rq, e) != 0)
		return -1;
	while ((r = driver_next(d, &l, e)) > 0)
		add_offered(k, l.line);
	if (r == 0 && sig_stop)
		r = err_set(e, ST_TEMP, "interrupted");
	if (r == 0 && (r = driver_finish(d, e)) != 0 && e->text[0] == '\0')
		err_set(e, e->status, "driver %s: %s", c->type,
		    driver_said(d));
	driver_free(d);
	c->offered = true;
	return r == 0 ? 0 : -1;
}

static int
check_named(struct config *c, struct err *e)
{
	const struct patch_file *f = &c->patches->files[PATCH_OMITTED];

	for (size_t i = 0; c->streams != NULL && i < c->streams->n; i++) {
		const struct val *name = val_get(c->streams->items[i], "name");

		if (patch_lists(f, val_str(name)))
			return config_err(c, name, e, "streams: %s is left "
			    "out by %s", val_str(name).p, f->path);
	}
	return 0;
}

/* ---- ids ---- */

/* A field by its name, one in another by the names on the way. */
static struct val *
id_value(struct arena *a, const struct patch_file *f)
{
	struct val *id = val_new(a, JSON_ARRAY);

	id->line = f->root->line;
	id->col = f->root->col;
	for (size_t i = 0; i < f->root->n; i++) {
		const struct val *from = f->root->items[i];
		struct val *v = val_new(a, JSON_ARRAY);
		struct pointer at;

		pointer_parse(a, from->str, &at);
		for (size_t k = 0; k < at.n; k++)
			val_push(a, v, val_string(a, at.v[k]));
		if (v->n == 1)
			v = v->items[0];
		v->line = from->line;
		v->col = from->col;
		val_push(a, id, v);
	}
	return id;
}

static int
take_id(struct choice *k, const struct val *schema, struct span name,
    struct val *entry, struct err *e)
{
	struct arena *a = &k->c->arena;
	struct schema_fault fault;
	const struct patch_stream *s;
	struct val *id;

	if (patches_take(k->c->patches, PATCH_ID, name, &s, e) != 0)
		return -1;
	if (s == NULL || val_get(entry, "id") != NULL)
		return 0;
	id = id_value(a, &s->file);
	if (schema_check(schema, id, "id", &fault) != 0)
		return schema_err(s->file.path, &fault, e);
	val_set(a, entry, SPAN("id"), id);
	return 0;
}

static int
no_id(const struct config *c, struct err *e)
{
	const struct patches *p = c->patches;

	for (size_t i = 0; i < p->nstreams; i++)
		if (p->streams[i].kind == PATCH_ID)
			return patch_err(&p->streams[i].file,
			    p->streams[i].file.root, e, "the streams of type "
			    "%s have no key id", c->type);
	return 0;
}

static int
take_ids(struct choice *k, const struct val **source, struct err *e)
{
	struct arena *a = &k->c->arena;
	const struct val *entry = val_get(k->spec, "streams");
	const struct val *schema = val_get(val_get(entry ? entry :
	    val_get(k->spec, "schema"), "properties"), "id");
	static const struct val list = { .type = JSON_ARRAY };
	struct val *copy;

	if (!has_kind(k->c->patches, PATCH_ID))
		return 0;
	if (schema == NULL || type_fits(schema, &list) != TYPE_OK)
		return no_id(k->c, e);
	copy = val_copy(a, entry ? k->c->streams : *source);
	for (size_t i = 0; entry != NULL && copy != NULL && i < copy->n; i++)
		if (take_id(k, schema, val_str(val_get(copy->items[i],
		    "name")), copy->items[i], e) != 0)
			return -1;
	if (entry != NULL)
		k->c->streams = copy;
	else if (take_id(k, schema, span_of(only), copy, e) != 0)
		return -1;
	else
		*source = copy;
	return 0;
}

static int
choose(struct choice *k, const char *driver, const struct val *source,
    struct err *e)
{
	const struct patches *p = k->c->patches;
	const struct val *selected = p->files[PATCH_SELECTED].root;
	const struct val *omitted = p->files[PATCH_OMITTED].root;

	k->list = val_new(&k->c->arena, JSON_ARRAY);
	for (size_t i = 0; selected != NULL && i < selected->n; i++)
		add_name(k, selected->items[i]->str);
	if (selected == NULL && driver == NULL)
		return 0;
	if (selected == NULL && add_all(k, driver, source, e) != 0)
		return -1;
	if (k->list->n == 0)
		return patch_err(&p->files[omitted ? PATCH_OMITTED :
		    PATCH_SELECTED], omitted ? omitted : selected, e,
		    "leaves no stream to be read");
	k->c->streams = k->list;
	return 0;
}

int
discovered_choose(struct config *c, const char *driver,
    const struct val *spec, const struct val **source, struct err *e)
{
	struct choice k = { .c = c, .spec = spec };
	const struct patches *p = c->patches;
	bool ids, some;

	if (p == NULL)
		return 0;
	ids = has_kind(p, PATCH_ID);
	some = p->files[PATCH_SELECTED].root || p->files[PATCH_OMITTED].root;
	if (!ids && !some)
		return 0;
	if (val_get(*source, "advanced_rules") != NULL)
		return config_err(c, val_get(c->root, "patches"), e, "patches: "
		    "choose streams or ids, as source.advanced_rules does; "
		    "only one of them may");
	if (check_named(c, e) != 0)
		return -1;
	if (c->streams == NULL && (some || val_get(spec, "streams") != NULL) &&
	    choose(&k, driver, *source, e) != 0)
		return -1;
	return take_ids(&k, source, e);
}
