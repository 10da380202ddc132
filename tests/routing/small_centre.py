"""A small contact centre with every feature of the router on, in three states of
configuration. Times are sums of powers of two, so that nothing is rounded."""

from __future__ import annotations

from dataclasses import replace

from switch.routing import (
    AgentProfile,
    Need,
    Overflow,
    QueueProfile,
    Relaxation,
    SiteGroup,
    TurnedAway,
    WhenNoAgents,
)

ASHA = AgentProfile("asha", "Asha", {"orders": 9, "english": 8}, site="pune")
BEN = AgentProfile("ben", "Ben", {"orders": 3}, site="mumbai", max_calls_per_hour=3)
CLEO = AgentProfile(
    "cleo", "Cleo", {"help": 5, "orders": 1}, languages={"french": 4, "spanish": 6}, site="pune"
)
DAN = AgentProfile("dan", "Dan", {"help": 9, "english": 2}, languages={"spanish": 2}, site="goa")
EVE = AgentProfile("eve", "Eve")

ORDERS = QueueProfile(
    "orders",
    Need.of(
        {"orders": 5},
        preferred={"english": 5},
        relax=[
            Relaxation(12, lower=(("orders", 2),)),
            Relaxation(16, add_priority=2),
            Relaxation(24, drop=frozenset({"orders"})),
        ],
    ),
    priority=3,
    aging_seconds=64,
    ring_seconds=15,
    max_wait_seconds=90,
    no_answer_pauses=(8, 32, None),
    overflow=Overflow("help", frozenset({TurnedAway.TIMEOUT})),
    sticky_seconds=200,
    sticky_wait_seconds=20,
    resume_seconds=100,
)
HELP = QueueProfile(
    "help",
    Need.of({"any": [{"help": 4}, {"orders": 8, "not": {"help": 1}}]}),
    strategy="most_skilled",
    priority=5,
    aging_seconds=32,
    wrap_up_seconds=0,
    max_length=3,
    no_answer_pauses=(None,),
    when_no_agents=WhenNoAgents.EXIT,
    overflow=Overflow("anyone"),
)
LOCAL = QueueProfile(
    "local",
    Need.of(
        sites=[
            SiteGroup(frozenset({"pune"})),
            SiteGroup(frozenset({"mumbai"})),
            SiteGroup(frozenset({"goa"}), 10),
        ],
        relax=[Relaxation(30, any_site=True, add_priority=1)],
    ),
    strategy="least_occupied",
    priority=4,
    max_length=4,
    resume_seconds=0,
    overflow=Overflow("orders"),
)
ANYONE = QueueProfile(
    "anyone",
    strategy="round_robin",
    priority=1,
    busy_pause_seconds=0,
    service_level_seconds=5,
    short_abandon_seconds=3,
    max_wait_seconds=40,
    overflow=Overflow("local"),
    sticky_seconds=50,
    sticky_wait_seconds=16,
    no_answer_pauses=(4, 64),
)
SPANISH = QueueProfile(
    "spanish",
    Need.of(language="spanish", language_level=4, relax=[Relaxation(20, sites=frozenset({"goa"}))]),
    strategy="least_skilled",
    aging_seconds=16,
    wrap_up_seconds=2,
    when_no_agents=WhenNoAgents.EXIT,
)

EXTRAS = (
    None,
    Need.of({"english": 5}),
    Need.of(language="french", preferred={"help": 3}),
    Need.of({"orders": 6}, relax=[Relaxation(8, drop=frozenset({"orders"}), add_priority=1)]),
    Need.of({"not": {"orders": 1}}, sites=[SiteGroup(frozenset({"goa"})), SiteGroup(frozenset())]),
)
"""What callers bring on top of the queue's need."""

AGENTS = (ASHA, BEN, CLEO, DAN, EVE)
QUEUES = (ORDERS, HELP, LOCAL, ANYONE, SPANISH)
CONFIGURATIONS = (
    (AGENTS, QUEUES),
    (
        (ASHA, replace(BEN, skills={"help": 4}), CLEO, replace(EVE, site="goa")),
        (replace(ORDERS, priority=6, wrap_up_seconds=4), HELP, LOCAL, ANYONE, SPANISH),
    ),
    (
        (replace(ASHA, skills={"english": 1}), BEN, DAN, EVE),
        (ORDERS, replace(HELP, need=Need.of({"help": 9})), LOCAL, ANYONE, SPANISH),
    ),
)
