"""The description and the server say the same: every row is in it, and no schema is broken.

That real answers conform is checked with every request of the HTTP tests (`tests/fakes/described.py`).
"""

from collections.abc import AsyncIterator
from pathlib import Path

import jsonschema
import pytest

from base.routes import Rule
from server.app import ROUTES
from server.http.openapi import codes
from tests.fakes.described import DESCRIBED, STATUSES
from tests.fakes.http_server import Http, http_server


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Http]:
    async with http_server(tmp_path) as http:
        yield http


async def test_the_description_is_there_for_anybody_and_valid(http: Http) -> None:
    described = await (await http.call("GET", "/api/openapi.json")).json()
    assert described["openapi"] == "3.1.0"
    for schema in described["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_rows_and_operations_are_the_same() -> None:
    described = DESCRIBED
    operations = {
        (method.upper(), path): operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }
    listed = {(route.method, route.path): route for route in ROUTES if route.listed}
    assert set(operations) == set(listed)
    assert len({one["operationId"] for one in operations.values()}) == len(operations)
    for key, route in listed.items():
        operation = operations[key]
        guarded = operation["security"] == [{"access_token": []}]
        assert guarded is isinstance(route.may, Rule), key
        names = [one["name"] for one in operation["parameters"]]
        assert names == [*route.parameters, *(query.name for query in route.query)]
        statuses = {route.status, *(answer.status for answer in route.also)}
        statuses |= {STATUSES[code] for code in codes(route)}
        assert {int(status) for status in operation["responses"]} == statuses, key
        required = operation.get("requestBody", {}).get("required", False)
        assert required is (route.body is not None), key


def test_a_query_is_described_with_its_rows_bounds() -> None:
    for route in (route for route in ROUTES if route.listed):
        described = DESCRIBED["paths"][route.path][route.method.lower()]["parameters"]
        for query, one in zip(route.query, described[len(route.parameters) :], strict=True):
            longest = query.most if query.kind == "text" and query.most else None
            assert one["schema"].get("maxLength") == longest, query.name
            default = query.default if query.kind == "number" else None
            assert one["schema"].get("default") == default, query.name


def test_no_pattern_is_pythons_own() -> None:
    assert "\\Z" not in str(DESCRIBED)
