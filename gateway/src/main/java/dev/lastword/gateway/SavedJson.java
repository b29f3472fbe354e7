package dev.lastword.gateway;

import dev.lastword.stream.SavedResponse;
import dev.lastword.stream.StreamView;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** What an application is told of a stream that it writes, and of a response that it is to save. */
final class SavedJson {
  private SavedJson() {}

  /** A stream, and no response to save. */
  static String of(StreamView stream) {
    return "{\"stream\":" + text(StreamJson.of(stream)) + ",\"saving\":null}";
  }

  /**
   * A stream, and its response that the asker is to save.
   *
   * @param leaseMs how long it is the asker's alone
   */
  static String of(StreamView stream, SavedResponse response, long leaseMs) {
    return "{\"stream\":"
        + text(StreamJson.of(stream))
        + ",\"saving\":"
        + text(of(response, leaseMs))
        + "}";
  }

  private static String text(byte[] json) {
    return new String(json, StandardCharsets.UTF_8);
  }

  private static byte[] of(SavedResponse response, long leaseMs) {
    return Json.bytes(
        out -> {
          out.writeStartObject();
          out.writeStringProperty("stream", response.stream().value());
          out.writeStringProperty("outcome", response.outcome().word());
          out.writeStringProperty("reason", response.reason());
          out.writeStringProperty("created", time(response.createdMs()));
          out.writeStringProperty("ended", time(response.endedMs()));
          out.writeNumberProperty("leaseMs", leaseMs);
          out.writeObjectPropertyStart("attributes");
          ProducerFields.told(response.attributes()).forEach(out::writeStringProperty);
          out.writeEndObject();
          out.writeName("response");
          out.writeRawValue(response.json());
          out.writeEndObject();
        });
  }

  private static String time(long ms) {
    return Instant.ofEpochMilli(ms).toString();
  }
}
