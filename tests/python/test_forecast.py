"""Forecasts against random CRMs whose probabilities are known, and against their own past."""

from datetime import datetime

import pytest
from conftest import Warehouse
from deal_worlds import World

START = datetime(2024, 1, 1)
AS_OF = datetime(2025, 11, 20)
MARTS = ["forecast_deals", "forecast_periods", "forecast_backtest", "forecast_calibration"]


def variables(folder) -> dict:
    return {"crm_sources": ["open"], "open_files": str(folder), "as_of": str(AS_OF)}


def built(warehouse: Warehouse, folder, *kinds: str) -> Warehouse:
    """Make the marts of forecasts, and what they read, of a landing."""
    chosen = [option for kind in kinds for option in ("--resource-type", kind)]
    selected = [f"+{mart}" for mart in MARTS]
    warehouse.build(*chosen, "--select", *selected, variables=variables(folder))
    return warehouse


# --- Known probabilities ---


@pytest.fixture(scope="module")
def world():
    return World(seed=16, n_deals=20_000, start=START, n_days=720, n_teams=10)


@pytest.fixture(scope="module")
def forecast(world, tmp_path_factory):
    """The forecasts of a CRM, and the probabilities that its deals had."""
    folder = tmp_path_factory.mktemp("known")
    world.land(folder / "landing")
    return built(Warehouse(folder / "crm.duckdb"), folder / "landing", "seed", "model")


def told(forecast: Warehouse, world: World, target: str) -> list[tuple[float, float]]:
    """Return what was said of each deal, and what holds."""
    rows = forecast.sql(f"""
        select record_id, probability, date_diff('day', as_of, target_ends_at)
        from marts.forecast_deals where target = '{target}'
    """)
    truth = world.truth(AS_OF, rows[0][2])
    assert {row[0] for row in rows} == set(truth)
    return [(probability, truth[deal]) for deal, probability, _ in rows]


@pytest.mark.parametrize("target", ["30d", "60d", "90d", "period", "next_period"])
def test_probabilities_are_those_that_the_deals_have(forecast, world, target):
    pairs = told(forecast, world, target)
    assert len(pairs) > 1000
    error = sum(abs(said - true) for said, true in pairs) / len(pairs)
    assert error < 0.03
    mean_said = sum(said for said, _ in pairs) / len(pairs)
    mean_true = sum(true for _, true in pairs) / len(pairs)
    slope = sum((said - mean_said) * (true - mean_true) for said, true in pairs) / sum(
        (said - mean_said) ** 2 for said, _ in pairs
    )
    assert 0.9 <= slope <= 1.1


def test_bands_hold_as_often_as_they_say(forecast):
    [(n_periods, held)] = forecast.sql("""
        select count(*), avg(cast(abs(actual_amount - total_expected) <= width_80 as integer))
        from intermediate.int_pipeline__bands
        where actual_amount is not null and level = 'detail' and target in ('30d', 'period')
    """)
    assert n_periods > 300
    assert 0.75 <= held <= 0.85


def test_the_forecast_is_better_than_the_rate_of_the_stage(forecast):
    briers = dict(
        forecast.sql("""
            select method, avg(brier) from marts.forecast_backtest
            where target = '30d' and method in ('model', 'stage_rate') group by method
        """)
    )
    assert briers["model"] < briers["stage_rate"]


def test_parts_add_up_to_the_cent(forecast):
    deals = {
        (target, currency): expected
        for target, currency, expected in forecast.sql("""
            select target, currency, sum(expected_amount) from marts.forecast_deals group by all
        """)
    }
    assert {currency for _, currency in deals} == {"EUR", "USD"}
    for level in ("detail", "pipeline", "segment", "team", "all"):
        totals = {
            (target, currency): expected
            for target, currency, expected in forecast.sql(f"""
                select target, currency, sum(open_expected) from marts.forecast_periods
                where level = '{level}' group by all
            """)
        }
        assert totals == deals
    for column in ("booked_amount", "n_booked", "n_open", "open_amount"):
        sums = {
            tuple(row)
            for row in forecast.sql(f"""
                select target, currency, sum({column}) from marts.forecast_periods
                group by level, target, currency
            """)
        }
        assert len(sums) == len(deals), column
    assert not forecast.sql("""
        select * from marts.forecast_deals
        where abs(
            100 * (probability - base_probability) - amount_points - close_date_points
            - pushes_points - two_way_points - contacts_points - category_points
            - meeting_points - touches_points - age_points - calibration_points
        ) > 0.000001
    """)


# --- No future ---


def test_what_comes_later_moves_no_figure(tmp_path):
    world = World(seed=5, n_deals=3000, start=START, n_days=780)
    world.land(tmp_path / "whole")
    world.land(tmp_path / "then", until=AS_OF)
    world.land(tmp_path / "otherwise", until=AS_OF, stranger=7)
    warehouse = Warehouse(tmp_path / "crm.duckdb")
    found = {}
    for life in ("whole", "then", "otherwise"):
        kinds = ("model",) if found else ("seed", "model")
        built(warehouse, tmp_path / life, *kinds)
        found[life] = {mart: warehouse.sql(f"from marts.{mart} order by all") for mart in MARTS}
    assert all(len(rows) > 10 for rows in found["whole"].values())
    assert {row[11] for row in warehouse.sql("from marts.forecast_deals")}
    for mart in MARTS:
        assert found["then"][mart] == found["whole"][mart], mart
        assert found["otherwise"][mart] == found["whole"][mart], mart
