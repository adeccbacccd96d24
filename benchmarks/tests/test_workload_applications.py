"""The three order books, on each server of their suites, driven by hand: they answer alike."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from workload_systems import WORKLOADS, serving, suite_of

APPLICATIONS = ["flask_orders", "django_orders", "fastapi_orders"]
SYSTEMS = [(name, system.name) for name in APPLICATIONS for system in suite_of(name).systems]
with (WORKLOADS / "users.csv").open(newline="") as file:
    PASSWORDS = {row["user"]: row["password"] for row in csv.DictReader(file)}

LogIn = Callable[[httpx.Client, str, str], httpx.Response]


@pytest.fixture(scope="module", params=SYSTEMS, ids="-".join)
def system(
    request: pytest.FixtureRequest, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """The name of an application, and its address on one of its servers."""
    name, server = request.param
    with serving(name, server, postgres_url, tmp_path_factory.mktemp(f"{name}-{server}")) as address:
        yield name, address


def test_anybody_sees_the_products(system: tuple[str, str]) -> None:
    with httpx.Client(base_url=system[1]) as client:
        product = client.get("/products/7").json()
        teas = client.get("/products", params={"category": "tea"}).json()["products"]
        everything = client.get("/products").json()["products"]

    assert product == {"id": 7, "name": "Product 7", "category": "coffee", "price_cents": 275}
    assert teas[0] == {"id": 3, "name": "Product 3", "category": "tea", "price_cents": 175}
    assert (len(teas), len(everything)) == (20, 60)


def test_what_is_not_there_has_a_page_and_status_404(system: tuple[str, str]) -> None:
    with httpx.Client(base_url=system[1], headers={"Accept": "text/html"}) as client:
        for path in ("/nowhere", "/products/61"):
            assert client.get(path).status_code == 404
        assert ("Not Found" in client.get("/nowhere").text) == (system[0] != "django_orders")  # whose own says "found"


def test_who_has_not_logged_in_sees_no_orders(system: tuple[str, str]) -> None:
    name, address = system
    with httpx.Client(base_url=address) as client:
        statuses = [client.get("/users/ada/orders").status_code, client.get("/orders/1").status_code]
        answer = log_in(name, client, "ada", "wrong")

    assert statuses == ([302, 302] if name == "django_orders" else [401, 401])
    assert answer.status_code == (200 if name == "django_orders" else 401)  # Django shows its form again


def test_users_see_their_own_orders_and_nobody_elses(system: tuple[str, str]) -> None:
    name, address = system
    for number, user in enumerate(PASSWORDS, start=1):
        with httpx.Client(base_url=address) as client:
            log_in(name, client, user, PASSWORDS[user])
            shipped = client.get(f"/users/{user}/orders", params={"state": "shipped"}).json()
            other = "alan" if user == "ada" else "ada"
            refused = client.get(f"/users/{other}/orders").status_code
            order = client.get(f"/orders/{number}").json()
            others = client.get(f"/orders/{number % len(PASSWORDS) + 1}").status_code

        assert shipped["user"] == user
        assert len(shipped["orders"]) == 15
        assert shipped["orders"][0] == seeded_order(380 + number)
        assert (refused, others) == (403, 404)
        assert order["lines"] == seeded_lines(number)


def test_an_order_is_placed_by_json_and_seen_afterwards(system: tuple[str, str]) -> None:
    name, address = system
    with httpx.Client(base_url=address) as client:
        log_in(name, client, "tim", PASSWORDS["tim"])
        placed = client.post("/orders", json={"product": 7, "quantity": 2})
        seen = client.get(placed.headers["Location"]).json()
        refused = [
            client.post("/orders", json=wrong).status_code
            for wrong in ({"product": 999, "quantity": 1}, {"product": 7, "quantity": 0}, {"product": 7})
        ]

    assert placed.status_code == 201
    assert placed.json() == {"id": seen["id"], "state": "new"}
    assert placed.headers["Location"] == f"/orders/{seen['id']}"
    assert seen["lines"] == [{"product": 7, "name": "Product 7", "quantity": 2, "price_cents": 275}]
    assert refused == [422, 422, 422]


def test_by_a_form_too(system: tuple[str, str]) -> None:
    name, address = system
    if name == "fastapi_orders":
        pytest.skip("it takes JSON only")
    with httpx.Client(base_url=address) as client:
        log_in(name, client, "tony", PASSWORDS["tony"])

        assert client.post("/orders", data={"product": "7", "quantity": "2"}).status_code == 201


def test_django_refuses_a_post_without_its_token(system: tuple[str, str]) -> None:
    name, address = system
    if name != "django_orders":
        pytest.skip("it has no CSRF middleware")
    with httpx.Client(base_url=address) as client:
        log_in(name, client, "ada", PASSWORDS["ada"])
        del client.headers["X-CSRFToken"]

        assert client.post("/orders", json={"product": 7, "quantity": 2}).status_code == 403


def test_a_token_that_was_changed_is_refused(system: tuple[str, str]) -> None:
    name, address = system
    if name == "django_orders":
        pytest.skip("its sessions are in the database")
    with httpx.Client(base_url=address) as client:
        log_in(name, client, "ada", PASSWORDS["ada"])
        if name == "fastapi_orders":
            client.headers["Authorization"] += "x"
        else:
            client.cookies.set("session", client.cookies["session"] + "x", domain="127.0.0.1")

        assert client.get("/users/ada/orders").status_code == 401


def log_in(name: str, client: httpx.Client, user: str, password: str) -> httpx.Response:
    """Log in as the application wants it, and keep what it gives for the requests that follow."""
    form = {"username": user, "password": password}
    if name == "fastapi_orders":
        answer = client.post("/token", data=form | {"grant_type": "password"})
        if answer.status_code == 200:
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return answer
    client.get("/login")
    if name == "django_orders":
        form["csrfmiddlewaretoken"] = client.cookies["csrftoken"]
    answer = client.post("/login", data=form)
    if name == "django_orders":
        client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
    return answer


def seeded_lines(number: int) -> list[dict[str, Any]]:
    """Return the lines that the order of a number is loaded with."""
    ids = [1 + (7 * number + 13 * line) % 60 for line in (1, 2)]
    return [
        {"product": id_, "name": f"Product {id_}", "quantity": 1 + number % 3, "price_cents": 100 + 25 * id_}
        for id_ in ids
    ]


def seeded_order(number: int) -> dict[str, Any]:
    """Return what the list says of an order that is loaded."""
    total = sum(line["quantity"] * line["price_cents"] for line in seeded_lines(number))
    day = 1 + number % 90
    month, day = next((month, day - past) for month, past in ((3, 59), (2, 31), (1, 0)) if day > past)
    return {"id": number, "state": "shipped", "ordered_on": f"2026-{month:02}-{day:02}", "total_cents": total}


def test_the_suites_ask_all_of_them_the_same(tmp_path: Path) -> None:
    asked = [
        [(request.name, request.weight, request.path) for request in suite_of(name).requests] for name in APPLICATIONS
    ]

    assert asked[0] == asked[1] == asked[2]
    assert len([weight for _, weight, _ in asked[0]]) >= 5
