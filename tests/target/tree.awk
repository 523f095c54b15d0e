# SPDX-License-Identifier: GPL-3.0-or-later
# Take a tree (see trees/README.md) apart into the directory `to`: "devices" for umockdev,
# "places" for world.c, "content.NAME" for sfdisk, and the text files of /proc and /sys below
# "files".
BEGIN { out = to "/devices" }
/^#/ { next }
/^== content / { out = to "/content." $3; next }
/^== places$/ { out = to "/places"; next }
/^== \// {
	out = to "/files" $2
	dir = out
	sub("/[^/]*$", "", dir)
	system("mkdir -p '" dir "'")
	printf "" >out
	next
}
/^$/ { next }
/^P: / {
	path = $2
	if (n++)
		print "" >out
}
# "B: MAJOR:MINOR SECTORS [PARTITION]": what the kernel says of every block device.
/^B: / {
	name = path
	sub(".*/", "", name)
	split($2, number, ":")
	print "N: " name >out
	print "E: SUBSYSTEM=block\nE: DEVNAME=/dev/" name >out
	print "E: DEVTYPE=" ($4 ? "partition" : "disk") >out
	print "E: MAJOR=" number[1] "\nE: MINOR=" number[2] >out
	print "A: dev=" $2 "\\n\nA: size=" $3 "\\n\nA: ro=0\\n" >out
	if ($4)
		print "A: partition=" $4 "\\n" >out
	else
		print "A: removable=0\\n\nA: queue/logical_block_size=512\\n" >out
	next
}
{ print >out }
