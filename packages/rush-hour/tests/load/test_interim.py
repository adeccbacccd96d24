"""Interim answers (RFC 9110, section 15.2), from the first on and from real servers: never taken for the answer."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from in_process_load import drive_all
from scripted_server import OK, ScriptedServer

from rush_hour.core.expectation import Expectation
from rush_hour.errors import StartError
from rush_hour.load.plan import parse_url
from rush_hour.load.probe import ask_once
from rush_hour.load.transport.destination import destination_of
from rush_hour.load.workload.request import OneRequest, build_request
from rush_hour.rig.parts.nginx import find_nginx

Serve = Callable[..., ScriptedServer]

EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
NGINX = """\
daemon off;
pid {directory}/nginx.pid;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {directory}/1;
    proxy_temp_path {directory}/2;
    fastcgi_temp_path {directory}/3;
    uwsgi_temp_path {directory}/4;
    scgi_temp_path {directory}/5;
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://127.0.0.1:{behind}; }}
    }}
}}
"""


@pytest.fixture
def nginx(serve: Serve, free_port: int, tmp_path: Path) -> Iterator[str]:
    """Start nginx before a server that answers hello."""
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(NGINX.format(directory=tmp_path, port=free_port, behind=serve().port))
    command = [str(find_nginx(None)), "-c", str(configuration), "-e", "stderr", "-p", str(tmp_path)]
    url = f"http://127.0.0.1:{free_port}/"
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until_it_answers(url)
            yield url
        finally:
            process.terminate()


def wait_until_it_answers(url: str) -> None:
    give_up_at_s = time.monotonic() + 20
    while True:
        try:
            ask_once(build_request(parse_url(url)), destination_of(parse_url(url)).resolve())
        except StartError:
            assert time.monotonic() < give_up_at_s
            time.sleep(0.01)
        else:
            return


def test_nginx_that_asks_to_continue_is_waited_for(nginx: str) -> None:
    url = parse_url(nginx)
    good = Expectation(statuses=frozenset({200}), body=b"hello")
    request = build_request(url, ["Expect: 100-continue"], method="POST", body=b"x" * 1000, expectation=good)

    report = drive_all(nginx, 100, requests=OneRequest(request))

    assert report.result.responses_by_status == {"200": 100}
    assert report.result.responses_good == 100
    answer = ask_once(request, destination_of(url).resolve())
    assert (answer.status, answer.body) == (200, b"hello")


@pytest.mark.parametrize("interim", [CONTINUE, EARLY_HINTS, EARLY_HINTS + EARLY_HINTS])
def test_an_interim_answer_in_a_packet_of_its_own_is_never_the_answer(serve: Serve, interim: bytes) -> None:
    server = serve()
    server.script = lambda _number: OK
    server.interim = interim

    report = drive_all(server.url, 200)

    assert report.result.responses_by_status == {"200": 200}
    assert report.result.responses_good == 200
    answer = ask_once(build_request(parse_url(server.url)), destination_of(parse_url(server.url)).resolve())
    assert (answer.status, answer.body) == (200, b"hello")
