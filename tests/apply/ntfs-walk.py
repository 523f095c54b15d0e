#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Walk over an NTFS volume, record by record: every inconsistency is a line, and the exit status
is 1.  --list prints all that it holds in a normal form, to compare with that of another volume."""
import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "ntfs"))
sys.dont_write_bytecode = True

from check import Check       # noqa: E402
from records import Broken, Volume  # noqa: E402
from tree import Tree         # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("image", help="a file or drive with the volume")
    parser.add_argument("--offset", type=int, default=0, help="where it begins, in bytes")
    parser.add_argument("--list", action="store_true", help="the tree, instead of a summary")
    args = parser.parse_args()
    try:
        volume = Volume(args.image, args.offset)
        check = Check(volume)
        lines = Tree(check).lines() if args.list else []
    except Broken as broken:
        print(broken)
        return 1
    except BrokenPipeError:
        return 1
    out = sys.stderr if args.list else sys.stdout
    for line in lines:
        print(line)
    for finding in volume.findings:
        print(finding, file=out)
    return 1 if volume.findings else 0


if __name__ == "__main__":
    sys.exit(main())
