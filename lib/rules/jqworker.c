/* SPDX-License-Identifier: MIT */
#include "rules/jqworker.h"

#include <errno.h>
#include <fcntl.h>
#include <jq.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/sandbox.h"
#include "base/sig.h"
#include "rules/jqvalue.h"

enum { MESSAGE_MAX = 4096 };

struct worker {
	int fd;
	const struct jqworker_setup *setup;
	jq_state *jq;
	char *broken;           /* the first message of the compiler */
	struct buf in, out;
	jv called;              /* what the last call of a function gave */
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
	/* a document of 64 MiB takes some gigabytes as libjq's values */
	struct rlimit memory = { (rlim_t)4 << 30, (rlim_t)4 << 30 };
	int null, high;

	sig_child();
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
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
	sandbox_enter(&(struct sandbox){ 0 });
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
answer(struct worker *w, enum jqframe_kind kind, struct span s)
{
	struct jqframe f;

	memset(&f, 0, sizeof f);
	f.kind = kind;
	f.n = s.n;
	send_all(w, &f, sizeof f);
	send_all(w, s.p, s.n);
}

/* ---- functions in C ---- */

static struct span
jv_span(jv string)
{
	return (struct span){ jv_string_value(string),
		(size_t)jv_string_length_bytes(jv_copy(string)) };
}

static jv
call(struct worker *w, struct span name, jv arg)
{
	const struct jqworker_function *f = w->setup->functions;
	struct buf out = { 0 };
	bool good;
	jv r;

	while (!span_is(name, f->name))
		f++;
	if (jv_get_kind(arg) != JV_KIND_STRING)
		return jv_invalid_with_msg(jv_string_fmt("%s: %s is not a "
		    "string", f->name, jv_kind_name(jv_get_kind(arg))));
	good = f->f(jv_span(arg), &out);
	r = jv_string_sized(buf_cstr(&out), (int)out.n);
	buf_release(&out);
	return good ? r : jv_invalid_with_msg(r);
}

/* pair: [NAME, ARGUMENT]; the debug that programs see is another. */
static void
on_debug(void *ctx, jv pair)
{
	struct worker *w = ctx;
	jv name = jv_array_get(jv_copy(pair), 0);
	jv arg = jv_array_get(pair, 1);

	jv_free(w->called);
	w->called = call(w, jv_span(name), arg);
	jv_free(name);
	jv_free(arg);
}

static jv
on_input(jq_state *jq, void *ctx)
{
	struct worker *w = ctx;
	jv r = w->called;

	(void)jq;
	w->called = jv_invalid();
	return r;
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

static jv
constants(const struct jqworker_setup *setup)
{
	jv all = jv_object();

	for (size_t i = 0; i < setup->nconstants; i++) {
		jv v = jv_parse(setup->constants[i].json);

		if (!jv_is_valid(v))
			leave(1);
		all = jv_object_set(all, jv_string(setup->constants[i].name),
		    v);
	}
	return all;
}

static void
compile(struct worker *w)
{
	const char *why;

	w->jq = jq_init();
	if (w->jq == NULL)
		leave(1);
	jq_set_error_cb(w->jq, keep_message, w);
	/* libjq 1.6 leaves these as malloc found them */
	jq_set_debug_cb(w->jq, on_debug, w);
	jq_set_input_cb(w->jq, on_input, w);
	if (!jq_compile_args(w->jq, w->setup->text, constants(w->setup))) {
		why = w->broken ? w->broken : "0 it does not compile";
		answer(w, JQFRAME_BROKEN, span_of(why));
		leave(0);
	}
	jq_set_error_cb(w->jq, forget_message, w);
	answer(w, JQFRAME_READY, (struct span){ 0 });
}

/* ---- running ---- */

/* false: there is too much. */
static bool
add_result(struct worker *w, jv v)
{
	bool fits = jqvalue_write(&w->out, v, JQSET_MAX) &&
	    w->out.n < JQSET_MAX;

	buf_putc(&w->out, '\n');
	return fits;
}

static void
answer_error(struct worker *w, jv error)
{
	jv text = jv_invalid_get_msg(error);
	struct span s;

	if (jv_get_kind(text) != JV_KIND_STRING)
		text = jv_dump_string(text, 0);
	s = jv_span(text);
	if (s.n > MESSAGE_MAX)
		s.n = MESSAGE_MAX;
	answer(w, JQFRAME_ERROR, s);
	jv_free(text);
}

static void
run(struct worker *w, const struct jqframe *f)
{
	jv vars = jqvalue_read((struct span){ w->in.p, f->vars });
	jv in = jqvalue_read((struct span){ w->in.p + f->vars,
		f->n - f->vars }), r;
	bool fits = true;

	if (!jv_is_valid(vars) || !jv_is_valid(in)) {
		r = jv_is_valid(vars) ? in : vars;
		jv_free(jv_is_valid(vars) ? vars : in);
		answer_error(w, r);
		return;
	}
	buf_clear(&w->out);
	jq_start(w->jq, JV_ARRAY(jv_number(f->program), vars, in), 0);
	r = jv_invalid();
	for (size_t n = 0; fits && n < w->setup->most; n++) {
		r = jq_next(w->jq);
		if (!jv_is_valid(r))
			break;
		fits = add_result(w, r);
		r = jv_invalid();
	}
	if (!fits)
		answer(w, JQFRAME_LONG, (struct span){ 0 });
	else if (jv_invalid_has_msg(jv_copy(r)))
		answer_error(w, r);
	else if (jq_halted(w->jq))
		answer(w, JQFRAME_HALT, (struct span){ 0 });
	else
		answer(w, JQFRAME_DONE, buf_span(&w->out));
}

void
jqworker_main(int fd, const struct jqworker_setup *setup)
{
	struct worker w = { .setup = setup, .called = jv_invalid() };
	struct jqframe f;

	confine(&fd);
	w.fd = fd;
	compile(&w);
	/* after the compiler, which makes $ENV a constant: mktime and
	 * localtime of libjq 1.6 are right in UTC only */
	setenv("TZ", "UTC0", 1);
	for (;;) {
		receive(&w, &f, sizeof f);
		buf_clear(&w.in);
		buf_reserve(&w.in, f.n);
		receive(&w, w.in.p, f.n);
		w.in.n = f.n;
		buf_pad(&w.in);
		run(&w, &f);
	}
}
