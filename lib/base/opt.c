/* SPDX-License-Identifier: MIT */
#include "base/opt.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/msg.h"
#include "base/out.h"

static _Noreturn void
show(const char *text)
{
	struct out o;

	out_init(&o, STDOUT_FILENO, "stdout");
	out_add(&o, text, strlen(text));
	out_close(&o);
	exit(ST_OK);
}

static _Noreturn void
version(const struct opt *o)
{
	show(xasprintf("%s (conn) " CONN_VERSION "\n%s", msg_name(),
	    o->libraries ? o->libraries() : ""));
}

void
opt_wrong(const struct opt *o, const char *fmt, ...)
{
	char text[MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	msg("%s", text);
	if (o->refused != NULL)
		o->refused(text);
	exit(ST_USAGE);
}

void
opt_messages(const struct opt *o, const char *number)
{
	uint64_t fd;

	if (!opt_u64(number, INT_MAX, &fd) ||
	    fcntl((int)fd, F_SETFD, FD_CLOEXEC) != 0)
		opt_wrong(o, "--messages: no descriptor %s", number);
	msg_to((int)fd);
}

/* getopt_long also takes unique beginnings of long names; we do not. */
static void
exact(const struct opt *o, const struct option *l, const char *arg)
{
	struct span name = { arg + 2, strcspn(arg + 2, "=") };

	if (!span_is(name, l->name))
		opt_wrong(o, "unknown option --%.*s; try '%s --help'",
		    (int)name.n, name.p, msg_name());
}

static _Noreturn void
unknown(const struct opt *o, const char *arg)
{
	if (optopt > 0 && optopt < 128 && strncmp(arg, "--", 2) != 0)
		opt_wrong(o, "unknown option -%c; try '%s --help'", optopt,
		    msg_name());
	opt_wrong(o, "unknown option %s; try '%s --help'", arg, msg_name());
}

/* Operands and options in any order whatever POSIXLY_CORRECT says. */
int
opt_next(struct opt *o, int argc, char **argv)
{
	char shorts[64];
	int c, index = -1;

	snprintf(shorts, sizeof shorts, ":hV%s", o->shorts);
	unsetenv("POSIXLY_CORRECT");
	opterr = 0;
	c = getopt_long(argc, argv, shorts, o->longs, &index);
	if (index >= 0 && c != '?' && c != ':')
		exact(o, &o->longs[index],
		    argv[optind - (optarg == argv[optind - 1] ? 2 : 1)]);
	switch (c) {
	case 'h':
		show(o->usage);
	case 'V':
		version(o);
	case ':':
		opt_wrong(o, "option %s needs a value; try '%s --help'",
		    argv[optind - 1], msg_name());
	case '?':
		unknown(o, argv[optind - 1]);
	default:
		return c;
	}
}

bool
opt_u64(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (*s == '\0')
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return false;
	}
	*out = v;
	return v <= max;
}

/* Leading digits; what follows is the unit. */
static bool
leading(struct span s, uint64_t *v, struct span *unit)
{
	char digits[24];
	size_t n = 0;

	while (n < s.n && n < sizeof digits - 1 &&
	    s.p[n] >= '0' && s.p[n] <= '9') {
		digits[n] = s.p[n];
		n++;
	}
	digits[n] = '\0';
	*unit = (struct span){ s.p + n, s.n - n };
	return opt_u64(digits, UINT64_MAX, v);
}

bool
opt_duration(struct span s, double *out)
{
	static const struct { const char *unit; double s; } units[] = {
		{ "ms", 0.001 }, { "s", 1 }, { "m", 60 }, { "h", 3600 },
		{ "d", 86400 }
	};
	struct span unit;
	uint64_t v;

	if (!leading(s, &v, &unit) || v > 1000000000)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (span_is(unit, units[i].unit)) {
			*out = (double)v * units[i].s;
			return true;
		}
	return false;
}

bool
opt_size(struct span s, uint64_t *out)
{
	static const char *units[][3] = { { "", "B", "" },
		{ "K", "KiB", "k" }, { "M", "MiB", "m" }, { "G", "GiB", "g" } };
	struct span unit;
	uint64_t v;

	if (!leading(s, &v, &unit))
		return false;
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 3; j++)
			if (span_is(unit, units[i][j]))
				return !__builtin_mul_overflow(v,
				    (uint64_t)1 << 10 * i, out);
	return false;
}
