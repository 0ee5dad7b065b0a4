/* SPDX-License-Identifier: MIT */
#include "run/versions.h"

#include <oniguruma.h>
#include <stdio.h>
#include <xxhash.h>
#include <yaml.h>

const char *
versions_map(void)
{
	static char text[256];
	unsigned v = XXH_VERSION_NUMBER;

	/* libjq 1.6 cannot tell its version: the build tells what it saw */
	snprintf(text, sizeof text, "libyaml/%s libjq/" CONN_JQ_VERSION
	    " oniguruma/%s xxhash/%u.%u.%u\n", yaml_get_version_string(),
	    onig_version(), v / 10000, v / 100 % 100, v % 100);
	return text;
}

const char *
versions_config(void)
{
	static char text[256];
	unsigned v = XXH_VERSION_NUMBER;

	snprintf(text, sizeof text, "libyaml/%s oniguruma/%s xxhash/%u.%u.%u\n",
	    yaml_get_version_string(), onig_version(), v / 10000,
	    v / 100 % 100, v % 100);
	return text;
}
