/* SPDX-License-Identifier: MIT */
/* What surrounds a driver: environment, stdin, stderr, time, its end. */
#include "driver-test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

static bool
has(const char *text, const char *part)
{
	return text != NULL && strstr(text, part) != NULL;
}

/* Sends our own stderr into a file of the folder, and back. */
static int
stderr_to(const char *name)
{
	char *file = file_join(dir, name);
	int saved = dup(STDERR_FILENO);
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);

	dup2(fd, STDERR_FILENO);
	close(fd);
	free(file);
	return saved;
}

static char *
stderr_back(int saved, const char *name)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
	return read_back(name);
}

static void
test_surroundings(void)
{
	int leak = open("/dev/null", O_RDONLY);         /* not close-on-exec */
	struct err e;
	struct driver *d;
	char *env, *rest;

	setenv("CANARY", "bird", 1);
	setenv("LD_PRELOAD_X", "bird", 1);
	setenv("https_proxy", "http://p:1", 1);
	setenv("NO_PROXY", "n", 1);
	setenv("SSL_CERT_FILE", "/c", 1);
	setenv("TZ", "UTC", 1);
	program("env >$D/env\n"
	    "{ pwd; ps -o pgid= -p $$; echo $#:$1\n"
	    "ls /proc/self/fd | tr '\\n' ' '\n"
	    "cut -d' ' -f1-3 /proc/$PPID/stat; } >$D/rest\n");
	d = start_verb("load");
	ok(drain(d, &e) == ST_OK, "surroundings: %s", e.text);
	driver_free(d);
	close(leak);
	env = read_back("env");
	rest = read_back("rest");
	ok(!has(env, "bird") && has(env, "https_proxy=http://p:1") &&
	    has(env, "NO_PROXY=n") && has(env, "SSL_CERT_FILE=/c") &&
	    has(env, "TZ=UTC") && has(env, "PATH="),
	    "environment: what is listed, nothing else");
	ok(rest != NULL && strncmp(rest, "/\n", 2) == 0, "working folder /");
	ok(rest != NULL && strtol(rest + 2, NULL, 10) > 0 &&
	    strtol(rest + 2, NULL, 10) != getpgrp(), "own process group");
	ok(has(rest, "\n1:load\n"), "argv has the verb only");
	/* ls itself opens 3, the folder */
	ok(has(rest, "\n0 1 2 3 "),
	    "no other descriptor");
	free(env);
	free(rest);
}

#define LEAST "{\"v\":1,\"verbose\":0,\"source\":{},\"streams\":[]," \
	"\"state\":null}\n"

static void
test_request(void)
{
	struct arena a = { 0 };
	struct val_error ve;
	struct driver_request rq = { .verb = "poll", .timeout = 20,
	    .source = val_parse(&a, SPAN("{\"type\":\"t\","
	    "\"n\":9007199254740993}"), 8, true, &ve),
	    .streams = val_parse(&a, SPAN("[{\"name\":\"s\"}]"), 8, true, &ve),
	    .rules = val_parse(&a, SPAN("[]"), 8, true, &ve),
	    .state = val_parse(&a, SPAN("{\"s\":{\"a\":1}}"), 8, true, &ve),
	    .since = "S", .until = "U", .token = "/t", .verbose = 2 };
	struct driver *d;
	struct err e;
	char *got;

	program("cat >$D/request");
	d = start(&rq);
	ok(drain(d, &e) == 0, "request: read");
	driver_free(d);
	got = read_back("request");
	ok(got != NULL && streq(got, "{\"v\":1,\"verbose\":2,\"token\":\"/t\","
	    "\"source\":{\"type\":\"t\",\"n\":9007199254740993},"
	    "\"streams\":[{\"name\":\"s\"}],\"state\":{\"s\":{\"a\":1}},"
	    "\"rules\":[],\"since\":\"S\",\"until\":\"U\"}\n"),
	    "request: all members: %s", got);
	free(got);
	d = start_verb("load");
	drain(d, &e);
	driver_free(d);
	got = read_back("request");
	ok(got != NULL && streq(got, LEAST), "request: the least: %s", got);
	free(got);
	arena_release(&a);
}

static void
test_large_request(void)
{
	enum { N = 200000 };
	static char id[] = "an-id-of-some-length";
	char **ids = xcalloc(N, sizeof *ids);
	struct driver_request rq = { .verb = "load", .timeout = 20,
	    .ids = ids, .nids = N };
	struct driver *d;
	struct err e;
	char *got;

	for (size_t i = 0; i < N; i++)
		ids[i] = id;
	program("exit 0");
	d = start(&rq);
	ok(drain(d, &e) == 0, "4 MB of ids, never read: %s", e.text);
	driver_free(d);
	program("wc -c >$D/size");
	d = start(&rq);
	ok(drain(d, &e) == 0, "4 MB of ids, read");
	driver_free(d);
	got = read_back("size");
	ok(got != NULL && strtol(got, NULL, 10) ==
	    (long)(strlen(",\"ids\":[") + strlen(LEAST)) + 23L * N,
	    "4 MB of ids: all of it: %s", got);
	free(got);
	free(ids);
}

static void
test_stderr(void)
{
	struct driver *d;
	struct err e;
	char *got;
	int saved, status;

	msg_secret(SPAN("s3cret-token"));
	program("echo 'hello s3cret-token' >&2\n"
	    "printf 'a\\033[31mb\\000c\\n' >&2\n"
	    "head -c 200000 /dev/zero | tr '\\0' y >&2; echo >&2; echo >&2\n"
	    "printf 'last' >&2; exit 3");
	saved = stderr_to("err");
	d = start_verb("load");
	status = drain(d, &e);
	driver_free(d);
	got = stderr_back(saved, "err");
	ok(status == ST_PERSON && e.status == ST_PERSON && e.text[0] == '\0',
	    "exit 3 after a message: nothing to add");
	ok(has(got, ": driver t: hello ***\n") && !has(got, "s3cret"),
	    "stderr: shown line by line, secrets masked");
	ok(has(got, ": driver t: a\\x1b[31mb\\x00c\n"), "stderr: escaped");
	ok(has(got, "yyyyyyyyyy\n") && !has(got, ": driver t: \n") &&
	    strlen(got) < 4000, "stderr: long lines cut, empty ones dropped");
	ok(has(got, ": driver t: last\n"), "stderr: last line without newline");
	free(got);
	/* more than a pipe holds, in the midst of a line */
	program("printf '{\"id\":\"a\",'; i=0; while [ $i -lt 3000 ]; do echo "
	    "0123456789012345678901234567890123456789 >&2; i=$((i+1)); done\n"
	    "echo '\"doc\":{}}'");
	saved = stderr_to("err");
	d = start_verb("load");
	status = drain(d, &e);
	driver_free(d);
	got = stderr_back(saved, "err");
	ok(status == 0 && got != NULL && strlen(got) > 120000,
	    "stderr: 120 kB within a line: no deadlock");
	free(got);
}

/* A line of 100 MB on stderr must not be kept. */
static void
test_stderr_ceiling(void)
{
	struct rusage before, after;
	struct driver *d;
	struct err e;
	int saved, status;

	program("head -c 100000000 /dev/zero | tr '\\0' y >&2");
	getrusage(RUSAGE_SELF, &before);
	saved = stderr_to("err");
	d = start_verb("load");
	status = drain(d, &e);
	driver_free(d);
	free(stderr_back(saved, "err"));
	getrusage(RUSAGE_SELF, &after);
	ok(status == 0 && after.ru_maxrss - before.ru_maxrss < 20 << 10,
	    "stderr: 100 MB in one line take %ld kB",
	    after.ru_maxrss - before.ru_maxrss);
}

static void
test_statuses(void)
{
	static const struct { const char *body; int status; const char *text; }
	t[] = {
		{ "exit 0", 0, "" },
		{ "exit 2", 2, "driver t: exit status 2, and no message" },
		{ "exit 3", 3, "driver t: exit status 3, and no message" },
		{ "exit 75", 75, "driver t: exit status 75, and no message" },
		{ "exit 1", 3, "driver t: exit status 1" },
		{ "exit 4", 3, "driver t: exit status 4" },
		{ "kill -9 $$", 3, "driver t: killed by signal 9" },
		{ "kill -15 $$", 3, "driver t: killed by signal 15" }
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct driver *d;
		struct err e;
		int status;

		program(t[i].body);
		d = start_verb("load");
		status = drain(d, &e);
		ok(status == t[i].status && e.status == status &&
		    streq(e.text, t[i].text), "%s -> %d, %s", t[i].body, status,
		    e.text);
		driver_free(d);
	}
}

static void
test_no_start(void)
{
	struct driver_request rq = { .verb = "load", .timeout = 20 };
	struct driver *d;
	struct err e = { 0 };

	write_file("conn-source-t", "#!/no/such/sh\n", 0755);
	ok(driver_start(&d, path, "t", &rq, &e) == -1 &&
	    e.status == ST_PERSON && has(e.text, "driver t: "),
	    "no interpreter -> %s", e.text);
}

/* Is this process there, and no zombie? */
static bool
alive(pid_t pid)
{
	char *file = xasprintf("/proc/%d/stat", (int)pid);
	struct buf b = { 0 };
	bool r = file_read(file, 4096, &b) == 0 && b.n > 0 &&
	    !has(buf_cstr(&b), ") Z ");

	buf_release(&b);
	free(file);
	return r;
}

static pid_t
pid_in(const char *name)
{
	double end = clock_mono() + 10;
	char *text;
	long pid = 0;

	while (pid <= 0 && clock_mono() < end) {
		text = read_back(name);
		if (has(text, "\n"))
			pid = strtol(text, NULL, 10);
		free(text);
		clock_sleep(0.01);
	}
	return (pid_t)pid;
}

static bool
dies(pid_t pid)
{
	double end = clock_mono() + 10;

	while (alive(pid) && clock_mono() < end)
		clock_sleep(0.01);
	return !alive(pid);
}

static void
forget(const char *name)
{
	char *file = file_join(dir, name);

	unlink(file);
	free(file);
}

static void
test_leftovers(void)
{
	struct driver *d;
	struct err e;
	pid_t child;

	forget("pid");
	program("sleep 1000 >/dev/null 2>&1 & echo $! >$D/pid; exit 0");
	d = start_verb("load");
	ok(drain(d, &e) == 0, "a driver with a process in the background");
	child = pid_in("pid");
	ok(child > 0 && dies(child), "is killed when the driver has ended");
	driver_free(d);
	forget("pid");
	program("sleep 1000 & echo $! >$D/pid; trap '' TERM\n"
	    "sleep 1000; sleep 1000");
	d = start_verb("load");
	child = pid_in("pid");
	driver_free(d);
	ok(child > 0 && dies(child), "freed early: the whole group is killed");
}

/* The front program is killed: nobody is left. */
static void
test_watchdog(void)
{
	pid_t front, driver, child;

	forget("pid");
	forget("own");
	program("trap '' TERM HUP; sleep 1000 & echo $! >$D/pid\n"
	    "echo $$ >$D/own; wait; sleep 1000");
	front = fork();
	if (front == 0) {
		struct driver_line l;
		struct err e;

		driver_next(start_verb("load"), &l, &e);
		_exit(0);
	}
	child = pid_in("pid");
	driver = pid_in("own");
	ok(child > 0 && alive(child) && alive(driver), "driver and child run");
	kill(front, SIGKILL);
	waitpid(front, NULL, 0);
	ok(dies(driver) && dies(child), "both die with the front program");
}

static void
test_timeout(void)
{
	struct driver_request rq = { .verb = "load", .timeout = 0.3 };
	struct driver_line l;
	struct driver *d;
	struct err e = { 0 };
	double begin = clock_mono();

	program("while :; do printf x; sleep 0.05; done");
	d = start(&rq);
	ok(driver_next(d, &l, &e) == -1 && e.status == ST_TEMP &&
	    has(e.text, "no line for 0.3 s") && clock_mono() - begin < 60 &&
	    driver_finish(d, &e) == ST_TEMP,
	    "bytes but no line within the timeout: 75");
	driver_free(d);
	forget("go");
	program("sleep 0.2; echo '{\"id\":\"a\",\"doc\":{}}'\n"
	    "until [ -e $D/go ]; do sleep 0.05; done; sleep 0.2\n"
	    "echo '{\"id\":\"b\",\"doc\":{}}'");
	rq.timeout = 3;
	d = start(&rq);
	e = (struct err){ 0 };
	ok(driver_next(d, &l, &e) == 1, "a line in time");
	clock_sleep(3.1);       /* as if our stdout were blocked */
	write_file("go", "", 0644);
	ok(driver_next(d, &l, &e) == 1 && drain(d, &e) == 0,
	    "time spent elsewhere does not count: %s", e.text);
	driver_free(d);
}

static void
test_linger(void)
{
	struct driver *d;
	struct err e;
	double begin = clock_mono();

	program("exec >&-; sleep 1000");
	d = start_verb("load");
	ok(drain(d, &e) == ST_TEMP && has(e.text, "did not end within 5 s") &&
	    clock_mono() - begin < 60, "no end after closing stdout: %s",
	    e.text);
	driver_free(d);
	program("sleep 1000 & exit 0");
	begin = clock_mono();
	d = start_verb("load");
	ok(drain(d, &e) == ST_TEMP && has(e.text, "holds its stdout") &&
	    clock_mono() - begin < 60,
	    "ended, a child holds stdout: %s", e.text);
	driver_free(d);
	program("while sleep 0.5; do echo '{\"id\":\"a\",\"doc\":{}}'; done &\n"
	    "exit 0");
	begin = clock_mono();
	d = start_verb("load");
	ok(drain(d, &e) == ST_TEMP && has(e.text, "holds its stdout") &&
	    clock_mono() - begin < 60,
	    "a child that writes on has no more time: %s", e.text);
	driver_free(d);
}

static void
test_interrupted(void)
{
	struct driver *d;
	struct driver_line l;
	struct err e = { 0 };
	pid_t child;

	forget("pid");
	program("sleep 1000 & echo $! >$D/pid\n"
	    "read x <$D/own; kill -TERM $x; sleep 1000");
	{
		char *own = xasprintf("%d\n", (int)getpid());

		write_file("own", own, 0644);
		free(own);
	}
	d = start_verb("load");
	ok(driver_next(d, &l, &e) == 0 && sig_stop == SIGTERM,
	    "SIGTERM to us ends the wait");
	ok(driver_finish(d, &e) == ST_TEMP && e.text[0] == '\0',
	    "and the driver is stopped: 75");
	child = pid_in("pid");
	ok(child > 0 && dies(child), "with its children");
	driver_free(d);
	sig_stop = 0;
}

int
main(void)
{
	test_begin("unit-driver-run");
	test_surroundings();
	test_request();
	test_large_request();
	test_stderr();
	test_stderr_ceiling();
	test_statuses();
	test_no_start();
	test_leftovers();
	test_watchdog();
	test_timeout();
	test_linger();
	test_interrupted();
	return test_end();
}
