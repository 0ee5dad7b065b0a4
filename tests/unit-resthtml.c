/* SPDX-License-Identifier: MIT */
#include "source/rest/html.h"

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "tap.h"

/* Seconds for ten megabytes of anything, on a busy machine. */
enum { BIG = 10 << 20, LESS = 2 << 20, PATIENCE = 30 };

static const char *
one_line(const char *text, char out[64])
{
	snprintf(out, 64, "%s", text);
	for (char *p = out; *p != '\0'; p++)
		if (*p == '\n' || *p == '\r' || *p == '#')
			*p = ' ';
	return out;
}

static void
check(const char *html, const char *expected)
{
	char title[64];
	struct buf b = { 0 };
	bool good = html_text(span_of(html), &b) &&
	    streq(buf_cstr(&b), expected);

	if (!ok(good, "text of %.60s", one_line(html, title)))
		printf("# <%s>\n# <%s>\n", buf_cstr(&b), expected);
	buf_release(&b);
}

static void
test_inline(void)
{
	check("", "");
	check("a", "a");
	check("  a  b\t c ", "a b c");
	check("a<b>b</b>c <i>d</i>", "abc d");
	check("a&nbsp;b&amp;c&lt;d&gt;&quot;&apos;", "a b&c<d>\"'");
	check("caf&eacute; &euro;5 &#233;&#xE9;&#x1F600;",
	    "caf\xc3\xa9 \xe2\x82\xac" "5 \xc3\xa9\xc3\xa9\xf0\x9f\x98\x80");
	check("AT&T a&b=c &zzz; &; & &# &#x;", "AT&T a&b=c &zzz; &; & &# &#x;");
	check("&copy 5 &ampx &euro 5 &lt", "\xc2\xa9 5 &ampx &euro 5 <");
	check("&#150; &#0; &#xD800; &#99999999999;",
	    "\xe2\x80\x93 \xef\xbf\xbd \xef\xbf\xbd \xef\xbf\xbd");
	check("in&shy;dex\xc2\xad&#8203;able", "indexable");
	check("a < b > c <1", "a < b > c <1");
	check("x <b", "x <b");
	check("x <a href='1>2' title=\"a>b\" c = d>y</a>", "x y");
	check("x <a href=\"1>y</a> z", "x y z");
	check("<a title=>x</a><b / ><b/>y", "xy");
	check("a<!-- <p> -- > -->b<!doctype html>c<?pi?>d</ e>f", "abcdf");
	check("a <!-- b", "a");
	check("<img src=x alt='a &amp; b'>c", "a & b c");
	check("see <a href='/x'>this <b>page</b></a>.", "see this page.");
}

static void
test_blocks(void)
{
	check("<p>a</p><p>b</p>", "a\n\nb");
	check("<p>a<p>b", "a\n\nb");
	check("<div>a</div><div>b</div>c", "a\nb\nc");
	check("<div><div>a</div></div><p></p><p> </p><div>b</div>", "a\n\nb");
	check("a<br>b<br/>c<br><br><br>d", "a\nb\nc\n\nd");
	check("a<hr>b", "a\n\nb");
	check("<h1>T</h1>\n<p>a\nb</p>\n", "T\n\na b");
	check("<P>a</P><BR>b", "a\n\nb");
	check("<html><head><title>T</title><style>p{}</style><script>if(a<b)"
	    "</script></head><body>a</body></html>", "T\n\na");
	check("a<script>x</script >b<SCRIPT>y</Script>c", "abc");
	check("a<script>x", "a");
	check("a<script/>b<style type='a'/>c", "abc");
	check("a<template><p>b<template>c</template>d</template>e", "ae");
	check("a<svg><title>x</title><path d='1'/></svg>b", "ab");
	check("<dl><dt>a</dt><dd>b</dd><dt>c</dt><dd>d</dd></dl>",
	    "a\nb\nc\nd");
	check("<blockquote>a</blockquote>b", "a\n\nb");
	check("a<noscript>b</noscript>", "ab");
}

static void
test_pre(void)
{
	check("<pre>a\n  b\n\n\nc</pre>d", "a\n  b\n\n\nc\n\nd");
	check("x<pre>\n a\r\n\tb\n</pre>y", "x\n\n a\n\tb\n\ny");
	check("<pre><code>if (a &lt; b)\n\tc;</code></pre>",
	    "if (a < b)\n\tc;");
	check("<pre>a<br>b</pre>", "a\nb");
	check("<pre>a", "a");
	check("</pre>a  b", "a b");
	check("<textarea> a\n b</textarea>", " a\n b");
}

static void
test_lists(void)
{
	check("<ul><li>a</li><li>b</li></ul>", "- a\n- b");
	check("x<ul><li>a<li>b</ul>y", "x\n\n- a\n- b\n\ny");
	check("<ol><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ol>",
	    "1. a\n2. b\n  - c\n3. d");
	check("<ol start='9'><li>a<li>b</ol>", "9. a\n10. b");
	check("<ul><li><p>a</p><p>b</p></li><li><p>c</p></li></ul>",
	    "- a\n  b\n- c");
	check("<ul><li></li><li>a</li></ul>", "- a");
	check("<li>a</li><li>b</li>", "- a\n- b");
	check("<ul><ul><ul><li>a</ul></ul></ul></ul></ul>b", "    - a\n\nb");
	check("<ul>\n<li>\na\n</li>\n</ul>", "- a");
}

static void
test_tables(void)
{
	check("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td>"
	    "</tr></table>", "a | b\n1 | 2");
	check("x<table><tbody><tr><td><p>a</p></td><td><p>b</p></td></tr>"
	    "</tbody></table>y", "x\n\na | b\n\ny");
	check("<table><tr><td>a<td><td>c<tr><td><td>e</table>",
	    "a |  | c\n| e");
	check("<table><tr><td><p>a</p><p>b</p></td><td>c</td></tr><tr><td>d"
	    "</td><td>e</td></tr></table>", "a\nb\nc\nd | e");
	check("<table><tr><td>a</td><td><table><tr><td>b</td><td>c</td></tr>"
	    "</table></td><td>d</td></tr></table>", "a\nb | c\nd");
	check("<table><tr><td><ul><li>a</li><li>b</li></ul></td><td>c</td>"
	    "</tr></table>", "- a\n- b\nc");
	check("<td>a</td><td>b</td>", "a\nb");
	check("<table><caption>T</caption><tr><td>a</td></tr></table>", "T\na");
}

static void
test_storage(void)
{
	check("<p>a</p><ac:structured-macro ac:name=\"code\"><ac:parameter "
	    "ac:name=\"language\">c</ac:parameter><ac:plain-text-body>"
	    "<![CDATA[int x = 1 < 2;\n  y(\"<b>&amp;\");]]>"
	    "</ac:plain-text-body></ac:structured-macro><p>b</p>",
	    "a\n\nint x = 1 < 2;\n  y(\"<b>&amp;\");\n\nb");
	check("is <ac:structured-macro ac:name=\"status\"><ac:parameter "
	    "ac:name=\"colour\">Green</ac:parameter><ac:parameter "
	    "ac:name=\"title\">DONE</ac:parameter></ac:structured-macro> now",
	    "is DONE now");
	check("<ac:structured-macro ac:name=\"info\"><ac:rich-text-body><p>a</p>"
	    "</ac:rich-text-body></ac:structured-macro>b", "a\n\nb");
	check("see <ac:link><ri:page ri:content-title=\"A &amp; B\"/></ac:link>."
	    "<ac:link><ri:page ri:content-title=\"P\" /><ac:plain-text-link-body>"
	    "<![CDATA[this <page>]]></ac:plain-text-link-body></ac:link>",
	    "see A & B.this <page>");
	check("<ac:link><ri:attachment ri:filename=\"a.pdf\"/><ac:link-body>"
	    "<b>doc</b></ac:link-body></ac:link> <ac:link><ri:attachment "
	    "ri:filename=\"b.pdf\"/></ac:link>", "doc b.pdf");
	check("<ac:image ac:alt=\"plan\"><ri:attachment ri:filename=\"p.png\"/>"
	    "</ac:image><ac:link><ri:user ri:account-id=\"1\"/></ac:link>b",
	    "plan b");
	check("<ac:task-list><ac:task><ac:task-id>7</ac:task-id><ac:task-status>"
	    "incomplete</ac:task-status><ac:task-body>buy</ac:task-body>"
	    "</ac:task></ac:task-list>", "- buy");
	check("on <time datetime=\"2024-02-03\" /> <ac:emoticon ac:name=\"x\" "
	    "ac:emoji-fallback=\"\xf0\x9f\x98\x80\" />",
	    "on 2024-02-03 \xf0\x9f\x98\x80");
	check("<ac:layout><ac:layout-section><ac:layout-cell><p>a</p>"
	    "</ac:layout-cell><ac:layout-cell>b</ac:layout-cell>"
	    "</ac:layout-section></ac:layout>", "a\n\nb");
	check("<ac:adf-extension><ac:adf-node type=\"panel\"><ac:adf-attribute "
	    "key=\"t\">note</ac:adf-attribute><ac:adf-content><p>a</p>"
	    "</ac:adf-content></ac:adf-node><ac:adf-fallback><p>a</p>"
	    "</ac:adf-fallback></ac:adf-extension>", "a");
}

/* The text is added to what out has, and it is UTF-8 whatever came. */
static void
test_bytes(void)
{
	struct buf b = { 0 };

	buf_puts(&b, "x\n");
	html_text(SPAN("<p> a"), &b);
	ok(streq(buf_cstr(&b), "x\na"), "added, not replaced");
	buf_clear(&b);
	html_text(SPAN("a\0b\xff<p \0>\xe2\x82" "c\x01&#1;"), &b);
	ok(b.n == strlen(buf_cstr(&b)) && streq(b.p,
	    "ab\xef\xbf\xbd\n\n\xef\xbf\xbd\xef\xbf\xbd" "c"),
	    "NUL, controls and bad UTF-8");
	buf_release(&b);
}

/* A piece again and again, in linear time. */
static void
grow(const char *first, const char *second, size_t size, const char *title)
{
	struct buf in = { 0 }, out = { 0 };
	double begin, took;

	while (in.n < size / 2)
		buf_puts(&in, first);
	while (in.n < size)
		buf_puts(&in, second);
	begin = clock_mono();
	html_text(buf_span(&in), &out);
	took = clock_mono() - begin;
	ok(took < PATIENCE && out.n <= 16 * in.n, "%zu MB of %s", size >> 20, title);
	printf("# %.2f s, %zu bytes\n", took, out.n);
	buf_release(&in);
	buf_release(&out);
}

static void
test_hostile(void)
{
	grow("<b>", "</i>", BIG, "nested tags, and ends of others");
	grow("<div>", "</div>", LESS, "nested blocks");
	grow("<ul><li>x", "</ul>", LESS, "nested lists");
	grow("<table><tr><td>x", "</table>", LESS, "nested tables");
	grow("<pre>\n", "</pre>", LESS, "nested pre");
	grow("<template>", "<b>", LESS, "what is not shown");
	grow("<a href=\"", "<b c='", BIG, "quotes that do not end");
	grow("<a \"> <a '> <a =\">", "<a '=>\"", LESS, "quotes that cross");
	grow("<", "<a", LESS, "tags that do not end");
	grow("<!", "<?", LESS, "declarations");
	grow("<script>", "</", LESS, "scripts");
	grow("<![CDATA[", "]]", LESS, "sections");
	grow("<a ", "a=b ", LESS, "attributes");
	grow("&zzzzzz;", "&#x", LESS, "entities that are none");
	grow("&", "&amp;", LESS, "entities");
	grow("<td>", "<li>", LESS, "cells and items");
}

/* Pieces at random: UTF-8 comes out, and no more than it may be. */
static void
test_random(void)
{
	static const char *const pieces[] = { "<", ">", "/", "<p>", "</p>",
		"<li>", "<ul>", "</ul>", "<ol start=3>", "</ol>", "<table>",
		"</table>", "<tr>", "<td>", "</td>", "<pre>", "</pre>", "a ",
		"b\n", "&amp;", "&#", "&eacute;", "<br/>", "<script>",
		"</script>", "<!--", "-->", "<![CDATA[", "]]>", "\"", "'", "=",
		"\xff", "\xc3", "\xa9", "<ac:parameter ac:name='x'>",
		"</ac:parameter>", "<ac:link>", "<ri:page ri:content-title='t'/>",
		"</ac:link>", "<img alt='x", "<template>", "</template>" };
	const unsigned n = sizeof pieces / sizeof *pieces;
	uint64_t seed = (uint64_t)time(NULL);
	double end = clock_mono() + 1;
	struct buf in = { 0 }, out = { 0 };
	unsigned rounds = 0;
	bool good = true;

	printf("# seed %llu\n", (unsigned long long)seed);
	for (; good && clock_mono() < end; rounds++) {
		buf_clear(&in);
		buf_clear(&out);
		for (int i = 0; i < 40; i++) {
			seed = seed * 6364136223846793005U + 1442695040888963407U;
			buf_puts(&in, pieces[(seed >> 33) % n]);
		}
		/* at its end nothing readable follows */
		char *exact = malloc(in.n);

		memcpy(exact, in.p, in.n);
		html_text((struct span){ exact, in.n }, &out);
		free(exact);
		good = utf8_valid(out.p, out.n);
	}
	ok(good && rounds > 0, "random pieces give UTF-8");
	printf("# %u texts\n", rounds);
	buf_release(&in);
	buf_release(&out);
}

int
main(void)
{
	test_inline();
	test_blocks();
	test_pre();
	test_lists();
	test_tables();
	test_storage();
	test_bytes();
	test_hostile();
	test_random();
	return tap_done();
}
