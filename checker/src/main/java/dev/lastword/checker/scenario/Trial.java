package dev.lastword.checker.scenario;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.checker.form.Answers;
import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Head;
import dev.lastword.checker.probe.Reader;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.probe.Request;
import dev.lastword.checker.template.Json;
import dev.lastword.checker.template.Values;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One request and what its reader saw. Used by one thread at a time. */
final class Trial {
  private final Reader reader;
  private final Stage stage;
  private final Ahead ahead;
  private final List<Arrival> arrivals = new ArrayList<>();
  private Answers answers;
  private Optional<Ready> ready = Optional.empty();

  /**
   * What the request needs that comes ahead of it. A step may be what begins the generation, so
   * that none is made before its reader's turn has come.
   */
  @FunctionalInterface
  interface Ahead {
    Ready run() throws IOException;
  }

  /**
   * A request that can be sent.
   *
   * @param values what the places of templates stand for
   */
  record Ready(Request request, Values values) {}

  Trial(Reader reader, Stage stage, Answers answers, Ahead ahead) {
    this.reader = reader;
    this.stage = stage;
    this.answers = answers;
    this.ahead = ahead;
  }

  /** Makes the steps ahead of the request now, for one who needs it before it is read. */
  Trial prepare() throws IOException {
    if (ready.isEmpty()) {
      ready = Optional.of(ahead.run());
    }
    return this;
  }

  private Ready ready() {
    return ready.orElseThrow(
        () -> new IllegalStateException("the steps ahead of this request were not made yet"));
  }

  /** Sends the request, and follows the response as this conduct says, once it is its turn. */
  Reading read(Conduct conduct) throws IOException, InterruptedException {
    return stage.beside(() -> readBeside(conduct));
  }

  /** The same for one who has the stage already. */
  Reading readBeside(Conduct conduct) throws IOException {
    var request = prepare().request();
    return reader.read(
        request,
        answers.detector(request.body()),
        new Conduct() {
          @Override
          public void begins(Head head) {
            ready = Optional.of(new Ready(request, values(head, List.of())));
            conduct.begins(head);
          }

          @Override
          public Move after(Arrival arrival) {
            arrivals.add(arrival);
            return conduct.after(arrival);
          }
        });
  }

  /**
   * Finds out which dialect the response was in that was read.
   *
   * @return the reading with its events' signs in that dialect
   */
  Reading recognise(Reading reading) {
    return reread(reading, answers.recognised(request(), reading));
  }

  /** Goes on with what the response has shown of its form. */
  Reading reread(Reading reading, Answers shown) {
    answers = shown;
    var read = reading.readBy(answers.detector(request().body()));
    arrivals.clear();
    arrivals.addAll(read.arrivals());
    return read;
  }

  /** How the response's end and text are told. */
  Answers answers() {
    return answers;
  }

  Request request() {
    return ready().request();
  }

  /** Whether the request itself has this text. */
  boolean asks(String text) {
    var wanted = text.strip();
    return new String(request().body(), UTF_8).contains(wanted)
        || String.valueOf(request().uri().getQuery()).contains(wanted);
  }

  /** The request's own texts that hold this one and more. */
  List<String> asking(String text) {
    var wanted = text.strip();
    return Json.parse(new String(request().body(), UTF_8))
        .map(Json::strings)
        .orElse(List.of())
        .stream()
        .filter(each -> each.contains(wanted) && each.strip().length() > wanted.length())
        .toList();
  }

  /** What the places of templates stand for, with all that was read so far. */
  Values values() {
    var head = ready().values().head();
    return head == null ? ready().values() : values(head, arrivals);
  }

  private Values values(Head head, List<Arrival> read) {
    return ready().values().withResponse(head, read);
  }

  /** The events that were read so far. */
  List<Arrival> arrivals() {
    return List.copyOf(arrivals);
  }

  /** The text that was read so far. */
  String answer() {
    return answers.text(List.copyOf(arrivals));
  }
}
