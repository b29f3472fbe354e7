#!/bin/sh
# `lastword deb [FOLDER]`: makes a Debian package of the gateway in FOLDER, .lastword/deb if none is given, and prints its name.
# For the architecture that it runs on; needs dpkg-deb and a JDK, no rights of root.
set -eu

launcher=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
root=${launcher%/*}
debian=$launcher/debian
die() {
  status=$1
  shift
  printf 'lastword: %s\n' "$*" >&2
  exit "$status"
}

# The version of the POM; of one that is not released yet with the commit's time, or now, so that a later build is an upgrade.
version() {
  pom=$(sed -n '/<artifactId>lastword-parent</,/<version>/ s/.*<version>\(.*\)<.*/\1/p' "$root/pom.xml")
  case $pom in
    *-SNAPSHOT)
      at=$(TZ=UTC git -C "$root" log -1 --date=format-local:%Y%m%d%H%M%S --format=%cd 2>/dev/null) || at=$(date -u +%Y%m%d%H%M%S)
      echo "${pom%-SNAPSHOT}~$at"
      ;;
    *) echo "$pom" ;;
  esac
}

command -v dpkg-deb >/dev/null || die 127 'a Debian package is made with dpkg-deb, which is not in PATH'
[ $# -le 1 ] || die 2 'usage: lastword deb [FOLDER]'
mkdir -p "${1-$root/.lastword/deb}"
out=$(CDPATH='' cd -- "${1-$root/.lastword/deb}" && pwd -P)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"
umask 022

mkdir -p "$tree/DEBIAN" "$tree/usr/bin" "$tree/usr/lib/systemd/system" "$tree/usr/share/doc/lastword" "$tree/etc/lastword/secrets"
sh "$launcher/package.sh" "$tree/usr/lib/lastword"
ln -s ../lib/lastword/lastword "$tree/usr/bin/lastword"
install -m 644 "$debian/lastword.service" "$tree/usr/lib/systemd/system/"
install -m 644 "$debian/lastword.yaml" "$tree/etc/lastword/"
install -m 644 "$root/docs/guides/gateway.md" "$root/docs/guides/production.md" "$root/docs/guides/proxies.md" "$root/CHANGELOG.md" \
  "$tree/usr/share/doc/lastword/"
install -m 644 "$root/LICENSE" "$tree/usr/share/doc/lastword/copyright"
install -m 755 "$debian/postinst" "$debian/prerm" "$debian/postrm" "$tree/DEBIAN/"
echo /etc/lastword/lastword.yaml >"$tree/DEBIAN/conffiles"
cat >"$tree/DEBIAN/control" <<CONTROL
Package: lastword
Version: $(version)
Architecture: $(dpkg --print-architecture)
Maintainer: Lastword's authors <lastword@localhost>
Installed-Size: $(du -sk --exclude=DEBIAN "$tree" | cut -f1)
Depends: adduser, libc6 (>= 2.17)
Section: net
Priority: optional
Description: gateway that says the end of an answer after the answer is saved
 Stands in front of endpoints that stream Server-Sent Events, such as those of
 language models. What a reader sees is on disk before it is sent, and the end
 of an answer is said only after the answer is saved.
CONTROL
package=$out/lastword_$(version)_$(dpkg --print-architecture).deb
dpkg-deb --root-owner-group -Zxz -z6 --build "$tree" "$package" >&2
echo "$package"
