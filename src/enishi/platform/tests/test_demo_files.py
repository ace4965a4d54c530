"""The two files of the demo: readable by the import, and wrong in the ways that it must handle."""

from __future__ import annotations

import csv
from datetime import date

import pytest
from django.test import Client

from enishi.platform.demo.files import customers_csv, orders_csv

TODAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def people():
    return list(csv.reader(customers_csv(TODAY).decode("cp932").splitlines()))


def test_the_customer_file_has_a_title_headings_people_and_a_sum(people):
    assert people[0][0] == "顧客一覧（2026年11月25日現在）"
    assert people[1][:3] == ["会員No", "お名前", "フリガナ"]
    assert people[-1][:2] == ["合計", f"{len(people) - 3}名"]


def test_numbers_lost_their_zeros_and_names_their_standard_form(people):
    written = [dict(zip(people[1], row, strict=True)) for row in people[2:-1]]
    assert any(row["電話番号"].startswith("20") for row in written)
    assert any(row["電話番号"].startswith("０２０") for row in written)
    assert any(row["電話番号"].startswith("+81 ") for row in written)
    assert any("㈱" in row["お名前"] for row in written)
    assert any(row["生年月日"].startswith("S") for row in written)
    assert {"ｶ", "ﾀ"} & set("".join(row["フリガナ"] for row in written))


def test_orders_name_people_of_the_customer_file_and_take_goods_back(people):
    members = {row[0] for row in people[2:-1]}
    orders = list(csv.DictReader(orders_csv(TODAY).decode("cp932").splitlines()))
    assert len(orders) > 500
    assert {row["会員No"] for row in orders} - {""} <= members
    assert any(not row["会員No"] for row in orders)
    assert any(row["数量"].startswith("-") and row["金額（税込）"].startswith("-") for row in orders)


def test_the_files_are_given_to_staff_of_the_demo(misaki_client):
    answer = misaki_client.get("/demo/files/customers/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=Shift_JIS")
    assert "filename*=utf-8''%E9%A1%A7%E5%AE%A2.csv" in answer["Content-Disposition"]
    assert misaki_client.get("/demo/files/staff/").status_code == 404
    assert Client().get("/demo/files/customers/").status_code == 302
