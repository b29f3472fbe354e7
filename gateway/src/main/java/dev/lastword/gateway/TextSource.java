package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;

/** A text, as UTF-8 in pieces. */
final class TextSource implements PacedAnswer.Source {
  private static final int PIECE_CHARS = 16 << 10;

  private final ResponseBudget.Lease lease;
  private String text;
  private int at;

  /**
   * @param lease for the text; given back when it is not needed any more
   */
  TextSource(String text, ResponseBudget.Lease lease) {
    this.text = text;
    this.lease = lease;
  }

  @Override
  public void next(PacedAnswer to) {
    if (at == text.length()) {
      to.end();
      return;
    }
    int end = Math.min(text.length(), at + PIECE_CHARS);
    if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
      end--; // both halves are one character
    }
    ByteBuf piece = ByteBufAllocator.DEFAULT.directBuffer((end - at) * 3);
    ByteBufUtil.writeUtf8(piece, text, at, end);
    at = end;
    to.give(piece);
  }

  @Override
  public void close() {
    text = "";
    at = 0;
    lease.close();
  }
}
