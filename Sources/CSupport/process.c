// Processes that run a stranger's script: started with nothing, and closed off by the kernel before they read it.
#define _GNU_SOURCE
#include "support.h"
#include "system.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/// Nothing of this process's way with signals, and a process group of its own.
static void set_apart(posix_spawnattr_t *attributes) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_init(attributes);
  posix_spawnattr_setsigmask(attributes, &none);
  posix_spawnattr_setsigdefault(attributes, &all);
  posix_spawnattr_setpgroup(attributes, 0);
  posix_spawnattr_setflags(
      attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

int nnrepl_start_beside(const char *const arguments[]) {
  posix_spawnattr_t attributes;
  set_apart(&attributes);
  pid_t child = -1;
  int failed = posix_spawn(
      &child, "/proc/self/exe", NULL, &attributes, (char *const *)arguments, environ);
  posix_spawnattr_destroy(&attributes);
  if (!failed) return child;
  errno = failed;
  return -1;
}

int nnrepl_start(const char *const arguments[], int is_silent, int *channel) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  set_apart(&attributes);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  if (is_silent) posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  // What the loader and the matrix library need; the process forgets it before it reads anything.
  char libraries[4096] = "";
  const char *path = getenv("LD_LIBRARY_PATH");
  if (path) snprintf(libraries, sizeof libraries, "LD_LIBRARY_PATH=%s", path);
  char *environment[] = {"OPENBLAS_NUM_THREADS=1", path ? libraries : NULL, NULL};
  pid_t child = -1;
  int failed = posix_spawn(
      &child, "/proc/self/exe", &actions, &attributes, (char *const *)arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(ends[1]);
  if (failed) {
    close(ends[0]);
    errno = failed;
    return -1;
  }
  *channel = ends[0];
  return child;
}

int nnrepl_end(int process) {
  kill(-process, SIGKILL);
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

void nnrepl_follow_parent(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  clearenv();
}

// What is asked of a fork server: a child that gets the file sent along (0), or the end of a child (its id).
static ssize_t ask(int server, int32_t child, int file) {
  struct iovec part = {&child, sizeof child};
  char control[CMSG_SPACE(sizeof(int))] = {0};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (file >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(header), &file, sizeof file);
  }
  return sendmsg(server, &message, MSG_NOSIGNAL);
}

static int32_t answer(int server) {
  int32_t value = -1;
  ssize_t count;
  struct pollfd wait = {server, POLLIN, 0};
  // A fork server that was stopped must not stop whoever asks.
  while ((count = poll(&wait, 1, 30000)) < 0 && errno == EINTR) {
  }
  if (count <= 0) return -1;
  while ((count = recv(server, &value, sizeof value, MSG_WAITALL)) < 0 && errno == EINTR) {
  }
  return count == sizeof value ? value : -1;
}

void nnrepl_fork_server(int channel) {
  for (;;) {
    int32_t child = 0;
    struct iovec part = {&child, sizeof child};
    char control[CMSG_SPACE(sizeof(int))];
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t count = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
    if (count < 0 && errno == EINTR) continue;
    if (count != sizeof child) _exit(0);
    int32_t value = -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (child != 0) {
      value = nnrepl_end(child);
    } else if (header && header->cmsg_type == SCM_RIGHTS) {
      int file;
      memcpy(&file, CMSG_DATA(header), sizeof file);
      value = fork();
      if (value == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(file, 0);
        dup2(file, 1);
        // The fork server's own memory file and channel stay behind.
        close_range(3, ~0u, 0);
        nnrepl_forget_files();
        return;
      }
      if (value > 0) setpgid(value, value);
      close(file);
    }
    if (send(channel, &value, sizeof value, MSG_NOSIGNAL) < 0) _exit(0);
  }
}

int nnrepl_fork_child(int server, int *channel) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  int32_t child = ask(server, 0, ends[1]) > 0 ? answer(server) : -1;
  close(ends[1]);
  if (child > 0) {
    *channel = ends[0];
  } else {
    close(ends[0]);
  }
  return child;
}

int nnrepl_end_child(int server, int child) {
  return ask(server, child, -1) > 0 ? answer(server) : -1;
}

static void limit(int resource, rlim_t value) {
  struct rlimit limits = {value, value};
  setrlimit(resource, &limits);
}

static int lock_files(void) {
  int version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return 0;
  // Everything that the first version of Landlock knows: no file may be opened, made or removed.
  struct landlock_ruleset_attr rules = {.handled_access_fs = (1ull << 13) - 1};
  int file = syscall(SYS_landlock_create_ruleset, &rules, sizeof rules.handled_access_fs, 0);
  if (file < 0) return 0;
  int locked = syscall(SYS_landlock_restrict_self, file, 0) == 0;
  close(file);
  return locked;
}

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define REFUSE(error) RETURN(SECCOMP_RET_ERRNO | (error))
#define ALLOW(call) \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1), RETURN(SECCOMP_RET_ALLOW)

/// Memory, threads of its own, its channel, the clock; nothing else.
static int lock_calls(void) {
#ifdef ARCHITECTURE
  struct sock_filter filter[] = {
      LOAD(arch),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
      RETURN(SECCOMP_RET_KILL_PROCESS),
      LOAD(nr),
      // clone3 hides its flags in memory; without it the C library asks with clone.
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
      REFUSE(ENOSYS),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4),
      LOAD(args[0]),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
      RETURN(SECCOMP_RET_ALLOW),
      REFUSE(EPERM),
      ALLOW(SYS_read), ALLOW(SYS_write), ALLOW(SYS_pread64), ALLOW(SYS_close), ALLOW(SYS_lseek),
      ALLOW(SYS_fstat), ALLOW(SYS_ppoll),
      ALLOW(SYS_mmap), ALLOW(SYS_munmap), ALLOW(SYS_mprotect), ALLOW(SYS_mremap),
      ALLOW(SYS_madvise), ALLOW(SYS_brk),
      ALLOW(SYS_futex), ALLOW(SYS_set_robust_list), ALLOW(SYS_rseq), ALLOW(SYS_gettid),
      ALLOW(SYS_getpid), ALLOW(SYS_sched_yield), ALLOW(SYS_sched_getaffinity),
      ALLOW(SYS_rt_sigprocmask), ALLOW(SYS_rt_sigaction), ALLOW(SYS_rt_sigreturn),
      ALLOW(SYS_sigaltstack), ALLOW(SYS_tgkill), ALLOW(SYS_restart_syscall),
      ALLOW(SYS_clock_gettime), ALLOW(SYS_gettimeofday), ALLOW(SYS_clock_nanosleep),
      ALLOW(SYS_getrandom), ALLOW(SYS_exit), ALLOW(SYS_exit_group),
      REFUSE(EPERM),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
#else
  return 0;
#endif
}

int nnrepl_confine(size_t memory, unsigned seconds) {
  // This also opens what the memory budget is read from, while files can still be opened.
  size_t mapped, resident;
  nnrepl_memory(&mapped, &resident);
  limit(RLIMIT_AS, mapped + memory);
  // Told first by a signal of its own, as a kill could have come from anywhere.
  struct rlimit processor = {seconds, seconds + 2};
  setrlimit(RLIMIT_CPU, &processor);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, 16);
  prctl(PR_SET_DUMPABLE, 0);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 0;
  int files = lock_files();
  int calls = lock_calls();
  return (files ? 1 : 0) | (calls ? 2 : 0);
}
