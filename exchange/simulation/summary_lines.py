"""How counts are told to people: lines of a summary, rates, waiting times.  Knows no run and counts nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Optional

from exchange.simulation.counts import RequestKind, Tally
from exchange.utils.helpers import NS_PER_S
from exchange.utils.visible_text import visible_text

NS_PER_MS = 1_000_000


def counts_text(counts: Counter[str]) -> str:
    """`3,000 UNKNOWN_ORDER, 12 TOO_LATE`, most first, or `none`."""
    return ", ".join(f"{count:,} {name}" for name, count in counts.most_common()) or "none"


def ms_text(latency_ns: Optional[int]) -> str:
    """A waiting time in ms, or a dash."""
    return "-" if latency_ns is None else f"{latency_ns / NS_PER_MS:.2f}"


def per_second(count: int, elapsed_ns: int) -> int:
    """`count` things per second."""
    return round(count * NS_PER_S / max(1, elapsed_ns))


def aligned(lines: Sequence[tuple[str, str]]) -> str:
    """Names and texts in two columns, one line each, whatever an engine put into the texts."""
    width = max(len(name) for name, _ in lines)
    return "".join(f"{name:<{width}}  {visible_text(text)}\n" for name, text in lines)


def progress_text(tallies: Sequence[Tally], elapsed_ns: int, order_count: Optional[int]) -> str:
    """One line on how far a simulation is, of traders who are still counting."""
    sent_count = sum(tally.sent_count for tally in tallies)
    target = "" if order_count is None else f" of {order_count:,}"
    return (
        f"{elapsed_ns // NS_PER_S} s: sent {sent_count:,}{target} ({per_second(sent_count, elapsed_ns):,}/s), "
        f"accepted {sum(tally.accepted_count for tally in tallies):,}, "
        f"trades {sum(tally.trade_count for tally in tallies):,}"
    )


def tally_lines(tally: Tally, elapsed_ns: int) -> list[tuple[str, str]]:
    """The lines of a summary that a simulation and a replay share."""
    kinds = ", ".join(f"{tally.sent[kind]:,} {kind.value}" for kind in RequestKind)
    lines = [
        ("sent", f"{tally.sent_count:,} ({kinds})"),
        ("accepted", f"{tally.accepted_count:,}"),
        ("rejected", f"{tally.rejected_count:,}"),
        ("rejected by code", counts_text(tally.rejected)),
    ]
    if tally.unanswered_count:
        lines.append(("unanswered", f"{tally.unanswered_count:,}"))
    median_ns, tail_ns = tally.latencies.quantile_ns(0.5), tally.latencies.quantile_ns(0.99)
    return [
        *lines,
        ("fills", f"{tally.fill_count:,}"),
        ("trades", f"{tally.trade_count:,}"),
        ("acknowledged in", f"{ms_text(median_ns)} ms p50, {ms_text(tail_ns)} ms p99"),
        ("elapsed", f"{elapsed_ns / NS_PER_S:.1f} s"),
        ("speed", f"{per_second(tally.sent_count, elapsed_ns):,} requests/s"),
    ]
