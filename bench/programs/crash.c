/* A service that crashes: stamps its first instruction and ends with an error. */
#include "bare.h"

void begin(void) {
    stamp_start();
    for (;;) call(SYS_exit_group, 1, 0, 0);
}
