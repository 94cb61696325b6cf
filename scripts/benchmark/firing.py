"""What a cell that fires costs beyond its load."""

from .checkout import LOADERS, all_pass
from .figures import grid, say
from .programs import perf_buffer, write_probe

CELLS = 20
# Processor seconds.
TARGET = 0.04


def firing_cells(bench):
    """Processor seconds of a cell: the difference between two runs of the same object.

    One attaches and fires, one stops at the load.
    """
    project = bench.folder / "firing"
    made = {f"cell-{number:02}": f"object: {perf_buffer(bench.folder)}" for number in range(CELLS)}
    write_probe(project, "loaded", made, fires=False)
    write_probe(project, "fired", made)
    rows = [row for loader in LOADERS for row in rows_of(bench, project, loader)]
    return grid("s", TARGET, rows)


def rows_of(bench, project, loader):
    # Snapshots are kept for only a few sets of loaders, so each loader is measured on all kernels before the next one.
    bench.restored("--no-cache", "--loader", loader, "--probe", "loaded", "--variant", "cell-00", project=project)
    for kernel in bench.kernels:
        say(f"firing cells: {kernel}, {loader}")
        samples = [difference(bench, project, kernel, loader) for _ in range(bench.rounds)]
        if None not in samples:
            yield {"kernel": kernel, "loader": loader, "samples": samples}


def difference(bench, project, kernel, loader):
    """`None` if some cell did not do what is measured."""
    spent = []
    for probe, stage in (("loaded", "load"), ("fired", "fire")):
        run = bench.restored(
            "--no-cache", "--jobs", "1", "--kernel", kernel, "--loader", loader, "--probe", probe, project=project
        )
        if not all_pass(run, stage, f"firing cells, {kernel}, {loader}"):
            return None
        spent.append(run.processor)
    return round((spent[1] - spent[0]) / CELLS, 4)
