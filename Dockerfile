# The image holds the sources, the production packages and Node 24, which runs the TypeScript as it is.
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production KAFKAJS_NO_PARTITIONER_WARNING=1
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json LICENSE ./
COPY src src
COPY rules rules
COPY samples samples
COPY deploy/wardline.yaml /etc/wardline/wardline.yaml
RUN mkdir /data && chown 65532:65532 /data
USER 65532:65532
VOLUME /data
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--disallow-code-generation-from-strings", "--disable-proto=delete", "src/main.ts"]
CMD ["run", "--config", "/etc/wardline/wardline.yaml"]
