package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A response whose dialect neither its path nor its header nor its request tells: its first events
 * do. What comes before they have spoken is content, and until then, or if they never do, it is
 * plain SSE.
 *
 * <p>The same events decide alike in the running process, in recovery, and where the response is
 * put together.
 */
final class UndecidedDialect implements Dialect {
  static final String NAME = "auto";

  private final Dialect otherwise;

  /**
   * @param otherwise the dialect if the events show none
   */
  UndecidedDialect(Dialect otherwise) {
    this.otherwise = otherwise;
  }

  @Override
  public String name() {
    return NAME + "(" + otherwise.name() + ")";
  }

  @Override
  public Dialect settled() {
    return otherwise;
  }

  @Override
  public Optional<Dialect> settledBy(List<SseEvent> first) {
    return first.stream()
        .limit(Dialects.LOOK_MAX)
        .flatMap(event -> Fingerprint.of(event).stream())
        .findFirst();
  }

  @Override
  public EndingDetector detector(RequestFacts facts) {
    return new Detector(facts, otherwise.detector(facts));
  }

  @Override
  public ResponseAssembler assembler() {
    return new Assembler(otherwise.assembler());
  }

  /** What any request to a model says: whose it is, the answer tells. */
  @Override
  public RequestFacts facts(byte[] body) {
    return ChatRequest.facts(body);
  }

  @Override
  public SseEvent error(String code, String message) {
    return otherwise.error(code, message);
  }

  @Override
  public boolean isPreamble(SseEvent event) {
    return otherwise.isPreamble(event);
  }

  @Override
  public Optional<UpstreamError> failure(SseEvent event) {
    return otherwise.failure(event);
  }

  @Override
  public Optional<SseEvent> missingTerminal() {
    return otherwise.missingTerminal();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof UndecidedDialect same && same.otherwise.equals(otherwise);
  }

  @Override
  public int hashCode() {
    return otherwise.hashCode();
  }

  @Override
  public String toString() {
    return name();
  }

  /** Becomes the detector of the dialect that the events show. */
  private static final class Detector implements EndingDetector {
    private final RequestFacts facts;
    private EndingDetector now;
    private Optional<Dialect> settled = Optional.empty();
    private int looked;

    Detector(RequestFacts facts, EndingDetector otherwise) {
      this.facts = facts;
      this.now = otherwise;
    }

    @Override
    public Sign observe(SseEvent event) {
      if (looked < Dialects.LOOK_MAX && settled.isEmpty()) {
        looked++;
        settled = Fingerprint.of(event);
        settled.ifPresent(dialect -> now = dialect.detector(facts));
      }
      return now.observe(event);
    }

    @Override
    public Optional<Dialect> settled() {
      return settled;
    }

    @Override
    public boolean endOfBodyCompletes() {
      return now.endOfBodyCompletes();
    }
  }

  /** Becomes the assembler of the dialect that the events show, which then takes all of them. */
  private static final class Assembler implements ResponseAssembler {
    private final List<SseEvent> first = new ArrayList<>();
    private ResponseAssembler now;
    private boolean settled;

    Assembler(ResponseAssembler otherwise) {
      this.now = otherwise;
    }

    @Override
    public void accept(SseEvent event) {
      if (!settled && first.size() < Dialects.LOOK_MAX) {
        first.add(event);
        Fingerprint.of(event).ifPresent(this::settle);
        if (settled) {
          return;
        }
      }
      now.accept(event);
    }

    @Override
    public boolean acceptWire(byte[] wire, int from, int to) {
      return (settled || first.size() == Dialects.LOOK_MAX) && now.acceptWire(wire, from, to);
    }

    private void settle(Dialect dialect) {
      settled = true;
      now = dialect.assembler();
      first.forEach(now::accept);
      first.clear();
    }

    @Override
    public AssembledResponse assemble() {
      return now.assemble();
    }
  }
}
