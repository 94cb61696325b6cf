"""`explain` of long logs."""

from .figures import figure, median, ratio
from .process import processor_seconds


def logs(bench):
    """Logs of one loop, as 6.12 writes them, and one without repetition; everything in processor time.

    `wc -l` is the lower bound for reading every byte.
    """
    long, short, straight = (bench.folder / name for name in ("long.log", "short.log", "straight.log"))
    write_loop(long, 100_000_000)
    write_loop(short, 10_000_000)
    write_straight(straight, 100_000_000)
    parsing, folding, listing, counting, explaining, peaks = [], [], [], [], [], []
    for _ in range(bench.rounds):
        nothing = bench.tool("explain", "--json", "/dev/null")[0]
        for seconds, arguments in ((parsing, ["--json", long]), (folding, [long]), (listing, [straight])):
            spent, peak = bench.tool("explain", *arguments)
            seconds.append(spent - nothing)
            peaks.append(peak)
        counting.append(processor_seconds(["wc", "-l", long], bench.folder)[0])
        explaining.append(bench.tool("explain", short)[0])
    return [
        # 200 MB/s.
        figure("100 MB of log, parse", median(parsing), "s", 0.5, parsing),
        figure("100 MB of log, parse / wc -l", ratio(parsing, counting), "×"),
        figure("100 MB of log, parse and fold one loop", median(folding), "s", 0.5, folding),
        figure("100 MB of log, parse and show, no loops", median(listing), "s", samples=listing),
        figure("100 MB of log, peak", max(peaks), "MiB", 64),
        figure("explain, 10 MB of log", median(explaining), "s", 0.3, explaining),
    ]


def write_loop(path, size):
    with open(path, "w") as file:
        file.write("func#0 @0\n0: R1=ctx() R10=fp0\n0: (b7) r1 = 0                        ; R1_w=0\n")
        round = 0
        while file.tell() < size:
            file.writelines(
                f"""; for (i = 0; i < 2000000; i++) @ loop.bpf.c:4
1: (07) r1 += 1                       ; R1_w=scalar(smin=umin={number},smax=umax=0x100000000,var_off=(0x0; 0x1ffffffff))
2: (63) *(u32 *)(r10 -8) = r1         ; R1_w=scalar(smin=umin={number}) R10=fp0 fp-8=mmmmscalar(umin={number})
3: (a5) if r1 < 0x1e8480 goto pc-3    ; R1_w=scalar(smin=umin={number},smax=umax=0x1e847f)
"""
                for number in range(round, round + 1000)
            )
            round += 1000
        file.write("BPF program is too large. Processed 1000001 insn\nprocessed 1000001 insns (limit 1000000)\n")


def write_straight(path, size):
    with open(path, "w") as file:
        index = 0
        while file.tell() < size:
            file.writelines(
                f"{number}: (bf) r{number % 9} = r{number % 7}                       "
                f"; R{number % 9}_w=scalar(id={number},umax=255)\n"
                for number in range(index, index + 1000)
            )
            index += 1000
        file.write("R0 !read_ok\nprocessed 1000001 insns (limit 1000000)\n")
