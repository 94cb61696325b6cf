"""`run --watch`: how long a new verdict takes after saving a change."""

import contextlib
import functools
import signal
import subprocess
import sys
import time

from .figures import median_figure
from .programs import PERF_BUFFER, write_probe

TARGET = 0.8
TIMEOUT = 300


def watch(bench):
    """On the newest kernel, with a C source that is recompiled and a probe that fires."""
    kernel = bench.kernels[-1]
    project = bench.folder / "watch"
    source = write_probe(project, "exits", {"perf-buffer": "source: exits.bpf.c"}) / "exits.bpf.c"
    save(source, 0)
    chosen = ["--kernel", kernel, "--loader", "libbpf"]
    bench.restored(*chosen, project=project)
    with watching(bench, project, chosen) as session:
        session.wait_until_ready(1)
        samples = [
            session.seconds_after(number, functools.partial(save, source, number))
            for number in range(1, bench.rounds + 1)
        ]
    return [median_figure(f"run --watch on {kernel}, from the save to the new verdict", samples, "s", TARGET)]


def save(source, number):
    """A new constant makes a new program, for which the store has no answer."""
    source.write_text(f"#define ROUND {number}\n{PERF_BUFFER}")


@contextlib.contextmanager
def watching(bench, project, chosen):
    out, err = bench.folder / "watch-out", bench.folder / "watch-err"
    command = [bench.binary, "run", "--watch", "--results", bench.folder / "watch-store", *chosen]
    with open(out, "wb") as output, open(err, "wb") as messages:
        process = subprocess.Popen(command, cwd=project, stdout=output, stderr=messages)
        try:
            yield Session(process, out, err)
            process.send_signal(signal.SIGINT)
            process.wait(TIMEOUT)
        finally:
            process.kill()
            process.wait()


class Session:
    def __init__(self, process, out, err):
        self.process, self.out, self.err = process, out, err

    def wait_until_ready(self, times):
        """Waits until it watches for the next change, for the `times`th time."""
        self._wait(lambda: self.err.read_text().count("Ctrl-C") >= times)

    def seconds_after(self, number, change):
        """Seconds from the end of `change`, the `number`th one, until its table appears."""
        change()
        began = time.monotonic()
        self._wait(lambda: self.out.read_text().count("after the change was saved") >= number)
        seconds = time.monotonic() - began
        if self.out.read_text().count("1 cell: 1 pass") != number + 1:
            sys.exit(f"bench: not every watched cell passed: {self.out.read_text()}")
        self.wait_until_ready(number + 1)
        return round(seconds, 4)

    def _wait(self, condition):
        began = time.monotonic()
        while not condition():
            if self.process.poll() is not None or time.monotonic() - began > TIMEOUT:
                sys.exit(f"bench: run --watch stopped or hung: {self.err.read_text()}")
            time.sleep(0.002)
