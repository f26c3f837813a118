"""Everyday calls of the client: by the names of Seeq's documentation, the URL of a worksheet, workbooks, groups, access."""

import pytest
from seeq import sdk, spy

from plain import USER, item_id

REVIEW = item_id("Energy Review", "workbook")
OVERVIEW = item_id("Energy Review >> Overview", "worksheet")
SHOWN = [("Area A_Temperature", "StoredSignal"), ("Shifts", "StoredCondition"), ("Setpoint", "LiteralScalar")]
SIX = ["Compressor Power", "Compressor Stage", "Optimizer", "Relative Humidity", "Temperature", "Wet Bulb"]


@pytest.fixture
def worksheet(url):
    return f"{url}/workbook/{REVIEW}/worksheet/{OVERVIEW}"


def test_the_examples_of_the_documentation(search, pull):
    assert sorted(search({"Name": "Area A_*"})["Name"]) == [f"Area A_{name}" for name in SIX]
    assert len(search({"Name": "Area ?_*", "Datasource Name": "Example Data"})) == 26 * 6
    compressors = search({"Path": "Example >> Cooling Tower 1 >> Area A", "Name": "Compressor", "Type": "Signal"})
    frame = pull(compressors, start="2019-01-01", end="2019-03-07", grid="5min", header="Name", tz_convert="US/Central")
    assert len(frame) == 18721
    assert frame.index[0].tzname() == "CST"
    auto = pull(compressors, start="2019-01-01T00:00:00Z", end="2019-03-07T00:00:00Z", grid="auto", header="Name")
    assert len(auto) == 46801


def test_the_swap_of_the_documentation(search, session):
    query = {"Path": "Example >> Cooling Tower 1", "Asset": "Area A", "Name": "/(Temperature|Relative Humidity)/"}
    items = search(query, workbook=spy.GLOBALS_ONLY)
    assets = search({"Path": "Example >> Cooling Tower 2", "Type": "Asset"}, workbook=spy.GLOBALS_ONLY)
    swapped = spy.swap(items[["ID"]], assets, errors="catalog", session=session, quiet=True)
    assert swapped.spy.status.message == 'Returned 4 swapped item(s). 2 item(s) had errors, see "Result" column.'
    refused = [text for text in swapped["Result"] if text != "Success"]
    assert all("not swapped, unable to swap out Area A and swap in Area F" in text for text in refused)


def test_a_workbook_that_is_not_there(search):
    with pytest.raises(sdk.rest.ApiException):
        search({"Name": "Area A_*"}, workbook="A0B89103-E95D-4E32-A809-390C1FAE9D2F")


def test_search_by_the_url_of_a_worksheet(search, worksheet):
    found = search(worksheet, workbook=spy.GLOBALS_ONLY)
    assert list(zip(found["Name"], found["Type"])) == SHOWN


def test_pull_by_the_url_of_a_worksheet(session, worksheet):
    frame = spy.pull(worksheet, session=session, quiet=True, header="Name")
    assert {"Area A_Temperature", "Shifts", "Setpoint"} <= set(frame.columns)


def test_workbooks(session):
    found = spy.workbooks.search({"Name": "Energy Review"}, quiet=True, session=session)
    assert list(found["ID"]) == [REVIEW]
    (workbook,) = spy.workbooks.pull(found, quiet=True, session=session)
    assert [sheet.name for sheet in workbook.worksheets] == ["Overview", "Compressors"]
    assert list(workbook.worksheets[0].display_items["Name"]) == [name for name, _ in SHOWN]
    assert workbook["Access Control"][0]["Identity"]["Name"] == "Everyone"


def test_groups(session):
    groups = sdk.UserGroupsApi(session.client)
    assert [group.name for group in groups.get_user_groups().items] == ["Everyone", "Operators"]
    (everyone,) = groups.get_user_groups(name_search="every").items
    members = groups.get_user_group(user_group_id=everyone.id).members
    assert USER[0] in [member.username for member in members]


def test_access_lists(session):
    items = sdk.ItemsApi(session.client)
    (entry,) = items.get_access_control(id=item_id("Area A_Temperature")).entries
    assert (entry.identity.name, entry.identity.type) == ("Everyone", "UserGroup")
    assert (entry.permissions.read, entry.permissions.write) == (True, False)
    (hidden,) = items.get_access_control(id=item_id("Special Cases >> Hidden >> Redacted")).entries
    assert hidden.permissions.read is False


def test_what_an_answer_cost(search, pull):
    frame = pull(search({"Name": "Area A_Temperature"}), grid=None)
    assert frame.spy.status.df["Data Processed"].iloc[0].bytes_processed == 0
