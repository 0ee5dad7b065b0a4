/* SPDX-License-Identifier: MIT */
#include "source/rest/format.h"

#include <libxml/xmlversion.h>
#include <stdio.h>
#include <strings.h>

#include "base/utf8.h"
#include "json/text.h"
#include "source/rest/charset.h"
#include "source/rest/deep.h"
#include "source/rest/page.h"
#include "source/rest/table.h"
#include "source/rest/xml.h"

struct reply {
	const char *type;       /* lower case, without parameters; never NULL */
	struct span text;       /* the body in UTF-8, if it is what it says */
	bool named;             /* its encoding did not have to be guessed */
	struct err *e;
};

enum { TYPE_MAX = 128 };

static const size_t NO_PLACE = SIZE_MAX;

static int
wrong(const struct reply *r, const char *what)
{
	return err_set(r->e, ST_PERSON, "%s%s%s%s", what,
	    *r->type ? " (" : "", r->type, *r->type ? ")" : "");
}

/* It should have been of the kind `name`. */
static int
not_of(const struct reply *r, const char *name, const char *fault, size_t at)
{
	const char *page = page_kind(r->text);
	char what[160];

	if (page != NULL)
		snprintf(what, sizeof what, "%s instead of %s", page, name);
	else if (at == NO_PLACE)
		snprintf(what, sizeof what, "%s", fault);
	else
		snprintf(what, sizeof what, "%s at byte %zu", fault, at + 1);
	return wrong(r, what);
}

static int
put_json(struct reply *r, struct buf *out)
{
	struct json_error je;

	if (deep_put(out, r->text, &je) == 0)
		return 0;
	if (je.fault == JSON_EMPTY)
		return wrong(r, "an empty body instead of JSON");
	if (je.fault == JSON_CUT)
		return not_of(r, "JSON", "JSON cut short", je.offset);
	return not_of(r, "JSON", json_fault_text(je.fault), je.offset);
}

static int
put_text(struct reply *r, struct buf *out)
{
	size_t good = utf8_prefix(r->text.p, r->text.n);

	if (good < r->text.n)
		return not_of(r, "text", "bad UTF-8", good);
	json_put_string(out, r->text);
	return 0;
}

/* text/plain is what many servers call their JSON. */
static int
put_plain(struct reply *r, struct buf *out)
{
	struct json_error je;
	size_t at = out->n;

	if (deep_put(out, r->text, &je) == 0 &&
	    (out->p[at] == '{' || out->p[at] == '['))
		return 0;
	out->n = at;
	return put_text(r, out);
}

/* RFC 7464 puts U+001E before each value. */
static bool
is_separator(char c)
{
	return c == '\x1e' || c == ' ' || c == '\t' || c == '\r';
}

static int
put_lines(struct reply *r, struct buf *out)
{
	const char *p = r->text.p, *end = p + r->text.n, *nl;
	struct json_error je;
	struct span line;
	size_t number = 0;
	char what[80];

	buf_putc(out, '[');
	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl != NULL ? nl : end;
		number++;
		while (p < nl && is_separator(*p))
			p++;
		line = (struct span){ p, (size_t)(nl - p) };
		if (line.n == 0)
			continue;
		if (out->n > 1)
			buf_putc(out, ',');
		if (deep_put(out, line, &je) != 0) {
			snprintf(what, sizeof what, "line %zu: %s", number,
			    json_fault_text(je.fault));
			return not_of(r, "JSON lines", what, je.offset);
		}
	}
	buf_putc(out, ']');
	return 0;
}

static int
put_table(struct reply *r, struct buf *out)
{
	bool tabs = streq(r->type, "text/tab-separated-values");
	const char *why;
	uint64_t line;
	char what[80];

	why = table_json(r->text, tabs ? '\t' : '\0', out, &line);
	if (why == NULL && page_kind(r->text) != NULL)
		why = "a web page";
	if (why == NULL)
		return 0;
	snprintf(what, sizeof what, "line %llu: %s", (unsigned long long)line,
	    why);
	return not_of(r, "CSV", what, NO_PLACE);
}

static int
put_xml(struct reply *r, struct buf *out)
{
	struct buf made = { 0 };
	struct json_error je;
	const char *why;
	char what[80];
	long line;

	if (r->text.n == 0)
		return wrong(r, "an empty body instead of XML");
	why = xml_json(r->text, r->named, &made, &line);
	buf_pad(&made);
	if (why == NULL && deep_put(out, buf_span(&made), &je) != 0)
		why = json_fault_text(je.fault);
	buf_release(&made);
	if (why == NULL)
		return 0;
	snprintf(what, sizeof what, line > 0 ? "%s, line %ld" : "%s", why,
	    line);
	return not_of(r, "XML", what, NO_PLACE);
}

typedef int put_as(struct reply *, struct buf *);

static const struct format {
	const char *name;
	put_as *put;
} formats[] = {
	{ "json", put_json }, { "jsonl", put_lines }, { "csv", put_table },
	{ "xml", put_xml }, { "text", put_text }
};

/* Content types; what begins with + is how one ends. First match wins. */
static const struct {
	const char *name;
	put_as *put;
} types[] = {
	{ "application/x-ndjson", put_lines }, { "application/ndjson",
	put_lines }, { "application/jsonl", put_lines },
	{ "application/x-jsonlines", put_lines },
	{ "application/jsonlines", put_lines },
	{ "application/json-seq", put_lines },
	{ "application/stream+json", put_lines },
	{ "text/csv", put_table }, { "application/csv", put_table },
	{ "text/tab-separated-values", put_table },
	{ "application/xhtml+xml", put_json },  /* a page */
	{ "application/xml", put_xml }, { "text/xml", put_xml },
	{ "+xml", put_xml },
	{ "text/plain", put_plain }, { "text/markdown", put_text }
};

static put_as *
of_format(const char *name)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (streq(formats[i].name, name))
			return formats[i].put;
	return NULL;
}

static put_as *
of_type(const char *type)
{
	size_t n = strlen(type);

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		size_t k = strlen(types[i].name);

		if (*types[i].name == '+' ? n > k &&
		    streq(type + n - k, types[i].name) :
		    streq(type, types[i].name))
			return types[i].put;
	}
	return put_json;
}

/* In lower case, without parameters. */
static void
set_type(char out[TYPE_MAX], const char *type)
{
	size_t n = 0;

	if (type == NULL)
		type = "";
	type += strspn(type, " \t");
	n = strcspn(type, "; \t");
	if (n > TYPE_MAX - 1)
		n = TYPE_MAX - 1;
	for (size_t i = 0; i < n; i++)
		out[i] = type[i] >= 'A' && type[i] <= 'Z' ?
		    (char)(type[i] | 0x20) : type[i];
	out[n] = '\0';
}

int
format_json(const char *format, const char *type, const char *charset,
    struct span body, struct buf *out, struct err *e)
{
	char name[TYPE_MAX];
	struct reply r = { .type = name, .e = e };
	struct buf scratch = { 0 };
	put_as *put;
	int status;

	set_type(name, type);
	put = format != NULL ? of_format(format) : of_type(name);
	buf_clear(out);
	status = charset_utf8(charset, body, &scratch, &r.text, &r.named, e);
	/* XML names its own */
	if (status == 0 && !r.named && put != put_xml)
		status = charset_guess(&r.text, &scratch, e);
	if (status == 0)
		status = put(&r, out);
	buf_pad(out);
	buf_release(&scratch);
	return status;
}

const char *
format_libraries(void)
{
	return "libxml2/" LIBXML_DOTTED_VERSION "\n";
}
