"""The default matrix, and one object on every kernel."""

from .checkout import EVERY_LOADER, all_pass
from .figures import figure, median_figure, ratio, say
from .programs import perf_buffer


def matrix(bench, rival):
    """Every kind of run once per round, followed at once by the rival's, so that other load affects both."""
    store = bench.folder / "store"
    say("the default matrix: snapshots and a store")
    bench.restored(results=store)
    bench.restored("--no-cache", "--loader", "libbpf")
    if rival:
        rival.restored("--no-cache")
    every, booted, alone, unchanged, rivals = [], [], [], [], []
    for number in range(bench.rounds):
        say(f"the default matrix: round {number + 1} of {bench.rounds}")
        run = bench.restored("--no-cache")
        every.append(run.seconds)
        if rival:
            rivals.append(rival.restored("--no-cache").seconds)
        booted.append(bench.run("--no-cache", "--start", "cold").seconds)
        alone.append(bench.restored("--no-cache", "--loader", "libbpf").seconds)
        unchanged.append(bench.run(results=store).document["run"]["durationSeconds"])
    figures = [
        median_figure(f"default matrix, {len(run.cells)} cells, guests restored", every, "s", 40),
        median_figure("default matrix, guests booted", booted, "s", 90),
        median_figure("default matrix, libbpf alone, guests restored", alone, "s", 12),
        median_figure("default matrix, nothing changed", unchanged, "s", 0.1),
    ]
    if rival:
        figures += [
            median_figure(f"default matrix, guests restored, {rival.checkout.name}", rivals, "s"),
            figure(f"default matrix, this checkout / {rival.checkout.name}", ratio(every, rivals), "×"),
        ]
    return figures


def one_object(bench):
    """The whole command with a user's object, which is only loaded."""
    path = perf_buffer(bench.folder)
    loaders = {"libbpf": (["--loader", "libbpf"], 3), "three libraries": (EVERY_LOADER, 5)}
    figures = []
    for name, (chosen, target) in loaders.items():
        say(f"one object, {name}")
        bench.restored("--object", path, *chosen)
        runs = [bench.restored("--object", path, *chosen) for _ in range(bench.rounds)]
        if all(all_pass(run, "load", f"one object, {name}") for run in runs):
            seconds = [run.seconds for run in runs]
            figures.append(median_figure(f"one object on {len(bench.kernels)} kernels, {name}", seconds, "s", target))
    return figures
