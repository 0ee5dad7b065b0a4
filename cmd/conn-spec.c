/* SPDX-License-Identifier: MIT */
/* conn-spec: what can be read, and how it is set up. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/progress.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "json/text.h"
#include "run/discovered.h"
#include "run/spec.h"
#include "run/versions.h"
#include "source/rest/prelude.h"

static const char usage[] =
"Usage: conn-spec [OPTION]... [TYPE | FILE]\n"
"       conn-spec --discover CONFIG\n"
"       conn-spec --new NAME\n"
"       conn-spec --prelude\n"
"List the types of sources; of one TYPE: the JSON Schema of its settings.\n"
"FILE (with a . or a / in its name, or -): a config, whose source is asked\n"
"for its own settings, or what a connector of Airbyte prints for spec.\n"
"\n"
"  -D, --discover CONFIG  the streams that this source offers, one a line\n"
"  -H, --html             the settings as one static HTML page\n"
"  -N, --new NAME         a commented connector of this name to start from\n"
"  -p, --patches DIR      of TYPE: as the patch files in DIR make it\n"
"      --prelude          the functions that jq of connectors may call\n"
"  -t, --template         the settings of TYPE as a commented CONFIG\n"
"  -v, --verbose          a summary on stderr; twice: what is done\n"
"  -h, --help             this text\n"
"  -V, --version          version of conn and of the libraries\n"
"\n"
"Manual: conn-spec(1)\n";

enum { PRELUDE = 256 };         /* has no letter */

static const struct option longs[] = {
	OPT_COMMON,
	{ "discover", required_argument, NULL, 'D' },
	{ "html", no_argument, NULL, 'H' },
	{ "new", required_argument, NULL, 'N' },
	{ "patches", required_argument, NULL, 'p' },
	{ "prelude", no_argument, NULL, PRELUDE },
	{ "template", no_argument, NULL, 't' },
	{ "verbose", no_argument, NULL, 'v' },
	OPT_END
};

static struct opt opt = { longs, "D:HN:p:tv", usage, versions_map, NULL };
static struct out out;
static int verbose;
static const char *folder;      /* of patches; NULL: none */
static size_t shown;            /* so many ... */
static const char *things = "types";

/* ---- the list ---- */

/* A line for a program, which a person may look at. */
static void
put_line(struct span json)
{
	struct buf tame = { 0 };

	json_put_tame(&tame, json);
	out_line(&out, buf_span(&tame));
	buf_release(&tame);
}

static void
put_entry(struct buf *line, const char *type, const struct val *spec)
{
	const struct val *title = val_get(spec, "title");

	buf_clear(line);
	buf_putc(line, '{');
	json_put_key(line, "type");
	json_put_cstring(line, type);
	json_put_key(line, "title");
	json_put_string(line, title ? val_str(title) : span_of(type));
	json_put_key(line, "verbs");
	val_write(line, val_get(spec, "verbs"));
	buf_putc(line, '}');
	put_line(buf_span(line));
}

/* A driver that does not work must not hide the others. */
static int
list_one(const char *type, struct buf *line)
{
	struct arena a = { 0 };
	struct driver_found f;
	struct val *spec;
	struct err e;
	int status = ST_OK;

	if (driver_find(&a, type, &f, &e) != 0 ||
	    driver_spec(&a, &f, type, &spec, &e) != 0) {
		err_print(&e);
		status = f.connector.file ? e.status : ST_PERSON;
	} else {
		put_entry(line, type, spec);
	}
	arena_release(&a);
	return status;
}

static int
list_types(void)
{
	struct driver_types t = { 0 };
	struct arena a = { 0 };
	struct buf line = { 0 };
	struct err e;
	int status = ST_OK;

	if (driver_types(&a, &t, &e) != 0)
		err_die(&e);
	for (; shown < t.n && !sig_stop; shown++)
		status = status_worse(status, list_one(t.v[shown], &line));
	if (verbose)
		msg("%zu types", t.n);
	free(t.v);
	buf_release(&line);
	arena_release(&a);
	return status;
}

/* ---- one type ---- */

/* The schema, and beside it what else there is to know of a type. */
static void
put_schema(struct buf *text, const struct val *spec)
{
	static const char *const more[] = { "documentationUrl", "oauth2" };
	struct arena a = { 0 };
	struct val *schema = val_copy(&a, val_get(spec, "schema"));

	for (size_t i = 0; i < sizeof more / sizeof *more; i++)
		if (val_get(spec, more[i]) != NULL)
			val_set(&a, schema, span_of(more[i]),
			    val_get(spec, more[i]));
	val_write(text, schema);
	arena_release(&a);
}

static void
put_spec(const struct val *spec, int how, bool connector)
{
	struct buf text = { 0 };

	if (how == 't') {
		spec_template(&text, spec);
	} else if (how == 'H') {
		spec_html(&text, spec, connector);
	} else {
		put_schema(&text, spec);
		put_line(buf_span(&text));
		buf_clear(&text);
	}
	out_add(&out, text.p, text.n);
	buf_release(&text);
}

static int
patch(struct arena *a, struct val *spec, struct err *e)
{
	struct patches *p;
	struct val *own;
	char *dir;
	int r;

	if (folder == NULL)
		return 0;
	dir = file_absolute(folder);
	r = patches_read(a, dir, &p, e) != 0 ||
	    patches_spec(p, spec, &own, e) != 0 ? -1 : 0;
	free(dir);
	return r;
}

static int
show_type(const char *type, int how)
{
	struct arena a = { 0 };
	struct driver_found f;
	struct val *spec;
	struct err e;

	if (driver_find(&a, type, &f, &e) != 0 ||
	    driver_spec(&a, &f, type, &spec, &e) != 0 ||
	    patch(&a, spec, &e) != 0)
		err_die(&e);
	put_spec(spec, how, false);
	if (verbose)
		msg("%s: %s", type, f.connector.file ? f.connector.file :
		    f.path);
	arena_release(&a);
	return ST_OK;
}

static int
new_connector(const char *name)
{
	struct buf text = { 0 };

	if (!driver_type_ok(name))
		die(ST_USAGE, "not a type of source: %s", name);
	spec_new(&text, name);
	out_add(&out, text.p, text.n);
	buf_release(&text);
	return ST_OK;
}

/* ---- what a source offers ---- */

/* true: it was shown. A stream that cannot be patched hides no other. */
static bool
pass_stream(struct patches *p, struct span line, int *status)
{
	struct arena a = { 0 };
	struct buf text = { 0 };
	struct val *v = NULL;
	struct err e;

	if (p == NULL) {
		put_line(line);
		return true;
	}
	if (discovered_patch(p, &a, line, &v, &e) != 0) {
		err_print(&e);
		*status = status_worse(*status, e.status);
	}
	if (v != NULL) {
		val_write(&text, v);
		put_line(buf_span(&text));
	}
	buf_release(&text);
	arena_release(&a);
	return v != NULL;
}

static int
pass_streams(struct driver *d, struct patches *p)
{
	struct driver_line l;
	struct err e = { 0 };
	int r, status = ST_OK;

	things = "streams";
	while ((r = driver_next(d, &l, &e)) > 0)
		shown += pass_stream(p, l.line, &status);
	r = r < 0 ? e.status : driver_finish(d, &e);
	if (r == ST_OK && status == ST_OK && p != NULL &&
	    discovered_unmet(p, &e) != 0)
		r = e.status;
	if (r != ST_OK && e.text[0] != '\0')
		err_print(&e);
	r = status_worse(r, status);
	if (verbose)
		msg("%zu streams", shown);
	return r;
}

/* One line, "settings" and "documentationUrl", as a spec. */
static int
pass_settings(struct driver *d, struct patches *patches, int how)
{
	struct arena a = { 0 };
	struct driver_line l;
	struct val_error bad;
	const struct val *v = NULL;
	struct val *spec, *own;
	struct err e = { 0 };
	int r = driver_next(d, &l, &e);

	if (r > 0)
		v = val_parse(&a, l.line, JSON_DEPTH, false, &bad);
	r = r < 0 ? e.status : driver_finish(d, &e);
	if (r == ST_OK && v == NULL) {
		err_set(&e, ST_PERSON, "the driver told no settings");
		r = e.status;
	}
	if (r == ST_OK) {
		spec = spec_settings(&a, val_get(v, "settings"), val_get(v,
		    "documentationUrl"));
		if ((patches && patches_spec(patches, spec, &own, &e) != 0) ||
		    patch(&a, spec, &e) != 0)
			r = e.status;
		else
			put_spec(spec, how, true);
	}
	if (r != ST_OK && e.text[0] != '\0')
		err_print(&e);
	arena_release(&a);
	return r;
}

/* Asks the source of a config, with its secrets or without. */
static int
ask(struct config *c, const char *path, const struct val *spec,
    const char *verb, struct patches *patches, int how)
{
	bool streams = streq(verb, "discover");
	struct driver_request rq = { .verb = verb, .verbose = verbose,
		.timeout = c->timeout, .connector = c->connector,
		.token = streams ? c->token_path : NULL, .config = c };
	struct driver *d;
	struct err e;
	int status;

	if (config_source(c, spec, streams, &rq.source, &e) != 0)
		err_die(&e);
	rq.source = driver_source(c, rq.source);
	if (driver_start(&d, path, c->type, &rq, &e) != 0)
		err_die(&e);
	status = streams ? pass_streams(d, patches) : pass_settings(d,
	    patches, how);
	driver_free(d);
	return status;
}

static int
discover(const char *operand)
{
	struct config c;
	struct val *spec;
	const char *path;
	struct err e;
	int status;

	if (config_load(&c, operand, &e) != 0 ||
	    driver_config(&c, &path, &spec, &e) != 0)
		err_die(&e);
	if (!spec_has_verb(spec, "discover"))
		die(ST_USAGE, "%s: type %s cannot tell its streams", operand,
		    c.type);
	status = ask(&c, path, spec, "discover", c.patches, 0);
	config_release(&c);
	return status;
}

/* A config whose type has the same settings for all shows those. Its patches
 * are for what the source tells, which is not checked by them. */
static int
show_config(const char *operand, int how)
{
	struct patches *patches;
	struct config c;
	struct val *spec, *own;
	const char *path;
	struct err e;
	int status = ST_OK;

	if (config_load(&c, operand, &e) != 0)
		err_die(&e);
	patches = c.patches;
	c.patches = NULL;
	if (driver_config(&c, &path, &spec, &e) != 0)
		err_die(&e);
	if (spec_has_verb(spec, "settings"))
		status = ask(&c, path, spec, "settings", patches, how);
	else if ((patches && patches_spec(patches, spec, &own, &e) != 0) ||
	    patch(&c.arena, spec, &e) != 0)
		err_die(&e);
	else
		put_spec(spec, how, false);
	config_release(&c);
	return status;
}

static int
show_file(const char *operand, int how)
{
	struct arena a = { 0 };
	struct val *spec;
	struct err e;
	bool connector;
	int r = spec_file(&a, operand, &spec, &connector, &e);

	if (r < 0)
		err_die(&e);
	if (r == 0 && streq(operand, "-"))
		die(ST_USAGE, "stdin: not what a connector tells of itself");
	if (r > 0 && patch(&a, spec, &e) != 0)
		err_die(&e);
	if (r > 0)
		put_spec(spec, how, connector);
	arena_release(&a);
	return r > 0 ? ST_OK : show_config(operand, how);
}

static int
show(int how, const char *given, const char *type)
{
	switch (how) {
	case 'D':
		return discover(given);
	case 'N':
		return new_connector(given);
	case PRELUDE:
		out_add(&out, prelude_text(), strlen(prelude_text()));
		return ST_OK;
	default:
		if (type == NULL)
			return list_types();
		return strpbrk(type, "./") != NULL || streq(type, "-") ?
		    show_file(type, how) : show_type(type, how);
	}
}

static void
describe(char *text, size_t size)
{
	snprintf(text, size, "%zu %s", shown, things);
}

int
main(int argc, char **argv)
{
	const char *given = NULL, *type;
	int c, how = 0, status;

	msg_program("conn-spec");
	sandbox_no_core();
	file_std();
	sig_install();
	while ((c = opt_next(&opt, argc, argv)) != -1) {
		if (c == 'v' || c == 'p') {
			verbose += c == 'v';
			folder = c == 'p' ? optarg : folder;
			continue;
		}
		if (how != 0 && how != c)
			opt_wrong(&opt, "only one of -D, -H, -N, -t and "
			    "--prelude");
		how = c;
		given = optarg;
	}
	msg_verbosity(verbose);
	progress_start(describe);
	type = argv[optind];
	if (argc - optind > (how == 0 || how == 'H' || how == 't'))
		opt_wrong(&opt, "too many operands; try 'conn-spec --help'");
	if ((how == 't' || how == 'H' || folder) && type == NULL)
		opt_wrong(&opt, "no TYPE; 'conn-spec' lists them");
	if (how == 't' && strpbrk(type, "./") != NULL)
		opt_wrong(&opt, "-t takes a TYPE; 'conn-spec' lists them");
	out_init(&out, STDOUT_FILENO, "stdout");
	status = show(how, given, type);
	if (sig_stop)
		sig_die(sig_stop);
	out_close(&out);
	return status;
}
