package dev.lastword.gateway;

import dev.lastword.stream.Block;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.nio.ByteBuffer;

/**
 * A block that is too large to be handed to a socket at once, or in which a comment stands: cut
 * into pieces as the socket takes them.
 */
final class LargeBlock {
  private static final int PIECE_BYTES = 32 << 10;

  private final Block block;
  private final Face.Ids ids;
  private final String stream;
  private final String comment;
  private int event;
  private int at;

  /** The block as lines, for a reader of those; cut as the rest of it is. */
  private final byte[] lines;

  /**
   * @param stream id of its stream
   * @param comment what goes out before the last event; {@code ""} for nothing
   */
  LargeBlock(Block block, Face.Ids ids, String stream, String comment) {
    this.block = block;
    this.comment = comment;
    this.stream = stream;
    this.ids = ids;
    this.lines = ids == Face.Ids.LINES ? asLines(block) : new byte[0];
  }

  private static byte[] asLines(Block block) {
    var lines = ByteBuffer.allocate(block.events().lengthAsLines());
    block.events().writeAsLines(lines);
    return lines.array();
  }

  boolean isEmpty() {
    return ids == Face.Ids.LINES ? at == lines.length : event == block.events().count();
  }

  /** The next piece, about {@link #PIECE_BYTES}, not framed. */
  ByteBuf next(ByteBufAllocator alloc) {
    if (ids == Face.Ids.LINES) {
      int bytes = Math.min(PIECE_BYTES, lines.length - at);
      at += bytes;
      return alloc.directBuffer(bytes).writeBytes(lines, at - bytes, bytes);
    }
    var events = block.events();
    var out = alloc.directBuffer(PIECE_BYTES + 256 + comment.length());
    while (!isEmpty() && out.readableBytes() < PIECE_BYTES) {
      int start = event == 0 ? 0 : events.end(event - 1);
      if (at == 0) {
        if (event == events.count() - 1) {
          ByteBufUtil.writeAscii(out, comment);
        }
        EventEncoder.writeId(out, block, event, ids, stream);
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
