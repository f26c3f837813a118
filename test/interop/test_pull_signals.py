"""Pulling signals: values as they are, on grids, text, enumerations, gaps and invalid samples."""

import math

import numpy as np
import pandas as pd
import pytest

from conftest import START
from plain import item_id

SPECIAL = "Special Cases >> Signals"
AREA = "Example >> Cooling Tower 1 >> Area A"
REACTOR = "Packaging >> Line 1 >> Reactor 1"
SECOND = 1_000_000_000


def signals(*paths, type_="StoredSignal"):
    return pd.DataFrame([{"ID": item_id(path), "Type": type_, "Name": path.split(" >> ")[-1]} for path in paths])


def pairs(frame, name=None):
    """(nanoseconds, value or None) of a column."""
    column = frame[name or frame.columns[0]]
    return [(stamp.value, None if is_nothing(value) else value) for stamp, value in column.items()]


def is_nothing(value):
    return value is None or (isinstance(value, float) and math.isnan(value))


def end_of(hours):
    return (pd.Timestamp(START) + pd.Timedelta(hours=hours)).isoformat()


@pytest.mark.quick
@pytest.mark.parametrize(
    "path, per_hour",
    [
        (f"{SPECIAL} >> Fast", 3600),
        (f"{SPECIAL} >> Step", 60),
        (f"{SPECIAL} >> Extreme Numbers", 60),
        (f"{AREA} >> Temperature", 30),
        (f"{AREA} >> Compressor Stage", 30),
        (f"{REACTOR} >> Level", 240),
    ],
)
def test_samples_as_they_are(pull, plain, path, per_hour):
    """A signal on an even grid has a known number of samples; both borders lie on it."""
    found = pairs(pull(signals(path), grid=None))
    assert len(found) == 2 * per_hour + 1
    start = pd.Timestamp(START).value
    assert [key for key, _ in found] == [start + n * 3600 * SECOND // per_hour for n in range(2 * per_hour + 1)]
    assert found == plain.samples(item_id(path), START, end_of(2))


def test_keys_with_all_nine_digits(pull, plain):
    found = pairs(pull(signals(f"{SPECIAL} >> Nanoseconds"), grid=None, hours=1))
    assert found == plain.samples(item_id(f"{SPECIAL} >> Nanoseconds"), START, end_of(1))
    assert len(found) == 3600
    assert any(key % 1000 for key, _ in found)


def test_known_samples(pull):
    window = {"start": "2020-01-01T00:00:50Z", "end": "2020-01-01T00:01:50Z"}
    three = signals(f"{SPECIAL} >> Three Samples")
    first = pd.Timestamp("2020-01-01T00:00:00Z").value
    assert pairs(pull(three, grid=None, **window)) == [(first + 60 * SECOND, 2)]
    bounded = pairs(pull(three, grid=None, bounding_values=True, **window))
    assert bounded == [(first + n * 60 * SECOND, n + 1) for n in range(3)]
    one = pull(signals(f"{SPECIAL} >> One Sample"), grid=None, start="2020-04-04", end="2020-04-07", tz_convert="UTC")
    assert pairs(one) == [(pd.Timestamp("2020-04-05T00:00:00Z").value, 1)]


def test_no_samples(pull):
    assert len(pull(signals(f"{SPECIAL} >> Empty"), grid=None)) == 0


def test_text(pull, plain):
    path = f"{SPECIAL} >> Bad Text"
    found = pairs(pull(signals(path), grid=None))
    assert found == plain.samples(item_id(path), START, end_of(2))
    texts = {value for _, value in found if value is not None}
    assert texts == {f'Recipe "{n}" \\ Größe' for n in range(5)}


@pytest.mark.quick
def test_invalid_samples(pull, plain):
    """One sample in eight has no value, at known minutes."""
    path = f"{SPECIAL} >> Bad and Uncertain"
    found = pairs(pull(signals(path), grid=None))
    minutes = [key // (60 * SECOND) for key, _ in found]
    assert [value is None for _, value in found] == [minute % 8 == 3 for minute in minutes]
    assert found == plain.samples(item_id(path), START, end_of(2))
    replaced = pull(signals(path), grid=None, invalid_values_as=-9999)
    assert (replaced.iloc[:, 0] == -9999).sum() == 15


@pytest.mark.parametrize("enums_as, kinds", [("string", str), ("numeric", int), ("tuple", tuple), (None, str)])
def test_enumerations(pull, plain, enums_as, kinds):
    path = f"{REACTOR} >> Agitator"
    found = pairs(pull(signals(path), grid=None, hours=12, enums_as=enums_as))
    words = {"ENUM{{0|OFF}}": (0, "OFF"), "ENUM{{1|ON}}": (1, "ON"), "ENUM{{2|FAULT}}": (2, "FAULT")}
    pick = {"string": lambda n, s: s, "numeric": lambda n, s: n, "tuple": lambda n, s: (n, s)}
    raw = plain.samples(item_id(path), START, end_of(12))
    assert {value for _, value in raw} == set(words)
    assert found == [(key, value if enums_as is None else pick[enums_as](*words[value])) for key, value in raw]
    assert all(isinstance(value, (kinds, np.integer) if kinds is int else kinds) for _, value in found)


def test_gaps(pull, plain):
    """No samples from 02:00 to 05:00; on a grid the gap has no values, for it is longer than may be interpolated."""
    path = f"{SPECIAL} >> Gappy"
    raw = pairs(pull(signals(path), grid=None, hours=6))
    assert raw == plain.samples(item_id(path), START, end_of(6))
    minutes = {(key - pd.Timestamp(START).value) // (60 * SECOND) for key, _ in raw}
    assert not minutes & set(range(120, 300))
    assert len(minutes) % 60 in (0, 1)
    grid = pull(signals(path), grid="15min", hours=6).iloc[:, 0]
    assert grid["2025-06-01T02:15:00Z":"2025-06-01T04:45:00Z"].isna().all()


@pytest.mark.parametrize(
    "path", [f"{SPECIAL} >> Fast", f"{AREA} >> Temperature", f"{AREA} >> Wet Bulb", f"{REACTOR} >> Level"]
)
def test_a_grid(pull, plain, path):
    """Every point of the grid, each the straight line between the samples around it."""
    found = pairs(pull(signals(path)))
    start = pd.Timestamp(START).value
    assert [key for key, _ in found] == [start + n * 900 * SECOND for n in range(9)]
    samples = plain.samples(item_id(path), "2025-05-31T23:00:00Z", end_of(3))
    keys, values = np.array([key - start for key, _ in samples]), np.array([value for _, value in samples])
    wanted = np.interp([key - start for key, _ in found], keys, values)
    assert [value for _, value in found] == pytest.approx(list(wanted), rel=1e-9)


def test_a_grid_of_a_step_signal(pull, plain):
    path = f"{SPECIAL} >> Step"
    found = pairs(pull(signals(path), grid="100s"))
    samples = plain.samples(item_id(path), "2025-05-31T23:00:00Z", end_of(2))
    for key, value in found:
        assert value == [before for at, before in samples if at <= key][-1]
    assert len(found) == 73


def test_an_automatic_grid(pull):
    found = pull(signals(f"{SPECIAL} >> Fast"), grid="auto", hours=1)
    assert found.spy.grid == "1000ms"
    assert len(found) == 3601


def test_an_automatic_grid_of_several(pull):
    three = [f"{SPECIAL} >> Fast", f"{AREA} >> Temperature", f"{SPECIAL} >> Step"]
    assert pull(signals(*three), grid="auto", hours=6).spy.grid == "60000ms"


def test_several_signals_side_by_side(pull, plain):
    paths = [f"{AREA} >> {name}" for name in ("Temperature", "Relative Humidity", "Compressor Stage")]
    frame = pull(signals(*paths), grid=None)
    assert list(frame.columns) == ["Temperature", "Relative Humidity", "Compressor Stage"]
    for path, name in zip(paths, frame.columns):
        found = [(key, value) for key, value in pairs(frame, name) if value is not None]
        assert found == plain.samples(item_id(path), START, end_of(2))


def test_what_a_search_finds(search, pull, plain):
    found = search({"Name": "Temperature", "Path": "Example >> Cooling Tower 2", "Type": "StoredSignal"})
    frame = pull(found, grid=None)
    assert len(frame.columns) == 2
    assert "Example >> Cooling Tower 2 >> Area D >> Temperature" in frame
    for item, column in zip(found["ID"], frame.columns):
        assert pairs(frame, column) == plain.samples(item, START, end_of(2))


def test_a_calculated_signal(pull, plain):
    path = "Utilities >> Chiller 1 >> Temperature Hourly"
    found = pairs(pull(signals(path, type_="CalculatedSignal"), grid=None))
    assert len(found) == 3
    assert found == [
        sample
        for sample in plain.samples(item_id("Utilities >> Chiller 1 >> Temperature"), START, end_of(2))
        if sample[0] % (3600 * SECOND) == 0
    ]


def test_time_zone(pull):
    frame = pull(signals(f"{SPECIAL} >> Slow"), grid=None, hours=48, tz_convert="Europe/Stockholm")
    assert [str(stamp) for stamp in frame.index] == [f"2025-06-0{day} 02:00:00+02:00" for day in (1, 2, 3)]
