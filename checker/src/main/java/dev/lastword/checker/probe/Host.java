package dev.lastword.checker.probe;

import java.net.URI;
import java.util.regex.Pattern;

/**
 * Which host an address names. {@link URI} knows none of a name with an underscore, as services of
 * Compose files have them: to it that is an authority of an unknown kind.
 */
public final class Host {
  private static final Pattern AUTHORITY =
      Pattern.compile("(?:.*@)?(\\[[^\\]]*]|[^:@]*)(?::(\\d{1,5})?)?");

  private Host() {}

  /** Its name or number, without brackets; {@code ""} if there is none. */
  public static String of(URI uri) {
    return part(uri, 1).replaceAll("^\\[|]$", "");
  }

  /** The port, or the scheme's own. */
  public static int port(URI uri) {
    var port = part(uri, 2);
    boolean secure = "https".equalsIgnoreCase(uri.getScheme());
    return port.isEmpty() ? secure ? 443 : 80 : Integer.parseInt(port);
  }

  /** Whether it is this machine. */
  public static boolean isLoopback(URI uri) {
    return of(uri).matches("(?i)(.*\\.)?localhost|127(\\.\\d+){3}|::1|0:0:0:0:0:0:0:1");
  }

  private static String part(URI uri, int group) {
    var authority = AUTHORITY.matcher(String.valueOf(uri.getRawAuthority()));
    var part = authority.matches() ? authority.group(group) : null;
    return uri.getRawAuthority() == null || part == null ? "" : part;
  }
}
