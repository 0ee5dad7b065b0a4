/* SPDX-License-Identifier: MIT */
/*
 * HTML, whole pages or pieces, and the storage formats of Confluence and Jira
 * (XHTML with ac: and ri: elements), to text that reads well:
 *
 *   blocks      on lines of their own; paragraphs, headings, tables, lists
 *               and <pre> with an empty line around them
 *   lists       "- " or "1. " before each item, two blanks for each level
 *   tables      a line a row, cells joined by " | "
 *   <br> <hr>   a line break; an empty line
 *   <pre>       as it is, and so is the code of ac:plain-text-body
 *   images      their alt text; links: their text
 *   dropped     script, style, template, head but its title, comments,
 *               markup of parameters (ac:parameter)
 *
 * White space is one blank; entities are characters, and an unknown one stays
 * as it is written.
 */
#ifndef CONN_SOURCE_REST_HTML_H
#define CONN_SOURCE_REST_HTML_H

#include "base/buf.h"

/* Adds the text; always true, as each text reads as HTML. Time and memory are
 * linear in it: no tree is built, nothing is fetched, nothing declared. in is
 * UTF-8; bytes that are not become U+FFFD. */
bool html_text(struct span in, struct buf *out);

#endif
