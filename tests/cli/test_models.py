from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from greenwright.cli.main import app
from greenwright.ledger.entries import ArtifactEntry
from greenwright.ledger.opening import open_ledger
from greenwright.records.study import StudyRecord

RUNNER = CliRunner()


def call(*arguments: str) -> Result:
    return RUNNER.invoke(app, ["models", *arguments])


@pytest.fixture
def released(home: Path, study: StudyRecord, artifact: ArtifactEntry) -> Path:
    """A model in the ledger of this home, whose file is there."""
    path = home / "model.onnx"
    open_ledger(f"sqlite:///{home}/ledger.db").add_study(study, (), replace(artifact, path=str(path)))
    path.touch()
    return path


def test_an_empty_ledger_says_what_to_run_first_and_makes_no_file(home: Path) -> None:
    ended = call()

    assert ended.exit_code == 0
    assert ended.stdout == "No models yet. Make the first with: greenwright optimize WORKLOAD\n"
    assert not home.exists()


def test_an_empty_ledger_is_an_empty_list_in_json() -> None:
    assert json.loads(call("--json").stdout) == []


def test_a_model_is_listed_with_what_it_saves_and_where_it_is(released: Path) -> None:
    said = call().stdout

    assert "digits 1, 2026-09-01" in said
    assert "saves     50% of the energy of untouched" in said
    assert "energy    2 mJ (1.2 to 3 mJ), modelled per image" in said
    assert "accuracy  96.5%" in said
    assert f"file      {released}\n" in said


def test_a_model_whose_file_is_gone_says_so(released: Path) -> None:
    released.unlink()

    assert f"{released} (no longer there)" in call().stdout


def test_models_in_json_carry_range_grade_and_hash(released: Path) -> None:
    first = json.loads(call("--json").stdout)[-1]

    assert first["path"] == str(released)
    assert first["energy_j"]["grade"] == "modelled"
    assert first["sha256"] == "5f" * 32


def test_another_ledger_is_read_when_it_is_named(released: Path, tmp_path: Path) -> None:
    assert call("--ledger", f"sqlite:///{tmp_path}/other.db").stdout.startswith("No models yet")


def test_a_damaged_ledger_is_one_line_and_exit_code_3(home: Path) -> None:
    home.mkdir()
    (home / "ledger.db").write_text("not a database at all, only text " * 10)

    ended = call()

    assert ended.exit_code == 3
    assert ended.stderr.startswith(f"error: the ledger at {home}/ledger.db cannot be used")
    assert ended.stderr.count("\n") == 1


def test_a_version_goes_from_release_to_retirement(released: Path, tmp_path: Path) -> None:
    assert call("release", "digits:1", "--alias", "production").stdout.startswith("released digits 1 in ")
    assert "digits 1, 2026-09-01, released, production" in call().stdout
    assert "proven" in call("compare", "digits@production", "digits:untouched").stdout

    advice = call("advise").stdout
    assert "Nothing speaks for retiring any version." in advice
    assert "--usage" in advice

    log = tmp_path / "calls.csv"
    log.write_text("time,model,version\n2020-01-01,digits,1\n")
    advice = call("advise", "--usage", str(log), "--standing-watts", "5").stdout
    assert "Retire digits untouched: nobody called it for" in advice
    assert "saves 43.8 kWh a year" in advice

    gone = call("retire", "digits:untouched", "--usage", str(log), "--standing-watts", "5", "--replaced-by", "1", "--json")
    assert gone.exit_code == 0, gone.output
    assert json.loads(gone.stdout)["saving_j_per_year"]["value"] == pytest.approx(43.8e3 * 3_600)
    said = call("--model", "digits").stdout
    assert "retired   nobody called it for" in said
    assert "; replaced by 1; saves 43.8 kWh a year (43.8 kWh to 43.8 kWh, assumed)" in said
    assert call("alias", "production", "digits").stdout.startswith("production names digits none")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("release", "digits"), "names no version; write MODEL:VERSION"),
        (("release", "digits:9"), "versions of digits: untouched, 1"),
        (("retire", "digits:1"), "nothing is proven against digits 1; say why it goes"),
        (("advise", "--usage", "missing.log"), "missing.log cannot be read"),
        (("--registry", "sagemaker"), "'sagemaker' is no registry"),
        (("add", "digits:1"), "has a version 1 already"),
    ],
)
def test_wrong_use_is_said_and_exits_with_2(released: Path, arguments: tuple[str, ...], said: str) -> None:
    ended = call(*arguments)

    assert ended.exit_code == 2
    assert said in ended.stderr


def test_a_version_that_no_study_made_is_added_with_its_file(tmp_path: Path) -> None:
    file = tmp_path / "model.bin"
    file.write_bytes(b"12345")

    call("add", "cats:1", "--energy", "2mJ", "--unit", "1 cat", "--path", str(file), "--quality", "0.9", "--metric", "accuracy")

    [version] = json.loads(call("--json").stdout)
    assert (version["size_bytes"], version["energy_j"]["value"], version["quality"]) == (5, 0.002, 0.9)


@pytest.fixture
def prometheus() -> Iterator[str]:
    """A server that answers as Prometheus does: of the two versions of digits only the first is called."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            labels = {"model_name": "digits", "model_version": "1"}
            result = [{"metric": labels, "value": [1_793_923_200, "3600"]}]
            body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_prometheus_says_who_is_called_and_the_saving_of_the_other_is_kept(released: Path, prometheus: str) -> None:
    told = ("--usage", prometheus, "--unused-days", "30", "--standing-watts", "5")

    [advice] = json.loads(call("advise", *told, "--json").stdout)
    gone = call("retire", "digits:untouched", *told)

    assert (advice["version"], advice["reason"]) == ("untouched", "nobody called it for 30 days")
    assert "saves 43.8 kWh a year" in gone.stdout
    assert call("retire", "digits:1", *told).exit_code == 2
    stored = {one["version"]: one["saving_j_per_year"] for one in json.loads(call("--json").stdout)}
    assert (stored["1"], stored["untouched"]["grade"]) == (None, "assumed")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning")
def test_a_real_mlflow_registry_is_kept_by_the_same_commands(tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    client.create_registered_model("digits")
    for number in (1, 2):
        client.create_model_version("digits", source=f"models/{number}")
    where = ("--registry", f"mlflow:{uri}")
    log = tmp_path / "calls.csv"
    log.write_text("time,model,version\n2020-01-01,digits,2\n")

    for version, energy, quality in (("1", "4mJ", "0.96"), ("2", "2mJ", "0.97")):
        told = ("--energy", energy, "--unit", "1 image", "--quality", quality, "--metric", "accuracy")
        assert call("add", f"digits:{version}", *told, *where).exit_code == 0
    assert call("release", "digits:2", "--alias", "production", *where).exit_code == 0
    assert "2 mJ" in call("compare", "digits:1", "digits@production", *where).stdout
    assert call("alias", "old", "digits:1", *where).exit_code == 0
    assert "Perhaps retire digits 1: 2 looks cheaper" in call("advise", *where).stdout
    gone = call("retire", "digits:1", "--usage", str(log), "--standing-watts", "5", "--replaced-by", "2", *where)
    assert gone.exit_code == 0, gone.output

    model, first = client.get_registered_model("digits"), client.get_model_version("digits", "1")
    assert {alias: str(version) for alias, version in model.aliases.items()} == {"production": "2"}
    assert first.tags["greenwright.lifecycle"] == "retired"
    listed = {one["version"]: one for one in json.loads(call(*where, "--json").stdout)}
    assert listed["1"]["replaced_by"] == "2"
    assert listed["1"]["saving_j_per_year"]["value"] == pytest.approx(43.8e3 * 3_600)
    assert (listed["2"]["lifecycle"], listed["2"]["aliases"]) == ("released", ["production"])
    assert call("release", "digits:9", *where).exit_code == 2
