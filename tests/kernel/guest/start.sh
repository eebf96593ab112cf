#!/bin/bash
# Process 1 of the guest, on its real root: lays out what a booted machine has, runs the tests, powers off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
# The tests shall have the kernel's WireGuard or none.
rm -f /usr/bin/wireguard-go
# What runs outside has namespaces and sockets there.
mount -t tmpfs -o mode=755 memory /run
mkdir -p /run/netns /run/wireguard /run/out /run/code /dev/pts /dev/shm
mount -t devpts pts /dev/pts
mount -t tmpfs memory /dev/shm
ln -s /proc/self/fd /dev/fd
ln -s fd/0 /dev/stdin
ln -s fd/1 /dev/stdout
ln -s fd/2 /dev/stderr
for share in out code; do mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 $share /run/$share; done
version=$(uname -r)
mkdir -p "/lib/modules/$version"
mount --bind "$(cat /run/out/modules)" "/lib/modules/$version"
hostname warren-guest
# One by one, each time a rule first asks for one, they take an emulated machine longer than netd waits.
modprobe -a nft_limit nft_ct nft_nat nft_masq nft_redir nft_reject_inet nft_fib_inet nft_connlimit nft_chain_nat \
  nft_hash nft_numgen nf_conntrack_netlink sch_tbf sch_fq_codel sch_netem veth bridge
ip link set lo up
echo "GUEST UP $(cut -d' ' -f1 /proc/uptime)"
here=$(dirname "$(readlink -f "$0")")
cd "$here/../../.." || exit
export PATH="$PWD/node_modules/.bin:$PATH" NO_COLOR=1 CI=1
# What Node made of our sources is kept for the next run: compiling them is most of what a process here costs.
export NODE_COMPILE_CACHE=/run/code WARREN_TEST_PATIENCE=20 WARREN_TEST_BUNDLED=yes
mapfile -t command </run/out/command
"${command[@]}"
echo $? >/run/out/code
echo "GUEST DOWN $(cut -d' ' -f1 /proc/uptime)"
sync
echo o >/proc/sysrq-trigger
sleep 60
