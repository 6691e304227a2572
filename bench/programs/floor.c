/* The floor: a PID 1 that executes N services in a loop and waits. On TERM it hands the
   signal to everybody, waits until nobody is left, and ends. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void on_term(int number) {
    (void)number;
    kill(-1, SIGTERM);
}

static void start(const char *program) {
    char *words[] = {(char *)program, NULL};
    char *none[] = {NULL};
    if (vfork() == 0) {
        execve(program, words, none);
        _exit(127);
    }
}

int main(int argc, char **argv) {
    const char *program = argc > 1 ? argv[1] : "/bench/service";
    long count = argc > 2 ? atol(argv[2]) : 1;
    struct sigaction action = {.sa_handler = on_term};
    sigaction(SIGTERM, &action, NULL);
    for (long i = 0; i < count; i++) start(program);
    while (waitpid(-1, NULL, 0) > 0) {}
    /* Interrupted by the TERM: from now on until none is left. */
    while (waitpid(-1, NULL, 0) > 0) {}
    return 0;
}
