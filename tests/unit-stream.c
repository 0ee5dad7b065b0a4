/* SPDX-License-Identifier: MIT */
/* conn-stream(5) as a whole: how it ends, who may read it, damage anywhere. */
#include "streams.h"

static void
test_golden(void)
{
	struct outcome o = run(span_of(golden_load));

	ok(!o.stopped && o.complete && o.ended && o.records == 7 &&
	    o.states == 1 && o.status == 0 && o.end_status == 1,
	    "golden: load is complete, its status travels");
	o = run(span_of(golden_index));
	ok(!o.stopped && o.complete && o.records == 6 && o.status == 0,
	    "golden: index");
	o = run(span_of(golden_diff));
	ok(!o.stopped && o.complete && o.records == 7 && o.states == 1,
	    "golden: diff");
}

static void
test_verdict(void)
{
	struct outcome o;

	o = run(SPAN(""));
	ok(o.status == ST_TEMP && streq(o.text, "stream ended without its end "
	    "record; its writer died"), "verdict: nothing came");
	o = run(SPAN(BEGIN));
	ok(o.status == ST_TEMP && o.records == 1, "verdict: no end");
	o = run(SPAN(BEGIN END_AS("false", "0")));
	ok(o.status == ST_TEMP && !o.complete && !o.stopped,
	    "verdict: incomplete for no reason given");
	o = run(SPAN(BEGIN_AS("load", "part") END_AS("false", "0")));
	ok(o.status == 0 && !o.complete && o.text[0] == '\0',
	    "verdict: a limit was asked for");
	o = run(SPAN(BEGIN END_AS("false", "3")));
	ok(o.status == 3 && !o.complete, "verdict: end.status");
	o = run(SPAN(BEGIN END_AS("true", "3")));
	ok(o.status == 0 && o.complete && o.end_status == 3,
	    "verdict: complete, its status besides");
	o = run(SPAN(BEGIN "{\"_ctl\":\"end\",\"complete\":false,\"status\":4,"
	    ZERO ",\"time\":\"2026-01-03T00:00:03Z\",\"message\":\"why\"}\n"));
	ok(o.status == 4 && streq(o.text, "stream is incomplete: why"),
	    "verdict: its message");
	o = run(SPAN(BEGIN END "x\n"));
	ok(o.stopped && o.complete && o.ended,
	    "after end: an error, but what end proved stays");
	o = run((struct span){ BEGIN END "  ", sizeof BEGIN END + 1 });
	ok(!o.stopped && o.complete, "after end: white space is none");
	o = run((struct span){ BEGIN END "  x", sizeof BEGIN END + 2 });
	ok(o.stopped && o.complete, "after end: nor is a cut record");
	o = run(SPAN(BEGIN "{\"_ctl\":\"fail\",\"code\":\"x\"}\n"
	    "{\"_ctl\":\"end\",\"complete\":true,\"status\":0,\"documents\":0,"
	    "\"ids\":0,\"deletes\":0,\"fails\":1,\"digest\":"
	    "\"00000000000000000000000000000000\","
	    "\"time\":\"2026-01-03T00:00:03Z\"}\n"));
	ok(!o.stopped && o.ended && !o.complete && o.status == 1,
	    "fail with neither id nor prefix: not complete");
}

static void
test_altered(void)
{
	static const char *const counts[] = { "documents\":0", "ids\":0",
		"deletes\":0", "fails\":0" };
	static const char *const more[] = { "1 documents", "1 ids",
		"1 deletes", "1 fails" };
	struct buf b = { 0 };
	struct outcome o;

	for (size_t i = 0; i < 4; i++) {
		const char *at = strstr(BEGIN END, counts[i]);
		size_t n = (size_t)(at - BEGIN END) + strlen(counts[i]) - 1;

		buf_clear(&b);
		buf_add(&b, BEGIN END, n);
		buf_putc(&b, '1');
		buf_puts(&b, &(BEGIN END)[n + 1]);
		o = run(buf_span(&b));
		ok(o.stopped && o.status == 3 && !o.ended && !o.complete &&
		    strstr(o.text, more[i]) &&
		    strstr(o.text, "announced, 0 received"),
		    "altered: %s", more[i]);
	}
	buf_clear(&b);
	buf_puts(&b, BEGIN END);
	*strstr(buf_cstr(&b), "0000000\"") = '1';
	o = run(buf_span(&b));
	ok(o.stopped && strstr(o.text, "line 2: stream altered on its way: "
	    "other ids announced than received"), "altered: digest");
	buf_clear(&b);
	buf_puts(&b, BEGIN END_AS("true", "2"));
	*strstr(buf_cstr(&b), "0000000\"") = '1';
	o = run(buf_span(&b));
	ok(o.stopped && o.status == 3 && o.end_status == 2,
	    "altered: end.status counts all the same");
	buf_release(&b);
}

static void
test_rules(void)
{
	struct reader_rules rules = { .place = "known: stream", .modes = ANY,
		.source = "blog" };
	struct outcome o = run_rules(SPAN(BEGIN END), &rules);

	ok(o.stopped && o.status == 2 && streq(o.text,
	    "known: stream line 1: source is wiki, not blog"),
	    "rules: another source");
	rules.source = "wiki";
	rules.index = "sqlite:/x";
	o = run_rules(SPAN(BEGIN END), &rules);
	ok(o.stopped && o.status == 2 && strstr(o.text,
	    "index is sqlite:/s/wiki.db, not sqlite:/x"),
	    "rules: another index");
	rules.index = "sqlite:/s/wiki.db";
	o = run_rules(SPAN(BEGIN END), &rules);
	ok(o.complete, "rules: its source and index");
	rules.modes = ANY & ~MODE(MODE_LOAD);
	o = run_rules(SPAN(BEGIN END), &rules);
	ok(o.stopped && o.status == 3 && strstr(o.text,
	    "mode load does not belong here"), "rules: mode");
	rules.modes = ANY;
	rules.no_ids = true;
	o = run_rules(SPAN(BEGIN_AS("diff", "all") "{\"id\":\"wiki:1\"}\n"),
	    &rules);
	ok(o.stopped && o.status == 3 && strstr(o.text, "an id record;"),
	    "rules: no id records");
	rules.no_ids = false;
	o = run_rules(SPAN(BEGIN_AS("diff", "all") "{\"id\":\"wiki:1\"}\n"),
	    &rules);
	ok(!o.stopped && o.records == 2, "rules: id records in mode diff");
}

static void
test_raw(void)
{
	struct reader_rules rules = { .place = "stream", .raw = true,
		.source = "wiki" };
	struct outcome o;

	o = run_rules(SPAN("{\"_id\":\"wiki:1\"}\n{\"_id\":\"wiki:2\"}"),
	    &rules);
	ok(o.records == 2 && o.status == 0 && !o.stopped,
	    "raw: end of file is success, with or without newline");
	o = run_rules(SPAN(""), &rules);
	ok(o.records == 0 && o.status == 0, "raw: nothing");
	o = run_rules(SPAN(BEGIN), &rules);
	ok(o.stopped && o.status == 3, "raw: no begin");
	o = run_rules((struct span){ BEGIN, sizeof BEGIN - 2 }, &rules);
	ok(o.stopped && o.status == 3, "raw: no begin without newline");
	o = run_rules(SPAN("{\"id\":\"wiki:1\"}\n"), &rules);
	ok(o.stopped && o.status == 3 &&
	    strstr(o.text, "an id record among bare documents"),
	    "raw: no id record");
	o = run_rules(SPAN("{\"_id\":\"blog:1\"}\n"), &rules);
	ok(o.stopped && o.status == 3, "raw: prefix of the source");
	o = run_rules(SPAN("{\"_id\":\"wiki:1\""), &rules);
	ok(o.stopped && o.status == 3, "raw: half a record");
}

static void
test_bare(void)
{
	struct reader_rules rules = { .place = "f: stream", .modes = ANY,
		.source = "wiki", .bare_ok = true };
	struct outcome o;

	o = run_rules(SPAN("{\"id\":\"wiki:1\"}\n{\"_ctl\":\"fail\",\"id\":"
	    "\"wiki:2\",\"code\":\"x\"}\n{\"id\":\"wiki:3\"}"), &rules);
	ok(o.records == 3 && o.status == 0 && o.bare, "bare: ids and fails");
	o = run_rules(SPAN("{\"id\":\"wiki:1\"}"), &rules);
	ok(o.records == 1 && o.status == 0 && o.bare, "bare: one without \\n");
	o = run_rules(SPAN("{\"_id\":\"wiki:1\"}\n"), &rules);
	ok(o.stopped && o.status == 3, "bare: no document");
	o = run_rules(SPAN("{\"id\":\"wiki:1\"}\n" BEGIN), &rules);
	ok(o.stopped && o.status == 3, "bare: no begin within");
	o = run_rules(SPAN("{\"id\":\"blog:1\"}\n"), &rules);
	ok(o.stopped && o.status == 3, "bare: prefix of the source");
	o = run_rules(SPAN(BEGIN END), &rules);
	ok(!o.bare && o.complete, "bare: a stream is one all the same");
	o = run_rules(SPAN(BEGIN), &rules);
	ok(!o.bare && o.status == ST_TEMP, "bare: a stream needs its end");
	o = run_rules((struct span){ BEGIN, sizeof BEGIN - 2 }, &rules);
	ok(!o.bare && o.status == ST_TEMP && o.records == 0,
	    "bare: a begin without newline is a cut stream");
	o = run_rules(SPAN(END_AS("false", "2")), &rules);
	ok(!o.bare && o.status == 2, "bare: a lone end is a stream");
	o = run_rules(SPAN(""), &rules);
	ok(o.bare && o.status == ST_OK && o.records == 0,
	    "bare: nothing is an empty list");
}

/* What a consumer may do after damage: nothing is complete, no state past
 * it. states: how many stand before the damage. */
static bool
harmless(const struct outcome *o, unsigned states)
{
	return o->status != 0 && !o->complete && o->states <= states;
}

static void
test_cut(const char *name, struct span s, unsigned states)
{
	size_t wrong = 0;

	for (size_t n = 0; n < s.n; n++) {
		struct outcome o = run((struct span){ s.p, n });

		if (!harmless(&o, states) || o.status != ST_TEMP) {
			wrong++;
			printf("# %s cut at %zu\n", name, n);
		}
	}
	ok(wrong == 0, "%s: cut at every byte", name);
}

/* A bit may change a title, but no name, and nothing that is counted. */
static void
test_flips(const char *name, struct span s)
{
	struct outcome good = run(s);
	struct buf b = { 0 };
	size_t wrong = 0;

	buf_add_span(&b, s);
	for (size_t i = 0; i < s.n * 8; i++) {
		struct outcome o;

		b.p[i / 8] = (char)(b.p[i / 8] ^ 1 << i % 8);
		o = run(buf_span(&b));
		b.p[i / 8] = (char)(b.p[i / 8] ^ 1 << i % 8);
		if (o.complete ? !proof_eq(&o.proof, &good.proof) :
		    o.status == 0) {
			wrong++;
			printf("# %s: bit %zu\n", name, i);
		}
	}
	ok(wrong == 0, "%s: every bit flipped", name);
	buf_release(&b);
}

struct parts {
	struct span v[16];
	size_t n;
};

static struct parts
split(struct span s)
{
	struct parts p = { 0 };

	while (s.n > 0) {
		const char *nl = memchr(s.p, '\n', s.n);
		size_t n = (size_t)(nl - s.p) + 1;

		p.v[p.n++] = (struct span){ s.p, n };
		s.p += n;
		s.n -= n;
	}
	return p;
}

static struct outcome
run_parts(const struct parts *p)
{
	struct buf b = { 0 };
	struct outcome o;

	for (size_t i = 0; i < p->n; i++)
		buf_add_span(&b, p->v[i]);
	o = run(buf_span(&b));
	buf_release(&b);
	return o;
}

static bool
control(struct span line, const char *name)
{
	return memmem(line.p, line.n, name, strlen(name)) != NULL;
}

static bool
counted(struct span line)
{
	return !control(line, "\"begin\"") && !control(line, "\"state\"") &&
	    !control(line, "\"end\"");
}

static void
test_dropped(const char *name, struct span s, unsigned states)
{
	struct parts all = split(s);

	for (size_t i = 0; i < all.n; i++) {
		struct parts p = all;
		bool state = control(all.v[i], "\"state\"");
		struct outcome o;

		memmove(&p.v[i], &p.v[i + 1], (--p.n - i) * sizeof *p.v);
		o = run_parts(&p);
		ok(state ? o.complete && o.states == 0 : harmless(&o,
		    counted(all.v[i]) || i == 0 ? 0 : states),
		    "%s: line %zu dropped", name, i + 1);
	}
}

static void
test_doubled(const char *name, struct span s, unsigned states)
{
	struct parts all = split(s);

	for (size_t i = 0; i < all.n; i++) {
		struct parts p = all;
		struct outcome o;

		memmove(&p.v[i + 1], &p.v[i], (p.n++ - i) * sizeof *p.v);
		o = run_parts(&p);
		if (control(all.v[i], "\"state\""))
			ok(o.complete && o.states == 2,
			    "%s: a state may come twice", name);
		else if (i + 1 == all.n)
			ok(o.stopped && o.status == 3 && o.complete,
			    "%s: end twice is an error after the end", name);
		else
			ok(harmless(&o, counted(all.v[i]) || i == 0 ? 0 :
			    states) && o.status == 3, "%s: line %zu doubled",
			    name, i + 1);
	}
}

static void
test_swapped(const char *name, struct span s)
{
	struct parts all = split(s);

	for (size_t i = 0; i < all.n; i++)
		for (size_t j = i + 1; j < all.n; j++) {
			struct parts p = all;
			struct outcome o;

			p.v[i] = all.v[j];
			p.v[j] = all.v[i];
			o = run_parts(&p);
			if (counted(all.v[i]) && counted(all.v[j]))
				ok(o.complete && !o.stopped, "%s: records %zu "
				    "and %zu may change places", name, i + 1,
				    j + 1);
			else if (control(all.v[i], "\"state\"") &&
			    j + 1 == all.n)
				ok(o.stopped && o.status == 3 && o.states == 0,
				    "%s: a state after end is none", name);
			else
				ok(harmless(&o, 0) && o.status == 3,
				    "%s: lines %zu and %zu swapped", name,
				    i + 1, j + 1);
		}
}

static void
test_joined(const char *name, struct span s, struct span t)
{
	struct buf b = { 0 };
	struct outcome o, first = run(s);

	buf_add_span(&b, s);
	buf_add_span(&b, t);
	o = run(buf_span(&b));
	ok(o.stopped && o.status == 3 && o.states == first.states &&
	    o.records == first.records, "%s: another stream after it", name);
	buf_release(&b);
}

int
main(void)
{
	static const struct {
		const char *name, *text;
		unsigned states;
	} g[] = {
		{ "load", golden_load, 1 }, { "index", golden_index, 0 },
		{ "diff", golden_diff, 1 }
	};

	test_golden();
	test_verdict();
	test_altered();
	test_rules();
	test_raw();
	test_bare();
	for (size_t i = 0; i < sizeof g / sizeof *g; i++) {
		struct span s = span_of(g[i].text);

		test_cut(g[i].name, s, g[i].states);
		test_flips(g[i].name, s);
		test_dropped(g[i].name, s, g[i].states);
		test_doubled(g[i].name, s, g[i].states);
		test_swapped(g[i].name, s);
		test_joined(g[i].name, s, s);
		test_joined(g[i].name, s, span_of(golden_load));
	}
	return tap_done();
}
