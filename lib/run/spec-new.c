/* SPDX-License-Identifier: MIT */
/* A connector to start from. */
#include "run/spec.h"

#include <stdio.h>

/* NAME stands for the type. */
static const char text[] =
"# How NAME is read. Change it, keep it as NAME.yml in a folder that only\n"
"# you may write and that CONN_DRIVER_PATH names. 'conn-spec -t NAME' then\n"
"# prints a config to fill in, and conn-check(1) tries it. All keys, more\n"
"# ways to page, to log in and to ask for changes: conn-rest(5).\n"
"title: NAME\n"
"\n"
"# What a config says. 'secret' keeps a value out of all messages.\n"
"settings:\n"
"  url: {type: string, required: true, title: Address of the service}\n"
"  token: {type: string, secret: true, title: Token of a user who may read}\n"
"\n"
"# Text in which \\(...) is jq; $c are the settings. Paths go below this URL,\n"
"# and no request leaves its host.\n"
"url: \\($c.url)\n"
"# The first way of which all values are given is taken.\n"
"auth:\n"
"  - bearer: \\($c.token)\n"
"  #- basic: [\\($c.user), \\($c.password)]\n"
"  - none: true\n"
"#headers: {X-Api-Key: \\($c.token)}\n"
"#rate: 5/s\n"
"\n"
"# What there is to read; the name goes before each id: items/17.\n"
"streams:\n"
"  items:\n"
"    get: /items\n"
"    query: {limit: 100}\n"
"    # Where they are in an answer; default: it is a list of them.\n"
"    #items: .results[]\n"
"    # What gives the next page; default: the header Link.\n"
"    #next: 'if .cursor then {query: {cursor}} else null end'\n"
"    #next: pages(\"page\")\n"
"    # What never changes of an item, and what changes with it.\n"
"    id: .id\n"
"    time: .updated_at\n"
"    # What a poll asks for; whatever comes, what is older is left out.\n"
"    #poll: {query: {updated_since: \\($since)}}\n"
"    # Where a single one is: asked before a document is deleted.\n"
"    #one: /items/\\($id)\n"
"    # The document. 'text' makes text of HTML.\n"
"    doc: |\n"
"      {title, body: (.body // \"\" | text), url, type: \"item\",\n"
"       author, created_at, updated_at}\n";

void
spec_new(struct buf *out, const char *name)
{
	static const char mark[] = "NAME";
	const char *s = text, *at;

	for (; (at = strstr(s, mark)) != NULL; s = at + strlen(mark)) {
		buf_add(out, s, (size_t)(at - s));
		buf_puts(out, name);
	}
	buf_puts(out, s);
}
