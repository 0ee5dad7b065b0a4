/* SPDX-License-Identifier: MIT */
/*
 * A library to be preloaded into a program: the Nth of its allocations fails,
 * or all from the Nth on.
 *
 * ALLOC_COUNT=FILE     of three numbers of 8 bytes: how many there were so far,
 *                      of the process, of what it becomes by exec(2) and of
 *                      what it forks; how many failed; how many of these
 *                      processes died in a library, called by another one
 *                      or by the program
 * ALLOC_AT=N           which fails; 0: none
 * ALLOC_ON=yes         and all after it
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

/* what glibc's own are called too */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);

static uint64_t *count;         /* NULL: not yet, or not here */
static uint64_t at;
static bool on;

static void *
object_of(const void *p)
{
	Dl_info i;

	return dladdr(p, &i) != 0 ? i.dli_fbase : NULL;
}

/* Whose is the innermost function that is not libc's, nor of here? */
static void
died(int sig)
{
	const void *libc = object_of((void *)(uintptr_t)__libc_malloc);
	const void *here = object_of(&count);
	const void *program = object_of((void *)getauxval(AT_PHDR));
	void *frames[64];
	int n = backtrace(frames, 64);

	(void)sig;
	for (int i = 0; i < n; i++) {
		const void *o = object_of(frames[i]);

		if (o == libc || o == here || o == NULL)
			continue;
		count[2] += o != program;
		return;
	}
}

/* It then dies of the signal as it would have. */
static void
watch_deaths(void)
{
	struct sigaction a = { .sa_handler = died,
		.sa_flags = (int)SA_RESETHAND };
	void *frames[2];

	backtrace(frames, 2);   /* which allocates when it is first called */
	sigaction(SIGSEGV, &a, NULL);
	sigaction(SIGBUS, &a, NULL);
	sigaction(SIGABRT, &a, NULL);
}

__attribute__((constructor)) static void
begin(void)
{
	const char *file = getenv("ALLOC_COUNT"), *n = getenv("ALLOC_AT");
	int fd = file != NULL ? open(file, O_RDWR | O_CLOEXEC) : -1;
	void *p;

	if (fd < 0)
		return;
	at = n != NULL ? strtoull(n, NULL, 10) : 0;
	on = getenv("ALLOC_ON") != NULL;
	watch_deaths();
	p = mmap(NULL, 3 * sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0);
	close(fd);
	if (p != MAP_FAILED)
		count = p;
}

static bool
fails(void)
{
	uint64_t n;

	if (count == NULL)
		return false;
	n = __atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
	if (n != at && (!on || n < at || at == 0))
		return false;
	__atomic_add_fetch(count + 1, 1, __ATOMIC_RELAXED);
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}

void *
reallocarray(void *p, size_t n, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(n, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, all);
}

void *
aligned_alloc(size_t align, size_t n)
{
	return fails() ? NULL : __libc_memalign(align, n);
}

int
posix_memalign(void **p, size_t align, size_t n)
{
	void *r = fails() ? NULL : __libc_memalign(align, n);

	if (r == NULL)
		return ENOMEM;
	*p = r;
	return 0;
}
