# The image of the server: the built program, which has its dependencies in it, and Node, without a shell or a package
# manager. It needs no writable file system and no user of its own in /etc/passwd.
#
#   docker build -t hawsepipe .
ARG NODE_VERSION=24

FROM node:${NODE_VERSION}-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# The Node of the image runs the build; the packaged one is for machines that have another.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node hack/build.ts dist

FROM gcr.io/distroless/nodejs${NODE_VERSION}-debian12:nonroot
LABEL org.opencontainers.image.title="Hawsepipe" \
      org.opencontainers.image.source="https://github.com/hawsepipe/hawsepipe" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=build /src/dist ./dist
ENV NODE_ENV=production \
    # The file system is read-only: compiled code cannot be kept.
    NODE_DISABLE_COMPILE_CACHE=1
USER 65532:65532
EXPOSE 6443
ENTRYPOINT ["/nodejs/bin/node", "dist/cli/main.js"]
CMD ["serve"]
