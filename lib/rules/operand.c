/* SPDX-License-Identifier: MIT */
#include "rules/operand.h"

#include <strings.h>

#include "base/clock.h"
#include "config/type.h"
#include "json/text.h"

static int
word_of(struct span s)
{
	static const char *const words[2][5] = {
		{ "false", "f", "no", "n", "off" },
		{ "true", "t", "yes", "y", "on" }
	};

	for (int b = 0; b < 2; b++)
		for (int i = 0; i < 5; i++)
			if (s.n == strlen(words[b][i]) &&
			    strncasecmp(s.p, words[b][i], s.n) == 0)
				return b;
	return -1;
}

void
operand_init(struct operand *o, const struct val *v)
{
	*o = (struct operand){ .text = type_text(v) };
	o->type = v->type;
	o->number = json_is_number(o->text);
	o->word = word_of(o->text);
	o->dated = o->type == JSON_STRING &&
	    clock_parse(o->text, &o->date);
}

bool
operand_eq(const struct operand *a, const struct operand *b)
{
	if (a->type == JSON_NUMBER && b->type == JSON_NUMBER)
		return json_number_cmp(a->text, b->text) == 0;
	return span_eq(a->text, b->text);
}

static enum order
sign(int r)
{
	return r < 0 ? ORDER_LESS : r > 0 ? ORDER_MORE : ORDER_SAME;
}

static enum order
cmp_bytes(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int r = n ? memcmp(a.p, b.p, n) : 0;

	return sign(r ? r : (a.n > b.n) - (a.n < b.n));
}

static enum order
cmp_text(const struct operand *o, struct span text)
{
	struct timespec t;

	if (o->type == JSON_NUMBER)
		return ORDER_NONE;
	if (o->dated && clock_parse(text, &t))
		return sign(clock_cmp(t, o->date));
	return cmp_bytes(text, o->text);
}

enum order
operand_order(const struct operand *o, enum json_type t, struct span text)
{
	switch (t) {
	case JSON_NUMBER:
		return o->number ? sign(json_number_cmp(text, o->text)) :
		    ORDER_NONE;
	case JSON_TRUE:
	case JSON_FALSE:
		return o->word < 0 ? ORDER_NONE :
		    sign((t == JSON_TRUE) - o->word);
	case JSON_STRING:
		return cmp_text(o, text);
	default:
		return ORDER_NONE;
	}
}

bool
operand_equals(const struct operand *o, enum json_type t, struct span text)
{
	if (t == JSON_STRING)
		return span_eq(text, o->text);
	return operand_order(o, t, text) == ORDER_SAME;
}
