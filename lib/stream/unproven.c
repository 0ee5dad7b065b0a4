/* SPDX-License-Identifier: MIT */
#include "stream/unproven.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "stream/record.h"

static int
failed(const char *path, struct err *e)
{
	return err_set(e, ST_PERSON, "%s: %s", path, strerror(errno));
}

int
unproven_read(const char *path, char **text, struct err *e)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct buf b = { 0 };
	int r = 0;

	*text = NULL;
	if (fd < 0)
		return errno == ENOENT ? 0 : failed(path, e);
	/* the lock last: who holds it may be writing */
	if (file_read_fd(fd, STREAM_CTL_MAX, &b) != 0 ||
	    fcntl(fd, F_GETLK, &lock) != 0)
		r = failed(path, e);
	else if (lock.l_type != F_UNLCK)
		*text = xstrdup("");
	else if (b.n > 0)       /* else it died as it made the file */
		*text = xstrdup(buf_cstr(&b));
	close(fd);
	buf_release(&b);
	return r;
}

bool
unproven_is(const char *text, const char *run)
{
	return text != NULL && strlen(text) > HASH_HEX &&
	    streq(text + HASH_HEX + 1, run);
}

static int
compose(struct buf *out, const char *run, struct err *e)
{
	char digits[HASH_HEX + 1];

	if (!hash_random(digits))
		return err_set(e, ST_TEMP, "no random bytes");
	buf_printf(out, "%s %s", digits, run);
	return 0;
}

static int
write_all(int fd, const char *path, struct span text)
{
	return file_write_synced(fd, text) == 0 &&
	    ftruncate(fd, (off_t)text.n) == 0 &&
	    file_sync_dir(path) == 0 ? 0 : -1;
}

/* In place, and never empty where something stood before: a reader that comes
 * meanwhile sees the lock, and if we die here nothing was sent. */
int
unproven_set(const char *path, const char *run, struct err *e)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct buf text = { 0 };
	int fd;

	if (compose(&text, run, e) != 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fcntl(fd, F_SETLK, &lock) != 0 ||
	    write_all(fd, path, buf_span(&text)) != 0) {
		failed(path, e);
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	buf_release(&text);
	return fd;
}

void
unproven_clear(const char *path)
{
	/* one that stays refuses more than it must, and nothing else */
	(void)unlink(path);
}
