/* SPDX-License-Identifier: MIT */
/* Test Anything Protocol for the unit tests: ok(condition, "name", ...). */
#ifndef CONN_TESTS_TAP_H
#define CONN_TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 3, 4), unused))
static bool
tap_result(bool good, int line, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	if (!good) {
		tap_failed++;
		printf("# failed at line %d\n", line);
	}
	return good;
}

#define ok(good, ...) tap_result((good), __LINE__, __VA_ARGS__)

__attribute__((unused))
static int
tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif
