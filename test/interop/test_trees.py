"""Asset trees: by search level by level, and through the client's own API classes."""

import pytest
from seeq import sdk, spy

from plain import item_id

ROOTS = ["Example", "Maintenance", "Packaging", "Special Cases", "Utilities"]
AREA = "Example >> Cooling Tower 1 >> Area A"


def level(search, path, **options):
    found = search({"Path": path}, recursive=False, old_asset_format=False, **options)
    return sorted(zip(found["Name"], found["Type"]))


def test_the_roots(search):
    assert [name for name, _ in level(search, "", workbook=spy.GLOBALS_ONLY)] == ROOTS
    assert [name for name, _ in level(search, "")] == ["Critical Compressors", *ROOTS]


@pytest.mark.quick
def test_level_by_level(search, session):
    session.options.search_page_size = 4
    areas = level(search, "Example >> Cooling Tower 1")
    assert areas == [(f"Area {letter}", "Asset") for letter in "ABCGHIJK"]
    assert level(search, AREA) == [
        ("Compressor Power", "StoredSignal"),
        ("Compressor Stage", "StoredSignal"),
        ("Optimizer", "StoredSignal"),
        ("Relative Humidity", "StoredSignal"),
        ("Temperature", "StoredSignal"),
        ("Wet Bulb", "StoredSignal"),
    ]


def test_paths_on_every_level(search):
    found = search({"Path": "Packaging"}, old_asset_format=False)
    for row in found.itertuples():
        path = " >> ".join(str(part) for part in (row.Path, row.Asset) if isinstance(part, str) and part)
        full = path if row.Type == "Asset" else f"{path} >> {row.Name}"
        assert item_id(full) == row.ID, full


def test_an_asset_in_two_trees(search):
    for path in ("Packaging >> Line 1 >> Reactor 1", "Maintenance >> Critical Equipment >> Reactor 1"):
        found = search({"Path": path, "Type": "StoredSignal"})
        assert set(found["ID"]) == {
            item_id("Packaging >> Line 1 >> Reactor 1 >> Level"),
            item_id("Packaging >> Line 1 >> Reactor 1 >> Agitator"),
        }


def test_an_asset_group(search):
    review = item_id("Energy Review", "workbook")
    found = search({"Path": "Critical Compressors", "Type": "Signal"}, workbook=review)
    assert sorted(zip(found["Asset"], found["Name"])) == [("Compressor A", "Power"), ("Compressor B", "Power")]


def test_a_tree_through_the_api(session, plain):
    trees = sdk.TreesApi(session.client)

    def walk(node):
        found = []
        offset = 0
        while True:
            page = trees.get_tree(id=node, offset=offset, limit=5)
            for child in page.children:
                found.append((node, child.id, child.name, child.type, child.has_children))
                if child.has_children:
                    found += walk(child.id)
            if len(page.children) < page.limit:
                return found
            offset += page.limit

    def expected(node):
        found = []
        children = plain.get(f"/trees/assets/{node}", limit=1000)["children"]
        for child in children:
            found.append((node, child["id"], child["name"], child["type"], child["hasChildren"]))
            if child["hasChildren"]:
                found += expected(child["id"])
        return found

    tree = walk(item_id("Example"))
    assert tree == expected(item_id("Example"))
    assert len(tree) == 2 + 11 + 11 * 6 - 2


def test_descendants_at_once(session):
    trees = sdk.TreesApi(session.client)
    whole = trees.get_tree(id=item_id("Packaging"), include_descendants=True, limit=100)
    names = {child.name: [below.name for below in child.children or []] for child in whole.children}
    assert names == {
        "Line 1": ["Campaigns", "Reactor 1", "Reactor 2"],
        "Line 2": ["Campaigns", "Reactor 3"],
        "Shifts": [],
    }
    with pytest.raises(sdk.rest.ApiException) as refused:
        trees.get_tree(id=item_id("Packaging"), include_descendants=True, limit=5)
    assert refused.value.status == 400
