package dev.lastword.checker.probe;

import java.io.IOException;
import java.io.InputStream;

/** A body as HTTP/1.1 frames it. */
final class Http1Body implements Body {
  private final InputStream in;
  private final Framing framing;

  /** Bytes until the end of the body, or of the chunk. */
  private long left;

  private boolean firstChunk = true;
  private boolean ended;

  Http1Body(InputStream in, Framing framing, long left) {
    this.in = in;
    this.framing = framing;
    this.left = left;
  }

  @Override
  public Framing framing() {
    return framing;
  }

  @Override
  public int read(byte[] buffer) throws IOException {
    if (!ended && framing == Framing.CHUNKED && left == 0) {
      left = nextChunk();
      ended = left == 0;
    }
    if (ended || (framing == Framing.LENGTH && left == 0)) {
      return -1;
    }
    int most = framing == Framing.CLOSE ? buffer.length : (int) Math.min(left, buffer.length);
    int n = in.read(buffer, 0, most);
    if (n < 0) {
      if (framing == Framing.CLOSE) {
        ended = true;
        return -1;
      }
      throw new CutException();
    }
    left -= n;
    return n;
  }

  /** Size of the next chunk; 0 for the last one, whose trailers are read too. */
  private long nextChunk() throws IOException {
    if (!firstChunk) {
      line();
    }
    firstChunk = false;
    var line = line().split(";", 2)[0].strip();
    if (!line.matches("[0-9a-fA-F]{1,15}")) {
      throw new CutException();
    }
    long size = Long.parseLong(line, 16);
    if (size == 0) {
      String trailer; // says nothing that is asked here
      do {
        trailer = line();
      } while (!trailer.isEmpty());
    }
    return size;
  }

  private String line() throws IOException {
    var line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0 || line.length() > 8192) {
        throw new CutException();
      }
      line.append((char) b);
    }
    return line.toString().strip();
  }
}
