# Holds the ports of sleeping sandboxes: it listens, and never accepts. A client's connection is made by the kernel and waits
# in the queue of the socket, until the woken process listens on the port too and this socket is closed: then the kernel moves
# what waits to the process (net.ipv4.tcp_migrate_req), with the client's own address.
#
# Perl, because Node 20 can neither share a port (SO_REUSEPORT) nor listen without accepting, and git needs Perl anyway. One
# process with one thread for all ports: the kernel lets sockets share a port only when they were made by the same user, and
# only a process of one thread can become another user for the time of one call.
#
#   perl hold-ports.pl SOCKET
# speaks lines on a Unix socket; every client hears every answer:
#   hold KEY UID HOST PORT [HOST PORT]...   -> held KEY | failed KEY MESSAGE      UID "-": ours
#   release KEY                             -> released KEY
#                                           <- waiting KEY, once: somebody has connected
#                                           <- holds KEY, for each, when a client comes
use strict;
use warnings;
use IO::Poll qw(POLLIN POLLHUP POLLERR);
use IO::Socket::UNIX;
use Socket qw(:DEFAULT :addrinfo IPPROTO_IPV6 IPV6_V6ONLY SO_REUSEPORT SOMAXCONN);

my ($path) = @ARGV;
die "Usage: hold-ports.pl SOCKET\n" unless defined $path;
# Longer than any line that is meant; whoever says more is cut off.
my $line_bytes_max = 4096;

$SIG{PIPE} = 'IGNORE';
$SIG{TERM} = $SIG{INT} = sub { unlink $path; exit 0 };
umask 0077;
unlink $path;
my $door = IO::Socket::UNIX->new(Local => $path, Listen => 8) or die "Cannot listen on $path: $!\n";
$door->blocking(0);

my $poll = IO::Poll->new;
$poll->mask($door => POLLIN);
my (%client, %text);
my (%sockets, %spec, %key_of);

sub say_ { my $line = "$_[0]\n"; syswrite($_, $line) for values %client }

sub watch {
    my ($key) = @_;
    $poll->mask($_ => POLLIN) for @{ $sockets{$key} };
}

sub close_all {
    my ($key) = @_;
    for my $socket (@{ delete $sockets{$key} || [] }) {
        $poll->remove($socket);
        delete $key_of{ fileno $socket };
        close $socket;
    }
    delete $spec{$key};
}

# The user of a socket is who made it; binding is done as ourselves again, for ports below 1024.
sub listen_on {
    my ($uid, $host, $port) = @_;
    my ($error, @found) = getaddrinfo($host, $port, { flags => AI_PASSIVE | AI_NUMERICHOST, socktype => SOCK_STREAM });
    die "$error\n" if $error;
    my $address = $found[0];
    $> = $uid if $uid ne '-';
    my $made = socket(my $socket, $address->{family}, SOCK_STREAM, 0);
    my $why = $!;
    $> = $< if $uid ne '-';
    die "$why\n" unless $made;
    setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1);
    setsockopt($socket, SOL_SOCKET, SO_REUSEPORT, 1) or die "$!\n";
    setsockopt($socket, IPPROTO_IPV6, IPV6_V6ONLY, 0) if $address->{family} == AF_INET6;
    bind($socket, $address->{addr}) or die "$!\n";
    listen($socket, SOMAXCONN) or die "$!\n";
    return $socket;
}

sub hold {
    my ($key, $uid, @addresses) = @_;
    my $wanted = join ' ', $uid, @addresses;
    if (($spec{$key} // '') ne $wanted) {
        my @new;
        while (my ($host, $port) = splice @addresses, 0, 2) {
            my $socket = eval { listen_on($uid, $host, $port) };
            if (!$socket) {
                my $why = $@;
                chomp $why;
                close $_ for @new;
                return say_("failed $key Cannot hold $host:$port: $why");
            }
            push @new, $socket;
        }
        close_all($key);
        $sockets{$key} = \@new;
        $spec{$key} = $wanted;
        $key_of{ fileno $_ } = $key for @new;
    }
    say_("held $key");
    watch($key);
}

sub obey {
    my ($verb, $key, @rest) = split ' ', $_[0];
    return unless defined $key;
    if ($verb eq 'hold' && @rest >= 3) { hold($key, @rest) }
    elsif ($verb eq 'release') { close_all($key); say_("released $key") }
}

sub let_in {
    my $client = $door->accept or return;
    my $number = fileno $client;
    ($client{$number}, $text{$number}) = ($client, '');
    $poll->mask($client => POLLIN);
    syswrite($client, "holds $_\n") for sort keys %sockets;
}

sub hear {
    my ($client) = @_;
    my $number = fileno $client;
    my $got = sysread $client, my $piece, 65536;
    $text{$number} .= $piece if $got;
    obey($1) while $text{$number} =~ s/^([^\n]*)\n//;
    return if $got && length $text{$number} <= $line_bytes_max;
    $poll->remove($client);
    delete $text{$number};
    close delete $client{$number};
}

while (1) {
    $poll->poll;
    for my $handle ($poll->handles(POLLIN | POLLHUP | POLLERR)) {
        # It may have been closed by what was heard before it.
        my $number = fileno $handle // next;
        if ($handle == $door) { let_in() }
        elsif ($client{$number}) { hear($handle) }
        else {
            # Told once; it stays in the queue, and would be told for ever.
            my $key = $key_of{$number} // next;
            $poll->remove($_) for @{ $sockets{$key} };
            say_("waiting $key");
        }
    }
}
