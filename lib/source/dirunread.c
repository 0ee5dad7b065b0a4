/* SPDX-License-Identifier: MIT */
#include "source/dirunread.h"

#include "json/text.h"
#include "source/fileid.h"

enum { FOLDERS_MOST = 1000 };    /* of more than that all files are told */

static const char UNREAD[] = "unread";

void
dirunread_add(struct dirunread *u, struct span folder)
{
	struct buf prefix = { 0 };

	if (u->n++ >= FOLDERS_MOST)
		return;
	fileid_put(&prefix, folder);
	buf_putc(&prefix, '/');
	if (u->n > 1)
		buf_putc(&u->text, ',');
	json_put_string(&u->text, buf_span(&prefix));
	buf_release(&prefix);
}

void
dirunread_put(const struct dirunread *u, struct buf *out)
{
	if (u->n == 0)
		return;
	json_put_key(out, UNREAD);
	buf_putc(out, '[');
	if (u->n > FOLDERS_MOST)
		json_put_cstring(out, "");
	else
		buf_add_span(out, buf_span(&u->text));
	buf_putc(out, ']');
}

void
dirunread_release(struct dirunread *u)
{
	buf_release(&u->text);
}

const struct val *
dirunread_of(const struct val *position)
{
	const struct val *list = val_get(position, UNREAD);

	return val_nitems(list) > 0 ? list : NULL;
}

bool
dirunread_has(const struct val *list, struct span id)
{
	for (size_t i = 0; i < val_nitems(list); i++)
		if (span_starts(id, val_str(list->items[i])))
			return true;
	return false;
}
