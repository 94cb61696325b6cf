"""Figures, their targets, and how to print them."""

import statistics
import sys


def figure(name, value, unit, target=None, samples=None):
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "target": target,
        "met": None if target is None else value <= target,
        "samples": samples,
    }


def median_figure(name, samples, unit, target=None):
    return figure(name, median(samples), unit, target, samples)


def median(values):
    return round(statistics.median(values), 4)


def ratio(values, others):
    return round(statistics.median(value / other for value, other in zip(values, others, strict=True)), 4)


def grid(unit, target, rows):
    """A value for each kernel and loader; `rows` are the ones that were measured, with their samples."""
    return {"unit": unit, "target": target, "rows": [row | {"value": median(row["samples"])} for row in rows]}


def grid_figures(name, grid):
    """The median and the worst value over all kernels and loaders."""
    values = [row["value"] for row in grid["rows"]]
    if not values:
        return []
    return [
        figure(f"{name}, median", median(values), grid["unit"], grid["target"], values),
        figure(f"{name}, worst", max(values), grid["unit"], grid["target"]),
    ]


def show(document, out):
    print(f"{conditions(document)}\n", file=out)
    for each in document["figures"]:
        verdict = {None: "", True: "met", False: "MISSED"}[each["met"]]
        print(
            f"{each['name']:<66} {each['value']:>9.3g} {each['unit']:<4} {target(each):<18} {verdict}".rstrip(),
            file=out,
        )
    for name, each in document["grids"].items():
        show_grid(name, each, out)
    if document["kernels"]:
        show_starts(document["kernels"], out)


def show_grid(name, grid, out):
    loaders = list(dict.fromkeys(row["loader"] for row in grid["rows"]))
    print(f"\n{name + ', ' + grid['unit']:<52} " + " ".join(f"{loader:>8}" for loader in loaders), file=out)
    for kernel in dict.fromkeys(row["kernel"] for row in grid["rows"]):
        values = {row["loader"]: row["value"] for row in grid["rows"] if row["kernel"] == kernel}
        cells = (f"{values[loader]:>8.3g}" if loader in values else f"{'-':>8}" for loader in loaders)
        print(f"{kernel:<52} " + " ".join(cells), file=out)


def show_starts(kernels, out):
    print(f"\n{'ready, seconds':<16} {'warm':>7} {'cold':>7} {'bare':>7} {'cold/bare':>10} {'cold/warm':>10}", file=out)
    for each in kernels:
        print(
            f"{each['kernel']:<16} {each['warmSeconds']:>7.3f} {each['coldSeconds']:>7.2f} {each['bareSeconds']:>7.2f} "
            f"{each['coldToBare']:>10.2f} {each['coldToWarm']:>10.1f}",
            file=out,
        )


def show_markdown(document, out):
    """Prints the table of the README."""
    print(f"{conditions(document)}.\n\n| figure | value | target |\n| --- | --- | --- |", file=out)
    for each in document["figures"]:
        missed = " (missed)" if each["met"] is False else ""
        print(f"| {each['name']} | {amount(each['value'], each['unit'])}{missed} | {target(each)} |", file=out)


def conditions(document):
    host = document["host"] or {"qemu": "not used", "accelerator": "no accelerator", "cpus": "?"}
    return (
        f"QEMU {host['qemu']}, {host['accelerator']}, {host['cpus']} processors, "
        f"load average {document['loadAverage']:.1f}, "
        f"median of {document['rounds']} rounds, {len(document['measuredKernels'])} kernels"
    )


def target(figure):
    return "" if figure["target"] is None else f"≤ {amount(figure['target'], figure['unit'])}"


def amount(value, unit):
    digits = f"{value:.0f}" if value >= 100 else f"{value:.3g}"
    return f"{digits} {unit}"


def say(text):
    print(f"bench: {text}", file=sys.stderr)
