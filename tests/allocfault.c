/* SPDX-License-Identifier: MIT */
/*
 * A library to be preloaded into a program: the Nth of its allocations fails,
 * or all from the Nth on.
 *
 * ALLOC_COUNT=FILE     of 8 bytes: how many there were so far; of the process,
 *                      of what it becomes by exec(2) and of what it forks
 * ALLOC_AT=N           which fails; 0: none
 * ALLOC_ON=yes         and all after it
 * ALLOC_MARK=FILE      gets a line `struck` when the first one fails
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
static const char *mark;

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
	mark = getenv("ALLOC_MARK");
	p = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0);
	close(fd);
	if (p != MAP_FAILED)
		count = p;
}

static void
struck(void)
{
	int fd = mark != NULL ? open(mark, O_WRONLY | O_CREAT | O_APPEND |
	    O_CLOEXEC, 0600) : -1;

	if (fd < 0)
		return;
	if (write(fd, "struck\n", 7) != 7)
		_exit(125);
	close(fd);
}

static bool
fails(void)
{
	uint64_t n;

	if (count == NULL)
		return false;
	n = __atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
	if (n == at)
		struck();
	if (n != at && (!on || n < at || at == 0))
		return false;
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
