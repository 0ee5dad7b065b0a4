/* SPDX-License-Identifier: MIT */
/* How a driver takes a wrong call, a lost reader, a signal. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sig.h"
#include "run/kit-run.h"

enum { ODD_SECONDS = 10 };      /* for an answer to a wrong verb */

/* Waits for its end and throws its output away: did it end in time? */
static bool
ends(struct proc *p, double seconds)
{
	double until = clock_mono() + seconds;
	char junk[16 << 10];

	while (!p->exited) {
		enum proc_event v = proc_wait(p, until);

		if (v == PROC_TIMEOUT || v == PROC_SIGNAL)
			return false;
		if (v == PROC_OUT && read(p->out, junk, sizeof junk) == 0) {
			close(p->out);
			p->out = -1;
		}
	}
	return true;
}

static void
judge_refusal(const struct proc *p, bool ended, const char *name, char *what)
{
	int code = WIFEXITED(p->status) ? WEXITSTATUS(p->status) : -1;

	if (!ended)
		snprintf(what, MSG_MAX, "%s: no end within %d s", name,
		    ODD_SECONDS);
	else if (code != ST_USAGE && code != ST_PERSON)
		snprintf(what, MSG_MAX,
		    "%s: the exit status is neither 2 nor 3", name);
}

int
kit_arguments(const struct kit_subject *s, char *what, struct err *e)
{
	static const char *const odd[] = { NULL, "no-such-verb" };
	struct buf said = { 0 };

	for (size_t i = 0; i < 2 && what[0] == '\0' && !sig_stop; i++) {
		struct proc p;
		bool ended;

		if (proc_start(&p, s->path, s->config->type, odd[i],
		    SPAN("{}\n"), e) != 0)
			return -1;
		p.keep = &said;
		ended = ends(&p, ODD_SECONDS);
		judge_refusal(&p, ended, odd[i] ? "an unknown verb" :
		    "no argument", what);
		proc_kill(&p);
	}
	buf_release(&said);
	return sig_stop ? -1 : 0;
}

/* A load whose first byte was read and which has more to say, unless its
 * source is very small. */
static int
half_read(const struct kit_subject *s, struct proc *p, struct buf *said,
    struct err *e)
{
	struct driver_request rq = { .verb = "load", .source = s->source,
	    .streams = s->config->streams, .token = s->config->token_path,
	    .connector = s->config->connector };
	double until = clock_mono() + s->config->timeout;
	struct buf request = { 0 };
	enum proc_event v;
	char c;
	int r;

	driver_put_request(&request, &rq);
	r = proc_start(p, s->path, s->config->type, rq.verb,
	    buf_span(&request), e);
	buf_release(&request);
	if (r != 0)
		return -1;
	p->keep = said;
	fcntl(p->out, F_SETPIPE_SZ, 4096);
	do
		v = proc_wait(p, until);
	while (v == PROC_EXIT);
	if (v == PROC_OUT && read(p->out, &c, 1) < 0)
		return -1;
	return v == PROC_SIGNAL ? -1 : 0;
}

/* Nobody reads what it still has to say. */
static bool
dies(struct proc *p)
{
	double until = clock_mono() + PROC_LINGER;
	enum proc_event v = PROC_OUT;
	int out = p->out;

	p->out = -1;
	while (!p->exited && v != PROC_TIMEOUT && v != PROC_SIGNAL)
		v = proc_wait(p, until);
	p->out = out;
	return p->exited;
}

static void
judge_death(struct proc *p, const char *name, char *what)
{
	if (!dies(p))
		snprintf(what, MSG_MAX, "%s: no end within %d s", name,
		    PROC_LINGER);
	else if (kit_leftovers(p->group) > 0)
		snprintf(what, MSG_MAX, "%s: left processes behind", name);
}

int
kit_killed(const struct kit_subject *s, char *what, struct err *e)
{
	struct buf said = { 0 };
	int r = 0;

	for (int i = 0; i < 2 && r == 0 && what[0] == '\0'; i++) {
		struct proc p = { .out = -1, .err = -1, .pidfd = -1 };

		r = half_read(s, &p, &said, e);
		if (i == 0 && p.out >= 0) {
			close(p.out);
			p.out = -1;
		} else if (p.group > 0) {
			kill(-p.group, SIGTERM);
		}
		if (r == 0)
			judge_death(&p, i == 0 ? "its reader went away" :
			    "SIGTERM", what);
		proc_kill(&p);
	}
	buf_release(&said);
	return sig_stop ? -1 : r;
}
