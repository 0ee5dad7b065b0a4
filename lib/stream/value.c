/* SPDX-License-Identifier: MIT */
#include "stream/state.h"

#include "json/text.h"

/* A double holds 15 decimal digits, and jq 1.6 has nothing but doubles. */
enum { DIGITS = 15 };

static const char *
number_fault(struct span s)
{
	size_t sign = s.n > 0 && s.p[0] == '-';

	for (size_t i = sign; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return "holds a number that is not an integer";
	if (s.n - sign > DIGITS)
		return "holds an integer of more than 15 digits";
	return NULL;
}

struct frame {
	const struct val *v;
	size_t i;               /* the next child */
};

const char *
state_value_fault(const struct val *value)
{
	struct frame stack[JSON_DEPTH];
	size_t n = 0;

	if (value == NULL || value->type != JSON_OBJECT)
		return "is not an object";
	if (value->n == 0)
		return "is empty";
	stack[n++] = (struct frame){ value, 0 };
	while (n > 0) {
		struct frame *f = &stack[n - 1];
		const struct val *v;
		const char *fault;

		if (f->i == f->v->n) {
			n--;
			continue;
		}
		v = f->v->type == JSON_ARRAY ? f->v->items[f->i] :
		    f->v->members[f->i].value;
		f->i++;
		fault = v->type == JSON_NUMBER ? number_fault(v->str) : NULL;
		if (fault != NULL)
			return fault;
		if (v->n > 0 && n == JSON_DEPTH)
			return "is nested too deep";
		if (v->n > 0)
			stack[n++] = (struct frame){ v, 0 };
	}
	return NULL;
}

struct h128
state_sum(struct span stream, const struct val *value)
{
	struct buf b = { 0 };
	struct h128 h;

	buf_puts(&b, "{\"stream\":");
	json_put_string(&b, stream);
	json_put_key(&b, "value");
	val_write_sorted(&b, value);
	buf_putc(&b, '}');
	h = hash128(b.p, b.n);
	buf_release(&b);
	return h;
}
