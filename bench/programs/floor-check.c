/* The least that a validator does, and the clock that all of them are timed by.
 *   floor-check time COMMAND…     runs it; prints nanoseconds and most kB held
 *   floor-check nothing           ends
 *   floor-check files LIST        statx, open, read, close of each path in a file of lines
 *   floor-check commands N        sh -c true, N times, two at a time */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long long now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000000LL + at.tv_nsec;
}

static int timed(char **argv)
{
    struct rusage used;
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status;
    long long begun;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    begun = now();
    if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) != 0)
        return 111;
    if (wait4(pid, &status, 0, &used) != pid)
        return 111;
    printf("%lld %ld\n", now() - begun, used.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 111;
}

static int files(const char *list)
{
    static char buffer[65536];
    char line[4096];
    FILE *from = fopen(list, "r");

    if (!from)
        return 111;
    while (fgets(line, sizeof line, from)) {
        struct statx stat;
        int fd;

        line[strcspn(line, "\n")] = 0;
        if (statx(AT_FDCWD, line, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stat) != 0)
            return 1;
        fd = open(line, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || read(fd, buffer, sizeof buffer) < 0)
            return 1;
        close(fd);
    }
    return 0;
}

static int commands(int count)
{
    char *argv[] = { "sh", "-c", "true", NULL };
    int running = 0, status;
    pid_t pid;

    for (int begun = 0; begun < count || running > 0;) {
        if (begun < count && running < 2) {
            if (posix_spawnp(&pid, "sh", NULL, NULL, argv, environ) != 0)
                return 111;
            begun++;
            running++;
        } else if (wait(&status) > 0) {
            running--;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "time") == 0)
        return timed(argv + 2);
    if (argc == 3 && strcmp(argv[1], "files") == 0)
        return files(argv[2]);
    if (argc == 3 && strcmp(argv[1], "commands") == 0)
        return commands(atoi(argv[2]));
    return argc == 2 && strcmp(argv[1], "nothing") == 0 ? 0 : 100;
}
