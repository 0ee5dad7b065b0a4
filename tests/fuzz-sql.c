/* SPDX-License-Identifier: MIT */
/*
 * Values of SQL servers in their text form: each is one JSON value, a number
 * only if no reader of JSON rounds it; a part of an id holds no slash. The
 * input: a letter for the type, the text.
 */
#include "fuzz.h"

#include "json/text.h"
#include "json/val.h"
#include "source/myvalue.h"
#include "source/pgvalue.h"

static const struct pgtype scalars[] = {
	{ .kind = PG_TEXT, .delimiter = ',' },
	{ .kind = PG_BOOL, .delimiter = ',' },
	{ .kind = PG_INT, .delimiter = ',' },
	{ .kind = PG_INT8, .delimiter = ',' },
	{ .kind = PG_FLOAT, .delimiter = ',' },
	{ .kind = PG_NUMERIC, .delimiter = ',' },
	{ .kind = PG_JSON, .delimiter = ',' },
	{ .kind = PG_BYTEA, .delimiter = ',' },
	{ .kind = PG_DATE, .delimiter = ',' },
	{ .kind = PG_TIMESTAMP, .delimiter = ',' },
	{ .kind = PG_TIMESTAMPTZ, .delimiter = ';' }
};
enum { SCALARS = sizeof scalars / sizeof *scalars, DEPTH = 1024 };

/* No number in it is one that a reader of JSON would round. */
static void
not_rounded(const struct val *v)
{
	if (v->type == JSON_NUMBER && strpbrk(v->str.p, "eE") == NULL)
		MUST(!json_number_is_big(v->str));
	for (size_t i = 0; i < v->n; i++)
		not_rounded(v->type == JSON_ARRAY ? v->items[i] :
		    v->members[i].value);
}

static void
check_value(struct buf *out, bool exact)
{
	struct arena a = { 0 };
	struct val_error e;
	struct val *v = val_parse(&a, buf_span(out), DEPTH, false, &e);

	MUST(v != NULL || e.json.fault == JSON_DEEP);
	MUST(out->n > 0 && memchr(out->p, '\n', out->n) == NULL);
	if (exact && v != NULL)
		not_rounded(v);
	arena_release(&a);
}

static void
check_part(struct buf *out)
{
	MUST(out->n == 0 || memchr(out->p, '/', out->n) == NULL);
	for (size_t i = 0; i < out->n; i++)
		MUST(out->p[i] != '%' || i + 2 < out->n);
}

static void
postgresql(unsigned letter, struct span text)
{
	static char a[] = "a", b[] = "b\"";
	const struct pgtype *of = &scalars[letter % SCALARS];
	struct pgtype array = { .kind = PG_ARRAY, .delimiter = ',',
		.elem = of };
	struct pgfield fields[] = { { a, of }, { b, &array } };
	struct pgtype pair = { .kind = PG_COMPOSITE, .delimiter = ',',
		.field = fields, .nfields = 2 };
	struct pgtype pairs = { .kind = PG_ARRAY, .delimiter = ',',
		.elem = &pair };
	const struct pgtype *types[] = { of, &array, &pair, &pairs };
	struct buf out = { 0 };

	for (size_t i = 0; i < 4; i++) {
		buf_clear(&out);
		pgvalue_put(&out, types[i], text);
		check_value(&out, of->kind != PG_JSON && of->kind != PG_FLOAT);
		buf_clear(&out);
		pgvalue_put_id(&out, types[i], text);
		check_part(&out);
	}
	buf_clear(&out);
	pgvalue_stamp(&out, of, text);
	buf_release(&out);
}

static void
mysql(unsigned letter, struct span text)
{
	enum mykind k = (enum mykind)(letter % (MY_GEOMETRY + 1));
	struct buf out = { 0 };
	struct when t;

	myvalue_put(&out, k, text);
	check_value(&out, k == MY_INT || k == MY_DECIMAL || k == MY_BIT);
	buf_clear(&out);
	myvalue_put_id(&out, k, text);
	check_part(&out);
	buf_clear(&out);
	myvalue_stamp(&out, k, text);
	if (myvalue_time(k, text, &t))
		MUST(t.time.tv_nsec >= 0 && t.time.tv_nsec < 1000000000);
	buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = { (const char *)p, n };
	unsigned letter = fuzz_byte(&in) - 'a';
	char *text = xmalloc(in.n + 1);

	if (in.n > 0)
		memcpy(text, in.p, in.n);
	/* as both client libraries end a value */
	text[in.n] = '\0';
	in.p = text;
	postgresql(letter, in);
	mysql(letter, in);
	free(text);
	return 0;
}
