"""Which files of which source print messages, and with which functions."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from .clike import Call, Source
from .other import go_calls, python_calls, rust_calls


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# By the call that prints it; everything else is an error. A `bug` reports an error of the kernel or the tool itself.
LEVELS = {
    "verifier_bug": "bug",
    "verifier_bug_if": "bug",
    "WARN": "bug",
    "WARN_ONCE": "bug",
    "BUG": "bug",
    "panic": "bug",
    "pr_debug": "debug",
    "pr_info": "info",
    "pr_info_once": "info",
    "p_info": "info",
    "pr_warn": "warning",
    "p_warn": "warning",
    "debug": "debug",
    "info": "info",
    "V1": "debug",
    "DEBUG": "debug",
    "INFO": "info",
    "HINT": "info",
    "WARNING": "warning",
    "print": "warning",
    "warn": "warning",
    "addWarning": "warning",
}
VERIFIER = names(
    "verbose verbose_linfo verbose_a verbose_err bpf_log bpf_verifier_log_write verifier_bug "
    "verifier_bug_if verbose_invalid_scalar log_linfo btf_verifier_log btf_verifier_log_basic "
    "btf_verifier_log_type btf_verifier_log_member btf_verifier_log_vsi __btf_verifier_log "
    "__btf_verifier_log_type __btf_verifier_log_member bpf_diag_report bpf_diag_printf bpf_diag_fmt "
    "bpf_vlog"
)
KERNEL = names(
    "pr_err pr_warn pr_info pr_err_once pr_warn_once pr_info_once pr_warn_ratelimited pr_err_ratelimited "
    "pr_info_ratelimited WARN_ONCE WARN net_warn_ratelimited NL_SET_ERR_MSG NL_SET_ERR_MSG_MOD "
    "NL_SET_ERR_MSG_FMT NL_SET_ERR_MSG_FMT_MOD NL_SET_ERR_MSG_WEAK NL_SET_ERR_MSG_WEAK_MOD netdev_warn "
    "netdev_err netdev_info netdev_notice"
)
ARCHITECTURE = names("pr_err pr_warn pr_info pr_err_once pr_warn_once pr_info_once pr_err_ratelimited")


@dataclass(frozen=True)
class Group:
    """Files, by patterns of their paths in the tree, and the calls that print there.

    `functions` holds the names of those functions whose calls count; everything counts where it is empty. `streams` are
    heads of C++ statements.
    """

    files: tuple[str, ...]
    calls: frozenset[str] = frozenset()
    streams: frozenset[str] = frozenset()
    functions: str = ""
    without: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        return any(fnmatch(path, each) for each in self.files) and not any(fnmatch(path, each) for each in self.without)


@dataclass(frozen=True)
class MessageSource:
    name: str
    summary: str
    groups: tuple[Group, ...]
    is_scanned_by: Callable[[str], Iterator[Call]] | None = None

    def messages(self, tree: Path) -> Iterator[tuple[str, str, str]]:
        """Shape, file and level of each message of a tree; a shape can come more than once."""
        for path in sorted(tree.rglob("*")):
            name = path.relative_to(tree).as_posix()
            groups = [group for group in self.groups if group.holds(name)]
            if not groups or not path.is_file():
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            for call in self.calls(text, groups, name):
                level = LEVELS.get(call.name, "error")
                for shape in call.texts:
                    yield from ((line, name, level) for line in lines(prefixed(shape, call.name)))

    def calls(self, text: str, groups: list[Group], name: str) -> Iterator[Call]:
        if name.endswith(".py"):
            yield from python_calls(text)
        elif self.is_scanned_by:
            yield from self.is_scanned_by(text)
        else:
            groups = [group for group in groups if re.search(group.functions, text)]
            source = Source(text) if groups else Source("")
            for group in groups:
                found = [*source.calls(group.calls), *source.streams(group.streams)]
                yield from (call for call in found if re.search(group.functions, source.function(call.offset)))


def prefixed(shape: str, call: str) -> str:
    """The text that the function itself adds around its argument."""
    if call.startswith("verifier_bug"):
        return f"verifier bug: {shape}"
    if call == "perror":
        return f"{shape}: %s"
    if call in ("invarg", "duparg"):
        return f'Error: argument "%s" is wrong: {shape}' if call == "invarg" else shape
    return shape


def lines(shape: str) -> Iterator[str]:
    """The lines of a shape that contain words."""
    for line in shape.split("\n"):
        line = re.sub(r"\s+", " ", line).strip()
        words = re.sub(r"%(?:\d+\$)?[-#+ 0.*\d]*(?:hh|h|ll|l|z|j|t)?[a-zA-Z]+|\{[^{}]*\}|[^A-Za-z ]", " ", line)
        if len(re.findall(r"[A-Za-z]{2,}", words)) >= 2 or len(words.strip()) >= 8:
            yield line


C_TOOLS = names("fprintf perror invarg duparg missarg p_err p_info p_warn pr_warn pr_info pr_debug pr_warning")

SOURCES = (
    MessageSource(
        "linux",
        "the verifier, BTF, JITs and the places that programs are attached to",
        (
            Group(
                (
                    "kernel/bpf/*.c",
                    "net/core/filter.c",
                    "net/bpf/*.c",
                    "net/ipv4/bpf_tcp_ca.c",
                    "kernel/trace/bpf_trace.c",
                    "net/netfilter/nf_bpf_link.c",
                    "net/sched/*bpf.c",
                    "drivers/hid/bpf/hid_bpf_*.c",
                    "kernel/sched/ext*.c",
                ),
                VERIFIER | KERNEL,
                without=("kernel/bpf/preload/*", "kernel/bpf/*test*", "kernel/bpf/disasm.c"),
            ),
            Group(("kernel/events/core.c",), VERIFIER | KERNEL, functions="bpf|uprobe|kprobe"),
            Group(
                ("kernel/trace/trace_kprobe.c", "kernel/trace/trace_uprobe.c", "kernel/events/uprobes.c"),
                KERNEL,
                functions="^(?!.*(test|dump))",
            ),
            Group(("net/core/dev.c", "net/core/rtnetlink.c", "net/core/xdp.c"), KERNEL, functions="xdp|bpf"),
            Group(("net/sched/cls_api.c",), KERNEL, functions="tcx|bpf"),
            Group(("arch/*/net/*.c",), ARCHITECTURE),
            Group(("drivers/net/*.c",), KERNEL, functions="xdp|bpf"),
            Group(("kernel/cgroup/*.c", "kernel/cgroup.c"), KERNEL, functions="bpf"),
        ),
    ),
    MessageSource(
        "libbpf",
        "libbpf",
        (
            Group(
                ("src/*.c",),
                names("pr_warn pr_warning pr_info pr_debug"),
            ),
        ),
    ),
    MessageSource(
        "cilium",
        "cilium/ebpf",
        (
            Group(
                ("*.go",),
                without=(
                    "*_test.go",
                    "cmd/*",
                    "examples/*",
                    "internal/testutils/*",
                    "internal/epoll/*",
                    "internal/cmd/*",
                    "*/gentypes/*",
                    "*_windows.go",
                    "internal/efw/*",
                    "docs/*",
                    "scripts/*",
                    "testdata/*",
                    "pin/*walk*",
                ),
            ),
        ),
        go_calls,
    ),
    MessageSource(
        "aya",
        "Aya",
        (Group(("aya/src/*.rs", "aya-obj/src/*.rs"), without=("*/generated/*", "*/tests/*", "*test*.rs")),),
        rust_calls,
    ),
    MessageSource(
        "bcc",
        "bcc's libraries, C++ API, front end and Python module",
        (
            Group(
                ("src/cc/*.c", "src/cc/*.cc", "src/cc/*.h"),
                names("fprintf perror StatusTuple warning error"),
                names("cerr"),
                without=("src/cc/libbpf/*", "src/cc/compat/*", "src/cc/frontends/p4/*", "src/cc/frontends/b/*"),
            ),
            Group(("src/python/bcc/*.py",)),
        ),
    ),
    MessageSource(
        "bpftrace",
        "bpftrace, without what it says about its language",
        (
            Group(
                ("src/*.cpp", "src/*.h"),
                names("fprintf"),
                names(
                    "LOG cerr runtime_error SystemError AttachError BpfMapError LinkError FatalUserException SYS_ERROR "
                    "InvalidPIDException MountNSException MapError"
                ),
                without=(
                    "src/ast/*",
                    "src/libbpf/*",
                    "src/output/*",
                    "src/aot/*",
                    "src/stdlib/*",
                    "src/struct*",
                    "src/types*",
                    "src/format_string*",
                    "src/printf*",
                    "src/config*",
                    "src/util/*",
                    "src/utils*",
                    "src/parser*",
                    "src/*parser*",
                    "src/cxxdemangler/*",
                    "src/*disasm*",
                    "src/pcap*",
                    "src/benchmark*",
                    "src/output*",
                    "src/log*",
                    "src/driver*",
                    "src/list*",
                    "src/map.cpp",
                    "src/debugfs/*",
                    "src/globalvars*",
                    "src/async_action*",
                    "src/build_info*",
                    "src/run_bpftrace*",
                    "src/main.cpp",
                    "src/clang_*",
                ),
            ),
        ),
    ),
    MessageSource(
        "libxdp",
        "libxdp and xdp-loader",
        (
            Group(
                ("lib/libxdp/*.c", "lib/util/util.c", "xdp-loader/*.c"),
                C_TOOLS,
                without=("lib/libxdp/tests/*",),
            ),
        ),
    ),
    MessageSource(
        "iproute2",
        "what tc and ip say about BPF",
        (
            Group(
                (
                    "lib/bpf*.c",
                    "tc/tc_bpf.c",
                    "tc/f_bpf.c",
                    "tc/m_bpf.c",
                    "tc/e_bpf.c",
                    "ip/iplink_xdp.c",
                    "ip/ipvrf.c",
                ),
                C_TOOLS,
            ),
            Group(("ip/iproute_lwtunnel.c",), C_TOOLS, functions="bpf"),
            Group(("lib/libnetlink.c", "tc/tc_filter.c", "tc/tc_qdisc.c"), C_TOOLS),
        ),
    ),
    MessageSource("bpftool", "bpftool", (Group(("src/*.c", "src/*.h"), C_TOOLS, without=("src/kernel/*",)),)),
)
