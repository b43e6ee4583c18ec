# Both jobs from one image, for example: docker run --read-only --env-file .env IMAGE growthbook-roles plan
# It needs no daemon of its own, writes nothing to its file system, and does not run as root.
ARG BASE=node:24-slim

FROM ${BASE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${BASE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY src ./src
# The user `node` by number, so that Kubernetes can see that it is not root.
USER 1000:1000
ENTRYPOINT ["node", "src/muster.cjs"]
CMD ["--help"]
