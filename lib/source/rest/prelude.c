/* SPDX-License-Identifier: MIT */
#include "source/rest/prelude.h"

static const char text[] =
"# Times are RFC 3339 with any fraction and offset, dates, or numbers of\n"
"# seconds or milliseconds since 1970; null gives null.\n"
"\n"
"# Seconds since 1970, without their fraction: \"1970-01-02\" -> 86400\n"
"def epoch: if . == null then null\n"
"    else tojson | _epoch_ms | tonumber / 1000 | floor end;\n"
"# Milliseconds since 1970.\n"
"def epoch_ms: if . == null then null\n"
"    else tojson | _epoch_ms | tonumber end;\n"
"# RFC 3339 in UTC: 1767225600 -> \"2026-01-01T00:00:00Z\"\n"
"def time: if . == null then null else tojson | _time end;\n"
"# Written as strftime(3) does, in UTC: fmt(\"%Y-%m-%d %H:%M\")\n"
"def fmt(f): if . == null then null\n"
"    else f as $f | epoch | strftime($f) end;\n"
"\n"
"# For next: a query that counts items, or pages from the first one asked\n"
"# for (1 if the query did not say), until a page is empty.\n"
"def offset($name): if $n > 0\n"
"    then {query: {($name): (($q[$name] // 0 | tonumber) + $n)}}\n"
"    else null end;\n"
"def pages($name): if $n > 0\n"
"    then {query: {($name): (($q[$name] // 1 | tonumber) + 1)}}\n"
"    else null end;\n"
"\n"
"# In C: text (HTML or a storage format as text to read), sha256 (of a\n"
"# string, in hex); null gives null.\n";

const char *
prelude_text(void)
{
	return text;
}
