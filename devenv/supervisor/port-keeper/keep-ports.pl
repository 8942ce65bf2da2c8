# Keeps the ports of sandboxes, for two ends.
#
# A sandbox that sleeps: its ports are listened on, and nobody accepts. A client's connection is made by the kernel and waits
# in the queue of the socket, until the woken process listens on the port too and this socket is closed: then the kernel moves
# what waits to the process (net.ipv4.tcp_migrate_req), with the client's own address.
#
# A switch: of several that listen on a port, the kernel chooses one for each client. One that closes resets who is in its queue;
# moving them leaves out whom another processor is putting there in that microsecond: over 5,000 switches 2 to 12 of 70,000
# clients. So nobody may be on the way to it: all are sent to the newest one (SO_ATTACH_REUSEPORT_CBPF, socket(7)), and it is 0.
#
# Perl, because Node 20 can neither share a port (SO_REUSEPORT), nor listen without accepting, nor set an option of a socket, and
# git needs Perl anyway. One process with one thread for all ports: the kernel lets sockets share a port only when they were made
# by the same user, and only a process of one thread can become another user for the time of one call.
#
#   perl keep-ports.pl SOCKET
# speaks lines on a Unix socket; every client hears every answer:
#   hold KEY UID HOST PORT [HOST PORT]...   -> held KEY | failed hold KEY MESSAGE      UID "-": ours
#   release KEY                             -> released KEY
#   prefer PID newest|any                   -> preferred PID | failed prefer PID MESSAGE      who is sent clients on its ports
#                                           <- waiting KEY, once: somebody has connected
#                                           <- holds KEY, for each, when a client comes
use strict;
use warnings;
use IO::Poll qw(POLLIN POLLHUP POLLERR);
use IO::Socket::UNIX;
use Socket qw(:DEFAULT :addrinfo IPPROTO_IPV6 IPV6_V6ONLY SO_ACCEPTCONN SO_REUSEPORT SOMAXCONN);

my ($path) = @ARGV;
die "Usage: keep-ports.pl SOCKET\n" unless defined $path;
# The same on every architecture (asm-generic/unistd.h, asm-generic/socket.h).
use constant { SYS_PIDFD_OPEN => 434, SYS_PIDFD_GETFD => 438, SO_ATTACH_REUSEPORT_CBPF => 51, SO_DETACH_REUSEPORT_BPF => 68 };
# BPF_RET|BPF_K 1: the second of those that listen, which at a switch is the newer one. Where there is no second one, the kernel
# chooses as it does without a program.
my $newest = pack 'S C C L', 0x06, 0, 0, 1;

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
                return say_("failed hold $key Cannot hold $host:$port: $why");
            }
            push @new, $socket;
        }
        close_all($key);
        $sockets{$key} = \@new;
        $spec{$key} = $wanted;
        $key_of{ fileno $_ } = $key for @new;
    }
    # Several workers may wake up here: none of them is to be preferred.
    setsockopt($_, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, 0) for @{ $sockets{$key} };
    say_("held $key");
    watch($key);
}

# The sockets of a process that listen, as handles of our own (pidfd_getfd(2)).
sub listening_sockets {
    my ($pid) = @_;
    my $process = syscall(SYS_PIDFD_OPEN, $pid, 0);
    die "pidfd_open: $!\n" if $process < 0;
    open my $kept, '+<&=', $process or die "$!\n";
    opendir my $folder, "/proc/$pid/fd" or die "/proc/$pid/fd: $!\n";
    my @found;
    for my $number (grep { /^\d+$/ } readdir $folder) {
        next unless (readlink "/proc/$pid/fd/$number" // '') =~ /^socket:/;
        my $got = syscall(SYS_PIDFD_GETFD, $process, $number + 0, 0);
        # It may have been closed since.
        next if $got < 0 && $!{EBADF};
        die "pidfd_getfd: $!\n" if $got < 0;
        open my $socket, '+<&=', $got or die "$!\n";
        push @found, $socket if unpack 'i', getsockopt($socket, SOL_SOCKET, SO_ACCEPTCONN) // pack 'i', 0;
    }
    return @found;
}

# One that is not shared with anybody refuses the option, and needs none.
sub prefer {
    my ($pid, $whom) = @_;
    my $done = eval {
        for my $socket (listening_sockets($pid)) {
            if ($whom eq 'newest') { setsockopt($socket, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, pack 'S x![P] P', 1, $newest) }
            else { setsockopt($socket, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, 0) }
        }
        1;
    };
    chomp(my $why = $@);
    say_($done ? "preferred $pid" : "failed prefer $pid $why");
}

sub obey {
    my ($verb, $key, @rest) = split ' ', $_[0];
    return unless defined $key;
    if ($verb eq 'hold' && @rest >= 3) { hold($key, @rest) }
    elsif ($verb eq 'release') { close_all($key); say_("released $key") }
    elsif ($verb eq 'prefer' && $key =~ /^\d+$/ && ($rest[0] // '') =~ /^(newest|any)$/) { prefer($key + 0, $1) }
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
