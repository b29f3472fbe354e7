package dev.lastword.gateway;

import dev.lastword.journal.StreamId;
import dev.lastword.stream.Owner;
import dev.lastword.stream.Stream;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What routes have to know of streams that may be in other journals than this gateway's. Everything
 * is called on the exchange's loop, and goes on there.
 */
interface Elsewhere {
  /** A gateway alone: there is nothing elsewhere. */
  Elsewhere NOWHERE = new Elsewhere() {};

  /**
   * Answers a request that its fields do not send to an upstream, wherever its stream is.
   *
   * @param here answers from what is here
   */
  default void route(Exchange exchange, Route here) {
    here.handle(exchange);
  }

  /** The same, of an administrator who has been looked at. */
  default void routeAdministrators(Exchange exchange, Route here) {
    here.handle(exchange);
  }

  /**
   * Whether who it is sent to and who sends it has been looked at, where it came into the cluster.
   */
  default boolean isVouchedFor(RequestHead head) {
    return false;
  }

  /** Whether another node vouches that an administrator asks. */
  default boolean isAdministrators(RequestHead head) {
    return false;
  }

  /**
   * Goes on with a request that comes back to a stream, or hands it to whoever has that.
   *
   * @param ids that the stream may have
   * @param here goes on with it here
   */
  default void find(Exchange exchange, List<StreamId> ids, Runnable here) {
    here.run();
  }

  /**
   * Goes on with a request for a new stream, or hands it to whoever has that already. From then on
   * nobody else in the cluster begins one of this id.
   */
  default void claim(Exchange exchange, StreamId id, Runnable here) {
    here.run();
  }

  /**
   * Goes on with what was found here by a name that others may know as well.
   *
   * @param anybodys whether it was looked for in nobody's name, only to keep it from the asker
   * @param then with nothing only where nobody has it; not where somebody else has answered
   */
  default void named(
      Exchange exchange,
      boolean anybodys,
      Optional<Stream> found,
      Consumer<Optional<Stream>> then) {
    then.accept(found);
  }

  /** In whose name something is looked for by a name. */
  default Owner inNameOf(RequestHead head, Owner asker) {
    return asker;
  }

  /** Whether a request is another node's question what is here, and not to be relayed. */
  default boolean isQuestion(RequestHead head) {
    return false;
  }
}
