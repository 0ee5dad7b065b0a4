/* SPDX-License-Identifier: MIT */
#include "source/rest/xmlread.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/SAX2.h>
#include <limits.h>

enum {
	OPTIONS = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
	    XML_PARSE_BIG_LINES,
	/* what libxml2 looks through one by one: the attributes of a start
	 * tag, the namespaces in scope, names that fall together */
	ATTRIBUTES = 1024, NAMESPACES = 4096, NAMES = 65536
};

struct guard {
	const char *why;        /* we stopped the parser, */
	long line;              /* here */
};

static void
refuse(void *ctx, const char *why)
{
	xmlParserCtxtPtr p = ctx;
	struct guard *g = p->_private;

	if (g->why == NULL) {
		g->why = why;
		g->line = xmlSAX2GetLineNumber(p);
	}
	xmlStopParser(p);
}

static void
entity_declared(void *ctx, const xmlChar *name, int type, const xmlChar *id,
    const xmlChar *system, xmlChar *content)
{
	(void)name, (void)type, (void)id, (void)system, (void)content;
	refuse(ctx, "XML that declares entities");
}

static void
attribute_declared(void *ctx, const xmlChar *element, const xmlChar *name,
    int type, int kind, const xmlChar *value, xmlEnumerationPtr tree)
{
	(void)element, (void)name, (void)type, (void)kind, (void)value;
	xmlFreeEnumeration(tree);
	refuse(ctx, "XML that declares attributes");
}

static void
element_begins(void *ctx, const xmlChar *name, const xmlChar *prefix,
    const xmlChar *uri, int nns, const xmlChar **ns, int n, int ndefault,
    const xmlChar **attributes)
{
	xmlParserCtxtPtr p = ctx;

	if (p->nsNr / 2 > NAMESPACES)
		refuse(p, "XML with over 4096 namespaces");
	else if (xmlDictSize(p->dict) > NAMES)
		refuse(p, "XML with over 65536 names");
	else
		xmlSAX2StartElementNs(ctx, name, prefix, uri, nns, ns, n,
		    ndefault, attributes);
}

/* Behind the tag at p; *n: = outside of quotes. */
static const char *
pass_tag(const char *p, const char *end, size_t *n)
{
	for (*n = 0; p < end && *p != '>'; p++) {
		*n += *p == '=';
		if (*p == '"' || *p == '\'') {
			p = memchr(p + 1, *p, (size_t)(end - p - 1));
			if (p == NULL)
				return end;
		}
	}
	return p;
}

/* Behind a comment or a section, or p. */
static const char *
pass_section(const char *p, const char *end)
{
	struct span rest = { p, (size_t)(end - p) };
	const char *close = NULL;

	if (span_starts(rest, SPAN("<!--")))
		close = "-->";
	else if (span_starts(rest, SPAN("<![CDATA[")))
		close = "]]>";
	if (close == NULL)
		return p;
	p = memmem(p, rest.n, close, 3);
	return p != NULL ? p + 3 : end;
}

static bool
too_many_attributes(struct span text)
{
	const char *p = text.p, *end = p + text.n, *q;
	size_t n = 0;

	while (n <= ATTRIBUTES &&
	    (p = memchr(p, '<', (size_t)(end - p))) != NULL) {
		q = pass_section(p, end);
		p = q > p ? q : pass_tag(p, end, &n);
	}
	return n > ATTRIBUTES;
}

static xmlDocPtr
read_document(xmlParserCtxtPtr p, struct span text, bool utf8,
    const char **why, long *line)
{
	struct guard g = { 0 };
	xmlDocPtr doc;

	p->_private = &g;
	p->sax->entityDecl = entity_declared;
	p->sax->attributeDecl = attribute_declared;
	p->sax->startElementNs = element_begins;
	doc = xmlCtxtReadMemory(p, text.p, (int)text.n, NULL,
	    utf8 ? "UTF-8" : NULL, OPTIONS);
	if (doc != NULL && g.why == NULL)
		return doc;
	xmlFreeDoc(doc);
	*why = g.why != NULL ? g.why : "XML that is not well-formed";
	*line = g.why != NULL ? g.line : p->lastError.line;
	return NULL;
}

xmlDocPtr
xmlread(struct span text, bool utf8, const char **why, long *line)
{
	xmlParserCtxtPtr p = NULL;
	xmlDocPtr doc;

	*line = 0;
	while (text.n > 0 && strchr(" \t\r\n", *text.p) != NULL &&
	    *text.p != '\0') {
		text.p++;
		text.n--;
	}
	if (text.n > INT_MAX)
		*why = "XML of over 2 GiB";
	else if (too_many_attributes(text))
		*why = "XML with over 1024 attributes of one element";
	else if ((p = xmlNewParserCtxt()) == NULL)
		*why = "no memory for XML";
	if (p == NULL)
		return NULL;
	doc = read_document(p, text, utf8, why, line);
	xmlFreeParserCtxt(p);
	return doc;
}
