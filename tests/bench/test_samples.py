"""What `soak` makes of its samples."""

from __future__ import annotations

from figures import Value
from samples import memory_mib, quarters_mib
from soak import summarised


def row(at: float, core: float | None, media: float | None = None) -> dict[str, Value]:
    return {"at": at, "rss_core_mib": core, "rss_media_mib": media}


class TestMemory:
    def test_is_that_of_core_and_workers(self) -> None:
        assert memory_mib(row(0, 90, 40)) == 130
        assert memory_mib(row(0, 90)) == 90
        assert memory_mib(row(0, None)) is None

    def test_by_quarter(self) -> None:
        series = [row(at, 100 + at, 10) for at in (5, 10, 30, 40, 60, 80, 100)]
        assert quarters_mib(series, 100) == (117.5, 145, 170, 200)

    def test_of_a_quarter_without_samples_is_not_known(self) -> None:
        assert quarters_mib([row(10, 100)], 100) == (100, None, None, None)


def test_a_series_comes_to_a_few_figures() -> None:
    series: list[dict[str, Value]] = [
        {
            "sent": 100,
            "lost": 0,
            "gaps": 0,
            "delay_p99_ms": 1.0,
            "lag_p99_ms": 2.5,
            "open_files": 9,
        },
        {"sent": 100, "lost": 2, "gaps": 1, "delay_p99_ms": 3.0, "lag_p99_ms": None},
    ]
    made = summarised(series)
    assert (made["rtp_sent"], made["rtp_lost"], made["prompt_gaps"]) == (200, 2, 1)
    assert (made["delay_p99_ms"], made["lag_p99_most_ms"]) == (3.0, 2.5)
    assert (made["open_files_first"], made["open_files_last"]) == (9, 9)


def test_nothing_is_known_of_no_samples() -> None:
    made = summarised([])
    assert made["delay_p99_ms"] is None
    assert made["open_files_last"] is None
