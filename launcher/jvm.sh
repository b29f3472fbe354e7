# How a JVM is started: the options of every start, of a checkout, a package or an image; sourced by all that start one.
# shellcheck shell=sh

# Short pauses before throughput: an event waits for a whole collection. On a large heap the least young generation, a twentieth, takes
# longer to collect than that, hence a hundredth. Netty's leak detector is for its developers.
JVM_OPTS='-XX:MaxGCPauseMillis=4 -XX:+UnlockExperimentalVMOptions -XX:G1NewSizePercent=1
  -Dio.netty.leakDetection.level=disabled -XX:+UseCompactObjectHeaders -XX:+ExitOnOutOfMemoryError --enable-native-access=ALL-UNNAMED
  --sun-misc-unsafe-memory-access=allow -Xlog:aot=off,cds=off'
# Memory that is not used is given back: a minute without a collection starts one, which ends with the heap cut to what lives in it, and
# the C library's free memory is returned.
GATEWAY_OPTS='-XX:G1PeriodicGCInterval=60000 -XX:MaxHeapFreeRatio=50 -XX:TrimNativeHeapInterval=60000'
# The cards of old objects that point to young ones are left to the next collection: refined meanwhile they are dirty again with the next event,
# and the event loops take a part in that work. For diagnosis only, so another JVM may not know it.
GATEWAY_OPTS_25='-XX:+UnlockDiagnosticVMOptions -XX:-G1UseConcRefinement'
# Largest heap of the gateway in MiB where the machine has four times as much.
HEAP_MIB_MAX=1024
# The checker is over in seconds: it is not worth the second compiler, nor more threads for its collector. Without memory it ends by itself,
# with its own code for what could not be checked: the JVM's would be 3, which is its code for nothing found.
CHECKER_OPTS='-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-ExitOnOutOfMemoryError'

# Prints the options that the gateway has beside JVM_OPTS. The JVM takes a quarter of the memory of this machine, or of this container, for its
# heap, more of very little; where that is more than HEAP_MIB_MAX, or not known, it gets HEAP_MIB_MAX.
gateway_opts() {
  kib=0
  [ ! -r /proc/meminfo ] || read -r _ kib _ </proc/meminfo
  for limit in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
    bytes=max
    [ ! -r "$limit" ] || read -r bytes <"$limit"
    case $bytes in
      *[!0-9]* | '' | ????????????????*) ;; # none; in the older form a number of 19 digits
      *) [ "$kib" -lt $((bytes / 1024)) ] || kib=$((bytes / 1024)) ;;
    esac
  done
  printf '%s' "$GATEWAY_OPTS"
  case $JDK_VERSION in
    25 | 25.*) printf ' %s' "$GATEWAY_OPTS_25" ;;
  esac
  if [ "$kib" -eq 0 ] || [ $((kib / 4096)) -gt "$HEAP_MIB_MAX" ]; then
    printf ' -Xmx%sm' "$HEAP_MIB_MAX"
  fi
}

# Becomes java, with the options that every start of module $1 from BUILD has and these; in a subshell it is called instead.
become_java() {
  options=$JVM_OPTS
  case $1 in
    checker) options="$options $CHECKER_OPTS" ;;
    gateway) options="$options $(gateway_opts)" ;;
  esac
  shift
  [ ! -d "$BUILD/native" ] || set -- "-Djava.library.path=$BUILD/native" "$@"
  for library in "$BUILD"/native/*sqlitejdbc*; do
    [ ! -f "$library" ] || set -- "-Dorg.sqlite.lib.path=$BUILD/native" "-Dorg.sqlite.lib.name=${library##*/}" "$@"
  done
  for library in "$BUILD"/native/libzstd-jni-*.so; do
    [ ! -f "$library" ] || set -- "-DZstdNativePath=$library" "$@"
  done
  # shellcheck disable=SC2086 # options are split at spaces on purpose
  exec "$JDK/bin/java" $options "$@"
}
