/* SPDX-License-Identifier: MIT */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The sanitizers trace and valgrind runs programs in their own way; coverage
 * is written at the end, wherever the source is. */
#if defined(__SANITIZE_ADDRESS__) || defined(CONN_COVERAGE) || \
    defined(CONN_NO_SANDBOX)
enum { AVAILABLE = 0 };
#else
enum { AVAILABLE = 1 };
#endif

void
sandbox_no_core(void)
{
	struct rlimit l;

	/* 1 byte, not 0: a core that is piped to a program knows no limit
	 * but this one (core(5)) */
	if (getrlimit(RLIMIT_CORE, &l) != 0)
		return;
	l.rlim_cur = l.rlim_max = l.rlim_max < 1 ? l.rlim_max : 1;
	(void)setrlimit(RLIMIT_CORE, &l);
}

/* ---- Landlock, as the kernel has it; its header may be older ---- */

enum {
	NR_CREATE = 444, NR_ADD = 445, NR_RESTRICT = 446,
	CREATE_VERSION = 1, BENEATH = 1,
	EXECUTE = 1 << 0, WRITE_FILE = 1 << 1, READ_FILE = 1 << 2,
	READ_DIR = 1 << 3,
	REMOVE_MAKE = 0x1ff << 4,       /* and all that makes an entry */
	REFER = 1 << 13, TRUNCATE = 1 << 14,    /* ABI 2, 3 */
	SCOPE_SIGNAL = 1 << 1           /* ABI 6 */
};

struct ruleset {
	uint64_t fs, net, scoped;
};

struct __attribute__((packed)) rule {
	uint64_t access;
	int32_t fd;
};

/* Its ABI; 0: there is none. */
static long
landlock(void)
{
	long abi = AVAILABLE ? syscall(NR_CREATE, NULL, 0, CREATE_VERSION) :
	    0;

	return abi > 0 ? abi : 0;
}

/* What is not there needs no leave. */
static void
allow(int set, const char *path, uint64_t access)
{
	struct rule r = { access, path ? open(path, O_PATH | O_CLOEXEC) : -1 };

	if (r.fd < 0)
		return;
	(void)syscall(NR_ADD, set, BENEATH, &r, 0);
	close(r.fd);
}

static void
restrict_files(const struct sandbox *s, long abi)
{
	uint64_t change = WRITE_FILE | REMOVE_MAKE |
	    (abi >= 2 ? REFER : 0) | (abi >= 3 ? TRUNCATE : 0);
	uint64_t see = READ_FILE | READ_DIR;
	struct ruleset r = { .scoped = abi >= 6 ? SCOPE_SIGNAL : 0 };
	int set;

	if (!(s->needs & SANDBOX_FILES))
		r.fs |= change;
	if (s->reads != NULL) {
		tzset();        /* its file is read for any time, also UTC's */
		r.fs |= see;
	}
	if (abi == 0 || (r.fs | r.scoped) == 0)
		return;
	/* an older kernel knows a shorter one */
	set = (int)syscall(NR_CREATE, &r, abi >= 6 ? sizeof r : abi >= 4 ?
	    2 * sizeof r.fs : sizeof r.fs, 0);
	if (set < 0)
		return;
	allow(set, s->writes[0], r.fs & change);
	allow(set, s->writes[1], r.fs & change);
	allow(set, s->reads, r.fs & see);
	allow(set, "/dev/null", r.fs & (WRITE_FILE | READ_FILE));
	(void)syscall(NR_RESTRICT, set, 0);
	close(set);
}

/* ---- seccomp ---- */

#if defined(__x86_64__)
enum { MACHINE = AUDIT_ARCH_X86_64, OTHER_ABI = 0x40000000 };
#elif defined(__aarch64__)
enum { MACHINE = (int)AUDIT_ARCH_AARCH64, OTHER_ABI = 0 };
#elif defined(__riscv) && __riscv_xlen == 64
enum { MACHINE = (int)AUDIT_ARCH_RISCV64, OTHER_ABI = 0 };
#else
enum { MACHINE = 0, OTHER_ABI = 0 };
#endif

static const unsigned short denied[] = {
	/* other processes */
	SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
	SYS_pidfd_getfd, SYS_kcmp,
	/* the kernel's less trodden paths */
	SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_keyctl, SYS_add_key,
	SYS_request_key, SYS_io_uring_setup, SYS_io_uring_enter,
	SYS_io_uring_register, SYS_open_by_handle_at, SYS_quotactl,
	/* its own view of the machine */
	SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare,
	SYS_setns, SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig,
	SYS_fsmount, SYS_fspick, SYS_mount_setattr,
	/* the machine */
	SYS_reboot, SYS_kexec_load, SYS_init_module, SYS_finit_module,
	SYS_delete_module, SYS_swapon, SYS_swapoff, SYS_acct,
	SYS_clock_settime, SYS_settimeofday, SYS_sethostname,
	SYS_setdomainname, SYS_syslog,
#ifdef SYS_kexec_file_load
	SYS_kexec_file_load,
#endif
#ifdef SYS_iopl
	SYS_iopl, SYS_ioperm,
#endif
};
enum { NDENIED = sizeof denied / sizeof *denied, FILTER_MAX = NDENIED + 24 };

struct filter {
	struct sock_filter v[FILTER_MAX];
	unsigned short n;
};

static void
put(struct filter *f, unsigned short code, uint32_t k, unsigned char yes,
    unsigned char no)
{
	f->v[f->n++] = (struct sock_filter){ code, yes, no, k };
}

static void
load(struct filter *f, size_t at)
{
	put(f, BPF_LD | BPF_W | BPF_ABS, (uint32_t)at, 0, 0);
}

/* Skips that many instructions if what was loaded is, or is not, value. */
static void
skip_if(struct filter *f, uint32_t value, unsigned char is,
    unsigned char is_not)
{
	put(f, BPF_JMP | BPF_JEQ | BPF_K, value, is, is_not);
}

static void
end(struct filter *f, uint32_t verdict)
{
	put(f, BPF_RET | BPF_K, verdict, 0, 0);
}

static void
deny(struct filter *f, uint32_t call)
{
	skip_if(f, call, 0, 1);
	end(f, SECCOMP_RET_ERRNO | EPERM);
}

/* What needs a server gets sockets of these families alone; netlink tells the
 * resolver which addresses there are. */
static void
deny_sockets(struct filter *f, unsigned needs)
{
	static const uint32_t families[] = { AF_UNIX, AF_INET, AF_INET6,
	    AF_NETLINK };
	enum { N = sizeof families / sizeof *families };

	if (!(needs & SANDBOX_NET)) {
		deny(f, SYS_socket);
		return;
	}
	skip_if(f, SYS_socket, 0, N + 3);
	/* the lower half of the argument; all our machines are such */
	load(f, offsetof(struct seccomp_data, args));
	for (int i = 0; i < N; i++)
		skip_if(f, families[i], (unsigned char)(N - i), 0);
	end(f, SECCOMP_RET_ERRNO | EAFNOSUPPORT);
	load(f, offsetof(struct seccomp_data, nr));
}

static void
make_filter(struct filter *f, unsigned needs)
{
	const uint32_t no = SECCOMP_RET_ERRNO | EPERM;

	f->n = 0;
	load(f, offsetof(struct seccomp_data, arch));
	skip_if(f, (uint32_t)MACHINE, 1, 0);
	end(f, no);
	load(f, offsetof(struct seccomp_data, nr));
	if (OTHER_ABI != 0) {
		put(f, BPF_JMP | BPF_JGE | BPF_K, OTHER_ABI, 0, 1);
		end(f, no);
	}
	deny_sockets(f, needs);
	deny(f, SYS_execve);
	deny(f, SYS_execveat);
	for (int i = 0; i < NDENIED; i++)
		skip_if(f, denied[i], (unsigned char)(NDENIED - i), 0);
	end(f, SECCOMP_RET_ALLOW);
	end(f, no);
}

static int
has_seccomp(void)
{
	uint32_t errno_action = SECCOMP_RET_ERRNO;

	return AVAILABLE && MACHINE != 0 && syscall(SYS_seccomp,
	    SECCOMP_GET_ACTION_AVAIL, 0, &errno_action) == 0;
}

void
sandbox_enter(const struct sandbox *s)
{
	struct filter f;
	struct sock_fprog p = { .filter = f.v };

	if (!AVAILABLE || (s->needs & SANDBOX_EXEC) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return;
	restrict_files(s, landlock());
	if (MACHINE == 0)
		return;
	make_filter(&f, s->needs);
	p.len = f.n;
	(void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p);
}

void
sandbox_describe(char out[SANDBOX_TEXT])
{
	long abi = landlock();
	int seccomp = has_seccomp();

	if (abi > 0)
		snprintf(out, SANDBOX_TEXT, "landlock %ld%s", abi,
		    seccomp ? ", seccomp" : "");
	else
		snprintf(out, SANDBOX_TEXT, "%s", seccomp ? "seccomp" :
		    "none here");
}
