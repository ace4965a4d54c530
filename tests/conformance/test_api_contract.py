"""The API as its description says, asked by a machine that has read the description alone: what fits it and what does not, for real
records and for made-up ones, by three people and by nobody. No 500, no status and no body that the description does not name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
import schemathesis
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance
from schemathesis.transport.requests import REQUESTS_TRANSPORT

from config.api import api
from enishi.customers.models import Customer
from enishi.platform.actions.tokens import create_token
from enishi.platform.demo.access import OTHER, TEAM, Ground, plant
from enishi.platform.rights import actor_of

HERE = "http://127.0.0.1"
CASES = 10  # of each operation; everybody sends each
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
#: Who asks, by roles; nobody has no token.
PEOPLE = {"lead": ("ec_lead",), "masked": ("store_staff",), "admin": ("admin",), "nobody": ()}

DESCRIPTION = schemathesis.openapi.from_dict(json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str)))
OPERATIONS = {f"{operation.method} {operation.path}": operation for found in DESCRIPTION.get_all_operations() if (operation := found.ok())}


@pytest.fixture
def ask(organisation, make_user, yanaka, kamakura, now) -> Callable[[Case, str], None]:
    """Send a case as one of the people; what it changes is rolled back."""
    tokens = {
        name: create_token(name="x", read_only=False, actor=actor_of(make_user(name, *roles, team=yanaka)), now=now).token
        for name, roles in PEOPLE.items()
        if roles
    }
    client = Client(raise_request_exception=False)

    def send(case: Case, who: str) -> None:
        bearer = {"Authorization": f"Bearer {tokens[who]}"} if who in tokens else {}
        asked = requests.Request(**REQUESTS_TRANSPORT.serialize_case(case, base_url=HERE, headers=bearer)).prepare()
        with transaction.atomic():
            kind = asked.headers.pop("Content-Type", "")
            body = asked.body.encode() if isinstance(asked.body, str) else asked.body or b""
            answer = client.generic(asked.method, asked.path_url, body, kind, headers=dict(asked.headers))
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            transaction.set_rollback(True)
        assert who in tokens or answer.status_code in (400, 401), f"{asked.method} {asked.path_url} without a token"
        case.validate_response(_as_sent(asked, answer, content), checks=CHECKS)

    return send


def _as_sent(asked: requests.PreparedRequest, answer: Any, content: bytes) -> Response:
    headers = {name.lower(): [value] for name, value in answer.headers.items()}
    return Response(answer.status_code, headers, content, asked, elapsed=0.0, verify=False, message=answer.reason_phrase)


@pytest.fixture
def addresses(organisation, yanaka, kamakura, make_user, now) -> list[dict[str, object]]:
    """What stands in addresses of records that are there: of the people's own shop, and of another."""
    stranger = make_user("stranger", "ec_lead", team=kamakura)
    grounds = [plant(Ground(relation, team, stranger, now)) for relation, team in ((TEAM, yanaka), (OTHER, kamakura))]
    return [ground.ids | {"key": Customer.rows.get(pk=ground.ids["customer_id"]).number} for ground in grounds]


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_answers_as_described(name, ask, addresses):
    operation = OPERATIONS[name]
    wanted = {parameter.name for parameter in operation.path_parameters}
    real = [{key: there[key] for key in wanted & there.keys()} for there in addresses]

    @settings(max_examples=CASES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def hammer(data):
        mode = data.draw(st.sampled_from(list(GenerationMode)))
        there = data.draw(st.sampled_from([*real, None])) if wanted else None
        case = data.draw(operation.as_strategy(generation_mode=mode, path_parameters=there))
        for who in PEOPLE:
            ask(case, who)

    hammer()
