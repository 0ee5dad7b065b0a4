/* SPDX-License-Identifier: MIT */
#include "rules/jqset.h"

#include <stdlib.h>

#include "rules/jqpeer.h"
#include "rules/jqsource.h"
#include "rules/jqtoken.h"
#include "rules/splice.h"

/* Goes before the C functions, which are made of debug and input. */
static const char outside[] =
    /* Replaced is what shows more than the input, and, of libjq 1.6, what
     * looks like an end (error(null)) or does not return. */
    "def env: {}; def get_search_list: []; "
    "def input_line_number: 0; def input_filename: null; "
    "def _conn_error: error; "
    "def error: if . == null then \"null\" else . end | _conn_error; "
    "def error(f): f | error; "
    "def modulemeta: \"no modules\" | error;";
static const char unbridged[] =
    "def debug: .; def debug(f): .; "
    "def input: \"no input\" | error; def inputs: input;";

enum notation { PROGRAM, TEXT, PATH, TREE, MADE };

struct program {
	enum notation notation;
	unsigned flags;
	struct jqsource_part part;
	char *made;
};

struct jqset {
	struct arena arena;     /* names and texts */
	struct jqworker_function *functions;
	struct jqworker_constant *constants;
	const char **variables;
	struct program *programs;
	size_t nfunctions, nconstants, nvariables, nprograms;
	size_t cfunctions, cconstants, cvariables, cprograms;
	size_t most;
	struct buf prelude, plain;      /* plain: $__plain_c as $c | ... */
	struct jqsource source;
	struct jqworker_setup setup;
	struct jqpeer peer;
};

struct jqset *
jqset_new(void)
{
	struct jqset *s = xcalloc(1, sizeof *s);

	s->peer.seconds = JQSET_SECONDS;
	s->most = SIZE_MAX;
	return s;
}

void
jqset_free(struct jqset *s)
{
	if (s == NULL)
		return;
	jqpeer_release(&s->peer);
	jqsource_release(&s->source);
	buf_release(&s->prelude);
	buf_release(&s->plain);
	free(s->functions);
	free(s->constants);
	free(s->variables);
	free(s->programs);
	arena_release(&s->arena);
	free(s);
}

void
jqset_most(struct jqset *s, size_t n)
{
	s->most = n;
}

void
jqset_limit(struct jqset *s, double seconds)
{
	s->peer.seconds = seconds;
}

/* ---- what the programs see ---- */

void
jqset_define(struct jqset *s, const char *name, jqset_function *f)
{
	s->functions = xgrow(s->functions, &s->cfunctions, s->nfunctions + 1,
	    sizeof *s->functions);
	s->functions[s->nfunctions++] = (struct jqworker_function){
		arena_strndup(&s->arena, span_of(name)), f };
}

void
jqset_prelude(struct jqset *s, const char *text)
{
	buf_puts(&s->prelude, text);
	buf_putc(&s->prelude, '\n');
}

static void
add_constant(struct jqset *s, const char *name, struct span json)
{
	struct buf strings = { 0 };

	if (splice_rounded_numbers(&strings, json))
		json = buf_span(&strings);
	s->constants = xgrow(s->constants, &s->cconstants, s->nconstants + 1,
	    sizeof *s->constants);
	s->constants[s->nconstants++] = (struct jqworker_constant){
		arena_strndup(&s->arena, span_of(name)),
		arena_strndup(&s->arena, json) };
	buf_release(&strings);
}

void
jqset_constant(struct jqset *s, const char *name, struct span json,
    struct span plain)
{
	char *other = xasprintf("__plain_%s", name);

	add_constant(s, name, json);
	if (plain.p) {
		add_constant(s, other, plain);
		buf_printf(&s->plain, "$%s as $%s | ", other, name);
	}
	free(other);
}

void
jqset_variable(struct jqset *s, const char *name)
{
	s->variables = xgrow(s->variables, &s->cvariables, s->nvariables + 1,
	    sizeof *s->variables);
	s->variables[s->nvariables++] = arena_strndup(&s->arena,
	    span_of(name));
}

/* ---- programs ---- */

static int
add(struct jqset *s, struct program p)
{
	s->programs = xgrow(s->programs, &s->cprograms, s->nprograms + 1,
	    sizeof *s->programs);
	s->programs[s->nprograms] = p;
	return (int)s->nprograms++;
}

int
jqset_add(struct jqset *s, const struct val *v, const char *key,
    unsigned flags)
{
	return add(s, (struct program){ PROGRAM, flags, { v, key }, NULL });
}

int
jqset_text(struct jqset *s, const struct val *v, const char *key,
    unsigned flags)
{
	return add(s, (struct program){ TEXT, flags, { v, key }, NULL });
}

int
jqset_path(struct jqset *s, const struct val *v, const char *key,
    unsigned flags)
{
	return add(s, (struct program){ PATH, flags, { v, key }, NULL });
}

int
jqset_tree(struct jqset *s, const struct val *v, const char *key,
    unsigned flags)
{
	return add(s, (struct program){ TREE, flags, { v, key }, NULL });
}

int
jqset_made(struct jqset *s, const char *program)
{
	/* the modes of a stream have much in common, and libjq compiles
	 * slowly */
	for (size_t i = 0; i < s->nprograms; i++)
		if (s->programs[i].notation == MADE &&
		    streq(s->programs[i].made, program))
			return (int)i;
	return add(s, (struct program){ .notation = MADE,
	    .made = arena_strndup(&s->arena, span_of(program)) });
}

/* ---- the text that is compiled ---- */

static void
put_functions(struct jqset *s)
{
	struct buf b = { 0 };

	jqsource_put(&s->source, outside);
	for (size_t i = 0; i < s->nfunctions; i++)
		buf_printf(&b, "def %s: if . == null then . else "
		    "[\"%s\", .] | debug | input end;\n",
		    s->functions[i].name, s->functions[i].name);
	jqsource_put(&s->source, buf_cstr(&b));
	jqsource_put(&s->source, unbridged);
	buf_release(&b);
}

static void
put_variables(struct jqset *s)
{
	struct buf b = { 0 };

	buf_puts(&b, ".[0] as $__n | .[1] as $__v | ");
	for (size_t i = 0; i < s->nvariables; i++)
		buf_printf(&b, "$__v.%s as $%s | ", s->variables[i],
		    s->variables[i]);
	buf_puts(&b, ".[2] |");
	jqsource_put(&s->source, buf_cstr(&b));
	jqsource_put(&s->source, buf_cstr(&s->prelude));
	jqsource_prelude(&s->source);
	buf_release(&b);
}

static int
put_body(struct jqset *s, const struct program *p, struct err *e)
{
	switch (p->notation) {
	case PROGRAM:
		return jqsource_program(&s->source, p->part, e);
	case TEXT:
		return jqsource_text(&s->source, p->part, e);
	case PATH:
		return jqsource_path(&s->source, p->part, e);
	case TREE:
		return jqsource_tree(&s->source, p->part, e);
	case MADE:
		jqsource_put(&s->source, p->made);
		return 0;
	}
	return 0;
}

static int
put_definition(struct jqset *s, size_t i, struct err *e)
{
	const struct program *p = &s->programs[i];
	char *head = xasprintf("def _%zu: %s(", i,
	    p->flags & JQSET_PLAIN ? buf_cstr(&s->plain) : "");

	jqsource_put(&s->source, head);
	free(head);
	if (put_body(s, p, e) != 0)
		return -1;
	jqsource_put(&s->source, ");");
	return 0;
}

/* Marks the programs before `i` that the text of i calls. */
static void
mark_calls(const struct jqset *s, size_t i, bool *called)
{
	struct jqtoken_reader r = { .text = span_of(s->programs[i].made) };
	const char *what;
	struct span token;

	while (jqtoken_next(&r, &token, &what) == 1) {
		char *end;
		unsigned long n;

		if (token.n < 2 || token.p[0] != '_')
			continue;
		n = strtoul(token.p + 1, &end, 10);
		if (end == token.p + token.n && n < i)
			called[n] = true;
	}
}

/* A program and what it calls, nothing else: libjq 1.6 takes a time that grows
 * with the square of the functions that one text defines after each other. */
static int
put_program(struct jqset *s, size_t i, struct err *e)
{
	bool *called = xcalloc(i + 1, sizeof *called);
	char *call = xasprintf("_%zu)", i);
	int r = 0;

	called[i] = true;
	for (size_t k = i + 1; k-- > 0;)
		if (called[k] && s->programs[k].notation == MADE)
			mark_calls(s, k, called);
	jqsource_put(&s->source, "(");
	for (size_t k = 0; k <= i && r == 0; k++)
		if (called[k])
			r = put_definition(s, k, e);
	jqsource_put(&s->source, call);
	free(call);
	free(called);
	return r;
}

/* Runs the program $__n of those from..to - 1, found by halves. */
static int
put_choice(struct jqset *s, size_t from, size_t to, struct err *e)
{
	size_t half = from + (to - from) / 2;
	char *head;

	if (to - from == 1)
		return put_program(s, from, e);
	head = xasprintf("if $__n < %zu then", half);
	jqsource_put(&s->source, head);
	free(head);
	if (put_choice(s, from, half, e) != 0)
		return -1;
	jqsource_put(&s->source, "else");
	if (put_choice(s, half, to, e) != 0)
		return -1;
	jqsource_put(&s->source, "end");
	return 0;
}

static int
put_all(struct jqset *s, struct err *e)
{
	int r = 0;

	put_functions(s);
	/* libjq 1.6 compares each instruction outside of functions with each
	 * in the whole text */
	jqsource_put(&s->source, "def _main:");
	put_variables(s);
	if (s->nprograms > 0)
		r = put_choice(s, 0, s->nprograms, e);
	else
		jqsource_put(&s->source, "empty");
	jqsource_put(&s->source, "; _main");
	return r;
}

static int
broken(struct jqset *s, struct err *e)
{
	char *what;
	unsigned long line = strtoul(buf_cstr(&s->peer.reply), &what, 10);

	return jqsource_err(&s->source, line, what + (*what == ' '), e);
}

int
jqset_start(struct jqset *s, const char *file, struct err *e)
{
	enum jqframe_kind kind = JQFRAME_READY;
	enum jqpeer_talk talk;

	s->source.file = file;
	if (put_all(s, e) != 0)
		return -1;
	s->setup = (struct jqworker_setup){ buf_cstr(&s->source.text),
		s->constants, s->functions, s->nconstants, s->nfunctions,
		s->most };
	s->peer.setup = &s->setup;
	if (jqpeer_start(&s->peer, &talk, &kind, e) != 0)
		return -1;
	if (talk == JQPEER_OK && kind == JQFRAME_BROKEN)
		return broken(s, e);
	if (talk != JQPEER_OK)
		return err_set(e, ST_USAGE, "%s: jq: %s", file,
		    talk == JQPEER_LATE ? "takes too long to compile" :
		    "libjq cannot compile it");
	return 0;
}

/* ---- one run ---- */

static enum jqset_result
result_of(enum jqpeer_talk talk, enum jqframe_kind kind)
{
	if (talk != JQPEER_OK)
		return talk == JQPEER_LATE ? JQSET_LATE : JQSET_DEAD;
	switch (kind) {
	case JQFRAME_DONE:
		return JQSET_OK;
	case JQFRAME_ERROR:
		return JQSET_ERROR;
	case JQFRAME_HALT:
		return JQSET_HALT;
	case JQFRAME_LONG:
		return JQSET_LONG;
	default:
		return JQSET_DEAD;
	}
}

static const char *
text_of(struct jqset *s, enum jqset_result r)
{
	static const char *const texts[] = {
		[JQSET_HALT] = "it halted",
		[JQSET_LONG] = "too much goes in or comes out",
		[JQSET_LATE] = "it took too long",
		[JQSET_DEAD] = "it crashed or ran out of memory",
	};

	return r == JQSET_ERROR ? buf_cstr(&s->peer.reply) : texts[r];
}

int
jqset_run(struct jqset *s, int program, struct span vars, struct span in,
    struct buf *out, enum jqset_result *result, const char **what,
    struct err *e)
{
	enum jqframe_kind kind = JQFRAME_LONG;
	enum jqpeer_talk talk = JQPEER_OK;

	buf_clear(out);
	if (vars.n <= JQSET_MAX && in.n <= JQSET_MAX - vars.n &&
	    jqpeer_ask(&s->peer, program, vars, in, &talk, &kind, e) != 0)
		return -1;
	*result = result_of(talk, kind);
	*what = text_of(s, *result);
	if (*result == JQSET_OK) {
		struct buf t = *out;

		*out = s->peer.reply;
		s->peer.reply = t;
	}
	return 0;
}
