# Both jobs from one image, for example: docker run --read-only --env-file .env IMAGE growthbook-roles plan
# It holds the bundle that Google's functions run too. It writes nothing to its file system, and does not run as root.
ARG BASE=node:24-slim

FROM ${BASE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY LICENSE ./
COPY src ./src
COPY terraform/bundle.ts terraform/bundle-plugins.ts terraform/package-files.ts terraform/source-zip.ts ./terraform/
COPY terraform/package ./terraform/package
RUN node terraform/source-zip.ts dist/app

FROM ${BASE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /build/dist/app ./
# The user `node` by number, so that Kubernetes can see that it is not root.
USER 1000:1000
ENTRYPOINT ["node", "--", "cli.js"]
CMD ["--help"]
