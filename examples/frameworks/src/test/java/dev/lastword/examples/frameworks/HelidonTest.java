package dev.lastword.examples.frameworks;

import dev.lastword.library.Reading;
import dev.lastword.library.ReadingBrokenException;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;

/** Helidon's handlers run on virtual threads, which may wait: they read to their connection. */
final class HelidonTest extends FrameworkContract {
  /** The whole application. */
  record Application(Chat chat) {
    void routes(HttpRouting.Builder routing) {
      routing.post("/chat", this::ask).get("/chat/{id}", this::read);
    }

    private void ask(ServerRequest request, ServerResponse response) throws Exception {
      var id = chat.ask().value();
      response.header(HeaderNames.create("Lastword-Stream"), id);
      write(chat.read(id, "").orElseThrow(), response);
    }

    private void read(ServerRequest request, ServerResponse response) throws Exception {
      var last = request.headers().first(HeaderNames.create("Last-Event-ID")).orElse("");
      var reading = chat.read(request.path().pathParameters().get("id"), last);
      if (reading.isEmpty()) {
        response.status(Status.NOT_FOUND_404).send();
      } else if (reading.get().isAtEnd()) {
        response.status(Status.NO_CONTENT_204).send();
      } else {
        write(reading.get(), response);
      }
    }

    private static void write(Reading reading, ServerResponse response)
        throws IOException, InterruptedException {
      response.header(HeaderNames.CONTENT_TYPE, "text/event-stream");
      var out = response.outputStream();
      try {
        reading.writeTo(out);
      } catch (ReadingBrokenException e) {
        throw new CloseConnectionException("no clean end", e); // and out is not closed
      }
      out.close();
    }
  }

  @Override
  Server serve(Chat chat) {
    var server = WebServer.builder().port(0).routing(new Application(chat)::routes).build().start();
    return new Server(server.port(), server::stop);
  }
}
