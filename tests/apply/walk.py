# SPDX-License-Identifier: GPL-3.0-or-later
"""The walk over a volume, walked itself: it finds nothing on wimlib's volumes, reads there what
wimlib reads, and finds each harm that is done to one."""
import os
import re
import sys
import tempfile

from tap import end, media, must, tell, theirs, walk
from damage import HARM, Victim

EMPTY = "da39a3ee5e6b4b0d3255bfef95601890afd80709"


def check_list(wim, path):
    """Content, by wimlib's own account of the image."""
    listing = must("wimlib-imagex", "dir", wim, "1", "--detailed")
    known = re.findall(r"Hash\s+= 0x([0-9a-f]{40})", listing)
    known = [one for one in known if one.strip("0")]
    result = walk(path, "--list")
    read = [one for one in re.findall(r":\d+:([0-9a-f]{40})", result.stdout) if one != EMPTY]
    points = re.findall(r"reparse=\w", result.stdout)
    tell(result.returncode == 0 and len(known) > 900 and
         len(known) == len(read) + len(points) and not set(read) - set(known),
         "reads the content that the image says",
         f"{len(known)} in the image, {len(read)} and {len(points)} links on the volume")


def main():
    with tempfile.TemporaryDirectory(prefix="wtgctl-walk.") as directory:
        sound = os.path.join(directory, "sound")
        wim = media(os.path.join(directory, "one.wim"), "--variant", "wim",
                    "--variant", "twins")
        for sector in 4096, 512:
            result = walk(theirs(wim, sound, 120, sector))
            tell(result.returncode == 0 and not result.stdout,
                 f"nothing to find on wimlib's volume with sectors of {sector} bytes",
                 result.stdout)
        check_list(wim, sound)
        victim = Victim(sound)
        for what, finding, harm in HARM:
            harm(victim)
            found = victim.walked()
            tell(any(finding in line for line in found), f"finds {what}", "\n".join(found))
            victim.heal()
        tell(not victim.walked(), "and nothing once all is healed")
    return end()


if __name__ == "__main__":
    sys.exit(main())
