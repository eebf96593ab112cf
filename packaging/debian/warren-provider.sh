#!/bin/sh
# Root speaks for the machine's provider, which runs as a user of its own and keeps its identity in
# /var/lib/warren-provider; anybody else for a provider of his own below his home folder.
set -e
ulimit -c 0
program="/usr/lib/warren/node /usr/lib/warren/provider/main.mjs"
[ "$(id -u)" = 0 ] || exec $program "$@"
export HOME=/var/lib/warren-provider XDG_CONFIG_HOME=/var/lib
if [ "${1:-}" = init ]; then
  shift
  # Written down once; from then on the settings say where things are.
  set -- init --network /etc/warren/network.json --runtime-dir /run/warren-provider "$@"
fi
exec setpriv --reuid=warren-provider --regid=warren-provider --init-groups --inh-caps=-all --no-new-privs $program "$@"
