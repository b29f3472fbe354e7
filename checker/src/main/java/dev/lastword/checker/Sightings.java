package dev.lastword.checker;

import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.scenario.Bench;
import dev.lastword.checker.template.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/** What a calm run has shown, for a person who wants to say where its answer is saved. */
final class Sightings {
  private static final int PLACES_MAX = 8;
  private static final int SHOWN_CHARACTERS = 60;

  private Sightings() {}

  /** Some lines of text. */
  static String describe(Bench bench) {
    var reading = bench.calm();
    var choice = bench.answers().choice();
    var text = new StringBuilder();
    text.append(
        "HTTP %d, %d events, dialect %s (%s).%n"
            .formatted(
                reading.head().status(),
                reading.arrivals().size(),
                choice.dialect().name(),
                choice.reason().text()));
    var facts = bench.facts();
    text.append("Text: ").append(excerpt(bench.answers().text(reading.arrivals()))).append('\n');
    if (!facts.text().isEmpty()) {
      text.append("  It stands at ").append(facts.text()).append(".\n");
    }
    text.append("End: ").append(facts.ending()).append(".\n");
    text.append("The last events:\n");
    for (var event : facts.lastEvents()) {
      text.append("  ").append(excerpt(event)).append('\n');
    }
    var places = places(reading);
    if (!places.isEmpty()) {
      text.append("What may tell where it is saved:\n");
      places.forEach(place -> text.append("  ").append(place).append('\n'));
    }
    return text.toString().stripTrailing();
  }

  /** Places whose names sound like an identity, with what they hold. */
  private static List<String> places(Reading reading) {
    var places = new ArrayList<String>();
    for (var header : reading.head().headers()) {
      var name = header.name().toLowerCase(Locale.ROOT);
      if (name.matches("(.*[-_])?(id|location|link|stream|conversation|message|thread)")) {
        places.add("{{header:" + name + "}}  " + excerpt(header.value()));
      }
    }
    reading.arrivals().stream()
        .flatMap(arrival -> Json.parse(arrival.event().data()).stream())
        .filter(JsonNode::isObject)
        .findFirst()
        .ifPresent(event -> ids(event, "", places));
    return places.stream().limit(PLACES_MAX).toList();
  }

  private static void ids(JsonNode object, String above, List<String> places) {
    object
        .properties()
        .forEach(
            each -> {
              var pointer = above + "/" + each.getKey().replace("~", "~0").replace("/", "~1");
              if (each.getValue().isObject()) {
                ids(each.getValue(), pointer, places);
              } else if (each.getKey().matches("id|.*(_id|Id|ID)") && each.getValue().isString()) {
                places.add("{{event:" + pointer + "}}  " + excerpt(each.getValue().asString()));
              }
            });
  }

  private static String excerpt(String text) {
    var line = text.strip().replaceAll("[\\s\\p{Cc}]+", " ");
    return line.length() <= SHOWN_CHARACTERS ? line : line.substring(0, SHOWN_CHARACTERS) + " …";
  }
}
