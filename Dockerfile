# syntax=docker/dockerfile:1
# The application: page, API, console and command line. `docs/deployment.md` says how to run it.
ARG PYTHON=3.11-slim-bookworm

# --- the environment, from the lock -----------------------------------------------------------------------------
FROM python:${PYTHON} AS build
ARG UV_VERSION=0.13.9
# `cpu` takes the small build of torch; `cuda` the one that the lock names, with its libraries.
ARG TORCH=cpu
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON_DOWNLOADS=never \
    VIRTUAL_ENV=/opt/tastegraph
RUN pip install --no-cache-dir --disable-pip-version-check "uv==${UV_VERSION}" && uv venv "${VIRTUAL_ENV}"
WORKDIR /src
COPY requirements/app.txt requirements/app.txt
RUN --mount=type=cache,target=/root/.cache/uv \
    case "${TORCH}" in \
    cpu) grep -vE '^(nvidia-|cuda-|triton)' requirements/app.txt > lock.txt && uv pip sync --torch-backend cpu lock.txt ;; \
    cuda) uv pip sync requirements/app.txt ;; \
    *) echo "TORCH is cpu or cuda, not ${TORCH}" >&2 && exit 1 ;; \
    esac
COPY pyproject.toml README.md LICENSE ./
COPY kg kg
COPY recsys recsys
COPY agent agent
COPY ui ui
COPY eval eval
RUN --mount=type=cache,target=/root/.cache/uv uv pip install --no-deps .

# --- what runs --------------------------------------------------------------------------------------------------
FROM python:${PYTHON} AS app
RUN groupadd --gid 10001 tastegraph \
    && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin tastegraph \
    && install --directory --owner=tastegraph --group=tastegraph --mode=0700 /data
COPY --from=build /opt/tastegraph /opt/tastegraph
# Written to are /data (workspaces, people, passwords, keys) and /tmp; everything else may be read-only.
ENV PATH=/opt/tastegraph/bin:${PATH} \
    TASTEGRAPH_HOME=/data \
    TASTEGRAPH_CACHE=/data/cache \
    GRADIO_TEMP_DIR=/tmp/gradio \
    MPLCONFIGDIR=/tmp/matplotlib \
    HF_HUB_OFFLINE=1 \
    HF_HUB_DISABLE_TELEMETRY=1 \
    DO_NOT_TRACK=1 \
    TOKENIZERS_PARALLELISM=false \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /data
VOLUME ["/data"]
USER 10001:10001
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/health', timeout=4)"]
ENTRYPOINT ["tastegraph"]
# Beyond the container people log in and programs need a key; without either this refuses to start and says how.
CMD ["serve", "--host", "0.0.0.0"]
