# Runs a command for which unshare(2) of a user namespace is not permitted, by a seccomp filter: what Ubuntu's
# AppArmor rule comes to. Needs root; sudo goes on working, which "no new privileges" would not let it.
use strict;
use warnings;
my ($unshare, $prctl) = qx(uname -m) =~ /aarch64/ ? (97, 167) : (272, 157);
my $CLONE_NEWUSER = 0x10000000;
my $filter = join '', map { pack 'SCCL', @$_ } (
    [0x20, 0, 0, 0],                # load the number of the system call
    [0x15, 0, 3, $unshare],         # another one: allowed
    [0x20, 0, 0, 16],               # load its first argument
    [0x45, 0, 1, $CLONE_NEWUSER],   # another kind of namespace: allowed
    [0x06, 0, 0, 0x00050001],       # EPERM
    [0x06, 0, 0, 0x7fff0000],       # allowed
);
my $program = pack 'S x6 P', length($filter) / 8, $filter;
syscall($prctl, 22, 2, $program) == 0 or die "no seccomp: $!\n";
exec @ARGV or die "$ARGV[0]: $!\n";
