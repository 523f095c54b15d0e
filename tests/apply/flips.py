# SPDX-License-Identifier: GPL-3.0-or-later
"""One bit of an image turned round, in place after place: either that is said before anything is
written, or the drive is left blank, or the bit was in nobody's file and nothing is different."""
import json
import os
import sys
import tempfile

from tap import MIB, end, media, must, run, tell, walk

WTGCTL = os.environ["WTGCTL"]
N_PLACES = 400 if os.environ.get("WTGCTL_APPLY") == "all" else 12

# The form, how many of the places must show only while it is applied, and options.  Planning reads
# the boot files: in a solid ESD, all that is packed before the last of them.
FORMS = (("wim", N_PLACES // 2), ("esd", N_PLACES // 6), ("wim", N_PLACES // 2, "--compact=lzx"))
UNTOUCHED, BLANK, COMPLETE = "untouched", "blank", "complete"


def create(image, target, *options):
    """The result as the program tells it, and its exit status."""
    if os.path.exists(target):
        os.remove(target)
    said = run(WTGCTL, "create", "--json", "--seed", "1", "--edition", "1", "--size", "640M",
               "--image", image, *options, target, stderr=-1)
    rows = [json.loads(line) for line in said.stdout.splitlines() if line.startswith("{")]
    result = next((row for row in rows if row["type"] == "result"), {})
    return result.get("drive"), said.returncode, said.stderr


def blank(path):
    """No table, in front or at the end, and nothing that blkid knows."""
    with open(path, "rb") as file:
        start = file.read(MIB)
        file.seek(-MIB, os.SEEK_END)
        return b"EFI PART" not in start + file.read() and start[510:512] != b"\x55\xaa" and \
            run("blkid", "-p", path).returncode == 2


def windows(path):
    """The walk's list of the Windows volume."""
    table = json.loads(must("sfdisk", "--json", path))["partitiontable"]
    at = table["partitions"][-1]["start"] * table["sectorsize"]
    listed = walk(path, "--list", "--offset", str(at))
    return listed.stdout if listed.returncode == 0 else "findings"


def judge(target, drive, status, said, sound):
    """What is wrong with how it ended; "": nothing."""
    if drive == UNTOUCHED:
        return "" if 2 <= status <= 9 and not os.path.exists(target) else "not untouched"
    if drive == BLANK:
        return "" if status == 10 and blank(target) else "not blank"
    if drive == COMPLETE and status == 0:
        return "" if windows(target) == sound else "another tree"
    return f"status {status}, drive {drive}: {said}"


def flip(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << at % 8]))


def places(size):
    """All over the file, and each time the same."""
    return [(2 * i + 1) * size // (2 * N_PLACES) + i * 7919 % 97 for i in range(N_PLACES)]


def main():
    with tempfile.TemporaryDirectory(prefix="wtgctl-flips.") as directory:
        os.environ["TMPDIR"] = directory
        target = os.path.join(directory, "t.img")
        for form, least, *options in FORMS:
            image = media(os.path.join(directory, f"one.{form}"), "--variant", form,
                          "--files", "200", "--bytes", "20M")
            drive, status, said = create(image, target, *options)
            what = " ".join([form, *options])
            sound = windows(target) if drive == COMPLETE else ""
            tell(status == 0 and len(sound.splitlines()) > 1000, f"a sound {what} is applied",
                 said)
            seen, wrong = {}, []
            for at in places(os.path.getsize(image)):
                flip(image, at)
                drive, status, said = create(image, target, *options)
                verdict = judge(target, drive, status, said, sound)
                if verdict:
                    wrong.append(f"byte {at}: {verdict}")
                seen[drive] = seen.get(drive, 0) + 1
                flip(image, at)
            print(f"# {what}: {seen}")
            tell(not wrong, f"a bit of the {what} turned round is found, or in nobody's file",
                 "\n".join(wrong))
            tell(seen.get(BLANK, 0) > least, f"of those in a {what} enough while applying",
                 str(seen))
    return end()


if __name__ == "__main__":
    sys.exit(main())
