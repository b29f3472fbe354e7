#!/usr/bin/env bash
# Starts the zoo's servers on free ports, prints one line of JSON with their addresses, and ends them when it is ended.
#
#   start.sh [python] [node] [java]     these servers; all of them where none is named
#   ZOO_KEPT=FOLDER start.sh java       the applications of java/ with the jars of FOLDER on their class path, and no other change
#
# What is missing is installed where that may be done (Debian packages as root, npm, Maven); what cannot be had is skipped, and
# said on standard error.
set -euo pipefail
cd "$(dirname "$0")"

wanted=" ${*:-python node java} "
state=$(mktemp -d)
declare -a pids=()

say() { echo "zoo: $*" >&2; }

stop() {
  trap - EXIT TERM INT
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$state"
}
trap stop EXIT
trap 'stop; exit 0' TERM INT

# Runs a server that prints its addresses as members of a JSON object, in one line that begins with a quote.
serve() {
  local name=$1
  shift
  : >"$state/$name"
  "$@" >>"$state/$name" &
  pids+=($!)
}

python_ready() { /usr/bin/python3 -c 'import fastapi, starlette, uvicorn' 2>/dev/null; }

start_python() {
  if ! python_ready && [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    say "installing python3-fastapi and python3-uvicorn"
    apt-get install -y -q python3-fastapi python3-uvicorn >"$state/apt" 2>&1 || cat "$state/apt" >&2
  fi
  if python_ready; then serve python /usr/bin/python3 -B python/main.py; else say "python is skipped: no python3-fastapi, python3-uvicorn"; fi
}

start_node() {
  command -v node >/dev/null || { say "node is skipped: not installed"; return; }
  if [[ ! node/node_modules -nt node/package-lock.json ]]; then
    say "installing what node/package-lock.json names"
    (cd node && npm ci --no-audit --no-fund >"$state/npm" 2>&1) || { cat "$state/npm" >&2; say "node is skipped: npm ci failed"; return; }
    touch node/node_modules
  fi
  serve node node node/main.js
}

jdk() {
  local home
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/*25*; do
    if [[ -x $home/bin/javac && $("$home/bin/javac" -version 2>&1) == javac\ 2[5-9]* ]]; then echo "$home"; return; fi
  done
  return 1
}

start_java() {
  local home
  home=$(jdk) || { say "java is skipped: no JDK 25"; return; }
  if [[ ! -f java/target/app/zoo.jar || -n $(find java/src java/pom.xml -newer java/target/app/zoo.jar -print -quit) ]]; then
    say "building java"
    JAVA_HOME=$home ../../mvnw -q -B -f java/pom.xml package >"$state/maven" 2>&1 ||
      { cat "$state/maven" >&2; say "java is skipped: its build failed"; return; }
  fi
  if [[ -n ${ZOO_KEPT-} && ! -d $ZOO_KEPT ]]; then say "java is skipped: no folder $ZOO_KEPT"; return; fi
  mkdir "$state/work"
  serve java run_java "$home/bin/java" -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    --enable-native-access=ALL-UNNAMED -cp "$PWD/java/target/app/*${ZOO_KEPT:+:$(cd "$ZOO_KEPT" && pwd)/*}" zoo.Zoo
}

# What Lastword keeps is in the working folder; one directory for each of the two contexts of Spring.
run_java() {
  cd "$state/work" || exit
  # shellcheck disable=SC2016 # Spring's own placeholder
  LASTWORD_DIRECTORY='${random.uuid}' exec "$@"
}

for server in python node java; do
  if [[ $wanted == *" $server "* ]]; then "start_$server"; fi
done

members=()
for name in python node java; do
  [[ -e $state/$name ]] || continue
  until address=$(grep -m1 '^"' "$state/$name"); do
    for pid in "${pids[@]}"; do kill -0 "$pid" 2>/dev/null || { say "a server has ended before it was ready"; exit 1; }; done
    sleep 0.05
  done
  members+=("$address")
done
(IFS=,; echo "{${members[*]}}")
wait
