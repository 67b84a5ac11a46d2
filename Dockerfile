# Delivery as a container image. The last stage is the service:
#   docker build -t delivery .
#   docker run --rm -p 8000:8000 delivery            everything in one process, on SQLite; and /docs
#   docker run --rm delivery worker                  one role; settings by -e (docs/configuration.md)
# The test stage has all sources and tools beside the program: docker-compose-test.yml runs every test in it, and the roles too.

FROM debian:bookworm AS toolchain
WORKDIR /delivery
COPY scripts/common.sh scripts/packages.sh scripts/
RUN scripts/packages.sh build && rm -rf /var/lib/apt/lists/*
ENV CCACHE_DIR=/var/cache/ccache npm_config_cache=/var/cache/npm

FROM toolchain AS build
COPY . .
# The root file system of the image is put together in /image. Without its symbols the program is a third as large.
RUN --mount=type=cache,target=/var/cache/ccache --mount=type=cache,target=/var/cache/npm \
    ./dev build \
    && install -D --strip build/release/delivery /image/usr/local/bin/delivery \
    && install -D deploy/docker/delivery-health /image/usr/local/bin/delivery-health

FROM debian:bookworm-slim AS runtime
# The libraries that the program is linked with, and the authorities that TLS trusts.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates \
        libboost-container1.81.0 \
        libboost-json1.81.0 \
        libfmt9 \
        libpq5 \
        libprometheus-cpp-core1.0 \
        librabbitmq4 \
        libspdlog1.10 \
        libsqlite3-0 \
        libssl3 \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log \
    && groupadd --gid 10001 delivery \
    && useradd --uid 10001 --gid delivery --home-dir /var/lib/delivery --no-create-home --no-log-init \
        --shell /usr/sbin/nologin delivery \
    && install -d -o delivery -g delivery -m 750 /var/lib/delivery /var/lib/delivery/data
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="delivery" \
      org.opencontainers.image.description="Event-driven delivery orders: API, outbox relay and worker in one binary" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"
# By number, so that a platform sees that it is not root.
USER 10001:10001
WORKDIR /var/lib/delivery
# Everything that is written lies in ./data (SQLite alone): the root file system may be read-only.
EXPOSE 8000 9464 9465
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["delivery-health"]
ENTRYPOINT ["delivery"]
CMD ["run"]
# Last, for all the rest is the same from build to build.
COPY --from=build /image/ /
RUN delivery version

FROM toolchain AS test
CMD ["./dev", "test"]
# socat, for the tests find all servers at 127.0.0.1.
RUN scripts/packages.sh build test \
    && apt-get install -y --no-install-recommends socat \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /image/ /
COPY . .

# What is made where no stage is named.
FROM runtime
