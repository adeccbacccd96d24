"""Errors that say nothing of the server: what the load generator's own machine had not enough of. Pure."""

GENERATOR_PREFIX = "generator:"
STALLED_PREFIX = "stalled:"

GENERATOR_FAULTS = {
    "EADDRNOTAVAIL": (
        "this machine had no free local port for another connection",
        "Open fewer new connections, widen net.ipv4.ip_local_port_range, or send from more addresses (--source).",
    ),
    "EMFILE": ("this process had too many open files", "Raise the limit (ulimit -Hn), or use more processes (-t)."),
    "ENFILE": ("this machine had too many open files", "Raise fs.file-max, or use fewer connections."),
    "ENOBUFS": ("this machine had no room for another socket or packet", "Use fewer connections or a lower rate."),
    "ENOMEM": ("this machine had no memory left for sockets", "Use fewer connections, or raise net.ipv4.tcp_mem."),
}


def fault_name(phase: str, name: str) -> str:
    """Return the name that an error is counted by: what this machine had not enough of is the generator's own."""
    return GENERATOR_PREFIX + name if name in GENERATOR_FAULTS else f"{phase}:{name}"
