package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The chat page, the browser client and the libraries that the page is made with, as they lie
 * beside this class. Each file is read when the routes are made, and checked by its browser with an
 * {@code ETag}.
 */
final class Pages {
  private static final List<String> FILES =
      Stream.of(
              in("", "index.html", "chat.css", "markdown.css", "icon.svg"),
              scripts("", "chat conversation copy drafts models nodes recent sidebar trusted turn"),
              scripts("markdown/", "build code growing libraries markup math paint parser parts"),
              scripts("markdown/", "pieces reader sections tree view worker"),
              scripts("client/", "answer begin connection errors follow hub lastword openai"),
              scripts("client/", "shared shared-worker sse"),
              in("vendor/markdown-it-15.0.3/", "markdown-it.esm.min.mjs"),
              in("vendor/highlight-11.12.0/", "highlight.min.js"),
              in("vendor/katex-0.19.1/", "katex.min.js", "katex.min.css"),
              fonts(
                  "AMS-Regular Caligraphic-Bold Caligraphic-Regular Fraktur-Bold Fraktur-Regular"),
              fonts("Main-Bold Main-BoldItalic Main-Italic Main-Regular Math-BoldItalic"),
              fonts("Math-Italic SansSerif-Bold SansSerif-Italic SansSerif-Regular Script-Regular"),
              fonts("Size1-Regular Size2-Regular Size3-Regular Size4-Regular Typewriter-Regular"))
          .flatMap(List::stream)
          .toList();

  /**
   * Scripts, styles and fonts of this gateway alone; no markup is ever made of text, and the page's
   * own code names its workers through the one policy.
   */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
          + "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
          + "require-trusted-types-for 'script'; trusted-types lastword";

  /** A folder's name has its version, so what is in it never changes. */
  private static final String FOR_EVER = "public, max-age=31536000, immutable";

  /** What the page asks for to see whether it has several gateways behind it. */
  private static final String NODES = "/demo/nodes";

  private Pages() {}

  private static List<String> in(String folder, String... files) {
    return Arrays.stream(files).map(file -> folder + file).toList();
  }

  private static List<String> scripts(String folder, String names) {
    return Arrays.stream(names.split(" ")).map(name -> folder + name + ".js").toList();
  }

  private static List<String> fonts(String names) {
    return Arrays.stream(names.split(" "))
        .map(name -> "vendor/katex-0.19.1/fonts/KaTeX_" + name + ".woff2")
        .toList();
  }

  /** The routes by path; {@code /} is the page. */
  static Map<String, Route> routes() {
    var routes = new HashMap<String, Route>();
    for (var file : FILES) {
      routes.put("/" + file, page(file));
    }
    routes.put("/", page("index.html"));
    routes.put(NODES, Pages::alone);
    return routes;
  }

  /** A gateway that is one of several is not asked: who is in front of them answers. */
  private static void alone(Exchange exchange) {
    var headers = new DefaultHttpHeaders();
    headers.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    exchange.start(204, headers);
    exchange.end();
  }

  private static Route page(String file) {
    var bytes = read(file);
    var tag = tagOf(bytes);
    var shared = shared(bytes);
    return exchange -> send(exchange, file, shared.duplicate(), tag);
  }

  /** One copy for all readers, outside of the heap so that a socket takes it as it is. */
  private static ByteBuf shared(byte[] bytes) {
    return Unpooled.unreleasableBuffer(Unpooled.directBuffer(bytes.length).writeBytes(bytes))
        .asReadOnly();
  }

  private static void send(Exchange exchange, String file, ByteBuf bytes, String tag) {
    var headers = new DefaultHttpHeaders();
    headers.set(HttpHeaderNames.CACHE_CONTROL, file.startsWith("vendor/") ? FOR_EVER : "no-cache");
    headers.set(HttpHeaderNames.ETAG, tag);
    headers.set(HttpHeaderNames.CONTENT_SECURITY_POLICY, POLICY);
    headers.set("x-content-type-options", "nosniff");
    headers.set("referrer-policy", "no-referrer");
    if (isKnown(exchange.request(), tag)) {
      exchange.start(304, headers);
      exchange.end();
    } else {
      headers.set(HttpHeaderNames.CONTENT_TYPE, typeOf(file));
      exchange.respond(200, headers, bytes);
    }
  }

  /** Whether the browser has the file as it is (RFC 9110 §13.1.2). */
  private static boolean isKnown(RequestHead request, String tag) {
    return request.headers().getAll(HttpHeaderNames.IF_NONE_MATCH).stream()
        .flatMap(field -> Arrays.stream(field.split(",", -1)))
        .map(String::strip)
        .anyMatch(known -> known.equals(tag) || known.equals("W/" + tag) || known.equals("*"));
  }

  private static String tagOf(byte[] bytes) {
    try {
      var digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return '"' + HexFormat.of().formatHex(digest, 0, 12) + '"';
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
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
      case ".js", ".mjs" -> "text/javascript; charset=utf-8";
      case ".svg" -> "image/svg+xml";
      case ".woff2" -> "font/woff2";
      default -> throw new IllegalStateException("no type for " + file);
    };
  }
}
