package dev.lastword.gateway;

import io.netty.handler.codec.http.HttpMethod;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who answers what. The gateway's own paths are never relayed, also where it knows nothing under
 * them; everything else is the upstream's.
 */
final class Router implements Route {
  private static final Set<String> OWN_PATHS = Set.of("/healthz", "/readyz", "/metrics");

  private final OwnRoutes own;
  private final Operations operations;
  private final Map<String, Route> pages;
  private final OwnedRoute relay;
  private final Supplier<Access> access;
  private final Owners owners;
  private final Elsewhere elsewhere;
  private final Cors cors;

  /**
   * Puts the routes together.
   *
   * @param pages by exact path; take precedence over the relay, for GET and HEAD
   * @param elsewhere whose streams are answered for by others
   */
  Router(
      OwnRoutes own,
      Operations operations,
      Map<String, Route> pages,
      OwnedRoute relay,
      Supplier<Access> access,
      Owners owners,
      Elsewhere elsewhere) {
    this.elsewhere = elsewhere;
    this.own = own;
    this.operations = operations;
    this.pages = pages;
    this.relay = relay;
    this.access = access;
    this.owners = owners;
    this.cors = new Cors(access);
  }

  /** Whether a path, or any below it, is never relayed. */
  static boolean isOwn(String path) {
    return OwnRoutes.has(path) || OWN_PATHS.contains(path);
  }

  /** Who answers at the administrators' own address. */
  AdminRouter forAdministrators(InetSocketAddress there) {
    return new AdminRouter(own, operations, () -> access.get().at(there), owners, elsewhere);
  }

  @Override
  public void handle(Exchange exchange) {
    var head = exchange.request();
    var refusal =
        elsewhere.isVouchedFor(head)
            ? Optional.<Problem>empty() // administrators may have come by another name
            : access.get().refusal(head);
    if (refusal.isPresent()) {
      refusal.get().send(exchange);
      return;
    }
    if (cors.answers(exchange)) {
      return;
    }
    var anybodys = anybodys(head.path());
    if (anybodys != null) {
      OwnRoutes.answer(exchange, anybodys);
    } else {
      elsewhere.route(exchange, this::here);
    }
  }

  /** Answers from what is here. */
  private void here(Exchange exchange) {
    var head = exchange.request();
    if (!OwnRoutes.has(head.path())) {
      owners.askRelayed(exchange, asker -> relay.handle(exchange, asker));
    } else if (elsewhere.isAdministrators(head)) {
      own.handle(exchange, Asker.ALL);
    } else {
      owners.ask(exchange, asker -> own.handle(exchange, asker));
    }
  }

  /** What is told to everybody, whoever asks. */
  private @Nullable Route anybodys(String path) {
    var page = pages.get(path);
    if (page != null) {
      return OwnRoutes.only(page, HttpMethod.GET, HttpMethod.HEAD);
    }
    return switch (path) {
      case "/healthz" -> OwnRoutes.only(operations::health, HttpMethod.GET, HttpMethod.HEAD);
      case "/readyz" -> OwnRoutes.only(operations::readiness, HttpMethod.GET, HttpMethod.HEAD);
      case "/metrics" -> OwnRoutes.only(this::metrics, HttpMethod.GET, HttpMethod.HEAD);
      default -> null;
    };
  }

  private void metrics(Exchange exchange) {
    owners
        .refusalOfMetrics(exchange.request())
        .ifPresentOrElse(problem -> problem.send(exchange), () -> operations.metrics(exchange));
  }
}
