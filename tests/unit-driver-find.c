/* SPDX-License-Identifier: MIT */
/* Where drivers are looked for, who may have put them there, their spec. */
#include "driver-test.h"

static struct arena arena;

/* Makes dir/NAME a folder with a driver of type t. */
static char *
folder(const char *name)
{
	char *d = file_join(dir, name);
	char *driver = xasprintf("%s/conn-source-t", name);

	if (mkdir(d, 0755) != 0)
		die(ST_PERSON, "%s: %s", d, strerror(errno));
	chmod(d, 0755);
	write_file(driver, "#!/bin/sh\n", 0755);
	free(driver);
	return d;
}

static int
find(const char *search, const char *type, const char **found, struct err *e)
{
	struct driver_found f;
	int r;

	*e = (struct err){ 0 };
	setenv("CONN_DRIVER_PATH", search, 1);
	r = driver_find(&arena, type, &f, e);
	*found = f.path;
	return r;
}

static void
test_search(void)
{
	char *a = folder("a"), *b = folder("b"), *list, *want;
	const char *got;
	struct err e;

	list = xasprintf("%s/none:%s::%s", dir, b, a);
	want = file_join(b, "conn-source-t");
	ok(find(list, "t", &got, &e) == 0 && streq(got, want),
	    "the first folder that has it");
	ok(find(list, "u", &got, &e) == -1 && e.status == ST_USAGE &&
	    strstr(e.text, "unknown type u") != NULL,
	    "nowhere: 2, %s", e.text);
	free(list);
	list = xasprintf("rel:%s", a);
	ok(find(list, "t", &got, &e) == -1 && e.status == ST_USAGE &&
	    strstr(e.text, "rel: not an absolute folder") != NULL,
	    "a relative folder: 2, %s", e.text);
	ok(find(list, "../b/t", &got, &e) == -1 && e.status == ST_USAGE &&
	    find(list, "", &got, &e) == -1 && find(list, "T", &got, &e) == -1 &&
	    find(list, "1a", &got, &e) == -1 && e.status == ST_USAGE &&
	    streq(e.text, "not a type of source: 1a"), "not a type: 2");
	ok(streq(driver_folder(0), file_libexec_dir()),
	    "our own folder comes first");
	setenv("CONN_DRIVER_PATH", "/x:rel::/y", 1);
	ok(streq(driver_folder(1) + strlen(file_libexec_dir()), "/connectors"),
	    "then that of our connectors");
	ok(streq(driver_folder(2), "/x") && streq(driver_folder(3), "/y") &&
	    driver_folder(4) == NULL, "then the absolute ones");
	unsetenv("CONN_DRIVER_PATH");
	ok(streq(driver_folder(2), "/usr/local/lib/conn") &&
	    driver_folder(3) == NULL, "else /usr/local/lib/conn");
	free(a);
	free(b);
	free(list);
	free(want);
}

static bool
refused(const char *search, const char *what)
{
	const char *got;
	struct err e;

	if (find(search, "t", &got, &e) == -1 && e.status == ST_PERSON &&
	    strstr(e.text, what) != NULL)
		return true;
	printf("# %d %s\n", e.status, e.text);
	return false;
}

static void
test_permissions(void)
{
	char *d = folder("p"), *f = file_join(d, "conn-source-t");
	const char *got;
	struct err e;

	chmod(f, 0775);
	ok(refused(d, "conn-source-t: writable by others"), "file 0775: 3");
	chmod(f, 0757);
	ok(refused(d, "conn-source-t: writable by others"), "file 0757: 3");
	chmod(f, 0644);
	ok(refused(d, "Permission denied"), "file 0644: 3");
	chmod(f, 0755);
	chmod(d, 0775);
	ok(refused(d, "/p: writable by others"), "folder 0775: 3");
	chmod(d, 01777);
	ok(refused(d, "/p: writable by others"), "folder 1777: 3");
	chmod(d, 0755);
	if (geteuid() == 0) {
		ok(chown(f, 12345, 0) == 0 && refused(d, "belongs neither"),
		    "file of another user: 3");
		ok(chown(f, 0, 0) == 0 && chown(d, 12345, 0) == 0 &&
		    refused(d, "belongs neither"), "folder of another: 3");
		ok(chown(d, 0, 0) == 0, "back");
	}
	ok(find(d, "t", &got, &e) == 0, "all in order: found");
	unlink(f);
	mkdir(f, 0755);
	ok(refused(d, "not a regular file"), "a folder in its place: 3");
	free(d);
	free(f);
}

static void
test_links(void)
{
	char *d = folder("l"), *open = folder("open");
	char *f = file_join(d, "conn-source-t");
	char *target = file_join(open, "conn-source-t");
	const char *got;
	struct err e;

	unlink(f);
	ok(symlink(target, f) == 0 && find(d, "t", &got, &e) == 0 &&
	    streq(got, target), "a link: what it leads to is executed");
	chmod(d, 0777);
	ok(refused(d, "/l: writable by others"),
	    "a link in a folder that others may write: 3");
	chmod(d, 0755);
	chmod(open, 0777);
	ok(refused(d, "/open: writable by others"),
	    "a link into a folder that others may write: 3");
	chmod(open, 0755);
	chmod(target, 0777);
	ok(refused(d, "open/conn-source-t: writable by others"),
	    "a link to a file that others may write: 3");
	unlink(target);
	ok(refused(d, "No such file"), "a link to nothing: 3");
	free(d);
	free(open);
	free(f);
	free(target);
}

static void
test_types(void)
{
	struct driver_types t = { 0 };
	char *list = xasprintf("%s/a:%s/b:%s/none", dir, dir, dir);
	struct err e;
	size_t n = 0, odd = 0;

	write_file("a/conn-source-zz", "", 0755);
	write_file("a/conn-source-Bad", "", 0755);
	write_file("a/other", "", 0755);
	setenv("CONN_DRIVER_PATH", list, 1);
	ok(driver_types(&arena, &t, &e) == 0, "types: listed");
	for (size_t i = 0; i < t.n; i++) {
		n += streq(t.v[i], "t");
		odd += streq(t.v[i], "Bad") || (i > 0 &&
		    strcmp(t.v[i - 1], t.v[i]) >= 0);
	}
	ok(n == 1 && odd == 0 && t.n >= 2 && streq(t.v[t.n - 1], "zz"),
	    "types: sorted, each once");
	free(t.v);
	free(list);
}

static int
spec_of(struct val **spec, struct err *e)
{
	return driver_spec(&arena, &(struct driver_found){ .path = path }, "t",
	    spec, e);
}

static void
test_spec(void)
{
	static const struct { const char *text, *what; } bad[] = {
		{ "", "spec: line" },
		{ "[]", "not an object" },
		{ "{\"type\":\"u\"}", "type is not" },
		{ "{\"type\":\"t\",\"schema\":1}", "schema is missing" },
		{ "{\"type\":\"t\",\"schema\":{}}", "verbs is missing" },
		{ "{\"type\":\"t\",\"schema\":{},\"verbs\":[1]}", "verbs is" },
		{ "{\"type\":\"t\",\"schema\":{},\"verbs\":[\"slim\"]}",
		    "lacks load" },
		{ "{\"type\":\"t\",\"schema\":{},\"verbs\":[\"load\"],"
		    "\"ids\":1}", "confirm or ids" },
		{ "{\"type\":\"t\",\"schema\":{},\"verbs\":[\"load\"],"
		    "\"slim_fields\":{}}", "slim_fields" },
		{ "{\"type\":\"t\",\"schema\":{},\"verbs\":[\"load\"],"
		    "\"streams\":[]}", "streams is not" },
		{ "{\"type\":\"t\",\"title\":1}", "title is not" },
		{ "{\"type\":\"t\",\"type\":\"t\"}", "type stands twice" }
	};
	struct val *spec;
	struct err e;

	program("cat $D/data");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		write_file("data", bad[i].text, 0644);
		e = (struct err){ 0 };
		ok(spec_of(&spec, &e) == -1 &&
		    e.status == ST_PERSON && strstr(e.text, bad[i].what),
		    "spec %s -> %s", bad[i].text, e.text);
	}
	write_file("data", "{\"type\":\"t\",\n\"schema\":{},"
	    "\"verbs\":[\"load\",\"poll\"],\n\"future\":1}\n\n", 0644);
	ok(spec_of(&spec, &e) == 0 &&
	    spec_has_verb(spec, "poll") && !spec_has_verb(spec, "slim"),
	    "spec: right, over several lines");
	program("cat $D/data; exit 1");
	ok(spec_of(&spec, &e) == -1 &&
	    e.status == ST_PERSON && strstr(e.text, "exit status 1"),
	    "spec: exit 1 -> %s", e.text);
	program("head -c 5000000 /dev/zero | tr '\\0' ' '; cat $D/data");
	ok(spec_of(&spec, &e) == -1 &&
	    e.status == ST_PERSON && strstr(e.text, "longer than"),
	    "spec: too long -> %s", e.text);
}

int
main(void)
{
	test_begin("unit-driver-find");
	test_search();
	test_permissions();
	test_links();
	test_types();
	test_spec();
	arena_release(&arena);
	return test_end();
}
