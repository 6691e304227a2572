/* The floor with files: what `floor` does and, for each service, what s6's contract needs: a
   directory with a link to its run, event/, supervise/ with lock, control fifo (opened), death
   tally, and the 35 status bytes by rename. Each service runs in its directory and in a session
   of its own; its status is written anew when it has ended. One thing after another: the least
   that a faithful supervisor in one process does. */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t *pids;
static long count;

static void die(const char *what) {
    perror(what);
    exit(111);
}

static void on_term(int number) {
    (void)number;
    kill(-1, SIGTERM);
}

static void put(unsigned char *to, uint64_t value, int bytes) {
    while (bytes--) {
        to[bytes] = (unsigned char)value;
        value >>= 8;
    }
}

/* s6's status: two TAI64N stamps, the pid, its group, the wait status, the flags. */
static void write_status(const char *at, const char *next, pid_t pid, int wait_status, int flags) {
    unsigned char bytes[35];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    put(bytes, (uint64_t)now.tv_sec + 4611686018427387914u, 8);
    put(bytes + 8, (uint64_t)now.tv_nsec, 4);
    memcpy(bytes + 12, bytes, 12);
    put(bytes + 24, (uint64_t)pid, 8);
    put(bytes + 32, (uint64_t)wait_status, 2);
    bytes[34] = (unsigned char)flags;
    int fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, bytes, sizeof bytes) != sizeof bytes) die(next);
    close(fd);
    if (rename(next, at) < 0) die(at);
}

static void make_files(const char *run) {
    if (symlink(run, "run") < 0) die("run");
    if (mkdir("event", 0700) < 0 || chmod("event", 03730) < 0) die("event");
    if (mkdir("supervise", 0700) < 0) die("supervise");
    int fd = open("supervise/lock", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) die("lock");
    close(fd);
    if (mkfifo("supervise/control", 0600) < 0) die("control");
    if (open("supervise/control", O_RDWR | O_NONBLOCK | O_CLOEXEC) < 0) die("control");
    fd = open("supervise/death_tally", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) die("death_tally");
    close(fd);
}

static void start(long i, const char *run) {
    char *words[] = {"./run", NULL};
    char *none[] = {NULL};
    char dir[64];
    snprintf(dir, sizeof dir, "/run/services/s%05ld", i);
    if (mkdir(dir, 0755) < 0 || chdir(dir) < 0) die(dir);
    make_files(run);
    pid_t pid = vfork();
    if (pid == 0) {
        setsid();
        execve(words[0], words, none);
        _exit(127);
    }
    if (pid < 0) die("vfork");
    pids[i] = pid;
    write_status("supervise/status", "supervise/status.new", pid, 0, 4);
}

static void ended(pid_t pid, int wait_status) {
    /* In the order of their starts they have ascending pids, as long as those do not wrap. */
    long low = 0, high = count - 1;
    while (low < high) {
        long middle = (low + high) / 2;
        if (pids[middle] < pid) low = middle + 1;
        else high = middle;
    }
    if (pids[low] != pid) return;
    char at[96], next[96];
    snprintf(at, sizeof at, "/run/services/s%05ld/supervise/status", low);
    snprintf(next, sizeof next, "/run/services/s%05ld/supervise/status.new", low);
    write_status(at, next, 0, wait_status, 0);
}

int main(int argc, char **argv) {
    const char *run = argc > 1 ? argv[1] : "/bench/service";
    count = argc > 2 ? atol(argv[2]) : 1;
    pids = calloc((size_t)count, sizeof *pids);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    struct sigaction action = {.sa_handler = on_term};
    sigaction(SIGTERM, &action, NULL);
    if (mkdir("/run/services", 0755) < 0) die("/run/services");
    for (long i = 0; i < count; i++) start(i, run);
    int wait_status, interrupted = 0;
    for (;;) {
        pid_t pid = waitpid(-1, &wait_status, 0);
        if (pid > 0) ended(pid, wait_status);
        else if (interrupted++) return 0;
    }
}
