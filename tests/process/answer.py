#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ctrl-C is answered within a second, whatever is under way and whoever does not hear it; what is
said of the drive is true, and nothing is left behind.  WTGCTL_PROCESS=all tries more moments."""
import fcntl
import os
import pty
import signal
import subprocess
import sys
import time

import scenes
import sweep
from process import (ALL, Run, children, create, fresh, is_free, main, promise, require, stat,
                     until, was_interrupted, within_limit)

STEPS = [(phase, step) for phase in ("apply", "verify") for step in (
    "wipe-target", "format-windows", "apply-image", "write-esp", "write-table")]
STEPS = [("check", "check-image"), *STEPS,
         ("verify", "read-back"), ("verify", "verify-drive")]
SOME_STEPS = [("check", "check-image"), ("apply", "format-windows"), ("apply", "apply-image"),
              ("apply", "write-table"), ("verify", "read-back"), ("verify", "verify-drive")]
SIGNALS = {"INT": signal.SIGINT, "TERM": signal.SIGTERM, "HUP": signal.SIGHUP,
           "QUIT": signal.SIGQUIT}


class Answers:
    def __init__(self):
        self.iso = sweep.medium("windows.iso")
        self.long = sweep.medium("long.iso", "--editions", "1", "--files", "1000",
                                 "--bytes", "150M")
        self.done = os.path.join(sweep.DIR, "done.img")
        subprocess.run([sweep.WTGCTL, "create", "-q", "--image", self.iso, "--edition", "1",
                        "--size", "1G", self.done], check=True, env=sweep.environment())
        self.commands = {
            "info": ["info", "--json", self.long],
            "plan": ["plan", "--json", "--edition", "1", "--image", self.long, "--size", "1G",
                     self.done + ".new"],
            "verify": ["verify", "--json", self.done],
            "status": ["status", "--json", self.done],
            "list": ["list", "--json", "--all"],
        }
        self.long_ms = self.how_long()

    def how_long(self):
        """Milliseconds that a whole run takes."""
        slot = sweep.slots.get()
        start = time.monotonic()
        _, run = create(slot, self.long, "--check")
        require(run.ended() == 0, run.lines())
        fresh(slot)
        sweep.slots.put(slot)
        return (time.monotonic() - start) * 1000

    def at_a_moment(self, slot, share, name, group):
        """Of a whole run."""
        def measure():
            target, run = create(slot, self.long, "--check")
            time.sleep(self.long_ms * share / 1000)
            sent = run.kill(SIGNALS[name], group)
            was_interrupted(run, SIGNALS[name], target)
            return run.ended_at - sent
        within_limit(measure)

    def on_a_drive(self, slot, share):
        def measure():
            target = scenes.Loop("loop", self.iso).prepare(slot)
            run = Run(slot, "create", "--json", "--edition", "1", "--image", self.iso,
                      "--overwrite", "--confirm", target, target)
            time.sleep(self.long_ms * share / 1000)
            sent = run.kill(signal.SIGINT)
            was_interrupted(run, signal.SIGINT, target)
            return run.ended_at - sent
        within_limit(measure)

    def of_a_command(self, slot, command, ms):
        def measure():
            run = Run(slot, *self.commands[command])
            time.sleep(ms / 1000)
            sent = run.kill(signal.SIGINT, True)
            was_interrupted(run, signal.SIGINT)
            return run.ended_at - sent
        within_limit(measure)

    def in_step(self, slot, phase, step, deaf):
        """Somebody is deaf there, for good: as far as the others can know, a drive or an image
        does not answer."""
        def measure():
            target, run = create(slot, self.iso, "--check", "--confirm", slot.file)
            if not run.await_step(phase, step):
                require(run.ended() == 0, run.lines())
                return 0
            victim = run.hand() if deaf == "hand" else run.worker(0.5)
            if not victim:  # steps that need no worker
                run.kill(signal.SIGKILL)
                run.ended()
                until(lambda: not run.session())
                for left in os.listdir(slot.scratch):
                    subprocess.run(["rm", "-rf", os.path.join(slot.scratch, left)], check=True)
                return 0
            stop(victim)
            first = run.kill(signal.SIGINT)
            answered = run.await_line("nterrupted", seconds=10)
            require(answered, "no answer:", run.lines())
            took = answered - first
            if run.await_line("Interrupted;", seconds=0):
                second = run.kill(signal.SIGINT)
                was_interrupted(run, signal.SIGINT, target)
                return max(took, run.ended_at - second)
            was_interrupted(run, signal.SIGINT, target)
            return max(took, run.ended_at - first)
        within_limit(measure)

    def deaf_in_command(self, slot, command, deaf):
        def measure():
            run = Run(slot, *self.commands[command])
            victim = run.hand() if deaf == "hand" else run.worker()
            if not victim or not stop(victim):
                require(run.ended() == 0, run.lines())  # it was quicker
                return 0
            sent = run.kill(signal.SIGINT)
            result = was_interrupted(run, signal.SIGINT)
            require(result and result["kind"] == "cancelled", result)
            return run.ended_at - sent
        within_limit(measure)

    def waiting_for_a_lock(self, slot, deaf):
        def measure():
            with open(fresh(slot), "wb") as f:
                f.truncate(1 << 30)
                fcntl.flock(f, fcntl.LOCK_EX)
                run = Run(slot, "create", "--json", "--edition", "1", "--image", self.iso,
                          "--confirm", slot.file, slot.file)
                waits = until(lambda: run.process.poll() is not None or any(
                    waits_for_lock(pid) for pid in grandchildren(run)))
                require(run.process.poll() is None and waits, "it does not wait:", run.lines())
                if deaf:
                    stop(run.hand())
                sent = run.kill(signal.SIGINT)
                require(run.ended() == -signal.SIGINT, run.lines())
                require(run.result()["drive"] == "untouched", run.result())
                run.nothing_left()
            is_free(slot.file)
            return run.ended_at - sent
        within_limit(measure)

    def large_volume(self, slot):
        def measure():
            target, run = create(slot, self.iso, size="8T")
            run.await_step("apply", "format-windows")
            time.sleep(0.05)
            sent = run.kill(signal.SIGINT, True)
            answered = run.await_line("nterrupted")
            require(answered, run.lines())
            run.ended()
            run.nothing_left(target)
            require(run.process.returncode == -signal.SIGINT, run.lines())
            return answered - sent
        within_limit(measure)

    def quit_at_once(self, slot):
        def measure():
            target, run = create(slot, self.long)
            run.await_step("apply", "apply-image")
            stop(run.hand())
            sent = run.kill(signal.SIGQUIT, True)
            was_interrupted(run, signal.SIGQUIT, target)
            return run.ended_at - sent
        within_limit(measure)

    def sent_twice(self, slot):
        """By timeout(1), to the program and to its group."""
        target, run = create(slot, self.long)
        run.await_step("apply", "apply-image")
        run.kill(signal.SIGTERM)
        run.kill(signal.SIGTERM, True)
        result = was_interrupted(run, signal.SIGTERM, target)
        require(result["message"].endswith("interrupted"), result)

    def nobody_reads(self, slot):
        """A pipe that is full."""
        def measure():
            ours, its = os.pipe()
            fcntl.fcntl(its, fcntl.F_SETPIPE_SZ, 4096)
            target = fresh(slot)
            run = Run(slot, "create", "--json", "--edition", "1", "--image", self.long, "--size",
                      "1G", target, stdout=its)
            os.close(its)
            until(lambda: stat(run.hand()) and "pipe" in wchan(run.hand()))
            first = run.kill(signal.SIGINT)
            if not ended_soon(run):
                first = run.kill(signal.SIGINT)
            require(run.ended() == -signal.SIGINT, run.lines())
            run.nothing_left(target)
            os.close(ours)
            return run.ended_at - first
        within_limit(measure)

    def front_is_killed(self, slot, phase, step):
        def measure():
            target, run = create(slot, self.long)
            run.await_step(phase, step)
            sent = run.kill(signal.SIGKILL)
            require(until(lambda: not run.session()), "left behind:", run.session())
            gone = time.monotonic()
            if os.path.exists(target):
                is_free(target)
            run.ended()
            for left in os.listdir(slot.scratch):  # nobody is there to remove it
                subprocess.run(["rm", "-rf", os.path.join(slot.scratch, left)], check=True)
            return gone - sent
        within_limit(measure)


def wchan(pid):
    try:
        with open(f"/proc/{pid}/wchan", encoding="utf-8") as f:
            return f.read()
    except OSError:
        return ""


def waits_for_lock(pid):
    """flock(2) of what it inherited: neither scratch directory nor seccomp, as a worker has."""
    with open("/proc/locks", encoding="utf-8") as f:
        return any(line.split()[1] == "->" and line.split()[5] == str(pid) for line in f)


def grandchildren(run):
    return [one for child in children(run.pid) for one in children(child)]


def ended_soon(run):
    return until(lambda: run.process.poll() is not None, 0.7)


def stop(pid):
    """False: it was gone."""
    try:
        os.kill(pid, signal.SIGSTOP)
    except ProcessLookupError:
        return False
    return until(lambda: (stat(pid) or "Z")[0] in "TtZ") and (stat(pid) or "Z")[0] != "Z"


# ------------------------------------------------------------------ on a terminal

class Terminal:
    """The program asks there what it may erase."""

    def __init__(self, slot, image):
        with open(fresh(slot), "wb") as f:
            f.truncate(1 << 30)
            f.write(b"precious")
        self.slot = slot
        self.shown = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            for number in SIGNALS.values():
                signal.signal(number, signal.SIG_DFL)
            os.execve(sweep.WTGCTL, ["wtgctl", "create", "--edition", "1", "--image", image,
                                     "--overwrite", slot.file],
                      sweep.environment(TMPDIR=slot.scratch, TERM="xterm"))
        self.await_text(b"to go on: ")

    def await_text(self, text):
        while text not in self.shown:
            try:
                more = os.read(self.fd, 4096)
            except OSError:
                more = b""
            require(more, "the terminal is closed:", self.shown)
            self.shown += more

    def type(self, text):
        os.write(self.fd, text)
        return time.monotonic()

    def ended(self):
        until(lambda: stat(self.pid)[0] == "Z")
        at = time.monotonic()
        try:
            while more := os.read(self.fd, 4096):
                self.shown += more
        except OSError:
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]), at

    def untouched(self):
        with open(self.slot.file, "rb") as f:
            require(f.read(8) == b"precious", "it was written to")
        is_free(self.slot.file)
        require(not os.listdir(self.slot.scratch), os.listdir(self.slot.scratch))


def at_the_prompt(slot, image, key, number):
    def measure():
        terminal = Terminal(slot, image)
        sent = terminal.type(key)
        status, at = terminal.ended()
        require(status == -number, "status", status, terminal.shown)
        require(b"wtgctl: interrupted.\r\nThe file was not touched.\r\n" in terminal.shown,
                terminal.shown)
        terminal.untouched()
        return at - sent
    within_limit(measure)


def hung_up(slot, image):
    terminal = Terminal(slot, image)
    os.close(terminal.fd)
    require(until(lambda: stat(terminal.pid)[0] == "Z"), "it is still there")
    status = os.waitstatus_to_exitcode(os.waitpid(terminal.pid, 0)[1])
    # Nobody answers, and SIGHUP: either may be noticed first.
    require(status in (-signal.SIGHUP, 3), "status", status)
    terminal.untouched()


def suspended(slot, image):
    """As a shell does: a terminal's foreground group stops, and goes on later."""
    terminal = Terminal(slot, image)
    hand = children(terminal.pid)[0]
    # In a session without a shell that would wake it, the kernel stops nobody for Ctrl-Z.
    os.killpg(terminal.pid, signal.SIGSTOP)
    require(until(lambda: stat(terminal.pid)[0] == "T" and stat(hand)[0] == "T"), "not stopped")
    os.killpg(terminal.pid, signal.SIGCONT)
    terminal.type(slot.file.encode() + b"\n")
    status, _ = terminal.ended()
    require(status == 0, status, terminal.shown)
    require(subprocess.run([sweep.WTGCTL, "verify", "-q", slot.file], check=False,
                           env=sweep.environment()).returncode == 0, "not complete")


def promises(report):
    a = Answers()
    n = 40 if ALL else 6
    print(f"# a whole run takes {a.long_ms:.0f} ms", flush=True)
    promise(report, "at any moment of a run, Ctrl-C ends it within a second",
            a.at_a_moment, [(i / n, ["INT", "TERM", "HUP"][i % 3], i % 2) for i in range(n)])
    why_not = scenes.no_loops()
    if why_not:
        report.skip("and onto a drive", why_not)
    else:
        promise(report, "and onto a drive", a.on_a_drive,
                [(i / n,) for i in range(1, n, 1 if ALL else 3)])
    promise(report, "and of every other command", a.of_a_command,
            [(command, ms) for command in a.commands
             for ms in (range(0, 100, 5) if ALL else (3, 15))])
    promise(report, "a command whose worker does not answer is ended", a.deaf_in_command,
            [(one, "worker") for one in ("info", "plan", "verify", "status")])
    promise(report, "and one that does not hear at all", a.deaf_in_command,
            [(one, "hand") for one in (a.commands if ALL else ("plan", "list"))])
    promise(report, "in every step, who does not hear is said so, and a second signal leaves",
            a.in_step, [(*one, "hand") for one in (STEPS if ALL else SOME_STEPS)])
    promise(report, "a worker that does not answer is ended in every step", a.in_step,
            [(*one, "worker") for one in (STEPS if ALL else
             [("apply", "apply-image"), ("verify", "verify-drive")])])
    promise(report, "waiting for a lock, too", a.waiting_for_a_lock, [(False,), (True,)])
    promise(report, "while a large volume is formatted", a.large_volume)
    promise(report, "SIGQUIT ends it at once", a.quit_at_once)
    promise(report, "one signal that comes twice is one", a.sent_twice)
    promise(report, "although nobody reads what it says", a.nobody_reads)
    promise(report, "when the process in front is killed, all are gone and the lock is free",
            a.front_is_killed, [("check", "wipe-target"), ("apply", "format-windows"),
                                ("apply", "apply-image"), ("verify", "verify-drive")])
    promise(report, "at the prompt, Ctrl-C and Ctrl-\\ end it", at_the_prompt,
            [(a.iso, b"\x03", signal.SIGINT), (a.iso, b"\x1c", signal.SIGQUIT)])
    promise(report, "at the prompt, a terminal that goes away ends it", hung_up, [(a.iso,)])
    promise(report, "at the prompt, it can be stopped and go on", suspended, [(a.iso,)])


if __name__ == "__main__":
    sys.exit(main(promises))
