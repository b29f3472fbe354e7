package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/** The first part of a request's body, kept while the whole of it goes on to the upstream. */
final class BodyStart {
  static final int BYTES_MAX = 1 << 20;

  private final ContentCoding coding;
  private byte[] bytes;
  private int length;

  BodyStart(long contentLength, ContentCoding coding) {
    this.coding = coding;
    bytes = new byte[Math.clamp(contentLength, 512, 8 << 10)];
  }

  void add(ByteBuf part) {
    int taken = Math.min(part.readableBytes(), BYTES_MAX - length);
    if (taken > bytes.length - length) {
      bytes = Arrays.copyOf(bytes, Math.min(BYTES_MAX, Math.max(bytes.length * 2, length + taken)));
    }
    part.getBytes(part.readerIndex(), bytes, length, taken);
    length += taken;
  }

  /** What came, decoded, up to {@link #BYTES_MAX}. */
  byte[] bytes() {
    var coded = Arrays.copyOf(bytes, length);
    return coding == ContentCoding.NONE ? coded : coding.beginning(coded, BYTES_MAX);
  }
}
