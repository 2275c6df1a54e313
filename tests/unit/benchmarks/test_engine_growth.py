"""The rows of what grows: each measures something, at any size."""

from __future__ import annotations

from tests.benchmarks.engine_growth import engine_growth_figures, filled_engine


def test_orders_that_fill_a_book_all_rest() -> None:
    engine = filled_engine(2_000)
    engine.check_invariants()
    assert sum(account.live_order_count for account in engine.accounts.values()) == 2_000


def test_every_row_is_measured_as_often_as_its_floor() -> None:
    figures = list(engine_growth_figures(rounds=2, is_long=True, many=2_000))
    assert [figure.unit for figure in figures] == ["µs", "µs", "B", "s", "s"]
    for figure in figures:
        assert len(figure.ours) == len(figure.floors) == (1 if figure.unit == "B" else 2), figure.name
        assert min(*figure.ours, *figure.floors) > 0, figure.name
