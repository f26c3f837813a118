"""Calculations that clients are known to make, each compared with the same computed here from the plain samples."""

import pandas as pd
import pytest
from seeq import sdk
from seeq.sdk.rest import ApiException

from conftest import START
from plain import item_id
from test_pull_conditions import conditions, times
from test_pull_scalars import scalars
from test_pull_signals import SECOND, end_of, pairs, signals

STEP = "Special Cases >> Signals >> Step"
TEMPERATURE = "Example >> Cooling Tower 1 >> Area A >> Temperature"
SHIFTS = "Packaging >> Shifts"
HOUR = 3600 * SECOND
ZERO = pd.Timestamp(START).value


@pytest.fixture
def raw(plain):
    """Samples of the first two hours by plain HTTP, or of as many as asked for."""
    return lambda path, hours=2: plain.samples(item_id(path), START, end_of(hours))


def test_arithmetic(pull, raw):
    found = pairs(pull(signals(STEP), grid=None, calculation="2 * $signal + 1"))
    assert found == [(key, 2 * value + 1) for key, value in raw(STEP)]


def test_units(pull, raw):
    found = pairs(pull(signals(TEMPERATURE), grid=None, calculation='$signal.convertUnits("°C")'))
    wanted = [(value - 32) * 5 / 9 for _, value in raw(TEMPERATURE)]
    assert [value for _, value in found] == pytest.approx(wanted)


def test_step_instead_of_lines(pull, raw):
    samples = raw(TEMPERATURE)
    for key, value in pairs(pull(signals(TEMPERATURE), grid="50s", calculation="$signal.toStep()", hours=1)):
        assert value == [before for at, before in samples if at <= key][-1]


def test_valid_values(pull, raw):
    path = "Special Cases >> Signals >> Bad and Uncertain"
    found = pairs(pull(signals(path), grid=None, calculation="$signal.validValues()"))
    assert found == [sample for sample in raw(path) if sample[1] is not None]


def test_interpolation_over_gaps(pull):
    path = signals("Special Cases >> Signals >> Gappy")
    found = pull(path, grid="15min", hours=6, calculation="$signal.setMaxInterpolation(5.4d)")
    assert len(found) == 25 and found.iloc[:, 0].notna().all()


def test_moved(pull, plain):
    found = pairs(pull(signals(STEP), grid=None, calculation="$signal.move(-30 days)"))
    later = plain.samples(item_id(STEP), "2025-07-01T00:00:00Z", "2025-07-01T02:00:00Z")
    assert found == [(key - 30 * 24 * HOUR, value) for key, value in later]


@pytest.mark.parametrize(
    "statistic, compute",
    [
        ("average()", lambda v: sum(v) / len(v)),
        ("maxValue()", max),
        ("minValue()", min),
        ("count()", len),
        ("range()", lambda v: max(v) - min(v)),
    ],
)
@pytest.mark.parametrize("place, at", [("startKey()", 0), ("endKey()", 1)])
def test_aggregates_by_the_hour(pull, raw, statistic, compute, place, at):
    formula = f"$signal.aggregate({statistic}, hours(), {place})"
    found = dict(pairs(pull(signals(STEP), grid=None, hours=4, calculation=formula)))
    samples = raw(STEP, hours=4)
    for hour in (0, 1, 2, 3):
        values = [value for key, value in samples if 0 <= key - ZERO - hour * HOUR < HOUR]
        assert found[ZERO + (hour + at) * HOUR] == pytest.approx(compute(values))


def test_aggregates_by_the_day_of_a_time_zone(pull):
    formula = '$signal.aggregate(count(), days("Europe/London"), startKey())'
    found = pull(signals(STEP), grid=None, hours=72, calculation=formula).iloc[:, 0].dropna()
    assert [str(stamp) for stamp in found.index] == [f"2025-06-0{day} 23:00:00+00:00" for day in (1, 2, 3)]
    assert set(found) == {1440}


def test_aggregates_by_periods(pull, raw):
    formula = "$signal.aggregate(maxValue(), periods(10min, 10min), startKey())"
    found = pairs(pull(signals(STEP), grid=None, hours=1, calculation=formula))
    values = dict(raw(STEP))
    for key, value in found:
        if ZERO <= key < ZERO + HOUR:
            assert value == max(values[key + minute * 60 * SECOND] for minute in range(10))


def runs_above(samples, limit):
    """Where a step signal is above a limit: from the first sample above to the first that is not."""
    found, start = [], None
    for key, value in samples:
        if value > limit and start is None:
            start = key
        if value <= limit and start is not None:
            found.append((start, key))
            start = None
    return found


@pytest.mark.parametrize("formula", ["$signal > 5", "$signal.validValues().valueSearch(isGreaterThan(5))"])
def test_a_condition_from_a_signal(pull, raw, formula):
    """The client compiles the formula first to learn that a condition comes out of it."""
    items = signals(STEP).assign(Calculation=formula)
    found = times(pull(items, hours=12))
    wanted = runs_above(raw(STEP, hours=12), 5)
    assert len(wanted) > 2
    inside = lambda capsules: [c for c in capsules if c[0] > ZERO and c[1] is not None and c[1] < ZERO + 12 * HOUR]
    assert inside(found) == inside(wanted)


def test_capsules_beyond_the_range(pull, raw):
    """Without a longest duration, what crosses the border of the range has no start or no end there."""
    (start, end), *_ = runs_above(raw(STEP, hours=12), 5)
    at = lambda share: pd.Timestamp(start + int((end - start) * share), tz="UTC")
    items = signals(STEP).assign(Calculation="$signal > 5")
    assert times(pull(items, start=at(0.2), end=at(0.8))) == [(None, None)]
    assert times(pull(items, start=at(0.2), end=at(1.1)))[0] == (None, end)
    assert times(pull(items, start=at(-0.1), end=at(0.8)))[-1] == (start, None)
    items = items.assign(Calculation="($signal > 5).removeLongerThan(1d)")
    assert times(pull(items, start=at(0.2), end=at(0.8))) == [(start, end)]


def test_properties_of_capsules(pull):
    frame = pull(conditions(SHIFTS), hours=24, calculation='$condition.setProperty("My Prop", 1)')
    assert list(frame["My Prop"]) == [1] * 4
    assert list(frame["Shift"]) == ["Night", "Early", "Late", "Night"]


def test_capsules_by_their_length(pull):
    batches = "Packaging >> Line 1 >> Reactor 1 >> Batches"
    length = lambda capsule: capsule[1] - capsule[0]
    every = times(pull(conditions(batches), hours=96))
    short = times(pull(conditions(batches), hours=96, calculation="$condition.removeLongerThan(5h)"))
    long = times(pull(conditions(batches), hours=96, calculation="$condition.removeShorterThan(5h)"))
    assert short == [capsule for capsule in every if length(capsule) <= 5 * HOUR]
    assert long == [capsule for capsule in every if length(capsule) >= 5 * HOUR]
    assert short and long


def test_capsules_by_a_property(pull):
    frame = pull(conditions(SHIFTS), hours=48, calculation="$condition.keep('Shift', isEqualTo('Late'))")
    assert list(frame["Shift"]) == ["Late", "Late"]


def test_merged_capsules(pull):
    merged = times(pull(conditions(SHIFTS), hours=24, calculation="$condition.setMaximumDuration(5d).merge(0min)"))
    assert len(merged) == 1


WINDOW = "capsule('2025-06-01T00:00:00Z','2025-06-01T02:00:00Z')"


@pytest.mark.parametrize(
    "function, compute",
    [("average", lambda v: sum(v) / len(v)), ("maxValue", max), ("minValue", min), ("count", len)],
)
def test_a_scalar_over_a_window(pull, raw, function, compute):
    items = signals(STEP).assign(Calculation=f"$signal.{function}({WINDOW})")
    found = pull(items)["Step"]
    assert list(found) == [pytest.approx(compute([value for _, value in raw(STEP)][:-1]))]


def test_a_total_over_a_window(session, raw):
    formulas = sdk.FormulasApi(session.client)
    answer = formulas.run_formula(formula=f"$x.totalized({WINDOW})", parameters=[f"x={item_id(STEP)}"])
    seconds = sum(value * 60 for _, value in raw(STEP)[:-1])
    assert answer.scalar.value * {"s": 1, "min": 60, "h": 3600}[answer.scalar.uom] == pytest.approx(seconds)


def test_a_scalar_from_a_scalar(pull):
    assert list(pull(scalars("Setpoint"), calculation="$scalar * 2")["Setpoint"]) == [43]


def test_the_sample_period_in_a_search(search):
    window = {"Start": START, "End": end_of(6)}
    found = search({"Path": "Special Cases >> Signals", "Type": "Signal"}, estimate_sample_period=window).set_index(
        "Name"
    )
    wanted = {"Fast": "1s", "Step": "1min", "Enumeration": "5min", "Forecast": "1h"}
    for name, period in wanted.items():
        assert found.loc[name, "Estimated Sample Period"] == pd.Timedelta(period), name
    assert pd.isna(found.loc["Empty", "Estimated Sample Period"])


def test_a_condition_for_ever(session):
    answer = sdk.FormulasApi(session.client).run_formula(
        formula="1.toSignal() > 0", parameters=[], start=f"{ZERO} ns", end=f"{ZERO + HOUR} ns"
    )
    (capsule,) = answer.capsules.capsules
    assert (capsule.start, capsule.end, capsule.is_uncertain) == (None, None, False)


def test_a_table_of_counts(session):
    window = 'capsule("2025-06-01T00:00:00Z","2025-06-01T02:00:00Z")'
    formula = f'group({window}).toTable("stats").addStatColumn("series", $series, count())'
    answer = sdk.FormulasApi(session.client).run_formula(formula=formula, parameters=[f"series={item_id(STEP)}"])
    assert [row[-1] for row in answer.table.data] == [120]


def test_one_calculation_for_many_assets(search, pull, raw):
    """The client finds the asset that a calculation depends on and swaps it for each of the others."""
    calculation = search({"ID": item_id("Utilities >> Chiller 1 >> Temperature Hourly")}).iloc[0]
    areas = search({"Path": "Utilities", "Name": "/^Chiller/", "Type": "Asset"}, order_by=["Name"])
    frame = pull(areas, calculation=calculation, grid=None, header="Name")
    assert list(frame.columns) == ["Chiller 1", "Chiller 2"]
    for area in frame.columns:
        samples = raw(f"Utilities >> {area} >> Temperature")
        assert pairs(frame, area) == [sample for sample in samples if sample[0] % HOUR == 0]


@pytest.mark.parametrize(
    "formula, kind",
    [("$a * 2", "Signal"), ("$a > 2", "Condition"), (f"$a.average({WINDOW})", "Scalar"), ("days()", "Condition")],
)
def test_the_kind_of_a_formula(session, formula, kind):
    body = sdk.FormulaCompileInputV1(formula=formula, parameters=[f"a={item_id(STEP)}"])
    answer = sdk.FormulasApi(session.client).compile_formula_and_parameters(body=body)
    assert answer.return_type == kind
    assert not answer.errors


@pytest.mark.parametrize("formula", ["$signal.noSuchFunction()", "$signal +", "$other", "$signal.aggregate(average()"])
def test_a_wrong_formula_is_refused_with_a_reason(pull, formula):
    with pytest.raises(ApiException) as refused:
        pull(signals(STEP), grid=None, calculation=formula)
    assert refused.value.status == 400
    assert "statusMessage" in refused.value.body
