#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# usage: bios-fill.pl CODE BYTES >BOOTMGR
# The boot manager of bios.S as a file of so many bytes (a multiple of 4): behind the code lies
# noise, and in the end what makes all of it add up to 0.
use strict;
use warnings;

my ($path, $bytes) = @ARGV;
open my $in, '<:raw', $path or die "$path: $!\n";
my $file = do { local $/; <$in> };
die "$path: too long\n" if length($file) > $bytes - 4;
substr($file, 4, 4) = pack 'V', $bytes / 4;
my $noise = 1;
while (length($file) < $bytes - 4) {
	$noise = ($noise * 1103515245 + 12345) & 0x7fffffff;
	$file .= chr($noise >> 16 & 0xff);
}
my $sum = 0;
$sum = ($sum + $_) & 0xffffffff for unpack 'V*', $file;
binmode STDOUT;
print $file, pack 'V', -$sum & 0xffffffff;
