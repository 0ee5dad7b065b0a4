/* SPDX-License-Identifier: MIT */
/*
 * Patterns of paths: what they say of a folder holds for the paths below it.
 * A pattern without ** and without bytes beyond ASCII says what fnmatch(3)
 * says. The input: a pattern, a line break, a path.
 */
#include "fuzz.h"

#include <fnmatch.h>

#include "source/pattern.h"

static bool
plain(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' ||
		    strchr("[]\\", s.p[i]) != NULL ||
		    (s.p[i] == '*' && i > 0 && s.p[i - 1] == '*'))
			return false;
	return s.n > 0;
}

/* A path as relative ones are: no empty name in it. */
static bool
is_path(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || (s.p[i] == '/' && (i == 0 ||
		    i + 1 == s.n || s.p[i - 1] == '/')))
			return false;
	return s.n > 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span path = { (const char *)p, n };
	struct span text = fuzz_part(&path, '\n'), folder = path;
	struct pattern pat = { 0 };
	bool match, covered;

	if (pattern_parse(&pat, text) == NULL && is_path(path)) {
		match = pattern_match(&pat, path);
		while (folder.n > 0 && folder.p[folder.n - 1] != '/')
			folder.n--;
		if (folder.n > 0) {
			folder.n--;
			covered = pattern_covers(&pat, folder);
			MUST(!match || pattern_below(&pat, folder));
			MUST(match || !covered);
		}
		if (plain(text) && plain(path)) {
			char *a = xstrndup(text), *b = xstrndup(path);

			MUST(match == (fnmatch(a, b, FNM_PATHNAME) == 0));
			free(a);
			free(b);
		}
	}
	pattern_release(&pat);
	return 0;
}
