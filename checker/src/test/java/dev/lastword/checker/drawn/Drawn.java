package dev.lastword.checker.drawn;

import dev.lastword.checker.drawn.Said.Role;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;

/**
 * An endpoint that is drawn at random, and what is true of it because it was made so.
 *
 * @param lead events ahead of the shape's own
 * @param end the events that say the end; none where the end of the body is all there is
 * @param marked what the last event with text has beside it to say the end, {@code ""} for nothing
 * @param pieces events with text
 */
record Drawn(
    long seed,
    Shape shape,
    List<Said> lead,
    List<Said> end,
    String marked,
    int pieces,
    int paceMs,
    Wire wire,
    Save save,
    Half half,
    Kept kept,
    View view,
    Fault fault) {

  private static final Pattern ENDING =
      Pattern.compile(
          "\\b(?:done|end|final|finish|finished|complete|completed|stop|close|message_end|end_turn|run_finished)\\b",
          Pattern.CASE_INSENSITIVE);

  /** How bytes are framed. */
  record Wire(boolean chunked, String lineEnd, boolean ids, boolean comments) {}

  /** When the answer is saved. */
  enum Save {
    /** Before anything sounds final. */
    BEFORE,
    /** Between the event that sounds final first and the last one. */
    BETWEEN,
    /** Begun when it sounds final first, and waited for by nobody. */
    BESIDE,
    /** After the last event, whoever has left. */
    AFTER,
    /** After the last event, if the reader is still there. */
    IF_READER_STAYS
  }

  /** What becomes of a generation whose reader has left half-way. */
  enum Half {
    GOES_ON,
    LOST,
    KEPT_AS_PART,
    KEPT_AS_WHOLE,
    KEPT_WITHOUT_MARK
  }

  /** What is saved. */
  enum Kept {
    WHOLE,
    CUT,
    TWICE
  }

  /** How it is shown. */
  enum View {
    RECORD,
    MESSAGES,
    PAGE,
    LINES
  }

  /** What else is wrong with how the end is said. */
  enum Fault {
    NONE,
    TERMINAL_TWICE,
    ENDING_TOO_EARLY
  }

  static Drawn of(long seed) {
    var random = new Random(seed * 0x9E3779B97F4A7C15L);
    var shape = Shape.draw(seed, random);
    var marked = shape.own().isEmpty() ? mark(shape, random) : "";
    var end =
        !shape.own().isEmpty()
            ? roles(shape.own())
            : marked.isEmpty() ? end(shape, random) : List.<Said>of();
    boolean twoEnds = end.size() > 1;
    boolean silent = end.isEmpty() && marked.isEmpty();
    var save = save(random, twoEnds, silent);
    var kept = oneIn(random, 12) ? Kept.CUT : oneIn(random, 8) ? Kept.TWICE : Kept.WHOLE;
    var view = pick(random, View.values());
    var half = half(random, view);
    if (kept == Kept.CUT || save == Save.IF_READER_STAYS || save == Save.BETWEEN) {
      half = random.nextBoolean() ? Half.GOES_ON : Half.LOST;
    }
    var fault =
        silent || !marked.isEmpty() || kept != Kept.WHOLE ? Fault.NONE : fault(random, shape, end);
    return new Drawn(
        seed,
        shape,
        lead(shape, random),
        end,
        marked,
        pieces(random, kept),
        3 + random.nextInt(6),
        new Wire(
            random.nextBoolean(),
            oneIn(random, 4) ? "\r\n" : "\n",
            oneIn(random, 4),
            oneIn(random, 4)),
        save,
        half,
        kept,
        kept == Kept.TWICE && view == View.RECORD ? View.MESSAGES : view,
        fault);
  }

  private static int pieces(Random random, Kept kept) {
    if (kept != Kept.CUT && oneIn(random, 12)) {
      return 1 + random.nextInt(3);
    }
    return (kept == Kept.CUT ? 12 : 5) + random.nextInt(oneIn(random, 4) ? 60 : 16);
  }

  private static boolean oneIn(Random random, int n) {
    return random.nextInt(n) == 0;
  }

  private static <T> T pick(Random random, T[] values) {
    return values[random.nextInt(values.length)];
  }

  private static <T> T pick(Random random, List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  private static Save save(Random random, boolean twoEnds, boolean silent) {
    var possible = new ArrayList<>(List.of(Save.BEFORE, Save.BEFORE, Save.AFTER));
    if (!silent) {
      possible.addAll(List.of(Save.BESIDE, Save.IF_READER_STAYS, Save.IF_READER_STAYS));
    }
    if (twoEnds) {
      possible.addAll(List.of(Save.BETWEEN, Save.BETWEEN));
    }
    return pick(random, possible);
  }

  private static Half half(Random random, View view) {
    return view == View.PAGE || view == View.LINES
        ? pick(random, List.of(Half.GOES_ON, Half.GOES_ON, Half.LOST, Half.KEPT_WITHOUT_MARK))
        : pick(random, Half.values());
  }

  private static Fault fault(Random random, Shape shape, List<Said> end) {
    if (oneIn(random, 10)) {
      return Fault.TERMINAL_TWICE;
    }
    return oneIn(random, 3) && canComeEarly(shape, end.getFirst())
        ? Fault.ENDING_TOO_EARLY
        : Fault.NONE;
  }

  /**
   * Whether the first ending event is one ahead of the text too, whoever reads it. Where nobody
   * knows its name it is just an event that comes twice, where all data is text it is a word of the
   * answer, and where the dialect has another end the answer has none at all.
   */
  private static boolean canComeEarly(Shape shape, Said ending) {
    boolean word = shape.name().equals("plain") && !ending.data().startsWith("{");
    return ENDING.matcher(ending.type() + " " + ending.data()).find()
        && !word
        && !shape.name().equals("Responses");
  }

  private static List<Said> roles(List<Said> events) {
    var all = new ArrayList<Said>();
    for (int i = 0; i < events.size(); i++) {
      all.add(events.get(i).as(i == events.size() - 1 ? Role.TERMINAL : Role.ENDING));
    }
    return List.copyOf(all);
  }

  /** What the last event with text may say beside its text. */
  private static String mark(Shape shape, Random random) {
    boolean object = shape.data().apply("x").startsWith("{") && !shape.whole();
    return object && oneIn(random, 8)
        ? pick(
            random,
            List.of(
                "\"done\":true",
                "\"finish_reason\":\"stop\"",
                "\"is_final\":true",
                "\"status\":\"completed\""))
        : "";
  }

  private static List<Said> end(Shape shape, Random random) {
    if (oneIn(random, 10)) {
      return List.of();
    }
    if (oneIn(random, 4)) {
      var first = pick(random, jsonEnds(random));
      var last =
          shape.lines()
              ? Said.other("{\"type\":\"usage\",\"tokens\":%d}".formatted(random.nextInt(900)))
              : pick(
                  random,
                  List.of(
                      Said.other("[DONE]"),
                      Said.other("usage", "{\"tokens\":7}"),
                      Said.other("close", "bye")));
      return roles(List.of(first, last));
    }
    var all = new ArrayList<>(jsonEnds(random));
    if (!shape.lines()) {
      all.addAll(otherEnds(random));
    }
    return roles(List.of(pick(random, all)));
  }

  private static List<Said> jsonEnds(Random random) {
    var ends = new ArrayList<Said>();
    for (var word : List.of("done", "end", "final", "finish", "complete", "stop")) {
      ends.add(Said.other("{\"type\":\"" + word + "\"}"));
    }
    ends.add(Said.other("{\"done\":true}"));
    ends.add(Said.other("{\"event\":\"message_end\"}"));
    ends.add(Said.other("{\"status\":\"completed\"}"));
    ends.add(Said.other("{\"finish_reason\":\"stop\"}"));
    ends.add(Said.other("{\"type\":\"end\",\"usage\":{\"tokens\":" + random.nextInt(1000) + "}}"));
    return ends;
  }

  private static List<Said> otherEnds(Random random) {
    var ends = new ArrayList<Said>();
    for (var literal : List.of("[DONE]", "[END]", "DONE", "END")) {
      ends.add(Said.other(literal));
    }
    for (var type : List.of("done", "end", "complete", "stop", "close", "finish")) {
      ends.add(Said.other(type, oneIn(random, 2) ? "{}" : ""));
    }
    ends.add(Said.other(Words.name(random), "{\"n\":" + random.nextInt(1000) + "}"));
    ends.add(Said.other("{\"" + Words.name(random) + "\":\"" + Words.name(random) + "\"}"));
    return ends;
  }

  private static List<Said> lead(Shape shape, Random random) {
    var all =
        new ArrayList<>(
            List.of(
                Said.other(
                    "{\"type\":\"sources\",\"documents\":[{\"title\":\"A page about rivers and seas\",\"url\":\"https://example.org/a\"}]}"),
                Said.other("{\"status\":\"thinking\"}"),
                Said.other("{\"conversation_id\":\"c-7781\",\"title\":\"About something\"}"),
                Said.other("{\"type\":\"metadata\",\"question\":\"tell me of RUN\"}"),
                Said.other(
                    "{\"type\":\"thinking\",\"thought\":\"The person asks about a thing, let me see. \"}"),
                Said.other(
                    "{\"type\":\"thinking\",\"thought\":\"It is hard to say what would please. \"}")));
    if (!shape.lines()) {
      all.add(Said.other("status", "Searching the documents"));
      all.add(Said.other("metadata", "{\"run_id\":\"r-1\"}"));
    }
    var lead = new ArrayList<Said>();
    while (random.nextInt(5) < 3) {
      lead.add(pick(random, all));
    }
    return List.copyOf(lead);
  }

  /** In which of many ways text is written into a page. */
  int markup() {
    return new Random(~seed * 0x9E3779B97F4A7C15L).nextInt(210);
  }

  /** All events of one answer. */
  List<Said> script(String run) {
    var random = new Random(seed ^ run.hashCode());
    var words =
        Words.answer(
            random, pieces, run, !shape.name().contains("text") && !shape.name().equals("plain"));
    var script = new ArrayList<Said>();
    lead.forEach(each -> script.add(Said.other(each.type(), each.data().replace("RUN", run))));
    if (fault == Fault.ENDING_TOO_EARLY) {
      script.add(end.getFirst());
    }
    script.addAll(shape.before());
    var soFar = new StringBuilder();
    for (int i = 0; i < words.size(); i++) {
      soFar.append(words.get(i));
      var data = shape.data().apply(shape.whole() ? soFar.toString() : words.get(i));
      boolean last = i == words.size() - 1;
      script.add(
          last && !marked.isEmpty()
              ? new Said(
                  shape.type(),
                  data.substring(0, data.length() - 1) + "," + marked + "}",
                  words.get(i),
                  Role.TERMINAL)
              : new Said(shape.type(), data, words.get(i), Role.PART));
      if (!last && !shape.between().isEmpty() && random.nextInt(4) == 0) {
        script.addAll(shape.between());
      }
    }
    script.addAll(shape.after());
    script.addAll(end);
    if (fault == Fault.TERMINAL_TWICE) {
      script.add(end.getLast());
    }
    return List.copyOf(script);
  }

  /** The verdicts that are right, by code. What is not named here is not asked. */
  Map<String, String> truth() {
    var truth = new LinkedHashMap<String, String>();
    boolean goesOn = half == Half.GOES_ON;
    boolean twoEnds = end.size() > 1;
    boolean early = fault == Fault.ENDING_TOO_EARLY;
    boolean known = twoEnds || !early; // else the terminal event comes ahead of all text too
    if (known) {
      truth.put("LW001", word(save != Save.IF_READER_STAYS));
    }
    if (twoEnds && !early) {
      truth.put("LW002", word(save != Save.IF_READER_STAYS && (save != Save.BETWEEN || goesOn)));
      truth.put("LW023", word(save == Save.BEFORE));
    }
    if (known) {
      truth.put("LW003", word(save == Save.BEFORE || save == Save.BETWEEN));
    }
    if (pieces >= 4) {
      boolean kept =
          goesOn ? save != Save.IF_READER_STAYS : half != Half.LOST && half != Half.KEPT_AS_WHOLE;
      truth.put("LW004", word(kept));
    }
    truth.put("LW008", word(fault == Fault.NONE));
    truth.put("LW009", "pass");
    truth.put("LW010", word(kept != Kept.CUT));
    truth.put("LW011", "pass");
    truth.put("LW014", "pass");
    if (pieces >= 4) {
      truth.put("LW024", word(kept != Kept.TWICE));
    }
    return truth;
  }

  private static String word(boolean right) {
    return right ? "pass" : "fail";
  }

  @Override
  public String toString() {
    return "seed %d: %s; %d leading; end %s%s; %d pieces, %d ms; %s; saved %s, half-way %s, kept %s, shown as %s; fault %s"
        .formatted(
            seed,
            shape.name(),
            lead.size(),
            end.isEmpty() ? "" : end.stream().map(each -> each.type() + " " + each.data()).toList(),
            marked.isEmpty() ? "" : "in the last text: " + marked,
            pieces,
            paceMs,
            wire,
            save,
            half,
            kept,
            view,
            fault);
  }
}
