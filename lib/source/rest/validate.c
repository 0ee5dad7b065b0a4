/* SPDX-License-Identifier: MIT */
#include "source/rest/validate.h"

#include <stdio.h>
#include <stdlib.h>

#include "json/text.h"
#include "source/rest/subs.h"

enum { FAULT_DEPTH = 64 };

struct validator {
	const char *key;        /* "checks.NAME" */
	int program;            /* < 0: sub asks */
	struct sub sub;
};

/* One that gives a list of what that one gives. */
static int
add_program(struct run *r, const struct val *text, const char *key)
{
	int n = programs_add(&r->programs, text, PROGRAM_JQ, key, 0);
	char *list = xasprintf("[_%d]", n);

	n = jqset_made(r->programs.set, list);
	free(list);
	return n;
}

int
validate_make(struct run *r, struct err *e)
{
	const struct val *checks = val_get(r->c.root, "checks");
	size_t n = checks != NULL ? checks->n : 0;

	r->validators = arena_alloc(r->c.arena, n * sizeof *r->validators);
	r->nvalidators = n;
	for (size_t i = 0; i < n; i++) {
		const struct val_member *m = &checks->members[i];
		struct validator *v = &r->validators[i];
		char *key = xasprintf("checks.%s", m->key.p);

		*v = (struct validator){ .program = -1,
			.key = arena_strndup(r->c.arena, span_of(key)) };
		free(key);
		if (val_cstr(m->value) != NULL)
			v->program = add_program(r, m->value, v->key);
		else if (view_sub(&v->sub, &r->programs, m, "checks", e) != 0)
			return -1;
	}
	return 0;
}

/* What they look at: {"rules":[...],"streams":[...]}. */
static void
put_input(const struct request *rq, struct buf *out)
{
	const struct val *rules = val_get(rq->root, "rules");

	buf_puts(out, "{\"rules\":");
	if (rules != NULL)
		val_write(out, rules);
	else
		buf_puts(out, "[]");
	buf_puts(out, ",\"streams\":");
	val_write(out, rq->streams);
	buf_putc(out, '}');
	buf_pad(out);
}

/* Adds the list of its results. */
static int
run_program(struct run *r, const struct validator *v, struct span in,
    struct buf *out, struct trouble *t, struct err *e)
{
	static const struct vars none;
	bool own = false;
	int result = programs_run(&r->programs, v->program, &none, in, out,
	    v->key, &own, e);

	t->code = NULL;
	if (result == 0 || !own)
		return result;
	snprintf(t->why, sizeof t->why, "%.*s", MSG_MAX - 1, e->text);
	t->code = "program";
	return 0;
}

/* One line for each thing that is wrong, or that there is none. */
static void
tell(const struct run *r, const struct validator *v, struct span faults)
{
	struct val_error ignored;
	const struct val *list = val_parse(r->c.arena, faults, FAULT_DEPTH,
	    false, &ignored);
	struct buf text = { 0 };
	size_t told = 0;

	for (size_t i = 0; list != NULL && i < list->n; i++) {
		const struct val *fault = list->items[i];

		if (fault->type == JSON_NULL)
			continue;
		buf_clear(&text);
		if (val_cstr(fault) != NULL)
			buf_add_span(&text, fault->str);
		else
			val_write(&text, fault);
		emit_check(v->key, false, buf_cstr(&text));
		told++;
	}
	if (told == 0)
		emit_check(v->key, true, "");
	buf_release(&text);
}

int
validate_run(struct run *r, struct err *e)
{
	struct buf in = { 0 }, faults = { 0 };
	struct trouble t;
	int result = 0;

	put_input(r->rq, &in);
	for (size_t i = 0; result == 0 && i < r->nvalidators; i++) {
		const struct validator *v = &r->validators[i];

		buf_clear(&faults);
		result = v->program >= 0 ?
		    run_program(r, v, buf_span(&in), &faults, &t, e) :
		    subs_one(r, &v->sub, buf_span(&in), &faults, &t, e);
		if (result == 0 && t.code != NULL)
			emit_check(v->key, false, t.why);
		else if (result == 0)
			tell(r, v, first_line(&faults));
	}
	buf_release(&in);
	buf_release(&faults);
	return result;
}
