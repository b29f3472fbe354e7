package dev.lastword.gateway;

import java.net.URI;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which host and port a URL names. {@link URI} knows none of a name with an underscore, as services
 * of Compose files have them: to it that is an authority of an unknown kind.
 *
 * @param name as it stands there, IPv6 in brackets
 * @param port -1 if there is none
 */
record UrlHost(String name, int port) {
  private static final Pattern WITH_UNDERSCORE =
      Pattern.compile("(?=[^:]*_)(\\w(?:[\\w.-]*\\w)?)(?::(\\d{1,5}))?");

  /** Empty if it names none. */
  static Optional<UrlHost> of(URI url) {
    if (url.getHost() != null) {
      return Optional.of(new UrlHost(url.getHost(), url.getPort()));
    }
    var authority = url.getRawAuthority();
    var named = WITH_UNDERSCORE.matcher(authority == null ? "" : authority);
    if (!named.matches()) {
      return Optional.empty();
    }
    var port = named.group(2);
    return Optional.of(new UrlHost(named.group(1), port == null ? -1 : Integer.parseInt(port)));
  }
}
