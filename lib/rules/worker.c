/* SPDX-License-Identifier: MIT */
#include "rules/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <jq.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/sig.h"
#include "stream/record.h"

/*
 * Goes before the program, on its first line; a directive (import, include)
 * is a syntax error after it. Replaced is what shows more than the document
 * (env has a TZ of ours), and, of libjq 1.6, what looks like a document left
 * out: inputs, get_search_list, error(null).
 */
static const char prelude[] =
    "def env: {}; def get_search_list: []; "
    "def _conn_error: error; "
    "def error: if . == null then \"null\" else . end | _conn_error; "
    "def error(f): f | error; "
    "def input: \"no input\" | error; def inputs: input; "
    "def modulemeta: \"no modules\" | error; ";

struct worker {
	int fd;
	jq_state *jq;
	char *broken;           /* the first message of the compiler */
	char *doc;
	size_t cap;
};

static char *no_environment[] = { NULL };

#ifdef CONN_COVERAGE
void __gcov_dump(void);
#endif

_Noreturn static void
leave(int status)
{
#ifdef CONN_COVERAGE
	__gcov_dump();
#endif
	_exit(status);
}

/* The parent alone decides when it ends. Its stdin, stdout and stderr are not
 * ours: jq's stderr would show content. */
static void
confine(int *fd)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1 };
	struct rlimit core = { 0, 0 };
	/* a document of 64 MiB takes some gigabytes as libjq's values */
	struct rlimit memory = { (rlim_t)4 << 30, (rlim_t)4 << 30 };
	int null, high;

	sig_child();
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &core);
	(void)memory;
#ifndef __SANITIZE_ADDRESS__     /* it reserves terabytes */
	setrlimit(RLIMIT_AS, &memory);
#endif
	high = fcntl(*fd, F_DUPFD_CLOEXEC, 3);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (high < 0 || null < 0)
		leave(1);
	for (int i = 0; i < 3; i++)
		if (dup2(null, i) < 0)
			leave(1);
	*fd = dup2(high, 3);
	close_range(4, ~0U, 0);
	if (*fd < 0 || chdir("/") != 0)
		leave(1);
	/* not clearenv: libjq 1.6 cannot do without a list */
	environ = no_environment;
}

static void
receive(struct worker *w, void *p, size_t n)
{
	for (char *at = p; n > 0;) {
		ssize_t k = read(w->fd, at, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			leave(0);
		at += k;
		n -= (size_t)k;
	}
}

static void
send_all(struct worker *w, const void *p, size_t n)
{
	for (const char *at = p; n > 0;) {
		ssize_t k = write(w->fd, at, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			leave(0);
		at += k;
		n -= (size_t)k;
	}
}

static void
answer(struct worker *w, enum frame_kind kind, const void *p, size_t n)
{
	struct frame f;

	memset(&f, 0, sizeof f);
	f.kind = kind;
	f.n = n;
	send_all(w, &f, sizeof f);
	send_all(w, p, n);
}

static void
failed(struct worker *w, enum failure why)
{
	char c = (char)why;

	answer(w, FRAME_FAILED, &c, 1);
}

/* ---- compiling ---- */

/* Keeps "LINE MESSAGE" of "jq: error: MESSAGE (...) at <top-level>, line N:"
 * and the program's text after it. */
static void
keep_message(void *ctx, jv msg)
{
	static const char front[] = "jq: error: ";
	static const char at[] = " at <top-level>, line ";
	struct worker *w = ctx;
	const char *s, *place, *hint;
	size_t n;

	if (w->broken == NULL && jv_get_kind(msg) == JV_KIND_STRING) {
		s = jv_string_value(msg);
		if (strncmp(s, front, sizeof front - 1) == 0)
			s += sizeof front - 1;
		place = strstr(s, at);
		hint = strstr(s, " (Unix shell quoting");
		n = strcspn(s, "\n");
		if (place && (size_t)(place - s) < n)
			n = (size_t)(place - s);
		if (hint && (size_t)(hint - s) < n)
			n = (size_t)(hint - s);
		w->broken = xasprintf("%ld %.*s", place ?
		    strtol(place + sizeof at - 1, NULL, 10) : 0L, (int)n, s);
	}
	jv_free(msg);
}

static void
forget_message(void *ctx, jv msg)
{
	(void)ctx;
	jv_free(msg);
}

static void
compile(struct worker *w, const char *program)
{
	char *text = xasprintf("%s%s", prelude, program);
	const char *why = "0 it does not compile";

	w->jq = jq_init();
	if (w->jq == NULL)
		leave(1);
	jq_set_error_cb(w->jq, keep_message, w);
	/* libjq 1.6 leaves these as malloc found them */
	jq_set_debug_cb(w->jq, forget_message, NULL);
	jq_set_input_cb(w->jq, NULL, NULL);
	if (!jq_compile_args(w->jq, text, jv_object())) {
		why = w->broken ? w->broken : why;
		answer(w, FRAME_BROKEN, why, strlen(why));
		leave(0);
	}
	jq_set_error_cb(w->jq, forget_message, w);
	free(text);
	answer(w, FRAME_READY, NULL, 0);
}

/* ---- running ---- */

/* Nothing follows the last result; was it an end, an error or a halt? */
static bool
ended_well(struct worker *w, jv last)
{
	bool error = jv_invalid_has_msg(last);

	if (error)
		failed(w, FAILED_ERROR);
	else if (jq_halted(w->jq))
		failed(w, FAILED_HALT);
	else
		return true;
	return false;
}

static void
send_object(struct worker *w, jv object)
{
	jv text = jv_dump_string(object, 0);
	size_t n = (size_t)jv_string_length_bytes(jv_copy(text));

	if (n > STREAM_LINE_MAX)
		failed(w, FAILED_LONG);
	else
		answer(w, FRAME_DOC, jv_string_value(text), n);
	jv_free(text);
}

static void
run(struct worker *w, size_t n)
{
	jv doc = jv_parse_sized(w->doc, (int)n), first, next;

	if (!jv_is_valid(doc)) {
		jv_free(doc);
		failed(w, FAILED_ERROR);
		return;
	}
	jq_start(w->jq, doc, 0);
	first = jq_next(w->jq);
	if (!jv_is_valid(first)) {
		if (ended_well(w, first))
			answer(w, FRAME_EMPTY, NULL, 0);
		return;
	}
	next = jq_next(w->jq);
	if (jv_is_valid(next)) {
		jv_free(next);
		failed(w, FAILED_TWO);
	} else if (!ended_well(w, next)) {
		/* answered */
	} else if (jv_get_kind(first) != JV_KIND_OBJECT) {
		failed(w, FAILED_TYPE);
	} else {
		send_object(w, first);
		return;
	}
	jv_free(first);
}

void
worker_main(int fd, const char *program)
{
	struct worker w = { 0 };
	struct frame f;

	confine(&fd);
	w.fd = fd;
	compile(&w, program);
	/* after the compiler, which makes $ENV a constant: mktime and
	 * localtime of libjq 1.6 are right in UTC only */
	setenv("TZ", "UTC0", 1);
	for (;;) {
		receive(&w, &f, sizeof f);
		w.doc = xgrow(w.doc, &w.cap, f.n + 1, 1);
		receive(&w, w.doc, f.n);
		run(&w, f.n);
	}
}
