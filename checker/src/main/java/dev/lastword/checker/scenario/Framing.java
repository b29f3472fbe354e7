package dev.lastword.checker.scenario;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.Json;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** LW014: the bytes are what WHATWG HTML §9.2 calls an event stream. Judged by the calm run. */
final class Framing extends NamedScenario {
  private static final Set<String> FIELDS = Set.of("data", "event", "id", "retry", "");
  private static final Pattern NAMED = Pattern.compile("^([a-z][a-z0-9_-]*):");
  private static final Pattern DATALESS =
      Pattern.compile(
          "(?:^|\\n\\r?\\n)(?:(?:id|retry)[^\\n]*\\n)*event:[^\\n]*\\n(?:(?:id|retry)[^\\n]*\\n)*\\r?\\n");
  private static final int SHOWN_CHARACTERS = 40;

  Framing() {
    super(
        "LW014",
        Severity.MEDIUM,
        "framing: the bytes are an event stream",
        "Write one 'data: ' line for each line of text, LF line ends, UTF-8, and a blank line after"
            + " every event, the last one too.");
  }

  @Override
  public Verdict judge(Bench bench) {
    var reading = bench.baseline().reading();
    var faults = reading.lines() ? faultsOfLines(reading) : faults(reading);
    var verdict =
        faults.isEmpty()
            ? Verdict.pass(1, wellFormed(reading))
            : Verdict.fail(1, 1, String.join("; ", faults));
    return verdict.with(Timeline.of(reading, List.of()));
  }

  private static String wellFormed(Reading reading) {
    if (reading.lines()) {
      return reading.arrivals().size() + " lines of JSON, all well-formed";
    }
    var text = new String(reading.eventBytes(), UTF_8);
    return reading.arrivals().size()
        + (reading.isWhole()
            ? " events, all well-formed"
            : " events, of which the first %d bytes are well-formed; what is longer is not kept"
                .formatted(reading.eventBytes().length))
        + (DATALESS.matcher(text).find()
            ? "; one of them has a type and no data: an EventSource never dispatches it"
            : "");
  }

  private static List<String> faultsOfLines(Reading reading) {
    var faults = new ArrayList<String>();
    text(reading.eventBytes(), reading.end() == Reading.End.CLEAN, faults);
    reading.arrivals().stream()
        .map(each -> each.event().data())
        .filter(line -> Json.parse(line).isEmpty())
        .findFirst()
        .ifPresent(line -> faults.add("the line '" + excerpt(line) + "' is no JSON"));
    return faults;
  }

  private static List<String> faults(Reading reading) {
    var faults = new ArrayList<String>();
    boolean clean = reading.end() == Reading.End.CLEAN;
    var text = text(reading.eventBytes(), clean, faults);
    if (text.replace("\r\n", "\n").contains("\r")) {
      faults.add("a bare CR ends a line, which many parsers do not know");
    }
    var lines = text.replaceFirst("^\uFEFF", "").split("\r\n|\r|\n", -1);
    var extensions = extensions(lines, reading.arrivals().size());
    for (var line : lines) {
      lineFault(line, extensions, faults);
    }
    if (clean && reading.isWhole() && !endsWithBlankLine(lines)) {
      faults.add("the last event has no blank line after it, so that parsers drop it");
    }
    ids(reading, faults);
    return faults.stream().distinct().limit(4).toList();
  }

  private static String text(byte[] bytes, boolean whole, List<String> faults) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      if (whole) {
        faults.add("the bytes are not UTF-8");
      }
      return new String(bytes, UTF_8);
    }
  }

  /**
   * Fields that nobody knows, as extensions add them: a line of lost text has no such name twice.
   */
  private static Set<String> extensions(String[] lines, int events) {
    var counts =
        Arrays.stream(lines)
            .map(NAMED::matcher)
            .filter(Matcher::find)
            .collect(Collectors.groupingBy(named -> named.group(1), Collectors.counting()));
    return counts.entrySet().stream()
        .filter(each -> each.getValue() >= Math.max(2, events / 2))
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  private static void lineFault(String line, Set<String> extensions, List<String> faults) {
    int colon = line.indexOf(':');
    var field = colon < 0 ? line : line.substring(0, colon);
    if (!FIELDS.contains(field) && !extensions.contains(field)) {
      faults.add("the line '" + excerpt(line) + "' is no field of an event stream, and is lost");
    }
    var value = colon < 0 ? "" : line.substring(colon + 1).strip();
    if (field.equals("retry") && !value.matches("\\d+")) {
      faults.add("retry is '" + excerpt(value) + "', not a number of milliseconds");
    }
    if (field.equals("id") && value.indexOf('\0') >= 0) {
      faults.add("an id holds NUL, and is ignored");
    }
  }

  /** Whether nothing but comments stands behind the last blank line. */
  private static boolean endsWithBlankLine(String[] lines) {
    int last = lines.length - 1;
    for (int i = last; i >= 0; i--) {
      if (lines[i].isEmpty() && i < last) {
        return true;
      }
      if (!lines[i].isEmpty() && !lines[i].startsWith(":")) {
        return false;
      }
    }
    return true;
  }

  private static void ids(Reading reading, List<String> faults) {
    var seen = new HashSet<String>();
    for (var arrival : reading.arrivals()) {
      var event = arrival.event();
      if (!event.id().isEmpty() && !seen.add(event.id())) {
        faults.add(
            "the id '"
                + excerpt(event.id())
                + "' is given to more than one event: no place to resume");
      }
    }
  }

  private static String excerpt(String text) {
    return text.length() <= SHOWN_CHARACTERS ? text : text.substring(0, SHOWN_CHARACTERS) + " …";
  }
}
