/* SPDX-License-Identifier: MIT */
#include "run/validate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/sig.h"
#include "config/docschema.h"
#include "json/patch.h"
#include "json/text.h"
#include "run/discovered.h"

enum {
	PATCH_BYTES = 1 << 20, SCHEMA_WHY = 400,
	LINE_MOST = MSG_MAX - 64        /* with the program's name before it */
};

struct place {
	const struct docrule *rule;
	const char *type;
	struct span name;       /* of a member that is missing */
	struct span path;
	uint64_t documents, last;       /* last: of the stream's documents */
	const char *first;      /* id */
};

struct stream {
	const char *name;
	const struct val *schema;       /* NULL: none is known */
	const struct val *patch;        /* in effect; NULL: none */
	struct docschema *ready;
	uint64_t documents;
	struct place *v;
	size_t n, cap;
	uint64_t more;          /* violations in places beyond the most */
	bool told;              /* that it is not checked */
};

struct validate {
	struct arena arena;
	struct stream *v;
	size_t n, cap;
	struct stream *now;     /* of the document at hand */
	struct span id;
};

/* ---- the schemas ---- */

/* As patches leave the line; NULL: it is left out. */
static int
patched_line(struct validate *v, const struct config *c, struct span text,
    const struct val **out, const struct patch_file **patch, struct err *e)
{
	const struct patch_stream *s = NULL;
	struct val_error ignored;
	struct val *line = val_parse(&v->arena, text, JSON_DEPTH, false,
	    &ignored);
	struct span name = val_str(val_get(line, "stream"));

	*patch = NULL;
	*out = line;
	if (c->patches == NULL)
		return 0;
	if (patches_take(c->patches, PATCH_SCHEMA, name, &s, e) != 0)
		return -1;
	*patch = s != NULL ? &s->file : NULL;
	/* what its fields were in a sample is no promise */
	if (s == NULL && val_get(line, "schema") == NULL)
		return 0;
	if (discovered_patch(c->patches, &v->arena, text, &line, e) != 0)
		return -1;
	*out = line;
	return 0;
}

static int
add_stream(struct validate *v, const struct config *c, struct span text,
    struct err *e)
{
	const struct patch_file *patch;
	const struct val *line;
	char why[SCHEMA_WHY];
	struct stream *s;

	if (patched_line(v, c, text, &line, &patch, e) != 0)
		return -1;
	if (line == NULL)
		return 0;
	v->v = xgrow(v->v, &v->cap, v->n + 1, sizeof *v->v);
	s = &v->v[v->n++];
	*s = (struct stream){ .name = val_cstr(val_get(line, "stream")),
		.schema = val_get(line, "schema"),
		.patch = patch != NULL ? patch->root : NULL };
	if (s->schema == NULL)
		return 0;
	s->ready = docschema_new(s->schema, why, sizeof why);
	if (s->ready == NULL)
		return err_set(e, patch != NULL ? ST_USAGE : ST_PERSON,
		    "%s%sstream %s: schema: %s", patch ? patch->path : "",
		    patch ? ": " : "", s->name, why);
	for (size_t i = 0; docschema_foreign(s->ready, i) != NULL; i++)
		warn("stream %s: schema: %s: is not followed, what it "
		    "describes is not checked", s->name,
		    docschema_foreign(s->ready, i));
	return 0;
}

static int
read_streams(struct validate *v, const struct config *c, struct driver *d,
    struct err *e)
{
	struct driver_line l;
	int r;

	while ((r = driver_next(d, &l, e)) > 0)
		if (add_stream(v, c, l.line, e) != 0)
			return -1;
	if (sig_stop)
		return err_set(e, ST_TEMP, "stopped");
	if (r == 0 && driver_finish(d, e) != ST_OK)
		r = -1;
	/* what the driver said was shown when it came */
	return r < 0 && e->text[0] == '\0' ? err_set(e, e->status,
	    "driver %s: %s", c->type, driver_said(d)) : r;
}

static bool
any_schema(const struct validate *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->v[i].ready != NULL)
			return true;
	return false;
}

int
validate_open(struct validate **out, const struct config *c,
    const char *path, const struct val *spec,
    const struct driver_request *like, struct err *e)
{
	struct validate *v = xcalloc(1, sizeof *v);
	struct driver_request rq = *like;
	struct driver *d;
	int r;

	*out = v;
	rq.verb = "discover";
	if (!spec_has_verb(spec, "discover"))
		return err_set(e, ST_USAGE, "%s: type %s cannot tell its "
		    "streams, so there is no schema", c->file, c->type);
	if (driver_start(&d, path, c->type, &rq, e) != 0)
		return -1;
	r = read_streams(v, c, d, e);
	driver_free(d);
	if (r == 0 && !any_schema(v))
		return err_set(e, ST_USAGE, "%s: type %s has no schema of its "
		    "documents; a patch file may give one", c->file, c->type);
	return r;
}

void
validate_free(struct validate *v)
{
	if (v == NULL)
		return;
	for (size_t i = 0; i < v->n; i++) {
		docschema_free(v->v[i].ready);
		free(v->v[i].v);
	}
	free(v->v);
	arena_release(&v->arena);
	free(v);
}

/* ---- documents ---- */

static struct stream *
find_stream(struct validate *v, struct span name)
{
	if (v->now != NULL && span_is(name, v->now->name))
		return v->now;
	for (size_t i = 0; i < v->n; i++)
		if (span_is(name, v->v[i].name))
			return &v->v[i];
	return name.p == NULL && v->n == 1 ? &v->v[0] : NULL;
}

static struct place *
find_place(struct validate *v, struct stream *s, const struct docfault *f)
{
	struct place *p = s->v;

	for (; p < s->v + s->n; p++)
		if (p->rule == f->rule && streq(p->type, f->type) &&
		    span_eq(p->name, f->name) && span_eq(p->path, f->path))
			return p;
	if (s->n == VALIDATE_PLACES)
		return NULL;
	s->v = xgrow(s->v, &s->cap, s->n + 1, sizeof *s->v);
	p = &s->v[s->n++];
	*p = (struct place){ .rule = f->rule, .type = f->type,
		.name = { arena_strndup(&v->arena, f->name), f->name.n },
		.path = { arena_strndup(&v->arena, f->path), f->path.n },
		.first = arena_strndup(&v->arena, v->id) };
	return p;
}

static void
note(void *ctx, const struct docfault *f)
{
	struct validate *v = ctx;
	struct stream *s = v->now;
	struct place *p = find_place(v, s, f);

	if (p == NULL) {
		s->more++;
	} else if (p->last != s->documents) {
		p->last = s->documents;
		p->documents++;
	}
}

void
validate_document(struct validate *v, struct span stream, struct span doc,
    struct span id)
{
	struct stream *s = find_stream(v, stream);

	if (s == NULL || s->ready == NULL) {
		if (s == NULL || !s->told)
			warn("stream %.*s: has no schema, its documents are "
			    "not checked", (int)stream.n, stream.p);
		if (s == NULL) {
			v->v = xgrow(v->v, &v->cap, v->n + 1, sizeof *v->v);
			s = &v->v[v->n++];
			v->now = NULL;
			*s = (struct stream){ .name =
				arena_strndup(&v->arena, stream) };
		}
		s->told = true;
		return;
	}
	v->now = s;
	v->id = id;
	s->documents++;
	docschema_check(s->ready, doc, note, v);
}

/* ---- the report ---- */

static struct docfault
fault_of(const struct place *p)
{
	return (struct docfault){ .rule = p->rule, .type = p->type,
		.name = p->name, .path = p->path };
}

/* What makes these places allowed, of the schema as it is now. */
static struct val *
patch_for(struct arena *a, const struct stream *s, size_t from, size_t n)
{
	struct val *copy = val_copy(a, s->schema);

	for (size_t i = from; i < from + n; i++) {
		struct docfault f = fault_of(&s->v[i]);

		docschema_allow(s->ready, a, copy, &f);
	}
	return docschema_diff(a, s->schema, copy);
}

static void
report_place(const struct stream *s, size_t i)
{
	const struct place *p = &s->v[i];
	const struct docfault f = fault_of(p);
	struct arena a = { 0 };
	struct buf line = { 0 }, patch = { 0 };

	buf_printf(&line, "stream %s: %.*s%s%llu document%s ", s->name,
	    (int)p->path.n, p->path.p, p->path.n > 0 ? ": " : "",
	    (unsigned long long)p->documents, p->documents == 1 ? "" : "s");
	docfault_words(&line, &f, p->documents == 1);
	buf_printf(&line, "; first %s; patch ", p->first);
	val_write(&patch, patch_for(&a, s, i, 1));
	/* half a patch is worse than none */
	if (line.n + patch.n < LINE_MOST)
		buf_add_span(&line, buf_span(&patch));
	else
		buf_puts(&line, "too long for a line, see --validate=DIR");
	msg("%s", buf_cstr(&line));
	buf_release(&line);
	buf_release(&patch);
	arena_release(&a);
}

/* ---- patch files ---- */

/* Patch b after patch a, as one: nulls stay. As deep as both are. */
static struct val *
joined(struct arena *a, const struct val *first, const struct val *then)
{
	struct val *r = val_copy(a, first);

	if (first->type != JSON_OBJECT || then->type != JSON_OBJECT)
		return val_copy(a, then);
	for (size_t i = 0; i < then->n; i++) {
		const struct val_member *m = &then->members[i];
		const struct val *old = val_get(r, m->key.p);

		val_set(a, r, m->key, old != NULL ?
		    joined(a, old, m->value) : m->value);
	}
	return r;
}

/* What is in the file by now; NULL: there is none. */
static int
read_patch(struct arena *a, const char *path, struct val **out, struct err *e)
{
	struct buf text = { 0 };
	struct val_error ve;
	int r = 0;

	*out = NULL;
	if (file_read(path, PATCH_BYTES, &text) != 0) {
		if (errno != ENOENT)
			r = err_set(e, ST_USAGE, "%s: %s", path,
			    strerror(errno));
	} else {
		*out = val_parse(a, buf_span(&text), JSON_DEPTH, true, &ve);
		if (*out == NULL || (*out)->type != JSON_OBJECT)
			r = err_set(e, ST_USAGE, "%s: no JSON object, not "
			    "changed", path);
	}
	buf_release(&text);
	return r;
}

static int
write_patch(const char *path, const struct stream *s, struct err *e)
{
	struct arena a = { 0 };
	struct buf text = { 0 };
	struct val *file, *patch = patch_for(&a, s, 0, s->n);
	const struct val *old;
	char *dir = file_dirname(path);
	int r = read_patch(&a, path, &file, e) != 0 ||
	    file_mkdirs(dir, e) != 0 ? -1 : 0;

	/* a file of its own takes the place of the one for all */
	old = file != NULL ? file : s->patch;
	if (r == 0) {
		val_write(&text, old ? joined(&a, old, patch) : patch);
		buf_putc(&text, '\n');
		r = file_replace(path, buf_span(&text), e);
	}
	free(dir);
	buf_release(&text);
	arena_release(&a);
	return r;
}

/* DIR/streams/NAME.patch.json, NAME as conn-patches(5) has it. */
static int
put_patch(const char *dir, const struct stream *s, struct err *e)
{
	struct buf path = { 0 };
	size_t name;
	int r;

	buf_printf(&path, "%s/streams/", dir);
	name = path.n;
	patch_stream_name(&path, span_of(s->name));
	if (path.n == name || path.p[name] == '.' ||
	    strstr(buf_cstr(&path) + name, "/.") != NULL) {
		r = err_set(e, ST_PERSON, "stream %s: its name is not that of "
		    "a file", s->name);
	} else {
		buf_puts(&path, ".patch.json");
		r = write_patch(buf_cstr(&path), s, e);
	}
	buf_release(&path);
	return r;
}

int
validate_report(struct validate *v, const char *dir, struct err *e)
{
	int found = 0;

	for (size_t i = 0; i < v->n; i++) {
		const struct stream *s = &v->v[i];

		for (size_t k = 0; k < s->n; k++)
			report_place(s, k);
		if (s->more > 0)
			msg("stream %s: %llu more in places beyond the first "
			    "%d", s->name, (unsigned long long)s->more,
			    VALIDATE_PLACES);
		if (s->ready != NULL && docschema_gave_up(s->ready))
			warn("stream %s: the schema goes too deep; some of it "
			    "was not checked", s->name);
		found |= s->n > 0;
		if (s->n > 0 && dir != NULL && put_patch(dir, s, e) != 0)
			return -1;
	}
	return found;
}
