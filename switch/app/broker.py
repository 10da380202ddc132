"""The link to the MQTT broker, as the switch uses it."""

from __future__ import annotations

from functools import partial

from switch.app import plan
from switch.app.agent_commands import carry_out
from switch.app.routing_desk import RoutingDesk
from switch.clock import Clock
from switch.log import get_logger
from switch.settings import Settings
from switch.telemetry import MqttLink


def broker_link(
    settings: Settings, version: str, desk: RoutingDesk, clock: Clock
) -> MqttLink | None:
    """Return the link for events and for commands to agents; None without a broker."""
    mqtt = plan.mqtt_settings(settings)
    if mqtt is None:
        get_logger().info("mqtt_off", why="no broker is configured; calls do not need one")
        return None
    return MqttLink(
        mqtt,
        site=settings.site,
        version=version,
        agents=[agent.id for agent in settings.agents],
        on_command=partial(carry_out, desk),
        on_choice=desk.decide,
        utc=clock.utc,
    )
