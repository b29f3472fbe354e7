package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.journal.StreamId;
import java.util.List;
import java.util.Optional;

/**
 * AG-UI's agents: a request names its run in the body's {@code runId}, and the same run again is
 * the same stream from its first event. Its clients read no ids.
 */
final class AgUiResume implements ResumeProtocol {
  private static final List<RequestFact> RUN_ID = List.of(new RequestFact("run", "/runId", null));

  private final Runs runs;
  private final ResponseBudget budget;

  /**
   * @param budget memory for what is kept of requests
   */
  AgUiResume(Runs runs, ResponseBudget budget) {
    this.runs = runs;
    this.budget = budget;
  }

  @Override
  public void handle(Exchange exchange, Asker asker, RelayRoute route, Otherwise otherwise) {
    var request = exchange.request();
    var coding = RequestUpload.codingOfJson(request);
    if (coding.isEmpty() || !request.hasBody()) {
      otherwise.relay(exchange);
      return;
    }
    BodyFirst.read(
        exchange,
        coding.get(),
        budget,
        (same, body) -> {
          var id = idOf(request, body);
          if (id.isEmpty()) {
            otherwise.relay(same);
            return;
          }
          runs.find(
              same,
              asker,
              id.get(),
              found ->
                  found
                      .filter(stream -> !Runs.isKeyed(request))
                      .ifPresentOrElse(
                          stream -> runs.attach(same, asker, stream, false, AgUiResume::plain),
                          () ->
                              otherwise.relay(
                                  same, order -> order.with(id.get(), order.withIds()))));
        });
  }

  private static Face plain(Dialect dialect) {
    return Face.ofRelay(dialect, false);
  }

  private static Optional<StreamId> idOf(RequestHead request, byte[] body) {
    return Optional.ofNullable(RequestFact.of(RUN_ID, request.headers(), body).get("run"))
        .filter(run -> !run.isEmpty() && run.length() <= Runs.NAME_LENGTH_MAX)
        .map(run -> Runs.idOf(request.path(), run));
  }

  @Override
  public boolean namesRuns() {
    return true;
  }

  @Override
  public boolean attaches(Exchange exchange, Asker asker, StreamOrder order) {
    var id = order.id();
    if (id.isEmpty()
        || order.key().isPresent()
        || exchange.request().headers().contains(StreamOrder.STREAM)) {
      return false; // the client chose it, and not by its run; or its key says what it gets
    }
    runs.find(
        exchange,
        asker,
        id.get(),
        found ->
            found.ifPresentOrElse(
                stream -> runs.attach(exchange, asker, stream, false, AgUiResume::plain),
                () -> Refusals.ID_TAKEN.get().send(exchange)));
    return true;
  }
}
