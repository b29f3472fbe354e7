package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** What the gateway itself tells about streams, in somebody's name. */
final class OwnRoutes implements OwnedRoute {
  /** What else stands below /api is the upstream's: many chat applications live at /api/chat. */
  private static final Pattern FOLDERS =
      Pattern.compile("/(v1/stream|api/streams|api/conversations|api/usage)(/.*)?");

  /** What is only posted to, below a stream. */
  private static final Set<String> OF_POST = Set.of("links", "events", "seal", "fail", "saved");

  private final EventsRoute events;
  private final StreamsApi api;
  private final LinksApi links;
  private final UsageApi usage;
  private final ProducersApi producers;

  OwnRoutes(
      EventsRoute events, StreamsApi api, LinksApi links, UsageApi usage, ProducersApi producers) {
    this.producers = producers;
    this.events = events;
    this.api = api;
    this.links = links;
    this.usage = usage;
  }

  /** Whether a path is one of these, also where nothing is under it. */
  static boolean has(String path) {
    return FOLDERS.matcher(path).matches();
  }

  @Override
  public void handle(Exchange exchange, Asker asker) {
    var parts = List.of(exchange.request().path().substring(1).split("/", -1));
    withBody(exchange.request(), parts, asker)
        .ifPresentOrElse(
            route -> route.handle(exchange), () -> answer(exchange, segments(parts, asker)));
  }

  /** Who reads the body of a request, where anybody does. */
  private Optional<Route> withBody(RequestHead head, List<String> parts, Asker asker) {
    if (!parts.get(1).equals("streams") || !head.is(HttpMethod.POST)) {
      return Optional.empty();
    }
    if (parts.size() == 2) {
      return Optional.of(exchange -> producers.open(exchange, asker));
    }
    if (parts.size() != 4) {
      return Optional.empty();
    }
    var id = parts.get(2);
    return Optional.ofNullable(
        switch (parts.get(3)) {
          case "links" -> exchange -> links.make(exchange, asker, id);
          case "events" -> exchange -> producers.append(exchange, asker, id);
          case "seal" -> exchange -> producers.seal(exchange, asker, id);
          case "fail" -> exchange -> producers.fail(exchange, asker, id);
          case "saved" -> exchange -> producers.saved(exchange, asker, id);
          default -> null;
        });
  }

  /** Answers once the body, which nobody reads, has gone by. */
  static void answer(Exchange exchange, Route route) {
    if (exchange.request().hasBody()) {
      exchange.receive(new Unread(exchange, route));
    } else {
      route.handle(exchange);
    }
  }

  private Route segments(List<String> parts, Asker asker) {
    var first = parts.get(1);
    if (parts.getFirst().equals("v1")) {
      return parts.size() == 3
          ? only(
              exchange -> events.handle(exchange, asker, parts.get(2)),
              HttpMethod.GET,
              HttpMethod.HEAD)
          : OwnRoutes::unknown;
    }
    if (first.equals("streams")) {
      return streams(parts, asker);
    }
    if (first.equals("usage") && parts.size() == 2) {
      return only(exchange -> usage.handle(exchange, asker), HttpMethod.GET);
    }
    if (first.equals("conversations") && parts.size() == 3) {
      return only(
          exchange -> {
            if (exchange.request().is(HttpMethod.DELETE)) {
              api.deleteConversation(exchange, asker, parts.get(2));
            } else {
              api.conversation(exchange, asker, parts.get(2));
            }
          },
          HttpMethod.GET,
          HttpMethod.DELETE);
    }
    return OwnRoutes::unknown;
  }

  private Route streams(List<String> parts, Asker asker) {
    if (parts.size() == 2) {
      return only(exchange -> list(exchange, asker), HttpMethod.GET, HttpMethod.POST);
    }
    var id = parts.get(2);
    if (parts.size() == 3) {
      return only(
          exchange -> {
            if (exchange.request().is(HttpMethod.DELETE)) {
              api.delete(exchange, asker, id);
            } else {
              api.stream(exchange, asker, id);
            }
          },
          HttpMethod.GET,
          HttpMethod.DELETE);
    }
    if (parts.size() == 4 && parts.get(3).equals("response")) {
      return only(exchange -> api.response(exchange, asker, id), HttpMethod.GET);
    }
    if (parts.size() == 4 && parts.get(3).equals("cancel")) {
      return only(exchange -> api.cancel(exchange, asker, id), HttpMethod.POST);
    }
    if (parts.size() == 4 && parts.get(3).equals("save")) {
      return only(exchange -> api.save(exchange, asker, id), HttpMethod.POST);
    }
    if (parts.size() == 4 && parts.get(3).equals("saving")) {
      return only(exchange -> producers.saving(exchange, asker, id), HttpMethod.POST);
    }
    if (parts.size() == 4 && parts.get(3).equals("producer")) {
      return only(exchange -> producers.position(exchange, asker, id), HttpMethod.GET);
    }
    if (parts.size() == 4 && OF_POST.contains(parts.get(3))) {
      return only(OwnRoutes::unknown, HttpMethod.POST);
    }
    return OwnRoutes::unknown;
  }

  private void list(Exchange exchange, Asker asker) {
    if (exchange.request().queryParameter("awaits") == null) {
      api.list(exchange, asker);
    } else {
      producers.awaiting(exchange, asker);
    }
  }

  static void unknown(Exchange exchange) {
    Problem.notFound("such resource").send(exchange);
  }

  static Route only(Route route, HttpMethod... methods) {
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
