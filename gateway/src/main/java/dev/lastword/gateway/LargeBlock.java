package dev.lastword.gateway;

import dev.lastword.stream.Block;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** A block too large to be handed to a socket at once: cut into pieces as the socket takes them. */
final class LargeBlock {
  private static final int PIECE_BYTES = 32 << 10;

  private final Block block;
  private final Face.Ids ids;
  private int event;
  private int at;

  LargeBlock(Block block, Face.Ids ids) {
    this.block = block;
    this.ids = ids;
  }

  boolean isEmpty() {
    return event == block.events().count();
  }

  /** The next piece, about {@link #PIECE_BYTES}, not framed. */
  ByteBuf next(ByteBufAllocator alloc) {
    var events = block.events();
    var out = alloc.directBuffer(PIECE_BYTES + 256);
    while (!isEmpty() && out.readableBytes() < PIECE_BYTES) {
      int start = event == 0 ? 0 : events.end(event - 1);
      if (at == 0) {
        EventEncoder.writeId(out, block, event, ids);
      }
      int room = Math.max(1, PIECE_BYTES - out.readableBytes());
      int bytes = Math.min(room, events.end(event) - start - at);
      out.writeBytes(events.wire(), start + at, bytes);
      at += bytes;
      if (start + at == events.end(event)) {
        event++;
        at = 0;
      }
    }
    return out;
  }
}
