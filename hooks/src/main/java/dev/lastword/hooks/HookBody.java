package dev.lastword.hooks;

import dev.lastword.stream.Attributes;
import dev.lastword.stream.SavedResponse;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * A response as hooks receive it, in JSON: after Standard Webhooks a type, the time of what has
 * happened, and data. The same bytes for every call.
 */
final class HookBody {
  private static final JsonFactory JSON = new JsonFactory();

  /** Room for all but the response, so that a large one need not be moved as it grows. */
  private static final int ENVELOPE_BYTES = 4 << 10;

  private HookBody() {}

  /**
   * @param receipt {@code ""} where there is none
   */
  static byte[] of(SavedResponse saved, String receipt) {
    var response = saved.json();
    var bytes = new ByteArrayOutputStream(response.length() + ENVELOPE_BYTES);
    try (var json = JSON.createGenerator(ObjectWriteContext.empty(), bytes)) {
      json.writeStartObject();
      json.writeStringProperty("type", "response." + saved.outcome().word());
      json.writeStringProperty("timestamp", time(saved.endedMs()));
      json.writeObjectPropertyStart("data");
      data(json, saved, receipt, response);
      json.writeEndObject();
      json.writeEndObject();
    }
    return bytes.toByteArray();
  }

  private static void data(
      JsonGenerator json, SavedResponse saved, String receipt, String response) {
    json.writeStringProperty("stream", saved.stream().value());
    json.writeStringProperty("outcome", saved.outcome().word());
    json.writeStringProperty("reason", saved.reason());
    for (var name :
        new String[] {
          Attributes.OWNER,
          Attributes.CONVERSATION,
          Attributes.PATH,
          Attributes.MODEL,
          Attributes.INPUT
        }) {
      var value = saved.attributes().get(name);
      if (value != null) {
        json.writeStringProperty(name, value);
      }
    }
    json.writeStringProperty("created", time(saved.createdMs()));
    json.writeStringProperty("ended", time(saved.endedMs()));
    json.writeNumberProperty("events", saved.events());
    if (!saved.sha256().isEmpty()) {
      json.writeStringProperty("sha256", saved.sha256());
    }
    if (!receipt.isEmpty()) {
      json.writeStringProperty("receipt", receipt);
    }
    json.writeObjectPropertyStart("facts");
    facts(saved).forEach(json::writeStringProperty);
    json.writeEndObject();
    json.writeName("response");
    json.writeRawValue(response);
  }

  /** What was taken out of the request, by name. */
  static Map<String, String> facts(SavedResponse saved) {
    var facts = new TreeMap<String, String>();
    saved
        .attributes()
        .forEach(
            (name, value) -> {
              if (name.startsWith(Attributes.FACT)) {
                facts.put(name.substring(Attributes.FACT.length()), value);
              }
            });
    return facts;
  }

  private static String time(long ms) {
    return Instant.ofEpochMilli(ms).toString();
  }
}
