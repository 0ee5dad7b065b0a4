/* SPDX-License-Identifier: MIT */
/*
 * XML to JSON, so that a jq program can say where something is without
 * knowing how often it is there. The text is {"ROOT": ELEMENT}; an element is
 * always an object, whose members are
 *
 *   "@a"     a string for each attribute a; declarations of namespaces are
 *            attributes too ("@xmlns", "@xmlns:dc")
 *   "#text"  its text; not there if child elements have nothing but white
 *            space between them. Where text and elements are mixed it is all
 *            the text within, in order, that of the child elements included
 *   "name"   an array of its child elements of that name, in order, even of
 *            a single one; names come in the order of their first element
 *
 * Names are as they are written, prefix and all ("dc:creator"). Comments and
 * processing instructions are left out; CDATA is text; values stay strings.
 *
 *   <feed v="2"><entry><t>a</t></entry><entry><t lang="en">b</t></entry></feed>
 *   {"feed":{"@v":"2","entry":[{"t":[{"#text":"a"}]},
 *            {"t":[{"@lang":"en","#text":"b"}]}]}}
 *   items: .feed.entry[]    doc: '{title: .t[0]."#text"}'
 *
 * Nothing is fetched. A document that declares entities or attributes of its
 * own is refused, and so is what no service sends: elements nested deeper than
 * 256, a text over 10 MB in one, over 1024 attributes of one, over 4096
 * namespaces in scope, over 65536 names.
 */
#ifndef CONN_SOURCE_REST_XML_H
#define CONN_SOURCE_REST_XML_H

#include "base/buf.h"

/* Adds the JSON. utf8: the text is UTF-8 whatever its declaration says.
 * NULL, or what is wrong; *line where (0: nowhere). */
const char *xml_json(struct span text, bool utf8, struct buf *out,
    long *line);

#endif
