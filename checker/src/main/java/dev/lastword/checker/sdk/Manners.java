package dev.lastword.checker.sdk;

import dev.lastword.checker.sdk.Blocks.Block;
import java.util.List;

/** How the SDKs of one dialect read a stream, as far as they differ from its specification. */
@FunctionalInterface
interface Manners {
  /**
   * What of this they do not survive.
   *
   * @param whole whether it is all of the stream
   */
  List<Hazard> hazards(List<Block> stream, boolean whole);
}
