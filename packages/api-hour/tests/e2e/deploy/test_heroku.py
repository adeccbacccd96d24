"""The Procfile of its page, run by a shell with the variables that Heroku sets, and ended as Heroku ends a dyno."""

import os
import re
import shlex
import signal
import sys
from pathlib import Path

from daemon_process import body_of, exchange
from deployed import FILES, deployed

LINE = (FILES / "heroku" / "Procfile").read_text()
GRACE_S = 30  # then the dyno's processes are killed
ROUTER_KEEPS_S = 90  # connections that rest


def option(name: str) -> str:
    words = shlex.split(LINE)
    return words[words.index(name) + 1]


def test_the_line_serves_on_the_port_with_as_many_workers_as_it_is_told_and_ends_in_time(tmp_path: Path) -> None:
    [line] = re.findall(r"^web: (.*)\n\Z", LINE)
    environment = {"PORT": "0", "WEB_CONCURRENCY": "2", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with deployed(tmp_path, ["/bin/bash", "-c", line], workers=2, environment=environment) as running:
        [found] = running.supervisor.wait_for(r"listening on 0\.0\.0\.0:(\d+)")
        address = ("127.0.0.1", int(found[1]))
        asked = b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.7\r\nConnection: close\r\n\r\n"
        assert '"client": "127.0.0.1"' in body_of(exchange(address, asked))  # which is no router
        for pid in running.wait_ready(2):
            os.kill(pid, signal.SIGTERM)  # as all processes of a dyno
        running.supervisor.process.send_signal(signal.SIGTERM)
        assert running.supervisor.wait() == 0


def test_the_times_are_within_those_of_the_platform() -> None:
    assert float(option("--graceful-timeout")) + 5 <= GRACE_S
    assert float(option("--keep-alive")) > ROUTER_KEEPS_S
