/* The floor of a shell's start: what with-contenv must do and nothing more. The files of
   /bench/environment become variables, beside those that there are; then the words are
   executed. Static C with a C library, as the program that it is compared with. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENVIRONMENT "/bench/environment"

static void die(const char *what) {
    perror(what);
    _exit(111);
}

int main(int argc, char **argv) {
    DIR *files = opendir(ENVIRONMENT);
    if (!files || argc < 2) die(ENVIRONMENT);
    struct dirent *entry;
    while ((entry = readdir(files))) {
        static char value[64 * 1024];
        if (entry->d_name[0] == '.') continue;
        int fd = openat(dirfd(files), entry->d_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        ssize_t count = fd < 0 ? -1 : read(fd, value, sizeof value - 1);
        if (count < 0) die(entry->d_name);
        close(fd);
        value[count] = 0;
        setenv(entry->d_name, value, 1);
    }
    closedir(files);
    execvp(argv[1], argv + 1);
    die(argv[1]);
}
