/* SPDX-License-Identifier: MIT */
/* NAME.state: what is saved comes back, what is damaged never does. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "stream/state.h"
#include "tap.h"

static char dir[] = "/tmp/unit-state.XXXXXX";
static char *path;

static void
put_file(struct span s)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, s.p, s.n) != (ssize_t)s.n || close(fd) != 0)
		abort();
}

static struct buf
get_file(void)
{
	struct buf b = { 0 };

	if (file_read(path, STATE_FILE_MAX, &b) < 0)
		abort();
	return b;
}

/* The same with a right sum. */
static void
put_summed(const char *before)
{
	struct buf b = { 0 };
	char hex[HASH_HEX + 1];
	char *whole = xasprintf("%s}", before);

	hash_hex(hash128(whole, strlen(whole)), hex);
	buf_printf(&b, "%s,\"sum\":\"%s\"}\n", before, hex);
	put_file(buf_span(&b));
	buf_release(&b);
	free(whole);
}

static int
load(struct state *s, struct err *e)
{
	*e = (struct err){ 0 };
	return state_load(s, path, "wiki", "sqlite:/s/wiki.db", e);
}

static bool
is_empty(const struct state *s, const char *run)
{
	return !s->found && optional_eq(s->run, run) && s->config == NULL &&
	    s->uuid == NULL && s->time == NULL && s->started == NULL &&
	    s->streams != NULL && s->streams->n == 0 && s->nretry == 0;
}

static void
fill(struct state *s)
{
	state_set(&s->run, "r2");
	state_set(&s->uuid, "u1");
	state_set(&s->config, "c1");
	state_set(&s->started, "2026-01-03T00:00:00Z");
	state_set_stream(s, SPAN("pages"), SPAN("{\"since\":\"x\"}"));
	state_set_stream(s, SPAN("a\"b"), SPAN("{\"n\":-123456789012345}"));
	state_set_stream(s, SPAN("pages"), SPAN("{\"since\":\"y\"}"));
	state_retry_add(s, SPAN("wiki:7"));
	state_retry_add(s, SPAN("wiki:10"));
	state_retry_add(s, SPAN("wiki:7"));
	state_retry_add(s, SPAN("wiki:\xc3\xa4\""));
	state_retry_add(s, SPAN("wiki:1"));
	state_retry_set_remove(s, SPAN("wiki:\xc3\xa4\""), true);
	state_retry_set_remove(s, SPAN("wiki:10"), true);
	state_retry_set_remove(s, SPAN("wiki:7"), true);
	state_retry_set_remove(s, SPAN("wiki:7"), false);
	state_retry_remove(s, SPAN("wiki:1"));
	state_retry_set_remove(s, SPAN("wiki:1"), true);
}

static void
test_round(void)
{
	struct state s;
	struct err e;
	struct buf b = { 0 };
	struct stat st;
	struct timespec t;

	unlink(path);
	ok(load(&s, &e) == 0 && is_empty(&s, NULL), "state: missing is none");
	fill(&s);
	ok(state_save(&s, &e) == 0 && s.found, "state: saved");
	state_release(&s);
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600,
	    "state: mode 0600");
	ok(load(&s, &e) == 0 && s.found, "state: found again");
	ok(streq(s.run, "r2") && streq(s.uuid, "u1") &&
	    streq(s.config, "c1") &&
	    streq(s.started, "2026-01-03T00:00:00Z") &&
	    clock_parse(span_of(s.time), &t) &&
	    clock_wall().tv_sec - t.tv_sec < 60, "state: its fields");
	val_write(&b, s.streams);
	ok(span_is(buf_span(&b), "{\"pages\":{\"since\":\"y\"},"
	    "\"a\\\"b\":{\"n\":-123456789012345}}"), "state: its streams");
	ok(s.nretry == 3 && streq(s.retry[0].id, "wiki:10") &&
	    streq(s.retry[1].id, "wiki:7") &&
	    streq(s.retry[2].id, "wiki:\xc3\xa4\""),
	    "state: ids to retry, sorted, each once");
	ok(s.retry[0].remove && !s.retry[1].remove && s.retry[2].remove &&
	    state_retry_removes(&s, SPAN("wiki:10")) &&
	    !state_retry_removes(&s, SPAN("wiki:7")) &&
	    !state_retry_removes(&s, SPAN("wiki:1")),
	    "state: which of them are deletes");
	ok(state_retry_has(&s, SPAN("wiki:7")) &&
	    !state_retry_has(&s, SPAN("wiki:8")), "state: has");
	state_release(&s);
	buf_release(&b);
}

static void
test_form(void)
{
	static const char want[] = "{\"v\":1,\"source\":\"wiki\",\"index\":"
	    "\"sqlite:/s/wiki.db\",\"run\":\"r1\",\"time\":\"T\","
	    "\"streams\":{},\"retry\":[]";
	struct state s;
	struct err e;
	struct buf b;
	char *at;

	unlink(path);
	load(&s, &e);
	state_set(&s.run, "r1");
	ok(state_save(&s, &e) == 0, "form: saved");
	b = get_file();
	at = strstr(buf_cstr(&b), "\"time\":\"") + 8;
	put_summed(want);
	memmove(at + 1, strchr(at, '"'), strlen(strchr(at, '"')) + 1);
	*at = 'T';
	b.n = strlen(b.p);
	ok(b.n == strlen(want) + 43 && memcmp(b.p, want, strlen(want)) == 0,
	    "form: member by member, nothing that is not set");
	state_release(&s);
	ok(load(&s, &e) == 0 && s.found && streq(s.time, "T"),
	    "form: the sum as documented");
	state_retry_add(&s, SPAN("wiki:2"));
	state_retry_add(&s, SPAN("wiki:3"));
	state_retry_add(&s, SPAN("wiki:1"));
	state_retry_set_remove(&s, SPAN("wiki:2"), true);
	state_retry_set_remove(&s, SPAN("wiki:1"), true);
	state_save(&s, &e);
	state_release(&s);
	buf_release(&b);
	b = get_file();
	ok(strstr(buf_cstr(&b), ",\"retry\":[\"wiki:1\",\"wiki:2\","
	    "\"wiki:3\"],\"deletes\":[\"wiki:1\",\"wiki:2\"],\"sum\":"),
	    "form: with deletes");
	buf_release(&b);
}

static void
test_foreign(void)
{
	struct state s;
	struct err e;

	put_summed("{\"v\":1,\"source\":\"wiki\",\"index\":"
	    "\"sqlite:/s/wiki.db\",\"run\":\"r1\",\"streams\":{\"a\":"
	    "{\"b\":1}},\"retry\":[\"wiki:1\"]");
	ok(state_load(&s, path, "blog", "sqlite:/s/wiki.db", &e) == 0 &&
	    is_empty(&s, "r1"), "foreign: another source is no state");
	state_release(&s);
	ok(state_load(&s, path, "wiki", "sqlite:/s/x.db", &e) == 0 &&
	    is_empty(&s, "r1"), "foreign: another index is no state");
	state_release(&s);
	ok(load(&s, &e) == 0 && s.found && s.nretry == 1, "foreign: ours is");
	state_release(&s);
}

static void
refused(const char *name, const char *message)
{
	struct state s;
	struct err e;
	char *want = xasprintf("%s: %s; remove it and run a full sync", path,
	    message);
	int r = load(&s, &e);

	ok(r < 0 && e.status == ST_PERSON && streq(e.text, want),
	    "damaged: %s", name);
	if (!streq(e.text, want))
		printf("# %s\n", e.text);
	state_release(&s);
	free(want);
}

static void
test_damaged(void)
{
	struct state s;
	struct err e;

	put_file(SPAN(""));
	refused("empty", "damaged, its sum is wrong");
	put_file(SPAN("{}\n"));
	refused("another object", "damaged, its sum is wrong");
	put_summed("{\"v\":2,\"source\":\"wiki\",\"index\":\"x\"");
	refused("v", "v is not 1");
	put_summed("{\"v\":0,\"source\":\"wiki\",\"index\":\"x\"");
	refused("no version", "v is not 1");
	put_summed("{\"v\":1,\"index\":\"x\"");
	refused("no source", "no source or no index");
	put_summed("{\"v\":1,\"source\":\"wiki\",\"index\":"
	    "\"sqlite:/s/wiki.db\",\"retry\":[]");
	refused("no streams", "streams is not an object");
	put_summed("{\"v\":1,\"source\":\"wiki\",\"index\":"
	    "\"sqlite:/s/wiki.db\",\"streams\":{\"a\":{}},\"retry\":[]");
	refused("an empty value", "a value is not that of a state");
	put_summed("{\"v\":1,\"source\":\"wiki\",\"index\":"
	    "\"sqlite:/s/wiki.db\",\"streams\":{}");
	refused("no retry", "retry is not an array");
	put_summed("{\"v\":1,\"source\":\"wiki\",\"index\":"
	    "\"sqlite:/s/wiki.db\",\"streams\":{},\"retry\":[7]");
	refused("retry", "an id to retry is none");
	put_summed("{\"v\":1,\"source\":\"wiki\",\"index\":"
	    "\"sqlite:/s/wiki.db\",\"streams\":{},\"retry\":[],"
	    "\"deletes\":{}");
	refused("deletes", "deletes is not an array");
	put_summed("{\"v\":1,\"source\":\"wiki\",\"index\":"
	    "\"sqlite:/s/wiki.db\",\"streams\":{},\"retry\":[\"wiki:1\"],"
	    "\"deletes\":[\"wiki:2\"]");
	refused("a delete", "a delete is not to be retried");
	put_summed("{\"v\":1,\"source\":\"wiki\",\"index\":"
	    "\"sqlite:/s/wiki.db\",\"streams\":{},\"retry\":[\"wiki:1\"],"
	    "\"deletes\":[1]");
	refused("a delete that is no id", "a delete is not to be retried");
	put_summed("[{\"v\":1");
	refused("not an object", "not a state");
	unlink(path);
	mkdir(path, 0700);
	ok(load(&s, &e) < 0 && e.status == ST_PERSON &&
	    strstr(e.text, strerror(EISDIR)), "damaged: cannot be read");
	state_release(&s);
	rmdir(path);
}

/* Every bit of the file, and every length. */
static void
test_flips(void)
{
	struct state s;
	struct err e;
	struct buf b;
	size_t wrong = 0;

	unlink(path);
	load(&s, &e);
	fill(&s);
	state_save(&s, &e);
	state_release(&s);
	b = get_file();
	for (size_t i = 0; i < b.n * 8; i++) {
		b.p[i / 8] = (char)(b.p[i / 8] ^ 1 << i % 8);
		put_file(buf_span(&b));
		wrong += load(&s, &e) == 0 || e.status != ST_PERSON;
		state_release(&s);
		b.p[i / 8] = (char)(b.p[i / 8] ^ 1 << i % 8);
	}
	ok(wrong == 0, "flips: every bit of %zu bytes", b.n);
	wrong = 0;
	for (size_t n = 0; n < b.n; n++) {
		put_file((struct span){ b.p, n });
		wrong += load(&s, &e) == 0 || e.status != ST_PERSON;
		state_release(&s);
	}
	ok(wrong == 0, "torn: at every byte");
	b.p[b.n - 1] = ' ';
	put_file(buf_span(&b));
	ok(load(&s, &e) < 0, "torn: another last byte");
	state_release(&s);
	b.p[b.n - 1] = '\n';
	buf_putc(&b, '\n');
	put_file(buf_span(&b));
	ok(load(&s, &e) < 0, "torn: a byte more");
	state_release(&s);
	buf_release(&b);
}

static void
test_save_fails(void)
{
	struct state s;
	struct err e = { 0 };
	char *nowhere = xasprintf("%s/none/x.state", dir);

	state_load(&s, nowhere, "wiki", "x", &e);
	ok(state_save(&s, &e) < 0 && e.status == ST_PERSON &&
	    strstr(e.text, strerror(ENOENT)) && !s.found,
	    "save: says what it cannot do");
	state_release(&s);
	free(nowhere);
}

/* Against an array that is searched from end to end. */
static void
test_retry(void)
{
	enum { IDS = 300, STEPS = 20000 };
	static bool in[IDS], gone[IDS];
	struct state s;
	struct err e;
	size_t n = 0, wrong = 0;
	unsigned seed = 7;

	unlink(path);
	load(&s, &e);
	for (size_t i = 0; i < STEPS; i++) {
		unsigned id = (unsigned)rand_r(&seed) % IDS;
		char *name = xasprintf("wiki:%u", id);

		wrong += state_retry_has(&s, span_of(name)) != in[id];
		wrong += state_retry_removes(&s, span_of(name)) != gone[id];
		if (rand_r(&seed) % 2) {
			state_retry_add(&s, span_of(name));
			n += !in[id];
			in[id] = true;
			if (rand_r(&seed) % 2)
				gone[id] = !gone[id];
			state_retry_set_remove(&s, span_of(name), gone[id]);
		} else {
			gone[id] = false;
			state_retry_remove(&s, span_of(name));
			n -= in[id];
			in[id] = false;
		}
		wrong += s.nretry != n;
		free(name);
	}
	state_retry_sort(&s);
	for (size_t i = 0; i < IDS; i++) {
		char *name = xasprintf("wiki:%zu", i);

		wrong += state_retry_has(&s, span_of(name)) != in[i];
		wrong += state_retry_removes(&s, span_of(name)) != gone[i];
		free(name);
	}
	for (size_t i = 1; i < s.nretry; i++)
		wrong += strcmp(s.retry[i - 1].id, s.retry[i].id) >= 0;
	ok(wrong == 0, "retry: %d random steps", STEPS);
	state_retry_clear(&s);
	ok(s.nretry == 0 && !state_retry_has(&s, SPAN("wiki:1")),
	    "retry: cleared");
	state_release(&s);
}

static void
test_retry_ceiling(void)
{
	struct state s;
	struct err e;
	char name[32] = "";

	load(&s, &e);
	for (size_t i = 0; i < 1000 * STATE_RETRY_MAX + 5; i++) {
		snprintf(name, sizeof name, "wiki:%zu", i);
		state_retry_add(&s, span_of(name));
	}
	ok(s.nretry == 1000 * STATE_RETRY_MAX &&
	    !state_retry_has(&s, span_of(name)), "retry: ceiling");
	state_retry_remove(&s, SPAN("wiki:1"));
	ok(s.nretry == 1000 * STATE_RETRY_MAX, "retry: stays over the limit");
	state_retry_clear(&s);
	state_retry_add(&s, SPAN("wiki:1"));
	state_retry_remove(&s, SPAN("wiki:1"));
	ok(s.nretry == 0, "retry: until it is cleared");
	state_release(&s);
}

/* Old values must not pile up. */
static void
test_set_often(void)
{
	struct state s;
	struct err e;
	struct buf v = { 0 };

	load(&s, &e);
	for (unsigned i = 0; i < 50000; i++) {
		buf_clear(&v);
		buf_printf(&v, "{\"n\":%u,\"pad\":\"%0100d\"}", i, 0);
		state_set_stream(&s, i % 2 ? SPAN("a") : SPAN("b"),
		    buf_span(&v));
	}
	ok(s.replaced < (2 << 20) && s.streams->n == 2 &&
	    span_is(val_get(val_get(s.streams, "a"), "n")->str, "49999"),
	    "streams: set 50000 times");
	state_release(&s);
	buf_release(&v);
}

static void
test_values(void)
{
	static const struct { const char *text, *fault; } t[] = {
		{ "{\"a\":1}", NULL },
		{ "{\"a\":{},\"b\":[],\"c\":null,\"d\":true,\"e\":\"\"}",
		    NULL },
		{ "{\"a\":999999999999999,\"b\":-999999999999999}", NULL },
		{ "{}", "is empty" },
		{ "[1]", "is not an object" },
		{ "\"a\"", "is not an object" },
		{ "{\"a\":1000000000000000}",
		    "holds an integer of more than 15 digits" },
		{ "{\"a\":[[-1000000000000000]]}",
		    "holds an integer of more than 15 digits" },
		{ "{\"a\":1.0}", "holds a number that is not an integer" },
		{ "{\"a\":[{},{\"b\":1e3}]}",
		    "holds a number that is not an integer" },
	};
	struct arena a = { 0 };
	struct val_error ve;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const char *fault = state_value_fault(val_parse(&a,
		    span_of(t[i].text), JSON_DEPTH, true, &ve));

		ok(t[i].fault == NULL ? fault == NULL :
		    fault != NULL && streq(fault, t[i].fault), "value: %s",
		    t[i].text);
	}
	ok(streq(state_value_fault(NULL), "is not an object"), "value: none");
	arena_release(&a);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL)
		return 1;
	path = xasprintf("%s/wiki.state", dir);
	test_round();
	test_form();
	test_foreign();
	test_damaged();
	test_flips();
	test_save_fails();
	test_retry();
	test_retry_ceiling();
	test_set_often();
	test_values();
	unlink(path);
	rmdir(dir);
	free(path);
	return tap_done();
}
