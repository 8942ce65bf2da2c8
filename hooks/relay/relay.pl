# What git starts as a hook: hands the hook's work to the process of the yard that waits for it (serve-hooks.ts), because Node
# takes longer to start than most pushes take to be done. Perl is a part of every Debian, and here within some milliseconds.
#
#   perl relay.pl SOCKET HOOK PROGRAM...
#
# When nobody takes the work, PROGRAM HOOK is what this process becomes; nothing has been read or said until then.
use strict;

my ($socket, $hook, @program) = @ARGV;

# Of a process that hangs nothing is heard within these seconds.
my $TAKEN_SECONDS = 2;
# Linux's; the module that knows it would have to be loaded.
my $EINTR = 4;
# Neither git nor a login says anything else that counts.
my @NAMES = qw(EDGEYARD_DEVELOPER EDGEYARD_KEY GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES);

sub alone {
  alarm 0;
  exec { $program[0] } @program, $hook;
  die "Cannot start $program[0]: $!\n";
}

# Somebody who does not read any more stops nothing: what was begun is finished.
sub put {
  my ($file, $data) = @_;
  my $at = 0;
  while ($at < length $data) {
    my $written = syswrite $file, $data, length($data) - $at, $at;
    return unless defined $written || $! == $EINTR;
    $at += $written // 0;
  }
}

my $yard;
{
  # AF_UNIX and SOCK_STREAM by number: the module that knows their names takes as long to load as all the rest.
  my $cwd = readlink '/proc/self/cwd' or alone();
  local $SIG{ALRM} = \&alone;
  alarm $TAKEN_SECONDS;
  socket $yard, 1, 1, 0 or alone();
  connect $yard, pack 'S a*', 1, "$socket\0" or alone();
  my $call = join "\0", $hook, $cwd, map { defined $ENV{$_} ? "$_=$ENV{$_}" : () } @NAMES;
  local $SIG{PIPE} = 'IGNORE';
  put($yard, "$call\0\0");
  # A frame without content: it is taken.
  my $answer = '';
  while (length $answer < 5) { sysread $yard, $answer, 5 - length $answer, length $answer or alone() }
  alone() if $answer ne "t\0\0\0\0";
  alarm 0;
}
$SIG{PIPE} = 'IGNORE';

my $frames = '';
my $open = 1;
for (;;) {
  my $ready = '';
  vec($ready, fileno STDIN, 1) = 1 if $open;
  vec($ready, fileno $yard, 1) = 1;
  next if select($ready, undef, undef, undef) < 1;
  if ($open && vec $ready, fileno STDIN, 1) {
    if (sysread STDIN, my $data, 65536) { put($yard, $data) }
    else { $open = 0; shutdown $yard, 1 }
  }
  next unless vec $ready, fileno $yard, 1;
  sysread $yard, $frames, 65536, length $frames or last;
  # A kind, a length, so many bytes; of the exit code the length is the code.
  while (length $frames >= 5) {
    my ($kind, $length) = unpack 'a N', $frames;
    exit $length if $kind eq 'x';
    last if length $frames < 5 + $length;
    put($kind eq 'o' ? *STDOUT : *STDERR, substr $frames, 5, $length);
    substr $frames, 0, 5 + $length, '';
  }
}
put(*STDERR, $hook eq 'post-receive'
  ? "not switched yet: the process that was at it has ended; the push is kept, and the yard follows it when it runs\n"
  : "refused: the process that was at this push has ended; nothing has changed, push again\n");
exit 1;
