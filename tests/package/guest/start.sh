#!/bin/bash
# Process 1 on the fresh Debian: gives it its kernel's modules and one more service, then becomes systemd.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
here=$(dirname "$(readlink -f "$0")")
mount -t tmpfs -o mode=755 memory /run
mkdir -p /run/out /run/code
for share in out code; do mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 $share /run/$share; done
version=$(uname -r)
mkdir -p "/lib/modules/$version"
mount --bind "$(cat /run/out/modules)" "/lib/modules/$version"
echo warren-guest >/etc/hostname
# What the lab's namespaces lay their own over.
for file in hosts resolv.conf; do [ -e /etc/$file ] || : >/etc/$file; done
tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
# One by one, each time a rule first asks for one, they take an emulated machine longer than netd waits.
modprobe -a nft_limit nft_ct nft_nat nft_masq nft_redir nft_reject_inet nft_fib_inet nft_connlimit nft_chain_nat \
  nft_hash nft_numgen nf_conntrack_netlink sch_tbf sch_fq_codel veth bridge
cd /etc/systemd/system || exit
# The console is the test's; and nothing shall come in between that a machine does on its own in the night, with
# apt's lock in its hand or files of its own.
for unit in serial-getty@ttyS0.service getty@tty1.service apt-daily.timer apt-daily-upgrade.timer \
  dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer systemd-tmpfiles-clean.timer; do
  ln -sf /dev/null $unit
done
cat >warren-test.service <<UNIT
[Service]
Type=exec
ExecStart=/bin/bash $here/job.sh
UNIT
mkdir -p multi-user.target.wants
ln -s ../warren-test.service multi-user.target.wants/
echo "GUEST UP $(cut -d' ' -f1 /proc/uptime)"
exec /lib/systemd/systemd
