# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be on a medium after a power cut: everything up to a flush that came back, and any part
of what followed, in any order."""
import itertools
import os
import random

import scenes
import sweep

BLOCK, SECTOR = 4096, 512


class Epoch:
    """What is written between two flushes, and the steps that are on record before and after."""

    def __init__(self, number, earlier, writes, before, after):
        self.number, self.earlier, self.writes = number, earlier, writes
        self.steps = {before, after}
        self.name = f"epoch {number} ({before} to {after}, {len(writes)} writes)"


def epochs(calls):
    steps = scenes.steps(calls)
    found, earlier, writes, before = [], [], [], None
    for n, call in enumerate(calls, 1):
        if call.kind == sweep.WRITE:
            writes.append(call)
        elif call.kind == sweep.FLUSH and writes:
            found.append(Epoch(len(found) + 1, earlier, writes, before, steps[n]))
            earlier, writes, before = earlier + writes, [], steps[n]
    return found


def pieces(writes, size):
    for write in writes:
        for at in range(0, write.length, size):
            yield write.offset + at, write.data[at:at + size]


def some(writes, size, chance, rng):
    return [piece for piece in pieces(writes, size) if rng.random() < chance]


def states(epoch, how_many, seed):
    """(what it is, [(offset, bytes)] in the order in which they reach the medium)."""
    rng = random.Random(f"{seed} {epoch.number}")
    whole = [(write.offset, write.data) for write in epoch.writes]
    n = len(whole)
    fixed = [(f"the first {i}", whole[:i]) for i in range(n + 1)]
    fixed += [(f"all but write {i + 1}", whole[:i] + whole[i + 1:]) for i in range(n)]
    if n <= 6:
        fixed += [(f"writes {subset}", [whole[i] for i in subset])
                  for r in range(n + 1) for subset in itertools.combinations(range(n), r)]
    for i in range(n):
        cut = rng.randrange(0, epoch.writes[i].length, SECTOR)
        offset, data = whole[i]
        fixed.append((f"write {i + 1} up to {cut}", whole[:i] + [(offset, data[:cut])]))
        fixed.append((f"write {i + 1} from {cut}", whole[:i] + [(offset + cut, data[cut:])]))
    if not sweep.ALL and len(fixed) > how_many // 2:
        fixed = rng.sample(fixed, how_many // 2)
    while len(fixed) < how_many:
        size = rng.choice([SECTOR, SECTOR, BLOCK])
        chance = rng.choice([0.03, 0.3, 0.5, 0.7, 0.97])
        which = rng.getrandbits(64)
        fixed.append((f"{chance} of pieces of {size} (random {which})",
                      some(epoch.writes, size, chance, random.Random(which))))
    return fixed


class Rebuilt:
    """A drive as it was at a flush, to which pieces are written and taken back."""

    def __init__(self, scene, slot, epoch):
        self.path = scene.prepare(slot)
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self.fd, scene.size)
        for write in epoch.earlier:
            os.pwrite(self.fd, write.data, write.offset)

    def with_pieces(self, some_pieces, look):
        undo = [(offset, os.pread(self.fd, len(data), offset)) for offset, data in some_pieces]
        for offset, data in some_pieces:
            os.pwrite(self.fd, data, offset)
        try:
            return look()
        finally:
            for offset, data in reversed(undo):
                os.pwrite(self.fd, data, offset)

    def close(self):
        os.close(self.fd)
