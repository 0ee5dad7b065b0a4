/* SPDX-License-Identifier: MIT */
/*
 * A library to be preloaded into a program: the Nth of its allocations fails,
 * or all from the Nth on.
 *
 * ALLOC_COUNT=FILE     of two numbers of 8 bytes: how many there were so far,
 *                      of the process, of what it becomes by exec(2) and of
 *                      what it forks; how many failed
 * ALLOC_AT=N           which fails; 0: none
 * ALLOC_ON=yes         and all after it
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
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
	p = mmap(NULL, 2 * sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
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
