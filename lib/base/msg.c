/* SPDX-License-Identifier: MIT */
#include "base/msg.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mask.h"
#include "base/progress.h"
#include "base/sig.h"
#include "base/utf8.h"

static const char *program = "conn";
static int verbosity, sink = STDERR_FILENO;

void
msg_program(const char *name)
{
	program = name;
}

const char *
msg_name(void)
{
	return program;
}

int
msg_to(int fd)
{
	int before = sink;

	sink = fd;
	return before;
}

void
msg_secret(struct span s)
{
	mask_add(s);
}

/* How the character at p is shown: its own bytes, or \xNN for one byte. */
static size_t
show(const char *p, size_t n, char piece[8], size_t *len)
{
	size_t k = utf8_len(p, n);
	uint32_t c = k ? utf8_point(p, k) : 0;

	if (k == 0 || utf8_steers(c)) {
		*len = (size_t)snprintf(piece, 8, "\\x%02x", (unsigned char)*p);
		return 1;
	}
	memcpy(piece, p, k);
	*len = k;
	return k;
}

void
msg_clean(char *out, size_t size, struct span t)
{
	size_t o = 0;

	for (size_t i = 0; i < t.n;) {
		char piece[8] = "***";
		size_t len = 3, k = mask_at(t.p + i, t.n - i);

		if (k == 0)
			k = show(t.p + i, t.n - i, piece, &len);
		if (o + len >= size)
			break;
		memcpy(out + o, piece, len);
		o += len;
		i += k;
	}
	out[o] = '\0';
}

static void
put_line(const char *level, const char *text)
{
	char line[MSG_MAX + 2];
	char raw[2 * MSG_MAX];
	size_t n;

	snprintf(raw, sizeof raw, "%s%s%s%s", program, *program ? ": " : "",
	    level, text);
	msg_clean(line, MSG_MAX, span_of(raw));
	n = strlen(line);
	line[n++] = '\n';
	progress_erase();
	if (write(sink, line, n) < 0)
		return;
}

static void MSG_PRINTF(2, 0)
put_va(const char *level, const char *fmt, va_list ap)
{
	char text[2 * MSG_MAX];

	vsnprintf(text, sizeof text, fmt, ap);
	put_line(level, text);
}

void
msg(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_va("", fmt, ap);
	va_end(ap);
}

void
warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_va("warning: ", fmt, ap);
	va_end(ap);
}

void
msg_verbosity(int level)
{
	verbosity = level;
}

bool
msg_detailed(void)
{
	return verbosity >= 2;
}

void
detail(const char *fmt, ...)
{
	va_list ap;

	if (!msg_detailed())
		return;
	va_start(ap, fmt);
	put_va("", fmt, ap);
	va_end(ap);
}

void
die(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_va("", fmt, ap);
	va_end(ap);
	exit(status);
}

int
err_set(struct err *e, int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	e->status = status;
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return -1;
}

void
err_print(const struct err *e)
{
	put_line("", e->text);
}

void
err_die(const struct err *e)
{
	if (sig_stop)
		sig_die(sig_stop);
	err_print(e);
	exit(e->status);
}
