/* SPDX-License-Identifier: MIT */
/*
 * mkstream: records on stdin to a proven stream on stdout. It computes the
 * proof on its own, not with the tools' code, so that it can judge them.
 *
 *   mkstream [-m MODE] [-p SCOPE] [-s SOURCE] [-i INDEX] [-b BASE] [-r RUN]
 *            [-c CONFIG] [-u UUID] [-k KNOWN] [-t TIME] [-S STATUS] [-IHg]
 *
 * A state record gets its proof added, with -g its sum, too (it must be as
 * {"_ctl":"state","stream":S,"value":V}, keys sorted); -I: complete false; -H: each document
 * becomes the id record that an index would list for it; control records of
 * the input but state are dropped then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"
#include "json/text.h"

struct counts {
	unsigned long long documents, ids, deletes, fails;
	struct h128 digest;
};

static const char *arg[128];

static void
proof(const struct counts *c)
{
	char hex[HASH_HEX + 1];

	hash_hex(c->digest, hex);
	printf("\"documents\":%llu,\"ids\":%llu,\"deletes\":%llu,"
	    "\"fails\":%llu,\"digest\":\"%s\"", c->documents, c->ids,
	    c->deletes, c->fails, hex);
}

static const char *
get(char letter, const char *dflt)
{
	const char *s = arg[(unsigned char)letter];

	return s ? s : dflt;
}

static void
begin(void)
{
	const char *base = get('b', "null");
	const char *q = streq(base, "null") ? "" : "\"";

	printf("{\"_ctl\":\"begin\",\"v\":1,\"mode\":\"%s\",\"scope\":\"%s\","
	    "\"run\":\"%s\",\"source\":\"%s\",\"index\":\"%s\","
	    "\"base\":%s%s%s", get('m', "load"), get('p', "all"),
	    get('r', "run1"), get('s', "wiki"), get('i', "sqlite:/x.db"), q,
	    base, q);
	if (arg['c'])
		printf(",\"config\":\"%s\"", arg['c']);
	if (arg['u'])
		printf(",\"uuid\":\"%s\"", arg['u']);
	if (arg['k'])
		printf(",\"known\":%s", arg['k']);
	printf(",\"time\":\"%s\"}\n", get('t', "2026-01-03T00:00:02.000000Z"));
}

static void
count(struct counts *c, const struct json_object *o)
{
	struct buf scratch = { 0 };
	const struct json_member *ctl = json_find(o, "_ctl", NULL);
	const struct json_member *name = json_find(o, "_id", NULL);
	struct span kind = { NULL, 0 }, s;

	if (ctl != NULL) {
		kind = json_string(ctl, &scratch);
		c->deletes += span_is(kind, "delete");
		c->fails += span_is(kind, "fail");
	} else if (name != NULL) {
		c->documents++;
	} else {
		c->ids++;
	}
	if (ctl != NULL || name == NULL)
		name = json_find(o, "id", NULL);
	if (name == NULL)
		name = json_find(o, "prefix", NULL);
	if (name != NULL) {
		s = json_string(name, &scratch);
		hash_add(&c->digest, hash128(s.p, s.n));
	}
	buf_release(&scratch);
}

/* What an index lists of a document. */
static void
listed(struct counts *c, const struct json_object *o)
{
	const struct json_member *id = json_find(o, "_id", NULL);
	const struct json_member *time = json_find(o, "_timestamp", NULL);
	struct buf scratch = { 0 };
	char hex[HASH_HEX + 1];
	struct span s;

	if (id == NULL || json_find(o, "_ctl", NULL) != NULL)
		return;
	s = json_string(id, &scratch);
	hash_add(&c->digest, hash128(s.p, s.n));
	c->ids++;
	hash_hex(hash128(o->text.p, o->text.n), hex);
	printf("{\"id\":%.*s", (int)id->value.n, id->value.p);
	if (time != NULL)
		printf(",\"timestamp\":%.*s", (int)time->value.n,
		    time->value.p);
	printf(",\"hash\":\"%s\"}\n", hex);
	buf_release(&scratch);
}

/* Of {"stream":S,"value":V}, which is what follows the first member. */
static void
sum(struct span text)
{
	static const char head[] = "{\"_ctl\":\"state\",";
	char hex[HASH_HEX + 1];
	struct buf b = { 0 };

	buf_putc(&b, '{');
	buf_add(&b, text.p + sizeof head - 1, text.n - (sizeof head - 1));
	hash_hex(hash128(b.p, b.n), hex);
	printf(",\"sum\":\"%s\"", hex);
	buf_release(&b);
}

static void
record(struct counts *c, struct buf *line)
{
	struct json_object o = { 0 };
	struct json_error e;
	const struct json_member *ctl;

	buf_pad(line);
	if (json_object_scan(buf_span(line), JSON_DEPTH, &o, &e) != 0) {
		fprintf(stderr, "mkstream: not JSON: %s\n", buf_cstr(line));
		exit(1);
	}
	ctl = json_find(&o, "_ctl", NULL);
	if (arg['H']) {
		listed(c, &o);
	} else if (ctl != NULL && span_is(ctl->value, "\"state\"")) {
		printf("%.*s,", (int)(o.text.n - 1), o.text.p);
		proof(c);
		if (arg['g'])
			sum(o.text);
		puts("}");
	} else {
		count(c, &o);
		printf("%.*s\n", (int)o.text.n, o.text.p);
	}
	json_object_release(&o);
}

int
main(int argc, char **argv)
{
	struct counts c = { 0 };
	struct buf line = { 0 };
	char *text = NULL;
	size_t cap = 0;
	ssize_t n;
	int letter;

	while ((letter = getopt(argc, argv, "m:p:s:i:b:r:c:u:k:t:S:IHg")) != -1)
		arg[letter & 127] = optarg ? optarg : "";
	begin();
	while ((n = getline(&text, &cap, stdin)) > 0) {
		buf_clear(&line);
		buf_add(&line, text, (size_t)n - (text[n - 1] == '\n'));
		if (line.n > 0)
			record(&c, &line);
	}
	printf("{\"_ctl\":\"end\",\"complete\":%s,\"status\":%s,",
	    arg['I'] ? "false" : "true", get('S', "0"));
	proof(&c);
	puts(",\"time\":\"2026-01-03T00:00:03.000000Z\"}");
	free(text);
	buf_release(&line);
	return fflush(stdout) == 0 ? 0 : 1;
}
