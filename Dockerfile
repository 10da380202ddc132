# Freeline in a container.
#
#   docker build --tag freeline .
#   docker run --rm --network host \
#       --volume "$PWD/config:/srv/freeline/config:ro" \
#       --volume freeline-var:/srv/freeline/var freeline
#
# The host's network, because RTP needs thousands of UDP ports and SIP tells addresses.
# /srv/freeline/var keeps call records, recordings and rendered prompts. `docker stop`
# sends SIGTERM: no new calls, running ones finish; give it time with `--time 300`.

FROM python:3.12-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/freeline
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY switch ./switch
RUN /opt/freeline/bin/pip install .

FROM python:3.12-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends espeak-ng \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /srv/freeline --no-create-home freeline \
    && mkdir -p /srv/freeline/var \
    && chown freeline:freeline /srv/freeline/var

COPY --from=build /opt/freeline /opt/freeline
COPY config /srv/freeline/config
COPY ivr_flows /srv/freeline/ivr_flows

# Media workers compile the relay of RTP at their first start, and keep it in the volume.
ENV PATH=/opt/freeline/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    NUMBA_CACHE_DIR=/srv/freeline/var/compiled
WORKDIR /srv/freeline
USER freeline
VOLUME /srv/freeline/var
# SIP; telemetry. RTP is media.ports of freeline.yaml.
EXPOSE 5060/udp 5060/tcp 9464/tcp

# The port of `telemetry` in freeline.yaml; another one is told by FREELINE_HEALTH_URL.
ENV FREELINE_HEALTH_URL=http://127.0.0.1:9464/healthz
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(os.environ['FREELINE_HEALTH_URL'], timeout=4)"]

STOPSIGNAL SIGTERM
ENTRYPOINT ["freeline", "serve"]
CMD ["--config", "/srv/freeline/config"]
