#!/bin/sh
# Puts together what an installation of the gateway consists of, on Linux: `launcher/package.sh FOLDER`. The image and the Debian package
# are made of it.
#
#   FOLDER/lastword           the command
#   FOLDER/jvm.sh             how it starts the JVM
#   FOLDER/runtime/           a JVM of the modules that are needed
#   FOLDER/lastword-gateway/  jars, without other platforms' libraries
#   FOLDER/native/            libraries of this platform
#   FOLDER/app.aot            what a start finds loaded and linked
#
# It may be moved as a whole; files have to keep their times, or the JVM refuses app.aot and starts take longer.
set -eu

LASTWORD_ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
LASTWORD_STATE=$LASTWORD_ROOT/.lastword
die() {
  status=$1
  shift
  printf 'lastword: %s\n' "$*" >&2
  exit "$status"
}
# shellcheck source=launcher/jdk.sh
. "$LASTWORD_ROOT/launcher/jdk.sh"
# shellcheck source=launcher/jvm.sh
. "$LASTWORD_ROOT/launcher/jvm.sh"
# shellcheck source=launcher/build.sh
. "$LASTWORD_ROOT/launcher/build.sh"

# What libraries name and do without: java.desktop for the getters of its beans, jdk.jfr for events that nobody records.
UNNEEDED_MODULES='java.desktop
jdk.jfr'

copy_jars() {
  mkdir "$new/lastword-gateway"
  cp -p "$BUILD"/lastword-gateway/*.jar "$new/lastword-gateway/"
  unpack_native_libraries gateway
  case $(uname -m) in
    x86_64) rm -f "$new"/lastword-gateway/netty-*-linux-aarch_64.jar "$new"/native/*_aarch_64.so ;;
    aarch64) rm -f "$new"/lastword-gateway/netty-*-linux-x86_64.jar "$new"/native/*_x86_64.so ;;
  esac
  without_folders "$new"/lastword-gateway/sqlite-jdbc-*.jar org/sqlite/native
  without_folders "$new"/lastword-gateway/zstd-jni-*.jar linux darwin win freebsd aix
  without_folders "$new"/lastword-gateway/postgresql-*.jar org/postgresql/translation # its messages are English then, as all others
  # What measures libraries that are not here.
  binders=io/micrometer/core/instrument/binder
  without_folders "$new"/lastword-gateway/micrometer-core-*.jar "$binders"/httpcomponents "$binders"/grpc "$binders"/jetty "$binders"/okhttp3 "$binders"/kafka "$binders"/jersey "$binders"/netty4 "$binders"/mongodb
}

# Takes these folders out of a jar, such as the libraries of all platforms, which are in native/ as far as they are needed.
without_folders() {
  jar=$1
  shift
  mkdir "$new/unpacked"
  (
    cd "$new/unpacked"
    "$JDK/bin/jar" xf "$jar"
    rm -rf "$@"
    "$JDK/bin/jar" cfm "$jar" META-INF/MANIFEST.MF .
  )
  rm -r "$new/unpacked"
}

link_runtime() {
  modules=$("$JDK/bin/jdeps" -q --ignore-missing-deps --multi-release 25 --print-module-deps \
    --module-path "$new/lastword-gateway" --class-path "$new/lastword-gateway/*" "$new"/lastword-gateway/*.jar | tr , '\n' | grep -vxF "$UNNEEDED_MODULES" | paste -sd, -)
  "$JDK/bin/jlink" --add-modules "$modules" --no-header-files --no-man-pages --strip-java-debug-attributes --compress zip-9 \
    --exclude-files '/java.base/lib/classlist,/java.base/lib/jrt-fs.jar' --output "$new/runtime"
  # The virtual machine's own symbols, 5 MB that only a debugger of it reads.
  if command -v strip >/dev/null; then
    strip --strip-unneeded "$new/runtime/lib/server/libjvm.so"
  else
    echo 'lastword: without strip (binutils) the package is 5 MB larger' >&2
  fi
}

[ $# -eq 1 ] || die 2 'usage: launcher/package.sh FOLDER'
[ "$(uname -s)" = Linux ] || die 3 "packages are made on Linux, not on $(uname -s)"
[ ! -e "$1" ] || die 2 "$1 is there already"
find_jdk || no_jdk
ensure_built gateway >&2
use_build gateway || die 4 "no build of the gateway in $LASTWORD_STATE"
mkdir -p "$1"
new=$(CDPATH='' cd -- "$1" && pwd -P)
copy_jars
link_runtime
# Who has the journal in Kafka has its client, too, and puts it there: docs/guides/kafka.md. The runtime has the modules for it.
rm "$new"/lastword-gateway/kafka-clients-*.jar
cp "$LASTWORD_ROOT/launcher/jvm.sh" "$new/jvm.sh"
cp "$LASTWORD_ROOT/launcher/installed.sh" "$new/lastword"
chmod 755 "$new/lastword"
JDK=$new/runtime train_aot_cache gateway dev.lastword.gateway.Main warmup >>"$LASTWORD_STATE/build.log" 2>&1
[ -f "$new/app.aot" ] || die 4 "a start of what was put together failed; what it said is at the end of $LASTWORD_STATE/build.log"
