package dev.lastword.sse;

import java.util.ArrayList;
import java.util.List;

/**
 * The standard's own words, slowly: decode the whole stream, split it into lines, interpret them
 * one by one (WHATWG HTML §9.2.5 and §9.2.6). Shares no line with the parser under test.
 */
final class SpecParser {
  final List<Seen> events = new ArrayList<>();
  String lastEventIdString = "";
  long reconnectionTime = -1;

  private final StringBuilder dataBuffer = new StringBuilder();
  private String eventTypeBuffer = "";
  private String lastEventIdBuffer = "";

  static SpecParser of(byte[] stream) {
    var parser = new SpecParser();
    var text = SpecUtf8.decode(stream);
    if (text.startsWith("\uFEFF")) {
      text = text.substring(1);
    }
    int start = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n' || c == '\r') {
        parser.processLine(text.substring(start, i));
        if (c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n') {
          i++;
        }
        start = i + 1;
      }
    }
    return parser;
  }

  private void processLine(String line) {
    int colon = line.indexOf(':');
    if (line.isEmpty()) {
      dispatch();
    } else if (colon == 0) {
      return;
    } else if (colon > 0) {
      var value = line.substring(colon + 1);
      processField(line.substring(0, colon), value.startsWith(" ") ? value.substring(1) : value);
    } else {
      processField(line, "");
    }
  }

  private void processField(String name, String value) {
    if (name.equals("event")) {
      eventTypeBuffer = value;
    }
    if (name.equals("data")) {
      dataBuffer.append(value).append('\n');
    }
    if (name.equals("id") && value.indexOf('\0') < 0) {
      lastEventIdBuffer = value;
    }
    if (name.equals("retry") && value.matches("[0-9]+")) {
      reconnectionTime =
          new java.math.BigInteger(value)
              .min(java.math.BigInteger.valueOf(Long.MAX_VALUE))
              .longValueExact();
    }
  }

  private void dispatch() {
    lastEventIdString = lastEventIdBuffer;
    if (dataBuffer.isEmpty()) {
      eventTypeBuffer = "";
      return;
    }
    dataBuffer.setLength(dataBuffer.length() - 1);
    var type = eventTypeBuffer.isEmpty() ? "message" : eventTypeBuffer;
    events.add(new Seen(type, dataBuffer.toString(), lastEventIdString));
    dataBuffer.setLength(0);
    eventTypeBuffer = "";
  }
}
