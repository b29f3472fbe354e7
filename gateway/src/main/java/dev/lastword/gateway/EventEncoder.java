package dev.lastword.gateway;

import dev.lastword.stream.Block;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Turns blocks into the bytes that readers get. One for each loop: the readers of a loop that stand
 * at the same place share one encoded buffer.
 */
final class EventEncoder {
  private static final int BLOCK_BYTES_MAX = 32 << 10;
  private static final int SHARED_MAX = 32; // a power of two

  private final @Nullable Shared[] shared = new Shared[SHARED_MAX];

  /** One encoded block. */
  private record Shared(Block block, Face.Ids ids, Exchange.Framing framing, ByteBuf bytes) {
    boolean isOf(Block other, Face.Ids otherIds, Exchange.Framing otherFraming) {
      return block == other && ids == otherIds && framing == otherFraming;
    }
  }

  /**
   * Whether a block is small enough to go out in one piece; a {@link LargeBlock} is cut by its
   * reader. With named ids none is: they are for few readers, of short streams.
   */
  static boolean fits(Block block, Face.Ids ids) {
    return ids != Face.Ids.NAMED
        && block.events().length() <= BLOCK_BYTES_MAX
        && length(block, ids) <= BLOCK_BYTES_MAX;
  }

  /**
   * The bytes of a block that {@link #fits}, kept for the readers who come to it next; the caller
   * releases them.
   */
  ByteBuf encode(Block block, Face.Ids ids, Exchange.Framing framing, ByteBufAllocator alloc) {
    int slot = System.identityHashCode(block) & (SHARED_MAX - 1);
    var here = shared[slot];
    if (here != null && here.isOf(block, ids, framing)) {
      return here.bytes().retainedDuplicate();
    }
    var bytes = framed(block, ids, framing, alloc);
    if (here != null) {
      here.bytes().release();
    }
    shared[slot] = new Shared(block, ids, framing, bytes);
    return bytes.retainedDuplicate();
  }

  /** Lets go of what is only kept for readers to come. */
  void letGo() {
    for (int i = 0; i < SHARED_MAX; i++) {
      var here = shared[i];
      if (here != null) {
        here.bytes().release();
        shared[i] = null;
      }
    }
  }

  /** The bytes of a block that {@link #fits}, for one reader; the caller releases them. */
  static ByteBuf framed(
      Block block, Face.Ids ids, Exchange.Framing framing, ByteBufAllocator alloc) {
    int length = length(block, ids);
    if (framing == Exchange.Framing.NONE) {
      var out = alloc.directBuffer(length);
      write(out, block, ids);
      return out;
    }
    var out = alloc.directBuffer(length + 12);
    out.writeZero(6); // "1234\r\n": four digits hold the size of what fits
    write(out, block, ids);
    closeChunk(out);
    return out;
  }

  /** Puts the size in front of a chunk that begins after six bytes left free, and ends it. */
  private static void closeChunk(ByteBuf out) {
    int length = out.readableBytes() - 6;
    if (length >= 1 << 16) {
      throw new IllegalStateException("a chunk of " + length + " bytes in a block");
    }
    int at = 4;
    for (int left = length; left > 0; left >>= 4) {
      out.setByte(--at, Character.forDigit(left & 0xF, 16));
    }
    out.setByte(4, '\r').setByte(5, '\n');
    out.readerIndex(at);
    Http1Head.crlf(out);
  }

  private static int length(Block block, Face.Ids ids) {
    var events = block.events();
    return switch (ids) {
      case NONE -> events.length();
      case OURS -> events.lengthWithIds(block.epoch(), block.firstSeq());
      case UPSTREAM, NAMED -> events.lengthWithUpstreamIds();
      case LINES -> events.lengthAsLines();
    };
  }

  private static void write(ByteBuf out, Block block, Face.Ids ids) {
    var events = block.events();
    if (ids == Face.Ids.NONE) {
      out.writeBytes(events.wire());
      return;
    }
    int length = length(block, ids);
    var room = out.internalNioBuffer(out.writerIndex(), length);
    switch (ids) {
      case NONE -> {}
      case OURS -> events.writeWithIds(room, block.epoch(), block.firstSeq());
      case UPSTREAM, NAMED -> events.writeWithUpstreamIds(room);
      case LINES -> events.writeAsLines(room);
    }
    out.writerIndex(out.writerIndex() + length);
  }

  /**
   * The id line of the block's event {@code i}, if it gets one.
   *
   * @param stream id of the block's stream
   */
  static void writeId(ByteBuf out, Block block, int i, Face.Ids ids, String stream) {
    switch (ids) {
      case NONE, LINES -> {}
      case NAMED -> {
        if (block.events().hasUpstreamId(i)) {
          writeId(out, block, i, Face.Ids.UPSTREAM, stream);
        } else {
          ByteBufUtil.writeAscii(out, "id: " + stream + ":" + ourId(block, i) + "\n");
        }
      }
      case OURS -> {
        ByteBufUtil.writeAscii(out, "id: " + ourId(block, i) + "\n");
      }
      case UPSTREAM -> {
        if (block.events().hasUpstreamId(i)) {
          out.writeCharSequence(
              "id: " + block.events().upstreamId(i) + "\n", StandardCharsets.UTF_8);
        }
      }
    }
  }

  private static String ourId(Block block, int i) {
    return block.epoch() + "-" + (block.firstSeq() + i);
  }
}
