# docker build --tag latchkey:0.1.0 .
FROM node:24.21.0-trixie-slim AS build
WORKDIR /build
COPY . .
# What builds it is left behind: the second installation brings what runs it, and no more.
RUN npm ci && npm run build && npm ci --omit=dev --ignore-scripts

FROM node:24.21.0-trixie-slim
ENV NODE_ENV=production
WORKDIR /opt/latchkey
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
RUN chmod 755 dist/cli/main.js \
  && ln -s /opt/latchkey/dist/cli/main.js /usr/local/bin/latchkey \
  && install -d -o node -g node -m 700 /data
USER node
WORKDIR /data
EXPOSE 2690
HEALTHCHECK --interval=30s --timeout=10s --start-period=40s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.LATCHKEY_PORT || 2690}/_latchkey/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["latchkey"]
CMD ["serve"]
