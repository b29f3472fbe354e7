package dev.lastword.gateway;

import dev.lastword.gateway.RouteSettings.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Where the requests below one path go.
 *
 * @param path {@code /}, or whole segments without a slash at their end
 * @param upstreams where they are relayed to: the next one where one before it has failed
 * @param strip the upstream is asked for what stands behind the path
 * @param headers fields that the upstream is told in place of the client's
 */
record RouteConfig(
    String path,
    List<UpstreamTarget> upstreams,
    boolean strip,
    List<Field> headers,
    RoutePolicy policy) {
  static final String ROOT = "/";

  private static final Pattern SEGMENTS = Pattern.compile("(/[A-Za-z0-9!$&'()*+,.:;=@_~%-]+)+");
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
  private static final Pattern VALUE = Pattern.compile("[\\x20-\\x7e\\t]*");

  /** Fields that say how one connection is used, or that every request is given anyway. */
  private static final Set<String> NOT_FOR_ROUTES =
      Set.of(
          "accept-encoding",
          "connection",
          "content-length",
          "expect",
          "host",
          "keep-alive",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "via");

  /**
   * A field for the upstream.
   *
   * @param value secret; empty to leave out the client's
   */
  record Field(String name, String value) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** The route of everything. */
  static RouteConfig root(UpstreamTarget upstream, RoutePolicy policy) {
    return new RouteConfig(ROOT, List.of(upstream), false, List.of(), policy);
  }

  /** Reads a route of the file. */
  static RouteConfig of(RouteSettings route, RoutePolicy policy) {
    return new RouteConfig(
        path(route.value(RouteSettings.PATH, "")),
        upstreams(route),
        strip(route.value(RouteSettings.STRIP, "false")),
        headers(route),
        policy);
  }

  private static String path(Value value) {
    var path = value.text().replaceFirst("(?<=.)/+$", "");
    boolean proper = path.equals(ROOT) || SEGMENTS.matcher(path).matches();
    if (!proper || RequestTarget.dotted(path)) {
      throw wrong(value, RouteSettings.PATH, "/ or a path such as /openai");
    }
    if (Router.isOwn(path)) {
      throw new ConfigException(
          "%s: 'path': %s is the gateway's own".formatted(value.source(), path));
    }
    return path;
  }

  private static List<UpstreamTarget> upstreams(RouteSettings route) {
    if (route.upstreams().isEmpty()) {
      throw new ConfigException(
          route.source() + ": a route needs 'upstream', or 'upstreams' with at least one");
    }
    return route.upstreams().stream().map(RouteConfig::upstream).toList();
  }

  private static UpstreamTarget upstream(Value value) {
    try {
      return UpstreamTarget.parse(value.text(), value.written());
    } catch (IllegalArgumentException e) {
      throw new ConfigException(value.source() + ": " + e.getMessage());
    }
  }

  private static boolean strip(Value value) {
    return switch (value.text()) {
      case "true" -> true;
      case "false" -> false;
      default -> throw wrong(value, RouteSettings.STRIP, "true or false");
    };
  }

  private static List<Field> headers(RouteSettings route) {
    var fields = new ArrayList<Field>();
    route.headers().forEach((name, value) -> fields.add(field(name, value)));
    return List.copyOf(fields);
  }

  private static Field field(String name, Value value) {
    var lower = name.toLowerCase(Locale.ROOT);
    if (!TOKEN.matcher(name).matches()) {
      throw new ConfigException(
          "%s: 'upstream-headers': '%s' is no name of a field".formatted(value.source(), name));
    }
    if (NOT_FOR_ROUTES.contains(lower) || lower.startsWith(RelayHeaders.OWN_PREFIX)) {
      throw new ConfigException(
          "%s: 'upstream-headers': %s is the gateway's own to say".formatted(value.source(), name));
    }
    if (!VALUE.matcher(value.text()).matches()) {
      throw new ConfigException( // without the value, which may be secret
          "%s: 'upstream-headers': the value of %s has to be one line of printable ASCII"
              .formatted(value.source(), name));
    }
    return new Field(name, value.text().strip());
  }

  private static ConfigException wrong(Value value, String key, String expected) {
    return new ConfigException(
        "%s: '%s' has to be %s, not '%s'"
            .formatted(value.source(), key, expected, value.written()));
  }

  /** Whether a path is this one or stands below it. */
  boolean takes(String asked) {
    return path.equals(ROOT)
        || (asked.startsWith(path)
            && (asked.length() == path.length() || asked.charAt(path.length()) == '/'));
  }

  /** What stands behind the path in a target that it takes; starts with {@code /} if at all. */
  String rest(String target) {
    return path.equals(ROOT) ? target : target.substring(path.length());
  }

  /** The target that the upstream is asked for, below its base path. */
  String asked(String target) {
    if (!strip) {
      return target;
    }
    var rest = rest(target);
    return rest.startsWith("/") ? rest : "/" + rest;
  }
}
