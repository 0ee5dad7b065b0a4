/* SPDX-License-Identifier: MIT */
#include "source/pattern.h"

#include <stdlib.h>

#include "base/mem.h"
#include "tap.h"

static void
match(const char *text, const char *path, bool expected)
{
	struct pattern p;
	const char *why = pattern_parse(&p, span_of(text));

	ok(why == NULL && pattern_match(&p, span_of(path)) == expected,
	    "%s %s %s", text, expected ? "matches" : "does not match", path);
	pattern_release(&p);
}

static void
test_match(void)
{
	static const struct {
		const char *pattern;
		const char *yes[6], *no[6];
	} t[] = {
		{ "a", { "a" }, { "b", "aa", "a/a", "b/a" } },
		{ "*", { "a", "abc", ".a", "ü" }, { "a/b" } },
		{ "*.md", { ".md", "a.md", "a.md.md" }, { "a.mdx", "b/a.md" } },
		{ "a*b*c", { "abc", "axxbyyc", "abcbc" }, { "ab", "abcd" } },
		{ "?", { "a", "ü", "\xff" }, { "ab", "a/b" } },
		{ "??", { "ab", "üü" }, { "a", "ü", "abc" } },
		{ "[a-c]x", { "ax", "cx" }, { "dx", "x", "Ax" } },
		{ "[!a-c]", { "d", "ü" }, { "a", "c" } },
		{ "[^a]", { "b" }, { "a" } },
		{ "[]a]", { "]", "a" }, { "b" } },
		{ "[!]a]", { "b" }, { "]", "a" } },
		{ "[a-]", { "a", "-" }, { "b" } },
		{ "[à-ü]", { "é" }, { "e", "z" } },
		{ "[\\]x]", { "]", "x" }, { "\\" } },
		{ "\\*", { "*" }, { "a", "\\*" } },
		{ "\\[a]", { "[a]" }, { "a" } },
		{ "\xff*", { "\xff", "\xff" "a" }, { "\xfe", "ÿ" } },
		{ "**", { "a", "a/b", "a/b/c" }, { "" } },
		{ "**/a", { "a", "b/a", "b/c/a" }, { "a/b", "ba" } },
		{ "a/**", { "a/b", "a/b/c" }, { "a", "b/a", "ab/c" } },
		{ "a/**/b", { "a/b", "a/x/b", "a/x/y/b", "a/b/b" },
		    { "a/bx", "b", "x/a/b" } },
		{ "**/a/**/b", { "a/b", "x/a/y/b", "a/a/x/b/b" },
		    { "a", "b/a" } },
		{ "**/**", { "a", "a/b" }, { "" } },
		{ "a**b", { "ab", "axb" }, { "a/b" } },
		{ "**/*.tar.gz", { "x.tar.gz", "a/b/y.tar.gz" },
		    { "x.tar.gz/a" } },
		{ "a/*/c", { "a/b/c" }, { "a/c", "a/b/b/c" } },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		for (size_t k = 0; k < 6 && t[i].yes[k]; k++)
			match(t[i].pattern, t[i].yes[k], true);
		for (size_t k = 0; k < 6 && t[i].no[k]; k++)
			match(t[i].pattern, t[i].no[k], false);
	}
}

static void
folder(const char *text, const char *path, bool below, bool covers)
{
	struct pattern p;

	pattern_parse(&p, span_of(text));
	ok(pattern_below(&p, span_of(path)) == below,
	    "%s may %smatch below %s", text, below ? "" : "not ", path);
	ok(pattern_covers(&p, span_of(path)) == covers,
	    "%s does %smatch all below %s", text, covers ? "" : "not ", path);
	pattern_release(&p);
}

static void
test_folders(void)
{
	folder("**", "a", true, true);
	folder("**", "a/b", true, true);
	folder("a/**", "a", true, true);
	folder("a/**", "a/b", true, false);
	folder("a/**", "b", false, false);
	folder("**/x/**", "a/x", true, true);
	folder("**/x/**", "a", true, false);
	folder("*.md", "a", false, false);
	folder("a/*.md", "a", true, false);
	folder("a/b/*.md", "a", true, false);
	folder("a/b/*.md", "a/b/c", false, false);
	folder("a/b/*.md", "a/c", false, false);
	folder("**/*.md", "a/b/c", true, false);
	folder("a/**/c", "a/b", true, false);
	folder("*/x", "anything", true, false);
	folder("a", "a", false, false);
}

static void
test_wrong(void)
{
	static const char *const wrong[] = { "", "/a", "a/", "a//b", ".", "..",
		"a/../b", "./a", "[", "[a", "[a-", "[]", "[!]", "a\\",
		"[a\\]", "[[:alpha:]]", "a[/]b" };
	char *many = xmalloc(2 * PATTERN_MAX + 2);
	struct pattern p;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ok(pattern_parse(&p, span_of(wrong[i])) != NULL &&
		    p.parts == NULL, "'%s' is refused", wrong[i]);
	ok(pattern_parse(&p, (struct span){ "a\0b", 3 }) != NULL, "NUL");
	memset(many, 'a', 2 * PATTERN_MAX + 2);
	ok(pattern_parse(&p, (struct span){ many, PATTERN_MAX }) == NULL,
	    "as long as it may be");
	pattern_release(&p);
	ok(pattern_parse(&p, (struct span){ many, PATTERN_MAX + 1 }) != NULL,
	    "longer");
	for (size_t i = 1; i < 2 * PATTERN_NAMES + 2; i += 2)
		many[i] = '/';
	ok(pattern_parse(&p, (struct span){ many, 2 * PATTERN_NAMES - 1 }) ==
	    NULL, "as many names as there may be");
	pattern_release(&p);
	ok(pattern_parse(&p, (struct span){ many, 2 * PATTERN_NAMES + 1 }) !=
	    NULL, "one more");
	free(many);
}

/* Stars that cannot match must not take exponential time. */
static void
test_time(void)
{
	char path[2001];

	memset(path, 'a', 2000);
	path[2000] = '\0';
	match("*a*a*a*a*a*a*a*a*a*a*a*a*b", path, false);
	for (int i = 1; i < 2000; i += 2)
		path[i] = '/';
	match("**/a/**/a/**/a/**/a/**/a/**/a/**/b", path, false);
}

int
main(void)
{
	test_match();
	test_folders();
	test_wrong();
	test_time();
	return tap_done();
}
