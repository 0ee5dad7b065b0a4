/* SPDX-License-Identifier: MIT */
#include "run/versions.h"

#include <oniguruma.h>
#include <xxhash.h>
#include <yaml.h>

#include "base/mem.h"

const char *
versions_map(void)
{
	unsigned v = XXH_versionNumber();

	/* libjq 1.6 cannot tell its version: the build tells what it saw */
	return xasprintf("libyaml/%s libjq/" CONN_JQ_VERSION
	    " oniguruma/%s xxhash/%u.%u.%u\n", yaml_get_version_string(),
	    onig_version(), v / 10000, v / 100 % 100, v % 100);
}

const char *
versions_config(void)
{
	unsigned v = XXH_versionNumber();

	return xasprintf("libyaml/%s oniguruma/%s xxhash/%u.%u.%u\n",
	    yaml_get_version_string(), onig_version(), v / 10000,
	    v / 100 % 100, v % 100);
}
