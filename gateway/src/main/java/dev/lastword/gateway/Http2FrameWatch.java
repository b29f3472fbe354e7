package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2FrameTypes;
import java.util.concurrent.TimeUnit;

/**
 * Watches how long a peer takes for a head (RFC 9113 §4.1, §6.2): from the first byte of its frame
 * to the last one of its continuations, during which the connection can carry nothing else. Other
 * frames, too, have to come to their end; those of bodies are watched where bodies are.
 */
final class Http2FrameWatch {
  private static final int END_HEADERS = 4;

  private int left = Http2CodecUtil.connectionPrefaceBuf().readableBytes();
  private int headerBytes;
  private int length;
  private int type = -1;
  private int flags;
  private boolean begun;
  private long sinceNanos;

  /** The peer has sent these bytes; they are only looked at. */
  void read(ByteBuf bytes, long nowNanos) {
    int at = bytes.readerIndex();
    int end = bytes.writerIndex();
    while (at < end) {
      if (left > 0) {
        int part = Math.min(left, end - at);
        at += part;
        left -= part;
        if (left == 0) {
          frameIsOver();
        }
      } else {
        header(bytes.getUnsignedByte(at), nowNanos);
        at++;
      }
    }
  }

  private void header(int octet, long nowNanos) {
    if (!begun) {
      begun = true;
      sinceNanos = nowNanos;
    }
    switch (headerBytes++) {
      case 0 -> length = octet;
      case 1, 2 -> length = length << 8 | octet;
      case 3 -> type = octet;
      case 4 -> flags = octet;
      case Http2CodecUtil.FRAME_HEADER_LENGTH - 1 -> {
        headerBytes = 0;
        left = length;
        if (type == Http2FrameTypes.DATA) {
          begun = false;
        }
        if (left == 0) {
          frameIsOver();
        }
      }
      default -> {} // of which stream
    }
  }

  private void frameIsOver() {
    boolean goesOn = isOfHead(type) && (flags & END_HEADERS) == 0;
    if (!goesOn) {
      begun = false;
    }
  }

  private static boolean isOfHead(int type) {
    return type == Http2FrameTypes.HEADERS || type == Http2FrameTypes.CONTINUATION;
  }

  /** Whether what was begun has not come to its end for longer than that. */
  boolean isLate(long nowNanos, long limitMs) {
    return begun && nowNanos - sinceNanos > TimeUnit.MILLISECONDS.toNanos(limitMs);
  }
}
