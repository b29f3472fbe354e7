package dev.lastword.gateway;

import dev.lastword.gateway.RouteSettings.Value;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads the list {@code routes} of the configuration file. */
final class RoutesReader {
  private final JsonParser parser;
  private final String file;
  private final Settings all;

  /**
   * @param parser at the value of {@code routes}
   * @param all what holds for every route that does not say otherwise
   */
  RoutesReader(JsonParser parser, String file, Settings all) {
    this.parser = parser;
    this.file = file;
    this.all = all;
  }

  List<RouteSettings> read() {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw wrong("'routes' has to be a list, each of its items a route with path and upstream");
    }
    var routes = new ArrayList<RouteSettings>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      routes.add(route());
    }
    return routes;
  }

  private RouteSettings route() {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw wrong("a route has to be a mapping with path and upstream");
    }
    var route = new RouteSettings(source(), new Settings(all));
    for (var key = parser.nextName(); key != null; key = parser.nextName()) {
      parser.nextToken();
      member(route, key);
    }
    return route;
  }

  private void member(RouteSettings route, String key) {
    switch (key) {
      case RouteSettings.PATH, RouteSettings.UPSTREAM, RouteSettings.STRIP ->
          route.set(key, value(key));
      case RouteSettings.UPSTREAMS -> route.addUpstreams(values(key));
      case RouteSettings.HEADERS -> headers(route);
      default -> override(route, key);
    }
  }

  private void headers(RouteSettings route) {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw wrong("'upstream-headers' has to be a mapping of names to values");
    }
    for (var name = parser.nextName(); name != null; name = parser.nextName()) {
      parser.nextToken();
      route.headers().put(name, value(RouteSettings.HEADERS + "." + name));
    }
  }

  private void override(RouteSettings route, String key) {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      set(route, key);
      return;
    }
    for (var name = parser.nextName(); name != null; name = parser.nextName()) {
      parser.nextToken();
      set(route, key + "." + name);
    }
  }

  private void set(RouteSettings route, String key) {
    var setting = RouteSettings.overridden(key, source());
    route.settings().read(parser, setting, source());
  }

  private Value value(String key) {
    if (!parser.currentToken().isScalarValue() || parser.currentToken() == JsonToken.VALUE_NULL) {
      throw wrong("'" + key + "' needs one value");
    }
    var source = source();
    var written = parser.getString();
    return new Value(
        written, all.references().resolve(written, source + ": '" + key + "'"), source);
  }

  private List<Value> values(String key) {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw wrong("'" + key + "' has to be a list");
    }
    var values = new ArrayList<Value>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      values.add(value(key));
    }
    return values;
  }

  private String source() {
    return file + ":" + parser.currentTokenLocation().getLineNr();
  }

  private ConfigException wrong(String message) {
    return new ConfigException(source() + ": " + message);
  }
}
