package dev.lastword.checker.scenario;

import dev.lastword.checker.template.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * How often what is saved has an answer. Only records that are alike count against each other: one
 * answer may well be shown in more than one form, such as its text and the HTML of it, a title, or
 * the checkpoints of a graph.
 */
final class Occurrences {
  /** A shorter text may stand anywhere. */
  private static final int CHARACTERS_MIN = 12;

  private static final Pattern HIDDEN =
      Pattern.compile("(?is)<(script|style|head|template|noscript)\\b.*?</\\1\\s*>");
  private static final Pattern TAG_BEFORE = Pattern.compile("(?s).*(<[a-zA-Z][^<>]*>)[^<>]*");
  private static final List<String> SPEAKERS =
      List.of("role", "author", "sender", "from", "speaker", "type");

  private Occurrences() {}

  /** Whether a text is long enough to be counted. */
  static boolean canCount(String text) {
    return spaceless(text).length() >= CHARACTERS_MIN;
  }

  /** The largest number of records of one kind that have the text; 0 if none has. */
  static int of(String shown, String text) {
    var wanted = spaceless(text);
    var json = Json.parse(shown).filter(JsonNode::isContainer);
    if (json.isPresent()) {
      return has(json.get(), wanted) ? Math.max(1, inArrays(json.get(), wanted)) : 0;
    }
    return shown.stripLeading().startsWith("<") ? inPage(shown, wanted) : inLines(shown, wanted);
  }

  /** How often one saved text has it, each time right behind the other; at least 1. */
  static int inOneText(String shown, String text) {
    var json = Json.parse(shown).filter(JsonNode::isContainer);
    var texts = json.map(Json::strings).orElseGet(() -> shown.lines().toList());
    var wanted = spaceless(text);
    return texts.stream().mapToInt(each -> inARow(spaceless(each), wanted)).max().orElse(1);
  }

  private static int inARow(String text, String wanted) {
    int most = 1;
    while (text.contains(wanted.repeat(most + 1))) {
      most++;
    }
    return most;
  }

  /** How often the text is there, in whatever form. */
  static int everywhere(String shown, String text) {
    var wanted = spaceless(text);
    return Json.parse(shown)
        .filter(JsonNode::isContainer)
        .map(
            json ->
                (int)
                    Json.strings(json).stream()
                        .filter(each -> spaceless(each).contains(wanted))
                        .count())
        .orElseGet(() -> places(shown, wanted).size());
  }

  private static boolean has(JsonNode node, String wanted) {
    return Json.strings(node).stream().anyMatch(each -> spaceless(each).contains(wanted));
  }

  /** The most elements of one array that have it, each in a record of its own. */
  private static int inArrays(JsonNode node, String wanted) {
    int most = 0;
    if (node.isArray()) {
      var having = new ArrayList<JsonNode>();
      for (var element : node) {
        if (has(element, wanted) && !holdsRecords(element)) {
          having.add(element);
        }
      }
      most = alike(having);
    }
    for (var child : node) {
      most = Math.max(most, inArrays(child, wanted));
    }
    return most;
  }

  /** Whether an element has a list of records of its own, as a checkpoint has all messages. */
  private static boolean holdsRecords(JsonNode element) {
    if (element.isArray() && element.size() > 0 && isRecord(element.get(0))) {
      return true;
    }
    for (var child : element) {
      if (holdsRecords(child)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isRecord(JsonNode node) {
    return node.isObject() && (node.has("role") || node.has("author") || node.has("sender"));
  }

  private static int alike(List<JsonNode> records) {
    return records.stream()
        .collect(Collectors.groupingBy(Occurrences::kind, Collectors.counting()))
        .values()
        .stream()
        .mapToInt(Long::intValue)
        .max()
        .orElse(0);
  }

  /** Who says it, or else of which form it is. */
  private static String kind(JsonNode record) {
    if (record.isObject()) {
      for (var speaker : SPEAKERS) {
        if (record.path(speaker).isString()) {
          return speaker + "=" + record.path(speaker).asString();
        }
      }
      return String.join(",", record.propertyNames().stream().sorted().toList());
    }
    return record.getNodeType().name();
  }

  /** By the tag that stands before it: what a page shows twice in one form is there twice. */
  private static int inPage(String page, String wanted) {
    var seen = HIDDEN.matcher(page).replaceAll("");
    var places = places(unescaped(seen), wanted);
    return places.stream()
        .map(before -> TAG_BEFORE.matcher(before))
        .map(tag -> tag.matches() ? tag.group(1).replaceAll("\\d+", "") : "")
        .collect(Collectors.groupingBy(each -> each, Collectors.counting()))
        .values()
        .stream()
        .mapToInt(Long::intValue)
        .max()
        .orElse(0);
  }

  private static String unescaped(String html) {
    return html.replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&");
  }

  /** By what stands before it on its line, numbers and identities aside. */
  private static int inLines(String text, String wanted) {
    return places(text, wanted).stream()
        .map(before -> before.substring(before.lastIndexOf('\n') + 1))
        .map(before -> before.replaceAll("[0-9a-fA-F-]{8,}|\\d+", "").strip())
        .collect(Collectors.groupingBy(each -> each, Collectors.counting()))
        .values()
        .stream()
        .mapToInt(Long::intValue)
        .max()
        .orElse(0);
  }

  /** What stands before each place at which the text is found, white space aside. */
  private static List<String> places(String shown, String wanted) {
    var kept = new StringBuilder();
    var origins = new ArrayList<Integer>();
    for (int i = 0; i < shown.length(); i++) {
      if (!Character.isWhitespace(shown.charAt(i))) {
        kept.append(shown.charAt(i));
        origins.add(i);
      }
    }
    var places = new ArrayList<String>();
    for (int at = wanted.isEmpty() ? -1 : kept.indexOf(wanted);
        at >= 0;
        at = kept.indexOf(wanted, at + wanted.length())) {
      places.add(shown.substring(0, origins.get(at)));
    }
    return places;
  }

  private static String spaceless(String text) {
    return text.codePoints()
        .filter(each -> !Character.isWhitespace(each))
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
