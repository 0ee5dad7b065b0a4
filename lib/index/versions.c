/* SPDX-License-Identifier: MIT */
#include "index/versions.h"

#include <sqlite3.h>
#include <stdio.h>

#include "net/gzip.h"
#include "net/http.h"
#include "run/versions.h"

static const char *
versions_index(void)
{
	static char text[512];

	snprintf(text, sizeof text, "%s %s SQLite/%s\n", http_version(),
	    gzip_version(), sqlite3_libversion());
	return text;
}

const char *
versions_all(void)
{
	static char text[1024];

	snprintf(text, sizeof text, "%s%s", versions_map(), versions_index());
	return text;
}
