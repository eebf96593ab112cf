# Holds ports of this machine until it is ended: hold-ports.pl udp|tcp PORT…
use strict;
use warnings;
use Socket;
my ($protocol, @ports) = @ARGV;
my @held;
for my $port (@ports) {
    socket(my $socket, PF_INET, $protocol eq 'udp' ? SOCK_DGRAM : SOCK_STREAM, 0) or die "socket: $!\n";
    bind($socket, sockaddr_in($port, INADDR_ANY)) or die "port $port: $!\n";
    $protocol eq 'udp' or listen($socket, 1) or die "port $port: $!\n";
    push @held, $socket;
}
$| = 1;
print "held\n";
sleep;
