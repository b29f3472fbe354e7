package dev.lastword.checker.browser;

import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.probe.Request;
import dev.lastword.dialect.EndingDetector;
import dev.lastword.dialect.Sign;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a page has to read, and how it leaves.
 *
 * @param known an earlier reading of the same request: which types of events there are, and what
 *     the terminal event looks like
 * @param detector tells the end of this one response
 * @param departure how the page leaves
 */
public record Errand(Request request, Reading known, EndingDetector detector, Departure departure) {
  /** Sent by the browser itself, or refused to scripts. */
  private static final Set<String> BROWSERS_OWN =
      Set.of(
          "cookie", "host", "origin", "referer", "content-length", "connection", "accept-encoding");

  /** How a page leaves. */
  public sealed interface Departure {
    /** It closes its stream at the terminal event, and is closed. */
    record AtTerminal() implements Departure {}

    /** It is reloaded after so many events. */
    record ByReload(int events) implements Departure {}

    /** It stays to the end of the body. */
    record Never() implements Departure {}
  }

  /** Whether an EventSource can ask this; it takes nothing but an address and cookies. */
  public boolean byEventSource() {
    return request.method().equals("GET")
        && !known.lines()
        && scriptHeaders().keySet().stream().allMatch("accept"::equals);
  }

  private Map<String, String> scriptHeaders() {
    var headers = new LinkedHashMap<String, String>();
    for (var header : request.headers()) {
      var name = header.name().toLowerCase(Locale.ROOT);
      if (!BROWSERS_OWN.contains(name)) {
        headers.put(name, header.value());
      }
    }
    return headers;
  }

  /** As the page's script takes it. */
  Map<String, Object> told() {
    var told = new LinkedHashMap<String, Object>();
    told.put("url", request.uri().toString());
    told.put("method", request.method());
    told.put("headers", scriptHeaders());
    told.put("body", new String(request.body(), StandardCharsets.UTF_8));
    told.put("eventSource", byEventSource());
    told.put("lines", known.lines());
    told.put("types", types());
    terminal().ifPresent(terminal -> told.put("terminal", terminal));
    switch (departure) {
      case Departure.AtTerminal at -> told.put("leave", "close");
      case Departure.ByReload reload -> {
        told.put("leave", "reload");
        told.put("after", reload.events());
      }
      case Departure.Never never -> told.put("leave", "never");
    }
    return told;
  }

  private List<String> types() {
    return Stream.concat(
            Stream.of("message"), known.arrivals().stream().map(each -> type(each.event().type())))
        .distinct()
        .toList();
  }

  private static String type(String type) {
    return type.isEmpty() ? "message" : type;
  }

  /**
   * How the page's own script knows the terminal event, so that it leaves in its handler: by its
   * type, where no other event has that, or by type and data. A terminal event with other data in
   * each response is told to the page a few milliseconds later.
   */
  private Optional<Map<String, Object>> terminal() {
    return known
        .terminal()
        .map(
            terminal -> {
              var type = type(terminal.event().type());
              boolean alone =
                  !type.equals("message")
                      && known.arrivals().stream()
                          .filter(each -> type(each.event().type()).equals(type))
                          .allMatch(
                              each -> each.sign() != Sign.CONTENT && each.sign() != Sign.TAIL);
              var rule = new LinkedHashMap<String, Object>();
              rule.put("type", type);
              rule.put("data", alone ? null : terminal.event().data());
              return rule;
            });
  }
}
