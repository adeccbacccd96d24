"""The manifest of its page: its probes are asked at real daemons, and a Pod is ended as Kubernetes does, under load."""

import json
import math
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from daemon_process import Daemon, body_of, exchange, get
from deployed import FILES, deployed
from dockerfile import environment_of_image
from event_loops import TIMEOUT_S
from monitored import document, monitor_of
from service_clients import Clients

DOCUMENTS = {each["kind"]: each for each in yaml.safe_load_all((FILES / "kubernetes" / "app.yaml").read_text())}
POD = DOCUMENTS["Deployment"]["spec"]["template"]
[CONTAINER] = POD["spec"]["containers"]
PORTS = {port["name"]: port["containerPort"] for port in CONTAINER["ports"]}
PRE_STOP: list[str] = CONTAINER["lifecycle"]["preStop"]["exec"]["command"]


def option_s(name: str) -> float:
    arguments: list[str] = CONTAINER["args"]
    return float(arguments[arguments.index(name) + 1])


STOP_DELAY_S = option_s("--stop-delay")


def environment_of_pod() -> dict[str, str]:
    """Return what the image and the manifest give to the process, on addresses of this machine."""
    variables = environment_of_image()
    del variables["PATH"]  # there is no image: the command is that of the tests
    for entry in CONTAINER["env"]:
        resource = entry["valueFrom"]["resourceFieldRef"]["resource"]
        assert resource == "requests.cpu"
        variables[entry["name"]] = str(math.ceil(float(CONTAINER["resources"]["requests"]["cpu"])))
    assert variables["API_HOUR_BIND"] == f"0.0.0.0:{PORTS['http']}"
    assert variables["API_HOUR_MONITOR"] == f"0.0.0.0:{PORTS['monitor']}"
    return variables | {"API_HOUR_BIND": "127.0.0.1:0", "API_HOUR_MONITOR": "127.0.0.1:0"}


@contextmanager
def pod(directory: Path, *, stop_delay_s: float = STOP_DELAY_S, **environment: str) -> Iterator[Daemon]:
    arguments = list(CONTAINER["args"])
    arguments[arguments.index("--stop-delay") + 1] = str(stop_delay_s)
    variables = environment_of_pod() | environment
    workers = int(variables["WEB_CONCURRENCY"])
    with deployed(directory, ["api_hour", *arguments], workers=workers, environment=variables) as running:
        yield running


def probe(running: Daemon, name: str) -> tuple[int, dict[str, Any]]:
    """Ask what a probe of the manifest asks."""
    asked = CONTAINER[name]["httpGet"]
    address = {"monitor": monitor_of(running), "http": running.tcp_address()}[asked["port"]]
    return document(address, asked["path"])


def asks(running: Daemon) -> Callable[[], None]:
    """Return a function that asks a Pod once, as its Service does."""
    return lambda: json.loads(body_of(exchange(running.tcp_address(), get("/"))))["client"]


def test_the_probes_say_what_kubernetes_asks(tmp_path: Path) -> None:
    with pod(tmp_path, stop_delay_s=0) as running:
        for name in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert probe(running, name)[0] == 200
        assert probe(running, "livenessProbe")[1]["live"] is True
        assert json.loads(body_of(exchange(running.tcp_address(), get("/"))))["client"] == "127.0.0.1"


def test_a_pod_that_is_ended_under_load_loses_no_request(tmp_path: Path) -> None:
    with ExitStack() as stack:
        other = stack.enter_context(pod(tmp_path / "other", stop_delay_s=0, WEB_CONCURRENCY="1"))
        ending = stack.enter_context(pod(tmp_path / "ending", WEB_CONCURRENCY="1"))
        clients = stack.enter_context(Clients([asks(ending), asks(other)]).asking())
        clients.wait_for_more(20)

        subprocess.run([*PRE_STOP[:-1], "0.3"], check=True, timeout=TIMEOUT_S)  # meanwhile, nodes hear of it
        assert probe(ending, "readinessProbe")[0] == 200
        clients.asks = [asks(other)]
        ending.supervisor.process.send_signal(signal.SIGTERM)
        ending.supervisor.wait_for(f"stopping in {STOP_DELAY_S:g} s, and serving until then")
        status, said = probe(ending, "readinessProbe")
        assert (status, said["ready"]) == (503, False)
        assert probe(ending, "livenessProbe")[0] == 200
        assert exchange(ending.tcp_address(), get("/")).startswith(b"HTTP/1.1 200 OK\r\n")

        ending.supervisor.process.send_signal(signal.SIGTERM)  # the delay is over: this test need not wait for it
        assert ending.supervisor.wait() == 0
        clients.wait_for_more(20)
        assert clients.failures == []


def test_the_grace_is_longer_than_all_that_happens_in_it() -> None:
    assert PRE_STOP[0] == "sleep"
    needed_s = float(PRE_STOP[1]) + STOP_DELAY_S + option_s("--graceful-timeout")

    assert POD["spec"]["terminationGracePeriodSeconds"] >= needed_s + 5  # a worker that is late is killed after that
    readiness = CONTAINER["readinessProbe"]
    assert 2 * readiness["periodSeconds"] * readiness["failureThreshold"] <= STOP_DELAY_S


def test_the_documents_know_each_other() -> None:
    labels = POD["metadata"]["labels"]

    assert DOCUMENTS["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert DOCUMENTS["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert DOCUMENTS["Service"]["spec"]["selector"] == labels
    assert {port["targetPort"] for port in DOCUMENTS["Service"]["spec"]["ports"]} <= set(PORTS)


@pytest.mark.parametrize("name", ["startupProbe", "livenessProbe"])
def test_probes_wait_for_as_long_as_the_daemon_takes_at_most(name: str) -> None:
    """60 s to boot, and a loop that has not run for 5 s is not live."""
    least_s = {"startupProbe": 60, "livenessProbe": 5}[name]

    assert CONTAINER[name]["periodSeconds"] * CONTAINER[name]["failureThreshold"] > least_s
