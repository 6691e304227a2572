/* Makes orphans for PID 1 to reap, when it is told to by USR1. Its order is in a file, since not
   every supervisor can hand it words:
   `stream N`: N grandchildren that end at once, as fast as they can be forked.
   `burst N`: N grandchildren that live until USR1 comes again, and then all end.
   Stamps READY when it begins (stream) or when they all live (burst), RELEASED when the last has
   been made (stream) or they are let go (burst). */
#include "stamp.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static void on_signal(int number) { (void)number; }

int main(void) {
    char mode[16];
    long count;
    FILE *order = fopen("/bench/orphans.order", "re");
    if (!order || fscanf(order, "%15s %ld", mode, &count) != 2) return 100;
    fclose(order);
    int burst = strcmp(mode, "burst") == 0;
    int gate[2];
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    sigaction(SIGUSR1, &action, NULL);
    if (pipe(gate) < 0) return 111;
    stamp(STARTED, monotonic());
    sigsuspend(&before);
    if (!burst) stamp(READY, monotonic());
    for (long i = 0; i < count; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            if (fork() == 0 && burst) {
                char byte;
                close(gate[1]);
                while (read(gate[0], &byte, 1) < 0) {}
            }
            _exit(0);
        }
        if (pid < 0 || waitpid(pid, NULL, 0) != pid) return 111;
    }
    if (burst) {
        stamp(READY, monotonic());
        sigsuspend(&before);
    }
    stamp(RELEASED, monotonic());
    close(gate[1]);
    for (;;) pause();
}
