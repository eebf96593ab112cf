# The little network programs of tests/net/netd-programs/probe.ts that a session needs, as that one has them. In perl,
# since to start Node costs an emulated machine more than a second, and each packet in Node a millisecond.
#
# usage: probe.pl serve <tcp|udp> <port> [address]    echoes until it is killed; prints "listening"
#        probe.pl tcp <local> <host> <port>           "ok", or why not, within 2 s
#        probe.pl hold <port>…                        keeps UDP ports, and says nothing to anybody; prints "holding"
#        probe.pl flood-until <local> <host> <port> <rate>   so many a second until SIGTERM: {sent, received, ms, gaps};
#                                                     and on the way now and then how many have come back
use strict;
use warnings;
use Errno ();
use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6);

use constant SO_RCVBUFFORCE => 33;
# clock_gettime(2) of x86-64, and its clock that nobody sets.
use constant { CLOCK_GETTIME => 228, CLOCK_MONOTONIC => 1 };
use constant PATIENCE_SECONDS => 2;
# By the clock, but never more under way than any queue has room for: a machine that is too busy gets fewer packets, and
# loses none of them by itself. Where none has come back for so long, those that are missing are lost.
use constant { TURN_SECONDS => 0.01, WINDOW => 64, LOST_SECONDS => 1 };
# It says how many have come back whenever there are so many more.
use constant WORD_EVERY => 50;
# So many tenths of a second without a packet: then nothing is under way any more.
use constant QUIET_TURNS => 20;

$| = 1;
my ($mode, @args) = @ARGV;

sub said { print "$_[0]\n"; exit 0 }

sub at {
  my ($host, $port) = @_;
  return $host =~ /:/ ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $host)) : pack_sockaddr_in($port, inet_pton(AF_INET, $host));
}

# Bound there. Whoever counts packets must not lose them himself.
sub socket_at {
  my ($type, $host, $port) = @_;
  my $socket;
  socket($socket, $host =~ /:/ ? AF_INET6 : AF_INET, $type, 0) or die "socket: $!\n";
  setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1) if $type == SOCK_STREAM;
  setsockopt($socket, SOL_SOCKET, SO_RCVBUFFORCE, pack('i', 1 << 22)) if $type == SOCK_DGRAM;
  bind($socket, at($host, $port)) or die "bind: $!\n";
  return $socket;
}

sub serve {
  my ($protocol, $port, $host) = @_;
  my $socket = socket_at($protocol eq 'tcp' ? SOCK_STREAM : SOCK_DGRAM, $host // '::', $port);
  if ($protocol eq 'udp') {
    print "listening\n";
    for (;;) {
      my $from = recv($socket, my $datagram, 64, 0) // next;
      send($socket, $datagram, 0, $from);
    }
  }
  listen($socket, 16) or die "listen: $!\n";
  $SIG{CHLD} = 'IGNORE';
  print "listening\n";
  for (;;) {
    accept(my $peer, $socket) or next;
    next if fork;
    while (sysread($peer, my $text, 1024)) { syswrite($peer, $text) }
    exit 0;
  }
}

sub tcp {
  my ($local, $host, $port) = @_;
  $SIG{ALRM} = sub { said('timeout') };
  alarm PATIENCE_SECONDS;
  my $socket = socket_at(SOCK_STREAM, $local, 0);
  connect($socket, at($host, $port)) or said("$!");
  syswrite($socket, 'hello');
  said(sysread($socket, my $text, 64) ? 'ok' : "closed: $!");
}

sub hold {
  my @held = map { socket_at(SOCK_DGRAM, '::', $_) } @_;
  print "holding\n";
  sleep for @held;
}

sub seconds {
  syscall(CLOCK_GETTIME, CLOCK_MONOTONIC, my $time = "\0" x 16);
  my ($whole, $nanos) = unpack('qq', $time);
  return $whole + $nanos / 1e9;
}

# `seen`: all before it have come back, or are lost, or were overtaken.
my ($sent, $received, $seen, $back) = (0, 0, 0, '');

# Waits so long for an answer, and takes all that are there. Returns whether one was.
sub take {
  my ($socket, $patience) = @_;
  my $before = $received;
  vec(my $mask = '', fileno($socket), 1) = 1;
  select($mask, undef, undef, $patience);
  while (defined recv($socket, my $datagram, 64, MSG_DONTWAIT)) {
    my $number = unpack('N', $datagram);
    $received++ unless vec($back, $number, 1);
    vec($back, $number, 1) = 1;
    $seen = $number + 1 if $number >= $seen;
  }
  return $received > $before;
}

# The first of each run that is missing and how many; at most twenty runs.
sub gaps {
  my ($run, @gaps) = (0);
  for my $n (0 .. $sent) {
    if ($n < $sent && !vec($back, $n, 1)) { $run++ }
    elsif ($run) { push @gaps, sprintf('"%d+%d"', $n - $run, $run); $run = 0 }
    last if @gaps == 20;
  }
  return join ',', @gaps;
}

sub flood_until {
  my ($local, $host, $port, $rate) = @_;
  my $ended = 0;
  $SIG{TERM} = sub { $ended = 1 };
  my $socket = socket_at(SOCK_DGRAM, $local, 0);
  connect($socket, at($host, $port)) or die "connect: $!\n";
  print "flooding\n";
  my ($begun, $word) = (seconds(), 0);
  my ($last, $heard) = ($begun, $begun);
  my $due = 0;
  until ($ended) {
    my $now = seconds();
    $due += ($now - $last) * $rate;
    $due = $sent + WINDOW if $due > $sent + WINDOW;
    $last = $now;
    $seen = $sent if $now - $heard > LOST_SECONDS;
    while ($sent < $due && $sent < $seen + WINDOW) {
      my $went = defined send($socket, pack('N', $sent) . 'x' x 60, 0);
      # These two say of another one that it did not arrive, or of the signal; any other error loses this one.
      last if !$went && ($!{EINTR} || $!{ECONNREFUSED});
      $sent++;
    }
    # The answers can wait in the buffer: a turn for each would be most of the cost.
    select(undef, undef, undef, TURN_SECONDS);
    $heard = seconds() if take($socket, 0) || $seen == $sent;
    next if $received < $word + WORD_EVERY;
    $word = $received;
    print "$word\n";
  }
  my $ms = int(1000 * (seconds() - $begun));
  for (my $quiet = 0; $received < $sent && $quiet < QUIET_TURNS;) { $quiet = take($socket, 0.1) ? 0 : $quiet + 1 }
  printf qq({"sent":%d,"received":%d,"ms":%d,"gaps":[%s]}\n), $sent, $received, $ms, gaps();
}

my %modes = (serve => \&serve, tcp => \&tcp, hold => \&hold, 'flood-until' => \&flood_until);
$modes{$mode // ''}->(@args);
