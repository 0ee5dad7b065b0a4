/* SPDX-License-Identifier: MIT */
/*
 * The parts of the page that spec_html makes of a JSON Schema. What a schema
 * says is never taken for markup, but for the few tags that form_text knows.
 */
#ifndef CONN_RUN_FORM_H
#define CONN_RUN_FORM_H

#include "base/buf.h"
#include "json/val.h"

enum {
	FORM_FIELDS = 4000,     /* objects past it are shown as JSON, so that
	                           references cannot make a page without end */
	FORM_REFS = 16          /* from one reference to the next */
};

struct form {
	struct buf *out;
	struct arena arena;
	const struct val *root; /* what references are looked up in */
	struct buf name;        /* "source.auth": of the object under way */
	bool settings;          /* of source.config: its secrets stand apart */
	bool must;              /* what is required here has to be filled in:
	                           nothing around it may be left out */
	unsigned nest, ids;
};

/* One property, its name in form.name. */
struct field {
	const struct val *schema;       /* form_schema's */
	struct span key;
	unsigned id;            /* of its control, as "f12" */
	bool required;
};

/* ---- form-text.c ---- */

void form_escape(struct buf *out, struct span s);
/* ` name="..."`; value.p NULL: nothing. */
void form_attribute(struct buf *out, const char *name, struct span value);
/* A value as a person writes it: a string without its quotes. In v, or in
 * scratch. p NULL: v is NULL. */
struct span form_plain(const struct val *v, struct buf *scratch);
/* Text with the inline Markdown and HTML that descriptions use: b strong i em
 * code br and links to http and https; other tags are shown as they are. */
void form_text(struct buf *out, struct span s);

/* ---- form-schema.c ---- */

/* The schema without $ref, an allOf or a choice between one thing and null: a
 * copy with what stands beside them. */
const struct val *form_schema(struct form *f, const struct val *schema);
/* Its oneOf or anyOf; NULL: none. */
const struct val *form_variants(const struct val *schema);
/* The key that has another constant in each variant; p NULL: none. */
struct span form_discriminator(struct form *f, const struct val *variants);
/* "const", or the only one of "enum". */
const struct val *form_const(const struct val *schema);
/* Positions of the properties, by their "order" and then as they stand. In the
 * form's arena; their number is that of val_get(schema, "properties"). */
const size_t *form_order(struct form *f, const struct val *schema);
bool form_is_object(const struct val *schema);  /* with its properties */

/* ---- form-control.c ---- */

/* Writes ` id="f1" name="source.x"`. */
void form_name(struct form *f, const struct field *d);
/* Label, description, control and what there is to know of it. */
void form_control(struct form *f, const struct field *d);
/* A title, or the key. */
void form_title(struct form *f, const struct val *schema, struct span key);
/* The description. */
void form_about(struct form *f, const struct val *schema);

#endif
