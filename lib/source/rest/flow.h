/* SPDX-License-Identifier: MIT */
/*
 * Text that flows: what a page's elements ask for (a break, an item, a cell)
 * becomes line breaks, bullets and bars once there is text to show. Nothing
 * is shown for what is empty. Memory: fixed, beside the text.
 */
#ifndef CONN_SOURCE_REST_FLOW_H
#define CONN_SOURCE_REST_FLOW_H

#include <stdint.h>

#include "base/buf.h"

/* Deeper ones count, but look like the last. */
enum { FLOW_LISTS = 16, FLOW_TABLES = 16 };

struct flow {
	struct buf *out;
	size_t start;           /* of our text in out */
	size_t breaks;          /* line breaks to come */
	bool space;             /* a blank to come */
	size_t bars;            /* cell separators to come */
	size_t pre;             /* elements that keep white space */
	bool fresh;             /* in such a one: a first line break is none */
	size_t nlists;
	struct flow_list {
		bool ordered;
		unsigned number;
	} lists[FLOW_LISTS];
	bool item;              /* a bullet to come */
	size_t ntables;
	struct flow_row {
		bool cell;      /* the row has one */
		bool text;      /* and shows something */
		bool broken;    /* over several lines */
	} rows[FLOW_TABLES];
};

void flow_init(struct flow *f, struct buf *out);
/* UTF-8; white space is collapsed, but in pre. Bytes that are none become
 * U+FFFD. */
void flow_text(struct flow *f, struct span text);
void flow_point(struct flow *f, uint32_t c);

/* At least n line breaks before the next text; a paragraph's two are one in
 * lists and tables. */
void flow_break(struct flow *f, size_t n);
void flow_line(struct flow *f);         /* one more: <br> */
void flow_pre(struct flow *f, bool begin);
void flow_list(struct flow *f, bool begin, bool ordered, unsigned first);
void flow_item(struct flow *f);
void flow_table(struct flow *f, bool begin);
void flow_row(struct flow *f);          /* begins or ends */
void flow_cell(struct flow *f);         /* begins */

#endif
