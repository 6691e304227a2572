/* A service that crashes: stamps its first instruction and ends with an error. */
#include "stamp.h"

int main(void) {
    stamp(STARTED, monotonic());
    return 1;
}
