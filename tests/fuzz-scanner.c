/* SPDX-License-Identifier: MIT */
/*
 * JSON: all implementations of the scanner say the same, whatever follows the
 * text, and libjq agrees; what is walked member by member is what was scanned;
 * what is written is read back as the same value.
 */
#include "fuzz.h"
#include "jqagree.h"
#include "json.h"

/* The walk finds the members that the scan found, each a JSON value. */
static void
walk(const struct json_object *o)
{
	struct json_iter it;
	struct json_member m;
	struct json_error e;
	struct span value;
	enum json_type type;
	size_t n = 0;

	json_iter_init(&it, o->text);
	while (json_iter_next(&it, &m)) {
		MUST(n < o->n && same_span(m.key, o->v[n].key));
		MUST(same_span(m.value, o->v[n].value));
		MUST(m.type == o->v[n].type);
		MUST(json_value_scan(m.value, JSON_DEPTH, &value, &type,
		    &e) == 0);
		MUST(same_span(value, m.value) && type == m.type);
		n++;
	}
	MUST(n == o->n);
}

/* An array's elements and what is between them are all of it. */
static void
walk_array(struct span array)
{
	struct json_iter it;
	struct json_member m;
	const char *at = array.p + 1;

	json_iter_init(&it, array);
	while (json_iter_next(&it, &m)) {
		for (; at < m.value.p; at++)
			MUST(strchr(", \t\r\n", *at) != NULL && *at != '\0');
		at = m.value.p + m.value.n;
	}
	for (; at < array.p + array.n - 1; at++)
		MUST(strchr(" \t\r\n", *at) != NULL && *at != '\0');
}

static void
write_back(struct span text)
{
	struct arena a = { 0 };
	struct buf b = { 0 };
	struct val_error e;
	struct val *v = val_parse(&a, text, JSON_DEPTH, false, &e), *w;

	MUST(v != NULL);
	val_write(&b, v);
	w = val_parse(&a, buf_span(&b), JSON_DEPTH, false, &e);
	MUST(w != NULL && val_same(v, w));
	buf_release(&b);
	arena_release(&a);
}

static void
repair(struct span text, bool lone)
{
	struct buf b = { 0 };
	struct json_object o = { 0 };
	struct json_error e;

	json_put_repaired(&b, text);
	buf_pad(&b);
	MUST(json_object_scan(buf_span(&b), JSON_DEPTH, &o, &e) == 0);
	MUST(!o.lone_surrogate);
	MUST(lone || span_eq(buf_span(&b), text));
	json_object_release(&o);
	buf_clear(&b);
	json_put_tame(&b, text);
	MUST(fuzz_is_json(&b, JSON_DEPTH));
	buf_release(&b);
}

/* Bytes as a string: they are read back, unless they were not UTF-8. */
static void
as_string(struct span bytes)
{
	struct buf b = { 0 }, back = { 0 };

	json_put_string(&b, bytes);
	MUST(fuzz_is_json(&b, 1));
	json_decode(&back, (struct span){ b.p + 1, b.n - 2 });
	buf_clear(&b);
	json_put_string(&b, buf_span(&back));
	MUST(!json_is_plain(bytes) || span_eq(buf_span(&back), bytes));
	buf_release(&b);
	buf_release(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *text = padded(p, n, 0);
	struct verdict v;
	enum known known;

	MUST(judge(text, n, JSON_DEPTH, HOSTILE, HOSTILE_N, &v));
	MUST(v.object < 0 || v.value == 0);
	memset(text + n, 0, BUF_PAD);
	if (v.object == 0) {
		walk(&v.o);
		repair(v.o.text, v.o.lone_surrogate);
	}
	if (v.value == 0 && v.type == JSON_ARRAY)
		walk_array(v.whole);
	if (v.value == 0)
		write_back(v.whole);
	MUST(agree((struct span){ text, n }, &known));
	as_string((struct span){ text, n });
	json_object_release(&v.o);
	free(text);
	return 0;
}
