"""The arithmetic of the cost table."""

from __future__ import annotations

import pytest

from manualchat.aws.cost import HOURS, Load, Part, estimate, price, price_list, totals
from manualchat_infra.config import DeploymentConfig, load_config


def part(config: DeploymentConfig, name: str, load: Load | None = None) -> Part:
    (found,) = [p for p in estimate(config, load) if p.name[1].startswith(name)]
    return found


def test_every_price_has_a_unit_a_source_and_the_file_a_date() -> None:
    assert price_list()["as_of"].startswith("20")
    for key, entry in price_list()["prices"].items():
        assert entry["usd"] > 0, key
        assert entry["source"].startswith("https://aws.amazon.com/"), key
        assert entry["unit"] and entry["seen"], key


def test_the_next_generation_costs_storage_alone_when_idle() -> None:
    search = part(load_config("dev"), "OpenSearch")
    assert search.idle < 0.05
    ten_hours = 2 * (10 + 1 / 6) * HOURS / 24 * price("aoss_ocu_hour")
    assert search.used == pytest.approx(ten_hours + search.idle)


def test_classic_costs_its_floor_always_and_half_of_it_without_redundancy() -> None:
    config = load_config("prod", None, {"generation": "classic"})
    single = load_config("prod", None, {"generation": "classic", "standby_replicas": False})
    redundant, alone = part(config, "OpenSearch").idle, part(single, "OpenSearch").idle
    assert redundant == pytest.approx(2 * HOURS * 0.24, abs=0.1)
    assert alone == pytest.approx(redundant / 2, abs=0.1)


def test_answers_cost_their_tokens() -> None:
    load = Load(questions_per_day=100, input_tokens=1_000_000, output_tokens=0)
    answers = part(load_config("dev"), "Bedrock answers", load)
    assert answers.used == pytest.approx(100 * HOURS / 24 * 3.0)
    assert answers.idle == 0


def test_a_model_without_a_known_price_is_said_to_be() -> None:
    config = load_config("dev", None, {"answer_model_id": "someone.unknown"})
    answers = part(config, "Bedrock answers")
    assert answers.used == 0
    assert "not known" in answers.why[1] and "모릅니다" in answers.why[0]


def test_bringing_the_pages_in_is_paid_once() -> None:
    few, many = Load(pages=1_000), Load(pages=10_000)
    config = load_config("dev")
    once = [part(config, "Bedrock embeddings", load).once for load in (few, many)]
    assert once[1] == pytest.approx(10 * once[0])
    assert once[1] == pytest.approx(10_000 * 1_200 / 1e6 * price("titan_v1_million_tokens"))


def test_no_questions_cost_what_idling_costs() -> None:
    for scenario in ("dev", "prod"):
        idle, used, _ = totals(estimate(load_config(scenario), Load(questions_per_day=0)))  # type: ignore[arg-type]
        assert used == pytest.approx(idle, rel=0.06)  # but for the balancer's smallest unit


def test_prod_pays_for_its_network_and_dev_does_not() -> None:
    names = {p.name[1] for p in estimate(load_config("dev"))}
    assert "NAT gateway" not in names and "VPC endpoints" not in names
    prod = load_config("prod")
    two = load_config("prod", None, {"nat_gateways": 2})
    assert part(two, "NAT").idle == pytest.approx(2 * part(prod, "NAT").idle)


def test_every_part_says_how_in_both_languages() -> None:
    for each in estimate(load_config("prod", None, {"waf": True})):
        assert all(each.name) and all(each.why)
        assert each.used >= each.idle >= 0 and each.once >= 0
