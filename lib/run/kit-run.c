/* SPDX-License-Identifier: MIT */
#include "run/kit-run.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sig.h"
#include "json/text.h"

enum { LEFTOVER_SECONDS = 1 };
static const double LOOK_SECONDS = 0.02;

const char *
kit_run_fault(const struct kit_run *r)
{
	return r->form[0] != '\0' ? r->form : r->ending;
}

void
kit_run_release(struct kit_run *r)
{
	kit_set_release(&r->docs);
	kit_set_release(&r->fails);
	kit_set_release(&r->prefixes);
	arena_release(&r->arena);
	*r = (struct kit_run){ 0 };
}

/* ---- what must not be seen ---- */

static bool
holds_secret(const struct kit_secrets *s, struct span text)
{
	for (size_t i = 0; i < s->n && text.n > 0; i++)
		if (memmem(text.p, text.n, s->v[i], strlen(s->v[i])) != NULL)
			return true;
	return false;
}

static void
look(struct kit_run *r, const struct kit_secrets *s, struct span text,
    const char *where)
{
	if (text.n > 0 && r->leak[0] == '\0' && holds_secret(s, text))
		snprintf(r->leak, sizeof r->leak, "a secret shows in %s",
		    where);
}

/* An integer that went through a double: 1.2345678901234568e+18. */
static void
look_at_number(struct kit_run *r, struct span number)
{
	bool plain = true;

	for (size_t i = 0; i < number.n; i++)
		plain = plain && strchr("-0123456789", number.p[i]) != NULL;
	if (!plain && json_number_is_big(number))
		snprintf(r->rounded, sizeof r->rounded, "%.*s",
		    (int)number.n, number.p);
}

/* The numbers outside strings of a validated text. */
static void
find_rounded(struct kit_run *r, struct span text)
{
	bool string = false;

	for (size_t i = 0; i < text.n && r->rounded[0] == '\0'; i++) {
		char c = text.p[i];
		size_t n;

		if (string && c == '\\') {
			i++;
		} else if (c == '"') {
			string = !string;
		} else if (!string && (c == '-' || (c >= '0' && c <= '9'))) {
			n = strspn(text.p + i, "-+.eE0123456789");
			look_at_number(r, (struct span){ text.p + i, n });
			i += n - 1;
		}
	}
}

/* ---- the group ---- */

/* The group of a process; 0 if it is dead, reaped or not. */
static pid_t
group_of(const char *pid)
{
	char *file = xasprintf("/proc/%s/stat", pid);
	struct buf b = { 0 };
	pid_t group = 0;

	if (file_read(file, 4096, &b) == 0 && b.n > 0) {
		/* PID (NAME) STATE PARENT GROUP; any byte may be in NAME */
		const char *end = strrchr(buf_cstr(&b), ')');
		char state = 'Z';

		if (end == NULL ||
		    sscanf(end, ") %c %*d %d", &state, &group) != 2 ||
		    state == 'Z' || state == 'X')
			group = 0;
	}
	buf_release(&b);
	free(file);
	return group;
}

static bool
arguments_leak(const char *pid, const struct kit_secrets *secrets)
{
	char *file = xasprintf("/proc/%s/cmdline", pid);
	struct buf b = { 0 };
	bool leak = file_read(file, 1 << 20, &b) == 0 &&
	    holds_secret(secrets, buf_span(&b));

	buf_release(&b);
	free(file);
	return leak;
}

/* Living processes of the group but its leader, at this moment; *leak is set
 * if a secret stands in the arguments of one, or of the leader. secrets may
 * be NULL. */
static size_t
kit_group(pid_t group, const struct kit_secrets *secrets, bool *leak)
{
	DIR *d = opendir("/proc");
	struct dirent *f;
	size_t n = 0;

	while (d != NULL && (f = readdir(d)) != NULL) {
		const char *pid = f->d_name;

		if (*pid < '1' || *pid > '9' || group_of(pid) != group)
			continue;
		if (strtol(pid, NULL, 10) != group)
			n++;
		if (secrets != NULL && arguments_leak(pid, secrets))
			*leak = true;
	}
	if (d != NULL)
		closedir(d);
	return n;
}

/* Those that are about to end may do so. */
size_t
kit_leftovers(pid_t group)
{
	double until = clock_mono() + LEFTOVER_SECONDS;
	size_t n;

	while ((n = kit_group(group, NULL, NULL)) > 0 &&
	    clock_mono() < until && !sig_stop)
		clock_sleep(0.01);
	return n;
}

/* ---- reading ---- */

static struct h128
digest(struct span s)
{
	return s.p != NULL ? hash128(s.p, s.n) : (struct h128){ 0, 0 };
}

static void
take_state(struct kit_run *r, const struct driver_line *l)
{
	struct val_error ve;
	struct val *v = val_parse(&r->arena, l->value, JSON_DEPTH, false, &ve);

	if (r->states == NULL) {
		r->states = val_new(&r->arena, JSON_OBJECT);
		r->early = val_new(&r->arena, JSON_OBJECT);
	}
	if (v != NULL)
		val_set(&r->arena, r->states, l->stream, v);
	if (r->docs.n == 0)
		val_set(&r->arena, r->early, l->stream,
		    val_new(&r->arena, JSON_FALSE));
	else
		val_unset(r->early, arena_strndup(&r->arena, l->stream));
}

/* A document came. One that names no stream is of the only one. */
static void
note_order(struct kit_run *r, struct span stream)
{
	for (size_t i = 0; r->early != NULL && i < r->early->n; i++) {
		struct val_member *m = &r->early->members[i];

		if (stream.p != NULL ? span_eq(m->key, stream) :
		    r->states->n == 1)
			m->value->type = JSON_TRUE;
	}
}

/* Of the stream, and of the spec's slim_fields as they stand in doc. */
static struct h128
seen_digest(const struct driver_line *l, const struct val *fields)
{
	struct buf b = { 0 };
	struct json_member m;
	struct h128 h;

	buf_add_span(&b, l->stream);
	for (size_t i = 0; l->doc.p != NULL && fields != NULL &&
	    i < fields->n; i++) {
		const char *name = val_cstr(fields->items[i]);

		if (name == NULL || !json_iter_find(l->doc, name, &m))
			continue;
		buf_printf(&b, "\n%s:", name);
		buf_add_span(&b, m.value);
	}
	h = digest(buf_span(&b));
	buf_release(&b);
	return h;
}

static void
take(struct kit_run *r, const struct kit_secrets *secrets,
    const struct val *fields, const struct driver_line *l)
{
	struct h128 none = { 0, 0 };

	look(r, secrets, l->message, "a message");
	look(r, secrets, l->id, "an id");
	look(r, secrets, l->value, "a state");
	switch (l->kind) {
	case DRV_DOC:
		find_rounded(r, l->doc);
		kit_set_add(&r->docs, l->id, digest(l->doc),
		    digest(l->timestamp));
		note_order(r, l->stream);
		r->docs.v[r->docs.n - 1].seen = seen_digest(l, fields);
		break;
	case DRV_FAIL:
		if (l->id.p != NULL)
			kit_set_add(&r->fails, l->id, none, none);
		else if (l->prefix.p != NULL)
			kit_set_add(&r->prefixes, l->prefix, none, none);
		else
			r->open = true;
		break;
	case DRV_KEEP:
		kit_set_add(&r->prefixes, l->prefix, none, none);
		break;
	case DRV_STATE:
		take_state(r, l);
		break;
	default:
		break;
	}
}

/* One line; false: it is not worth reading on. */
static bool
take_line(struct kit_run *r, struct line_parser *p,
    const struct kit_secrets *secrets, const struct val *fields,
    struct span text)
{
	char what[MSG_MAX];
	struct driver_line l;

	if (line_parse(p, text, &l, what) != 0) {
		snprintf(r->form, sizeof r->form, "line %" PRIu64 ": %.900s",
		    r->lines, what);
		r->form_of_state = l.kind == DRV_STATE && p->verb < VERB_NONE;
		return false;
	}
	if (p->unknown.p != NULL)
		snprintf(r->unknown, sizeof r->unknown, "%.*s",
		    (int)p->unknown.n, p->unknown.p);
	take(r, secrets, fields, &l);
	if (r->docs.n + r->fails.n + r->prefixes.n <= KIT_RECORDS_MAX)
		return true;
	snprintf(r->form, sizeof r->form, "more than %d records; "
	    "take a smaller source for this", KIT_RECORDS_MAX);
	return false;
}

struct reading {
	struct kit_run *r;
	struct proc *p;
	struct line_parser parser;
	const struct kit_secrets *secrets;
	const struct val *fields;       /* the spec's slim_fields */
	struct lines in;
	double timeout, until;
	double look;            /* when its processes are looked at again */
};

enum step { STEP_ON, STEP_END, STEP_FAULT, STEP_SIGNAL };

static void
look_at_processes(struct reading *g)
{
	bool leak = false;

	if (clock_mono() < g->look)
		return;
	kit_group(g->p->group, g->secrets, &leak);
	if (leak)
		snprintf(g->r->leak, KIT_EXAMPLE, "a secret shows in "
		    "the arguments of a process");
	g->look = clock_mono() + LOOK_SECONDS;
}

static enum step
await(struct reading *g)
{
	char *form = g->r->form;

	look_at_processes(g);
	switch (proc_wait(g->p, g->look < g->until ? g->look : g->until)) {
	case PROC_SIGNAL:
		return STEP_SIGNAL;
	case PROC_EXIT:
	case PROC_OUT:
		return STEP_ON;
	default:
		break;
	}
	if (clock_mono() < g->until)
		return STEP_ON;
	if (g->p->exited)
		snprintf(form, MSG_MAX,
		    "ended, but left a process that holds its stdout");
	else
		snprintf(form, MSG_MAX, "no line for %.15g s", g->timeout);
	return STEP_FAULT;
}

static enum step
read_line(struct reading *g)
{
	struct span text;

	switch (lines_next(&g->in, &text)) {
	case LINE_OK:
		g->r->lines++;
		look_at_processes(g);
		g->until = clock_mono() + g->timeout;
		return take_line(g->r, &g->parser, g->secrets, g->fields,
		    text) ? STEP_ON : STEP_FAULT;
	case LINE_EOF:
		return STEP_END;
	case LINE_SIGNAL:
		return STEP_SIGNAL;
	case LINE_TIMEOUT:
		return await(g);
	case LINE_CUT:
		snprintf(g->r->form, MSG_MAX, "line %" PRIu64
		    ": cut short, no newline at its end", g->in.number);
		return STEP_FAULT;
	default:
		snprintf(g->r->form, MSG_MAX, "line %" PRIu64
		    ": too long, or not readable", g->in.number);
		return STEP_FAULT;
	}
}

static enum step
read_all(struct reading *g)
{
	enum step step = STEP_ON;

	lines_init(&g->in, g->p->out, DRIVER_LINE_MAX);
	g->in.timeout = 0;
	g->until = clock_mono() + g->timeout;
	while (step == STEP_ON)
		step = read_line(g);
	lines_release(&g->in);
	line_parser_release(&g->parser);
	return sig_stop ? STEP_SIGNAL : step;
}

/* ---- the end ---- */

static void
judge_end(struct kit_run *r, struct proc *p)
{
	double until = clock_mono() + PROC_LINGER;
	size_t left;

	while (!p->exited && proc_wait(p, until) != PROC_TIMEOUT && !sig_stop)
		continue;
	if (!p->exited) {
		snprintf(r->late, sizeof r->late, "closed its stdout, but did "
		    "not end within %d s", PROC_LINGER);
		return;
	}
	left = kit_leftovers(p->group);
	if (left > 0)
		snprintf(r->late, sizeof r->late,
		    "left %zu processes behind", left);
	if (WIFSIGNALED(p->status))
		snprintf(r->ending, sizeof r->ending, "killed by signal %d",
		    WTERMSIG(p->status));
	else if (WEXITSTATUS(p->status) != 0)
		snprintf(r->ending, sizeof r->ending, "exit status %d%s%.900s",
		    WEXITSTATUS(p->status), p->said[0] ? ": " : "", p->said);
}

static void
put_request(struct buf *b, const struct kit_subject *s,
    const struct kit_request *rq)
{
	struct driver_request full = {
		.verb = rq->verb, .source = s->source,
		.streams = s->config->streams, .state = rq->state,
		.ids = rq->ids, .nids = rq->nids,
		.token = s->config->token_path,
		.connector = s->config->connector
	};

	if (streq(rq->verb, "check"))
		full.rules = s->config->rules;
	driver_put_request(b, &full);
	if (rq->extra != NULL) {
		b->n -= strlen("}\n");
		buf_printf(b, ",%s}\n", rq->extra);
	}
}

int
kit_exec(const struct kit_subject *s, const struct kit_secrets *secrets,
    const struct kit_request *rq, struct kit_run *r, struct err *e)
{
	struct buf request = { 0 }, said = { 0 };
	struct proc p;
	struct reading g = { .r = r, .p = &p, .secrets = secrets,
	    .fields = val_get(s->spec, "slim_fields"),
	    .parser.verb = driver_verb(rq->verb),
	    .timeout = s->config->timeout };
	enum step step;
	int started;

	*r = (struct kit_run){ 0 };
	put_request(&request, s, rq);
	started = proc_start(&p, s->path, s->config->type, rq->verb,
	    buf_span(&request), e);
	buf_release(&request);
	if (started != 0)
		return -1;
	p.keep = &said;
	step = read_all(&g);
	if (step == STEP_END) {
		close(p.out);
		p.out = -1;
		judge_end(r, &p);
	}
	proc_kill(&p);
	look(r, secrets, buf_span(&said), "what it says on stderr");
	kit_set_sort(&r->docs);
	kit_set_sort(&r->fails);
	buf_release(&said);
	return step == STEP_SIGNAL || sig_stop ? -1 : 0;
}
