package dev.lastword.bench;

import java.io.InputStream;

/** A body in memory of which one read gives at most so many bytes, as a socket would. */
final class SampleBody extends InputStream {
  private final byte[] bytes;
  private final int readBytes;
  private int at;

  SampleBody(byte[] bytes, int readBytes) {
    this.bytes = bytes;
    this.readBytes = readBytes;
  }

  @Override
  public int read() {
    return at < bytes.length ? bytes[at++] & 0xFF : -1;
  }

  @Override
  public int read(byte[] into, int off, int len) {
    int count = Math.min(Math.min(len, readBytes), bytes.length - at);
    if (count <= 0) {
      return len == 0 ? 0 : -1;
    }
    System.arraycopy(bytes, at, into, off, count);
    at += count;
    return count;
  }
}
