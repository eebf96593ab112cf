#!/bin/sh
# Runs a command on a throw-away machine: this one's programs, but an /etc, /usr/local, /home and /run of
# its own in memory, no network, no other process, nobody else's labs. Everything is gone when the command ends.
#
#   unshare --mount --net --pid --fork --kill-child --mount-proc machine.sh CHECKOUT COMMAND...
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
checkout=$1
shift
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/warren
mount --bind "$checkout" /mnt/warren
for folder in etc usr/local usr/lib/mozilla; do
  mkdir -p "/mnt/below/$folder" "/mnt/over/$folder/new" "/mnt/over/$folder/work" "/$folder"
  mount --bind "/$folder" "/mnt/below/$folder"
  mount -t overlay overlay -o "lowerdir=/$folder,upperdir=/mnt/over/$folder/new,workdir=/mnt/over/$folder/work" "/$folder"
done
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir /run/user
mount -t tmpfs -o mode=0755 tmpfs /home
mount -t tmpfs -o mode=1777 tmpfs /var/tmp
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
# As distributions have it.
mount -t tmpfs -o mode=0755 tmpfs /dev/net
mknod -m 0666 /dev/net/tun c 10 200
ip link set lo up
cd /mnt/warren
exec "$@"
