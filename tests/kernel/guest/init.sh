#!/bin/sh
# Process 1 of the guest, in the initramfs: the root of the machine outside as its root, read-only, with memory laid over
# it; or a disk, and the checkout of the machine outside at its own path.
mount -t proc proc /proc
read -r line </proc/cmdline
for argument in $line; do
  case $argument in
    start=*) start=${argument#*=} ;; checkout=*) checkout=${argument#*=} ;;
    disk=*) disk=${argument#*=} ;; modules=*) modules=${argument#*=} ;;
  esac
done
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod "/modules/$module" || echo "no module $module"; done </modules/order
if [ -n "$disk" ]; then
  mount -t ext4 -o noatime,barrier=0 "$disk" /new || { echo "no disk"; poweroff -f; }
else
  mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=524288 root /ro || { echo "no root"; poweroff -f; }
  mount -t tmpfs -o size=50% over /rw
  mkdir /rw/upper /rw/work
  mount -t overlay -o lowerdir=/ro,upperdir=/rw/upper,workdir=/rw/work root /new
fi
if [ -n "$checkout" ]; then
  mkdir -p "/new$checkout"
  mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=524288 checkout "/new$checkout"
  if [ -n "$modules" ]; then
    mount --bind "/new$checkout/node_modules/.cache" /cache
    mount -t ext4 -o ro "$modules" "/new$checkout/node_modules"
    mount --move /cache "/new$checkout/node_modules/.cache"
  fi
fi
for place in proc sys dev; do mount --move /$place /new/$place; done
exec switch_root /new /bin/bash "$start"
