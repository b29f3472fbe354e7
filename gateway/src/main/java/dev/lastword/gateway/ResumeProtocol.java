package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Stream;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * How the clients of one kind come back to a response that they have begun, by requests of their
 * own. Stateless; called on the exchange's loop.
 */
interface ResumeProtocol {
  /** Asks nothing of a request, and adds nothing to an answer. */
  ResumeProtocol NONE = new ResumeProtocol() {};

  /** Relays a request that comes back to nothing which is here. */
  interface Otherwise {
    /**
     * Relays it.
     *
     * @param exchange the one that was handed in, or one that stands for it
     * @param order changes what its client orders of its stream
     */
    void relay(Exchange exchange, UnaryOperator<StreamOrder> order);

    /** Relays it as it came. */
    default void relay(Exchange exchange) {
      relay(exchange, UnaryOperator.identity());
    }
  }

  /**
   * Answers a request that comes back to a response which is here.
   *
   * @param otherwise for any other; called at most once, on the exchange's loop, before anything
   *     has been answered
   */
  default void handle(Exchange exchange, Asker asker, RelayRoute route, Otherwise otherwise) {
    otherwise.relay(exchange);
  }

  /** Whether a request may name its run: then its stream has the id of that, and not of a key. */
  default boolean namesRuns() {
    return false;
  }

  /**
   * Answers a request whose stream's id was taken, while it was on its way, by one that means the
   * same.
   *
   * @return whether it will; otherwise it is refused
   */
  default boolean attaches(Exchange exchange, Asker asker, StreamOrder order) {
    return false;
  }

  /**
   * What is written down of a response so that its client finds it again.
   *
   * @param body what was kept of the request's body
   * @return by the names of {@link Attributes}
   */
  default Map<String, String> attributes(RequestHead request, byte[] body) {
    return Map.of();
  }

  /** How a reader is shown a response, once it is known whether events carry ids. */
  default Face face(Dialect dialect, boolean withIds) {
    return Face.ofRelay(dialect, withIds);
  }

  /** Adds to the head of a response what its client needs to come back. */
  default void begun(HttpHeaders answer, Stream stream) {}
}
