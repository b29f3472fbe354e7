# An image of `lastword check` with a browser and Node.js, so that every check can be made.
#   docker build -f launcher/check.Dockerfile -t lastword-check .
FROM eclipse-temurin:25-jdk AS build
WORKDIR /src
COPY . .
RUN MAVEN_OPTS=--sun-misc-unsafe-memory-access=allow sh ./mvnw -B -ntp -q -Dmaven.test.skip=true -Dspotless.check.skip=true \
      -Dlastword.app=/app -pl checker -am package

FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends chromium nodejs ca-certificates curl \
 && rm -rf /var/lib/apt/lists/*
COPY --from=eclipse-temurin:25-jre /opt/java/openjdk /opt/java
COPY --from=build /app/lastword-checker /opt/lastword
# GitLab starts jobs with a shell in which `lastword` is a command; `docker run` needs the arguments alone.
RUN printf '#!/bin/sh\nexec /opt/java/bin/java -XX:TieredStopAtLevel=1 -jar /opt/lastword/lastword-checker-*.jar "$@"\n' >/usr/local/bin/lastword \
 && chmod +x /usr/local/bin/lastword
WORKDIR /reports
ENTRYPOINT ["lastword", "check"]
