#!/bin/sh
ulimit -c 0
exec /usr/lib/warren/node /usr/lib/warren/helper/main.mjs "$@"
