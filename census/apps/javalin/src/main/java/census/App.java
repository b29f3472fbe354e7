package census;

import io.javalin.Javalin;
import io.javalin.http.sse.SseClient;

public final class App {
  static void main() {
    Javalin.create(
            config -> {
              config.startup.showJavalinBanner = false;
              config.routes.sse("/naive", App::naive);
              config.routes.sse("/on-close", App::onClose);
              config.routes.sse("/right", App::right);
              config.routes.get(
                  "/messages/{id}",
                  context ->
                      Turn.find(context.pathParam("id"))
                          .ifPresentOrElse(
                              found -> context.contentType("application/json").result(Turn.json(found)), () -> context.status(404)));
            })
        .start("127.0.0.1", Turn.port());
  }

  private static void naive(SseClient client) {
    var text = Turn.model(client.ctx().queryParam("message"), piece -> client.sendEvent(Turn.json(piece)));
    client.sendEvent("done", "end");
    Turn.save(client.ctx().queryParam("id"), text, "complete");
  }

  private static void onClose(SseClient client) {
    var text = new StringBuffer();
    var id = client.ctx().queryParam("id");
    client.onClose(() -> Turn.save(id, text.toString(), "complete"));
    Turn.model(
        client.ctx().queryParam("message"),
        piece -> {
          text.append(piece);
          client.sendEvent(Turn.json(piece));
        });
    client.sendEvent("done", "end");
    client.close();
  }

  private static void right(SseClient client) {
    var text = Turn.model(client.ctx().queryParam("message"), piece -> client.sendEvent(Turn.json(piece)));
    Turn.save(client.ctx().queryParam("id"), text, "complete");
    client.sendEvent("done", "end");
  }
}
