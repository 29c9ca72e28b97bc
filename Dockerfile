# syntax=docker/dockerfile:1
# One static binary in an image of its own. Build: `make docker`. Versions follow scripts/tool-versions.env.
#
#   docker build --target binary --output type=local,dest=out .     the binary alone, without an image

# The portal. It does not depend on the machine it will run on, so it is built once for all platforms.
FROM --platform=$BUILDPLATFORM node:24.11.1-bookworm-slim AS ui
WORKDIR /src
COPY scripts scripts
COPY web web
COPY static-build static-build
RUN --mount=type=cache,target=/root/.npm scripts/ui.sh

# The server. Alpine's own target is musl, and there rustc links statically. C is compiled on the way: SQLite, mimalloc
# and AWS-LC. The last has ready-made bindings for musl on amd64 and arm64, and its C sources go through cc, so neither
# clang nor cmake is needed.
FROM rust:1.95.0-alpine AS build
ARG TARGETPLATFORM
# hadolint ignore=DL3018
RUN apk add --no-cache build-base ca-certificates
WORKDIR /src
COPY . .
COPY --from=ui /src/static-build static-build
ARG API_TEST_COMMIT=unknown
ARG API_TEST_DATE=unknown
ENV API_TEST_COMMIT=$API_TEST_COMMIT \
    API_TEST_DATE=$API_TEST_DATE \
    AWS_LC_SYS_CMAKE_BUILDER=0 \
    AWS_LC_SYS_USE_SYSTEM=0 \
    CARGO_TERM_COLOR=never
# The end of it holds the result against what is promised: it starts, it is static, it has the portal inside.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,id=target-$TARGETPLATFORM,target=/src/target \
    test -s static-build/index.html \
    && cargo build --release --locked --bin api-test \
    && mkdir -p /rootfs/data /rootfs/etc/ssl/certs /rootfs/etc/api-test \
    && cp target/release/api-test /rootfs/api-test \
    && cp /etc/ssl/certs/ca-certificates.crt /rootfs/etc/ssl/certs/ \
    && cp deploy/api-test.yaml /rootfs/etc/api-test/ \
    && /rootfs/api-test --version \
    && readelf --program-headers /rootfs/api-test >/tmp/headers \
    && ! grep -q INTERP /tmp/headers

FROM scratch AS binary
COPY --from=build /rootfs/api-test /api-test

FROM scratch AS image
ARG API_TEST_COMMIT=unknown
ARG API_TEST_VERSION=unknown
LABEL org.opencontainers.image.title="api-test" \
      org.opencontainers.image.description="The controllable upstream for testing API gateways" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$API_TEST_VERSION" \
      org.opencontainers.image.revision="$API_TEST_COMMIT"
# Belongs to the user below, so that a SQLite file can be made there; a volume that is mounted here inherits it.
COPY --from=build --chown=65532:65532 /rootfs/data /data
COPY --from=build /rootfs/etc /etc
COPY --from=build /rootfs/api-test /api-test
ENV APITEST_CONFIG=/etc/api-test/api-test.yaml \
    LOG_FORMAT=json
WORKDIR /data
# A number, so that Kubernetes can tell that it is not root.
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=40s --retries=3 CMD ["/api-test", "--healthcheck"]
ENTRYPOINT ["/api-test"]
