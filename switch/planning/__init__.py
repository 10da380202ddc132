"""How many agents are needed: Erlang's formulas, and a simulation on the switch's own router.

The formulas (`erlang.py`) and the statistics (`confidence.py`) are PURE. A simulation draws
its calls with numpy, keeps a clock that is a number, and decides nothing itself: who serves
whom is decided by `switch.routing`, which only `driver.py` knows. No task, no socket, no
database: what a command wants from elsewhere it hands in.
"""
