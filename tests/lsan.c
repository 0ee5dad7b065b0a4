/* SPDX-License-Identifier: MIT */
/*
 * Linked to the sanitizers' build. LeakSanitizer looks for leaks by tracing the
 * process, and fails in one that is traced already, by strace or faulttool. No
 * option can say so: drivers get no environment. Where the read of who traces
 * it fails, a fault was injected: then it is traced.
 */
#include <stdio.h>

int __lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	int tracer = -1;

	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		if (sscanf(line, "TracerPid: %d", &tracer) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return tracer != 0;
}
