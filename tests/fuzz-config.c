/* SPDX-License-Identifier: MIT */
/*
 * A config: YAML is read to values that, as JSON, are the same config; each
 * error has its place; what was accepted is what conn-config(5) allows.
 */
#include "fuzz.h"

#include <ctype.h>
#include <sys/mman.h>

#include "base/utf8.h"
#include "config/config.h"
#include "config/url.h"
#include "config/yaml.h"
#include "rules/rules.h"

/* "x.yml:LINE:COL: WHAT" */
static void
has_place(const struct err *e, const char *file)
{
	unsigned line = 0, col = 0;
	int at = -1;

	MUST(e->status == ST_USAGE);
	MUST(span_starts(span_of(e->text), span_of(file)));
	sscanf(e->text + strlen(file), ":%u:%u: %n", &line, &col, &at);
	MUST(at > 0 && line > 0 && col > 0);
	MUST(e->text[strlen(file) + (size_t)at] != '\0');
}

/* Places are inside of the text. */
static void
has_places(const struct val *v, struct span text)
{
	unsigned line, col;

	MUST(v->line > 0 && v->col > 0 && v->line <= text.n + 1);
	if (v->type == JSON_STRING)
		for (size_t i = 0; i <= v->str.n; i++) {
			yaml_place(v, i, &line, &col);
			MUST(line >= v->line && line <= text.n + 1);
		}
	MUST(v->type != JSON_STRING || strlen(v->str.p) == v->str.n);
	for (size_t i = 0; v->type == JSON_OBJECT && i < v->n; i++)
		MUST(strlen(v->members[i].key.p) == v->members[i].key.n);
	for (size_t i = 0; i < v->n; i++)
		has_places(v->type == JSON_ARRAY ? v->items[i] :
		    v->members[i].value, text);
}

/* JSON in ASCII: a config may hold no control character but as an escape. */
static void
put_ascii(struct buf *out, struct span json)
{
	for (size_t i = 0; i < json.n;) {
		size_t k = utf8_len(json.p + i, json.n - i);
		uint32_t c = utf8_point(json.p + i, k);

		if (c < 0x7f)
			buf_putc(out, (char)c);
		else if (c < 0x10000)
			buf_printf(out, "\\u%04x", c);
		else
			buf_printf(out, "\\u%04x\\u%04x",
			    0xd7c0 + (c >> 10), 0xdc00 | (c & 0x3ff));
		i += k;
	}
}

static void
read_yaml(struct span text)
{
	struct arena a = { 0 };
	struct buf b = { 0 }, ascii = { 0 };
	struct err e = { 0 };
	const struct val *v, *w;

	v = yaml_parse(&a, text, CONFIG_DEPTH, "x.yml", &e);
	if (v == NULL) {
		has_place(&e, "x.yml");
	} else {
		has_places(v, text);
		val_write(&b, v);
		if (v->type == JSON_OBJECT || v->type == JSON_ARRAY) {
			put_ascii(&ascii, buf_span(&b));
			w = yaml_parse(&a, buf_span(&ascii), CONFIG_DEPTH,
			    "x.json", &e);
			MUST(w != NULL && val_same(v, w));
		}
	}
	buf_release(&b);
	buf_release(&ascii);
	arena_release(&a);
}

static void
check_name(const char *name)
{
	size_t n = strlen(name);

	MUST(n >= 1 && n <= 64 && isalnum((unsigned char)name[0]));
	for (size_t i = 0; i < n; i++)
		MUST(strchr("abcdefghijklmnopqrstuvwxyz0123456789._-",
		    name[i]) != NULL);
}

static void
check_config(const struct config *c)
{
	check_name(c->name);
	MUST(c->type != NULL && c->source->type == JSON_OBJECT);
	MUST(c->timeout > 0 && c->overlap >= 0 && c->retry >= 0);
	MUST(c->rate >= 0 && c->interval >= 0);
	MUST(!c->max_delete.percent || c->max_delete.n <= 100);
	MUST(c->state_dir[0] == '/' && c->state_path[0] == '/');
	MUST(c->index_type == INDEX_ELASTICSEARCH || c->index_path[0] == '/');
	if (c->index_type == INDEX_ELASTICSEARCH) {
		struct span url = span_of(c->index_id + strlen(
		    "elasticsearch:"));
		struct url u;

		MUST(!url_holds_password(url));
		MUST(url_parse(url, &u) && !u.has_query && !u.has_user);
	}
}

static void
rule_fault(void *file, const struct err *e)
{
	has_place(e, file);
}

/* The folder of patches, which a text may name, has places of its own. */
static bool
in_other_file(const struct err *e, const char *file)
{
	return e->text[0] == '/' && !span_starts(span_of(e->text),
	    span_of(file));
}

static void
read_config(struct span text)
{
	char file[64];
	struct config c = { 0 };
	struct err e = { 0 };
	struct rules *r;
	int fd = memfd_create("config", MFD_CLOEXEC);

	if (fd < 0 || write(fd, text.p, text.n) != (ssize_t)text.n)
		die(ST_TEMP, "memfd: %s", strerror(errno));
	snprintf(file, sizeof file, "/proc/self/fd/%d", fd);
	if (config_load(&c, file, &e) < 0) {
		if (in_other_file(&e, file))
			MUST(e.status == ST_USAGE);
		else
			has_place(&e, file);
	} else {
		check_config(&c);
		rules_check(c.rules, file, rule_fault, file);
		if (rules_new(&r, c.rules, file, &e) < 0)
			has_place(&e, file);
		else
			rules_free(r);
	}
	config_release(&c);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *text = fuzz_padded(p, n);

	read_yaml((struct span){ text, n });
	read_config((struct span){ text, n });
	free(text);
	return 0;
}
