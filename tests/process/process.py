# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests here share: a run of wtgctl whose processes can be told apart, signalled and
watched, and times that a busy machine does not falsify.  WTGCTL and MAKE_MEDIA are paths."""
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time

import drive
import sweep
from sweep import Failure, require

ALL = os.environ.get("WTGCTL_PROCESS") == "all"
LIMIT = 1.0  # second: to answer, and to be gone
STARTS = 0.01  # seconds that the program takes to start on an idle machine, or less


def stat(pid):
    """(state, parent, session), or None."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
            fields = f.read().rpartition(")")[2].split()
        return fields[0], int(fields[1]), int(fields[3])
    except (FileNotFoundError, ProcessLookupError):
        return None


def processes():
    found = ((int(name), stat(name)) for name in os.listdir("/proc") if name.isdigit())
    return {pid: is_ for pid, is_ in found if is_ and is_[0] not in "ZX"}


def children(pid):
    return sorted(one for one, (_, parent, _) in processes().items() if parent == pid)


def is_confined(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as f:
            return "Seccomp:\t2\n" in f
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(truth, seconds=10):
    """What truth() gives, as soon as that is something; None: it never was."""
    end = time.monotonic() + seconds
    while not (found := truth()):
        if time.monotonic() > end:
            return None
        time.sleep(0.002)
    return found


def slowness():
    """How much longer than on an idle machine it takes to start a program now."""
    start = time.monotonic()
    subprocess.run([sweep.WTGCTL, "version"], stdout=subprocess.DEVNULL, check=True,
                   env=sweep.environment())
    return max(1.0, (time.monotonic() - start) / STARTS)


def within_limit(measure):
    """measure() gives seconds.  What others do to the machine makes it slower, never faster:
    so a promise is broken where it is broken three times, each time by more than that."""
    found = []
    for _ in range(3):
        before = slowness()
        taken = measure()
        allowed = LIMIT * max(1.0, (before + slowness()) / 4)
        if taken < allowed:
            return
        found.append(f"{taken:.2f} s, allowed {allowed:.2f}")
    raise Failure("too slow, three times: " + "; ".join(found))


def hears_all():
    """Whoever started us may have started us deaf."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


class Run:
    """wtgctl, in a session of its own, and when it said what."""

    def __init__(self, slot, *arguments, before=(), stdout=subprocess.PIPE, **more):
        self.scratch = slot.scratch
        self.said = []  # (when, line), of both streams
        self.changed = threading.Condition()
        self.process = subprocess.Popen(
            [*before, sweep.WTGCTL, *arguments], start_new_session=True, text=True,
            errors="surrogateescape", stdin=subprocess.DEVNULL, stdout=stdout,
            stderr=subprocess.PIPE, env=sweep.environment(TMPDIR=slot.scratch, **more),
            preexec_fn=hears_all)
        self.pid = self.process.pid  # of the process in front
        self.readers = [threading.Thread(target=self.read, args=[stream], daemon=True)
                        for stream in (self.process.stdout, self.process.stderr) if stream]
        for reader in self.readers:
            reader.start()

    def read(self, stream):
        for line in stream:
            with self.changed:
                self.said.append((time.monotonic(), line.rstrip("\n")))
                self.changed.notify_all()
        with self.changed:
            self.changed.notify_all()

    def await_line(self, *parts, seconds=60):
        """When a line with all these parts came; None: it ended without."""
        def find():
            return next((when for when, line in self.said if all(p in line for p in parts)),
                        None)
        with self.changed:
            self.changed.wait_for(lambda: find() or self.process.poll() is not None, seconds)
            return find()

    def await_step(self, phase, step):
        return self.await_line(f'"phase":"{phase}"', f'"step":"{step}"')

    def hand(self):
        """The process that does the work."""
        found = until(lambda: children(self.pid), 2)
        return found[0] if found else None

    def worker(self, seconds=2):
        """One that is confined; other children are programs, or on their way to be either."""
        hand = self.hand()
        return hand and until(lambda: next(filter(is_confined, children(hand)), None), seconds)

    def kill(self, number, whole_group=False):
        """When that was."""
        now = time.monotonic()
        try:
            (os.killpg if whole_group else os.kill)(self.pid, number)
        except ProcessLookupError:
            pass
        return now

    def ended(self, seconds=30):
        """The status, as Python has it: -N for a signal; the time is in ended_at."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            raise Failure(f"still there after {seconds} s; it said {self.lines()}") from None
        self.ended_at = time.monotonic()
        for reader in self.readers:
            reader.join(5)
        return status

    def lines(self):
        return [line for _, line in self.said]

    def sentences(self):
        return [line for line in self.lines() if line.startswith("wtgctl: ")]

    def result(self):
        """The JSON object, of which there must be no more than one; None: there is none."""
        found = [json.loads(line) for line in self.lines() if line.startswith("{")]
        found = [one for one in found if one["type"] == "result"]
        require(len(found) <= 1, "results:", found)
        return found[0] if found else None

    def session(self):
        return [pid for pid, (_, _, session) in processes().items() if session == self.pid]

    def nothing_left(self, target=None):
        require(until(lambda: not self.session(), 3), "left behind:",
                [open(f"/proc/{pid}/cmdline").read() for pid in self.session()])
        require(not os.listdir(self.scratch), "left behind:", os.listdir(self.scratch))
        if target and os.path.exists(target):
            is_free(target)


def is_free(target):
    exclusive = 0 if os.path.isfile(target) else os.O_EXCL
    fd = os.open(target, os.O_RDWR | exclusive)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Failure("it is still locked") from None
    finally:
        os.close(fd)


def has_data(path):
    try:
        with open(path, "rb") as f:
            os.lseek(f.fileno(), 0, os.SEEK_DATA)
            return True
    except OSError:  # it does not exist, or is all holes
        return False


def state_is_true(target, said):
    """The drive is what the result says of it."""
    if said == "untouched":
        require(not has_data(target), "it was touched")
        return
    found = drive.judge(target)
    if said == "blank":
        require(found == "blank", "not blank:", found)
        require(drive.status(target)[0] == "interrupted", "status:", drive.status(target))
    if said == "complete":
        require(found == "complete", "not complete:", found)


def was_interrupted(run, number, target=None):
    """It ended by that signal, or was quicker; said one thing, which is true; left nothing."""
    status, result = run.ended(), run.result()
    if status == 0:
        require(result["kind"] == "ok", "status 0, but", result)
    elif result is None:  # before there was anybody to hear it
        require(status == -number and not run.lines(), status, run.lines())
    elif result["kind"] == "cancelled":
        require(status == -number, "ended by", status, "after signal", number)
        require(result["status"] == 128 + number, result)
        require(len(run.sentences()) == 1, run.sentences())
    else:  # what the program that it runs made of the same signal would be wrong
        raise Failure(f"signal {number}, but {result}")
    run.nothing_left(target)
    if target:
        state_is_true(target, result["drive"] if result else "untouched")
    return result


def fresh(slot):
    if os.path.exists(slot.file):
        os.unlink(slot.file)
    return slot.file


def create(slot, image, *more, size="1G", **options):
    target = fresh(slot)
    return target, Run(slot, "create", "--json", "--edition", "1", "--image", image, "--size",
                       size, *more, target, **options)


def promise(report, name, function, jobs=((),), unit="runs"):
    """Times are of interest: so one at a time."""
    def one(slot, job):
        try:
            function(slot, *job)
        finally:
            fresh(slot)
    report.sweep(name, one, list(jobs), unit)


def begin():
    """One slot, so that no run disturbs another's time."""
    sweep.CORES = 1
    sweep.begin("wtgctl-process-")
    return sweep.Report()


def main(promises):
    report = begin()
    try:
        report.needs(*drive.NEEDED)
        promises(report)
    finally:
        sweep.end()
    report.done()
    sys.exit()
