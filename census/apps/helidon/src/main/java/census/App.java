package census;

import io.helidon.http.Status;
import io.helidon.http.media.jsonp.JsonpSupport;
import io.helidon.http.sse.SseEvent;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.sse.SseSink;
import jakarta.json.JsonObject;

public final class App {
  static void main() {
    WebServer.builder()
        .host("127.0.0.1")
        .port(Turn.port())
        .mediaContext(media -> media.addMediaSupport(JsonpSupport.create()))
        .routing(
            routing ->
                routing
                    .post("/naive", App::naive)
                    .post("/right", App::right)
                    .get(
                        "/messages/{id}",
                        (request, response) ->
                            Turn.find(request.path().pathParameters().get("id"))
                                .ifPresentOrElse(found -> response.send(Turn.json(found)), () -> response.status(Status.NOT_FOUND_404).send())))
        .build()
        .start();
  }

  private static void naive(ServerRequest request, ServerResponse response) {
    var question = request.content().as(JsonObject.class);
    String text;
    try (var sink = response.sink(SseSink.TYPE)) {
      text = Turn.model(question.getString("message"), piece -> sink.emit(SseEvent.create(Turn.json(piece))));
      sink.emit(SseEvent.create("[DONE]"));
    }
    Turn.save(question.getString("id"), text, "complete");
  }

  private static void right(ServerRequest request, ServerResponse response) {
    var question = request.content().as(JsonObject.class);
    try (var sink = response.sink(SseSink.TYPE)) {
      var reader = new Reader(sink);
      var text = Turn.model(question.getString("message"), piece -> reader.emit(Turn.json(piece)));
      Turn.save(question.getString("id"), text, "complete");
      reader.emit("[DONE]");
    }
  }

  /** A reader that may leave without anyone minding. */
  private static final class Reader {
    private final SseSink sink;
    private boolean gone;

    Reader(SseSink sink) {
      this.sink = sink;
    }

    void emit(String data) {
      if (gone) return;
      try {
        sink.emit(SseEvent.create(data));
      } catch (RuntimeException e) {
        gone = true;
      }
    }
  }
}
