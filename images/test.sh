#!/bin/sh
# Runs every variant that this machine has built (images/build) under dgoss: goss.yaml, in a
# container with a variable of over 4 KiB and with names that no shell variable can have.
#   images/test.sh [VARIANT…]
#
#   CONTAINER_ENGINE, IMAGE   as for images/build
#   DGOSS                     the program; ours, in dist/, is the default
#   RUN_OPTIONS               further words for `docker run`: --network none

cd "$(dirname "$0")/.." || exit 1
here=images/setup
. images/setup/names
. images/facts

for name; do check_name "$name" "$name"; done

ask_engine
# `mainstay-check container` is dgoss.
if test -z "${DGOSS:-}"; then
    check=$PWD/dist/mainstay-check-$machine
    test -x "$check" || refuse "${check#"$PWD/"} is missing: \`release/build $machine\` makes it"
    DGOSS="$check container"
fi
BIG_VALUE=$(head -c 4200 /dev/zero | tr '\0' x)END
export GOSS_FILES_PATH CONTAINER_RUNTIME="$engine"

export GOSS_OPTS="${GOSS_OPTS---format rspecish}"
passed=0 failed=0
for name in ${*:-$(variants | while read -r name _; do echo "$name"; done)}; do
    image=$IMAGE:$VERSION-$name
    if ! "$engine" image inspect "$image" >/dev/null 2>&1; then
        # Who names a variant wants it tested.
        test $# = 0 || failed=$((failed + 1))
        say "$name: $image is not here: images/build $name makes it"
        continue
    fi
    say "$name"
    GOSS_FILES_PATH=$PWD/images
    test "$name" != static || GOSS_FILES_PATH=$PWD/images/test/static
    # shellcheck disable=SC2086 # words on purpose
    if "$engine" build --quiet --build-arg BASE="$image" --tag "$IMAGE-test:$name" images/test >/dev/null &&
        $DGOSS run ${RUN_OPTIONS:-} -e VARIANT="$name" -e BIG_VALUE="$BIG_VALUE" \
            -e 1VAR_NAME=one -e var.name=two -e var-name=three "$IMAGE-test:$name"; then
        passed=$((passed + 1))
    else
        say "$name FAILED"
        failed=$((failed + 1))
    fi
done
say "$passed variants passed, $failed failed"
test $failed = 0 && test $passed != 0
