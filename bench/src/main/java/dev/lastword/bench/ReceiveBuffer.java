package dev.lastword.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;

/// One buffer that every read of an event loop is made into. Whoever reads has taken what is in it
/// before the next read.
final class ReceiveBuffer extends DefaultMaxMessagesRecvByteBufAllocator {
  private final ByteBuf buffer;

  ReceiveBuffer(int bytes) {
    buffer = Unpooled.directBuffer(bytes, bytes);
  }

  /// Gives the memory back, once no connection reads any more.
  void release() {
    buffer.release();
  }

  @Override
  public ExtendedHandle newHandle() {
    return new SameBuffer();
  }

  private final class SameBuffer extends MaxMessageHandle {
    @Override
    public int guess() {
      return buffer.capacity();
    }

    @Override
    public ByteBuf allocate(ByteBufAllocator allocator) {
      return buffer.clear().retain();
    }
  }
}
