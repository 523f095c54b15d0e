# SPDX-License-Identifier: GPL-3.0-or-later
#
#   perl replay.pl LOG
#   perl replay.pl LOG DRIVE FROM TO [CHANCE]
#
# What QEMU's blklogwrites recorded (the format is Linux's dm-log-writes): without more arguments a
# line for each entry, its number and "write" or "flush"; else the entries FROM up to, but not with,
# TO are done again on the file DRIVE; given a CHANCE, each write with that chance only, as a drive
# does that loses power between two flushes.
use strict;
use warnings;
no warnings 'portable'; # numbers of 64 bits

my $discard = 4; # an entry without data

my ($path, $drive, $from, $to, $chance) = @ARGV;

sub bytes {
	my ($log, $n) = @_;
	my $got = read($log, my $data, $n);
	return defined $got && $got == $n ? $data : undef;
}

open(my $log, '<:raw', $path) or die "$path: $!";
my ($magic, $version, undef, $sector) = unpack('Q<Q<Q<L<', bytes($log, 512) // '');
die "$path is no log\n" unless ($magic // 0) == 0x6a736677736872 && $version == 1;
seek($log, $sector, 0);

my @entries;
while (defined(my $head = bytes($log, $sector))) {
	my ($at, $n, $flags) = unpack('Q<3', $head);
	last unless $n || $flags;
	push @entries, { at => $at * $sector, length => $n * $sector, discard => $flags & $discard,
			 data => tell($log) };
	seek($log, $n * $sector, 1) unless $flags & $discard;
}

if (!defined $drive) {
	print "$_ ", $entries[$_]{length} ? "write" : "flush", "\n" for 0 .. $#entries;
	exit;
}

srand($to);
open(my $out, '+<:raw', $drive) or die "$drive: $!";
for my $entry (@entries[$from .. $to - 1]) {
	next if defined $chance && rand() >= $chance;
	my $data = "\0" x $entry->{length};
	if (!$entry->{discard}) {
		seek($log, $entry->{data}, 0);
		$data = bytes($log, $entry->{length}) // die "$path ends in a write\n";
	}
	seek($out, $entry->{at}, 0);
	print $out $data or die "$drive: $!";
}
close($out) or die "$drive: $!";
