package dev.lastword.checker;

import dev.lastword.checker.Endpoint.Exchange;
import dev.lastword.checker.Endpoint.Script;
import dev.lastword.checker.template.Json;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An application behind a login: {@code POST /login} sets a cookie, {@code POST /chats} makes a
 * chat, {@code POST /chats/ID/messages} streams and saves, {@code GET} of the same shows what was
 * saved, {@code GET /chats/ID/stream} reads the stream again.
 */
final class LoginScripts {
  private static final int EVENTS = 8;

  private LoginScripts() {}

  static Script chats() {
    Map<String, String> saved = new ConcurrentHashMap<>();
    return exchange -> {
      if (exchange.path.equals("/login")) {
        login(exchange);
      } else if (!exchange.headers.getOrDefault("cookie", "").contains("session=s1")) {
        exchange.reply(401, "text/plain", "who are you?");
      } else if (exchange.path.equals("/chats")) {
        exchange.reply(201, "application/json", "{\"chat\":{\"id\":\"" + exchange.id + "\"}}");
      } else if (exchange.path.endsWith("/stream")) {
        replay(exchange, saved);
      } else if (exchange.method.equals("GET")) {
        exchange.reply(200, "application/json", saved.getOrDefault(chat(exchange), "{}"));
      } else {
        answer(exchange, saved);
      }
    };
  }

  private static String chat(Exchange exchange) {
    return exchange.path.split("/", -1)[2];
  }

  private static void login(Exchange exchange) throws IOException {
    var password =
        Json.parse(exchange.body).map(json -> json.path("password").asString("")).orElse("");
    if (!password.equals("open sesame")) {
      exchange.reply(403, "text/plain", "wrong password");
      return;
    }
    exchange.raw(
        "HTTP/1.1 200 OK\r\nSet-Cookie: session=s1; Path=/; HttpOnly\r\nContent-Length: 0\r\n\r\n");
  }

  private static String word(Exchange exchange, int i) {
    return chat(exchange) + "-word-" + i + " ";
  }

  private static String event(Exchange exchange, int i) {
    var data = i == EVENTS ? "[DONE]" : "{\"delta\":\"" + word(exchange, i) + "\"}";
    return "id: " + i + "\ndata: " + data + "\n\n";
  }

  private static void answer(Exchange exchange, Map<String, String> saved)
      throws IOException, InterruptedException {
    exchange.open();
    var text = new StringBuilder();
    boolean reads = true;
    for (int i = 0; i < EVENTS; i++) {
      text.append(word(exchange, i));
      reads = reads && written(exchange, i);
      Thread.sleep(2); // a model's pace
    }
    saved.put(chat(exchange), "{\"messages\":[{\"content\":\"" + text + "\"}]}");
    if (reads && written(exchange, EVENTS)) {
      exchange.end();
    }
  }

  private static boolean written(Exchange exchange, int i) {
    try {
      exchange.chunk(event(exchange, i));
      return true;
    } catch (IOException e) {
      return false; // the work goes on without its reader
    }
  }

  /** Replays what was said once it is all said. */
  private static void replay(Exchange exchange, Map<String, String> saved)
      throws IOException, InterruptedException {
    for (int i = 0; i < 100 && !saved.containsKey(chat(exchange)); i++) {
      Thread.sleep(10);
    }
    var last = exchange.headers.getOrDefault("last-event-id", "-1");
    int from = Integer.parseInt(last) + 1;
    if (!saved.containsKey(chat(exchange)) || from > EVENTS) {
      exchange.raw("HTTP/1.1 204 No Content\r\n\r\n");
      return;
    }
    exchange.open();
    for (int i = from; i <= EVENTS; i++) {
      exchange.chunk(event(exchange, i));
    }
    exchange.end();
  }
}
