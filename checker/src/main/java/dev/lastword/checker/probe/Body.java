package dev.lastword.checker.probe;

import java.io.IOException;

/** The body of a response, its framing taken off. */
public interface Body {
  /** How the end of the body is told. */
  enum Framing {
    /** {@code Transfer-Encoding: chunked}. */
    CHUNKED,
    /** {@code Content-Length}. */
    LENGTH,
    /** The end of the connection. */
    CLOSE,
    /** The last frame of an HTTP/2 stream. */
    FRAMES
  }

  /** How its end is told. */
  Framing framing();

  /**
   * Reads what is there, at least one byte; returns as soon as there is one.
   *
   * @return how many bytes; -1 at the end that the framing tells
   * @throws CutException if the connection or the stream ended before that
   * @throws IOException a reset, or nothing for too long
   */
  int read(byte[] buffer) throws IOException;
}
