/* SPDX-License-Identifier: MIT */
#include "json/scan.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "json/impl.h"

/* The best first. */
static const struct json_impl *const impls[] = {
#if defined(__x86_64__)
	&json_avx2, &json_sse2,
#endif
	&json_portable
};

static _Atomic(const struct json_impl *) chosen;

bool
json_use(const char *name)
{
	for (size_t i = 0; i < sizeof impls / sizeof *impls; i++) {
		if (name != NULL && !streq(name, impls[i]->name))
			continue;
		if (!impls[i]->here())
			continue;
		atomic_store_explicit(&chosen, impls[i], memory_order_relaxed);
		return true;
	}
	return false;
}

const struct json_impl *
json_impl(void)
{
	const struct json_impl *i;

	i = atomic_load_explicit(&chosen, memory_order_relaxed);
	if (i == NULL) {
		json_use(NULL);
		i = atomic_load_explicit(&chosen, memory_order_relaxed);
	}
	return i;
}

static int
scan(struct json_scan *s, struct json_error *e)
{
	if (s->depth > JSON_NEST)
		s->depth = JSON_NEST;
	e->fault = JSON_OK;
	e->offset = 0;
	if (s->text.n == 0)
		s->text.p = "";
	if (json_impl()->scan(s))
		return 0;
	json_portable.scan(s);
	*e = s->error;
	return -1;
}

int
json_object_scan(struct span text, unsigned depth, struct json_object *o,
    struct json_error *e)
{
	struct json_scan s = { .text = text, .depth = depth, .object = o };

	if (scan(&s, e) < 0) {
		o->n = 0;
		return -1;
	}
	o->text = s.value;
	o->lone_surrogate = s.lone_surrogate;
	return 0;
}

int
json_value_scan(struct span text, unsigned depth, struct span *value_out,
    enum json_type *type_out, struct json_error *e)
{
	struct json_scan s = { .text = text, .depth = depth };

	if (scan(&s, e) < 0)
		return -1;
	if (value_out != NULL)
		*value_out = s.value;
	if (type_out != NULL)
		*type_out = s.type;
	return 0;
}

void
json_object_release(struct json_object *o)
{
	free(o->v);
	*o = (struct json_object){ 0 };
}

bool
json_key_is(const struct json_member *m, const char *name)
{
	const char *p = m->key.p, *end = p + m->key.n;
	char c[4];

	if (!m->key_escaped)
		return span_is(m->key, name);
	while (p < end) {
		size_t n = 1;

		if (*p == '\\')
			n = json_unescape(&p, end, c);
		else
			c[0] = *p++;
		if (strncmp(name, c, n) != 0 || memchr(c, 0, n) != NULL)
			return false;
		name += n;
	}
	return *name == '\0';
}

bool
json_half_pair(const struct json_member *m)
{
	struct json_object o = { 0 };
	struct json_error e;
	struct buf b = { 0 };
	bool half;

	if (!m->escaped)
		return false;
	buf_puts(&b, "{\"\":");
	buf_add_span(&b, m->value);
	buf_putc(&b, '}');
	buf_pad(&b);
	half = json_object_scan(buf_span(&b), 1, &o, &e) < 0 ||
	    o.lone_surrogate;
	json_object_release(&o);
	buf_release(&b);
	return half;
}

const struct json_member *
json_find(const struct json_object *o, const char *name, bool *twice)
{
	const struct json_member *found = NULL;
	struct span wanted = span_of(name);

	if (twice != NULL)
		*twice = false;
	for (size_t i = 0; i < o->n; i++) {
		const struct json_member *m = &o->v[i];

		if (m->key_escaped ? !json_key_is(m, name) :
		    !span_eq(m->key, wanted))
			continue;
		if (found != NULL && twice != NULL)
			*twice = true;
		found = m;
	}
	return found;
}

const char *
json_fault_text(enum json_fault f)
{
	switch (f) {
	case JSON_OK: return "no fault";
	case JSON_EMPTY: return "empty";
	case JSON_SYNTAX: return "not JSON";
	case JSON_CUT: return "JSON cut short";
	case JSON_UTF8: return "bad UTF-8";
	case JSON_DEEP: return "nested too deep";
	case JSON_TRAILING: return "bytes after the JSON value";
	}
	return "not JSON";
}
