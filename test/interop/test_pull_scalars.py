"""Pulling scalars: numbers, text, an invalid one, and beside signals."""

import pandas as pd
import pytest
from seeq import sdk

from plain import item_id
from test_pull_signals import signals

SPECIAL = "Special Cases >> Scalars"


def scalars(*names, type_="LiteralScalar"):
    return signals(*(f"{SPECIAL} >> {name}" for name in names), type_=type_)


@pytest.mark.parametrize(
    "name, type_, value, unit",
    [
        ("Setpoint", "LiteralScalar", 21.5, "°C"),
        ("Ratio", "LiteralScalar", 0.85, ""),
        ("Site", "LiteralScalar", "Malmö", "string"),
        ("Setpoint Doubled", "CalculatedScalar", 43, "°C"),
    ],
)
def test_a_scalar(pull, session, name, type_, value, unit):
    frame = pull(scalars(name, type_=type_))
    assert list(frame[name]) == [value]
    answer = sdk.ScalarsApi(session.client).get_scalar_value(id=item_id(f"{SPECIAL} >> {name}"))
    assert (answer.value, answer.uom) == (value, unit)


def test_an_invalid_scalar(pull):
    assert pull(scalars("Invalid"))["Invalid"].isna().all()
    assert list(pull(scalars("Invalid"), invalid_values_as="INVALID")["Invalid"]) == ["INVALID"]


def test_beside_a_signal(pull):
    items = pd.concat([signals("Special Cases >> Signals >> Step"), scalars("Setpoint", "Site")], ignore_index=True)
    frame = pull(items, grid=None, hours=1)
    assert list(frame.columns) == ["Step", "Setpoint", "Site"]
    assert len(frame) == 61
    assert set(frame["Setpoint"]) == {21.5} and set(frame["Site"]) == {"Malmö"}
