"""The conversation with MLflow: its own client, its REST interface, its pages."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from applications_client import Client
from applications_rig import python
from talks.asking import MEGABYTE, note_digest

DATABASE = "sqlite:///mlflow.db"
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true", "DO_NOT_TRACK": "true"}
ENVIRONMENT = {  # as `mlflow server` gives it to its workers
    **QUIET,
    "_MLFLOW_SERVER_FILE_STORE": DATABASE,
    "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
    "_MLFLOW_SERVER_ARTIFACT_DESTINATION": "./artifacts",
    "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
    "MLFLOW_FLASK_SERVER_SECRET_KEY": "for this program only",
}
MASKS = (
    r"^(?:etag|last-modified): (.+)",
    r"[0-9a-f]{32}",
    r'"(?:\w+_time|\w+_timestamp\w*|timestamp|start_time|value)": ?"?(\d{13})',
    r"\b(\d{13})\b",
    r'"run_name": ?"([^"]+)"',
)


def prepare(directory: Path) -> None:
    """Make the database, as `mlflow server` does before it serves."""
    python(directory, "-m", "mlflow", "db", "upgrade", DATABASE, environment=QUIET)


def talk(client: Client) -> None:
    """Ask over HTTP, then let MLflow's client do what a training does."""
    for path in ("/health", "/version", "/", "/none", "/api/2.0/mlflow/experiments/get?experiment_id=0"):
        client.get(path)
    client.ask("HEAD", "/")
    client.get("/api/2.0/mlflow/experiments/get?experiment_id=99")
    client.ask("POST", "/api/2.0/mlflow/experiments/create", json={"name": "over HTTP"})
    client.ask("POST", "/api/2.0/mlflow/experiments/create", json={"name": "over HTTP"}, step="the same again")
    client.ask("POST", "/api/2.0/mlflow/experiments/create", content=b"{", step="a broken request")
    with changed_environment(QUIET):
        train(client)
    path = "/api/2.0/mlflow-artifacts/artifacts/folder/big.bin"
    client.ask("PUT", path, content=MEGABYTE * 5)
    client.get("/api/2.0/mlflow-artifacts/artifacts?path=folder")
    note_digest(client, path)
    client.ask("DELETE", path)
    client.ask("PUT", path, content=MEGABYTE * 5)
    client.stop_under_stream(path)


@contextmanager
def changed_environment(changes: dict[str, str]) -> Iterator[None]:
    """Have some variables in this process's environment."""
    before = dict(os.environ)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def train(client: Client) -> None:
    """Log what a training logs, and read it again."""
    from mlflow import MlflowClient  # noqa: PLC0415  # it takes seconds, and is not installed everywhere
    from mlflow.entities import Metric, Param  # noqa: PLC0415

    tracking = MlflowClient(f"http://{client.address}")
    experiment = tracking.create_experiment("training", tags={"kind": "test"})
    run = tracking.create_run(experiment, run_name="first").info.run_id
    for step in range(5):
        tracking.log_metric(run, "loss", 1 / (step + 1), step=step)
    metrics = [Metric(f"m{number}", float(number), 0, 0) for number in range(200)]
    tracking.log_batch(run, metrics=metrics, params=[Param("rate", "0.1"), Param("nämé", "välue")])
    tracking.set_tag(run, "note", "x" * 4000)
    with TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "model.bin").write_bytes(MEGABYTE * 3)
        (directory / "notes.txt").write_text("nötes")
        tracking.log_artifacts(run, name, artifact_path="model")
        listed = [(file.path, file.file_size) for file in tracking.list_artifacts(run, "model")]
        got = Path(tracking.download_artifacts(run, "model/model.bin", str(directory))).read_bytes()
    tracking.set_terminated(run)
    data = tracking.get_run(run).data
    client.note("a run", metrics=sorted(data.metrics.items()), params=data.params, artifacts=listed, model=got)
    history = [(each.step, each.value) for each in tracking.get_metric_history(run, "loss")]
    found = tracking.search_runs([experiment], "metrics.loss < 0.5 and params.rate = '0.1'")
    client.note("what is found", history=history, runs=[each.info.run_name for each in found])
    tracking.create_registered_model("model")
    version = tracking.create_model_version("model", f"runs:/{run}/model", run)
    tracking.set_registered_model_alias("model", "best", version.version)
    client.note("a model", version=tracking.get_model_version_by_alias("model", "best").version)
    tracking.delete_run(run)
    client.note("a deleted run", stage=tracking.get_run(run).info.lifecycle_stage)
