package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * TanStack AI's durable runs: its adapters name a run in {@code X-Run-Id}, send the same POST again
 * with {@code Last-Event-ID} where a connection broke, and join by {@code GET ?runId=}. Events
 * carry ids, which is what makes its clients come back at all.
 */
final class TanStackResume implements ResumeProtocol {
  private static final String RUN_ID = "x-run-id";

  private final Runs runs;

  TanStackResume(Runs runs) {
    this.runs = runs;
  }

  @Override
  public void handle(Exchange exchange, Asker asker, RelayRoute route, Otherwise otherwise) {
    var request = exchange.request();
    var run = runOf(request);
    if (run.isEmpty()) {
      otherwise.relay(exchange);
      return;
    }
    var id = Runs.idOf(request.path(), run.get());
    UnaryOperator<StreamOrder> named = order -> order.with(id, true);
    runs.find(
        exchange,
        asker,
        id,
        found -> {
          boolean comesBack = request.headers().contains("last-event-id");
          if (found.isPresent() && Runs.isKeyed(request) && !comesBack) {
            otherwise.relay(exchange, named);
          } else if (found.isPresent()) {
            runs.attach(exchange, asker, found.get(), true, TanStackResume::durable);
          } else if (!request.is(HttpMethod.POST)) {
            otherwise.relay(exchange);
          } else if (comesBack) {
            OwnRoutes.answer(exchange, it -> Runs.unknownEvent().send(it));
          } else {
            otherwise.relay(exchange, named);
          }
        });
  }

  private static Optional<String> runOf(RequestHead request) {
    var run =
        request.is(HttpMethod.POST)
            ? request.headers().get(RUN_ID)
            : request.is(HttpMethod.GET) ? request.queryParameter("runId") : null;
    return Optional.ofNullable(run)
        .filter(name -> !name.isEmpty() && name.length() <= Runs.NAME_LENGTH_MAX);
  }

  /** Its clients know a failure by its event, and take a broken connection for their network's. */
  @Override
  public Face face(Dialect dialect, boolean withIds) {
    return shown(dialect, withIds);
  }

  private static Face durable(Dialect dialect) {
    return shown(dialect, true);
  }

  private static Face shown(Dialect dialect, boolean withIds) {
    return withIds && Face.family(dialect).equals("ag-ui")
        ? Face.RELAY_DURABLE
        : Face.ofRelay(dialect, withIds);
  }

  @Override
  public boolean namesRuns() {
    return true;
  }

  @Override
  public boolean attaches(Exchange exchange, Asker asker, StreamOrder order) {
    if (order.key().isPresent()) {
      return false; // that says what it gets
    }
    var run = runOf(exchange.request());
    run.map(name -> Runs.idOf(exchange.request().path(), name))
        .ifPresent(
            id ->
                runs.find(
                    exchange,
                    asker,
                    id,
                    found ->
                        found.ifPresentOrElse(
                            stream ->
                                runs.attach(exchange, asker, stream, true, TanStackResume::durable),
                            () -> Refusals.ID_TAKEN.get().send(exchange))));
    return run.isPresent();
  }
}
