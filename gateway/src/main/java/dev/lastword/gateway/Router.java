package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who answers what. The gateway's own paths are never relayed, also where it knows nothing under
 * them; everything else is the upstream's.
 */
final class Router implements Route {
  /** What else stands below /api is the upstream's: many chat applications live at /api/chat. */
  private static final Pattern OWN_FOLDERS =
      Pattern.compile("/(v1/stream|api/streams|api/conversations)(/.*)?");

  private final EventsRoute events;
  private final StreamsApi api;
  private final Operations operations;
  private final Map<String, Route> pages;
  private final Route relay;
  private final Access access;
  private final Cors cors;

  /**
   * Puts the routes together.
   *
   * @param pages by exact path; take precedence over the relay, for GET and HEAD
   */
  Router(
      EventsRoute events,
      StreamsApi api,
      Operations operations,
      Map<String, Route> pages,
      Route relay,
      Access access) {
    this.events = events;
    this.api = api;
    this.operations = operations;
    this.pages = pages;
    this.relay = relay;
    this.access = access;
    this.cors = new Cors(() -> access);
  }

  @Override
  public void handle(Exchange exchange) {
    var refusal = access.refusal(exchange.request());
    if (refusal.isPresent()) {
      refusal.get().send(exchange);
      return;
    }
    if (cors.answers(exchange)) {
      return;
    }
    var own = own(exchange.request());
    if (own == null) {
      relay.handle(exchange);
    } else if (exchange.request().hasBody()) {
      exchange.receive(new Unread(exchange, own));
    } else {
      own.handle(exchange);
    }
  }

  private @Nullable Route own(RequestHead head) {
    var path = head.path();
    var page = pages.get(path);
    if (page != null) {
      return only(page, HttpMethod.GET, HttpMethod.HEAD);
    }
    return switch (path) {
      case "/healthz" -> only(operations::health, HttpMethod.GET, HttpMethod.HEAD);
      case "/readyz" -> only(operations::readiness, HttpMethod.GET, HttpMethod.HEAD);
      case "/metrics" -> only(operations::metrics, HttpMethod.GET, HttpMethod.HEAD);
      default -> OWN_FOLDERS.matcher(path).matches() ? segments(path) : null;
    };
  }

  private Route segments(String path) {
    var parts = List.of(path.substring(1).split("/", -1));
    var first = parts.get(1);
    if (path.startsWith("/v1/")) {
      return parts.size() == 3
          ? only(exchange -> events.handle(exchange, parts.get(2)), HttpMethod.GET, HttpMethod.HEAD)
          : Router::unknown;
    }
    if (first.equals("streams")) {
      return streams(parts);
    }
    if (first.equals("conversations") && parts.size() == 3) {
      return only(
          exchange -> {
            if (exchange.request().is(HttpMethod.DELETE)) {
              api.deleteConversation(exchange, parts.get(2));
            } else {
              api.conversation(exchange, parts.get(2));
            }
          },
          HttpMethod.GET,
          HttpMethod.DELETE);
    }
    return Router::unknown;
  }

  private Route streams(List<String> parts) {
    if (parts.size() == 2) {
      return only(api::list, HttpMethod.GET);
    }
    var id = parts.get(2);
    if (parts.size() == 3) {
      return only(
          exchange -> {
            if (exchange.request().is(HttpMethod.DELETE)) {
              api.delete(exchange, id);
            } else {
              api.stream(exchange, id);
            }
          },
          HttpMethod.GET,
          HttpMethod.DELETE);
    }
    if (parts.size() == 4 && parts.get(3).equals("response")) {
      return only(exchange -> api.response(exchange, id), HttpMethod.GET);
    }
    if (parts.size() == 4 && parts.get(3).equals("cancel")) {
      return only(exchange -> api.cancel(exchange, id), HttpMethod.POST);
    }
    return Router::unknown;
  }

  private static void unknown(Exchange exchange) {
    Problem.notFound("such resource").send(exchange);
  }

  private static Route only(Route route, HttpMethod... methods) {
    return exchange -> {
      if (Arrays.asList(methods).contains(exchange.request().method())) {
        route.handle(exchange);
      } else {
        var allowed = String.join(", ", Arrays.stream(methods).map(HttpMethod::name).toList());
        Problem.of(405, "method_not_allowed", "allowed here: " + allowed)
            .header("allow", allowed)
            .send(exchange);
      }
    };
  }

  /** Lets a body go by that no route of ours reads, then answers. */
  private record Unread(Exchange exchange, Route then) implements BodyReceiver {
    @Override
    public void part(ByteBuf part) {}

    @Override
    public void complete() {
      then.handle(exchange);
    }
  }
}
