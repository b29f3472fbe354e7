package dev.lastword.examples.frameworks;

import static java.util.Objects.requireNonNull;

import dev.lastword.library.Reading;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An event loop may not wait: what asks the disk is its workers', and the reader is published. */
final class VertxTest extends FrameworkContract {
  /** The whole application. */
  record Application(Vertx vertx, Chat chat) {
    Router routes() {
      var router = Router.router(vertx);
      router.post("/chat").handler(this::ask);
      router.get("/chat/:id").handler(this::read);
      return router;
    }

    private void ask(RoutingContext context) {
      vertx
          .executeBlocking(() -> chat.ask().value(), false)
          .onFailure(context::fail)
          .onSuccess(
              id -> {
                context.response().putHeader("Lastword-Stream", id);
                read(context, id, "");
              });
    }

    private void read(RoutingContext context) {
      read(
          context,
          requireNonNull(context.pathParam("id")),
          context.request().getHeader("Last-Event-ID"));
    }

    private void read(RoutingContext context, String id, @Nullable String lastEventId) {
      vertx
          .executeBlocking(() -> chat.read(id, lastEventId), false)
          .onFailure(context::fail)
          .onSuccess(
              reading -> {
                if (reading.isEmpty()) {
                  context.response().setStatusCode(404).end();
                } else if (reading.get().isAtEnd()) {
                  context.response().setStatusCode(204).end();
                } else {
                  write(reading.get(), context.response());
                }
              });
    }

    private static void write(Reading reading, HttpServerResponse response) {
      response.putHeader("Content-Type", "text/event-stream").setChunked(true);
      response.closeHandler(gone -> reading.close());
      reading.publisher().subscribe(new Writer(response));
    }
  }

  /** Asks for as much as the connection has taken. */
  private static final class Writer implements Flow.Subscriber<ByteBuffer> {
    private final HttpServerResponse response;
    private Flow.@Nullable Subscription subscription;

    Writer(HttpServerResponse response) {
      this.response = response;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
      given.request(1);
    }

    @Override
    public void onNext(ByteBuffer events) {
      var now = requireNonNull(subscription);
      var bytes = new byte[events.remaining()];
      events.get(bytes);
      response
          .write(Buffer.buffer(bytes))
          .onComplete(
              written -> {
                if (written.succeeded()) {
                  now.request(1);
                } else {
                  now.cancel();
                }
              });
    }

    @Override
    public void onComplete() {
      response.end();
    }

    @Override
    public void onError(Throwable broken) {
      response.reset();
    }
  }

  @Override
  Server serve(Chat chat) throws Exception {
    var vertx = Vertx.vertx();
    var server =
        vertx
            .createHttpServer()
            .requestHandler(new Application(vertx, chat).routes())
            .listen(0)
            .toCompletionStage()
            .toCompletableFuture()
            .get(60, TimeUnit.SECONDS);
    return new Server(
        server.actualPort(), () -> vertx.close().toCompletionStage().toCompletableFuture().join());
  }
}
