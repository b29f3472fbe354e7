package dev.lastword.gateway;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.compression.DecompressionException;
import io.netty.handler.codec.compression.JdkZlibDecoder;
import io.netty.handler.codec.compression.ZlibWrapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Content codings (RFC 9110 §8.4.1) that are undone: of a request's beginning, to look at it, and
 * of an upstream's event stream that came compressed although it was asked not to be.
 */
enum ContentCoding {
  NONE,
  GZIP,
  DEFLATE,
  ZSTD;

  /** Words that servers write for no coding at all. */
  private static final List<String> NO_CODING =
      List.of("", "identity", "none", "utf-8", "utf8", "8bit");

  /** Largest window of a zstd frame: 8 MiB, as RFC 9659 allows for HTTP. */
  private static final int ZSTD_WINDOW_LOG_MAX = 23;

  private static final int OUT_BYTES = 64 << 10;

  /** What a {@code Content-Encoding} field says; empty if it is a coding that is not undone. */
  static Optional<ContentCoding> of(@Nullable String field) {
    var coding = NONE;
    for (var word : (field == null ? "" : field).toLowerCase(Locale.ROOT).split(",", -1)) {
      var name = word.strip();
      if (NO_CODING.contains(name)) {
        continue;
      }
      if (coding != NONE) {
        return Optional.empty(); // one upon another
      }
      switch (name) {
        case "gzip", "x-gzip" -> coding = GZIP;
        case "deflate" -> coding = DEFLATE;
        case "zstd" -> coding = ZSTD;
        default -> {
          return Optional.empty();
        }
      }
    }
    return Optional.of(coding);
  }

  /** The first bytes of what was coded, as far as they can be read; none if it is not so coded. */
  byte[] beginning(byte[] coded, int bytesMax) {
    try (var in = opened(new ByteArrayInputStream(coded))) {
      var out = new byte[Math.min(bytesMax, OUT_BYTES)];
      int length = 0;
      while (length < bytesMax) {
        if (length == out.length) {
          out = Arrays.copyOf(out, Math.min(bytesMax, 2 * out.length));
        }
        int read = readSome(in, out, length);
        if (read <= 0) {
          break;
        }
        length += read;
      }
      return Arrays.copyOf(out, length);
    } catch (IOException e) {
      return new byte[0]; // only looked at: the upstream judges it
    }
  }

  /** Reads on; -1 where the coded bytes break off. */
  private static int readSome(InputStream in, byte[] out, int from) {
    try {
      return in.read(out, from, out.length - from);
    } catch (IOException e) {
      return -1;
    }
  }

  private InputStream opened(InputStream in) throws IOException {
    return switch (this) {
      case NONE -> in;
      case GZIP -> new GZIPInputStream(in);
      case DEFLATE -> new InflaterInputStream(in);
      case ZSTD -> zstd(in);
    };
  }

  private static ZstdInputStreamNoFinalizer zstd(InputStream in) throws IOException {
    var zstd = new ZstdInputStreamNoFinalizer(in);
    zstd.setLongMax(ZSTD_WINDOW_LOG_MAX);
    zstd.setContinuous(true);
    return zstd;
  }

  /** Undoes the coding of one body, part by part. */
  Decoder decoder() {
    return switch (this) {
      case NONE -> new Plain();
      case GZIP -> new Zlib(ZlibWrapper.GZIP);
      case DEFLATE -> new Zlib(ZlibWrapper.ZLIB_OR_NONE);
      case ZSTD -> new Zstandard();
    };
  }

  /**
   * One body being decoded. Hands on what each part gives in pieces of bounded size, and may be
   * closed by whoever takes them.
   */
  sealed interface Decoder {
    /**
     * Takes a part; the buffer stays the caller's.
     *
     * @throws IOException if that is not so coded
     */
    void part(ByteBuf part, Consumer<ByteBuffer> decoded) throws IOException;

    /** Whether the body may end here: nothing that was begun is unfinished. */
    boolean isWhole();

    /** Lets go of what it holds. */
    void close();
  }

  private static final class Plain implements Decoder {
    @Override
    public void part(ByteBuf part, Consumer<ByteBuffer> decoded) {
      decoded.accept(part.internalNioBuffer(part.readerIndex(), part.readableBytes()));
    }

    @Override
    public boolean isWhole() {
      return true;
    }

    @Override
    public void close() {}
  }

  private static final class Zlib implements Decoder {
    /** So little at a time that what it can grow to stays small. */
    private static final int SLICE_BYTES = 512;

    private final JdkZlibDecoder zlib;
    private final EmbeddedChannel channel;
    private boolean closed;

    Zlib(ZlibWrapper wrapper) {
      zlib = new JdkZlibDecoder(wrapper, 0);
      channel = new EmbeddedChannel(zlib);
    }

    @Override
    public void part(ByteBuf part, Consumer<ByteBuffer> decoded) throws IOException {
      try {
        int end = part.writerIndex();
        for (int at = part.readerIndex(); at < end && !closed; at += SLICE_BYTES) {
          channel.writeInbound(part.retainedSlice(at, Math.min(SLICE_BYTES, end - at)));
          hand(decoded);
        }
      } catch (DecompressionException e) {
        throw new IOException(e);
      }
    }

    private void hand(Consumer<ByteBuffer> decoded) {
      for (ByteBuf out = channel.readInbound(); out != null; out = channel.readInbound()) {
        decoded.accept(out.internalNioBuffer(out.readerIndex(), out.readableBytes()));
        out.release();
      }
    }

    @Override
    public boolean isWhole() {
      return zlib.isClosed();
    }

    @Override
    public void close() {
      closed = true;
      try {
        channel.finishAndReleaseAll();
      } catch (DecompressionException e) {
        return; // part() has said so before; what the channel held is released all the same
      }
    }
  }

  private static final class Zstandard implements Decoder {
    private final Parts parts = new Parts();
    private final byte[] out = new byte[OUT_BYTES];
    private @Nullable ZstdInputStreamNoFinalizer zstd;
    private boolean closed;

    /** The coded bytes that are at hand; they seem to end whenever there are none. */
    private static final class Parts extends InputStream {
      private byte[] bytes = {};
      private int at;

      @Override
      public int read() {
        return at == bytes.length ? -1 : bytes[at++] & 0xFF;
      }

      @Override
      public int read(byte[] into, int from, int length) {
        if (at == bytes.length) {
          return -1;
        }
        int taken = Math.min(length, bytes.length - at);
        System.arraycopy(bytes, at, into, from, taken);
        at += taken;
        return taken;
      }

      @Override
      public int available() {
        return bytes.length - at;
      }
    }

    @Override
    public void part(ByteBuf part, Consumer<ByteBuffer> decoded) throws IOException {
      if (closed) {
        return;
      }
      parts.bytes = new byte[part.readableBytes()];
      parts.at = 0;
      part.getBytes(part.readerIndex(), parts.bytes);
      if (zstd == null) {
        zstd = zstd(parts);
      }
      for (int read = zstd.read(out); read > 0; read = closed ? -1 : zstd.read(out)) {
        decoded.accept(ByteBuffer.wrap(out, 0, read));
      }
    }

    @Override
    public boolean isWhole() {
      if (zstd == null) {
        return true;
      }
      try {
        return zstd.setContinuous(false).read() < 0;
      } catch (IOException e) {
        return false; // a frame was begun and not finished
      }
    }

    @Override
    public void close() {
      if (zstd != null && !closed) {
        closed = true;
        try {
          zstd.close();
        } catch (IOException e) {
          throw new IllegalStateException("closing what reads from memory", e);
        }
      }
    }
  }
}
