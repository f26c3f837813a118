"""What all tests share: where the server is, a session of Seeq's client, and the same server by plain HTTP."""

import os

import pandas as pd
import pytest
import requests
from seeq import spy

from plain import USER, Plain


@pytest.fixture(scope="session")
def url():
    return os.environ["SEEQ_URL"]


@pytest.fixture(scope="session")
def plain(url):
    return Plain(url)


@pytest.fixture
def session(url):
    """A session of the client, logged in as the ordinary user, with the client's own defaults."""
    session = spy.Session()
    name, password = USER
    spy.login(url=url, username=name, password=password, quiet=True, session=session)
    return session


@pytest.fixture
def search(session):
    """Searches in all workbooks, and gives all that is found, unless told otherwise."""

    def run(query, **options):
        options = {"workbook": spy.GLOBALS_AND_ALL_WORKBOOKS, "limit": None, **options}
        return spy.search(query, quiet=True, session=session, **options)

    return run


@pytest.fixture
def pull(session):
    """Pulls from 2025-06-01T00:00:00Z to the given hour of that day, or from `start` to `end`."""

    def run(items, hours=2, **options):
        start = pd.Timestamp(START)
        options = {"start": start, "end": start + pd.Timedelta(hours=hours), **options}
        return spy.pull(items, quiet=True, session=session, **options)

    return run


@pytest.fixture
def behaviour():
    """Turns behaviour of the simulator for one test, by its control address."""
    address = f"{os.environ['SEEQ_CONTROL']}/behaviour"
    before = requests.get(address).json()
    yield lambda **wanted: requests.patch(address, json=wanted).raise_for_status()
    requests.patch(address, json=before).raise_for_status()


START = "2025-06-01T00:00:00Z"


def pytest_unconfigure(config):
    """The last line: how many tests passed and failed."""
    report = config.pluginmanager.get_plugin("terminalreporter")
    if report is not None and not config.option.collectonly:
        failed = len(report.stats.get("failed", [])) + len(report.stats.get("error", []))
        print(f"\n{len(report.stats.get('passed', []))} passed, {failed} failed", flush=True)
