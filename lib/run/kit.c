/* SPDX-License-Identifier: MIT */
#include "run/kit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/schema.h"
#include "run/kit-run.h"

enum {
	IDS_MAX = 100,
	SECRET_MIN = 6          /* shorter ones show up by chance */
};

struct kit {
	const struct kit_subject *s;
	struct err *e;
	struct arena arena;
	struct kit_secrets secrets;
	struct kit_run load, slim;
	bool stop;              /* a signal, or e is set */
	/* the first of all runs; "" none */
	char late[MSG_MAX], unknown[KIT_EXAMPLE], rounded[KIT_EXAMPLE],
	    leak[KIT_EXAMPLE];
};

MSG_PRINTF(4, 5)
static void
verdict(struct kit *k, const char *name, bool good, const char *fmt, ...)
{
	char text[MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (!k->stop)
		k->s->report(k->s->ctx, name, good, text);
}

/* "" is good. */
static void
verdict_of(struct kit *k, const char *name, const char *fault)
{
	verdict(k, name, fault[0] == '\0', "%s", fault);
}

static void
first(char *to, size_t size, const char *from)
{
	if (to[0] == '\0')
		snprintf(to, size, "%s", from);
}

/* One run; what counts for all of them is kept. false: stop. */
static bool
run(struct kit *k, const struct kit_request *rq, struct kit_run *r)
{
	if (k->stop || kit_exec(k->s, &k->secrets, rq, r, k->e) != 0) {
		k->stop = true;
		return false;
	}
	first(k->late, sizeof k->late, r->late);
	first(k->unknown, sizeof k->unknown, r->unknown);
	first(k->rounded, sizeof k->rounded, r->rounded);
	first(k->leak, sizeof k->leak, r->leak);
	return true;
}

static bool
has(const struct kit *k, const char *verb)
{
	return spec_has_verb(k->s->spec, verb);
}

/* ---- secrets ---- */

static int
each_secret(void *ctx, const struct val *schema, struct val **slot,
    const char *path)
{
	struct kit_secrets *s = ctx;

	(void)path;
	if (!schema_secret(schema) || val_str(*slot).n < SECRET_MIN)
		return 0;
	s->v = xgrow(s->v, &s->cap, s->n + 1, sizeof *s->v);
	s->v[s->n++] = (*slot)->str.p;
	return 0;
}

static void
find_secrets(struct kit *k)
{
	const struct val *streams = k->s->config->streams;
	const struct val *entry = val_get(k->s->spec, "streams");
	struct val *copy = val_copy(&k->arena, k->s->source);

	schema_visit(k->s->config->own_schema ? k->s->config->own_schema :
	    val_get(k->s->spec, "schema"), &copy, "", each_secret,
	    &k->secrets);
	for (size_t i = 0; entry != NULL && streams != NULL &&
	    i < streams->n; i++) {
		copy = val_copy(&k->arena, streams->items[i]);
		schema_visit(entry, &copy, "", each_secret, &k->secrets);
	}
}

/* ---- spec ---- */

/* Its form was checked when it was read. */
static void
check_spec(struct kit *k)
{
	struct buf a = { 0 }, b = { 0 };
	char what[MSG_MAX];
	const char *fault = kit_spec_fault(k->s->spec, what);
	const char *path;
	struct val *again;
	struct err e;

	if (fault == NULL &&
	    driver_config(k->s->config, &path, &again, &e) != 0) {
		fault = "the second time it fails";
	} else if (fault == NULL) {
		val_write(&a, k->s->spec);
		val_write(&b, again);
		if (!span_eq(buf_span(&a), buf_span(&b)))
			fault = "differs when it is asked for again";
	}
	if (fault == NULL && val_get(k->s->spec, "title") == NULL)
		verdict(k, "spec", true, "has no title");
	else
		verdict_of(k, "spec", fault ? fault : "");
	buf_release(&a);
	buf_release(&b);
}

static void
check_life(struct kit *k, const char *name,
    int (*check)(const struct kit_subject *, char *, struct err *))
{
	char what[MSG_MAX] = "";

	if (k->stop || check(k->s, what, k->e) != 0)
		k->stop = true;
	verdict_of(k, name, what);
}

/* ---- sets ---- */

/* What is in a, but missing or different in b. "" if nothing is. */
static void
compare(const struct kit_set *a, const struct kit_set *b, bool same_docs,
    const char *where, char what[MSG_MAX])
{
	what[0] = '\0';
	for (size_t i = 0; i < a->n && what[0] == '\0'; i++) {
		struct span id = kit_set_name(a, i);
		const struct kit_rec *other = kit_set_find(b, id);

		if (other == NULL)
			snprintf(what, MSG_MAX, "%.*s is missing in %s",
			    (int)id.n, id.p, where);
		else if (same_docs && (!hash_eq(a->v[i].doc, other->doc) ||
		    !hash_eq(a->v[i].stamp, other->stamp)))
			snprintf(what, MSG_MAX, "%.*s differs in %s",
			    (int)id.n, id.p, where);
	}
}

static void
compare_both(const struct kit_set *a, const struct kit_set *b,
    const char *where, char what[MSG_MAX])
{
	compare(a, b, true, where, what);
	if (what[0] == '\0')
		compare(b, a, false, "the first load", what);
}

/* A second load, as the first or with a larger request. */
static void
check_again(struct kit *k, const char *name, const char *extra)
{
	struct kit_request rq = { .verb = "load", .extra = extra };
	struct kit_run r;
	char what[MSG_MAX];

	if (!run(k, &rq, &r))
		return;
	snprintf(what, sizeof what, "%.999s", kit_run_fault(&r));
	if (what[0] == '\0')
		compare_both(&k->load.docs, &r.docs, "the second load", what);
	if (what[0] == '\0')
		compare_both(&k->load.fails, &r.fails, "the fails of the "
		    "second load", what);
	verdict_of(k, name, what);
	kit_run_release(&r);
}

/* Does this run account for the id, as a document or as a failure? */
static bool
accounts(const struct kit_run *r, struct span id)
{
	return r->open || kit_set_find(&r->docs, id) != NULL ||
	    kit_set_find(&r->fails, id) != NULL ||
	    kit_set_covers(&r->prefixes, id);
}

static void
check_subset(struct kit *k)
{
	const struct kit_set *load = &k->load.docs, *slim = &k->slim.docs;
	char what[MSG_MAX] = "";

	for (size_t i = 0; i < load->n && what[0] == '\0'; i++) {
		struct span id = kit_set_name(load, i);

		if (!accounts(&k->slim, id))
			snprintf(what, sizeof what, "%.*s is a document of "
			    "load, but slim does not list it", (int)id.n, id.p);
	}
	for (size_t i = 0; i < slim->n && what[0] == '\0'; i++) {
		struct span id = kit_set_name(slim, i);

		if (!accounts(&k->load, id))
			snprintf(what, sizeof what, "%.*s is listed by slim, "
			    "but load has neither it nor a fail",
			    (int)id.n, id.p);
	}
	verdict_of(k, "subset", what);
}

/* conn-diff compares timestamps, so that every run would fetch what differs.
 * Rules look at streams and slim_fields, so what differs would be left out by
 * one of the two. */
static void
check_heads(struct kit *k)
{
	const struct kit_set *slim = &k->slim.docs;
	char stamps[MSG_MAX] = "", fields[MSG_MAX] = "";

	for (size_t i = 0; i < slim->n; i++) {
		struct span id = kit_set_name(slim, i);
		const struct kit_rec *r = kit_set_find(&k->load.docs, id);

		if (r == NULL)
			continue;
		if (stamps[0] == '\0' && !hash_eq(r->stamp, slim->v[i].stamp))
			snprintf(stamps, sizeof stamps, "%.*s has another one "
			    "in slim than in load", (int)id.n, id.p);
		if (fields[0] == '\0' && !hash_eq(r->seen, slim->v[i].seen))
			snprintf(fields, sizeof fields, "%.*s has another "
			    "stream, or other slim_fields, in slim than in "
			    "load", (int)id.n, id.p);
	}
	verdict_of(k, "timestamps", stamps);
	verdict_of(k, "fields", fields);
}

static void
check_slim(struct kit *k)
{
	struct kit_request rq = { .verb = "slim" };

	if (!has(k, "slim") || !run(k, &rq, &k->slim))
		return;
	verdict_of(k, "slim", kit_run_fault(&k->slim));
	if (kit_run_fault(&k->slim)[0] != '\0')
		return;
	check_subset(k);
	check_heads(k);
}

/* ---- other verbs ---- */

static void
check_plain(struct kit *k, const char *verb, uint64_t lines)
{
	struct kit_request rq = { .verb = verb, .state = k->load.states };
	struct kit_run r;

	if (!has(k, verb) || !run(k, &rq, &r))
		return;
	if (kit_run_fault(&r)[0] == '\0' && lines > 0 && r.lines != lines)
		verdict(k, verb, false, "%" PRIu64 " lines, not %" PRIu64,
		    r.lines, lines);
	else
		verdict_of(k, verb, kit_run_fault(&r));
	kit_run_release(&r);
}

static void
compare_ids(const struct kit *k, const struct kit_run *r, char **ids,
    size_t n, char what[MSG_MAX])
{
	what[0] = '\0';
	for (size_t i = 0; i + 1 < n && what[0] == '\0'; i++) {
		struct span id = span_of(ids[i]);
		const struct kit_rec *a = kit_set_find(&k->load.docs, id);
		const struct kit_rec *b = kit_set_find(&r->docs, id);

		if (b == NULL || !hash_eq(a->doc, b->doc))
			snprintf(what, MSG_MAX, "%.800s was asked for; it is "
			    "missing or differs", ids[i]);
	}
	if (what[0] == '\0' && (r->open ||
	    kit_set_find(&r->docs, span_of(ids[n - 1])) != NULL ||
	    kit_set_find(&r->fails, span_of(ids[n - 1])) != NULL))
		snprintf(what, MSG_MAX,
		    "an id that is not there must give no record");
}

/* Every second document, and an id that is not there. What comes besides is
 * dropped by who asks. */
static void
check_ids(struct kit *k)
{
	char *ids[IDS_MAX + 1];
	struct kit_request rq = { .verb = "load", .ids = ids };
	char what[MSG_MAX];
	struct kit_run r;

	if (!val_bool(val_get(k->s->spec, "ids"), false))
		return;
	for (size_t i = 0; i < k->load.docs.n && rq.nids < IDS_MAX; i += 2)
		ids[rq.nids++] = arena_strndup(&k->arena,
		    kit_set_name(&k->load.docs, i));
	ids[rq.nids++] = arena_strndup(&k->arena,
	    SPAN("conn-check/no/such/id"));
	if (!run(k, &rq, &r))
		return;
	snprintf(what, sizeof what, "%.999s", kit_run_fault(&r));
	if (what[0] == '\0')
		compare_ids(k, &r, ids, rq.nids, what);
	if (what[0] == '\0' && r.docs.n > rq.nids - 1)
		verdict(k, "ids", true, "%zu ids were asked for, %zu documents "
		    "came", rq.nids - 1, r.docs.n);
	else
		verdict_of(k, "ids", what);
	kit_run_release(&r);
}

/* A state vouches for what is before it: if it comes first, a poll that is cut
 * short moves past what it did not print. */
static void
check_order(struct kit *k, const struct kit_run *r)
{
	char what[MSG_MAX] = "";

	for (size_t i = 0; r->early != NULL && i < r->early->n; i++) {
		const struct val_member *m = &r->early->members[i];

		if (m->value->type == JSON_TRUE)
			snprintf(what, sizeof what, "the state of %.*s comes "
			    "before the documents that it vouches for",
			    (int)m->key.n, m->key.p);
	}
	verdict(k, "order", true, "%s", what);
}

/* Right after the load: what it gives must be what load gave. */
static void
check_poll(struct kit *k)
{
	struct kit_request rq = { .verb = "poll", .state = k->load.states };
	struct kit_run r;
	char what[MSG_MAX];

	if (!has(k, "poll") || k->load.states == NULL || !run(k, &rq, &r))
		return;
	snprintf(what, sizeof what, "%.999s", kit_run_fault(&r));
	if (what[0] == '\0')
		compare(&r.docs, &k->load.docs, true, "load", what);
	verdict_of(k, "poll", what);
	check_order(k, &r);
	kit_run_release(&r);
}

static void
check_load(struct kit *k)
{
	struct kit_request rq = { .verb = "load" };

	if (!run(k, &rq, &k->load))
		return;
	if (k->load.form_of_state) {
		verdict_of(k, "state", k->load.form);
		return;
	}
	verdict_of(k, "load", kit_run_fault(&k->load));
	if (kit_run_fault(&k->load)[0] != '\0')
		return;
	if (has(k, "poll"))
		verdict(k, "state", true, "%s", k->load.states ? "" :
		    "load gave none, so these settings cannot be polled");
	check_again(k, "same", NULL);
	check_again(k, "unknown", "\"future\":{\"a\":[1]}");
	check_slim(k);
	check_ids(k);
	check_poll(k);
	check_plain(k, "changed", 1);
	check_life(k, "killed", kit_killed);
}

int
kit_run(const struct kit_subject *s, struct err *e)
{
	struct kit *k = xcalloc(1, sizeof *k);
	int r;

	*e = (struct err){ 0 };
	k->s = s;
	k->e = e;
	find_secrets(k);
	check_spec(k);
	check_life(k, "arguments", kit_arguments);
	check_plain(k, "check", 0);
	check_plain(k, "discover", 0);
	check_load(k);
	verdict_of(k, "end", k->late);
	verdict(k, "members", k->unknown[0] == '\0', k->unknown[0] ?
	    "%s is no member of conn-driver(7)" : "%s", k->unknown);
	verdict(k, "numbers", true, k->rounded[0] ? "%s looks like an "
	    "integer that went through a double" : "%s", k->rounded);
	verdict_of(k, "secrets", k->leak);
	r = k->stop ? -1 : 0;
	kit_run_release(&k->load);
	kit_run_release(&k->slim);
	free(k->secrets.v);
	arena_release(&k->arena);
	free(k);
	return r;
}
