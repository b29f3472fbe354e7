package dev.lastword.checker.form;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.probe.Request;
import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.EndingDetector;
import dev.lastword.dialect.PlainDialect;
import dev.lastword.dialect.ResponseAssembler;
import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Optional;

/**
 * How a response's end is told, and how its text is put together from its events. Both are settled
 * by the calm run, once.
 *
 * @param choice the dialect that it is in
 * @param told where the text stands, if that was said
 * @param place where it was found to stand; empty where the dialect puts it together
 * @param meter where the text that the dialect puts together stands, if it stands at one place
 * @param endings what the dialect does not know of the end
 */
public record Answers(
    DialectChoice choice,
    Optional<TextPlace> told,
    Optional<TextPlace> place,
    Optional<TextPlace> meter,
    Endings endings) {

  /** What can be said ahead of a response. */
  public Answers(DialectChoice choice, Optional<TextPlace> told) {
    this(choice, told, told, Optional.empty(), Endings.OF_DIALECT);
  }

  /** The dialect that the response is in. */
  public Dialect dialect() {
    return choice.dialect();
  }

  /** These, with the dialect that a response shows to be in. */
  public Answers recognised(Request request, Reading reading) {
    var events = reading.arrivals().stream().map(Arrival::event).toList();
    return new Answers(choice.of(request, reading.head(), events), told, place, meter, endings);
  }

  /** These, as if nobody had said where the text stands. */
  public Answers untold() {
    return new Answers(choice, Optional.empty(), Optional.empty(), meter, endings);
  }

  /** These, with the text at a place. */
  public Answers textAt(TextPlace found) {
    return new Answers(choice, told, Optional.of(found), Optional.empty(), endings);
  }

  /** These, with text that the dialect puts together, of which a place tells when it comes. */
  public Answers textMetered(Optional<TextPlace> found) {
    return new Answers(choice, told, Optional.empty(), found, endings);
  }

  /**
   * These, with the ends that a calm reading shows.
   *
   * @param lastText the last event with text, -1 if none has any
   */
  public Answers ended(Reading reading, int lastText) {
    return new Answers(choice, told, place, meter, EndSearch.learn(reading, choice, lastText));
  }

  /** Which of a response's events bring text, by their indexes. */
  public List<Integer> textEvents(List<Arrival> arrivals) {
    var meter = textMeter();
    return arrivals.stream().filter(meter::feeds).map(Arrival::index).toList();
  }

  /**
   * A detector for one response.
   *
   * @param body the request's
   */
  public EndingDetector detector(byte[] body) {
    return endings.over(dialect().detector(dialect().facts(body)));
  }

  /** Whether a dialect of a vendor's puts the text together. */
  public boolean isAssembled() {
    return place.isEmpty() && !(dialect() instanceof PlainDialect);
  }

  /** Whether what their JSON says of itself tells which events have text. */
  public boolean isFiltered() {
    return place.filter(each -> !each.conditions().isEmpty()).isPresent();
  }

  /** The text of these events. */
  public String text(List<Arrival> arrivals) {
    if (place.isPresent()) {
      return place.get().text(arrivals.stream().filter(each -> !isOnlyAnEnd(each)).toList());
    }
    var assembler = dialect().assembler();
    arrivals.forEach(arrival -> assembler.accept(arrival.event()));
    return assembler.assemble().text();
  }

  /** Whether an event's data says the end, where data is text as it stands. */
  private boolean isOnlyAnEnd(Arrival arrival) {
    return place.filter(TextPlace::isLiteral).isPresent() && endings.include(arrival.event());
  }

  /** What tells of one response which of its events bring text. */
  public TextMeter textMeter() {
    var at = place.or(() -> meter);
    if (at.isPresent()) {
      return arrival -> !isOnlyAnEnd(arrival) && !at.get().piece(arrival).isEmpty();
    }
    return new AssemblerMeter(dialect().assembler());
  }

  /** By how the text grows as a dialect puts it together. */
  private static final class AssemblerMeter implements TextMeter {
    private final ResponseAssembler assembler;
    private int characters;

    AssemblerMeter(ResponseAssembler assembler) {
      this.assembler = assembler;
    }

    @Override
    public boolean feeds(Arrival arrival) {
      SseEvent event = arrival.event();
      assembler.accept(event);
      int before = characters;
      characters = assembler.assemble().text().length();
      return characters > before;
    }
  }
}
