package dev.lastword.checker.form;

import dev.lastword.checker.form.Leaves.Leaf;
import dev.lastword.checker.form.TextPlace.Spot;
import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.template.Json;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Finds the places at which the text of an answer may stand: every string in the events' JSON that
 * comes to a text over the whole response, by the events' type and by what their JSON says that
 * they are.
 */
public final class TextSearch {
  private static final int KIND_VALUES_MAX = 12;
  private static final int KIND_DEPTH_MAX = 4;

  /** Types that are other ones in each run, as if named after an id, tell nothing. */
  private static final String ANY_TYPE = "*";

  private static final int CONSTANT_MIN = 3;

  /** Without digits: an identity is another one in each run. */
  private static final Pattern KIND = Pattern.compile("[A-Za-z/][A-Za-z_.:/-]{0,39}");

  /** Names of what is no text of an answer, or none that a reader would miss. */
  private static final Set<String> DOUBTFUL =
      Set.of(
          "thinking",
          "thought",
          "thoughts",
          "reasoning",
          "analysis",
          "tool",
          "tools",
          "function",
          "arguments",
          "args",
          "status",
          "state",
          "progress",
          "source",
          "sources",
          "document",
          "documents",
          "citation",
          "citations",
          "reference",
          "references",
          "usage",
          "metadata",
          "meta",
          "title",
          "id",
          "model",
          "role",
          "name",
          "node",
          "log",
          "logs",
          "debug",
          "trace",
          "event",
          "kind",
          "url",
          "uri",
          "question",
          "query",
          "prompt",
          "input",
          "created",
          "signature",
          "step",
          "suggestion",
          "suggestions",
          "object",
          "fingerprint",
          "version",
          "logprobs",
          "snapshot",
          "tags",
          "run",
          "thread",
          "user",
          "path",
          "op");

  private static final Set<String> USUAL =
      Set.of(
          "delta",
          "text",
          "content",
          "token",
          "chunk",
          "response",
          "answer",
          "output",
          "message",
          "value",
          "data",
          "t",
          "c",
          "parts",
          "completion");

  private final List<Arrival> arrivals;
  private final Map<String, Set<String>> kinds = new HashMap<>();

  private TextSearch(List<Arrival> arrivals) {
    this.arrivals = arrivals;
  }

  /** A place, as far as all that is known of it is where its events have it. */
  private record Key(String type, Optional<Condition> condition, Spot spot) {
    TextPlace place(boolean soFar) {
      return new TextPlace(
          Optional.of(type).filter(each -> !each.equals(ANY_TYPE)),
          condition.stream().toList(),
          spot,
          soFar);
    }
  }

  /** All of them, the likeliest first. */
  public static List<TextCandidate> candidates(List<Arrival> arrivals) {
    return new TextSearch(arrivals).found();
  }

  /** Places that are a part of this one: there, in fewer events. */
  public static List<TextCandidate> within(TextPlace place, List<Arrival> arrivals) {
    return candidates(arrivals).stream()
        .filter(each -> each.place().spot().equals(place.spot()))
        .filter(each -> !each.place().equals(place))
        .toList();
  }

  /** A place with how its text comes in these events. */
  public static TextPlace grown(TextPlace place, List<Arrival> arrivals) {
    var values = arrivals.stream().map(place::piece).filter(each -> !each.isEmpty()).toList();
    return place.growing(values.size() >= CONSTANT_MIN && growsToTheWhole(values));
  }

  private List<TextCandidate> found() {
    var parsed = arrivals.stream().map(each -> leaves(each.event())).toList();
    parsed.forEach(this::collectKinds);
    var pieces = new LinkedHashMap<Key, NavigableMap<Integer, String>>();
    for (int i = 0; i < arrivals.size(); i++) {
      collect(i, parsed.get(i), pieces);
    }
    var found = new ArrayList<TextCandidate>();
    pieces.forEach((key, byIndex) -> found.addAll(candidates(key, byIndex)));
    found.sort(ORDER);
    var texts = new HashSet<String>();
    found.removeIf(each -> !texts.add(each.text())); // of places with one text the likeliest
    return List.copyOf(found);
  }

  private static final Comparator<TextCandidate> ORDER =
      Comparator.comparing((TextCandidate each) -> !each.grows())
          .thenComparingInt(TextCandidate::doubt)
          .thenComparingInt(each -> -each.text().length())
          .thenComparing(each -> each.place().soFar())
          .thenComparingInt(each -> -each.place().conditions().size())
          .thenComparingInt(each -> depth(each.place()))
          .thenComparingInt(each -> -each.last());

  private static int depth(TextPlace place) {
    return place.spot() instanceof Spot.Value(String pointer)
        ? (int) pointer.chars().filter(each -> each == '/').count()
        : 0;
  }

  private static List<Leaf> leaves(SseEvent event) {
    return Json.parse(event.data())
        .filter(json -> json.isContainer() || json.isString())
        .map(Leaves::of)
        .orElse(List.of());
  }

  /** Values that tell of what kind an event is: words that come again, at one place. */
  private void collectKinds(List<Leaf> leaves) {
    leaves.stream()
        .filter(TextSearch::mayTellKind)
        .forEach(
            leaf ->
                kinds.computeIfAbsent(leaf.pointer(), each -> new HashSet<>()).add(leaf.text()));
  }

  /** Whether a value may be a word that tells of what kind an event is. */
  static boolean mayTellKind(Leaf leaf) {
    return leaf.depth() >= 1
        && leaf.depth() <= KIND_DEPTH_MAX
        && leaf.node().isString()
        && KIND.matcher(leaf.text()).matches();
  }

  private boolean tellsKind(Leaf leaf) {
    return mayTellKind(leaf)
        && (EndNames.isKind(leaf.key())
            || (leaf.inArray() && leaf.key().equals("0"))
            || tellsApart(kinds.getOrDefault(leaf.pointer(), Set.of())));
  }

  private static boolean tellsApart(Set<String> values) {
    return values.size() > 1 && values.size() <= KIND_VALUES_MAX;
  }

  private void collect(
      int index, List<Leaf> leaves, Map<Key, NavigableMap<Integer, String>> pieces) {
    var event = arrivals.get(index).event();
    var data = event.data();
    var type = EventMarks.isName(event.type()) ? event.type() : ANY_TYPE;
    if (!data.isEmpty()) {
      if (!TextPlace.isObject(event)) {
        add(pieces, new Key(type, Optional.empty(), new Spot.Words()), index, data);
      }
      add(pieces, new Key(type, Optional.empty(), new Spot.Data()), index, data);
    }
    for (var leaf : leaves) {
      if (!leaf.node().isString() || leaf.text().isEmpty()) {
        continue;
      }
      var spot = new Spot.Value(leaf.pointer());
      add(pieces, new Key(type, Optional.empty(), spot), index, leaf.text());
      for (var other : leaves) {
        if (!other.pointer().equals(leaf.pointer()) && tellsKind(other)) {
          var condition = new Condition(other.pointer(), other.text());
          add(pieces, new Key(type, Optional.of(condition), spot), index, leaf.text());
        }
      }
    }
  }

  private static void add(
      Map<Key, NavigableMap<Integer, String>> pieces, Key key, int index, String text) {
    pieces.computeIfAbsent(key, each -> new TreeMap<>()).put(index, text);
  }

  private static List<TextCandidate> candidates(Key key, NavigableMap<Integer, String> byIndex) {
    var values = List.copyOf(byIndex.values());
    boolean constant = values.size() >= CONSTANT_MIN && values.stream().distinct().count() == 1;
    if (constant
        || (key.spot() instanceof Spot.Data && values.stream().anyMatch(TextSearch::isJson))) {
      return List.of();
    }
    if (!(key.spot() instanceof Spot.Value)) {
      return withoutLiterals(key, byIndex);
    }
    var found = new ArrayList<TextCandidate>();
    boolean soFar = growsToTheWhole(values);
    if (soFar) {
      found.add(candidate(key, byIndex, true));
    }
    if (!soFar || values.size() < CONSTANT_MIN) {
      found.add(candidate(key, byIndex, false));
    }
    found.removeIf(each -> each.text().isBlank());
    return found;
  }

  /** Data that says the end is no text; data of which only the looks do may be. */
  private static List<TextCandidate> withoutLiterals(
      Key key, NavigableMap<Integer, String> byIndex) {
    var left = new TreeMap<>(byIndex);
    var found = new ArrayList<TextCandidate>();
    while (!left.isEmpty() && EndNames.isLiteral(left.lastEntry().getValue())) {
      found.add(candidate(key, left, false).doubted());
      left.remove(left.lastKey());
    }
    if (!left.isEmpty()) {
      found.add(candidate(key, left, false));
    }
    found.removeIf(each -> each.text().isBlank());
    return found;
  }

  private static boolean isJson(String data) {
    var start = data.stripLeading();
    return (start.startsWith("{") || start.startsWith("\"") || start.startsWith("[{"))
        && Json.parse(data).isPresent();
  }

  private static TextCandidate candidate(
      Key key, NavigableMap<Integer, String> byIndex, boolean soFar) {
    var place = key.place(soFar);
    var values = List.copyOf(byIndex.values());
    return new TextCandidate(
        place, place.joined(values), values.size(), byIndex.lastKey(), doubt(key));
  }

  /** Whether each value begins with the one before it, and the last is longer than the first. */
  private static boolean growsToTheWhole(List<String> values) {
    for (int i = 1; i < values.size(); i++) {
      if (!values.get(i).startsWith(values.get(i - 1))) {
        return false;
      }
    }
    return values.size() > 1 && values.getLast().length() > values.getFirst().length();
  }

  private static int doubt(Key key) {
    var names = new ArrayList<>(EndNames.words(key.type()));
    key.condition().ifPresent(each -> names.addAll(EndNames.words(each.value())));
    int doubt = 0;
    if (key.spot() instanceof Spot.Value(String pointer)) {
      names.addAll(EndNames.words(pointer));
      var last = EndNames.words(pointer.substring(pointer.lastIndexOf('/') + 1));
      doubt += last.stream().anyMatch(USUAL::contains) ? 0 : 1;
    }
    return doubt + 2 * (int) names.stream().filter(DOUBTFUL::contains).count();
  }
}
