package dev.lastword.gateway;

import io.netty.handler.codec.http.HttpMethod;
import java.util.function.Supplier;

/**
 * What administrators ask at an address of their own: all streams, for those with the token;
 * whether it goes well, for everybody who reaches it. Nothing is relayed there.
 */
record AdminRouter(
    OwnRoutes own,
    Operations operations,
    Supplier<Access> access,
    Owners owners,
    Elsewhere elsewhere)
    implements Route {

  @Override
  public void handle(Exchange exchange) {
    access
        .get()
        .refusal(exchange.request())
        .ifPresentOrElse(problem -> problem.send(exchange), () -> route(exchange));
  }

  private void route(Exchange exchange) {
    switch (exchange.request().path()) {
      case "/healthz" -> read(exchange, operations::health);
      case "/readyz" -> read(exchange, operations::readiness);
      case "/metrics" -> read(exchange, operations::metrics);
      default -> ofAll(exchange);
    }
  }

  private static void read(Exchange exchange, Route route) {
    OwnRoutes.answer(exchange, OwnRoutes.only(route, HttpMethod.GET, HttpMethod.HEAD));
  }

  private void ofAll(Exchange exchange) {
    if (!owners.rules().administrator().is(exchange.request())) {
      Administrator.required().send(exchange);
    } else if (OwnRoutes.has(exchange.request().path())) {
      elsewhere.routeAdministrators(exchange, it -> own.handle(it, Asker.ALL));
    } else {
      OwnRoutes.unknown(exchange);
    }
  }
}
