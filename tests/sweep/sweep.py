# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sweeps share: runs of wtgctl under the shim that tampers with what it does, one slot
for each core, and a report in TAP.  WTGCTL, MAKE_MEDIA and SHIMS are paths; WTGCTL_SWEEP=all
makes a sweep complete."""
import collections
import concurrent.futures
import mmap
import os
import queue
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

ALL = os.environ.get("WTGCTL_SWEEP") == "all"
CORES = len(os.sched_getaffinity(0))
WTGCTL = os.environ["WTGCTL"]
SIZE = 512 << 20

# As in write-shim.c.
WORDS = struct.Struct("8Q")
RECORD = struct.Struct("4Q")
LOG_AT = 4096
LOG_ROOM = 1 << 20
BYTES_ROOM = 400 << 20
WRITE, FLUSH, RANGE, RESIZE, CLOSE = range(5)
CALL_NAMES = ["write", "flush", "sync_file_range", "ftruncate", "close"]
FAIL, SHORT, FULL, DROP, KILL_WRITER, KILL_ALL = range(6)

Call = collections.namedtuple("Call", "kind offset length data")
Tampering = collections.namedtuple("Tampering", "name what errno", defaults=[0])


class Outcome:
    """How a run ended: status is that of the shell, 128 + n for a signal."""

    def __init__(self, status, err, calls, wrote):
        self.status, self.err, self.calls = status, err, calls
        self.killed_itself = wrote and status == 137

    def sentences(self):
        return [line for line in self.err.splitlines() if line.startswith("wtgctl: ")]


def environment(**more):
    return dict(os.environ, LC_ALL="C.UTF-8", ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "")
                + ":verify_asan_link_order=0:detect_leaks=0", **more)


def wtgctl(*arguments, **more):
    """Run it untouched."""
    return subprocess.run([WTGCTL, *arguments], env=environment(**more), text=True, timeout=120,
                          errors="surrogateescape", stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def is_sanitized():
    with open(WTGCTL, "rb") as f:
        return b"__asan_init" in f.read()


class Slot:
    """A directory to work in, for one run at a time."""

    def __init__(self, number):
        self.dir = os.path.join(DIR, f"slot{number}")
        self.scratch = os.path.join(self.dir, "scratch")
        self.file = os.path.join(self.dir, "t.img")
        os.makedirs(self.scratch)
        self.loop = None

    def run(self, arguments, target, tampering=None, at=0, with_bytes=False, trace=None):
        """wtgctl with these arguments, and the at-th call to the target tampered with; trace is
        strace with its options, if it shall look on."""
        control = os.path.join(self.dir, "control")
        shim = "LD_PRELOAD=" + os.path.join(os.environ["SHIMS"], "write-shim.so")
        before = [*trace, "-P", target, "-E", shim] if trace else ["env", shim]
        with open(control, "wb+") as f:
            f.truncate(LOG_AT + (BYTES_ROOM if with_bytes else LOG_ROOM))
            f.write(WORDS.pack(0, at, tampering.what if tampering else 0,
                               tampering.errno if tampering else 0, 0, 0, 0, with_bytes))
            f.flush()
            process = subprocess.Popen(
                [*before, WTGCTL, *arguments], text=True, errors="surrogateescape",
                start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment(SWEEP_CONTROL=control, SWEEP_TARGET=target,
                                TMPDIR=self.scratch))
            _, err = process.communicate(timeout=120)
            with mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as log:
                words = WORDS.unpack_from(log)
                calls = list(records(log, LOG_AT + words[6]))
        status = process.returncode
        return Outcome(status if status >= 0 else 128 - status, err, calls,
                       words[5] == process.pid)

    def left_behind(self):
        return os.listdir(self.scratch)


def records(log, end):
    at = LOG_AT
    while at < end:
        kind, offset, length, logged = RECORD.unpack_from(log, at)
        at += RECORD.size
        yield Call(kind, offset, length, log[at:at + logged])
        at += logged


class Failure(Exception):
    pass


def require(truth, *what):
    if not truth:
        raise Failure(" ".join(str(one) for one in what))


slots = queue.Queue()
all_slots = []
DIR = None


def begin(prefix="wtgctl-sweep-"):
    """Slots in memory where there is some, and the media."""
    global DIR
    shm = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    DIR = tempfile.mkdtemp(prefix=prefix, dir=shm)
    signal.signal(signal.SIGTERM, stop)
    for number in range(CORES):
        all_slots.append(Slot(number))
        slots.put(all_slots[-1])


def stop(_signal, _frame):
    """As `meson test` does where it takes too long."""
    end()
    os._exit(1)


def end():
    for slot in all_slots:
        if slot.loop:
            subprocess.run(["losetup", "-d", slot.loop], check=False)
    shutil.rmtree(DIR, ignore_errors=True)


def medium(name, *options):
    path = os.path.join(DIR, name)
    subprocess.run([os.environ["MAKE_MEDIA"], "--out", path, *options], check=True,
                   stdout=subprocess.DEVNULL)
    return path


def spread(numbers, how_many, always=()):
    """All of them in a complete sweep, otherwise so many, evenly, and those that always are."""
    numbers = list(numbers)
    if is_sanitized():  # where each run takes three times as long
        how_many = how_many // 2 + 2
    if ALL or len(numbers) <= how_many:
        return numbers
    step = (len(numbers) - 1) / max(how_many - 1, 1)
    chosen = {numbers[round(i * step)] for i in range(how_many)}
    return sorted(chosen | (set(always) & set(numbers)))


class Report:
    """TAP: one line for each promise, with how often it was looked at."""

    def __init__(self):
        self.n, self.failed = 0, False

    def skip(self, promise, why):
        self.n += 1
        print(f"ok {self.n} - {promise} # SKIP {why}", flush=True)

    def needs(self, *programs):
        missing = [one for one in programs if not shutil.which(one)]
        if missing:
            self.skip(sys.argv[0], f"{missing[0]} is not installed")
            self.done()

    def sweep(self, promise, function, jobs, unit="runs"):
        """function(slot, job) for all jobs, one for each core at a time."""
        def one(job):
            slot = slots.get()
            try:
                function(slot, job)
                return None
            except Failure as failure:
                return f"{job_name(job)}: {failure}"
            finally:
                slots.put(slot)

        start = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
            failures = [found for found in pool.map(one, jobs) if found]
        self.n += 1
        print(f"{'not ' if failures else ''}ok {self.n} - {promise}")
        for line in failures[:20]:
            print("# " + line.replace("\n", "\n#   "))
        print(f"# {len(jobs)} {unit}, {len(failures)} failures, "
              f"{time.monotonic() - start:.1f} s", flush=True)
        self.failed |= bool(failures)

    def done(self):
        print(f"1..{self.n}")
        sys.exit(self.failed)


def job_name(job):
    return " ".join(getattr(part, "name", str(part)) for part in job)
