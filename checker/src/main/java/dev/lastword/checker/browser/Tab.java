package dev.lastword.checker.browser;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Body;
import dev.lastword.checker.probe.Head;
import dev.lastword.checker.probe.Header;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.Json;
import dev.lastword.dialect.Sign;
import dev.lastword.sse.SseEvent;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One tab, on a page of the checker's own. Used by one thread at a time. */
public final class Tab implements AutoCloseable {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final Duration READY = Duration.ofSeconds(20);

  private final DevTools devTools;
  private final String target;
  private final String session;
  private final URI page;
  private final BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();

  /** What the page said, or the browser about it. */
  private record Heard(String is, JsonNode about, long atNanos) {}

  private Tab(DevTools devTools, String target, String session, URI page) {
    this.devTools = devTools;
    this.target = target;
    this.session = session;
    this.page = page;
  }

  static Tab open(DevTools devTools, URI page) throws IOException, InterruptedException {
    var target =
        devTools
            .call("", "Target.createTarget", Map.of("url", "about:blank"))
            .path("targetId")
            .asString("");
    var session =
        devTools
            .call("", "Target.attachToTarget", Map.of("targetId", target, "flatten", true))
            .path("sessionId")
            .asString("");
    var tab = new Tab(devTools, target, session, page);
    devTools.listen(session, tab::hears);
    tab.prepare();
    return tab;
  }

  private void prepare() throws IOException, InterruptedException {
    for (var domain : List.of("Page", "Runtime", "Network", "Log")) {
      call(domain + ".enable", Map.of());
    }
    if ("https".equals(page.getScheme())) {
      // The checker has looked at the certificate before; a private CA is not in the browser's
      // store.
      call("Security.setIgnoreCertificateErrors", Map.of("ignore", true));
    }
    call("Runtime.addBinding", Map.of("name", "lastword"));
    call("Fetch.enable", Map.of("patterns", List.of(Map.of("urlPattern", page.toString()))));
    call("Page.navigate", Map.of("url", page.toString()));
    await("ready", READY);
  }

  private JsonNode call(String method, Map<String, ?> parameters)
      throws IOException, InterruptedException {
    return devTools.call(session, method, parameters);
  }

  /** On the socket's thread. */
  private void hears(String method, JsonNode about) {
    long now = System.nanoTime();
    switch (method) {
      case "Fetch.requestPaused" -> serve(about.path("requestId").asString(""));
      case "Runtime.bindingCalled" ->
          Json.parse(about.path("payload").asString(""))
              .ifPresent(said -> heard.add(new Heard(said.path("is").asString(""), said, now)));
      case "Network.responseReceived" -> heard.add(new Heard("response", about, now));
      case "Network.responseReceivedExtraInfo" -> heard.add(new Heard("headers", about, now));
      case "Network.loadingFailed" -> heard.add(new Heard("failed", about, now));
      case "Log.entryAdded" -> heard.add(new Heard("log", about.path("entry"), now));
      default -> {} // what else a browser tells is not asked here
    }
  }

  private void serve(String request) {
    var type = Map.of("name", "content-type", "value", "text/html; charset=utf-8");
    devTools.tell(
        session,
        "Fetch.fulfillRequest",
        Map.of(
            "requestId",
            request,
            "responseCode",
            200,
            "responseHeaders",
            List.of(type),
            "body",
            Base64.getEncoder().encodeToString(html())));
  }

  private static byte[] html() {
    try (InputStream in =
        Objects.requireNonNull(Tab.class.getResourceAsStream("reader.html"), "reader.html")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException("the page cannot be read", e);
    }
  }

  private void await(String is, Duration limit) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    for (var next = next(end); next != null; next = next(end)) {
      if (next.is().equals(is)) {
        return;
      }
    }
    throw new IOException("the page did not come up in the browser");
  }

  private @Nullable Heard next(long endNanos) throws InterruptedException {
    return heard.poll(Math.max(0, endNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
  }

  /** Gives the browser the cookies of a request, as if the endpoint had set them. */
  private void cookies(Errand errand) throws IOException, InterruptedException {
    for (var header : errand.request().headers()) {
      if (header.name().equalsIgnoreCase("cookie")) {
        for (var pair : header.value().split(";\\s*", -1)) {
          int equals = pair.indexOf('=');
          if (equals > 0) {
            call(
                "Network.setCookie",
                Map.of(
                    "url",
                    errand.request().uri().toString(),
                    "name",
                    pair.substring(0, equals).strip(),
                    "value",
                    pair.substring(equals + 1)));
          }
        }
      }
    }
  }

  /**
   * Lets the page read.
   *
   * @param limit longest time for it
   */
  public Visit run(Errand errand, Duration limit) throws IOException, InterruptedException {
    cookies(errand);
    heard.clear();
    long started = System.nanoTime();
    var told = MAPPER.writeValueAsString(errand.told());
    call("Runtime.evaluate", Map.of("expression", "read(" + told + ")"));
    return new Reception(errand, started).follow(started + limit.toNanos());
  }

  @Override
  public void close() {
    devTools.forget(session);
    devTools.tell("", "Target.closeTarget", Map.of("targetId", target));
  }

  /** One response, as the page tells it. */
  private final class Reception {
    private final Errand errand;
    private final long started;
    private final List<Arrival> arrivals = new ArrayList<>();
    private final List<Header> headers = new ArrayList<>();
    private final List<JsonNode> early = new ArrayList<>();
    private String request = "";
    private String reason = "";
    private String lastEventId = "";
    private int status;
    private long opened = -1;
    private long gone = -1;
    private boolean over;

    Reception(Errand errand, long started) {
      this.errand = errand;
      this.started = started;
    }

    Visit follow(long end) throws InterruptedException {
      for (var next = next(end); next != null; next = next(end)) {
        switch (next.is()) {
          case "response" -> response(next.about());
          case "headers" -> moreHeaders(next.about());
          case "failed" -> failed(next.about());
          case "log" -> log(next.about());
          case "open" -> opened = next.atNanos() - started;
          case "gone" -> gone(next);
          case "event" -> {
            if (left(next)) {
              return visit(Reading.End.LEFT, next.atNanos(), "", false);
            }
          }
          case "ready" -> {
            long left = gone < 0 ? next.atNanos() : gone; // it was reloaded
            return visit(Reading.End.LEFT, left, "", false);
          }
          case "end" -> {
            return visit(Reading.End.CLEAN, next.atNanos(), "", false);
          }
          case "refused" -> {
            return visit(Reading.End.CUT, next.atNanos(), why(), true);
          }
          default -> {} // nothing else is said
        }
      }
      return visit(Reading.End.SILENT, System.nanoTime(), "the page waited in vain", false);
    }

    private void gone(Heard next) {
      gone = gone < 0 ? next.atNanos() : gone;
      over |= next.about().path("over").asBoolean(false);
    }

    private void response(JsonNode about) {
      var response = about.path("response");
      if (request.isEmpty() && response.path("url").asString("").equals(address())) {
        request = about.path("requestId").asString("");
        status = response.path("status").asInt();
        add(response.path("headers"));
        early.stream()
            .filter(each -> each.path("requestId").asString("").equals(request))
            .forEach(each -> add(each.path("headers")));
      }
    }

    private String address() {
      return errand.request().uri().toString();
    }

    /**
     * These hold what a page may not see, such as set-cookie; they may come ahead of the response.
     */
    private void moreHeaders(JsonNode about) {
      if (request.isEmpty()) {
        early.add(about);
      } else if (about.path("requestId").asString("").equals(request)) {
        add(about.path("headers"));
      }
    }

    private void add(JsonNode fields) {
      fields
          .properties()
          .forEach(
              field -> {
                for (var value : field.getValue().asString("").split("\n", -1)) {
                  headers.add(new Header(field.getKey(), value));
                }
              });
    }

    private void failed(JsonNode about) {
      var cors = about.path("corsErrorStatus").path("corsError").asString("");
      var error = about.path("errorText").asString("");
      if (!about.path("canceled").asBoolean(false) && reason.isEmpty()) {
        reason = cors.isEmpty() ? error : "CORS: " + cors;
      }
    }

    private void log(JsonNode entry) {
      if (entry.path("level").asString("").equals("error")) {
        reason = entry.path("text").asString("");
      }
    }

    private String why() {
      return status >= 300
          ? "the browser's request is answered HTTP " + status
          : reason.isEmpty() ? "the browser does not let the page read it" : reason;
    }

    private boolean left(Heard next) {
      var about = next.about();
      var type = about.path("type").asString("");
      var event = SseEvent.of(type.equals("message") ? "" : type, about.path("data").asString(""));
      lastEventId = about.path("id").asString("");
      var sign = errand.detector().observe(event);
      arrivals.add(new Arrival(arrivals.size(), next.atNanos() - started, event, sign));
      if (!(errand.departure() instanceof Errand.Departure.AtTerminal)) {
        return false;
      }
      if (about.path("left").asBoolean(false)) {
        return true;
      }
      if (!isTerminal(sign)) {
        return false;
      }
      devTools.tell(session, "Runtime.evaluate", Map.of("expression", "leave()"));
      return true;
    }

    private boolean isTerminal(Sign sign) {
      return sign == Sign.TERMINAL
          || errand.known().terminal().map(known -> known.sign() == sign).orElse(false);
    }

    private Visit visit(Reading.End end, long atNanos, String fault, boolean refused) {
      var reading =
          new Reading(
              new Head(status, List.copyOf(headers)),
              Body.Framing.CHUNKED,
              List.copyOf(arrivals),
              List.of(),
              new byte[0],
              end,
              atNanos - started,
              started,
              lastEventId,
              errand.known().lines());
      return new Visit(reading, opened, over, fault, refused);
    }
  }
}
