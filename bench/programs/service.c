/* A service: stamps its first instruction and waits for ever. Ends at once on TERM. */
#include "bare.h"

void begin(void) {
    struct timespec day = {86400, 0};
    stamp_start();
    for (;;) call(SYS_nanosleep, (long)&day, 0, 0);
}
