#!/bin/sh
# Makes what is published, and looks at it as a stranger would: `./lastword release [FOLDER]`, `./lastword release --twice [ROOM...]`.
# Nothing is uploaded and nothing is signed; docs/guides/publishing.md says what is left to do.
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
# shellcheck source=launcher/build.sh
. "$LASTWORD_ROOT/launcher/build.sh"
find_jdk || no_jdk
mkdir -p "$LASTWORD_STATE"
LOG=$LASTWORD_STATE/release.log

# Copies the sources that git knows, as they lie here, into folder $1.
copy_sources() {
  mkdir -p "$1"
  (cd "$LASTWORD_ROOT" && git ls-files -z --cached --others --exclude-standard | while_there | tar -c --null -T - -f -) | tar -x -f - -C "$1"
}

# Names that git knows and that have been removed here are left out.
while_there() {
  tr '\0' '\n' | while IFS= read -r name; do [ ! -e "$name" ] || printf '%s\0' "$name"; done
}

# Maven in the copy $1, with the release profile.
release_maven() (
  copy=$1
  shift
  cd "$copy"
  JAVA_HOME=$JDK MAVEN_OPTS="$MAVEN_JVM_OPTS" ./mvnw -B -ntp -Prelease -Dmaven.test.skip=true -Dspotless.check.skip=true "$@"
)

# The artifacts of the bill of materials, one a line.
published() {
  sed -n 's/^ *<artifactId>\(lastword-.*\)<\/artifactId>$/\1/p' "$LASTWORD_ROOT/bom/pom.xml" | grep -v -x lastword-bom
}

rooms() {
  published | sed 's/^lastword-//' | paste -s -d , -
}

# Two builds in two folders, each of a copy of its own; true if every file of one is the other's to the last byte.
build_twice() {
  [ $# -gt 0 ] || set -- sse reader
  names=$(printf '%s,' "$@")
  work=$(mktemp -d "${TMPDIR:-/tmp}/lastword-release.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  for copy in first the-second-has-a-longer-name; do
    copy_sources "$work/$copy"
    release_maven "$work/$copy" -q -pl "${names%,}" -am package >"$LOG" 2>&1 || {
      tail -n 40 "$LOG" >&2
      die 5 "the build has failed; all output is in $LOG"
    }
  done
  different=0
  for room in "$@"; do
    set -- "$work/first/$room"/target/lastword-*.jar "$work/first/$room"/target/bom.json "$work/first/$room"/target/bom.xml
    for file in "$@"; do
      other=$work/the-second-has-a-longer-name${file#"$work/first"}
      sum=$(sha256sum <"$file" | cut -d ' ' -f 1)
      if [ "$sum" = "$(sha256sum <"$other" | cut -d ' ' -f 1)" ]; then
        echo "the same       $sum  $room/${file##*/}"
      else
        echo "DIFFERENT      $room/${file##*/}"
        different=$((different + 1))
      fi
    done
  done
  [ "$different" -eq 0 ] || die 1 "$different files are another's each time they are built"
}

wrong=0
complain() {
  echo "WRONG  $*"
  wrong=$((wrong + 1))
}

# What Maven Central asks of the pom $1, which may inherit what is not named here; https://central.sonatype.org/publish/requirements/
check_pom() {
  pom=$1
  shift
  for element in "$@"; do
    grep -q "^  <$element[ >]" "$pom" || complain "${pom##*/} has no $element"
  done
}

# The jar $1 says its module's name itself; without one it would be called after its file.
check_module() {
  "$JDK/bin/jar" --validate --file "$1" >/dev/null || complain "${1##*/} is no jar as it ought to be"
  "$JDK/bin/jar" --list --file "$1" | grep -q '^META-INF/LICENSE$' || complain "${1##*/} has no licence in it"
  "$JDK/bin/jar" --list --file "$1" | grep -q '^module-info.class$' || {
    (cd "$work" && "$JDK/bin/jar" --extract --file "$1" META-INF/MANIFEST.MF)
    grep -q '^Automatic-Module-Name: dev\.lastword\.' "$work/META-INF/MANIFEST.MF" || complain "${1##*/} has no module's name"
  }
}

release_into() {
  folder=$1
  work=$(mktemp -d "${TMPDIR:-/tmp}/lastword-release.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  copy_sources "$work/copy"
  echo "Building what is published with JDK $JDK_VERSION ..."
  release_maven "$work/copy" -q -pl ".,bom,$(rooms)" -am -DaltDeploymentRepository="release::file://$folder" deploy >"$LOG" 2>&1 || {
    tail -n 40 "$LOG" >&2
    die 5 "the build has failed; all output is in $LOG"
  }
  for artifact in lastword-parent lastword-bom; do
    check_pom "$(find "$folder/dev/lastword/$artifact" -name '*.pom')" name description url licenses developers scm
  done
  for artifact in $(published); do
    at=$folder/dev/lastword/$artifact
    for what in .pom -sources.jar -javadoc.jar -cyclonedx.json -cyclonedx.xml; do
      find "$at" -name "$artifact-*$what" 2>/dev/null | grep -q . || complain "$artifact has no $what"
    done
    jar=$(find "$at" -name "$artifact-*.jar" ! -name '*-sources.jar' ! -name '*-javadoc.jar' 2>/dev/null)
    if [ -n "$jar" ]; then
      check_module "$jar"
    else
      complain "$artifact has no jar"
    fi
    check_pom "$(find "$at" -name '*.pom')" name description
  done
  for at in "$folder"/dev/lastword/*/; do
    name=$(basename "$at")
    case $name in lastword-parent | lastword-bom) continue ;; esac
    published | grep -q -x "$name" || complain "$name is not to be published"
  done
  [ "$wrong" -eq 0 ] || die 1 "$wrong things are wrong with what is published, in $folder"
  echo "$(published | wc -l | tr -d ' ') artifacts, the parent and the bill of materials are in $folder: unsigned, and not uploaded"
}

if [ "${1-}" = --twice ]; then
  shift
  build_twice "$@"
else
  folder=${1:-$LASTWORD_STATE/release}
  case $folder in /*) ;; *) folder=$PWD/$folder ;; esac
  [ ! -e "$folder" ] || [ -z "$(ls -A "$folder")" ] || {
    [ "$folder" = "$LASTWORD_STATE/release" ] || die 2 "$folder is not empty"
    rm -rf "$folder"
  }
  mkdir -p "$folder"
  release_into "$folder"
fi
