/* SPDX-License-Identifier: MIT */
#include "base/mask.h"

#include <string.h>

#include "base/msg.h"
#include "tap.h"

/* Shown like this. */
static void
shows(const char *text, const char *expected)
{
	char out[200];

	msg_clean(out, sizeof out, span_of(text));
	if (!ok(strcmp(out, expected) == 0, "%s", text))
		printf("# %s\n", out);
}

int
main(void)
{
	msg_secret(SPAN("xy"));
	shows("an xy is too short", "an xy is too short");
	msg_secret(SPAN("a/b\"c\\d&e=f"));
	msg_secret(SPAN("50%41 off"));
	msg_secret(SPAN("gr\xc3\xbc\xc3\x9f" "e"));
	msg_secret(SPAN("abcdefghij"));
	msg_secret(SPAN("\\\\\\\\"));

	shows("[a/b\"c\\d&e=f]", "[***]");
	shows("[a/b\\\"c\\\\d&e=f]", "[***]");
	shows("[a\\/b\\\"c\\\\d&e=f]", "[***]");
	shows("[a\\\\/b\\\\\\\"c\\\\\\\\d&e=f]", "[***]");
	shows("[a%2Fb%22c%5Cd%26e%3Df]", "[***]");
	shows("[a%2fb%22c%5cd%26e%3df]", "[***]");
	shows("[a/b\\u0022c\\u005cd\\u0026e=f]", "[***]");
	shows("[a&#x2F;b&quot;c\\d&amp;e=f]", "[***]");
	shows("[a/b'c\\d&e=f]", "[a/b'c\\d&e=f]");
	shows("50%41 off", "***");
	shows("50%2541%20off", "***");
	shows("50%2541+off", "***");
	shows("50A off", "50A off");
	shows("[gr\\u00fc\\u00dfe]", "[***]");
	shows("[gr%C3%BC%C3%9Fe]", "[***]");
	shows("[\\\\\\\\]", "[***]");
	shows("abcdefghij abcdefghi", "*** ***");
	shows("abcde", "abcde");
	shows("a\\/b\\\"c\\\\d", "***");
	shows("\\", "\\");
	shows("%", "%");
	shows("a%2", "a%2");
	shows("a&", "a&");
	return tap_done();
}
