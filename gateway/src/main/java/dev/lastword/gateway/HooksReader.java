package dev.lastword.gateway;

import dev.lastword.gateway.RouteSettings.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads the mapping {@code hooks} of the configuration file. */
final class HooksReader {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");

  private final JsonParser parser;
  private final String file;
  private final References references;

  /**
   * @param parser at the start of the mapping; at its end after
   */
  HooksReader(JsonParser parser, String file, References references) {
    this.parser = parser;
    this.file = file;
    this.references = references;
  }

  List<HookSettings> read() {
    var hooks = new ArrayList<HookSettings>();
    var names = new HashSet<String>();
    for (var name = parser.nextName(); name != null; name = parser.nextName()) {
      if (!NAME.matcher(name).matches()) {
        throw wrong("the name of a hook has to be 1 to 64 characters of A-Z a-z 0-9 _ -");
      }
      if (!names.add(name)) {
        throw wrong("there are two hooks of the name '" + name + "'");
      }
      var source = source();
      parser.nextToken();
      hooks.add(hook(new HookSettings(name, source)));
    }
    return hooks;
  }

  private HookSettings hook(HookSettings hook) {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw wrong("the hook '" + hook.name() + "' has to be a mapping with 'type'");
    }
    for (var key = parser.nextName(); key != null; key = parser.nextName()) {
      parser.nextToken();
      hook.set(key, values(hook.name() + "." + key));
    }
    return hook;
  }

  private List<Value> values(String key) {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      return List.of(value(key));
    }
    var values = new ArrayList<Value>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      values.add(value(key));
    }
    return values;
  }

  private Value value(String key) {
    if (!parser.currentToken().isScalarValue() || parser.currentToken() == JsonToken.VALUE_NULL) {
      throw wrong("'" + key + "' needs one value, or a list");
    }
    var source = source();
    var written = parser.getString();
    return new Value(written, references.resolve(written, source + ": '" + key + "'"), source);
  }

  private String source() {
    return file + ":" + parser.currentTokenLocation().getLineNr();
  }

  private ConfigException wrong(String message) {
    return new ConfigException(source() + ": " + message);
  }
}
