#!/bin/sh
# `lastword` where it is installed by a package or an image: the gateway's commands, on the runtime that lies beside this file.
set -eu
BUILD=$(dirname -- "$(readlink -f -- "$0")")
JDK=$BUILD/runtime
JDK_VERSION=$(sed -n 's/^JAVA_VERSION="\(.*\)"$/\1/p' "$JDK/release")
# shellcheck source=launcher/jvm.sh
. "$BUILD/jvm.sh"
[ $# -gt 0 ] || set -- help
for jar in "$BUILD"/lastword-gateway/lastword-gateway-*.jar; do
  set -- -cp "$jar" dev.lastword.gateway.Main "$@"
done
[ ! -f "$BUILD/app.aot" ] || set -- "-XX:AOTCache=$BUILD/app.aot" "$@"
# shellcheck disable=SC2086 # options are split at spaces on purpose
become_java gateway ${LASTWORD_JAVA_OPTS-} "$@"
