"""Peak memory of the default matrix and of a run with a long log."""

import gzip
from pathlib import Path

from .figures import figure, say
from .process import argument
from .programs import LONG_LOG, compiled


def memory(bench):
    cold, machines = bench.watched("--no-cache", "--start", "cold")
    bench.restored("--no-cache")
    warm, _ = bench.watched("--no-cache")
    initramfs = Path(argument(next(iter(machines.values())), "-initrd"))
    return [
        figure("QEMU, default matrix, guests booted, peak", max(cold["guests"]), "MiB", 320),
        figure("QEMU, default matrix, guests restored, peak", max(warm["guests"]), "MiB", 320),
        figure("compat-matrix, default matrix, peak", warm["tool"], "MiB", 200),
        figure("initramfs with every loader, gzip", len(gzip.compress(initramfs.read_bytes())) / 2**20, "MiB", 4),
    ]


def long_log(bench):
    """The cost of keeping a log of more than 100 MiB, on the newest kernel."""
    if not bench.full_logs:
        say("skipped: a long log: this compat-matrix has no --full-logs")
        return []
    results = bench.folder / "long-log"
    path = compiled(bench.folder, "long", LONG_LOG)
    peaks, _ = bench.watched(*bench.full_logs, "--object", path, "--kernel", bench.kernels[-1], results=results)
    [log] = (results / "logs").glob("*.gz")
    with gzip.open(log) as text:
        size = sum(len(part) for part in iter(lambda: text.read(1 << 20), b""))
    return [
        figure("long log, text", size / 2**20, "MiB"),
        figure("long log, stored", log.stat().st_size / 2**20, "MiB"),
        figure("long log, from start to report", peaks["seconds"], "s"),
        figure("compat-matrix, long log, peak", peaks["tool"], "MiB", 200),
    ]
