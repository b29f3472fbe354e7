package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The chat page and the browser client, as they lie beside this class. */
final class Pages {
  private static final List<String> FILES =
      List.of(
          "index.html",
          "chat.css",
          "chat.js",
          "conversation.js",
          "icon.svg",
          "markdown.js",
          "recent.js",
          "render.js",
          "turn.js",
          "client/answer.js",
          "client/begin.js",
          "client/connection.js",
          "client/errors.js",
          "client/follow.js",
          "client/lastword.js",
          "client/openai.js",
          "client/sse.js");
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
          + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private static final ConcurrentHashMap<String, ByteBuf> FILE_BYTES = new ConcurrentHashMap<>();

  private Pages() {}

  /** The routes by path; {@code /} is the page. */
  static Map<String, Route> routes() {
    var routes = new HashMap<String, Route>();
    for (var file : FILES) {
      Route route = exchange -> send(exchange, file);
      routes.put("/" + file, route);
    }
    routes.put("/", exchange -> send(exchange, "index.html"));
    return routes;
  }

  private static void send(Exchange exchange, String file) {
    var headers = new DefaultHttpHeaders();
    headers.set(HttpHeaderNames.CONTENT_TYPE, typeOf(file));
    headers.set(HttpHeaderNames.CACHE_CONTROL, "no-cache");
    headers.set(HttpHeaderNames.CONTENT_SECURITY_POLICY, POLICY);
    headers.set("x-content-type-options", "nosniff");
    headers.set("referrer-policy", "no-referrer");
    exchange.respond(200, headers, FILE_BYTES.computeIfAbsent(file, Pages::shared).duplicate());
  }

  /** One copy for all readers, outside of the heap so that a socket takes it as it is. */
  private static ByteBuf shared(String file) {
    var bytes = read(file);
    return Unpooled.unreleasableBuffer(Unpooled.directBuffer(bytes.length).writeBytes(bytes))
        .asReadOnly();
  }

  private static byte[] read(String file) {
    try (var in = Pages.class.getResourceAsStream("page/" + file)) {
      if (in == null) {
        throw new IllegalStateException("the page lacks " + file);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("reading the page's " + file, e);
    }
  }

  private static String typeOf(String file) {
    return switch (file.substring(file.lastIndexOf('.'))) {
      case ".html" -> "text/html; charset=utf-8";
      case ".css" -> "text/css; charset=utf-8";
      case ".js" -> "text/javascript; charset=utf-8";
      case ".svg" -> "image/svg+xml";
      default -> throw new IllegalStateException("no type for " + file);
    };
  }
}
