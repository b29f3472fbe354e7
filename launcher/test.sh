#!/bin/sh
# Runs every test of the project: `./lastword test [java] [client-js] [e2e] [census] [zoo]`, all of them when none is named.
# Ends with one line such as `123 passed, 0 failed, 2 skipped`; what cannot run here says `SKIPPED what: why`.
set -eu

LASTWORD_ROOT=$1
shift
LASTWORD_STATE=$LASTWORD_ROOT/.lastword
die() {
  status=$1
  shift
  printf 'lastword: %s\n' "$*" >&2
  exit "$status"
}
# shellcheck source=launcher/jdk.sh
. "$LASTWORD_ROOT/launcher/jdk.sh"
# shellcheck source=launcher/node.sh
. "$LASTWORD_ROOT/launcher/node.sh"
# shellcheck source=launcher/jvm.sh
. "$LASTWORD_ROOT/launcher/jvm.sh"
# shellcheck source=launcher/build.sh
. "$LASTWORD_ROOT/launcher/build.sh"

passed=0 failed=0 skipped=0 broken=

test_java() {
  find_jdk || no_jdk
  echo "Java: all rooms, with JDK $JDK_VERSION"
  rm -rf "$LASTWORD_ROOT"/*/target/surefire-reports "$LASTWORD_ROOT"/examples/*/target/surefire-reports
  (
    lock_builds
    begin_build checker # what was tested is what the end-to-end tests and the zoo start
    checker=$new
    begin_build zoo-kept
    kept=$new
    begin_build gateway
    # A test that fails does not keep those of later rooms from running.
    run_logged java maven --fail-at-end -Dmaven.test.failure.ignore=true -Dlastword.app="$new" verify || {
      rm -rf "$new" "$checker" "$kept"
      exit 1
    }
    mv "$new/lastword-checker" "$checker"
    mv "$new/lastword-zoo-kept" "$kept"
    finish_build gateway
    new=$checker
    finish_build checker
    new=$kept
    finish_build zoo-kept
  ) || broken="$broken java"
  before=$failed
  count_surefire
  case $broken in
    *java*) ;;
    *) [ "$failed" -eq "$before" ] || broken="$broken java" ;;
  esac
}

# Node tests of folder $1: installs what its lock file names, then `npm test`.
test_node() {
  if [ ! -f "$LASTWORD_ROOT/$1/package.json" ]; then
    return
  fi
  if ! usable_node >/dev/null; then
    skip "$1" 'needs Node.js 20 or newer in PATH'
    return
  fi
  echo "$1: node $(node --version)"
  run_logged "$1" npm_test "$LASTWORD_ROOT/$1" || broken="$broken $1"
  count_node "$1"
}

npm_test() {
  (
    cd "$1" || exit
    if [ -f package-lock.json ] && [ -n "$(find package-lock.json -newer node_modules/.package-lock.json 2>&1)" ]; then
      npm ci --no-audit --no-fund --loglevel=error || exit 1
    fi
    npm test </dev/null
  )
}

# A walk through the zoo in about a minute: for every code but LW012 and LW019 a route that has the bug, some of them in forms that the
# checker has to find out, and some that have none. All routes take ten times as long: `./lastword zoo`.
ZOO_ROUTES=python/resume-gap,python/replays-for-ever,python/stop-loses-partial,python/workflow-asked-for-ever,\
python/same-key-twice-generates-twice,python/question-saved,python/save-gives-up-when-busy,python/idle-proxy-cuts-tool-call,\
python/invalid-utf8,python/stream-open-to-all,python/stalled-reader-holds-all,python/injection-cr,python/end-type-done,\
python/saved-beside-finish,python/shape-tools-between,python/short-8-part-called-complete,python/saved-twice,\
node/compression,node/save-on-finish,node/save-before-finish

# A Java application of the zoo for each framework that loses or delays answers: what a check finds in it, and then what it finds in the same
# application with nothing but Lastword on its class path; what each has to be stands in zoo.yaml. The others take minutes, and are left to
# `./lastword zoo` and `./lastword zoo kept`, as are browsers, many readers and the wire.
JAVA_ROUTES=emitter-save-on-completion,langchain4j-memory,flux-then-save,spring-ai-memory,jersey-save-then-done
JAVA_CODES=LW001,LW002,LW003,LW004,LW005,LW008,LW009,LW010,LW017,LW023,LW024

test_zoo() {
  find_jdk || no_jdk
  echo "zoo: endpoints whose bugs are known"
  walk_zoo zoo zoo --only "$ZOO_ROUTES"
  walk_zoo zoo-java zoo --only "$JAVA_ROUTES" --codes "$JAVA_CODES"
  walk_zoo zoo-kept zoo kept --only "$JAVA_ROUTES" --codes "$JAVA_CODES"
}

# A walk whose log is $1 by the command `./lastword $2 ...`.
walk_zoo() {
  walk=$1
  shift
  run_logged "$walk" sh "$LASTWORD_ROOT/lastword" "$@" || broken="$broken $walk"
  # shellcheck disable=SC2046 # three numbers
  add $(awk '
    /^ *[0-9]+ .* as expected$/ { passed++ }
    /^ *[0-9]+ .* s  (LW|cannot)/ { failed++ }
    /^SKIPPED/ { skipped++ }
    END { print passed + 0, failed + 0, skipped + 0 }' "$LASTWORD_STATE/test-$walk.log")
}

# The census's own test: its experiment, its model and its tables, against servers that the test starts. The census itself is no part of this.
test_census() {
  if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    skip census 'needs Python 3.11 or newer as python3 in PATH'
    return
  fi
  echo "census: $(python3 --version)"
  run_logged census python3 -B "$LASTWORD_ROOT/census/test/test_census.py" --verbose || broken="$broken census"
  # shellcheck disable=SC2046 # three numbers
  add $(awk '
    / \.\.\. ok$/ { passed++ }
    / \.\.\. (FAIL|ERROR)$/ { failed++ }
    / \.\.\. skipped / { skipped++ }
    END { print passed + 0, failed + 0, skipped + 0 }' "$LASTWORD_STATE/test-census.log")
}

# Keeps all that `$2 ...` says in .lastword/test-$1.log and shows the lines that a person waits for; its exit status.
run_logged() {
  log=$LASTWORD_STATE/test-$1.log
  shift
  {
    status=0
    "$@" || status=$?
    echo "exit status $status"
  } 2>&1 | tee "$log" | awk '
    /Tests run:.* (in|--) / || /BUILD (SUCCESS|FAILURE)/ || /^\[ERROR\]/ { sub(/^\[(INFO|WARNING)\] /, ""); show() }
    /^ *(✔|✖|﹣|▶|ok |not ok )/ || / \.\.\. (ok|FAIL|ERROR|skipped .*)$/ { show() }
    /^(FAIL|ERROR): / { failing = 1 }
    failing && !/^\[/ { show() }
    / s  (as expected|LW[0-9]+: |cannot check)/ || /^SKIPPED/ || /^   LW[0-9]+: / { show() }
    /failing tests:/ { failing = 1 }
    function show() { print "  " $0; fflush() }'
  [ "$(tail -n 1 "$log")" = 'exit status 0' ]
}

count_surefire() {
  totals=$(find "$LASTWORD_ROOT"/*/target/surefire-reports "$LASTWORD_ROOT"/examples/*/target/surefire-reports -name 'TEST-*.xml' -exec cat {} + 2>/dev/null | awk '
    function number(name) {
      if (!match($0, " " name "=\"[0-9]+\"")) return 0
      value = substr($0, RSTART, RLENGTH)
      gsub(/[^0-9]/, "", value)
      return value
    }
    /<testsuite / { tests += number("tests"); failed += number("failures") + number("errors"); skipped += number("skipped") }
    END { print tests - failed - skipped, failed + 0, skipped + 0 }')
  # shellcheck disable=SC2086 # three numbers
  add $totals
}

# The summary of Node's test runner, which is `# pass 3` in TAP and `ℹ pass 3` in its own form.
count_node() {
  totals=$(awk '
    NF == 3 && $1 !~ /[a-z]/ && $3 ~ /^[0-9]+$/ { count[$2] += $3 }
    END { print count["pass"] + 0, count["fail"] + count["cancelled"], count["skipped"] + count["todo"] }' \
    "$LASTWORD_STATE/test-$1.log")
  # shellcheck disable=SC2086 # three numbers
  add $totals
}

# What failed and why, once more and last: the end of a log is what people, and many CI systems, look at first.
show_failures() {
  echo
  echo 'What failed:'
  case $broken in
    *' java'*) find "$LASTWORD_ROOT"/*/target/surefire-reports "$LASTWORD_ROOT"/examples/*/target/surefire-reports -name '*.txt' -exec awk '
    FNR == 1 { left = 0 }
    /<<< (FAILURE|ERROR)!$/ && !/^Tests run:/ { left = 25 }
    left-- > 0 { print "  " $0 }' {} + 2>/dev/null ;;
  esac
  case $broken in
    *' census'*) awk '/^(FAIL|ERROR): / { shown = 1 } shown { print "  " $0 }' "$LASTWORD_STATE/test-census.log" ;;
  esac
  for part in client-js e2e; do
    [ ! -f "$LASTWORD_STATE/test-$part.log" ] || awk '
      /^ *not ok / && !/# (SKIP|TODO)/ { left = 40 }
      left-- > 0 { print "  " $0 }
      /^ *\.\.\.$/ { left = 0 }' "$LASTWORD_STATE/test-$part.log"
  done
}

add() {
  passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

skip() {
  echo "SKIPPED $1: $2"
  skipped=$((skipped + 1))
}

# Names the browser for the tests in LASTWORD_CHROMIUM; Debian's is installed where that can be done without asking.
provide_chromium() {
  find_chromium && return
  if command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
    echo 'Installing Chromium with apt-get ...'
    install_chromium >"$LASTWORD_STATE/chromium.log" 2>&1 || {
      apt-get update >>"$LASTWORD_STATE/chromium.log" 2>&1 || :
      install_chromium >>"$LASTWORD_STATE/chromium.log" 2>&1 || :
    }
    find_chromium && return
    echo "SKIPPED tests in the browser: apt-get install chromium failed, see $LASTWORD_STATE/chromium.log"
    return
  fi
  echo 'SKIPPED tests in the browser: no Chromium or Chrome here; install one or name it in LASTWORD_CHROMIUM'
}

install_chromium() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium
}

# The proxies that the guide sets up, of Debian where that can be done without asking; their services are not started. Tests of one that is
# missing are skipped and say so.
provide_proxies() {
  missing=
  for proxy in nginx haproxy caddy; do
    PATH=$PATH:/usr/sbin:/sbin command -v "$proxy" >/dev/null || missing="$missing $proxy"
  done
  [ -n "$missing" ] && command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] || return 0
  echo "Installing$missing with apt-get ..."
  install_proxies >"$LASTWORD_STATE/proxies.log" 2>&1 || {
    apt-get update >>"$LASTWORD_STATE/proxies.log" 2>&1 || :
    install_proxies >>"$LASTWORD_STATE/proxies.log" 2>&1 ||
      echo "SKIPPED tests behind$missing: apt-get install failed, see $LASTWORD_STATE/proxies.log"
  }
}

install_proxies() {
  # shellcheck disable=SC2086 # names without spaces
  SYSTEMD_OFFLINE=1 RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
}

# The database whose server no library brings along, of Debian where that can be done without asking; its service is not started. Its tests are
# skipped where it is missing, and say so.
provide_databases() {
  PATH=$PATH:/usr/sbin:/usr/libexec command -v mariadbd >/dev/null && return
  command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] || return 0
  echo 'Installing mariadb-server with apt-get ...'
  install_databases >"$LASTWORD_STATE/databases.log" 2>&1 || {
    apt-get update >>"$LASTWORD_STATE/databases.log" 2>&1 || :
    install_databases >>"$LASTWORD_STATE/databases.log" 2>&1 ||
      echo "SKIPPED tests with MariaDB: apt-get install failed, see $LASTWORD_STATE/databases.log"
  }
}

install_databases() {
  SYSTEMD_OFFLINE=1 RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends mariadb-server
}

mkdir -p "$LASTWORD_STATE"
[ $# -gt 0 ] || set -- java client-js e2e census zoo
for part in "$@"; do
  case $part in
    java | client-js | e2e | census | zoo) ;;
    *) die 2 "no such part of the tests: $part (there are java, client-js, e2e, census and zoo)" ;;
  esac
done
case " $* " in
  *' e2e '* | *' client-js '*) provide_chromium ;;
esac
case " $* " in
  *' e2e '*) provide_proxies ;;
esac
case " $* " in
  *' java '*) provide_databases ;;
esac
for part in "$@"; do
  case $part in
    java) test_java ;;
    zoo) test_zoo ;;
    census) test_census ;;
    *) test_node "$part" ;;
  esac
done

if [ -n "$broken" ]; then
  show_failures
  echo "FAILED:$broken; all output is in $LASTWORD_STATE/test-*.log"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ -z "$broken" ] && [ "$failed" -eq 0 ]
