# SPDX-License-Identifier: GPL-3.0-or-later
"""The walk over a volume, walked itself: it finds nothing on wimlib's volumes, reads there what
wimlib reads, and finds each harm that is done to one."""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "ntfs"))

from damage import HARM, Victim  # noqa: E402

failed = 0
done = 0


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="surrogateescape", check=False)


def must(*command):
    result = run(*command)
    if result.returncode:
        sys.exit(f"Bail out! {' '.join(command)}: {result.stdout}")
    return result.stdout


def walk(path, *options):
    return run(sys.executable, os.path.join(HERE, "ntfs-walk.py"), *options, path)


def tell(good, promise, why=""):
    global done, failed
    done += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {done} - {promise}", flush=True)
    if not good:
        print("".join(f"# {line}\n" for line in why.splitlines()[:20]), end="", flush=True)


def make(wim, path, sector):
    must("truncate", "-s", "120M", path)
    must("mkntfs", "-q", "-Q", "-F", "-s", str(sector), path)
    must("wimlib-imagex", "apply", wim, "1", path)


def check_list(wim, path):
    """Content, by wimlib's own account of the image: path and hash of each file."""
    listing, theirs, name = must("wimlib-imagex", "dir", wim, "1", "--detailed"), [], None
    for line in listing.splitlines():
        field, _, rest = line.strip().partition("= ")
        if field.startswith("Full Path"):
            name, stream = rest.strip('"'), ""
        elif field.startswith("Named data stream"):
            stream = rest.strip('"')
        elif field.startswith("Hash") and rest.strip("0x"):
            theirs.append(f"{stream}:{rest.removeprefix('0x')}")
    result = walk(path, "--list")
    ours = [f"{stream}:{value}" for stream, value in re.findall(
        r"stream=([^:]*):\d+:([0-9a-f]{40})", result.stdout)
        if value != "da39a3ee5e6b4b0d3255bfef95601890afd80709"]
    points = [line for line in result.stdout.splitlines() if re.search(r"reparse=\w", line)]
    tell(result.returncode == 0 and len(theirs) > 900 and name and
         len(theirs) == len(ours) + len(points) and
         not {one.split(":")[-1] for one in ours} - {one.split(":")[-1] for one in theirs},
         "reads the content that the image says",
         f"{len(theirs)} in the image, {len(ours)} and {len(points)} links on the volume")


def main():
    with tempfile.TemporaryDirectory(prefix="wtgctl-walk.") as directory:
        wim, sound = os.path.join(directory, "one.wim"), os.path.join(directory, "sound")
        must(os.environ["MAKE_MEDIA"], "--out", wim, "--variant", "wim", "--variant", "twins",
             "--editions", "1")
        for sector in 4096, 512:
            make(wim, sound, sector)
            result = walk(sound)
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
    print(f"1..{done}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
