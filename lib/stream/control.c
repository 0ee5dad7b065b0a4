/* SPDX-License-Identifier: MIT */
#include "stream/control.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "stream/state.h"

enum type {
	T_NAME,         /* a string, not empty, without NUL */
	T_STRING,       /* a string without NUL: it is compared */
	T_STRING_NULL,
	T_TEXT,         /* any string: for people */
	T_INT, T_BOOL, T_TIME, T_OBJECT
};

struct field {
	const char *name;
	enum type type;
	bool required;
};

#define PROOF \
	{ "documents", T_INT, true }, { "ids", T_INT, true }, \
	{ "deletes", T_INT, true }, { "fails", T_INT, true }, \
	{ "digest", T_STRING, true }

static const struct field begin_fields[] = {
	{ "v", T_INT, true }, { "mode", T_STRING, true },
	{ "scope", T_STRING, true }, { "run", T_NAME, true },
	{ "source", T_NAME, true }, { "index", T_NAME, true },
	{ "base", T_STRING_NULL, true }, { "config", T_STRING, false },
	{ "known", T_INT, false }, { "uuid", T_STRING, false },
	{ "unproven", T_STRING_NULL, false }, { "time", T_TIME, true },
	{ NULL, T_INT, false }
};
static const struct field delete_fields[] = {
	{ "id", T_TEXT, true }, { "reason", T_TEXT, false },
	{ NULL, T_INT, false }
};
static const struct field fail_fields[] = {
	{ "id", T_TEXT, false }, { "prefix", T_TEXT, false },
	{ "code", T_TEXT, true }, { "message", T_TEXT, false },
	{ NULL, T_INT, false }
};
static const struct field state_fields[] = {
	{ "stream", T_STRING, true }, { "value", T_OBJECT, true }, PROOF,
	{ "sum", T_STRING, false }, { NULL, T_INT, false }
};
static const struct field end_fields[] = {
	{ "complete", T_BOOL, true }, { "status", T_INT, true }, PROOF,
	{ "time", T_TIME, true }, { "message", T_TEXT, false },
	{ NULL, T_INT, false }
};

static const struct {
	const char *name;
	enum rec_kind kind;
	const struct field *fields;
} kinds[] = {
	{ "begin", REC_BEGIN, begin_fields },
	{ "delete", REC_DELETE, delete_fields },
	{ "fail", REC_FAIL, fail_fields },
	{ "state", REC_STATE, state_fields },
	{ "end", REC_END, end_fields }
};
enum { KINDS = sizeof kinds / sizeof *kinds };

int
record_err(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	e->status = ST_PERSON;
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return -1;
}

int
control_kind(struct span name)
{
	for (size_t i = 0; i < KINDS; i++)
		if (span_is(name, kinds[i].name))
			return (int)kinds[i].kind;
	return -1;
}

bool
mode_parse(struct span s, enum mode *out)
{
	for (enum mode m = MODE_LOAD; m <= MODE_DIFF; m++)
		if (span_is(s, mode_name(m))) {
			*out = m;
			return true;
		}
	return false;
}

static const char *
string_fault(enum type type, const struct val *v)
{
	if (type == T_STRING_NULL && v->type == JSON_NULL)
		return NULL;
	if (v->type != JSON_STRING)
		return "is not a string";
	if (type != T_TEXT && memchr(v->str.p, '\0', v->str.n) != NULL)
		return "holds a NUL";
	return type == T_NAME && v->str.n == 0 ? "is empty" : NULL;
}

/* NULL, or what is wrong with a member that is there. */
static const char *
type_fault(enum type type, const struct val *v)
{
	struct timespec t;
	uint64_t n;

	switch (type) {
	case T_NAME: case T_STRING: case T_STRING_NULL: case T_TEXT:
		return string_fault(type, v);
	case T_INT:
		return val_u64(v, UINT64_MAX, &n) ? NULL :
		    "is not a whole number";
	case T_BOOL:
		return v->type == JSON_TRUE || v->type == JSON_FALSE ? NULL :
		    "is neither true nor false";
	case T_TIME:
		return v->type == JSON_STRING &&
		    clock_parse_strict(v->str, &t) ?
		    NULL : "is not an RFC 3339 time";
	case T_OBJECT:
		return v->type == JSON_OBJECT ? NULL : "is not an object";
	}
	return NULL;
}

static int
check_fields(const struct field *f, const struct val *ctl, struct err *e)
{
	for (; f->name != NULL; f++) {
		const struct val *v = val_get(ctl, f->name);
		const char *fault;

		if (v == NULL && f->required)
			return record_err(e, "no %s", f->name);
		fault = v != NULL ? type_fault(f->type, v) : NULL;
		if (fault != NULL)
			return record_err(e, "%s %s", f->name, fault);
	}
	return 0;
}

static int
check_begin(const struct val *ctl, struct err *e)
{
	struct span scope = val_str(val_get(ctl, "scope"));
	enum mode m;
	uint64_t v;

	if (!val_u64(val_get(ctl, "v"), 1, &v) || v != 1)
		return record_err(e, "v is not 1");
	if (!mode_parse(val_str(val_get(ctl, "mode")), &m))
		return record_err(e,
		    "mode is none of load poll slim index diff");
	if (!span_is(scope, "all") && !span_is(scope, "part"))
		return record_err(e, "scope is neither all nor part");
	return 0;
}

static int
check_name(const struct val *ctl, const char *member, struct span *out,
    struct err *e)
{
	const struct val *v = val_get(ctl, member);
	const char *fault;

	if (v == NULL)
		return 0;
	fault = name_fault(v->str);
	if (fault != NULL)
		return record_err(e, "%s %s", member, fault);
	*out = v->str;
	return 0;
}

static int
check_fail(struct rec *r, struct err *e)
{
	if (check_name(r->ctl, "id", &r->id, e) < 0 ||
	    check_name(r->ctl, "prefix", &r->prefix, e) < 0)
		return -1;
	if (r->id.p != NULL && r->prefix.p != NULL)
		return record_err(e, "both id and prefix");
	return 0;
}

static int
read_proof(const struct val *ctl, struct proof *p, struct err *e)
{
	val_u64(val_get(ctl, "documents"), UINT64_MAX, &p->documents);
	val_u64(val_get(ctl, "ids"), UINT64_MAX, &p->ids);
	val_u64(val_get(ctl, "deletes"), UINT64_MAX, &p->deletes);
	val_u64(val_get(ctl, "fails"), UINT64_MAX, &p->fails);
	if (!hash_parse(val_str(val_get(ctl, "digest")), &p->digest))
		return record_err(e,
		    "digest is not 32 lower-case hex digits");
	return 0;
}

/* The digest says nothing of a position: a bit of it that turned would move it
 * ahead. Streams written by others have no sum. */
static int
check_sum(const struct rec *r, const struct val *value, struct err *e)
{
	const struct val *sum = val_get(r->ctl, "sum");
	struct h128 said;

	if (sum == NULL || (hash_parse(sum->str, &said) &&
	    hash_eq(said, state_sum(r->stream, value))))
		return 0;
	return record_err(e, "stream altered on its way: a state whose sum "
	    "is not that of its stream and value");
}

static int
check_state(struct rec *r, struct err *e)
{
	const struct val *value = val_get(r->ctl, "value");
	const char *fault = state_value_fault(value);

	if (fault != NULL)
		return record_err(e, "value %s", fault);
	r->stream = val_str(val_get(r->ctl, "stream"));
	if (check_sum(r, value, e) < 0)
		return -1;
	return read_proof(r->ctl, &r->proof, e);
}

static int
check_end(struct rec *r, struct err *e)
{
	uint64_t status;

	if (!val_u64(val_get(r->ctl, "status"), 255, &status))
		return record_err(e, "status is not 0 to 255");
	return read_proof(r->ctl, &r->proof, e);
}

int
control_check(struct rec *r, struct err *e)
{
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].kind == r->kind &&
		    check_fields(kinds[i].fields, r->ctl, e) < 0)
			return -1;
	switch (r->kind) {
	case REC_BEGIN:
		return check_begin(r->ctl, e);
	case REC_DELETE:
		return check_name(r->ctl, "id", &r->id, e);
	case REC_FAIL:
		return check_fail(r, e);
	case REC_STATE:
		return check_state(r, e);
	case REC_END:
		return check_end(r, e);
	default:
		return 0;
	}
}
