"""Pages: the client's own page size of 1,000,000 and one of 100 give the same, sample by sample."""

import pandas as pd
import pytest

from plain import item_id
from test_pull_conditions import conditions
from test_pull_signals import signals

SPECIAL = "Special Cases >> Signals"
WHOLE, SMALL = 1_000_000, 100


def both(pull, session, items, **options):
    frames = []
    for size in (WHOLE, SMALL):
        session.options.pull_page_size = size
        frames.append(pull(items, **options))
    return frames


@pytest.mark.quick
@pytest.mark.parametrize("name, count", [("Fast", 7201), ("Bad and Uncertain", 121), ("Bad Text", 121), ("Step", 121)])
def test_signals(pull, session, name, count):
    whole, small = both(pull, session, signals(f"{SPECIAL} >> {name}"), grid=None)
    assert len(whole) == count
    pd.testing.assert_frame_equal(whole, small)
    assert small.spy.status.df["Pages"].tolist() == [-(-(count + 2) // SMALL)]


def test_a_signal_with_gaps(pull, session):
    whole, small = both(pull, session, signals(f"{SPECIAL} >> Gappy"), grid=None, hours=24)
    pd.testing.assert_frame_equal(whole, small)
    assert len(whole) % 60 in (0, 1) and len(whole) > 600


def test_a_grid(pull, session):
    whole, small = both(pull, session, signals(f"{SPECIAL} >> Fast"), grid="10s")
    assert len(whole) == 721
    pd.testing.assert_frame_equal(whole, small)


@pytest.mark.quick
def test_conditions(pull, session):
    window = {"start": "2020-01-01T00:00:00Z", "end": "2020-02-01T00:00:00Z"}
    whole, small = both(pull, session, conditions("Special Cases >> Conditions >> 215 Capsules"), **window)
    assert len(whole) == 215
    pd.testing.assert_frame_equal(whole, small)
    assert small.spy.status.df["Pages"].tolist() == [3]


def test_overlapping_capsules(pull, session):
    whole, small = both(pull, session, conditions("Special Cases >> Conditions >> Alarms"), hours=72)
    order = lambda frame: frame.sort_values("Capsule ID", ignore_index=True)
    pd.testing.assert_frame_equal(order(whole), order(small))
    assert len(whole) > 432


def test_capsules_that_no_page_can_part(pull, session):
    session.options.pull_page_size = 2
    with pytest.raises(Exception, match="Cannot paginate this window. Submit larger limit"):
        pull(conditions("Special Cases >> Conditions >> Equal Starts"), hours=24)


def test_a_table_with_statistics(pull, plain):
    """One page: the client sorts tables by capsule id but fetches further pages by time, so it needs a whole one."""
    path = "Special Cases >> Conditions >> 215 Capsules"
    items = pd.concat([conditions(path), signals(f"{SPECIAL} >> Step")], ignore_index=True)
    window = {"start": "2020-01-01T00:00:00Z", "end": "2020-02-01T00:00:00Z"}
    frame = pull(items, shape="capsules", capsule_properties=["Number"], **window)
    shown = plain.capsules(item_id(path), *window.values())
    assert list(frame["Capsule ID"]) == [capsule["id"] for capsule in shown]
    assert list(frame["Number"]) == list(range(215))
    assert frame["Step (average)"].between(0, 9).all()


@pytest.mark.quick
def test_searches(search, session):
    found = []
    for size in (1000, 7):
        session.options.search_page_size = size
        found.append(search({"Type": "Signal"}, order_by=["ID"]))
    pd.testing.assert_frame_equal(*found)
    assert len(found[0]) > 150
