from __future__ import annotations

from pathlib import Path

import pytest

from greenwright.errors import BadInputError, CannotHereError
from greenwright.records.quantities import Grade, Interval, Quantity
from greenwright.records.versions import Dominance, Lifecycle, ModelVersion
from greenwright.versions.in_mlflow import MlflowRegistry

mlflow = pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning")

ENERGY = Quantity(value=0.0021, low=0.001, high=0.0042, grade=Grade.MODELLED, source="a model")


@pytest.fixture
def uri(tmp_path: Path) -> str:
    """A real registry with three versions of one model, as MLflow itself makes them."""
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    client.create_registered_model("digits")
    for number in (1, 2, 3):
        client.create_model_version("digits", source=f"models/{number}")
    return uri


@pytest.fixture
def registry(uri: str) -> MlflowRegistry:
    return MlflowRegistry(uri)


def one(uri: str, version: str) -> ModelVersion:
    """As somebody sees it who opens the registry anew."""
    return next(found for found in MlflowRegistry(uri).versions("digits") if found.version == version)


@pytest.mark.slow
def test_the_habits_of_a_registry_are_kept_in_mlflow_itself(registry: MlflowRegistry, uri: str) -> None:
    client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)

    registry.add(
        ModelVersion(
            model="digits", version="2", unit="1 image", energy_j=ENERGY, metric="accuracy", quality=0.97, size_bytes=9
        )
    )
    told = one(uri, "2")
    assert (told.energy_j, told.quality, told.metric, told.unit, told.size_bytes) == (ENERGY, 0.97, "accuracy", "1 image", 9)
    assert client.get_model_version("digits", "2").tags["greenwright.energy_grade"] == "modelled"

    registry.release("digits", "2", "to the shop")
    registry.alias("digits", "production", "2")
    assert (one(uri, "2").lifecycle, one(uri, "2").aliases) == (Lifecycle.RELEASED, ("production",))
    assert str(client.get_model_version_by_alias("digits", "production").version) == "2"
    with pytest.raises(BadInputError, match="released already"):
        registry.release("digits", "2", "")

    proof = Dominance(
        model="digits",
        better="3",
        worse="2",
        ratio=Interval(value=0.5, low=0.4, high=0.6, confidence=0.95),
        metric="accuracy",
        quality_drop=0.0,
        quality_drop_high=0.004,
        max_drop=0.005,
        method="pairs",
    )
    registry.add_proof(proof)
    assert MlflowRegistry(uri).proofs() == [proof]

    registry.retire("digits", "2", "3 needs half", replaced_by="3", saving_j_per_year=ENERGY)
    gone = one(uri, "2")
    assert (gone.lifecycle, gone.retired_because, gone.aliases) == (Lifecycle.RETIRED, "3 needs half", ())
    assert client.get_model_version("digits", "2").tags["greenwright.replaced_by"] == "3"

    registry.release("digits", "2", "back again")
    assert (one(uri, "2").lifecycle, one(uri, "2").retired_at) == (Lifecycle.RELEASED, "")
    registry.alias("digits", "old", "1")
    registry.alias("digits", "old", None)
    assert one(uri, "1").aliases == ()
    assert [version.version for version in registry.versions()] == ["3", "2", "1"]

    with pytest.raises(BadInputError, match="MLflow refused"):
        registry.release("digits", "9", "")
    with pytest.raises(BadInputError, match="no model 'cats'; it has digits"):
        registry.versions("cats")
    client.set_model_version_tag("digits", "1", "greenwright.quality", "good")
    with pytest.raises(BadInputError, match="a greenwright tag of digits 1"):
        registry.versions()


@pytest.mark.slow
def test_a_registry_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no database " * 100)

    with pytest.raises((CannotHereError, BadInputError), match="file"):
        MlflowRegistry(f"sqlite:///{tmp_path}/file").versions()
