#!/bin/sh
# What a person does with Warren at a terminal. The browser starts everything else.
set -e
lib=/usr/lib/warren

usage() {
  cat <<'TEXT'
usage: warren COMMAND

  doctor    say what stands in the way on this machine and how to mend it;
            --fix mends what can be mended by itself, --json for programs
  provider  lend this machine's connection to the network (the package warren-provider)
TEXT
}

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
  doctor) exec $lib/node --disable-warning=ExperimentalWarning $lib/doctor/main.mjs "$@" ;;
  provider)
    if [ ! -x /usr/bin/warren-provider ]; then
      echo 'warren: the node is a package of its own: sudo apt install warren-provider' >&2
      exit 1
    fi
    exec /usr/bin/warren-provider "$@" ;;
  --version) exec $lib/node -p "require('$lib/package.json').version" ;;
  help | -h | --help) usage ;;
  *) usage >&2; exit 2 ;;
esac
