"""The injected faults; each takes the scene and a random generator, and returns the problems found."""

import contextlib
import os
import signal
import subprocess
import time

from .scene import Broken

ENDS = (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGABRT)


def guests_killed(scene, chance):
    """A guest's QEMU is killed: once, twice, or every time one starts."""
    return hurt(scene, chance, times=chance.choice([1, 2, 1000]), signals=ENDS)


def guests_stopped(scene, chance):
    """A guest's QEMU is stopped once or twice; each time costs the full time limit of a cell."""
    return hurt(scene, chance, times=chance.choice([1, 2]), signals=(signal.SIGSTOP,))


def hurt(scene, chance, times, signals):
    start = chance.choice(["cold", "auto"])
    with scene.started("--no-cache", "--start", start) as process:
        hit = set()
        while process.poll() is None and len(hit) < times:
            time.sleep(chance.uniform(0, 1 if times > 2 else 3))
            fresh = [guest for guest in scene.guests(process) if guest not in hit]
            if fresh:
                guest = chance.choice(fresh)
                hit.add(guest)
                send(guest, chance.choice(signals))
        return scene.compared(scene.document(process))


def tool_killed(scene, chance):
    """compat-matrix is killed or interrupted; the next run reuses finished cells and measures the rest."""
    end = chance.choice([signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    results = scene.store / f"killed-{chance.random()}"
    with scene.started("--results", results, "--start", chance.choice(["cold", "auto"])) as process:
        time.sleep(chance.uniform(0.2, 6))
        send(process.pid, end)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired as late:
            raise Broken(f"it did not end within 30 s of {end.name}") from late
    # Only then: a temporary file of a process that was killed is for the next run to remove.
    return scene.compared(scene.run("--results", results)) + scene.store_problems()


def snapshot_damaged(scene, chance):
    """The snapshots are truncated, changed, emptied, or swapped."""
    snapshots = scene.snapshot_copies()
    how = chance.choice(["cut", "flipped", "zeroed", "emptied", "longer", "swapped"])
    if how == "swapped":
        contents = [path.read_bytes() for path in snapshots]
        for path, content in zip(snapshots, contents[1:] + contents[:1], strict=True):
            path.write_bytes(content)
        return scene.compared(scene.run("--no-cache"))
    for path in snapshots:
        size = path.stat().st_size
        with open(path, "r+b") as file:
            if how == "cut":
                file.truncate(chance.randrange(1, size))
            elif how == "emptied":
                file.truncate(0)
            elif how == "longer":
                file.seek(size)
                file.write(b"\0")
            else:
                # Most of a snapshot is holes, so damage the data.
                for _ in range(chance.choice([1, 10, 100])):
                    place = chance.randrange(size // 4096) * 4096
                    file.seek(place)
                    page = file.read(4096)
                    at = chance.randrange(len(page))
                    file.seek(place)
                    changed = bytes(4096) if how == "zeroed" else flipped(page, at, chance.randrange(8))
                    file.write(changed)
    return scene.compared(scene.run("--no-cache"))


def flipped(page, at, bit):
    return page[:at] + bytes([page[at] ^ (1 << bit)]) + page[at + 1 :]


def snapshots_vanish(scene, chance):
    """The cache is cleared by hand while a run restores guests from it."""
    with scene.started("--no-cache") as process:
        time.sleep(chance.uniform(0, 2))
        for path in scene.snapshots.iterdir():
            path.unlink(missing_ok=True)
        return scene.compared(scene.document(process))


def processors_taken(scene, chance):
    """Other programs compete for the processors, with a higher priority."""
    others = []
    for _ in range(4 * (os.cpu_count() or 1)):
        child = os.fork()
        if child == 0:
            while True:
                pass
        others.append(child)
    try:
        return scene.compared(scene.run("--no-cache", "--jobs", str(chance.choice([1, 4]))))
    finally:
        for child in others:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def send(process, number):
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)


FAULTS = {
    "guests-killed": guests_killed,
    "tool-killed": tool_killed,
    "snapshot-damaged": snapshot_damaged,
    "guests-stopped": guests_stopped,
    "snapshots-vanish": snapshots_vanish,
    "processors-taken": processors_taken,
}
