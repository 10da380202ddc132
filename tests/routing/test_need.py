"""Needs become tiers: who may serve, in order of preference, and from when on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.routing.agent import AgentProfile
from switch.routing.need import Need, Relaxation, SiteGroup
from switch.routing.skill import requirement


def told(need: Need) -> list[str]:
    return [f"{tier.after_seconds:g}: {tier}" for tier in need.tiers()]


def test_a_plain_need_is_one_tier() -> None:
    assert told(Need.of({"orders": 5})) == ["0: orders>=5"]
    assert told(Need.of()) == ["0: any skills"]


def test_each_relaxation_is_a_further_tier() -> None:
    need = Need.of(
        {"orders": 5, "english": 7},
        relax=[
            Relaxation(60, drop=frozenset({"english"})),
            Relaxation(30, lower=(("orders", 2),)),
            Relaxation(90, add_priority=2),
        ],
    )
    assert told(need) == [
        "0: english>=7, orders>=5",
        "30: english>=7, orders>=2",
        "60: orders>=2",
    ]
    assert need.added_priorities() == ((90, 2),)


def test_sites_are_taken_in_order_and_widened_over_time() -> None:
    need = Need.of(
        {"orders": 1},
        sites=[
            SiteGroup(frozenset({"mumbai"})),
            SiteGroup(frozenset({"pune", "nagpur"})),
            SiteGroup(frozenset({"manila"}), 45),
        ],
        relax=[Relaxation(60, any_site=True)],
    )
    assert told(need) == [
        "0: orders>=1 at mumbai",
        "0: orders>=1 at nagpur or pune",
        "45: orders>=1 at manila",
        "60: orders>=1",
    ]


def test_a_lower_level_is_enough_at_every_site_that_is_open() -> None:
    need = Need.of(
        {"orders": 5},
        sites=[SiteGroup(frozenset({"here"})), SiteGroup(frozenset({"there"}), 10)],
        relax=[Relaxation(20, lower=(("orders", 3),))],
    )
    assert told(need) == [
        "0: orders>=5 at here",
        "10: orders>=5 at there",
        "20: orders>=3 at here",
        "20: orders>=3 at there",
    ]


def test_what_a_caller_brings_comes_on_top_of_the_queues_need() -> None:
    queue = Need.of({"orders": 3}, preferred={"polite": 5}, relax=[Relaxation(10, add_priority=1)])
    caller = Need.of({"orders": 5}, language="es", language_level=6, preferred={"vip": 1})
    both = queue.with_extra(caller)
    assert told(both) == ["0: language:es>=6, orders>=5"]
    assert both.preferred == (("polite", 5), ("vip", 1))
    assert both.relaxations == queue.relaxations


def test_agents_have_languages_and_a_site() -> None:
    agent = AgentProfile("a", "A", {"orders": 4}, languages={"es": 7}, site="pune").traits()
    wanted = Need.of({"orders": 4}, language="es", sites=[SiteGroup(frozenset({"pune"}))])
    assert agent.fits(wanted.tiers()[0])
    elsewhere = Need.of({"orders": 4}, sites=[SiteGroup(frozenset({"goa"}))])
    assert not agent.fits(elsewhere.tiers()[0])


steps = st.lists(
    st.builds(
        Relaxation,
        st.integers(0, 100).map(float),
        st.dictionaries(st.sampled_from("ab"), st.integers(1, 10)).map(
            lambda levels: tuple(sorted(levels.items()))
        ),
        st.frozensets(st.sampled_from("ab")),
        st.booleans(),
        st.frozensets(st.sampled_from(["x", "y"])),
        st.integers(0, 3),
    ),
    max_size=4,
)


@given(
    st.dictionaries(st.sampled_from("ab"), st.integers(1, 10)),
    st.lists(st.builds(SiteGroup, st.frozensets(st.sampled_from(["x", "y"]))), max_size=2),
    steps,
    st.dictionaries(st.sampled_from("ab"), st.integers(1, 10)),
    st.sampled_from(["x", "y", ""]),
)
def test_the_last_tier_requires_no_more_than_any_before(
    skills: dict[str, int],
    sites: list[SiteGroup],
    relax: list[Relaxation],
    has: dict[str, int],
    site: str,
) -> None:
    tiers = Need.of(skills, sites=sites, relax=relax).tiers()
    traits = AgentProfile("a", "A", has, site=site).traits()
    times = [tier.after_seconds for tier in tiers]
    assert times == sorted(times)
    if any(traits.fits(tier) for tier in tiers):
        assert tiers[-1].requirement.is_met_by(has)


def test_a_step_may_require_something_else_instead() -> None:
    need = Need.of(
        {"orders": 5},
        relax=[
            Relaxation(30, instead=requirement({"any": [{"returns": 2}, {"orders": 1}]})),
            Relaxation(60, drop=frozenset({"orders"})),
        ],
    )
    assert told(need) == [
        "0: orders>=5",
        "30: orders>=1 or returns>=2",
        "60: any skills",
    ]


def test_what_is_required_instead_leaves_the_queues_own_need_alone() -> None:
    queue = Need.of({"english": 3})
    caller = Need.of({"orders": 5}, relax=[Relaxation(30, instead=requirement({"returns": 2}))])
    assert told(queue.with_extra(caller)) == [
        "0: english>=3, orders>=5",
        "30: english>=3, returns>=2",
    ]
