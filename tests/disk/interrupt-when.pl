#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# interrupt-when WHEN MS SIGNAL COMMAND...: run COMMAND, send it SIGNAL MS milliseconds after it
# printed a line that contains WHEN ("": after it was started), and tell how it ended: "signal N"
# or "status N".  A SIGNAL with a minus goes to its whole process group, as Ctrl-C does.  What it
# printed goes to "out".  Fails where it took more than two seconds to end, or left a program that
# it had started.
use strict;
use warnings;
use POSIX ();
use Time::HiRes qw(sleep time);

my ($when, $ms, $signal, @command) = @ARGV;
my $sent;

pipe(my $from, my $to) or die "pipe: $!";
my $pid = fork() // die "fork: $!";
if ($pid == 0) {
	POSIX::setsid();
	$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
	open(STDOUT, '>&', $to) or die "stdout: $!";
	close($from);
	exec(@command) or POSIX::_exit(127);
}
close($to);

sub send_it {
	return if $sent;
	sleep($ms / 1000);
	$sent = time;
	kill($signal, $pid);
}

send_it() if $when eq '';
open(my $out, '>', 'out') or die "out: $!";
while (my $line = <$from>) {
	send_it() if index($line, $when) >= 0;
	print {$out} $line;
}
close($out);
waitpid($pid, 0);
print(($? & 127) ? 'signal ' . ($? & 127) : 'status ' . ($? >> 8), "\n");
my $orphans = qx(pgrep -l -s $pid);
die "left behind: $orphans" if $orphans ne '';
die "it took " . (time - $sent) . " seconds\n" if $sent && time - $sent > 2;
