package dev.lastword.bench;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;

/// What a reader asks of the source, carried in the query of the request so that it passes any
/// relay.
///
/// @param key number of the stream, repeated in each of its events
/// @param rate events per second, more than 0
/// @param bytes length of an event's data line, at least [EventTemplate#BYTES_MIN]
/// @param events events before the ending event; 0 goes on until the source is told to finish
/// @param held whether to send one event and then wait until the source is told to go on
/// @param tick whether all streams send at the same moments, as a fan-out does, and stamp the
///   moment instead of the send
record StreamShape(int key, double rate, int bytes, int events, boolean held, boolean tick) {

  StreamShape {
    if (!(rate > 0) || bytes < EventTemplate.BYTES_MIN || events < 0) {
      throw new IllegalArgumentException(
          "no such stream: rate=" + rate + " bytes=" + bytes + " events=" + events);
    }
  }

  StreamShape withKey(int otherKey) {
    return new StreamShape(otherKey, rate, bytes, events, held, tick);
  }

  StreamShape withEvents(int otherEvents) {
    return new StreamShape(key, rate, bytes, otherEvents, held, tick);
  }

  long intervalNanos() {
    return Math.max(1, Math.round(1e9 / rate));
  }

  String query() {
    return "key="
        + key
        + "&rate="
        + rate
        + "&bytes="
        + bytes
        + "&events="
        + events
        + "&held="
        + held
        + "&tick="
        + tick;
  }

  /// @throws IllegalArgumentException if a parameter is missing or out of bounds
  static StreamShape ofUri(String uri) {
    var query = new QueryStringDecoder(uri);
    return new StreamShape(
        Integer.parseInt(parameter(query, "key")),
        Double.parseDouble(parameter(query, "rate")),
        Integer.parseInt(parameter(query, "bytes")),
        Integer.parseInt(parameter(query, "events")),
        Boolean.parseBoolean(parameter(query, "held")),
        Boolean.parseBoolean(parameter(query, "tick")));
  }

  private static String parameter(QueryStringDecoder query, String name) {
    return query.parameters().getOrDefault(name, List.of("")).getFirst();
  }
}
