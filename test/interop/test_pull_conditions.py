"""Pulling conditions: as capsules with and without statistics, as samples, with properties and open ends."""

import math

import pandas as pd
import pytest

from conftest import START
from plain import item_id
from test_pull_signals import end_of, signals

SPECIAL = "Special Cases >> Conditions"
SHIFTS = "Packaging >> Shifts"
BATCHES = "Packaging >> Line 1 >> Reactor 1 >> Batches"
HOUR = 3600 * 1_000_000_000


def conditions(*paths, type_="StoredCondition"):
    return signals(*paths, type_=type_)


def times(frame):
    """(start, end) in nanoseconds, None where there is none."""
    column = lambda name: [None if pd.isna(stamp) else stamp.value for stamp in frame[name]]
    return list(zip(column("Capsule Start"), column("Capsule End")))


def properties(capsule):
    return {prop["name"]: prop.get("value") for prop in capsule.get("properties", [])}


def row_of(row):
    known = ("Condition", "Capsule Start", "Capsule End", "Capsule Is Uncertain", "Capsule ID")
    return {name: value for name, value in row.items() if name not in known and not is_nothing(value)}


def is_nothing(value):
    return value is None or (isinstance(value, float) and math.isnan(value))


@pytest.mark.quick
@pytest.mark.parametrize(
    "path, hours, least",
    [
        (SHIFTS, 48, 7),
        (BATCHES, 72, 10),
        (f"{SPECIAL} >> Alarms", 6, 36),
        (f"{SPECIAL} >> Moments", 6, 6),
        (f"{SPECIAL} >> Equal Starts", 24, 3),
    ],
)
def test_capsules(pull, plain, path, hours, least):
    """Every capsule that overlaps the range, with its id, its times and all its properties."""
    frame = pull(conditions(path), hours=hours)
    expected = plain.capsules(item_id(path), START, end_of(hours))
    key = lambda capsule: (capsule["start"], capsule["end"])
    expected.sort(key=key)
    assert len(expected) >= least
    assert times(frame) == [key(capsule) for capsule in expected]
    assert sorted(frame["Capsule ID"]) == sorted(capsule["id"] for capsule in expected)
    by_id = {row["Capsule ID"]: row for row in frame.to_dict("records")}
    for capsule in expected:
        wanted = {name: value for name, value in properties(capsule).items() if value is not None}
        assert row_of(by_id[capsule["id"]]) == wanted
        assert by_id[capsule["id"]]["Capsule Is Uncertain"] == capsule["isUncertain"]


@pytest.mark.quick
def test_known_capsules(pull):
    frame = pull(conditions(SHIFTS), hours=24)
    start = pd.Timestamp(START).value
    # The night shift of the day before reaches into the range.
    assert times(frame) == [(start + n * HOUR, start + (n + 8) * HOUR) for n in (-2, 6, 14, 22)]
    assert list(frame["Shift"]) == ["Night", "Early", "Late", "Night"]
    alarms = pull(conditions(f"{SPECIAL} >> Alarms"), hours=1)
    assert set(alarms["Acknowledged"]) == {True, False}
    assert alarms["Level"].between(80, 81.5).all()
    assert alarms["Text"].str.fullmatch(r'"High" \\ level && <\d+> Größe').all()
    assert alarms["Nothing"].isna().all()


def test_chosen_properties(pull):
    frame = pull(conditions(BATCHES), hours=48, capsule_properties=["Product"])
    assert set(frame["Product"]) <= {"Citric Acid", "Glucose", "Lecithin"}
    assert "Operator" not in frame


def test_215_capsules(pull):
    frame = pull(conditions(f"{SPECIAL} >> 215 Capsules"), start="2020-01-01T00:00:00Z", end="2020-02-01T00:00:00Z")
    epoch = pd.Timestamp("2020-01-01T00:00:00Z").value
    assert times(frame) == [(epoch + 2 * n * HOUR, epoch + (2 * n + 1) * HOUR) for n in range(215)]
    assert list(frame["Number"]) == list(range(215))


def test_no_capsules(pull):
    assert len(pull(conditions(f"{SPECIAL} >> No Capsules"))) == 0


FIRST_DAY = pd.Timestamp("2020-01-01T00:00:00Z").value


@pytest.mark.parametrize(
    "name, type_, expected, uncertain, extra",
    [
        ("Always", "CalculatedCondition", (None, None), False, {}),
        ("Open Start", "StoredCondition", (None, FIRST_DAY + 24 * HOUR), False, {"Reason": "before all records"}),
        ("Open End", "StoredCondition", (FIRST_DAY, None), True, {"Reason": "not over yet"}),
    ],
)
def test_open_ends(pull, name, type_, expected, uncertain, extra):
    frame = pull(
        conditions(f"{SPECIAL} >> {name}", type_=type_), start="2020-01-01T12:00:00Z", end="2020-01-01T13:00:00Z"
    )
    assert times(frame) == [expected]
    assert list(frame["Capsule Is Uncertain"]) == [uncertain]
    assert row_of(frame.to_dict("records")[0]) == extra
    # What has neither start nor end has no id either.
    assert list(frame["Capsule ID"].isna()) == [expected == (None, None)]


def test_a_running_batch(pull, plain):
    """The batch of this moment has no end, is uncertain, and lacks the property that comes at its end."""
    now = pd.Timestamp.now(tz="UTC")
    frame = pull(conditions(BATCHES), start=now - pd.Timedelta(hours=30), end=now)
    running = frame[frame["Capsule End"].isna()]
    assert list(frame["Capsule End"].notna()) == [not uncertain for uncertain in frame["Capsule Is Uncertain"]]
    assert running["Yield"].isna().all() and frame["Yield"].notna().any()


def test_several_conditions_in_one_table(pull):
    frame = pull(conditions(SHIFTS, BATCHES), hours=24)
    assert list(frame[frame["Condition"] == "Shifts"]["Shift"]) == ["Night", "Early", "Late", "Night"]
    assert frame[frame["Condition"] == "Batches"]["Batch ID"].str.startswith("R-101-").all()
    assert frame["Capsule Start"].is_monotonic_increasing


def test_beside_a_signal(pull):
    """With a signal in the same pull, a condition becomes 1 inside its capsules and 0 outside, at the same times."""
    items = pd.concat([signals("Special Cases >> Signals >> Step"), conditions(SHIFTS)], ignore_index=True)
    frame = pull(items, grid=None)
    assert len(frame) == 121
    assert set(frame["Shifts"]) == {1}
    assert set(frame["Shifts - Shift"]) == {"Night"}
    off = conditions(f"{SPECIAL} >> 215 Capsules")
    items = pd.concat([signals("Special Cases >> Signals >> Step"), off], ignore_index=True)
    frame = pull(items, grid=None, start="2020-01-01T00:00:00Z", end="2020-01-01T04:00:00Z")
    # A range is open at its end.
    inside = [minute % 120 <= 60 and minute < 240 for minute in range(241)]
    assert list(frame["215 Capsules"] == 1) == inside
    assert list(frame["215 Capsules - Number"].notna()) == inside


def test_as_samples_without_a_signal(pull):
    frame = pull(
        conditions(f"{SPECIAL} >> 215 Capsules"),
        shape="samples",
        grid="30min",
        start="2020-01-01T00:00:00Z",
        end="2020-01-01T08:00:00Z",
    )
    assert list(frame["215 Capsules"]) == [1 if n % 4 <= 2 and n < 16 else 0 for n in range(17)]


def test_with_statistics(pull, plain):
    """Statistics of a signal over each capsule, compared with what its samples give."""
    path = "Special Cases >> Signals >> Step"
    statistics = ["Average", "Minimum", "Maximum", "Count", "Range"]
    signal = pd.concat([signals(path)] * len(statistics), ignore_index=True).assign(Statistic=statistics)
    items = pd.concat([conditions(SHIFTS), signal], ignore_index=True)
    frame = pull(items, shape="capsules", hours=20, capsule_properties=["Shift", "Crew"])
    assert list(frame["Shift"]) == ["Night", "Early", "Late"]
    assert len(set(frame["Capsule ID"])) == 3
    for row in frame.to_dict("records"):
        start, end = row["Capsule Start"], row["Capsule End"]
        *values, _last = [value for _, value in plain.samples(item_id(path), start.isoformat(), end.isoformat())]
        assert row["Step (Minimum)"] == min(values)
        assert row["Step (Maximum)"] == max(values)
        assert row["Step (Range)"] == max(values) - min(values)
        # A sample a minute, each for one minute: a time-weighted average of steps is that of the values.
        assert row["Step (Average)"] == pytest.approx(sum(values) / len(values))
        assert row["Step (Count)"] == len(values) == 480


def test_a_calculated_condition_of_days(pull):
    frame = pull(conditions(f"{SPECIAL} >> Days", type_="CalculatedCondition"), hours=49)
    start = pd.Timestamp(START).value
    assert times(frame) == [(start + n * 24 * HOUR, start + (n + 1) * 24 * HOUR) for n in range(3)]
    assert set(frame["Year"]) == {2025}


def test_a_property_without_value_beside_a_signal(pull, behaviour):
    """Here the client takes it for granted that every property has a value or null."""
    items = pd.concat(
        [signals("Special Cases >> Signals >> Step"), conditions(f"{SPECIAL} >> Alarms")], ignore_index=True
    )
    with pytest.raises(KeyError, match="value"):
        pull(items, grid=None)
    behaviour(absent="null")
    frame = pull(items, grid=None)
    assert set(frame["Alarms"]) == {1}
    assert frame["Alarms - Nothing"].isna().all()
    assert frame["Alarms - Level"].between(80, 81.5).all()
