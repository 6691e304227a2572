/* A service: stamps its first instruction and waits for ever. Ends at once on TERM. */
#include "stamp.h"

int main(void) {
    stamp(STARTED, monotonic());
    for (;;) pause();
}
