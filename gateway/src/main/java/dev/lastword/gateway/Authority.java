package dev.lastword.gateway;

import io.netty.util.NetUtil;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Host and port as the {@code Host} field, a target in absolute form or an origin names them (RFC
 * 3986 §3.2, without user information).
 *
 * @param host in lower case, without the dot that a full name may end with; IPv6 in brackets
 * @param port -1 for none
 */
record Authority(String host, int port) {
  private static final Pattern FORM =
      Pattern.compile("(\\[[0-9A-Fa-f:.]+\\]|[0-9A-Za-z._~%-]+)(?::([0-9]{0,5}))?");
  private static final int PORT_MAX = 65_535;

  /** Reads it; empty if it is none. */
  static Optional<Authority> parse(String text) {
    var parts = FORM.matcher(text);
    if (!parts.matches()) {
      return Optional.empty();
    }
    var digits = parts.group(2);
    int port = digits == null || digits.isEmpty() ? -1 : Integer.parseInt(digits);
    var host = parts.group(1).toLowerCase(Locale.ROOT);
    var bare = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    boolean proper = !bare.isEmpty() && (!host.startsWith("[") || NetUtil.isValidIpV6Address(host));
    return proper && port <= PORT_MAX ? Optional.of(new Authority(bare, port)) : Optional.empty();
  }

  /** Whether the name means this machine for every browser, whatever a name server says. */
  boolean isLoopback() {
    if (host.equals("localhost") || host.endsWith(".localhost")) {
      return true;
    }
    var address = NetUtil.createInetAddressFromIpAddressString(host);
    return address != null && address.isLoopbackAddress();
  }
}
