/* SPDX-License-Identifier: MIT */
#include "run/filter.h"

#include <stdio.h>

#include "base/sig.h"
#include "stream/reader.h"

struct filter {
	struct front *f;
	struct reader in;
	bool begun;
	bool stopped;           /* by us, wherever the input is */
	struct ids ids;
	struct buf deletes;     /* confirm: held lines, each with a newline */
};

/* Where the input ended: the run is as good as the worse of both. */
static void
take_verdict(struct filter *x)
{
	struct err e = { 0 };
	bool cut = sig_stop || (x->stopped && !x->in.ended);
	int st = cut ? 0 : reader_verdict(&x->in, &e);

	x->f->status = status_worse(x->f->status, x->in.end_status);
	x->f->rest = reader_end_rest(&x->in, &x->f->arena);
	if (st != 0 && e.text[0] != '\0')
		front_fault(x->f, &e);
	else if (!x->in.bare && !x->in.complete)
		x->f->incomplete = true;
}

static void
release(struct filter *x)
{
	reader_release(&x->in);
	ids_release(&x->ids);
	buf_release(&x->deletes);
}

/* Reads all records; each may stop the run with -1 (recorded in f). */
static int
each_record(struct filter *x, int (*on)(struct filter *, const struct rec *),
    struct err *e)
{
	struct rec rec;
	int r;

	while ((r = reader_next(&x->in, &rec, e)) > 0)
		if (on(x, &rec) != 0) {
			x->stopped = true;
			return 0;
		}
	if (r < 0 && !x->begun)
		return -1;
	if (r < 0)
		front_fault(x->f, e);
	return r < 0 ? 1 : 0;
}

static void
begin_ids(struct filter *x)
{
	static const char *const kept[] = { "base", "uuid" };
	struct val *more = NULL;

	if (x->begun)
		return;
	x->begun = true;
	if (x->in.begun) {
		if (x->in.begin.says_unproven)
			state_set(&x->f->state.unproven,
			    x->in.begin.unproven);
		more = val_new(&x->f->arena, JSON_OBJECT);
		for (int i = 0; i < 2; i++) {
			struct val *v = val_get(x->in.begin.ctl, kept[i]);

			if (v != NULL)
				val_set(&x->f->arena, more, span_of(kept[i]),
				    v);
		}
	}
	front_begin(x->f, more);
}

static int
want(struct filter *x, const struct rec *rec)
{
	struct front *f = x->f;
	struct err e;

	if (!id_of_source(rec->id, f->maker.name)) {
		err_set(&e, ST_PERSON, "%s line %llu: id is not of source %s",
		    x->in.rules.place, (unsigned long long)x->in.lines.number,
		    f->config.name);
		front_fault(f, &e);
		return -1;
	}
	front_want(f, &x->ids, rec->id);
	if (x->ids.n < FRONT_IDS || !val_bool(val_get(f->spec, "ids"), false))
		return 0;
	if (front_fetch(f, &x->ids) != 0)
		return -1;
	ids_clear(&x->ids);
	return 0;
}

/* A document, or the fail that one with a reserved key becomes. */
static void
pass_document(struct filter *x, const struct rec *rec)
{
	char why[RECORD_REFUSAL];

	if (rec->reserved.p == NULL) {
		writer_pass(&x->f->writer, rec);
		return;
	}
	record_refusal(rec, why);
	front_fail(x->f, rec->id, (struct span){ 0 }, "reserved_key", why);
}

static int
on_ids_record(struct filter *x, const struct rec *rec)
{
	if (rec->kind == REC_END && !x->in.begun)
		return 0;
	begin_ids(x);
	switch (rec->kind) {
	case REC_ID:
		return want(x, rec);
	case REC_FAIL:
		if (rec->id.n > 0)
			return want(x, rec);
		if (!record_is_keep(rec)) {
			x->f->failed++;
			x->f->shown++;
			x->f->incomplete |= rec->prefix.n == 0;
		}
		__attribute__((fallthrough));
	case REC_DELETE:
		writer_pass(&x->f->writer, rec);
		return 0;
	case REC_DOC:
		pass_document(x, rec);
		return 0;
	default:
		return 0;
	}
}

int
filter_ids(struct front *f, int fd, const char *place, bool bare_ok,
    struct err *e)
{
	struct filter x = { .f = f };
	struct reader_rules rules = {
		.place = place, .source = f->config.name,
		.index = f->config.index_id, .bare_ok = bare_ok,
		.modes = 1U << MODE_LOAD | 1U << MODE_POLL | 1U << MODE_SLIM |
		    1U << MODE_DIFF
	};
	int r;

	reader_init(&x.in, fd, &rules);
	r = each_record(&x, on_ids_record, e);
	if (r == 0 && !sig_stop && f->status <= ST_SOME) {
		if (!x.in.ended || x.in.begun)
			begin_ids(&x);
		front_fetch(f, &x.ids);
	}
	if (r == 0)
		take_verdict(&x);
	release(&x);
	return r < 0 ? -1 : 0;
}

/* Writes the held deletes whose documents the source does not have. */
static void
write_unanswered(struct filter *x)
{
	struct record_parser parser = { 0 };
	size_t prefix = x->f->maker.name.n + 1;
	const char *p = x->deletes.p, *end = p + x->deletes.n;
	struct err e;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		struct span line = { p, (size_t)(nl - p) };
		struct ids_entry *asked;
		struct rec rec;

		if (record_parse(&parser, line, &rec, &e) > 0) {
			asked = ids_find(&x->ids, (struct span){
			    rec.id.p + prefix, rec.id.n - prefix });
			if (asked == NULL || !asked->answered)
				writer_pass(&x->f->writer, &rec);
		}
		p = nl + 1;
	}
	record_parser_release(&parser);
}

static int
confirm_held(struct filter *x)
{
	if (x->ids.n == 0)
		return 0;
	if (front_fetch(x->f, &x->ids) != 0 || sig_stop)
		return -1;
	buf_pad(&x->deletes);
	if (!x->f->incomplete)  /* else silence says nothing */
		write_unanswered(x);
	ids_clear(&x->ids);
	buf_clear(&x->deletes);
	return 0;
}

static int
on_confirm_record(struct filter *x, const struct rec *rec)
{
	struct writer *w = &x->f->writer;

	if (rec->kind == REC_DELETE) {
		front_want(x->f, &x->ids, rec->id);
		buf_add_span(&x->deletes, rec->line);
		buf_putc(&x->deletes, '\n');
		return x->ids.n < FRONT_IDS ? 0 : confirm_held(x);
	}
	if (rec->kind == REC_BEGIN) {
		x->begun = true;
		writer_begin(w, rec->ctl);
		return 0;
	}
	if (confirm_held(x) != 0)
		return -1;
	if (rec->kind == REC_STATE)
		writer_state_pass(w, rec);
	else if (rec->kind == REC_DOC)
		pass_document(x, rec);
	else if (rec->kind != REC_END)
		writer_pass(w, rec);
	return 0;
}

int
filter_confirm(struct front *f, int fd, struct err *e)
{
	struct filter x = { .f = f };
	struct reader_rules rules = {
		.place = "stream", .source = f->config.name,
		.index = f->config.index_id,
		.modes = 1U << MODE_LOAD | 1U << MODE_POLL | 1U << MODE_DIFF
	};
	int r;

	reader_init(&x.in, fd, &rules);
	r = each_record(&x, on_confirm_record, e);
	if (r == 0)
		take_verdict(&x);
	release(&x);
	return r < 0 ? -1 : 0;
}
