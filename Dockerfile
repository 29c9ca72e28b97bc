# syntax=docker/dockerfile:1
# Image with a single static binary. Build: `make docker`. Versions follow scripts/tool-versions.env.
#
#   docker build --target binary --output type=local,dest=out .     the binary alone, without an image

# The portal. It is built once for all platforms, because it does not depend on the target machine.
FROM --platform=$BUILDPLATFORM node:24.11.1-bookworm-slim AS ui
WORKDIR /src
COPY scripts scripts
COPY web web
COPY static-build static-build
RUN --mount=type=cache,target=/root/.npm scripts/ui.sh

# The server. Alpine's own target is musl, for which rustc links statically. C code is compiled too: SQLite, mimalloc
# and AWS-LC. The last has prebuilt bindings for musl on amd64 and arm64, and its C sources need only cc, so neither
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
# The last commands check the result: it starts, is static, and contains the portal.
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
# Owned by the user below, so that a SQLite file can be created there; a volume mounted here inherits it.
COPY --from=build --chown=65532:65532 /rootfs/data /data
COPY --from=build /rootfs/etc /etc
COPY --from=build /rootfs/api-test /api-test
ENV APITEST_CONFIG=/etc/api-test/api-test.yaml \
    LOG_FORMAT=json
WORKDIR /data
# A number, so that Kubernetes can verify that it is not root.
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=40s --retries=3 CMD ["/api-test", "--healthcheck"]
ENTRYPOINT ["/api-test"]
