#!/bin/bash
# What the booted guest is for: the steps, then off.
exec >/dev/console 2>&1
here=$(dirname "$(readlink -f "$0")")
cd "$here/../../.." || exit
export HOME=/root LANG=C.UTF-8 NO_COLOR=1 CI=1 WARREN_TEST_PATIENCE=5
# What Node made of our sources is kept for the next run: compiling them is most of what a process here costs.
export NODE_COMPILE_CACHE=/run/code NODE_COMPILE_CACHE_PORTABLE=1
node_modules/.bin/node --disable-warning=ExperimentalWarning tests/package/guest/main.ts
sync
echo o >/proc/sysrq-trigger
sleep 60
