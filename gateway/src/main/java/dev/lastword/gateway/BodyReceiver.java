package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;

/** Takes the body of a request or a response, on its loop. */
interface BodyReceiver {
  /** The next part; the buffer stays the caller's. */
  void part(ByteBuf part);

  /** No more parts at hand for now: a good moment to flush. */
  default void pause() {}

  /** The body is complete. */
  void complete();
}
