# The program alone, for user 65532 and a root file system that is not written to. docs/OPERATIONS.md, "The image", says how
# to run it. Three stages that build, and the image: dependencies are a layer of their own, built again only when
# Cargo.toml or Cargo.lock change.

ARG RUST_VERSION=1.95

FROM rust:${RUST_VERSION}-slim-bookworm AS chef
RUN cargo install --locked cargo-chef@0.1.78
WORKDIR /source

FROM chef AS plan
COPY . .
RUN cargo chef prepare --bin entitled --recipe-path recipe.json

FROM chef AS build
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends python3 && rm -rf /var/lib/apt/lists/*
COPY --from=plan /source/recipe.json recipe.json
RUN cargo chef cook --release --locked --bin entitled --recipe-path recipe.json
COPY . .
RUN cargo build --release --locked --bin entitled \
    && scripts/strip.sh target/release/entitled \
    && mkdir --parents /image/data /image/licences \
    && cp target/release/entitled /image/ \
    && cp LICENSE /image/licences/ \
    && scripts/third_party.py >/image/licences/THIRD-PARTY.txt

# Time zones, the certificates of public authorities, and a C library; no shell. A release pins it by its digest.
FROM gcr.io/distroless/cc-debian12:nonroot

ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="entitled" \
      org.opencontainers.image.description="Is this customer entitled to this support service, by which clause, until when" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="gcr.io/distroless/cc-debian12:nonroot"

COPY --from=build /image/entitled /usr/local/bin/entitled
COPY --from=build /image/licences /usr/share/doc/entitled
# Owned by whoever writes there; a volume that is new takes the owner over.
COPY --from=build --chown=65532:65532 /image/data /data

USER 65532:65532
WORKDIR /data
VOLUME /data
ENV ENTITLED_LISTEN=0.0.0.0:50051 \
    ENTITLED_DATABASE_URL=sqlite:/data/entitled.db
EXPOSE 50051
ENTRYPOINT ["entitled"]
CMD ["serve"]
