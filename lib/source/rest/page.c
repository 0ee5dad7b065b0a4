/* SPDX-License-Identifier: MIT */
#include "source/rest/page.h"

#include <stdlib.h>

#include "base/mem.h"

/* How far a page is looked at: for its kind, for a form. */
enum { HEAD = 4 << 10, DEPTH = 1 << 20 };

static const char *const forms[] = {
	"type=\"password\"", "type='password'", "type=password",
	"name=\"samlrequest\"", "name='samlrequest'"
};
static const char *const titles[] = {
	"login", "log in", "log-in", "logon", "log on", "sign in", "signin",
	"sign-in", "single sign"
};

/* In lower case, without NUL, as a string. */
static char *
lowered(struct span s)
{
	char *p = xstrndup(s);

	for (size_t i = 0; i < s.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] | 0x20);
		else if (p[i] == '\0')
			p[i] = ' ';
	return p;
}

static bool
is_page(char *text)
{
	const char *first = text + strspn(text, " \t\r\n");
	size_t n = strlen(text);
	char cut = text[n < HEAD ? n : HEAD];
	bool found;

	if (*first != '<')
		return false;
	text[n < HEAD ? n : HEAD] = '\0';
	found = strstr(first, "<!doctype html") != NULL ||
	    strstr(first, "<html") != NULL || strstr(first, "<body") != NULL;
	text[n < HEAD ? n : HEAD] = cut;
	return found;
}

static bool
title_asks(const char *text)
{
	const char *from = strstr(text, "<title"), *to;

	if (from == NULL || (to = strstr(from, "</title")) == NULL)
		return false;
	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
		const char *at = strstr(from, titles[i]);

		if (at != NULL && at < to)
			return true;
	}
	return false;
}

static bool
asks_to_log_in(const char *text)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strstr(text, forms[i]) != NULL)
			return true;
	return title_asks(text);
}

const char *
page_kind(struct span text)
{
	const char *kind = NULL;
	char *low;

	if (text.n > DEPTH)
		text.n = DEPTH;
	low = lowered(text);
	if (is_page(low))
		kind = asks_to_log_in(low) ? "a login page" : "a web page";
	free(low);
	return kind;
}
