"""The cost of a program that hits the verifier's complexity limit."""

from .checkout import LOADERS
from .figures import grid, say
from .programs import ENDLESS_LOOP, compiled, perf_buffer

TARGET = 2.2


def complexity_limit(bench, *options):
    """How much longer a run of that program takes than a run of a small one, divided by one silent load.

    Both are wall-clock times, as the kernel measures its load: other load on the machine affects both.
    Every fourth kernel is measured, including the newest, because a load takes up to half a minute.
    """
    endless, small = compiled(bench.folder, "endless", ENDLESS_LOOP), perf_buffer(bench.folder)
    rows = []
    for loader in LOADERS:
        bench.restored("--loader", loader, "--object", small)
        for kernel in bench.kernels[::-1][::4]:
            say(f"complexity limit: {kernel}, {loader}")
            chosen = ["--jobs", "1", "--kernel", kernel, "--loader", loader, *options]
            samples = []
            while len(samples) < bench.rounds and None not in samples:
                samples.append(times_silent_load(bench, chosen, endless, small))
            if None not in samples:
                rows.append({"kernel": kernel, "loader": loader, "samples": samples})
    return grid("×", TARGET, rows)


def times_silent_load(bench, chosen, endless, small):
    """`None` if the verifier did not reach its limit."""
    run = bench.restored(*chosen, "--object", endless)
    [cell] = run.cells
    # A timeout leaves no program.
    program = next(iter(cell["programs"]), {"stats": None, "seconds": {"load": None}})
    stats, load = program["stats"], program["seconds"]["load"]
    reached = stats and stats["limit"] and (stats["instructions"] or 0) >= stats["limit"]
    if not load or not reached:
        say(
            f"skipped: {cell['kernel']}, {cell['loader']}: the program did not reach the limit "
            f"({cell['verdict']} at {cell['stage']})"
        )
        return None
    return round((run.seconds - bench.restored(*chosen, "--object", small).seconds) / load, 4)
