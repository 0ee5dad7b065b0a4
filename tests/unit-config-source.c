/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/command.h"
#include "tap.h"
#include "temp.h"

#define CANARY "c4n4ry-s3cr3t"

static void
put(const char *name, const char *text, size_t n, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n ||
	    fchmod(fd, mode) != 0)
		die(ST_PERSON, "%s: cannot be written", name);
	close(fd);
}

static const char spec_text[] =
    "{\"schema\":{\"properties\":{"
    "\"path\":{\"type\":\"string\",\"format\":\"path\"},"
    "\"paths\":{\"items\":{\"type\":\"string\",\"format\":\"path\"}},"
    "\"token\":{\"type\":\"string\",\"secret\":true},"
    "\"pem\":{\"type\":\"string\",\"secret\":true,"
    "\"format\":\"lines\"},"
    "\"auth\":{\"anyOf\":[{\"type\":\"string\"},{\"properties\":{"
    "\"key\":{\"type\":\"string\",\"secret\":true}}}]},"
    "\"url\":{\"type\":\"string\"},\"allow_http\":{\"type\":\"boolean\"},"
    "\"size\":{\"type\":\"integer\",\"default\":10},"
    "\"glob\":{\"type\":\"array\",\"default\":[\"**\"]}},"
    "\"oneOf\":[{\"required\":[\"type\"]}],"
    "\"additionalProperties\":false},"
    "\"streams\":{\"properties\":{\"table\":{\"type\":\"string\"},"
    "\"limit\":{\"type\":\"integer\",\"default\":7}}}}";

/* Lines added to "source:\n  type: t\n", the source that comes out or the
 * message after "c.yml:". */
static const struct {
	const char *lines, *expect;
} table[] = {
	{ "", "{\"type\":\"t\",\"size\":10,\"glob\":[\"**\"],\"timeout\":\"1h\","
	    "\"overlap\":\"10m\",\"retry\":\"10m\"}" },
	{ "  size: 3\n  glob: []\n  rate: 5\n  timeout: 2h\n  overlap: 0s\n"
	    "  retry: 1s\n", "{\"type\":\"t\",\"size\":3,\"glob\":[],\"rate\":"
	    "\"5\",\"timeout\":\"2h\",\"overlap\":\"0s\",\"retry\":\"1s\"}" },
	{ "  pth: x\n", "3:3: source.pth: unknown key, did you mean path" },
	{ "  timeuot: 1h\n",
	    "3:3: source.timeuot: unknown key, did you mean timeout" },
	{ "  size: x\n",
	    "3:9: source.size: must be an integer, not a string" },
	{ "  path: ''\n", "3:9: source.path: must not be empty" },
	{ "  url: https://u:p@h/\n",
	    "3:8: source.url: a password in a URL; it has a key of its own" },
	{ "  url: postgres://u:p@h/db\n",
	    "3:8: source.url: a password in a URL; it has a key of its own" },
	{ "  url: postgres://h/db?user=u&password=p\n",
	    "3:8: source.url: a password in a URL; it has a key of its own" },
	{ "  glob: ['https://u:p@h/']\n", "{\"type\":\"t\",\"glob\":"
	    "[\"https://u:p@h/\"],\"size\":10,\"timeout\":\"1h\","
	    "\"overlap\":\"10m\",\"retry\":\"10m\"}" },
	{ "  url: http://h/\n  token: {env: CAN}\n", "3:8: source.url: "
	    "credentials would go over http in the clear; use https, or set "
	    "allow_http: true" },
	{ "  url: http://127.0.0.1/\n  token: {env: T}\n  size: 1\n  glob: 0\n",
	    "6:9: source.glob: must be a list, not a number" },
	{ "  url: http://h/\n  auth: {key: {env: CAN}}\n", "3:8: source.url: "
	    "credentials would go over http in the clear; use https, or set "
	    "allow_http: true" },
	{ "  url: http://h/\n  token: a\n  allow_http: true\n  timeout: 0\n",
	    "6:12: source.timeout: must be a number and a unit (ms s m h d), "
	    "such as 10m" },
	{ "  url: http://h/\n  token: x1\n  allow_http: true\n",
	    "{\"type\":\"t\",\"url\":\"http://h/\",\"token\":\"x1\","
	    "\"allow_http\":true,\"size\":10,\"glob\":[\"**\"],"
	    "\"timeout\":\"1h\",\"overlap\":\"10m\",\"retry\":\"10m\"}" },
	{ "  token: {env: CONN_TEST_UNSET}\n", "3:10: source.token: environment "
	    "variable CONN_TEST_UNSET is not set" },
	{ "  token: {env: E}\n", "3:10: source.token: the secret is empty" },
	{ "  token: ''\n", "3:10: source.token: the secret is empty" },
	{ "  token: {env: LF}\n",
	    "3:10: source.token: the secret holds a line break or a NUL" },
	{ "  token: \"a\\rb\"\n",
	    "3:10: source.token: the secret holds a line break or a NUL" },
	{ "  token: {file: s/two}\n",
	    "3:10: source.token: the secret holds a line break or a NUL" },
	{ "  token: {file: s/nul}\n",
	    "3:10: source.token: the secret holds a line break or a NUL" },
	{ "  token: {file: s/crlf}\n",
	    "3:10: source.token: the secret holds a line break or a NUL" },
	{ "  token: {file: s/latin}\n",
	    "3:10: source.token: the secret is not UTF-8" },
	{ "  pem: {file: s/latin}\n",
	    "3:8: source.pem: the secret is not UTF-8" },
	{ "  token: {file: s/nl}\n", "3:10: source.token: the secret is empty" },
	{ "  token: {file: s/none}\n",
	    "3:10: source.token: DIR/s/none: No such file or directory" },
	{ "  token: {file: s/big}\n",
	    "3:10: source.token: DIR/s/big: File too large" },
	{ "  token: {env: BIG}\n",
	    "3:10: source.token: the secret is longer than 64 KiB" },
	{ "  token: {cmd: [head, -c, '65537', s/big]}\n",
	    "3:10: source.token: the secret is longer than 64 KiB" },
	{ "  token: {cred: a/b}\n",
	    "3:10: source.token: cred takes a name, not a path" },
	{ "  token: {cred: ..}\n",
	    "3:10: source.token: cred takes a name, not a path" },
	{ "  token: {cred: none}\n",
	    "3:10: source.token: DIR/s/none: No such file or directory" },
	{ "  token: {cmd: [/none/prog]}\n", "3:10: source.token: its command "
	    "cannot be run: No such file or directory" },
	{ "  token: {cmd: [sh, -c, 'echo x; exit 3']}\n",
	    "3:10: source.token: its command ended with status 3" },
	{ "  token: {cmd: [sh, -c, 'kill -9 $$']}\n",
	    "3:10: source.token: its command was killed by signal 9" },
	{ "  token: {cmd: [false]}\n",
	    "3:10: source.token: its command ended with status 1" },
	{ "  token: {cmd: [true]}\n",
	    "3:10: source.token: the secret is empty" },
	{ "  token: {cmd: [head, -c, '70000', /dev/zero]}\n",
	    "3:10: source.token: its command printed too much" },
	{ "  auth: {key: {env: CONN_TEST_UNSET}}\n", "3:15: source.auth.key: "
	    "environment variable CONN_TEST_UNSET is not set" },
	{ "streams: [{name: a, tabel: x}]\n",
	    "3:21: streams[0].tabel: unknown key, did you mean table" },
	{ "streams: [{name: a, limit: x}]\n",
	    "3:28: streams[0].limit: must be an integer, not a string" },
};

/* text with DIR in place of the test's folder; malloc'd */
static char *
neutral(const char *text)
{
	const char *at = strstr(text, temp_dir);

	if (at == NULL)
		return xstrdup(text);
	return xasprintf("%.*sDIR%s", (int)(at - text), text,
	    at + strlen(temp_dir));
}

/* The source section as JSON, or the message; malloc'd. */
static char *
result(const char *lines, bool resolve, mode_t mode)
{
	char *text = xasprintf("source:\n  type: t\n%s", lines), *r;
	const struct val *source;
	struct val_error ve;
	struct config c;
	struct err e = { 0 };
	struct buf out = { 0 };

	put("c.yml", text, strlen(text), mode);
	if (config_load(&c, "c.yml", &e) != 0 || config_source(&c,
	    val_parse(&c.arena, span_of(spec_text), 64, true, &ve), resolve,
	    &source, &e) != 0)
		buf_puts(&out, e.text[0] ? e.text + strlen("c.yml:") : "none");
	else
		val_write(&out, source);
	r = neutral(buf_cstr(&out));
	buf_release(&out);
	free(text);
	config_release(&c);
	return r;
}

static void
test_table(void)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char *got = result(table[i].lines, true, 0600);

		ok(streq(got, table[i].expect), "source: %s", table[i].expect);
		if (!streq(got, table[i].expect))
			printf("# got: %s\n", got);
		free(got);
	}
}

/* Each form of a secret gives the canary, and no message shows it. */
static void
test_secrets(void)
{
	static const char *const forms[] = {
		"{env: CAN}", "{file: s/can}", "{file: ./s/../s/can}",
		"{cred: can}", "{cmd: [echo, " CANARY "]}",
		"{cmd: [sh, -c, 'cat ./s/can']}", CANARY, "{cmd: [./s/prog]}",
		"{cmd: [sh, -c, 'cat; test \"$CONN_TEST_X\" = 1 && cat s/can']}",
		"{env: 5}", "{file: 1.50}", "{cred: true}",
		"{cmd: [head, -c, 13, s/can]}",
	};
	char *lines;

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		char *got;

		lines = xasprintf("  token: %s\n", forms[i]);
		got = result(lines, true, 0600);
		ok(strstr(got, "\"token\":\"" CANARY "\"") != NULL,
		    "secret: %s gives %s", forms[i], got);
		free(got);
		free(lines);
		lines = xasprintf("  token: %s\n  size: x\n  pat: " CANARY
		    "\n", forms[i]);
		got = result(lines, true, 0600);
		ok(strstr(got, CANARY) == NULL && strstr(got, "must be"),
		    "secret: %s, not in: %s", forms[i], got);
		free(got);
		free(lines);
	}
	lines = result("  token: {file: s/full}\n", true, 0600);
	ok(strlen(lines) > 65536, "secret: 64 KiB and a newline");
	free(lines);
}

static void
test_masked(void)
{
	char shown[64], *got;

	put("s/pem", "-BEGIN-\nfirst-line\nlast-line\n", 29, 0600);
	got = result("  pem: {file: s/pem}\n", true, 0600);
	ok(strstr(got, "\"pem\":\"-BEGIN-\\nfirst-line\\nlast-line\"") != NULL,
	    "secret: several lines: %s", got);
	free(got);
	got = result("  token: {file: s/pem}\n", true, 0600);
	ok(strstr(got, "the secret holds a line break") != NULL,
	    "secret: only where it may: %s", got);
	free(got);
	msg_clean(shown, sizeof shown, SPAN("a first-line, last-line"));
	ok(streq(shown, "a ***, ***"), "secret: each is masked: %s", shown);
	msg_clean(shown, sizeof shown, SPAN("cut: " "c4n4ry-s3"));
	ok(streq(shown, "cut: ***"), "secret: and one that is cut");
	msg_clean(shown, sizeof shown, SPAN("token " CANARY "!"));
	ok(streq(shown, "token ***!"), "secret: registered for masking");
}

/* resolve false: looked at, not fetched. */
static void
test_unresolved(void)
{
	char *got = result("  token: {cmd: [touch, ran]}\n", false, 0600);

	ok(strstr(got, "\"token\":{\"cmd\":[\"touch\",\"ran\"]}") != NULL &&
	    access("ran", F_OK) != 0, "secret: not fetched: %s", got);
	free(got);
	got = result("  token: {cmd: touch}\n", false, 0600);
	ok(strstr(got, "3:16: source.token: must be a string or") == got,
	    "secret: its form is checked: %s", got);
	free(got);
}

static void
test_exposed(void)
{
	static const char refused[] = "3:10: source.token: a secret in a file "
	    "that others can read: chmod 600, or {env: NAME}";
	static const struct {
		mode_t mode;
		bool refused;
	} modes[] = { { 0600, false }, { 0644, true }, { 0640, true },
		{ 0604, true }, { 0660, true }, { 0400, false },
		{ 0622, false } };
	char *got;

	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		got = result("  token: " CANARY "\n", false, modes[i].mode);
		ok(modes[i].refused == streq(got, refused),
		    "a literal secret in a file of mode %o", modes[i].mode);
		free(got);
	}
	got = result("  token: {env: CAN}\n", true, 0644);
	ok(strstr(got, CANARY) != NULL, "a reference in a file of mode 644");
	free(got);
	got = result("index: {type: elasticsearch, url: 'https://h', name: x, "
	    "api_key: k}\n", true, 0644);
	ok(strstr(got, "3:66: index.api_key: a secret in a file") == got,
	    "a literal secret of the index: %s", got);
	free(got);
}

static void
test_paths(void)
{
	char *got = result("  path: ../d/./x\n", true, 0600), *want, *up;

	up = file_dirname(temp_dir);
	want = xasprintf("\"path\":\"%s/d/x\"", up);
	ok(strstr(got, want) != NULL, "path is absolute: %s", got);
	free(up);
	free(want);
	free(got);
	got = result("  paths: [/a/b, c]\n", true, 0600);
	ok(strstr(got, "\"paths\":[\"/a/b\",\"DIR/c\"]") != NULL,
	    "paths in a list: %s", got);
	free(got);
}

static void
test_streams(void)
{
	static const char text[] = "source: {type: t}\n"
	    "streams: [{name: a}, {name: 2, limit: 3, table: 4}]\n";
	const struct val *source;
	struct val_error ve;
	struct config c;
	struct err e = { 0 };
	struct buf b = { 0 };

	put("c.yml", text, sizeof text - 1, 0600);
	if (config_load(&c, "c.yml", &e) == 0 && config_source(&c,
	    val_parse(&c.arena, span_of(spec_text), 64, true, &ve), true,
	    &source, &e) == 0)
		val_write(&b, c.streams);
	ok(streq(buf_cstr(&b), "[{\"name\":\"a\",\"limit\":7},"
	    "{\"name\":\"2\",\"limit\":3,\"table\":\"4\"}]"),
	    "streams are completed: %s%s", b.p, e.text);
	buf_release(&b);
	config_release(&c);
}

/* config_secret finds the name of the place by itself. */
static void
test_config_secret(void)
{
	static const char text[] = "source: {type: t}\nindex:\n"
	    "  type: elasticsearch\n  url: https://h\n  name: x\n"
	    "  api_key: {env: CONN_TEST_UNSET}\n";
	struct config c;
	struct err e = { 0 };
	const char *s = "";

	put("c.yml", text, sizeof text - 1, 0644);
	ok(config_load(&c, "c.yml", &e) == 0, "config with a secret: %s",
	    e.text);
	ok(config_secret(&c, NULL, &s, &e) == 0 && s == NULL, "no secret");
	ok(config_secret(&c, val_get(c.index, "api_key"), &s, &e) != 0 &&
	    e.status == 2 && s == NULL && streq(e.text, "c.yml:6:12: "
	    "index.api_key: environment variable CONN_TEST_UNSET is not set"),
	    "config_secret: %s", e.text);
	setenv("CONN_TEST_UNSET", CANARY, 1);
	ok(config_secret(&c, val_get(c.index, "api_key"), &s, &e) == 0 &&
	    streq(s, CANARY), "config_secret gives it");
	unsetenv("CONN_TEST_UNSET");
	config_release(&c);
}

static char *
digest(const char *lines)
{
	char *text = xasprintf("source:\n  type: t\n%s", lines), *r = NULL;
	struct val_error ve;
	struct config c;
	struct err e = { 0 };

	put("c.yml", text, strlen(text), 0600);
	if (config_load(&c, "c.yml", &e) == 0)
		r = xstrdup(config_digest(&c, val_parse(&c.arena,
		    span_of(spec_text), 64, true, &ve)));
	else
		printf("# %s\n", e.text);
	free(text);
	config_release(&c);
	return r;
}

static void
test_digest(void)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{ "", "", true },
		{ "  size: 3\n  path: x\n", "  path: x\n  size: 3\n", true },
		{ "  size: 3\n", "  size: 4\n", false },
		{ "  token: a\n", "  token: b\n", true },
		{ "  auth: {key: a}\n", "  auth: {key: {env: B}}\n", true },
		{ "  rate: 1\n  timeout: 1h\n  overlap: 1s\n  retry: 2s\n"
		    "  parallel: 3\n", "",
		    true },
		{ "  path: x\n", "  path: ./x\n", true },
		{ "  path: x\n", "  path: y\n", false },
		{ "map: .\n", "", false },
		{ "map: .\n", "map: .a\n", false },
		{ "rules: [{a: 1}]\n", "rules: [{a: 2}]\n", false },
		{ "streams: [{name: a}]\n", "streams: [{name: b}]\n", false },
		{ "name: a\nmax_delete: 4\ninterval: 1h\nstate: /x\n"
		    "index: {path: x}\n", "", true },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *a = digest(cases[i].a), *b = digest(cases[i].b);

		ok(a && b && strlen(a) == 32 && streq(a, b) == cases[i].same,
		    "digest: case %zu", i);
		free(a);
		free(b);
	}
}

/* The reader of a fifo sees the end when no process holds it any more. */
static bool
all_gone(int fifo)
{
	struct pollfd p = { .fd = fifo, .events = POLLIN };

	return poll(&p, 1, 10000) == 1 && (p.revents & POLLHUP);
}

static void
test_command_time(void)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" },
		(char[]){ "exec 4>fifo; sleep 60 & wait" }, NULL };
	char *closed[] = { (char[]){ "sh" }, (char[]){ "-c" },
		(char[]){ "exec >&-; sleep 60" }, NULL };
	double start = clock_mono();
	struct buf out = { 0 };
	char why[64] = "";
	int fifo = mkfifo("fifo", 0600) == 0 ?
	    open("fifo", O_RDONLY | O_NONBLOCK) : -1;

	ok(command_run(argv, temp_dir, 0.5, 10, &out, why, sizeof why) != 0 &&
	    streq(why, "took too long"), "command: too long");
	ok(all_gone(fifo), "command: its children are killed, too");
	close(fifo);
	ok(command_run(closed, "/", 0.1, 10, &out, why, sizeof why) != 0 &&
	    streq(why, "took too long"), "command: silent and too long");
	ok(clock_mono() - start < 20, "command: both were killed");
	buf_release(&out);
}

static void
test_command_place(void)
{
	char *argv[] = { (char[]){ "pwd" }, NULL };
	struct buf out = { 0 };
	char why[64] = "";

	ok(command_run(argv, "/", 60, 10, &out, why, sizeof why) == 0 &&
	    streq(buf_cstr(&out), "/\n"), "command: runs in the folder");
	buf_release(&out);
}

int
main(void)
{
	static const char prog[] = "#!/bin/sh\nprintf %s " CANARY;
	static char big[70000];
	char creds[sizeof temp_dir + 2];

	temp_enter();
	mkdir("s", 0700);
	memset(big, 'x', sizeof big);
	put("s/can", CANARY "\n", sizeof CANARY, 0600);
	put("s/true", CANARY "\n", sizeof CANARY, 0600);
	put("1.50", CANARY "\n", sizeof CANARY, 0600);
	put("s/prog", prog, sizeof prog - 1, 0700);
	put("s/two", "a\n\n", 3, 0600);
	put("s/nul", "a\0b", 3, 0600);
	put("s/crlf", "a\r\n", 3, 0600);
	put("s/latin", "s3cr\xe9t", 6, 0600);
	put("s/nl", "\n", 1, 0600);
	put("s/big", big, sizeof big, 0600);
	big[65536] = '\n';
	put("s/full", big, 65537, 0600);
	big[65536] = 'x';
	big[65537] = '\0';
	setenv("BIG", big, 1);
	setenv("CONN_STATE_DIR", "/s", 1);
	setenv("CAN", CANARY, 1);
	setenv("5", CANARY, 1);
	setenv("CONN_TEST_X", "1", 1);
	setenv("E", "", 1);
	setenv("LF", "a\nb", 1);
	snprintf(creds, sizeof creds, "%s/s", temp_dir);
	setenv("CREDENTIALS_DIRECTORY", creds, 1);
	test_table();
	test_secrets();
	test_masked();
	test_unresolved();
	test_exposed();
	test_paths();
	test_streams();
	test_config_secret();
	test_digest();
	test_command_time();
	test_command_place();
	return tap_done();
}
