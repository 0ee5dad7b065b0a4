/* SPDX-License-Identifier: MIT */
#include "source/rest/xml.h"

#include <libxml/HTMLparser.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "json/text.h"
#include "source/rest/xmlread.h"

enum { OUT_MAX = 256 << 20 };

/* Names that HTML has, in documents that name its DTD. */
static void
put_entity(struct buf *b, const xmlNode *n, const char **why)
{
	const htmlEntityDesc *e = htmlEntityLookup(n->name);
	char c[4];

	if (e == NULL)
		*why = "an unknown entity in XML";
	else
		buf_add(b, c, utf8_put(c, e->value));
}

struct tree {
	struct buf *out;
	const char *why;
	struct buf text, name;
};

/* One name for all elements that come under it. */
struct child {
	const char *prefix, *name;
	const xmlNode *node;
	size_t at;
};

static void
put_tree_text(struct tree *t, const xmlNode *n, bool deep)
{
	for (n = n->children; n != NULL; n = n->next) {
		if (n->type == XML_TEXT_NODE ||
		    n->type == XML_CDATA_SECTION_NODE)
			buf_puts(&t->text, (const char *)n->content);
		else if (n->type == XML_ENTITY_REF_NODE)
			put_entity(&t->text, n, &t->why);
		else if (deep && n->type == XML_ELEMENT_NODE)
			put_tree_text(t, n, true);
	}
}

static bool
is_blank(const struct buf *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (strchr(" \t\r\n", b->p[i]) == NULL)
			return false;
	return true;
}

static int
compare_name(const void *a, const void *b)
{
	const struct child *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	if (r == 0)
		r = strcmp(x->prefix, y->prefix);
	return r != 0 ? r : (x->at > y->at) - (x->at < y->at);
}

static int
compare_place(const void *a, const void *b)
{
	const struct child *const *x = a, *const *y = b;

	return ((*x)->at > (*y)->at) - ((*x)->at < (*y)->at);
}

static bool
same_name(const struct child *a, const struct child *b)
{
	return streq(a->name, b->name) && streq(a->prefix, b->prefix);
}

static struct child
child_of(const xmlNode *n, size_t at)
{
	const char *prefix = n->ns ? (const char *)n->ns->prefix : NULL;

	return (struct child){ prefix ? prefix : "", (const char *)n->name,
		n, at };
}

/* "PREFIX:NAME": after a mark. */
static void
put_name(struct tree *t, const char *mark, const char *prefix,
    const char *name)
{
	buf_clear(&t->name);
	buf_puts(&t->name, mark);
	buf_puts(&t->name, prefix);
	buf_puts(&t->name, *prefix != '\0' && *name != '\0' ? ":" : "");
	buf_puts(&t->name, name);
	json_put_key(t->out, buf_cstr(&t->name));
}

static void
put_attributes(struct tree *t, const xmlNode *n)
{
	for (const xmlNs *ns = n->nsDef; ns != NULL; ns = ns->next) {
		const char *prefix = (const char *)ns->prefix;

		put_name(t, "@", "xmlns", prefix ? prefix : "");
		json_put_cstring(t->out, (const char *)ns->href);
	}
	for (const xmlAttr *a = n->properties; a != NULL; a = a->next) {
		const char *prefix = a->ns ? (const char *)a->ns->prefix :
		    NULL;

		put_name(t, "@", prefix ? prefix : "", (const char *)a->name);
		buf_clear(&t->text);
		put_tree_text(t, (const xmlNode *)a, false);
		json_put_string(t->out, buf_span(&t->text));
	}
}

static size_t
count_children(const xmlNode *n)
{
	size_t k = 0;

	for (n = n->children; n != NULL; n = n->next)
		k += n->type == XML_ELEMENT_NODE;
	return k;
}

static void
put_text(struct tree *t, const xmlNode *n, bool parent)
{
	buf_clear(&t->text);
	put_tree_text(t, n, false);
	if (parent && is_blank(&t->text))
		return;
	if (parent) {
		buf_clear(&t->text);
		put_tree_text(t, n, true);
	}
	json_put_key(t->out, "#text");
	json_put_string(t->out, buf_span(&t->text));
}

static void put_element(struct tree *t, const xmlNode *n);

/* The children by their names, each name at the place of its first. */
static void
put_children(struct tree *t, const xmlNode *n, size_t k)
{
	struct child *all = xcalloc(k, sizeof *all);
	struct child **first = xcalloc(k, sizeof *first), **f = first;

	k = 0;
	for (n = n->children; n != NULL; n = n->next)
		if (n->type == XML_ELEMENT_NODE) {
			all[k] = child_of(n, k);
			k++;
		}
	qsort(all, k, sizeof *all, compare_name);
	for (size_t i = 0; i < k; i++)
		if (i == 0 || !same_name(&all[i], &all[i - 1]))
			*f++ = &all[i];
	qsort(first, (size_t)(f - first), sizeof *first, compare_place);
	for (struct child **c = first; c < f; c++) {
		put_name(t, "", (*c)->prefix, (*c)->name);
		buf_putc(t->out, '[');
		for (struct child *p = *c; p < all + k && same_name(p, *c);
		    p++) {
			if (p > *c)
				buf_putc(t->out, ',');
			put_element(t, p->node);
		}
		buf_putc(t->out, ']');
	}
	free(first);
	free(all);
}

/* The parser bounds the depth. */
static void
put_element(struct tree *t, const xmlNode *n)
{
	size_t k = count_children(n);

	if (t->out->n > OUT_MAX)
		t->why = "XML of over 256 MiB as JSON";
	buf_putc(t->out, '{');
	put_attributes(t, n);
	put_text(t, n, k > 0);
	if (k > 0 && t->why == NULL)
		put_children(t, n, k);
	buf_putc(t->out, '}');
}

static const char *
put_document(const xmlDoc *doc, struct buf *out)
{
	const xmlNode *root = xmlDocGetRootElement(doc);
	struct tree t = { .out = out };
	struct child c;

	if (root == NULL)
		return "XML without an element";
	c = child_of(root, 0);
	buf_putc(out, '{');
	put_name(&t, "", c.prefix, c.name);
	put_element(&t, root);
	buf_putc(out, '}');
	buf_release(&t.text);
	buf_release(&t.name);
	return t.why;
}

const char *
xml_json(struct span text, bool utf8, struct buf *out, long *line)
{
	const char *why = NULL;
	xmlDocPtr doc = xmlread(text, utf8, &why, line);

	if (doc == NULL)
		return why;
	why = put_document(doc, out);
	xmlFreeDoc(doc);
	return why;
}
