package dev.lastword.gateway;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * Where requests are relayed to; from the configuration, never from a request.
 *
 * @param tls whether the scheme is {@code https}
 * @param host name or address, IPv6 without brackets
 * @param authority what the {@code Host} field says
 * @param basePath put before the path of each request; empty or {@code /something}, without a slash
 *     at its end
 */
record UpstreamTarget(boolean tls, String host, int port, String authority, String basePath) {

  /**
   * Reads {@code http[s]://host[:port][/base]}.
   *
   * @throws IllegalArgumentException with one sentence for the operator
   */
  static UpstreamTarget parse(String url) {
    return parse(url, url);
  }

  /**
   * The same of a URL that holds what references of the configuration stand for.
   *
   * @param written the URL as messages may show it
   */
  static UpstreamTarget parse(String url, String written) {
    URI uri;
    try {
      uri = new URI(url);
    } catch (URISyntaxException e) {
      throw malformed(written, e.getReason());
    }
    var scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw malformed(written, "it has to begin with http:// or https://");
    }
    var named = UrlHost.of(uri).orElseThrow(() -> malformed(written, "it names no host"));
    if (uri.getRawQuery() != null || uri.getRawFragment() != null || uri.getRawUserInfo() != null) {
      throw malformed(written, "it may name only scheme, host, port and base path");
    }
    boolean tls = scheme.equals("https");
    int standardPort = tls ? 443 : 80;
    int port = named.port() < 0 ? standardPort : named.port();
    if (port < 1 || port > 65_535) {
      throw malformed(written, "its port has to be 1 to 65535");
    }
    var host = named.name();
    var bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    var path = uri.getRawPath().replaceAll("/+$", "");
    return new UpstreamTarget(
        tls, bare, port, port == standardPort ? host : host + ":" + port, path);
  }

  private static IllegalArgumentException malformed(String url, String why) {
    return new IllegalArgumentException(
        "upstream URL '" + withoutSecrets(url) + "' is malformed: " + why);
  }

  /** A URL that says too much says it in user information or query. */
  private static String withoutSecrets(String url) {
    return url.replaceFirst("//[^/]*@", "//…@").replaceFirst("\\?.*", "?…");
  }

  /** The same server, with another base path. */
  UpstreamTarget at(String path) {
    return new UpstreamTarget(tls, host, port, authority, path);
  }

  /** Without the base path: some providers' addresses hold a key there, and this is for the log. */
  @Override
  public String toString() {
    return (tls ? "https://" : "http://") + authority;
  }
}
