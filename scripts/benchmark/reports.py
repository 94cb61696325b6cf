"""A run of many cells, and its report."""

import json
import subprocess
import sys
import time
from pathlib import Path

from .figures import figure, median_figure

CELLS = 10_000
MEASURE_PAGE = Path(__file__).resolve().parent.parent / "measure-page"


def many_cells(bench):
    """Each object has its own bytes after the end of the ELF file, so the store has no answer for any."""
    objects = bench.folder / "objects"
    objects.mkdir()
    built = subprocess.run([bench.binary, "probes", "build"], cwd=bench.checkout, capture_output=True, text=True)
    originals = sorted((bench.checkout / "images/cache/probes").glob("*/*.bpf.o"))
    if built.returncode != 0 or not originals:
        sys.exit(f"bench: no objects: {built.stderr}")
    arguments = ["--allow-missing"]
    for number in range(-(-CELLS // len(bench.kernels))):
        path = objects / f"copy-{number}.bpf.o"
        path.write_bytes(originals[number % len(originals)].read_bytes() + b"%8d" % number)
        arguments += ["--object", path]
    store = bench.folder / "many-cells"
    peaks, _ = bench.watched(*arguments, results=store)
    return [
        figure(f"compat-matrix, {CELLS} cells, peak", peaks["tool"], "MiB", 200),
        figure(f"{CELLS} cells, whole run", peaks["seconds"], "s"),
        *page(bench, store),
    ]


def page(bench, store):
    """The report of a stored run: how long writing it takes, how large it is, and how fast it is in a browser."""
    report = bench.folder / "report.html"
    writing = []
    for _ in range(bench.rounds):
        began = time.monotonic()
        subprocess.run(
            [bench.binary, "report", "--format", "html", "--output", report, "--results", store],
            cwd=bench.checkout,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        writing.append(time.monotonic() - began)
    measured = subprocess.run([MEASURE_PAGE, report, str(bench.rounds)], capture_output=True, text=True)
    if measured.returncode != 0:
        sys.exit(f"bench: cannot measure the report in a browser; run 'make setup-test': {measured.stderr}")
    samples = json.loads(measured.stdout)
    return [
        median_figure(f"report, {samples['cells']} cells, written", writing, "s", 2),
        figure("report, size", report.stat().st_size / 1e6, "MB", 15),
        median_figure("report, opened until the grid shows", samples["visible"], "s", 1),
        median_figure("report, slowest filter", samples["filters"], "s", 0.1),
    ]
