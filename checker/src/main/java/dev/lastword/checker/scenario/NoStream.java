package dev.lastword.checker.scenario;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.checker.probe.Credentials;
import dev.lastword.checker.probe.Head;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.probe.Request;
import dev.lastword.checker.template.Json;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Why a response is no event stream, and what to do about it, in one sentence. */
final class NoStream {
  private static final int SHOWN_CHARACTERS = 120;
  private static final Pattern LOGIN =
      Pattern.compile("log-?in|sign-?in|/auth|sso|oauth|saml", Pattern.CASE_INSENSITIVE);
  private static final Pattern PASSWORD_FIELD =
      Pattern.compile("type\\s*=\\s*[\"']?password", Pattern.CASE_INSENSITIVE);
  private static final Pattern EVENT_LINE = Pattern.compile("(?m)^data:");
  private static final String ADD_THEM = "add -H 'authorization: …' or -H 'cookie: …'";

  private final Request request;
  private final Head head;
  private final String body;

  private NoStream(Request request, Reading reading) {
    this.request = request;
    this.head = reading.head();
    this.body = new String(reading.bytes(), UTF_8);
  }

  /** The sentence; empty for an event stream. */
  static Optional<String> because(Request request, Reading reading) {
    var head = reading.head();
    if (head.isSuccess() && head.isEventStream()) {
      return Optional.empty();
    }
    var response = new NoStream(request, reading);
    return Optional.of(head.isSuccess() ? response.otherType() : response.refused());
  }

  private String refused() {
    int status = head.status();
    if (status >= 300 && status < 400) {
      return redirected();
    }
    return switch (status) {
      case 401, 403 -> needsLogin();
      case 404 -> "there is nothing at this path (HTTP 404); check the URL" + shown();
      case 405 ->
          "the endpoint does not take %s (HTTP 405); %s"
              .formatted(
                  request.method(),
                  request.body().length == 0
                      ? "--data makes it a POST"
                      : "-X names another method");
      case 400, 415, 422 ->
          "the endpoint does not accept the request (HTTP "
              + status
              + "); check --data and the headers"
              + shown();
      case 429 ->
          "the endpoint takes no more requests for now (HTTP 429); try again later" + shown();
      default ->
          "the endpoint answers HTTP "
              + status
              + (status >= 500 ? "; its log may say why" : "")
              + shown();
    };
  }

  private String needsLogin() {
    return hasCredentials()
        ? "the endpoint refuses the credentials that were sent (HTTP %d)%s"
            .formatted(head.status(), shown())
        : "the endpoint needs a login (HTTP %d): %s".formatted(head.status(), ADD_THEM);
  }

  private boolean hasCredentials() {
    return Credentials.headers().stream().anyMatch(request::has);
  }

  private String redirected() {
    var location = head.first("location").orElse("nowhere");
    return "the endpoint redirects to %s (HTTP %d); %s"
        .formatted(
            location,
            head.status(),
            LOGIN.matcher(location).find()
                ? "that is a login, so credentials are missing: " + ADD_THEM
                : "check that address instead");
  }

  private String otherType() {
    var type = head.first("content-type").orElse("");
    var bare = type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (EVENT_LINE.matcher(body).find()) {
      return "the response holds events, but its content-type is %s: browsers refuse that; send text/event-stream"
          .formatted(type.isEmpty() ? "missing" : type);
    }
    if (bare.equals("text/html")) {
      return PASSWORD_FIELD.matcher(body).find()
          ? "the response is no event stream but a login page (text/html), so credentials are missing: "
              + ADD_THEM
          : "the response is no event stream but a page (text/html); check path and method";
    }
    if (bare.contains("ndjson") || bare.contains("jsonl")) {
      return "the response is no event stream but lines of JSON (" + bare + ")";
    }
    if (bare.endsWith("json")) {
      return "the response is no event stream but JSON ("
          + bare
          + "); "
          + howJsonStreams()
          + shown();
    }
    return "the response is no event stream: its content-type is "
        + (type.isEmpty() ? "missing" : type)
        + ", not text/event-stream"
        + shown();
  }

  private String howJsonStreams() {
    if (request.uri().getPath().contains(":streamGenerateContent")) {
      return "add ?alt=sse to the URL";
    }
    if (request.body().length == 0) {
      return "--data sends a body, such as '{\"stream\":true}'";
    }
    return Json.parse(new String(request.body(), UTF_8))
            .filter(json -> json.path("stream").asBoolean(false))
            .isPresent()
        ? "the body asks for a stream already; check path and method"
        : "the request's body does not say \"stream\": true, which most APIs need";
  }

  /** What the response says about itself, for whoever knows the endpoint. */
  private String shown() {
    var line = body.strip().replaceAll("[\\s\\p{Cc}]+", " ");
    if (line.isEmpty() || line.startsWith("<")) {
      return "";
    }
    return "; it says '"
        + (line.length() <= SHOWN_CHARACTERS ? line : line.substring(0, SHOWN_CHARACTERS) + " …")
        + "'";
  }
}
