"""A copy of a checkout that faults may damage, and its correct results."""

import contextlib
import fnmatch
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

# The time limit of a cell. A stopped guest costs about ten seconds more.
SECONDS_FOR_A_CELL = 6
# For a run that was hit, with all its second attempts.
SECONDS_FOR_A_RUN = 600
# A QEMU that lost its compat-matrix is killed by the kernel.
SECONDS_TO_END = 5

LEFT_BEHIND = re.compile(r"\.part$|\.new$|^\..*\.[0-9]+-[0-9a-f]+\.new$")


class Scene:
    """Links to files that are only read, and a separate cache and store."""

    def __init__(self, checkout, tool, folder, patterns, probes):
        self.checkout = checkout.resolve()
        self.tool = tool
        self.root = folder / "tree"
        self.store = self.root / "results"
        self.snapshots = self.root / "images/cache/snapshots"
        self.patterns = patterns
        self.probes = [word for probe in probes for word in ("--probe", probe)]
        self.right = {}

    def prepare(self):
        """Makes the tree, and measures every cell twice without a fault: in booted and in restored guests."""
        (self.root / "images/cache").mkdir(parents=True)
        for name in ("kernels", "probes", "images/guest"):
            (self.root / name).symlink_to(self.checkout / name)
        for name in ("kernels", "probes"):
            cached = self.checkout / "images/cache" / name
            if cached.exists():
                shutil.copytree(cached, self.root / "images/cache" / name, copy_function=link)
        self.kernels = self.chosen_kernels()
        self.run("--no-cache")
        self.right = outcomes(self.run("--no-cache"))
        again = outcomes(self.run("--no-cache"))
        unsteady = [key for key in self.right if again.get(key) != self.right[key]]
        if unsteady:
            sys.exit(f"chaos: without a fault, two runs differ in {unsteady[0]}")
        self.whole = self.saved_snapshots()

    def chosen_kernels(self):
        """The oldest, one from the middle, and the newest of those that are fetched."""
        listed = subprocess.run(
            [self.tool, "kernels", "list", "--json"], cwd=self.root, capture_output=True, text=True, check=True
        )
        ids = [kernel["id"] for kernel in json.loads(listed.stdout) if kernel["fetched"]]
        if self.patterns:
            ids = [id for id in ids if any(fnmatch.fnmatch(id, pattern) for pattern in self.patterns)]
        if not ids:
            sys.exit("chaos: no fetched kernel matches: run 'compat-matrix kernels fetch'")
        return sorted({ids[0], ids[len(ids) // 2], ids[-1]}, key=ids.index)

    # Runs

    @contextlib.contextmanager
    def started(self, *arguments):
        """A run of the default probes that are in the store's folder; its output goes to files."""
        chosen = [word for id in self.kernels for word in ("--kernel", id)]
        command = [
            self.tool,
            "run",
            "--format",
            "json",
            "--timeout",
            str(SECONDS_FOR_A_CELL),
            *chosen,
            *self.probes,
            *arguments,
        ]
        with open(self.root / "out", "wb") as out, open(self.root / "err", "wb") as err:
            process = subprocess.Popen([*command, "--loader", "libbpf"], cwd=self.root, stdout=out, stderr=err)
            try:
                yield process
            finally:
                process.kill()
                process.wait()

    def document(self, process):
        """The output of the run; exits if the run did not end by itself with a result."""
        try:
            process.wait(SECONDS_FOR_A_RUN)
        except subprocess.TimeoutExpired as late:
            raise Broken(f"the run took more than {SECONDS_FOR_A_RUN} s") from late
        if process.returncode not in (0, 1, 69):
            raise Broken(f"compat-matrix exited with {process.returncode}: {self.words()}")
        return json.loads((self.root / "out").read_text())

    def run(self, *arguments):
        with self.started(*arguments) as process:
            return self.document(process)

    def words(self):
        lines = (self.root / "err").read_text(errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else "it said nothing"

    def guests(self, process=None):
        """The process ids of QEMUs of this scene, or only of those that `process` started."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes()
                stat = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                if b"-kernel" not in words or os.fsencode(self.root) not in words or stat[0] == "Z":
                    continue
                if process is None or int(stat[1]) == process.pid:
                    found.append(int(entry.name))
        return found

    # Snapshots

    def saved_snapshots(self):
        """A copy of each, which `restore_snapshots` puts back."""
        saved = self.root / "saved"
        shutil.copytree(self.snapshots, saved, copy_function=link)
        return saved

    def restore_snapshots(self):
        """Puts back copies, so that damage cannot reach the saved snapshots through shared blocks."""
        shutil.rmtree(self.snapshots)
        self.snapshots.mkdir(mode=0o700)
        for snapshot in self.whole.iterdir():
            link(snapshot, self.snapshots / snapshot.name)

    def snapshot_copies(self):
        """The snapshots, as files that may be written."""
        paths = sorted(self.snapshots.iterdir())
        for path in paths:
            path.unlink()
            subprocess.run(["cp", "--sparse=always", self.whole / path.name, path], check=True)
        return paths

    # Checks

    def checked(self, fault):
        """The problems that `fault` returns, and what it left behind."""
        try:
            problems = list(fault())
        except Broken as broken:
            problems = [str(broken)]
        problems += self.left_behind()
        self.restore_snapshots()
        return problems

    def compared(self, document):
        """Wrong and lost cells of a run."""
        said = outcomes(document)
        problems = [f"lost {' '.join(key)}" for key in self.right if key not in said]
        for key, outcome in said.items():
            if outcome == self.right.get(key):
                continue
            if outcome["verdict"] == "notMeasured":
                if not outcome["reason"]:
                    problems.append(f"{' '.join(key)} is notMeasured without a reason")
                continue
            problems.append(f"{' '.join(key)}: {short(outcome)} instead of {short(self.right.get(key))}")
        return problems

    def left_behind(self):
        patience = time.monotonic() + SECONDS_TO_END
        while self.guests() and time.monotonic() < patience:
            time.sleep(0.02)
        problems = [f"QEMU {guest} still runs" for guest in self.guests()]
        for guest in self.guests():
            os.kill(guest, 9)
        for folder in (self.root / "images/cache", self.store):
            for path in folder.rglob("*"):
                # A killed process cannot clean up: the next run does.
                if LEFT_BEHIND.search(path.name):
                    problems.append(f"{path.relative_to(self.root)} was left")
                    path.unlink()
        return problems

    def store_problems(self):
        database = self.store / "compat-matrix.sqlite"
        with contextlib.closing(sqlite3.connect(database)) as connection:
            state = connection.execute("PRAGMA integrity_check").fetchone()[0]
        return [] if state == "ok" else [f"the store is damaged: {state}"]


class Broken(Exception):
    """A run did not end as one should."""


def link(source, target):
    """A second name for the same file where the file system can; kernels are never written."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def outcomes(document):
    """By kernel, probe, variant and loader: all that a verdict consists of."""
    found = {}
    for cell in document["cells"]:
        key = (cell["kernel"], cell["probe"], cell["variant"], cell["loader"])
        found[key] = {
            "verdict": cell["verdict"],
            "stage": cell["stage"],
            "event": bool(cell["event"]),
            "reason": cell["reason"],
            "programs": [
                (each["name"], each["verdict"], each["stage"], each["errno"], (each["cause"] or {}).get("id"))
                for each in cell["programs"]
            ],
        }
    return found


def short(outcome):
    if outcome is None:
        return "no such cell"
    causes = [program[4] for program in outcome["programs"] if program[4]]
    return " ".join(filter(None, [outcome["verdict"], outcome["stage"], *causes, outcome["reason"]]))
