package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;

/** Writes the head of an HTTP/1.1 response. */
final class Http1Head {
  private Http1Head() {}

  static void write(ByteBuf out, int status, HttpHeaders headers) {
    ascii(out, "HTTP/1.1 ");
    ascii(out, Integer.toString(status));
    out.writeByte(' ');
    ascii(out, HttpResponseStatus.valueOf(status).reasonPhrase());
    crlf(out);
    for (var field = headers.iteratorCharSequence(); field.hasNext(); ) {
      var entry = field.next();
      field(out, entry.getKey(), entry.getValue());
    }
  }

  static void field(ByteBuf out, CharSequence name, CharSequence value) {
    ascii(out, name);
    out.writeByte(':').writeByte(' ');
    value(out, value);
    crlf(out);
  }

  static void crlf(ByteBuf out) {
    out.writeByte('\r').writeByte('\n');
  }

  private static void ascii(ByteBuf out, CharSequence text) {
    ByteBufUtil.writeAscii(out, text);
  }

  /** Latin-1 as HTTP carries it; whatever could end the line becomes a space. */
  private static void value(ByteBuf out, CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      out.writeByte(c == '\r' || c == '\n' || c == 0 ? ' ' : c > 0xff ? '?' : c);
    }
  }
}
