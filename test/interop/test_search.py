"""Searching: by name, wildcard, regular expression, path, data source, id and workbook, with all properties."""

import re

import pandas as pd
import pytest
from seeq import spy

from plain import item_id

AREAS = [("Cooling Tower 1", letter) for letter in "ABCGHIJK"] + [("Cooling Tower 2", letter) for letter in "DEF"]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
AWKWARD = [
    "A && B",
    "Quote \" and ' mark",
    "Back\\slash",
    "For/ward",
    "[Square] (round) {curly}",
    "Grüße 温度 🌡",
    "100 % of * and ?",
    "$dollar == ~= sign",
    "Fan > Speed",
    "plus + and = and # and ;",
]


def in_areas(name):
    return {item_id(f"Example >> {tower} >> Area {letter} >> {name}") for tower, letter in AREAS}


def tags(name):
    return {item_id(f"Area {letter}_{name}") for letter in LETTERS}


def names(found):
    return sorted(found["Name"]) if len(found) else []


@pytest.mark.quick
@pytest.mark.parametrize(
    "name, with_tags",
    [
        ("Compressor Power", True),
        ("pressor POW", True),
        ("*Comp*or P?wer", True),
        ("Comp*or P?wer", False),
        ("/^Compressor P.*$/", False),
        ("/Power$/", True),
    ],
)
def test_by_name(search, name, with_tags):
    found = search({"Name": name, "Type": "StoredSignal"})
    assert set(found["ID"]) == in_areas("Compressor Power") | (tags("Compressor Power") if with_tags else set())
    assert set(found["Value Unit Of Measure"]) == {"kW"}
    assert set(found["Datasource Name"]) == {"Example Data"}


def test_the_path_of_a_hit(search):
    found = search({"Name": "/^Compressor Power$/", "Type": "StoredSignal"})
    assert {(row.Path, row.Asset) for row in found.itertuples()} == {
        (f"Example >> {tower}", f"Area {letter}") for tower, letter in AREAS
    }


def test_a_regular_expression_minds_the_case(search):
    assert len(search({"Name": "/compressor power/"})) == 0


def test_by_description(search):
    assert names(search({"Description": "filling level"})) == ["Level"] * 3


@pytest.mark.parametrize("name", AWKWARD)
def test_an_awkward_name_by_itself(search, name):
    wanted = [item_id(f"Special Cases >> Names >> {name}")]
    assert list(search({"Name": f"/^{re.escape(name)}$/"})["ID"]) == wanted
    if "&&" not in name:  # The filter language has no way to write it in plain text.
        assert list(search(pd.DataFrame([{"Name": name, "Type": "StoredSignal"}]))["ID"]) == wanted


@pytest.mark.parametrize(
    "path, towers, letters",
    [
        ("Example >> Cooling Tower 1", ["Cooling Tower 1"], "ABCGHIJK"),
        ("Example >> Cooling Tower ?", ["Cooling Tower 1", "Cooling Tower 2"], "ABCDEFGHIJK"),
        ("Example >> Cooling Tower 2 >> /Area [DE]/", ["Cooling Tower 2"], "DE"),
        ("Example >> * >> Area E", ["Cooling Tower 2"], "E"),
    ],
)
def test_by_path(search, path, towers, letters):
    found = search({"Path": path, "Name": "Wet Bulb", "Type": "Signal"})
    wanted = [(tower, letter) for tower, letter in AREAS if tower in towers and letter in letters]
    assert set(found["ID"]) == {item_id(f"Example >> {tower} >> Area {letter} >> Wet Bulb") for tower, letter in wanted}


def test_by_path_that_is_not_there(search):
    assert len(search({"Path": "Example >> Cooling Tower 3", "Type": "Signal"})) == 0


def test_by_asset(search):
    found = search({"Asset": item_id("Example >> Cooling Tower 1 >> Area A"), "Type": "Signal"})
    assert len(found) == 6
    assert set(found["Asset"]) == {"Area A"}


def test_by_data_source(search):
    found = search({"Name": "Level", "Datasource Name": "Plant Historian"})
    assert names(found) == ["Level"] * 3
    assert set(found["Datasource Name"]) == {"Plant Historian"}
    again = search({"Name": "Level", "Datasource Class": "Simulated Historian", "Datasource ID": "historian-1"})
    assert set(again["ID"]) == set(found["ID"])
    assert len(search({"Name": "Level", "Datasource Name": "Example Data"})) == 0


def test_by_data_id(search):
    found = search(pd.DataFrame([{"Data ID": "R-101.LEVEL", "Datasource Class": "Simulated Historian"}]))
    assert list(found["ID"]) == [item_id("Packaging >> Line 1 >> Reactor 1 >> Level")]


@pytest.mark.parametrize("spelling", [str.upper, str.lower])
def test_by_id(search, spelling):
    wanted = [item_id(f"Special Cases >> Signals >> {name}") for name in ("Fast", "Gappy", "Step")]
    found = search([{"ID": spelling(item)} for item in wanted])
    assert list(found["ID"]) == wanted
    assert list(found["Name"]) == ["Fast", "Gappy", "Step"]
    assert set(found["Path"]) == {"Special Cases"}


def test_by_type(search, plain):
    for type_ in (
        "StoredSignal",
        "CalculatedSignal",
        "StoredCondition",
        "CalculatedCondition",
        "LiteralScalar",
        "CalculatedScalar",
        "Asset",
        "ThresholdMetric",
        "Datasource",
        "Workbook",
        "Worksheet",
    ):
        found = search({"Type": type_})
        assert set(found["ID"]) == {hit["id"] for hit in plain.hits(types=[type_])}, type_
        assert set(found["Type"]) == {type_}


def test_by_kind_of_type(search):
    assert set(search({"Type": "Signal"})["Type"]) == {"StoredSignal", "CalculatedSignal"}
    assert set(search({"Type": ["Condition", "Scalar"]})["Type"]) == {
        "StoredCondition",
        "CalculatedCondition",
        "LiteralScalar",
        "CalculatedScalar",
    }


SCOPED = item_id("Scoped Signal")
REVIEW = item_id("Energy Review", "workbook")


@pytest.mark.parametrize(
    "workbook, found",
    [
        (REVIEW, True),
        ("Energy Review", True),
        (item_id("Shift Report", "workbook"), False),
        (spy.GLOBALS_ONLY, False),
        (spy.GLOBALS_AND_ALL_WORKBOOKS, True),
        (spy.DEFAULT_WORKBOOK_PATH, False),
    ],
    ids=["id", "path", "another", "only global", "all", "the default, which is not there"],
)
def test_by_workbook(search, workbook, found):
    assert list(search({"Name": "Scoped Signal", "Type": "Signal"}, workbook=workbook)["ID"]) == [SCOPED] * found
    assert len(search({"Name": "Level", "Type": "Signal"}, workbook=workbook)) == 3


def test_by_workbook_alone(search):
    found = search({"Scoped To": REVIEW, "Type": "Signal"})
    assert names(found) == ["Power", "Power", "Scoped Signal"]


def test_a_workbook_that_is_not_there(search):
    with pytest.raises(spy.errors.SPyRuntimeError, match="not found"):
        search({"Name": "Level"}, workbook="No Such Workbook")


def test_archived_items_only_when_asked_for(search):
    query = {"Name": "Archived", "Type": "StoredSignal"}
    assert len(search(query)) == 0
    found = search(query, include_archived=True)
    assert list(found["ID"]) == [item_id("Special Cases >> Hidden >> Archived")]
    assert list(found["Archived"]) == [True]


def test_order_and_limit(search, session):
    session.options.search_page_size = 7
    found = search({"Type": "Signal", "Path": "Example"}, order_by=["Name", "ID"])
    keys = list(zip(found["Name"], found["ID"]))
    assert keys == sorted(keys) and len(keys) == 6 * len(AREAS) - 2
    assert len(search({"Type": "Signal"}, limit=5)) == 5


@pytest.mark.quick
def test_all_properties(search, plain):
    """Every property that plain HTTP shows is a column, with the same value and unit."""
    wanted = [
        item_id("Utilities >> Chiller 1"),
        item_id("Utilities >> Chiller 1 >> Temperature"),
        item_id("Utilities >> Chiller 1 >> Temperature Hourly"),
        item_id("Packaging >> Line 1 >> Reactor 1 >> Batches"),
        item_id("Special Cases >> Scalars >> Setpoint"),
    ]
    found = search([{"ID": item} for item in wanted], all_properties=True).set_index("ID")
    assert len(found) == len(wanted)
    for item in wanted:
        row = found.loc[item]
        for shown in plain.get(f"/items/{item}")["properties"]:
            value = row[shown["name"]]
            text = f"{value:g}" if isinstance(value, float) else str(value)
            assert text.lower() == (shown["value"] + shown.get("unitOfMeasure", "")).lower(), shown
    temperature = found.loc[wanted[1]]
    assert temperature["Interpolation Method"] == "Linear"
    assert temperature["Source Value Unit Of Measure"] == "deg F"
    assert temperature["Data ID"] == "CH-1.TEMP"
    assert temperature["Location"] == "Chiller 1 north"
    assert found.loc[wanted[0], "Installed"] == 1998
    assert found.loc[wanted[3], "Maximum Duration"] == "7h"


def test_chosen_properties(search):
    query = {"Name": "Temperature", "Path": "Utilities", "Type": "StoredSignal"}
    found = search(query, include_properties=["Location", "Data ID"])
    assert set(found["Location"]) == {"Chiller 1 north", "Chiller 2 north"}
    assert "Interpolation Method" not in found


def test_formula_and_parameters(search):
    path = "Utilities >> Chiller 1"
    found = search(
        {"ID": item_id(f"{path} >> Temperature Hourly")}, include_properties=["Formula", "Formula Parameters"]
    )
    assert list(found["Formula"]) == ["$t.resample(1h)"]
    assert list(found["Formula Parameters"]) == [[f"t={item_id(f'{path} >> Temperature')}"]]


def test_a_metric(search):
    found = search({"Type": "Metric"}, all_properties=True)
    assert list(found["Name"]) == ["Minutes Metric"]
    assert list(found["Process Type"]) == ["Simple"]
    assert list(found["Measured Item"]) == [item_id("In No Tree")]
