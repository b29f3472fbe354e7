package dev.lastword.examples.frameworks;

import dev.lastword.library.Reading;
import io.javalin.Javalin;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.io.IOException;

/** Javalin's handlers may wait: they read to their connection. */
final class JavalinTest extends FrameworkContract {
  /** The whole application. */
  record Application(Chat chat) {
    Javalin start() {
      return Javalin.create(
              config -> {
                config.concurrency.useVirtualThreads = true;
                config.startup.showJavalinBanner = false;
                config.routes.post("/chat", this::ask);
                config.routes.get("/chat/{id}", this::read);
              })
          .start(0);
    }

    private void ask(Context context) throws Exception {
      var id = chat.ask().value();
      context.header("Lastword-Stream", id);
      write(chat.read(id, "").orElseThrow(), context);
    }

    private void read(Context context) throws Exception {
      var reading = chat.read(context.pathParam("id"), context.header("Last-Event-ID"));
      if (reading.isEmpty()) {
        context.status(HttpStatus.NOT_FOUND);
      } else if (reading.get().isAtEnd()) {
        context.status(HttpStatus.NO_CONTENT);
      } else {
        write(reading.get(), context);
      }
    }

    private static void write(Reading reading, Context context)
        throws IOException, InterruptedException {
      context.contentType("text/event-stream");
      reading.writeTo(context.res().getOutputStream());
    }
  }

  @Override
  Server serve(Chat chat) {
    var server = new Application(chat).start();
    return new Server(server.port(), server::stop);
  }

  /** Javalin keeps what a handler throws for itself. */
  @Override
  boolean breaksOff() {
    return false;
  }
}
