package dev.lastword.gateway;

import java.util.function.Consumer;

/** How owners are told apart: one of the modes of {@code access.mode}. Thread-safe. */
interface Authentication {
  /** Looks at the credentials of a request; tells at once, or later on any thread. */
  void identify(RequestHead head, Consumer<Identity> told);

  /**
   * The request as the upstream is to see it: as it came, unless its credentials are this gateway's
   * own.
   *
   * @param withOthers whether the upstream is sent other credentials, which the route brings
   */
  default RequestHead relayed(RequestHead head, boolean withOthers) {
    return head;
  }

  /** A trusted network: everything is everybody's. */
  final class Open implements Authentication {
    @Override
    public void identify(RequestHead head, Consumer<Identity> told) {
      told.accept(new Identity.Known(Asker.ALL));
    }
  }
}
