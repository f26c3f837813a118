"""Every item of the plant through the client's own models: nothing is refused, nothing is lost, nothing is unknown."""

import pytest
from seeq import sdk

from plain import item_id

#: By type of item: how the client reads one, and where plain HTTP finds the same.
READERS = {
    "StoredSignal": ("SignalsApi", "get_signal", "/signals/{id}"),
    "CalculatedSignal": ("SignalsApi", "get_signal", "/signals/{id}"),
    "StoredCondition": ("ConditionsApi", "get_condition", "/conditions/{id}"),
    "CalculatedCondition": ("ConditionsApi", "get_condition", "/conditions/{id}"),
    "LiteralScalar": ("ScalarsApi", "get_scalar", "/scalars/{id}"),
    "CalculatedScalar": ("ScalarsApi", "get_scalar", "/scalars/{id}"),
    "Asset": ("AssetsApi", "get_asset", "/assets/{id}"),
    "Datasource": ("DatasourcesApi", "get_datasource", "/datasources/{id}"),
    "Workbook": ("WorkbooksApi", "get_workbook", "/workbooks/{id}"),
    "ThresholdMetric": ("MetricsApi", "get_metric", "/metrics/{id}"),
}


def agree(model, shown, place=""):
    """A model and the JSON that it was read from say the same, in both directions."""
    if isinstance(shown, dict) and hasattr(model, "attribute_map"):
        names = {declared: name for name, declared in model.attribute_map.items()}
        assert set(shown) <= set(names), f"{place}: {set(shown) - set(names)} is not declared"
        for declared, name in names.items():
            # The client keeps a null as it is; its own defaults are for what is absent.
            agree(getattr(model, name), shown.get(declared, default_of(model, name)), f"{place}.{declared}")
    elif isinstance(shown, list):
        assert len(model) == len(shown), place
        for at, (one, other) in enumerate(zip(model, shown)):
            agree(one, other, f"{place}[{at}]")
    elif isinstance(shown, dict):
        assert set(model) == set(shown), place
        for key, other in shown.items():
            agree(model[key], other, f"{place}.{key}")
    else:
        assert model == shown, place


def default_of(model, name):
    return getattr(type(model)(), name)


def client_of(session, api):
    return getattr(sdk, api)(session.client)


def test_all_types_have_a_reader(plain):
    others = {"Worksheet", "Folder"}
    assert {hit["type"] for kind in ({}, {"types": ["Workbook"]}) for hit in plain.hits(**kind)} - others == set(
        READERS
    )


@pytest.mark.quick
@pytest.mark.parametrize("absent", ["absent", "null"])
@pytest.mark.parametrize("kind", READERS)
def test_every_item_of_a_type(session, plain, behaviour, kind, absent):
    behaviour(absent=absent)
    api, method, path = READERS[kind]
    found = plain.hits("@includeUnsearchable", types=[kind])
    assert found
    for hit in found:
        if hit["isRedacted"]:
            continue
        read = getattr(client_of(session, api), method)
        agree(read(id=hit["id"]), plain.get(path.format(id=hit["id"])), hit["name"])


def test_every_item_with_all_properties(session, plain):
    items = sdk.ItemsApi(session.client)
    found = plain.hits("@includeUnsearchable")
    assert len(found) > 200
    for hit in found:
        agree(items.get_item_and_all_properties(id=hit["id"]), plain.get(f"/items/{hit['id']}"), hit["name"])


def test_every_search_hit(session, plain):
    items = sdk.ItemsApi(session.client)
    query = {"order_by": ["ID"], "include_properties": ["@allProperties"], "limit": 1000}
    shown = {hit["id"]: hit for hit in plain.hits(includeProperties=["@allProperties"])}
    answer = items.search_items(**query)
    assert answer.total_results == len(shown) == len(answer.items)
    for hit in answer.items:
        agree(hit, shown[hit.id], hit.name)
    body = sdk.ItemSearchInputV1(order_by_fields=["ID"], include_properties=["@allProperties"], limit=1000)
    for hit in items.search_items_post(body=body).items:
        agree(hit, shown[hit.id], hit.name)


AREA = item_id("Example >> Cooling Tower 1 >> Area A")
HOURLY = item_id("Utilities >> Chiller 1 >> Temperature Hourly")
LIMIT = item_id("Utilities >> Chiller 1 >> Temperature Limit")
EXAMPLE = item_id("Example Data", "datasource")
LEVEL = item_id("Packaging >> Line 1 >> Reactor 1 >> Level")
BATCHES = item_id("Packaging >> Line 1 >> Reactor 1 >> Batches")
REVIEW = item_id("Energy Review", "workbook")
DAY = {"start": "2025-06-01T00:00:00Z", "end": "2025-06-02T00:00:00Z"}


@pytest.mark.parametrize(
    "api, method, arguments, path, query",
    [
        ("AssetsApi", "get_assets", {"limit": 5}, "/assets", {"limit": 5}),
        ("AuthApi", "get_auth_providers", {}, "/auth/providers", {}),
        ("ConditionsApi", "get_conditions", {}, "/conditions", {}),
        ("ConditionsApi", "get_capsules", {"id": BATCHES, **DAY}, f"/conditions/{BATCHES}/capsules", DAY),
        ("DatasourcesApi", "get_datasources", {}, "/datasources", {}),
        ("DatasourcesApi", "get_status", {}, "/datasources/status", {}),
        (
            "DatasourcesApi",
            "get_items_hosted_by_datasource",
            {"id": EXAMPLE, "limit": 500},
            f"/datasources/{EXAMPLE}/items",
            {"limit": 500},
        ),
        ("FoldersApi", "get_folder", {"folder_id": "mine"}, "/folders/mine", {}),
        ("FoldersApi", "get_folders", {}, "/folders", {}),
        ("FormulasApi", "get_item", {"id": HOURLY}, f"/formulas/items/{HOURLY}", {}),
        (
            "FormulasApi",
            "compile_formula",
            {"formula": "$s > 1", "parameters": [f"s={LEVEL}"]},
            "/formulas/compile",
            {"formula": "$s > 1", "parameters": f"s={LEVEL}"},
        ),
        (
            "FormulasApi",
            "run_formula",
            {"formula": "$s", "parameters": [f"s={LEVEL}"], **DAY},
            "/formulas/run",
            {"formula": "$s", "parameters": f"s={LEVEL}", **DAY},
        ),
        (
            "ItemsApi",
            "get_asset_children_by_name",
            {"asset": AREA, "types": ["Signal"]},
            "/items/asset-children-by-name",
            {"asset": AREA, "types": "Signal"},
        ),
        (
            "ItemsApi",
            "get_swap_options",
            {"id": HOURLY, "swap_out_item_ids": [AREA]},
            f"/items/{HOURLY}/swapOptions",
            {"swapOutItemIds": AREA},
        ),
        ("ItemsApi", "get_formula_dependencies", {"id": HOURLY}, f"/items/{HOURLY}/dependencies", {}),
        ("ItemsApi", "get_formula_dependents", {"id": LEVEL}, f"/items/{LEVEL}/dependents", {}),
        ("ItemsApi", "get_item_preview", {"id": LEVEL}, f"/items/{LEVEL}/preview", {}),
        ("ItemsApi", "get_item_usages", {"id": LEVEL}, f"/items/{LEVEL}/usages", {}),
        (
            "ItemsApi",
            "get_property",
            {"id": LEVEL, "property_name": "Data ID"},
            f"/items/{LEVEL}/properties/Data%20ID",
            {},
        ),
        ("MetricsApi", "get_metrics", {}, "/metrics", {}),
        ("ScalarsApi", "get_scalars", {}, "/scalars", {}),
        ("SignalsApi", "get_signals", {"limit": 1000}, "/signals", {"limit": 1000}),
        ("SignalsApi", "get_sample", {"id": LEVEL, "key": DAY["start"]}, f"/signals/{LEVEL}/sample/{DAY['start']}", {}),
        (
            "SignalsApi",
            "get_samples",
            {"id": LEVEL, "limit": 100, **DAY},
            f"/signals/{LEVEL}/samples",
            {"limit": 100, **DAY},
        ),
        ("ScalarsApi", "get_scalar_value", {"id": LIMIT}, f"/scalars/{LIMIT}/getValue", {}),
        ("SystemApi", "get_build_info", {}, "/system/build-info", {}),
        ("SystemApi", "get_ping", {}, "/system/ping", {}),
        ("SystemApi", "get_server_status", {}, "/system/server-status", {}),
        ("SystemApi", "get_supported_units", {}, "/system/supportedUnits", {}),
        ("TreesApi", "get_tree_root_nodes", {}, "/trees/assets", {}),
        ("TreesApi", "get_tree", {"id": AREA}, f"/trees/assets/{AREA}", {}),
        ("UsersApi", "autocomplete_users_and_groups", {"query": "read"}, "/users/autocomplete/read", {}),
        ("UsersApi", "get_users", {}, "/users", {}),
        ("UsersApi", "get_me", {}, "/users/me", {}),
        ("WorkbooksApi", "get_workbooks", {}, "/workbooks", {}),
        ("WorkbooksApi", "get_worksheets", {"workbook_id": REVIEW}, f"/workbooks/{REVIEW}/worksheets", {}),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("get_") else "",
)
@pytest.mark.parametrize("absent", ["absent", "null"])
def test_an_answer(session, plain, behaviour, absent, api, method, arguments, path, query):
    behaviour(absent=absent)
    agree(getattr(client_of(session, api), method)(**arguments), plain.get(path, **query), method)


def test_a_redacted_item(session):
    """Its existence may be known, its values not."""
    hidden = item_id("Special Cases >> Hidden >> Redacted")
    assert sdk.ItemsApi(session.client).get_item_preview(id=hidden).is_redacted
    with pytest.raises(sdk.rest.ApiException) as refused:
        sdk.SignalsApi(session.client).get_signal(id=hidden)
    assert refused.value.status == 403


def test_running_requests(session):
    """A request that lists the requests finds itself."""
    running = sdk.RequestsApi(session.client).get_requests().requests
    assert [(request.request_method, request.request_path[-9:]) for request in running] == [("GET", "/requests")]
    assert running[0].username == session.user.username
