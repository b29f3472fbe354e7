package dev.lastword.gateway;

import dev.lastword.gateway.StreamOrder.MalformedException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** A JSON object whose members are texts, which is most of what short requests say. */
final class Texts {
  private static final JsonFactory FACTORY = new JsonFactory();

  private Texts() {}

  /**
   * Reads one.
   *
   * @param body empty for one without members
   */
  static Map<String, String> of(byte[] body) throws MalformedException {
    var members = new LinkedHashMap<String, String>();
    if (body.length == 0) {
      return members;
    }
    try (var parser = FACTORY.createParser(ObjectReadContext.empty(), body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw noObject();
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        var name = parser.currentName();
        if (parser.nextToken() != JsonToken.VALUE_STRING) {
          throw new MalformedException(name, "a text");
        }
        members.put(name, parser.getString());
      }
      if (parser.nextToken() != null) {
        throw noObject();
      }
    } catch (JacksonException e) { // what it says of the body is nobody's business
      throw noObject();
    }
    return members;
  }

  private static MalformedException noObject() {
    return new MalformedException("body", "a JSON object");
  }

  /** Refuses a member that is none of these. */
  static void allow(Map<String, String> members, String... names) throws MalformedException {
    for (var name : members.keySet()) {
      if (!List.of(names).contains(name)) {
        throw new MalformedException(
            name, "there are " + String.join(" and ", Arrays.asList(names)));
      }
    }
  }
}
