/* SPDX-License-Identifier: MIT */
#include "base/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"

volatile sig_atomic_t progress_asked;
static void (*describe)(char *, size_t);
static bool terminal, shared, shown;
static double next;

void
progress_start(void (*text)(char *, size_t))
{
	const char *term = getenv("TERM");

	describe = text;
	terminal = isatty(STDERR_FILENO) && !(term && streq(term, "dumb"));
	shared = terminal && isatty(STDOUT_FILENO);
	next = clock_mono() + 0.5;
	atexit(progress_erase);
}

bool
progress_active(void)
{
	return terminal;
}

static void
show(void)
{
	char text[200], line[256];
	int n;

	describe(text, sizeof text);
	n = snprintf(line, sizeof line, "\r\033[K%s: %s", msg_name(), text);
	shown = n > 0 && write(STDERR_FILENO, line, (size_t)n) > 0;
	next = clock_mono() + 0.5;
}

void
progress_tick(void)
{
	char text[200];

	if (progress_asked) {
		progress_asked = 0;
		if (describe != NULL) {
			int before = msg_to(STDERR_FILENO);

			describe(text, sizeof text);
			msg("%s", text);
			msg_to(before);
		}
	}
	if (terminal && clock_mono() >= next)
		show();
}

void
progress_erase(void)
{
	if (!shown)
		return;
	shown = false;
	if (write(STDERR_FILENO, "\r\033[K", 4) < 0)
		return;
}

void
progress_yield(void)
{
	if (shared)
		progress_erase();
}
