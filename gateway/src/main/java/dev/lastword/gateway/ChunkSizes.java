package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ByteProcessor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Follows a chunked body beside Netty's decoder and judges the line of each chunk's size by RFC
 * 9112 §7.1. The decoder takes more than that for a size, such as {@code " 2"} or {@code "2 x"},
 * and another reader would take something else.
 */
final class ChunkSizes {
  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  private static final Pattern LINE =
      Pattern.compile(
          "[0-9a-fA-F]{1,16}([ \t]*;[ \t]*TOKEN([ \t]*=[ \t]*(TOKEN|\"([^\"\\\\\\p{Cntrl}]|\\\\[\t -~])*\"))?)*"
              .replace("TOKEN", TOKEN));
  private static final int END_BYTES = 2; // CR LF

  private enum At {
    ELSEWHERE,
    SIZE,
    DATA,
    TRAILER
  }

  private At at = At.ELSEWHERE;
  private int lineBytes;
  private long left;

  /** Whether the next bytes are no chunk's size, or the beginning of a proper one. */
  boolean proper(ByteBuf bytes) {
    if (at != At.SIZE) {
      return true;
    }
    int start = bytes.readerIndex();
    int digits = 0;
    long size = 0;
    for (int i = start; i < bytes.writerIndex(); i++) {
      int digit = Character.digit(bytes.getByte(i), 16);
      if (digit < 0) {
        break;
      }
      digits++;
      size = size << 4 | digit;
    }
    int end = bytes.forEachByte(ByteProcessor.FIND_LF);
    if (end < 0) {
      return true; // not all of it is here; the decoder bounds the line
    }
    lineBytes = end + 1 - start;
    left = size + END_BYTES;
    boolean plain =
        digits > 0
            && digits <= 16
            && lineBytes == digits + END_BYTES
            && bytes.getByte(end - 1) == '\r';
    return plain
        || LINE.matcher(
                bytes.toString(
                    start, Math.max(0, lineBytes - END_BYTES), StandardCharsets.ISO_8859_1))
            .matches();
  }

  /** What is decoded in place of a chunk whose size is none. */
  static HttpContent malformed() {
    var chunk = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
    chunk.setDecoderResult(DecoderResult.failure(new IllegalArgumentException("chunk size")));
    return chunk;
  }

  /**
   * Tells what the decoder has made of it.
   *
   * @param consumed bytes that it took in one step
   * @param decoded what it decoded in that step
   */
  void decoded(int consumed, List<Object> decoded) {
    if (at == At.SIZE && consumed > 0) {
      at = left == END_BYTES ? At.TRAILER : At.DATA;
      left += lineBytes;
    }
    if (at == At.DATA) {
      left -= consumed;
      if (left == 0) {
        at = At.SIZE;
      }
    }
    if (decoded.isEmpty()) {
      return;
    }
    switch (decoded.getLast()) {
      case LastHttpContent end -> at = At.ELSEWHERE;
      case HttpMessage head when HttpUtil.isTransferEncodingChunked(head) -> at = At.SIZE;
      default -> {}
    }
  }
}
