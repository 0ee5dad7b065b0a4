/* SPDX-License-Identifier: MIT */
#include "rules/map.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/yaml.h"
#include "tap.h"
#include "temp.h"

static struct map *
make(const char *program)
{
	struct val v = { .type = JSON_STRING, .str = span_of(program),
		.line = 1, .col = 1 };
	struct err e = { 0 };
	struct map *m = NULL;

	if (map_new(&m, &v, "w.yml", &e) != 0)
		printf("# %s\n", e.text);
	return m;
}

/* The document, "empty", or the error's text; malloc'd. */
static char *
run(struct map *m, struct span line)
{
	enum map_result result = MAP_ERROR;
	struct buf in = { 0 }, out = { 0 };
	const char *what = "no worker";
	struct err e = { 0 };
	char *r;

	buf_add_span(&in, line);
	buf_pad(&in);
	if (m == NULL || map_run(m, buf_span(&in), &result, &out, &what,
	    &e) != 0)
		r = xasprintf("no worker %s", e.text);
	else
		r = result == MAP_DOC ? xstrndup(buf_span(&out)) :
		    xstrdup(result == MAP_EMPTY ? "empty" : what);
	buf_release(&in);
	buf_release(&out);
	return r;
}

#define HEAD "\"_id\":\"w:1\",\"_timestamp\":\"t\",\"_stream\":\"s\""
#define DOC "{" HEAD ",\"a\":1}"

static const char failed[] = "the map's program failed";
static const char reserved[] = "the map made a key that begins with one _";
static const char no_object[] = "the map did not give an object";
static const char two[] = "the map gave more than one result";
static const char halted[] = "the map's program halted";

static const struct {
	const char *program, *doc, *expect;
} table[] = {
	{ ".", DOC, DOC },
	{ "", DOC, DOC },
	{ ". # no end of line", DOC, DOC },
	{ "{b: .a}", DOC, "{" HEAD ",\"b\":1}" },
	{ "{}", DOC, "{" HEAD "}" },
	{ "{}", "{\"a\":1}", "{}" },
	{ ".b = ._id", DOC, "{" HEAD ",\"a\":1,\"b\":\"w:1\"}" },
	/* the head cannot be changed */
	{ "._id = \"x\" | ._timestamp = null | del(._stream)", DOC, DOC },
	{ "{a, _id: 5}", "{\"a\":1,\"_id\":\"w:1\"}",
	    "{\"_id\":\"w:1\",\"a\":1}" },
	{ "._timestamp = \"t\"", "{\"_id\":\"w:1\"}", "{\"_id\":\"w:1\"}" },
	{ "{}", "{\"_id\":\"w:1\",\"_timestamp\":\"\\u0031\"}",
	    "{\"_id\":\"w:1\",\"_timestamp\":\"\\u0031\"}" },
	{ "{__x: 1, \"a_\": 2}", DOC, "{" HEAD ",\"__x\":1,\"a_\":2}" },
	{ "._x = 1", DOC, reserved },
	{ ".[\"_\"] = 1", DOC, reserved },
	{ "._ctl = \"delete\"", DOC, reserved },
	{ "._hash = 1", DOC, reserved },
	{ ".a = {_x: 1}", DOC, "{" HEAD ",\"a\":{\"_x\":1}}" },
	/* what is no document */
	{ "empty", DOC, "empty" },
	{ "select(.a == 2)", DOC, "empty" },
	{ "., .", DOC, two },
	{ ".[]", DOC, two },
	{ "., error", DOC, failed },
	{ "[.]", DOC, no_object },
	{ "null", DOC, no_object },
	{ ".a", DOC, no_object },
	{ "\"{}\"", DOC, no_object },
	{ "., halt", DOC, halted },
	{ "halt", DOC, halted },
	{ "halt_error", DOC, halted },
	{ "error", DOC, failed },
	{ "error(\"x\")", DOC, failed },
	{ "error(null)", DOC, failed },
	{ "null | error", DOC, failed },
	/* to jq that is its own break, where a label is around it */
	{ "error(.a)", "{\"_id\":\"w:1\",\"a\":{\"__jq\":0}}", failed },
	{ ".a.b", DOC, failed },
	{ "try error(\"x\") catch {a: .}", DOC, "{" HEAD ",\"a\":\"x\"}" },
	{ "input", DOC, failed },
	{ "inputs", DOC, failed },
	{ "[inputs]", DOC, failed },
	/* nothing of the world outside */
	{ "{a: env}", DOC, "{" HEAD ",\"a\":{}}" },
	{ "{a: env.CONN_TEST}", DOC, "{" HEAD ",\"a\":null}" },
	{ "{a: $ENV}", DOC, "{" HEAD ",\"a\":{}}" },
	{ "{a: $ENV.CONN_TEST}", DOC, "{" HEAD ",\"a\":null}" },
	{ "{a: get_search_list}", DOC, "{" HEAD ",\"a\":[]}" },
	{ "{a: input_filename}", DOC, "{" HEAD ",\"a\":null}" },
	{ "\"m\" | modulemeta", DOC, failed },
	{ "from_home", DOC, NULL },
	{ "import \"m\" as m; .", DOC, NULL },
	{ "include \"m\"; .", DOC, NULL },
	{ "import \"m\" as $m {search: \"./\"}; .", DOC, NULL },
	{ "{a: ($__loc__ | .file)}", DOC,
	    "{" HEAD ",\"a\":\"<top-level>\"}" },
	{ "debug | stderr", DOC, DOC },
	{ "{a: (1767225600 | strflocaltime(\"%Y %H %Z\"))}", DOC,
	    "{" HEAD ",\"a\":\"2026 00 UTC\"}" },
	{ "{a: (\"2026-07-01T00:00:00Z\" | fromdate)}", DOC,
	    "{" HEAD ",\"a\":1782864000}" },
	/* numbers are libjq's, but integers beyond 2^53 are strings */
	{ ".", "{\"a\":9007199254740992,\"b\":9007199254740993}",
	    "{\"a\":9007199254740992,\"b\":\"9007199254740993\"}" },
	{ ".", "{\"a\":[-9007199254740993,1e16,1E400,12345678901234567890]}",
	    "{\"a\":[\"-9007199254740993\",\"1e16\",\"1E400\","
	    "\"12345678901234567890\"]}" },
	{ ".", "{\"9007199254740993\":\"\\\"9007199254740993\\\\\"}",
	    "{\"9007199254740993\":\"\\\"9007199254740993\\\\\"}" },
	{ ".", "{\"a\":1.10,\"b\":1e2,\"c\":0.30000000000000004}",
	    "{\"a\":1.1,\"b\":100,\"c\":0.30000000000000004}" },
	{ "{a: .a | type}", "{\"a\":9007199254740993}", "{\"a\":\"string\"}" },
	{ ".", "{\"a\":0.1234567890123456789,\"b\":0.50000000000000000000}",
	    "{\"a\":\"0.1234567890123456789\",\"b\":0.5}" },
	{ "{a: nan}", DOC, "{" HEAD ",\"a\":null}" },
	/* limits */
	{ "reduce range(200) as $i (.; {a: .})", DOC,
	    "the map's result is nested too deep" },
	{ "{a: (reduce range(127) as $i (1; [.])) | 1}", DOC,
	    "{" HEAD ",\"a\":1}" },
	{ "{a: \"\\u0000\\u001f\\u00e9\\\\\"}", DOC,
	    "{" HEAD ",\"a\":\"\\u0000\\u001f\xc3\xa9\\\\\"}" },
};

static void
test_table(void)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct map *m = make(table[i].program);
		char *got = m ? run(m, span_of(table[i].doc)) : NULL;
		bool good = got && table[i].expect ?
		    streq(got, table[i].expect) : got == table[i].expect;

		ok(good, "map: %s", table[i].program);
		if (!good)
			printf("# got: %s\n", got ? got : "no map");
		free(got);
		map_free(m);
	}
}

/* One map after the other documents, the bad ones between good ones. */
static void
test_after(void)
{
	static const struct {
		const char *doc, *expect;
	} step[] = {
		{ "{\"a\":1}", "{\"b\":1}" },
		{ "{\"h\":1}", "the map's program halted" },
		{ "{\"a\":2}", "{\"b\":2}" },
		{ "{\"e\":1}", "the map's program failed" },
		{ "{\"a\":3}", "{\"b\":3}" },
		{ "{\"crash\":1}", "the map crashed or ran out of memory" },
		{ "{\"a\":4}", "{\"b\":4}" },
#ifndef __SANITIZE_ADDRESS__
		{ "{\"memory\":1}", "the map crashed or ran out of memory" },
#endif
		{ "{\"a\":5}", "{\"b\":5}" },
		{ "{\"deep\":1}", "the map crashed or ran out of memory" },
		{ "{\"a\":6}", "{\"b\":6}" },
	};
	struct map *m = make("if .h then halt elif .e then error elif .crash "
	    "then {a: (1e20 | todate)} elif .memory then {a: ([] | "
	    ".[400000000] = 1)} elif .deep then reduce range(3000000) as $i "
	    "(.; {a: .}) else {b: .a} end");

	map_limit(m, 60);
	for (size_t i = 0; m && i < sizeof step / sizeof *step; i++) {
		char *got = run(m, span_of(step[i].doc));

		ok(streq(got, step[i].expect), "map: %s gives %s", step[i].doc,
		    got);
		free(got);
	}
	map_free(m);
}

static void
test_time(void)
{
	struct map *m = make("if .a then {b: (\"x\" | gsub(\"\"; \"y\"))} "
	    "else . end");
	double start = clock_mono();
	char *got;

	map_limit(m, 0.3);
	got = run(m, SPAN("{\"a\":1}"));
	ok(streq(got, "the map took too long") && clock_mono() - start < 60,
	    "map: an endless program: %s", got);
	free(got);
	map_limit(m, MAP_SECONDS);
	got = run(m, SPAN("{\"b\":1}"));
	ok(streq(got, "{\"b\":1}"), "map: the next document: %s", got);
	free(got);
	map_free(m);
}

static void
test_large(void)
{
	struct map *m = make("{n: (.a | length), a}");
	struct buf b = { 0 };
	char *got;

	map_limit(m, 300);      /* a machine may be slow */
	buf_puts(&b, "{\"_id\":\"w:1\",\"a\":\"");
	while (b.n < 20u << 20)
		buf_puts(&b, "0123456789abcdef");
	buf_puts(&b, "\"}");
	got = run(m, buf_span(&b));
	ok(strlen(got) > 20u << 20 &&
	    strncmp(got, "{\"_id\":\"w:1\",\"n\":209715", 22) == 0,
	    "map: 20 MiB in and out: %.40s", got);
	free(got);
	map_free(m);
	m = make("{a: [range(9) | $d.a]}");
	ok(m == NULL, "map: a variable that is not there");
	m = make("{a: (.a as $s | [range(4) | $s])}");
	map_limit(m, 300);
	got = run(m, buf_span(&b));
	ok(streq(got, "the map's result is too long"), "map: 80 MiB: %.60s",
	    got);
	free(got);
	map_free(m);
	buf_release(&b);
}

/* Without "w.yml:". */
static const struct {
	const char *config, *expect;
} broken[] = {
	{ "map: foo\n", "1:6: map: foo/0 is not defined" },
	{ "a: 1\nmap: '{a: 1'\n",
	    "2:7: map: a { without its }" },
	{ "a: 1\nmap: |\n  {a: 1,\n   b: 2 2}\n",
	    "4:9: map: syntax error, unexpected LITERAL, expecting '}'" },
	{ "map: |\n\n  .a\n  | foo(1)\n  | .\n", "4:5: map: foo/1 is not defined" },
	{ "map: \".a\\n| $x\"\n", "1:13: map: $x is not defined" },
	{ "map: import \"a\" as a; .\n",
	    "1:6: map: syntax error, unexpected import" },
};

static void
test_broken(void)
{
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		struct arena a = { 0 };
		struct err e = { 0 };
		struct val *v = yaml_parse(&a, span_of(broken[i].config), 64,
		    "w.yml", &e);
		struct map *m = NULL;
		int r = map_new(&m, val_get(v, "map"), "w.yml", &e);

		ok(r != 0 && m == NULL && e.status == 2 &&
		    streq(e.text + 6, broken[i].expect), "%s",
		    broken[i].expect);
		if (r == 0 || !streq(e.text + 6, broken[i].expect))
			printf("# got: %s\n", e.text);
		map_free(m);
		arena_release(&a);
	}
}

/* Content never gets to stderr, whatever the program does. */
static void
test_stderr(void)
{
	int saved = dup(STDERR_FILENO);
	struct stat st = { .st_size = -1 };
	struct map *m;
	char *got;

	if (freopen("err", "w", stderr) == NULL)
		return;
	m = make("stderr | debug | 1e20 | todate");
	got = run(m, SPAN("{\"a\":\"content\"}"));
	free(got);
	map_free(m);
	stat("err", &st);
	dup2(saved, STDERR_FILENO);
	close(saved);
	ok(st.st_size == 0, "map: nothing on stderr");
}

/* The worker has none of our descriptors but its socket. */
static void
test_descriptors(void)
{
	struct map *m;
	int p[2];
	char c;

	if (pipe(p) != 0)
		return;
	m = make(".");
	close(p[1]);
	ok(m && fcntl(p[0], F_SETFL, O_NONBLOCK) == 0 &&
	    read(p[0], &c, 1) == 0, "map: a pipe is not held open");
	close(p[0]);
	map_free(m);
}

/* The process id of our only child. */
static pid_t
child(void)
{
	char path[64], text[64] = "";
	int fd;

	snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
	fd = open(path, O_RDONLY);
	if (fd >= 0 && read(fd, text, sizeof text - 1) < 0)
		text[0] = '\0';
	close(fd);
	return (pid_t)strtol(text, NULL, 10);
}

/* A worker that dies of what came before costs no document. */
static void
test_replaced(void)
{
	struct map *m = make("{b: .a}");
	char *got = run(m, SPAN("{\"a\":1}"));
	pid_t pid = child();

	free(got);
	ok(pid > 0 && kill(pid, SIGTERM) == 0 && kill(pid, SIGINT) == 0,
	    "map: signals to the worker");
	got = run(m, SPAN("{\"a\":2}"));
	ok(streq(got, "{\"b\":2}") && child() == pid, "map: do not end it");
	free(got);
	kill(pid, SIGKILL);
	got = run(m, SPAN("{\"a\":3}"));
	ok(streq(got, "{\"b\":3}") && child() != pid,
	    "map: a killed worker is replaced: %s", got);
	free(got);
	map_free(m);
	ok(child() == 0, "map: no worker is left");
}

static void
test_none(void)
{
	struct map *m;
	struct err e = { 0 };

	ok(map_new(&m, NULL, "w.yml", &e) == 0 && m == NULL, "map: none");
	map_free(NULL);
}

int
main(void)
{
	static const char home[] = "def from_home: {a: 1}; def map(f): 5;";
	int fd;

	temp_enter();
	fd = open(".jq", O_WRONLY | O_CREAT, 0600);
	if (fd < 0 || write(fd, home, sizeof home - 1) < 0)
		return 1;
	close(fd);
	fd = open("m.jq", O_WRONLY | O_CREAT, 0600);
	if (fd < 0 || write(fd, home, sizeof home - 1) < 0)
		return 1;
	close(fd);
	setenv("HOME", temp_dir, 1);
	setenv("CONN_TEST", "secret", 1);
	setenv("TZ", "America/New_York", 1);
	test_table();
	test_after();
	test_time();
	test_large();
	test_broken();
	test_stderr();
	test_descriptors();
	test_replaced();
	test_none();
	return tap_done();
}
