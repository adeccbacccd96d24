"""A daemon with a monitor, and what a test asks it."""

import json
import signal
import time
from collections.abc import Callable
from typing import Any

from daemon_process import (
    Address,
    Daemon,
    body_of,
    end_in_time,
    exchange,
    get,
    watched,
)
from event_loops import TIMEOUT_S
from prometheus_client.parser import text_string_to_metric_families
from started_process import POLL_S

MONITORED = ("-b", "127.0.0.1:0", "--monitor", "127.0.0.1:0")
APP = """
import asyncio
import time
from pathlib import Path

import api_hour


class Answering(asyncio.Protocol):
    '''Answers each packet, counts it, and closes; /hold does not answer, /block blocks the loop.'''

    def __init__(self, worker):
        self.stats = worker.stats

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.stats.begin()
        if data.startswith(b"GET /hold"):
            return
        if data.startswith(b"GET /block"):
            Path("blocked").touch()
            time.sleep(1000)
        head = b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\n"
        self.transport.write(head + b"version 1")
        self.transport.close()
        self.stats.end(0.002)


class Container(api_hour.Container):
    def make_servers(self):
        return [lambda: Answering(self.worker)]
"""


def monitor_of(running: Daemon, number: int = 0) -> Address:
    """Return the address that the kernel chose for the monitor."""
    found = running.supervisor.wait_for(r"monitor on 127\.0\.0\.1:(\d+)", count=number + 1)
    return ("127.0.0.1", int(found[number][1]))


def document(address: Address, path: str) -> tuple[int, dict[str, Any]]:
    head, _, body = exchange(address, get(path)).partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def metrics(address: Address) -> dict[str, float]:
    """Return the value of each sample, with the values of its labels behind its name."""
    text = exchange(address, get("/metrics")).partition(b"\r\n\r\n")[2].decode()
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def wait_for(what: Callable[[], object], *, is_so: Callable[[Any], bool]) -> Any:
    """Ask until the answer is as expected, and return it."""
    end_at_s = time.monotonic() + TIMEOUT_S
    while not is_so(answer := what()):
        assert time.monotonic() < end_at_s, f"not in time; the last was {answer}"
        time.sleep(POLL_S)
    return answer


def wait_for_requests(address: Address, count: int) -> dict[str, float]:
    found: dict[str, float] = wait_for(
        lambda: metrics(address), is_so=lambda values: values["api_hour_requests_total"] == count
    )
    return found


def ask(running: Daemon, count: int) -> None:
    for _ in range(count):
        assert body_of(exchange(running.tcp_address(), get("/"))) == "version 1"


def cut(pid: int, number: signal.Signals) -> None:
    with watched([pid]) as descriptors:
        signal.pidfd_send_signal(descriptors[0], number)
        assert end_in_time(descriptors)
