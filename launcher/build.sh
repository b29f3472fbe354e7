# Builds a module into .lastword/MODULE/BUILD/ when something has changed; sourced by the front door and by the tests.
# shellcheck shell=sh
#
#   .lastword/gateway/current       name of the build that is started; replaced by a rename
#   .lastword/gateway/BUILD/        one build: jars, native library, AOT cache, made-of, stamp (older than every source)
#   .lastword/build.log             what Maven said last
#
# A build is never changed once it is current, so a running server keeps its files while the next one is made.

# Netty, the formatter and Error Prone use sun.misc.Unsafe, which JDK 25 reports on every start.
MAVEN_JVM_OPTS='--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED'

# Makes sure that the current build of module $1 is made of today's sources by JDK.
ensure_built() {
  is_fresh "$1" && return
  mkdir -p "$LASTWORD_STATE" || die 4 "cannot write to $LASTWORD_STATE"
  # The subshell's end gives the lock back, before the JVM is started.
  (
    lock_builds
    is_fresh "$1" || build "$1"
  )
}

# Sets BUILD and APP_JAR to the current build of module $1 and the jar that names all others; false without one.
use_build() {
  name=
  { [ -r "$LASTWORD_STATE/$1/current" ] && read -r name <"$LASTWORD_STATE/$1/current"; } || return 1
  BUILD=$LASTWORD_STATE/$1/$name
  for APP_JAR in "$BUILD/lastword-$1/lastword-$1"-*.jar; do
    [ -f "$APP_JAR" ] && return
  done
  return 1
}

# Whether the current build of module $1 is still made of what lies here. A status change is what counts: an edit, a
# copy that keeps its old date, and through its directory a deleted file. What find cannot look at counts as changed.
is_fresh() {
  use_build "$1" || return 1
  made_of=
  { [ -r "$BUILD/made-of" ] && IFS= read -r made_of <"$BUILD/made-of"; } || return 1
  [ "$made_of" = "$(ingredients)" ] || return 1
  ! find "$LASTWORD_ROOT"/pom.xml "$LASTWORD_ROOT"/.mvn "$LASTWORD_ROOT"/*/pom.xml "$LASTWORD_ROOT"/*/src/main \
    "$LASTWORD_ROOT"/client-js/src "$LASTWORD_ROOT"/client-js/page -cnewer "$BUILD/stamp" 2>&1 | read -r _
}

ingredients() {
  printf '%s | %s | %s\n' "$LASTWORD_ROOT" "$JDK" "$JDK_VERSION"
}

# Holds off every other build of this checkout until this shell ends.
lock_builds() {
  if command -v flock >/dev/null; then
    exec 9>"$LASTWORD_STATE/lock"
    flock -n 9 || { echo 'Waiting for another build of Lastword to end ...' >&2 && flock 9; }
    return
  fi
  waiting=
  until mkdir "$LASTWORD_STATE/lock.d" 2>/dev/null; do
    if lock_is_left_over; then
      take_lock_away
      continue
    fi
    [ -n "$waiting" ] ||
      echo "Waiting for another build of Lastword to end; if there is none, remove $LASTWORD_STATE/lock.d ..." >&2
    waiting=yes
    sleep 1
  done
  echo "$$ $(started_at $$)" >"$LASTWORD_STATE/lock.d/pid"
  trap 'rm -rf "$LASTWORD_STATE/lock.d"' EXIT
  trap 'exit 130' INT TERM HUP
}

# Whether the process that made the lock is gone: another may have its number since. One that did not get to say its number had no time to build.
lock_is_left_over() {
  owner='' started=''
  { [ -r "$LASTWORD_STATE/lock.d/pid" ] && read -r owner started <"$LASTWORD_STATE/lock.d/pid"; } 2>/dev/null || :
  if [ -z "$owner" ]; then
    [ -n "$(find "$LASTWORD_STATE/lock.d" -prune -mmin +1 2>/dev/null)" ]
  elif [ -n "$started" ]; then
    [ "$started" != "$(started_at "$owner")" ]
  else
    ! kill -0 "$owner" 2>/dev/null
  fi
}

# One at a time, and only what is still left over then: the next lock may be there already.
take_lock_away() {
  if mkdir "$LASTWORD_STATE/lock.d.left" 2>/dev/null; then
    if lock_is_left_over; then
      rm -rf "$LASTWORD_STATE/lock.d"
    fi
    rmdir "$LASTWORD_STATE/lock.d.left"
  else
    sleep 1
  fi
}

# When process $1 was started; nothing where there is none, or where ps does not tell.
started_at() {
  # shellcheck disable=SC2046 # a day of one digit has two spaces in front
  echo $(ps -o lstart= -p "$1" 2>/dev/null)
}

build() {
  begin_build "$1"
  echo "Building Lastword with JDK $JDK_VERSION (the first time Maven fetches its libraries) ..." >&2
  maven -Dmaven.test.skip=true -Dspotless.check.skip=true -Dlastword.app="$new" -pl "$1" -am package \
    >"$LASTWORD_STATE/build.log" 2>&1 || build_failed
  finish_build "$1"
}

# Makes the folder of a build of module $1, and sets new to it. What changes from now on is not in it.
begin_build() {
  new=$LASTWORD_STATE/$1/$(date +%Y%m%d-%H%M%S)-$$
  mkdir -p "$new"
  : >"$new/stamp"
  ingredients >"$new/made-of"
}

# Makes what Maven has put into the folder the current build of module $1.
finish_build() {
  for other in "$new"/lastword-*; do
    [ "$other" = "$new/lastword-$1" ] || rm -rf "$other"
  done
  unpack_native_libraries "$1" >>"$LASTWORD_STATE/build.log" 2>&1
  case $1 in
    gateway) train_aot_cache gateway dev.lastword.gateway.Main warmup >>"$LASTWORD_STATE/build.log" 2>&1 ;;
    checker) train_aot_cache checker dev.lastword.checker.Main warmup >>"$LASTWORD_STATE/build.log" 2>&1 ;;
  esac
  make_current "$1" "${new##*/}"
  remove_old_builds "$1"
}

maven() {
  (
    cd "$LASTWORD_ROOT" || exit
    JAVA_HOME=$JDK MAVEN_OPTS="$MAVEN_JVM_OPTS ${MAVEN_OPTS-}" sh ./mvnw -B -ntp -Dlastword.build="$(build_label)" "$@" </dev/null
  )
}

# What stands behind the version that programs say: the commit, and whether a file that git knows was another one; nothing outside a checkout.
build_label() {
  [ -e "$LASTWORD_ROOT/.git" ] || return 0
  commit=$(git -C "$LASTWORD_ROOT" describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null) || return 0
  echo "+$commit"
}

build_failed() {
  { grep -E '^\[(ERROR|WARNING)\]' "$LASTWORD_STATE/build.log" || cat "$LASTWORD_STATE/build.log"; } | tail -n 40 >&2
  rm -rf "$new"
  die 4 "the build failed; all that Maven said is in $LASTWORD_STATE/build.log"
}

# SQLite's driver, zstd and Netty would unpack their libraries into the temporary folder at every start, which takes a third of
# the start, fails where nothing may be executed there, and leaves the files behind when the process is killed.
unpack_native_libraries() {
  for jar in "$new/lastword-$1"/netty-transport-native-epoll-*.jar; do
    [ ! -f "$jar" ] || (
      cd "$new" && "$JDK/bin/jar" xf "$jar" META-INF/native && mkdir -p native && mv META-INF/native/*.so native && rm -r META-INF
    ) || :
  done
  for jar in "$new/lastword-$1"/zstd-jni-*.jar; do
    case $(uname -s)-$(uname -m) in
      Linux-x86_64) platform=linux/amd64 ;;
      Linux-aarch64) platform=linux/aarch64 ;;
      *) continue ;;
    esac
    [ ! -f "$jar" ] || (
      cd "$new" && "$JDK/bin/jar" xf "$jar" "$platform" && mkdir -p native && mv "$platform"/* native && rm -r linux
    ) || :
  done
  for jar in "$new/lastword-$1"/sqlite-jdbc-*.jar; do
    [ -f "$jar" ] || continue
    platform=$("$JDK/bin/java" -cp "$jar" org.sqlite.util.OSInfo) || return 0
    (
      cd "$new" || exit
      "$JDK/bin/jar" xf "$jar" "org/sqlite/native/$platform" && mkdir -p native &&
        mv "org/sqlite/native/$platform"/* native && rm -r org
    ) || :
  done
}

# Records in one training run which classes a start needs, so that the next starts find them loaded and linked. Without
# a cache, or with one that the JVM refuses, everything works and a start takes longer. $1 is the module, the rest is run.
train_aot_cache() {
  module=$1
  shift
  BUILD=$new
  for jar in "$new/lastword-$module/lastword-$module"-*.jar; do
    (become_java "$module" -XX:AOTCacheOutput="$new/app.aot" -cp "$jar" "$@") || rm -f "$new/app.aot"
  done
}

make_current() {
  echo "$2" >"$LASTWORD_STATE/$1/current.new"
  mv -f "$LASTWORD_STATE/$1/current.new" "$LASTWORD_STATE/$1/current"
}

# Removes what no running JVM was started from. The two newest stay: a launcher may just have read the older name.
remove_old_builds() {
  running=$(ps -A -ww -o args= 2>/dev/null) || return 0
  previous=
  for old in "$LASTWORD_STATE/$1"/*/; do
    old=${old%/}
    [ "$old" != "$new" ] || continue
    case $running in
      *"/${old##*/}/"*) continue ;;
    esac
    [ -z "$previous" ] || rm -rf "$previous"
    previous=$old
  done
}
