"""Runs compat-matrix from a built checkout."""

import contextlib
import fnmatch
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from .figures import say
from .process import argument, children, command_line, peak_memory, processor_seconds

BINARY = Path(".build/release/compat-matrix")
LOADERS = ("libbpf", "aya", "cilium")
EVERY_LOADER = [word for loader in LOADERS for word in ("--loader", loader)]


@dataclass
class Run:
    document: dict
    # For the whole command, from start to end.
    seconds: float
    # For compat-matrix and every process that it waited for: compilers, QEMU.
    processor: float

    @property
    def cells(self):
        return self.document["cells"]

    @property
    def booted(self):
        """Kernels whose guests were not restored from a snapshot."""
        return [kernel["id"] for kernel in self.document["kernels"] if kernel["start"] == "cold"]


class Bench:
    """Runs of one checkout, each with an empty store of its own unless one is passed."""

    def __init__(self, checkout, folder, rounds, patterns=()):
        self.checkout = checkout.resolve()
        self.binary = self.checkout / BINARY
        self.folder = folder
        self.rounds = rounds
        self.host = None
        self.kernels = [
            id
            for id in fetched_kernels(self.checkout)
            if not patterns or any(fnmatch.fnmatch(id, pattern) for pattern in patterns)
        ]
        if not self.kernels:
            sys.exit(f"bench: no fetched kernel matches {' '.join(patterns)}")

    @contextlib.contextmanager
    def started(self, *arguments, results=None, project=None):
        """The running process; its standard output and error go to files that `document` reads.

        `project` is the folder to run in; by default, this checkout.
        """
        store = results or Path(tempfile.mkdtemp(dir=self.folder))
        chosen = [] if "--kernel" in arguments else [word for id in self.kernels for word in ("--kernel", id)]
        command = [self.binary, "run", "--format", "json", "--results", store, *chosen, *arguments]
        with open(self.folder / "out", "wb") as out, open(self.folder / "err", "wb") as err:
            process = subprocess.Popen(command, cwd=project or self.checkout, stdout=out, stderr=err)
            try:
                yield process
                process.wait()
            finally:
                process.kill()
                process.wait()
                if results is None:
                    shutil.rmtree(store)

    def run(self, *arguments, results=None, project=None):
        began = time.monotonic()
        with self.started(*arguments, results=results, project=project) as process:
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.monotonic() - began
            process.returncode = os.waitstatus_to_exitcode(status)
        return Run(self.document(process), seconds, usage.ru_utime + usage.ru_stime)

    def restored(self, *arguments, **where):
        """A run in which every guest was restored; a run before it boots the kernels that have no snapshot."""
        for _ in range(2):
            run = self.run(*arguments, **where)
            if not run.booted:
                return run
        sys.exit(f"bench: {', '.join(run.booted)} booted instead of restoring a snapshot")

    def watched(self, *arguments, results=None):
        """Peak resident MiB of a run and of each of its guests, and the guests' command lines by kernel image."""
        peaks, machines, tool = {}, {}, 0
        began = time.monotonic()
        with self.started(*arguments, results=results) as process:
            while process.poll() is None:
                tool = max(tool, peak_memory(process.pid))
                for child in children(process.pid):
                    command = command_line(child)
                    if "-kernel" in command:
                        peaks[child] = max(peaks.get(child, 0), peak_memory(child))
                        machines[argument(command, "-kernel")] = command
                time.sleep(0.01)
        seconds = time.monotonic() - began
        self.document(process)
        return {"tool": tool, "guests": peaks.values(), "seconds": seconds}, machines

    def document(self, process):
        if process.returncode not in (0, 1, 69):
            sys.exit(f"bench: compat-matrix exited with {process.returncode}: {(self.folder / 'err').read_text()}")
        document = json.loads((self.folder / "out").read_text())
        missing = {kernel["id"]: kernel["reason"] for kernel in document["kernels"] if kernel["status"] != "measured"}
        if missing:
            sys.exit(
                "bench: some kernels could not be measured:\n" + "\n".join(f"{id}: {missing[id]}" for id in missing)
            )
        self.host = document["run"]["host"]
        return document

    def tool(self, *arguments):
        """Processor seconds and peak resident memory in MiB of a command other than `run`."""
        return processor_seconds([self.binary, *arguments], self.checkout)

    @functools.cached_property
    def full_logs(self):
        """The option that keeps long logs complete, if this compat-matrix has it."""
        text = subprocess.run([self.binary, "run", "--help"], capture_output=True, text=True, check=True).stdout
        return ["--full-logs"] if "--full-logs" in text else []


def fetched_kernels(checkout):
    """Oldest first, without the kernels that this machine cannot reach."""
    listed = subprocess.run(
        [checkout / BINARY, "kernels", "list", "--json"], cwd=checkout, capture_output=True, text=True
    )
    kernels = [kernel["id"] for kernel in json.loads(listed.stdout or "[]") if kernel["fetched"]]
    if not kernels:
        sys.exit(f"bench: no kernels found: run 'compat-matrix kernels fetch' {listed.stderr}")
    return kernels


def all_pass(run, stage, what):
    """Whether every cell passed at `stage`; says so if not, because such a run spent its time on something else."""
    others = [cell for cell in run.cells if (cell["verdict"], cell["stage"]) != ("pass", stage)]
    if others:
        say(
            f"skipped: {what}: {len(others)} of {len(run.cells)} cells did not pass at {stage} "
            f"({others[0]['verdict']} at {others[0]['stage']})"
        )
    return not others
