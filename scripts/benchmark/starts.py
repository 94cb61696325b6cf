"""How long guests take to start: restored, booted, and compared with a bare QEMU."""

import subprocess
import sys
import time
from pathlib import Path

from .figures import figure, median, ratio, say
from .programs import perf_buffer

BARE_READY = b"bare init is up"
BARE_INIT = f"""
#include <unistd.h>
int main(void) {{ write(1, "{BARE_READY.decode()}\\n", {len(BARE_READY) + 1}); for (;;) pause(); }}
"""


def start_times(bench):
    """Figures, and the ready seconds of warm, cold and bare starts, kernel by kernel."""
    path = perf_buffer(bench.folder)
    _, machines = bench.watched("--no-cache", "--start", "cold", "--object", path)
    bench.restored("--no-cache", "--object", path)
    kernels = []
    initramfs = bare_initramfs(bench.folder)
    for image, machine in sorted(machines.items()):
        kernel = Path(image).parent.name
        say(f"starts: {kernel}")
        only = ["--no-cache", "--kernel", kernel, "--object", path]
        rounds = [one_of_each(bench, machine, initramfs, only) for _ in range(bench.rounds)]
        warm, cold, bare = ([each[index] for each in rounds] for index in range(3))
        kernels.append(
            {
                "kernel": kernel,
                "warmSeconds": median(warm),
                "coldSeconds": median(cold),
                "bareSeconds": median(bare),
                "coldToBare": ratio(cold, bare),
                "coldToWarm": ratio(cold, warm),
                "samples": {"warm": warm, "cold": cold, "bare": bare},
            }
        )
    worst = {key: max(kernel[key] for kernel in kernels) for key in ("warmSeconds", "coldToBare")}
    return [
        figure("warm start to the first frame, slowest kernel", worst["warmSeconds"], "s", 0.5),
        figure("cold start / bare QEMU, worst kernel", worst["coldToBare"], "×", 1.15),
    ], kernels


def one_of_each(bench, machine, initramfs, only):
    """Ready seconds by `machine`, the QEMU command line of a cold start: restored, booted, without compat-matrix."""
    return ready(bench, "warm", only), ready(bench, "cold", only), bare_start(bench.folder, machine, initramfs)


def ready(bench, start, arguments):
    return bench.run("--start", start, *arguments).document["kernels"][0]["readySeconds"]


def bare_start(folder, machine, initramfs):
    """Seconds from starting QEMU until an init that does nothing else has written a line to the same serial console."""
    console, memory = folder / "console", folder / "memory"
    console.write_bytes(b"")
    began = time.monotonic()
    process = subprocess.Popen(bare_command(machine, initramfs, console, memory), stdin=subprocess.DEVNULL)
    try:
        while BARE_READY not in console.read_bytes():
            if process.poll() is not None or time.monotonic() - began > 120:
                sys.exit(f"bench: the bare QEMU did not boot: {console.read_text(errors='replace')[-500:]}")
            time.sleep(0.001)
        return time.monotonic() - began
    finally:
        process.kill()
        process.wait()


def bare_command(machine, initramfs, console, memory):
    """The same machine and kernel command line without what needs a socket of compat-matrix: monitor and mailbox."""
    command = list(machine)
    command[command.index("-initrd") + 1] = str(initramfs)
    parts = (
        ("-chardev", "id=monitor"),
        ("-mon", "chardev=monitor"),
        ("-chardev", "id=mailbox"),
        ("-device", "chardev=mailbox"),
    )
    for option, mark in parts:
        at = next(i for i, word in enumerate(command) if word == option and mark in command[i + 1])
        del command[at : at + 2]
    replaced = {"path=/proc/self/fd/": f"path={console}", "mem-path=/proc/self/fd/": f"mem-path={memory}"}
    return [with_file(word, replaced) for word in command]


def with_file(word, replaced):
    parts = word.split(",")
    for mark, value in replaced.items():
        parts = [value if part.startswith(mark) else part for part in parts]
    return ",".join(parts)


def bare_initramfs(folder):
    source, init = folder / "init.c", folder / "init"
    source.write_text(BARE_INIT)
    subprocess.run(["gcc", "-Os", "-s", "-static", "-w", "-o", init, source], check=True)
    path = folder / "bare.cpio"
    # The initramfs built into every kernel has /dev/console.
    path.write_bytes(cpio_entry("init", 0o100755, init.read_bytes()) + cpio_entry("TRAILER!!!", 0, b""))
    return path


def cpio_entry(name, mode, data):
    """One file of a newc archive; Linux, Documentation/driver-api/early-userspace/buffer-format.rst."""
    fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
    header = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    return padded(header) + padded(data)


def padded(data):
    return data + b"\0" * (-len(data) % 4)
