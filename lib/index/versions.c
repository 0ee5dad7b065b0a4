/* SPDX-License-Identifier: MIT */
#include "index/versions.h"

#include <sqlite3.h>

#include "base/mem.h"
#include "net/http.h"
#include "run/versions.h"

const char *
versions_index(void)
{
	return xasprintf("%s SQLite/%s\n", http_version(),
	    sqlite3_libversion());
}

const char *
versions_all(void)
{
	return xasprintf("%s%s", versions_map(), versions_index());
}
