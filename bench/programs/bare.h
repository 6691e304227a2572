/* Stamping without a C library. What a libc does before main (a static glibc asks the processor
   dozens of questions, each of which leaves a virtual machine) takes longer than all that a
   supervisor does for a service; a service's first instruction is `_start`. */
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

#define STAMPS "/bench/stamps"

#if defined(__x86_64__)
/* A function expects the stack as a call leaves it. */
__asm__(".globl _start\n_start: call begin\n");

static long call(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
__asm__(".globl _start\n_start: bl begin\n");

static long call(long number, long a, long b, long c) {
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b,
                  x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
#else
#error "bare.h knows the system calls of x86-64 and arm64"
#endif

enum { STARTED = 1 };

struct stamp {
    uint32_t kind;
    uint32_t pid;
    uint64_t nanoseconds;
};

static void stamp_start(void) {
    struct timespec now;
    call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0);
    uint64_t at = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    struct stamp record = {STARTED, (uint32_t)call(SYS_getpid, 0, 0, 0), at};
    long fd;
#ifdef SYS_open
    fd = call(SYS_open, (long)STAMPS, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
#else
    fd = call(SYS_openat, AT_FDCWD, (long)STAMPS, O_WRONLY | O_APPEND | O_CLOEXEC);
#endif
    call(SYS_write, fd, (long)&record, sizeof record);
    call(SYS_close, fd, 0, 0);
}
