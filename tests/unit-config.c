/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "tap.h"
#include "temp.h"

static void
put(const char *name, const char *text, size_t n, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n ||
	    fchmod(fd, mode) != 0)
		die(ST_PERSON, "%s: cannot be written", name);
	close(fd);
}

/* A complete config around one line under test. */
#define S "source: {type: t}\n"
#define ES S "index:\n  type: elasticsearch\n  url: https://es:9200\n"

/* The message, without "wiki.yml:", or what was understood. */
static const struct {
	const char *text, *expect;
} wrong[] = {
	{ "name: x\n", "1:1: source is missing" },
	{ "- a\n", "1:1: must be a mapping, not a list" },
	{ "text\n", "1:1: must be a mapping, not a string" },
	{ "source: x\n", "1:9: source: must be a mapping, not a string" },
	{ "source: {}\n", "1:9: source: type is missing" },
	{ "source: {type: }\n", "1:16: source.type: must be a string, not null" },
	{ "source: {type: T}\n",
	    "1:16: source.type: must be lower-case letters, digits and -" },
	{ "source: {type: ../x}\n",
	    "1:16: source.type: must be lower-case letters, digits and -" },
	{ "source: {type: 9x}\n",
	    "1:16: source.type: must be lower-case letters, digits and -" },
	{ S "nmae: x\n", "2:1: nmae: unknown key, did you mean name" },
	{ S "steams: []\n", "2:1: steams: unknown key, did you mean streams" },
	{ S "zzz: x\n", "2:1: zzz: unknown key" },
	{ S "patches: ''\n", "2:10: patches: must not be empty" },
	{ S "advanced_rules: []\n", "2:1: advanced_rules: unknown key" },
	{ S "name: [x]\n", "2:7: name: must be a string, not a list" },
	{ S "name: Wiki\n", "2:7: name: must be 1 to 64 of a-z 0-9 . _ - "
	    "that begin with a letter or a digit" },
	{ S "name: .x\n", "2:7: name: must be 1 to 64 of a-z 0-9 . _ - "
	    "that begin with a letter or a digit" },
	{ S "name: a/b\n", "2:7: name: must be 1 to 64 of a-z 0-9 . _ - "
	    "that begin with a letter or a digit" },
	{ S "name: ''\n", "2:7: name: must be 1 to 64 of a-z 0-9 . _ - "
	    "that begin with a letter or a digit" },
	{ S "name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaa\n", "2:7: name: must be 1 to 64 of a-z 0-9 . _ - "
	    "that begin with a letter or a digit" },
	{ S "state: ''\n", "2:8: state: must not be empty" },
	{ "source:\n  type: t\n  timeout: 10\n", "3:12: source.timeout: must be "
	    "a number and a unit (ms s m h d), such as 10m" },
	{ "source:\n  type: t\n  timeout: 0s\n",
	    "3:12: source.timeout: must be more than 0" },
	{ "source:\n  type: t\n  overlap: 5w\n", "3:12: source.overlap: must be "
	    "a number and a unit (ms s m h d), such as 10m" },
	{ "source:\n  type: t\n  retry: -5s\n", "3:10: source.retry: must be "
	    "a number and a unit (ms s m h d), such as 10m" },
	{ S "interval: 1.5h\n", "2:11: interval: must be "
	    "a number and a unit (ms s m h d), such as 10m" },
	{ "source:\n  type: t\n  rate: 0\n", "3:9: source.rate: must be a number "
	    "of requests a second, or NUMBER/DURATION, such as 900/15m" },
	{ "source:\n  type: t\n  rate: 5/0s\n", "3:9: source.rate: must be a "
	    "number of requests a second, or NUMBER/DURATION, such as 900/15m" },
	{ "source:\n  type: t\n  rate: 5/\n", "3:9: source.rate: must be a "
	    "number of requests a second, or NUMBER/DURATION, such as 900/15m" },
	{ S "streams: x\n", "2:10: streams: must be a list, not a string" },
	{ S "streams: [x]\n",
	    "2:11: streams[0]: must be a mapping, not a string" },
	{ S "streams: [{nam: x}]\n", "2:11: streams[0]: name is missing" },
	{ S "streams: [{name: ''}]\n",
	    "2:18: streams[0].name: must not be empty" },
	{ S "streams: [{name: a}, {name: b}, {name: a}]\n",
	    "2:40: streams[2]: a second stream of this name" },
	{ S "rules: {}\n", "2:8: rules: must be a list, not a mapping" },
	{ S "rules: [x]\n", "2:9: rules[0]: must be a mapping, not a string" },
	{ S "map: [x]\n", "2:6: map: must be a string, not a list" },
	{ S "map: ''\n", "2:6: map: must not be empty" },
	{ S "max_delete: x\n", "2:13: max_delete: "
	    "must be a number or a percentage, such as 500 or 40%" },
	{ S "max_delete: 101%\n", "2:13: max_delete: "
	    "must be a number or a percentage, such as 500 or 40%" },
	{ S "max_delete: -1\n", "2:13: max_delete: "
	    "must be a number or a percentage, such as 500 or 40%" },
	{ S "max_delete: 1.5\n", "2:13: max_delete: "
	    "must be a number or a percentage, such as 500 or 40%" },
	{ S "index: sqlite\n", "2:8: index: must be a mapping, not a string" },
	{ S "index: {type: solr}\n",
	    "2:15: index.type: must be one of sqlite, elasticsearch" },
	{ S "index: {type: sqlite, url: x}\n", "2:23: index.url: unknown key" },
	{ S "index: {paht: x}\n",
	    "2:9: index.paht: unknown key, did you mean path" },
	{ S "index: {path: ''}\n", "2:15: index.path: must not be empty" },
	{ S "index: {type: elasticsearch, name: x}\n",
	    "2:8: index: url is missing" },
	{ ES, "3:3: index: name is missing" },
	{ ES "  name: x\n  conections: 3\n",
	    "6:3: index.conections: unknown key, did you mean connections" },
	{ ES "  name: x\n  aws: {}\n", "6:8: index.aws: region is missing" },
	{ ES "  name: x\n  aws: {region: r, key: {env: K}}\n",
	    "6:8: index.aws: secret is missing" },
	{ ES "  name: x\n  aws: {region: 'a/b', key: {env: K}, secret: "
	    "{env: K}}\n", "6:17: index.aws.region: must match "
	    "^[a-z0-9-]+$" },
	{ ES "  name: x\n  aws: {region: r, service: s3, key: {env: K}, "
	    "secret: {env: K}}\n",
	    "6:29: index.aws.service: must be one of es, aoss" },
	{ ES "  name: x\n  aws: {region: r, key: {env: K}, secret: {envi: S}}"
	    "\n", "6:43: index.aws.secret: must be a string or one of "
	    "{env: NAME}, {file: PATH}, {cred: NAME}, "
	    "{cmd: [PROGRAM, ARGUMENT...]}" },
	{ ES "  name: x\n  user: u\n  password: {env: P}\n"
	    "  aws: {region: r, key: {env: K}, secret: {env: S}}\n",
	    "8:8: index: user and aws: only one of them" },
	{ ES "  name: x\n  connections: 0\n",
	    "6:16: index.connections: must be at least 1" },
	{ ES "  name: x\n  connections: 65\n",
	    "6:16: index.connections: must be at most 64" },
	{ ES "  name: x\n  connections: two\n",
	    "6:16: index.connections: must be an integer, not a string" },
	{ ES "  name: x\n  connections: 1.5\n",
	    "6:16: index.connections: must be an integer, not a number" },
	{ ES "  name: x\n  gzip: yes\n",
	    "6:9: index.gzip: must be true or false, not a string" },
	{ ES "  name: x\n  batch: 1x\n",
	    "6:10: index.batch: must be a size up to 100MiB, such as 1MiB" },
	{ ES "  name: x\n  batch: 101MiB\n",
	    "6:10: index.batch: must be a size up to 100MiB, such as 1MiB" },
	{ ES "  name: x\n  retry: 15\n", "6:10: index.retry: must be "
	    "a number and a unit (ms s m h d), such as 15m" },
	{ ES "  name: x\n  timeout: 0s\n", "6:12: index.timeout: must be "
	    "a number above 0 and a unit (ms s m h d), such as 5m" },
	{ ES "  name: Wiki\n", "5:9: index.name: not a name that an index can have" },
	{ ES "  name: _x\n", "5:9: index.name: not a name that an index can have" },
	{ ES "  name: a,b\n", "5:9: index.name: not a name that an index can have" },
	{ ES "  name: a*\n", "5:9: index.name: not a name that an index can have" },
	{ ES "  name: ..\n", "5:9: index.name: not a name that an index can have" },
	{ ES "  name: a/b\n", "5:9: index.name: not a name that an index can have" },
	{ ES "  name: x\n  user: u\n", "3:3: index: password is missing" },
	{ ES "  name: x\n  password: {env: P}\n", "3:3: index: user is missing" },
	{ ES "  name: x\n  user: ''\n  password: {env: P}\n",
	    "6:9: index.user: must not be empty" },
	{ ES "  name: x\n  key: k\n", "3:3: index: cert is missing" },
	{ S "index:\n  type: elasticsearch\n  url: http://localhost\n"
	    "  name: x\n  cert: c\n", "6:9: index.cert: a client certificate "
	    "needs a URL with https" },
	{ ES "  name: x\n  api_key: {env: K}\n  bearer: {env: B}\n",
	    "7:11: index: api_key and bearer: only one of them" },
	{ ES "  name: x\n  api_key: {envi: K}\n", "6:12: index.api_key: must be "
	    "a string or one of {env: NAME}, {file: PATH}, {cred: NAME}, "
	    "{cmd: [PROGRAM, ARGUMENT...]}" },
	{ ES "  name: x\n  api_key: {env: K, file: F}\n", "6:12: index.api_key: "
	    "must be a string or one of {env: NAME}, {file: PATH}, "
	    "{cred: NAME}, {cmd: [PROGRAM, ARGUMENT...]}" },
	{ ES "  name: x\n  api_key: {env: null}\n", "6:18: index.api_key: "
	    "must be a string or one of {env: NAME}, {file: PATH}, "
	    "{cred: NAME}, {cmd: [PROGRAM, ARGUMENT...]}" },
	{ ES "  name: x\n  api_key: {cmd: pass}\n", "6:18: index.api_key: "
	    "must be a string or one of {env: NAME}, {file: PATH}, "
	    "{cred: NAME}, {cmd: [PROGRAM, ARGUMENT...]}" },
	{ ES "  name: x\n  api_key: {cmd: [pass, []]}\n", "6:25: index.api_key: "
	    "each argument of cmd must be a string" },
	{ ES "  name: x\n  api_key: [x]\n",
	    "6:12: index.api_key: must be a string, not a list" },
};

/* Around a url; the text is the message without place. */
static const struct {
	const char *url, *more, *expect;
} urls[] = {
	{ "https://es", "", "elasticsearch:https://es/x" },
	{ "https://es:9200", "", "elasticsearch:https://es:9200/x" },
	{ "HTTPS://ES.Example.ORG:443/", "",
	    "elasticsearch:https://es.example.org/x" },
	{ "http://es:80", "", "elasticsearch:http://es/x" },
	{ "https://es:80", "", "elasticsearch:https://es:80/x" },
	{ "https://es/Pre/fix//", "", "elasticsearch:https://es/Pre/fix/x" },
	{ "'http://[::1]:9200'", ", api_key: {env: K}",
	    "elasticsearch:http://[::1]:9200/x" },
	{ "http://localhost:9200", ", bearer: {env: K}",
	    "elasticsearch:http://localhost:9200/x" },
	{ "http://127.3.2.1", ", bearer: {env: K}",
	    "elasticsearch:http://127.3.2.1/x" },
	{ "http://es", ", bearer: {env: K}, allow_http: true",
	    "elasticsearch:http://es/x" },
	{ "http://es", ", bearer: {env: K}",
	    "credentials would go over http in the clear; "
	    "use https, or set allow_http: true" },
	{ "http://localhost.example.org", ", user: u, password: {env: K}",
	    "credentials would go over http in the clear; "
	    "use https, or set allow_http: true" },
	{ "http://es", ", aws: {region: r, key: {env: K}, secret: {env: S}}",
	    "credentials would go over http in the clear; "
	    "use https, or set allow_http: true" },
	{ "http://127.0.0.1.example.org", ", api_key: {env: K}",
	    "credentials would go over http in the clear; "
	    "use https, or set allow_http: true" },
	{ "http://127.0.0.1.2", ", api_key: {env: K}",
	    "credentials would go over http in the clear; "
	    "use https, or set allow_http: true" },
	{ "http://notlocalhost", ", api_key: {env: K}",
	    "credentials would go over http in the clear; "
	    "use https, or set allow_http: true" },
	{ "http:/" "/es.LocalHost", ", api_key: {env: K}",
	    "elasticsearch:http:/" "/es.localhost/x" },
	{ "https://u:p@es", "", "a password in a URL; use user and password" },
	{ "https://u:p@x@es", "", "a password in a URL; use user and password" },
	{ "https://es?password=x", "",
	    "a password in a URL; use user and password" },
	{ "https://u@es", "", "a user in a URL; use user and password" },
	{ "https://es?q=1", "", "must not have a query or a fragment" },
	{ "'https://es/a#b'", "", "must not have a query or a fragment" },
	{ "es:9200", "", "must be a URL such as https://host:9200" },
	{ "ftp://es", "", "must be a URL such as https://host:9200" },
	{ "'https://'", "", "must be a URL such as https://host:9200" },
	{ "'https://es:x'", "", "must be a URL such as https://host:9200" },
	{ "'https://e s'", "", "must be a URL such as https://host:9200" },
	{ "'https://es/\xc3\xa9'", "", "must be a URL such as https://host:9200" },
};

static void
test_wrong(void)
{
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct config c;
		struct err e = { 0 };
		int r;

		put("wiki.yml", wrong[i].text, strlen(wrong[i].text), 0600);
		r = config_load(&c, "wiki.yml", &e);
		ok(r != 0 && e.status == 2 &&
		    strncmp(e.text, "wiki.yml:", 9) == 0 &&
		    streq(e.text + 9, wrong[i].expect), "%s", wrong[i].expect);
		if (r == 0 || !streq(e.text + 9, wrong[i].expect))
			printf("# got: %s\n", e.text);
		config_release(&c);
	}
}

static void
test_urls(void)
{
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		struct config c;
		struct err e = { 0 };
		char *text = xasprintf("%sindex: {type: elasticsearch, "
		    "name: x, url: %s%s}\n", S, urls[i].url, urls[i].more);
		const char *got;

		put("wiki.yml", text, strlen(text), 0600);
		got = config_load(&c, "wiki.yml", &e) == 0 ? c.index_id :
		    strstr(e.text, "index.url: ");
		got = got && c.index_id == NULL ? got + 11 : got;
		ok(got && streq(got, urls[i].expect), "%s%s", urls[i].url,
		    urls[i].more);
		if (got == NULL || !streq(got, urls[i].expect))
			printf("# got: %s %s\n", got, e.text);
		free(text);
		config_release(&c);
	}
}

static bool
loads(struct config *c, const char *file, const char *text)
{
	struct err e = { 0 };

	if (text)
		put(file, text, strlen(text), 0600);
	if (config_load(c, file, &e) == 0)
		return true;
	printf("# %s\n", e.text);
	return false;
}

static bool
in_dir(const char *path, const char *below)
{
	size_t n = strlen(temp_dir);

	return path && strncmp(path, temp_dir, n) == 0 && streq(path + n, below);
}

static void
test_values(void)
{
	struct config c;

	setenv("CONN_STATE_DIR", "/s", 1);
	ok(loads(&c, "wiki.prod.yml", S), "config: the smallest");
	ok(streq(c.name, "wiki.prod") && streq(c.type, "t"), "name of the file");
	ok(c.timeout == 3600 && c.overlap == 600 && c.retry == 600 &&
	    c.interval == 0 && c.rate == 0 && !c.max_delete.set &&
	    c.index == NULL && c.index_type == INDEX_SQLITE, "defaults");
	ok(streq(c.index_path, "/s/wiki.prod.db") &&
	    streq(c.index_id, "sqlite:/s/wiki.prod.db"), "default index");
	ok(in_dir(c.dir, ""), "its folder");
	config_release(&c);
	mkdir("sub", 0700);
	ok(loads(&c, "sub/a", "name: 2024\nstate: ../st\nsource:\n  type: t\n"
	    "  timeout: 90s\n  overlap: 0s\n  retry: 500ms\n  rate: 900/15m\n"
	    "interval: 2d\nmax_delete: 40%\nmap: .\nrules: []\n"
	    "streams: [{name: 1}]\nindex: {path: ./x%/../w%.db}\n"), "all keys");
	ok(streq(c.name, "2024") && in_dir(c.state_path, "/st/2024.state") &&
	    in_dir(c.lock_path, "/st/2024.lock") &&
	    in_dir(c.known_path, "/st/2024.known") &&
	    in_dir(c.token_path, "/st/2024.token"), "paths of the state");
	ok(c.timeout == 90 && c.overlap == 0 && c.retry == 0.5 && c.rate == 1 &&
	    c.interval == 172800 && c.max_delete.set && c.max_delete.percent &&
	    c.max_delete.n == 40, "numbers");
	ok(in_dir(c.index_path, "/sub/w%.db") &&
	    in_dir(c.index_id + 7, "/sub/w%25.db"), "path of the index");
	ok(streq(val_cstr(c.map), ".") && c.rules->n == 0 &&
	    streq(val_cstr(val_get(c.streams->items[0], "name")), "1"), "parts");
	config_release(&c);
	ok(loads(&c, "r.yml", "source: {type: t, rate: 3/s}\nmax_delete: 0\n") &&
	    c.rate == 3 && c.max_delete.set && !c.max_delete.percent &&
	    c.max_delete.n == 0, "rate 3/s, max_delete 0");
	config_release(&c);
	ok(loads(&c, "e.yml", ES "  name: a.b\n  ca: ../ca.pem\n  batch: 2048\n"),
	    "elasticsearch");
	ok(c.index_type == INDEX_ELASTICSEARCH && c.index_path == NULL &&
	    streq(val_cstr(val_get(c.index, "batch")), "2048") &&
	    streq(val_cstr(val_get(c.index, "retry")), "15m") &&
	    val_cstr(val_get(c.index, "ca"))[0] == '/', "is completed");
	config_release(&c);
	ok(loads(&c, "A.json", "{\"name\":\"j\",\"source\":{\"type\":\"t\"}}") &&
	    streq(c.name, "j"), "JSON");
	config_release(&c);
}

static bool
fails(const char *file, const char *message)
{
	struct config c;
	struct err e = { 0 };
	bool good = config_load(&c, file, &e) != 0 && e.status == 2 &&
	    streq(e.text, message);

	if (!good)
		printf("# %s\n", e.text);
	config_release(&c);
	return good;
}

static void
test_files(void)
{
	char *big = xcalloc(CONFIG_MAX + 2, 1);
	struct config c;
	int in = dup(STDIN_FILENO);

	ok(fails("none.yml", "none.yml: No such file or directory"), "no file");
	ok(fails("sub", "sub: Is a directory"), "a folder");
	memset(big, '#', CONFIG_MAX + 1);
	memcpy(big, S, sizeof S - 1);
	put("big.yml", big, CONFIG_MAX + 1, 0600);
	ok(fails("big.yml", "big.yml: larger than 1 MiB"), "1 MiB and a byte");
	put("big.yml", big, CONFIG_MAX, 0600);
	ok(loads(&c, "big.yml", NULL), "1 MiB");
	config_release(&c);
	put("Big.yml", S, sizeof S - 1, 0600);
	ok(fails("Big.yml", "Big.yml:1:1: name is missing, and the file's own is "
	    "not 1 to 64 of a-z 0-9 . _ - that begin with a letter or a digit"),
	    "a name that does not fit");
	put("in", S "nmae: x\n", sizeof S - 1, 0600);
	if (freopen("in", "r", stdin))
		ok(fails("-", "-:1:1: name is missing"), "stdin needs a name");
	put("in", S "nmae: x\n", sizeof S + 7, 0600);
	if (freopen("in", "r", stdin))
		ok(fails("-", "-:2:1: nmae: unknown key, did you mean name"),
		    "place in stdin");
	dup2(in, STDIN_FILENO);
	close(in);
	free(big);
}

static void
test_state_dir(void)
{
	static const struct { const char *set, *value, *dir; } step[] = {
		{ "HOME", "/h", "/h/.local/state/conn" },
		{ "XDG_STATE_HOME", "/x/", "/x/conn" },
		{ "STATE_DIRECTORY", "/d:/e", "/d" },
		{ "CONN_STATE_DIR", "", "/d" },
		{ "CONN_STATE_DIR", "/c//../b", "/b" },
	};
	struct config c;
	struct err e = { 0 };

	unsetenv("CONN_STATE_DIR");
	unsetenv("HOME");
	put("s.yml", S, sizeof S - 1, 0600);
	ok(fails("s.yml", "s.yml: state: is missing, and none of CONN_STATE_DIR, "
	    "STATE_DIRECTORY, XDG_STATE_HOME, HOME is set"), "no state folder");
	for (size_t i = 0; i < sizeof step / sizeof *step; i++) {
		setenv(step[i].set, step[i].value, 1);
		ok(loads(&c, "s.yml", NULL) && streq(c.state_dir, step[i].dir),
		    "state folder: %s=%s", step[i].set, step[i].value);
		config_release(&c);
	}
	setenv("CONN_STATE_DIR", "rel", 1);
	ok(fails("s.yml", "CONN_STATE_DIR: must be an absolute path"),
	    "relative state folder");
	unsetenv("CONN_STATE_DIR");
	ok(loads(&c, "s.yml", S "state: made/deep\n") &&
	    access("made", F_OK) != 0 && config_state_dir(&c, &e) == 0 &&
	    access("made/deep", W_OK) == 0, "the folder is made when asked");
	config_release(&c);
}

/* Configs with bytes replaced, dropped and doubled never crash. */
static void
test_random(void)
{
	const char *given = getenv("CONN_TEST_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) :
	    (uint64_t)clock_wall().tv_nsec, x = seed * 2 + 1;
	size_t n = sizeof wrong / sizeof *wrong, runs = 0, bad = 0;
	double end = clock_mono() + 1;

	for (; clock_mono() < end; runs++) {
		struct config c;
		struct err e = { 0 };
		struct buf b = { 0 };

		for (int i = 0; i < 2; i++) {
			x = x * 6364136223846793005u + 1442695040888963407u;
			buf_puts(&b, wrong[(x >> 33) % n].text);
			b.p[(x >> 20) % b.n] = (char)(x >> 50);
			b.n -= (x >> 10) % b.n % 8;
		}
		put("wiki.yml", b.p, b.n, 0600);
		if (config_load(&c, "wiki.yml", &e) != 0 && (e.status != 2 ||
		    strncmp(e.text, "wiki.yml:", 9) != 0))
			bad++;
		config_release(&c);
		buf_release(&b);
	}
	ok(bad == 0, "config: %zu random texts, seed %llu", runs,
	    (unsigned long long)seed);
}

int
main(void)
{
	temp_enter();
	unsetenv("STATE_DIRECTORY");
	unsetenv("XDG_STATE_HOME");
	setenv("HOME", "/h", 1);
	test_wrong();
	test_urls();
	test_values();
	test_files();
	test_state_dir();
	test_random();
	return tap_done();
}
