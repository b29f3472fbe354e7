package dev.lastword.checker.template;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.probe.Request;
import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.PlainDialect;
import dev.lastword.dialect.Sign;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How a response's end is told, and how its text is put together from its events.
 *
 * @param choice the dialect that it is in
 * @param pointer where the text stands in the JSON of plain events, if that was said (RFC 6901)
 */
public record Answers(DialectChoice choice, Optional<String> pointer) {
  private static final List<String> USUAL_PLACES =
      List.of(
          "/delta",
          "/text",
          "/content",
          "/token",
          "/chunk",
          "/delta/text",
          "/delta/content",
          "/choices/0/delta/content",
          "/message/content",
          "/response",
          "/answer",
          "/output",
          "/data",
          "/value",
          "/message",
          "/t",
          "/c");

  /** The dialect that the response is in. */
  public Dialect dialect() {
    return choice.dialect();
  }

  /** These, with the dialect that a response shows to be in. */
  public Answers recognised(Request request, Reading reading) {
    var events = reading.arrivals().stream().map(Arrival::event).toList();
    return new Answers(choice.of(request, reading.head(), events), pointer);
  }

  /** The text of these events. */
  public String text(List<Arrival> arrivals) {
    return dialect() instanceof PlainDialect ? plain(arrivals) : assembled(arrivals);
  }

  private String assembled(List<Arrival> arrivals) {
    var assembler = dialect().assembler();
    arrivals.forEach(arrival -> assembler.accept(arrival.event()));
    return assembler.assemble().text();
  }

  private String plain(List<Arrival> arrivals) {
    var content = mostFrequentType(arrivals);
    for (var place : pointer.map(List::of).orElse(USUAL_PLACES)) {
      var text =
          content.stream()
              .flatMap(arrival -> Json.parse(arrival.event().data()).stream())
              .flatMap(json -> Json.at(json, place).stream())
              .collect(Collectors.joining());
      if (!text.isEmpty()) {
        return text;
      }
    }
    return assembled(content);
  }

  /** Events of one type are the text; those of others tell about it. The first of equals counts. */
  private static List<Arrival> mostFrequentType(List<Arrival> arrivals) {
    var content =
        arrivals.stream()
            .filter(each -> each.sign() == Sign.CONTENT || each.sign() == Sign.ENDING)
            .toList();
    var counts =
        content.stream()
            .collect(Collectors.groupingBy(each -> each.event().type(), Collectors.counting()));
    var type =
        content.stream()
            .map(each -> each.event().type())
            .distinct()
            .max(Comparator.comparing(each -> counts.getOrDefault(each, 0L)))
            .orElse("message");
    return content.stream().filter(each -> each.event().type().equals(type)).toList();
  }
}
