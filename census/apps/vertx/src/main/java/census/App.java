package census;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.function.Consumer;

public final class App {
  private static final Vertx VERTX = Vertx.vertx();

  static void main() {
    var router = Router.router(VERTX);
    router.route().handler(BodyHandler.create(false));
    router.post("/naive").handler(App::naive);
    router.post("/end-handler").handler(App::endHandler);
    router.post("/right").handler(App::right);
    router
        .get("/messages/:id")
        .handler(
            context ->
                Turn.find(context.pathParam("id"))
                    .ifPresentOrElse(
                        found -> context.response().putHeader("content-type", "application/json").end(Turn.json(found)), () -> context.fail(404)));
    VERTX.createHttpServer().requestHandler(router).listen(Turn.port(), "127.0.0.1");
  }

  private static HttpServerResponse opened(RoutingContext context) {
    return context.response().setChunked(true).putHeader("content-type", "text/event-stream").putHeader("cache-control", "no-cache");
  }

  private static Future<Void> event(HttpServerResponse response, String data) {
    return response.write("data: " + data + "\n\n");
  }

  /** Calls `piece` for each piece of an answer, then `done` with the whole text; the timer's id can cancel it. */
  private static long model(String question, Consumer<String> piece, Consumer<String> done) {
    var pieces = Turn.pieces(question).iterator();
    var text = new StringBuilder();
    return VERTX.setPeriodic(
        Turn.PAUSE_MS,
        timer -> {
          if (pieces.hasNext()) {
            var next = pieces.next();
            text.append(next);
            piece.accept(next);
          } else {
            VERTX.cancelTimer(timer);
            done.accept(text.toString());
          }
        });
  }

  private static Future<Void> save(String id, String text) {
    return VERTX.executeBlocking(
        () -> {
          Turn.save(id, text, "complete");
          return null;
        },
        false);
  }

  private static void naive(RoutingContext context) {
    var question = context.body().asJsonObject();
    var response = opened(context);
    var timer =
        model(
            question.getString("message"),
            piece -> event(response, Turn.json(piece)),
            text -> {
              event(response, "[DONE]");
              response.end();
              save(question.getString("id"), text);
            });
    response.closeHandler(closed -> VERTX.cancelTimer(timer));
  }

  private static void endHandler(RoutingContext context) {
    var question = context.body().asJsonObject();
    var response = opened(context);
    var text = new StringBuilder();
    response.endHandler(ended -> save(question.getString("id"), text.toString()));
    var timer =
        model(
            question.getString("message"),
            piece -> {
              text.append(piece);
              event(response, Turn.json(piece));
            },
            whole -> {
              event(response, "[DONE]");
              response.end();
            });
    response.closeHandler(closed -> VERTX.cancelTimer(timer));
  }

  private static void right(RoutingContext context) {
    var question = context.body().asJsonObject();
    var response = opened(context);
    model(
        question.getString("message"),
        piece -> {
          if (!response.closed()) event(response, Turn.json(piece));
        },
        text ->
            save(question.getString("id"), text)
                .onSuccess(
                    saved -> {
                      if (response.closed()) return;
                      event(response, "[DONE]");
                      response.end();
                    }));
  }
}
