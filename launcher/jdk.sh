# Finds a JDK that can build and run Lastword; sourced by the front door and by the tests.
# shellcheck shell=sh disable=SC2034 # the sourcing script reads JDK and JDK_VERSION

JDK_VERSION_MIN=25
JDK=

# Sets JDK to the home of the first JDK that is new enough: JAVA_HOME, PATH, then the usual folders.
find_jdk() {
  if [ -n "${JAVA_HOME-}" ] && is_jdk "$JAVA_HOME"; then
    JDK=$JAVA_HOME
    return 0
  fi
  if java_in_path=$(command -v java) && home=$(home_of "$java_in_path") && is_jdk "$home"; then
    JDK=$home
    return 0
  fi
  while IFS= read -r home; do
    if is_jdk "$home"; then
      JDK=$home
      return 0
    fi
  done <<FOLDERS
$(usual_jdk_folders)
FOLDERS
  return 1
}

# Where systems and version managers put JDKs, one a line.
usual_jdk_folders() {
  printf '%s\n' \
    "${JDK_HOME-}" \
    /usr/lib/jvm/* \
    /usr/java/* \
    /opt/* /opt/java/* /opt/jdk/* \
    "${HOME-}"/.sdkman/candidates/java/* \
    "${HOME-}"/.jdks/* \
    "${HOME-}"/.asdf/installs/java/* \
    "${HOME-}"/.local/share/mise/installs/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "${HOME-}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home
  [ ! -x /usr/libexec/java_home ] || /usr/libexec/java_home -v "$JDK_VERSION_MIN+" 2>/dev/null || :
}

# Whether $1 is a JDK, not only a runtime, of at least the version needed. Reads its `release` file: starting
# a JVM to ask would cost 40 ms for each candidate. Leaves the version in JDK_VERSION.
is_jdk() {
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  JDK_VERSION=
  while IFS='=' read -r key value || [ -n "$key" ]; do
    [ "$key" != JAVA_VERSION ] || JDK_VERSION=${value#\"}
  done <"$1/release"
  JDK_VERSION=${JDK_VERSION%%\"*}
  major=${JDK_VERSION%%[!0-9]*}
  [ -n "$major" ] && [ "$major" -ge "$JDK_VERSION_MIN" ]
}

# The home of the java program $1, behind the links that alternatives systems put in front of it.
home_of() {
  program=$1
  while [ -L "$program" ]; do
    target=$(readlink "$program")
    case $target in
      /*) program=$target ;;
      *) program=${program%/*}/$target ;;
    esac
  done
  case $program in
    */bin/java) printf '%s\n' "${program%/bin/java}" ;;
    *) return 1 ;;
  esac
}

no_jdk() {
  cat >&2 <<TEXT
lastword: needs a JDK $JDK_VERSION_MIN or newer, and found none in JAVA_HOME, PATH or the usual folders. Install one of these:

  Debian, Ubuntu   sudo apt-get install -y wget gpg
                   wget -qO- https://packages.adoptium.net/artifactory/api/gpg/key/public \\
                     | sudo gpg --dearmor -o /etc/apt/trusted.gpg.d/adoptium.gpg
                   echo "deb https://packages.adoptium.net/artifactory/deb \$(. /etc/os-release; echo \$VERSION_CODENAME) main" \\
                     | sudo tee /etc/apt/sources.list.d/adoptium.list
                   sudo apt-get update && sudo apt-get install -y temurin-25-jdk
  Fedora           sudo dnf install -y java-25-openjdk-devel
  macOS            brew install openjdk@25
  anywhere         curl -s https://get.sdkman.io | bash && sdk install java 25-tem

then run this again. A JDK in another place is found through JAVA_HOME.
TEXT
  exit 127 # as of a shell that does not find a program; `check` says something else with 3
}
