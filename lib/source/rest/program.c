/* SPDX-License-Identifier: MIT */
#include "source/rest/program.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "json/text.h"
#include "source/rest/functions.h"
#include "source/rest/prelude.h"

bool
program_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

struct program_memo {
	const struct val *v;
	enum program_kind kind;
	unsigned flags;
	int program;
};

void
programs_init(struct programs *p, struct connector *c)
{
	static const char *const names[] = { "p", "since", "until", "mark",
	    "id", "scope", "r", "q", "n" };
	struct buf all = { 0 }, plain = { 0 };

	*p = (struct programs){ .c = c, .set = jqset_new() };
	for (const struct function *f = functions; f->name != NULL; f++)
		jqset_define(p->set, f->name, f->call);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		jqset_variable(p->set, names[i]);
	val_write(&all, c->settings);
	val_write(&plain, c->plain);
	jqset_constant(p->set, "c", buf_span(&all), buf_span(&plain));
	jqset_prelude(p->set, prelude_text());
	buf_release(&all);
	buf_release(&plain);
}

void
programs_release(struct programs *p)
{
	jqset_free(p->set);
	free(p->memo);
	*p = (struct programs){ 0 };
}

static int
add(struct programs *p, const struct val *v, enum program_kind kind,
    const char *key, unsigned flags)
{
	const char *name = arena_strndup(p->c->arena, span_of(key));

	switch (kind) {
	case PROGRAM_TEXT:
		return jqset_text(p->set, v, name, flags);
	case PROGRAM_PATH:
		return jqset_path(p->set, v, name, flags);
	case PROGRAM_TREE:
		return jqset_tree(p->set, v, name, flags);
	default:
		return jqset_add(p->set, v, name, flags);
	}
}

/* The same value, or the same text elsewhere: libjq compiles slowly. */
static bool
is_same(const struct val *a, const struct val *b)
{
	return a == b || (a->type == JSON_STRING && b->type == JSON_STRING &&
	    span_eq(a->str, b->str));
}

int
programs_add(struct programs *p, const struct val *v, enum program_kind kind,
    const char *key, unsigned flags)
{
	int program;

	if (v == NULL)
		return -1;
	for (size_t i = 0; i < p->n; i++)
		if (is_same(p->memo[i].v, v) && p->memo[i].kind == kind &&
		    p->memo[i].flags == flags)
			return p->memo[i].program;
	program = add(p, v, kind, key, flags);
	p->memo = xgrow(p->memo, &p->cap, p->n + 1, sizeof *p->memo);
	p->memo[p->n++] = (struct program_memo){ v, kind, flags, program };
	return program;
}

struct expr
programs_expr(struct programs *p, const struct val *keys, const char *stem,
    const char *key)
{
	const struct val *v = val_get(keys, key);
	char name[256];
	struct expr x = { .program = -1 };

	if (v == NULL || v->type == JSON_NULL)
		return x;
	snprintf(name, sizeof name, "%s%s", stem, key);
	x.program = programs_add(p, v, PROGRAM_JQ, name,
	    streq(key, "doc") ? JQSET_PLAIN : 0);
	x.plain = path_parse(&x.path, val_str(v), p->c->arena);
	return x;
}

int
programs_start(struct programs *p, struct err *e)
{
	return jqset_start(p->set, p->c->file ? p->c->file : "source", e);
}

static void
put_json(struct buf *out, const char *name, struct span json)
{
	if (json.n == 0)
		return;
	json_put_key(out, name);
	buf_add_span(out, json);
}

static void
put_text(struct buf *out, const char *name, const char *text)
{
	if (text == NULL)
		return;
	json_put_key(out, name);
	json_put_cstring(out, text);
}

void
vars_put(struct buf *out, const struct vars *v)
{
	buf_putc(out, '{');
	put_json(out, "p", v->p);
	put_json(out, "id", v->id);
	put_json(out, "scope", v->scope);
	put_text(out, "since", v->since);
	put_text(out, "until", v->until);
	put_text(out, "mark", v->mark);
}

static const char *
why(enum jqset_result r)
{
	switch (r) {
	case JQSET_ERROR:
		return "its program failed";
	case JQSET_HALT:
		return "its program halted";
	case JQSET_LONG:
		return "its program's input or result is too long";
	case JQSET_LATE:
		return "its program took too long";
	default:
		return "its program crashed or ran out of memory";
	}
}

int
programs_run_text(struct programs *p, int program, struct span vars,
    struct span in, struct buf *out, const char *where, bool *own,
    struct err *e)
{
	enum jqset_result r = JQSET_OK;
	const char *what = NULL;

	if (own != NULL)
		*own = false;
	if (jqset_run(p->set, program, vars, in, out, &r, &what, e) != 0)
		return -1;
	if (r == JQSET_OK)
		return 0;
	detail("%s: %s", where, what);
	if (own != NULL)
		*own = true;
	return err_set(e, ST_PERSON, "%s: %s", where, why(r));
}

int
programs_run(struct programs *p, int program, const struct vars *v,
    struct span in, struct buf *out, const char *where, bool *own,
    struct err *e)
{
	struct buf vars = { 0 };
	int r;

	vars_put(&vars, v);
	buf_putc(&vars, '}');
	r = programs_run_text(p, program, buf_span(&vars), in, out, where,
	    own, e);
	buf_release(&vars);
	return r;
}

struct span
first_line(const struct buf *out)
{
	const char *end = out->n > 0 ? memchr(out->p, '\n', out->n) : NULL;

	return end != NULL ?
	    (struct span){ out->p, (size_t)(end - out->p) } : buf_span(out);
}

bool
json_truthy(struct span json)
{
	return json.n > 0 && !span_is(json, "null") &&
	    !span_is(json, "false");
}
