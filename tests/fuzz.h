/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target: what it does with one input, and must hold of it. It is
 * either driven by libFuzzer (CONN_FUZZER, scripts/fuzz), or a program that
 * tries the files, and those of the folders, which it is called with.
 */
#ifndef CONN_TESTS_FUZZ_H
#define CONN_TESTS_FUZZ_H

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/msg.h"
#include "json/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* What a property demands. */
#define MUST(cond) \
	((cond) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #cond))

__attribute__((unused))
static _Noreturn void
fuzz_broken(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/* A copy with exactly BUF_PAD bytes after it, so that a sanitizer sees every
 * read beyond them. For free(). */
__attribute__((unused))
static char *
fuzz_padded(const void *p, size_t n)
{
	char *copy = xcalloc(n + BUF_PAD, 1);

	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}

/* Takes the number in front of the rest of an input; 0 where it is over. */
__attribute__((unused))
static unsigned
fuzz_byte(struct span *in)
{
	if (in->n == 0)
		return 0;
	in->n--;
	return (unsigned char)*in->p++;
}

/* Takes what is before the first such byte, which goes too; or all. */
__attribute__((unused))
static struct span
fuzz_part(struct span *in, char end)
{
	const char *at = in->n > 0 ? memchr(in->p, end, in->n) : NULL;
	struct span part = *in;

	if (at == NULL) {
		in->n = 0;
		return part;
	}
	part.n = (size_t)(at - in->p);
	in->p += part.n + 1;
	in->n -= part.n + 1;
	return part;
}

/* One JSON value, for readers of JSON that are not ours, too. */
__attribute__((unused))
static bool
fuzz_is_json(struct buf *b, unsigned depth)
{
	struct json_error e;

	buf_pad(b);
	return json_value_scan(buf_span(b), depth, NULL, NULL, &e) == 0;
}

#ifndef CONN_FUZZER

static size_t fuzz_tried;

static void
fuzz_file(const char *path)
{
	struct buf b = { 0 };
	char *exact;

	if (file_read(path, 1 << 20, &b) < 0)
		die(ST_USAGE, "%s: %s", path, strerror(errno));
	fprintf(stderr, "%s\n", path);
	exact = xmalloc(b.n > 0 ? b.n : 1);
	if (b.n > 0)
		memcpy(exact, b.p, b.n);
	LLVMFuzzerTestOneInput((const uint8_t *)exact, b.n);
	free(exact);
	buf_release(&b);
	fuzz_tried++;
}

static void
fuzz_folder(const char *path, DIR *dir)
{
	const struct dirent *d;
	char *file;

	while ((d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		file = file_join(path, d->d_name);
		fuzz_file(file);
		free(file);
	}
	closedir(dir);
}

int
main(int argc, char *argv[])
{
	msg_program("fuzz");
	/* a target may work in a folder of its own */
	for (int i = 1; i < argc; i++)
		argv[i] = file_absolute(argv[i]);
	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);

		if (dir != NULL)
			fuzz_folder(argv[i], dir);
		else
			fuzz_file(argv[i]);
		free(argv[i]);
	}
	printf("%zu inputs\n", fuzz_tried);
	return 0;
}

#endif
#endif
