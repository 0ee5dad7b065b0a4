/* SPDX-License-Identifier: MIT */
/* Driver `rest`: an API over HTTP; conn-rest(5). */
#include "base/mem.h"
#include "source/rest/check.h"
#include "source/rest/form.h"
#include "source/rest/format.h"
#include "source/rest/read.h"

static int
with_run(const struct request *rq, int (*work)(struct run *, struct err *),
    struct err *e)
{
	struct arena a = { 0 };
	struct run r;
	int result = run_open(&r, &a, rq, e);

	if (result == 0)
		result = work(&r, e);
	if (result != 0 && e->status == 0 && run_full(&r, e))
		result = 0;
	run_release(&r);
	arena_release(&a);
	return result;
}

static int
read_verb(const struct request *rq, struct err *e)
{
	return with_run(rq, rq->ids != NULL ? read_ids : read_all, e);
}

static int
poll_verb(const struct request *rq, struct err *e)
{
	return with_run(rq, read_poll, e);
}

static int
check_verb(const struct request *rq, struct err *e)
{
	return with_run(rq, check_all, e);
}

static int
discover_verb(const struct request *rq, struct err *e)
{
	return with_run(rq, check_discover, e);
}

static const char *
libraries(void)
{
	return xasprintf("%s\n%s", http_version(), format_libraries());
}

int
main(int argc, char **argv)
{
	struct source rest = {
		.type = "rest", .needs = SANDBOX_NET,
		.spec = form_spec(), .libraries = libraries,
		.check = check_verb, .discover = discover_verb,
		.read = read_verb, .poll = poll_verb
	};

	return source_main(&rest, argc, argv);
}
