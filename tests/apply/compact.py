# SPDX-License-Identifier: GPL-3.0-or-later
"""A drive made with --compact holds what one made without it does, to whoever can unpack it: the
walk by wimlib's decompressor, libfsntfs by its own.  What must stay plain is plain."""
import json
import os
import re
import sys
import tempfile

from tap import by_libfsntfs, differences, end, media, must, run, tell, walk

WTGCTL = os.environ["WTGCTL"]
PLAIN = re.compile(r"/(bootmgr|BOOTNXT)|/Windows/Boot/|/Windows/System32/(config/|Boot/|winload|"
                   r"winresume|drivers/[^/]*\.sys$)", re.IGNORECASE)
# Of files that wtgctl writes itself, the moment when it does.
OURS = re.compile(r"^(/Windows/(?:System32/config/SYSTEM|Panther/unattend\.xml) .*?)"
                  r"(created=\d+ written=\d+ accessed=\d+)")


def create(directory, image, compact):
    """The Windows volume in a file of its own, its list, and what the plan says."""
    drive, volume = os.path.join(directory, "drive"), os.path.join(directory, f"{compact}.volume")
    if os.path.exists(drive):
        os.remove(drive)
    said = run(WTGCTL, "create", "--json", "--seed", "1", "--edition", "1", "--size", "800M",
               f"--compact={compact}", "--image", image, drive, stderr=-1)
    if said.returncode:
        sys.exit(f"Bail out! --compact={compact}: {said.stderr}")
    plan = next(row for row in map(json.loads, said.stdout.splitlines())
                if row["type"] == "plan")
    step = next(row for row in plan["steps"] if row["step"] == "apply-image")
    table = json.loads(must("sfdisk", "--json", drive))["partitiontable"]
    last, sector = table["partitions"][-1], table["sectorsize"]
    must("dd", f"if={drive}", f"of={volume}", "bs=1M", "conv=sparse", "status=none",
         "iflag=skip_bytes,count_bytes", f"skip={last['start'] * sector}",
         f"count={last['size'] * sector}")
    listed = walk(volume, "--list")
    return volume, listed, step.get("compact")


def without(line):
    return OURS.sub(r"\1", re.sub(" compact=[a-z0-9]+$", "", line))


def main():
    with tempfile.TemporaryDirectory(prefix="wtgctl-compact.") as directory:
        os.environ["TMPDIR"] = directory
        image = media(os.path.join(directory, "one.wim"), "--variant", "wim", "--variant",
                      "many", "--files", "200", "--bytes", "20M")
        _, plain, _ = create(directory, image, "off")
        volume, packed, plan = create(directory, image, "lzx")
        one, other = plain.stdout.splitlines(), packed.stdout.splitlines()
        compact = [line for line in other if re.search(" compact=", line)]
        tell(plain.returncode == 0 and packed.returncode == 0 and len(one) > 7000,
             "the walk finds nothing on either volume", plain.stdout[-500:] + packed.stdout[-500:])
        tell([without(line) for line in one] == [without(line) for line in other],
             "every file unpacks to what it is without --compact",
             differences([without(line) for line in one], [without(line) for line in other]))
        first = [line for line in compact
                 if (found := re.search(r" links=\d+ first=(.*?) attributes=", line)) and
                 found[1] in ("", line.split(" short=")[0])]
        tell(len(first) == plan["files"] > 200, "as many as the plan says are compressed",
             f"{len(first)}, planned {plan}")
        wrong = [line.split(" short=")[0] for line in compact if PLAIN.search(line)]
        tell(not wrong, "what is read before Windows can unpack it is plain, and so are hives",
             "\n".join(wrong))
        by_libfsntfs(volume, "libfsntfs unpacks each to the same bytes")
        for program, said, *options in (
                ("ntfsfix", "processed successfully", "-n"),
                ("ntfsresize", "You might resize", "-i", "-f"),
                ("fsstat", "Root Directory: 5", "-f", "ntfs")):
            result = run(program, *options, volume)
            tell(result.returncode == 0 and said in result.stdout, f"{program} finds it sound",
                 result.stdout)
    return end()


if __name__ == "__main__":
    sys.exit(main())
