# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine makes of an image what wimlib makes of it, to the last field, from whatever kind of
file, with sectors of any size and with any number of threads; and other readers take its volumes
for sound."""
import os
import re
import shutil
import sys
import tempfile

from tap import by_libfsntfs, differences, empty, end, media, must, run, tell, theirs, walk

SIZE = 240  # MiB of a volume
THOROUGH = os.environ.get("WTGCTL_APPLY") == "all"


def listed(path):
    """The walk's list of a volume; and what it finds."""
    result = walk(path, "--list", stderr=-1)
    return result.stdout.splitlines(), result.stderr


def captured(path):
    """The same by wimlib, which captures the volume; inodes go by their first name."""
    wim = f"{path}.wim"
    must("wimlib-imagex", "capture", path, wim, "--compress=none")
    blocks = must("wimlib-imagex", "dir", wim, "1", "--detailed").split("-" * 76)
    os.remove(wim)
    first, tree = {}, []
    for block in blocks:
        fields = [line.strip() for line in block.splitlines() if "=" in line and not re.match(
            r"\s*(Compressed size|Offset in WIM|Part Number|Reference Count)", line)]
        path = next((field for field in fields if field.startswith("Full Path")), "")
        for i, field in enumerate(fields):
            if field.startswith("Link Group ID"):
                fields[i] = first.setdefault(field, path)
        tree.append(" | ".join(fields))
    return sorted(tree)


class Comparison:
    def __init__(self, directory, wim):
        self.directory = directory
        reference = theirs(wim, self.path("theirs"), SIZE)
        self.list, _ = listed(reference)
        self.tree = captured(reference)

    def path(self, name):
        return os.path.join(self.directory, name)

    def apply(self, image, sector=512, threads=2, engine="own", size=SIZE):
        path = empty(self.path("ours"), size)
        return path, run(os.environ["BENCH_APPLY"], "--engine", engine, "--threads", threads,
                         "--sector", sector, image, 1, path)

    def same(self, what, image, engine="own", **how):
        path, result = self.apply(image, engine=engine, **how)
        if result.returncode:
            tell(False, what, result.stdout)
            return path
        found, findings = listed(path)
        tell(found == self.list, f"{what}: the same tree",
             differences(self.list, found))
        if engine == "wimlib":  # libntfs-3g mistakes the tag of a point outside of its record
            findings = "".join(line for line in findings.splitlines(True)
                               if "reparse tag 192, but" not in line)
        tell(not findings, f"{what}: nothing found on the way", findings)
        return path


def check_twice(comparison):
    """Of what wimlib 1.13 does not survive: the image says itself what the content is."""
    wim = media(comparison.path("twice.wim"), "--variant", "wim", "--variant", "twice")
    path, result = comparison.apply(wim)
    found, findings = listed(path)
    found = [line for line in found if "/odd/twice/" in line]
    told = must("wimlib-imagex", "dir", wim, "1", "--detailed",
                "--path=/Program Files/wtgctl stand-in/odd/twice")
    known = {one for one in re.findall(r"Hash\s+= 0x([0-9a-f]{40})", told) if one.strip("0")}
    read = [re.findall(r":\d+:([0-9a-f]{40})", line) for line in found]
    tell(result.returncode == 0 and not findings and len(known) == len(read) == 3 and
         all(len(one) == 3 and len(set(one)) == 1 and one[0] in known for one in read),
         "the same content in several streams of a file", f"{result.stdout}{findings}{read}")


def check_huge(comparison):
    """A file of more than 4 GiB, whose sizes, and a WIM's chunk table, need more than 32 bits."""
    wim = media(comparison.path("huge.wim"), "--variant", "wim", "--variant", "huge")
    comparison.list, _ = listed(theirs(wim, comparison.path("theirs"), 5000))
    comparison.same("a file of more than 4 GiB", wim, size=5000)


def readers(path):
    """Other programs, none of which knows how the volume was made."""
    rows = [("ntfsfix", r"processed successfully", "-n", path),
            ("ntfsresize", r"You might resize", "-i", "-f", path),
            ("ntfsinfo", r"Volume Flags: 0x0000", "-m", path),
            ("fsstat", r"Root Directory: 5", "-f", "ntfs", path),
            ("fls", r"great numbers/entries", "-r", "-p", "-f", "ntfs", path),
            ("7z", r"Everything is Ok", "t", path)]
    for program, expected, *arguments in rows:
        if not shutil.which(program):
            tell(True, f"{program} finds it sound # SKIP {program} is not installed")
            continue
        result = run(program, *arguments)
        tell(result.returncode == 0 and re.search(expected, result.stdout) is not None,
             f"{program} finds it sound", result.stdout[-2000:])


def forms(directory, wim):
    """The same image in all kinds of files."""
    def export(name, *options):
        path = os.path.join(directory, name)
        must("wimlib-imagex", "export", wim, "1", path, "--no-check", *options)
        return path
    yield "XPRESS", export("xpress.wim", "--compress=XPRESS")
    yield "stored", export("none.wim", "--compress=none")
    yield "LZX in chunks of 64 KiB", export("large.wim", "--compress=LZX", "--recompress",
                                            "--chunk-size=65536")
    yield "solid", export("solid.esd", "--solid", "--solid-chunk-size=1048576")
    yield "solid LZX", export("lzx.esd", "--solid", "--solid-compress=LZX",
                              "--solid-chunk-size=262144")
    must("wimlib-imagex", "split", wim, os.path.join(directory, "part.swm"), "1")
    yield "split", os.path.join(directory, "part.swm")
    yield "pipable", export("pipable.wim", "--pipable")
    yield "a disc", media(os.path.join(directory, "one.iso"), "--variant", "many")


def main():
    with tempfile.TemporaryDirectory(prefix="wtgctl-same.") as directory:
        wim = media(os.path.join(directory, "one.wim"), "--variant", "wim",
                    "--variant", "many")
        comparison = Comparison(directory, wim)
        path = comparison.same("LZX, two threads", wim)
        found = captured(path)
        tell(found == comparison.tree, "wimlib captures the same tree",
             differences(comparison.tree, found))
        readers(path)
        by_libfsntfs(path, "libfsntfs reads the same bytes")
        comparison.same("one thread", wim, threads=1)
        comparison.same("four threads, sectors of 4096 bytes", wim, threads=4, sector=4096)
        comparison.same("wimlib's engine", wim, engine="wimlib")
        for what, image in forms(directory, wim):
            for threads in (1, 4) if THOROUGH else (3,):
                comparison.same(f"{what}, {threads} threads", image, threads=threads)
        check_twice(comparison)
        if THOROUGH:
            check_huge(comparison)
    return end()


if __name__ == "__main__":
    sys.exit(main())
