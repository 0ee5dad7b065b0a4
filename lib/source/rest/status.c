/* SPDX-License-Identifier: MIT */
#include "source/rest/status.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *name;
	enum action action;
} actions[] = {
	{ "ok", ACT_OK }, { "retry", ACT_RETRY },
	{ "retry/skip", ACT_RETRY_SKIP }, { "empty", ACT_EMPTY },
	{ "skip", ACT_SKIP }, { "reset", ACT_RESET }, { "stop", ACT_STOP },
	{ "denied", ACT_DENIED }
};

enum action
status_action(struct span name)
{
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (span_is(name, actions[i].name))
			return actions[i].action;
	return ACT_NONE;
}

/* 404, or 4xx. */
static bool
read_code(struct span key, struct status_rule *r)
{
	if (key.n != 3 || key.p[0] < '1' || key.p[0] > '5')
		return false;
	r->from = (key.p[0] - '0') * 100;
	r->to = r->from + 99;
	if (key.p[1] == 'x' && key.p[2] == 'x')
		return true;
	if (!isdigit((unsigned char)key.p[1]) ||
	    !isdigit((unsigned char)key.p[2]))
		return false;
	r->from += (key.p[1] - '0') * 10 + (key.p[2] - '0');
	r->to = r->from;
	return true;
}

int
status_read(struct programs *p, const struct val *status, const char *stem,
    struct status_rule **rules, size_t *n, struct err *e)
{
	char key[256];

	*n = status != NULL ? status->n : 0;
	*rules = arena_alloc(p->c->arena, *n * sizeof **rules);
	for (size_t i = 0; i < *n; i++) {
		const struct val_member *m = &status->members[i];
		struct status_rule *r = &(*rules)[i];

		snprintf(key, sizeof key, "%sstatus.%.40s", stem, m->key.p);
		r->program = -1;
		if (!read_code(m->key, r))
			return connector_wrong(p->c, m->value, key, e,
			    "neither a code as 404 nor a class as 4xx");
		r->action = val_cstr(m->value);
		if (r->action != NULL &&
		    status_action(m->value->str) == ACT_NONE) {
			r->action = NULL;
			r->program = programs_add(p, m->value, PROGRAM_JQ,
			    key, 0);
		}
	}
	return 0;
}

/* A code itself counts before its class. */
const struct status_rule *
status_rule(const struct ask *a, int code)
{
	const struct status_rule *found = NULL;

	for (size_t i = 0; i < a->nstatus; i++) {
		const struct status_rule *r = &a->status[i];

		if (code < r->from || code > r->to)
			continue;
		if (found == NULL || r->from == r->to)
			found = r;
	}
	return found;
}

enum action
status_default(int code, bool marked)
{
	if (code >= 200 && code < 300)
		return ACT_OK;
	if (code == 408 || code == 425 || code == 429 || code >= 500)
		return ACT_RETRY;
	if (code == 410 && marked)
		return ACT_RESET;
	return ACT_STOP;
}
