# Finds Node.js and a browser for the tests; sourced by the front door and by the tests.
# shellcheck shell=sh

NODE_VERSION_MIN=20

# Prints the path of a node that is new enough.
usable_node() {
  node=$(command -v node) || return 1
  major=$("$node" --version) || return 1
  major=${major#v}
  [ "${major%%.*}" -ge "$NODE_VERSION_MIN" ] && printf '%s\n' "$node"
}

# Exports LASTWORD_CHROMIUM, the path of a browser that speaks Chromium's protocol.
find_chromium() {
  for browser in \
    "${LASTWORD_CHROMIUM-}" \
    "$(command -v chromium)" \
    "$(command -v chromium-browser)" \
    "$(command -v google-chrome)" \
    "$(command -v google-chrome-stable)" \
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' \
    '/Applications/Chromium.app/Contents/MacOS/Chromium'; do
    if [ -n "$browser" ] && [ -x "$browser" ]; then
      export LASTWORD_CHROMIUM="$browser"
      return
    fi
  done
  return 1
}
