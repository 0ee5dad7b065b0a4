/* SPDX-License-Identifier: MIT */
#include "run/driver.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "run/driver-proc.h"

enum { SPEC_SECONDS = 60, CHUNK = 64 << 10 };

static bool
all_strings(const struct val *v)
{
	if (v == NULL || v->type != JSON_ARRAY)
		return false;
	for (size_t i = 0; i < v->n; i++)
		if (val_str(v->items[i]).n == 0)
			return false;
	return true;
}

static bool
is(const struct val *v, enum json_type type)
{
	return v != NULL && v->type == type;
}

static bool
absent_or_bool(const struct val *v)
{
	return v == NULL || v->type == JSON_TRUE || v->type == JSON_FALSE;
}

bool
spec_has_verb(const struct val *spec, const char *verb)
{
	const struct val *v = val_get(spec, "verbs");

	for (size_t i = 0; v != NULL && i < v->n; i++)
		if (span_is(val_str(v->items[i]), verb))
			return true;
	return false;
}

static const char *
spec_fault(const struct val *v, const char *type)
{
	const struct val *title = val_get(v, "title");
	const struct val *fields = val_get(v, "slim_fields");
	const struct val *streams = val_get(v, "streams");
	const struct val *settings = val_get(v, "settings");
	const struct val *url = val_get(v, "documentationUrl");
	const struct val *oauth2 = val_get(v, "oauth2");

	if (v->type != JSON_OBJECT)
		return "not an object";
	if (!span_is(val_str(val_get(v, "type")), type))
		return "type is not the driver's own";
	if (title != NULL && title->type != JSON_STRING)
		return "title is not a string";
	if (!is(val_get(v, "schema"), JSON_OBJECT))
		return "schema is missing or not an object";
	if (!all_strings(val_get(v, "verbs")))
		return "verbs is missing or not an array of names";
	if (!spec_has_verb(v, "load"))
		return "verbs lacks load";
	if (fields != NULL && !all_strings(fields))
		return "slim_fields is not an array of names";
	if (!absent_or_bool(val_get(v, "confirm")) ||
	    !absent_or_bool(val_get(v, "ids")))
		return "confirm or ids is neither true nor false";
	if (streams != NULL && streams->type != JSON_OBJECT)
		return "streams is not an object";
	if (settings != NULL && !is(val_get(val_get(val_get(v, "schema"),
	    "properties"), val_str(settings).p), JSON_OBJECT))
		return "settings names no property of the schema";
	if ((url != NULL && url->type != JSON_STRING) ||
	    (oauth2 != NULL && oauth2->type != JSON_OBJECT))
		return "documentationUrl is not a string, or oauth2 not an "
		    "object";
	return NULL;
}

/* All of its stdout. 1: all is there, 0: a signal to us, -1: e. */
static int
collect(struct proc *p, struct buf *out, struct err *e)
{
	double until = clock_mono() + SPEC_SECONDS;

	for (;;) {
		enum proc_event v = proc_wait(p, until);
		ssize_t k;

		if (v == PROC_SIGNAL)
			return 0;
		if (v == PROC_TIMEOUT && p->exited)
			return err_set(e, ST_TEMP, "driver %s: spec: ended, "
			    "but left a process that holds its stdout",
			    p->type);
		if (v == PROC_TIMEOUT)
			return err_set(e, ST_TEMP, "driver %s: spec: not done "
			    "after %d s; killed", p->type, SPEC_SECONDS);
		if (v == PROC_EXIT)
			continue;
		buf_reserve(out, CHUNK);
		k = read(p->out, out->p + out->n, CHUNK);
		if (k == 0)
			return 1;
		if (k < 0 && errno != EINTR)
			return err_set(e, ST_PERSON, "driver %s: spec: %s",
			    p->type, strerror(errno));
		out->n += k > 0 ? (size_t)k : 0;
		if (out->n > DRIVER_SPEC_MAX)
			return err_set(e, ST_PERSON, "driver %s: spec: longer "
			    "than %d bytes", p->type, DRIVER_SPEC_MAX);
	}
}

static int
parse(struct arena *a, struct span text, const char *type, struct val **spec,
    struct err *e)
{
	struct val_error ve;
	const char *fault;

	*spec = val_parse(a, text, CONFIG_DEPTH, true, &ve);
	if (*spec == NULL && ve.duplicate)
		return err_set(e, ST_PERSON, "driver %s: spec: line %u: "
		    "%s stands twice", type, ve.line, ve.key.p);
	if (*spec == NULL)
		return err_set(e, ST_PERSON, "driver %s: spec: line %u: %s",
		    type, ve.line, json_fault_text(ve.json.fault));
	fault = spec_fault(*spec, type);
	return fault == NULL ? 0 :
	    err_set(e, ST_PERSON, "driver %s: spec: %s", type, fault);
}

/* Of a program, by its own TYPE. */
static int
program_spec(struct arena *a, const char *path, const char *type,
    struct val **spec, struct err *e)
{
	struct buf text = { 0 };
	struct proc p;
	int r, status;

	if (proc_start(&p, path, type, "spec", SPAN(""), e) != 0)
		return -1;
	r = collect(&p, &text, e);
	if (r == 1) {
		status = proc_finish(&p, e);
		if (status != ST_OK && e->text[0] == '\0')
			err_set(e, status, "driver %s: spec: exit status %d",
			    type, status);
		r = status == ST_OK ? 0 : -1;
	} else if (r == 0) {
		r = err_set(e, ST_TEMP, "interrupted");
	}
	proc_kill(&p);
	if (r == 0)
		r = parse(a, buf_span(&text), type, spec, e);
	buf_release(&text);
	return r;
}

/* What cannot be read is asked for again. */
static bool
kept_spec(struct arena *a, const char *file, const char *type,
    struct val **spec)
{
	struct buf text = { 0 };
	struct err e = { 0 };
	bool good = file != NULL &&
	    file_read(file, DRIVER_SPEC_MAX, &text) == 0 &&
	    parse(a, buf_span(&text), type, spec, &e) == 0;

	buf_release(&text);
	return good;
}

int
driver_spec(struct arena *a, const struct driver_found *f, const char *type,
    struct val **spec, struct err *e)
{
	const struct connector_file *c = &f->connector;
	const char *own = c->file ? c->driver : type;

	if (!kept_spec(a, f->spec, own, spec) &&
	    program_spec(a, f->path, own, spec, e) != 0)
		return -1;
	if (c->file != NULL)
		*spec = connector_file_spec(a, type, c, *spec, e);
	return *spec != NULL ? 0 : -1;
}
