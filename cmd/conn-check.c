/* SPDX-License-Identifier: MIT */
/* conn-check: does this config work? Does this driver? */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/progress.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "index/index.h"
#include "index/versions.h"
#include "json/text.h"
#include "rules/map.h"
#include "rules/rules.h"
#include "run/discovered.h"
#include "run/kit.h"
#include "stream/state.h"

static const char usage[] =
"Usage: conn-check [OPTION]... CONFIG\n"
"Try everything that CONFIG names, and say on stdout, a line for each, what\n"
"works: config secrets rules map driver source index state.\n"
"\n"
"  -d, --driver    run the conformance kit on the driver, too\n"
"  -n, --dry-run   connect to nothing, fetch no secret\n"
"  -v, --verbose   a summary on stderr; twice: what is done\n"
"  -h, --help      this text\n"
"  -V, --version   version of conn and of the libraries\n"
"\n"
"CONFIG is a file; - is stdin. Manual: conn-check(1)\n";

static const struct option longs[] = {
	OPT_COMMON,
	{ "driver", no_argument, NULL, 'd' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "verbose", no_argument, NULL, 'v' },
	OPT_END
};

static struct opt opt = { longs, "dnv", usage, versions_all, NULL };

struct check {
	bool kit, dry;
	int verbose;
	struct out out;
	struct buf line, tame;
	int status;             /* of the first that failed */
	size_t done, failed;
	struct config c;
	const char *path;       /* of the driver */
	struct val *spec;       /* NULL: none to be had */
	struct err spec_err;
	const struct val *source;       /* NULL: not fit for the driver */
	bool resolved;          /* with its secrets */
};

/* ---- verdicts ---- */

static void
put(struct check *k, const char *name, bool good, const char *message)
{
	char clean[MSG_MAX];

	if (sig_stop)           /* what it broke off is no verdict */
		return;
	msg_clean(clean, sizeof clean, span_of(message));
	buf_clear(&k->line);
	buf_putc(&k->line, '{');
	json_put_key(&k->line, "check");
	json_put_cstring(&k->line, name);
	json_put_key(&k->line, "ok");
	buf_puts(&k->line, good ? "true" : "false");
	json_put_key(&k->line, "message");
	json_put_cstring(&k->line, clean);
	buf_putc(&k->line, '}');
	buf_clear(&k->tame);
	json_put_tame(&k->tame, buf_span(&k->line));
	out_line(&k->out, buf_span(&k->tame));
	out_flush(&k->out);     /* a source may take its time */
	k->done++;
	k->failed += !good;
}

static void
failed(struct check *k, int status)
{
	if (k->status == ST_OK)
		k->status = status;
}

/* r of what just ran; e is its error, message what is to say if it is well. */
static bool
verdict(struct check *k, const char *name, int r, const struct err *e,
    const char *message)
{
	if (r != 0) {
		if (!sig_stop)
			err_print(e);
		failed(k, e->status);
	}
	put(k, name, r == 0, r == 0 ? message : e->text);
	return r == 0;
}

/* ---- the parts ---- */

static void
check_config(struct check *k)
{
	struct err e;
	int r = 0;

	if (driver_config(&k->c, &k->path, &k->spec, &k->spec_err) != 0)
		k->spec = NULL;
	else
		r = config_source(&k->c, k->spec, false, &k->source, &e);
	if (!verdict(k, "config", r, &e, ""))
		k->source = NULL;
}

static int
index_secrets(struct check *k, struct err *e)
{
	static const char *const keys[] = { "api_key", "password", "bearer" };
	const char *text;

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (config_secret(&k->c, val_get(k->c.index, keys[i]), &text,
		    e) != 0)
			return -1;
	return 0;
}

static void
check_secrets(struct check *k)
{
	struct err e;
	int r = 0;

	if (k->dry) {
		put(k, "secrets", true, "not fetched");
		return;
	}
	if (k->source != NULL)
		r = config_source(&k->c, k->spec, true, &k->source, &e);
	if (k->source != NULL && r == 0)
		r = discovered_choose(&k->c, k->path, k->spec, &k->source, &e);
	k->resolved = k->source != NULL && r == 0;
	if (r == 0)
		r = index_secrets(k, &e);
	verdict(k, "secrets", r, &e, "");
}

static void
bad_rule(void *ctx, const struct err *e)
{
	verdict(ctx, "rules", -1, e, "");
}

static void
check_rules(struct check *k)
{
	struct map *map;
	struct err e;
	int r;

	if (rules_check(k->c.rules, k->c.file, bad_rule, k) == 0)
		put(k, "rules", true, "");
	r = map_new(&map, k->c.map, k->c.file, &e);
	if (verdict(k, "map", r, &e, ""))
		map_free(map);
}

/* One line of the driver's own. */
static bool
pass_check(struct check *k, const struct driver_line *l)
{
	char *name = xstrndup(l->name);
	char *message = xstrndup(l->message);

	put(k, name, l->good, message);
	if (!l->good)
		msg("driver %s: %s: %s", k->c.type, name,
		    *message ? message : "does not work");
	else if (*message)
		warn("driver %s: %s: %s", k->c.type, name, message);
	free(name);
	free(message);
	return l->good;
}

static int
ask_driver(struct check *k, struct driver *d, struct err *e)
{
	struct driver_line l;
	bool good = true;
	int r;

	while ((r = driver_next(d, &l, e)) > 0)
		good = pass_check(k, &l) && good;
	if (r == 0)
		r = driver_finish(d, e);
	if (r == 0 && !good)
		r = err_set(e, ST_PERSON, "driver %s: some of its checks "
		    "failed", k->c.type);
	return r;
}

static void
check_source(struct check *k)
{
	struct driver_request rq = {
		.verb = "check",
		.source = driver_source(&k->c, k->source),
		.streams = k->c.streams, .rules = k->c.rules,
		.verbose = k->verbose, .token = k->c.token_path,
		.connector = k->c.connector, .config = &k->c,
		.timeout = k->c.timeout
	};
	struct driver *d;
	struct err e = { 0 };
	bool said;
	int r;

	if (k->dry || !spec_has_verb(k->spec, "check")) {
		put(k, "source", true, k->dry ? "not connected" :
		    "the driver has no check");
		return;
	}
	if (driver_start(&d, k->path, k->c.type, &rq, &e) != 0) {
		verdict(k, "source", -1, &e, "");
		return;
	}
	r = ask_driver(k, d, &e);
	said = r != 0 && e.text[0] == '\0';
	if (said) {
		failed(k, e.status);
		put(k, "source", false, driver_said(d));
	} else {
		verdict(k, "source", r, &e, "");
	}
	driver_free(d);
}

static void
check_driver(struct check *k)
{
	int r = k->spec == NULL ? -1 : 0;
	struct val *title = val_get(k->spec, "title");
	const char *file = k->c.connector ? k->c.connector : k->path;
	char *message = xasprintf("%s%s%s", title ? title->str.p : "",
	    title ? ": " : "", k->spec ? file : "");

	verdict(k, "driver", r, &k->spec_err, message);
	free(message);
	if (k->source != NULL && (k->resolved || k->dry))
		check_source(k);
}

static void
check_index(struct check *k)
{
	char message[MSG_MAX] = "";
	struct index *ix = NULL;
	struct err e;
	int r;

	if (k->dry) {
		put(k, "index", true, "not connected");
		return;
	}
	r = index_open(&ix, &k->c, NULL, NULL, &e);
	if (r == 0)
		r = index_check(ix, message, sizeof message, &e);
	if (ix != NULL)
		index_close(ix);
	verdict(k, "index", r, &e, message);
}

static void
check_state(struct check *k)
{
	struct state s;
	struct err e;
	int r = state_load(&s, k->c.state_path, k->c.name, k->c.index_id, &e);
	char *message;

	if (r == 0)
		r = config_owns(&k->c, s.file, &e);
	if (r == 0)
		r = file_may_mkdirs(k->c.state_dir, &e);
	message = r != 0 || !s.found ? xstrdup("none yet") :
	    xasprintf("of %s, %zu to read again", s.time ? s.time : "unknown",
	    s.nretry);

	verdict(k, "state", r, &e, message);
	free(message);
	state_release(&s);
}

/* ---- the kit ---- */

static void
kit_verdict(void *ctx, const char *name, bool good, const char *message)
{
	struct check *k = ctx;
	char full[64];

	snprintf(full, sizeof full, "driver.%s", name);
	put(k, full, good, message);
	if (!good) {
		msg("driver %s: %s: %s", k->c.type, name, message);
		failed(k, ST_PERSON);
	} else if (*message != '\0') {
		warn("driver %s: %s: %s", k->c.type, name, message);
	}
}

static void
check_kit(struct check *k)
{
	struct kit_subject s = { .config = &k->c, .path = k->path,
	    .spec = k->spec, .source = driver_source(&k->c, k->source),
	    .report = kit_verdict,
	    .ctx = k };
	struct err e;

	if (kit_run(&s, &e) == 0 || sig_stop)
		return;
	err_print(&e);
	failed(k, e.status);
}

static void
tell_sandbox(void)
{
	char text[SANDBOX_TEXT];

	sandbox_describe(text);
	detail("sandbox: %s", text);
}

static void
check_all(struct check *k, const char *operand)
{
	struct err e;

	if (config_load(&k->c, operand, &e) != 0) {
		verdict(k, "config", -1, &e, "");
		return;
	}
	check_config(k);
	check_secrets(k);
	check_rules(k);
	check_driver(k);
	check_index(k);
	check_state(k);
	if (k->kit && k->resolved && !sig_stop)
		check_kit(k);
}

static struct check all;

static void
describe(char *out, size_t size)
{
	snprintf(out, size, "%zu checks, %zu failed", all.done, all.failed);
}

int
main(int argc, char **argv)
{
	char text[64];
	int c;

	msg_program("conn-check");
	sandbox_no_core();
	file_std();
	sig_install();
	while ((c = opt_next(&opt, argc, argv)) != -1) {
		all.kit = all.kit || c == 'd';
		all.dry = all.dry || c == 'n';
		all.verbose += c == 'v';
	}
	msg_verbosity(all.verbose);
	if (argc - optind != 1)
		opt_wrong(&opt, "%s; try 'conn-check --help'",
		    argc > optind ? "more than one CONFIG" : "no CONFIG");
	if (all.kit && all.dry)
		opt_wrong(&opt, "--driver reads the source, "
		    "--dry-run must not");
	progress_start(describe);
	tell_sandbox();
	out_init(&all.out, STDOUT_FILENO, "stdout");
	check_all(&all, argv[optind]);
	if (sig_stop)
		sig_die(sig_stop);
	out_close(&all.out);
	if (all.verbose > 0) {
		describe(text, sizeof text);
		msg("%s", text);
	}
	return all.status;
}
